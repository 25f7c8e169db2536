"""Mailings: queue one, pause, resume and stop it, and count its copies. `sending` sends them."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.content import hash_json
from briefs.models import Copy, Edition, Event, IssueEdition, Mailing, MailingEdition, Person, Subscriber
from briefs.workflow import Refused
from briefs.workflow.rules import require_allowed
from briefs.workflow.rules.refusals import Reason, build_refusal

from .mail_text import MailBody, build_issue_bodies
from .published import load_edition

LATE_AFTER: Final = dt.timedelta(hours=2)
"""A mailing neither begins nor resumes by itself so long after its time."""
RECEIVED_STAGES: Final = (Copy.Stage.HANDED, Copy.Stage.SENT)
"""Whoever has a copy in these stages counts as having read it. The first is one of unknown fate."""
ANSWERED_STAGES: Final = (*RECEIVED_STAGES, Copy.Stage.REFUSED)
WAITING_STAGES: Final = (Copy.Stage.QUEUED, Copy.Stage.CLAIMED)
NOT_PUBLIC: Final = Reason("issue-not-public")
UNKNOWN_AFTER: Final = dt.timedelta(minutes=10)
"""Age at which no process still waits for the answer to a copy that was handed over."""
JUDGED_COPIES: Final = 20
"""Newest copies of a mailing of which half refused stop it."""
REFUSALS_TO_END: Final = 3
"""Mailings running that were refused, or came back, before a reader gets no more."""
OPEN_STATES: Final = (Mailing.Status.QUEUED, Mailing.Status.RUNNING, Mailing.Status.PAUSED)

HALT_REASONS: Final[dict[str, str | Promise]] = {
    "late": _("It was not begun within two hours of its time."),
    "interrupted": _("Sending was interrupted for too long to go on by itself."),
    "changed": _("A brief in it, or the issue, was corrected or withdrawn after it was made. Stop it and send it anew."),
    "restored": _("The database was restored from a backup. Some copies may have been sent after that backup."),
    "sender": _("The mail server refuses the sender: %(answer)s"),
    "refused": _("Half of the last twenty copies were refused, the last one with: %(answer)s. Once that is mended, whoever has no copy can be sent one."),
    "policy": _("A mail server blocks it, for SPF, DKIM, DMARC or content: %(answer)s. Once that is mended, whoever has no copy can be sent one."),
}  # fmt: skip


def queue_issue(
    issue_edition: IssueEdition,
    *,
    by: Person,
    due_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Mailing:
    """Make the mailing of a published or scheduled issue, with a copy for everybody who subscribes until it begins.

    It is sent from `due_at`, and not before the issue is public; it shows the briefs as they will be then. After a stopped
    mailing of the issue, only those get one who have none; one of an earlier edition is stopped.
    """
    now = now or timezone.now()
    require_allowed(by, "send_issue")
    if due_at and due_at < now:
        values = {"time": f"{timezone.localtime(now):%H:%M}", "zone": settings.TIME_ZONE}
        raise build_refusal("time-past", about="due_at", **values)
    require_mail_server()
    begins = max(due_at or now, issue_edition.live_from)
    with transaction.atomic():
        outdated = Mailing.objects.filter(issue_edition__issue=issue_edition.issue_id, state__in=OPEN_STATES)
        for other in outdated.exclude(issue_edition=issue_edition):  # else a copy of each could go out
            stop_mailing(other, by=by, now=now)
        issue = load_edition(issue_edition, now)
        if issue is None:
            raise Refused(NOT_PUBLIC)
        mailing = store_mailing(
            Mailing.Kind.ISSUE,
            build_issue_bodies(issue),
            _find_readers_without(issue_edition),
            editions=[item.edition_id for item in issue.listed_items],
            by=by,
            due_at=begins,
            now=now,
            issue_edition=issue_edition,
        )
        record(mailing, "send_issue", by=by, now=now)
    return mailing


def _find_readers_without(issue_edition: IssueEdition) -> QuerySet[Subscriber]:
    """Return those who have received no copy of the issue."""
    received = Copy.objects.filter(
        subscriber=OuterRef("pk"),
        mailing__issue_edition__issue=issue_edition.issue_id,
        stage__in=RECEIVED_STAGES,
    )
    return Subscriber.objects.reading().filter(~Exists(received))


def require_mail_server() -> None:
    if settings.SITE_URL.startswith("https:") and "console" in settings.MAILERS["default"]["BACKEND"]:
        raise build_refusal("no-mail-server")


def store_mailing(
    kind: Mailing.Kind,
    bodies: Mapping[str, MailBody],
    readers: QuerySet[Subscriber],
    *,
    editions: Collection[int],
    by: Person,
    due_at: dt.datetime,
    now: dt.datetime,
    issue_edition: IssueEdition | None = None,
    edition: Edition | None = None,
) -> Mailing:
    """Store a mailing with a copy for each of these readers. Raise Refused if there are none.

    `editions`: ids of the editions whose text it holds. The caller checks the policy and records the event.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                mailing = Mailing.objects.create(
                    kind=kind,
                    issue_edition=issue_edition,
                    edition=edition,
                    bodies=dict(bodies),
                    bytes_hash=hash_json(bodies),
                    due_at=due_at,
                    not_after=due_at + LATE_AFTER,
                    created_at=now,
                    created_by=by,
                    state_at=now,
                    state_by=by,
                )
        except IntegrityError as error:
            raise build_refusal("mailing-exists") from error
        MailingEdition.objects.bulk_create(MailingEdition(mailing=mailing, edition_id=pk) for pk in editions)
        if not _store_copies(mailing, readers, now):
            raise build_refusal("no-readers")
    return mailing


