"""Read RIS (a tag, two spaces, a hyphen, a value) as written by Zotero, EndNote and publishers' sites."""

import re
from collections.abc import Mapping

from . import citation_facts as facts
from .citation_facts import CitedArticle

_LINE = re.compile(r"([A-Z][A-Z0-9]) {0,2}- ?(.*)")
_KINDS = {"RPRT": "report", "HEAR": "testimony"}
type RisTags = Mapping[str, list[str]]


def parse_entries(text: str) -> list[dict[str, list[str]]]:
    found: list[dict[str, list[str]]] = []
    last: list[str] | None = None
    for line in text.splitlines():
        match = _LINE.match(line.strip("\ufeff \t"))
        if match is None:
            if last and line.strip():  # a wrapped value
                last[-1] += f" {line.strip()}"
            continue
        tag, value = match.groups()
        if tag == "TY":
            found.append({})
        if not found:
            continue
        last = found[-1].setdefault(tag, [])
        last.append(value.strip())
    return found


def build_cited_article(tags: RisTags) -> CitedArticle:
    kind = _KINDS.get(_first(tags, "TY"), "")
    date, label = _date(tags)
    own = ("PB", "T2", "T3") if kind == "report" else ("T2", "JF", "JO", "JA", "J2", "BT", "PB", "DP")
    return CitedArticle(
        title=facts.clean_citation_text(_first(tags, "TI", "T1", "CT")),
        authors=facts.parse_names([*tags.get("AU", ()), *tags.get("A1", ())]),
        source=facts.clean_citation_text(_first(tags, *own), "source"),
        date=date,
        date_label=label,
        url=next(
            (url for tag in ("UR", "L2", "LK") for v in tags.get(tag, ()) if (url := facts.parse_link(v))), ""
        ),
        doi=facts.parse_doi(_first(tags, "DO", "DOI")),
        language=facts.parse_language(_first(tags, "LA")),
        kind=kind,
        accessed_on=facts.parse_day(_first(tags, "Y2")),
    )


def _first(tags: RisTags, *names: str) -> str:
    return next((value for name in names for value in tags.get(name, ()) if value), "")


def _date(tags: RisTags) -> tuple[str, str]:
    """Return the most precise date given, and the issue label, which is the fourth part of a RIS date."""
    best = ("", "")
    for value in (v for name in ("DA", "Y1", "PY") for v in tags.get(name, ()) if v):
        parts = [*value.split("/", 3), "", "", ""]
        if re.fullmatch(r"\d{4}", parts[0]):
            found = facts.build_iso_date(*parts[:3]), facts.clean_citation_text(parts[3])[:60]
        else:
            found = facts.parse_date(value)
        if len(found[0]) > len(best[0]):
            best = found
    label = best[1] if re.search(r"[^\W\d]", best[1]) and not re.fullmatch(r"[\d:TZ.+-]*", best[1]) else ""
    if label and best[0][:4] not in label:
        label = f"{label} {best[0][:4]}"
    return best[0], label if len(best[0]) == 7 else ""  # an issue has no day
