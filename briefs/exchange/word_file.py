"""Write briefs as a Word file in the digest's own layout, which the import reads back as the same briefs."""

from collections.abc import Iterable, Sequence

from briefs.bilingual.documents import (
    DocumentRefused,
    ParsedDocument,
    decode_word,
    find_marker,
    split_clean_lines,
)
from briefs.bilingual.documents.writer import WrittenLine, lay_out
from briefs.bilingual.text import detect_side
from briefs.content import Side

from .word_parts import TITLE_STYLES, ListNumbering, build_indent, build_paragraph, build_run, build_word_file

_NEW_PAGE = "<w:pageBreakBefore/>"
_STYLES = {"blank": "Gap", "header": "Fact", "section": "Heading1", "unplaced": "Fact"}


def write_digest_file(documents: Sequence[ParsedDocument], title: str) -> bytes:
    """Return one Word file with each document on a new page.

    Titles have no label if the reader finds them by their style.
    """
    plain = _write(documents, title, with_title_labels=False)
    return plain if _reads_back(plain, documents) else _write(documents, title, with_title_labels=True)


def _reads_back(data: bytes, documents: Iterable[ParsedDocument]) -> bool:
    """Return whether the import reads the same lines from the Word file as from the text file."""
    try:
        lines = decode_word(data, has_word_extension=True).lines
    except DocumentRefused:
        return False
    texts = "\n".join(str(line) for document in documents for line in lay_out(document))
    return list(lines) == list(split_clean_lines(texts))


def _write(documents: Iterable[ParsedDocument], title: str, *, with_title_labels: bool) -> bytes:
    numbering = ListNumbering()
    body: list[str] = []
    for number, document in enumerate(documents):
        for index, line in enumerate(lay_out(document)):
            first = _NEW_PAGE if number and not index else ""
            body.append(_build_line(line, numbering, first, with_title_labels=with_title_labels))
    return build_word_file(body, title=title, numbering=numbering)


def _build_line(line: WrittenLine, numbering: ListNumbering, first: str, *, with_title_labels: bool) -> str:
    side = line.side or detect_side(line.text) or "zh"
    if line.kind == "item":
        return _build_item(line, side, numbering)
    style = _STYLES.get(line.kind, "")
    runs = build_run(line.text, side) if line.text else ""
    if line.kind == "title":
        style = TITLE_STYLES[side]
        label = f"{line.label}: " if with_title_labels else ""
        runs = build_run(label + line.text, side)
    elif line.kind == "section":
        runs = build_run(f"{line.label}:", side)
    elif line.label:
        runs = build_run(f"{line.label}: ", "zh", bold=True) + runs
    return build_paragraph(runs, style, first)


def _build_item(line: WrittenLine, side: Side, numbering: ListNumbering) -> str:
    """Return a list item.

    If its text begins like another item or a label, the mark is typed instead of a Word list, as are the numbers after it.
    """
    typed = find_marker(line.text, 2)
    follows_typed = line.ordinal > 1 and line.level not in numbering.running
    if line.is_below_mark or (typed and typed.kind == "bullet") or follows_typed:
        if line.ordinal:
            numbering.running.pop(line.level, None)
        separator = "\n" if line.is_below_mark else " "
        indent = build_indent(line.indent, hanging=240)
        return build_paragraph(build_run(f"{line.mark}{separator}{line.text}", side), "", indent)
    properties = numbering.build_item_properties(line.level, line.ordinal, line.indent)
    style = "ListNumber" if line.ordinal else "ListBullet"
    return build_paragraph(build_run(line.text, side), style, properties)
