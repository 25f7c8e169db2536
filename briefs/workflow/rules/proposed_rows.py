"""Decide which changes of names and introductions wait for a second person, store them, and find who decides them."""

import copy
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from briefs import policy
from briefs.derived.name_changes import changes_public_pages
from briefs.models import Author, Event, Keyword, Person, Proposal, Source, Term
from briefs.models.vocabulary import Vocabulary

from .refusals import build_refusal
from .transitions import notify

VOCABULARY_MODELS: dict[str, type[Vocabulary]] = {
    str(kind._meta.model_name): kind for kind in (Author, Source, Keyword, Term)
}
SITE_TEXT_PREFIX = "sitetext/"


def build_about(row: Vocabulary) -> str:
    """Return `Event.about` and `Proposal.about` of a row."""
    return f"{type(row)._meta.model_name}/{row.slug}"


def find_row(about: str, *, lock: bool = False) -> Vocabulary | None:
    """Return the row that an event or a proposal is about, or None for a new entry or a site text."""
    name, _slash, slug = about.partition("/")
    if name not in VOCABULARY_MODELS:
        return None
    rows = VOCABULARY_MODELS[name]._default_manager.all()
    found: Vocabulary | None = (
        (rows.select_for_update(no_key=True) if lock else rows).filter(slug=slug).first()
    )
    return found


def read_values(row: Vocabulary) -> dict[str, Any]:
    """Return the columns that people edit, and the slug of the row that this one is merged into."""
    values = {
        f.name: getattr(row, f.attname) for f in row._meta.concrete_fields if f.editable and f.name != "id"
    }
    heir = row.merged_into
    return {**values, "merged_into": heir.slug if heir else ""}


def build_row(about: str, stored: Vocabulary | None, values: Mapping[str, Any]) -> Vocabulary:
    """Return an unsaved row with these values: a copy of the stored one, or a new one with the slug of `about`."""
    name, _slash, slug = about.partition("/")
    kind = VOCABULARY_MODELS[name]
    row = copy.copy(stored) if stored else kind(slug=slug)
    row._state = copy.copy(row._state)
    row._state.fields_cache = {}
    heir = values.get("merged_into", "")
    row.merged_into = kind._default_manager.get(slug=heir) if heir else None
    for column in values.keys() - {"merged_into"}:
        setattr(row, column, values[column])
    return row


def needs_proposal(
    before: Vocabulary | None, after: Vocabulary, *, by: Person, used: Collection[int] | None = None
) -> bool:
    """Return whether a second person must accept the change, because public pages would change at once."""
    return needs_second_person(by) and changes_public_pages(before, after, used=used)


def needs_second_person(by: Person) -> bool:
    return bool(settings.DIGEST_FOUR_EYES) or "publisher" not in policy.get_roles(by)


def require_no_other_proposal(about: str, *, by: Person) -> Proposal | None:
    """Return the person's own open proposal about the row. Raise Refused if somebody else's is open."""
    found = Proposal.objects.filter(about=about, outcome="").select_related("author").first()
    return refuse_proposal_of_another(found, by=by)


def refuse_proposal_of_another(found: Proposal | None, *, by: Person) -> Proposal | None:
    if found and found.author_id != by.pk:
        raise build_refusal("proposal-open", name=str(found.author))
    return found


def open_proposal(
    kind: str,
    about: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: Person,
    now: dt.datetime,
    note: str,
    is_announced: bool = True,
) -> Proposal:
    """Store a proposal, which replaces the person's own open one about the row, and notify those who may decide.

    Call it in a transaction that holds the lock of `build.lock_names_exclusively`.
    """
    own = require_no_other_proposal(about, by=by)
    if own and (own.before, own.after) == (before, after):
        own.is_repeated = True
        return own
    if own:
        close_proposal(own, Proposal.Outcome.REPLACED, by=by, now=now)
    proposal = Proposal.objects.create(
        kind=kind, about=about, before=dict(before), after=dict(after), author=by, at=now
    )
    Event.objects.create(about=about, verb="propose", by=by, at=now, note=note)
    if is_announced:
        announce_proposals([proposal])
    return proposal


def announce_proposals(proposals: Sequence[Proposal]) -> None:
    """Notify those who may decide, once for all new proposals of one act."""
    proposals = [proposal for proposal in proposals if not proposal.is_repeated]
    if not proposals:
        return
    event = Event.objects.filter(about=proposals[-1].about, verb="propose").latest("id")
    one: dict[str, Any] = {}
    if len(proposals) == 1:
        one = {"proposal": proposals[0].pk, "label": get_label(proposals[0])}
    notify(event, "proposed", find_deciders(proposals[-1].author), n=len(proposals), **one)


def close_proposal(
    proposal: Proposal, outcome: str, *, by: Person, now: dt.datetime, reason: str = ""
) -> None:
    proposal.outcome, proposal.decided_by, proposal.decided_at, proposal.reason = outcome, by, now, reason
    proposal.save(update_fields=["outcome", "decided_by", "decided_at", "reason"])


def get_label(proposal: Proposal) -> str:
    """Return the name of the row that the proposal is about: as stored, or as proposed for a new entry."""
    about = proposal.about.removeprefix(SITE_TEXT_PREFIX)
    row = find_row(about)
    if row is None and about.partition("/")[0] in VOCABULARY_MODELS:
        row = build_row(about, None, proposal.after)
    return str(row or proposal.about)


def find_deciders(author: Person) -> QuerySet[Person]:
    """Return who may decide a person's proposals: the other publishers, or everybody else if there is none.

    Only the proposals of a sole publisher may be decided by reviewers and writers.
    """
    others = policy.find_people_with_roles(policy.PUBLISHER_ROLES).exclude(pk=author.pk)
    if "publisher" in policy.get_roles(author) and not others.exists():
        return policy.find_people_with_roles(policy.ALL_ROLES).exclude(pk=author.pk)
    return others


def find_decidable_proposals(person: Person) -> QuerySet[Proposal]:
    """Return the open proposals that a person may decide, newest first. Two queries for each of their authors."""
    rows = Proposal.objects.filter(outcome="").select_related("author").order_by("-id")
    authors = Person.objects.filter(pk__in=rows.order_by().values("author")).exclude(pk=person.pk)
    return rows.filter(author__in=[a for a in authors if find_deciders(a).filter(pk=person.pk).exists()])


def get_row_changes(proposal: Proposal) -> tuple[Vocabulary | None, Vocabulary] | None:
    """Return the stored row and the unsaved one with the values proposed, or None for an introduction."""
    if proposal.kind == Proposal.Kind.INTRODUCTION:
        return None
    stored = find_row(proposal.about) if proposal.before else None
    return stored, build_row(proposal.about, stored, proposal.after)
