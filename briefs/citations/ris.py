"""Write RIS: a tag, two spaces, a hyphen, a value. RIS has no escapes, so a value is one line."""

import re
from collections.abc import Iterator

from ..facts import CITED_FACTS
from .styles import describe_digested_article
from .works import CitableWork

_TYPES = {
    "brief": "ELEC",
    "article": "ELEC",
    "magazine": "MGZN",
    "newspaper": "NEWS",
    "journal": "JOUR",
    "report": "RPRT",
    "testimony": "HEAR",
    "interview": "MGZN",
}


def format_ris(work: CitableWork) -> str:
    lines = [("TY", _TYPES[work.kind]), *((tag, _one_line(value)) for tag, value in _tags(work)), ("ER", "")]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def _tags(work: CitableWork) -> Iterator[tuple[str, str]]:
    values = [
        ("TI", work.title),
        *(("AU", name.inverted) for name in work.authors),
        ("T2", "" if work.kind == "report" else work.outlet),
        ("PB", work.outlet if work.kind == "report" else ""),  # Zotero makes a note of a web page's publisher
        ("PY", work.date[:4]),
        ("DA", _date(work.date, work.issue_label)),
        ("LA", work.language),
        *((fact.ris, getattr(work, name)) for name, fact in CITED_FACTS.items()),
        ("Y2", _date(work.accessed_on)),
        *(("KW", word) for word in work.keywords),
        ("AB", work.abstract),
        ("N1", describe_digested_article(work)),
    ]
    yield from ((tag, value) for tag, value in values if value)


def _date(iso: str, label: str = "") -> str:
    """Return year, month, day and the issue label, with a slash after each of the first three."""
    if not iso:
        return ""
    year, month, day = (*iso.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/{label.removesuffix(year).strip()}"


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()
