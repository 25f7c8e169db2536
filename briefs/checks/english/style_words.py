"""Read the lists of English words in `style_words.txt`."""

from pathlib import Path

from briefs.lexicon.word_tables import read_sections

_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))


def read_words(section: str) -> list[str]:
    return " ".join(_SECTIONS[section]).split()
