"""Check amounts in English prose (E8): 30 percent, US$3.5 billion, digits before units."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, find_sentence_start, list_side_texts
from briefs.content import Content
from briefs.lexicon import numbers_en
from briefs.lexicon.figure import format_decimal as written_plain

_NUMBER = r"\d{1,3}(?:,\d{3}){0,4}(?:\.\d{1,3})?|\d{1,12}(?:\.\d{1,3})?"
_SCALES = {
    "bn": "billion",
    "mn": "million",
    "tn": "trillion",
    "B": "billion",
    "M": "million",
    "T": "trillion",
    "K": "thousand",
}
_SCALE = "(?P<scale>(?:thousand|million|billion|trillion|bn|mn|tn)(?![A-Za-z])|[BMTK](?![A-Za-z0-9]))"
_DOLLARS = r"(?:USD|US dollars?|U\.S\. dollars?)(?![A-Za-z])"
_DOLLARS_AFTER = re.compile(f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER})(?:[ -]?{_SCALE})?[ ]{_DOLLARS}")
_DOLLARS_BEFORE = re.compile(f"(?<![A-Za-z0-9])USD ?(?P<number>{_NUMBER})(?![0-9])(?: ?{_SCALE})?")
_ABBREVIATED_WITH_SIGN = re.compile(
    f"(?<![0-9A-Za-z.,])(?P<sign>(?:US|NT|HK|A)?\\$|€|£)(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn|[BMTK])(?![A-Za-z0-9])"
)
_ABBREVIATED_WITHOUT_SIGN = re.compile(
    f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn)(?![A-Za-z])"
)
_PERCENT = re.compile(r"(?P<digit>(?<=\d)\s?%|(?<=\d)-percent(?=\s)|(?<![A-Za-z])[Pp]er[ -]cent(?![A-Za-z]))")
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORD = f"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:{_ONES}))?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|{_ONES}"
_UNIT = r"%|per[ -]?cent(?![A-Za-z])|(?:kilometers?|miles?|meters?|feet|tons?|tonnes?|kilograms?|hectares?|acres?|years? old)(?![A-Za-z])"
_SPELLED = re.compile(
    f"(?<![A-Za-z-])(?P<number>{_WORD})(?:(?P<gap>[ ]?)(?P<unit>{_UNIT})|(?=-years?-old(?![A-Za-z])))",
    re.IGNORECASE,
)


def check(content: Content, context: CheckContext) -> list[Finding]:
    english = [text for text in list_side_texts(content, "en") if text.field != "headline"]
    return [found for text in english for found in _check_text(text)]


def _check_text(text: CheckedText) -> Iterator[Finding]:
    plain = text.without_urls
    for pattern, sign in (
        (_DOLLARS_AFTER, "US$"),
        (_DOLLARS_BEFORE, "US$"),
        (_ABBREVIATED_WITH_SIGN, ""),
        (_ABBREVIATED_WITHOUT_SIGN, ""),
    ):
        for match in islice(pattern.finditer(plain), MAX_FINDINGS):
            yield text.build_replacement_finding("amounts.style", match.span(), _write_money(match, sign))
    for match in islice(_SPELLED.finditer(plain), MAX_FINDINGS):
        if not _opens_sentence(plain, match):
            yield text.build_replacement_finding("amounts.style", match.span(), _write_digits(match))
    for match in islice(_PERCENT.finditer(plain), MAX_FINDINGS):
        yield text.build_replacement_finding("amounts.style", match.span(), _write_percent(plain, match))


def _write_money(match: re.Match[str], sign: str) -> str:
    parts = match.groupdict()
    scale = parts["scale"] or ""
    scale = _SCALES.get(scale, scale)
    return f"{parts.get('sign') or sign}{parts['number']}" + (f" {scale}" if scale else "")


def _opens_sentence(plain: str, match: re.Match[str]) -> bool:
    """Return whether a number in words opens a sentence, where words are allowed unless % follows."""
    start = match.start()
    return match["unit"] != "%" and not plain[find_sentence_start(plain, start) : start].strip(" “‘\"'(")


def _write_digits(match: re.Match[str]) -> str:
    [figure, *_] = numbers_en.find_figures(match["number"].lower())
    unit = match["unit"] or ""
    unit = "percent" if unit == "%" or unit.lower().startswith("per") else unit
    return written_plain(figure.value) + (f" {unit}" if unit else "")


def _write_percent(plain: str, match: re.Match[str]) -> str:
    if not match[0].lower().startswith("p"):
        return " percent"
    return "Percent" if match[0][0] == "P" else "percent"
