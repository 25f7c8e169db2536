"""White space that nobody sees: double, without width, without break, or between two Chinese characters."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import MOST, Text, texts, together
from briefs.checks.texts import HAN
from briefs.content import SIDES, Content

_INVISIBLE = "\u00ad\u180e\u200b\u200e\u200f\u2028\u2029\u2060\ufeff"
_STRAY = re.compile(f"[{_INVISIBLE}]+|[ \u00a0\u2007\u202f]{{2,}}|[\u00a0\u2007\u202f]")
_CJK = f"{HAN}，。、；：！？「」『』《》〈〉（）"
_BETWEEN = re.compile(f"(?<=[{_CJK}])[ \u00a0\u3000]+(?=[{_CJK}])")
_IS_CJK, _IS_LATIN = re.compile(f"[{_CJK}]"), re.compile("[A-Za-z0-9%]")


def check(content: Content, context: Context) -> list[Finding]:
    between = [edit for text in texts(content, "zh") for edit in _between(text)]
    stray = [edit for side in SIDES for text in texts(content, side) for edit in _stray(text)]
    return [*together("spaces.han", between, n=len(between)), *together("spaces.stray", stray, n=len(stray))]


def _between(text: Text) -> Iterator[Edit]:
    for match in islice(_BETWEEN.finditer(text.plain), MOST):
        yield text.edit(*match.span(), "")


def _stray(text: Text) -> Iterator[Edit]:
    """What stands between Chinese, or between Chinese and Latin, has a rule of its own."""
    for match in islice(_STRAY.finditer(text.original), MOST):
        start, end = match.span()
        before, after = text.original[max(start - 1, 0) : start], text.original[end : end + 1]
        if match[0][0] in _INVISIBLE:
            yield text.edit(start, end, "")
        elif not _apart(before, after):
            yield text.edit(start, end, " ")


def _apart(before: str, after: str) -> bool:
    """Whether one of the two is Chinese and the other is Chinese or Latin."""
    cjk = bool(_IS_CJK.match(before)), bool(_IS_CJK.match(after))
    if all(cjk):
        return True
    return any(cjk) and bool(_IS_LATIN.match(after if cjk[0] else before))
