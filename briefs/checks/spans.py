"""Find and mask words in a text, and keep track of characters already matched."""

from collections.abc import Iterable, Iterator

from briefs.checks.finding import Span
from briefs.lexicon.masking import BLANK_CHARACTER


def find_word_spans(word: str, text: str) -> Iterator[Span]:
    at = text.find(word) if word else -1
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + len(word))


def mask_words(text: str, words: Iterable[str]) -> str:
    """Blank out the words. Length and positions are kept."""
    for word in words:
        if word and word in text:
            text = text.replace(word, BLANK_CHARACTER * len(word))
    return text


def claim_span(claimed: set[int], span: Span) -> bool:
    """Claim the characters of the span and return True, or return False if one is already claimed."""
    free = claimed.isdisjoint(range(*span))
    if free:
        claimed.update(range(*span))
    return free
