"""Atom and JSON Feed of the newest briefs of the site, a subject or a search, with full text; of issues; of corrections.

A brief that is withdrawn stays in the feeds of its site and subjects for a time as a notice under its id, so that feed readers
replace the text. Not all do: an entry of its own says the same.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.urls.converters import StringConverter
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, rfc3339_date
from django.utils.html import format_html_join
from django.utils.translation import gettext, pgettext
from django.utils.xmlutils import SimplerXMLGenerator

from briefs.bilingual import rendering
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering import ReadingView, cards, page_metadata, text
from briefs.bilingual.text import paths, strip_inline
from briefs.content import LANGUAGE_TAGS, Side
from briefs.derived import BRIEF_COLUMNS, join_briefs
from briefs.models.edition import ChangeKind, Edition, IssueEdition
from briefs.publications import published
from briefs.publications.published import PublicIssue, PublicItem

from . import (
    brief_answers,
    corrections,
    editions,
    list_pages,
    rate_limits,
    responses,
    search_queries,
    subject_queries,
)
from .corrections import LogEntry
from .editions import EditionRows, WithdrawnBrief
from .list_pages import PageKey
from .search_queries import SearchParams
from .subject_queries import SUBJECT_KINDS

WITHDRAWAL_SHOWN: Final = dt.timedelta(days=90)
"""How long feeds carry the notice of a withdrawal."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class AtomFeed(Atom1Feed):
    """Atom with an icon, and entries with the full text, the original's address and the labels of keywords."""

    name = "Atom"

    def latest_post_date(self) -> dt.datetime:
        latest: dt.datetime = super().latest_post_date() if self.items else self.feed["midnight"]
        return latest

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        handler.addQuickElement("icon", self.feed["icon"])

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if original := item.get("original"):
            handler.addQuickElement("link", "", {"rel": "related", "href": original})
        for slug, label in item.get("keywords", ()):
            handler.addQuickElement("category", "", {"term": slug, "label": label})
        handler.addQuickElement("summary", item["summary"])
        handler.addQuickElement("content", item["content"], {"type": "html"})


class JsonFeed(SyndicationFeed):
    """JSON Feed 1.1."""

    name = "JSON Feed"
    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        feed = self.feed
        value = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed["title"],
            "description": feed["subtitle"],
            "home_page_url": feed["link"],
            "feed_url": feed["feed_url"],
            "icon": feed["icon"],
            "language": feed["language"],
            "authors": [{"name": feed["author_name"], "url": feed["author_link"]}],
            "items": [self._build_item(item) for item in self.items],
        }
        outfile.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def _build_item(self, item: dict[str, Any]) -> dict[str, Any]:
        values = {
            "id": item["link"],
            "url": item["link"],
            "external_url": item.get("original"),
            "title": item["title"],
            "content_html": item["content"],
            "summary": item["summary"],
            "image": item.get("image"),
            "date_published": rfc3339_date(item["pubdate"]),
            "date_modified": rfc3339_date(item["updateddate"]),
            "tags": [label for _, label in item.get("keywords", ())],
            "language": self.feed["language"],
        }
        return {name: value for name, value in values.items() if value}


FORMATS: Final[dict[str, type[AtomFeed | JsonFeed]]] = {"atom": AtomFeed, "json": JsonFeed}


class FeedFormatConverter(StringConverter):
    regex = "|".join(FORMATS)


class FeedScope(NamedTuple):
    """A feed: the page that it belongs to, by its path below the language prefix and its name; format, and languages."""

    language: Side
    path: str = ""
    query_string: str = ""
    name: str = ""
    feed_format: str = "atom"
    is_parallel: bool = False
    """Each entry has both languages, pair by pair."""

    @property
    def view(self) -> ReadingView:
        return "parallel" if self.is_parallel else self.language

    @property
    def page(self) -> str:
        return f"{settings.SITE_URL}{paths.home(self.language)}{self.path}{self.query_string}"

    @property
    def address(self) -> str:
        file = f"{'parallel/' * self.is_parallel}feed.{self.feed_format}"
        return f"{settings.SITE_URL}{paths.home(self.language)}{self.path}{file}{self.query_string}"


def feed(request: HttpRequest, **options: Any) -> HttpResponse:
    """Return the feed of the newest briefs. `options`: of `FeedScope`."""
    now = timezone.now()
    newest = Edition.objects.listed(now).order_by("-published_at", "-pk")
    return _respond(newest, Edition.objects.found(now), FeedScope(**options), now)


