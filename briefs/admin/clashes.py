"""Two people saved the same brief: each place that differs, both texts, and which to keep.

The page began from a revision (`base`). What only one of the two changed is preset to that one's text; where
both did, to one's own. The choice is posted as `take-<key>`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..content import LANG, SIDES, Side, Untidy, tidy
from .differences import marked
from .draft import FIELDS, LEADS, BulletRow, Draft, copy_of
from .names import Names
from .words import FACTS

type Choice = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class Clash:
    key: str
    label: str
    lang: str
    mine: SafeString
    theirs: SafeString
    preset: Choice


@dataclass(frozen=True, slots=True)
class _Place:
    """One comparable place of a draft. `value` is None where the draft has no such bullet."""

    key: str
    label: str
    lang: str
    value: str | None


def clashes(mine: Draft, theirs: Draft, base: Draft | None, names: Names) -> list[Clash]:
    sides = [_places(draft, names) if draft else {} for draft in (mine, theirs, base)]
    found = []
    for key in {**sides[1], **sides[0]}:
        values = [side[key].value if key in side else None for side in sides]
        if values[0] == values[1]:
            continue
        place = sides[0].get(key) or sides[1][key]
        left, right = (marked(values[0] or "", values[1] or "")) if None not in values[:2] else _whole(values)
        found.append(Clash(key, place.label, place.lang, left, right, _preset(values, based=base is not None)))
    return found


def _preset(values: list[str | None], *, based: bool) -> Choice:
    """One's own, unless it was left alone; words win over their deletion."""
    mine, theirs, base = values
    if mine is None and (not based or base != theirs):
        return "theirs"
    return "theirs" if based and mine == base and mine is not None else "mine"


def _whole(values: list[str | None]) -> tuple[SafeString, SafeString]:
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (gone if value is None else format_html("<mark>{}</mark>", value) for value in values[:2])
    return left, right


def _places(draft: Draft, names: Names) -> dict[str, _Place]:
    return {place.key: place for place in (*_field_places(draft, names), *_bullet_places(draft))}


def _field_places(draft: Draft, names: Names) -> Iterator[_Place]:
    for name in FIELDS:
        if name == "source_new":
            continue
        value = _tidied(draft.fields[name])
        if name == "source":
            value = draft.fields["source_new"] or (names.sources.get(int(value), value) if value.isdecimal() else "")
        yield _Place(name, _label(name), LANG["zh" if name.endswith("_zh") else "en"] if name in LEADS else "", value)
    people = (
        " / ".join(filter(None, (row.name, row.affiliation_zh, row.affiliation_en)))
        for row in draft.authors
        if not row.deleted and row.name
    )
    yield _Place("authors", _label("authors"), "", "\n".join(people))
    labels = (row.name for row in draft.keywords if not row.deleted and row.name)
    yield _Place("keywords", _label("keywords"), "", "\n".join(labels))


def _label(name: str) -> str:
    return str(FACTS[name])


def _bullet_places(draft: Draft) -> Iterator[_Place]:
    """A new bullet of one's own has no counterpart and clashes with nothing."""
    rows = [row for row in draft.kept() if row.number]
    for n, row in enumerate(rows, 1):
        label = _("Bullet %(n)s") % {"n": n}
        for side in SIDES:
            yield _Place(f"{row.key}-{side}", label, LANG[side], _cell(row, side))
        yield _Place(f"{row.key}-desk", label, "", "\n".join((_tidied(row.passage), _tidied(row.one_sided))).strip())
    if rows:
        yield _Place("order", _("Order"), "", " ".join(f"#{row.key}" for row in rows))


def _cell(row: BulletRow, side: Side) -> str:
    text, structure = row.cell(side)
    text = " ".join(_tidied(text).split("\n"))
    return text if structure == "0-bullet" or not text else f"[{structure}] {text}"


def _tidied(text: str) -> str:
    try:
        return tidy(text)
    except Untidy:
        return text


def settled(mine: Draft, theirs: Draft, data: Mapping[str, Any]) -> Draft:
    """One's own draft with theirs put in wherever `take-<key>` says so."""
    draft = copy_of(mine)
    take = {key for key in _all_keys(mine, theirs) if data.get(f"take-{key}") == "theirs"}
    for name in take & set(FIELDS):
        draft.fields[name] = theirs.fields[name]
        if name == "source":
            draft.fields["source_new"] = ""
    if "authors" in take:
        draft.authors = copy_of(theirs).authors
    if "keywords" in take:
        draft.keywords = copy_of(theirs).keywords
    for row in theirs.bullets:
        _take_row(draft, theirs, row, take)
    known = {row.key for row in theirs.bullets}
    gone = {row.key for row in draft.bullets if row.number and row.key not in known and f"{row.key}-zh" in take}
    draft.bullets = [row for row in draft.bullets if row.key not in gone]
    if "order" in take:
        _reorder(draft, [row.key for row in theirs.bullets])
    return draft


def _all_keys(mine: Draft, theirs: Draft) -> set[str]:
    return {key for draft in (mine, theirs) for key in _places(draft, Names())}


def _take_row(draft: Draft, theirs: Draft, row: BulletRow, take: set[str]) -> None:
    own = next((r for r in draft.bullets if r.key == row.key and not r.deleted and not r.is_blank), None)
    if own is None:
        if not {f"{row.key}-{side}" for side in SIDES} & take:
            return
        draft.bullets = [r for r in draft.bullets if r.key != row.key]
        before = [r.key for r in theirs.bullets[: theirs.bullets.index(row)]]
        at = next((i + 1 for i, r in reversed(list(enumerate(draft.bullets))) if r.key in before), 0)
        own = BulletRow(row.key)
        draft.bullets.insert(at, own)
    for side in SIDES:
        if f"{row.key}-{side}" in take:
            setattr(own, f"text_{side}", row.cell(side)[0])
            setattr(own, f"structure_{side}", row.cell(side)[1])
    if f"{row.key}-desk" in take:
        own.passage, own.one_sided = row.passage, row.one_sided


def _reorder(draft: Draft, keys: list[str]) -> None:
    """Theirs leads; what they do not have follows the neighbour that it followed."""
    place = {key: (i, 0) for i, key in enumerate(keys)}
    last = (-1, 0)
    for i, row in enumerate(draft.bullets, 1):
        last = place.setdefault(row.key, (last[0], i))
    draft.bullets.sort(key=lambda row: place[row.key])
