"""Check foreign names in Chinese (Z5): ‧ between the parts, and only the surname after the first mention."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, find_matches, list_side_texts
from briefs.checks.texts import HAN_RANGES
from briefs.content import Content

NAME_SEPARATOR = "‧"
"""U+2027, the interpunct that Big5 can encode."""

# Characters used to transcribe names. A space counts as a separator only between two runs of them.
_TRANSCRIPTION_CHARACTERS = "".join(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split())
_WRONG_SEPARATOR = re.compile(f"(?<=[{HAN_RANGES}])[·・•．･](?=[{HAN_RANGES}])")
_SPACE = re.compile(f"(?<=[{_TRANSCRIPTION_CHARACTERS}]{{2}})[ \u00a0](?=[{_TRANSCRIPTION_CHARACTERS}]{{2}})")
_FULL_NAME = re.compile(
    f"[{_TRANSCRIPTION_CHARACTERS}]{{1,6}}(?:‧[{_TRANSCRIPTION_CHARACTERS}]{{1,8}}){{1,3}}"
)


def check(content: Content, context: CheckContext) -> list[Finding]:
    chinese = list_side_texts(content, "zh")
    found = [finding for text in chinese for finding in _check_separators(text)]
    return [*found, *_check_repeated_names([text for text in chinese if text.field != "headline"], context)]


def _check_separators(text: CheckedText) -> Iterator[Finding]:
    yield from text.replace_matches("persons.point", _WRONG_SEPARATOR, NAME_SEPARATOR)
    yield from text.replace_matches("persons.space", _SPACE, NAME_SEPARATOR)


def _check_repeated_names(chinese: list[CheckedText], context: CheckContext) -> Iterator[Finding]:
    """Report a full name that has already occurred.

    Offer a repair only for a known name, since a guessed name may be cut in the wrong place.
    """
    known = sorted((name for name in context.names if NAME_SEPARATOR in name), key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), _FULL_NAME.pattern])) if known else _FULL_NAME
    seen: dict[str, int] = defaultdict(int)
    surnames: dict[str, set[str]] = defaultdict(set)
    places = [(text, match) for text in chinese for match in find_matches(pattern, text.without_urls)]
    for _, match in places:
        surnames[_surname(match[0])].add(match[0])
    for text, match in places:
        name, surname = match[0], _surname(match[0])
        seen[name] += 1
        if seen[name] > 1 and len(surnames[surname]) == 1:
            edits = (text.build_edit(*match.span(), surname),) if name in known else ()
            yield text.build_finding("persons.again", match.span(), {"a": name, "b": surname}, edits)


def _surname(name: str) -> str:
    return name.rpartition(NAME_SEPARATOR)[2]
