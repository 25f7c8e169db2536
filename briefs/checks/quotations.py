"""Check that all quotations of a brief together stay within the word limit."""

import re
from collections.abc import Callable

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import list_side_texts
from briefs.checks.texts import count_characters, count_words
from briefs.content import SIDES, Content, Side

_QUOTED: dict[Side, tuple[re.Pattern[str], Callable[[str], int]]] = {
    "zh": (re.compile("[「“](?P<words>[^「」“”]{1,2000})[」”]"), count_characters),
    "en": (re.compile('[“"](?P<words>[^“”"]{1,4000})[”"]'), count_words),
}


def check(content: Content, context: CheckContext) -> list[Finding]:
    """Report one finding per language, at the quotation that exceeds the limit."""
    if not context.quote_limit:
        return []
    return [found for side in SIDES if (found := _check_side(content, side, context.quote_limit))]


def _check_side(content: Content, side: Side, limit: int) -> Finding | None:
    pattern, count = _QUOTED[side]
    total, place = 0, None
    for text in list_side_texts(content, side):
        for match in pattern.finditer(text.without_urls):
            total += count(match["words"])
            if total > limit and place is None:
                place = text, match.span()
    if place is None:
        return None
    return place[0].build_finding("quotations.long", place[1], {"n": total, "m": limit})
