"""Find Simplified characters in Traditional text (Z9).

Reports characters that Big5 lacks and OpenCC would change, and listed ones that Big5 has but Taiwan does not use.
"""

from collections.abc import Iterator
from functools import cache

from opencc import OpenCC

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, each_text
from briefs.checks.spans import mask_words

_SIMPLIFIED_IN_BIG5 = dict(
    zip(
        "冲万与么体价优党听坏圣宁岭异怀惊愿扑扰据机构极洁确离种网胜触赶适荐蚕虫儿气几",
        "沖萬與麼體價優黨聽壞聖寧嶺異懷驚願撲擾據機構極潔確離種網勝觸趕適薦蠶蟲兒氣幾",
        strict=True,
    )
)
_NEVER_SIMPLIFIED = frozenset("台后里云干系面余松斗范朴姜丑占布只吃秘群峰床")
# Taiwanese words that are written with one of these characters.
_SAFE_WORDS = ("茶几", "窗明几淨", "几案", "拮据", "老么", "么兒", "么女", "么妹", "么弟", "党項", "胜肽")


@each_text("zh")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    suspects = {character for character in set(text.without_urls) if _is_simplified(character)}
    if not suspects:
        return
    known = (form for term in context.terms for form in term.approved("zh"))
    own = mask_words(text.without_urls, (*_SAFE_WORDS, *context.names, *known))
    places = [at for at, character in enumerate(own) if character in suspects]
    traditional = _convert_to_traditional(text.original) if places else ""
    for at in places[:MAX_FINDINGS]:
        yield text.build_replacement_finding(
            "simplified.character", (at, at + 1), _correct_character(text.original[at], traditional[at])
        )


@cache
def _is_simplified(character: str) -> bool:
    if character < "\u3400" or character in _NEVER_SIMPLIFIED:
        return False
    if character in _SIMPLIFIED_IN_BIG5:
        return True
    return not _is_in_big5(character) and _converter("s2t").convert(character) != character


def _is_in_big5(character: str) -> bool:
    try:
        character.encode("cp950")
    except UnicodeEncodeError:
        return False
    return True


def _convert_to_traditional(text: str) -> str:
    """Convert to Taiwanese Traditional, by phrase if the length is unchanged: 发 is 發 or 髮."""
    converted: str = _converter("s2tw").convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(_converter("s2tw").convert(character)[:1] for character in text)


def _correct_character(character: str, converted: str) -> str:
    return converted if converted != character else _SIMPLIFIED_IN_BIG5.get(character, character)


@cache
def _converter(config: str) -> OpenCC:
    return OpenCC(config)
