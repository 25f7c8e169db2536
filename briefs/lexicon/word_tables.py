"""Read the data files of words: lines below a name in brackets. Comments stand between sections."""

import re
from pathlib import Path

_SECTION = re.compile(r"^\[([a-z -]+)\]\n((?:.+\n)*)", re.MULTILINE)


def read_sections(path: Path) -> dict[str, list[str]]:
    """Return the lines of each section. An indented line continues the one above."""
    text = path.read_text(encoding="utf-8").replace("\n  ", " ")
    return {name: lines.splitlines() for name, lines in _SECTION.findall(text)}
