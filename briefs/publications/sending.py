"""Send the copies of running mailings, each at most once, however often the process dies.

A copy goes queued → claimed → handed → sent or refused. `handed` is committed when the server has taken the address, just
before the text goes out. So a copy that was only claimed is sent again, and one that was handed without an answer is never.
"""

import datetime as dt
import logging
import re
import smtplib
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.mail import DNS_NAME
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from briefs.models import Copy, JobRun, Mailing, Person, Subscriber
from briefs.workflow.rules import require_allowed
from briefs.workflow.rules.refusals import build_refusal

from . import mailings
from .bounces import Verdict, build_return_path, classify
from .mail_text import Envelope, MailBody, build_message, get_mail_host
from .subscribers import derive_token, make_token

log = logging.getLogger(__name__)

COPIES_PER_MINUTE: Final = 600
"""Of all processes together. Mail servers refuse senders that are much faster."""
CLAIM_TIMEOUT: Final = dt.timedelta(minutes=2)
"""Age at which another process may claim a copy again. Whoever had it finds its claim gone before handing it over."""
FIRST_DELAY: Final = dt.timedelta(minutes=5)
"""Before the second attempt. Doubles with each further one, up to MAX_DELAY."""
MAX_DELAY: Final = dt.timedelta(hours=2)
GIVE_UP_AFTER: Final = dt.timedelta(days=1)
"""How long a server may say "later", counted from the last moment at which the mailing could begin or was resumed."""
MAX_PAUSE: Final = dt.timedelta(minutes=15)
"""Without a sender. A mailing that is late and was left alone for longer does not go on by itself."""
MAX_TURN_WAIT: Final = dt.timedelta(minutes=10)
"""A next turn later than this was stored by a clock that was wrong."""
MAX_LOSSES: Final = 3
"""Connections lost one after the other before a run ends."""
LAST_ANSWER_TIMEOUT: Final = 3
"""Times the usual timeout, for the answer to a whole mail: servers scan it first."""


class Answer(NamedTuple):
    code: int
    text: str

    @property
    def is_yes(self) -> bool:
        return 200 <= self.code < 400

    @property
    def is_later(self) -> bool:
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class ConnectionLost(Exception):
    """The server went away or did not answer."""


class SmtpTransport:
    """One SMTP session with the server of EMAIL_URL, opened when needed. Every method may raise ConnectionLost."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        if self.smtp is not None:
            return
        options = self.options
        context = ssl.create_default_context()  # checks the certificate, as Django's backend does
        kind = partial(smtplib.SMTP_SSL, context=context) if options.get("use_ssl") else smtplib.SMTP
        try:
            smtp = kind(
                options["host"],
                options["port"],
                local_hostname=DNS_NAME.get_fqdn(),
                timeout=options.get("timeout") or 20,
            )
            self.smtp = smtp
            if options.get("use_tls"):
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if options.get("username"):
                smtp.login(options["username"], options["password"])
        except OSError as error:  # also smtplib's own
            self.close()
            raise ConnectionLost(str(error)) from error

    def begin(self, sender: str, to: str) -> tuple[bool, Answer]:
        """Name the sender and the address. Return whether the sender was taken, and the last answer."""
        answer = self._ask(f"MAIL FROM:<{sender}>")
        if not answer.is_yes:
            return False, answer
        return True, self._ask(f"RCPT TO:<{to}>")

    def request_data(self) -> Answer:
        return self._ask("DATA")

    def send_data(self, message: bytes) -> Answer:
        smtp = self._session()
        try:
            if smtp.sock:
                smtp.sock.settimeout(LAST_ANSWER_TIMEOUT * (self.options.get("timeout") or 20))
            smtp.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
            answer = self._read(smtp.getreply())
            if smtp.sock:
                smtp.sock.settimeout(self.options.get("timeout") or 20)
        except OSError as error:
            raise self._lose(error) from error
        return answer

    def reset(self) -> None:
        self._ask("RSET")

    def close(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def _ask(self, line: str) -> Answer:
        smtp = self._session()
        try:
            return self._read(smtp.docmd(line))
        except OSError as error:
            raise self._lose(error) from error

    def _session(self) -> smtplib.SMTP:
        if self.smtp is None:
            raise ConnectionLost
        return self.smtp

    def _read(self, reply: tuple[int, bytes]) -> Answer:
        code, text = reply
        if code in (-1, 421):  # no answer that one can read, or the server says goodbye
            self.close()
            if code == -1:
                raise ConnectionLost("no SMTP answer")
        return Answer(code, " ".join(text.decode(errors="replace").split()))

    def _lose(self, error: Exception) -> ConnectionLost:
        self.close()
        return ConnectionLost(str(error))


class FileTransport:
    """Writes each mail to a file of the folder, or to the standard output."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.to = ""

    def open(self) -> None:
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def begin(self, sender: str, to: str) -> tuple[bool, Answer]:
        self.to = to
        return True, Answer(250, "ok")

    def request_data(self) -> Answer:
        return Answer(354, "ok")

    def send_data(self, message: bytes) -> Answer:
        if self.folder is None:
            sys.stdout.write(message.decode("ascii", "replace") + "\n")
            return Answer(250, "ok")
        name = re.sub(r"[^\w@.+-]", "_", self.to)[:100]
        number = 1 + len(list(self.folder.glob(f"{name}*.eml")))
        (self.folder / f"{name}{f'-{number}' if number > 1 else ''}.eml").write_bytes(message)
        return Answer(250, "ok")

    def reset(self) -> None:
        return

    close = reset


