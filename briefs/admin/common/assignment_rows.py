"""Build table rows of a brief's assignments: assignee, due date, and whether the person may claim it."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ... import policy
from ...content import SIDES
from ...models import Brief, Person, State
from ...workflow import Assignee, AssignmentPlan
from . import relative_dates


def assignment_labels() -> dict[str, str]:
    return {"writer": _("Writer"), "zh": _("Reviewer of the Chinese"), "en": _("Reviewer of the English")}


def build_assignment_rows(plan: AssignmentPlan, person: Person, brief: Brief) -> Iterator[dict[str, Any]]:
    held = policy.get_roles(person)
    may_assign = policy.is_allowed(person, "assign", brief)
    today = timezone.localdate()
    asked: dict[str, Assignee] = {"writer": plan.writer, **{side: plan.reviewers[side] for side in SIDES}}
    for name, label in assignment_labels().items():
        part = asked[name]
        fits = held & (policy.WRITER_ROLES if name == "writer" else policy.REVIEWER_ROLES)
        turn = brief.state == (State.DRAFT if name == "writer" else State.IN_REVIEW)
        yield {
            "name": name,
            "label": label,
            "asked": part,
            "due": relative_dates.format_due(part.due_on, today)
            if part.due_on and turn
            else part.due_on or "",
            "is_late": bool(part.due_on and turn and part.due_on < today),
            "may_claim": may_assign and bool(fits) and part.person != person,
        }
