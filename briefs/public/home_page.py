"""Build the home page: what the site is, the newest brief with its first points, topics, and the list."""

import datetime as dt
from functools import lru_cache
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANGUAGE_TAGS, Bullet, Side
from ..rendering import cards, text
from ..text import paths
from . import editions, list_presenter
from .editions import BriefListRow
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


def build_newest_context(page: KeysetPage[BriefListRow], language: Side, now: dt.datetime) -> dict[str, str]:
    """Return the context of the first page of the newest briefs, or of a later one, which is only a list."""
    rows = page.rows
    if rows and not page.query_string:
        newest, *rows = rows
        top = render_top(newest.pk, newest.html, language, round_to_minute(now), is_only=not rows)
    else:
        top = text.render_partial("briefs/_home_top.html", **_purpose_context(language))
    heading = gettext("Newest briefs")
    return {
        "top": top,
        "entries": list_presenter.render_list_by_publication(rows, language, heading=heading),
        **list_presenter.build_paging_context(page, paths.home(language)),
    }


def round_to_minute(now: dt.datetime) -> dt.datetime:
    return now.replace(second=0, microsecond=0)


@lru_cache(maxsize=8)
def render_top(pk: int, entry: str, language: Side, minute: dt.datetime, *, is_only: bool) -> SafeString:
    """Render what is above the list.

    The key has the entry of the newest brief because it changes with every name that the brief shows.
    """
    found = editions.load_lead(pk, language)
    bullets = [bullet for bullet in found.content.bullets if bullet.text(language)]
    if is_only:
        aside = text.render_partial(
            "briefs/_home_first_steps.html",
            terms=mark_safe(found.glossary_html),  # noqa: S308 stored escaped
            keywords=[
                {
                    "url": paths.subject(language, "keywords", keyword["slug"]),
                    "label": cards.mark_language(keyword[language], language),
                }
                for keyword in found.card["keywords"]
            ],
        )
    else:
        aside = render_topics(language, minute)
    lead = _render_lead(
        found,
        bullets[: ONLY_BULLETS if is_only else LEAD_BULLETS],
        len(bullets),
        language,
        with_summary=is_only,
    )
    return text.render_partial("briefs/_home_top.html", lead=lead, aside=aside, **_purpose_context(language))


@lru_cache(maxsize=4)
def render_topics(language: Side, minute: dt.datetime) -> SafeString:
    """Render the keywords with the most briefs. Kept for a minute, since they are counted over all briefs."""
    rows = subject_queries.list_topics(minute)
    return text.render_partial(
        "briefs/_home_topics.html",
        url=f"{paths.home(language)}keywords/",
        topics=[subject_presenters.build_name_row(row, "keywords", language) for row in rows[:MAX_TOPICS]],
        count=len(rows),
    )


def _render_lead(
    found: editions.Lead, shown: list[Bullet], bullet_count: int, language: Side, *, with_summary: bool
) -> SafeString:
    content, card, other = found.content, found.card, paths.OTHER_SIDE[language]
    published = dt.date.fromisoformat(card["published"])
    with_summary = with_summary or not shown
    return text.render_partial(
        "briefs/_home_lead.html",
        headline=content.headline(language),
        url=paths.brief(language, card["slug"]),
        twin=content.headline(other),
        twin_url=paths.brief(other, card["slug"]),
        twin_lang=LANGUAGE_TAGS[other],
        facts=cards.render_facts(card, language),
        published_at=card["published_at"],
        posted=cards.render_fold_date(
            published, language, year=list_presenter.format_year(published.year, language)
        ),
        paragraphs=text.split_paragraphs(content.summary(language)) if with_summary else [],
        bullets=[(bullet.number, text.escape_text(bullet.text(language))) for bullet in shown],
        rest=bullet_count - len(shown),
        parallel=paths.parallel(language, card["slug"]),
        original=cards.get_original_link(card),
    )


def _purpose_context(language: Side) -> dict[str, object]:
    other = paths.OTHER_SIDE[language]
    return {
        "purpose": PURPOSE[language],
        "twin_purpose": "".join(PURPOSE[other]),
        "twin_home": paths.home(other),
        "other": LANGUAGE_TAGS[other],
    }
