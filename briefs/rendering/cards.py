"""A card's plain data → what lists and margins show of it: the entry, the byline, the source box.

A card carries the names that the vocabulary has now, so it is made anew when one of them changes
(`briefs.derive.relabel`). Its data, as `briefs.derive` lays it down:

    slug, published (ISO day), published_at, updated_at (moments), headline_zh/en, gist_zh/en (the whole summary)
    source: {slug, zh, en, kind} or null
    authors: [{slug, zh, en, family, given, own (a Chinese name that is theirs), affiliation_zh, affiliation_en}]
    keywords: [{slug, zh, en}]
    date (ISO, to its precision), date_label, title, url, doi, language, access, kind,
    accessed_on, archive_url, source_withdrew
"""

import datetime as dt
from collections.abc import Mapping
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANG, SIDES, Content, Side
from ..text import dates, paths
from ..text.scripts import lang_of
from . import citation_box, head_tags, text

type Card = Mapping[str, Any]

COMMA: dict[Side, str] = {"zh": "，", "en": ", "}
LISTING: dict[Side, str] = {"zh": "、", "en": ", "}


def faces(card: Card, *, linked: bool = True) -> dict[Side, dict[str, str]]:
    """What pages of each language show of it, as `models.derived.Face` keeps it. Names lead to their pages, which are
    there while a listed brief has them: `linked` is false for what is no edition.
    """
    return {page: _face(card, page, linked=linked) for page in SIDES}


def _face(card: Card, page: Side, *, linked: bool) -> dict[str, str]:
    with translation.override(paths.CODE[page]):
        return {
            "entry": entry(card, page),
            "byline": byline(card, page),
            "credit": byline(card, page, linked=linked),
            "source": source(card, page, linked=linked),
            "gist": text.gist(card[f"gist_{page}"], page),
            "head": head_tags.head(card, page),
            "cite": citation_box.block(card, page),
        }


def entry(card: Card, page: Side, *, lead: bool = False) -> str:
    """One brief on a list. The lead has its whole summary, the others its first sentences."""
    other = paths.OTHER[page]
    summary = card[f"gist_{page}"]
    published = dt.date.fromisoformat(card["published"])
    context = {
        "lead": lead,
        "lang": LANG[page],
        "headline": card[f"headline_{page}"],
        "url": paths.brief(page, card["slug"]),
        "twin": card[f"headline_{other}"],
        "twin_url": paths.brief(other, card["slug"]),
        "twin_lang": LANG[other],
        "published": card["published"],
        "day": f"{published.day}日" if page == "zh" else str(published.day),
        "gist": text.markup(" ".join(text.paragraphs(summary)) if lead else text.gist(summary, page)),
        "by": by(card, page),
        "keywords": _joined(
            [_link(keyword, "keywords", page) for keyword in card["keywords"]], LISTING[page]
        ),
    }
    return text.squeeze(render_to_string("briefs/_entry.html", context))


def line(content: Content, slug: str, page: Side) -> str:
    """A brief where another one's page names it."""
    other = paths.OTHER[page]
    context = {
        "url": paths.brief(page, slug),
        "headline": content.headline(page),
        "twin": content.headline(other),
        "twin_lang": LANG[other],
    }
    return text.squeeze(render_to_string("briefs/_line.html", context))


def byline(card: Card, page: Side, *, linked: bool = False) -> SafeString:
    """One sentence that names the article, so that nobody takes it for ours."""
    title, authors = card["title"], _authors(card, page, linked=linked)
    parts = {
        "title": run(title, page),
        "author": authors,
        "source": _source(card, page, linked=linked),
        "date": article_date(card, page),
    }
    if title and authors:
        sentence = gettext("This brief digests “%(title)s” by %(author)s, %(source)s, %(date)s.")
    elif title:
        sentence = gettext("This brief digests “%(title)s”, %(source)s, %(date)s.")
    elif authors:
        sentence = gettext("This brief digests an article by %(author)s, %(source)s, %(date)s.")
    else:
        sentence = gettext("This brief digests an article in %(source)s, %(date)s.")
    return mark_safe(escape(sentence) % parts)  # noqa: S308 every part is escaped


