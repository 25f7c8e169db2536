"""Metadata in the head of a brief's page: for Zotero, Dublin Core, Open Graph and JSON-LD.

The tags describe the brief as a web page of the site, without an author; the original is named in Zotero's field
"Extra" and in JSON-LD. Rules of Zotero's translator "Embedded Metadata" that the choice of tags follows:

- any `citation_` tag makes a page a journal article, and a link in `DC.source` the name of the journal;
- digits in `DC.identifier` may be read as an ISBN or ISSN, so the address is only in `og:url`;
- tags in Zotero's own namespace (`z:`) set the field of that name, whatever other tags say;
- without an author it takes one from an element of the class `byline` (`test_zotero.py` reads pages by these rules).

Addresses begin with `paths.SITE_PLACEHOLDER`.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from ..citations import works
from ..content import LANGUAGE_TAGS, Side
from ..public_brief import PublicBrief
from ..text import paths
from . import text

CARD_SIZE = (1200, 630)
_OPEN_GRAPH_LOCALES: dict[Side, str] = {"zh": "zh_TW", "en": "en_US"}
_SCHEMA_TYPES = {"report": "Report", "newspaper": "NewsArticle", "brief": "Article"}
_SCRIPT_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def render_head_tags(brief: PublicBrief, language: Side) -> SafeString:
    work = works.build_brief_work(brief, language, settings.DIGEST_SITE_NAME[language])
    tags = [
        *_render_meta_tags("name", _meta_tags(brief, work, language)),
        *_render_meta_tags("property", _open_graph_tags(brief, work, language)),
        f'<link rel="alternate" type="text/markdown" href="{escape(paths.markdown(language, brief.slug))}">',
        f'<script type="application/ld+json">{_serialize_json_ld(_json_ld(brief, work, language))}</script>',
    ]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


def render_withdrawn_head_tags(brief: PublicBrief, language: Side, title: str, notice: str) -> SafeString:
    """Render the tags of a withdrawal notice. They contain only what the notice shows."""
    work = works.build_brief_work(brief, language, settings.DIGEST_SITE_NAME[language])
    names = {
        **_zotero_fields(work, notice),
        "DC.title": title,
        "DC.publisher": work.outlet,
        "DC.date": work.date,
        "DC.language": LANGUAGE_TAGS[language],
    }
    graph = {
        "og:type": "article",
        "og:site_name": work.outlet,
        "og:title": title,
        "og:description": notice,
        "og:url": work.url,
    }
    tags = [*_render_meta_tags("name", names.items()), *_render_meta_tags("property", graph.items())]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


def _render_meta_tags(attribute: str, tags: Iterable[tuple[str, str]]) -> list[str]:
    return [f'<meta {attribute}="{name}" content="{escape(value)}">' for name, value in tags if value]


def _zotero_fields(work: works.CitableWork, extra: str) -> dict[str, str]:
    """Return fields of Zotero's item. The other tags would give a journal article dated to the second."""
    return {"z:itemType": "webpage", "z:date": work.date, "z:extra": extra}


def _meta_tags(brief: PublicBrief, work: works.CitableWork, language: Side) -> Iterator[tuple[str, str]]:
    yield from _zotero_fields(work, works.describe_digested_article(work)).items()
    yield "DC.title", work.title
    yield "DC.publisher", work.outlet
    yield "DC.date", work.date
    yield "DCTERMS.modified", _format_local(brief.updated_at)
    yield "DC.language", LANGUAGE_TAGS[language]
    yield from (("DC.subject", word) for word in work.keywords)
    yield "twitter:card", "summary_large_image"


def _open_graph_tags(
    brief: PublicBrief, work: works.CitableWork, language: Side
) -> Iterator[tuple[str, str]]:
    yield "og:type", "article"
    yield "og:site_name", work.outlet
    yield "og:title", work.title
    yield "og:description", text.extract_gist(brief.summary(language), language)
    yield "og:url", work.url
    yield "og:locale", _OPEN_GRAPH_LOCALES[language]
    yield "og:locale:alternate", _OPEN_GRAPH_LOCALES[paths.OTHER_SIDE[language]]
    yield "og:image", f"{paths.SITE_PLACEHOLDER}{paths.card(language, brief.slug)}"
    yield "og:image:type", "image/png"
    yield from zip(("og:image:width", "og:image:height"), map(str, CARD_SIZE), strict=True)
    yield "og:image:alt", work.title
    yield "article:published_time", _format_local(brief.published_at)
    yield "article:modified_time", _format_local(brief.updated_at)
    yield from (("article:tag", word) for word in work.keywords)


def _format_local(moment: dt.datetime) -> str:
    """Format a moment in the site's time zone, so that its day is the day shown on pages."""
    return timezone.localtime(moment.replace(microsecond=0)).isoformat()


def _json_ld(brief: PublicBrief, work: works.CitableWork, language: Side) -> dict[str, Any]:
    other = paths.OTHER_SIDE[language]
    publisher = {
        "@type": "Organization",
        "name": work.outlet,
        "url": f"{paths.SITE_PLACEHOLDER}{paths.home(language)}",
    }
    twin = {
        "@type": "Article",
        "@id": f"{paths.SITE_PLACEHOLDER}{paths.brief(other, brief.slug)}",
        "headline": brief.headline(other),
        "inLanguage": LANGUAGE_TAGS[other],
    }
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": work.url,
        "url": work.url,
        "mainEntityOfPage": work.url,
        "headline": work.title,
        "description": text.extract_gist(brief.summary(language), language),
        "inLanguage": LANGUAGE_TAGS[language],
        "datePublished": _format_local(brief.published_at),
        "dateModified": _format_local(brief.updated_at),
        "author": publisher,
        "publisher": publisher,
        "image": f"{paths.SITE_PLACEHOLDER}{paths.card(language, brief.slug)}",
        "keywords": list(work.keywords),
        "isAccessibleForFree": True,
        "workTranslation": twin,
        "isBasedOn": _json_ld_article(brief, work.digested_article) if work.digested_article else None,
    }


def _json_ld_article(brief: PublicBrief, article: works.CitableWork) -> dict[str, Any]:
    values = {
        "@type": _SCHEMA_TYPES.get(article.kind, "Article"),
        "headline": article.title,
        "author": [_json_ld_author(name) for name in article.authors],
        "publisher": {"@type": "Organization", "name": article.outlet} if article.outlet else None,
        "datePublished": article.date,
        "inLanguage": article.language,
        "url": article.url,
        "sameAs": f"https://doi.org/{article.doi}" if article.doi else "",
        "isAccessibleForFree": brief.facts.access == "free" if brief.facts.access else None,
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _json_ld_author(name: works.AuthorName) -> dict[str, str]:
    if name.literal:
        return {"@type": "Organization", "name": name.literal}
    return {"@type": "Person", "name": name.display_name, "familyName": name.family, "givenName": name.given}


def _serialize_json_ld(values: dict[str, Any]) -> str:
    """Serialize to JSON, escaped for use inside a script element."""
    filled = {name: value for name, value in values.items() if value not in ("", None, [])}
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":")).translate(_SCRIPT_ESCAPES)
