"""Read CSL-JSON, as copied by Zotero or returned by Crossref and publishers."""

import json
from typing import Any

from . import citation_facts as facts
from .citation_facts import CitationRejected, CitedArticle, CitedName

_KINDS = {"report": "report", "interview": "interview", "hearing": "testimony"}


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
    kind = _KINDS.get(_text(item, "type"), "")
    date, label = _date(item.get("issued"))
    sources = ("publisher", "container-title") if kind == "report" else ("container-title", "publisher")
    return CitedArticle(
        title=facts.clean_citation_text(_text(item, "title")),
        authors=_authors(item.get("author")),
        source=facts.clean_citation_text(
            next((text for name in sources if (text := _text(item, name))), ""), "source"
        ),
        date=date,
        date_label=label,
        url=facts.parse_link(_text(item, "URL")),
        doi=facts.parse_doi(_text(item, "DOI")),
        language=facts.parse_language(_text(item, "language")),
        kind=kind,
        accessed_on=_day(item.get("accessed")),
    )


def _text(item: dict[str, Any], name: str) -> str:
    """Return a text field. Crossref returns lists where CSL has a string."""
    value = item.get(name)
    if isinstance(value, list):
        value = next((v for v in value if isinstance(v, str)), "")
    return value if isinstance(value, str) else ""


def _authors(value: Any) -> tuple[CitedName, ...]:
    people = value[: facts.MAX_AUTHORS] if isinstance(value, list) else []
    found = (_author(person) for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(one for one in found if one.display_name))


def _author(person: dict[str, Any]) -> CitedName:
    parts = {name: facts.clean_citation_text(person.get(name, ""), "name") for name in (
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
    return facts.parse_name(text) if facts.HAN_PATTERN.match(text) else CitedName(literal=text)


def _date(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        return facts.parse_date(value) if isinstance(value, str) else ("", "")
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
        found = facts.build_iso_date(*parts[0][:3])
        label = _text(value, "literal") or _text(value, "season")
        return found, facts.clean_citation_text(label)[:60] if len(found) == 7 and len(label) > 2 else ""
    return facts.parse_date(_text(value, "raw") or _text(value, "literal") or _text(value, "date-time")[:10])


def _day(value: Any) -> str:
    found = _date(value)[0]
    return found if len(found) == 10 else ""
