"""The languages of the site, and the context of head, masthead and footer."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls.converters import IntConverter, StringConverter
from django.utils.translation import gettext

from ..content import LANGUAGE_TAGS, SIDES, Side
from ..rendering.text import strip_indentation
from ..text import paths
from ..text.paths import LANGUAGE_CODES

# URL converters for languages and dates, and parsing of the Accept-Language header.

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
    """Accept a year up to 9998: date ranges end at the start of the next year."""

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


TITLE_SEPARATOR: dict[Side, str] = {"zh": "｜", "en": " · "}


def render(
    template: str, language: Side, path: str, *, query_string: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page. `path` is its address without the language prefix, valid in both languages.

    `query_string` is a position in a list, which only the link to the other language keeps.
    """
    body = strip_indentation(
        render_to_string(
            template, _language_context(language) | _address_context(language, path, query_string) | context
        )
    )
    return HttpResponse(body, status=status)


def _language_context(language: Side) -> dict[str, Any]:
    """Return the context that all pages of a language share."""
    other = paths.OTHER_SIDE[language]
    return {
        "page": language,
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
        "site": settings.DIGEST_SITE_NAME[language],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "home": paths.home(language),
        "twin_name": paths.NATIVE_LANGUAGE_NAMES[other],
        "joint": TITLE_SEPARATOR[language],
        "description": gettext("Bilingual briefs of writing on foreign policy"),
        "has_corpus": settings.DIGEST_CORPUS,
        "hreflang_zh": paths.HREFLANG["zh"],
        "hreflang_en": paths.HREFLANG["en"],
    }


def _address_context(language: Side, path: str, query_string: str) -> dict[str, str]:
    site = settings.SITE_URL
    zh, en = f"{site}{paths.home('zh')}{path}", f"{site}{paths.home('en')}{path}"
    return {
        "twin_url": f"{paths.home(paths.OTHER_SIDE[language])}{path}{query_string}",
        "canonical": zh if language == "zh" else en,
        "address_zh": zh,
        "address_en": en,
        "address_default": en if path else f"{site}/",
    }
