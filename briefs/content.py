"""The content of a brief as stored in revisions and editions, and the hash of each side.

Standard library only: other modules that handle text import this one, and it imports none of them.
"""

import dataclasses
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Side = Literal["zh", "en"]
Marker = Literal["bullet", "number"]
SIDES: tuple[Side, Side] = ("zh", "en")
BULLET_MARKERS: tuple[Marker, Marker] = ("bullet", "number")
BULLET_LEVELS = range(3)
LEAD_FIELDS = ("headline_zh", "headline_en", "summary_zh", "summary_en")
ALT_TEXT_FIELDS = ("picture_alt_zh", "picture_alt_en")
CHANGE_FIELDS = ("change_kind", "change_note_zh", "change_note_en")
"""Kind and note of what an edition changes, of a brief or an issue. Empty before the second, and when a revision begins."""
NO_CHANGE: dict[str, Any] = dict.fromkeys(CHANGE_FIELDS, "")
LANGUAGE_TAGS: dict[Side, str] = {"zh": "zh-Hant-TW", "en": "en"}

MAX_BULLETS = 2_000
MAX_NAMES = 100
"""Most authors of a brief, and most keywords."""
MAX_TEXT_BYTES = 300_000
"""Bytes (UTF-8) of all texts of a brief. Each request costs at most two seconds of processor time at this size."""

PICTURE_WIDTHS = (640, 1280, 1920)
"""Widths in which a picture is stored, in pixels. Never remove one: editions refer to files by width."""

CONTENT_FORMAT = 1
"""Version of the hashed form. A new optional field changes no hash, since empty values are left out."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_JUNK = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
"""Invisible characters without meaning in our languages: zero-width spaces, bidirectional controls, tags,
fillers. They are all of Unicode's Default_Ignorable_Code_Point but `INVISIBLE`.
"""
INVISIBLE = "\u00ad\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Soft hyphen, joiners and variation selectors, for a character class. Removal could change words or emoji: a check reports them."""
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class ForbiddenCharacter(ValueError):
    """A text contains a character that is not allowed. `line` counts from 1."""

    def __init__(self, line: int, character: str) -> None:
        self.line = line
        self.character = character
        super().__init__(f"line {line}: control character U+{ord(character):04X}")


def tidy(text: str) -> str:
    """Normalize a text: LF, NFC, no invisible characters, no trailing white space, no blank lines at start or end.

    Spaces inside a line are kept, but a tab becomes a space. Raise ForbiddenCharacter.
    """
    text = remove_junk(text)
    if text.isprintable():  # nearly every text: one line, no control characters, no unusual spaces
        return unicodedata.normalize("NFC", text).strip()
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    if bad := _FORBIDDEN.search(text):
        raise ForbiddenCharacter(text.count("\n", 0, bad.start()) + 1, bad.group())
    text = unicodedata.normalize("NFC", text)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").strip()


def remove_junk(text: str) -> str:
    return text if text.isascii() else _JUNK.sub("", text)


