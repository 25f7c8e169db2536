"""Render the card of a brief for lists and margins: list entry, byline and source box.

A card holds the current names of the vocabulary, so it is rebuilt when one of them changes
(`briefs.derived.label_propagation.relabel`). Its data, as built by `briefs.derived`:

    slug, published (ISO day), published_at, updated_at (moments), headline_zh/en, gist_zh/en (the whole summary)
    source: {slug, zh, en, kind} or null
    authors: [{slug, zh, en, family, given, own (a Chinese name that is theirs), affiliation_zh, affiliation_en}]
    keywords: [{slug, zh, en}]
    and each public scalar fact (`briefs.facts`) under its name
"""

import datetime as dt
from collections.abc import Mapping
from html import escape, unescape
from typing import Any
from urllib.parse import quote

from django.utils import translation
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..citations.works import is_publication
from ..content import LANGUAGE_TAGS, SIDES, Content, Side
from ..facts import SCALAR_FACTS
from ..text import date_format, paths
from ..text.scripts import detect_language_code
from . import citation_box, head_tags, text

type Card = Mapping[str, Any]

COMMA: dict[Side, str] = {"zh": "，", "en": ", "}
LIST_SEPARATOR: dict[Side, str] = {"zh": "、", "en": ", "}


def build_faces(card: Card, *, linked: bool = True) -> dict[Side, dict[str, str]]:
    """Return what each language's pages show of a card, as stored in `models.derived.Face`.

    Names link to their pages, which exist only while a listed brief uses them: pass `linked=False` for
    content that is no edition.
    """
    return {page: _build_face(card, page, linked=linked) for page in SIDES}


def _build_face(card: Card, language: Side, *, linked: bool) -> dict[str, str]:
    with translation.override(paths.LANGUAGE_CODES[language]):
        return {
            "entry": render_entry(card, language),
            "timeline_entry": render_timeline_entry(card, language),
            "byline": render_byline(card, language),
            "credit": render_credit(card, language, linked=linked),
            "source": render_source_box(card, language, linked=linked),
            "gist": text.extract_gist(card[f"gist_{language}"], language),
            "head": head_tags.render_head_tags(card, language),
            "cite": citation_box.render_citation_box(card, language),
            "attribution": citation_box.format_attribution(card, language),
        }


def render_entry(card: Card, language: Side) -> str:
    """Render a list entry: both headlines, the article's facts, and when the brief appeared."""
    context = _build_headlines(card, language) | {
        "facts": render_facts(card, language),
        "posted": render_fold_date(dt.date.fromisoformat(card["published"]), language),
    }
    return text.render_partial("briefs/_list_entry.html", **context)


def render_timeline_entry(card: Card, language: Side) -> str:
    """Render an entry of a timeline: both headlines, and between them the date of the article."""
    day = date_format.format_day(dt.date.fromisoformat(card["published"]), language)
    context = _build_headlines(card, language) | {
        "date": render_article_date(card, language, on_two_lines=True),
        "by": render_authors_and_source(card, language),
        "posted": format_html('<time datetime="{}">{}</time>', card["published"], day),
    }
    return text.render_partial("briefs/_timeline_entry.html", **context)


def _build_headlines(card: Card, language: Side) -> dict[str, str]:
    other = paths.OTHER_SIDE[language]
    return {
        "headline": card[f"headline_{language}"],
        "url": paths.brief(language, card["slug"]),
        "twin": card[f"headline_{other}"],
        "twin_url": paths.brief(other, card["slug"]),
        "twin_lang": LANGUAGE_TAGS[other],
        "published_at": card["published_at"],
    }


def render_facts(card: Card, language: Side) -> SafeString:
    """Render authors, source and named date of the article in one line. Needs only these parts of the card."""
    words = escape(gettext("article %(date)s")) % {"date": render_article_date(card, language)}
    date = mark_safe(f'<span class="dated nb">{words}</span>')  # noqa: S308 escaped
    return _join_parts([_author_names(card, language), _source_name(card, language), date], COMMA[language])


