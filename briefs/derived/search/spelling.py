"""Correct English words that no brief and no dictionary has, by names, renderings and words of the index. Pure: no database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from string import ascii_lowercase
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from briefs.bilingual.checks import load_frequencies

from .analysis import stem

_LENGTHS: Final = range(5, 21)
"""Letters of a word that is corrected."""
_SHORTEST_MEANT: Final = 4
"""Fewest letters of the word that is meant: *theft* is not *the*, the first word of many names."""
_LEAST_SIMILARITY: Final = 0.85
"""To a word of a rendering, by the share of their letters that are the same."""
_LEAST_NAME_SIMILARITY: Final = 0.9
"""To a word of a name, by Jaro and Winkler: chilikuri and chilukuri have 0.93."""


def correct_words(
    words: Iterable[str],
    complete_name: Callable[[str, bool], Iterator[str]],
    renderings: Collection[str],
    find_present: Callable[[Collection[str]], set[str]],
) -> Mapping[str, str]:
    """Return the word that is meant by each folded word that no text and no name has. At most two calls of `find_present`."""
    plain = [word for word in words if word.isascii() and word.isalpha() and len(word) in _LENGTHS]
    present = find_present({stem(word) for word in plain})
    absent = [word for word in plain if stem(word) not in present and word not in renderings]
    absent = [word for word in absent if not any(complete_name(stem(word), False))]
    known = load_frequencies() if absent else {}
    edits = {word: list(filter(known.get, _list_edits(word))) for word in absent if word not in known}
    present = find_present({stem(edit) for some in edits.values() for edit in some})
    meant = {}
    for word, some in edits.items():
        in_texts = [edit for edit in some if stem(edit) in present]
        same_start = [one for one in renderings if one[0] == word[0]]
        meant[word] = (
            _find_similar(word, in_texts, OSA.normalized_similarity, 0)
            or _find_similar(word, same_start, Indel.normalized_similarity, _LEAST_SIMILARITY)
            or _find_similar(
                word, complete_name(word[0], True), JaroWinkler.normalized_similarity, _LEAST_NAME_SIMILARITY
            )
        )
    return {word: other for word, other in meant.items() if other}


def _find_similar(word: str, others: Iterable[str], measure: Callable[..., float], least: float) -> str:
    """Return the most similar of the other words, or an empty string."""
    long = [other for other in others if len(other) >= _SHORTEST_MEANT]
    best = process.extractOne(word, long, scorer=measure, score_cutoff=least)
    return best[0] if best else ""


def _list_edits(word: str) -> list[str]:
    """Return the words with the same first letter that differ by one letter, or by two in the wrong order, the longest first."""
    halves = [(word[:n], word[n:]) for n in range(1, len(word) + 1)]
    edits = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    edits |= {a + letter + b[1:] for a, b in halves if b for letter in ascii_lowercase}
    edits |= {a + letter + b for a, b in halves for letter in ascii_lowercase}
    return sorted(edits - {word}, key=lambda edit: (-len(edit), edit))
