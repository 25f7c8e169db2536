"""What is typed in the brief's form, as typed: from a content or a POST, and back to a content.

Everything is text here, so that nothing typed is lost when it cannot be taken. State, version and hashes are
no part of it. Rows are told apart by their keys (`b4` is bullet number 4, `n1` a new one, `n` with 32 hex digits
one whose key the server remembers) and stand in the order in which the page sends them.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, Self, cast

from django.http import QueryDict
from django.utils import timezone

from ...content import Bullet, Content, Picture, Side
from ..common.brief_pages import STRUCTURES, parse_structure
from ..common.name_fields import Names

LEADS: Final = ("headline_zh", "headline_en", "summary_zh", "summary_en")
TEXT_FACTS: Final = (
    *("date", "date_label", "title", "url", "doi", "language", "access", "kind"),
    *("accessed_on", "archive_url"),
)
FACT_FIELDS: Final = ("source", "source_new", *TEXT_FACTS, "embargo_until", "source_withdrew")
ALTS: Final = ("picture_alt_zh", "picture_alt_en")
PICTURE_FACTS: Final = ("picture", "picture_credit", "picture_licence", "picture_x", "picture_y")
"""Of one fact, the picture: its key, whose it is, and what must stay in sight, in percent."""
FIELDS: Final = (*LEADS, *FACT_FIELDS, *ALTS, *PICTURE_FACTS)
TICKS: Final = ("source_withdrew",)
"""A browser sends them only when they are ticked."""

_KEY = re.compile(r"[a-z]\d{1,9}|n[0-9a-f]{32}")


@dataclass(slots=True)
class BulletRow:
    """One pair of the form. A structure is level and marker in one: `0-bullet`, `1-number`."""

    key: str
    text_zh: str = ""
    text_en: str = ""
    structure_zh: str = STRUCTURES[0]
    structure_en: str = STRUCTURES[0]
    passage: str = ""
    one_sided: str = ""
    deleted: str = ""

    @property
    def number(self) -> int:
        """0 is new."""
        return int(self.key[1:]) if self.key[0] == "b" else 0

    def cell(self, side: Side) -> tuple[str, str]:
        return (self.text_zh, self.structure_zh) if side == "zh" else (self.text_en, self.structure_en)

    @property
    def is_blank(self) -> bool:
        return not (self.text_zh.strip() or self.text_en.strip())


@dataclass(slots=True)
class AuthorRow:
    """`was` is the name as the page showed it: while it is untouched, `id` says who is meant."""

    key: str
    id: str = ""
    was: str = ""
    name: str = ""
    affiliation_zh: str = ""
    affiliation_en: str = ""
    deleted: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.name.strip()


@dataclass(slots=True)
class KeywordRow:
    key: str
    id: str = ""
    was: str = ""
    name: str = ""
    deleted: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.name.strip()


class Row(Protocol):
    key: str
    deleted: str


GROUPS: Final[dict[str, type[Any]]] = {"bullet": BulletRow, "author": AuthorRow, "keyword": KeywordRow}
LETTER: Final = {"bullet": "n", "author": "w", "keyword": "x"}
"""The first letter of a new row's key."""