def _store_copies(mailing: Mailing, readers: QuerySet[Subscriber], now: dt.datetime) -> int:
    """Store a copy for each reader by one statement: 10,000 take a tenth of a second. Return their number.

    Those of whom an earlier mail came back are tried last: one reader's server could block all others again and again.
    """
    returned = Copy.objects.filter(
        Q(stage=Copy.Stage.REFUSED) | ~Q(bounced_at=None), subscriber=OuterRef("pk")
    )
    attempts = Case(When(Exists(returned), then=1), default=0)
    rows = readers.annotate(attempts=attempts).order_by("pk").values_list("pk", "side", "attempts")
    sql, params = rows.query.sql_with_params()
    moment = {"sqlite": "%s", "postgresql": "%s::timestamptz"}[connection.vendor]
    columns = "mailing_id, reader_no, subscriber_id, side, token_hash, stage, stage_at, attempts"
    select = f"SELECT %s, reader, reader, side, '', %s, {moment}, attempts FROM readers"  # noqa: S608 ours
    insert = f"INSERT INTO briefs_copy ({columns}) WITH readers (reader, side, attempts) AS ({sql}) {select}"
    stage_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(insert, [*params, mailing.pk, Copy.Stage.QUEUED.value, stage_at])
        return int(cursor.rowcount)


def begin_mailing(mailing: Mailing, now: dt.datetime) -> None:
    """Let a queued mailing run."""
    with transaction.atomic():
        rows = Mailing.objects.filter(pk=mailing.pk, state=Mailing.Status.QUEUED)
        if rows.update(state=Mailing.Status.RUNNING, state_at=now, run_at=now):
            _add_new_readers(mailing, now)


def _add_new_readers(mailing: Mailing, now: dt.datetime) -> None:
    """Store copies of an issue's mail for those who subscribed since it was queued: they were promised the next issue."""
    if mailing.issue_edition:
        own = Copy.objects.filter(mailing=mailing, reader_no=OuterRef("pk"))
        _store_copies(mailing, _find_readers_without(mailing.issue_edition).filter(~Exists(own)), now)


def pause_mailing(mailing: Mailing, *, by: Person, now: dt.datetime | None = None) -> None:
    """Let no further copy be handed over. One that is being handed over still goes."""
    _steer(mailing, "pause_mailing", Mailing.Status.PAUSED, by=by, now=now)


def resume_mailing(mailing: Mailing, *, by: Person, now: dt.datetime | None = None) -> None:
    """Go on with a paused mailing, at once or when its time comes."""
    now = now or timezone.now()
    if not has_current_text(mailing, max(now, mailing.due_at)):
        raise build_refusal("mailing-changed")
    begins = Mailing.Status.RUNNING if mailing.due_at <= now else Mailing.Status.QUEUED
    with transaction.atomic():
        _steer(mailing, "resume_mailing", begins, by=by, now=now)
        if begins == Mailing.Status.RUNNING:
            _add_new_readers(mailing, now)