def subject_feed(request: HttpRequest, kind: str, slug: str, **options: Any) -> HttpResponse:
    now, of = timezone.now(), SUBJECT_KINDS[kind]
    subject = subject_queries.find_subject(of, slug, now)
    scope = FeedScope(**options, path=f"{kind}/{subject.slug}/")
    if subject.slug != slug:
        return HttpResponsePermanentRedirect(scope.address.removeprefix(settings.SITE_URL))
    scope = scope._replace(name=subject_queries.subject_label(subject, scope.language))
    newest = of.listed_editions(now, subject.pk).order_by(f"-{of.column('published_at')}", f"-{of.id_column}")
    return _respond(newest, of.found_editions(now, subject.pk), scope, now)


def corrections_feed(request: HttpRequest, language: Side) -> HttpResponse:
    """Return the Atom feed of the log of corrections."""
    now = timezone.now()
    entries = [_build_log_entry(entry, language) for entry in corrections.list_log(now, PageKey()).rows]
    name = gettext("Corrections and withdrawals")
    return _answer_with(entries, FeedScope(language, "corrections/", name=name), now)


def issues_feed(request: HttpRequest, language: Side) -> HttpResponse:
    """Return the Atom feed of the newest issues, each with its preface and the summaries of its briefs.

    A withdrawn issue is its notice for a time.
    """
    now = timezone.now()
    shown = Q(withdrawn_at=None) | Q(withdrawn_at__gte=now - WITHDRAWAL_SHOWN)
    newest = (
        IssueEdition.objects.found(now).filter(shown).order_by("-published_at", "-pk")[: list_pages.PAGE_SIZE]
    )
    entries = [_build_issue_entry(issue, language) for issue in published.load_issues(newest, now)]
    name = pgettext("menu of the site", "Issues")
    return _answer_with(entries, FeedScope(language, "issues/", name=name), now)


def search_feed(request: HttpRequest, language: Side, **options: Any) -> HttpResponse:
    """Return the feed of the newest briefs that a search finds."""
    now, asked = timezone.now(), SearchParams.from_query(request.GET.dict())
    if asked.is_empty:
        raise Http404
    if wait := rate_limits.seconds_to_wait(request):
        return responses.too_many_requests(language, wait)
    with rate_limits.charge_time(request):
        rows = search_queries.list_newest(asked, now, limit=list_pages.PAGE_SIZE)
        matches = Edition.objects.listed(now).filter(pk__in=[row.edition for row in rows])
        scope = build_search_scope(language, asked)._replace(**options)
        return _respond(matches.order_by("-published_at", "-pk"), Edition.objects.none(), scope, now)


def build_search_scope(language: Side, asked: SearchParams) -> FeedScope:
    shared = replace(asked.first_page(), newest_first=False)
    return FeedScope(language, "search/", str(shared), asked.query_text or gettext("Search"))


def build_feed_links(scope: FeedScope) -> dict[str, Any]:
    """Return `feeds`, the `link` elements for the head of a page, and `follow`, the button that opens a list of the feeds."""
    language, other = scope.language, paths.OTHER_SIDE[scope.language]
    names = paths.NATIVE_LANGUAGE_NAMES
    both = gettext("Both languages, point by point")
    rows = [
        (language, "feed.atom", names[language], "atom"),
        (language, "feed.json", names[language], "json"),
        (other, "feed.atom", names[other], "atom"),
        (language, "parallel/feed.atom", both, "atom"),
    ]
    links = [
        {
            "url": f"{paths.home(side)}{scope.path}{file}{scope.query_string}",
            "lang": LANGUAGE_TAGS[side] if side != language else "",
            "label": label,
            "format": FORMATS[kind].name,
            "type": FORMATS[kind].content_type.partition(";")[0],
        }
        for side, file, label, kind in rows
    ]
    line = '<link rel="alternate" type="{}" title="{}" href="{}">'
    heads = [
        (link["type"], f"{scope.name} · {link['label']} · {link['format']}", link["url"])
        for link in links
        if not link["lang"]
    ]
    return {
        "feeds": format_html_join("\n", line, heads),
        "follow": text.render_partial("briefs/_follow.html", feeds=links),
    }


