"""Write BibTeX in UTF-8, readable by BibTeX and BibLaTeX.

A web page is `@online`: Zotero imports `@misc` as a document. BibTeX treats an unknown entry as `@misc`.
"""

import re
from collections.abc import Iterator

from ..facts import CITED_FACTS
from .styles import describe_digested_article
from .works import AuthorName, CitableWork

_ENTRIES = {
    "brief": ("online", "organization"),
    "article": ("online", "organization"),
    "report": ("techreport", "institution"),
    "testimony": ("misc", "howpublished"),
}
_ARTICLE = ("article", "journal")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}
_ESCAPED = re.compile("|".join(map(re.escape, _ESCAPES)))
_LIGATURE = re.compile(r"([-'`])(?=\1)")


def format_bibtex(work: CitableWork) -> str:
    entry, outlet = _ENTRIES.get(work.kind, _ARTICLE)
    fields = [(name, value) for name, value in _fields(work, outlet) if value]
    body = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@{entry}{{{work.citation_key},\n{body}\n}}\n"


def _fields(work: CitableWork, outlet: str) -> Iterator[tuple[str, str]]:
    yield "title", _brace(work.title)
    yield "author", f"{{{' and '.join(map(_name, work.authors))}}}" if work.authors else ""
    yield outlet, _brace(work.outlet)
    year, month, day = (*work.date.split("-"), "", "")[:3]
    yield "year", _brace(year)
    if work.issue_label:
        yield "month", _brace(work.issue_label.removesuffix(year).strip())
    else:
        yield "month", _MONTHS[int(month) - 1] if month else ""
        yield "day", _brace(str(int(day))) if day else ""
    for name, fact in CITED_FACTS.items():
        value = getattr(work, name)
        yield fact.bibtex, f"{{{value}}}" if value else ""  # unescaped: an address or a DOI
    yield "urldate", _brace(work.accessed_on)
    yield "langid", _brace({"zh": "chinese", "en": "english"}.get(work.language[:2].lower(), ""))
    yield "keywords", _brace(", ".join(work.keywords))
    yield "abstract", _brace(work.abstract)
    yield "note", _brace(describe_digested_article(work))


def _name(name: AuthorName) -> str:
    if name.literal:
        return _brace(name.literal)
    return ", ".join(_protect_name_part(part) for part in (name.family, name.given) if part)


def _protect_name_part(part: str) -> str:
    """Put braces around words that would divide a name or end it."""
    return _brace(part) if "," in part or " and " in f" {part} ".lower() else _escape(part)


def _brace(value: str) -> str:
    return f"{{{_escape(value)}}}" if value else ""


def _escape(value: str) -> str:
    """Escape special characters and pairs that LaTeX would join into one sign: -- and '' and ``."""
    escaped = _ESCAPED.sub(lambda found: _ESCAPES[found[0]], " ".join(value.split()))
    return _LIGATURE.sub(r"\1{}", escaped)