def stop_mailing(mailing: Mailing, *, by: Person, now: dt.datetime | None = None) -> None:
    """End a mailing. Copies that were not handed over are never sent."""
    now = now or timezone.now()
    with transaction.atomic():
        _steer(mailing, "stop_mailing", Mailing.Status.STOPPED, by=by, now=now)
        _drop_waiting(mailing, now)


def _drop_waiting(mailing: Mailing, now: dt.datetime) -> None:
    waiting = Copy.objects.filter(mailing=mailing, stage__in=WAITING_STAGES)
    waiting.update(stage=Copy.Stage.DROPPED, stage_at=now)


def send_again(mailing: Mailing, *, by: Person, now: dt.datetime | None = None) -> None:
    """Send the copies of unknown fate again, which may have arrived. Only ever done by a person."""
    now = now or timezone.now()
    if not has_current_text(mailing, now):
        raise build_refusal("mailing-changed")
    with transaction.atomic():
        _steer(mailing, "send_again", Mailing.Status.RUNNING, by=by, now=now)
        find_sendable_again(mailing, now).update(stage=Copy.Stage.QUEUED, stage_at=now, attempts=0)


_STATES_BEFORE: Final[dict[str, tuple[str, ...]]] = {
    "pause_mailing": (Mailing.Status.QUEUED, Mailing.Status.RUNNING),
    "resume_mailing": (Mailing.Status.PAUSED,),
    "stop_mailing": OPEN_STATES,
    "send_again": (Mailing.Status.DONE,),
}


def get_verbs(mailing: Mailing) -> list[str]:
    """Return the verbs that are possible in the mailing's state."""
    return [verb for verb, states in _STATES_BEFORE.items() if mailing.state in states]


def _steer(mailing: Mailing, verb: str, to: Mailing.Status, *, by: Person, now: dt.datetime | None) -> None:
    now = now or timezone.now()
    require_allowed(by, verb)
    with transaction.atomic():
        rows = Mailing.objects.filter(pk=mailing.pk, state__in=_STATES_BEFORE[verb])
        before = mailing.state
        if not rows.update(state=to, state_at=now, state_by=by, state_reason="", run_at=now):
            mailing.refresh_from_db()
            raise build_refusal("mailing-state", state=mailing.get_state_display())
        mailing.refresh_from_db()
        record(mailing, verb, by=by, now=now, before=before)


def pause_by_itself(mailings: QuerySet[Mailing], reason: str, now: dt.datetime, answer: str = "") -> int:
    """Pause unfinished mailings for a reason of HALT_REASONS. Return how many."""
    return _halt(mailings, "pause_mailing", Mailing.Status.PAUSED, f"{reason} {answer}", now)


def stop_by_itself(mailing: Mailing, reason: str, answer: str, now: dt.datetime) -> None:
    """Stop an unfinished mailing for a reason of HALT_REASONS. No reader is dropped: whoever has no copy can get a new one."""
    rows = Mailing.objects.filter(pk=mailing.pk)
    with transaction.atomic():
        if _halt(rows, "stop_mailing", Mailing.Status.STOPPED, f"{reason} {answer}", now):
            _drop_waiting(mailing, now)


def stop_if_refused(copy: Copy, answer: str, now: dt.datetime) -> None:
    """Stop the mailing if half of its last JUDGED_COPIES up to this one were refused or came back.

    Readers whose earlier mail came back do not count: they are tried last, one after the other.
    """
    rows = Copy.objects.filter(
        mailing=copy.mailing_id, stage__in=ANSWERED_STAGES, attempts=0, pk__lte=copy.pk
    )
    last = rows.order_by("-pk").values_list("stage", "bounced_at")[:JUDGED_COPIES]
    if 2 * sum(map(_is_refused, last)) >= JUDGED_COPIES:
        stop_by_itself(copy.mailing, "refused", answer, now)


def end_if_refused(copy: Copy, now: dt.datetime) -> None:
    """End the subscription if its last REFUSALS_TO_END copies were refused or came back, for whatever reason.

    Mailings that stopped because half was refused do not count: that was our fault.
    """
    rows = Copy.objects.filter(subscriber=copy.subscriber_id or 0, stage__in=ANSWERED_STAGES)
    rows = rows.exclude(mailing__state=Mailing.Status.STOPPED, mailing__state_reason__startswith="refused ")
    last = rows.order_by("-pk").values_list("stage", "bounced_at")[:REFUSALS_TO_END]
    if sum(map(_is_refused, last)) == REFUSALS_TO_END:
        end_subscription(copy, now)