def tidy_line(text: str) -> str:
    """Apply `tidy` and join lines with a space, for a headline, a bullet or a name."""
    text = tidy(text)
    return re.sub(r" *\n+ *", " ", text) if "\n" in text else text


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys, no spaces and unescaped characters, for hashing and storing."""
    return _CANONICAL.encode(value)


def hash_json(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, False, [], (), {})}


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
    # For staff only: stored in revisions, never in an edition or a hash.
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
    """An author of the article, with the affiliation at the time."""

    author: int
    affiliation_zh: str = ""
    affiliation_en: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The cover picture.

    `key`: sha256 of the uploaded file. `width`, `height`: of the largest stored file.
    `focus`: point that must stay visible when the picture is cropped, in percent from left and top: `50,40`.
    """

    key: str
    width: int = 0
    height: int = 0
    credit: str = ""
    licence: str = ""
    focus: str = ""

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the widths of the stored files in ascending order. Pictures are never enlarged."""
        return (*(width for width in PICTURE_WIDTHS if width < self.width), self.width)

    @property
    def jpeg_name(self) -> str:
        """Return the name of the largest stored file in the encoding that every program reads."""
        return f"{self.key}-{self.width}.jpg"

    @property
    def column_jpeg_name(self) -> str:
        """Return the name of the file for mail, EPUB and PDF: sharp at 600 px on a dense screen."""
        return f"{self.key}-{next((width for width in self.widths if width >= 1200), self.width)}.jpg"


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of the digested article, shared by both languages. Source, authors and keywords are row ids.

    `date` is ISO, cut to its precision: `2025-06-09`, or `2025-06` for a month or an issue, whose own
    label ("May/June 2025") is in `date_label`. `embargo_until` is ISO with an offset.
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
    """Both languages of a brief and the facts of its article.

    `key_point`: number of the point that an editor chose as the brief's sentence in lists; 0 if nobody chose one.
    """

    headline_zh: str = ""
    headline_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    bullets: tuple[Bullet, ...] = ()
    facts: Facts = field(default_factory=Facts)
    picture_alt_zh: str = ""
    picture_alt_en: str = ""
    key_point: int = 0
    change_kind: str = ""
    change_note_zh: str = ""
    change_note_en: str = ""

    @property
    def key_bullet(self) -> Bullet | None:
        """Return the chosen point, if it has both languages."""
        both = (b for b in self.bullets if b.number == self.key_point and b.text_zh and b.text_en)
        return next(both, None) if self.key_point else None

    def headline(self, side: Side) -> str:
        return self.headline_zh if side == "zh" else self.headline_en

    def summary(self, side: Side) -> str:
        return self.summary_zh if side == "zh" else self.summary_en

    def picture_alt(self, side: Side) -> str:
        return self.picture_alt_zh if side == "zh" else self.picture_alt_en

    def count_text_bytes(self) -> int:
        """Count the bytes (UTF-8) of headlines, summaries, alt texts, change notes, and of bullets with passages and reasons."""
        texts = (
            *(getattr(self, name) for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS, *CHANGE_FIELDS)),
            *(t for b in self.bullets for t in (b.text_zh, b.text_en, b.passage, b.one_sided)),
        )
        return sum(len(text) if text.isascii() else len(text.encode()) for text in texts)

    def hash_side(self, side: Side) -> str:
        """Return the sha256 of one language: headline, summary, alt text, chosen point and non-empty bullets in order."""
        form = {
            "headline": self.headline(side),
            "summary": self.summary(side),
            "bullets": [
                [b.number, b.level(side), b.marker(side), b.text(side)] for b in self.bullets if b.text(side)
            ],
            "picture_alt": self.picture_alt(side),
            "key_point": self.key_point,
        }
        return hash_json({"format": CONTENT_FORMAT, **_without_empty(form)})

    def hash_facts(self) -> str:
        """Return the sha256 of what both languages share: the facts, the change note and its kind."""
        return hash_json({"format": CONTENT_FORMAT, **_facts_as_json(self.facts), **get_change(self)})

    def hashes(self) -> dict[str, str]:
        return {"zh": self.hash_side("zh"), "en": self.hash_side("en"), "facts": self.hash_facts()}

    def hash_all(self) -> str:
        """Return one hash of both sides and the facts, identifying the content that an approver sees."""
        return hash_json(self.hashes())

    def without_staff_fields(self) -> Self:
        """Return the content without fields for staff. Only this may be stored in an edition."""
        bare = tuple(dataclasses.replace(b, passage="", one_sided="") for b in self.bullets)
        return dataclasses.replace(self, bullets=bare)

    def as_json(self) -> dict[str, Any]:
        """Return plain data for a revision or an edition, without empty values."""
        return {
            **_without_empty(_shallow_dict(self)),
            "format": CONTENT_FORMAT,
            "bullets": [{"number": b.number, **_non_default_values(b)} for b in self.bullets],
            "facts": _facts_as_json(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Build from the data of `as_json`. Unknown keys, written by a newer version, are ignored."""
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
    """Return the facts as hashed and stored, without empty values."""
    form = _shallow_dict(facts)
    form["authors"] = [_without_empty(_shallow_dict(author)) for author in facts.authors]
    form["picture"] = _without_empty(_shallow_dict(facts.picture)) if facts.picture else None
    return _without_empty(form)


