"""Public addresses. Every route is here, each through `public`: no other door is open to everybody."""

from django.urls import include, path, re_path, register_converter

from . import health, report_views, views, well_known
from .languages import ALIAS, LanguageConverter, MonthConverter, YearConverter
from .machines import card_views, citation_views, feeds, picture_views, sitemaps
from .responses import public
from .search import search_views
from .subjects import subject_views

register_converter(LanguageConverter, "language")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")
register_converter(citation_views.FileConverter, "citation")
register_converter(feeds.EndConverter, "feed")

app_name = "public"

pages = [
    path("", public(views.newest), name="newest"),
    path("about/", public(views.about), name="about"),
    path("feed.<feed:end>", public(feeds.feed), name="feed"),
    path(
        "keywords/<slug:slug>/feed.<feed:end>", public(feeds.feed), {"kind": "keywords"}, name="keyword-feed"
    ),
    path("sources/<slug:slug>/feed.<feed:end>", public(feeds.feed), {"kind": "sources"}, name="source-feed"),
    path("search/", public(search_views.search, exported=False), name="search"),
    path("search/suggest/", public(search_views.suggest, exported=False), name="suggest"),
    path("briefs/<slug:slug>/", public(views.brief), name="brief"),
    path("briefs/<slug:slug>/parallel/", public(views.parallel), name="parallel"),
    path("briefs/<slug:slug>/<citation:file>", public(citation_views.citation), name="citation"),
    path("briefs/<slug:slug>/card.png", public(card_views.card), name="card"),
    path("briefs/<slug:slug>/report/", public(report_views.report, posts=True), name="report"),
    *(
        path(f"{kind}/", public(subject_views.index), {"kind": kind}, name=kind)
        for kind in ("keywords", "authors", "sources", "terms")
    ),
    *(
        path(
            f"{kind}/<slug:slug>/", public(subject_views.subject), {"kind": kind}, name=kind.removesuffix("s")
        )
        for kind in ("keywords", "authors", "sources")
    ),
    path("terms/<slug:slug>/", public(subject_views.term), name="term"),
    path("archive/", public(subject_views.archive), name="archive"),
    path("archive/<year:year>/", public(subject_views.year), name="year"),
    path("archive/<year:year>/<month:month>/", public(subject_views.month), name="month"),
]

urlpatterns = [
    path("", public(views.front_door, exported=False), name="front-door"),
    path("<language:page>/", include(pages)),
    path("media/pictures/<str:name>", public(picture_views.picture), name="picture"),
    path("sitemap.xml", public(sitemaps.whole), name="sitemap"),
    path("sitemap-pages.xml", public(sitemaps.pages), name="sitemap-pages"),
    path("sitemap-<int:block>.xml", public(sitemaps.part), name="sitemap-part"),
    path("robots.txt", public(well_known.robots), name="robots"),
    path(".well-known/security.txt", public(well_known.security), name="security"),
    path("healthz", public(health.healthz, exported=False), name="healthz"),
    path("readyz", public(health.readyz, exported=False), name="readyz"),
    re_path(rf"^{ALIAS}/(?P<rest>.*)$", public(views.other_spelling, exported=False), name="other-spelling"),
]
