"""The people of a brief: what each part is called, who has it, and rows for display."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from briefs.content import SIDES
from briefs.models import Brief, Person, State
from briefs.workflow import policy
from briefs.workflow.acts import Role
from briefs.workflow.assignments import Assignee, AssignmentPlan

from . import interface_labels

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
