"""The facts of a digested article, each declared once.

Columns, limits, form fields, labels, the ticks at approval, imports, cards and citations follow from `FACTS`,
which has the fields of `content.Facts` in their order. Every fact is hashed and ticked: there is no exception.
A scalar fact is text in `content.Facts`, or a boolean for a flag; empty is `""` or `False`.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

from .content import Facts

AFFILIATION_LIMIT: Final = 300
CREDIT_LIMIT: Final = 200
"""Longest credit or licence of the picture, in characters."""


class FactKind(Enum):
    """How a fact is stored, edited and shown."""

    ROWS = auto()
    """Vocabulary rows or the picture, each with code of its own."""
    DATE = auto()
    """The article date: ISO, cut to its precision. Stored as a first day and a precision."""
    TEXT = auto()
    LINK = auto()
    """An http or https address."""
    DOI = auto()
    CHOICE = auto()
    DAY = auto()
    """An ISO day."""
    MOMENT = auto()
    """ISO with an offset, in UTC."""
    FLAG = auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `label` and the labels of `choices` are message ids, translated where they are shown.

    `column`: of `models.Brief`. `limit`: characters. `example`: placeholder in the form.
    `document_field`: the field of a parsed document that states the fact, so that an import may set it.
    `ris`, `bibtex`, `csl`: the fields of citation files that state the value. The first is written, all are read, in
    this order.
    """

    kind: FactKind
    label: str
    column: str = ""
    limit: int = 0
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    example: str = ""
    document_field: str = ""
    ris: tuple[str, ...] = ()
    bibtex: tuple[str, ...] = ()
    csl: tuple[str, ...] = ()
    is_public: bool = True


def _(message: str) -> str:
    """Mark a message for translation."""
    return message


_DECLARED: Final = {
    "source": Fact(FactKind.ROWS, _("Source")),
    "authors": Fact(FactKind.ROWS, _("Authors")),
    "keywords": Fact(FactKind.ROWS, _("Keywords")),
    "date": Fact(FactKind.DATE, _("Article date"), limit=60, example="2025-06-09"),
    "date_label": Fact(
        FactKind.TEXT, _("Label of the issue"), "article_date_label", 60, example="May/June 2025"
    ),
    "title": Fact(FactKind.TEXT, _("Article title"), "article_title", 500, document_field="article_title"),
    "url": Fact(
        FactKind.LINK,
        _("Article address"),
        "article_url",
        800,
        document_field="url",
        ris=("UR", "L2", "LK"),
        bibtex=("url", "howpublished"),
        csl=("URL",),
    ),
    "doi": Fact(
        FactKind.DOI,
        _("DOI"),
        "article_doi",
        200,
        document_field="doi",
        ris=("DO",),
        bibtex=("doi",),
        csl=("DOI",),
    ),
    "language": Fact(FactKind.TEXT, _("Language of the article"), "article_language", 20, example="en"),
    "access": Fact(
        FactKind.CHOICE,
        _("Access"),
        "article_access",
        14,
        {"free": _("Free"), "registration": _("Registration"), "subscription": _("Subscription")},
    ),
    "kind": Fact(
        FactKind.CHOICE,
        _("Kind"),
        "article_kind",
        12,
        {
            "commentary": _("Commentary"),
            "report": _("Report"),
            "testimony": _("Testimony"),
            "interview": _("Interview"),
        },
    ),
    "accessed_on": Fact(FactKind.DAY, _("Date accessed"), "article_accessed_on"),
    "archive_url": Fact(FactKind.LINK, _("Archived copy"), "article_archive_url", 800),
    "embargo_until": Fact(FactKind.MOMENT, _("Embargo until"), "article_embargo_until", is_public=False),
    "source_withdrew": Fact(FactKind.FLAG, _("Withdrawn by its source"), "article_withdrawn"),
    "picture": Fact(FactKind.ROWS, _("Picture")),
}
FACTS: Final[Mapping[str, Fact]] = {field.name: _DECLARED[field.name] for field in dataclasses.fields(Facts)}
SCALAR_FACTS: Final[Mapping[str, Fact]] = {
    name: fact for name, fact in FACTS.items() if fact.kind is not FactKind.ROWS
}
COLUMN_FACTS: Final[Mapping[str, Fact]] = {name: fact for name, fact in FACTS.items() if fact.column}
"""Facts that one column of the brief holds."""
DOCUMENT_FACTS: Final[Mapping[str, str]] = {
    name: fact.document_field for name, fact in FACTS.items() if fact.document_field
}
CITED_FACTS: Final[Mapping[str, Fact]] = {name: fact for name, fact in FACTS.items() if fact.csl}
"""Facts that every citation file states as they are."""


def parse_column_value(fact: Fact, value: Any) -> Any:
    """Convert the value of a fact to that of its column. Raise ValueError for an invalid day, moment or choice."""
    match fact.kind:
        case FactKind.DAY:
            return dt.date.fromisoformat(value) if value else None
        case FactKind.MOMENT:
            return dt.datetime.fromisoformat(value) if value else None
        case FactKind.CHOICE if value and value not in fact.choices:
            raise ValueError(value)
    return value


def format_column_value(value: Any) -> Any:
    """Convert the value of a column or a form field to that of a fact."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else value
