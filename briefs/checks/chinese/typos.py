"""Find wrong characters: of the same sound, or left by a conversion from Simplified (Z12)."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, each_text
from briefs.lexicon.word_tables import read_sections

_LINES = chain.from_iterable(read_sections(Path(__file__).with_suffix(".txt")).values())
_RIGHT_BY_PATTERN = dict(line.split() for line in _LINES)
_TYPO = re.compile("|".join(_RIGHT_BY_PATTERN))
_RIGHT = {re.sub(r"\(.*?\)", "", pattern): right for pattern, right in _RIGHT_BY_PATTERN.items()}


@each_text("zh")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    yield from text.replace_matches("typos.word", _TYPO, lambda match: _RIGHT[match[0]])
