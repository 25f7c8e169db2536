"""Read docs/operators.md: its tables and its shell blocks."""

import re
from pathlib import Path
from typing import Final

GUIDE: Final = (Path(__file__).resolve().parents[3] / "docs/operators.md").read_text(encoding="utf-8")


def read_section(title: str) -> str:
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def read_table(section: str) -> list[list[str]]:
    """Return the cells of the first table of a section, without its head."""
    lines = [line for line in read_section(section).splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


def read_blocks(section: str) -> list[str]:
    """Return the shell blocks of a section, up to its first subsection."""
    return re.findall(r"^```sh\n(.*?)^```$", read_section(section).partition("\n### ")[0], re.M | re.S)
