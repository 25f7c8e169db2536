"""Run verbs posted to their URLs.

A refused verb shows the page again with all reasons and everything typed.
"""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ... import workflow
from ...facts import FACTS
from ...models import Brief, Letter, Note, Person
from ...workflow.rules.transitions import VERB_NAMES
from ..common.access import person_of, require_role
from ..common.brief_pages import (
    build_read_only_bullets,
    get_brief_or_404,
    read_number,
    render_brief_subpage,
)
from ..common.error_list import (
    FieldError,
    field_errors_from_form,
    field_errors_from_reasons,
    link_errors,
    simplify_stale_reasons,
    wrong_state_errors,
)
from ..editor import saving
from ..editor.brief_views import keep_unsent_note
from ..editor.draft_form import Draft
from ..editor.editor_page_data import BriefPageData
from ..review import review_views
from ..tasks.next_steps import add_next_steps_message
from . import publishing_forms as publishing
from . import verb_forms as forms

VERB_FORMS: Final[dict[str, type[forms.VerbForm]]] = {
    "send_back": forms.SendBackForm,
    "approve": publishing.ApproveForm,
    "publish_urgently": publishing.PublishUrgentlyForm,
    "confirm": forms.ConfirmForm,
    "reschedule": publishing.RescheduleForm,
    "withdraw": forms.WithdrawForm,
    "remove": forms.RemoveForm,
    "cancel": forms.CancelForm,
    "reinstate": forms.ReinstateForm,
    "source_withdrew": forms.SourceWithdrewForm,
    "discard": forms.DiscardForm,
}
"""The form of each verb that has its own page."""

type DirectVerb = Callable[[Brief, Person, QueryDict], Any]


def _build_sign_off(side: Any) -> DirectVerb:
    return lambda brief, by, data: workflow.sign_off(brief.pk, side, by=by, seen=data.get(f"seen_{side}", ""))


def _confirm_date(brief: Brief, by: Person, data: QueryDict) -> None:
    workflow.confirm_date(brief.pk, data.get("iso", ""), by=by, version=read_number(data, "version"))


def _tick_facts(brief: Brief, by: Person, data: QueryDict) -> None:
    """Tick the facts of the button: for each its name and the hash that the page showed, as in `doi:5f…`."""
    chosen = (value.partition(":") for value in data.get("fact", "").split())
    workflow.tick_facts(
        brief.pk, {name: seen for name, _colon, seen in chosen if name in (*FACTS, "terms")}, by=by
    )


def _add_note(brief: Brief, by: Person, data: QueryDict) -> None:
    number = read_number(data, "note_bullet") or None
    if number and not brief.bullets.filter(number=number).exists():
        raise Http404
    side = data.get("note_side", "")
    workflow.add_note(
        brief.pk, data.get("note_text", ""), by=by, bullet=number, side=side if side in ("zh", "en") else None  # type: ignore[arg-type]
    )  # fmt: skip


def _build_row_verb(model: type[Note | Letter], name: str, act: Callable[..., Any]) -> DirectVerb:
    """Return a verb that calls `act` with the brief's note or letter whose id is submitted as `name`."""
    return lambda brief, by, data: act(
        get_object_or_404(model, brief=brief, pk=read_number(data, name)), by=by
    )


def _build_versioned_verb(verb: Callable[..., Any]) -> DirectVerb:
    return lambda brief, by, data: verb(brief.pk, by=by, version=read_number(data, "version"))


DIRECT_VERBS: dict[str, DirectVerb] = {
    "submit": _build_versioned_verb(workflow.submit),
    "take_back": _build_versioned_verb(workflow.take_back),
    "turn_into_suggestion": _build_versioned_verb(workflow.turn_into_suggestion),
    "revise": _build_versioned_verb(workflow.revise),
    "recover": _build_versioned_verb(workflow.recover),
    "sign_off_zh": _build_sign_off("zh"),
    "sign_off_en": _build_sign_off("en"),
    "confirm_date": _confirm_date,
    "tick_facts": _tick_facts,
    "note": _add_note,
    "resolve": _build_row_verb(Note, "note", workflow.resolve),
    "note_letter": _build_row_verb(Letter, "letter", workflow.turn_letter_into_note),
    "handle": _build_row_verb(Letter, "letter", workflow.handle_letter),
}
OPENING_VERBS = ("revise", "recover")
"""Verbs that make a brief editable; the draft is saved after them, not before."""


