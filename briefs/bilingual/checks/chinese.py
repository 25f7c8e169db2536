"""Checks of the Chinese text: wording, characters, names and figures. Those of its punctuation are in `punctuation`."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from opencc import OpenCC

from briefs.bilingual.checks.texts import (
    HAN_RANGES,
    MAX_FINDINGS,
    CheckContext,
    CheckedText,
    Edit,
    Finding,
    MainlandWording,
    Span,
    build_brief_finding,
    check,
    claim_span,
    find_matches,
    find_word_spans,
    fold_characters,
    gettext_noop,
    iterate_text_pairs,
    list_side_texts,
    mask_words,
)
from briefs.bilingual.lexicon import divide, is_written_by_sound, numbers_zh
from briefs.bilingual.lexicon.dictionary import VARIANTS, list_same_sounding
from briefs.bilingual.lexicon.figure import blank_out_matches
from briefs.bilingual.text import read_sections
from briefs.content import Content

_Words = tuple[tuple[str, MainlandWording | None], ...]
"""Words to search for, longest first. None marks a safe word, inside which nothing is reported."""


@cache
def load_default_wordings() -> tuple[MainlandWording, ...]:
    """Return the wordings of the bundled list, for a `CheckContext`."""
    rows = json.loads(Path(__file__).with_name("mainland.json").read_text(encoding="utf-8"))
    return tuple(map(MainlandWording.from_mapping, rows))


@check(
    rules="Z10",
    is_plain=True,
    messages={"wording": gettext_noop("“%(a)s” is mainland usage. In Taiwan: %(b)s")},
)
def check_mainland(content: Content, context: CheckContext) -> list[Finding]:
    """Find mainland wording outside quotations and titles."""
    chinese = list_side_texts(content, "zh")
    everything = "\n".join(text.without_urls for text in chinese)
    words = [(word, row) for word, row in _words_to_find(context) if word in everything]
    findings = [finding for text in chinese for finding in _find_mainland_words(text, words)] if words else []
    return [*findings, *(_find_passes(content) if "通過" in everything else ())]


_THROUGH_ZH = re.compile(
    "通過(?=[^，。；、]{3})(?!了|後|[^，。；]{0,12}(?:法|案|決議|條例|預算|修正|審[查議]|測試|考驗|海峽|水[道域]|運河|表決))"
)
_THROUGH_EN = re.compile(r"(?<![a-z])(?:through|via|using|by means of|by [a-z]+ing)(?![a-z])")
_PASS_EN = re.compile("(?<![a-z])(?:pass|adopt|approv|enact|ratif|clear|endors|vote|transit|sail|cross)")


def _find_passes(content: Content) -> Iterator[Finding]:
    """Find 通過 where the English says *through* and nothing is passed: 透過 in Taiwan."""
    for pair in iterate_text_pairs(content):
        english = pair.en.lower()
        if "通過" in pair.zh and _THROUGH_EN.search(english) and not _PASS_EN.search(english):
            text = pair.read("zh")
            for match in _THROUGH_ZH.finditer(text.without_quotations):
                span = match.span()
                edits = (text.build_edit(*span, "透過"),)
                yield text.build_finding("mainland.wording", span, {"a": "通過", "b": "透過"}, edits)


def _find_mainland_words(
    text: CheckedText, words: list[tuple[str, MainlandWording | None]]
) -> Iterator[Finding]:
    own = text.without_quotations
    taken: set[int] = set()
    count = 0
    for word, row in words:
        for span in find_word_spans(word, own):
            if claim_span(taken, span) and row and count < MAX_FINDINGS:
                count += 1
                yield text.build_finding(
                    "mainland.wording",
                    span,
                    {"a": word, "b": "／".join(row.use_zh)},
                    (text.build_edit(*span, row.use_zh[0]),) if row.use_zh else (),
                )


@lru_cache(maxsize=8)
def _words_to_find(context: CheckContext) -> _Words:
    """Return listed and safe words, longest first. Approved renderings and names are safe: 演算法 contains 算法."""
    hiding = {form for term in context.terms for form in term.approved("zh")} | set(context.names)
    hiding |= {word for row in context.mainland_wordings for word in (*row.safe, *row.use_zh)}
    listed = {row.avoid_zh: row for row in context.mainland_wordings}
    words: dict[str, MainlandWording | None] = {**dict.fromkeys(hiding - listed.keys()), **listed}
    return tuple(sorted(((word, row) for word, row in words.items() if word), key=lambda item: -len(item[0])))


_SIMPLIFIED_IN_BIG5 = dict(
    zip(
        "冲万与么体价优党听坏圣宁岭异怀惊愿扑扰据机构极洁确离种网胜触赶适荐蚕虫儿气几",
        "沖萬與麼體價優黨聽壞聖寧嶺異懷驚願撲擾據機構極潔確離種網勝觸趕適薦蠶蟲兒氣幾",
        strict=True,
    )
)
_NEVER_SIMPLIFIED = frozenset("台后里云干系面余松斗范朴姜丑占布只吃秘群峰床")
# Taiwanese words that correctly contain one of these characters.
_SAFE_WORDS = ("茶几", "窗明几淨", "几案", "拮据", "老么", "么兒", "么女", "么妹", "么弟", "党項", "胜肽")


@check(
    each="zh",
    rules="Z9",
    is_plain=True,
    messages={"character": gettext_noop("Simplified character %(a)s. Change to %(b)s")},
)
def check_simplified(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find Simplified characters in Traditional text.

    Reports characters that Big5 lacks and OpenCC would change, and listed ones that Big5 has but Taiwan does not use.
    """
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
    """Convert to Taiwanese Traditional: by phrase (发 is 發 or 髮) if that keeps the length, else by character."""
    converted: str = _converter("s2tw").convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(_converter("s2tw").convert(character)[:1] for character in text)


