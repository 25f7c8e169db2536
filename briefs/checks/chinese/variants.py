"""Find two forms of one word in one brief: 臺灣 and 台灣, 佔 and 占, 週三 and 周四 (Z11)."""

import re
from collections import defaultdict
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import CheckedText, build_brief_finding, find_matches, list_side_texts
from briefs.checks.spans import mask_words
from briefs.checks.texts import HAN_RANGES
from briefs.content import Content
from briefs.lexicon.masking import blank_out_matches

_VARIANT_PAIRS = ("臺台", "佔占", "週周", "佈布", "祕秘", "鑒鑑")
_PREFERRED = "台占週布秘鑑"
_OTHER_VARIANT = {character: pair[1 - at] for pair in _VARIANT_PAIRS for at, character in enumerate(pair)}
# For 台 and 布 each word is counted separately. For the other variants, all words that `_SENSES` matches count
# as one word.
_CHARACTERS_AFTER = {"臺台": "灣北中南東海商幣獨美積電式語股鐵澎胞大", "佈布": "局署告陣達防滿建施置"}
_CHARACTERS_BEFORE = {
    "臺台": "舞平電講櫃後前登上下對抗友訪駐援反侵犯攻中美日",
    "佈布": "發宣公頒分散遍密擺傳",
}
_WORDS = re.compile(
    "|".join(
        f"[{pair}](?=[{_CHARACTERS_AFTER[pair]}])|(?<=[{_CHARACTERS_BEFORE[pair]}])[{pair}](?![{_CHARACTERS_AFTER[pair]}])"
        for pair in _CHARACTERS_AFTER
    )
)
_SENSES = re.compile(
    "(?<!四)[週周](?=[一二三四五六日末刊報期]|年(?:慶|紀念))|(?<=[每上下本前兩這該隔一二三五六七八九十])[週周](?![邊遭圍全到知末])|"
    "[佔占](?![卜星])|[祕秘](?!魯)|[鑒鑑]"
)
_OFFICIAL = re.compile(
    f"(?:國立|私立|市立)?臺[灣北中南東](?:(?![的在與和及、])[{HAN_RANGES}]){{0,6}}?"
    "(?:大學|學院|銀行|法院|檢察署|美術館|博物館|圖書館|證券交易所|市政府|縣政府|[市縣])"
)
_WARS = ("烏俄戰爭", "俄烏戰爭")


def check(content: Content, context: CheckContext) -> list[Finding]:
    chinese = list_side_texts(content, "zh")
    words: dict[str, list[Edit]] = defaultdict(list)
    for text in chinese:
        for word, edit in _find_variants(text, context):
            words[word].append(edit)
    found = [found for word, edits in words.items() for found in _check_mixed_variants(word, edits)]
    return [*found, *_check_war_names(chinese)]


def _find_variants(text: CheckedText, context: CheckContext) -> Iterator[tuple[str, Edit]]:
    """Yield each word with its edit to the other variant. The word contains both variants: 臺台灣.

    For matches of `_SENSES` the word is only the two variants: 週周.
    """
    own = blank_out_matches(_OFFICIAL, text.without_urls)
    own = mask_words(own, (name for name in context.names if not name.isascii()))
    for match in find_matches(_WORDS, own):
        at, pair = match.start(), _find_variant_pair(match[0])
        before, after = own[at - 1 : at], own[at + 1 : at + 2]
        word = f"{pair}{after}" if after and after in _CHARACTERS_AFTER[pair] else f"{before}{pair}"
        yield word, text.build_edit(at, at + 1, _OTHER_VARIANT[match[0]])
    for match in find_matches(_SENSES, own):
        yield _find_variant_pair(match[0]), text.build_edit(*match.span(), _OTHER_VARIANT[match[0]])


def _find_variant_pair(character: str) -> str:
    return next(pair for pair in _VARIANT_PAIRS if character in pair)


def _check_mixed_variants(word: str, edits: list[Edit]) -> list[Finding]:
    """Report a word written in both forms, one finding per word. The repair writes the preferred form."""
    wrong = [edit for edit in edits if edit.expected not in _PREFERRED]
    if len({edit.expected for edit in edits}) < 2 or not 0 < len(wrong) < len(edits):
        return []
    pair = _find_variant_pair(wrong[0].expected)
    values = {"a": word.replace(pair, wrong[0].expected), "b": word.replace(pair, wrong[0].replacement)}
    return build_brief_finding("variants.mixed", wrong, **values)


def _check_war_names(chinese: list[CheckedText]) -> list[Finding]:
    """Report a brief that uses both names of the war. Either name alone is correct."""
    places = {war: [text for text in chinese if war in text.without_urls] for war in _WARS}
    if not all(places.values()):
        return []
    war, other = _WARS
    edits = [
        text.build_edit(*match.span(), other)
        for text in places[war]
        for match in find_matches(re.compile(war), text.without_urls)
    ]
    return build_brief_finding("variants.mixed", edits, a=war, b=other)
