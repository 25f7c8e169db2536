"""The page of a brief, in one language or both.

Also the parts of them that other pages, feeds and files show: notices, the edition history, paging links of lists.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from html import escape, unescape
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from briefs.bilingual import rendering
from briefs.bilingual.citations import works
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering import cards, citation_box, page_metadata, terms, text
from briefs.bilingual.text import date_format, paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models.edition import ChangeKind, WithdrawalKind
from briefs.publications.published import PublicIssue, PublicItem

from . import editions, responses
from .editions import EditionHistoryLine, PublicEdition, WithdrawnBrief
from .list_pages import KeysetPage
from .responses import ListView

log = logging.getLogger(__name__)


MAX_RELATED = 4
COLON: dict[Side, str] = {"zh": "：", "en": ": "}


def brief(request: HttpRequest, language: Side, slug: str, *, is_parallel: bool = False) -> HttpResponse:
    now = timezone.now()
    path = f"briefs/{slug}/parallel/" if is_parallel else f"briefs/{slug}/"
    edition = editions.find(slug, now)
    if edition.withdrawn_at:
        context = _build_withdrawn_context(edition, edition.withdrawn_at, language)
        return mark_withdrawn(responses.render("briefs/withdrawn.html", language, path, **context), edition)
    return responses.render(
        "briefs/parallel.html" if is_parallel else "briefs/brief.html",
        language,
        path,
        **_build_brief_context(edition, language, now, is_parallel=is_parallel),
    )


def mark_withdrawn(response: HttpResponse, edition: PublicEdition) -> HttpResponse:
    """Keep the notice of a withdrawn brief out of search engines."""
    if edition.withdrawn_at:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _build_brief_context(
    edition: PublicEdition, language: Side, now: dt.datetime, *, is_parallel: bool
) -> dict[str, Any]:
    brief, history = edition.brief, editions.list_history(edition, now)
    sides = (language, paths.OTHER_SIDE[language]) if is_parallel else (language,)
    fragment = rendering.render_fragment(
        brief.content, "parallel" if is_parallel else language, language, brief.slug
    )
    html, term_list = terms.mark_terms(brief.content, fragment, sides, *editions.load_terms(edition.pk))
    lines = [build_history_line(row, language) for row in history]
    corrected_on = find_correction(history)
    return _build_headlines(brief, language) | {
        "content": mark_safe(html),  # noqa: S308 escaped by the fragment
        "terms": mark_safe(term_list),  # noqa: S308 escaped by its template
        "source": cards.render_source_box(brief, language, linked=True),
        "byline": cards.render_credit(brief, language, linked=True),
        "posted": render_posted_line(brief, lines, language),
        "issues": _render_issue_links(editions.list_issues_of_brief(edition.brief_id, now), language),
        "head": _insert_site_url(page_metadata.render_head_tags(brief, language, corrected_on)),
        "cite": _insert_site_url(citation_box.render_citation_box(brief, language, corrected_on)),
        "description": text.extract_gist(brief.summary(language), language),
        "notices": _render_notices(edition, history, sides),
        "history": text.render_partial(
            "briefs/_edition_history.html",
            history=[(row["iso"], row["date"], row["words"]) for row in lines],
            changes=paths.changes(language, brief.slug) if any(row["note"] for row in lines) else "",
        ),
        "beside": _render_neighbours(edition, now, language),
        "citation": citation_box.format_attribution(brief, language, corrected_on),
        "zh_url": paths.brief("zh", brief.slug),
        "en_url": paths.brief("en", brief.slug),
        "view": "parallel" if is_parallel else language,
        "parallel": paths.parallel(language, brief.slug),
        "report": paths.report(language, brief.slug),
    }


def find_correction(history: Sequence[EditionHistoryLine]) -> dt.date | None:
    """Return the day of the latest correction; None if there is none."""
    days = (timezone.localdate(row.live_from) for row in history if row.kind == ChangeKind.CORRECTION)
    return next(days, None)


def format_issue_number(number: int, side: Side) -> str:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return pgettext("page of an issue", "Issue %(number)s") % {"number": number}


def _render_issue_links(numbers: Sequence[int], language: Side) -> SafeString:
    """Render the issues that a brief was in, each a link; empty if there are none."""
    links = cards.LIST_SEPARATOR[language].join(
        f'<a href="{paths.issue(language, number)}">{escape(format_issue_number(number, language))}</a>'
        for number in numbers
    )
    words = escape(pgettext("page of a brief", ", in %(issues)s")) % {"issues": links}
    return mark_safe(words if links else "")  # noqa: S308 escaped


def _render_notices(
    edition: PublicEdition, history: Sequence[EditionHistoryLine], sides: Sequence[Side]
) -> SafeString:
    """Render the notices above the text in each of the languages; empty if there are none."""
    rendered = []
    for side in sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            lines = [build_history_line(row, side) for row in history]
            notices = _collect_notices(edition, lines)
            is_twin = side != sides[0]  # the link below leads to a list in the language of the page
            html = text.render_partial("briefs/_notices.html", **notices, is_plain=is_twin)
        rendered.append((LANGUAGE_TAGS[side], html))
    if len(rendered) == 1 or not rendered[0][1].strip():
        return mark_safe(rendered[0][1])  # noqa: S308 escaped by its template
    return format_html(
        '<div class="pair notices">{}</div>', format_html_join("", '<div lang="{}">{}</div>', rendered)
    )


def _collect_notices(edition: PublicEdition, lines: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "source_withdrew": edition.brief.facts.source_withdrew,
        "corrections": [row for row in lines if row["note"]],
    }


def render_notice_lines(edition: PublicEdition, lines: list[dict[str, str]]) -> list[str]:
    """Return the notices above the text as plain lines."""
    html = text.render_partial("briefs/_notices.html", **_collect_notices(edition, lines), is_plain=True)
    return [" ".join(unescape(strip_tags(part)).split()) for part in html.split("</p>") if part.strip()]


def render_posted_line(brief: PublicBrief, lines: list[dict[str, str]], language: Side) -> SafeString:
    """Render the days of publication and of the last change that is no small repair. `lines`: the edition history."""
    posted = cards.render_posted_date(brief.published_day.isoformat(), language)
    change = next((row for row in lines if row["note"]), None)
    if not change:
        return posted
    sentence = {
        ChangeKind.CORRECTION: gettext("%(posted)s, corrected %(date)s"),
        ChangeKind.UPDATE: gettext("%(posted)s, updated %(date)s"),
    }.get(ChangeKind(change["change"]), gettext("%(posted)s, editor’s note added %(date)s"))
    words = escape(sentence) % {"posted": posted, "date": cards.render_day(change["iso"], language)}
    return mark_safe(words)  # noqa: S308 every part is escaped


def _render_neighbours(edition: PublicEdition, now: dt.datetime, language: Side) -> str:
    """Render the links to related, newer and older briefs, skipping any that are not listed."""
    related, by_id = editions.load_neighbours(edition, now)
    sections = [
        ("related", gettext("Related briefs"), related[:MAX_RELATED]),
        ("newer", gettext("Next brief"), [by_id[pk] for pk in (edition.newer,) if pk in by_id]),
        ("older", gettext("Previous brief"), [by_id[pk] for pk in (edition.older,) if pk in by_id]),
    ]
    parts = [_render_links(*section, language) for section in sections if section[-1]]
    return mark_safe("\n".join(parts))  # noqa: S308 escaped by the template


def _render_links(name: str, heading: str, links: list[editions.BriefLink], language: Side) -> str:
    items = "".join(
        f"<li>{cards.render_brief_link(link.slug, link.headlines, language)}</li>" for link in links
    )
    return f'<section class="related {name}" aria-labelledby="{name}"><h2 id="{name}">{escape(heading)}</h2><ul>{items}</ul></section>'


def _build_withdrawn_context(
    edition: PublicEdition, withdrawn_at: dt.datetime, language: Side
) -> dict[str, Any]:
    """Return the withdrawal notice in both languages, the page's own first."""
    brief, notices = edition.brief, build_withdrawal_notices(edition, withdrawn_at, language)
    title = f"{notices[0]['heading']}{COLON[language]}{brief.headline(language)}"
    head = page_metadata.render_withdrawn_head_tags(brief, language, title, notices[0]["sentence"])
    return _build_headlines(brief, language) | {
        "notices": notices,
        "byline": cards.render_credit(brief, language, linked=True),
        "colon": COLON[language],
        "topics": cards.render_keywords(brief, language),
        "citation": _insert_site_url(
            citation_box.render_citation(build_brief_work(edition, language), language)
        ),
        "files": [
            (f"{paths.brief(language, brief.slug)}original.{end}", label)
            for end, label in citation_box.CITATION_FILE_LABELS.items()
        ],
        "head": _insert_site_url(head),
        "description": notices[0]["sentence"],
    }