def end_subscription(copy: Copy, now: dt.datetime) -> None:
    """Send no more mail to an address that takes none."""
    Subscriber.objects.filter(pk=copy.subscriber_id or 0, bounced_at=None).update(bounced_at=now)


def _is_refused(row: tuple[str, dt.datetime | None]) -> bool:
    stage, bounced_at = row
    return stage == Copy.Stage.REFUSED or bounced_at is not None


def _halt(rows: QuerySet[Mailing], verb: str, to: Mailing.Status, reason: str, now: dt.datetime) -> int:
    possible = rows.filter(state__in=_STATES_BEFORE[verb])
    reason = re.sub(r"\S*@\S*", "…", reason).strip()[:200]  # mail servers name the reader's address
    return possible.update(state=to, state_at=now, state_by=None, state_reason=reason)


def describe_halt(mailing: Mailing) -> str:
    """Return the sentence about why a mailing paused or stopped by itself; empty if a person did it."""
    code, _space, answer = mailing.state_reason.partition(" ")
    message = HALT_REASONS.get(code, "")
    return str(message) % {"answer": answer} if message else mailing.state_reason


def has_current_text(mailing: Mailing, now: dt.datetime) -> bool:
    """Return whether every text that the mailing holds is public as it stands there, and the brief of a notice still withdrawn."""
    if mailing.issue_edition_id:
        if not IssueEdition.objects.listed(now).filter(pk=mailing.issue_edition_id).exists():
            return False
    elif not mailing.editions.exists():  # a notice of a withdrawal
        withdrawn = Edition.objects.found(now).filter(pk=mailing.edition_id or 0, withdrawn_at__isnull=False)
        return withdrawn.exists()
    public = Edition.objects.listed(now).filter(pk=OuterRef("edition"))
    return not MailingEdition.objects.filter(~Exists(public), mailing=mailing).exists()


def record(mailing: Mailing, verb: str, *, by: Person, now: dt.datetime, before: str = "") -> None:
    issue, edition = mailing.issue_edition, mailing.edition
    Event.objects.create(
        about=issue.issue.about if issue else "",
        brief=edition.brief if edition else None,
        edition=edition,
        verb=verb,
        by=by,
        at=now,
        from_state=before,
        to_state=mailing.state,
    )


@dataclass(slots=True)
class CopyCounts:
    """Numbers of copies by stage, and by language choice. `bounced` are among them."""

    by_stage: Counter[str] = field(default_factory=Counter)
    by_side: Counter[str] = field(default_factory=Counter)
    bounced: int = 0

    @property
    def total(self) -> int:
        return self.by_stage.total()

    @property
    def handled(self) -> int:
        return self.total - sum(self.by_stage[stage] for stage in WAITING_STAGES)

    @property
    def unknown(self) -> int:
        return self.by_stage[Copy.Stage.HANDED]


def count_copies(mailing: Mailing) -> CopyCounts:
    """Count the copies by stage and language choice. One query."""
    rows = Copy.objects.filter(mailing=mailing).order_by().values_list("stage", "side")
    counts = CopyCounts()
    for stage, side, number, returned in rows.annotate(Count("id"), Count("bounced_at")):
        counts.by_stage[stage] += number
        counts.by_side[side] += number
        counts.bounced += returned
    return counts


def count_readers() -> dict[str, int]:
    """Count those who would get a mail now, by language choice."""
    rows = Subscriber.objects.reading().order_by().values_list("side")
    return dict(rows.annotate(Count("id")))


def find_unknown_copies(mailing: Mailing) -> QuerySet[Copy]:
    """Return the copies that a server may have. For administrators, since they name addresses."""
    rows = Copy.objects.filter(mailing=mailing, stage=Copy.Stage.HANDED)
    return rows.select_related("subscriber").order_by("pk")


def find_sendable_again(mailing: Mailing, now: dt.datetime) -> QuerySet[Copy]:
    """Return the copies of unknown fate that no process is handing over now."""
    return Copy.objects.filter(mailing=mailing, stage=Copy.Stage.HANDED, stage_at__lt=now - UNKNOWN_AFTER)


def find_mailings(number: int) -> QuerySet[Mailing]:
    """Return the mailings of an issue, the newest first, without their texts."""
    rows = Mailing.objects.filter(issue_edition__issue_number=number).defer("bodies")
    return rows.select_related("issue_edition__issue").order_by("-pk")
