"""Render what pages show of a brief besides its text: list entries, byline and source box."""

import datetime as dt
from collections.abc import Mapping
from html import escape, unescape
from typing import Literal
from urllib.parse import quote

from django.utils import timezone
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from briefs.bilingual.citations.works import is_publication
from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.text import date_format, detect_language_code, paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.facts import FACTS, FactKind

from . import text, views
from .text import mark_language

COMMA: dict[Side, str] = {"zh": "，", "en": ", "}
LIST_SEPARATOR: dict[Side, str] = {"zh": "、", "en": ", "}

type DateForm = Literal["full", "two lines", "day", "month"]
"""The year on a line of its own; without year, for a list that names it once; without day."""


def render_facts(brief: PublicBrief, language: Side, *, date: DateForm = "full") -> SafeString:
    """Render authors, source and date of the article in one line."""
    parts = [render_authors_and_source(brief, language), render_article_date(brief, language, form=date)]
    return _join_parts(parts, COMMA[language])


def render_posted_day(date: dt.date, language: Side) -> SafeString:
    """Render the brief's day of publication for the fold of a list."""
    day = f'<time datetime="{date.isoformat()}">{date_format.format_short_day(date, language)}</time>'
    return mark_safe(escape(gettext("%(date)s posted")) % {"date": day})  # noqa: S308 escaped


def render_brief_link(slug: str, headlines: Mapping[Side, str], language: Side) -> str:
    """Render the link by which other briefs' pages refer to this brief."""
    other = paths.OTHER_SIDE[language]
    return (
        f'<a href="{escape(paths.brief(language, slug))}">{escape(headlines[language])}</a>\n'
        f'<span class="twin" lang="{LANGUAGE_TAGS[other]}">{escape(headlines[other])}</span>'
    )


