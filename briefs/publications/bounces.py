"""Mail that came back: the return path of each copy, delivery reports, and complaints.

A dead address is a subscriber's end, and so is a complaint; a mail blocked for SPF, DKIM, DMARC or its content is our fault.
Reports in no standard form are found by flufl.bounce; what they mean is judged by our own rules.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr
from enum import Enum
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from flufl.bounce import all_failures

from briefs.models import Copy

from . import mailings
from .subscribers import hash_token, leave

MAX_REPORT_BYTES: Final = 1_000_000
_MARK_LENGTH: Final = 16
_STATUS_IN_TEXT: Final = re.compile(r"(?:#|\b5\d\d[ -]#?|\()(5\.\d{1,3}\.\d{1,3})\b")
"""An enhanced status code in the words of a report, but no part of a network address."""


class Verdict(Enum):
    DEAD = "dead"
    """The address exists no longer."""
    POLICY = "policy"
    """The mail was blocked: our fault."""
    FAILED = "failed"
    """This copy did not arrive. The next one may."""
    DELAYED = "delayed"
    """Still on its way, or no report of a failure."""
    COMPLAINT = "complaint"
    """The reader called it spam."""


def classify(status: str) -> Verdict:
    """Judge the first enhanced status code (RFC 3463) of an answer or report."""
    match = re.search(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", status)
    if match is None:
        return Verdict.FAILED
    kind, subject, detail = (int(part) for part in match.groups())
    if kind == 2:
        return Verdict.DELAYED
    if kind == 5 and subject == 7:
        return Verdict.POLICY
    is_of_sender = subject == 1 and detail in (7, 8)
    if kind == 5 and ((subject == 1 and not is_of_sender) or (subject, detail) == (2, 1)):
        return Verdict.DEAD
    return Verdict.FAILED


def build_return_path(copy: Copy) -> str:
    """Return the envelope sender of a copy: BOUNCE_ADDRESS with the copy's number and a mark that nobody else can make."""
    if not settings.BOUNCE_ADDRESS:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name, _at, host = settings.BOUNCE_ADDRESS.partition("@")
    return f"{name}+{copy.pk}-{_mark(copy)}@{host}"


def _mark(copy: Copy) -> str:
    digest = salted_hmac("briefs.bounces", copy.key, algorithm="sha256").hexdigest()
    return digest[:_MARK_LENGTH]


def open_reports(source: str, stdin: bytes | None = None) -> Iterator[bytes]:
    """Yield the messages of a mailbox file, or the one message of a file or pipe."""
    data = stdin if stdin is not None else Path(source).read_bytes()
    if not data.startswith(b"From "):
        yield data
        return
    for part in re.split(rb"(?m)^From .*\r?\n", data)[1:]:
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", part)


def read_reports(messages: Iterable[bytes], now: dt.datetime | None = None) -> Counter[Verdict | None]:
    """Record what delivery reports say of copies, and count them by verdict. Reading one twice changes nothing.

    None: no report of a failure, or of no copy of ours.
    """
    now = now or timezone.now()
    return Counter(_read_report(data[:MAX_REPORT_BYTES], now) for data in messages)


def _read_report(data: bytes, now: dt.datetime) -> Verdict | None:
    message = message_from_bytes(data, policy=policy.compat32)
    if any(part.get_content_type() == "message/feedback-report" for part in message.walk()):
        return _read_complaint(message, now)
    copy = _find_copy(message)
    if copy is None:
        return None
    verdict, status = _judge(message)
    if verdict in (None, Verdict.DELAYED):
        return verdict
    Copy.objects.filter(pk=copy.pk, bounced_at=None).update(bounced_at=now)
    if verdict is Verdict.DEAD:
        mailings.end_subscription(copy, now)
    mailings.end_if_refused(copy, now)
    # A report about a copy from before the mailing was resumed says nothing new.
    if copy.mailing.state_at <= copy.stage_at:
        mailings.stop_if_refused(copy, status, now)
    return verdict


