"""The verb that publishes: approve, now or from a time."""

import datetime as dt

from django.utils.translation import gettext

from briefs.content import Content
from briefs.derived import PageNames
from briefs.models import Brief, Edition, Person, State

from .assignments import end_assignments
from .editions import (
    add_edition,
    announce_edition,
    describe_approval,
    why_not_at_time,
)
from .originals import limit_originals
from .rules.refusals import Reason, Refused, build_refusal
from .rules.transitions import run_verb
from .rules.working_copy import load_working_copy


def approve(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    names_seen: PageNames | None = None,
    at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Edition:
    """Freeze the content whose hash (`hash_for_approval`) the publisher saw. It is public now, or from `at`.

    `names_seen`: the names that the page showed, so that a refusal can name those that changed. Raise Refused with all
    unmet conditions.
    """
    with run_verb("approve", brief, by=by, now=now, checks_conditions=False) as run:
        row, content, names = run.row, run.facts.content, run.facts.names
        _require_seen(content, names.printed, seen, names_seen)
        history, leaves = run.facts.history, run.facts.leaves
        reasons = run.list_unmet()
        # Names changed past the verbs: the next sign-off stores the new hash.
        if names.printed.hash_common(content) != leaves["common"].hash:
            reasons.append(Reason("unsigned-common", {}, "signoff-common"))
        reasons += why_not_at_time(row, at, run.now)
        if reasons:
            raise Refused(*reasons)
        run.store_press()
        edition = add_edition(
            row,
            content,
            names,
            history.editions,
            at=at,
            now=run.now,
            **describe_approval(run),
        )
        run.update(to=State.APPROVED, slug=edition.slug, **end_assignments(row, now=run.now))
        limit_originals(row, run.now)
        event = run.record_event(edition=edition, note=edition.change_note_zh)
        announce_edition(event, history.revisions)
        return edition


def hash_for_approval(row: Brief) -> str:
    """Return the hash of what an approver sees: the content, and the names as readers will see them."""
    content = load_working_copy(row)
    return PageNames.load(content).hash_with(content)


def _require_seen(content: Content, names: PageNames, seen: str, names_seen: PageNames | None) -> None:
    """Raise Refused if content and names differ from what the publisher saw (`seen`)."""
    if seen == names.hash_with(content):
        return
    if names_seen and seen == names_seen.hash_with(content):
        changes = names.find_changes_since(names_seen)
        told = gettext("; ").join(f"{change.before or '–'} → {change.after or '–'}" for change in changes)
        raise build_refusal("seen-names", about="approve", names=told)
    raise build_refusal("seen", about="approve")
