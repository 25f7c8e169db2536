"""Checks of the English text: spelling, abbreviations, Taiwan, headlines, amounts. Those of its punctuation are in `punctuation`."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from string import ascii_lowercase

from briefs.bilingual.checks.texts import (
    MAX_FINDINGS,
    CheckContext,
    CheckedText,
    Edit,
    Finding,
    check,
    count_characters,
    find_matches,
    gettext_noop,
    is_in_introductory_phrase,
    list_side_texts,
    mask_words,
    match_case,
    opens_sentence,
)
from briefs.bilingual.lexicon import numbers_en
from briefs.bilingual.lexicon.figure import format_decimal
from briefs.bilingual.text import read_sections
from briefs.content import Content

_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))


def read_words(section: str) -> list[str]:
    """Read the words of a section of `english.txt`."""
    return " ".join(_SECTIONS[section]).split()


_OUR_ENDINGS = "s ed ing ings er ers ful fully less able ably ite ites itism al ally ist ists hood hoods ly y"
_ISE_ENDINGS = "e es ed er ers ing ation ations ational able"
_PREFIXES = ("", "re", "de", "dis", "un", "over", "mis", "non", "pre")
# Also American, as plural nouns.
_ALSO_AMERICAN = {"analyses", "paralyses"}


def _build_spellings() -> dict[str, str]:
    pairs = dict(pair.split() for pair in " ".join(read_words("others")).split(", "))
    for stem in read_words("our"):
        for ending in ("", *_OUR_ENDINGS.split()):
            pairs[stem + ending] = f"{stem.removesuffix('our')}or{ending}"
    for stem in read_words("ise"):
        for prefix in _PREFIXES:
            for ending in _ISE_ENDINGS.split():
                pairs[f"{prefix}{stem}is{ending}"] = f"{prefix}{stem}iz{ending}"
    for stem in read_words("doubled"):
        for ending in ("ed", "ing", "er", "ers", "ings"):
            pairs[f"{stem}l{ending}"] = stem + ending
    return {british: american for british, american in pairs.items() if british not in _ALSO_AMERICAN}


BRITISH_TO_AMERICAN = _build_spellings()
"""British spellings with their American forms, in lower case, built from the stems in `english.txt`."""


_ANY_WORD = re.compile("[A-Za-z]+")
_NAME_CONTINUES = re.compile(r"(?:[’']s)?[ -](?:(?:for|of|and|on)[ ](?:the[ ])?)?[A-Z]")
_PARTY_CONTINUES = re.compile("(?<=Labour) (?:peer|leader|MP|government|voter|minister|candidate|lawmaker)")
_NAME_BEFORE = re.compile(r"[A-Z][A-Za-z.’']*[ -](?:(?:of|for|and|on)[ ](?:the[ ])?)?$")
_NAME_CONTINUES_IN_HEADLINE = re.compile(r"[ ](?:Party|Centre|for|of)(?![A-Za-z])")


@check(
    each="en",
    rules="E1",
    is_plain=True,
    messages={"british": gettext_noop("British spelling %(a)s. Change to %(b)s")},
)
def check_spelling(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check U.S. spelling. Names keep their own: the Labour Party, the Centre for Policy Studies."""
    british = (
        match for match in _ANY_WORD.finditer(text.without_urls) if match[0].lower() in BRITISH_TO_AMERICAN
    )
    matches = list(islice(british, MAX_FINDINGS))
    own = mask_words(text.without_urls, context.names) if matches else ""
    for match in matches:
        start, end = match.span()
        if own[start:end] == match[0] and not _is_part_of_name(text, start, end):
            yield text.build_replacement_finding(
                "spelling.british", (start, end), match_case(match[0], BRITISH_TO_AMERICAN[match[0].lower()])
            )


def _is_part_of_name(text: CheckedText, start: int, end: int) -> bool:
    """Return whether a capitalized word belongs to a name.

    A capital within a sentence does; at a sentence start or in a headline, only if a name adjoins.
    """
    plain = text.without_urls
    if not plain[start].isupper() or plain[start:end].isupper():
        return False
    if text.field == "headline":
        return bool(_NAME_CONTINUES_IN_HEADLINE.match(plain, end))
    if not opens_sentence(plain, start):
        return True
    continues = _NAME_CONTINUES.match(plain, end) or _PARTY_CONTINUES.match(plain, end)
    return bool(continues or _NAME_BEFORE.search(plain[max(start - 40, 0) : start]))


_CORRECTABLE_WORD = re.compile(
    r"(?<![A-Za-zÀ-ɏ0-9’'_./@-])[A-Za-z][a-z]{4,29}(?![A-Za-zÀ-ɏ0-9’'_/@-]|\.[a-z])"
)
_COMMON = 200
"""Minimum frequency of a word to which a misspelling is corrected. The list has counts from 50 to 50 million."""