def show_follow(request: HttpRequest, language: Side) -> HttpResponse:
    """Explain in plain words how to follow the site."""
    other = paths.OTHER_SIDE[language]
    in_language = {"zh": gettext("the full text in Chinese"), "en": gettext("the full text in English")}
    rows = (
        (language, "feed.atom", gettext("Every new brief"), in_language[language]),
        (language, "parallel/feed.atom", gettext("Both languages, point by point"), gettext("one entry for each brief")),
        (other, "feed.atom", gettext("The other language"), in_language[other]),
        (language, "issues/feed.atom", gettext("Each issue"), gettext("preface and summaries")),
        (language, "corrections/feed.atom", gettext("Corrections and withdrawals"), gettext("what was, what is and why")),
    )  # fmt: skip
    feeds = [
        {"url": f"{settings.SITE_URL}{paths.home(side)}{file}", "label": label, "explanation": explanation}
        for side, file, label, explanation in rows
    ]
    return responses.render("briefs/follow.html", language, "follow/", menu_entry="follow", feeds=feeds)


def _respond(newest: EditionRows, found: EditionRows, scope: FeedScope, now: dt.datetime) -> HttpResponse:
    """Return the feed of the first of `newest`, after the notices of the ones of `found` that were withdrawn lately."""
    rows = join_briefs(list(newest.values_list("brief_id", *BRIEF_COLUMNS)[: list_pages.PAGE_SIZE]))
    changes = editions.list_major_changes([brief_id for brief_id, _ in rows], now)
    withdrawn = editions.list_withdrawn(found, now - WITHDRAWAL_SHOWN)
    entries = [
        *(entry for row in withdrawn for entry in _build_withdrawal_entries(row, scope)),
        *(_build_entry(brief, changes.get(brief_id, []), scope) for brief_id, brief in rows),
    ]
    return _answer_with(entries, scope, now)


def _answer_with(entries: Iterable[dict[str, Any]], scope: FeedScope, now: dt.datetime) -> HttpResponse:
    """Return the feed with these entries, which are arguments of `add_item`."""
    site = settings.DIGEST_SITE_NAME[scope.language]
    titles = [scope.name, gettext("Side by side") if scope.is_parallel else "", site]
    feed = FORMATS[scope.feed_format](
        title=_NOT_XML.sub("", responses.TITLE_SEPARATOR[scope.language].join(filter(None, titles))),
        link=scope.page,
        description=None,
        language=LANGUAGE_TAGS[scope.language],
        author_name=site,
        author_link=f"{settings.SITE_URL}{paths.home(scope.language)}",
        subtitle=gettext("Bilingual briefs of writing on foreign policy"),
        feed_url=scope.address,
        feed_guid=scope.address if scope.is_parallel else scope.page,
        icon=f"{settings.SITE_URL}{settings.STATIC_URL}briefs/mark.svg",
        midnight=_in_utc(now).replace(hour=0, minute=0, second=0),
    )
    for entry in entries:
        cleaned: dict[str, Any] = {
            name: _NOT_XML.sub("", value) if isinstance(value, str) else value
            for name, value in entry.items()
        }
        feed.add_item(**cleaned, unique_id=entry["link"], description=None)  # type: ignore[arg-type]
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _build_entry(
    brief: PublicBrief, changes: list[editions.EditionHistoryLine], scope: FeedScope
) -> dict[str, Any]:
    language, view = scope.language, scope.view
    fragment = rendering.render_fragment(
        brief.content, view, language, brief.slug, pictures_url="", has_links=False
    )
    notices = {
        "lines": [brief_answers.build_history_line(change, language) for change in changes if change.note_zh],
        "source_withdrew": brief.facts.source_withdrew,
    }
    said = render_to_string("briefs/_feed_notices.html", notices) if any(notices.values()) else ""
    return _name_entry(brief, scope) | {
        "updateddate": _in_utc(changes[0].live_from if changes else brief.published_at),
        "summary": " ".join(text.split_paragraphs(brief.summary(language))),
        "content": f"<p>{cards.render_byline(brief, language)}</p>\n{text.strip_indentation(said + fragment)}",
        "keywords": [(keyword.slug, keyword.label(language)) for keyword in brief.keywords],
        "image": f"{settings.SITE_URL}{page_metadata.get_preview_path(brief, language)}",
    }


