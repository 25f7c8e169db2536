"""Blank out text that a check must not read, keeping every position."""

import re

BLANK_CHARACTER = "□"
"""Replaces a character that a check must not read. It is no letter, digit or punctuation mark in our texts.
"""


def blank_out_matches(pattern: re.Pattern[str], text: str) -> str:
    """Replace every match with blanks. Length and positions are kept."""
    return pattern.sub(lambda match: BLANK_CHARACTER * len(match[0]), text)
