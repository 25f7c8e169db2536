"""The review page, the acts of its margin, and the dismissal of findings.

Each button posts `do` = `action:target:side`, where the target is an anchor or a row id; the response
redirects to that anchor. A refused action shows the page again with everything typed. Signing off a language
is a separate verb (`sign_off_zh`), bound to the hash of the text shown.
"""

from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from briefs import workflow
from briefs.admin.common import findings
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import (
    add_done_message,
    get_brief_or_404,
    json_response,
    parse_int_or_zero,
    read_number,
    render_page,
    wants_json,
)
from briefs.admin.common.brief_rows import render_rows
from briefs.admin.common.form_fields import FieldError, errors_as_json, field_errors, link_errors
from briefs.admin.editor import saving
from briefs.admin.editor.brief_views import (
    build_error_heading,
    build_review_strings,
    keep_unsent_note,
    render_brief_page,
)
from briefs.admin.editor.draft_form import Draft
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.editor.margin import (
    build_margin_permissions,
    list_comment_items,
    list_finding_items,
    render_items,
)
from briefs.admin.uploads.versions import keep_as_other_brief, take_as_version
from briefs.models import Brief, Dismissal, Note, Person, State, Suggestion
from briefs.models.site import REVIEW_CARD_KEY
from briefs.workflow import policy, review_comments
from briefs.workflow.findings import find_named_rows
from briefs.workflow.review_comments import TextAnchor, get_anchor, parse_side
from briefs.workflow.rules.refusals import build_refusal

from .review_page_data import SINCE_PATTERN, ReviewPageData

type ReviewAction = Callable[[Brief, Person, QueryDict, str, str], Any]


def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the posted action. The page itself is at the brief's address, to which a GET is redirected."""
    person = require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return redirect(review_url(pk, request.GET.get("since", "")))
    act, target, side = [*request.POST.get("do", "").split(":", 2), "", ""][:3]
    if act not in REVIEW_ACTIONS:
        return HttpResponseBadRequest()
    require_role(request, POLICY_VERBS.get(act, act))
    is_writing = "draft" in request.POST
    if is_writing and (refusal := saving.save_if_changed(request, brief, saving.read_draft(request, pk))):
        return refusal
    try:
        result = REVIEW_ACTIONS[act](brief, person, request.POST, target, side)
    except workflow.Refused as refused:
        errors = field_errors(refused)
        if wants_json(request):
            return json_response({"reasons": errors_as_json(errors)}, 409)
        return render_workspace(request, get_brief_or_404(pk), errors=errors, status=409)
    if wants_json(request):
        page_data = BriefPageData(get_brief_or_404(pk), person)
        return json_response({"margin": render_items(page_data, list_comment_items(page_data))})
    if isinstance(result, Brief):  # the file of this draft is a version of that brief now
        return redirect("admin:briefs_brief_change", pk=result.pk)
    view = "write" if is_writing else "review"
    return redirect(f"{review_url(pk, request.POST.get('since', ''), view)}#{_anchor(act, target)}")


def review_url(pk: int, since: str = "", view: str = "review") -> str:
    query = {"view": view} | ({"since": since} if SINCE_PATTERN.fullmatch(since) else {})
    return f"{reverse('admin:briefs_brief_change', args=[pk])}?{urlencode(query)}"


def render_workspace(
    request: HttpRequest,
    brief: Brief,
    *,
    draft: Draft | None = None,
    errors: Sequence[FieldError] = (),
    verb: str = "edit",
    status: int = 200,
) -> HttpResponse:
    """Render a brief's page for writing or for review, by the person's role, the brief's state and `?view`."""
    person = person_of(request)
    if draft is not None or _is_writing(request, BriefPageData(brief, person)):
        return render_brief_page(request, brief, draft=draft, errors=errors, verb=verb, status=status)
    heading = build_error_heading(verb, len(errors)) if errors else ""
    return render_review_page(request, brief, person, errors=errors, heading=heading, status=status)


