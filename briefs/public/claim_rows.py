"""Lists of briefs: each row shows what a brief says, when, and who says it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.content import LANGUAGE_TAGS, Content, Side
from briefs.public_brief import PublicBrief
from briefs.rendering import cards, text
from briefs.text import date_format, paths

from .editions import ListedBrief


def render_list_by_publication(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    """Render rows with the day of publication. Headlines come first, and the year stands between rows where it changes."""
    claims = []
    year = ""
    for _, _, brief in rows:
        claim = _build_claim(brief, brief.content, language) | {
            "posted": cards.render_fold_date(brief.published_day, language),
            "by": cards.render_facts(brief, language),
        }
        if year != (year := str(brief.published_day.year)):
            claim |= {"year": year, "year_label": date_format.format_year(year, language)}
        claims.append(claim)
    return _render_claims(claims, language, heading)


def render_list_by_article_date(
    rows: Iterable[ListedBrief],
    language: Side,
    *,
    heading: str = "",
    topic: Mapping[Side, str] | None = None,
) -> SafeString:
    """Render rows with the date of the article.

    `topic`: labels of a topic. Each brief then shows the point that names the topic, if one does.
    """
    claims = []
    for _, _, brief in rows:
        number = text.find_point_naming(brief.content, topic) if topic else 0
        content = replace(brief.content, key_point=number) if number else brief.content
        claims.append(
            _build_claim(brief, content, language)
            | {
                "article_date": cards.render_article_date(brief, language, on_two_lines=True),
                "by": cards.render_authors_and_source(brief, language),
            }
        )
    return _render_claims(claims, language, heading)


def _build_claim(brief: PublicBrief, content: Content, language: Side) -> dict[str, Any]:
    other, line = paths.OTHER_SIDE[language], text.find_key_line(content, language)
    return {
        "words": line.words,
        "anchor": f"b{line.number}" if line.number else "summary",
        "place": gettext("Point %(n)s") % {"n": line.number} if line.number else gettext("Summary"),
        "mark": line.number or "¶",
        "headline": brief.headline(language),
        "url": paths.brief(language, brief.slug),
        "twin": brief.headline(other),
        "twin_url": paths.brief(other, brief.slug),
        "published_at": brief.published_utc,
    }


def _render_claims(claims: list[dict[str, Any]], language: Side, heading: str) -> SafeString:
    """Render the rows below their heading, if any; empty if there are none. One template for all is twice as fast as one each."""
    other = LANGUAGE_TAGS[paths.OTHER_SIDE[language]]
    context = {"claims": claims, "heading": heading, "twin_lang": other}
    return text.render_partial("briefs/_claims.html", **context) if claims else mark_safe("")
