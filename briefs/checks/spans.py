"""Find and mask words in a text, and keep track of spans already matched."""

from collections.abc import Iterable, Iterator

from briefs.lexicon.masking import BLANK_CHARACTER


def find_word_spans(word: str, text: str) -> Iterator[tuple[int, int]]:
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


class ClaimedSpans:
    """The characters of a text that a longer word has already claimed."""

    def __init__(self, length: int) -> None:
        self._marks = bytearray(length)

    def claim(self, start: int, end: int) -> bool:
        """Claim the span and return True, or return False if any character is already claimed."""
        if self._marks.find(1, start, end) >= 0:
            return False
        self._marks[start:end] = b"\x01" * (end - start)
        return True
