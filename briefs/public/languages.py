"""Languages in an address, and in what a browser says it takes."""

from ..content import SIDES, Side
from ..text.paths import LANGUAGE_CODES

LANGUAGE_ALIAS_PATTERN = r"(?!zh-hant/|en/)(?P<alias>(?i:zh(?:-hant)?(?:-(?:tw|hk|mo))?|en))"
"""Other spellings of the two: /zh/, /zh-TW/, /zh-Hant-HK/, /EN/."""


class LanguageConverter:
    regex = "zh-hant|en"
    values = SIDES

    def to_python(self, value: str) -> Side:
        return "zh" if value == LANGUAGE_CODES["zh"] else "en"

    def to_url(self, value: Side) -> str:
        return LANGUAGE_CODES[value]


class YearConverter:
    regex = "[1-9][0-9]{3}"

    def to_python(self, value: str) -> int:
        if value == "9999":
            raise ValueError("There is no year after it.")
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class MonthConverter:
    """Also without its zero: the view leads to the one spelling."""

    regex = "0?[1-9]|1[0-2]"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


CHINESE_LANGUAGE_TAGS = frozenset({"zh", "cmn", "yue", "nan", "hak", "wuu"})
"""The language as a whole, and its kinds that a browser may name on their own."""


def accepts_chinese(accept_language: str) -> bool:
    """Whether an Accept-Language header takes any Chinese, however little."""
    for part in accept_language.lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        if tag.strip().partition("-")[0] in CHINESE_LANGUAGE_TAGS and not (
            name.strip() == "q" and _is_zero(value)
        ):
            return True
    return False


def language_from_path(path: str) -> Side | None:
    """The language of an address, None for one without."""
    first = path.split("/", 2)[1].lower() if path.startswith("/") else ""
    if first == "en":
        return "en"
    return "zh" if first.partition("-")[0] == "zh" else None


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False
