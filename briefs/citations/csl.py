"""Write CSL-JSON for citation processors."""

import json
import re
from typing import Any

from ..facts import CITED_FACTS
from ..text import date_format
from .styles import describe_digested_article
from .works import AuthorName, CitableWork

_TYPES = {
    "brief": "webpage",
    "article": "webpage",
    "magazine": "article-magazine",
    "newspaper": "article-newspaper",
    "journal": "article-journal",
    "report": "report",
    "testimony": "hearing",
    "interview": "interview",
}


def format_csl(work: CitableWork) -> str:
    """Return an array of one item, like the exports of reference managers."""
    item = {name: value for name, value in _item(work).items() if value}
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


def _item(work: CitableWork) -> dict[str, Any]:
    return {
        "id": work.citation_key,
        "type": _TYPES[work.kind],
        "title": work.title,
        "author": [_name(name) for name in work.authors],
        "container-title": "" if work.kind == "report" else work.outlet,
        "publisher": work.outlet
        if work.kind == "report"
        else "",  # a web page's would be cited as its author
        "issued": _date(work.date, work.issue_label),
        "accessed": _date(work.accessed_on),
        **{fact.csl: getattr(work, name) for name, fact in CITED_FACTS.items()},
        "language": work.language,
        "keyword": ", ".join(work.keywords),
        "abstract": work.abstract,
        "note": describe_digested_article(work),  # `original-date` would make the brief a reprint
    }


def _name(name: AuthorName) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    return {"family": name.family, "given": name.given}


def _date(iso: str, label: str = "") -> dict[str, Any] | None:
    if not iso:
        return None
    first = [int(part) for part in iso.split("-")]
    months = [
        month for month, name in enumerate(date_format.ENGLISH_MONTHS, 1) if re.search(rf"\b{name}\b", label)
    ]
    if len(months) == 2 and months[0] == first[1]:
        return {"date-parts": [first, [first[0], months[1]]]}  # May/June: a range
    return {"date-parts": [first]}
