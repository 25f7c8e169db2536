"""One address a verb: a POST does it, or brings the page back with every reason and all that was typed."""

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
from ...workflow.rules.transitions import VERB_NAMES, wrong_state
from ..common import brief_pages
from ..common.access import require
from ..common.badges import public_links
from ..common.brief_pages import bare_or_404, brief_or_404, read_views, site_context
from ..common.error_list import Said, linked, said, said_of_form
from ..common.signoff_status import editions_of
from ..editor import saving
from ..editor.brief_views import brief_page, keep_note
from ..editor.draft_form import Draft
from ..editor.editor_page_data import Desk
from ..review import review_views
from .verb_forms import VerbForm
from .verb_pages import FORMS

type Run = Callable[[Brief, Person, QueryDict], Any]


def _version(data: QueryDict) -> int:
    return brief_pages.number(data.get("version", ""))


def _side(side: Any) -> Run:
    return lambda brief, by, data: workflow.sign_off(brief.pk, side, by=by, seen=data.get(f"seen_{side}", ""))


def _confirm_date(brief: Brief, by: Person, data: QueryDict) -> None:
    workflow.confirm_date(brief.pk, data.get("iso", ""), by=by, version=_version(data))


def _note(brief: Brief, by: Person, data: QueryDict) -> None:
    number = brief_pages.number(data.get("note_bullet", "")) or None
    if number and not brief.bullets.filter(number=number).exists():
        raise Http404
    side = data.get("note_side", "")
    workflow.add_note(
        brief.pk, data.get("note_text", ""), by=by, bullet=number, side=side if side in ("zh", "en") else None  # type: ignore[arg-type]
    )  # fmt: skip


def _resolve(brief: Brief, by: Person, data: QueryDict) -> None:
    note = Note.objects.filter(brief=brief, pk=brief_pages.number(data.get("note", ""))).first()
    if note is None:
        raise Http404
    workflow.resolve(note, by=by)


def _letter(act: Callable[..., Any]) -> Run:
    def run(brief: Brief, by: Person, data: QueryDict) -> None:
        letter = brief.letters.filter(pk=brief_pages.number(data.get("letter", ""))).first()
        if letter is None:
            raise Http404
        act(letter, by=by)

    return run


def _versioned(verb: Callable[..., Any]) -> Run:
    return lambda brief, by, data: verb(brief.pk, by=by, version=_version(data))


DIRECT: dict[str, Run] = {
    "submit": _versioned(workflow.submit),
    "take_back": _versioned(workflow.take_back),
    "revise": _versioned(workflow.revise),
    "recover": _versioned(workflow.recover),
    "sign_off_zh": _side("zh"),
    "sign_off_en": _side("en"),
    "confirm_date": _confirm_date,
    "note": _note,
    "resolve": _resolve,
    "note_letter": _letter(workflow.note_letter),
    "handle": _letter(workflow.handle_letter),
}
OPENING = ("revise", "recover")
"""They make the brief editable, so what was typed is saved after them, not before."""
PUBLISHING = ("approve", "publish_urgently")


def policy_verb(verb: str) -> str:
    return {"sign_off_zh": "sign_off", "sign_off_en": "sign_off", "note_letter": "note"}.get(verb, verb)


def verb_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    require(request)
    if verb not in FORMS and verb not in DIRECT:
        raise Http404
    person = require(request, policy_verb(verb))
    brief = bare_or_404(pk) if request.method == "POST" else brief_or_404(pk)
    if request.method != "POST":
        if verb in FORMS:
            return _form_page(request, verb, FORMS[verb](desk=Desk(brief, person)))
        # Whoever was signed out meanwhile comes from signing in to the address of the button.
        messages.info(
            request, _("“%(verb)s” has not been done yet. Press it again.") % {"verb": VERB_NAMES[verb]}
        )
        return redirect("admin:briefs_brief_change", pk)
    draft = saving.posted(request, pk) if "draft" in request.POST else None
    if draft is not None and verb not in OPENING:
        if refusal := saving.save_if_touched(request, brief, draft):
            return refusal
        request.POST = saving.with_version(request.POST, draft)  # type: ignore[assignment]
        if verb in FORMS:
            keep_note(request, brief)
            return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    if verb not in FORMS:
        return _direct(request, brief, verb, draft)
    if "version" in request.POST and "seen" not in request.POST:  # a button on another page of the brief
        return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    return _with_form(request, brief, verb)