def _shallow_dict(row: Bullet | Byline | Picture | Facts | Content) -> dict[str, Any]:
    """Return one level of `dataclasses.asdict`, which copies deeply and is ten times slower."""
    return {name: getattr(row, name) for name in _FIELD_NAMES[type(row)]}


def _non_default_values(bullet: Bullet) -> dict[str, Any]:
    names = _FIELD_NAMES[Bullet][1:]
    return {name: value for name in names if (value := getattr(bullet, name)) != getattr(_BLANK_BULLET, name)}


def _known_fields(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in _FIELD_NAMES[kind]}


def get_change(content: "Content | IssueContent") -> dict[str, str]:
    """Return the change note and its kind, without empty values."""
    return _without_empty({name: getattr(content, name) for name in CHANGE_FIELDS})


ISSUE_TEXTS = ("title", "preface", "subject", "preheader")
MAX_ISSUE_ITEMS = 50


@dataclass(frozen=True, slots=True)
class IssueText:
    """One language of an issue: what its page says, and the subject line of its mail, the preview line of mail and home page."""

    title: str = ""
    preface: str = ""
    subject: str = ""
    preheader: str = ""
    why: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Why to read each brief, by its id."""


@dataclass(frozen=True, slots=True)
class IssueContent:
    """Everything that a person chooses and writes for an issue. `items`: ids of briefs, in order."""

    zh: IssueText = IssueText()
    en: IssueText = IssueText()
    items: tuple[int, ...] = ()
    change_kind: str = ""
    change_note_zh: str = ""
    change_note_en: str = ""

    def side(self, side: Side) -> IssueText:
        return self.zh if side == "zh" else self.en

    def texts(self) -> dict[str, str]:
        """Return the texts by field, such as `title_zh`, `why-12_zh` for the brief 12, and the change note and its kind."""
        texts = {f"{name}_{side}": getattr(self.side(side), name) for side in SIDES for name in ISSUE_TEXTS}
        texts |= {
            f"why-{pk}_{side}": self.side(side).why.get(f"{pk}", "") for pk in self.items for side in SIDES
        }
        return texts | {name: getattr(self, name) for name in CHANGE_FIELDS}

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], items: Iterable[int]) -> Self:
        items = tuple(items)
        zh, en = (
            IssueText(
                **{name: texts[f"{name}_{side}"] for name in ISSUE_TEXTS},
                why={f"{pk}": why for pk in items if (why := texts.get(f"why-{pk}_{side}", ""))},
            )
            for side in SIDES
        )
        return cls(zh, en, items, *(texts[name] for name in CHANGE_FIELDS))

    def hash_side(self, side: Side) -> str:
        """Return the hash that a sign-off of one language is bound to."""
        return hash_json([CONTENT_FORMAT, side, _without_empty(dataclasses.asdict(self.side(side)))])

    def hashes(self) -> dict[Literal["zh", "en", "common"], str]:
        """Return the hash of each leaf: the texts of both languages, and what both show: the briefs in their order, and the
        change note.
        """
        change = get_change(self)
        common = hash_json([CONTENT_FORMAT, "common", list(self.items), *([change] if change else [])])
        return {"zh": self.hash_side("zh"), "en": self.hash_side("en"), "common": common}

    def hash(self) -> str:
        """Return the hash of all leaves, which an approver must have seen."""
        return hash_json(self.hashes())

    def to_json(self) -> dict[str, Any]:
        return _without_empty(
            {
                "zh": _without_empty(dataclasses.asdict(self.zh)),
                "en": _without_empty(dataclasses.asdict(self.en)),
                "items": list(self.items),
                **get_change(self),
            }
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        texts = {side: IssueText(**data.get(side, {})) for side in SIDES}
        change = (data.get(name, "") for name in CHANGE_FIELDS)
        return cls(texts["zh"], texts["en"], tuple(data.get("items", ())), *change)
