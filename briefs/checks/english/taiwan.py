"""Check how English names Taiwan and China (E7). Quotations may keep their wording."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import (
    CheckedText,
    find_matches,
    is_in_introductory_phrase,
    list_side_texts,
    match_case,
)
from briefs.checks.spans import mask_words
from briefs.content import Content

_AFTER_WORD = "(?![A-Za-z-])"
_TAIWAN_CHINA = re.compile(f"(?<![A-Za-z])Taiwan, China{_AFTER_WORD}(?!,? (?:and|or) |, [A-Z]|’s|'s)")
_TAIPEI = re.compile(f"(?<![A-Za-z])Chinese Taipei{_AFTER_WORD}")
_SPORTS = re.compile(
    "olympi|(?<![a-z])ioc(?![a-z])|sport|athlet|(?<![a-z])games(?![a-z])|baseball|basketball|football|badminton|tennis|world cup|tournament|championship",
    re.IGNORECASE,
)
_PROVINCE = re.compile("(?<![A-Za-z])Taiwan[,]? Province(?: of (?:China|the PRC))?(?![A-Za-z])")
_REUNIFY = re.compile(
    r"(?<!German )(?<!Germany’s )(?<!Germany's )(?<!Korean )(?<!Korea’s )(?<!Korea's )(?<![A-Za-z-])[Rr]e-?unif(?P<end>ication|y|ied|ies|ying)(?![A-Za-z])(?! of (?:Germany|Korea|the Korean))"
)
_MAINLAND = re.compile(
    r"(?<![A-Za-z-])(?P<before>[A-Za-z.’']{1,20} )?(?P<word>[Mm]ainland)(?![A-Za-z-])(?! (?:China|Chinese)(?![A-Za-z]))(?! [A-Z])"
)
_WORDS_BEFORE_MAINLAND = frozenset(["The", "Chinese", "A", "In", "On", "From", "With", "To", "For"])
_STANDS_ALONE = re.compile(
    r"$|[.,;:?!)”’'—]|\s(?:is|are|was|were|has|had|have|will|would|could|should|may|might|must|can|and|or|but|to|in|on|by|"
    r"from|for|with|of|as|at|that|which|who|while|when|if|than|does|did|says|said)(?![A-Za-z])"
)
_STATE_NAMES = {
    "China": re.compile("(?<![A-Za-z-])China(?![A-Za-z])"),
    "PRC": re.compile("(?<![A-Za-z])PRC(?![A-Za-z])"),
}


def check(content: Content, context: CheckContext) -> list[Finding]:
    english = [(text, text.without_quotations) for text in list_side_texts(content, "en")]
    found = [finding for text, own in english for finding in _check_text(text, own)]
    return [*found, *_check_state_names(english, context)]


def _check_text(text: CheckedText, own: str) -> Iterator[Finding]:
    yield from text.replace_matches("taiwan.naming", _TAIWAN_CHINA, _remove_china, within=own)
    if not _SPORTS.search(own):
        yield from text.replace_matches("taiwan.naming", _TAIPEI, "Taiwan", within=own)
    yield from text.replace_matches("taiwan.naming", _PROVINCE, "Taiwan", within=own)
    yield from text.replace_matches("taiwan.naming", _REUNIFY, _remove_re, within=own)
    yield from _check_mainland(text, own)


def _remove_china(match: re.Match[str]) -> str:
    """Write Taiwan alone, unless the comma only ends an introduction."""
    introduces = is_in_introductory_phrase(match.string, match.start() + len("Taiwan"))
    return match[0] if introduces else "Taiwan"


def _remove_re(match: re.Match[str]) -> str:
    return match_case(match[0], f"unif{match['end']}")


def _check_mainland(text: CheckedText, own: str) -> Iterator[Finding]:
    """Report "mainland" alone, or after a small word or "Chinese". "The U.S. mainland" is allowed."""
    for match in find_matches(_MAINLAND, own):
        before = (match["before"] or "").strip()
        if before[:1].isupper() and before not in _WORDS_BEFORE_MAINLAND:
            continue
        start, end = match.span("word")
        if before.lower() in ("the", "chinese") and _STANDS_ALONE.match(own, end):
            start = match.start("before")
            start = _include_article(own, start) if before == "Chinese" else start
            yield text.build_replacement_finding("taiwan.naming", (start, end), "China")
        else:
            yield text.build_finding("taiwan.word", (start, end), {"a": match["word"]})


def _include_article(own: str, start: int) -> int:
    return start - 4 if own[max(start - 4, 0) : start].lower() == "the " else start


def _check_state_names(english: list[tuple[CheckedText, str]], context: CheckContext) -> Iterator[Finding]:
    """Report a brief that uses both China and PRC. Names such as "one China policy" do not count."""
    forms = (form for term in context.terms for form in term.approved("en"))
    names = [name for name in (*forms, *context.names) if "China" in name or "PRC" in name]
    places: dict[str, tuple[CheckedText, re.Match[str]]] = {}
    for text, own in english:
        rest = mask_words(own, names)
        for name, pattern in _STATE_NAMES.items():
            if name not in places and (match := pattern.search(rest)):
                places[name] = text, match
    if len(places) == len(_STATE_NAMES):
        text, match = places["PRC"]
        yield text.build_finding("taiwan.two_names", match.span(), {"a": "China", "b": "PRC"})
