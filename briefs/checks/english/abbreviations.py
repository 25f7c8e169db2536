"""Check English abbreviations (E2): U.S. with points, UK, UN, EU and AI without, US$ for money."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, list_side_texts
from briefs.content import Content

_US = re.compile(r"(?<![A-Za-z0-9.$&/])US(?![A-Za-z0-9$&/])(?P<stop>\.(?![A-Za-z]))?")
_US_DOLLAR = re.compile(r"(?<![A-Za-z0-9.$])(?:(?:U\.S\.|US|U\.S)\s?)?\$(?=\s?\d)")
_DOTTED = re.compile(
    r"(?<![A-Za-z0-9.])(?P<letters>U\.K|U\.N|E\.U|A\.I|U\.A\.E|P\.R\.C|C\.C\.P|N\.A\.T\.O|G\.D\.P)"
    r"(?P<stop>\.?)(?![A-Za-z0-9.])"
)
_SENTENCE_END = re.compile(
    r"[”’\"')]*(?:$|\s+(?:The|This|These|It|Its|However|But|In|On|At|As|A|An|They|He|She|We|Yet|Instead)(?![A-Za-z]))"
)
_LOWER = re.compile("[a-z]")


def check(content: Content, context: CheckContext) -> list[Finding]:
    return [found for text in list_side_texts(content, "en") for found in _check_text(text)]


def _check_text(text: CheckedText) -> Iterator[Finding]:
    plain = text.without_urls
    if _LOWER.search(plain) or plain == "US":
        for match in islice(_US.finditer(plain), MAX_FINDINGS):
            yield text.build_replacement_finding("abbreviations.style", match.span(), "U.S.")
    for match in islice(_US_DOLLAR.finditer(plain), MAX_FINDINGS):
        if match[0] != "US$":
            yield text.build_replacement_finding("abbreviations.style", match.span(), "US$")
    for match in islice(_DOTTED.finditer(plain), MAX_FINDINGS):
        letters = match["letters"].replace(".", "")
        ends = match["stop"] and _SENTENCE_END.match(plain, match.end())
        yield text.build_replacement_finding(
            "abbreviations.style", match.span(), letters + ("." if ends else "")
        )
