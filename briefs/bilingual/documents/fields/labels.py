"""Find a label at the start of a line, in every form people type."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from briefs.bilingual.text import read_sections
from briefs.content import SIDES, Side
from briefs.facts import DOCUMENT_FACTS

_FACT_FIELDS = [field for field in DOCUMENT_FACTS.values() if field != "article_title"]
FIELDS_OF_HEADER = ("title", "article_title", "authors", "source", "date", *_FACT_FIELDS, "keywords")
FIELDS_OF_BODY = ("summary", "points")
LIST_FIELDS = ("authors", "keywords")

_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))


def _parse_table(section: str) -> Iterator[tuple[str, Side, str]]:
    for line in _SECTIONS[section]:
        field, side, names = line.split(" ", 2)
        yield field, "zh" if side == "zh" else "en", names


def _collect_names(field: str, side: Side) -> tuple[str, ...]:
    rows = _parse_table("names")
    return tuple(name for f, s, names in rows if (f, s) == (field, side) for name in names.split("|"))


LABEL_NAMES = {
    field: (_collect_names(field, "zh"), _collect_names(field, "en"))
    for field in (*FIELDS_OF_HEADER, *FIELDS_OF_BODY)
}
SIDE_WORDS: dict[str, Side] = {name: side for side in SIDES for name in _collect_names("side", side)}
_LANGUAGE_SUMMARIES = frozenset(_SECTIONS["language summaries"][0].split("|"))

SIMPLIFIED_TO_TRADITIONAL = str.maketrans(
    "题标网来处发关键词链连结时间体点论总内译报导载语条归纳录观页资讯闻执类传机构单单摘简译撰写数评举彙",
    "題標網來處發關鍵詞鏈連結時間體點論總內譯報導載語條歸納錄觀頁資訊聞執類傳機構單單摘簡譯撰寫數評舉彙",
)
"""Covers the characters that occur in label names."""

_LONGEST = 40
_PARTS_OF_NAMES = dict(line.split(" ", 1) for line in _SECTIONS["parts"])
_COMPOSED_NAMES = [
    (field, side, re.compile(pattern.format_map(_PARTS_OF_NAMES)))
    for field, side, pattern in _parse_table("composed")
]
_ANY = re.compile("|".join(pattern.pattern for _, _, pattern in _COMPOSED_NAMES))


@lru_cache(maxsize=4096)
def find_composed_name(name: str) -> tuple[str, Side] | None:
    """Return the field and language of a composed name. `name` must come from `_normalize_name`."""
    if not 1 < len(name) <= _LONGEST or _ANY.fullmatch(name) is None:
        return None
    return next(((field, side) for field, side, pattern in _COMPOSED_NAMES if pattern.fullmatch(name)), None)


_NAME_LIMIT = 48
_COLONS = ":：︰﹕∶"
_COLON = re.compile(f"[{_COLONS}]")
_EDGE = " *_#"
_BRACKETS = dict(zip("【[［〔〖〈《<「『(（", "】]］〕〗〉》>」』)）", strict=True))
_HEADER_ONLY_LABEL = re.compile(r"([^=＝–—:：]{1,40}?)(?: ?[=＝] ?| [-–—] |——)(.+)")
_SLASHED = re.compile(r"([㐀-鿿]{1,8}) ?[/／] ?(https?:.+|[^:：/／|｜][^:：|｜]*)")
_BY = re.compile(
    r"(By|Written by) ((?:[A-Z]\S*|and|&|of|the|de|van|von|der|den|al|bin)(?: |$))+", re.IGNORECASE
)
_HEADING = re.compile("# +(?=[^ #])")
_PARTS = re.compile(r"[/|&,、()\[\]]+")
_ROW_LIMIT = 600
_STRONG = ("|", "｜", ";", "；")
_LABEL_SEPARATORS = " |｜;；,，、"
_LATER = re.compile(f"[{_COLONS}]|[【［〔〖]([^【】［］〔〕〖〗]{{1,{_NAME_LIMIT}}})[】］〕〗]")
PRIMARY_BODY_LABELS = frozenset(names[0] for field in FIELDS_OF_BODY for names in LABEL_NAMES[field])
_SCRIPTS = re.compile(r"[㐀-鿿]+|[^㐀-鿿]+")
_BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿]) (?=[㐀-鿿])")
_PLURAL = re.compile(r" ?\(s\)")
_BOLD = re.compile(r"(\*\*|__)(?!\1)(.+?)\1")
WEB_ADDRESS_PATTERN = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LINK = re.compile(r"\[[^\[\]]*\]\((\S+)\)|<(\S+)>")
_SPACED = re.compile(r"([㐀-鿿]{2,6}) (?=[^ |｜])(.+)")


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """A label at the start of a line. `sides` are the languages in which the label is written."""

    field: str
    sides: frozenset[Side]
    name: str
    value: str
    stands_alone: bool = False
    """The name is alone on its line, without colon or bracket."""
    is_header_only: bool = False
    """The label has an equals sign or a dash instead of a colon. It counts only in a header."""
    is_language: bool = False
    """The name is a word for a language, without one for a field."""
    is_in_series: bool = False
    """The line is one of many such as `中：…` and `英：…`, whose names only give their language."""

    @property
    def side(self) -> Side | None:
        """The language of the text below, or None if the label is bilingual and the text must decide."""
        return next(iter(self.sides)) if len(self.sides) == 1 else None


def _normalize_name(name: str) -> str:
    """Normalize a name: `作　者` is 作者, `Author (s)` is authors, Simplified characters become Traditional ones."""
    words = unicodedata.normalize("NFKC", name).casefold().split()
    return _BETWEEN_HAN.sub("", _PLURAL.sub("s", " ".join(words))).translate(SIMPLIFIED_TO_TRADITIONAL)


def _build_fields_by_name() -> dict[str, tuple[str, Side]]:
    names: dict[str, tuple[str, Side]] = {}
    for field, (chinese, english) in LABEL_NAMES.items():
        names.update({_normalize_name(name): (field, "zh") for name in chinese})
        names.update({_normalize_name(name): (field, "en") for name in english})
    names.update(
        {
            _normalize_name(name): ("summary" if name in _LANGUAGE_SUMMARIES else "side", side)
            for name, side in SIDE_WORDS.items()
        }
    )
    return names


_LANGUAGES = frozenset(map(_normalize_name, SIDE_WORDS))
FIELDS_BY_NAME = _build_fields_by_name()


@lru_cache(maxsize=4096)
def find_field(name: str) -> tuple[str, frozenset[Side]] | None:
    """Return the field of a name such as `作者/Author(s)`, and the languages in which the name is written."""
    squeezed = _normalize_name(name)
    if known := FIELDS_BY_NAME.get(squeezed) or find_composed_name(squeezed):
        return ("summary" if known[0] == "side" else known[0]), frozenset((known[1],))
    matches: list[tuple[str, Side]] = []
    for part in _PARTS.split(squeezed):
        if part.strip() and not _add_part(part.strip(), matches):
            return None
    fields = {field for field, _ in matches if field != "side"}
    if not matches or len(fields) > 1:
        return None
    language_words = {side for field, side in matches if field == "side"}
    sides = language_words or {side for _, side in matches}
    return (fields.pop() if fields else "summary"), frozenset(sides)


def _add_part(part: str, labels: list[tuple[str, Side]]) -> bool:
    if known := FIELDS_BY_NAME.get(part) or find_composed_name(part):
        labels.append(known)
        return True
    for word, side in SIDE_WORDS.items():  # 英文重點, Chinese title
        name = part.removeprefix(word).lstrip(" ") if part.startswith(word) else ""
        known = FIELDS_BY_NAME.get(name) or find_composed_name(name)
        if known and known[0] != "side":
            labels.extend((("side", side), known))
            return True
    pieces = [piece.strip() for piece in _SCRIPTS.findall(part) if piece.strip()]
    both = [known for piece in pieces if (known := FIELDS_BY_NAME.get(piece) or find_composed_name(piece))]
    if len(pieces) < 2 or len(both) < len(pieces):
        return False
    labels.extend(both)
    return True


def find_label(line: str) -> FieldLabel | None:
    """Return the label at the start of a line, if there is one. The line must be without its indent."""
    start = line.lstrip(_EDGE)
    if not start:
        return None
    edge = line[: len(line) - len(start)].strip(" #")
    if start[0] in _BRACKETS and (label := _find_bracketed_label(start, edge)):
        return label
    colon = _COLON.search(start, 0, _NAME_LIMIT)
    if colon:
        name = start[: colon.start()].rstrip(_EDGE)
        if label := _build_label(name, _strip_bold(start[colon.end() :], edge)):
            return label
    if not colon and len(start) <= _NAME_LIMIT:
        name = start.rstrip(_EDGE)
        if label := _build_label(name, "", stands_alone=True) or _build_label(
            name.rstrip("=＝/／ "), "", stands_alone=True
        ):
            return label
    return _find_header_only_label(line, start)


def _find_header_only_label(line: str, start: str) -> FieldLabel | None:
    """Find a form that is a label only in a header: `作者＝…`, `作者／…`, `作者　…`, `By …`, or a Markdown title."""
    if match := _HEADER_ONLY_LABEL.match(start) or _SLASHED.fullmatch(start):
        label = _build_label("撰文" if match[1] == "文" else match[1], match[2])
        return replace(label, is_header_only=True) if label and label.field in FIELDS_OF_HEADER else None
    if (
        (match := _SPACED.fullmatch(start))
        and (known := find_field(match[1]))
        and known[0] in FIELDS_OF_HEADER
    ):
        return FieldLabel(known[0], known[1], match[1], match[2], is_header_only=True)
    if match := _BY.fullmatch(start):
        return FieldLabel(
            "authors", frozenset(("en",)), match[1], start[len(match[1]) + 1 :], is_header_only=True
        )
    if _HEADING.match(line):
        return FieldLabel("title", frozenset(SIDES), "#", start, is_header_only=True)
    return None


def _find_bracketed_label(start: str, edge: str) -> FieldLabel | None:
    closing = start.find(_BRACKETS[start[0]], 1, _NAME_LIMIT)
    if closing < 0:
        return None
    name = start[1:closing].strip(_EDGE + _COLONS)
    rest = start[closing + 1 :].lstrip(" ")
    if edge and rest.startswith(edge):
        rest = rest[len(edge) :].lstrip(" ")
        edge = ""
    if rest[:1] and rest[0] in _COLONS:
        rest = rest[1:]
    return _build_label(name, _strip_bold(rest, edge))


def is_bold(value: str) -> bool:
    return _BOLD.fullmatch(value) is not None


def _strip_bold(value: str, edge: str) -> str:
    """Remove the closing bold sign of a label, after its colon or at the end of the line."""
    value = value.strip(" ")
    if match := _BOLD.fullmatch(value):
        return match[2].strip(" ")
    if edge and value.startswith(edge):
        value = value[len(edge) :].lstrip(" ")
        edge = edge if value.count(edge) == 1 else ""
    if edge and value.endswith(edge):
        value = value[: -len(edge)].rstrip(" ")
    return value


def split_at_labels(line: str, first: FieldLabel) -> list[str]:
    """Cut a line with several fields before each label after the first.

    A later label has a colon or brackets, is another field and begins a word. After a title, where colons are
    common, it must follow a bar or a semicolon.
    """
    if len(line) > _ROW_LIMIT or first.stands_alone or first.is_header_only:
        return [line]
    seen = {first.field}
    cuts = [0]
    begin = line.find(first.name) + len(first.name) + 1
    for match in _LATER.finditer(line, begin):
        if match.start() <= cuts[-1] or len(cuts) > len(FIELDS_OF_HEADER):
            continue
        label_start, known = _name_before(line, match, max(cuts[-1], begin - 1))
        if known is None or known[0] in seen:
            continue
        is_strong = line[:label_start].rstrip(" ")[-1:] in _STRONG
        if known[0] in FIELDS_OF_BODY and not (
            is_strong or line[label_start : match.start()] in PRIMARY_BODY_LABELS
        ):
            continue
        if is_strong or not seen & {"title", "article_title"}:
            cuts.append(label_start)
            seen.add(known[0])
        if known[0] in FIELDS_OF_BODY:
            break
    return [
        line[start:end].rstrip(_LABEL_SEPARATORS) if end else line[start:]
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    ]


def _name_before(
    line: str, match: re.Match[str], floor: int
) -> tuple[int, tuple[str, frozenset[Side]] | None]:
    """Return the start and the field of the longest label name that ends at the match."""
    if match[1]:
        return match.start(), find_field(match[1].strip(_EDGE + _COLONS))
    end = match.start()
    starts = [n + 1 for n in range(max(floor + 1, end - _NAME_LIMIT), end) if line[n] in _LABEL_SEPARATORS]
    for start in starts:
        if line[start] not in _LABEL_SEPARATORS and (known := find_field(line[start:end].rstrip(_EDGE))):
            return start, known
    return end, None


def _build_label(name: str, value: str, *, stands_alone: bool = False) -> FieldLabel | None:
    known = find_field(name) if name else None
    if known is None:
        return None
    return FieldLabel(
        known[0], known[1], name, value, stands_alone, is_language=_normalize_name(name) in _LANGUAGES
    )


def format_header_label(field: str) -> str:
    """Return a header label in the layout of the original documents: `作者/Author(s)`."""
    chinese, english = LABEL_NAMES[field]
    return "/".join((*chinese[:1], english[0]))


def is_web_address(text: str) -> bool:
    """Return whether a line is a web address and nothing else."""
    return WEB_ADDRESS_PATTERN.fullmatch(text) is not None or find_linked_address(text) is not None


def find_linked_address(text: str) -> str | None:
    """Return the address in `<https://…>` or `[words](https://…)`."""
    match = _LINK.fullmatch(text)
    address = (match[1] or match[2]) if match else ""
    return address if WEB_ADDRESS_PATTERN.fullmatch(address) else None
