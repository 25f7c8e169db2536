"""Steps that every verb shares: lock the brief, check the policy, update on condition, record one Event."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ... import policy
from ...models import Brief, Edition, Event, Outbox, Person, Revision, State
from .refusals import Reason, Refused, Stale, build_refusal
from .working_copy import load_working_copy

VERB_NAMES = {
    "import": gettext_lazy("Import"),
    "claim": gettext_lazy("Claim"),
    "create": gettext_lazy("New brief"),
    "edit": gettext_lazy("Save"),
    "restore": gettext_lazy("Restore as new revision"),
    "confirm_date": gettext_lazy("Confirm the date"),
    "note": gettext_lazy("Add a note"),
    "resolve": gettext_lazy("Resolve"),
    "share": gettext_lazy("Share a preview"),
    "unshare": gettext_lazy("Revoke a preview link"),
    "note_letter": gettext_lazy("Turn into a note"),
    "handle": gettext_lazy("Mark a letter as handled"),
    "dismiss": gettext_lazy("Dismiss a finding"),
    "undismiss": gettext_lazy("Bring back a finding"),
    "submit": gettext_lazy("Submit for review"),
    "take_back": gettext_lazy("Take back from review"),
    "sign_off": gettext_lazy("Sign-off"),
    "sign_off_zh": gettext_lazy("Sign off the Chinese"),
    "sign_off_en": gettext_lazy("Sign off the English"),
    "send_back": gettext_lazy("Send back"),
    "suggest": gettext_lazy("Suggest a wording"),
    "accept": gettext_lazy("Accept suggestion"),
    "decline": gettext_lazy("Decline suggestion"),
    "reply": gettext_lazy("Reply"),
    "reopen": gettext_lazy("Reopen"),
    "assign": gettext_lazy("Assign"),
    "approve": gettext_lazy("Approve"),
    "publish_urgently": gettext_lazy("Publish urgently"),
    "confirm": gettext_lazy("Confirm afterwards"),
    "cancel": gettext_lazy("Cancel schedule"),
    "reschedule": gettext_lazy("Reschedule"),
    "withdraw": gettext_lazy("Withdraw"),
    "remove": gettext_lazy("Remove"),
    "reinstate": gettext_lazy("Reinstate"),
    "revise": gettext_lazy("Start a revision"),
    "source_withdrew": gettext_lazy("The source withdrew the article"),
    "discard": gettext_lazy("Discard"),
    "recover": gettext_lazy("Recover"),
    "relabel": gettext_lazy("Change a label in use"),
    "merge": gettext_lazy("Merge duplicates"),
    "unmerge": gettext_lazy("Undo the merge"),
    "edit_site": gettext_lazy("Edit a site text"),
}

PAST_TENSE_LABELS = {
    "import": pgettext_lazy("happened", "imported"),
    "claim": pgettext_lazy("happened", "claimed"),
    "create": pgettext_lazy("happened", "began the brief"),
    "edit": pgettext_lazy("happened", "saved"),
    "restore": pgettext_lazy("happened", "restored as new revision"),
    "confirm_date": pgettext_lazy("happened", "confirmed the date"),
    "note": pgettext_lazy("happened", "added a note"),
    "resolve": pgettext_lazy("happened", "resolved"),
    "share": pgettext_lazy("happened", "shared a preview"),
    "unshare": pgettext_lazy("happened", "revoked a preview link"),
    "note_letter": pgettext_lazy("happened", "turned a letter into a note"),
    "handle": pgettext_lazy("happened", "marked a letter as handled"),
    "dismiss": pgettext_lazy("happened", "dismissed a finding"),
    "undismiss": pgettext_lazy("happened", "brought back a finding"),
    "submit": pgettext_lazy("happened", "submitted for review"),
    "take_back": pgettext_lazy("happened", "took back from review"),
    "sign_off": pgettext_lazy("happened", "signed off"),
    "sign_off_zh": pgettext_lazy("happened", "signed off the Chinese"),
    "sign_off_en": pgettext_lazy("happened", "signed off the English"),
    "send_back": pgettext_lazy("happened", "sent back"),
    "suggest": pgettext_lazy("happened", "suggested a wording"),
    "accept": pgettext_lazy("happened", "accepted the suggestion"),
    "decline": pgettext_lazy("happened", "declined the suggestion"),
    "reply": pgettext_lazy("happened", "replied"),
    "reopen": pgettext_lazy("happened", "reopened"),
    "assign": pgettext_lazy("happened", "assigned"),
    "approve": pgettext_lazy("happened", "approved"),
    "publish_urgently": pgettext_lazy("happened", "published urgently"),
    "confirm": pgettext_lazy("happened", "confirmed afterwards"),
    "cancel": pgettext_lazy("happened", "cancelled the schedule"),
    "reschedule": pgettext_lazy("happened", "rescheduled"),
    "withdraw": pgettext_lazy("happened", "withdrew"),
    "remove": pgettext_lazy("happened", "removed"),
    "reinstate": pgettext_lazy("happened", "reinstated"),
    "revise": pgettext_lazy("happened", "started a revision"),
    "source_withdrew": pgettext_lazy("happened", "marked the article as withdrawn by its source"),
    "discard": pgettext_lazy("happened", "discarded"),
    "recover": pgettext_lazy("happened", "recovered"),
    "relabel": pgettext_lazy("happened", "changed a label in use"),
    "merge": pgettext_lazy("happened", "merged duplicates"),
    "unmerge": pgettext_lazy("happened", "undid the merge"),
    "edit_site": pgettext_lazy("happened", "edited a site text"),
}
"""Past tense of the verbs, shown after the person's name."""


