"""Render the brief's page for writing: a form with the margin of each row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from secrets import token_hex
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...models import Brief, State
from ...workflow.concurrent_save import PAGE_KEY
from ...workflow.rules.transitions import VERB_NAMES, format_time
from ..common import findings
from ..common.access import person_of
from ..common.brief_pages import BULLET_STRUCTURES, render_page, structure_label
from ..common.error_list import FieldError, link_errors
from . import editor_strings
from .brief_form import BriefForm
from .conflicts import Conflict
from .draft_form import FACT_FIELDS, AuthorRow, BulletRow, Draft, KeywordRow
from .editor_page_data import BriefPageData
from .margin import (
    Margin,
    MarginItem,
    build_margin_permissions,
    build_margins,
    list_comment_items,
    list_finding_items,
)

SELECTED_ATTRIBUTE = SafeString(" selected")


@dataclass(slots=True)
class PairView:
    """A bullet row of the form. `n` is its place in the editor, counted from 1. `fields` are its inputs."""

    row: BulletRow
    n: str
    margin: Margin
    fields: SafeString

    @property
    def is_open(self) -> bool:
        """Return whether the collapsible part of the row starts open: it has content, or one language is
        missing.
        """
        row = self.row
        return bool(row.passage or row.one_sided or (row.number and bool(row.text_zh) != bool(row.text_en)))


def build_pairs(rows: Sequence[BulletRow], margins: Mapping[str, Margin], focused_row: str) -> list[PairView]:
    """Return the rows, and last the empty one that the page copies for a new row.

    The template of the fields is rendered once, with placeholders (saves 0.3 ms a row).
    """
    names = {"row": {"key": "{key}"}, "n": "{n}", "pair": True}
    pattern = render_to_string("admin/briefs/editor/_pair.html#fields", names)
    numbered = [*((str(n), row) for n, row in enumerate(rows, 1)), ("0", BulletRow("n0"))]
    return [
        PairView(row, n, margins.get(row.key, Margin(row.key)), _fill_fields(pattern, row, n, focused_row))
        for n, row in numbered
    ]


def _fill_fields(pattern: str, row: BulletRow, n: str, focused_row: str) -> SafeString:
    return format_html(
        pattern,
        key=row.key,
        n=n,
        deleted=row.deleted,
        anchor=format_html('<span class="anchor">#{}</span>', row.key) if row.number else "",
        focus="autofocus" if row.key == focused_row else "",
        text_zh=row.text_zh,
        text_en=row.text_en,
        lines_zh=1 + len(row.text_zh) // 24,
        lines_en=1 + len(row.text_en) // 56,
        options_zh=build_structure_options(row.structure_zh),
        options_en=build_structure_options(row.structure_en),
    )


@cache
def build_structure_options(selected: str) -> SafeString:
    """Return the options of the select for level and marker.

    Cached, since they are the same in every language.
    """
    if selected not in BULLET_STRUCTURES:
        selected = BULLET_STRUCTURES[0]
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, SELECTED_ATTRIBUTE if value == selected else "", structure_label(value))
            for value in BULLET_STRUCTURES
        ),
    )


def render_brief_page(
    request: HttpRequest,
    brief: Brief,
    *,
    draft: Draft | None = None,
    errors: Sequence[FieldError] = (),
    conflict: Conflict | None = None,
    verb: str = "edit",
    focused_row: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the form of a brief, also a given draft that can no longer be saved."""
    page_data = BriefPageData(brief, person_of(request))
    is_typed = draft is not None
    page_key = read_page_key(request.POST) if is_typed else ""  # keeps the key of the page that sent the POST
    if draft is None:
        draft = page_data.build_draft()
    elif conflict or not page_data.may_edit:
        draft.version = brief.version  # for the verbs; the draft's base revision is unchanged
    has_findings = "findings" in request.GET
    shown = findings.as_json(brief.pk, page_data.content, {}) if has_findings else []
    items = [*list_comment_items(page_data), *list_finding_items(shown)]
    return render_page(
        request,
        "editor/change",
        title=str(brief),
        **_build_form_context(draft, items, focused_row=focused_row),
        **build_margin_permissions(page_data),
        desk=page_data,
        editable=True,
        unsaved=is_typed,
        saved_at=format_time(brief.updated_at),
        is_calm=brief.state == State.DRAFT and not page_data.signoffs and not errors,
        reasons=link_errors(errors),
        heading=build_error_heading(verb, len(errors)),
        conflict=conflict,
        autosave_url=reverse("admin:briefs_brief_autosave", args=[brief.pk]),
        page_key=page_key or token_hex(16),
        has_findings=has_findings,
        finding_count=len(shown),
        note_text=request.POST.get("note_text") or request.session.pop(_note_key(brief), ""),
        status=status,
    )


def read_page_key(data: Mapping[str, Any]) -> str:
    """Return the page's key, or an empty string if there is no valid one.

    On the page of a new brief, `client_key` is also the page's key.
    """
    key = str(data.get("page") or data.get("client_key") or "")
    return key if PAGE_KEY.fullmatch(key) else ""


def keep_unsent_note(request: HttpRequest, brief: Brief) -> None:
    """Store an unsent note in the session, so that the next page can show it again."""
    if (text := request.POST.get("note_text", "")).strip():
        request.session[_note_key(brief)] = text


def _note_key(brief: Brief) -> str:
    return f"note-{brief.pk}"


def render_new_brief_page(
    request: HttpRequest,
    *,
    draft: Draft,
    errors: Sequence[FieldError] = (),
    focused_row: str = "",
    status: int = 200,
) -> HttpResponse:
    return render_page(
        request,
        "editor/change",
        title=VERB_NAMES["create"],
        **_build_form_context(draft, focused_row=focused_row),
        autosave_url=reverse("admin:briefs_brief_begin"),
        client_key=read_page_key(request.POST) or token_hex(16),
        editable=True,
        is_calm=not errors,
        reasons=link_errors(errors),
        heading=build_error_heading("edit", len(errors)),
        status=status,
    )


def _build_form_context(
    draft: Draft, items: Iterable[MarginItem] = (), *, focused_row: str
) -> dict[str, Any]:
    draft.add_spare_rows()
    margins = build_margins(["headline", "summary", *(row.key for row in draft.bullets)], items)
    *pairs, spare_pair = build_pairs(draft.bullets, margins, focused_row)
    return {
        "words": editor_strings.build_editor_strings(),
        "draft": draft,
        "margins": margins,
        "whole": margins[""],
        "form": BriefForm(draft),
        "fact_fields": FACT_FIELDS,
        "spare_author": AuthorRow("w0"),
        "spare_keyword": KeywordRow("x0"),
        "pairs": pairs,
        "spare_pair": spare_pair,
        "look_at": focused_row,
    }


def build_error_heading(verb: str, error_count: int) -> str:
    if verb == "submit":
        return ngettext(
            "This brief cannot be submitted yet. %(n)s item needs attention:",
            "This brief cannot be submitted yet. %(n)s items need attention:",
            error_count,
        ) % {"n": error_count}
    return _("Nothing was changed, and nothing you typed is lost.")
