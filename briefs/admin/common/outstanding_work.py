"""Load the outstanding work of many briefs for lists, with few queries: assignments, sign-offs, counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from briefs import policy
from briefs.acts import Role
from briefs.content import SIDES, Side
from briefs.models import Brief, Bullet, Note, Person, State
from briefs.workflow import Assignee, AssignmentPlan

from . import interface_labels

# The parts of a brief's assignment plan: their labels, assignees, and rows for display.

ASSIGNMENT_LABELS: Final[dict[str, str | Promise]] = {
    "writer": gettext_lazy("Writer"),
    "zh": gettext_lazy("Reviewer of the Chinese"),
    "en": gettext_lazy("Reviewer of the English"),
}


def get_assignees(plan: AssignmentPlan) -> dict[str, Assignee]:
    """Return the assignee of each part, in the order of the page."""
    return {"writer": plan.writer, **{side: plan.reviewers[side] for side in SIDES}}


def replace_assignee(plan: AssignmentPlan, part: str, assignee: Assignee) -> AssignmentPlan:
    if part in SIDES:
        return plan.with_reviewer("zh" if part == "zh" else "en", assignee)
    return replace(plan, writer=assignee)


def get_roles_of_part(part: str) -> frozenset[Role]:
    return policy.WRITER_ROLES if part == "writer" else policy.REVIEWER_ROLES


def build_assignment_rows(plan: AssignmentPlan, person: Person, brief: Brief) -> Iterator[dict[str, Any]]:
    held = policy.get_roles(person)
    may_assign = policy.is_allowed(person, "assign", brief)
    today = timezone.localdate()
    for name, part in get_assignees(plan).items():
        is_turn = brief.state == (State.DRAFT if name == "writer" else State.IN_REVIEW)
        due = part.due_on
        yield {
            "name": name,
            "label": ASSIGNMENT_LABELS[name],
            "asked": part,
            "due": interface_labels.format_due(due, today) if due and is_turn else due or "",
            "is_late": bool(due and is_turn and due < today),
            "may_claim": may_assign and bool(held & get_roles_of_part(name)) and part.person != person,
        }


# Count the outstanding work of many briefs from their columns, without running the checks.


def join_phrases(phrases: Iterable[str]) -> str:
    return pgettext("left", "; ").join(filter(None, phrases))


@dataclass(frozen=True, slots=True)
class OutstandingWork:
    """Phrases for what is missing and the number of missing items.

    `notes_phrase`, for open notes, is also the last phrase.
    """

    phrases: Sequence[str] = ()
    count: int = 0
    notes_phrase: str = ""

    def __str__(self) -> str:
        return join_phrases(self.phrases)


def _count_missing_bullets(briefs: Sequence[Brief]) -> dict[int, dict[Side, int]]:
    """Count the bullets without text by brief id and side, ignoring one-sided bullets. One query."""
    lacking: dict[str, Any] = {side: Count("pk", filter=Q(**{f"text_{side}": ""})) for side in SIDES}
    rows = Bullet.objects.filter(brief__in=[brief.pk for brief in briefs], one_sided="")
    found: dict[int, Any] = {row["brief"]: row for row in rows.order_by().values("brief").annotate(**lacking)}
    return {brief.pk: found.get(brief.pk, dict.fromkeys(SIDES, 0)) for brief in briefs}


def find_complete_sides(briefs: Sequence[Brief]) -> dict[int, list[Side]]:
    """Return, by brief id, the languages in which nothing is missing. One query."""
    missing = _count_missing_bullets(briefs)
    return {
        brief.pk: [side for side in SIDES if not _missing_parts(brief, side, missing[brief.pk][side])]
        for brief in briefs
    }


def load_outstanding_work(briefs: Sequence[Brief]) -> dict[int, OutstandingWork]:
    """Return the outstanding work by brief id. Two queries. Planned briefs get an empty result."""
    if not briefs:
        return {}
    missing = _count_missing_bullets(briefs)
    notes = Note.objects.filter(brief__in=[brief.pk for brief in briefs], resolved_at=None)
    open_notes = dict(notes.order_by().values_list("brief").annotate(n=Count("pk")))
    return {
        brief.pk: _outstanding_work(brief, missing[brief.pk], open_notes.get(brief.pk, 0)) for brief in briefs
    }


def _outstanding_work(brief: Brief, missing_bullets: dict[Side, int], open_notes: int) -> OutstandingWork:
    if brief.is_planned:
        return OutstandingWork()
    phrases, count = [], 0
    for side in SIDES:
        parts = _missing_parts(brief, side, missing_bullets[side])
        if parts:
            count += len(parts) - bool(missing_bullets[side]) + missing_bullets[side]
            phrases.append(_missing_phrase(side, parts))
    for is_so, phrase in (
        (brief.source_id is None, _("no source")),
        (brief.article_date is None, _("no date")),
        (brief.article_date and not brief.article_date_confirmed, _("date to confirm")),
    ):
        if is_so:
            phrases.append(phrase)
            count += 1
    notes = format_open_notes(open_notes)
    return OutstandingWork([*phrases, notes] if notes else phrases, count + open_notes, notes)


def format_open_notes(n: int) -> str:
    return ngettext("%(n)s open note", "%(n)s open notes", n) % {"n": n} if n else ""


def _missing_parts(brief: Brief, side: Side, bullets: int) -> list[str]:
    parts = (
        (not getattr(brief, f"headline_{side}"), pgettext("lacking", "headline")),
        (not getattr(brief, f"summary_{side}"), pgettext("lacking", "summary")),
        (bullets, ngettext("%(n)s bullet", "%(n)s bullets", bullets) % {"n": bullets}),
    )
    return [part for is_missing, part in parts if is_missing]


def _missing_phrase(side: Side, parts: Sequence[str]) -> str:
    values = {"parts": pgettext("names", ", ").join(parts)}
    if side == "zh":
        return _("Chinese lacks %(parts)s") % values
    return _("English lacks %(parts)s") % values
