"""Public routes. Each view is wrapped in `public_view`, and in `keep` if its answer depends on the address only."""

from django.urls import include, path, re_path, register_converter

from . import (
    brief_files,
    card_views,
    corrections,
    feeds,
    issue_files,
    issue_views,
    report_views,
    search_views,
    sitemaps,
    subject_views,
    subscribe_views,
    views,
)
from .brief_files import offer_markdown
from .page_cache import keep, read_version_once
from .responses import LANGUAGE_ALIAS_PATTERN, LanguageConverter, MonthConverter, YearConverter, public_view

register_converter(LanguageConverter, "language")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")
register_converter(brief_files.CitationFileConverter, "citation")
register_converter(issue_files.IssueFileConverter, "issue_file")
register_converter(issue_views.IssueNumberConverter, "issue")
register_converter(feeds.FeedFormatConverter, "feed")

app_name = "public"

PARALLEL_ATOM = {"feed_format": "atom", "is_parallel": True}

pages = [
    path("", public_view(keep(views.newest)), name="newest"),
    path("about/", public_view(keep(views.about)), name="about"),
    path("follow/", public_view(keep(feeds.show_follow)), name="follow"),
    path("subscribe/", public_view(subscribe_views.subscribe, allows_post=True), name="subscribe"),
    path("corrections/", public_view(keep(corrections.log)), name="corrections"),
    path("corrections/feed.atom", public_view(keep(feeds.corrections_feed)), name="corrections-feed"),
    path("feed.<feed:feed_format>", public_view(keep(feeds.feed)), name="feed"),
    path("parallel/feed.atom", public_view(keep(feeds.feed)), PARALLEL_ATOM, name="parallel-feed"),
    *(
        route
        for kind in ("keywords", "authors", "sources", "terms")
        for route in (
            path(
                f"{kind}/<slug:slug>/feed.<feed:feed_format>",
                public_view(keep(feeds.subject_feed)),
                {"kind": kind},
                name=f"{kind.removesuffix('s')}-feed",
            ),
            path(
                f"{kind}/<slug:slug>/parallel/feed.atom",
                public_view(keep(feeds.subject_feed)),
                PARALLEL_ATOM | {"kind": kind},
                name=f"{kind.removesuffix('s')}-parallel-feed",
            ),
        )
    ),
    path(
        "search/feed.<feed:feed_format>",
        public_view(feeds.search_feed, is_exported=False),
        name="search-feed",
    ),
    path(
        "search/parallel/feed.atom",
        public_view(feeds.search_feed, is_exported=False),
        PARALLEL_ATOM,
        name="search-parallel-feed",
    ),
    path("search/", public_view(read_version_once(search_views.search), is_exported=False), name="search"),
    path("search/suggest/", public_view(search_views.suggest, is_exported=False), name="suggest"),
    path("briefs/<slug:slug>/", public_view(offer_markdown(keep(views.brief))), name="brief"),
    path("briefs/<slug:slug>.md", public_view(keep(brief_files.markdown_twin)), name="markdown"),
    path(
        "briefs/<slug:slug>/parallel/", public_view(keep(views.brief)), {"is_parallel": True}, name="parallel"
    ),
    path("briefs/<slug:slug>/changes/", public_view(keep(corrections.changes)), name="changes"),
    path("briefs/<slug:slug>/<citation:file>", public_view(keep(brief_files.citation)), name="citation"),
    path("briefs/<slug:slug>/card.png", public_view(card_views.card), name="card"),
    path("briefs/<slug:slug>/report/", public_view(report_views.report, allows_post=True), name="report"),
    *(
        path(f"{kind}/", public_view(keep(subject_views.index)), {"kind": kind}, name=kind)
        for kind in ("keywords", "authors", "sources", "terms")
    ),
    *(
        path(
            f"{kind}/<slug:slug>/",
            public_view(keep(subject_views.subject)),
            {"kind": kind},
            name=kind.removesuffix("s"),
        )
        for kind in ("keywords", "authors", "sources")
    ),
    path("terms/<slug:slug>/", public_view(keep(subject_views.term)), name="term"),
    path("issues/", public_view(keep(issue_views.show_list)), name="issues"),
    path("issues/feed.atom", public_view(keep(feeds.issues_feed)), name="issues-feed"),
    path("issues/<issue:number>/", public_view(keep(issue_views.show_issue)), name="issue"),
    path(
        "issues/<issue:number>/parallel/",
        public_view(keep(issue_views.show_issue)),
        {"is_parallel": True},
        name="issue-parallel",
    ),
    path(
        "issues/<issue:number>/issue.<issue_file:file_format>",
        public_view(keep(issue_files.issue_file, issue_files.FILE_OPTIONS)),
        name="issue-file",
    ),
    path("archive/", public_view(keep(subject_views.archive)), name="archive"),
    path("archive/<year:year>/", public_view(keep(subject_views.year)), name="year"),
    path("archive/<year:year>/<month:month>/", public_view(keep(subject_views.month)), name="month"),
]

urlpatterns = [
    path("", public_view(views.redirect_to_language, is_exported=False), name="front-door"),
    path("<language:language>/", include(pages)),
    path("u/<slug:token>/", public_view(subscribe_views.link, allows_post=True), name="mail-link"),
    path("media/pictures/<str:name>", public_view(brief_files.picture), name="picture"),
    path("sitemap.xml", public_view(keep(sitemaps.sitemap)), name="sitemap"),
    path("sitemap-pages.xml", public_view(keep(sitemaps.sitemap_pages)), name="sitemap-pages"),
    path("sitemap-<int:block>.xml", public_view(keep(sitemaps.sitemap_part)), name="sitemap-part"),
    path("robots.txt", public_view(sitemaps.robots), name="robots"),
    path("favicon.ico", public_view(sitemaps.favicon), name="favicon"),
    path(".well-known/security.txt", public_view(sitemaps.security), name="security"),
    re_path(
        rf"^{LANGUAGE_ALIAS_PATTERN}/(?P<rest>.*)$",
        public_view(views.redirect_language_alias, is_exported=False),
        name="other-spelling",
    ),
]
