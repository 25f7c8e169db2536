"""A public brief as readers see it: the frozen content of an edition, with today's names. `derived/public_brief.py` loads it.

Pages, feeds, citations, Markdown, API, corpus and previews are all made from `PublicBrief`, so they cannot disagree.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from briefs.bilingual.text.article_urls import is_safe_link, write_host_in_ascii
from briefs.bilingual.text.person_names import NameOrder, find_name_order
from briefs.content import Content, Facts, Side
from briefs.facts import SCALAR_FACTS, FactKind


@dataclass(frozen=True, slots=True)
class PublicName:
    """A keyword, and base of the other names. A merged row is represented by the row it was merged into."""

    pk: int
    slug: str
    zh: str
    en: str

    def label(self, side: Side) -> str:
        return self.zh if side == "zh" else self.en


@dataclass(frozen=True, slots=True)
class PublicSource(PublicName):
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PublicAuthor(PublicName):
    """An author with the affiliation at the time. `own`: a Chinese name that is no transliteration."""

    family: str = ""
    given: str = ""
    name_order: str = ""
    own: str = ""
    affiliation_zh: str = ""
    affiliation_en: str = ""

    @property
    def order(self) -> NameOrder:
        return find_name_order(self.en, self.family, self.given, self.name_order)

    def affiliation(self, side: Side) -> str:
        return self.affiliation_zh if side == "zh" else self.affiliation_en


@dataclass(frozen=True, slots=True)
class PublicNames:
    """The names of one content, in its order. Merged authors or keywords occur once."""

    source: PublicSource | None = None
    authors: tuple[PublicAuthor, ...] = ()
    keywords: tuple[PublicName, ...] = ()


@dataclass(frozen=True)
class PublicBrief:
    """`updated_at`: when this edition became public; `published_at`: when the brief's first edition did. Site time zone."""

    slug: str
    published_at: dt.datetime
    updated_at: dt.datetime
    content: Content
    names: PublicNames = field(default_factory=PublicNames)

    @property
    def facts(self) -> Facts:
        """The facts as frozen. Pages use `shown_facts`: the facts that readers may see, with safe addresses."""
        return self.content.facts

    @cached_property
    def shown_facts(self) -> dict[str, str | bool]:
        values = {name: getattr(self.facts, name) for name, fact in SCALAR_FACTS.items() if fact.is_public}
        for name in values:
            if SCALAR_FACTS[name].kind is FactKind.LINK:
                address = str(values[name])
                values[name] = write_host_in_ascii(address) if is_safe_link(address) else ""
        return values

    @property
    def published_day(self) -> dt.date:
        return self.published_at.date()

    @property
    def published_utc(self) -> str:
        return self.published_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def url(self) -> str:
        """Address of the article; empty if it is not safe to link."""
        return str(self.shown_facts["url"])

    @property
    def source(self) -> PublicSource | None:
        return self.names.source

    @property
    def authors(self) -> tuple[PublicAuthor, ...]:
        return self.names.authors

    @property
    def keywords(self) -> tuple[PublicName, ...]:
        return self.names.keywords

    def headline(self, side: Side) -> str:
        return self.content.headline(side)

    def summary(self, side: Side) -> str:
        return self.content.summary(side)
