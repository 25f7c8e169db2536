"""The facts of an article as a citation file states them, the same for all formats, and parsers for their values."""

import datetime as dt
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

from briefs.bilingual.documents import read_date
from briefs.bilingual.text.article_urls import find_doi, is_safe_link, strip_tracking, write_host_in_ascii
from briefs.bilingual.text.person_names import UNDIVIDED, divide_person_name, is_han_organization
from briefs.facts import CITED_FACTS, FACTS, FactKind

type FileFormat = Literal["ris", "bibtex", "csl"]
MAX_LENGTHS: Final = {"source": 200, "name": 200} | {
    name: FACTS[name].limit for name in ("title", *CITED_FACTS)
}
MAX_AUTHORS: Final = 50

_TAG: Final = re.compile(
    r"</?(?:i|b|u|em|strong|sup|sub|span|scp|p|jats:[a-z]+)(?:\s[^<>]{0,80})?>", re.IGNORECASE
)
_ISO: Final = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?![\d-])")
HAN_PATTERN: Final = re.compile(r"[\u3400-\u9fff]")
_LANGUAGES: Final = {
    "english": "en", "eng": "en", "american": "en", "british": "en", "en_us": "en-US", "en_gb": "en-GB",
    "chinese": "zh", "chi": "zh", "zho": "zh", "中文": "zh", "繁體中文": "zh-Hant", "zh_tw": "zh-TW", "zh_cn": "zh-CN",
    "japanese": "ja", "jpn": "ja", "french": "fr", "fre": "fr", "fra": "fr", "german": "de", "ger": "de",
    "deu": "de", "ngerman": "de", "spanish": "es", "spa": "es", "korean": "ko", "kor": "ko", "russian": "ru",
}  # fmt: skip


class CitationRejected(ValueError):
    """The citation cannot be read. `code` is one of empty, too-large, unknown, broken, no-facts."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class CitedName:
    """A person by family and given name, or `literal` for a corporate author or an undivided name."""

    family: str = ""
    given: str = ""
    literal: str = ""

    @property
    def display_name(self) -> str:
        """Return the printed form: a Chinese name begins with the family name."""
        if self.literal:
            return self.literal
        if HAN_PATTERN.search(self.family):
            return f"{self.family}{self.given}"
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """Facts of an article. `date` is as precise as the citation: `2025`, `2025-06` or `2025-06-09`.

    `facts` are those of `CITED_FACTS`, by name.
    """

    title: str = ""
    authors: tuple[CitedName, ...] = ()
    source: str = ""
    date: str = ""
    date_label: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    kind: str = ""
    accessed_on: str = ""

    @property
    def is_empty(self) -> bool:
        return self == CitedArticle()

    def get(self, name: str) -> str:
        """Return the fact of this name, or an empty string."""
        return self.facts.get(name) or str(getattr(self, name, ""))


def clean_citation_text(text: object, limit: str = "title") -> str:
    """Return one line of text without markup, entities and control characters, cut to the column length."""
    if not isinstance(text, str | int):
        return ""
    plain = html.unescape(_TAG.sub("", str(text)[:5_000]))
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs", "Cn") else c for c in plain)
    return unicodedata.normalize("NFC", " ".join(plain.split()))[: MAX_LENGTHS[limit]].strip()


def read_cited_facts(
    file_format: FileFormat, list_values: Callable[[str, FactKind], Iterable[str]]
) -> dict[str, str]:
    """Return the facts of `CITED_FACTS` that an entry states. `list_values` returns the values of a field.

    The first field of a declaration that has a usable value decides.
    """
    facts: dict[str, str] = {}
    for name, fact in CITED_FACTS.items():
        parse = {FactKind.LINK: parse_link, FactKind.DOI: parse_doi}.get(
            fact.kind, partial(clean_citation_text, limit=name)
        )
        values = (parse(text) for tag in getattr(fact, file_format) for text in list_values(tag, fact.kind))
        if value := next(filter(None, values), ""):
            facts[name] = value
    return facts


def parse_link(text: object) -> str:
    """Return the cited link without tracking parameters, or "" if it is unsafe."""
    url = clean_citation_text(text, "url")
    return strip_tracking(write_host_in_ascii(url)) if is_safe_link(url) else ""


def parse_doi(text: object) -> str:
    return find_doi(clean_citation_text(text, "doi"))


def parse_language(text: object) -> str:
    cleaned = clean_citation_text(text)
    return _LANGUAGES.get(
        cleaned.casefold(), cleaned if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", cleaned) else ""
    )


def parse_name(text: str) -> CitedName:
    """Parse `Family, Given`, `Family, Jr., Given`, or a printed name, divided where the form allows.

    A comma at the end says that a name is whole.
    """
    is_whole = str(text).rstrip().endswith(",")
    text = clean_citation_text(text, "name").strip(" ,;")
    parts = [part.strip() for part in re.split("[,，]", text) if part.strip()]
    if len(parts) == 2 and not is_han_organization(text):
        return CitedName(parts[0], parts[1])
    if len(parts) == 3 and not is_han_organization(text):
        junior = parts[1] if re.fullmatch(r"(Jr|Sr|[IVX]+)\.?", parts[1]) else parts[2]
        given = parts[2] if junior == parts[1] else parts[1]
        return CitedName(parts[0], f"{given} {junior}")
    divided = UNDIVIDED if is_whole else divide_person_name(text)
    return CitedName(divided.family, divided.given) if divided.family else CitedName(literal=text)


def parse_names(texts: list[str]) -> tuple[CitedName, ...]:
    names = (parse_name(text) for text in texts[:MAX_AUTHORS])
    return tuple(dict.fromkeys(one for one in names if one.display_name))


def build_iso_date(year: object, month: object = "", day: object = "") -> str:
    """Return an ISO date, as precise as the valid parts allow; "" without a valid year."""
    texts = [str(part).strip() for part in (year, month, day)]
    numbers = [int(text) if text.isdecimal() and len(text) < 5 else 0 for text in texts]
    if not 1000 <= numbers[0] <= 2999:
        return ""
    if not 1 <= numbers[1] <= 12:
        return f"{numbers[0]:04}"
    try:
        dt.date(numbers[0], numbers[1], numbers[2])
    except ValueError:
        return f"{numbers[0]:04}-{numbers[1]:02}"
    return f"{numbers[0]:04}-{numbers[1]:02}-{numbers[2]:02}"


def parse_date(text: object) -> tuple[str, str]:
    """Parse a date in any wording into ISO and the issue label. An ambiguous date is reduced to its year."""
    cleaned = clean_citation_text(text)
    if match := _ISO.match(cleaned):
        return build_iso_date(*(part or "" for part in match.groups())), ""
    read = read_date(cleaned, "mdy") if cleaned else None
    if read is None or read[0].ambiguous:
        year = re.search(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)", cleaned)
        return (year[0] if year else ""), ""
    return read[0].iso, read[0].label


def parse_day(text: object) -> str:
    """Return a full date such as an access date, or "" if the day is missing."""
    iso = parse_date(text)[0]
    return iso if len(iso) == 10 else ""
