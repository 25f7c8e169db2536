"""Render the page for writing: the form with its margins, edit conflicts, and strings for its scripts.

Values that only one person changed are merged without a question. Choices are posted as `take-<key>`, with
the number of the revision that the person was shown (`against`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.admin.common import findings
from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import BULLET_STRUCTURES, render_page, structure_label
from briefs.admin.common.brief_rows import (
    BriefRow,
    EditCell,
    Margin,
    MarginItem,
    RowFields,
    build_margins,
    build_text_row,
    render_each,
)
from briefs.admin.common.diff_html import highlight_differences, share_effort
from briefs.admin.common.form_fields import FieldError, link_errors
from briefs.admin.common.interface_labels import FIELD_LABELS, SIDE_NAMES
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.bilingual.lexicon.passages import needs_passage
from briefs.bilingual.text.content_merge import ORDER_KEY, MergeChoice
from briefs.bilingual.text.paths import NATIVE_LANGUAGE_NAMES
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, ForbiddenCharacter, Side, tidy
from briefs.models import Author, Brief, ChangeKind, State
from briefs.workflow.acts import get_label
from briefs.workflow.concurrent_save import PAGE_KEY, SaveConflict
from briefs.workflow.rules.local_times import format_time

from .draft_form import (
    FACT_FIELDS,
    FORM_FIELDS,
    PICTURE_FIELDS,
    AuthorRow,
    BriefForm,
    BulletRow,
    Draft,
    KeywordRow,
    get_merge_key,
)
from .editor_page_data import BriefPageData
from .margin import build_margin_permissions, list_comment_items, list_finding_items

# Present edit conflicts: each value that two people changed, with both texts and a choice between them.

MAX_CHOICES: Final = 200
"""Most conflicting values on one page. The next page shows further ones and keeps the choices made."""


@dataclass(frozen=True, slots=True)
class ConflictingValue:
    key: str
    label: str
    lang: str
    mine: SafeString
    theirs: SafeString
    default_choice: MergeChoice


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit conflict.

    `merged_count` counts values that need no choice; `earlier_choices` are choices already made.
    """

    conflicting_values: list[ConflictingValue]
    earlier_choices: Mapping[str, MergeChoice]
    against_revision: int
    merged_count: int


@dataclass(frozen=True, slots=True)
class _DraftValue:
    """One comparable value of a draft, with the same key as in `text.content_merge`."""

    key: str
    label: str
    lang: str
    value: str


def build_conflict(clashed: SaveConflict, mine: Draft, choices: Mapping[str, MergeChoice]) -> Conflict:
    """Build the conflict for the page.

    `choices` were made on an earlier conflict page that a newer revision has overtaken.
    """
    names = load_names_by_id([clashed.theirs])
    theirs = Draft.from_content(clashed.theirs, names)
    own, other = _index_values(mine, names, clashed.bullet_numbers), _index_values(theirs, names, {})
    shown = clashed.conflict_keys[:MAX_CHOICES]
    effort = share_effort(len(shown))
    conflicting_values = []
    for key in shown:
        if (entry := own.get(key) or other.get(key)) is None:
            continue
        values = [side[key].value if key in side else None for side in (own, other)]
        left, right = _mark_differences(values[0], values[1], effort)
        preset = choices.get(key, "mine" if key in own else "theirs")
        conflicting_values.append(ConflictingValue(key, entry.label, entry.lang, left, right, preset))
    settled = {key: choice for key, choice in choices.items() if key not in clashed.conflict_keys}
    return Conflict(conflicting_values, settled, clashed.revision_number, len(clashed.keys_from_theirs))


def is_unchanged(mine: Draft, base: Draft, bullet_numbers: Mapping[str, int]) -> bool:
    """Return whether the draft equals its base. `bullet_numbers` maps keys of new bullets to their numbers."""
    own, was = _index_values(mine, NamesById(), bullet_numbers), _index_values(base, NamesById(), {})
    return {key: entry.value for key, entry in own.items()} == {
        key: entry.value for key, entry in was.items()
    }


def _mark_differences(mine: str | None, theirs: str | None, effort: int) -> tuple[SafeString, SafeString]:
    if mine is not None and theirs is not None:
        return highlight_differences(mine, theirs, effort)
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (gone if v is None else format_html("<mark>{}</mark>", v) for v in (mine, theirs))
    return left, right


def _index_values(
    draft: Draft, names: NamesById, bullet_numbers: Mapping[str, int]
) -> dict[str, _DraftValue]:
    values = (*_field_values(draft, names), *_bullet_values(draft, bullet_numbers))
    return {entry.key: entry for entry in values}


