"""Steps that every verb shares: load the history, lock, check the policy, update on condition, record one Event."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from briefs import policy
from briefs.database.prepared import PreparedQuery
from briefs.derived.build import lock_names_shared
from briefs.models import Brief, Edition, Event, Issue, Outbox, Person, Revision, SignOff, State

from .refusals import Reason, Refused, Stale, build_refusal
from .working_copy import load_working_copy

# Load revisions, sign-offs and editions of a brief, without their contents, once for all rules of a verb.


def _prepare_rows[M: Model, K: (int, str)](
    model: type[M], build: Callable[[K], QuerySet[M]], key: type[K], *, deferred: Sequence[str] = ()
) -> Callable[[K], list[M]]:
    """Return a function that loads the rows of a brief's id or page. Deferred columns are read on access."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in deferred]
    ask = PreparedQuery(lambda value: build(value).values_list(*names), key)
    return lambda value: [model.from_db(connection.alias, names, row) for row in ask(value)]


def _contributors(pk: int) -> QuerySet[Person]:
    acted = Event.objects.filter(brief=pk).order_by().values("by")
    wrote = Revision.objects.filter(brief=pk).order_by().values("by")
    return Person.objects.filter(Q(pk__in=acted) | Q(pk__in=wrote)).order_by("pk")


_revisions = _prepare_rows(
    Revision,
    lambda pk: Revision.objects.filter(brief=pk).order_by("-number"),
    int,
    deferred=("content", "document_notes"),
)
_signoffs = _prepare_rows(SignOff, lambda page: SignOff.objects.filter(page=page).order_by("id"), str)
_editions = _prepare_rows(
    Edition, lambda pk: Edition.objects.filter(brief=pk).order_by("-number"), int, deferred=("content",)
)
_people = _prepare_rows(Person, _contributors, int)


@dataclass(frozen=True, slots=True)
class BriefHistory:
    """Revisions and editions, the newest first, and sign-offs, the oldest first."""

    revisions: Sequence[Revision]
    editions: Sequence[Edition]
    signoffs: Sequence[SignOff]

    @classmethod
    def load(cls, brief: Brief) -> Self:
        """Load the history. Verbs must first lock the brief (`transitions.lock_brief`)."""
        return cls(_revisions(brief.pk), _editions(brief.pk), _signoffs(brief.page))


def load_editions(brief: Brief) -> list[Edition]:
    """Return the editions, the newest first."""
    return _editions(brief.pk)


def load_contributors(brief: Brief) -> list[Person]:
    """Return the people with an event or a revision on the brief, or words in one."""
    people = _people(brief.pk)
    named = Revision.objects.filter(brief=brief).exclude(also_by=[]).values_list("also_by", flat=True)
    missing = {pk for also_by in named for pk in also_by} - {person.pk for person in people}
    return [*people, *(Person.objects.filter(pk__in=missing).order_by("pk") if missing else ())]


# Steps that every verb shares: lock the brief, check the policy, update on condition, record one Event.

