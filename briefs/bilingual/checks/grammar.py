"""Checks of English grammar and capitals, as far as they need no parser: each rule reads a few words and a closed list beside them."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from briefs.bilingual.checks.english import load_frequencies
from briefs.bilingual.checks.texts import (
    CheckContext,
    CheckedText,
    Finding,
    check,
    find_matches,
    gettext_noop,
)
from briefs.bilingual.lexicon.dictionary import IRREGULAR_VERBS
from briefs.bilingual.text import read_sections

_LISTS = {
    name: " ".join(lines).split() for name, lines in read_sections(Path(__file__).with_suffix(".txt")).items()
}
_PHRASES = dict(
    line.split(" = ")
    for line in " ".join(read_sections(Path(__file__).with_suffix(".txt"))["phrases"]).split(", ")
)
_END = r"(?![A-Za-z0-9’'-])"
_START = "(?<![^ “(])"


_ARTICLE = re.compile(
    r"(?<![A-Za-z’'.-])(?P<article>an?|(?:^|(?<=[.!?;:] )|(?<=[“‘]))An?)(?= [“‘]?(?P<word>U\.[A-Z]\.|(?:[A-Z]{2,}|[A-Z]-?\d+)(?![A-Za-z])|[A-Za-z]?[a-z]{2,}(?![A-Za-z0-9’'])))"
)
_SOUNDS_AS_CONSONANT = re.compile(
    "eu|one(?!r)|once|u(?:na(?=nim)|ni(?!n|m|d(?!ir))|s[aeiu]|t[aeio]|biq|r[aiou](?!n?g)|k|ga|y)"
)
_SPELLED_OUT = 3
_SILENT_H = re.compile("hour|honest|honor|heir")


def _write_article(match: re.Match[str]) -> str:
    article, word = match["article"], match["word"].lower()
    if word in _LISTS["no nouns"]:
        return article
    sounds_as_vowel = _sounds_as_vowel(match["word"])
    return article if sounds_as_vowel is None else article[0] + "n" * sounds_as_vowel


def _sounds_as_vowel(word: str) -> bool | None:
    """Return whether a word begins with a vowel by its sound: hour, LNG. None if that is uncertain: historic, NASA."""
    if word.isupper():
        first, rest = word[0], word[1:]
        if first in "FHLMNRSX":
            return None if re.search("[AEIOU]", rest) else True
        return (
            None
            if first == "U" and len(rest) > _SPELLED_OUT
            else first in "AEIO" and not word.startswith("EU")
        )
    low = word.lower()
    if not re.search("[aeiouy]", low):
        return None
    if _SOUNDS_AS_CONSONANT.match(low):
        return False
    if low[0] in "aeiou" or _SILENT_H.match(low):
        return True
    return None if low.startswith(("hi", "he", "ha", "ho", "hy", "yt")) and len(low) > 4 else False


_PLURAL_OF = {"is": "are", "was": "were", "has": "have", "does": "do"}
_SINGULAR_OF = {plural: singular for singular, plural in _PLURAL_OF.items()}


def _add_s(verb: str) -> str:
    if verb in _SINGULAR_OF:
        return _SINGULAR_OF[verb]
    if re.search("[^aeiou]y$", verb):
        return f"{verb[:-1]}ies"
    return verb + ("es" if re.search("(?:ch|sh|ss|x|zz|o)$", verb) else "s")


_THIRD_PERSON = {_add_s(verb): verb for verb in _LISTS["verbs"]} | _PLURAL_OF
_SURELY_SINGULAR = "|".join(verb for verb, base in _THIRD_PERSON.items() if base not in _LISTS["also nouns"])
_SURELY_BASE = "|".join(verb for verb in _LISTS["verbs"] if verb not in _LISTS["also nouns"])
_BASE = "|".join([*_LISTS["verbs"], *_SINGULAR_OF])
_WITH_S = "|".join(_THIRD_PERSON)
_PREFIX = (
    r"(?<![^ ])(?:^|(?<=[.!?;] )|(?<=[.!?]” )|(?<=, but )|(?<=, while )|(?<=, whereas )|(?<=because )|(?<=although ))"
    r"(?:(?:In|Since|After|Last|On|By|During|Despite|Although|While|When|Because|Under|For|Yet|However|But|Today),? [^,.;]{0,60}, )?"
)
_ADVERB = "(?: not| never| also| already| recently| since| still| only| soon| now| just)?"
_NUMBERS = (
    "two|three|four|five|six|seven|eight|nine|ten|several|many|various|numerous|dozens of|most|some|both|all"
)
_PLURAL_PREFIX = rf"(?:{_PREFIX}|(?<=that )|(?<=[Ii]f )|(?<=[Ww]hen )|(?<=[Ww]hile )|(?<=[Ww]hether ))"
_PLACES = "|".join(["China", *(word.capitalize() for word in _LISTS["places"])])
_FOLLOWS = r"(?=[.,;]|$| (?:in|of|to|and|or|have|has|had|is|are|was|were|will|would|that|which|who|with|from|for|on|at|by|said|could|can|may|must|should|since|after|before)(?![a-z]))"
_SINGULAR_NOUNS = "|".join(_LISTS["nouns"])
_SINGULARS = {_add_s(noun): noun for noun in _LISTS["nouns"]}
_PLURAL_NOUNS = "|".join(_SINGULARS)
_SINGULAR_SUBJECTS = (
    rf"{_PREFIX}(?:[Tt]he|[Tt]his|[Tt]hat|[Ee]ach|[Ee]very|[Aa]n?|[Aa]nother)(?: (?P<middle>[a-z-]+(?<!s)))? (?P<noun>[a-z]{{3,}}(?<!s)(?<!ed)) (?P<verb>{_BASE}){_END}",
    rf"{_PREFIX}(?P<noun>(?:(?:South|North|Saudi) )?(?:{_PLACES})|[Hh]e|[Ss]he|[Ii]t|Everyone|Nobody) (?P<verb>{_BASE}){_END}",
    rf"{_PREFIX}[Tt]he (?P<noun>[a-z]{{3,}}(?<!s)) of (?:(?:the|its|these|those|their|all) )?(?:[a-z-]+ )?[a-z]+s (?P<verb>are|were|have){_END}",
    rf"{_START}(?:an?|each|every|another) (?P<noun>[a-z]{{3,}}(?<!s)) (?:that|which|who) (?P<verb>{_BASE}){_END}",
    rf"{_START}(?:[Oo]ne|[Ee]ach|[Ee]ither|[Nn]either) of (?:the|its|their|these|those) (?P<noun>[a-z -]{{0,25}}[a-z]s) (?P<verb>are|were|have){_END}",
    rf"{_START}[Tt]he (?P<noun>number) of (?:(?!that|who|which)[A-Za-z’-]+ ){{1,6}}?(?P<verb>are|were|have){_END}",
    rf"{_START}[Tt]here (?P<verb>are|were)(?= (?P<noun>an?|no) (?!few|number|lot|dozen|series|variety|handful|couple|range|hundred|million|thousand|total|host)[a-z]+(?<!s)(?:{_FOLLOWS}| between))",
)
_PLURAL_SUBJECTS = (
    rf"{_PLURAL_PREFIX}(?:[Tt]he|[Tt]hese|[Tt]hose|(?i:{_NUMBERS})|Few|Other)(?: (?P<middle>[a-z-]+))? (?P<noun>[a-z]{{3,}}(?<![sui])s){_ADVERB} (?P<verb>{_WITH_S}){_END}",
    rf"(?<![A-Za-z-])(?P<noun>[Tt]hey|[Ww]e|[Yy]ou) (?P<verb>{_WITH_S}){_END}",
    rf"{_PREFIX}(?:[Tt]he |[A-Z][a-z]+ )?(?P<noun>(?i:[a-z]{{3,}})(?<![sui])s) (?:of|in|on|for|from|at) (?:the|an?|its|their) (?:[a-z-]+ )?(?!that|which|who)[A-Za-z]+(?<!s){_ADVERB} (?P<verb>{_SURELY_SINGULAR}){_END}",
    rf"(?<!of ){_START}(?i:the|these|those|{_NUMBERS}) (?P<noun>[a-z]{{3,}}(?<![sui])s) (?:that|which|who) (?P<verb>is|was|has|does){_END}",
    rf"{_START}[Tt]here (?P<verb>is|was|has)(?= (?:been )?(?:{_NUMBERS}|few)(?![a-z]))",
    rf"{_PREFIX}(?P<noun>[A-Z][a-z]+ and [A-Z][a-z]+) (?P<verb>is|was|has){_END}",
)


def _agree(match: re.Match[str], forms: Callable[[str], str]) -> str:
    parts = match.groupdict()
    excepted = parts.get("noun") in _LISTS["either number"] and not re.match("[Tt]he number of", match[0])
    return parts["verb"] if excepted or parts.get("middle") in _LISTS["no middle"] else forms(parts["verb"])


def _write_singular(match: re.Match[str]) -> str:
    return _agree(match, _add_s)


def _write_plural(match: re.Match[str]) -> str:
    return _agree(match, lambda verb: _THIRD_PERSON[verb])


_MODALS = "will|would|can|could|may|might|must|should|cannot|won’t|can’t|couldn’t|wouldn’t|shouldn’t"
_IRREGULAR = {
    past: verb[0]
    for verb in IRREGULAR_VERBS
    for past in verb[1:]
    if past not in {v[0] for v in IRREGULAR_VERBS}
}
_PARTICIPLES = {
    past: verb[2] for verb in IRREGULAR_VERBS if len(verb) == 3 for past in (verb[1],) if verb[1] != verb[2]
}
_PARTICIPLE_OF = {verb[0]: verb[-1] for verb in IRREGULAR_VERBS if verb[0] != verb[-1]}
_IRREGULAR_BASE = f"(?:{'|'.join(verb for verb in _PARTICIPLE_OF if verb in _LISTS['verbs'])})"
_PARTICIPLES |= {
    verb[0]: verb[-1] for verb in IRREGULAR_VERBS if verb[0] in _LISTS["no nouns in the base form"]
}
_AFTER_VERB = r"(?= (?:the|a|an|its|their|his|her|this|that|these|those|in|on|to|with|from|into|for|by|at|more|all|any|both|not|[A-Z])(?![a-z])|[.,;]|$)"
_MODAL = rf"(?<![A-Za-z’'-])(?P<before>[A-Za-z’']+) (?:{_MODALS}){_ADVERB} "
_AFTER_MODAL = re.compile(rf"{_MODAL}(?P<verb>[a-z]{{2,}}(?<![suia])s|has|does|goes){_END}{_AFTER_VERB}")
_PAST_AFTER_MODAL = re.compile(
    rf"{_MODAL}(?P<verb>{'|'.join(_IRREGULAR)}|[a-z]{{3,}}(?<!e)ed|[a-z]{{4,}}ing){_END}"
)
_PAST_AFTER_DO = re.compile(
    rf"{_START}(?:did|does|do|didn’t|doesn’t|don’t) (?:not )?(?P<verb>{'|'.join(_IRREGULAR)}|[a-z]{{3,}}(?<!e)ed|(?<=not )(?:{_WITH_S})){_END}"
)
_PAST_AFTER_TO = re.compile(rf"{_START}to (?P<verb>{'|'.join(_LISTS['past after to'])}){_END}")
_AFTER_HAVE = re.compile(
    rf"{_START}(?:has|have|had|having){_ADVERB} (?P<verb>{'|'.join(_PARTICIPLES)}){_END}"
)
_NOMINAL = re.compile(r"(?:tion|ment|itie|er|or|ist|ship|nesse|ance|ence|ism|force)s$")


def _write_base_verb(match: re.Match[str]) -> str:
    verb, before = match["verb"], match["before"].lower()
    if before in _LISTS["before a noun"] or verb in _LISTS["no verbs"] or _NOMINAL.search(verb):
        return verb
    irregular = {"has": "have", "does": "do", "goes": "go"}
    base = irregular.get(verb) or (f"{verb[:-3]}y" if verb.endswith("ies") and len(verb) > 4 else "")
    return base or (verb[:-2] if re.search("(?:ch|sh|ss|x|zz)es$", verb) else verb[:-1])


def _write_base_of_past(match: re.Match[str]) -> str:
    if (match.groupdict().get("before") or "").lower() in _LISTS["before a noun"]:
        return match["verb"]
    return find_base(match["verb"])


@cache
def find_base(verb: str) -> str:
    """Return the base of a verb in -ed, -ing or -s or of an irregular past. A base, such as *bring*, stays."""
    if verb in _IRREGULAR or verb in _THIRD_PERSON:
        return _IRREGULAR.get(verb) or _THIRD_PERSON[verb]
    stem = verb.removesuffix("ing") if verb.endswith("ing") else verb.removesuffix("ed")
    frequencies = load_frequencies()
    short = stem[:-1] if stem[-2:-1] == stem[-1:] and not stem.endswith(("ss", "ll", "ff")) else stem
    best = max(
        stem,
        f"{stem}e",
        short,
        f"{stem[:-1]}y" if stem.endswith("i") else stem,
        key=lambda w: frequencies.get(w, 0),
    )
    return (
        best if re.search("[aeiouy]", best) and len(best) > 2 and frequencies.get(best, 0) > _COMMON else verb
    )


_COMMON = 500


_COUNT = rf"(?:{_NUMBERS}|half|few|couple|eleven|twelve|twenty|thirty|hundred|thousand|million|percent|an?|the|per|each|every|of|in)"
_PLURAL_AFTER_ONE = re.compile(
    rf"{_START}(?:[Tt]his|[Ee]ach|[Ee]very|[Aa]n?|[Aa]nother) (?:(?!{_COUNT} )[a-z]+ )?(?P<word>{_PLURAL_NOUNS}){_FOLLOWS}"
)
_SINGULAR_AFTER_MANY = re.compile(
    rf"{_START}(?i:two|three|four|five|six|seven|eight|nine|ten|several|many|few|various|numerous|these|those|one of (?:the|its|their)|\d{{2,3}}) (?:(?!{_COUNT} )[a-z-]+ )?(?P<word>{_SINGULAR_NOUNS}){_FOLLOWS}"
)
_MASS = re.compile(rf"{_START}(?P<word>{'|'.join(map(_add_s, _LISTS['mass nouns']))}){_END}")
_A_MASS = re.compile(rf"{_START}(?P<word>an? )(?=(?:{'|'.join(_LISTS['mass nouns'])}){_FOLLOWS})")
_COUNTED = re.compile(
    rf"{_START}(?P<word>[Mm]uch|[Ll]ess|[Aa]mount of)(?= (?:(?!than)[a-z]+ )?(?:{_PLURAL_NOUNS}){_END})"
)
_COMPARATIVE = re.compile(rf"{_START}(?P<word>more )(?=(?:{'|'.join(_LISTS['comparatives'])}){_END})")
_ADJECTIVE = re.compile(
    rf"{_START}(?:{'|'.join(_LISTS['moves'])}) (?P<word>{'|'.join(_LISTS['adjectives of moves'])})(?=[.,;]|$| (?:in|by|to|from|since|after|over|during|because)(?![a-z]))"
)
_PHRASE = re.compile(
    rf"{_START}(?P<word>{'|'.join(f'[{phrase[0]}{phrase[0].upper()}]{re.escape(phrase[1:])}' for phrase in sorted(_PHRASES, key=len, reverse=True))}){_END}"
)
_BUT = re.compile(r"(?:^|(?<=[.!?] ))(?:Although|Though|Even though) [^.;:]{5,140}, (?P<word>but )")
_SO = re.compile(r"(?:^|(?<=[.!?] ))(?:Because|Since) [^.;:]{5,140}, (?P<word>so )(?!that)")
_NEITHER = re.compile(r"(?<![A-Za-z])[Nn]either (?:(?!nor)[^.;:,]){2,50}? (?P<word>or) ")
_BETWEEN = re.compile(r"(?<![A-Za-z])[Bb]etween (?:\d[\d,.]*|[A-Z][a-z]+) (?P<word>to) (?=\d|[A-Z])")
_SINGULAR_BEFORE_PLURAL = re.compile(
    rf"{_START}(?i:two|three|four|five|six|seven|eight|nine|ten|several|various|numerous) (?:(?!(?:{_COUNT}|more) )[a-z-]+ )?(?P<word>(?!{_COUNT} )[a-z]{{4,}}(?<![sd])(?<!ing|ore)(?<!ly|en)) (?=(?:have|are|were) )"
)
_AFTER_INFINITIVE_VERB = re.compile(
    rf"{_START}(?:{'|'.join(_LISTS['before an infinitive'])}) to (?P<verb>{'|'.join(_IRREGULAR)}|{_WITH_S}|[a-z]{{3,}}(?<!e)ed|[a-z]{{4,}}ing){_END}"
)
_BASE_AFTER_BE = re.compile(
    rf"{_START}(?:(?:is|are|was|were) (?={_IRREGULAR_BASE} by)|(?:be|been|being) )(?P<verb>{_IRREGULAR_BASE}){_END}"
)
_WORDS_BY_NAME = {
    "SURE": _SURELY_BASE,
    "TAKER": "|".join(_LISTS["past before an infinitive"]),
    "STEM": "|".join(
        verb.removesuffix("e")
        for verb in _LISTS["verbs"]
        if not re.search("ee$|[^aeiou][aeiou][bdgmnprt]$", verb)
    ),
}
_REWRITES = []
for line in read_sections(Path(__file__).with_suffix(".txt"))["rewrites"]:
    pattern, to = line.split(" => ")
    for name, words in _WORDS_BY_NAME.items():
        pattern = pattern.replace(name, words)
    _REWRITES.append((re.compile(f"{_START}{pattern}{_END}"), to))
_COUNTS = {"much": "many", "less": "fewer", "amount of": "number of"}


def _agree_noun(noun: str) -> str:
    return noun if noun in _LISTS["either number"] else _add_s(noun)


def _write_phrase(match: re.Match[str]) -> str:
    right = _PHRASES[match["word"].lower()]
    return right[0].upper() + right[1:] if match["word"][0].isupper() else right


def _write_counted(match: re.Match[str]) -> str:
    right = _COUNTS[match["word"].lower()]
    return right.capitalize() if match["word"][0].isupper() else right


_RULES: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]], ...] = (
    (_ARTICLE, "article", _write_article),
    *((re.compile(pattern), "verb", _write_singular) for pattern in _SINGULAR_SUBJECTS),
    *((re.compile(pattern), "verb", _write_plural) for pattern in _PLURAL_SUBJECTS),
    (_AFTER_MODAL, "verb", _write_base_verb),
    (_PAST_AFTER_MODAL, "verb", _write_base_of_past),
    (_PAST_AFTER_DO, "verb", _write_base_of_past),
    (_PAST_AFTER_TO, "verb", _write_base_of_past),
    (_AFTER_HAVE, "verb", lambda match: _PARTICIPLES[match["verb"]]),
    (_AFTER_INFINITIVE_VERB, "verb", lambda match: find_base(match["verb"])),
    (_BASE_AFTER_BE, "verb", lambda match: _PARTICIPLE_OF[match["verb"]]),
    *((pattern, "word", lambda match, to=to: match.expand(to)) for pattern, to in _REWRITES),
    (_SINGULAR_BEFORE_PLURAL, "word", lambda match: _agree_noun(match["word"])),
    (_PLURAL_AFTER_ONE, "word", lambda match: _SINGULARS[match["word"]]),
    (_SINGULAR_AFTER_MANY, "word", lambda match: _add_s(match["word"])),
    (_MASS, "word", lambda match: match["word"].removesuffix("s")),
    (_A_MASS, "word", lambda match: ""),
    (_COUNTED, "word", _write_counted),
    (_COMPARATIVE, "word", lambda match: ""),
    (
        _ADJECTIVE,
        "word",
        lambda match: (
            match["word"].removesuffix("le") + "ly"
            if match["word"].endswith("ble")
            else match["word"] + ("ally" if match["word"].endswith("ic") else "ly")
        ),
    ),
    (_PHRASE, "word", _write_phrase),
    (_BUT, "word", lambda match: ""),
    (_SO, "word", lambda match: ""),
    (_NEITHER, "word", lambda match: "nor"),
    (_BETWEEN, "word", lambda match: "and"),
)


@check(
    each="en",
    rules="E10",
    messages={
        "word": gettext_noop("“%(a)s” does not fit the words beside it. Change to %(b)s"),
        "extra": gettext_noop("“%(a)s” does not fit the words beside it. Remove"),
    },
)
def check_grammar(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find wrong articles, verbs that do not fit their subject or auxiliary, and words that do not go together."""
    if text.field == "headline":
        return
    for pattern, group, write in _RULES:
        for match in find_matches(pattern, text.without_urls):
            to = write(match)
            if to != match[group]:
                code = "grammar.word" if to else "grammar.extra"
                yield text.build_replacement_finding(code, match.span(group), to)


