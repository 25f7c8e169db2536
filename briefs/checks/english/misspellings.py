"""Find probable misspellings (E9): a rare word that occurs once and differs by one letter from a common one.

Known words come from the frequency list of pyspellchecker. Without that package nothing is reported.
"""

import gzip
import json
import re
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from string import ascii_lowercase

from briefs.checks.context import CheckContext
from briefs.checks.english.style_words import read_words
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, list_side_texts, match_case, opens_sentence
from briefs.content import Content

_WORD = re.compile(r"(?<![A-Za-zÀ-ɏ0-9’'_./@-])[A-Za-z][a-z]{4,29}(?![A-Za-zÀ-ɏ0-9’'_/@-]|\.[a-z])")
_COMMON = 200
"""The least frequency of a word that a misspelling is corrected to. The list has counts from 50 to 50 million."""


def check(content: Content, context: CheckContext) -> list[Finding]:
    frequencies = _load_frequencies()
    texts = list_side_texts(content, "en") if frequencies else []
    words = [(text, match) for text in texts for match in _WORD.finditer(text.without_urls)]
    counts = Counter(match[0].lower() for _, match in words)
    forms = (form for term in context.terms for form in (*term.renderings("en"), *term.safe_en))
    accepted = " ".join([*context.names, *forms]).lower()
    found = []
    for text, match in words[:MAX_FINDINGS]:
        word = match[0].lower()
        if (
            counts[word] == 1
            and not _is_word(word, frequencies)
            and word not in accepted
            and (match[0].islower() or _is_opening_word(text.without_urls, match))
            and (right := _correct(word, frequencies))
        ):
            found.append(
                text.build_replacement_finding("misspellings.word", match.span(), match_case(match[0], right))
            )
    return found


def _is_opening_word(text: str, match: re.Match[str]) -> bool:
    """Return whether the word opens its sentence and no second capital makes it a name: Narcis Termes."""
    return opens_sentence(text, match.start()) and not text[match.end() : match.end() + 2].strip().isupper()


@cache
def _load_frequencies() -> dict[str, int]:
    spec = find_spec("spellchecker")
    if spec is None or spec.origin is None:
        return {}
    packed = (Path(spec.origin).parent / "resources/en.json.gz").read_bytes()
    frequencies: dict[str, int] = json.loads(gzip.decompress(packed))
    return frequencies


def _is_word(word: str, frequencies: dict[str, int]) -> bool:
    """Return whether the word is known, or made of known parts: demining, severalfold, carmakers."""
    if word in frequencies or word in read_words("known words"):
        return True
    stems = {word.removesuffix(ending) for ending in read_words("suffixes")}
    stems |= {f"{stem}e" for stem in stems} | {f"{stem[:-1]}y" for stem in stems if stem.endswith("i")}
    stems |= {stem.removeprefix(opening) for stem in stems for opening in read_words("prefixes")}
    if any(stem in frequencies for stem in stems if len(stem) > 2):
        return True
    return any(word[:at] in frequencies and word[at:] in frequencies for at in range(4, len(word) - 3))


def _correct(word: str, frequencies: dict[str, int]) -> str:
    """Return the most frequent common word at a distance of one letter, or an empty string."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    near = {a + b[1:] for a, b in splits[:-1]}
    near |= {a + b[1] + b[0] + b[2:] for a, b in splits[:-2]}
    near |= {a + letter + b[skip:] for a, b in splits for letter in ascii_lowercase for skip in (0, 1)}
    best = max(near, key=lambda candidate: frequencies.get(candidate, 0))
    return best if frequencies.get(best, 0) >= _COMMON else ""