type Transport = SmtpTransport | FileTransport


def build_transport(mailer: dict[str, Any] | None = None) -> Transport:
    """Return the transport of EMAIL_URL."""
    mailer = mailer or settings.MAILERS["default"]
    options = mailer.get("OPTIONS", {})
    if mailer["BACKEND"].endswith("smtp.EmailBackend"):
        return SmtpTransport(options)
    return FileTransport(Path(options["file_path"]) if "file_path" in options else None)


def send_test(bodies: Iterable[MailBody], to: Person, *, transport: Transport | None = None) -> None:
    """Send mails to the person who asks, outside any mailing. Their link belongs to no reader. Raise Refused if a server does."""
    require_allowed(to, "test_mail")
    if not to.email:
        raise build_refusal("account-without-address", name=to.name)
    transport = transport or build_transport()
    try:
        transport.open()
        for body in bodies:
            token, _hash = make_token()
            message = build_message(
                body, Envelope(to.email, to.name, token, _build_message_id(token), timezone.now())
            )
            _taken, answer = transport.begin(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], to.email)
            if answer.is_yes:
                answer = transport.request_data()
            if answer.is_yes:
                answer = transport.send_data(message)
            if not answer.is_yes:
                raise build_refusal("test-mail-refused", answer=str(answer))
    except ConnectionLost as error:
        raise build_refusal("test-mail-refused", answer=str(error)) from error
    finally:
        transport.close()


@dataclass(slots=True)
class SentCopies:
    """What one run did. `later`: refused for now, or the connection was lost before the server had the text."""

    sent: int = 0
    refused: int = 0
    later: int = 0
    unknown: int = 0
    dropped: int = 0
    fault: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.sent, self.refused, self.later, self.unknown, self.dropped

    def __str__(self) -> str:
        words = "{} sent, {} refused, {} again later, {} unconfirmed, {} not sent.".format(*self.numbers)
        return f"{words} {self.fault}".strip()


def send_due(
    now: dt.datetime | None = None, *, seconds: float = 50, transport: Transport | None = None
) -> SentCopies:
    """Begin the mailings that are due and send copies of the running ones. No copy is begun after `seconds`."""
    run = _Run(now or timezone.now(), seconds, transport or build_transport())
    begin_due(run.now)
    try:
        for mailing in Mailing.objects.filter(state=Mailing.Status.RUNNING).order_by("due_at", "pk"):
            run.send_mailing(mailing)
    except ConnectionLost as error:
        run.done.fault = str(error) or "connection lost"
        log.warning("No more mail is sent in this run: %s", run.done.fault)
    finally:
        run.transport.close()
    return run.done


def begin_due(now: dt.datetime) -> None:
    """Begin mailings whose time has come. Pause those that are too late, or were left alone until they were."""
    due = Mailing.objects.filter(state=Mailing.Status.QUEUED, due_at__lte=now)
    mailings.pause_by_itself(due.filter(not_after__lt=now), "late", now)
    for mailing in due.defer("bodies").select_related("issue_edition"):
        mailings.begin_mailing(mailing, now)
    running = Mailing.objects.filter(state=Mailing.Status.RUNNING)
    mailings.pause_by_itself(
        running.filter(not_after__lt=now, run_at__lt=now - MAX_PAUSE), "interrupted", now
    )
    running.update(run_at=now)


