"""List the wordings of a unit: as typed, other renderings, word family, corrected, translated. Pure: no database."""

import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain, pairwise
from string import ascii_lowercase
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Indel, JaroWinkler

from briefs.lexicon import translations
from briefs.lexicon.concepts import list_names_zh
from briefs.lexicon.dictionary import list_family, stem_english

from .analysis import build_bigrams, fold, stem
from .expansion import Concepts, find_near
from .query import Phrase, QueryWord, build_phrase
from .question import Question, Unit

SURE: Final = 1.0
_FAMILY: Final = 0.9
_COMPOUND: Final = 0.9
_SPELLING: Final = 0.85
_FIRST_MEANING: Final = 0.75
_OTHER_MEANING: Final = 0.55
_SAME_NAME: Final = 0.75
"""Of a state for its capital."""
NEAR_WORD: Final = 0.7
"""As in `near_words.txt`."""
_PART_OF_REGION: Final = 0.5
_SHARE_OF_NAME: Final = 0.8
_SHARE_OF_WORD: Final = 0.6
_MAX_PHRASES: Final = 4
"""Most phrases of one quality. The dictionary gives the usual ones first."""
_UNLIMITED: Final = frozenset({SURE, NEAR_WORD, _PART_OF_REGION})
"""Qualities of phrases that we chose ourselves."""
_MIN_CORRECTED: Final = 5
"""Fewest letters of a word that is corrected."""
_MIN_MEANT: Final = 4
"""Fewest letters of a word that is meant by it: *theft* is not *the*, the first word of many names."""
_MAX_LATIN: Final = 20
_MIN_PART: Final = 3
_MIN_NAME_SIMILARITY: Final = 0.9
"""Of a typed word and one of a name, by Jaro and Winkler: chilikuri and chilukuri have 0.93."""
_MIN_RENDERING_SIMILARITY: Final = {False: 0.8, True: 0.9}
"""Of a typed word and one of a rendering; higher if the dictionary has the typed word (True)."""


class Wording(NamedTuple):
    """Phrases of the same quality. `is_share`: the quality is multiplied by the share of the phrases that a text has."""

    quality: float
    phrases: tuple[Phrase, ...]
    is_share: bool = False


class WordSource:
    """The words that the index, the names and the renderings have, by which spellings are corrected."""

    def __init__(self, concepts: Concepts, complete_name: Callable[[str, bool], Iterator[str]]) -> None:
        self._concepts, self._complete_name = concepts, complete_name
        self.present: Set[str] = frozenset()
        """Tokens of the index, of those that were asked for."""

    def list_probes(self, question: Question) -> set[str]:
        """Return the tokens whose presence in the index decides the wordings of a question."""
        found = question.list_probes()
        for word in question.words:
            parts = (part for parts in _split(word) for part in parts)
            found.update(map(stem, (word, *parts, *self._list_edits(word))))
        return found

    def _may_be_mistyped(self, word: str) -> bool:
        is_plain = word.isascii() and word.isalpha() and _MIN_CORRECTED <= len(word) <= _MAX_LATIN
        return (
            is_plain and word not in self._concepts.words and not any(self._complete_name(stem(word), False))
        )

    def _list_edits(self, word: str) -> list[str]:
        """Return the words that may be meant, if the dictionary lacks the typed one."""
        return _list_edits(word) if self._may_be_mistyped(word) and not _is_known(word) else []

    def correct(self, word: str) -> Iterator[str]:
        """Yield the words that a mistyped one may mean: of names, renderings and the index."""
        if stem(word) in self.present or not self._may_be_mistyped(word):
            return
        least = _MIN_RENDERING_SIMILARITY[_is_known(word)]
        for words, scorer, cutoff in (
            (self._complete_name(word[0], True), JaroWinkler, _MIN_NAME_SIMILARITY),
            ([one for one in self._concepts.words if one[0] == word[0]], Indel, least),
        ):
            similarity = scorer.normalized_similarity
            found = process.extract(word, words, scorer=similarity, score_cutoff=cutoff, limit=3)
            yield from (one for one, *_ in found if len(one) >= _MIN_MEANT)
        yield from (edit for edit in self._list_edits(word) if stem(edit) in self.present)

    def list_wordings(self, unit: Unit) -> list[Wording]:
        """Return the wordings of a unit, the best first. No phrase is in two of them."""
        by_quality: dict[float, dict[Phrase, None]] = defaultdict(dict)
        seen: set[tuple[str, ...]] = set()
        for quality, phrase in self._list_phrases(unit):
            key = tuple(word.stem for word in phrase)
            has_room = quality in _UNLIMITED or len(by_quality[quality]) < _MAX_PHRASES
            if phrase and key not in seen and has_room:
                seen.add(key)
                by_quality[quality][phrase] = None
        ranked = sorted(by_quality.items(), key=operator.itemgetter(0), reverse=True)
        wordings = [Wording(quality, tuple(phrases)) for quality, phrases in ranked if phrases]
        typed = unit.term.alternatives[0]
        if unit.is_han and len(typed[0].text) > len("兩字") and not unit.is_figure:
            pairs = tuple((QueryWord(True, pair),) for pair in build_bigrams(typed[0].text)[:-1])
            wordings.append(Wording(_SHARE_OF_NAME if unit.is_name else _SHARE_OF_WORD, pairs, is_share=True))
        return wordings

    def _list_phrases(self, unit: Unit) -> Iterator[tuple[float, Phrase]]:
        yield from ((SURE, phrase) for phrase in unit.term.alternatives)
        if unit.is_figure or unit.is_suffix:
            return
        text = unit.text
        if unit.is_han:
            yield SURE, build_phrase(translations.find_taiwan_form(text))
            some = translations.find_english([text])
            for near in self._find_near_han(fold(text)) if text not in some else ():
                yield _SPELLING, build_phrase(near)
        else:
            word = text.lower()
            for other in list_family(stem_english(word)) if " " not in word else ():
                yield _FAMILY, (QueryWord(False, other),)
            for parts in _split(word) if stem(word) not in self.present else ():
                if all(stem(part) in self.present for part in parts):
                    yield _COMPOUND, tuple(QueryWord(False, part) for part in parts)
            for other in self.correct(word):
                yield _SPELLING, (QueryWord(False, other),)
            some = translations.find_chinese([] if text.isupper() else [text])  # US is not *us*
        for group in chain.from_iterable(map(find_near, unit.term.alternatives)):
            yield from ((NEAR_WORD, phrase) for phrase in group.near)
            yield from ((_PART_OF_REGION, phrase) for phrase in group.parts)
        for key in unit.names:
            yield from ((_SAME_NAME, build_phrase(name)) for name in list_names_zh(key))
        for found in some.values():
            yield from ((_FIRST_MEANING, build_phrase(other)) for other in found.first)
            yield from ((_OTHER_MEANING, build_phrase(other)) for other in found.others)

    def _find_near_han(self, run: str) -> Iterator[str]:
        """Yield the words of renderings that differ from the run in one character."""
        if len(run) >= _MIN_PART and not self._concepts.knows_word(run):
            alike = (word for word in self._concepts.words if len(word) == len(run))
            yield from (word for word in alike if sum(map(operator.ne, word, run)) == 1)