def lock_brief(brief: Brief | int) -> Brief:
    """Return the current row, locked until the transaction ends. (On SQLite the transaction locks the whole file.)"""
    pk = brief.pk if isinstance(brief, Brief) else brief
    return Brief.objects.select_for_update().get(pk=pk)


def require_allowed(person: Person, verb: str, brief: Brief | None = None) -> None:
    """Raise Refused with the reason unless the policy allows the verb."""
    if not policy.has_role_for(person, verb):
        raise build_refusal("role", name=format_permitted_people(verb, brief))
    if not policy.fits_state(verb, brief):
        raise Refused(build_wrong_state_reason(brief))  # type: ignore[arg-type]
    if not policy.is_allowed(person, verb, brief):
        raise build_refusal("role", name=format_permitted_people(verb, brief))


def build_wrong_state_reason(brief: Brief) -> Reason:
    """Build the reason for a wrong state: the current state, and who caused it by which verb and when."""
    last = brief.events.filter(to_state=brief.state).exclude(from_state=brief.state).last()
    values = {
        "state": State(brief.state).label,
        "name": str(last.by) if last else "–",
        "verb": VERB_NAMES.get(last.verb, last.verb) if last else "–",
        "time": format_time(last.at) if last else "–",
    }
    return Reason("state", values)


def format_permitted_people(verb: str, brief: Brief | None = None) -> str:
    names = [
        str(person) for person in policy.find_permitted_people(verb, brief).order_by("is_superuser", "pk")[:3]
    ]
    return _(", ").join(names) if names else _("a publisher")


def format_time(moment: dt.datetime) -> str:
    """Format a time of today as 14:05, any other time with its date."""
    local = timezone.localtime(moment)
    today = local.date() == timezone.localdate()
    return (
        local.strftime("%H:%M")
        if today
        else f"{formats.date_format(local.date(), 'DATE_FORMAT')} {local:%H:%M}"
    )


def require_current_version(brief: Brief, version: int) -> None:
    """Raise Stale with the stored content unless `version` is the newest one."""
    if brief.version != version:
        values = {"name": str(brief.updated_by), "time": format_time(brief.updated_at)}
        raise Stale(Reason("stale", values), theirs=load_working_copy(brief), version=brief.version)


def update_brief(
    brief: Brief, *, by: Person, now: dt.datetime, to: State | None = None, **changes: Any
) -> None:
    """Update the row and increment its version. Raise Refused when the row changed since it was read."""
    if to is not None:
        changes["state"] = to
    changes |= {"version": brief.version + 1, "updated_at": now, "updated_by": by}
    done = Brief.objects.filter(pk=brief.pk, version=brief.version, state=brief.state).update(**changes)
    if not done:
        brief.refresh_from_db()
        raise Refused(build_wrong_state_reason(brief))
    for name, value in changes.items():
        setattr(brief, name, value)


def record_event(
    brief: Brief,
    verb: str,
    *,
    by: Person,
    now: dt.datetime,
    from_state: str,
    note: str = "",
    edition: Edition | None = None,
    revision: Revision | None = None,
) -> Event:
    return Event.objects.create(
        brief=brief,
        verb=verb,
        by=by,
        at=now,
        from_state=from_state,
        to_state=brief.state,
        note=note,
        edition=edition,
        revision=revision,
    )


def find_people_for_verb(verb: str, *, exclude: Person) -> list[Person]:
    """Return everybody with an e-mail address and a role for the verb, except `exclude`."""
    return list(policy.find_permitted_people(verb).exclude(Q(email="") | Q(pk=exclude.pk)).order_by("pk"))


def notify(
    event: Event, kind: str, to: Iterable[Person], *, due: dt.datetime | None = None, **values: Any
) -> None:
    """Queue one message for each person in this transaction. The unique key prevents duplicates."""
    rows = [
        Outbox(
            key=f"{kind}:{event.pk}:{person.pk}",
            kind=kind,
            to=person,
            brief=event.brief,
            edition=event.edition,
            values=_to_json_values(values),
            due_at=due or event.at,
        )
        for person in {p.pk: p for p in to if p.email and p.is_active}.values()
    ]
    Outbox.objects.bulk_create(rows)


def _to_json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
