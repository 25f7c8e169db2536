"""Metadata in the head of a brief's page: Highwire and Dublin Core tags, JSON-LD and Open Graph.

The tags describe the brief; JSON-LD also names the article on which it is based. Zotero reads the Highwire
tags, one `citation_author` per author, and ignores JSON-LD. Addresses begin with `paths.SITE_PLACEHOLDER`.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from ..citations import works
from ..content import LANGUAGE_TAGS, Side
from ..text import paths
from . import text

type Card = Mapping[str, Any]

CARD_SIZE = (1200, 630)
_OPEN_GRAPH_LOCALES: dict[Side, str] = {"zh": "zh_TW", "en": "en_US"}
_SCHEMA_TYPES = {"report": "Report", "newspaper": "NewsArticle", "brief": "Article"}
_SCRIPT_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def render_head_tags(card: Card, language: Side) -> SafeString:
    site = settings.DIGEST_SITE_NAME[language]
    work = works.build_brief_work(card, language, site)
    tags = [
        f'<meta name="{name}" content="{escape(value)}">'
        for name, value in _meta_tags(card, work, language)
        if value
    ]
    tags += [
        f'<meta property="{name}" content="{escape(value)}">'
        for name, value in _open_graph_tags(card, work, language)
    ]
    tags.append(
        f'<script type="application/ld+json">{_serialize_json_ld(_json_ld(card, work, language))}</script>'
    )
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


def _meta_tags(card: Card, work: works.CitableWork, language: Side) -> Iterator[tuple[str, str]]:
    yield "citation_title", work.title
    yield from (("citation_author", name.inverted) for name in work.authors)
    yield "citation_publication_date", work.date.replace("-", "/")
    yield "citation_language", work.language
    yield "citation_publisher", work.outlet
    yield "citation_public_url", work.url
    yield from (("citation_keywords", word) for word in work.keywords)
    yield "DC.title", work.title
    yield from (("DC.creator", name.inverted) for name in work.authors)
    yield "DC.publisher", work.outlet
    yield "DC.date", work.date
    yield "DCTERMS.modified", card["updated_at"]
    yield "DC.language", LANGUAGE_TAGS[language]
    yield "DC.identifier", work.url
    yield "DC.source", work.digested_article.link if work.digested_article else ""
    yield from (("DC.subject", word) for word in work.keywords)
    yield "twitter:card", "summary_large_image"


def _open_graph_tags(card: Card, work: works.CitableWork, language: Side) -> Iterator[tuple[str, str]]:
    yield "og:type", "article"
    yield "og:site_name", work.outlet
    yield "og:title", work.title
    yield "og:description", text.extract_gist(card[f"gist_{language}"], language)
    yield "og:url", work.url
    yield "og:locale", _OPEN_GRAPH_LOCALES[language]
    yield "og:locale:alternate", _OPEN_GRAPH_LOCALES[paths.OTHER_SIDE[language]]
    yield "og:image", f"{paths.SITE_PLACEHOLDER}{paths.card(language, card['slug'])}"
    yield "og:image:type", "image/png"
    yield from zip(("og:image:width", "og:image:height"), map(str, CARD_SIZE), strict=True)
    yield "og:image:alt", work.title
    yield "article:published_time", card["published_at"]
    yield "article:modified_time", card["updated_at"]
    yield from (("article:tag", word) for word in work.keywords)


def _json_ld(card: Card, work: works.CitableWork, language: Side) -> dict[str, Any]:
    other = paths.OTHER_SIDE[language]
    publisher = {
        "@type": "Organization",
        "name": work.outlet,
        "url": f"{paths.SITE_PLACEHOLDER}{paths.home(language)}",
    }
    twin = {
        "@type": "Article",
        "@id": f"{paths.SITE_PLACEHOLDER}{paths.brief(other, card['slug'])}",
        "headline": card[f"headline_{other}"],
        "inLanguage": LANGUAGE_TAGS[other],
    }
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": work.url,
        "url": work.url,
        "mainEntityOfPage": work.url,
        "headline": work.title,
        "description": text.extract_gist(card[f"gist_{language}"], language),
        "inLanguage": LANGUAGE_TAGS[language],
        "datePublished": card["published_at"],
        "dateModified": card["updated_at"],
        "author": publisher,
        "publisher": publisher,
        "image": f"{paths.SITE_PLACEHOLDER}{paths.card(language, card['slug'])}",
        "keywords": list(work.keywords),
        "isAccessibleForFree": True,
        "workTranslation": twin,
        "isBasedOn": _json_ld_article(card, work.digested_article) if work.digested_article else None,
    }


def _json_ld_article(card: Card, article: works.CitableWork) -> dict[str, Any]:
    values = {
        "@type": _SCHEMA_TYPES.get(article.kind, "Article"),
        "headline": article.title,
        "author": [_json_ld_author(name) for name in article.authors],
        "publisher": {"@type": "Organization", "name": article.outlet} if article.outlet else None,
        "datePublished": article.date,
        "inLanguage": article.language,
        "url": article.url,
        "sameAs": f"https://doi.org/{article.doi}" if article.doi else "",
        "isAccessibleForFree": card["access"] == "free" if card["access"] else None,
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
