"""The page saves by itself: the form as typed goes in, and out comes what is stored and what stands on the page.

Nothing that the page holds is lost by an answer: what was not taken stays as typed, and is said.
"""

from collections.abc import Callable
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.urls import reverse
from django.utils import timezone

from ... import workflow
from ...content import Content
from ...models import Brief, Person
from ...workflow import Clashed, Refused, Together, Typed
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import clock
from ..common import fact_text, findings, presence
from ..common.access import require
from ..common.error_list import Said, said_of
from ..common.name_fields import names_in
from . import saving
from .brief_views import page_of
from .merged_form import state_of
from .partial_save import Taking

type Act = Callable[[Typed], Together]


def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    person = require(request)
    repair = request.POST.get("repair", "")

    def repaired(stored: Content) -> Content | None:
        return findings.repaired(pk, stored, repair)

    return _answer(
        request,
        person,
        lambda typed: workflow.save_together(pk, typed, by=person),
        repaired if repair else None,
        brief=pk,
    )


def begin(request: HttpRequest) -> HttpResponse:
    """The first save of a page on which a brief was begun: the same page again means the same brief."""
    person = require(request, "import")
    key = request.POST.get("client_key", "")
    if request.method == "POST" and not PAGE_KEY.fullmatch(key):
        return HttpResponseBadRequest()
    return _answer(request, person, lambda typed: workflow.begin_together(typed, by=person, begun_as=key))


def _answer(
    request: HttpRequest,
    person: Person,
    act: Act,
    repaired: Callable[[Content], Content | None] | None = None,
    *,
    brief: int | None = None,
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.posted(request, brief)
    taking = Taking(draft)
    typed = Typed(
        taking.build,
        draft.base,
        draft.new_keys(),
        page=page_of(request.POST),
        mend=taking.mend,
        left=taking.left,
        repaired=repaired,
    )
    try:
        done = act(typed)
    except Brief.DoesNotExist as error:
        raise Http404 from error
    except Clashed as clashed:
        return _json({"clash": True, "by": clashed.by, "at": clashed.at, "text": str(clashed)}, 409)
    except Refused as refused:
        return _json({"clash": False, "reasons": _reasons(taking.keyed(said_of(refused)))}, 409)
    return _json(_stored(done, taking, person))


def _stored(done: Together, taking: Taking, person: Person) -> dict[str, Any]:
    now = timezone.now()
    pk = done.brief.pk
    names = names_in([done.content])
    keys = {number: key for key, number in done.numbers.items()}
    merged = done.content != done.mine
    return {
        "brief": pk,
        "url": reverse("admin:briefs_brief_change", args=[pk]),
        "version": done.brief.version,
        "base": done.number,
        "at": clock(now),
        "changed": done.revision is not None,
        "numbers": done.numbers,
        "content": state_of(done, taking, names) if merged else None,
        "merged_from": list(done.others) if merged else [],
        "reasons": _reasons(taking.said),
        "findings": findings.as_json(pk, done.content, keys),
        "fact_sentence": fact_text.sentence(done.content.facts, names),
        "people": presence.people(pk, person, now),
    }


def _reasons(said: list[Said]) -> list[dict[str, str]]:
    return [{"about": s.about, "text": s.text} for s in dict.fromkeys(said)]


def _json(value: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(value, status=status, json_dumps_params={"ensure_ascii": False})