def render_posted_fact(iso: str, language: Side) -> SafeString:
    """Render the day on which the brief appeared, for a line of facts."""
    day = date_format.format_day(dt.date.fromisoformat(iso), language)
    words = escape(gettext("posted %(date)s")) % {"date": f'<time datetime="{iso}">{day}</time>'}
    return mark_safe(f'<span class="posted nb">{words}</span>')  # noqa: S308 escaped


def render_fold_date(
    date: dt.date, language: Side, *, year: str = "", is_article: bool = False
) -> SafeString:
    """Render the date on the fold of a list: when the brief appeared, or the day of the article."""
    sentence = gettext("%(date)s article") if is_article else gettext("%(date)s posted")
    parts = [f"<span>{year}</span>" if year else "", date_format.format_short_day(date, language)]
    day = "".join(parts) if language == "zh" else " ".join(filter(None, reversed(parts)))
    words = escape(sentence) % {"date": f'<time datetime="{date.isoformat()}">{day}</time>'}
    return mark_safe(f'<p class="posted">{words}</p>')  # noqa: S308 escaped


def render_brief_link(content: Content, slug: str, language: Side) -> str:
    """Render the link by which other briefs' pages refer to this brief."""
    other = paths.OTHER_SIDE[language]
    context = {
        "url": paths.brief(language, slug),
        "headline": content.headline(language),
        "twin": content.headline(other),
        "twin_lang": LANGUAGE_TAGS[other],
    }
    return text.render_partial("briefs/_brief_link.html", **context)


def render_byline(card: Card, language: Side, *, linked: bool = False) -> SafeString:
    """Render the sentence that names the digested article, so that readers do not take it for ours."""
    title, authors = card["title"], _author_names(card, language, linked=linked)
    parts = {
        "title": mark_language(title, language),
        "author": authors,
        "source": _source_name(card, language, linked=linked),
        "date": render_article_date(card, language),
    }
    if title and authors:
        sentence = gettext("Digest of “%(title)s” by %(author)s, %(source)s, article dated %(date)s.")
    elif title:
        sentence = gettext("Digest of “%(title)s”, %(source)s, article dated %(date)s.")
    elif authors:
        sentence = gettext("Digest of an article by %(author)s, %(source)s, dated %(date)s.")
    else:
        sentence = gettext("Digest of an article in %(source)s, dated %(date)s.")
    return mark_safe(escape(sentence) % parts)  # noqa: S308 every part is escaped


def render_credit(card: Card, language: Side, *, linked: bool) -> SafeString:
    """Render the byline of a brief's page, which leads to the original and says who can read it."""
    context = {
        "byline": render_byline(card, language, linked=linked),
        "link": get_original_link(card),
        "access": card["access"],
    }
    return text.render_partial("briefs/_byline.html", **context)


def get_original_link(card: Card) -> str:
    """Return the address of the article, or that of its DOI; empty if neither is known."""
    return str(card["url"]) or (f"https://doi.org/{quote(card['doi'])}" if card["doi"] else "")


def render_posted_date(iso: str, language: Side) -> SafeString:
    """Render the day on which a brief appeared, named so that nobody takes it for the article's."""
    words = escape(gettext("Posted %(date)s"))
    return mark_safe(words % {"date": render_day(iso, language)})  # noqa: S308 escaped


def render_day(iso: str, language: Side) -> SafeString:
    day = date_format.format_day(dt.date.fromisoformat(iso), language)
    return format_html('<time datetime="{}">{}</time>', iso, day)


def render_source_box(card: Card, language: Side, *, linked: bool = False) -> str:
    """Render the source box: authors, outlet, rights and links of the article."""
    accessed = date_format.parse_first_day(card["accessed_on"])
    context = {
        **{name: card.get(name, "") for name in SCALAR_FACTS},
        "authors": [
            {
                "name": _linked_name(author, "authors", language, linked=linked),
                "affiliation": author[f"affiliation_{language}"],
                "affiliation_lang": _other_lang(author[f"affiliation_{language}"], language),
            }
            for author in card["authors"]
        ],
        "source": _source_name(card, language, linked=linked),
        "rights": _rights_sentence(card, language),
        "date": render_article_date(card, language),
        "title_lang": detect_language_code(card["title"]),
        "keywords": [
            {
                "label": mark_language(keyword[language], language),
                "twin": keyword[paths.OTHER_SIDE[language]] if keyword["zh"] != keyword["en"] else "",
                "url": paths.subject(language, "keywords", keyword["slug"]) if linked else "",
            }
            for keyword in card["keywords"]
        ],
        "twin_lang": LANGUAGE_TAGS[paths.OTHER_SIDE[language]],
        "accessed": date_format.format_day(accessed, language) if accessed else "",
    }
    return text.render_partial("briefs/_source_box.html", **context)


