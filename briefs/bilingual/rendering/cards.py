"""Render what pages show of a brief besides its text: list entries, byline, boxes, and tags of the head."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from briefs.bilingual.citations import works
from briefs.bilingual.citations.works import is_publication
from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.text import date_format, detect_language_code, paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.facts import FACTS, FactKind

from . import text
from .text import mark_language
from .title_card import CARD_SIZE

# Render what pages show of a brief besides its text: list entries, byline and source box.

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
            return unescape(strip_tags(text.format_caption(picture, language))) if picture else ""
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


# Render citations of a brief and of its article, with links to citation files.

CITATION_FILE_LABELS = {"ris": "RIS", "bib": "BibTeX", "json": "CSL-JSON"}


class CitationLine(NamedTuple):
    """A citation in one style, in the language `lang`."""

    name: str
    lang: str
    sentence: works.CitationSentence


class CitationPart(NamedTuple):
    """The citations of one work, and the paths and names of its files."""

    heading: str
    lines: list[CitationLine]
    files: list[tuple[str, str]]


def build_citations(
    brief: PublicBrief, language: Side, corrected_on: dt.date | None = None
) -> list[CitationPart]:
    """Build citations of brief and article. Chicago and APA cite the English page, the Taiwan style the Chinese one."""
    english, chinese = (build_brief_work(brief, side, corrected_on) for side in ("en", "zh"))
    base = paths.brief(language, brief.slug)
    return [
        CitationPart(
            heading,
            _citation_lines(in_english, in_chinese),
            [(f"{base}{name}.{end}", label) for end, label in CITATION_FILE_LABELS.items()],
        )
        for heading, name, in_english, in_chinese in (
            (gettext("Cite this brief"), "cite", english, chinese),
            (
                gettext("Cite the original"),
                "original",
                works.build_article_work(brief, "en"),
                works.build_article_work(brief, "zh"),
            ),
        )
    ]


def build_brief_work(
    brief: PublicBrief, side: Side, corrected_on: dt.date | None = None
) -> works.CitableWork:
    """Return the citable work of a brief, which says when it was last corrected."""
    work = works.build_brief_work(brief, side, settings.DIGEST_SITE_NAME[side])
    return works.mark_corrected(work, corrected_on, side) if corrected_on else work


def render_citation_box(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> str:
    """Render both parts, closed. A template takes as long as a tenth of the page."""
    parts = "\n".join(map(_render_part, build_citations(brief, language, corrected_on)))
    return f'''<section class="cite" data-copy-citation="{escape(gettext("Copy citation"))}" aria-label="{escape(gettext("Citations"))}">
{parts}
</section>'''


def _render_part(part: CitationPart) -> str:
    lines = "\n".join(
        f'''<div>
<dt>{escape(line.name)}</dt>
<dd lang="{line.lang}">{"".join(_render_run(run, line.lang) for run in line.sentence)}</dd>
</div>'''
        for line in part.lines
    )
    files = "\n".join(
        f'<a href="{escape(address)}" lang="en" rel="nofollow">{label}</a>' for address, label in part.files
    )
    return f"""<details>
<summary>{escape(part.heading)}</summary>
<dl>
{lines}
</dl>
<p class="files">
{files}
</p>
</details>"""


def render_citation(work: works.CitableWork, language: Side) -> str:
    """Render the citation of a brief in the first style of the page's language."""
    style = works.format_taiwan if language == "zh" else works.format_chicago
    return "".join(_render_run(run, LANGUAGE_TAGS[language]) for run in style(work))


def format_attribution(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> str:
    """Return the line that ends a copied bullet. The page appends the bullet's address."""
    return works.format_attribution(build_brief_work(brief, language, corrected_on))


def _citation_lines(english: works.CitableWork, chinese: works.CitableWork) -> list[CitationLine]:
    lines = [
        CitationLine(name, LANGUAGE_TAGS["en"], style(english))
        for name, style in works.ENGLISH_STYLES.items()
    ]
    return [*lines, CitationLine(gettext("Taiwan style"), LANGUAGE_TAGS["zh"], works.format_taiwan(chinese))]


def _render_run(run: works.StyledRun, lang: str) -> str:
    own, words = detect_language_code(run.text), escape(run.text)
    foreign = own != lang and any(letter.isalpha() for letter in run.text)
    tag = "i" if run.italic and own == LANGUAGE_TAGS["en"] else "span" if foreign else ""
    marked = f' lang="{own}"' if foreign else ""
    return f"<{tag}{marked}>{words}</{tag}>" if tag else words


# Metadata in the head of a brief's page: for Zotero, Dublin Core, Open Graph and JSON-LD.

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
