"""The brief's page as it is shown: to be written in, or to be read where this person cannot write now."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..content import SIDES, Bullet, Content, Side
from ..models import Brief
from ..rendering.nesting import Place, nest
from ..workflow.moving import VERB_NAMES
from .access import person_of
from .clashes import Clash
from .draft import FACT_FIELDS, STRUCTURES, AuthorRow, BulletRow, Draft, KeywordRow, structure_label
from .forms import BriefForm
from .page import Desk
from .reasons import Said, linked

CHOSEN = SafeString(" selected")


def site_context(request: HttpRequest, **values: Any) -> dict[str, Any]:
    opts = Brief._meta
    return {**admin.site.each_context(request), "opts": opts, "zone": settings.TIME_ZONE, **values}


def brief_or_404(pk: int) -> Brief:
    """With its rows, so that reading the content asks no more."""
    briefs = Brief.objects.select_related("source", "updated_by", "assigned_to")
    brief = briefs.prefetch_related("bullets", "bylines", "labels").filter(pk=pk).first()
    if brief is None:
        raise Http404
    return brief


@dataclass(slots=True)
class PairView:
    """A row of the form. `n` counts as the editor sees it."""

    row: BulletRow
    n: int

    @property
    def options_zh(self) -> SafeString:
        return options(self.row.structure_zh)

    @property
    def options_en(self) -> SafeString:
        return options(self.row.structure_en)

    @property
    def lines_zh(self) -> int:
        return 1 + len(self.row.text_zh) // 24

    @property
    def lines_en(self) -> int:
        return 1 + len(self.row.text_en) // 56

    @property
    def is_open(self) -> bool:
        """Whether there is something in the part that is folded away."""
        row = self.row
        return bool(row.passage or row.one_sided or (row.number and bool(row.text_zh) != bool(row.text_en)))


@dataclass(slots=True)
class ReadView:
    """A bullet to be read: on each side its marker as readers see it, and how deep it stands."""

    bullet: Bullet
    zh: Place
    en: Place


def read_views(content: Content) -> list[ReadView]:
    places = {side: _places(content, side) for side in SIDES}
    return [ReadView(b, places["zh"][b.number], places["en"][b.number]) for b in content.bullets]


def _places(content: Content, side: Side) -> dict[int, Place]:
    """Counted over the bullets that have words on this side."""
    rows = [b for b in content.bullets if b.text(side)]
    places, _closing = nest((b.level(side), b.marker(side)) for b in rows)
    found = {b.number: place for b, place in zip(rows, places, strict=True)}
    return {b.number: found.get(b.number, Place("", 0, 0)) for b in content.bullets}


@cache
def options(chosen: str) -> SafeString:
    """Of the select for level and marker: the same in every language, so it is made once a value."""
    if chosen not in STRUCTURES:
        chosen = STRUCTURES[0]
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, CHOSEN if value == chosen else "", structure_label(value)) for value in STRUCTURES),
    )


def brief_page(
    request: HttpRequest,
    brief: Brief,
    *,
    draft: Draft | None = None,
    reasons: Sequence[Said] = (),
    clashes: Sequence[Clash] = (),
    verb: str = "edit",
    look_at: str = "",
    status: int = 200,
) -> HttpResponse:
    """Typed words (`draft`) are always shown in the form, even where they can no longer be saved."""
    desk = Desk.of(brief, person_of(request))
    editable = desk.may_edit or draft is not None
    if draft is None and editable:
        draft = desk.draft()
    elif draft is not None and (clashes or not desk.may_edit):
        draft.version = brief.version  # for the verbs; what the words began from is `draft.base`
    context = {
        **site_context(request, title=str(brief)),
        **(_form(draft) if editable and draft else {"bullets": read_views(desk.content)}),
        "desk": desk,
        "brief": brief,
        "editable": editable,
        "reasons": linked(reasons),
        "heading": heading(verb, len(reasons)),
        "clashes": clashes,
        "may_note": desk.may("note"),
        "look_at": look_at,
        "note_text": request.POST.get("note_text") or request.session.pop(_note_key(brief), ""),
    }
    return TemplateResponse(request, "admin/briefs/brief/change.html", context, status=status)


def keep_note(request: HttpRequest, brief: Brief) -> None:
    """A note that was being typed while another button was pressed is on the next page again."""
    if (text := request.POST.get("note_text", "")).strip():
        request.session[_note_key(brief)] = text


def _note_key(brief: Brief) -> str:
    return f"note-{brief.pk}"


def new_page(
    request: HttpRequest, *, draft: Draft, reasons: Sequence[Said] = (), look_at: str = "", status: int = 200
) -> HttpResponse:
    context = {
        **site_context(request, title=VERB_NAMES["create"]),
        **_form(draft),
        "editable": True,
        "reasons": linked(reasons),
        "heading": heading("edit", len(reasons)),
        "look_at": look_at,
    }
    return TemplateResponse(request, "admin/briefs/brief/change.html", context, status=status)


def _form(draft: Draft) -> dict[str, Any]:
    draft.with_spares()
    return {
        "draft": draft,
        "form": BriefForm(draft),
        "fact_fields": FACT_FIELDS,
        "spare_author": AuthorRow("w0"),
        "spare_keyword": KeywordRow("x0"),
        "pairs": [PairView(row, n) for n, row in enumerate(draft.bullets, 1)],
        "spare_pair": PairView(BulletRow("n0"), 0),
    }


def heading(verb: str, n: int) -> str:
    if verb == "submit":
        return ngettext(
            "This brief cannot be submitted yet. %(n)s item needs attention:",
            "This brief cannot be submitted yet. %(n)s items need attention:",
            n,
        ) % {"n": n}
    return _("Nothing was changed, and nothing you typed is lost.")
