"""Read data files: sections of lines, each below its name in brackets, with comments between sections."""

import re
from pathlib import Path

_SECTION = re.compile(r"^\[([a-z -]+)\]\n((?:.+\n)*)", re.MULTILINE)


def read_sections(path: Path) -> dict[str, list[str]]:
    """Return the lines of each section of a data file. An indented line continues the one above."""
    text = path.read_text(encoding="utf-8").replace("\n  ", " ")
    return {name: lines.splitlines() for name, lines in _SECTION.findall(text)}
