"""Public routes. Each view is wrapped in `public_view`, and in `keep` if its answer depends on the address only."""

from typing import Any

from django.urls import URLPattern, include, path, re_path, register_converter

from . import (
    archive_views,
    brief_answers,
    brief_files,
    corrections,
    feeds,
    index_views,
    issue_files,
    issue_views,
    report_views,
    search_views,
    site_files,
    sitemaps,
    subject_views,
    subscribe_views,
    views,
)
from .brief_files import offer_markdown
from .page_cache import keep
from .responses import (
    LANGUAGE_ALIAS_PATTERN,
    LanguageConverter,
    MonthConverter,
    ViewFunction,
    YearConverter,
    public_view,
)
from .subject_queries import SUBJECT_KINDS

register_converter(LanguageConverter, "language")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")
register_converter(brief_files.CitationFileConverter, "citation")
register_converter(issue_files.IssueFileConverter, "issue_file")
register_converter(issue_views.IssueNumberConverter, "issue")
register_converter(feeds.FeedFormatConverter, "feed")

app_name = "public"

IS_PARALLEL = {"is_parallel": True}


def kept(route: str, view: ViewFunction, name: str, values: dict[str, Any] | None = None) -> URLPattern:
    """Return the route of a view whose answer depends on the address alone, and is kept."""
    return path(route, public_view(keep(view)), values, name=name)


def list_feeds(folder: str, name: str, view: ViewFunction, **values: Any) -> list[URLPattern]:
    """Return the routes of a feed in one language, and of the one with both languages."""
    return [
        path(f"{folder}feed.<feed:feed_format>", view, values, name=f"{name}feed"),
        path(
            f"{folder}parallel/feed.atom",
            view,
            values | IS_PARALLEL | {"feed_format": "atom"},
            name=f"{name}parallel-feed",
        ),
    ]


pages = [
    kept("", views.home, "home"),
    kept("about/", views.about, "about"),
    kept("follow/", feeds.show_follow, "follow"),
    path("subscribe/", public_view(subscribe_views.subscribe, allows_post=True), name="subscribe"),
    kept("corrections/", corrections.log, "corrections"),
    kept("corrections/feed.atom", feeds.corrections_feed, "corrections-feed"),
    *list_feeds("", "", public_view(keep(feeds.feed))),
    *(
        route
        for kind in SUBJECT_KINDS
        for route in list_feeds(
            f"{kind}/<slug:slug>/",
            f"{kind.removesuffix('s')}-",
            public_view(keep(feeds.subject_feed)),
            kind=kind,
        )
    ),
    *list_feeds("search/", "search-", public_view(feeds.search_feed)),
    path("search/", public_view(search_views.search), name="search"),
    path("search/suggest/", public_view(search_views.suggest), name="suggest"),
    path("briefs/<slug:slug>/", public_view(offer_markdown(keep(brief_answers.brief))), name="brief"),
    kept("briefs/<slug:slug>.md", brief_files.markdown_twin, "markdown"),
    kept("briefs/<slug:slug>/parallel/", brief_answers.brief, "parallel", IS_PARALLEL),
    kept("briefs/<slug:slug>/changes/", corrections.changes, "changes"),
    kept("briefs/<slug:slug>/<citation:file>", brief_files.citation, "citation"),
    kept("briefs/<slug:slug>/card.png", brief_files.card, "card"),
    path("briefs/<slug:slug>/report/", public_view(report_views.report, allows_post=True), name="report"),
    *(kept(f"{kind}/", index_views.index, kind, {"kind": kind}) for kind in SUBJECT_KINDS),
    *(
        kept(f"{kind}/<slug:slug>/", subject_views.subject, kind.removesuffix("s"), {"kind": kind})
        for kind in SUBJECT_KINDS
    ),
    kept("issues/", issue_views.show_list, "issues"),
    kept("issues/feed.atom", feeds.issues_feed, "issues-feed"),
    kept("issues/<issue:number>/", issue_views.show_issue, "issue"),
    kept("issues/<issue:number>/parallel/", issue_views.show_issue, "issue-parallel", IS_PARALLEL),
    path(
        "issues/<issue:number>/issue.<issue_file:file_format>",
        public_view(keep(issue_files.issue_file, issue_files.FILE_OPTIONS)),
        name="issue-file",
    ),
    kept("archive/", archive_views.archive, "archive"),
    kept("archive/<year:year>/", archive_views.year, "year"),
    kept("archive/<year:year>/<month:month>/", archive_views.month, "month"),
]

urlpatterns = [
    path("", public_view(views.redirect_to_language), name="front-door"),
    path("<language:language>/", include(pages)),
    path("u/<slug:token>/", public_view(subscribe_views.link, allows_post=True), name="mail-link"),
    path("media/pictures/<str:name>", public_view(brief_files.picture), name="picture"),
    kept("sitemap.xml", sitemaps.sitemap, "sitemap"),
    kept("sitemap-pages.xml", sitemaps.sitemap_pages, "sitemap-pages"),
    kept("sitemap-<int:block>.xml", sitemaps.sitemap_part, "sitemap-part"),
    path("robots.txt", public_view(site_files.robots), name="robots"),
    path("favicon.ico", public_view(site_files.favicon), name="favicon"),
    path(".well-known/security.txt", public_view(site_files.security), name="security"),
    re_path(
        rf"^{LANGUAGE_ALIAS_PATTERN}/(?P<rest>.*)$",
        public_view(views.redirect_language_alias),
        name="other-spelling",
    ),
]
