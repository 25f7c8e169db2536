"""English stems, for several threads."""

import threading

from snowballstemmer.english_stemmer import EnglishStemmer

_stemmer = EnglishStemmer()
_lock = threading.Lock()


def stem_word(word: str) -> str:
    """Return the Snowball stem of a word. Callers cache it.

    The stemmer keeps the word in itself: two threads at once got IndexError, or the stem of a mixture.
    """
    with _lock:
        return str(_stemmer.stemWord(word))