@check(rules="E9", messages={"word": gettext_noop("“%(a)s” may be misspelled. Change to %(b)s")})
def check_misspellings(content: Content, context: CheckContext) -> list[Finding]:
    """Find probable misspellings: a rare word that occurs once and differs by one letter from a common one.

    Known words come from the frequency list of pyspellchecker. Without that package nothing is reported.
    """
    frequencies = load_frequencies()
    texts = list_side_texts(content, "en") if frequencies else []
    words = [(text, match) for text in texts for match in _CORRECTABLE_WORD.finditer(text.without_urls)]
    counts = Counter(match[0].lower() for _, match in words)
    forms = (form for term in context.terms for form in (*term.renderings("en"), *term.safe_en))
    accepted = " ".join([*context.names, *forms]).lower()
    findings = []
    for text, match in words[:MAX_FINDINGS]:
        word = match[0].lower()
        if (
            counts[word] == 1
            and not _is_word(word, frequencies)
            and word not in accepted
            and (match[0].islower() or _is_opening_word(text.without_urls, match))
            and (right := _correct(word, frequencies))
        ):
            findings.append(
                text.build_replacement_finding("misspellings.word", match.span(), match_case(match[0], right))
            )
    return findings


def _is_opening_word(text: str, match: re.Match[str]) -> bool:
    """Return whether the word opens its sentence and is no name: in *Narcis Termes* a second capital follows."""
    return opens_sentence(text, match.start()) and not text[match.end() : match.end() + 2].strip().isupper()


@cache
def load_frequencies() -> dict[str, int]:
    spec = find_spec("spellchecker")
    if spec is None or spec.origin is None:
        return {}
    packed = (Path(spec.origin).parent / "resources/en.json.gz").read_bytes()
    frequencies: dict[str, int] = json.loads(gzip.decompress(packed))
    return frequencies


def _is_word(word: str, frequencies: dict[str, int]) -> bool:
    """Return whether the word is known, or made of known parts: demining, severalfold, carmakers."""
    if word in frequencies or word in read_words("known words"):
        return True
    stems = {word.removesuffix(ending) for ending in read_words("suffixes")}
    stems |= {f"{stem}e" for stem in stems} | {f"{stem[:-1]}y" for stem in stems if stem.endswith("i")}
    stems |= {stem.removeprefix(opening) for stem in stems for opening in read_words("prefixes")}
    if any(stem in frequencies for stem in stems if len(stem) > 2):
        return True
    return any(word[:at] in frequencies and word[at:] in frequencies for at in range(4, len(word) - 3))


def _correct(word: str, frequencies: dict[str, int]) -> str:
    """Return the most frequent common word at a distance of one letter, or an empty string."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    near = {a + b[1:] for a, b in splits[:-1]}
    near |= {a + b[1] + b[0] + b[2:] for a, b in splits[:-2]}
    near |= {a + letter + b[skip:] for a, b in splits for letter in ascii_lowercase for skip in (0, 1)}
    best = max(near, key=lambda candidate: frequencies.get(candidate, 0))
    return best if frequencies.get(best, 0) >= _COMMON else ""


_US = re.compile(r"(?<![A-Za-z0-9.$&/])US(?![A-Za-z0-9$&/])(?P<stop>\.(?![A-Za-z]))?")
_US_DOLLAR = re.compile(r"(?<![A-Za-z0-9.$])(?:(?:U\.S\.|US|U\.S)\s?)?\$(?=\s?\d)")
_DOTTED = re.compile(
    r"(?<![A-Za-z0-9.])(?P<letters>U\.K|U\.N|E\.U|A\.I|U\.A\.E|P\.R\.C|C\.C\.P|N\.A\.T\.O|G\.D\.P)"
    r"(?P<stop>\.?)(?![A-Za-z0-9.])"
)
_SENTENCE_END = re.compile(
    r"[”’\"')]*(?:$|\s+(?:The|This|These|It|Its|However|But|In|On|At|As|A|An|They|He|She|We|Yet|Instead)(?![A-Za-z]))"
)
_LOWER = re.compile("[a-z]")


@check(
    each="en",
    rules="E2",
    is_plain=True,
    messages={"style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”")},
)
def check_abbreviations(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check English abbreviations: U.S. with points, UK, UN, EU and AI without, US$ for money."""
    plain = text.without_urls
    if _LOWER.search(plain) or plain == "US":
        yield from text.replace_matches("abbreviations.style", _US, "U.S.")
    yield from text.replace_matches("abbreviations.style", _US_DOLLAR, "US$")
    yield from text.replace_matches("abbreviations.style", _DOTTED, _remove_points)


