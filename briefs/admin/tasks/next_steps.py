"""The message after an act: what was done, who is next, and the next brief of this person."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ... import policy
from ...models import Brief, Person
from ...workflow.brief_facts import load_brief_facts
from ...workflow.next_step import next_step
from ..common.access import person_of
from ..common.brief_pages import describe_done, render_public_links
from ..common.step_links import build_act_url, render_sentence
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
FOLLOWED_VERBS: Final = PASSING_VERBS | {
    "assign",
    "cancel",
    "reschedule",
    "reinstate",
    "take_back_sign_off_zh",
    "take_back_sign_off_en",
}


def add_next_steps_message(request: HttpRequest, pk: int, verb: str) -> None:
    """Add a message about a verb that has just been done to a brief."""
    person, parts = person_of(request), [describe_done(verb)]
    if verb in FOLLOWED_VERBS:
        parts += _describe_next_step(Brief.objects.select_related("source").get(pk=pk), person)
    if verb in PASSING_VERBS:
        parts.append(_describe_next_task(pk, person))
    messages.success(request, format_html_join(" ", "{}", ((part,) for part in parts if part)))


def _describe_next_step(brief: Brief, person: Person) -> list[SafeString]:
    people, now = policy.load_staff(), timezone.now()
    facts = load_brief_facts([brief], now, people)[brief.pk]
    step = next_step(facts, person, people)
    act = _link(build_act_url(facts, step.main), step.label) if step.is_mine else SafeString()
    return [render_sentence(step.sentence, brief), act, render_public_links(facts.history.editions, now)]


def _describe_next_task(pk: int, person: Person) -> str:
    task = TaskList(person, timezone.now()).find_next(after=pk)
    if task is None:
        return _("Nothing else waits for you.")
    return format_html("{} {}", _("Next:"), _link(task.url, f"{task.verb} · {task.brief}"))


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
