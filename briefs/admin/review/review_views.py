"""Views of the review screen, which shows the brief as readers will see it, pair by pair.

Each button posts `do` = `action:target:side`, where the target is an anchor or a row id; the response
redirects to that anchor. A refused action shows the page again with everything typed. Signing off a language
is a separate verb (`sign_off_zh`), bound to the hash of the text shown.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ... import policy, workflow
from ...models import Brief, Note, Person, SiteText, Suggestion
from ...workflow import review_comments
from ...workflow.review_comments import TextAnchor, get_anchor, parse_side
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404, parse_int_or_zero, read_number, render_brief_subpage
from ..common.error_list import FieldError, field_errors, link_errors
from ..common.site_texts import REVIEW_CARD_KEY
from ..editor.editor_page_data import BriefPageData
from .review_page_data import SINCE_PATTERN, ReviewPageData

type ReviewAction = Callable[[Brief, Person, QueryDict, str, str], Any]


def review(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return render_review_page(request, brief, person)
    act, target, side = [*request.POST.get("do", "").split(":", 2), "", ""][:3]
    if act not in REVIEW_ACTIONS:
        return HttpResponseBadRequest()
    require_role(request, POLICY_VERBS.get(act, act))
    try:
        REVIEW_ACTIONS[act](brief, person, request.POST, target, side)
    except workflow.Refused as refused:
        return render_review_page(
            request, get_brief_or_404(pk), person, errors=field_errors(refused), status=409
        )
    return redirect(f"{review_url(pk, request.POST.get('since', ''))}#{_anchor(act, target)}")


def review_url(pk: int, since: str = "") -> str:
    query = f"?{urlencode({'since': since})}" if SINCE_PATTERN.fullmatch(since) else ""
    return f"{reverse('admin:briefs_brief_review', args=[pk])}{query}"


def render_review_page(
    request: HttpRequest,
    brief: Brief,
    person: Person,
    *,
    errors: list[FieldError] | None = None,
    since: str = "",
    status: int = 200,
) -> HttpResponse:
    page_data = BriefPageData(brief, person)
    asked = since or request.POST.get("since") or request.GET.get("since", "")
    shown = ReviewPageData.build(page_data, since=asked, form_data=request.POST)
    return render_brief_subpage(
        request,
        "review/review",
        brief,
        title=_("Review"),
        desk=page_data,
        review=shown,
        reasons=link_errors(errors or [], base_url=reverse("admin:briefs_brief_change", args=[brief.pk])),
        may_suggest=page_data.is_allowed("suggest"),
        may_note=page_data.is_allowed("note"),
        may_answer=page_data.is_allowed("sign_off"),
        may_edit=page_data.may_edit,
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
    if SiteText.objects.filter(key=REVIEW_CARD_KEY).exists():
        return reverse("admin:briefs_sitetext_change", args=[REVIEW_CARD_KEY])
    return f"{reverse('admin:briefs_sitetext_add')}?{urlencode({'key': REVIEW_CARD_KEY})}"


def _get_place_or_404(brief: Brief, target: str) -> TextAnchor:
    """Return the text anchor if it exists in this brief, else raise Http404."""
    place = TextAnchor.parse(target)
    if place is None or (place.bullet and not brief.bullets.filter(number=place.bullet).exists()):
        raise Http404
    return place


def _set_fine(brief: Brief, by: Person, data: QueryDict, target: str, side: str, *, fine: bool) -> None:
    workflow.mark_as_fine(brief, _get_place_or_404(brief, target), parse_side(side), by=by, is_fine=fine)


def _add_note(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    """Add a note to one side of a text, or to the whole brief if the target is `brief`."""
    text = data.get(f"note-{target}-{side}", "")
    if target == "brief":
        workflow.add_note(brief, text, by=by)
        return
    place = _get_place_or_404(brief, target)
    field = "" if place.bullet else place.field
    workflow.add_note(brief, text, by=by, bullet=place.bullet, field=field, side=parse_side(side))


def _suggest(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    key = f"{target}-{side}"
    workflow.suggest(
        brief, _get_place_or_404(brief, target), parse_side(side), data.get(f"suggest-{key}", ""),
        by=by, seen=data.get(f"seen-{key}", ""), why=data.get(f"why-{key}", ""),
    )  # fmt: skip


def _on_row(model: type[Note] | type[Suggestion], act: Callable[..., Any]) -> ReviewAction:
    """Return a review action that calls `act` with the note or suggestion whose id is the target."""
    return lambda brief, by, data, target, side: act(
        get_object_or_404(model, brief=brief, pk=parse_int_or_zero(target)), by=by
    )


def _reply(brief: Brief, by: Person, data: QueryDict, target: str, side: str) -> None:
    note = get_object_or_404(Note, brief=brief, pk=parse_int_or_zero(target))
    workflow.reply(note, data.get(f"reply-{target}", ""), by=by)


REVIEW_ACTIONS: dict[str, ReviewAction] = {
    "fine": lambda *given: _set_fine(*given, fine=True),
    "unfine": lambda *given: _set_fine(*given, fine=False),
    "note": _add_note,
    "suggest": _suggest,
    "accept": _on_row(Suggestion, workflow.accept),
    "decline": _on_row(Suggestion, workflow.decline),
    "reply": _reply,
    "resolve": _on_row(Note, workflow.resolve),
    "reopen": _on_row(Note, review_comments.reopen),
}
POLICY_VERBS = {
    "fine": "sign_off",
    "unfine": "sign_off",
    "accept": "edit",
    "decline": "note",
    "reply": "note",
    "reopen": "resolve",
}
"""Verb that `policy` checks for an action, where the two names differ."""
