"""Check English dashes (E4): en between figures and equals, em without spaces, hyphen for compounds."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, list_side_texts
from briefs.content import Content

_RANGE = re.compile(
    r"(?<![0-9A-Za-z.,/#$-])(?:(?:US|NT|HK|A)?[$€£])?\d{1,4}(?:,\d{3})?(?:\.\d{1,2})?(?P<dash>-)\d{1,4}(?:,\d{3})?(?![0-9A-Za-z/%]*-\d|[0-9/]|[A-Z])"
)
_EM = re.compile(r"(?<=[A-Za-z0-9.,’”)])(?P<dash>\s{0,3}(?:(?<!-)-{2,3}(?!-)|—)\s{0,3})(?=[A-Za-z0-9“‘(])")
_EQUALS = """
U.S. US UK EU UN NATO ASEAN China Chinese Taiwan Taiwanese Japan Japanese Korea Russia Russian Ukraine India Indian Pakistan
Israel Iran Iraq Australia Philippines Philippine Vietnam Vietnamese Germany German France French Britain British Canada
Mexico Singapore Indonesia Malaysia Thailand Turkey Poland Europe European America American Arab Saudi Beijing Taipei
Washington Tokyo Moscow Seoul Kyiv Brussels Delhi
"""
_NAME = "|".join(re.escape(name) for name in sorted(_EQUALS.split(), key=len, reverse=True))
_PAIR = re.compile(f"(?<![A-Za-z])(?:{_NAME})(?P<dash>-)(?=(?:{_NAME})(?![A-Za-z]))")


def check(content: Content, context: CheckContext) -> list[Finding]:
    patterns = (_RANGE, _EM, *([_PAIR] if context.en_dash_between_names else []))
    return [found for text in list_side_texts(content, "en") for found in _check_text(text, patterns)]


def _check_text(text: CheckedText, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Finding]:
    for pattern in patterns:
        to = "—" if pattern is _EM else "–"
        for match in islice(pattern.finditer(text.without_urls), MAX_FINDINGS):
            if match["dash"] != to:
                yield text.build_replacement_finding("dashes.style", match.span("dash"), to)
