"""Check English dashes (E4): en between figures and equals, em without spaces, hyphen for compounds."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.english.style_words import read_words
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, each_text

_RANGE = re.compile(
    r"(?<![0-9A-Za-z.,/#$-])(?:(?:US|NT|HK|A)?[$€£])?\d{1,4}(?:,\d{3})?(?:\.\d{1,2})?(?P<dash>-)\d{1,4}(?:,\d{3})?(?![0-9A-Za-z/%]*-\d|[0-9/]|[A-Z])"
)
_EM = re.compile(r"(?<=[A-Za-z0-9.,’”)])(?P<dash>\s{0,3}(?:(?<!-)-{2,3}(?!-)|—)\s{0,3})(?=[A-Za-z0-9“‘(])")
_NAME = "|".join(re.escape(name) for name in sorted(read_words("equals"), key=len, reverse=True))
_PAIR = re.compile(f"(?<![A-Za-z])(?:{_NAME})(?P<dash>-)(?=(?:{_NAME})(?![A-Za-z]))")


@each_text("en")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    for pattern, dash in ((_RANGE, "–"), (_EM, "—"), (_PAIR, "–")):
        yield from text.replace_matches("dashes.style", pattern, dash, group="dash")
