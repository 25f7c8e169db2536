"""Build the home page: what the site is, the newest brief with its first points, topics, and the list."""

import datetime as dt
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from .. import rendering
from ..content import LANGUAGE_TAGS, Bullet, Side
from ..public_brief import PublicBrief
from ..rendering import cards, term_marks, text
from ..text import paths
from . import editions, list_presenter, page_cache
from .editions import ListedBrief
from .keyset import KeysetPage
from .subjects import subject_presenters, subject_queries

PURPOSE: Final[dict[Side, tuple[str, str]]] = {
    "zh": ("外交政策文章的雙語文摘：", "一篇一則，每一點中英對照，可讀可引"),
    "en": (
        "Bilingual briefs of writing on foreign policy: ",
        "one per article, every point in two languages",
    ),
}
"""What the site is, in two phrases. A line breaks between them if it has to."""
MAX_TOPICS: Final = 10
LEAD_BULLETS: Final = 2
ONLY_BULLETS: Final = 3
"""Bullets shown of the newest brief, and of the only one, which has its summary as well."""


def build_newest_context(page: KeysetPage[ListedBrief], language: Side, now: dt.datetime) -> dict[str, Any]:
    """Return the context of the first page of the newest briefs, or of a later one, which is only a list."""
    rows = page.rows
    if rows and not page.query_string:
        newest, *rows = rows
        top = _render_top(newest, language, now, is_only=not rows)
    else:
        top = text.render_partial("briefs/_home_top.html", **_purpose_context(language))
    heading = gettext("Newest briefs")
    return {
        "top": top,
        "entries": list_presenter.render_list_by_publication(rows, language, heading=heading),
        **list_presenter.build_paging_context(page, paths.home(language)),
    }


def _render_top(newest: ListedBrief, language: Side, now: dt.datetime, *, is_only: bool) -> SafeString:
    """Render what is above the list."""
    brief = newest.brief
    bullets = [bullet for bullet in brief.content.bullets if bullet.text(language)]
    if is_only:
        fragment = rendering.render_fragment(brief.content, language, language, brief.slug)
        _, terms = term_marks.mark_terms(
            brief.content, fragment, (language,), *editions.load_terms(newest.pk)
        )
        aside = text.render_partial(
            "briefs/_home_first_steps.html",
            terms=mark_safe(terms),  # noqa: S308 escaped by its template
            keywords=[
                {
                    "url": paths.subject(language, "keywords", keyword.slug),
                    "label": cards.mark_language(keyword.label(language), language),
                }
                for keyword in brief.keywords
            ],
        )
    else:
        aside = render_topics(language, now)
    shown = bullets[: ONLY_BULLETS if is_only else LEAD_BULLETS]
    lead = _render_lead(brief, shown, len(bullets), language, with_summary=is_only)
    return text.render_partial("briefs/_home_top.html", lead=lead, aside=aside, **_purpose_context(language))


def render_topics(language: Side, now: dt.datetime) -> SafeString:
    """Render the keywords with the most briefs. They are counted over all briefs, so the count is kept for all pages."""
    rows, count = page_cache.keep_part("topics", lambda: subject_queries.count_topics(now, MAX_TOPICS))
    return text.render_partial(
        "briefs/_home_topics.html",
        url=f"{paths.home(language)}keywords/",
        topics=[subject_presenters.build_name_row(row, "keywords", language) for row in rows],
        count=count,
    )


def _render_lead(
    brief: PublicBrief, shown: list[Bullet], bullet_count: int, language: Side, *, with_summary: bool
) -> SafeString:
    other, published = paths.OTHER_SIDE[language], brief.published_day
    with_summary = with_summary or not shown
    return text.render_partial(
        "briefs/_home_lead.html",
        headline=brief.headline(language),
        url=paths.brief(language, brief.slug),
        twin=brief.headline(other),
        twin_url=paths.brief(other, brief.slug),
        twin_lang=LANGUAGE_TAGS[other],
        facts=cards.render_facts(brief, language),
        published_at=brief.published_utc,
        posted=cards.render_fold_date(
            published, language, year=list_presenter.format_year(published.year, language)
        ),
        paragraphs=text.split_paragraphs(brief.summary(language)) if with_summary else [],
        bullets=[(bullet.number, text.escape_text(bullet.text(language))) for bullet in shown],
        rest=bullet_count - len(shown),
        parallel=paths.parallel(language, brief.slug),
        original=cards.get_original_link(brief),
    )


def _purpose_context(language: Side) -> dict[str, object]:
    other = paths.OTHER_SIDE[language]
    return {
        "purpose": PURPOSE[language],
        "twin_purpose": "".join(PURPOSE[other]),
        "twin_home": paths.home(other),
        "other": LANGUAGE_TAGS[other],
    }