_VERB_LABELS = {
    "import": (_("Import"), pgettext_lazy("happened", "imported")),
    "claim": (_("Claim"), pgettext_lazy("happened", "claimed")),
    "create": (_("New brief"), pgettext_lazy("happened", "began the brief")),
    "edit": (_("Save"), pgettext_lazy("happened", "saved")),
    "restore": (_("Restore as new revision"), pgettext_lazy("happened", "restored as new revision")),
    "confirm_date": (_("Confirm the date"), pgettext_lazy("happened", "confirmed the date")),
    "note": (_("Add a note"), pgettext_lazy("happened", "added a note")),
    "resolve": (_("Resolve"), pgettext_lazy("happened", "resolved")),
    "share": (_("Share a preview"), pgettext_lazy("happened", "shared a preview")),
    "unshare": (_("Revoke a preview link"), pgettext_lazy("happened", "revoked a preview link")),
    "note_letter": (_("Turn into a note"), pgettext_lazy("happened", "turned a letter into a note")),
    "handle": (_("Mark a letter as handled"), pgettext_lazy("happened", "marked a letter as handled")),
    "dismiss": (_("Dismiss a finding"), pgettext_lazy("happened", "dismissed a finding")),
    "undismiss": (_("Bring back a finding"), pgettext_lazy("happened", "brought back a finding")),
    "submit": (_("Submit for review"), pgettext_lazy("happened", "submitted for review")),
    "take_back": (_("Take back from review"), pgettext_lazy("happened", "took back from review")),
    "sign_off": (_("Sign-off"), pgettext_lazy("happened", "signed off")),
    "sign_off_zh": (_("Sign off the Chinese"), pgettext_lazy("happened", "signed off the Chinese")),
    "sign_off_en": (_("Sign off the English"), pgettext_lazy("happened", "signed off the English")),
    "take_back_sign_off": (_("Take back a sign-off"), pgettext_lazy("happened", "took back a sign-off")),
    "take_back_sign_off_zh": (
        _("Take back the Chinese sign-off"),
        pgettext_lazy("happened", "took back the Chinese sign-off"),
    ),
    "take_back_sign_off_en": (
        _("Take back the English sign-off"),
        pgettext_lazy("happened", "took back the English sign-off"),
    ),
    "sign_off_common": (_("Sign off the facts"), pgettext_lazy("happened", "signed off the facts")),
    "take_back_sign_off_common": (
        _("Take back the sign-off of the facts"),
        pgettext_lazy("happened", "took back the sign-off of the facts"),
    ),
    "send_back": (_("Send back"), pgettext_lazy("happened", "sent back")),
    "suggest": (_("Suggest a wording"), pgettext_lazy("happened", "suggested a wording")),
    "accept": (_("Accept suggestion"), pgettext_lazy("happened", "accepted the suggestion")),
    "decline": (_("Decline suggestion"), pgettext_lazy("happened", "declined the suggestion")),
    "reply": (_("Reply"), pgettext_lazy("happened", "replied")),
    "reopen": (_("Reopen"), pgettext_lazy("happened", "reopened")),
    "assign": (_("Assign"), pgettext_lazy("happened", "assigned")),
    "approve": (_("Approve"), pgettext_lazy("happened", "approved")),
    "cancel": (_("Cancel schedule"), pgettext_lazy("happened", "cancelled the schedule")),
    "reschedule": (_("Reschedule"), pgettext_lazy("happened", "rescheduled")),
    "withdraw": (_("Withdraw"), pgettext_lazy("happened", "withdrew")),
    "remove": (_("Remove"), pgettext_lazy("happened", "removed")),
    "reinstate": (_("Reinstate"), pgettext_lazy("happened", "reinstated")),
    "revise": (_("Start a revision"), pgettext_lazy("happened", "started a revision")),
    "source_withdrew": (
        _("The source withdrew the article"),
        pgettext_lazy("happened", "marked the article as withdrawn by its source"),
    ),
    "discard": (_("Discard"), pgettext_lazy("happened", "discarded")),
    "recover": (_("Recover"), pgettext_lazy("happened", "recovered")),
    "name_entry": (_("Name an entry"), pgettext_lazy("happened", "named an entry")),
    "merge": (_("Merge duplicates"), pgettext_lazy("happened", "merged duplicates")),
    "unmerge": (_("Undo the merge"), pgettext_lazy("happened", "undid the merge")),
    "write_draft": (_("Write a draft"), pgettext_lazy("happened", "wrote a draft")),
    "sign_draft": (_("Say yes to a draft"), pgettext_lazy("happened", "said yes to a draft")),
    "publish_draft": (_("Publish a draft"), pgettext_lazy("happened", "published a draft")),
    "take_back_draft": (pgettext_lazy("draft", "Take back"), pgettext_lazy("happened", "took back a draft")),
    "edit_site": (_("Edit a site text"), pgettext_lazy("happened", "edited a site text")),
    "create_issue": (_("New issue"), pgettext_lazy("happened", "began the issue")),
    "edit_issue": (_("Save"), pgettext_lazy("happened", "saved")),
    "submit_issue": (_("Submit for review"), pgettext_lazy("happened", "submitted for review")),
    "take_back_issue": (_("Take back from review"), pgettext_lazy("happened", "took back from review")),
    "sign_off_issue_zh": (_("Sign off the Chinese"), pgettext_lazy("happened", "signed off the Chinese")),
    "sign_off_issue_en": (_("Sign off the English"), pgettext_lazy("happened", "signed off the English")),
    "take_back_issue_zh": (
        _("Take back the Chinese sign-off"),
        pgettext_lazy("happened", "took back the Chinese sign-off"),
    ),
    "take_back_issue_en": (
        _("Take back the English sign-off"),
        pgettext_lazy("happened", "took back the English sign-off"),
    ),
    "sign_off_issue_common": (_("Sign off the briefs"), pgettext_lazy("happened", "signed off the briefs")),
    "take_back_issue_common": (
        _("Take back the sign-off of the briefs"),
        pgettext_lazy("happened", "took back the sign-off of the briefs"),
    ),
    "send_back_issue": (_("Send back"), pgettext_lazy("happened", "sent back")),
    "discard_issue": (_("Discard"), pgettext_lazy("happened", "discarded")),
    "recover_issue": (_("Recover"), pgettext_lazy("happened", "recovered")),
    "publish_issue": (_("Publish the issue"), pgettext_lazy("happened", "approved the issue")),
    "cancel_issue": (_("Cancel schedule"), pgettext_lazy("happened", "cancelled the schedule")),
    "revise_issue": (_("Correct the issue"), pgettext_lazy("happened", "started a correction")),
    "withdraw_issue": (_("Withdraw the issue"), pgettext_lazy("happened", "withdrew the issue")),
    "send_issue": (_("Send the issue"), pgettext_lazy("happened", "queued the mail of the issue")),
    "send_correction": (
        _("Tell readers by mail"),
        pgettext_lazy("happened", "queued a mail to readers"),
    ),
    "pause_mailing": (
        pgettext_lazy("mailing", "Pause"),
        pgettext_lazy("happened", "paused the mailing"),
    ),
    "resume_mailing": (
        pgettext_lazy("mailing", "Resume"),
        pgettext_lazy("happened", "resumed the mailing"),
    ),
    "stop_mailing": (pgettext_lazy("mailing", "Stop"), pgettext_lazy("happened", "stopped the mailing")),
    "import_subscribers": (_("Import"), pgettext_lazy("happened", "imported subscribers")),
    "export_subscribers": (_("Export"), pgettext_lazy("happened", "exported subscribers")),
    "erase_subscriber": (_("Erase the address"), pgettext_lazy("happened", "erased a subscriber")),
}
VERB_NAMES = {verb: name for verb, (name, _past) in _VERB_LABELS.items()}
PAST_TENSE_LABELS = {verb: past for verb, (_name, past) in _VERB_LABELS.items()}
"""Past tense of the verbs, shown after the person's name."""


