"""Check headlines (E6): title case after the Chicago manual, no final stop, length."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.english.style_words import read_words
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import CheckedText
from briefs.checks.texts import count_characters
from briefs.content import Content

_LONGEST_EN, _LONGEST_ZH = 90, 24
_CLOSING = " .?!…”’\"')"
_CASE_CHECK_LIMIT = 1000
"""Number of characters of a headline whose case is checked."""

_WORD = re.compile("[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ’']*")
_LOWERCASE_WORDS = frozenset(["a", "an", "the", "and", "or", "nor", "of", "to", "at"])
# Lower case as prepositions, capital as part of a verb (Stand Up, Carry On). Both are accepted.
_EITHER_CASE_WORDS = frozenset(read_words("particles"))
_OPENS_PHRASE = re.compile("[:?!.—–]\\s*[“‘\"'(]?$|^[“‘\"'(\\s]*$")
_ABBREVIATED = re.compile(r"(?:[A-Z]\.[A-Z]|Inc|Co|Ltd|Jr|Sr|etc|No|[ap]\.m)\.$")


def check(content: Content, context: CheckContext) -> list[Finding]:
    english = CheckedText.from_text("headline", None, "en", content.headline_en)
    chinese = CheckedText.from_text("headline", None, "zh", content.headline_zh)
    return [*_check_english(english), *_check_chinese(chinese)]


def _check_english(text: CheckedText) -> Iterator[Finding]:
    head = text.original
    words = list(_WORD.finditer(head[:_CASE_CHECK_LIMIT]))
    if len(words) > 1 and head.isupper():
        yield text.build_finding("headline.capitals", (0, len(head)))
    elif edits := tuple(_title_case_edits(text, words)):
        yield text.build_finding("headline.case", edits[0].span, {"b": _replace_letters(head, edits)}, edits)
    if head.endswith(".") and not head.endswith("..") and not _ABBREVIATED.search(head):
        yield _final_stop_finding(text)
    if len(head) > _LONGEST_EN:
        values = {"n": len(head), "m": _LONGEST_EN}
        yield text.build_finding("headline.long_en", (_LONGEST_EN, len(head)), values)


def _check_chinese(text: CheckedText) -> Iterator[Finding]:
    head = text.original
    if head.endswith(("。", ".")) and not head.endswith(("..", "。。")):
        yield _final_stop_finding(text)
    if (n := count_characters(head)) > _LONGEST_ZH:
        yield text.build_finding("headline.long_zh", (0, len(head)), {"n": n, "m": _LONGEST_ZH})


def _final_stop_finding(text: CheckedText) -> Finding:
    end = len(text.original)
    return text.build_finding("headline.stop", (end - 1, end), edits=(text.build_edit(end - 1, end, ""),))


def _title_case_edits(text: CheckedText, words: list[re.Match[str]]) -> Iterator[Edit]:
    """Yield edits of first letters. Mixed capitals (iPhone), figures (5g), single letters (a.m.) are kept."""
    head = text.original
    last = len(head[:_CASE_CHECK_LIMIT].rstrip(_CLOSING))
    for match in words:
        start, end = match.span()
        word, before, after = match[0], head[start - 1 : start], head[end : end + 1]
        if before.isdigit() or (after == "." and len(word) == 1):
            continue
        edge = match is words[0] or end == last or bool(_OPENS_PHRASE.search(head[max(start - 4, 0) : start]))
        low, either = word in _LOWERCASE_WORDS, word in _EITHER_CASE_WORDS
        if word[0].islower() and (edge or not (low or either)) and word[1:] == word[1:].lower():
            yield text.build_edit(start, start + 1, word[0].upper())
        elif (
            word[0].isupper()
            and not edge
            and word.lower() in _LOWERCASE_WORDS
            and word[1:].islower()
            and before != "-"
        ):
            yield text.build_edit(start, start + 1, word[0].lower())


def _replace_letters(head: str, edits: tuple[Edit, ...]) -> str:
    letters = list(head)
    for edit in edits:
        letters[edit.start] = edit.replacement
    return "".join(letters)
