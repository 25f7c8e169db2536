"""RIS: a tag, two spaces, a hyphen, a value. Read as Zotero, EndNote and publishers' sites write it.

RIS has no escapes, so a value is written as one line.
"""

import re
from collections.abc import Iterator, Mapping

from briefs.facts import CITED_FACTS

from . import cited_article as cited
from .cited_article import CitedArticle, read_cited_facts
from .works import FILE_TYPES_BY_KIND, AuthorName, CitableWork, build_file_title, describe_digested_article

_LINE = re.compile(r"([A-Z][A-Z0-9]) {0,2}- ?(.*)")
_KINDS_BY_TYPE = {"RPRT": "report", "HEAR": "testimony"}
type RisTags = Mapping[str, list[str]]


def format_ris(work: CitableWork) -> str:
    lines = [
        ("TY", FILE_TYPES_BY_KIND[work.kind][0]),
        *((tag, _one_line(value)) for tag, value in _tags(work)),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def _tags(work: CitableWork) -> Iterator[tuple[str, str]]:
    values = [
        ("ID", work.citation_key if work.genre else ""),
        *(("AU", _format_name(name)) for name in work.authors),
        ("TI", build_file_title(work)),
        ("M3", work.genre),
        ("T2", "" if work.kind == "report" else work.outlet),
        (
            "PB",
            work.outlet if work.kind == "report" else "",
        ),  # Zotero turns the publisher of a web page into a note
        ("PY", work.date[:4]),
        ("DA", _format_date(work.date, work.issue_label)),
        ("LA", work.language),
        *((fact.ris[0], work.facts.get(name, "")) for name, fact in CITED_FACTS.items()),
        ("Y2", _format_date(work.accessed_on)),
        ("AB", work.abstract),
        ("N1", describe_digested_article(work)),
    ]
    yield from ((tag, value) for tag, value in values if value)


def _format_name(name: AuthorName) -> str:
    """Return "Family, Given". A comma at the end keeps programs from dividing a whole name."""
    return name.inverted if name.family else f"{name.literal},"


def _format_date(iso: str, label: str = "") -> str:
    """Return year, month, day and the issue label, with a slash after each of the first three."""
    if not iso:
        return ""
    year, month, day = (*iso.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/{label.removesuffix(year).strip()}"


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()


def parse_entries(text: str) -> list[dict[str, list[str]]]:
    entries: list[dict[str, list[str]]] = []
    last: list[str] | None = None
    for line in text.splitlines():
        match = _LINE.match(line.strip("\ufeff \t"))
        if match is None:
            if last and line.strip():  # a wrapped value
                last[-1] += f" {line.strip()}"
            continue
        tag, value = match.groups()
        if tag == "TY":
            entries.append({})
        if not entries:
            continue
        last = entries[-1].setdefault(tag, [])
        last.append(value.strip())
    return entries


def build_cited_article(tags: RisTags) -> CitedArticle:
    kind = _KINDS_BY_TYPE.get(_first(tags, "TY"), "")
    date, label = _read_date(tags)
    own = ("PB", "T2", "T3") if kind == "report" else ("T2", "JF", "JO", "JA", "J2", "BT", "PB", "DP")
    return CitedArticle(
        title=cited.clean_citation_text(_first(tags, "TI", "T1", "CT")),
        authors=cited.parse_names([*tags.get("AU", ()), *tags.get("A1", ())]),
        source=cited.clean_citation_text(_first(tags, *own), "source"),
        date=date,
        date_label=label,
        facts=read_cited_facts("ris", lambda tag, _kind: tags.get(tag, ())),
        language=cited.parse_language(_first(tags, "LA")),
        kind=kind,
        accessed_on=cited.parse_day(_first(tags, "Y2")),
    )


def _first(tags: RisTags, *names: str) -> str:
    return next((value for name in names for value in tags.get(name, ()) if value), "")


def _read_date(tags: RisTags) -> tuple[str, str]:
    """Return the most precise of the entry's dates, and the issue label (the fourth part of a RIS date)."""
    best = ("", "")
    for value in (v for name in ("DA", "Y1", "PY") for v in tags.get(name, ()) if v):
        parts = [*value.split("/", 3), "", "", ""]
        if re.fullmatch(r"\d{4}", parts[0]):
            date = cited.build_iso_date(*parts[:3]), cited.clean_citation_text(parts[3])[:60]
        else:
            date = cited.parse_date(value)
        if len(date[0]) > len(best[0]):
            best = date
    label = best[1] if re.search(r"[^\W\d]", best[1]) and not re.fullmatch(r"[\d:TZ.+-]*", best[1]) else ""
    if label and best[0][:4] not in label:
        label = f"{label} {best[0][:4]}"
    return best[0], label if len(best[0]) == 7 else ""  # an issue has no day