def _is_writing(request: HttpRequest, page_data: BriefPageData) -> bool:
    """Return whether the person writes. In review, a reviewer reads, unless they are the brief's writer."""
    if not page_data.may_edit:
        return False
    is_form = "draft" in request.POST or "findings" in request.GET
    view = request.GET.get("view", "write" if is_form else "")
    if view in ("write", "review"):
        return view == "write"
    if page_data.brief.state != State.IN_REVIEW:
        return True
    person = page_data.person
    return page_data.plan.writer.person == person or not policy.get_roles(person) & policy.REVIEWER_ROLES


def render_review_page(
    request: HttpRequest,
    brief: Brief,
    person: Person,
    *,
    errors: Sequence[FieldError] = (),
    heading: str = "",
    since: str = "",
    status: int = 200,
) -> HttpResponse:
    page_data = BriefPageData(brief, person)
    asked = since or request.POST.get("since") or request.GET.get("since", "")
    only = request.GET.get("only", "")
    shown = ReviewPageData.build(page_data, since=asked, form_data=request.POST, only=only)
    permissions = {
        **build_margin_permissions(page_data),
        "may_suggest": page_data.is_allowed("suggest"),
        "may_answer": page_data.is_allowed("sign_off_zh"),
    }
    return render_page(
        request,
        "editor/change",
        title=str(brief),
        **permissions,
        desk=page_data,
        review=shown,
        runs=render_rows(shown.rows, {**permissions, "review": shown}, folds=bool(shown.changed_rows)),
        is_open=not shown.shows_only_changes,
        words=build_review_strings(),
        page_key=token_hex(16),
        whole=shown.whole,
        heading=heading,
        reasons=link_errors(errors),
        card_url=_card_edit_url(person),
        status=status,
    )


def _anchor(act: str, target: str) -> str:
    if TextAnchor.parse(target):
        return target
    if act in ("accept", "decline"):
        return str(get_anchor(Suggestion.objects.get(pk=parse_int_or_zero(target))))
    return f"note-{target}" if act in ("reply", "resolve", "reopen") else "notes"


def render_refused_answer(
    request: HttpRequest, brief: Brief, person: Person, refused: workflow.Refused
) -> HttpResponse:
    """Show the review screen after a refused verb, compared with the revision that the person had seen."""
    base = read_number(request.POST, "base")
    return render_review_page(
        request, brief, person, errors=field_errors(refused), since=f"r{base}" if base else "", status=409
    )


def _card_edit_url(person: Person) -> str:
    """Return the edit URL of the reviewer's card, or an empty string without permission."""
    if not policy.has_role_for(person, "edit_site"):
        return ""
    return reverse("admin:briefs_sitetext_change", args=[REVIEW_CARD_KEY])


def _get_place_or_404(brief: Brief, target: str) -> TextAnchor:
    """Return the text anchor if it exists in this brief, else raise Http404."""
    place = TextAnchor.parse(target)
    if place is None or (place.bullet and not brief.bullets.filter(number=place.bullet).exists()):
        raise Http404
    return place