@dataclass(slots=True)
class Draft:
    """`version` is the brief's when the page was made, `base` the number of its newest revision then.

    `unsent` names what the page has no field for: it may be older than the field.
    """

    fields: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    bullets: list[BulletRow] = field(default_factory=list)
    authors: list[AuthorRow] = field(default_factory=list)
    keywords: list[KeywordRow] = field(default_factory=list)
    version: int = 0
    base: int = 0
    unsent: frozenset[str] = frozenset()

    @classmethod
    def of(cls, content: Content, names: Names, *, version: int = 0, base: int = 0) -> Self:
        facts = content.facts
        fields = {name: getattr(content, name) for name in (*LEADS, *ALTS)}
        fields |= {name: getattr(facts, name) for name in TEXT_FACTS}
        fields |= {
            "source": str(facts.source or ""),
            "source_new": "",
            "embargo_until": _local(facts.embargo_until),
            "source_withdrew": "on" if facts.source_withdrew else "",
        }
        fields |= _picture_fields(facts.picture or Picture(""))
        authors = [
            AuthorRow(
                f"a{byline.author}",
                str(byline.author),
                names.authors.get(byline.author, ""),
                names.authors.get(byline.author, ""),
                byline.affiliation_zh,
                byline.affiliation_en,
            )
            for byline in facts.authors
        ]
        keywords = [
            KeywordRow(f"k{pk}", str(pk), names.keywords.get(pk, ""), names.keywords.get(pk, ""))
            for pk in facts.keywords
        ]
        return cls(fields, [row_of(b) for b in content.bullets], authors, keywords, version, base)

    @classmethod
    def posted(cls, data: QueryDict) -> Self:
        draft = cls(
            {name: data.get(name, "") for name in FIELDS},
            list(_posted(data, "bullet")),
            list(_posted(data, "author")),
            list(_posted(data, "keyword")),
            _number(data.get("version", "")),
            _number(data.get("base", "")),
        )
        draft.unsent = frozenset(name for name in draft._names() if name not in data) - {*TICKS}
        return draft

    def _names(self) -> Iterator[str]:
        """Of every field that a page of today has for what it began from: new rows begin from nothing."""
        yield from FIELDS
        for group, new in LETTER.items():
            for row in self.rows(group):
                if row.key[0] != new:
                    yield from (f"{name}-{row.key}" for name in _cells(type(row)))

    def fill(self, base: Self) -> None:
        """What the page has no field for stays as it is in what the page began from."""
        for name in self.unsent.intersection(FIELDS):
            self.fields[name] = base.fields[name]
        for group in GROUPS:
            found = {row.key: row for row in base.rows(group)}
            for row in self.rows(group):
                for name in _cells(type(row)) if row.key in found else ():
                    if f"{name}-{row.key}" in self.unsent:
                        setattr(row, name, getattr(found[row.key], name))

    def rows(self, group: str) -> list[Any]:
        return cast(list[Any], getattr(self, f"{group}s"))

    def kept(self) -> list[BulletRow]:
        """The bullets that a save keeps."""
        return [row for row in self.bullets if not row.deleted and not row.is_blank]

    def do(self, order: str) -> str:
        """Carry out a button: `up:b4`, `down:b4`, `delete:b4`, `restore:b4`, `after:b4`, `add:bullet`.

        Returns the key of the row to look at; an unknown order changes nothing.
        """
        verb, _, key = order.partition(":")
        if verb == "add" and key in GROUPS:
            return self._add(key, len(self.rows(key)))
        for group in GROUPS:
            rows = self.rows(group)
            at = next((i for i, row in enumerate(rows) if row.key == key), None)
            if at is None:
                continue
            if verb == "after":
                return self._add(group, at + 1)
            if verb in ("delete", "restore"):
                rows[at].deleted = "1" if verb == "delete" else ""
            elif verb in ("up", "down"):
                to = at + (1 if verb == "down" else -1)
                if 0 <= to < len(rows):
                    rows[at], rows[to] = rows[to], rows[at]
            return key
        return ""

    def _add(self, group: str, at: int) -> str:
        rows, letter = self.rows(group), LETTER[group]
        taken = [int(row.key[1:]) for row in rows if row.key[0] == letter and len(row.key) < 11]
        key = f"{letter}{max(taken, default=0) + 1}"
        rows.insert(at, GROUPS[group](key))
        return key

    def with_spares(self) -> Self:
        """An empty row to write in where there would be none."""
        if not self.bullets:
            self._add("bullet", 0)
        for group in ("author", "keyword"):
            if all(not row.is_blank for row in self.rows(group)):
                self._add(group, len(self.rows(group)))
        return self

    def picture_typed(self) -> Picture | None:
        """Its size is for the workflow to find. A point that is none says nothing."""
        key, credit, licence, x, y = (self.fields[name] for name in PICTURE_FACTS)
        point = [_percent(x), _percent(y)]
        focus = "" if "" in point else ",".join(point)
        return Picture(key, credit=credit, licence=licence, focus=focus) if key else None

    def new_keys(self) -> list[str]:
        """Of the new bullets that a save keeps."""
        return [row.key for row in self.kept() if not row.number]

    def bullets_typed(self, numbers: Mapping[str, int]) -> tuple[Bullet, ...]:
        """`numbers` are those of new bullets, by key."""
        return tuple(bullet_of(row, row.number or numbers.get(row.key, 0)) for row in self.kept())


def place_of(name: str) -> str:
    """Of a field, its place in a content (see `merging`): several may be of one fact."""
    if name in PICTURE_FACTS:
        return "picture"
    return "source" if name == "source_new" else name


def _picture_fields(picture: Picture) -> dict[str, str]:
    x, _, y = picture.focus.partition(",")
    return dict(zip(PICTURE_FACTS, (picture.key, picture.credit, picture.licence, x, y), strict=True))


def _posted(data: QueryDict, group: str) -> Iterator[Any]:
    """The rows in the page's order. A key sent twice is read once."""
    kind = GROUPS[group]
    names, blank = _cells(kind), kind("n0")
    for key in dict.fromkeys(data.getlist(group)):
        if _KEY.fullmatch(key):
            yield kind(key, **{name: data.get(f"{name}-{key}", getattr(blank, name)) for name in names})


def _cells(kind: type[Any]) -> list[str]:
    return [name for name in kind.__dataclass_fields__ if name != "key"]


def row_of(bullet: Bullet) -> BulletRow:
    return BulletRow(
        key=f"b{bullet.number}",
        text_zh=bullet.text_zh,
        text_en=bullet.text_en,
        structure_zh=f"{bullet.level_zh}-{bullet.marker_zh}",
        structure_en=f"{bullet.level_en}-{bullet.marker_en}",
        passage=bullet.passage,
        one_sided=bullet.one_sided,
    )


def bullet_of(row: BulletRow, number: int) -> Bullet:
    (level_zh, marker_zh), (level_en, marker_en) = (
        parse_structure(row.structure_zh),
        parse_structure(row.structure_en),
    )
    return Bullet(
        number=number,
        text_zh=row.text_zh,
        text_en=row.text_en,
        level_zh=level_zh,
        level_en=level_en,
        marker_zh=marker_zh,
        marker_en=marker_en,
        passage=row.passage,
        one_sided=row.one_sided,
    )


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _percent(value: str) -> str:
    return str(min(_number(value), 100)) if value.isascii() and value.isdecimal() else ""


def _local(iso: str) -> str:
    """A moment as an input of type datetime-local takes it, in the site's zone."""
    if not iso:
        return ""
    local = timezone.localtime(dt.datetime.fromisoformat(iso)).replace(tzinfo=None)
    return local.isoformat(timespec="minutes" if not local.second else "seconds")


def copy_of(draft: Draft) -> Draft:
    return Draft(
        dict(draft.fields),
        [replace(row) for row in draft.bullets],
        [replace(row) for row in draft.authors],
        [replace(row) for row in draft.keywords],
        draft.version,
        draft.base,
        draft.unsent,
    )