def join_neighbours(units: Sequence[Unit], wordings: Sequence[list[Wording]], present: Set[str]) -> None:
    """Add the meaning of two neighbouring words to both: *war game* is also *wargame*, *civil society* 公民社會."""
    neighbours = list(pairwise(zip(units, wordings, strict=True)))
    pairs = [f"{one.text} {other.text}" for (one, _), (other, _) in neighbours]
    some = translations.find_chinese([pair for pair in pairs if pair.isascii()])
    for pair, ((_, mine), (_, theirs)) in zip(pairs, neighbours, strict=True):
        joined = pair.replace(" ", "").lower()
        added: list[Wording] = []
        if joined.isascii() and joined.isalpha() and stem(joined) in present:
            added.append(Wording(_COMPOUND, ((QueryWord(False, joined),),)))
        for group in find_near(build_phrase(pair)):
            both = ((NEAR_WORD, group.near), (_PART_OF_REGION, group.parts))
            added += [Wording(quality, phrases) for quality, phrases in both if phrases]
        if pair in some and (first := some[pair].first[:_MAX_PHRASES]):
            added.append(Wording(_FIRST_MEANING, tuple(map(build_phrase, first))))
        for wording in added:
            _insert(mine, wording)
            _insert(theirs, wording)


def _insert(wordings: list[Wording], added: Wording) -> None:
    """Insert a wording behind those of the same quality."""
    behind = (n for n, one in enumerate(wordings) if one.quality < added.quality or one.is_share)
    wordings.insert(next(behind, len(wordings)), added)


def _is_known(word: str) -> bool:
    return bool(translations.count_words({stem_english(word)}))


def _split(word: str) -> list[tuple[str, str]]:
    """Return the ways to divide a word that the dictionary lacks in two: *wargame* is *war game*."""
    places = range(_MIN_PART, len(word) - _MIN_PART + 1)
    return [(word[:n], word[n:]) for n in places] if places and not _is_known(word) else []


def _list_edits(word: str) -> list[str]:
    """Return the words that differ by one letter, or by two neighbouring letters in the wrong order."""
    halves = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + letter + b[1:] for a, b in halves if b for letter in ascii_lowercase}
    edits |= {a + letter + b for a, b in halves for letter in ascii_lowercase}
    return sorted(edits - {word}, key=lambda edit: (len(edit), edit))