def _name_entry(brief: PublicBrief, scope: FeedScope) -> dict[str, Any]:
    """Return what an entry of a brief keeps when the brief is corrected or withdrawn, and its title."""
    language = scope.language
    path, title = paths.brief(language, brief.slug), brief.headline(language)
    if scope.is_parallel:
        path = paths.parallel(language, brief.slug)
        title = f"{title}{responses.TITLE_SEPARATOR[language]}{brief.headline(paths.OTHER_SIDE[language])}"
    return {
        "link": f"{settings.SITE_URL}{path}",
        "title": title,
        "pubdate": _in_utc(brief.published_at),
        "original": brief.url,
    }


def _build_withdrawal_entries(row: WithdrawnBrief, scope: FeedScope) -> list[dict[str, Any]]:
    """Return the notice in place of the brief, and the one in the log."""
    language = scope.language
    notices = brief_answers.build_withdrawal_notices(row, row.withdrawn_at, language)
    named = _name_entry(row.brief, scope)
    shown = {
        "notices": notices if scope.is_parallel else notices[:1],
        "original": cards.get_original_link(row.brief),
    }
    notice = named | {
        "title": f"{notices[0]['heading']}{brief_answers.COLON[language]}{named['title']}",
        "updateddate": _in_utc(row.withdrawn_at),
        "summary": notices[0]["sentence"],
        "content": text.strip_indentation(text.render_partial("briefs/_feed_withdrawal.html", **shown)),
    }
    return [notice, _build_log_entry(corrections.build_withdrawal(row), language)]


def _build_log_entry(entry: LogEntry, language: Side) -> dict[str, Any]:
    both = (language, paths.OTHER_SIDE[language])
    shown = corrections.build_entry_context(entry, language, both)
    moment = _in_utc(entry.row.at)
    joint = brief_answers.COLON[language]
    html = text.render_partial("briefs/_log_entry.html", entry=shown, is_feed=True)
    return {
        "link": f"{settings.SITE_URL}{paths.home(language)}corrections/#{shown['id']}",
        "title": f"{shown['kind']}{joint}{shown['headline']}" if shown["headline"] else shown["kind"],
        "pubdate": moment,
        "updateddate": moment,
        "summary": shown["reason"] or shown["kind"],
        "content": text.strip_indentation(html),
    }


def _build_issue_entry(issue: PublicIssue, language: Side) -> dict[str, Any]:
    """Return an issue as an entry, or the notice in place of a withdrawn one."""
    own, notices = issue.text(language), []
    items = [_build_issue_item(item, language) for item in issue.items]
    title = f"{brief_answers.format_issue_number(issue.number, language)}{brief_answers.COLON[language]}{own.title}"
    moments = [issue.updated_at, *(item.corrected_at or item.withdrawn_at for item in issue.items)]
    if issue.withdrawn_at:
        notices = brief_answers.build_withdrawal_notices(issue, issue.withdrawn_at, language)[:1]
        title = f"{notices[0]['heading']}{brief_answers.COLON[language]}{title}"
        items, moments = [], [issue.withdrawn_at]
    note = issue.change_note_zh if language == "zh" else issue.change_note_en
    content = text.render_partial(
        "public/_feed_issue.html",
        notices=notices,
        change=note and {"kind": ChangeKind(issue.change_kind).label, "note": note},
        paragraphs=text.render_preface(own.preface),
        items=items,
    )
    return {
        "link": f"{settings.SITE_URL}{paths.issue(language, issue.number)}",
        "title": title,
        "pubdate": _in_utc(issue.published_at),
        "updateddate": _in_utc(max(filter(None, moments))),
        "summary": notices[0]["sentence"]
        if notices
        else strip_inline(" ".join(text.split_paragraphs(own.preface))),
        "content": text.strip_indentation(content),
    }


def _build_issue_item(item: PublicItem, language: Side) -> dict[str, Any]:
    """Return a brief of an issue: headline, byline and summary; or the notice of a withdrawn one."""
    brief = item.brief
    built = {
        "headline": brief.headline(language),
        "url": f"{settings.SITE_URL}{paths.brief(language, brief.slug)}",
    }
    if item.withdrawn_at:
        notices = brief_answers.build_withdrawal_notices(item, item.withdrawn_at, language)
        return built | {"notice": notices[0]}
    return built | {
        "byline": cards.render_byline(brief, language),
        "corrected": cards.render_day(item.corrected_at.date().isoformat(), language)
        if item.corrected_at
        else "",
        "paragraphs": text.split_paragraphs(brief.summary(language)),
    }


def _in_utc(moment: dt.datetime) -> dt.datetime:
    """Return the time without offset and microseconds, which Django writes as `…Z`."""
    return moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None)
