"""Chinese and English words for the same names and things, from `concepts.txt`.

`alignment` uses `CONCEPTS` to pair points, but only if their number or order is doubtful. The checks use
`CHECKED_NAMES`, whose forms are matched as they are written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Concept:
    """One name or thing. `chinese` forms are searched in the text, `english` forms in `normalize_english`
    output.

    Names are nearly always translated: if the other language lacks one, the point may have no counterpart.
    """

    key: str
    chinese: tuple[str, ...]
    english: tuple[str, ...]
    is_name: bool


def _read_section(name: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the Chinese and the English forms of each line in a section, with their marks."""
    _, _, section = _TABLE.partition(f"\n[{name}]\n")
    for line in section.partition("\n\n")[0].splitlines():
        chinese, _, english = line.partition(" = ")
        yield chinese.split(", "), english.split(", ")


def _build_concept(chinese: list[str], english: list[str], *, is_name: bool) -> Concept:
    zh, en = (
        [form.removeprefix("*") for form in forms if not form.startswith("+")] for forms in (chinese, english)
    )
    forms = (f" {form.lower()}{' ' if form.isupper() else ''}" for form in en)
    return Concept(zh[0], tuple(zh), tuple(forms), is_name)


CONCEPTS = (
    *(_build_concept(*forms, is_name=True) for forms in _read_section("names")),
    *(_build_concept(*forms, is_name=False) for forms in _read_section("things")),
)
_MARKED_NAMES = (
    tuple([form[1:] for form in forms if form[0] in "*+"] for forms in row) for row in _read_section("names")
)
CHECKED_NAMES = [*_read_section("checked"), *(row for row in _MARKED_NAMES if any(row))]
"""Chinese and English forms of names in which the two languages share no letters."""

ACRONYMS = {form.strip().upper() for word in CONCEPTS for form in word.english if form[-1] == " "} | {"US"}
"""Acronyms that have a Chinese equivalent."""

_STATES = re.compile(r"\bu\.s\.(?:a\.)?")
_OTHER = re.compile(r"[^0-9a-zà-ɏ]+")


def normalize_english(text: str) -> str:
    """Return the text in lower case, with one space at every word boundary."""
    return f" {_OTHER.sub(' ', _STATES.sub('usa', text.casefold()))} "


def find_mentioned_concepts(chinese: Sequence[str], english: Sequence[str]) -> list[Concept]:
    """Return the concepts that either language mentions."""
    in_chinese, in_english = "\n".join(chinese), "\n".join(english)
    return [
        word
        for word in CONCEPTS
        if any(form in in_chinese for form in word.chinese)
        or any(form in in_english for form in word.english)
    ]