def source(card: Card, page: Side, *, linked: bool = False) -> str:
    """The box beside a brief: whose article it is, and the way to it."""
    accessed = dates.first_day(card["accessed_on"])
    context = {
        "authors": [
            {
                "name": _named(author, "authors", page, linked=linked),
                "affiliation": author[f"affiliation_{page}"],
                "affiliation_lang": _other_lang(author[f"affiliation_{page}"], page),
            }
            for author in card["authors"]
        ],
        "source": _source(card, page, linked=linked),
        "rights": _rights(card, page),
        "date": article_date(card, page),
        "title": card["title"],
        "title_lang": lang_of(card["title"]),
        "keywords": [
            {
                "label": run(keyword[page], page),
                "twin": keyword[paths.OTHER[page]] if keyword["zh"] != keyword["en"] else "",
                "url": paths.subject(page, "keywords", keyword["slug"]) if linked else "",
            }
            for keyword in card["keywords"]
        ],
        "twin_lang": LANG[paths.OTHER[page]],
        "url": card["url"],
        "doi": card["doi"],
        "archive_url": card["archive_url"],
        "access": card["access"],
        "accessed": dates.day(accessed, page) if accessed else "",
    }
    return text.squeeze(render_to_string("briefs/_source.html", context))


def by(card: Card, page: Side) -> SafeString:
    return _joined([_authors(card, page), _source(card, page)], COMMA[page])


def source_and_date(card: Card, page: Side) -> SafeString:
    return _joined([_source(card, page), article_date(card, page)], COMMA[page])


def facts(card: Card, page: Side) -> SafeString:
    """Authors, source and date in one line. Of the card it needs no more than these."""
    return _joined([_authors(card, page), _source(card, page), article_date(card, page)], COMMA[page])


def article_date(card: Card, page: Side) -> SafeString:
    words = dates.article(card["date"], card["date_label"], page)
    label = run(words, page) if card["date_label"] else escape(words)
    return mark_safe(f'<time datetime="{escape(card["date"])}">{label}</time>' if card["date"] else label)  # noqa: S308


def _authors(card: Card, page: Side, *, linked: bool = False) -> SafeString:
    return _joined([_named(a, "authors", page, linked=linked) for a in card["authors"]], LISTING[page])


def _source(card: Card, page: Side, *, linked: bool = False) -> SafeString:
    return _named(card["source"], "sources", page, linked=linked) if card["source"] else mark_safe("")


def _rights(card: Card, page: Side) -> SafeString:
    """Whose the article is, and that the brief is not it."""
    sentence = gettext(
        "The original belongs to its author or to %(source)s. This brief is our own digest of it."
    )
    if not card["source"]:
        sentence = gettext("The original belongs to its author. This brief is our own digest of it.")
    return mark_safe(escape(sentence) % {"source": _source(card, page)})  # noqa: S308 escaped one by one


def _named(row: Mapping[str, str], kind: str, page: Side, *, linked: bool) -> SafeString:
    """A person or an outlet; linked, it leads to the briefs there are of it."""
    return text.name(row[page], page, href=paths.subject(page, kind, row["slug"]) if linked else "")


def _link(row: Mapping[str, str], kind: str, page: Side) -> SafeString:
    return format_html('<a href="{}">{}</a>', paths.subject(page, kind, row["slug"]), run(row[page], page))


def _other_lang(words: str, page: Side) -> str:
    """The language of words of ours in a page of the other one; empty where they are of the page's own."""
    return "" if lang_of(words) == LANG[page] else lang_of(words)


def _joined(parts: list[SafeString], between: str) -> SafeString:
    return mark_safe(between.join(part for part in parts if part))  # noqa: S308 escaped one by one


def run(words: str, page: Side) -> SafeString:
    """Words that may be of another language than the page, marked with theirs."""
    lang = lang_of(words)
    return mark_safe(f'<span lang="{lang}">{escape(words)}</span>' if lang != LANG[page] else escape(words))  # noqa: S308
