"""Present edit conflicts: each value that two people changed, with both texts and a choice between them.

Values that only one person changed are merged without a question. Choices are posted as `take-<key>`, with
the number of the revision that the person was shown (`against`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANGUAGE_TAGS, LEAD_FIELDS, SIDES, ForbiddenCharacter, tidy
from ...text.paths import NATIVE_LANGUAGE_NAMES
from ...text.three_way_merge import ORDER_KEY, MergeChoice
from ...workflow import SaveConflict
from ..common.brief_pages import structure_label
from ..common.diff_html import highlight_differences, share_effort
from ..common.interface_labels import FIELD_LABELS
from ..common.name_fields import NamesById, load_names_by_id
from .draft_form import FORM_FIELDS, PICTURE_FIELDS, BulletRow, Draft, get_merge_key

MAX_CHOICES: Final = 200
"""Conflicting values of one page. The page after it shows further ones; the choices made are kept."""


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
    """One comparable value of a draft, with the same key as in `text.three_way_merge`."""

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
        if name == "picture" and value:
            own = (draft.fields[part] for part in PICTURE_FIELDS[1:])
            value = f"#{value[:6]} {' / '.join(filter(None, map(_tidy_or_raw, own)))}"
        if name == "source" and value.isdecimal():
            value = draft.fields["source_new"].strip() or names.sources.get(int(value), value)
        lang = LANGUAGE_TAGS["zh" if name.endswith("_zh") else "en"] if name in LEAD_FIELDS else ""
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
