"""Blank out what a check must not read, keeping every position."""

import re

BLANK = "□"
"""Stands for a character that a check must not read. No script, no digit, no punctuation of ours."""


def mask(pattern: re.Pattern[str], text: str) -> str:
    """The text with every match blanked out. Length and places are kept."""
    return pattern.sub(lambda match: BLANK * len(match[0]), text)
