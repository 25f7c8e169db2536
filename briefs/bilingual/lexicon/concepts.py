"""Chinese and English words for the same names and things, from `concepts.txt`.

`PAIRING_CONCEPTS` take precedence over the dictionary when points are paired. The checks use `CHECKED_NAMES`, whose forms
are matched as written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from briefs.bilingual.text import read_sections

_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))


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
    for line in _SECTIONS[name]:
        chinese, _, english = line.partition(" = ")
        yield chinese.split(", "), english.split(", ")


def _build_concept(chinese: list[str], english: list[str], *, is_name: bool) -> Concept:
    zh, en = (
        [form.lstrip("*-") for form in forms if not form.startswith("+")] for forms in (chinese, english)
    )
    forms = (f" {form.lower()}{' ' if form.isupper() else ''}" for form in en)
    return Concept(zh[0], tuple(zh), tuple(forms), is_name)


CONCEPTS = (
    *(_build_concept(*forms, is_name=True) for forms in _read_section("names")),
    *(_build_concept(*forms, is_name=False) for forms in _read_section("things")),
)
PAIRING_CONCEPTS = (
    *CONCEPTS,
    *(
        _build_concept(*forms, is_name=True)
        for section in ("countries", "regions", "waters", "people", "organizations")
        for forms in _read_section(section)
    ),
)
"""Concepts that take precedence over the dictionary. Entries with the same key are one concept."""
_MARKED_NAMES = (
    tuple([form[1:] for form in forms if form[0] in "*+"] for forms in row) for row in _read_section("names")
)
ACRONYM_NAMES = [
    tuple([form.lstrip("*+") for form in forms] for forms in row)
    for row in _read_section("organizations")
    if any(form.isupper() and form != "ZTE" for form in row[1])  # of ZTE the editor is asked
]
"""Names of organizations with an acronym that the checks of figures and names may meet in English."""
CHECKED_NAMES = [*_read_section("checked"), *(row for row in _MARKED_NAMES if any(row))]
"""Chinese and English forms of names in which the two languages share no letters."""

ACRONYMS = {form.strip().upper() for word in CONCEPTS for form in word.english if form[-1] == " "} | {"US"}
"""Acronyms that have a Chinese equivalent."""

_STATES = re.compile(r"\bu\.s\.(?:a\.)?")
_OTHER = re.compile(r"[^0-9a-zà-ɏ]+")


def normalize_english(text: str) -> str:
    """Return the text in lower case, with one space at every word boundary."""
    return f" {_OTHER.sub(' ', _STATES.sub('usa', text.casefold()))} "


MARK = "#"
"""Precedes the key of a concept among stems."""


KEYS_ZH = {form: concept.key for concept in PAIRING_CONCEPTS for form in concept.chinese}
NAME_KEYS = {MARK + concept.key for concept in PAIRING_CONCEPTS if concept.is_name}


def _index_words() -> tuple[
    dict[str, list[str]], dict[str, list[str]], dict[str, list[tuple[list[str], str]]]
]:
    """Return three indexes: concept keys by word beginning, concept keys by whole word, phrases by their first word."""
    beginnings: dict[str, list[str]] = {}
    whole: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[list[str], str]]] = {}
    for concept in PAIRING_CONCEPTS:
        for form in concept.english:
            words, key = form.split(), MARK + concept.key
            if len(words) > 1:
                phrases.setdefault(words[0], []).append((words[1:], key))
            elif form.endswith(" "):
                whole.setdefault(words[0], []).append(key)
            else:
                beginnings.setdefault(words[0], []).append(key)
    return beginnings, whole, phrases


_BEGINNINGS, _WHOLE_WORDS, _PHRASES = _index_words()


_NAME_ENDING = re.compile(
    "(?:[aeoiy]|y[iy]|[ei]a|iy|um|us|en|es|ese|[ei]?an|ish|ite|ic|er|ya|is|sh|ch|tian|lese)?(?:s|(?:wo)?m[ae]n|is[mt]s?)?"
)
"""What may follow the beginning of a name: *ukrain* in Ukraine and Ukrainians, but not *intel* in intelligence."""


@lru_cache(50_000)
def _find_keys_of_word(word: str) -> tuple[str, ...]:
    beginnings = (
        key
        for end in range(2, len(word) + 1)
        for key in _BEGINNINGS.get(word[:end], ())
        if key not in NAME_KEYS or _NAME_ENDING.fullmatch(word, end)
    )
    return (*beginnings, *_WHOLE_WORDS.get(word, ()))


def find_keyed_words(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the index, the number of words and the key, with its mark, of each concept in lower-case words."""
    for n, word in enumerate(words):
        for key in _find_keys_of_word(word):
            yield n, 1, key
        for rest, key in _PHRASES.get(word, ()):
            there = words[n + 1 : n + 1 + len(rest)]
            if there[:-1] == rest[:-1] and there and there[-1].startswith(rest[-1]):
                yield n, 1 + len(rest), key


def find_keys_en(words: Sequence[str]) -> list[str]:
    """Return the keys of the concepts that these words (in lower case) mention, each with its mark."""
    return [key for _, _, key in find_keyed_words(words)]
