"""Blank out what a check must not read, keeping every position."""

import re

BLANK_CHARACTER = "□"
"""Stands for a character that a check must not read. No script, no digit, no punctuation of ours."""


def blank_out_matches(pattern: re.Pattern[str], text: str) -> str:
    """The text with every match blanked out. Length and places are kept."""
    return pattern.sub(lambda match: BLANK_CHARACTER * len(match[0]), text)
