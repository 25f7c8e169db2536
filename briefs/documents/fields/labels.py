"""The labels a document may carry, in every form people type, and how to find one at the start of a line."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from briefs.content import SIDES, Side
from briefs.documents.fields.label_names import (
    FIELDS_OF_BODY,
    FIELDS_OF_HEADER,
    SIDE_WORDS,
    SIDED_SUMMARIES,
    TABLE,
    TRADITIONAL,
    composed,
)

_NAME_LIMIT = 48
_COLONS = ":：︰﹕"
_COLON = re.compile(f"[{_COLONS}]")
_EDGE = " *_#"
_BRACKETS = {
    "【": "】",
    "[": "]",
    "［": "］",
    "〔": "〕",
    "〖": "〗",
    "〈": "〉",
    "《": "》",
    "<": ">",
    "「": "」",
    "『": "』",
    "(": ")",
    "（": "）",
}
_LOOSE = re.compile(r"([^=＝–—:：]{1,40}?)(?: ?[=＝] ?| [-–—] |——)(.+)")
_SLASHED = re.compile(r"([㐀-鿿]{1,8}) ?[/／] ?(https?:.+|[^:：/／|｜][^:：|｜]*)")
_BY = re.compile(
    r"(By|Written by) ((?:[A-Z]\S*|and|&|of|the|de|van|von|der|den|al|bin)(?: |$))+", re.IGNORECASE
)
_HEADING = re.compile("# +(?=[^ #])")
_PARTS = re.compile(r"[/|&,、()\[\]]+")
_ROW_LIMIT = 600
_STRONG = ("|", "｜", ";", "；")
_BETWEEN = " |｜;；,，、"
_LATER = re.compile(f"[{_COLONS}]|[【［〔〖]([^【】［］〔〕〖〗]{{1,{_NAME_LIMIT}}})[】］〕〗]")
_PRIMARY = frozenset(names[0] for field in FIELDS_OF_BODY for names in TABLE[field])
_SCRIPTS = re.compile(r"[㐀-鿿]+|[^㐀-鿿]+")
_BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿]) (?=[㐀-鿿])")
_PLURAL = re.compile(r" ?\(s\)")
_BOLD = re.compile(r"(\*\*|__)(?!\1)(.+?)\1")
WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LINK = re.compile(r"\[[^\[\]]*\]\((\S+)\)|<(\S+)>")
_SPACED = re.compile(r"([㐀-鿿]{2,6}) (?=[^ |｜])(.+)")


@dataclass(frozen=True, slots=True)
class Label:
    """A label found at the start of a line. `sides` holds the languages it is written in."""

    field: str
    sides: frozenset[Side]
    name: str
    value: str
    bare: bool = False
    """No colon, no bracket: the name stands alone on its line."""
    loose: bool = False
    """An equals sign or a dash instead of the colon: a label only in a header."""

    @property
    def side(self) -> Side | None:
        """The language of what follows, or None when the label is in both and the text must tell."""
        return next(iter(self.sides)) if len(self.sides) == 1 else None


def _squeeze(name: str) -> str:
    """One spelling of a name: `作　者` is 作者, `Author (s)` is authors, Simplified characters are Traditional ones."""
    words = unicodedata.normalize("NFKC", name).casefold().split()
    return _BETWEEN_HAN.sub("", _PLURAL.sub("s", " ".join(words))).translate(TRADITIONAL)


def _names() -> dict[str, tuple[str, Side]]:
    names: dict[str, tuple[str, Side]] = {}
    for field, (chinese, english) in TABLE.items():
        names.update({_squeeze(name): (field, "zh") for name in chinese})
        names.update({_squeeze(name): (field, "en") for name in english})
    names.update(
        {
            _squeeze(name): ("summary" if name in SIDED_SUMMARIES else "side", side)
            for name, side in SIDE_WORDS.items()
        }
    )
    return names


NAMES = _names()


@lru_cache(maxsize=4096)
def field_of(name: str) -> tuple[str, frozenset[Side]] | None:
    """Which field a name such as `作者/Author(s)` stands for, and in which languages it is written."""
    squeezed = _squeeze(name)
    if known := NAMES.get(squeezed) or composed(squeezed):
        return ("summary" if known[0] == "side" else known[0]), frozenset((known[1],))
    found: list[tuple[str, Side]] = []
    for part in _PARTS.split(squeezed):
        if part.strip() and not _add_part(part.strip(), found):
            return None
    fields = {field for field, _ in found if field != "side"}
    if not found or len(fields) > 1:
        return None
    told = {side for field, side in found if field == "side"}
    sides = told or {side for _, side in found}
    return (fields.pop() if fields else "summary"), frozenset(sides)


def _add_part(part: str, found: list[tuple[str, Side]]) -> bool:
    if known := NAMES.get(part) or composed(part):
        found.append(known)
        return True
    for word, side in SIDE_WORDS.items():  # 英文重點, Chinese title
        name = part.removeprefix(word).lstrip(" ") if part.startswith(word) else ""
        known = NAMES.get(name) or composed(name)
        if known and known[0] != "side":
            found.extend((("side", side), known))
            return True
    pieces = [piece.strip() for piece in _SCRIPTS.findall(part) if piece.strip()]
    both = [known for piece in pieces if (known := NAMES.get(piece) or composed(piece))]
    if len(pieces) < 2 or len(both) < len(pieces):
        return False
    found.extend(both)
    return True


def find(line: str) -> Label | None:
    """The label at the start of a line without its indent, if there is one."""
    start = line.lstrip(_EDGE)
    if not start:
        return None
    edge = line[: len(line) - len(start)].strip(" #")
    if start[0] in _BRACKETS and (label := _bracketed(start, edge)):
        return label
    colon = _COLON.search(start, 0, _NAME_LIMIT)
    if colon:
        name = start[: colon.start()].rstrip(_EDGE)
        if label := _label(name, _unbolded(start[colon.end() :], edge)):
            return label
    if not colon and len(start) <= _NAME_LIMIT:
        name = start.rstrip(_EDGE)
        if label := _label(name, "", bare=True) or _label(name.rstrip("=＝/／ "), "", bare=True):
            return label
    return _loose(line, start)


def _loose(line: str, start: str) -> Label | None:
    """What is a label only in a header: `作者＝…`, `作者／…`, `作者　…`, `By …`, and a title as Markdown has it."""
    if match := _LOOSE.match(start) or _SLASHED.fullmatch(start):
        label = _label("撰文" if match[1] == "文" else match[1], match[2])
        return replace(label, loose=True) if label and label.field in FIELDS_OF_HEADER else None
    if (match := _SPACED.fullmatch(start)) and (known := field_of(match[1])) and known[0] in FIELDS_OF_HEADER:
        return Label(known[0], known[1], match[1], match[2], loose=True)
    if match := _BY.fullmatch(start):
        return Label("authors", frozenset(("en",)), match[1], start[len(match[1]) + 1 :], loose=True)
    if _HEADING.match(line):
        return Label("title", frozenset(SIDES), "#", start, loose=True)
    return None


def _bracketed(start: str, edge: str) -> Label | None:
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
    return _label(name, _unbolded(rest, edge))


def is_bold(value: str) -> bool:
    return _BOLD.fullmatch(value) is not None


def _unbolded(value: str, edge: str) -> str:
    """The bold that opened before the label closes after its colon, or at the end of the line."""
    value = value.strip(" ")
    if match := _BOLD.fullmatch(value):
        return match[2].strip(" ")
    if edge and value.startswith(edge):
        value = value[len(edge) :].lstrip(" ")
        edge = edge if value.count(edge) == 1 else ""
    if edge and value.endswith(edge):
        value = value[: -len(edge)].rstrip(" ")
    return value


def split_labels(line: str, first: Label) -> list[str]:
    """A line that gives several fields, cut before each label after the first one.

    A later label has a colon or stands in brackets, is another field, and begins a word; after a title, where
    colons are common, it must stand behind a bar or a semicolon.
    """
    if len(line) > _ROW_LIMIT or first.bare or first.loose:
        return [line]
    seen = {first.field}
    cuts = [0]
    begin = line.find(first.name) + len(first.name) + 1
    for match in _LATER.finditer(line, begin):
        if match.start() <= cuts[-1] or len(cuts) > len(FIELDS_OF_HEADER):
            continue
        place, known = _name_before(line, match, max(cuts[-1], begin - 1))
        if known is None or known[0] in seen:
            continue
        is_strong = line[:place].rstrip(" ")[-1:] in _STRONG
        if known[0] in FIELDS_OF_BODY and not (is_strong or line[place : match.start()] in _PRIMARY):
            continue
        if is_strong or not seen & {"title", "article_title"}:
            cuts.append(place)
            seen.add(known[0])
        if known[0] in FIELDS_OF_BODY:
            break
    return [
        line[start:end].rstrip(_BETWEEN) if end else line[start:]
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    ]


def _name_before(
    line: str, match: re.Match[str], floor: int
) -> tuple[int, tuple[str, frozenset[Side]] | None]:
    """The longest name of a label that ends here, and where it begins."""
    if match[1]:
        return match.start(), field_of(match[1].strip(_EDGE + _COLONS))
    end = match.start()
    starts = [n + 1 for n in range(max(floor + 1, end - _NAME_LIMIT), end) if line[n] in _BETWEEN]
    for start in starts:
        if line[start] not in _BETWEEN and (known := field_of(line[start:end].rstrip(_EDGE))):
            return start, known
    return end, None


def _label(name: str, value: str, *, bare: bool = False) -> Label | None:
    known = field_of(name) if name else None
    return Label(known[0], known[1], name, value, bare) if known else None


def written(field: str) -> str:
    """A header's label as the real document has it: `作者/Author(s)`."""
    chinese, english = TABLE[field]
    return "/".join((*chinese[:1], english[0]))


def is_address(text: str) -> bool:
    """Whether a line is a web address and nothing else."""
    return WEB_ADDRESS.fullmatch(text) is not None or linked(text) is not None


def linked(text: str) -> str | None:
    """The address in `<https://…>` or `[words](https://…)`."""
    match = _LINK.fullmatch(text)
    address = (match[1] or match[2]) if match else ""
    return address if WEB_ADDRESS.fullmatch(address) else None