def _field_values(draft: Draft, names: NamesById) -> Iterator[_DraftValue]:
    for name in FORM_FIELDS:
        if get_merge_key(name) != name:
            continue
        value = _tidy_or_raw(draft.fields[name])
        if name == "change_kind" and value in ChangeKind:
            value = str(ChangeKind(value).label)
        if name == "picture" and value:
            own = (draft.fields[part] for part in PICTURE_FIELDS[1:])
            value = f"#{value[:6]} {' / '.join(filter(None, map(_tidy_or_raw, own)))}"
        if name == "source" and value.isdecimal():
            value = draft.fields["source_new"].strip() or names.sources.get(int(value), value)
        lang = LANGUAGE_TAGS["zh" if name.endswith("_zh") else "en"] if name.endswith(("_zh", "_en")) else ""
        yield _DraftValue(name, str(FIELD_LABELS[name]), lang, value)
    for name, lines in (("authors", _author_lines(draft)), ("keywords", _keyword_lines(draft))):
        yield _DraftValue(name, str(FIELD_LABELS[name]), "", "\n".join(lines))


def _author_lines(draft: Draft) -> Iterator[str]:
    for row in draft.authors:
        if not row.deleted and (row.name + row.affiliation_zh + row.affiliation_en).strip():
            yield " / ".join(filter(None, (row.name, row.affiliation_zh, row.affiliation_en)))


def _keyword_lines(draft: Draft) -> Iterator[str]:
    return (row.name for row in draft.keywords if not (row.deleted or row.is_blank))


def _bullet_values(draft: Draft, bullet_numbers: Mapping[str, int]) -> Iterator[_DraftValue]:
    order = []
    for n, row in enumerate(draft.bullets_to_save(), 1):
        number = row.number or bullet_numbers.get(row.key, 0)
        order.append(f"#b{number}")
        yield from _cell_values(row, f"b{number}", _("Bullet %(n)s") % {"n": n})
    yield _DraftValue(ORDER_KEY, _("Order"), "", " ".join(order))


def _cell_values(row: BulletRow, key: str, label: str) -> Iterator[_DraftValue]:
    yield _DraftValue(key, label, "", "\n".join(_as_one_line(row.cell(side)[0]) for side in SIDES))
    for side in SIDES:
        text, structure = row.cell(side)
        name = f"{label} · {NATIVE_LANGUAGE_NAMES[side]}"
        yield _DraftValue(f"{key}-{side}", name, LANGUAGE_TAGS[side], _as_one_line(text))
        level = f"{name} · {_('Structure (level, marker)')}"
        yield _DraftValue(f"{key}-{side}-structure", level, "", structure_label(structure))
    yield _DraftValue(f"{key}-passage", f"{label} · {_('Source passage')}", "", _tidy_or_raw(row.passage))
    yield _DraftValue(f"{key}-one_sided", f"{label} · {_('Reason')}", "", _tidy_or_raw(row.one_sided))


def _as_one_line(text: str) -> str:
    return " ".join(_tidy_or_raw(text).split("\n"))


def _tidy_or_raw(text: str) -> str:
    try:
        return tidy(text)
    except ForbiddenCharacter:
        return text


# Strings for the pair editor's JavaScript modules, in the interface language.