def render_byline(brief: PublicBrief, language: Side, *, linked: bool = False) -> SafeString:
    """Render the sentence that names the digested article, so that readers do not take the article for ours."""
    title, authors = brief.facts.title, _author_names(brief, language, linked=linked)
    parts = {
        "title": mark_language(title, language),
        "author": authors,
        "source": _source_name(brief, language, linked=linked),
        "date": render_article_date(brief, language),
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


def render_credit(brief: PublicBrief, language: Side, *, linked: bool) -> SafeString:
    """Render the byline of a brief's page, with a link to the original and its access (free, subscription)."""
    context = {
        "byline": render_byline(brief, language, linked=linked),
        "link": get_original_link(brief),
        "access": brief.facts.access,
    }
    return text.render_partial("briefs/_byline.html", **context)


def get_original_link(brief: PublicBrief) -> str:
    """Return the address of the article, or that of its DOI; empty if neither is known."""
    return str(brief.url) or (f"https://doi.org/{quote(brief.facts.doi)}" if brief.facts.doi else "")


def render_posted_date(iso: str, language: Side) -> SafeString:
    """Render the brief's date of publication, labelled so that readers do not take it for the article's."""
    words = escape(gettext("Posted %(date)s"))
    return mark_safe(words % {"date": render_day(iso, language)})  # noqa: S308 escaped


def render_day(iso: str, language: Side) -> SafeString:
    day = date_format.format_day(dt.date.fromisoformat(iso), language)
    return format_html('<time datetime="{}">{}</time>', iso, day)


def format_withdrawal(withdrawn_at: dt.datetime, reason: str, language: Side) -> str:
    """Return the sentence of a withdrawal notice, in the active language, which is `language`."""
    date = date_format.format_day(timezone.localdate(withdrawn_at), language)
    sentence = gettext("This brief was withdrawn on %(date)s. Reason: %(reason)s")
    return sentence % {"date": date, "reason": reason}


def render_source_box(brief: PublicBrief, language: Side, *, linked: bool = False) -> str:
    """Render the source box: authors, outlet, rights and links of the article."""
    accessed = date_format.parse_first_day(brief.facts.accessed_on)
    context = {
        **brief.shown_facts,
        "authors": [
            {
                "name": _linked_name(author, "authors", language, linked=linked),
                "affiliation": author.affiliation(language),
                "affiliation_lang": _other_lang(author.affiliation(language), language),
            }
            for author in brief.authors
        ],
        "source": _source_name(brief, language, linked=linked),
        "rights": _rights_sentence(brief, language),
        "date": render_article_date(brief, language),
        "title_lang": detect_language_code(brief.facts.title),
        "keywords": [
            {
                "label": mark_language(keyword.label(language), language),
                "twin": keyword.label(paths.OTHER_SIDE[language]) if keyword.zh != keyword.en else "",
                "url": paths.subject(language, "keywords", keyword.slug) if linked else "",
            }
            for keyword in brief.keywords
        ],
        "twin_lang": LANGUAGE_TAGS[paths.OTHER_SIDE[language]],
        "accessed": date_format.format_day(accessed, language) if accessed else "",
    }
    return text.render_partial("briefs/_source_box.html", **context)


def render_keyword(keyword: PublicName, language: Side) -> SafeString:
    """Render a keyword as a link to its page."""
    return _linked_name(keyword, "keywords", language, linked=True)


def render_keywords(brief: PublicBrief, language: Side) -> SafeString:
    """Render the keywords in one line, each a link to its page."""
    names = [render_keyword(keyword, language) for keyword in brief.keywords]
    return _join_parts(names, LIST_SEPARATOR[language])


def format_fact(brief: PublicBrief, name: str, language: Side) -> str:
    """Return a fact as plain text; empty if it has no value, is no fact for readers, or is part of another's text."""
    match name:
        case "source":
            return unescape(strip_tags(_source_name(brief, language)))
        case "authors":
            lines = [(author.label(language), author.affiliation(language)) for author in brief.authors]
            return LIST_SEPARATOR[language].join(
                (pgettext("author", "%(name)s (%(affiliation)s)") % {"name": who, "affiliation": where})
                if where
                else who
                for who, where in lines
            )
        case "keywords":
            return LIST_SEPARATOR[language].join(keyword.label(language) for keyword in brief.keywords)
        case "date":
            return unescape(strip_tags(render_article_date(brief, language)))
        case "date_label":
            return ""
        case "picture":
            picture = brief.facts.picture
            return unescape(strip_tags(views.format_caption(picture, language))) if picture else ""
    value, fact = brief.shown_facts.get(name, ""), FACTS[name]
    if fact.kind is FactKind.FLAG:
        return gettext("Yes") if value else ""
    if fact.kind is FactKind.DAY and value:
        return date_format.format_day(dt.date.fromisoformat(str(value)), language)
    return gettext(fact.choices[str(value)]) if value in fact.choices else str(value)


def render_authors_and_source(brief: PublicBrief, language: Side) -> SafeString:
    authors = _author_names(brief, language)
    names = format_html("<b>{}</b>", authors) if authors else authors
    return _join_parts([names, _source_name(brief, language)], COMMA[language])


def format_authors_and_source(brief: PublicBrief, language: Side) -> str:
    return unescape(strip_tags(render_authors_and_source(brief, language)))


def render_source_and_date(brief: PublicBrief, language: Side) -> SafeString:
    return _join_parts([_source_name(brief, language), render_article_date(brief, language)], COMMA[language])


def render_article_date(brief: PublicBrief, language: Side, *, form: DateForm = "full") -> SafeString:
    """Render the article's date as a `time` element. The label of an issue is always shown whole."""
    date, own_label = brief.facts.date, brief.facts.date_label
    known = date[: len("2025-06")] if form == "month" and not own_label else date
    words = date_format.format_article_date(known, own_label, language)
    label = mark_language(words, language) if words == own_label else escape(words)
    if form == "two lines" and date and not own_label:
        label = _break_before_day(label) if language == "zh" else _break_before_year(label)
    if form == "day" and len(date) > len("2025") and not own_label:
        label = (
            label.partition("年")[2] if language == "zh" else _break_before_year(label).partition(" <br>")[0]
        )
    return mark_safe(f'<time datetime="{escape(known)}">{label}</time>' if date else label)  # noqa: S308 escaped


def _break_before_day(date: str) -> str:
    return date.replace("年", "年<br>", 1).removesuffix("<br>")


def _break_before_year(date: str) -> str:
    """Return an English date with a short month and its year on a line of its own."""
    *day, year = date.split()
    return " ".join(word[:3] for word in day) + f" <br>{year}" if day else year


def _author_names(brief: PublicBrief, language: Side, *, linked: bool = False) -> SafeString:
    return _join_parts(
        [_linked_name(a, "authors", language, linked=linked) for a in brief.authors], LIST_SEPARATOR[language]
    )


def _source_name(brief: PublicBrief, language: Side, *, linked: bool = False) -> SafeString:
    """Render the name of the source, in 《》 in Chinese if it is a publication."""
    if not (source := brief.source):
        return mark_safe("")
    name = _linked_name(source, "sources", language, linked=linked)
    is_marked = language == "zh" and is_publication(source)
    return format_html("《{}》", name) if is_marked else name


def _rights_sentence(brief: PublicBrief, language: Side) -> SafeString:
    """Return the sentence on the article's rights, which says that the brief is our own digest."""
    sentence = gettext(
        "The original belongs to its author or to %(source)s. This brief is our own digest of it."
    )
    if not brief.source:
        sentence = gettext("The original belongs to its author. This brief is our own digest of it.")
    return mark_safe(escape(sentence) % {"source": _source_name(brief, language)})  # noqa: S308 escaped one by one


def _linked_name(name: PublicName, kind: str, language: Side, *, linked: bool) -> SafeString:
    """Render a name of an author or outlet; if `linked`, as a link to its page."""
    return text.render_name(
        name.label(language), language, href=paths.subject(language, kind, name.slug) if linked else ""
    )


def _other_lang(words: str, language: Side) -> str:
    """Return the language code of the text; empty if it is the page's language."""
    return "" if detect_language_code(words) == LANGUAGE_TAGS[language] else detect_language_code(words)


def _join_parts(parts: list[SafeString], separator: str) -> SafeString:
    return mark_safe(separator.join(part for part in parts if part))  # noqa: S308 escaped one by one