def _direct(request: HttpRequest, brief: Brief, verb: str, draft: Draft | None) -> HttpResponse:
    person = require(request, policy_verb(verb))
    try:
        DIRECT[verb](brief, person, request.POST)
    except workflow.Refused as refused:
        if _from_review(request):
            return review_views.lapsed(request, brief_or_404(brief.pk), person, refused)
        kept = draft if draft and verb in OPENING else None
        return brief_page(
            request, brief_or_404(brief.pk), draft=kept, reasons=_reasons(refused), verb=verb, status=409
        )
    _done(request, verb)
    if verb != "note":
        keep_note(request, brief)
    if draft is not None and verb in OPENING:
        brief = brief_or_404(brief.pk)
        if refusal := saving.save_if_touched(request, brief, draft):
            return refusal
    if _from_review(request):
        return redirect(review_views.address(brief.pk, request.POST.get("since", "")))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _from_review(request: HttpRequest) -> bool:
    return request.POST.get("from") == "review"


def _with_form(request: HttpRequest, brief: Brief, verb: str) -> HttpResponse:
    person = require(request, verb)
    form = FORMS[verb](request.POST, desk=Desk(brief, person))
    if not form.is_valid():
        return _form_page(request, verb, form, said_of_form(form), status=409)
    try:
        form.perform()
    except workflow.Refused as refused:
        desk = Desk(brief_or_404(brief.pk), person)
        fresh = FORMS[verb](_as_of(desk, request.POST), desk=desk)
        return _form_page(request, verb, fresh, fresh.told(_fresh_reasons(refused)), status=409)
    is_published = verb in PUBLISHING
    _done(request, verb, public_links(editions_of([brief])[brief.pk], timezone.now()) if is_published else "")
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _as_of(desk: Desk, data: QueryDict) -> QueryDict:
    """What was typed, on a page that shows the brief as it is now: a tick was for what it showed then."""
    data = data.copy()
    if data.get("seen") != desk.content.seen():
        data.setlist("ticked", [])
    data["seen"], data["version"] = desk.content.seen(), str(desk.brief.version)
    return data


def _reasons(refused: workflow.Refused) -> list[Said]:
    return said(_fresh_reasons(refused))


def _fresh_reasons(refused: workflow.Refused) -> Sequence[workflow.Reason]:
    """Without typed text there are no two texts to compare, so a stale page says only that it is stale."""
    return (workflow.Reason("seen"),) if isinstance(refused, workflow.Stale) else refused.reasons


def _unmet(form: VerbForm, verb: str) -> list[Said]:
    if not policy.in_state(verb, form.desk.brief):
        return said([wrong_state(form.desk.brief)])
    return form.unmet()


def _done(request: HttpRequest, verb: str, links: str = "") -> None:
    told = _("Done: %(verb)s") % {"verb": VERB_NAMES[verb]}
    messages.success(request, format_html("{} {}", told, links) if links else told)


def _form_page(
    request: HttpRequest, verb: str, form: VerbForm, reasons: list[Said] | None = None, *, status: int = 200
) -> HttpResponse:
    desk, shown = form.desk, form.shown()
    page = reverse("admin:briefs_brief_change", args=[desk.brief.pk])
    links = {name: f"#{name}" for name in form.fields} | {k: f"#{v}" for k, v in form.anchors.items()}
    context = {
        **site_context(request, title=VERB_NAMES[verb], subtitle=str(desk.brief)),
        "desk": desk,
        "form": form,
        "verb": verb,
        "label": VERB_NAMES[verb],
        "facts": list(form.facts()),
        "stands": form.stands(),
        "differences": form.differences(),
        "shown": shown,
        "notices": form.notices(),
        "is_draft": shown == desk.content,
        "is_other": desk.public is not None and desk.public.frozen != desk.content,
        "bullets": read_views(shown) if shown else [],
        "reasons": linked(reasons or [], links, elsewhere=page),
        "unmet": linked(_unmet(form, verb) if reasons is None else [], links, elsewhere=page),
    }
    return TemplateResponse(request, "admin/briefs/brief/verb.html", context, status=status)
