"""Run verbs posted to their URLs.

A refused verb shows the page again with all reasons and everything typed.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from ... import policy, workflow
from ...models import Brief, Note, Person
from ...workflow.rules.transitions import VERB_NAMES, build_wrong_state_reason
from ..common import brief_pages
from ..common.access import require_role
from ..common.badges import render_public_links
from ..common.brief_pages import (
    build_read_only_bullets,
    get_bare_brief_or_404,
    get_brief_or_404,
    site_context,
)
from ..common.error_list import FieldError, field_errors_from_form, field_errors_from_reasons, link_errors
from ..common.signoff_status import load_editions_by_brief
from ..editor import saving
from ..editor.brief_views import keep_unsent_note, render_brief_page
from ..editor.draft_form import Draft
from ..editor.editor_page_data import BriefPageData
from ..review import review_views
from .verb_forms import VerbForm
from .verb_pages import VERB_FORMS

type DirectVerb = Callable[[Brief, Person, QueryDict], Any]


def _read_version(data: QueryDict) -> int:
    return brief_pages.parse_int_or_zero(data.get("version", ""))


def _build_sign_off(side: Any) -> DirectVerb:
    return lambda brief, by, data: workflow.sign_off(brief.pk, side, by=by, seen=data.get(f"seen_{side}", ""))


def _confirm_date(brief: Brief, by: Person, data: QueryDict) -> None:
    workflow.confirm_date(brief.pk, data.get("iso", ""), by=by, version=_read_version(data))


def _add_note(brief: Brief, by: Person, data: QueryDict) -> None:
    number = brief_pages.parse_int_or_zero(data.get("note_bullet", "")) or None
    if number and not brief.bullets.filter(number=number).exists():
        raise Http404
    side = data.get("note_side", "")
    workflow.add_note(
        brief.pk, data.get("note_text", ""), by=by, bullet=number, side=side if side in ("zh", "en") else None  # type: ignore[arg-type]
    )  # fmt: skip


def _resolve(brief: Brief, by: Person, data: QueryDict) -> None:
    note = Note.objects.filter(brief=brief, pk=brief_pages.parse_int_or_zero(data.get("note", ""))).first()
    if note is None:
        raise Http404
    workflow.resolve(note, by=by)


def _build_letter_verb(act: Callable[..., Any]) -> DirectVerb:
    def run(brief: Brief, by: Person, data: QueryDict) -> None:
        letter = brief.letters.filter(pk=brief_pages.parse_int_or_zero(data.get("letter", ""))).first()
        if letter is None:
            raise Http404
        act(letter, by=by)

    return run


def _build_versioned_verb(verb: Callable[..., Any]) -> DirectVerb:
    return lambda brief, by, data: verb(brief.pk, by=by, version=_read_version(data))


DIRECT_VERBS: dict[str, DirectVerb] = {
    "submit": _build_versioned_verb(workflow.submit),
    "take_back": _build_versioned_verb(workflow.take_back),
    "revise": _build_versioned_verb(workflow.revise),
    "recover": _build_versioned_verb(workflow.recover),
    "sign_off_zh": _build_sign_off("zh"),
    "sign_off_en": _build_sign_off("en"),
    "confirm_date": _confirm_date,
    "note": _add_note,
    "resolve": _resolve,
    "note_letter": _build_letter_verb(workflow.turn_letter_into_note),
    "handle": _build_letter_verb(workflow.handle_letter),
}
OPENING_VERBS = ("revise", "recover")
"""Verbs that make a brief editable; the draft is saved after them, not before."""
PUBLISHING_VERBS = ("approve", "publish_urgently")


def policy_verb(verb: str) -> str:
    return {"sign_off_zh": "sign_off", "sign_off_en": "sign_off", "note_letter": "note"}.get(verb, verb)


def verb_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    require_role(request)
    if verb not in VERB_FORMS and verb not in DIRECT_VERBS:
        raise Http404
    person = require_role(request, policy_verb(verb))
    brief = get_bare_brief_or_404(pk) if request.method == "POST" else get_brief_or_404(pk)
    if request.method != "POST":
        if verb in VERB_FORMS:
            return _render_form_page(request, verb, VERB_FORMS[verb](page_data=BriefPageData(brief, person)))
        # A GET arrives here after a sign-in that interrupted the POST.
        messages.info(
            request, _("“%(verb)s” has not been done yet. Press it again.") % {"verb": VERB_NAMES[verb]}
        )
        return redirect("admin:briefs_brief_change", pk)
    draft = saving.read_draft(request, pk) if "draft" in request.POST else None
    if draft is not None and verb not in OPENING_VERBS:
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
        request.POST = saving.with_version(request.POST, draft)  # type: ignore[assignment]
        if verb in VERB_FORMS:
            keep_unsent_note(request, brief)
            return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    if verb not in VERB_FORMS:
        return _run_direct_verb(request, brief, verb, draft)
    if "version" in request.POST and "seen" not in request.POST:  # a button on another page of the brief
        return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    return _run_form_verb(request, brief, verb)


def _run_direct_verb(request: HttpRequest, brief: Brief, verb: str, draft: Draft | None) -> HttpResponse:
    person = require_role(request, policy_verb(verb))
    try:
        DIRECT_VERBS[verb](brief, person, request.POST)
    except workflow.Refused as refused:
        if _is_from_review(request):
            return review_views.render_refused_answer(request, get_brief_or_404(brief.pk), person, refused)
        kept = draft if draft and verb in OPENING_VERBS else None
        return render_brief_page(
            request,
            get_brief_or_404(brief.pk),
            draft=kept,
            errors=_list_errors(refused),
            verb=verb,
            status=409,
        )
    _add_success_message(request, verb)
    if verb != "note":
        keep_unsent_note(request, brief)
    if draft is not None and verb in OPENING_VERBS:
        brief = get_brief_or_404(brief.pk)
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
    if _is_from_review(request):
        return redirect(review_views.review_url(brief.pk, request.POST.get("since", "")))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _is_from_review(request: HttpRequest) -> bool:
    return request.POST.get("from") == "review"


def _run_form_verb(request: HttpRequest, brief: Brief, verb: str) -> HttpResponse:
    person = require_role(request, verb)
    form = VERB_FORMS[verb](request.POST, page_data=BriefPageData(brief, person))
    if not form.is_valid():
        return _render_form_page(request, verb, form, field_errors_from_form(form), status=409)
    try:
        form.perform()
    except workflow.Refused as refused:
        page_data = BriefPageData(get_brief_or_404(brief.pk), person)
        fresh = VERB_FORMS[verb](_refresh_form_data(page_data, request.POST), page_data=page_data)
        return _render_form_page(
            request, verb, fresh, fresh.build_errors(_simplify_stale_reasons(refused)), status=409
        )
    is_published = verb in PUBLISHING_VERBS
    _add_success_message(
        request,
        verb,
        render_public_links(load_editions_by_brief([brief])[brief.pk], timezone.now())
        if is_published
        else "",
    )
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _refresh_form_data(page_data: BriefPageData, data: QueryDict) -> QueryDict:
    """Keep the input on a page that shows the current brief.

    Ticks are dropped if the content has changed since.
    """
    data = data.copy()
    if data.get("seen") != page_data.content.hash_all():
        data.setlist("ticked", [])
    data["seen"], data["version"] = page_data.content.hash_all(), str(page_data.brief.version)
    return data


def _list_errors(refused: workflow.Refused) -> list[FieldError]:
    return field_errors_from_reasons(_simplify_stale_reasons(refused))


def _simplify_stale_reasons(refused: workflow.Refused) -> Sequence[workflow.Reason]:
    """Replace the reasons of a stale page by one sentence.

    Without typed text there is nothing to compare.
    """
    return (workflow.Reason("seen"),) if isinstance(refused, workflow.Stale) else refused.reasons


def _find_blocking_errors(form: VerbForm, verb: str) -> list[FieldError]:
    if not policy.fits_state(verb, form.page_data.brief):
        return field_errors_from_reasons([build_wrong_state_reason(form.page_data.brief)])
    return form.blocking_errors()


def _add_success_message(request: HttpRequest, verb: str, links: str = "") -> None:
    message = _("Done: %(verb)s") % {"verb": VERB_NAMES[verb]}
    messages.success(request, format_html("{} {}", message, links) if links else message)


def _render_form_page(
    request: HttpRequest,
    verb: str,
    form: VerbForm,
    errors: list[FieldError] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    page_data, shown = form.page_data, form.content_to_show()
    page = reverse("admin:briefs_brief_change", args=[page_data.brief.pk])
    links = {name: f"#{name}" for name in form.fields} | {k: f"#{v}" for k, v in form.anchors.items()}
    context = {
        **site_context(request, title=VERB_NAMES[verb], subtitle=str(page_data.brief)),
        "desk": page_data,
        "form": form,
        "verb": verb,
        "label": VERB_NAMES[verb],
        "facts": list(form.facts_to_tick()),
        "stands": form.describe_situation(),
        "differences": form.differences(),
        "shown": shown,
        "notices": form.notices(),
        "is_draft": shown == page_data.content,
        "is_other": page_data.public_edition is not None
        and page_data.public_edition.frozen_content != page_data.content,
        "bullets": build_read_only_bullets(shown) if shown else [],
        "reasons": link_errors(errors or [], links, base_url=page),
        "unmet": link_errors(
            _find_blocking_errors(form, verb) if errors is None else [], links, base_url=page
        ),
    }
    return TemplateResponse(request, "admin/briefs/verbs/verb.html", context, status=status)
