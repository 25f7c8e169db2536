"""The brief form's values as typed, read from a content or a POST, and conversion of bullets and picture
back.

All values are text, so that invalid input is kept as typed. Workflow state and hashes are not part of a
draft. Rows are identified by keys (`b4` is bullet number 4, `n1` a new bullet, `n` with 32 hex digits a new
bullet whose key the server remembers) and are in the order sent by the page.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils import timezone

from ...content import ALT_TEXT_FIELDS, LEAD_FIELDS, MAX_NAMES, Bullet, Content, Picture, Side
from ...facts import SCALAR_FACTS, Fact, FactKind
from ..common.brief_pages import BULLET_STRUCTURES, parse_int_or_zero, parse_structure
from ..common.name_fields import NamesById

FACT_FIELDS: Final = ("source", "source_new", *SCALAR_FACTS)
PICTURE_FIELDS: Final = ("picture", "picture_credit", "picture_licence", "picture_x", "picture_y")
"""Form fields of the picture: key, credit, licence, and the focus point in percent."""
FORM_FIELDS: Final = (*LEAD_FIELDS, *FACT_FIELDS, *ALT_TEXT_FIELDS, *PICTURE_FIELDS)
CHECKBOX_FIELDS: Final = frozenset(n for n, fact in SCALAR_FACTS.items() if fact.kind is FactKind.FLAG)
"""Browsers send these only when ticked."""

_ROW_KEY = re.compile(r"[a-z]\d{1,9}|n[0-9a-f]{32}")


@dataclass(slots=True)
class BulletRow:
    """One pair of the form. A structure combines level and marker: `0-bullet`, `1-number`."""

    key: str
    text_zh: str = ""
    text_en: str = ""
    structure_zh: str = BULLET_STRUCTURES[0]
    structure_en: str = BULLET_STRUCTURES[0]
    passage: str = ""
    one_sided: str = ""
    deleted: str = ""

    @property
    def number(self) -> int:
        """Return the bullet's number, or 0 for a new bullet."""
        return int(self.key[1:]) if self.key[0] == "b" else 0

    def cell(self, side: Side) -> tuple[str, str]:
        return (self.text_zh, self.structure_zh) if side == "zh" else (self.text_en, self.structure_en)

    @property
    def is_blank(self) -> bool:
        return not (self.text_zh.strip() or self.text_en.strip())


@dataclass(slots=True)
class KeywordRow:
    """`was` is the name as the page showed it; while `name` is unchanged, `id` identifies the vocabulary row."""

    key: str
    id: str = ""
    was: str = ""
    name: str = ""
    deleted: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.name.strip()


@dataclass(slots=True)
class AuthorRow(KeywordRow):
    affiliation_zh: str = ""
    affiliation_en: str = ""


ROW_TYPES: Final[dict[str, type[Any]]] = {"bullet": BulletRow, "author": AuthorRow, "keyword": KeywordRow}
NEW_KEY_PREFIXES: Final = {"bullet": "n", "author": "w", "keyword": "x"}
"""First letter of a new row's key."""


