"""Opposites: axes such as direction and consent, their poles, and the words of each pole, from `axes.txt`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from briefs.bilingual.lexicon import dictionary
from briefs.bilingual.text import read_sections

_WORD_EN = re.compile(r"[A-Za-z’'-]+|…")
_GAP = "…"
_CONFLICTS = "conflicts: "
_GLOSSES = 3


class Pole(NamedTuple):
    """One end of an axis: ("direction", "up")."""

    axis: str
    name: str


class Sense(NamedTuple):
    """A pole that a word expresses. A weak sense can be linked to its pole, but is never part of a finding."""

    pole: Pole
    is_weak: bool


SOFT_NEGATION = Sense(Pole("negation", "soft"), is_weak=False)
"""Of a word such as *unwilling* or 禁止, which can answer a negation of the other language but needs no answer itself."""
_NO = Pole("negation", "no")


class _Phrase(NamedTuple):
    """An English form. `words` are stems, or the words as written if the form is exact."""

    words: tuple[str, ...]
    is_exact: bool
    sense: Sense


@dataclass(slots=True)
class _Axes:
    zh: dict[str, tuple[Sense, ...]] = field(default_factory=dict)
    gapped_zh: dict[str, list[tuple[str, Sense]]] = field(default_factory=dict)
    """By the last part of forms such as 比…高: the first part and the sense."""
    en: dict[str, list[_Phrase]] = field(default_factory=dict)
    conflicts: dict[str, frozenset[frozenset[str]]] = field(default_factory=dict)
    unlinked: set[str] = field(default_factory=set)


@lru_cache(50_000)
def stem(word: str) -> str:
    """Return the stem of any English word, also of *not* and *before*."""
    return dictionary.stem_any(word.lower().replace("’s", "").replace("'s", ""))


@cache
def _load() -> _Axes:
    axes = _Axes()
    for axis, lines in read_sections(Path(__file__).with_suffix(".txt")).items():
        for line in lines:
            if line.startswith(_CONFLICTS):
                listed = line.removeprefix(_CONFLICTS).split()
                axes.conflicts[axis] = frozenset(frozenset(two.split("-")) for two in listed if "-" in two)
                if "unlinked" in listed:
                    axes.unlinked.add(axis)
                continue
            name, _, forms = line.partition(": ")
            zh, _, en = forms.partition(" = ")
            pole = Pole(axis, name)
            for form in filter(None, zh.split(", ")):
                word = form.removeprefix("+")
                first, gap, last = word.partition(_GAP)
                if gap:
                    axes.gapped_zh.setdefault(last, []).append((first, Sense(pole, form != word)))
                    continue
                axes.zh[word] = (*axes.zh.get(word, ()), Sense(pole, form != word))
            for form in filter(None, en.split(", ")):
                _add_phrase(axes, form, pole)
    for phrases in axes.en.values():
        phrases.sort(key=lambda phrase: -len(phrase.words))
    return axes


def _add_phrase(axes: _Axes, form: str, pole: Pole) -> None:
    written = form.removeprefix("+").removeprefix("=")
    is_exact = "=" in form or written != written.lower()
    words = tuple(word if is_exact or word == _GAP else stem(word) for word in _WORD_EN.findall(written))
    axes.en.setdefault(words[0], []).append(_Phrase(words, is_exact, Sense(pole, form[0] == "+")))


def are_opposed(one: Pole, other: Pole) -> bool:
    if one.axis != other.axis or one.name == other.name:
        return False
    conflicts = _load().conflicts.get(one.axis)
    return conflicts is None or frozenset((one.name, other.name)) in conflicts


def can_link(pole: Pole) -> bool:
    """Return whether two words are linked because both express the pole."""
    return pole.axis not in _load().unlinked


@cache
def list_words_zh() -> frozenset[str]:
    return frozenset(_load().zh)


@lru_cache(50_000)
def find_senses_zh(word: str) -> tuple[Sense, ...]:
    """Return the senses of a Chinese word. An unlisted word of several characters has those of its first glosses."""
    axes = _load()
    if (senses := axes.zh.get(word)) is not None or len(word) == 1:
        return senses or ()
    glosses = dictionary.load_dictionary().stems.get(word, "").split()[:_GLOSSES]
    if not glosses or glosses[0].startswith("#"):
        return ()
    shared: dict[Pole, int] = {}
    for gloss in glosses:
        for phrase in axes.en.get(gloss, ()):
            if len(phrase.words) == 1 and not phrase.sense.is_weak and can_link(phrase.sense.pole):
                shared[phrase.sense.pole] = shared.get(phrase.sense.pole, 0) + 1
    return tuple(
        Sense(pole, is_weak=False)
        for pole, count in shared.items()
        if 2 * count > len(glosses) and not any(are_opposed(pole, other) for other in shared)
    )


def ends_gapped_form_zh(word: str) -> bool:
    return word in _load().gapped_zh


def find_gapped_senses_zh(word: str, before: str) -> tuple[Sense, ...]:
    """Return the senses of the last part of a form such as 比…高. `before`: the words before it in its clause."""
    return tuple(sense for first, sense in _load().gapped_zh.get(word, ()) if first in before)


def find_senses_en(
    words: Sequence[str], clauses: Sequence[int]
) -> Iterator[tuple[int, int, tuple[Sense, ...]]]:
    """Yield the index, the length in words and the senses of each word or phrase. The longest form at a word counts.

    The second half of a form with a gap (*more … than*) must follow in the same clause.
    """
    phrases, words, stems = _load().en, tuple(words), tuple(map(stem, words))
    end = 0
    for n, word in enumerate(words):
        if n < end or not (stems[n] in phrases or word in phrases):
            continue
        senses: dict[Sense, None] = {}
        gapped: dict[Sense, None] = {}
        length = 1
        for key in (stems[n],) if stems[n] == word else (stems[n], word):
            for form in phrases.get(key, ()):
                size = len(form.words)
                if _GAP in form.words:
                    if _follows(form.words[-1], stems, clauses, n):
                        gapped[form.sense] = None
                elif size >= length and form.words == (words if form.is_exact else stems)[n : n + size]:
                    if size > length:
                        length, senses = size, {}
                    senses[form.sense] = None
        if senses or gapped:
            end = n + length
            if length > 1 and not any(sense.pole.axis == _NO.axis for sense in senses):
                # *not* of "could not"
                senses |= dict.fromkeys(
                    form.sense
                    for inner in stems[n:end]
                    for form in phrases.get(inner, ())
                    if form.sense.pole == _NO and len(form.words) == 1
                )
            yield n, length, tuple(senses | gapped)


def _follows(word: str, stems: Sequence[str], clauses: Sequence[int], at: int) -> bool:
    return any(stems[n] == word for n in range(at + 1, min(at + 9, len(stems))) if clauses[n] == clauses[at])
