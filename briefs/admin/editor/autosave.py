"""Autosave: store what can be stored of the posted form and return the stored state.

Rejected fields stay in the page as typed and are reported in the response. A POST with `compare` stores nothing: it
asks whether a draft that a closed tab left in the browser has anything that the server lacks.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.urls import reverse
from django.utils import timezone

from ... import workflow
from ...content import Content
from ...models import Brief, Person
from ...workflow import Refused, SaveConflict, SaveRequest, SaveResult
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import format_time
from ..common import fact_text, findings, presence
from ..common.access import require_role
from ..common.brief_pages import json_response
from ..common.error_list import errors_as_json, field_errors
from ..common.name_fields import load_names_by_id
from . import saving
from .brief_views import read_page_key
from .editor_page_data import BriefPageData
from .margin import list_finding_items, render_items
from .merged_form import build_merged_form
from .partial_save import PartialSave, with_row_keys


def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request)
    repair = request.POST.get("repair", "")
    return _save_and_respond(
        request,
        person,
        lambda typed: workflow.merge_and_save(pk, typed, by=person),
        (lambda stored: findings.apply_minor_repair(pk, stored, repair)) if repair else None,
        brief_id=pk,
    )


def autosave_new_brief(request: HttpRequest) -> HttpResponse:
    """Save the page of a new brief. A repeated request with the same `client_key` saves to the same brief."""
    person = require_role(request, "import")
    key = request.POST.get("client_key", "")
    if request.method == "POST" and not PAGE_KEY.fullmatch(key):
        return HttpResponseBadRequest()
    return _save_and_respond(
        request, person, lambda typed: workflow.create_once(typed, by=person, begun_as=key)
    )


def _save_and_respond(
    request: HttpRequest,
    person: Person,
    save: Callable[[SaveRequest], SaveResult],
    apply_repair: Callable[[Content], Content | None] | None = None,
    *,
    brief_id: int | None = None,
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.read_draft(request, brief_id)
    partial_save = PartialSave(draft)
    typed = SaveRequest(
        partial_save.build_content,
        draft.base_revision,
        draft.new_bullet_keys(),
        page_key=read_page_key(request.POST),
        revert_refused=partial_save.revert_rejected,
        list_unstored_keys=lambda: partial_save.rejected_keys,
        apply_repair=apply_repair,
    )
    try:
        if request.POST.get("compare"):
            unsaved = workflow.would_store(lambda: save(typed)) or bool(partial_save.errors)
            return json_response({"unsaved": unsaved})
        saved = save(typed)
    except Brief.DoesNotExist as error:
        raise Http404 from error
    except SaveConflict as clashed:
        return json_response({"clash": True, "by": clashed.by, "at": clashed.at, "text": str(clashed)}, 409)
    except Refused as refused:
        errors = with_row_keys(field_errors(refused), partial_save.bullet_numbers)
        return json_response({"clash": False, "reasons": errors_as_json(errors)}, 409)
    return json_response(_build_response(saved, partial_save, person))


def _build_response(saved: SaveResult, partial_save: PartialSave, person: Person) -> dict[str, Any]:
    now = timezone.now()
    pk = saved.brief.pk
    names = load_names_by_id([saved.content])
    keys = {number: key for key, number in saved.bullet_numbers.items()}
    merged = saved.content != saved.mine
    shown, plain = findings.as_json_with_plain_repair(pk, saved.content, keys)
    return {
        "brief": pk,
        "url": reverse("admin:briefs_brief_change", args=[pk]),
        "version": saved.brief.version,
        "base": saved.revision_number,
        "at": format_time(now),
        "changed": saved.revision is not None,
        "numbers": saved.bullet_numbers,
        "content": build_merged_form(saved, partial_save, names) if merged else None,
        "merged_from": list(saved.other_editors) if merged else [],
        "reasons": errors_as_json(partial_save.errors),
        "findings": shown,
        "plain_repair": plain,
        "margin": render_items(BriefPageData(saved.brief, person), list_finding_items(shown)),
        "fact_line": fact_text.build_fact_line(saved.content.facts, names),
        "title": str(saved.brief),
        "people": presence.list_present_people(pk, person, now),
    }