@dataclass(slots=True)
class _Run:
    begun_at: dt.datetime
    seconds: float
    transport: Transport
    done: SentCopies = field(default_factory=SentCopies)
    started: float = field(default_factory=time.monotonic)
    losses: int = 0

    @property
    def now(self) -> dt.datetime:
        return self.begun_at + dt.timedelta(seconds=time.monotonic() - self.started)

    def has_time(self) -> bool:
        return time.monotonic() < self.started + self.seconds

    def send_mailing(self, mailing: Mailing) -> None:
        """Send copies until none is due, the time is over, or the mailing is no longer to be sent."""
        for copy in self._claim_due(mailing):
            self._send_copy(mailing, copy)
            if not self.has_time():
                return
        if not Copy.objects.filter(mailing=mailing, stage__in=mailings.WAITING_STAGES).exists():
            running = Mailing.objects.filter(pk=mailing.pk, state=Mailing.Status.RUNNING)
            running.update(state=Mailing.Status.DONE, state_at=self.now, state_by=None)

    def _claim_due(self, mailing: Mailing) -> Iterator[Copy]:
        """Yield copies, each claimed by this process alone."""
        while self.has_time():
            few = list(_find_due_copies(mailing, self.now)[:50])
            if not few:
                return
            for copy in few:
                if not self._wait_for_turn() or not self._may_send(mailing):
                    return
                self.transport.open()  # before the claim, so that a copy waits where it is while no server answers
                claimed_at = self.now
                rows = Copy.objects.filter(pk=copy.pk, stage=copy.stage, stage_at=copy.stage_at)
                if rows.update(stage=Copy.Stage.CLAIMED, stage_at=claimed_at):
                    copy.stage, copy.stage_at, copy.mailing = Copy.Stage.CLAIMED, claimed_at, mailing
                    yield copy

    def _wait_for_turn(self) -> bool:
        """Wait for a turn, of which all processes together have COPIES_PER_MINUTE. Return False if none is left in this run."""
        interval = dt.timedelta(minutes=1) / COPIES_PER_MINUTE
        while self.has_time():
            now = timezone.now()
            row, _is_new = JobRun.objects.get_or_create(name=JobRun.MAIL_TURN, defaults={"at": now})
            turn = row.at if now < row.at < now + MAX_TURN_WAIT else now
            pause = (turn - now).total_seconds()
            if time.monotonic() + pause >= self.started + self.seconds:
                return False
            if JobRun.objects.filter(name=row.name, at=row.at).update(at=turn + interval):
                time.sleep(pause)
                return True
        return False

    def _may_send(self, mailing: Mailing) -> bool:
        """Return whether the mailing is still running. Pause it if a text in it is no longer public."""
        rows = Mailing.objects.filter(pk=mailing.pk, state=Mailing.Status.RUNNING)
        if not mailings.has_current_text(mailing, self.now):
            mailings.pause_by_itself(rows, "changed", self.now)
            return False
        return rows.exists()

    def _send_copy(self, mailing: Mailing, copy: Copy) -> None:
        reader = Subscriber.objects.reading().filter(pk=copy.subscriber_id or 0).first()
        if reader is None:  # left, bounced or erased since the mailing was queued
            self._settle(copy, Copy.Stage.DROPPED)
            self.done.dropped += 1
            return
        to, copy.side = reader.address, reader.side  # perhaps another language than when it was queued
        token, token_hash = derive_token(copy.key)  # sent again, a copy has the same links
        body: MailBody = mailing.bodies[copy.side]
        message = build_message(body, Envelope(to, reader.name, token, _build_message_id(copy.key), self.now))
        try:
            sender_taken, answer = self.transport.begin(build_return_path(copy), to)
            if answer.is_yes:
                if not self._hand_over(copy, token_hash):
                    self.transport.reset()
                    return
                answer = self.transport.request_data()
        except ConnectionLost as error:  # no byte of the text was sent
            self._put_back(mailing, copy)
            self._count_loss(error)
            return
        if answer.is_yes:
            try:
                answer = self.transport.send_data(message)
            except ConnectionLost as error:
                self.done.unknown += 1
                log.warning("Copy %d may have arrived: %s", copy.pk, error)
                self._count_loss(error)
                return
        self.losses = 0
        if answer.is_yes:
            self._settle(copy, Copy.Stage.SENT, answer.code)
            self.done.sent += 1
        else:
            self._take_refusal(mailing, copy, answer, is_of_sender=not sender_taken)

    def _hand_over(self, copy: Copy, token_hash: str) -> bool:
        """Commit that the server may have the copy from now on. Return False if it is no longer to be sent."""
        claim = Copy.objects.filter(pk=copy.pk, stage=Copy.Stage.CLAIMED, stage_at=copy.stage_at)
        running = Mailing.objects.filter(pk=copy.mailing_id, state=Mailing.Status.RUNNING).values("pk")
        now = self.now
        if claim.filter(mailing__in=running).update(
            stage=Copy.Stage.HANDED, stage_at=now, token_hash=token_hash, side=copy.side
        ):
            copy.stage, copy.stage_at = Copy.Stage.HANDED, now
            return True
        claim.update(stage=Copy.Stage.QUEUED, stage_at=now)
        return False

    def _settle(self, copy: Copy, stage: Copy.Stage, code: int | None = None, **changes: Any) -> None:
        """Move a copy on from the stage that this process gave it."""
        rows = Copy.objects.filter(pk=copy.pk, stage=copy.stage, stage_at=copy.stage_at)
        with transaction.atomic():
            moved = rows.update(stage=stage, stage_at=self.now, smtp_code=code, **changes)
            if moved and stage == Copy.Stage.REFUSED:
                mailings.end_if_refused(copy, self.now)
            if moved and stage == Copy.Stage.SENT:
                Subscriber.objects.filter(pk=copy.subscriber_id or 0).update(last_mailed_at=self.now)

    def _put_back(self, mailing: Mailing, copy: Copy, code: int | None = None) -> None:
        """Let the copy be tried again, for a day. Then it counts as refused."""
        if self.now < max(mailing.not_after, mailing.state_at) + GIVE_UP_AFTER:
            self._settle(copy, Copy.Stage.QUEUED, code, attempts=F("attempts") + 1)
            self.done.later += 1
        else:
            self._settle(copy, Copy.Stage.REFUSED, code)
            self.done.refused += 1

    def _count_loss(self, error: ConnectionLost) -> None:
        self.transport.close()
        self.losses += 1
        if self.losses >= MAX_LOSSES:
            raise error

    def _take_refusal(self, mailing: Mailing, copy: Copy, answer: Answer, *, is_of_sender: bool) -> None:
        rows = Mailing.objects.filter(pk=mailing.pk)
        if is_of_sender and not answer.is_later:
            self._settle(copy, Copy.Stage.QUEUED, answer.code)
            if classify(answer.text) is Verdict.POLICY:
                mailings.stop_by_itself(mailing, "policy", str(answer), self.now)
            else:
                mailings.pause_by_itself(rows, "sender", self.now, str(answer))
            return
        if answer.is_later:
            self._put_back(mailing, copy, answer.code)
        else:
            self._settle(copy, Copy.Stage.REFUSED, answer.code)
            self.done.refused += 1
            if classify(answer.text) is Verdict.DEAD:
                mailings.end_subscription(copy, self.now)
            mailings.stop_if_refused(copy, str(answer), self.now)
        with suppress(ConnectionLost):  # then the next copy opens a new one
            self.transport.reset()


def _find_due_copies(mailing: Mailing, now: dt.datetime) -> Any:
    """Return copies never tried, then those whose delay is over, then those claimed by a process that died."""
    again, delay = Q(attempts=0), FIRST_DELAY
    for attempts in range(1, 7):
        reach = Q(attempts=attempts) if attempts < 6 else Q(attempts__gte=attempts)
        again |= reach & Q(stage_at__lt=now - min(delay, MAX_DELAY))
        delay *= 2
    due = Q(stage=Copy.Stage.QUEUED) & again | Q(stage=Copy.Stage.CLAIMED, stage_at__lt=now - CLAIM_TIMEOUT)
    return Copy.objects.filter(due, mailing=mailing).order_by("attempts", "pk")


def _build_message_id(key: str) -> str:
    """Return the Message-ID of a copy, the same for each attempt, so that mail clients show it once."""
    digest = salted_hmac("briefs.copy", key, algorithm="sha256").hexdigest()[:32]
    return f"<{digest}@{get_mail_host()}>"