def _add_note(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    """Add a note to one side of a text, or to the whole brief if the target is `brief`."""
    text = data.get(f"note-{target}-{side}", "")
    if target == "brief":
        workflow.reviewing.add_note(brief, text, by=by)
        return
    place = _get_place_or_404(brief, target)
    field = "" if place.bullet else place.field
    workflow.reviewing.add_note(brief, text, by=by, bullet=place.bullet, field=field, side=parse_side(side))


def _suggest(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    key = f"{target}-{side}"
    workflow.review_comments.suggest(
        brief, _get_place_or_404(brief, target), parse_side(side), data.get(f"suggest-{key}", ""),
        by=by, seen=data.get(f"seen-{key}", ""), why=data.get(f"why-{key}", ""),
    )  # fmt: skip


def _on_row(model: type[Note] | type[Suggestion], act: Callable[..., Any]) -> ReviewAction:
    """Return a review action that calls `act` with the note or suggestion whose id is the target."""
    return lambda brief, by, data, target, side: act(
        get_object_or_404(model, brief=brief, pk=parse_int_or_zero(target)), by=by
    )


def _accept_file(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    workflow.review_comments.accept_file(brief, data.get(f"file-{target}", ""), by=by)


def _use_known(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    """Merge a name that an import added into the known entry."""
    if (rows := find_named_rows(target)) is None:
        raise Http404
    workflow.vocabulary.merge_vocabulary([rows[0]], into=rows[1], by=by)


def _reply(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    note = get_object_or_404(Note, brief=brief, pk=parse_int_or_zero(target))
    workflow.review_comments.reply(note, data.get(f"reply-{target}", ""), by=by)


REVIEW_ACTIONS: dict[str, ReviewAction] = {
    "note": _add_note,
    "suggest": _suggest,
    "accept": _on_row(Suggestion, workflow.review_comments.accept),
    "decline": _on_row(Suggestion, workflow.review_comments.decline),
    "accept_file": _accept_file,
    "use_known": _use_known,
    "version": lambda brief, by, data, target, side: take_as_version(brief, by=by),
    "other": lambda brief, by, data, target, side: keep_as_other_brief(brief, by=by),
    "reply": _reply,
    "resolve": _on_row(Note, workflow.reviewing.resolve),
    "reopen": _on_row(Note, review_comments.reopen),
}
POLICY_VERBS = {
    "accept": "edit",
    "accept_file": "edit",
    "use_known": "merge",
    "version": "discard",
    "other": "edit",
    "decline": "note",
    "reply": "note",
    "reopen": "resolve",
}
"""Verb that `policy` checks for an action, where the two names differ."""


# Dismiss a finding or undo a dismissal.


@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Dismiss a POSTed `finding` with `reason` (in a plain form `reason-<finding>`), or undo a dismissal
    given by `undo`.

    A plain form includes the draft, which is saved first. The editor has already saved and sends the keys of
    its rows as `bullet`, so that the response can use the same keys.
    """
    person = require_role(request, "dismiss")
    brief = get_brief_or_404(pk)
    if "draft" in request.POST:
        if refusal := saving.save_if_changed(request, brief, saving.read_draft(request, pk)):
            return refusal
        brief = get_brief_or_404(pk)
    try:
        verb = _dismiss_or_undo(request, brief, person)
    except workflow.Refused as refused:
        if not wants_json(request):
            return render_workspace(request, brief, errors=field_errors(refused), verb="dismiss", status=409)
        return json_response({"reasons": errors_as_json(field_errors(refused))}, 409)
    if wants_json(request):
        numbers = workflow.concurrent_save.find_bullet_numbers(brief, request.POST.getlist("bullet"))
        keys = {number: key for key, number in numbers.items()}
        shown, plain = findings.as_json_with_plain_repair(pk, workflow.load_working_copy(brief), keys)
        margin = render_items(BriefPageData(brief, person), list_finding_items(shown))
        return json_response({"findings": shown, "plain_repair": plain, "margin": margin})
    add_done_message(request, verb)
    keep_unsent_note(request, brief)
    return redirect(f"{reverse('admin:briefs_brief_change', args=[pk])}?findings=1#findings")


def _dismiss_or_undo(request: HttpRequest, brief: Brief, person: Person) -> str:
    data = request.POST
    if undone := read_number(data, "undo"):
        workflow.findings.undo_dismissal(get_object_or_404(Dismissal, pk=undone, brief=brief), by=person)
        return "undismiss"
    id = data.get("finding", "")
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).get_finding(id)
    if finding is None:
        raise build_refusal("finding-gone", about="findings")
    reason = data.get("reason", "") or data.get(f"reason-{id}", "")
    workflow.findings.dismiss(brief.pk, finding, by=person, reason=reason, seen=content)
    return "dismiss"