def _remove_points(match: re.Match[str]) -> str:
    """Remove the points of an abbreviation, except the last one if it ends a sentence."""
    ends = match["stop"] and _SENTENCE_END.match(match.string, match.end())
    return match["letters"].replace(".", "") + ("." if ends else "")


_AFTER_WORD = "(?![A-Za-z-])"
_TAIWAN_CHINA = re.compile(f"(?<![A-Za-z])Taiwan, China{_AFTER_WORD}(?!,? (?:and|or) |, [A-Z]|’s|'s)")
_TAIPEI = re.compile(f"(?<![A-Za-z])Chinese Taipei{_AFTER_WORD}")
_SPORTS = re.compile(
    "olympi|(?<![a-z])ioc(?![a-z])|sport|athlet|(?<![a-z])games(?![a-z])|baseball|basketball|football|badminton|tennis|world cup|tournament|championship",
    re.IGNORECASE,
)
_PROVINCE = re.compile("(?<![A-Za-z])Taiwan[,]? Province(?: of (?:China|the PRC))?(?![A-Za-z])")
_REUNIFY = re.compile(
    r"(?=[Rr]e)(?<!German )(?<!Germany’s )(?<!Germany's )(?<!Korean )(?<!Korea’s )(?<!Korea's )(?<![A-Za-z-])[Rr]e-?unif(?P<end>ication|y|ied|ies|ying)(?![A-Za-z])(?! of (?:Germany|Korea|the Korean))"
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


@check(
    rules="E7",
    messages={
        "naming": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”"),
        "word": gettext_noop("“%(a)s” alone is not house style."),
        "two_names": gettext_noop("%(a)s and %(b)s are both used in this brief. Choose one."),
    },
)
def check_taiwan(content: Content, context: CheckContext) -> list[Finding]:
    """Check how English names Taiwan and China. Quotations may keep their wording."""
    english = [(text, text.without_quotations) for text in list_side_texts(content, "en")]
    findings = [finding for text, own in english for finding in _check_country_names(text, own)]
    return [*findings, *_check_state_names(english, context)]


def _check_country_names(text: CheckedText, own: str) -> Iterator[Finding]:
    yield from text.replace_matches("taiwan.naming", _TAIWAN_CHINA, _remove_china, within=own)
    if "Chinese Taipei" in own and not _SPORTS.search(own):
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


_LONGEST_EN, _LONGEST_ZH = 90, 24
_CLOSING = " .?!…”’\"')"
_CASE_CHECK_LIMIT = 1000
"""Number of characters of a headline whose case is checked."""

_HEADLINE_WORD = re.compile("[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ’']*")
_LOWERCASE_WORDS = frozenset(["a", "an", "the", "and", "or", "nor", "of", "to", "at"])
# Lower case as prepositions, capital as part of a verb (Stand Up, Carry On). Both are accepted.
_EITHER_CASE_WORDS = frozenset(read_words("particles"))
_OPENS_PHRASE = re.compile("[:?!.—–]\\s*[“‘\"'(]?$|^[“‘\"'(\\s]*$")
_ABBREVIATED = re.compile(r"(?:[A-Z]\.[A-Z]|Inc|Co|Ltd|Jr|Sr|etc|No|[ap]\.m)\.$")


@check(
    rules="E6",
    messages={
        "case": gettext_noop("The headline is not in title case. Change to “%(b)s”"),
        "capitals": gettext_noop("The headline is all in capitals."),
        "stop": gettext_noop("Final stop in the headline. Remove"),
        "long_en": gettext_noop("The English headline has %(n)s characters; the limit is %(m)s."),
        "long_zh": gettext_noop("The Chinese headline has %(n)s characters; the limit is %(m)s."),
    },
)
def check_headline(content: Content, context: CheckContext) -> list[Finding]:
    """Check headlines: title case after the Chicago manual, no final stop, length."""
    english = CheckedText.from_text("headline", None, "en", content.headline_en)
    chinese = CheckedText.from_text("headline", None, "zh", content.headline_zh)
    return [*_check_english_headline(english), *_check_chinese_headline(chinese)]


def _check_english_headline(text: CheckedText) -> Iterator[Finding]:
    head = text.original
    words = list(_HEADLINE_WORD.finditer(head[:_CASE_CHECK_LIMIT]))
    if len(words) > 1 and head.isupper():
        yield text.build_finding("headline.capitals", (0, len(head)))
    elif edits := tuple(_title_case_edits(text, words)):
        yield text.build_finding("headline.case", edits[0].span, {"b": _replace_letters(head, edits)}, edits)
    if head.endswith(".") and not head.endswith("..") and not _ABBREVIATED.search(head):
        yield _final_stop_finding(text)
    if len(head) > _LONGEST_EN:
        values = {"n": len(head), "m": _LONGEST_EN}
        yield text.build_finding("headline.long_en", (_LONGEST_EN, len(head)), values)


def _check_chinese_headline(text: CheckedText) -> Iterator[Finding]:
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


_NUMBER = r"\d{1,3}(?:,\d{3}){0,4}(?:\.\d{1,3})?|\d{1,12}(?:\.\d{1,3})?"
_SCALES = {"b": "billion", "m": "million", "t": "trillion", "k": "thousand"}
"""By the first letter of an abbreviation: bn or B."""
_SCALE = "(?P<scale>(?:thousand|million|billion|trillion|bn|mn|tn)(?![A-Za-z])|[BMTK](?![A-Za-z0-9]))"
_DOLLARS = r"(?:USD|US dollars?|U\.S\. dollars?)(?![A-Za-z])"
_DOLLARS_AFTER = re.compile(f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER})(?:[ -]?{_SCALE})?[ ]{_DOLLARS}")
_DOLLARS_BEFORE = re.compile(f"(?<![A-Za-z0-9])USD ?(?P<number>{_NUMBER})(?![0-9])(?: ?{_SCALE})?")
_ABBREVIATED_WITH_SIGN = re.compile(
    f"(?<![0-9A-Za-z.,])(?P<sign>(?:US|NT|HK|A)?\\$|€|£)(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn|[BMTK])(?![A-Za-z0-9])"
)
_ABBREVIATED_WITHOUT_SIGN = re.compile(
    f"(?<![0-9A-Za-z.,$€£])(?P<sign>)(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn)(?![A-Za-z])"
)
_EUROS_AFTER = re.compile(
    f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER})[ -](?P<scale>million|billion|trillion) euros?(?![A-Za-z-])"
)
_PERCENT = re.compile(
    r"(?=[\s%Pp-])(?P<digit>(?<=\d)\s?%|(?<=\d)-percent(?=\s)|(?<![A-Za-z])[Pp]er[ -]cent(?![A-Za-z]))"
)
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_NUMBER_WORD = f"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:{_ONES}))?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|{_ONES}"
_UNIT = r"%|per[ -]?cent(?![A-Za-z])|(?:kilometers?|miles?|meters?|feet|tons?|tonnes?|kilograms?|hectares?|acres?|years? old)(?![A-Za-z])"
_SPELLED = re.compile(
    f"(?<![A-Za-z-])(?P<number>{_NUMBER_WORD})(?:(?P<gap>[ ]?)(?P<unit>{_UNIT})|(?=-years?-old(?![A-Za-z])))",
    re.IGNORECASE,
)