EDITOR_STRINGS: Final[dict[str, Promise]] = {
    # Labels of rows
    "zh": gettext_lazy("Chinese"),
    "en": gettext_lazy("English"),
    "pair": gettext_lazy("Both languages"),
    "row": gettext_lazy("Bullet %(n)s"),
    "next_row": gettext_lazy("Next point"),
    "cell_zh": gettext_lazy("Chinese %(n)s"),
    "cell_en": gettext_lazy("English %(n)s"),
    "missing_zh": gettext_lazy("Chinese missing"),
    "missing_en": gettext_lazy("English missing"),
    "menu": gettext_lazy("Commands for bullet %(n)s"),
    "drag": gettext_lazy("Drag bullet %(n)s, or press for commands"),
    "alone": gettext_lazy("Only you are here"),
    "here": gettext_lazy("Also here: %(names)s"),
    "here_in": gettext_lazy("%(name)s is in %(place)s"),
    "twice": gettext_lazy(
        "You have this brief open in another window too. Both save, and each takes in what the other saves."
    ),
    "and": gettext_lazy(", "),
    "findings": gettext_lazy("%(n)s to check"),
    "clean": gettext_lazy("Nothing to check"),
    "dismiss": gettext_lazy("Dismiss"),
    # Commands
    "split_both": gettext_lazy("Split both sides"),
    "merge": gettext_lazy("Merge with next"),
    "join": gettext_lazy("Join with next, pull the rest up"),
    "up": gettext_lazy("Move up"),
    "down": gettext_lazy("Move down"),
    "in": gettext_lazy("Indent"),
    "out": gettext_lazy("Outdent"),
    "number": gettext_lazy("Bullet or number"),
    "shift_up": gettext_lazy("Shift this side up by one"),
    "shift_down": gettext_lazy("Shift this side down by one"),
    "copy_zh": gettext_lazy("Copy structure from Chinese"),
    "copy_en": gettext_lazy("Copy structure from English"),
    "add": gettext_lazy("Add a pair below"),
    "passage": gettext_lazy("Source passage"),
    "remove": gettext_lazy("Delete"),
    "undo": gettext_lazy("Undo"),
    # Results of commands
    "did_split": gettext_lazy("Bullet %(n)s split"),
    "did_merge": gettext_lazy("Bullets %(n)s and %(m)s merged"),
    "did_join": gettext_lazy("%(side)s: %(n)s and %(m)s joined"),
    "did_remove": gettext_lazy("Bullet %(n)s deleted"),
    "did_move": gettext_lazy("Bullet %(n)s is now %(m)s"),
    "did_shift_up": gettext_lazy("%(side)s shifted up from bullet %(n)s"),
    "did_shift_down": gettext_lazy("%(side)s shifted down from bullet %(n)s"),
    "did_level": gettext_lazy("Bullet %(n)s: level %(m)s"),
    "did_paste": gettext_lazy("Pairs pasted: %(n)s"),
    "did_undo": gettext_lazy("Undone"),
    "did_redo": gettext_lazy("Done again"),
    "did_accept": gettext_lazy("Suggestion accepted"),
    "did_fix": gettext_lazy("Repaired"),
    "did_copy": gettext_lazy("Structure copied"),
    "no_gap": gettext_lazy("There is no empty place above. Join or split instead."),
    "no_next": gettext_lazy("There is no bullet below to take in."),
    "at_edge": gettext_lazy("It cannot go further that way."),
    "stale": gettext_lazy("The text has changed since; nothing was repaired."),
    # State of saving
    "saved": gettext_lazy("Saved %(time)s"),
    "unsaved": gettext_lazy("Not saved yet"),
    "saving": gettext_lazy("Saving…"),
    "kept": gettext_lazy(
        "Nothing can be stored at the moment. You can keep writing; it will be saved as soon as it can."
    ),
    "signin": gettext_lazy(
        "You have been signed out. Your text is kept in this browser; sign in to save it."
    ),
    "clash": gettext_lazy("Somebody else changed the same words"),
    "refused": gettext_lazy("Not saved: see what is said"),
    "untaken": gettext_lazy("Saved, but for what is marked"),
    "short_kept": gettext_lazy("Not sent"),
    "short_signin": gettext_lazy("Signed out"),
    "short_clash": gettext_lazy("Newer text"),
    "short_refused": gettext_lazy("Not saved"),
    "short_untaken": gettext_lazy("Partly saved"),
    "save": gettext_lazy("Save now"),
    "sign_in": gettext_lazy("Sign in"),
    "signed_in": gettext_lazy("Signed in; your text is saved."),
    "somebody_else": gettext_lazy(
        "%(name)s is signed in now. Your text is kept in this browser until you sign in again."
    ),
    "see_clash": gettext_lazy("Compare"),
    "merged": gettext_lazy("What %(names)s changed has come in"),
    "left": gettext_lazy("Words from %(time)s were not saved."),
    "bring_back": gettext_lazy("Bring the words back"),
    "brought_back": gettext_lazy("The words are back"),
    "discard": gettext_lazy("Discard"),
    # Findings and suggestions
    "dismiss_now": gettext_lazy("Dismiss with a reason"),
    "dismiss_reason": gettext_lazy("Reason"),
    "cancel": gettext_lazy("Cancel"),
    "dismissed": gettext_lazy("Dismissed: %(n)s"),
    "not_dismissed": gettext_lazy("The finding is as it was. Please try again once your text is saved."),
    "not_answered": gettext_lazy("Nothing was changed. Please try again once your text is saved."),
    "terms": gettext_lazy("Terms in this pair"),
    "memory": gettext_lazy("Translation memory"),
    "passages": gettext_lazy("Likeliest passages of the original"),
    "use_passage": gettext_lazy("Use this passage"),
    "passages_unsure": gettext_lazy("Unsure: none of them clearly says this."),
    "insert": gettext_lazy("Insert"),
    "insert_term": gettext_lazy("Insert “%(term)s”"),
    "alike": gettext_lazy("%(n)s alike"),
}
"""Strings by the names used in the modules. Placeholders are `%(name)s`."""


PRESENCE_STRINGS: Final = ("alone", "here", "here_in", "and")


def build_editor_strings() -> dict[str, str]:
    return {name: str(text) for name, text in EDITOR_STRINGS.items()}


def build_review_strings() -> dict[str, str]:
    """Return the strings that the page for review needs."""
    return {name: str(EDITOR_STRINGS[name]) for name in PRESENCE_STRINGS}


# Render the brief's page for writing: a form with the margin of each row.

