"""The content of a brief: what a revision keeps, what an edition freezes, and the hash of each side.

Pure: standard library only. Every room that touches words imports this one, and this one imports none.
"""

import dataclasses
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Side = Literal["zh", "en"]
Marker = Literal["bullet", "number"]
SIDES: tuple[Side, Side] = ("zh", "en")
BULLET_MARKERS: tuple[Marker, Marker] = ("bullet", "number")
BULLET_LEVELS = range(3)
LANGUAGE_TAGS: dict[Side, str] = {"zh": "zh-Hant-TW", "en": "en"}

PICTURE_WIDTHS = (640, 1280, 1920)
"""In which a picture is kept, in pixels. Editions name their files by them: never take one away."""

CONTENT_FORMAT = 1
"""Of the hashed form. A new optional field changes no hash, since empty values are left out."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class ForbiddenCharacter(ValueError):
    """A character that no text may hold. `line` counts from 1."""

    def __init__(self, line: int, character: str) -> None:
        self.line = line
        self.character = character
        super().__init__(f"line {line}: control character U+{ord(character):04X}")


def tidy(text: str) -> str:
    """One form for every text at every door: LF, NFC, no trailing white space, no blank edge lines.

    White space inside a line is kept, so that nobody's wording changes. Raises Untidy.
    """
    if text.isprintable():  # one line without a control character or an odd space: nearly every text
        return unicodedata.normalize("NFC", text).strip()
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    if bad := _FORBIDDEN.search(text):
        raise ForbiddenCharacter(text.count("\n", 0, bad.start()) + 1, bad.group())
    text = unicodedata.normalize("NFC", text)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").strip()


def tidy_line(text: str) -> str:
    """`tidy` for text that stands on one line: a headline, a bullet, a name."""
    text = tidy(text)
    return re.sub(r" *\n+ *", " ", text) if "\n" in text else text


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces and characters as they are: the form that is hashed and stored."""
    return _CANONICAL.encode(value)


def hash_json(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, False, [], ())}


@dataclass(frozen=True, slots=True)
class Bullet:
    """One aligned pair. `number` is unique in its brief and never reused; it is not the position."""

    number: int
    text_zh: str = ""
    text_en: str = ""
    level_zh: int = 0
    level_en: int = 0
    marker_zh: Marker = "bullet"
    marker_en: Marker = "bullet"
    # For the desk alone: in revisions, never in an edition, in no hash.
    passage: str = ""
    one_sided: str = ""

    def text(self, side: Side) -> str:
        return self.text_zh if side == "zh" else self.text_en

    def level(self, side: Side) -> int:
        return self.level_zh if side == "zh" else self.level_en

    def marker(self, side: Side) -> Marker:
        return self.marker_zh if side == "zh" else self.marker_en


