"""What Zotero saves of a page, by the rules of its translators "Embedded Metadata" (2024-06-13) and "RDF" (2018-05-08).

Read from their published code, for the tags that decide type, title, container, date, language, address, creators and
Extra. Of each list of properties the first that the page has wins.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

NAMESPACES = ("bib", "bibo", "dc", "dcterms", "prism", "foaf", "vcard", "link", "z", "eprint", "eprints", "og", "article", "book", "so")  # fmt: skip
BYLINE_CLASSES = {"byline", "bylines", "vcard", "article-byline"}
TYPES_BY_HIGHWIRE = {
    "citation_journal_title": "journalArticle",
    "citation_technical_report_institution": "report",
    "citation_conference_title": "conferencePaper",
    "citation_book_title": "bookSection",
    "citation_dissertation_institution": "thesis",
}
HIGHWIRE_FIELDS = {"citation_title": "title", "citation_publication_date": "date", "citation_date": "date", "citation_journal_title": "publicationTitle", "citation_public_url": "url", "citation_language": "language"}  # fmt: skip
PROPERTIES = {
    "title": ("dc:title", "dcterms:title", "og:title"),
    "publicationTitle": ("prism:publicationName", "dc:source", "dcterms:source", "og:site_name"),
    "date": ("prism:publicationDate", "og:published_time", "article:published_time", "dcterms:issued", "dc:date"),
    "language": ("dc:language", "dcterms:language"),
    "url": ("og:url",),
    "abstractNote": ("og:description", "dcterms:abstract"),
}  # fmt: skip


@dataclass
class _Page(HTMLParser):
    tags: list[tuple[str, str]] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)
    title: str = ""
    _path: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            names = (given.get("name") or given.get("property") or "").split()
            self.tags += [(name, given["content"]) for name in names if given.get("content")]
        elif tag not in ("link", "input", "img", "source", "br"):
            self._path.append((tag, bool(BYLINE_CLASSES & set(given.get("class", "").split()))))

    def handle_endtag(self, tag: str) -> None:
        while self._path and self._path.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(is_byline for _, is_byline in self._path):
            self.bylines.append(data)
        if self._path and self._path[-1][0] == "title":
            self.title += data


def save_page(html: str) -> dict[str, str]:
    """Return the item's fields. `creators` is what Zotero would take for authors, joined by a semicolon."""
    page = _Page()
    page.feed(html)
    found: dict[str, list[str]] = {}
    certain = guessed = ""
    for name, value in page.tags:
        parts = re.split(r"[.:_]", name)
        space = next((part.lower() for part in parts[1::-1] if part.lower() in NAMESPACES), "")
        if space:
            prop = name[name.lower().index(space) + len(space) + 1 :]
            found.setdefault(f"{space}:{prop[:1].lower()}{prop[1:]}", []).append(value)
        elif name in TYPES_BY_HIGHWIRE:
            certain = TYPES_BY_HIGHWIRE[name]
        elif name == "citation_title":
            guessed = "journalArticle"
    item = {
        name: next((found[prop][0] for prop in props if prop in found), "")
        for name, props in PROPERTIES.items()
    }
    item["itemType"] = (
        certain
        or {"website": "webpage", "book": "book"}.get(*found.get("og:type", [""]))
        or (
            {"article": "journalArticle"}.get(*found.get("dc:type", [""]))
            or guessed
            or ("webpage" if found else "")
        )
    )
    item["creators"] = "; ".join(found.get("dc:creator", found.get("dcterms:creator", [])))
    item |= {prop.removeprefix("z:"): values[0] for prop, values in found.items() if prop.startswith("z:")}
    item |= {HIGHWIRE_FIELDS[name]: value for name, value in page.tags if name in HIGHWIRE_FIELDS}
    authors = [value for name, value in page.tags if name in ("citation_author", "author", "article:author")]
    item["creators"] = "; ".join(authors) or item["creators"] or " ".join("".join(page.bylines).split())
    item["title"] = item["title"] or page.title
    return item