def build_brief_work(
    edition: PublicEdition, language: Side, corrected_on: dt.date | None = None
) -> works.CitableWork:
    """Return the citable work of a public edition. That of a withdrawn one says so in its title."""
    work = citation_box.build_brief_work(edition.brief, language, corrected_on)
    if edition.withdrawn_at is None:
        return work
    return works.mark_withdrawn(work, timezone.localdate(edition.withdrawn_at), language)


type Withdrawn = PublicEdition | WithdrawnBrief | PublicItem | PublicIssue


def build_withdrawal_notices(
    edition: Withdrawn, withdrawn_at: dt.datetime, language: Side
) -> list[dict[str, str]]:
    """Return the notice of a brief or an issue in both languages, the page's own first."""
    sides = (language, paths.OTHER_SIDE[language])
    return [_withdrawal_notice(edition, withdrawn_at, side) for side in sides]


def _build_headlines(brief: PublicBrief, language: Side) -> dict[str, str]:
    return {"headline": brief.headline(language), "twin_headline": brief.headline(paths.OTHER_SIDE[language])}


def _insert_site_url(html: str) -> SafeString:
    """Replace `paths.SITE_PLACEHOLDER` with the site's URL."""
    return mark_safe(html.replace(paths.SITE_PLACEHOLDER, settings.SITE_URL))  # noqa: S308 escaped


