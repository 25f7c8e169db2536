"""BibTeX and BibLaTeX in UTF-8: write and read entries in one pass, without recursion for nested braces."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from briefs.bilingual.text.date_format import ENGLISH_MONTHS
from briefs.facts import CITED_FACTS, FactKind

from . import cited_article as cited
from .cited_article import CitationRejected, CitedArticle, CitedName, read_cited_facts
from .latex import latex_to_text, latex_to_url
from .works import AuthorName, CitableWork, build_file_title, describe_digested_article

_ENTRIES = {
    "brief": ("online", "organization"),
    "article": ("online", "organization"),
    "report": ("techreport", "institution"),
    "testimony": ("misc", "howpublished"),
}
_ARTICLE = ("article", "journal")
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}
_SPECIAL_MARK = re.compile("|".join(map(re.escape, _ESCAPES)))
_LIGATURE = re.compile(r"([-'`])(?=\1)")
_ACRONYM: Final = re.compile(r"[A-Za-z]+(?:\.?[A-Z][a-z]*)+\.?")
"""A word with a capital inside: U.S., AI, McCain. Styles that lower the capitals of titles leave what is in braces."""
_UNSAFE_UNESCAPED: Final = re.compile(r"[\\{}%#]")
_ENTRY: Final = re.compile(r"@\s{0,5}([A-Za-z]{1,40})\s{0,5}[{(]")
_KEY: Final = re.compile(r"[^,{}()@=\"]{0,200},")
_NAME: Final = re.compile(r"[\s,]*([A-Za-z][\w:+.-]{0,40})\s{0,50}=\s*")
_ENTRY_END: Final = re.compile(r"[\s,]*[})]")
_SWALLOWED_FIELD: Final = re.compile(r",\s{0,50}[A-Za-z][\w:+.-]{0,40}\s{0,50}=")
_BARE: Final = re.compile(r"[^\s,#{}()\"=]{1,100}")
_CONCATENATION: Final = re.compile(r"\s*#\s*")
_MONTH_NAMES: Final = tuple(name[:3].lower() for name in ENGLISH_MONTHS)
MAX_ENTRIES: Final = 1_000
MAX_EXPANDED_MACROS: Final = 1_000
"""Characters that macros may add to one value. Each `@string` can double the one before it."""
MAX_NESTED_BRACES: Final = 1_000
_REPORTS: Final = ("techreport", "report")
type BibtexFields = Mapping[str, str]


def format_bibtex(work: CitableWork) -> str:
    entry, outlet = _ENTRIES.get(work.kind, _ARTICLE)
    fields = [(name, value) for name, value in _format_fields(work, outlet) if value]
    body = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@{entry}{{{work.citation_key},\n{body}\n}}\n"


def _format_fields(work: CitableWork, outlet: str) -> Iterator[tuple[str, str]]:
    yield "author", f"{{{' and '.join(map(_format_name, work.authors))}}}" if work.authors else ""
    title = build_file_title(work)
    yield "title", f"{{{_brace(title)}}}" if work.genre and title else _ACRONYM.sub(r"{\g<0>}", _brace(title))
    # pandoc prints the type without reading LaTeX; no style of LaTeX prints it
    is_safe = work.genre and not _UNSAFE_UNESCAPED.search(work.genre)
    yield "type", f"{{{work.genre}}}" if is_safe else _brace(work.genre)
    yield "note", _brace(describe_digested_article(work))
    yield outlet, _brace(work.outlet)
    year, month, day = (*work.date.split("-"), "", "")[:3]
    yield "year", _brace(year)
    if work.issue_label:
        yield "month", _brace(work.issue_label.removesuffix(year).strip())
    else:
        yield "month", _MONTH_NAMES[int(month) - 1] if month else ""
        yield "day", _brace(str(int(day))) if day else ""
        yield "date", _brace(work.date)  # after the parts: Zotero would put the month before an earlier date
    for name, fact in CITED_FACTS.items():
        value = work.facts.get(name, "")
        is_verbatim = fact.kind in (FactKind.LINK, FactKind.DOI)
        yield fact.bibtex[0], f"{{{value}}}" if value and is_verbatim else _brace(value)
    yield "urldate", _brace(work.accessed_on)
    yield "langid", _brace({"zh": "chinese", "en": "english"}.get(work.language[:2].lower(), ""))
    yield "abstract", _brace(work.abstract)


def _format_name(name: AuthorName) -> str:
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
    escaped = _SPECIAL_MARK.sub(lambda match: _ESCAPES[match[0]], " ".join(value.split()))
    return _LIGATURE.sub(r"\1{}", escaped)


def parse_entries(text: str) -> list[dict[str, str]]:
    """Return the fields of each entry by name, in LaTeX, with its kind under `@`. Raise CitationRejected."""
    macros = {name[:3].lower(): name for name in ENGLISH_MONTHS}
    entries: list[dict[str, str]] = []
    at = 0
    while len(entries) < MAX_ENTRIES and (match := _ENTRY.search(text, at)):
        kind = match[1].lower()
        at = match.end()
        if kind in ("comment", "preamble"):
            continue
        if kind != "string" and (key := _KEY.match(text, at)):
            at = key.end()
        fields, at = _fields(text, at, macros)
        if not entries and _is_unbalanced(text, fields, at):
            raise CitationRejected("broken")
        if kind == "string":
            macros |= fields
        else:
            entries.append({"@": kind, **fields})
    return entries


def _is_unbalanced(text: str, fields: BibtexFields, at: int) -> bool:
    """Return whether a missing brace made a value swallow the next field: `title={Title, year={2025}}`."""
    return not _ENTRY_END.match(text, at) and any(map(_SWALLOWED_FIELD.search, fields.values()))


def _fields(text: str, at: int, macros: Mapping[str, str]) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    while match := _NAME.match(text, at):
        value, at = _value(text, match.end(), macros)
        fields.setdefault(match[1].lower(), value)
    return fields, at


def _value(text: str, at: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """Parse a value at `at`: parts joined by `#`, each braced, quoted, a number or a macro. Return it and its end."""
    parts: list[str] = []
    expanded = 0
    while True:
        if text[at : at + 1] in ('"', "{"):
            part, at = _delimited(text, at)
        elif match := _BARE.match(text, at):
            part, at = macros.get(match[0].lower(), match[0]), match.end()
            expanded += len(part)
        else:
            break
        if expanded > MAX_EXPANDED_MACROS:
            raise CitationRejected("too-large")
        parts.append(part)
        if not (more := _CONCATENATION.match(text, at)):
            break
        at = more.end()
    return "".join(parts), at


def _delimited(text: str, at: int) -> tuple[str, int]:
    """Return the text from the brace or quotation mark at `at` to its closing mark (or the end), and the end."""
    quoted = text[at] == '"'
    depth, start = 0, at + 1
    for i in range(start, len(text)):
        mark = text[i]
        if mark == "\\" or text[i - 1] == "\\":
            continue
        if mark == '"' and quoted and not depth:
            return text[start:i], i + 1
        if mark == "{":
            depth += 1
            if depth > MAX_NESTED_BRACES:
                raise CitationRejected("broken")
        elif mark == "}":
            if not depth and not quoted:
                return text[start:i], i + 1
            depth = max(depth - 1, 0)
    return text[start:], len(text)


def build_cited_article(fields: BibtexFields) -> CitedArticle:
    kind = "report" if fields["@"] in _REPORTS else ""
    date, label = _date(fields)
    own = ("institution", "publisher") if kind else ("journaltitle", "journal", "booktitle", "publisher")
    return CitedArticle(
        title=_title(fields),
        authors=_authors(fields.get("author", "")),
        source=cited.clean_citation_text(
            latex_to_text(_first(fields, *own, "institution", "organization", "howpublished")), "source"
        ),
        date=date,
        date_label=label,
        facts=read_cited_facts("bibtex", lambda name, kind: _list_values(fields.get(name, ""), kind)),
        language=cited.parse_language(latex_to_text(_first(fields, "langid", "language"))),
        kind=kind,
        accessed_on=cited.parse_day(_first(fields, "urldate") or _accessed_date(fields.get("note", ""))),
    )


def _first(fields: BibtexFields, *names: str) -> str:
    return next(
        (value for name in names if (value := fields.get(name, "").strip()) and "\\url" not in value), ""
    )


def _title(fields: BibtexFields) -> str:
    title = cited.clean_citation_text(latex_to_text(fields.get("title", "")))
    subtitle = cited.clean_citation_text(latex_to_text(fields.get("subtitle", "")))
    return f"{title}: {subtitle}" if title and subtitle else title


def _list_values(value: str, kind: FactKind) -> list[str]:
    """Return the readings of a value: as text, or for a link as an address and the first address in it."""
    if kind is FactKind.TEXT:
        return [latex_to_text(value)]
    address = latex_to_url(value)
    inside = re.search(r"https?://[^\s{}]{1,800}", address)
    return [address, inside[0] if inside else ""]


def _accessed_date(note: str) -> str:
    match = re.search(r"[Aa]ccessed:?\s{0,3}(\d{4}-\d\d-\d\d)", note)
    return match[1] if match else ""


def _authors(text: str) -> tuple[CitedName, ...]:
    authors = (_author(part) for part in _split_authors(text)[: cited.MAX_AUTHORS])
    return tuple(dict.fromkeys(one for one in authors if one.display_name and one.display_name != "others"))


def _split_authors(text: str) -> list[str]:
    """Split at `and` outside braces."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in text.split():
        if word == "and" and depth <= 0:
            parts.append([])
        else:
            depth += word.count("{") - word.count("}")
            parts[-1].append(word)
    return [" ".join(part) for part in parts if part]


