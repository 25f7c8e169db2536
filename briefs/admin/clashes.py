"""Two people saved the same brief: each place that differs, both texts, and which to keep.

The page began from a revision (`base`). What only one of the two changed is preset to that one's text; where
both did, to one's own. The choice is posted as `take-<key>`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..content import LANG, SIDES, Side, Untidy, tidy
from .differences import marked
from .draft import FIELDS, LEADS, STRUCTURES, BulletRow, Draft, copy_of, structure_label
from .names import Names
from .words import FIELD_LABELS

OWN_NAME: Final[dict[Side, str]] = {"zh": "中文", "en": "English"}

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
    shared = _shared(mine, theirs)
    sides = [_places(draft, names, shared) if draft else {} for draft in (mine, theirs, base)]
    found = []
    for key in {**sides[1], **sides[0]}:
        values = [side[key].value if key in side else None for side in sides]
        if values[0] == values[1]:
            continue
        place = sides[0].get(key) or sides[1][key]
        left, right = _sides(values[0], values[1])
        found.append(
            Clash(key, place.label, place.lang, left, right, _preset(values, based=base is not None))
        )
    return found


def _preset(values: list[str | None], *, based: bool) -> Choice:
    """One's own, unless it was left alone. Without a base, words win over their absence."""
    mine, theirs, base = values
    if based and mine == base:
        return "theirs"
    if mine is None and (not based or theirs != base):
        return "theirs"
    return "mine"


def _sides(mine: str | None, theirs: str | None) -> tuple[SafeString, SafeString]:
    if mine is not None and theirs is not None:
        return marked(mine, theirs)
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (gone if v is None else format_html("<mark>{}</mark>", v) for v in (mine, theirs))
    return left, right


def _shared(mine: Draft, theirs: Draft) -> set[str]:
    """Keys of the bullets that both have: these are compared cell by cell, the others whole."""
    return {row.key for row in mine.kept()} & {row.key for row in theirs.kept()}


def _places(draft: Draft, names: Names, shared: set[str]) -> dict[str, _Place]:
    places = (*_field_places(draft, names), *_bullet_places(draft, shared))
    return {place.key: place for place in places}


def _field_places(draft: Draft, names: Names) -> Iterator[_Place]:
    for name in FIELDS:
        if name == "source_new":
            continue
        value = _tidied(draft.fields[name])
        if name == "source":
            chosen = names.sources.get(int(value), value) if value.isdecimal() else ""
            value = draft.fields["source_new"].strip() or chosen
        lang = LANG["zh" if name.endswith("_zh") else "en"] if name in LEADS else ""
        yield _Place(name, str(FIELD_LABELS[name]), lang, value)
    for name, lines in (("authors", _author_lines(draft)), ("keywords", _keyword_lines(draft))):
        yield _Place(name, str(FIELD_LABELS[name]), "", "\n".join(lines))


def _author_lines(draft: Draft) -> Iterator[str]:
    for row in draft.authors:
        if not (row.deleted or row.is_blank):
            yield " / ".join(filter(None, (row.name, row.affiliation_zh, row.affiliation_en)))


def _keyword_lines(draft: Draft) -> Iterator[str]:
    return (row.name for row in draft.keywords if not (row.deleted or row.is_blank))


def _bullet_places(draft: Draft, shared: set[str]) -> Iterator[_Place]:
    """A new bullet of one's own has no counterpart and clashes with nothing."""
    order = []
    for n, row in enumerate(draft.kept(), 1):
        label = _("Bullet %(n)s") % {"n": n}
        if row.key in shared:
            order.append(f"#{row.key}")
            for side in SIDES:
                yield _Place(f"{row.key}-{side}", f"{label} · {OWN_NAME[side]}", LANG[side], _cell(row, side))
            desk = "\n".join((_tidied(row.passage), _tidied(row.one_sided))).strip()
            yield _Place(f"{row.key}-desk", label, "", desk)
        elif row.number:
            yield _Place(row.key, label, "", "\n".join(_cell(row, side) for side in SIDES))
    yield _Place("order", _("Order"), "", " ".join(order))


def _cell(row: BulletRow, side: Side) -> str:
    text, structure = row.cell(side)
    text = " ".join(_tidied(text).split("\n"))
    if structure == STRUCTURES[0] or not text:
        return text
    return f"{structure_label(structure)} {text}"


def _tidied(text: str) -> str:
    try:
        return tidy(text)
    except Untidy:
        return text


def settled(mine: Draft, theirs: Draft, data: Mapping[str, Any]) -> Draft:
    """One's own draft with theirs put in wherever `take-<key>` says so."""
    draft, other = copy_of(mine), copy_of(theirs)

    def take(key: str) -> bool:
        return data.get(f"take-{key}") == "theirs"

    for name in FIELDS:
        if take(name):
            draft.fields[name] = other.fields[name]
            if name == "source":
                draft.fields["source_new"] = ""
    if take("authors"):
        draft.authors = other.authors
    if take("keywords"):
        draft.keywords = other.keywords
    _settle_bullets(draft, other, _shared(mine, theirs), take)
    if take("order"):
        _reorder(draft, [row.key for row in other.bullets])
    return draft


def _settle_bullets(draft: Draft, other: Draft, shared: set[str], take: Callable[[str], bool]) -> None:
    own = {row.key: row for row in draft.kept()}
    for i, row in enumerate(other.bullets):
        if row.key in shared:
            _settle_cells(own[row.key], row, take)
        elif take(row.key):
            draft.bullets = [r for r in draft.bullets if r.key != row.key]
            before = {r.key for r in other.bullets[:i]}
            follows = [n for n, r in enumerate(draft.bullets, 1) if r.key in before]
            draft.bullets.insert(max(follows, default=0), row)
    known = {row.key for row in other.bullets}
    draft.bullets = [r for r in draft.bullets if r.key in known or not (r.number and take(r.key))]


def _settle_cells(own: BulletRow, row: BulletRow, take: Callable[[str], bool]) -> None:
    for side in SIDES:
        if take(f"{row.key}-{side}"):
            text, structure = row.cell(side)
            setattr(own, f"text_{side}", text)
            setattr(own, f"structure_{side}", structure)
    if take(f"{row.key}-desk"):
        own.passage, own.one_sided = row.passage, row.one_sided


def _reorder(draft: Draft, keys: list[str]) -> None:
    """Theirs leads; what they do not have follows the neighbour that it followed."""
    place = {key: (i, 0) for i, key in enumerate(keys)}
    last = (-1, 0)
    for i, row in enumerate(draft.bullets, 1):
        last = place.setdefault(row.key, (last[0], i))
    draft.bullets.sort(key=lambda row: place[row.key])