NOTICE_CONDITIONS: dict[str, str] = {
    "review": "act", "assigned": "act", "ready": "act",
    "issue_review": "act", "issue_ready": "act",
    "sent_back": "returned", "noted": "note", "suggested": "suggestion", "answered": "open",
    "signed_zh": "signed_zh", "signed_en": "signed_en", "scheduled": "scheduled", "published": "public",
    "drafted": "draft", "letter": "letter",
}  # fmt: skip
"""What a notice of each kind is about. It is news while that is true (`notifications.find_inbox`); `act` is none,
since what the person has to do is among their acts."""


@dataclass(frozen=True, slots=True)
class VerbRun:
    """One run of a verb in its transaction: the locked brief, its state before, the person and the time."""

    verb: str
    row: Brief
    by: Person
    now: dt.datetime
    from_state: str

    def update_brief(self, *, to: State | None = None, **changes: Any) -> None:
        """Update the row and increment its version. Raise Refused when the row changed since it was read."""
        brief = self.row
        if to is not None:
            changes["state"] = to
        changes |= {"version": brief.version + 1, "updated_at": self.now, "updated_by": self.by}
        done = Brief.objects.filter(pk=brief.pk, version=brief.version, state=brief.state).update(**changes)
        if not done:
            brief.refresh_from_db()
            raise Refused(build_wrong_state_reason(brief))
        for name, value in changes.items():
            setattr(brief, name, value)

    def record_event(
        self,
        verb: str = "",
        *,
        note: str = "",
        edition: Edition | None = None,
        revision: Revision | None = None,
    ) -> Event:
        """Record the Event of the verb, or of another `verb`."""
        event = self._build_event(verb, note=note, edition=edition, revision=revision)
        event.save()
        return event

    def record_events(self, verb: str, notes: Iterable[str]) -> list[Event]:
        """Record an event for each note, in one query."""
        return Event.objects.bulk_create(self._build_event(verb, note=note) for note in notes)

    def _build_event(self, verb: str, **values: Any) -> Event:
        return Event(
            brief=self.row,
            verb=verb or self.verb,
            by=self.by,
            at=self.now,
            from_state=self.from_state,
            to_state=self.row.state,
            **values,
        )