def _author(text: str) -> CitedName:
    """Parse one author. A name wholly in braces is corporate and is not divided."""
    if re.fullmatch(r"\{[^{}]*\}", text):
        return CitedName(literal=cited.clean_citation_text(latex_to_text(text), "name"))
    return cited.parse_name(latex_to_text(text))


def _date(fields: BibtexFields) -> tuple[str, str]:
    if date_text := fields.get("date", ""):
        first_of_span = date_text.partition("/")[0] if date_text[:4].isdecimal() else date_text
        return cited.parse_date(latex_to_text(first_of_span))
    year, month = (latex_to_text(fields.get(name, "")).strip() for name in ("year", "month"))
    if not year[:4].isdecimal():
        return cited.parse_date(year)
    numbers = [n for word in re.findall(r"[A-Za-z]+", month) if (n := _find_month(word))]
    if len(numbers) > 1:
        return cited.build_iso_date(year, numbers[0]), f"{month} {year}"[:60]
    inside = re.search(r"(?<!\d)\d{1,2}(?!\d)", month) if numbers else None  # month = "9~" # jun
    day = fields.get("day", "") or (inside[0] if inside else "")
    return cited.build_iso_date(year, numbers[0] if numbers else month, day), ""


def _find_month(word: str) -> int:
    """Return the number of a month by its first three letters, or 0."""
    return _MONTH_NAMES.index(name) + 1 if (name := word[:3].lower()) in _MONTH_NAMES else 0
