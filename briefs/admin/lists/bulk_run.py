"""Run one verb on the rows that were ticked in the list, each in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import ngettext

from ... import workflow
from ...models import Brief, Person
from ...workflow.rules.transitions import VERB_NAMES
from ..common.access import require

SELECTED = "_selected_action"


MOST = 100
"""More than a page holds."""


type Act = Callable[[Brief, Person, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    brief: Brief
    reasons: tuple[str, ...] = ()


def chosen(request: HttpRequest) -> list[Brief]:
    """The rows that were ticked, in the order of the page, whatever the list would find now."""
    ids = [int(pk) for pk in request.POST.getlist(SELECTED)[:MOST] if len(pk) < 10]
    rows = Brief.objects.prefetch_related("bullets", "bylines", "labels").in_bulk(ids)
    return [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]


def run(request: HttpRequest, verb: str, act: Act) -> HttpResponse:
    """Each row in its own transaction: one that is refused stops no other."""
    person = require(request, verb)
    answers = [_one(brief, person, _version(request, brief), act) for brief in chosen(request)]
    done = [answer for answer in answers if not answer.reasons]
    context = {
        **admin.site.each_context(request),
        "opts": Brief._meta,
        "title": VERB_NAMES[verb],
        "told": _told(len(done), len(answers)),
        "refused": [answer for answer in answers if answer.reasons],
        "done": done,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/briefs/brief/bulk.html", context)


def _one(brief: Brief, person: Person, version: int, act: Act) -> Answer:
    try:
        act(brief, person, version)
    except workflow.Refused as refused:
        return Answer(brief, tuple(str(reason) for reason in refused.reasons))
    return Answer(brief)


def _version(request: HttpRequest, brief: Brief) -> int:
    """0 was never a version: a row without one is stale."""
    value = request.POST.get(f"version-{brief.pk}", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _told(done: int, of: int) -> str:
    sentence = ngettext("%(done)s of %(n)s brief done.", "%(done)s of %(n)s briefs done.", of)
    return sentence % {"done": done, "n": of}
