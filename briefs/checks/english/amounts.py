"""Amounts in English prose (E8): 30 percent, US$3.5 billion, digits before units."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Finding
from briefs.checks.repairs import MOST, Text, sentence_start, texts
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
_AFTER = re.compile(f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER})(?:[ -]?{_SCALE})?[ ]{_DOLLARS}")
_BEFORE = re.compile(f"(?<![A-Za-z0-9])USD ?(?P<number>{_NUMBER})(?![0-9])(?: ?{_SCALE})?")
_SHORT = re.compile(
    f"(?<![0-9A-Za-z.,])(?P<sign>(?:US|NT|HK|A)?\\$|€|£)(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn|[BMTK])(?![A-Za-z0-9])"
)
_BARE = re.compile(f"(?<![0-9A-Za-z.,$€£])(?P<number>{_NUMBER}) ?(?P<scale>bn|mn|tn)(?![A-Za-z])")
_PERCENT = re.compile(r"(?P<digit>(?<=\d)\s?%|(?<=\d)-percent(?=\s)|(?<![A-Za-z])[Pp]er[ -]cent(?![A-Za-z]))")
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORD = f"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:{_ONES}))?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|{_ONES}"
_UNIT = r"%|per[ -]?cent(?![A-Za-z])|(?:kilometers?|miles?|meters?|feet|tons?|tonnes?|kilograms?|hectares?|acres?|years? old)(?![A-Za-z])"
_SPELLED = re.compile(
    f"(?<![A-Za-z-])(?P<number>{_WORD})(?:(?P<gap>[ ]?)(?P<unit>{_UNIT})|(?=-years?-old(?![A-Za-z])))",
    re.IGNORECASE,
)


def check(content: Content, context: Context) -> list[Finding]:
    english = [text for text in texts(content, "en") if text.field != "headline"]
    return [found for text in english for found in _check_text(text)]


def _check_text(text: Text) -> Iterator[Finding]:
    plain = text.plain
    for pattern, sign in ((_AFTER, "US$"), (_BEFORE, "US$"), (_SHORT, ""), (_BARE, "")):
        for match in islice(pattern.finditer(plain), MOST):
            yield text.change("amounts.style", match.span(), _money(match, sign))
    for match in islice(_SPELLED.finditer(plain), MOST):
        if not _opens(plain, match):
            yield text.change("amounts.style", match.span(), _digits(match))
    for match in islice(_PERCENT.finditer(plain), MOST):
        yield text.change("amounts.style", match.span(), _percent(plain, match))


def _money(match: re.Match[str], sign: str) -> str:
    parts = match.groupdict()
    scale = parts["scale"] or ""
    scale = _SCALES.get(scale, scale)
    return f"{parts.get('sign') or sign}{parts['number']}" + (f" {scale}" if scale else "")


def _opens(plain: str, match: re.Match[str]) -> bool:
    """A sentence may begin with a number in words, though not before a sign."""
    start = match.start()
    return match["unit"] != "%" and not plain[sentence_start(plain, start) : start].strip(" “‘\"'(")


def _digits(match: re.Match[str]) -> str:
    [figure, *_] = numbers_en.find_figures(match["number"].lower())
    unit = match["unit"] or ""
    unit = "percent" if unit == "%" or unit.lower().startswith("per") else unit
    return written_plain(figure.value) + (f" {unit}" if unit else "")


def _percent(plain: str, match: re.Match[str]) -> str:
    if not match[0].lower().startswith("p"):
        return " percent"
    return "Percent" if match[0][0] == "P" else "percent"
