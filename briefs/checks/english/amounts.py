"""Check amounts in English prose (E8): 30 percent, US$3.5 billion, digits before units."""

import re
from collections.abc import Callable, Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, each_text, opens_sentence
from briefs.lexicon import numbers_en
from briefs.lexicon.figure import format_decimal as written_plain

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
_PERCENT = re.compile(r"(?P<digit>(?<=\d)\s?%|(?<=\d)-percent(?=\s)|(?<![A-Za-z])[Pp]er[ -]cent(?![A-Za-z]))")
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORD = f"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:{_ONES}))?|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|{_ONES}"
_UNIT = r"%|per[ -]?cent(?![A-Za-z])|(?:kilometers?|miles?|meters?|feet|tons?|tonnes?|kilograms?|hectares?|acres?|years? old)(?![A-Za-z])"
_SPELLED = re.compile(
    f"(?<![A-Za-z-])(?P<number>{_WORD})(?:(?P<gap>[ ]?)(?P<unit>{_UNIT})|(?=-years?-old(?![A-Za-z])))",
    re.IGNORECASE,
)


@each_text("en")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    if text.field != "headline":
        for pattern, write in _RULES:
            yield from text.replace_matches("amounts.style", pattern, write)


def _write_money(match: re.Match[str]) -> str:
    parts = match.groupdict()
    scale = parts["scale"] or ""
    scale = _SCALES.get(scale.lower().removesuffix("n"), scale)
    return f"{parts.get('sign', 'US$')}{parts['number']}" + (f" {scale}" if scale else "")


def _write_digits(match: re.Match[str]) -> str:
    """Write a number in digits. It may stay in words at the start of a sentence, unless % follows."""
    if match["unit"] != "%" and opens_sentence(match.string, match.start()):
        return match[0]
    [figure, *_] = numbers_en.find_figures(match["number"].lower())
    unit = match["unit"] or ""
    unit = "percent" if unit == "%" or unit.lower().startswith("per") else unit
    return written_plain(figure.value) + (f" {unit}" if unit else "")


def _write_percent(match: re.Match[str]) -> str:
    if not match[0].lower().startswith("p"):
        return " percent"
    return "Percent" if match[0][0] == "P" else "percent"


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_DOLLARS_AFTER, _write_money),
    (_DOLLARS_BEFORE, _write_money),
    (_ABBREVIATED_WITH_SIGN, _write_money),
    (_ABBREVIATED_WITHOUT_SIGN, _write_money),
    (_SPELLED, _write_digits),
    (_PERCENT, _write_percent),
)
