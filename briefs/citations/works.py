"""Build the two citable works of a public brief: the brief and the article it digests.

A brief is a web page of the site. It has no author: the author of the article did not write it, and our editors are
not named in public. `styles.describe_digested_article` says what it digests. A Chinese name is used only if it is
the person's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..content import Side
from ..facts import CITED_FACTS
from ..public_brief import PublicAuthor, PublicBrief, PublicSource
from ..text import date_format, paths
from ..text.person_names import split_person_name
from ..text.scripts import detect_language_code

type WorkKind = Literal[
    "brief", "article", "magazine", "newspaper", "journal", "report", "testimony", "interview"
]

_OUTLETS: dict[str, WorkKind] = {"magazine": "magazine", "newspaper": "newspaper", "journal": "journal"}
PUBLICATION_KINDS = (*_OUTLETS, "website")
"""Kinds of source whose names stand in 《》 in Chinese and in italics in English."""
INSTITUTE_KINDS = ("think-tank", "university", "government")
_INSTITUTE_NAME = re.compile(
    r"\b(Institut\w*|Cent(?:er|re)|Foundation|Council|Corporation|Endowment|Universit\w+|Ministry|Department|Association"
    r"|Society|School|College|Academy|Agency|Commission|Office|Committee|Organi[sz]ation|Fund|Bank)\b"
    r"|(?:研究所|研究院|中心|基金會|協會|學會|大學|學院|委員會|智庫|公司|機構|組織|部|署|局|院)$",
    re.MULTILINE,
)
_KINDS: dict[str, WorkKind] = {"report": "report", "testimony": "testimony", "interview": "interview"}


@dataclass(frozen=True, slots=True)
class AuthorName:
    """A person in two parts, or a corporate author or undivided name in `literal`."""

    family: str = ""
    given: str = ""
    literal: str = ""
    as_printed: str = ""
    """The printed form where the order cannot be derived from the parts: Liu He is not He Liu."""

    @property
    def is_chinese(self) -> bool:
        return detect_language_code(self.family or self.literal) != "en"

    @property
    def display_name(self) -> str:
        """Return the name in printed order."""
        if said := self.literal or self.as_printed:
            return said
        if self.is_chinese:
            return f"{self.family}{self.given}"
        given, _, suffix = self.given.partition(", ")
        return " ".join(filter(None, (given, self.family, suffix)))

    @property
    def inverted(self) -> str:
        """Return "Family, Given", for sorted lists and for programs."""
        return self.literal or (f"{self.family}, {self.given}" if self.given else self.family)


@dataclass(frozen=True, slots=True)
class CitableWork:
    """A work to cite.

    `date` and `accessed_on` are ISO, cut to their precision; `issue_label` is the issue's own ("May/June 2025").
    """

    citation_key: str
    kind: WorkKind
    title: str
    language: str
    authors: tuple[AuthorName, ...]
    outlet: str
    date: str
    is_in_publication: bool = True
    """Whether the outlet is a publication, not an institute."""
    issue_label: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Those of `CITED_FACTS`, by name."""
    accessed_on: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    digested_article: "CitableWork | None" = None
    """The article, if the work is a brief."""

    @property
    def url(self) -> str:
        return self.facts.get("url", "")

    @property
    def doi(self) -> str:
        return self.facts.get("doi", "")

    @property
    def link(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    @property
    def is_chinese(self) -> bool:
        return self.language.lower().startswith("zh")


def build_brief_work(brief: PublicBrief, side: Side, site_name: str) -> CitableWork:
    """Build the work for one language of a brief. The URL begins with `paths.SITE_PLACEHOLDER`."""
    return CitableWork(
        citation_key=brief.slug,
        kind="brief",
        title=brief.headline(side),
        language="zh-TW" if side == "zh" else "en",
        authors=(),
        outlet=site_name,
        date=brief.published_day.isoformat(),
        facts={"url": f"{paths.SITE_PLACEHOLDER}{paths.brief(side, brief.slug)}"},
        abstract=brief.summary(side),
        keywords=tuple(keyword.label(side) for keyword in brief.keywords),
        digested_article=build_article_work(brief),
    )


def build_article_work(brief: PublicBrief) -> CitableWork:
    source = brief.source
    language = brief.facts.language or ("en" if detect_language_code(brief.facts.title) == "en" else "zh")
    chinese = language.lower().startswith("zh")
    return CitableWork(
        citation_key=f"{brief.slug}-original",
        kind=_KINDS.get(brief.facts.kind) or _OUTLETS.get(source.kind if source else "", "article"),
        title=brief.facts.title,
        language=language,
        authors=tuple(_author(author, chinese=chinese) for author in brief.authors),
        outlet=source.label("zh" if chinese else "en") if source else "",
        is_in_publication=source is None or is_publication(source),
        date=brief.facts.date if date_format.parse_first_day(brief.facts.date) else "",
        issue_label=brief.facts.date_label,
        facts={name: str(brief.shown_facts[name]) for name in CITED_FACTS},
        accessed_on=brief.facts.accessed_on if date_format.parse_first_day(brief.facts.accessed_on) else "",
    )


def is_publication(source: PublicSource) -> bool:
    """Return whether a source is a publication. Without a known kind its name decides."""
    if source.kind in (*PUBLICATION_KINDS, *INSTITUTE_KINDS):
        return source.kind in PUBLICATION_KINDS
    return not _INSTITUTE_NAME.search(f"{source.en}\n{source.zh}")


def _author(author: PublicAuthor, *, chinese: bool) -> AuthorName:
    if chinese and author.own:
        parts = split_person_name(author.own)
        return AuthorName(parts["family"], parts["given"]) if parts else AuthorName(literal=author.own)
    if author.family and author.given:
        return AuthorName(author.family, author.given, as_printed=author.en)
    return AuthorName(literal=author.en)