def _judge(message: Message) -> tuple[Verdict | None, str]:
    """Return what a report says of its copy, and the status that it states. None: it is no report."""
    if report := _find_recipient_report(message):
        status = " ".join(f"{report['Status']} {report.get('Diagnostic-Code', '')}".split())
        has_failed = str(report.get("Action", "failed")).strip().lower() == "failed"
        return classify(status) if has_failed else Verdict.DELAYED, status
    delayed, failed = all_failures(message)
    if not failed:
        return Verdict.DELAYED if delayed else None, ""
    match = _STATUS_IN_TEXT.search(message.as_bytes()[:MAX_REPORT_BYTES].decode("latin-1"))
    status = match[1] if match else ""
    return classify(status), status


def _read_complaint(message: Message, now: dt.datetime) -> Verdict | None:
    """Let the reader of the copy that is complained of leave (RFC 5965). The copy is known by its links or its return path."""
    headers = [f"{name}: {value}" for part in message.walk() for name, value in part.items()]
    if any(re.fullmatch(r"feedback-type:\s*not-spam\s*", header, re.I) for header in headers):
        return None
    tokens = re.findall(r"/u/([\w-]{22})/", " ".join(headers))
    copy = Copy.objects.filter(token_hash__in=map(hash_token, tokens)).select_related("subscriber").first()
    copy = copy or _find_marked(headers)
    if copy and copy.subscriber:
        leave(copy.subscriber, now)
    return Verdict.COMPLAINT if copy else None


def _find_copy(message: Message) -> Copy | None:
    """Return the copy whose return path the report was sent to."""
    headers = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
    return _find_marked([str(value) for header in headers for value in message.get_all(header, [])])


def _find_marked(texts: Iterable[str]) -> Copy | None:
    """Return the copy whose return path, with our mark, is in one of the texts."""
    name, _at, host = settings.BOUNCE_ADDRESS.partition("@")
    if not host:
        return None
    pattern = rf"{re.escape(name)}\+(\d{{1,18}})-([0-9a-f]{{{_MARK_LENGTH}}})@{re.escape(host)}"
    for text in texts:
        for number, mark in re.findall(pattern, text, re.I):
            copy = Copy.objects.filter(pk=int(number)).select_related("mailing", "subscriber").first()
            if copy and constant_time_compare(mark.lower(), _mark(copy)):
                return copy
    return None


def _find_recipient_report(message: Message) -> Message | None:
    """Return the part of a delivery report (RFC 3464) that is about the recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, Message) and block.get("Status"):
                    return block
    return None


COVERED_HEADERS: Final = ("List-Unsubscribe", "List-Unsubscribe-Post")


def describe_received_mail(data: bytes) -> tuple[list[str], list[str]]:
    """Return what a received mail shows of SPF, DKIM and DMARC, and what is wrong with it."""
    message = message_from_bytes(data[:MAX_REPORT_BYTES], policy=policy.compat32)
    facts, faults = [], []
    for name in COVERED_HEADERS:
        if (value := message.get(name)) is None:
            faults.append(f"{name} is missing.")
        elif "=?" in str(value):
            faults.append(f"{name} was folded into an encoded word, which mail clients ignore.")
    signatures = [re.sub(r"\s+", "", str(value)) for value in message.get_all("DKIM-Signature", [])]
    covering = []
    for signature in signatures:
        tags = dict(part.split("=", 1) for part in signature.split(";") if "=" in part)
        signed = {name.lower() for name in tags.get("h", "").split(":")}
        missing = [name for name in COVERED_HEADERS if name.lower() not in signed]
        covering += [] if missing else [tags.get("d", "?")]
        verb = f"does not cover {' and '.join(missing)}" if missing else "covers both headers"
        facts.append(f"The DKIM signature of {tags.get('d', '?')} {verb}.")
    if not signatures:
        faults.append("The mail has no DKIM signature.")
    elif not covering:
        faults.append(
            "No DKIM signature covers both List-Unsubscribe headers, so one-click unsubscription is not offered."
        )
    results = " ".join(str(value) for value in message.get_all("Authentication-Results", []))
    for method in ("spf", "dkim", "dmarc"):
        answers = re.findall(rf"\b{method}=(\w+)", results, re.I)
        facts.append(
            f"{method.upper()}: {', '.join(answers) if answers else 'no result in Authentication-Results'}."
        )
        if answers and "pass" not in map(str.lower, answers):
            faults.append(f"{method.upper()} did not pass.")
    return facts, faults
