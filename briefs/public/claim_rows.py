"""Lists of briefs: each row shows what a brief says, when, and who says it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.content import LANGUAGE_TAGS, Side
from briefs.public_brief import PublicBrief
from briefs.rendering import cards, text
from briefs.text import date_format, paths

from .editions import ListedBrief


def render_list_by_publication(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    """Render rows with the day of publication. Headlines come first, and the year stands between rows where it changes."""
    parts = []
    year = ""
    for _, _, brief in rows:
        if year != (year := str(brief.published_day.year)):
            parts.append(
                f'<p class="year-mark"><time datetime="{year}">{date_format.format_year(year, language)}</time></p>'
            )
        when = cards.render_fold_date(brief.published_day, language)
        parts.append(_render_claim(brief, language, when, is_headline_first=True))
    return _render_list(parts, heading)


def render_list_by_article_date(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    return _render_list(_render_dated_claims(rows, language), heading)


def render_timeline(
    rows: Iterable[ListedBrief], language: Side, topic: Mapping[Side, str] | None = None
) -> SafeString:
    """Render the rows of a topic, author or source, whose page has its own heading.

    `topic`: labels of a topic. Each brief then shows the point that names the topic, if one does.
    """
    return mark_safe("\n".join(_render_dated_claims(rows, language, topic)))  # noqa: S308 escaped by the template


def _render_dated_claims(
    rows: Iterable[ListedBrief], language: Side, topic: Mapping[Side, str] | None = None
) -> list[SafeString]:
    return [
        _render_claim(brief, language, cards.render_article_date(brief, language, on_two_lines=True), topic)
        for _, _, brief in rows
    ]


def _render_claim(
    brief: PublicBrief,
    language: Side,
    when: SafeString,
    topic: Mapping[Side, str] | None = None,
    *,
    is_headline_first: bool = False,
) -> SafeString:
    """Render a row. `is_headline_first`: `when` is the day of publication, so the article's date stands with the names."""
    other, content = paths.OTHER_SIDE[language], brief.content
    if topic and (number := text.find_point_naming(content, topic)):
        content = replace(content, key_point=number)
    line = text.find_key_line(content, language)
    return text.render_partial(
        "briefs/_claim.html",
        is_headline_first=is_headline_first,
        when=when,
        words=line.words,
        number=line.number or "¶",
        place=gettext("Point %(n)s") % {"n": line.number} if line.number else gettext("Summary"),
        by=cards.render_facts(brief, language)
        if is_headline_first
        else cards.render_authors_and_source(brief, language),
        headline=brief.headline(language),
        url=paths.brief(language, brief.slug),
        anchor=f"b{line.number}" if line.number else "summary",
        twin=brief.headline(other),
        twin_url=paths.brief(other, brief.slug),
        twin_lang=LANGUAGE_TAGS[other],
        published_at=brief.published_utc,
    )


def _render_list(parts: Iterable[str], heading: str) -> SafeString:
    """Return the rows below their heading; empty if there is none."""
    html = "\n".join(parts)
    head = text.render_partial("briefs/_list_head.html", heading=heading) if html else ""
    return mark_safe(f"{head}\n{html}" if html else "")  # noqa: S308 escaped by the templates
