"""Find a label, in every form people type, at the start of a line."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from briefs.content import SIDES, Side
from briefs.documents.fields.label_names import (
    FIELDS_OF_BODY,
    FIELDS_OF_HEADER,
    LABEL_NAMES,
    LANGUAGE_SUMMARY_NAMES,
    SIDE_WORDS,
    SIMPLIFIED_TO_TRADITIONAL,
    find_composed_name,
)

_NAME_LIMIT = 48
_COLONS = ":：︰﹕"
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

    @property
    def side(self) -> Side | None:
        """The language of the following text, or None if the label is in both and the text must decide."""
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
            _normalize_name(name): ("summary" if name in LANGUAGE_SUMMARY_NAMES else "side", side)
            for name, side in SIDE_WORDS.items()
        }
    )
    return names


FIELDS_BY_NAME = _build_fields_by_name()


@lru_cache(maxsize=4096)
def find_field(name: str) -> tuple[str, frozenset[Side]] | None:
    """Return the field of a name such as `作者/Author(s)`, and the languages in which the name is written."""
    squeezed = _normalize_name(name)
    if known := FIELDS_BY_NAME.get(squeezed) or find_composed_name(squeezed):
        return ("summary" if known[0] == "side" else known[0]), frozenset((known[1],))
    found: list[tuple[str, Side]] = []
    for part in _PARTS.split(squeezed):
        if part.strip() and not _add_part(part.strip(), found):
            return None
    fields = {field for field, _ in found if field != "side"}
    if not found or len(fields) > 1:
        return None
    language_words = {side for field, side in found if field == "side"}
    sides = language_words or {side for _, side in found}
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
        place, known = _name_before(line, match, max(cuts[-1], begin - 1))
        if known is None or known[0] in seen:
            continue
        is_strong = line[:place].rstrip(" ")[-1:] in _STRONG
        if known[0] in FIELDS_OF_BODY and not (
            is_strong or line[place : match.start()] in PRIMARY_BODY_LABELS
        ):
            continue
        if is_strong or not seen & {"title", "article_title"}:
            cuts.append(place)
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
    """Return the longest label name that ends at the match, and its start."""
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
    return FieldLabel(known[0], known[1], name, value, stands_alone) if known else None


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
