"""The brief's page as it is shown: to be written in, or to be read where this person cannot write now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from secrets import token_hex
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...models import Brief
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import VERB_NAMES, clock
from ..common import findings
from ..common.access import person_of
from ..common.brief_pages import STRUCTURES, read_views, site_context, structure_label
from ..common.error_list import Said, linked
from . import editor_strings
from .brief_form import BriefForm
from .conflicts import Conflict
from .draft_form import FACT_FIELDS, AuthorRow, BulletRow, Draft, KeywordRow
from .editor_page_data import Desk, Noted

CHOSEN = SafeString(" selected")


@dataclass(slots=True)
class PairView:
    """A row of the form. `n` counts as the editor sees it."""

    row: BulletRow
    n: int
    noted: Noted | None = None

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
    conflict: Conflict | None = None,
    verb: str = "edit",
    look_at: str = "",
    status: int = 200,
) -> HttpResponse:
    """Typed words (`draft`) are always shown in the form, even where they can no longer be saved."""
    desk = Desk(brief, person_of(request))
    editable = desk.may_edit or draft is not None
    is_typed = draft is not None
    page = page_of(request.POST) if is_typed else ""  # the same page, as far as it is concerned
    if draft is None and editable:
        draft = desk.draft()
    elif draft is not None and (conflict or not desk.may_edit):
        draft.version = brief.version  # for the verbs; what the words began from is `draft.base`
    context = {
        **site_context(request, title=str(brief)),
        **(_form(draft, desk.noted()) if editable and draft else {"bullets": read_views(desk.content)}),
        "desk": desk,
        "brief": brief,
        "editable": editable,
        "unsaved": is_typed,
        "saved_at": clock(brief.updated_at),
        "reasons": linked(reasons),
        "heading": heading(verb, len(reasons)),
        "conflict": conflict,
        **addresses(brief.pk, page),
        "may_note": desk.may("note"),
        "may_dismiss": desk.may("dismiss"),
        "findings": findings.as_json(brief.pk, desk.content, {}) if "findings" in request.GET else None,
        "look_at": look_at,
        "note_text": request.POST.get("note_text") or request.session.pop(_note_key(brief), ""),
    }
    return TemplateResponse(request, "admin/briefs/brief/change.html", context, status=status)


def addresses(pk: int, page: str) -> dict[str, str]:
    """Where the page saves by itself and says that it is open; and its own name, a new one if it has none yet."""
    return {
        "autosave_url": reverse("admin:briefs_brief_autosave", args=[pk]),
        "pulse_url": reverse("admin:briefs_brief_pulse", args=[pk]),
        "page_key": page or token_hex(16),
    }


def page_of(data: Mapping[str, Any]) -> str:
    """The page's own name, if it has one. Where a brief is begun, the brief's key is also the page's."""
    key = str(data.get("page") or data.get("client_key") or "")
    return key if PAGE_KEY.fullmatch(key) else ""


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
        "autosave_url": reverse("admin:briefs_brief_begin"),
        "client_key": page_of(request.POST) or token_hex(16),
        **site_context(request, title=VERB_NAMES["create"]),
        **_form(draft),
        "editable": True,
        "reasons": linked(reasons),
        "heading": heading("edit", len(reasons)),
        "look_at": look_at,
    }
    return TemplateResponse(request, "admin/briefs/brief/change.html", context, status=status)


def _form(draft: Draft, noted: Mapping[str, Noted] = MappingProxyType({})) -> dict[str, Any]:
    draft.with_spares()
    return {
        "words": editor_strings.words(),
        "draft": draft,
        "noted": noted,
        "form": BriefForm(draft),
        "fact_fields": FACT_FIELDS,
        "spare_author": AuthorRow("w0"),
        "spare_keyword": KeywordRow("x0"),
        "pairs": [PairView(row, n, noted.get(row.key)) for n, row in enumerate(draft.bullets, 1)],
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
