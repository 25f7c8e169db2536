"""Join an article whose header and text come first in Chinese and then in English into one digest."""

from collections.abc import Sequence

from briefs.content import Side
from briefs.documents.fields.date_reader import read_date
from briefs.documents.fields.label_names import FIELDS_OF_BODY
from briefs.documents.lines import DocumentLine

_IDENTIFYING_FIELDS = ("authors", "source", "url", "doi")


def join_language_halves(digests: Sequence[list[DocumentLine]]) -> list[list[DocumentLine]]:
    """Join adjacent digests with labels in one language each that have the same date and share an author
    list, source or address.

    Independent digests have labels in both languages, or in the same one.
    """
    joined: list[list[DocumentLine]] = []
    for digest in digests:
        if joined and _are_halves(joined[-1], digest):
            joined[-1] = [*joined[-1], *digest]
        else:
            joined.append(digest)
    return joined


def _are_halves(first: Sequence[DocumentLine], second: Sequence[DocumentLine]) -> bool:
    side, other = _find_label_language(first), _find_label_language(second)
    if side is None or other is None or side == other:
        return False
    one, two = _collect_facts(first), _collect_facts(second)
    dates = [read_date(facts.get("date", "")) for facts in (one, two)]
    if not dates[0] or not dates[1] or dates[0][0].iso != dates[1][0].iso:
        return False
    shared = [name for name in _IDENTIFYING_FIELDS if name in one and name in two]
    same = [name for name in shared if one[name].casefold() == two[name].casefold()]
    return bool(same) and ("url" not in shared or "url" in same)


def _find_label_language(lines: Sequence[DocumentLine]) -> Side | None:
    """Return the only language of the labels, or None if there are several or no text follows."""
    labels = [line.label for line in lines if line.label]
    sides = {side for label in labels for side in label.sides if label.field not in ("url", "doi")}
    has_body = any(label.field in FIELDS_OF_BODY for label in labels)
    return next(iter(sides)) if len(sides) == 1 and has_body else None


def _collect_facts(lines: Sequence[DocumentLine]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if line.label and line.label.field not in facts:
            value = line.label.value or (below.text if below and not below.label else "")
            if value:
                facts[line.label.field] = value
    return facts
