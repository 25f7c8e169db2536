"""The log of corrections, withdrawals and removals, of the site or of one brief: what was, what is, why.

Texts come from listed editions and those that `closed` returns. A withdrawn brief keeps kind, date and reason, a removed one
kind and date.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from briefs.checks.changes import has_same_words
from briefs.content import LANGUAGE_TAGS, Content, Side
from briefs.models.edition import ChangeKind, Edition, WithdrawalKind
from briefs.rendering import cards, text
from briefs.text import date_format, paths
from briefs.text.text_diff import DiffRun, diff_contents, diff_texts

from . import brief_presenter, editions, feeds, responses
from .editions import BriefLink, EditionRows, KeysetPage, ListPosition, PageKey

# Queries. One row is one event of an edition.


class LogRow(NamedTuple):
    """`event`: correction (also an update or a note), withdrawn or removed."""

    at: dt.datetime
    pk: int
    event: str


class LogEntry(NamedTuple):
    """`link` is None if the brief has no page. `old` and `new` are None unless readers may see both texts."""

    row: LogRow
    number: int
    kind: str
    reasons: dict[Side, str]
    link: BriefLink | None
    old: Content | None
    new: Content | None


def list_log(now: dt.datetime, page: PageKey, brief_id: int | None = None) -> KeysetPage[LogEntry]:
    """Return a page of the log, newest first; of one brief the whole log. Raise MalformedKey."""
    below = ListPosition.parse(page.position) if page.side == "before" else None
    limit = editions.PAGE_SIZE + 1 if brief_id is None else None
    rows = sorted(_list_events(now, below, brief_id, limit), reverse=True)
    shown = rows if brief_id else rows[: editions.PAGE_SIZE]
    older = str(ListPosition(shown[-1].at, shown[-1].pk)) if len(rows) > len(shown) else ""
    query_string = f"?before={page.position}" if below else ""
    return KeysetPage(_build_entries(shown, now), older, "", query_string)


def _list_events(
    now: dt.datetime, below: ListPosition | None, brief_id: int | None, limit: int | None
) -> Iterator[LogRow]:
    past: EditionRows = Edition.objects.filter(live_from__lte=now).exclude(live_until=F("live_from"))
    if brief_id is not None:
        past = past.filter(brief=brief_id)
    in_view = past.filter(removed_at=None)
    for event, column, rows in (
        ("correction", "live_from", in_view.filter(minor=False, live_from__gt=F("published_at"))),
        ("withdrawn", "withdrawn_at", in_view.filter(withdrawn_at__lte=now)),
        ("removed", "removed_at", past.filter(removed_at__lte=now)),
    ):
        where = editions.build_beyond_condition("lt", *below, column) if below else Q()
        ordered = rows.filter(where).order_by(f"-{column}", "-pk").values_list(column, "pk")
        yield from (LogRow(at, pk, event) for at, pk in ordered[:limit])


def _build_entries(rows: list[LogRow], now: dt.datetime) -> list[LogEntry]:
    columns = ("brief", "number", "live_from", "change_kind", "change_note_zh", "change_note_en",
               "withdrawn_kind", "withdrawn_reason_zh", "withdrawn_reason_en")  # fmt: skip
    details = {
        pk: values
        for pk, *values in Edition.objects.filter(pk__in={row.pk for row in rows}).values_list("pk", *columns)
    }
    briefs = {values[0] for values in details.values()}
    pages = Edition.objects.found(now).filter(brief__in=briefs)
    links = {
        brief: BriefLink(slug, {"zh": zh or "", "en": en or ""})
        for brief, slug, zh, en in pages.values_list("brief", "slug", *editions.select_headlines())
    }
    before = _find_predecessors(briefs, now)
    pairs = {row.pk: before.get(row.pk) for row in rows if row.event == "correction"}
    texts = _load_texts({pk for pair in pairs.items() for pk in pair if pk}, now)
    return [
        _build_entry(row, details[row.pk], links, texts.get(pairs.get(row.pk) or 0), texts.get(row.pk))
        for row in rows
    ]


def _build_entry(
    row: LogRow, values: list[Any], links: dict[int, BriefLink], old: Content | None, new: Content | None
) -> LogEntry:
    brief, number, _, change, note_zh, note_en, kind, reason_zh, reason_en = values
    reasons: dict[Side, str] = {"zh": note_zh, "en": note_en}
    if row.event != "correction":
        change, reasons = kind, {"zh": reason_zh, "en": reason_en}
    link = links.get(brief)
    if row.event == "removed" or link is None:
        return LogEntry(row, number, "" if row.event != "correction" else change, {}, None, None, None)
    return LogEntry(row, number, change, reasons, link, *((old, new) if old and new else (None, None)))


def _find_predecessors(briefs: Collection[int], now: dt.datetime) -> dict[int, int]:
    """Map each past or present edition to the one that it replaced."""
    past = Edition.objects.filter(brief__in=briefs, live_from__lte=now).exclude(live_until=F("live_from"))
    found: dict[int, int] = {}
    last: dict[int, int] = {}
    for pk, brief in past.order_by("live_from", "pk").values_list("pk", "brief"):
        if brief in last:
            found[pk] = last[brief]
        last[brief] = pk
    return found


def _load_texts(pks: Collection[int], now: dt.datetime) -> dict[int, Content]:
    """Return the contents that readers may see of these editions."""
    querysets = (Edition.objects.listed(now), Edition.objects.closed(now))
    return {
        pk: Content.from_json(content)
        for rows in querysets
        for pk, content in rows.filter(pk__in=pks).values_list("pk", "content")
    }


# Pages and the feed.


def log(request: HttpRequest, language: Side) -> HttpResponse:
    page = list_log(timezone.now(), editions.read_page_key(request))
    path = "corrections/"
    paging: dict[str, Any] = brief_presenter.build_paging_context(page, f"{paths.home(language)}{path}")
    return responses.render(
        "briefs/corrections.html",
        language,
        path,
        query_string=page.query_string,
        entries=[_present(entry, language) for entry in page.rows],
        feed=f"{paths.home(language)}{path}feed.atom",
        **paging,
    )


def changes(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now = timezone.now()
    try:
        edition = editions.find(slug, now)
    except editions.Gone:
        return responses.gone(language)
    page = list_log(now, PageKey(), edition.brief_id)
    response = responses.render(
        "briefs/changes.html",
        language,
        f"briefs/{slug}/changes/",
        headline=edition.brief.headline(language),
        url=paths.brief(language, slug),
        posted=cards.render_posted_date(edition.brief.published_day.isoformat(), language),
        entries=[_present(entry, language) | {"headline": ""} for entry in page.rows],
    )
    if edition.withdrawn_at:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def feed(request: HttpRequest, language: Side) -> HttpResponse:
    now = timezone.now()
    entries = [_build_feed_entry(entry, language) for entry in list_log(now, PageKey()).rows]
    heading = gettext("Corrections and withdrawals")
    scope = feeds.FeedScope("corrections/", name=heading)
    return feeds.respond_atom(feeds.frame_entries(entries, scope, language, "feed.atom", now))


def _present(entry: LogEntry, language: Side) -> dict[str, Any]:
    """Build the context of one entry."""
    day, link = timezone.localdate(entry.row.at), entry.link
    other = paths.OTHER_SIDE[language]
    return {
        "id": _format_id(entry.row),
        "is_quiet": entry.row.event == "correction" and entry.kind != ChangeKind.CORRECTION,
        "kind": _describe_event(entry),
        "iso": day.isoformat(),
        "date": date_format.format_day(day, language),
        "headline": link.headlines[language] if link else "",
        "twin": link.headlines[other] if link else "",
        "twin_tag": LANGUAGE_TAGS[other],
        "url": paths.brief(language, link.slug) if link else "",
        "changes_url": paths.changes(language, link.slug) if link and entry.row.event == "correction" else "",
        "reason": entry.reasons.get(language, ""),
        "reason_kind": str(WithdrawalKind(entry.kind).label)
        if entry.row.event == "withdrawn" and entry.kind
        else "",
        "number": entry.number,
        "changes": list(_list_changes(entry, language)),
    }


def _format_id(row: LogRow) -> str:
    return f"{row.event[0]}{row.pk}"


def _describe_event(entry: LogEntry) -> str:
    if entry.row.event == "correction":
        return str(ChangeKind(entry.kind or ChangeKind.UPDATE).label)
    return gettext("Withdrawn") if entry.row.event == "withdrawn" else gettext("Removed")


def _list_changes(entry: LogEntry, language: Side) -> Iterator[dict[str, Any]]:
    """Yield each text with other words: its place, the words before and after. The page's language comes first."""
    if entry.old is None or entry.new is None:
        return
    difference = diff_contents(entry.old, entry.new)
    for side in (language, paths.OTHER_SIDE[language]):
        texts = [
            (gettext("Headline"), entry.old.headline(side), entry.new.headline(side)),
            (gettext("Summary"), entry.old.summary(side), entry.new.summary(side)),
            *((gettext("Point %(n)s") % {"n": row.number}, *row.texts(side)) for row in difference.rows),
        ]
        for place, old, new in texts:
            if not has_same_words(old, new):
                runs = diff_texts(old, new)
                yield {
                    "place": place,
                    "lang": LANGUAGE_TAGS[side],
                    "was": _render_runs(runs, "deleted"),
                    "now": _render_runs(runs, "inserted"),
                }


def _render_runs(runs: list[DiffRun], kind: str) -> SafeString:
    tag = "del" if kind == "deleted" else "ins"
    return format_html_join(
        "",
        "{}",
        (
            (run.text if run.kind == "equal" else format_html(f"<{tag}>{{}}</{tag}>", run.text),)
            for run in runs
            if run.kind in ("equal", kind)
        ),
    )


def _build_feed_entry(entry: LogEntry, language: Side) -> dict[str, Any]:
    shown, moment = _present(entry, language), feeds.format_rfc3339(entry.row.at)
    address = f"{settings.SITE_URL}{paths.home(language)}corrections/"
    joint = brief_presenter.COLON[language]
    return {
        "url": f"{address}#{shown['id']}",
        "title": f"{shown['kind']}{joint}{shown['headline']}" if shown["headline"] else shown["kind"],
        "published": moment,
        "updated": moment,
        "summary": shown["reason"] or shown["kind"],
        "content": text.strip_indentation(
            text.render_partial("briefs/_log_entry.html", entry=shown, is_feed=True)
        ),
        "keywords": [],
        "original": "",
        "image": "",
    }