def policy_verb(verb: str) -> str:
    return {"sign_off_zh": "sign_off", "sign_off_en": "sign_off", "note_letter": "note"}.get(verb, verb)


def verb_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    require_role(request)
    if verb not in VERB_FORMS and verb not in DIRECT_VERBS:
        raise Http404
    person = require_role(request, policy_verb(verb))
    brief = get_object_or_404(Brief, pk=pk) if request.method == "POST" else get_brief_or_404(pk)
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
    person = person_of(request)
    is_from_review = verb.startswith("sign_off_") and request.POST.get("from") == "review"
    try:
        DIRECT_VERBS[verb](brief, person, request.POST)
    except workflow.Refused as refused:
        if is_from_review:
            return review_views.render_refused_answer(request, get_brief_or_404(brief.pk), person, refused)
        kept = draft if draft and verb in OPENING_VERBS else None
        return review_views.render_workspace(
            request,
            get_brief_or_404(brief.pk),
            draft=kept,
            errors=field_errors_from_reasons(simplify_stale_reasons(refused)),
            verb=verb,
            status=409,
        )
    add_next_steps_message(request, brief.pk, verb)
    if verb != "note":
        keep_unsent_note(request, brief)
    if draft is not None and verb in OPENING_VERBS:
        brief = get_brief_or_404(brief.pk)
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
    if is_from_review:
        return redirect(review_views.review_url(brief.pk, request.POST.get("since", "")))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _run_form_verb(request: HttpRequest, brief: Brief, verb: str) -> HttpResponse:
    person = person_of(request)
    form = VERB_FORMS[verb](request.POST, page_data=BriefPageData(brief, person))
    if not form.is_valid():
        return _render_form_page(request, verb, form, field_errors_from_form(form), status=409)
    try:
        getattr(workflow, verb)(brief.pk, by=person, **form.arguments())
    except workflow.Refused as refused:
        page_data = BriefPageData(get_brief_or_404(brief.pk), person)
        fresh = VERB_FORMS[verb](_refresh_form_data(page_data, request.POST), page_data=page_data)
        return _render_form_page(
            request, verb, fresh, fresh.build_errors(simplify_stale_reasons(refused)), status=409
        )
    add_next_steps_message(request, brief.pk, verb)
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _refresh_form_data(page_data: BriefPageData, data: QueryDict) -> QueryDict:
    """Keep the input on a page that shows the current brief.

    Ticks are dropped if the content has changed since.
    """
    data = data.copy()
    seen = page_data.page_names.hash_with(page_data.content)
    if data.get("seen") != seen:
        data.setlist("ticked", [])
    data["seen"], data["names_seen"] = seen, page_data.page_names.as_text()
    data["version"] = str(page_data.brief.version)
    return data


def _render_form_page(
    request: HttpRequest,
    verb: str,
    form: forms.VerbForm,
    errors: list[FieldError] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    page_data, shown = form.page_data, form.content_to_show()
    page = reverse("admin:briefs_brief_change", args=[page_data.brief.pk])
    links = {name: f"#{name}" for name in form.fields} | {k: f"#{v}" for k, v in form.anchors.items()}
    wrong_state, unmet = wrong_state_errors(verb, page_data.brief), []
    if errors is None:
        unmet = wrong_state or form.blocking_errors()
    public = page_data.public_edition
    return render_brief_subpage(
        request,
        "verbs/verb",
        page_data.brief,
        title=VERB_NAMES[verb],
        desk=page_data,
        form=form,
        is_open=not (wrong_state or ((errors or unmet) and form.is_impossible())),
        shown=shown,
        is_draft=shown == page_data.content,
        is_other=public is not None and public.frozen_content != page_data.content,
        bullets=build_read_only_bullets(shown) if shown else [],
        reasons=link_errors(errors or [], links, base_url=page),
        unmet=link_errors(unmet, links, base_url=page),
        status=status,
    )