@check(
    each="en", rules="E8", messages={"style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”")}
)
def check_amounts(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check amounts in English prose: 30 percent, US$3.5 billion, digits before units."""
    if text.field != "headline":
        for pattern, write in _AMOUNT_RULES:
            yield from text.replace_matches("amounts.style", pattern, write)


def _write_money(match: re.Match[str]) -> str:
    parts = match.groupdict()
    scale = parts["scale"] or ""
    scale = _SCALES.get(scale.lower().removesuffix("n"), scale)
    if match.re is _EUROS_AFTER:
        return f"€{parts['number']} {scale}"
    return f"{parts.get('sign', 'US$')}{parts['number']}" + (f" {scale}" if scale else "")


def _write_digits(match: re.Match[str]) -> str:
    """Write a number in digits. It may stay in words at the start of a sentence, unless % follows."""
    if match["unit"] != "%" and opens_sentence(match.string, match.start()):
        return match[0]
    [figure, *_] = numbers_en.find_figures(match["number"].lower())
    unit = match["unit"] or ""
    unit = "percent" if unit == "%" or unit.lower().startswith("per") else unit
    return format_decimal(figure.value) + (f" {unit}" if unit else "")


def _write_percent(match: re.Match[str]) -> str:
    if not match[0].lower().startswith("p"):
        return " percent"
    return "Percent" if match[0][0] == "P" else "percent"


_AMOUNT_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_DOLLARS_AFTER, _write_money),
    (_DOLLARS_BEFORE, _write_money),
    (_EUROS_AFTER, _write_money),
    (_ABBREVIATED_WITH_SIGN, _write_money),
    (_ABBREVIATED_WITHOUT_SIGN, _write_money),
    (_SPELLED, _write_digits),
    (_PERCENT, _write_percent),
)