def render_authors_and_source(card: Card, language: Side) -> SafeString:
    return _join_parts([_author_names(card, language), _source_name(card, language)], COMMA[language])


def format_authors_and_source(card: Card, language: Side) -> str:
    return unescape(strip_tags(render_authors_and_source(card, language)))


def render_source_and_date(card: Card, language: Side) -> SafeString:
    return _join_parts([_source_name(card, language), render_article_date(card, language)], COMMA[language])


def render_article_date(card: Card, language: Side, *, on_two_lines: bool = False) -> SafeString:
    """Render the date as a `time` element, if asked with its year on a line of its own."""
    words = date_format.format_article_date(card["date"], card["date_label"], language)
    label = mark_language(words, language) if words == card["date_label"] else escape(words)
    if on_two_lines and card["date"] and not card["date_label"]:
        label = _break_before_day(label) if language == "zh" else _break_before_year(label)
    return mark_safe(f'<time datetime="{escape(card["date"])}">{label}</time>' if card["date"] else label)  # noqa: S308


def _break_before_day(date: str) -> str:
    return date.replace("年", "年<br>", 1).removesuffix("<br>")


def _break_before_year(date: str) -> str:
    """Return an English date with a short month and its year on a line of its own."""
    *day, year = date.split()
    return " ".join(word[:3] for word in day) + f" <br>{year}" if day else year


def _author_names(card: Card, language: Side, *, linked: bool = False) -> SafeString:
    return _join_parts(
        [_linked_name(a, "authors", language, linked=linked) for a in card["authors"]],
        LIST_SEPARATOR[language],
    )


def _source_name(card: Card, language: Side, *, linked: bool = False) -> SafeString:
    """Render the name of the source, in 《》 in Chinese if it is a publication."""
    if not (source := card["source"]):
        return mark_safe("")
    name = _linked_name(source, "sources", language, linked=linked)
    is_marked = language == "zh" and is_publication(source)
    return format_html("《{}》", name) if is_marked else name


def _rights_sentence(card: Card, language: Side) -> SafeString:
    """Return the sentence on the article's rights, which says that the brief is our own digest."""
    sentence = gettext(
        "The original belongs to its author or to %(source)s. This brief is our own digest of it."
    )
    if not card["source"]:
        sentence = gettext("The original belongs to its author. This brief is our own digest of it.")
    return mark_safe(escape(sentence) % {"source": _source_name(card, language)})  # noqa: S308 escaped one by one


def _linked_name(row: Mapping[str, str], kind: str, language: Side, *, linked: bool) -> SafeString:
    """Render a name of an author or outlet; if `linked`, as a link to its page."""
    return text.render_name(
        row[language], language, href=paths.subject(language, kind, row["slug"]) if linked else ""
    )


def _other_lang(words: str, language: Side) -> str:
    """Return the language code of the text; empty if it is the page's own."""
    return "" if detect_language_code(words) == LANGUAGE_TAGS[language] else detect_language_code(words)


def _join_parts(parts: list[SafeString], separator: str) -> SafeString:
    return mark_safe(separator.join(part for part in parts if part))  # noqa: S308 escaped one by one


def mark_language(words: str, language: Side) -> SafeString:
    """Return the text as HTML, with a `lang` attribute if it is not in the page's language."""
    lang = detect_language_code(words)
    html = f'<span lang="{lang}">{escape(words)}</span>' if lang != LANGUAGE_TAGS[language] else escape(words)
    return mark_safe(html)  # noqa: S308 escaped
