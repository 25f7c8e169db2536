"""The message after an act: what was done, who is next, and the next brief of this person."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ... import policy
from ...content import SIDES, Side
from ...models import Brief, Person, State
from ...workflow.assignments import find_open_assignments
from ...workflow.reviewing import find_last_submission
from ...workflow.rules.four_eyes import load_statuses_by_side
from ...workflow.rules.transitions import format_permitted_people, format_time, load_editions
from ...workflow.rules.working_copy import load_working_copy
from ..common.access import person_of
from ..common.brief_pages import describe_done, render_public_links
from ..common.outstanding_work import format_open_notes
from .task_list import TaskList

PASSING_VERBS: Final = frozenset(
    {
        "submit",
        "sign_off_zh",
        "sign_off_en",
        "send_back",
        "approve",
        "publish_urgently",
        "confirm",
        "discard",
    }
)
"""Verbs after which somebody else goes on with the brief, so the next brief is offered."""
FOLLOWED_VERBS: Final = PASSING_VERBS | {"assign", "cancel", "reschedule", "reinstate"}


def add_next_steps_message(request: HttpRequest, pk: int, verb: str) -> None:
    """Add a message about a verb that has just been done to a brief."""
    person, parts = person_of(request), [describe_done(verb)]
    if verb in FOLLOWED_VERBS:
        parts += _describe_next_steps(Brief.objects.select_related("assigned_to").get(pk=pk), person)
    if verb in PASSING_VERBS:
        parts.append(_describe_next_task(pk, person))
    messages.success(request, format_html_join(" ", "{}", ((part,) for part in parts)))


def _describe_next_steps(brief: Brief, person: Person) -> Iterator[str]:
    if brief.state == State.DRAFT:
        last = find_last_submission(brief)
        writer = brief.assigned_to or (last and last.by)
        if writer and writer != person:
            yield _("%(name)s goes on with it.") % {"name": writer}
    elif brief.state == State.IN_REVIEW:
        yield from _describe_review(brief, person)
    elif brief.state == State.APPROVED:
        yield from _describe_publication(brief)


def _describe_review(brief: Brief, person: Person) -> Iterator[str]:
    statuses = load_statuses_by_side(brief, load_working_copy(brief))
    unsigned = [side for side in SIDES if not statuses[side].is_signed]
    if not unsigned:
        yield _("Both languages are signed.")
        if phrase := format_open_notes(brief.notes.filter(resolved_at=None).count()):
            yield _("Before approval: %(what)s.") % {"what": phrase}
        if policy.is_allowed(person, "approve", brief):
            yield _link(reverse("admin:briefs_brief_verb", args=[brief.pk, "approve"]), _("Approve"))
        else:
            yield _("%(name)s can approve it.") % {"name": format_permitted_people("approve", brief)}
        return
    assigned = find_open_assignments(brief)
    unasked = []
    for side in unsigned:
        if ids := statuses[side].rejected_by:
            yield _format_wait(side, Person.objects.filter(pk__in=ids), person)
        elif row := assigned.get(side):
            yield _format_wait(side, [row.person], person)
        else:
            unasked.append(side)
    if unasked:
        yield _format_unasked(unasked)
        yield _link(reverse("admin:briefs_brief_assign", args=[brief.pk]), _("Ask a reviewer"))


def _format_wait(side: Side, people: Iterable[Person], reader: Person) -> str:
    name = _(", ").join(_("you") if person == reader else str(person) for person in people)
    sentence = _("The Chinese waits for %(name)s.") if side == "zh" else _("The English waits for %(name)s.")
    return sentence % {"name": name}


def _format_unasked(sides: list[Side]) -> str:
    if len(sides) > 1:
        return _("Nobody is asked to review it:")
    return (
        _("Nobody is asked for the Chinese:") if sides[0] == "zh" else _("Nobody is asked for the English:")
    )


def _describe_publication(brief: Brief) -> Iterator[str]:
    editions, now = load_editions(brief), timezone.now()
    newest = next((edition for edition in editions if not edition.is_cancelled), None)
    if newest is None:
        return
    if newest.live_from > now:
        values = {"time": format_time(newest.live_from), "zone": settings.TIME_ZONE}
        yield _("It is public from %(time)s (%(zone)s).") % values
    if newest.urgent and not newest.confirmed_by_id:
        people = policy.find_permitted_people("confirm").exclude(pk=newest.approved_by_id)[:3]
        names = _(", ").join(map(str, people)) or _("a publisher")
        yield _("%(name)s can confirm it.") % {"name": names}
    if links := render_public_links(editions, now):
        yield links


def _describe_next_task(pk: int, person: Person) -> str:
    task = TaskList(person, timezone.now()).find_next(after=pk)
    if task is None:
        return _("Nothing else waits for you.")
    return format_html("{} {}", _("Next:"), _link(task.url, f"{task.verb} · {task.brief}"))


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