def _withdrawal_notice(edition: Withdrawn, withdrawn_at: dt.datetime, side: Side) -> dict[str, str]:
    reason = edition.withdrawn_reason_zh if side == "zh" else edition.withdrawn_reason_en
    with translation.override(paths.LANGUAGE_CODES[side]):
        sentence = cards.format_withdrawal(withdrawn_at, reason, side)
        if isinstance(edition, PublicIssue):
            sentence = gettext("This issue was withdrawn on %(date)s. Reason: %(reason)s")
            sentence %= {
                "date": date_format.format_day(timezone.localdate(withdrawn_at), side),
                "reason": reason,
            }
        return {
            "lang": LANGUAGE_TAGS[side],
            "heading": gettext("Withdrawn"),
            "title": gettext("We have withdrawn this brief"),
            "sentence": sentence,
            "kind": str(WithdrawalKind(edition.withdrawn_kind).label),
        }


def build_history_line(edition: EditionHistoryLine, language: Side) -> dict[str, str]:
    """Return one line of the edition history. `note` is empty if no notice is shown above the text."""
    date = timezone.localdate(edition.live_from)
    said = {"iso": date.isoformat(), "date": date_format.format_day(date, language), "note": ""}
    if edition.is_first:
        return said | {"words": gettext("First published")}
    change = ChangeKind(edition.kind or ChangeKind.UPDATE)
    if change == ChangeKind.SMALL_REPAIR:
        return said | {"words": str(change.label)}
    said["day"] = cards.render_day(said["iso"], language)
    kind, note = str(change.label), edition.note_zh if language == "zh" else edition.note_en
    return said | {
        "kind": kind,
        "change": change.value,
        "note": note,
        "words": f"{kind}{COLON[language]}{note}",
    }


NOINDEX = mark_safe('<meta name="robots" content="noindex, follow">')


def build_paging_context(page: KeysetPage[Any], list_url: str, view: ListView) -> dict[str, Any]:
    """Return the links to other pages of the list. Only its first page is indexed."""
    links = page.build_links(list_url, view)
    is_alone = page.rows and not any(links.values())
    state = {"here": list_url, "newest": not page.query_string, "empty": not page.rows}
    return {
        "robots": NOINDEX if page.query_string else "",
        "paging": "" if is_alone else text.render_partial("briefs/_list_paging.html", **links, **state),
    }
