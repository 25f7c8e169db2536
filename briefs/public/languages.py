"""URL converters for languages and dates, and parsing of the Accept-Language header."""

from django.urls.converters import IntConverter, StringConverter

from ..content import SIDES, Side
from ..text.paths import LANGUAGE_CODES

LANGUAGE_ALIAS_PATTERN = r"(?!zh-hant/|en/)(?P<alias>(?i:zh(?:-han[ts])?(?:-(?:tw|hk|mo|cn|sg))?|en))"
"""Alternative language prefixes: /zh/, /zh-TW/, /zh-Hant-HK/, /EN/, and those of Simplified Chinese."""


class LanguageConverter:
    regex = "zh-hant|en"
    values = SIDES

    def to_python(self, value: str) -> Side:
        return "zh" if value == LANGUAGE_CODES["zh"] else "en"

    def to_url(self, value: Side) -> str:
        return LANGUAGE_CODES[value]


class YearConverter(IntConverter):
    """Accept a year that has a next year."""

    regex = "(?!9999)[1-9][0-9]{3}"


class MonthConverter(StringConverter):
    """Accept a month without its leading zero; the view redirects to the canonical address."""

    regex = "0?[1-9]|1[0-2]"


CHINESE_LANGUAGE_TAGS = frozenset({"zh", "cmn", "yue", "nan", "hak", "wuu"})
"""Primary subtags for Chinese and those of its varieties that browsers may send."""


def accepts_chinese(accept_language: str) -> bool:
    """Return whether an Accept-Language header accepts Chinese with any weight above 0."""
    for part in accept_language.lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        if tag.strip().partition("-")[0] in CHINESE_LANGUAGE_TAGS and not (
            name.strip() == "q" and _is_zero(value)
        ):
            return True
    return False


def language_from_path(path: str) -> Side | None:
    """Return the language of an address; None if it has none."""
    first = path.split("/", 2)[1].lower() if path.startswith("/") else ""
    if first == "en":
        return "en"
    return "zh" if first.partition("-")[0] == "zh" else None


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False