SELECTED_ATTRIBUTE = SafeString(" selected")
LINE_LENGTHS: Final[dict[Side, int]] = {"zh": 24, "en": 56}
"""Characters in a line of a text field, for its height without JavaScript."""


def build_edit_rows(
    draft: Draft, margins: Mapping[str, Margin], focused_row: str, *, has_original: bool
) -> list[BriefRow]:
    """Return headline, summary and bullets of the form, and last the empty row that the page copies for a new one."""
    bullets = enumerate((*draft.bullets, BulletRow("n0")), 1)
    rows = [
        build_text_row("headline", _("Headline"), draft.fields),
        build_text_row("summary", _("Summary"), draft.fields, lines=4),
        *(_build_bullet(row, n, focused_row, has_original=has_original) for n, row in bullets),
    ]
    cast(EditCell, rows[0].cells[0]).is_focused = focused_row == "headline"
    for row in rows:
        row.margin = margins.get(row.anchor) or Margin()
    return rows


def _build_bullet(row: BulletRow, n: int, focused_row: str, *, has_original: bool) -> BriefRow:
    has_gap = bool(row.number) and bool(row.text_zh) != bool(row.text_en)
    cells = []
    for side in SIDES:
        text, structure = row.cell(side)
        label, lines = f"{SIDE_NAMES[side]} {n}", 1 + len(text) // LINE_LENGTHS[side]
        cell = EditCell(side, f"text_{side}-{row.key}", label, text, lines)
        cell.options = build_structure_options(structure)
        cell.is_focused = side == "zh" and row.key == focused_row
        cells.append(cell)
    fields = RowFields(
        row.passage,
        row.one_sided,
        row.deleted,
        is_open=bool(row.passage or row.one_sided or has_gap),
        lacks_passage=has_original and not row.passage and needs_passage(Bullet(0, row.text_zh, row.text_en)),
    )
    return BriefRow(row.key, f"{_('Bullet')} {n}", n, cells, fields=fields)


@lru_cache(maxsize=32)  # forged values are keys too
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
    """Render the form of a brief, or of `draft`, even if that can no longer be saved."""
    page_data = BriefPageData(brief, person_of(request))
    is_typed = draft is not None
    page_key = read_page_key(request.POST) if is_typed else ""  # the page that sent the POST keeps its key
    if draft is None:
        draft = page_data.build_draft()
    elif conflict or not page_data.may_edit:
        draft.version = brief.version  # for the verbs; the draft's base revision is unchanged
    has_findings = "findings" in request.GET
    shown = findings.as_json(brief.pk, page_data.content, {}) if has_findings else []
    items = [*list_comment_items(page_data), *list_finding_items(shown)]
    permissions = build_margin_permissions(page_data) | {"has_findings": has_findings}
    return render_page(
        request,
        "editor/change",
        title=str(brief),
        **_build_form_context(
            draft, items, permissions, focused_row=focused_row, has_original=page_data.has_original
        ),
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
        title=get_label("create"),
        **_build_form_context(draft, focused_row=focused_row or ("" if errors else "headline")),
        autosave_url=reverse("admin:briefs_brief_begin"),
        client_key=read_page_key(request.POST) or token_hex(16),
        editable=True,
        is_calm=not errors,
        reasons=link_errors(errors),
        heading=build_error_heading("edit", len(errors)),
        status=status,
    )


def _build_form_context(
    draft: Draft,
    items: Iterable[MarginItem] = (),
    permissions: Mapping[str, Any] = MappingProxyType({}),
    *,
    focused_row: str,
    has_original: bool = False,
) -> dict[str, Any]:
    draft.add_spare_rows()
    margins = build_margins(["headline", "summary", *(row.key for row in draft.bullets)], items)
    rows = build_edit_rows(draft, margins, focused_row, has_original=has_original)
    headline, summary, *bullets, spare = render_each(rows, {"editable": True, **permissions})
    return {
        **permissions,
        "words": build_editor_strings(),
        "draft": draft,
        "whole": margins[""],
        "form": BriefForm(draft),
        "fact_fields": FACT_FIELDS,
        "spare_author": AuthorRow("w0"),
        "name_orders": Author.ORDERS,
        "spare_keyword": KeywordRow("x0"),
        "leads": (headline, summary),
        "bullets": bullets,
        "spare_bullet": spare,
        "look_at": focused_row,
        "opens_article": focused_row[:1] in ("a", "k", "w", "x"),  # a row of names
    }


def build_error_heading(verb: str, error_count: int) -> str:
    if verb == "submit":
        return ngettext(
            "This brief cannot be submitted yet. %(n)s item needs attention:",
            "This brief cannot be submitted yet. %(n)s items need attention:",
            error_count,
        ) % {"n": error_count}
    return _("Nothing was changed, and nothing you typed is lost.")
