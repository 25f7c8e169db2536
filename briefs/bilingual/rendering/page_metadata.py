"""Metadata in the head of a brief's page: for Zotero, Dublin Core, Open Graph and JSON-LD."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from briefs.bilingual.citations import works
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, Side

from . import text
from .citation_box import build_brief_work
from .title_card import CARD_SIZE

_OPEN_GRAPH_LOCALES: dict[Side, str] = {"zh": "zh_TW", "en": "en_US"}
_SCHEMA_TYPES = {"report": "Report", "newspaper": "NewsArticle", "brief": "Article"}
_SCRIPT_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def render_head_tags(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> SafeString:
    work = build_brief_work(brief, language, corrected_on)
    tags = [
        *render_meta_tags("name", _meta_tags(brief, work, language)),
        *render_meta_tags("property", _open_graph_tags(brief, work, language)),
        f'<link rel="alternate" type="text/markdown" href="{escape(paths.markdown(language, brief.slug))}">',
        render_json_ld(_json_ld(brief, work, language)),
    ]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


def render_withdrawn_head_tags(brief: PublicBrief, language: Side, title: str, notice: str) -> SafeString:
    """Render the tags of a withdrawal notice. They contain only what the notice shows."""
    work = build_brief_work(brief, language)
    names = {
        **_zotero_fields(work, notice),
        "DC.title": title,
        "DC.publisher": settings.DIGEST_SITE_NAME[language],
        "DC.date": work.date,
        "DC.language": LANGUAGE_TAGS[language],
    }
    graph = {
        "og:type": "article",
        "og:site_name": settings.DIGEST_SITE_NAME[language],
        "og:title": title,
        "og:description": notice,
        "og:url": work.url,
    }
    tags = [*render_meta_tags("name", names.items()), *render_meta_tags("property", graph.items())]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


def render_meta_tags(attribute: str, tags: Iterable[tuple[str, str]]) -> list[str]:
    return [f'<meta {attribute}="{name}" content="{escape(value)}">' for name, value in tags if value]


def _zotero_fields(work: works.CitableWork, extra: str) -> dict[str, str]:
    """Return fields of Zotero's item. The other tags would give a journal article dated to the second."""
    return {"z:itemType": "webpage", "z:date": work.date, "z:extra": extra}


def _meta_tags(brief: PublicBrief, work: works.CitableWork, language: Side) -> Iterator[tuple[str, str]]:
    yield from _zotero_fields(work, works.describe_digested_article(work)).items()
    yield "DC.title", work.title
    yield "DC.publisher", settings.DIGEST_SITE_NAME[language]
    yield "DC.date", work.date
    yield "DCTERMS.modified", format_local(brief.updated_at)
    yield "DC.language", LANGUAGE_TAGS[language]
    yield from (("DC.subject", keyword.label(language)) for keyword in brief.keywords)
    yield "twitter:card", "summary_large_image"


def _open_graph_tags(
    brief: PublicBrief, work: works.CitableWork, language: Side
) -> Iterator[tuple[str, str]]:
    yield "og:type", "article"
    yield "og:site_name", settings.DIGEST_SITE_NAME[language]
    yield "og:title", brief.headline(language)
    yield "og:description", text.extract_gist(brief.summary(language), language)
    yield "og:url", work.url
    yield "og:locale", _OPEN_GRAPH_LOCALES[language]
    yield "og:locale:alternate", _OPEN_GRAPH_LOCALES[paths.OTHER_SIDE[language]]
    own = brief.facts.picture
    width, height = (own.width, own.height) if own else CARD_SIZE
    yield "og:image", f"{paths.SITE_PLACEHOLDER}{get_preview_path(brief, language)}"
    yield "og:image:type", "image/jpeg" if own else "image/png"
    yield "og:image:width", str(width)
    yield "og:image:height", str(height)
    yield "og:image:alt", brief.content.picture_alt(language) if own else brief.headline(language)
    yield "article:published_time", format_local(brief.published_at)
    yield "article:modified_time", format_local(brief.updated_at)
    yield from (("article:tag", keyword.label(language)) for keyword in brief.keywords)


def get_preview_path(brief: PublicBrief, language: Side) -> str:
    """Return the path of the picture for link previews: the brief's own, or a card with its headline."""
    own = brief.facts.picture
    return f"{paths.PICTURES_PATH}{own.jpeg_name}" if own else paths.card(language, brief.slug)


def format_local(moment: dt.datetime) -> str:
    """Format a moment in the site's time zone, so that its day is the day shown on pages."""
    return timezone.localtime(moment.replace(microsecond=0)).isoformat()


def _json_ld(brief: PublicBrief, work: works.CitableWork, language: Side) -> dict[str, Any]:
    other = paths.OTHER_SIDE[language]
    publisher = {
        "@type": "Organization",
        "name": settings.DIGEST_SITE_NAME[language],
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
        "headline": brief.headline(language),
        "description": text.extract_gist(brief.summary(language), language),
        "inLanguage": LANGUAGE_TAGS[language],
        "datePublished": format_local(brief.published_at),
        "dateModified": format_local(brief.updated_at),
        "author": publisher,
        "publisher": publisher,
        "image": f"{paths.SITE_PLACEHOLDER}{get_preview_path(brief, language)}",
        "keywords": [keyword.label(language) for keyword in brief.keywords],
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
        return {"@type": "Person" if name.is_order_unknown else "Organization", "name": name.literal}
    return {"@type": "Person", "name": name.display_name, "familyName": name.family, "givenName": name.given}


def render_json_ld(values: dict[str, Any]) -> str:
    """Render a script element with the values that are not empty."""
    filled = {name: value for name, value in values.items() if value not in ("", None, [])}
    data = json.dumps(filled, ensure_ascii=False, separators=(",", ":")).translate(_SCRIPT_ESCAPES)
    return f'<script type="application/ld+json">{data}</script>'