def _correct_character(character: str, converted: str) -> str:
    return converted if converted != character else _SIMPLIFIED_IN_BIG5.get(character, character)


@cache
def _converter(config: str) -> OpenCC:
    return OpenCC(config)


_TYPO_SECTIONS = read_sections(Path(__file__).with_name("typos.txt"))
_TYPOS = ", ".join(" ".join(lines) for lines in _TYPO_SECTIONS.values())
_RIGHT_BY_PATTERN = dict(pair.split() for pair in _TYPOS.split(", "))
_RIGHT = {re.sub(r"\(.*?\)", "", pattern): right for pattern, right in _RIGHT_BY_PATTERN.items()}
_TYPO = re.compile(f"(?=[{''.join(word[0] for word in _RIGHT)}])(?:{'|'.join(_RIGHT_BY_PATTERN)})")


@check(
    each="zh", rules="Z12", messages={"word": gettext_noop("“%(a)s” has a wrong character. Change to %(b)s")}
)
def check_typos(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find wrong characters: of the same sound or shape, or left by a conversion from Simplified."""
    yield from text.replace_matches("typos.word", _TYPO, lambda match: _RIGHT[match[0]])
    for span in islice(_list_odd_idioms(text.without_urls), MAX_FINDINGS):
        if right := _find_likely_idiom(text.original[slice(*span)]):
            yield text.build_replacement_finding("typos.word", span, right)


_HAN_RUN = re.compile(f"[{HAN_RANGES}]+")
_IDIOM = 4


def _list_odd_idioms(plain: str) -> Iterator[Span]:
    """Yield places of four characters that the dictionary divides into single ones, or nearly so."""
    for run in _HAN_RUN.finditer(plain):
        spans = divide(run[0])
        for n, (start, _) in enumerate(spans):
            singles = 0
            for a, b in spans[n : n + _IDIOM]:
                singles += b - a == 1
                word = run[0][start:b]
                if len(word) > _IDIOM:
                    break
                if len(word) == _IDIOM == singles and not is_written_by_sound(word):
                    yield run.start() + start, run.start() + b


def _find_likely_idiom(text: str) -> str:
    """Return the idiom that differs from a text in one character of the same sound or shape."""
    words = (word for word, _ in list_same_sounding(text, tuple(range(len(text)))))
    return next((word for word in words if not VARIANTS.issuperset(set(text) ^ set(word))), "")


_VARIANT_PAIRS = ("臺台", "佔占", "週周", "佈布", "祕秘", "鑒鑑")
_PREFERRED = "台占週布秘鑑"
_OTHER_VARIANT = {character: pair[1 - at] for pair in _VARIANT_PAIRS for at, character in enumerate(pair)}
# Each word with 台 or 布 is compared by itself. All words that one pattern of `_SENSES` matches are compared
# together.
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


@check(
    rules="Z11",
    is_plain=True,
    messages={"mixed": gettext_noop("%(a)s and %(b)s are both used in this brief. Change to %(b)s")},
)
def check_variants(content: Content, context: CheckContext) -> list[Finding]:
    """Find two forms of one word in one brief: 臺灣 and 台灣, 佔 and 占, 週三 and 周四."""
    chinese = list_side_texts(content, "zh")
    words: dict[str, list[Edit]] = defaultdict(list)
    for text in chinese:
        for word, edit in _find_variants(text, context):
            words[word].append(edit)
    findings = [finding for word, edits in words.items() for finding in _check_mixed_variants(word, edits)]
    return [*findings, *_check_war_names(chinese)]


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
    edits = [edit for text in places[war] for edit in text.build_edits(re.compile(war), other)]
    return build_brief_finding("variants.mixed", edits, a=war, b=other)


NAME_SEPARATOR = "‧"
"""U+2027, the interpunct that Big5 can encode."""

# Characters used to transcribe names. A space counts as a separator only between two runs of them.
_TRANSCRIPTION_CHARACTERS = "".join(
    Path(__file__).with_name("persons.txt").read_text(encoding="utf-8").split()
)
_WRONG_SEPARATOR = re.compile(f"(?<=[{HAN_RANGES}])[·・•．･](?=[{HAN_RANGES}])")
_SPACE_IN_NAME = re.compile(
    f"(?<=[{_TRANSCRIPTION_CHARACTERS}]{{2}})[ \u00a0](?=[{_TRANSCRIPTION_CHARACTERS}]{{2}})"
)
_FULL_NAME = re.compile(
    f"[{_TRANSCRIPTION_CHARACTERS}]{{1,6}}(?:‧[{_TRANSCRIPTION_CHARACTERS}]{{1,8}}){{1,3}}"
)


@check(
    rules="Z5",
    messages={
        "point": gettext_noop("“%(a)s” in a foreign name. Change to %(b)s"),
        "space": gettext_noop("Space in a foreign name. Change to %(b)s"),
        "again": gettext_noop("%(a)s has been named in full before. From then on: %(b)s"),
    },
)
def check_persons(content: Content, context: CheckContext) -> list[Finding]:
    """Check foreign names in Chinese: ‧ between the parts, and only the surname after the first mention."""
    chinese = list_side_texts(content, "zh")
    findings = [finding for text in chinese for finding in _check_separators(text)]
    return [
        *findings,
        *_check_repeated_names([text for text in chinese if text.field != "headline"], context),
    ]


def _check_separators(text: CheckedText) -> Iterator[Finding]:
    yield from text.replace_matches("persons.point", _WRONG_SEPARATOR, NAME_SEPARATOR)
    yield from text.replace_matches("persons.space", _SPACE_IN_NAME, NAME_SEPARATOR)


def _check_repeated_names(chinese: list[CheckedText], context: CheckContext) -> Iterator[Finding]:
    """Report a full name that has already occurred.

    Offer a repair only for a known name, since a guessed name may be cut in the wrong place.
    """
    known = sorted((name for name in context.names if NAME_SEPARATOR in name), key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, known), _FULL_NAME.pattern])) if known else _FULL_NAME
    seen: dict[str, int] = defaultdict(int)
    surnames: dict[str, set[str]] = defaultdict(set)
    places = [(text, match) for text in chinese for match in find_matches(pattern, text.without_urls)]
    for _, match in places:
        surnames[_surname(match[0])].add(match[0])
    for text, match in places:
        name, surname = match[0], _surname(match[0])
        seen[name] += 1
        if seen[name] > 1 and len(surnames[surname]) == 1:
            edits = (text.build_edit(*match.span(), surname),) if name in known else ()
            yield text.build_finding("persons.again", match.span(), {"a": name, "b": surname}, edits)


def _surname(name: str) -> str:
    return name.rpartition(NAME_SEPARATOR)[2]


_DIGITS = "〇零一二三四五六七八九"
_SMALLEST_SCALED = 10_000
_RUN = "(?<![零〇一二兩三四五六七八九十百千萬億兆數幾好第])(?P<run>[一二兩三四五六七八九十][零〇一二兩三四五六七八九十百千萬億兆]{0,12})"

_LARGE_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.,/_#第號-])(?P<number>\d{5,15}|\d{1,3}(?:,\d{3}){1,4})(?![0-9A-Za-z./,年號-]|\s?[十百千萬億兆])"
)
_PERCENTAGE = re.compile(f"{_RUN}(?=[%％])")
_AGE = re.compile(f"{_RUN}(?=歲(?!月))")
_MONEY = re.compile(
    f"{_RUN}(?=美[元金]|歐元|日[圓元]|英鎊|人民幣|港[元幣]|新?[台臺]幣|(?<=[百千萬億兆])元(?![首素化年件老宵旦]))"
)
_YEAR = re.compile(f"(?<![{_DIGITS}十])(?P<run>[一二][{_DIGITS}]{{3}})(?=年)")
_DAY = re.compile(
    "(?<![一二三四五六七八九十])(?P<run>[一二三四五六七八九十]{1,2})月(?P<day>[一二三四五六七八九十]{1,3})日"
)
_SMALL_COUNT = re.compile(
    r"(?<![0-9A-Za-z.,，、/~～–—至到第條-])(?P<run>[1-9])(?=項|種|類|方面|大(?=[方類主重原])|個(?!月|小時|鐘頭|星期|百分|世紀))"
)


_WIDE_DIGITS = re.compile("[０-９]+(?:[．，][０-９]+)*")
_MIXED = re.compile(
    "(?<![雙第一二三四五六七八九百千萬])(?P<run>[二三四五六七八九]?十)(?P<digit>[1-9])(?![0-9])"
)
_PERCENT_OF = re.compile(r"百分之(?P<number>\d+(?:\.\d+)?)")
_MIXED_DATE = re.compile(
    r"(?<![0-9一二三四五六七八九十個])(?:(?P<run>[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2})|(?P<month>\d{1,2})月(?P<han>[一二三四五六七八九十]{1,3}))日"
)
_COUNT_ABOVE_TEN = re.compile(
    "(?<![一二三四五六七八九十百千萬億兩數幾好第])(?P<run>[二三四五六七八九]?十[一二三四五六七八九]?)(?=艘|架(?!次)|輛|枚)"
)


@check(
    each="zh",
    rules="Z8",
    messages={
        "style": gettext_noop("%(a)s is not how this house writes figures. Change to %(b)s"),
        "plain": gettext_noop("%(a)s is not how this house writes figures. Use 萬 and 億"),
    },
)
def check_numerals(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check how Chinese writes figures: Arabic for data, 萬 and 億 for large numbers, words for small counts."""
    own = text.without_quotations
    for pattern, write in _NUMERAL_RULES:
        for match in find_matches(pattern, own):
            to = write(match)
            if to is None:
                yield text.build_finding("numerals.plain", match.span(), {"a": match[0]})
            elif to != match[0]:
                yield text.build_replacement_finding("numerals.style", match.span(), to)


def _write_scaled(match: re.Match[str]) -> str | None:
    """Write a large number with a scale: 1200000000 is 12億.

    Return None for a remainder below 1000, since 10萬5 would be read as 10.5萬.
    """
    value = int(match["number"].replace(",", ""))
    if value < _SMALLEST_SCALED:
        return match[0]
    written = ""
    for scale, size in numbers_zh.SCALES.items():
        part, value = divmod(value, size)
        written += f"{part:,}{scale}" if part else ""
    if value and value < 1000:
        return None
    return written + (f"{value:,}" if value else "")


def _write_arabic(match: re.Match[str]) -> str | None:
    """Write a Chinese numeral in Arabic digits: 十二億 is 12億, 四十 is 40. Invalid numerals are kept."""
    written, rest = "", match["run"]
    for scale in numbers_zh.SCALES:
        head, separator, tail = rest.partition(scale)
        if separator:
            value = numbers_zh.parse_numeral(head) if head else None
            if value is None:
                return match[0]
            written, rest = f"{written}{value:,f}{scale}", tail
    if not rest:
        return written
    value = numbers_zh.parse_numeral(rest)
    if value is None or (written and value < 1000):
        return match[0]
    return written + f"{value:,f}"


def _write_year(match: re.Match[str]) -> str:
    return str(numbers_zh.parse_numeral(match["run"]))


def _write_month_and_day(match: re.Match[str]) -> str:
    month, day = numbers_zh.parse_numeral(match["run"]), numbers_zh.parse_numeral(match["day"])
    return match[0] if month is None or day is None else f"{month}月{day}日"


def _write_mixed_date(match: re.Match[str]) -> str:
    month, day = match["month"] or match["run"], match["day"] or match["han"]
    return f"{numbers_zh.parse_numeral(month)}月{numbers_zh.parse_numeral(day)}日"


def _write_mixed(match: re.Match[str]) -> str:
    return str((numbers_zh.parse_numeral(match["run"]) or 0) + int(match["digit"]))


def _write_small_count(match: re.Match[str]) -> str:
    return "兩" if match[0] == "2" else _DIGITS[int(match[0]) + 1]


_NUMERAL_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (_WIDE_DIGITS, lambda match: fold_characters(match[0])),
    (_LARGE_NUMBER, _write_scaled),
    (_PERCENT_OF, lambda match: f"{match['number']}%"),
    (_MIXED, _write_mixed),
    (_MIXED_DATE, _write_mixed_date),
    (_PERCENTAGE, _write_arabic),
    (_AGE, _write_arabic),
    (_MONEY, _write_arabic),
    (_YEAR, _write_year),
    (_DAY, _write_month_and_day),
    (_SMALL_COUNT, _write_small_count),
    (_COUNT_ABOVE_TEN, _write_arabic),
)