@contextmanager
def begin_verb(verb: str, target: Model | int, *, by: Person, now: dt.datetime | None) -> Iterator[VerbRun]:
    """Lock a brief in a transaction. `target` is the brief, its id, or a row that belongs to it.

    The caller must check the policy. `run_verb` does both.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lock_names_shared()  # before the brief: whoever changes a name locks in this order too
        row = lock_brief(target)
        yield VerbRun(verb, row, by, now, row.state)


@contextmanager
def run_verb(
    verb: str,
    target: Model | int,
    *,
    by: Person,
    now: dt.datetime | None,
    version: int | None = None,
    approved_closed: bool = False,
) -> Iterator[VerbRun]:
    """Lock a brief in a transaction. Raise Refused unless policy and version (if given) allow the verb.

    With `approved_closed`, an approved brief is refused with a hint to start a revision.
    """
    with begin_verb(verb, target, by=by, now=now) as run:
        if approved_closed and run.row.state == State.APPROVED:
            raise build_refusal("approved-closed")
        require_allowed(by, verb, run.row)
        if version is not None:
            require_current_version(run.row, version)
        yield run


def lock_brief(target: Model | int) -> Brief:
    """Return the brief, locked until the transaction ends. (On SQLite the transaction locks the whole file.)"""
    pk = target if isinstance(target, int) else target.pk
    if not isinstance(target, Brief | int):
        pk = type(target)._default_manager.values_list("brief_id", flat=True).get(pk=pk)
    return Brief.objects.select_for_update().get(pk=pk)


def require_allowed(person: Person, verb: str, row: Brief | Issue | None = None) -> None:
    """Raise Refused with the reason unless the policy allows the verb."""
    if not policy.has_role_for(person, verb):
        raise build_refusal("role", name=format_permitted_people(verb, row))
    if not policy.fits_state(verb, row):
        raise Refused(build_wrong_state_reason(row))  # type: ignore[arg-type]
    if not policy.is_allowed(person, verb, row):
        raise build_refusal("role", name=format_permitted_people(verb, row))


def build_wrong_state_reason(row: Brief | Issue) -> Reason:
    """Build the reason for a wrong state: the current state, and who caused it by which verb and when."""
    last = row.events.filter(to_state=row.state).exclude(from_state=row.state).select_related("by").last()
    values = {
        "state": State(row.state).label,
        "name": str(last.by) if last else "–",
        "verb": VERB_NAMES.get(last.verb, last.verb) if last else "–",
        "time": format_time(last.at) if last else "–",
    }
    return Reason("state" if isinstance(row, Brief) else "issue-state", values)


def format_permitted_people(verb: str, row: Brief | Issue | None = None) -> str:
    names = [
        str(person) for person in policy.find_permitted_people(verb, row).order_by("is_superuser", "pk")[:3]
    ]
    return gettext(", ").join(names) if names else gettext("a publisher")


def format_time(moment: dt.datetime) -> str:
    """Format a time of today as 14:05, any other time with its date."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return f"{formats.date_format(local.date(), 'DATE_FORMAT')} {local:%H:%M}"


def require_current_version(brief: Brief, version: int) -> None:
    """Raise Stale with the stored content unless `version` is the newest one."""
    if brief.version != version:
        values = {"name": str(brief.updated_by), "time": format_time(brief.updated_at)}
        raise Stale(Reason("stale", values), theirs=load_working_copy(brief), version=brief.version)


def find_people_for_verb(verb: str) -> list[Person]:
    """Return everybody with a role for the verb."""
    people = [person for person in policy.load_staff() if policy.has_role_for(person, verb)]
    return sorted(people, key=lambda person: person.pk)


def notify(
    event: Event,
    kind: str,
    to: Iterable[Person],
    *,
    due_at: dt.datetime | None = None,
    by_mail: bool = True,
    **values: Any,
) -> None:
    """Queue one message for each person but the actor. Without `by_mail` it is only in their inboxes.

    One act makes one message at a time for a person: whoever has one of this event gets no second. The unique key
    prevents duplicates.
    """
    due_at = due_at or event.at
    people = {p.pk: p for p in to if p.is_active and p.pk != event.by_id}
    if people:
        for pk in Outbox.objects.filter(event=event, due_at=due_at).values_list("to", flat=True):
            people.pop(pk, None)
    rows = [
        Outbox(
            key=f"{kind}:{event.pk}:{person.pk}",
            kind=kind,
            to=person,
            brief=event.brief,
            edition=event.edition,
            event=event,
            values=_to_json_values(values),
            condition=NOTICE_CONDITIONS.get(kind, ""),
            due_at=due_at,
            cancelled_at=None if by_mail else event.at,
        )
        for person in people.values()
    ]
    Outbox.objects.bulk_create(rows)


def _to_json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