@dataclass(slots=True)
class Draft:
    """`version` is the brief's when the page was rendered, `base_revision` the number of its newest revision
    then.

    `unsent_fields` names fields missing from the POST, as an outdated page may not have a newer field.
    """

    fields: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FORM_FIELDS, ""))
    bullets: list[BulletRow] = field(default_factory=list)
    authors: list[AuthorRow] = field(default_factory=list)
    keywords: list[KeywordRow] = field(default_factory=list)
    version: int = 0
    base_revision: int = 0
    unsent_fields: frozenset[str] = frozenset()

    @classmethod
    def from_content(cls, content: Content, names: NamesById, *, version: int = 0, base: int = 0) -> Self:
        facts = content.facts
        fields = {name: getattr(content, name) for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS)}
        fields |= {"source": str(facts.source or ""), "source_new": ""}
        fields |= {n: _format_fact_input(fact, getattr(facts, n)) for n, fact in SCALAR_FACTS.items()}
        fields |= _picture_fields(facts.picture or Picture(""))
        authors = [
            AuthorRow(
                *_identify("a", byline.author, names.authors),
                affiliation_zh=byline.affiliation_zh,
                affiliation_en=byline.affiliation_en,
            )
            for byline in facts.authors
        ]
        keywords = [KeywordRow(*_identify("k", pk, names.keywords)) for pk in facts.keywords]
        return cls(fields, [build_bullet_row(b) for b in content.bullets], authors, keywords, version, base)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        draft = cls(
            {name: data.get(name, "") for name in FORM_FIELDS},
            list(_parse_rows(data, "bullet")),
            list(_parse_rows(data, "author")),
            list(_parse_rows(data, "keyword")),
            parse_int_or_zero(data.get("version", "")),
            parse_int_or_zero(data.get("base", "")),
        )
        if max(len(draft.authors), len(draft.keywords)) > 5 * MAX_NAMES:
            raise TooManyFieldsSent  # forged: 400, since to show so many rows again takes seconds
        draft.unsent_fields = (
            frozenset(name for name in draft._expected_field_names() if name not in data) - CHECKBOX_FIELDS
        )
        return draft

    def _expected_field_names(self) -> Iterator[str]:
        """Yield every field name that the current page sends, except those of new rows, which have no base."""
        yield from FORM_FIELDS
        for group, new in NEW_KEY_PREFIXES.items():
            for row in self.rows(group):
                if row.key[0] != new:
                    yield from (f"{name}-{row.key}" for name in _cell_names(type(row)))

    def fill_unsent(self, base: Self) -> None:
        """Set fields missing from the POST to their value in the base draft."""
        for name in self.unsent_fields.intersection(FORM_FIELDS):
            self.fields[name] = base.fields[name]
        for group in ROW_TYPES:
            found = {row.key: row for row in base.rows(group)}
            for row in self.rows(group):
                for name in _cell_names(type(row)) if row.key in found else ():
                    if f"{name}-{row.key}" in self.unsent_fields:
                        setattr(row, name, getattr(found[row.key], name))

    def rows(self, group: str) -> list[Any]:
        return cast(list[Any], getattr(self, f"{group}s"))

    def bullets_to_save(self) -> list[BulletRow]:
        """Return the bullets that are neither deleted nor blank."""
        return [row for row in self.bullets if not row.deleted and not row.is_blank]

    def apply_command(self, command: str) -> str:
        """Apply a button's command: `up:b4`, `down:b4`, `delete:b4`, `restore:b4`, `after:b4`, `add:bullet`.

        Returns the key of the row to focus; an unknown command changes nothing.
        """
        verb, _, key = command.partition(":")
        if verb == "add" and key in ROW_TYPES:
            return self._add_row(key, len(self.rows(key)))
        for group in ROW_TYPES:
            rows = self.rows(group)
            at = next((i for i, row in enumerate(rows) if row.key == key), None)
            if at is None:
                continue
            if verb == "after":
                return self._add_row(group, at + 1)
            if verb in ("delete", "restore"):
                rows[at].deleted = "1" if verb == "delete" else ""
            elif verb in ("up", "down"):
                to = at + (1 if verb == "down" else -1)
                if 0 <= to < len(rows):
                    rows[at], rows[to] = rows[to], rows[at]
            return key
        return ""

    def _add_row(self, group: str, index: int) -> str:
        rows, letter = self.rows(group), NEW_KEY_PREFIXES[group]
        taken = [int(row.key[1:]) for row in rows if row.key[0] == letter and len(row.key) < 11]
        key = f"{letter}{max(taken, default=0) + 1}"
        rows.insert(index, ROW_TYPES[group](key))
        return key

    def add_spare_rows(self) -> Self:
        """Add an empty bullet if there is none, and an empty author and keyword row if all are filled."""
        if not self.bullets:
            self._add_row("bullet", 0)
        for group in ("author", "keyword"):
            if all(not row.is_blank for row in self.rows(group)):
                self._add_row(group, len(self.rows(group)))
        return self

    def build_picture(self) -> Picture | None:
        """Build the picture without its size, which the workflow looks up.

        An incomplete focus point is ignored.
        """
        key, credit, licence, x, y = (self.fields[name] for name in PICTURE_FIELDS)
        point = [_parse_percent(x), _parse_percent(y)]
        focus = "" if "" in point else ",".join(point)
        return Picture(key, credit=credit, licence=licence, focus=focus) if key else None

    def new_bullet_keys(self) -> list[str]:
        """Return the keys of the new bullets to save."""
        return [row.key for row in self.bullets_to_save() if not row.number]

    def build_bullets(self, bullet_numbers: Mapping[str, int]) -> tuple[Bullet, ...]:
        """Build the bullets to save. `bullet_numbers` maps keys of new bullets to numbers."""
        return tuple(
            build_bullet(row, row.number or bullet_numbers.get(row.key, 0)) for row in self.bullets_to_save()
        )


def _identify(letter: str, pk: int, names: Mapping[int, str]) -> tuple[str, str, str, str]:
    """Return key, id, name as shown and name as typed of a stored row."""
    name = names.get(pk, "")
    return f"{letter}{pk}", str(pk), name, name


def get_merge_key(field_name: str) -> str:
    """Return the merge key of a form field (see `text.three_way_merge`). Several fields may share one."""
    if field_name in PICTURE_FIELDS:
        return "picture"
    return "source" if field_name == "source_new" else field_name


def _picture_fields(picture: Picture) -> dict[str, str]:
    x, _, y = picture.focus.partition(",")
    return dict(zip(PICTURE_FIELDS, (picture.key, picture.credit, picture.licence, x, y), strict=True))


def _parse_rows(data: QueryDict, group: str) -> Iterator[Any]:
    """Yield the rows in page order. A key sent twice is read once."""
    kind = ROW_TYPES[group]
    names, blank = _cell_names(kind), kind("n0")
    for key in dict.fromkeys(data.getlist(group)):
        if _ROW_KEY.fullmatch(key):
            yield kind(key, **{name: data.get(f"{name}-{key}", getattr(blank, name)) for name in names})


def _cell_names(row_type: type[Any]) -> list[str]:
    return [name for name in row_type.__dataclass_fields__ if name != "key"]


def build_bullet_row(bullet: Bullet) -> BulletRow:
    return BulletRow(
        key=f"b{bullet.number}",
        text_zh=bullet.text_zh,
        text_en=bullet.text_en,
        structure_zh=f"{bullet.level_zh}-{bullet.marker_zh}",
        structure_en=f"{bullet.level_en}-{bullet.marker_en}",
        passage=bullet.passage,
        one_sided=bullet.one_sided,
    )


def build_bullet(row: BulletRow, number: int) -> Bullet:
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


def _parse_percent(value: str) -> str:
    return str(min(parse_int_or_zero(value), 100)) if value.isascii() and value.isdecimal() else ""


def _format_fact_input(fact: Fact, value: str | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return _to_local_input(value) if value and fact.kind is FactKind.MOMENT else value


def _to_local_input(iso: str) -> str:
    """Format a moment for a `datetime-local` input, in the site's time zone."""
    local = timezone.localtime(dt.datetime.fromisoformat(iso)).replace(tzinfo=None)
    return local.isoformat(timespec="minutes" if not local.second else "seconds")