@dataclass(frozen=True, slots=True)
class Byline:
    """An author of the article, with title and affiliation at the time."""

    author: int
    affiliation_zh: str = ""
    affiliation_en: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The cover. `key` is the sha256 of what was uploaded; `width` and `height` are those of its largest file.

    `focus` is what must stay in sight where a picture is cut, in percent from left and top: `50,40`.
    """

    key: str
    width: int = 0
    height: int = 0
    credit: str = ""
    licence: str = ""
    focus: str = ""

    @property
    def widths(self) -> tuple[int, ...]:
        """Of its files, the smallest first. Nothing is enlarged."""
        return (*(width for width in PICTURE_WIDTHS if width < self.width), self.width)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the digested article, shared by both languages. Rows are named by id.

    `date` is ISO, cut to its precision: `2025-06-09`, or `2025-06` for a month or an issue, whose own
    label ("May/June 2025") stands in `date_label`. `embargo_until` is ISO with an offset.
    """

    source: int | None = None
    authors: tuple[Byline, ...] = ()
    keywords: tuple[int, ...] = ()
    date: str = ""
    date_label: str = ""
    title: str = ""
    url: str = ""
    doi: str = ""
    language: str = ""
    access: str = ""
    kind: str = ""
    accessed_on: str = ""
    archive_url: str = ""
    embargo_until: str = ""
    source_withdrew: bool = False
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Both languages of a brief and the facts of its article."""

    headline_zh: str = ""
    headline_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    bullets: tuple[Bullet, ...] = ()
    facts: Facts = field(default_factory=Facts)
    picture_alt_zh: str = ""
    picture_alt_en: str = ""

    def headline(self, side: Side) -> str:
        return self.headline_zh if side == "zh" else self.headline_en

    def summary(self, side: Side) -> str:
        return self.summary_zh if side == "zh" else self.summary_en

    def picture_alt(self, side: Side) -> str:
        return self.picture_alt_zh if side == "zh" else self.picture_alt_en

    def hash_side(self, side: Side) -> str:
        """sha256 of one language: its headline, summary, alt text and the bullets that have words in it, in order."""
        form = {
            "headline": self.headline(side),
            "summary": self.summary(side),
            "bullets": [
                [b.number, b.level(side), b.marker(side), b.text(side)] for b in self.bullets if b.text(side)
            ],
            "picture_alt": self.picture_alt(side),
        }
        return hash_json({"format": CONTENT_FORMAT, **_without_empty(form)})

    def hash_facts(self) -> str:
        return hash_json({"format": CONTENT_FORMAT, **_facts_as_json(self.facts)})

    def hashes(self) -> dict[str, str]:
        return {"zh": self.hash_side("zh"), "en": self.hash_side("en"), "facts": self.hash_facts()}

    def hash_all(self) -> str:
        """One hash over both sides and the facts: what an approver has on the screen."""
        return hash_json(self.hashes())

    def without_staff_fields(self) -> Self:
        """The content without what is for the desk alone. Only this may be frozen into an edition."""
        bare = tuple(dataclasses.replace(b, passage="", one_sided="") for b in self.bullets)
        return dataclasses.replace(self, bullets=bare)

    def as_json(self) -> dict[str, Any]:
        """Plain data, empty values left out, for a revision or an edition."""
        return {
            **_without_empty(_shallow_dict(self)),
            "format": CONTENT_FORMAT,
            "bullets": [{"number": b.number, **_non_default_values(b)} for b in self.bullets],
            "facts": _facts_as_json(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `as_json`. Unknown keys, written by a newer version, are passed over."""
        facts = _known_fields(Facts, data.get("facts", {}))
        facts["authors"] = tuple(Byline(**_known_fields(Byline, a)) for a in facts.get("authors", ()))
        facts["keywords"] = tuple(facts.get("keywords", ()))
        if picture := facts.get("picture"):
            facts["picture"] = Picture(**_known_fields(Picture, picture))
        values = _known_fields(cls, data)
        values["bullets"] = tuple(Bullet(**_known_fields(Bullet, b)) for b in data.get("bullets", ()))
        values["facts"] = Facts(**facts)
        return cls(**values)


_FIELD_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(f.name for f in dataclasses.fields(kind))
    for kind in (Bullet, Byline, Picture, Facts, Content)
}
_BLANK_BULLET = Bullet(number=0)


def _facts_as_json(facts: Facts) -> dict[str, Any]:
    """As hashed and as stored."""
    form = _shallow_dict(facts)
    form["authors"] = [_without_empty(_shallow_dict(author)) for author in facts.authors]
    form["picture"] = _without_empty(_shallow_dict(facts.picture)) if facts.picture else None
    return _without_empty(form)


def _shallow_dict(row: Bullet | Byline | Picture | Facts | Content) -> dict[str, Any]:
    """One level of `dataclasses.asdict`, which copies deep and is ten times slower."""
    return {name: getattr(row, name) for name in _FIELD_NAMES[type(row)]}


def _non_default_values(bullet: Bullet) -> dict[str, Any]:
    names = _FIELD_NAMES[Bullet][1:]
    return {name: value for name in names if (value := getattr(bullet, name)) != getattr(_BLANK_BULLET, name)}


def _known_fields(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in _FIELD_NAMES[kind]}
