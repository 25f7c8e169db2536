"""Tokenise texts and queries with the same rules. Pure: no database.

Chinese becomes bigrams and the single last character: 科技戰略 is 科技 技战 战略 略. A run of n characters is then found
as n-1 consecutive bigrams, exactly and without a dictionary, and the single last character keeps a phrase from matching
across a comma. English becomes Snowball stems. Both are folded first, one character at a time: folding whole sentences
depends on the context, so parts of them would no longer match.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final, NamedTuple

import opencc

from briefs.bilingual.text import fold_accents, stem_word

FORMAT: Final = 5
"""Increment when the same edition gives another document, so that `rebuild_derived` finds stale entries."""
VERSION: Final = f"{FORMAT}/opencc {version('opencc')}/snowball {version('snowballstemmer')}"
MAX_TOKEN_LENGTH: Final = 60
"""Maximum number of characters in a token. The databases allow more."""

UNIFIED_VARIANTS: Final = str.maketrans("画藉瞭甦覆彷炼锺沈哩", "划借了苏复仿链钟沉里")
"""Characters that OpenCC converts differently alone and in words: 計畫 becomes 计画 or 计划."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_HAN = re.compile(f"[{_CJK}]")
_RUN = re.compile(
    rf"(?P<han>[{_CJK}]+)"
    r"|(?<![a-z0-9])(?P<dotted>[a-z](?:\.[a-z])+)(?![a-z0-9])\.?"
    r"|(?P<figure>(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]))"
    rf"|(?P<word>[^\W_{_CJK}]+(?:['’][^\W_{_CJK}]+)*)"
)
_POSSESSIVE = re.compile("'s?$")


class TextRun(NamedTuple):
    """A run of Chinese, or a word, in folded text. The `text` of a word has no dots and apostrophes."""

    is_han: bool
    text: str
    start: int
    end: int


class _Fold(dict[int, str]):
    """Table from characters to their folded form, filled on first use."""

    def __missing__(self, code: int) -> str:
        self[code] = made = _fold_character(chr(code))
        if len(made) != 1:
            _LENGTH_CHANGING.add(chr(code))
        return made


_LENGTH_CHANGING: set[str] = set()
"""Characters seen so far whose folded form is empty or longer than one character."""


def _fold_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    if unicodedata.category(character) == "Cs":
        return ""  # a lone surrogate, which cannot be stored
    if len(plain) == 1 and plain >= "\u3400":
        return str(_to_simplified().convert(plain)).translate(UNIFIED_VARIANTS)
    if plain.isascii() or plain >= "\u2e80":
        return plain
    return fold_accents(plain)


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


_FOLD = _Fold()


def fold(text: str) -> str:
    """Fold full width to half width, capitals to lower case, Traditional to Simplified, and remove accents."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def fold_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """Return the folded text and each character's offset in the original, or None when the offsets are equal."""
    folded = fold(text)
    if text.isascii() or _LENGTH_CHANGING.isdisjoint(text):
        return folded, None
    parts = [_FOLD[ord(character)] for character in text]
    places = [n for n, part in enumerate(parts) for _ in part]
    return "".join(parts), [*places, len(text)]


def find_runs(folded: str, start: int = 0) -> Iterator[TextRun]:
    return map(_build_run, _RUN.finditer(folded, start))


def _build_run(match: re.Match[str]) -> TextRun:
    kind, text = match.lastgroup, match[0]
    if kind == "han":
        return TextRun(True, text, match.start(), match.end())
    return TextRun(False, _normalise_word(kind, text), match.start(), match.end())


def find_run_at(folded: str, start: int) -> TextRun | None:
    """Return the run that begins at this offset, or None within a word."""
    before = folded[start - 1] if start else " "
    if before.isalnum() and not _HAN.match(before):
        return None
    found = _RUN.match(folded, start)
    return _build_run(found) if found else None


def _normalise_word(kind: str | None, text: str) -> str:
    """Remove dots of abbreviations, commas of figures, and apostrophes."""
    if kind == "dotted":
        text = text.replace(".", "")
    elif kind == "figure":
        text = text.replace(",", "")
    elif not text.isalnum():
        text = _POSSESSIVE.sub("", text.replace("’", "'")).replace("'", "") or text
    return text[:MAX_TOKEN_LENGTH]


@lru_cache(200_000)
def stem(word: str) -> str:
    return stem_word(word) if word.isascii() else word


def build_bigrams(han: str) -> list[str]:
    """科技戰略 → 科技 技战 战略 略."""
    return [han[n : n + 2] for n in range(len(han))]


def analyse(text: str) -> tuple[list[str], set[str]]:
    """Return the tokens, and the words that differ from their stems, for `word*` queries."""
    made: list[str] = []
    written: set[str] = set()
    for part in fold(text).split():  # no token spans a space
        tokens, words = _analyse_part_cached(part) if len(part) <= _MAX_CACHED_LENGTH else _analyse_part(part)
        made += tokens
        written.update(words)
    return made, written


def _analyse_part(folded: str) -> tuple[list[str], list[str]]:
    made: list[str] = []
    written: list[str] = []
    for run in find_runs(folded):
        if run.is_han:
            made += build_bigrams(run.text)
            continue
        made.append(stemmed := stem(run.text))
        if stemmed != run.text:
            written.append(run.text)
    return made, written


_MAX_CACHED_LENGTH: Final = 20
_analyse_part_cached = lru_cache(50_000)(_analyse_part)
"""Only short parts are cached: English words repeat, Chinese sentences do not."""


def tokenise(text: str) -> list[str]:
    return analyse(text)[0]


def hash_tokens(tokens: list[str]) -> str:
    """Hash the tokens of a headline into one token, so that an exact match is a single lookup."""
    return sha256(" ".join(tokens).encode()).hexdigest()[:16]
