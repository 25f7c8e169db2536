"""Find double, zero-width, non-breaking and other stray spaces, and spaces between Chinese characters."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import CheckedText, build_brief_finding, find_matches, list_side_texts
from briefs.checks.texts import HAN_RANGES
from briefs.content import SIDES, Content

_INVISIBLE = "\u180e\u200b\u200e\u200f\u2028\u2029\u2060\ufeff"
_STRAY = re.compile(f"[{_INVISIBLE}]+|[ \u00a0\u2007\u202f]{{2,}}|[\u00a0\u2007\u202f]")
_CJK = f"{HAN_RANGES}，。、；：！？「」『』《》〈〉（）"
_SPACE_BETWEEN_CJK = re.compile(f"(?<=[{_CJK}])[ \u00a0\u3000]+(?=[{_CJK}])")
_IS_CJK, _IS_LATIN = re.compile(f"[{_CJK}]"), re.compile("[A-Za-z0-9%]")


def check(content: Content, context: CheckContext) -> list[Finding]:
    between = [edit for text in list_side_texts(content, "zh") for edit in _edits_between_cjk(text)]
    stray = [
        edit for side in SIDES for text in list_side_texts(content, side) for edit in _stray_space_edits(text)
    ]
    return [
        *build_brief_finding("spaces.han", between, n=len(between)),
        *build_brief_finding("spaces.stray", stray, n=len(stray)),
    ]


def _edits_between_cjk(text: CheckedText) -> Iterator[Edit]:
    for match in find_matches(_SPACE_BETWEEN_CJK, text.without_urls):
        yield text.build_edit(*match.span(), "")


def _stray_space_edits(text: CheckedText) -> Iterator[Edit]:
    """Yield edits for stray spaces, except those beside Chinese that another rule covers."""
    for match in find_matches(_STRAY, text.original):
        start, end = match.span()
        before, after = text.original[max(start - 1, 0) : start], text.original[end : end + 1]
        if match[0][0] in _INVISIBLE:
            yield text.build_edit(start, end, "")
        elif not _is_covered_by_another_rule(before, after):
            yield text.build_edit(start, end, " ")


def _is_covered_by_another_rule(before: str, after: str) -> bool:
    """Return whether both characters are Chinese, or one is Chinese and the other Latin."""
    cjk = bool(_IS_CJK.match(before)), bool(_IS_CJK.match(after))
    if all(cjk):
        return True
    return any(cjk) and bool(_IS_LATIN.match(after if cjk[0] else before))
