"""Checks of English grammar and capitals that need no parser: each reads a few words with a closed list around them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from briefs.checks.finding import CheckContext, Finding
from briefs.checks.texts import CheckedText, check, gettext_noop
from briefs.text.data_files import read_sections

_SECTIONS = {
    name: frozenset(" ".join(lines).split())
    for name, lines in read_sections(Path(__file__).with_suffix(".txt")).items()
}
_END_OF_WORD = r"(?![A-Za-z0-9’'-])"
_ARTICLE = re.compile(rf"(?<![A-Za-z’'.-])(?P<article>an?)(?= (?P<word>[A-Za-z]?[a-z]{{2,}}){_END_OF_WORD})")
_VOWEL = re.compile(
    r"(?!eu|one(?![a-z]*r)|once|u(?:ni(?!n|m)|s[aeiu]|t[aeio]|biq|r[ao](?!n?g)|k|g|y))[aeiou]|hours?$|honest|honor|heir"
)
_OPEN = re.compile(
    r"(?!un(?!i)|um|up|ur(?!a)|us(?![aeiu])|ut(?![aeio])|u[bcdfhlmp]|h|y|u[iy])[b-df-hj-np-tv-z]|eu|uni(?!n|m)|us[aeu]|one |once"
)
_MODAL = re.compile(
    r"(?<![A-Za-z’'-])(?P<before>[A-Za-z’']+) (?P<modal>will|would|can|could|may|might|must|should|cannot)(?P<between> not| also| still| only| never| soon)?"
    rf" (?P<verb>[a-z]{{2,}}(?<![suia])s|has|does|goes){_END_OF_WORD}(?= (?:the|a|an|its|their|his|her|this|that|these|those|in|on|to|with|from|into|for|by|at|more|all|any|both|[A-Z])(?![a-z])|[.,;]|$)"
)
_NOMINAL = re.compile(r"(?:tion|ment|itie|er|or|ist|ship|nesse|ance|ence|ism|force)s$")
_OPENS = r"(?:^|(?<=[.!?] )|(?<=[.!?]” )|(?<=; ))"
_PLURAL_BE = re.compile(
    rf"{_OPENS}(?:The|These|Those|Many|Several|Few|Both|Most|Some|All)(?: (?P<middle>[a-z]+))? (?P<noun>[a-z]{{3,}}(?<![sui])s) (?P<be>is|was){_END_OF_WORD}"
)
_SINGULAR_BE = re.compile(
    rf"{_OPENS}(?:The|This|That|Each|Every|A|An|Another)(?: (?P<middle>[a-z]+))? (?P<noun>[a-z]{{3,}}(?<!s)(?<!ed)) (?P<be>are|were){_END_OF_WORD}"
)
_PRONOUN_BE = re.compile(
    rf"{_OPENS}(?:(?:They|We|You) (?P<plural>is|was)|(?:He|She|It) (?P<singular>are|were)){_END_OF_WORD}"
)
_SENTENCE = re.compile(r"(?<= )(?P<above>[a-z]{3,})[.!?] (?P<letter>[a-z])(?=[a-z]* )")
_NAME = re.compile(rf"(?<![A-Za-z’'@./-])(?:{'|'.join(sorted(_SECTIONS['names']))})(?![A-Za-z@/-]|\.[a-z])")
_BE = {"is": "are", "was": "were", "are": "is", "were": "was"}


@check(
    each="en",
    rules="E10",
    messages={
        "word": gettext_noop("“%(a)s” does not fit the words beside it. Change to %(b)s"),
    },
)
def check_grammar(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find a for an, a verb with -s after a modal, and *be* that does not agree with its subject."""
    if text.field != "headline":
        for pattern, write in _RULES:
            yield from text.replace_matches("grammar.word", pattern, write)


@check(
    each="en",
    rules="E11",
    messages={
        "letter": gettext_noop("“%(a)s” begins with a small letter. Change to %(b)s"),
    },
)
def check_capitals(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Find sentences, and names of countries, cities, months and days, without a capital."""
    own = text.without_quotations
    first = re.match(r"[a-z]{2,}(?= )", own)
    if first and text.field != "headline" and own[-1:] in ".!?" and first[0] not in _SECTIONS["particles"]:
        yield text.build_replacement_finding("capitals.letter", first.span(), first[0].capitalize())
    for match in _SENTENCE.finditer(own):
        if match["above"] not in _SECTIONS["abbreviations"]:
            word = re.match("[a-z]+", own[match.start("letter") :])
            if word:
                span = match.start("letter"), match.start("letter") + len(word[0])
                yield text.build_replacement_finding("capitals.letter", span, word[0].capitalize())
    for match in _NAME.finditer(own):
        yield text.build_replacement_finding("capitals.letter", match.span(), match[0].capitalize())


def _write_article(match: re.Match[str]) -> str:
    article, word = match["article"], match["word"].lower()
    if word in _SECTIONS["no nouns"]:
        return article
    if article == "a" and _VOWEL.match(word):
        return "an"
    return "a" if article == "an" and _OPEN.match(word) else article


def _write_base_verb(match: re.Match[str]) -> str:
    verb, before = match["verb"], match["before"].lower()
    if before in _SECTIONS["before a noun"] or verb in _SECTIONS["no verbs"] or _NOMINAL.search(verb):
        return match[0]
    irregular = {"has": "have", "does": "do", "goes": "go"}
    base = irregular.get(verb) or (f"{verb[:-3]}y" if verb.endswith("ies") and len(verb) > 4 else "")
    base = base or (verb[:-2] if re.search("(?:ch|sh|ss|x|zz)es$", verb) else verb[:-1])
    return match[0][: match.start("verb") - match.start()] + base


def _write_be(match: re.Match[str]) -> str:
    if match["noun"] in _SECTIONS["either number"] or match["middle"] in _SECTIONS["no middle"]:
        return match[0]
    return match[0][: match.start("be") - match.start()] + _BE[match["be"]]


def _write_pronoun_be(match: re.Match[str]) -> str:
    be = match["plural"] or match["singular"]
    return match[0][: -len(be)] + _BE[be]


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_ARTICLE, _write_article),
    (_MODAL, _write_base_verb),
    (_PLURAL_BE, _write_be),
    (_SINGULAR_BE, _write_be),
    (_PRONOUN_BE, _write_pronoun_be),
)
