"""Read BibTeX and BibLaTeX in one pass over the characters, without recursion even for deeply nested braces."""

import re
from collections.abc import Mapping
from typing import Final

from ...text.date_format import ENGLISH_MONTHS
from . import citation_facts as facts
from .citation_facts import CitationRejected, CitedArticle, CitedName
from .latex_text import latex_to_text, latex_to_url

_ENTRY: Final = re.compile(r"@\s{0,5}([A-Za-z]{1,40})\s{0,5}[{(]")
_KEY: Final = re.compile(r"[^,{}()@=\"]{0,200},")
_NAME: Final = re.compile(r"[\s,]*([A-Za-z][\w:+.-]{0,40})\s{0,50}=\s*")
_ENTRY_END: Final = re.compile(r"[\s,]*[})]")
_SWALLOWED_FIELD: Final = re.compile(r",\s{0,50}[A-Za-z][\w:+.-]{0,40}\s{0,50}=")
_BARE: Final = re.compile(r"[^\s,#{}()\"=]{1,100}")
_CONCATENATION: Final = re.compile(r"\s*#\s*")
_MONTHS: Final = {name[:3].lower(): number for number, name in enumerate(ENGLISH_MONTHS, 1)}
MAX_ENTRIES: Final = 1_000
MAX_EXPANDED_MACROS: Final = 1_000
"""Characters that macros may add to one value. Each `@string` can double the one before it."""
MAX_NESTED_BRACES: Final = 1_000
_REPORTS: Final = ("techreport", "report")
type BibtexFields = Mapping[str, str]


def parse_entries(text: str) -> list[dict[str, str]]:
    """Return the fields of each entry, its kind under `@`, values still in LaTeX. Raise CitationRejected."""
    macros = {name[:3].lower(): name for name in ENGLISH_MONTHS}
    found: list[dict[str, str]] = []
    at = 0
    while len(found) < MAX_ENTRIES and (match := _ENTRY.search(text, at)):
        kind = match[1].lower()
        at = match.end()
        if kind in ("comment", "preamble"):
            continue
        if kind != "string" and (key := _KEY.match(text, at)):
            at = key.end()
        fields, at = _fields(text, at, macros)
        if not found and _is_unbalanced(text, fields, at):
            raise CitationRejected("broken")
        if kind == "string":
            macros |= fields
        else:
            found.append({"@": kind, **fields})
    return found


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
    """Parse parts joined by `#`: braced, quoted, a number or a macro name."""
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
    """Return the text between the mark at `at` and its closing mark, or to the end if unclosed."""
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
        source=facts.clean_citation_text(
            latex_to_text(_first(fields, *own, "institution", "organization", "howpublished")), "source"
        ),
        date=date,
        date_label=label,
        url=facts.parse_link(
            latex_to_url(fields.get("url", "")) or _find_link(fields.get("howpublished", ""))
        ),
        doi=facts.parse_doi(latex_to_url(fields.get("doi", ""))),
        language=facts.parse_language(latex_to_text(_first(fields, "langid", "language"))),
        kind=kind,
        accessed_on=facts.parse_day(_first(fields, "urldate") or _accessed_date(fields.get("note", ""))),
    )


def _first(fields: BibtexFields, *names: str) -> str:
    return next(
        (value for name in names if (value := fields.get(name, "").strip()) and "\\url" not in value), ""
    )


def _title(fields: BibtexFields) -> str:
    title = facts.clean_citation_text(latex_to_text(fields.get("title", "")))
    subtitle = facts.clean_citation_text(latex_to_text(fields.get("subtitle", "")))
    return f"{title}: {subtitle}" if title and subtitle else title


def _find_link(text: str) -> str:
    match = re.search(r"https?://[^\s{}]{1,800}", latex_to_url(text))
    return match[0] if match else ""


def _accessed_date(note: str) -> str:
    match = re.search(r"[Aa]ccessed:?\s{0,3}(\d{4}-\d\d-\d\d)", note)
    return match[1] if match else ""


def _authors(text: str) -> tuple[CitedName, ...]:
    found = (_author(part) for part in _split_authors(text)[: facts.MAX_AUTHORS])
    return tuple(dict.fromkeys(one for one in found if one.display_name and one.display_name != "others"))


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
        return CitedName(literal=facts.clean_citation_text(latex_to_text(text), "name"))
    return facts.parse_name(latex_to_text(text))


def _date(fields: BibtexFields) -> tuple[str, str]:
    if given := fields.get("date", ""):
        first_of_span = given.partition("/")[0] if given[:4].isdecimal() else given
        return facts.parse_date(latex_to_text(first_of_span))
    year, month = (latex_to_text(fields.get(name, "")).strip() for name in ("year", "month"))
    if not year[:4].isdecimal():
        return facts.parse_date(year)
    numbers = [n for word in re.findall(r"[A-Za-z]+", month) if (n := _MONTHS.get(word[:3].lower()))]
    if len(numbers) > 1:
        return facts.build_iso_date(year, numbers[0]), f"{month} {year}"[:60]
    inside = re.search(r"(?<!\d)\d{1,2}(?!\d)", month) if numbers else None  # month = "9~" # jun
    day = fields.get("day", "") or (inside[0] if inside else "")
    return facts.build_iso_date(year, numbers[0] if numbers else month, day), ""