_SENTENCE = re.compile(r"(?<= )(?P<above>[a-z]{3,})[.!?] (?P<letter>[a-z])(?=[a-z]* )")
_UNCAPPED_NAME = re.compile(
    rf"(?<![A-Za-z’'@./-])(?:{'|'.join(sorted([*_LISTS['names'], *_LISTS['places']]))})(?![A-Za-z@/-]|\.[a-z])"
)


@check(
    each="en",
    rules="E11",
    messages={"letter": gettext_noop("“%(a)s” begins with a small letter. Change to %(b)s")},
)
def check_capitals(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find sentences, and names of countries, cities, months and days, without a capital."""
    own = text.without_quotations
    first = re.match(r"[a-z]{2,}(?= )", own)
    if first and text.field != "headline" and own[-1:] in ".!?" and first[0] not in _LISTS["particles"]:
        yield text.build_replacement_finding("capitals.letter", first.span(), first[0].capitalize())
    for match in _SENTENCE.finditer(own):
        if match["above"] not in _LISTS["abbreviations"]:
            word = re.match("[a-z]+", own[match.start("letter") :])
            if word:
                span = match.start("letter"), match.start("letter") + len(word[0])
                yield text.build_replacement_finding("capitals.letter", span, word[0].capitalize())
    for match in _UNCAPPED_NAME.finditer(own):
        yield text.build_replacement_finding("capitals.letter", match.span(), match[0].capitalize())
