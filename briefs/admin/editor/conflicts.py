"""Two people wrote in the same places: each place with both texts, and which to keep.

What only one of the two touched is merged already and not asked about. The choice is posted as `take-<place>`,
beside the number of the revision whose text was on the screen (`against`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANG, SIDES, Side, Untidy, tidy
from ...text.three_way_merge import ORDER_KEY, MergeChoice
from ...workflow import Clashed
from ..common.brief_pages import structure_label
from ..common.diff_html import marked
from ..common.interface_labels import FIELD_LABELS
from ..common.name_fields import Names
from .draft_form import FIELDS, LEADS, PICTURE_FACTS, BulletRow, Draft, place_of

OWN_NAME: Final[dict[Side, str]] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class Clash:
    key: str
    label: str
    lang: str
    mine: SafeString
    theirs: SafeString
    preset: MergeChoice


@dataclass(frozen=True, slots=True)
class Conflict:
    """`merged` counts the places that need no choice; `settled` are those chosen already."""

    clashes: list[Clash]
    settled: Mapping[str, MergeChoice]
    against: int
    merged: int


@dataclass(frozen=True, slots=True)
class _Place:
    """One comparable place of a draft, named as in `merging`."""

    key: str
    label: str
    lang: str
    value: str


def conflict_of(
    clashed: Clashed, mine: Draft, theirs: Draft, names: Names, takes: Mapping[str, MergeChoice]
) -> Conflict:
    """`takes` are choices made before, on a page that somebody has overtaken since."""
    own, other = _places(mine, names, clashed.numbers), _places(theirs, names, {})
    found = []
    for key in clashed.places:
        if (place := own.get(key) or other.get(key)) is None:
            continue
        left, right = _sides(*(side[key].value if key in side else None for side in (own, other)))
        preset = takes.get(key, "mine" if key in own else "theirs")
        found.append(Clash(key, place.label, place.lang, left, right, preset))
    settled = {key: choice for key, choice in takes.items() if key not in clashed.places}
    return Conflict(found, settled, clashed.number, len(clashed.taken))


def is_same(mine: Draft, base: Draft, numbers: Mapping[str, int]) -> bool:
    """Whether nothing was typed. `numbers` are those of new bullets by key."""
    own, was = _places(mine, Names(), numbers), _places(base, Names(), {})
    return {key: place.value for key, place in own.items()} == {k: place.value for k, place in was.items()}


def _sides(mine: str | None, theirs: str | None) -> tuple[SafeString, SafeString]:
    if mine is not None and theirs is not None:
        return marked(mine, theirs)
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (gone if v is None else format_html("<mark>{}</mark>", v) for v in (mine, theirs))
    return left, right


def _places(draft: Draft, names: Names, numbers: Mapping[str, int]) -> dict[str, _Place]:
    places = (*_field_places(draft, names), *_bullet_places(draft, numbers))
    return {place.key: place for place in places}


def _field_places(draft: Draft, names: Names) -> Iterator[_Place]:
    for name in FIELDS:
        if place_of(name) != name:
            continue
        value = _tidied(draft.fields[name])
        if name == "picture" and value:
            own = (draft.fields[part] for part in PICTURE_FACTS[1:])
            value = f"#{value[:6]} {' / '.join(filter(None, map(_tidied, own)))}"
        if name == "source" and value.isdecimal():
            value = draft.fields["source_new"].strip() or names.sources.get(int(value), value)
        lang = LANG["zh" if name.endswith("_zh") else "en"] if name in LEADS else ""
        yield _Place(name, str(FIELD_LABELS[name]), lang, value)
    for name, lines in (("authors", _author_lines(draft)), ("keywords", _keyword_lines(draft))):
        yield _Place(name, str(FIELD_LABELS[name]), "", "\n".join(lines))


def _author_lines(draft: Draft) -> Iterator[str]:
    for row in draft.authors:
        if not row.deleted and (row.name + row.affiliation_zh + row.affiliation_en).strip():
            yield " / ".join(filter(None, (row.name, row.affiliation_zh, row.affiliation_en)))


def _keyword_lines(draft: Draft) -> Iterator[str]:
    return (row.name for row in draft.keywords if not (row.deleted or row.is_blank))


def _bullet_places(draft: Draft, numbers: Mapping[str, int]) -> Iterator[_Place]:
    order = []
    for n, row in enumerate(draft.kept(), 1):
        number = row.number or numbers.get(row.key, 0)
        order.append(f"#b{number}")
        yield from _cells(row, f"b{number}", _("Bullet %(n)s") % {"n": n})
    yield _Place(ORDER_KEY, _("Order"), "", " ".join(order))


def _cells(row: BulletRow, key: str, label: str) -> Iterator[_Place]:
    yield _Place(key, label, "", "\n".join(_line(row.cell(side)[0]) for side in SIDES))
    for side in SIDES:
        text, structure = row.cell(side)
        name = f"{label} · {OWN_NAME[side]}"
        yield _Place(f"{key}-{side}", name, LANG[side], _line(text))
        level = f"{name} · {_('Structure (level, marker)')}"
        yield _Place(f"{key}-{side}-structure", level, "", structure_label(structure))
    yield _Place(f"{key}-passage", f"{label} · {_('Source passage')}", "", _tidied(row.passage))
    yield _Place(f"{key}-one_sided", f"{label} · {_('Reason')}", "", _tidied(row.one_sided))


def _line(text: str) -> str:
    return " ".join(_tidied(text).split("\n"))


def _tidied(text: str) -> str:
    try:
        return tidy(text)
    except Untidy:
        return text
