"""CSL-JSON, for citation processors. Read as Zotero copies it and as Crossref and publishers return it."""

import json
import re
from typing import Any

from briefs.bilingual.text import date_format
from briefs.facts import CITED_FACTS

from . import cited_article as cited
from .cited_article import CitationRejected, CitedArticle, CitedName, read_cited_facts
from .works import FILE_TYPES_BY_KIND, AuthorName, CitableWork, describe_digested_article

_KINDS_BY_TYPE = {"report": "report", "interview": "interview", "hearing": "testimony"}


def format_csl(work: CitableWork) -> str:
    """Return an array of one item, like the exports of reference managers."""
    item = {name: value for name, value in _item(work).items() if value}
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


def _item(work: CitableWork) -> dict[str, Any]:
    return {
        "id": work.citation_key,
        "type": FILE_TYPES_BY_KIND[work.kind][1],
        "author": [_format_name(name) for name in work.authors],
        "title": work.title,
        "genre": work.genre,
        "container-title": "" if work.kind == "report" else work.outlet,
        "publisher": work.outlet
        if work.kind == "report"
        else "",  # styles cite the publisher of a web page as its author
        "issued": _format_date(work.date, work.issue_label),
        "accessed": _format_date(work.accessed_on),
        **{fact.csl[0]: work.facts.get(name, "") for name, fact in CITED_FACTS.items()},
        "language": work.language,
        "abstract": work.abstract,
        "note": describe_digested_article(work),  # `original-date` would make the brief a reprint
    }


def _format_name(name: AuthorName) -> dict[str, Any]:
    if name.literal:
        return {"literal": name.literal}
    parts = {"family": name.family, "given": name.given}
    return {**parts, "static-ordering": True} if name.is_family_first else parts


def _format_date(iso: str, label: str = "") -> dict[str, Any] | None:
    if not iso:
        return None
    first = [int(part) for part in iso.split("-")]
    months = [
        month for month, name in enumerate(date_format.ENGLISH_MONTHS, 1) if re.search(rf"\b{name}\b", label)
    ]
    if len(months) == 2 and months[0] == first[1]:
        return {"date-parts": [first, [first[0], months[1]]]}  # May/June: a range
    return {"date-parts": [first]}


def parse_entries(text: str) -> list[dict[str, Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CitationRejected("broken") from error
    if isinstance(data, dict):
        inner = data.get("items", data.get("message", data))
        data = inner if isinstance(inner, list) else [inner]
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def build_cited_article(item: dict[str, Any]) -> CitedArticle:
    kind = _KINDS_BY_TYPE.get(_text(item, "type"), "")
    date, label = _read_date(item.get("issued"))
    sources = ("publisher", "container-title") if kind == "report" else ("container-title", "publisher")
    return CitedArticle(
        title=cited.clean_citation_text(_text(item, "title")),
        authors=_read_authors(item.get("author")),
        source=cited.clean_citation_text(
            next((text for name in sources if (text := _text(item, name))), ""), "source"
        ),
        date=date,
        date_label=label,
        facts=read_cited_facts("csl", lambda name, _kind: [_text(item, name)]),
        language=cited.parse_language(_text(item, "language")),
        kind=kind,
        accessed_on=_read_day(item.get("accessed")),
    )


def _text(item: dict[str, Any], name: str) -> str:
    """Return a text field. Crossref returns lists where CSL has a string."""
    value = item.get(name)
    if isinstance(value, list):
        value = next((v for v in value if isinstance(v, str)), "")
    return value if isinstance(value, str) else ""


def _read_authors(value: Any) -> tuple[CitedName, ...]:
    people = value[: cited.MAX_AUTHORS] if isinstance(value, list) else []
    authors = (_read_author(person) for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(one for one in authors if one.display_name))


def _read_author(person: dict[str, Any]) -> CitedName:
    parts = {name: cited.clean_citation_text(person.get(name, ""), "name") for name in (
        "family", "given", "literal", "name", "suffix", "non-dropping-particle", "dropping-particle"
    )}  # fmt: skip
    if literal := parts["literal"] or parts["name"]:
        return _parse_undivided_name(literal)
    if not parts["given"]:
        return _parse_undivided_name(parts["family"])
    family = " ".join(
        filter(None, (parts["dropping-particle"], parts["non-dropping-particle"], parts["family"]))
    )
    return CitedName(family, f"{parts['given']} {parts['suffix']}".strip())


def _parse_undivided_name(text: str) -> CitedName:
    """Parse a name without parts. A Chinese name is divided by its form."""
    return cited.parse_name(text) if cited.HAN_PATTERN.match(text) else CitedName(literal=text)


def _read_date(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        return cited.parse_date(value) if isinstance(value, str) else ("", "")
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        iso = cited.build_iso_date(*parts[0][:3])
        label = _text(value, "literal") or _text(value, "season")
        return iso, cited.clean_citation_text(label)[:60] if len(iso) == 7 and len(label) > 2 else ""
    return cited.parse_date(_text(value, "raw") or _text(value, "literal") or _text(value, "date-time")[:10])


def _read_day(value: Any) -> str:
    iso = _read_date(value)[0]
    return iso if len(iso) == 10 else ""
