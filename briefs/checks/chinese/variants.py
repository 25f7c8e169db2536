"""Find two forms of one word in one brief: 臺灣 and 台灣, 佔 and 占, 週三 and 周四 (Z11)."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, build_brief_finding, list_side_texts
from briefs.checks.texts import HAN_RANGES
from briefs.content import Content
from briefs.lexicon.masking import blank_out_matches

_VARIANT_PAIRS = ("臺台", "佔占", "週周", "佈布", "祕秘", "鑒鑑")
_OTHER_VARIANT = {character: pair[1 - at] for pair in _VARIANT_PAIRS for at, character in enumerate(pair)}
# 台 and 布 are compared word by word; of the other variants all words of the matched sense count as one.
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


@dataclass(frozen=True, slots=True)
class _VariantOccurrence:
    text: CheckedText
    position: int
    character: str
    word: str
    """The word in the text, or the character alone where all words of its sense count as one."""


def check(content: Content, context: CheckContext) -> list[Finding]:
    chinese = list_side_texts(content, "zh")
    words: dict[str, list[_VariantOccurrence]] = defaultdict(list)
    for text in chinese:
        for key, place in _find_occurrences(text, context):
            words[key].append(place)
    found = [found for places in words.values() for found in _check_mixed_variants(places, context)]
    return [*found, *_check_war_names(chinese)]


def _find_occurrences(text: CheckedText, context: CheckContext) -> list[tuple[str, _VariantOccurrence]]:
    own = blank_out_matches(_OFFICIAL, text.without_urls)
    for name in context.names:
        if not name.isascii() and name in own:
            own = own.replace(name, "□" * len(name))
    found = []
    for match in islice(_WORDS.finditer(own), MAX_FINDINGS):
        at = match.start()
        pair, after = _find_variant_pair(match[0]), own[at + 1 : at + 2]
        if after and after in _CHARACTERS_AFTER[pair]:
            found.append((f"{pair}{after}", _VariantOccurrence(text, at, match[0], match[0] + after)))
        else:
            before = own[at - 1]
            found.append((f"{before}{pair}", _VariantOccurrence(text, at, match[0], before + match[0])))
    for match in islice(_SENSES.finditer(own), MAX_FINDINGS):
        found.append(
            (_find_variant_pair(match[0]), _VariantOccurrence(text, match.start(), match[0], match[0]))
        )
    return found


def _find_variant_pair(character: str) -> str:
    return next(pair for pair in _VARIANT_PAIRS if character in pair)


def _check_mixed_variants(places: list[_VariantOccurrence], context: CheckContext) -> list[Finding]:
    """Report a word written in both forms, one finding a word. The repair writes the preferred form."""
    if len({place.character for place in places}) < 2:
        return []
    wrong = [place for place in places if place.character not in context.preferred_variants]
    if not wrong or len(wrong) == len(places):
        return []
    written = wrong[0].word
    values = {"a": written, "b": written.replace(wrong[0].character, _OTHER_VARIANT[wrong[0].character])}
    return build_brief_finding("variants.mixed", [_edit(place) for place in wrong], **values)


def _edit(place: _VariantOccurrence) -> Edit:
    return place.text.build_edit(place.position, place.position + 1, _OTHER_VARIANT[place.character])


def _check_war_names(chinese: list[CheckedText]) -> list[Finding]:
    """Report a brief that uses both names of the war. Either name alone is correct."""
    places = {war: [text for text in chinese if war in text.without_urls] for war in _WARS}
    if not all(places.values()):
        return []
    war, other = _WARS
    edits = [
        text.build_edit(match.start(), match.end(), other)
        for text in places[war]
        for match in islice(re.finditer(war, text.without_urls), MAX_FINDINGS)
    ]
    return build_brief_finding("variants.mixed", edits, a=war, b=other)
