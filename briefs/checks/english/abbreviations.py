"""Check English abbreviations (E2): U.S. with points, UK, UN, EU and AI without, US$ for money."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, each_text

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


@each_text("en")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    plain = text.without_urls
    if _LOWER.search(plain) or plain == "US":
        yield from text.replace_matches("abbreviations.style", _US, "U.S.")
    yield from text.replace_matches("abbreviations.style", _US_DOLLAR, "US$")
    yield from text.replace_matches("abbreviations.style", _DOTTED, _remove_points)


def _remove_points(match: re.Match[str]) -> str:
    """Remove the points of an abbreviation, except the last one if it ends a sentence."""
    ends = match["stop"] and _SENTENCE_END.match(match.string, match.end())
    return match["letters"].replace(".", "") + ("." if ends else "")
