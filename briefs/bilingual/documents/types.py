"""Results of reading a document: the parsed document, the cautions about it, or the reason for refusing it.

Every code of a caution or a refusal is in `messages.txt`, with its message in both languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from briefs.bilingual.documents.files.formats import list_formats
from briefs.bilingual.lexicon import DOUBTFUL_CONFIDENCE
from briefs.bilingual.text import read_sections
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import Marker, Side

MessageLanguage = Literal["en", "zh"]

LANGUAGE_NAMES: dict[Side, tuple[str, str]] = {"zh": ("Chinese", "中文"), "en": ("English", "英文")}

_EXPECTED = ("“{file}”{where}: expected %s. {stored}", "「{file}」{where}：此處應為%s。{stored}")


def _read_messages() -> dict[str, tuple[str, str]]:
    sections = {
        name: {code: (en, zh) for code, en, zh in (line.split(" = ") for line in lines)}
        for name, lines in read_sections(Path(__file__).with_name("messages.txt")).items()
    }
    phrases = {**sections.pop("phrases"), "formats": (list_formats("en"), list_formats("zh"))}
    for code, texts in sections.pop("expected").items():
        sections["refusals"][code] = (_EXPECTED[0] % texts[0], _EXPECTED[1] % texts[1])
    return {
        code: (_fill_phrases(texts[0], phrases, 0), _fill_phrases(texts[1], phrases, 1))
        for messages in sections.values()
        for code, texts in messages.items()
    }


def _fill_phrases(text: str, phrases: Mapping[str, tuple[str, str]], language: Literal[0, 1]) -> str:
    for name, phrase in phrases.items():
        text = text.replace(f"{{{name}}}", phrase[language])
    return text


MESSAGES_BY_CODE = _read_messages()


def describe_language(side: Side) -> dict[str, str]:
    """Return the placeholders of a message that name a language."""
    english, chinese = LANGUAGE_NAMES[side]
    return {"language_en": english, "language_zh": chinese}


def _format_message(code: str, language: str, values: Mapping[str, Any]) -> str:
    return MESSAGES_BY_CODE[code][0 if language == "en" else 1].format_map(values)


@dataclass(frozen=True, slots=True)
class Caution:
    """A problem for an editor to check. `line` counts from 1 in the file."""

    line: int | None
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, language: MessageLanguage = "en") -> str:
        return _format_message(self.code, language, self.values)


class DocumentRefused(ValueError):
    """Raised when a document cannot be read or stored. Nothing of it is stored."""

    def __init__(self, line: int | None, code: str, values: Mapping[str, Any] | None = None) -> None:
        self.line = line
        self.code = code
        self.values: dict[str, Any] = dict(values or {})
        super().__init__(line, code, self.values)

    def message(self, language: MessageLanguage = "en", file: str = "…") -> str:
        where = (
            "" if self.line is None else (f", line {self.line}" if language == "en" else f"第 {self.line} 行")
        )
        return _format_message(self.code, language, {**self.values, "file": file, "where": where})

    def __str__(self) -> str:
        return self.message()


@dataclass(frozen=True, slots=True)
class Point:
    """One bullet of one language. `line`, its position in the file, is ignored in comparisons."""

    text: str
    level: int = 0
    marker: Marker = "bullet"
    line: int = field(default=0, compare=False)


Joined = Literal["", "previous", "next"]
"""For a one-sided point: it and the previous (next) point together are translated by that pair's other side."""


@dataclass(frozen=True, slots=True)
class PointPair:
    zh: Point | None
    en: Point | None
    confidence: float = field(default=1.0, compare=False)
    joined: Joined = field(default="", compare=False)
    better_en: Point | None = field(default=None, compare=False)
    """For a doubtful pair: another English point that is more likely to say the same."""
    is_moved: bool = field(default=False, compare=False)
    """The English point stands at another place in the document."""


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """`iso` is `2025-06-09`, or `2025-06` for a month or an issue. `label` is the issue's own label."""

    iso: str
    label: str = ""
    raw: str = ""
    ambiguous: bool = False
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class ParsedSide:
    summary: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One digest. `unplaced_lines`: lines that fit nowhere, as (line number, text).

    `facts`: those of `facts.DOCUMENT_FACTS` that the document states, by name.
    """

    title: dict[Side, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()
    source: str | None = None
    date: ParsedDate | None = None
    keywords: tuple[str, ...] = ()
    sides: dict[Side, ParsedSide] = field(default_factory=dict)
    pairs: tuple[PointPair, ...] = ()
    cautions: tuple[Caution, ...] = field(default=(), compare=False)
    unplaced_lines: tuple[tuple[int, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ParseResult:
    """One digest of a file. Exactly one of `parsed` and `refusal` is set."""

    index: int
    lines_sha256: str
    parsed: ParsedDocument | None
    refusal: DocumentRefused | None
    encoding: str


def serialize_parsed_document(parsed: ParsedDocument) -> dict[str, Any]:
    """Return the `parsed` object of `import_briefs --format json`."""
    date = parsed.date
    data: dict[str, Any] = {
        "title": {LANGUAGE_CODES[side]: text for side, text in parsed.title.items()} or None,
        "url": parsed.facts.get("url"),
        "authors": list(parsed.authors),
        "source": parsed.source,
        "date": date.iso if date else None,
        "date_ambiguous": bool(date and date.ambiguous),
        "keywords": list(parsed.keywords),
        "languages": {
            LANGUAGE_CODES[name]: {"summary": side.summary, "points": _nest_points(side.points)}
            for name, side in parsed.sides.items()
        },
        "bullets": [_serialize_pair(pair) for pair in parsed.pairs],
    }
    if date and date.label:
        data["date_label"] = date.label
    return data


def serialize_pairing(parsed: ParsedDocument) -> list[dict[str, Any]]:
    """Return the `pairing` list of `import_briefs --format json`: how certain each of the bullets is."""
    return [
        {
            "confidence": pair.confidence,
            "doubtful": bool(pair.zh and pair.en) and pair.confidence < DOUBTFUL_CONFIDENCE,
            "joined": pair.joined,
        }
        for pair in parsed.pairs
    ]


def _nest_points(points: Sequence[Point]) -> list[dict[str, Any]]:
    roots: list[dict[str, Any]] = []
    open_lists = [roots]
    for point in points:
        node: dict[str, Any] = {"text": point.text, "children": []}
        del open_lists[point.level + 1 :]
        open_lists[-1].append(node)
        open_lists.append(node["children"])
    return roots


def _serialize_pair(pair: PointPair) -> dict[str, Any]:
    zh, en = pair.zh or Point(""), pair.en or Point("")
    return {
        "zh": zh.text,
        "en": en.text,
        "level_zh": zh.level,
        "level_en": en.level,
        "marker_zh": zh.marker,
        "marker_en": en.marker,
    }
