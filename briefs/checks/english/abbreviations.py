"""Abbreviations in English (E2): U.S. with points, UK, UN, EU and AI without, US$ for money."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Finding
from briefs.checks.repairs import MOST, Text, texts
from briefs.content import Content

_US = re.compile(r"(?<![A-Za-z0-9.$&/])US(?![A-Za-z0-9$&/])(?P<stop>\.(?![A-Za-z]))?")
_US_DOLLAR = re.compile(r"(?<![A-Za-z0-9.$])(?:(?:U\.S\.|US|U\.S)\s?)?\$(?=\s?\d)")
_POINTS = re.compile(
    r"(?<![A-Za-z0-9.])(?P<letters>U\.K|U\.N|E\.U|A\.I|U\.A\.E|P\.R\.C|C\.C\.P|N\.A\.T\.O|G\.D\.P)"
    r"(?P<stop>\.?)(?![A-Za-z0-9.])"
)
_ENDS = re.compile(
    r"[”’\"')]*(?:$|\s+(?:The|This|These|It|Its|However|But|In|On|At|As|A|An|They|He|She|We|Yet|Instead)(?![A-Za-z]))"
)
_LOWER = re.compile("[a-z]")


def check(content: Content, context: Context) -> list[Finding]:
    return [found for text in texts(content, "en") for found in _check_text(text)]


def _check_text(text: Text) -> Iterator[Finding]:
    plain = text.plain
    if _LOWER.search(plain) or plain == "US":
        for match in islice(_US.finditer(plain), MOST):
            yield text.change("abbreviations.style", match.span(), "U.S.")
    for match in islice(_US_DOLLAR.finditer(plain), MOST):
        if match[0] != "US$":
            yield text.change("abbreviations.style", match.span(), "US$")
    for match in islice(_POINTS.finditer(plain), MOST):
        letters = match["letters"].replace(".", "")
        ends = match["stop"] and _ENDS.match(plain, match.end())
        yield text.change("abbreviations.style", match.span(), letters + ("." if ends else ""))
