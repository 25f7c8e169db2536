"""Routes of the API. Its views are wrapped in `api_view`, pages for people in `public_view`."""

from django.urls import path, re_path

from briefs.derived import corpus
from briefs.public.page_cache import keep
from briefs.public.responses import public_view

from . import issue_shape, openapi, views
from .api_responses import api_view

app_name = "api"

LIST_KEYS = frozenset({"cursor", "limit"})
NO_KEYS: frozenset[str] = frozenset()
"""No parameter is a paging key: requests with an unknown parameter get an error, which is not kept."""

urlpatterns = [
    path("api/v1/briefs", api_view(keep(views.list_briefs, LIST_KEYS)), name="briefs"),
    path("api/v1/briefs/<slug:slug>", api_view(keep(views.show_brief, NO_KEYS)), name="brief"),
    path("api/v1/changes", api_view(views.list_changes), name="changes"),
    path("api/v1/manifest", api_view(keep(views.list_manifest, frozenset({"after", "limit"}))), name="manifest"),
    path("api/v1/issues", api_view(keep(issue_shape.list_issues, LIST_KEYS)), name="issues"),
    path("api/v1/vocabulary", api_view(keep(views.list_vocabulary, NO_KEYS)), name="vocabulary"),
    path("api/v1/openapi.json", api_view(openapi.serve_document), name="openapi"),
    re_path(r"^api/v1/", api_view(views.missing), name="missing"),
    path("api/docs/", public_view(openapi.show_docs), name="docs"),
    path("<language:language>/corpus/", public_view(keep(views.show_corpus)), name="corpus"),
    path(
        "corpus/",
        public_view(views.redirect_to_page),
        name="corpus-front-door",
    ),
    *(
        path(
            f"corpus/digest.{name}",
            api_view(views.download, "corpus"),
            {"file_format": name},
            name=f"corpus-{name}",
        )
        for name in corpus.WRITERS
    ),
]  # fmt: skip
