"""Views of the home page, briefs and the about page. Only views read the clock."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from ..content import Side
from ..models.site import SiteText
from ..rendering import text
from ..text import paths
from . import brief_presenter, editions, errors, home_page, page_frame, page_keys
from .languages import accepts_chinese


def redirect_to_language(request: HttpRequest, page: str = "") -> HttpResponse:
    chinese = accepts_chinese(request.headers.get("Accept-Language", ""))
    headers = {"Vary": "Accept-Language"}
    return HttpResponseRedirect(paths.home("zh" if chinese else "en") + page, headers=headers)


def redirect_language_alias(request: HttpRequest, alias: str, rest: str) -> HttpResponse:
    """Redirect /zh-tw/…, /zh-Hant/… and other spellings to the canonical language prefix."""
    side: Side = "en" if alias.lower() == "en" else "zh"
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(
        paths.home(side) + escape_uri_path(rest) + (f"?{query}" if query else "")
    )


def newest(request: HttpRequest, language: Side) -> HttpResponse:
    now = timezone.now()
    page = editions.list_newest_briefs(now, page_keys.read_page_key(request))
    return page_frame.render(
        "briefs/newest.html",
        language,
        "",
        query_string=page.query_string,
        **home_page.build_newest_context(page, language, now),
    )


def brief(request: HttpRequest, language: Side, slug: str, *, is_parallel: bool = False) -> HttpResponse:
    now = timezone.now()
    path = f"briefs/{slug}/parallel/" if is_parallel else f"briefs/{slug}/"
    try:
        found = editions.find(slug, now)
    except editions.Gone:
        return errors.gone(language)
    if found.withdrawn_at:
        response = page_frame.render(
            "briefs/withdrawn.html",
            language,
            path,
            **brief_presenter.build_withdrawn_context(found, found.withdrawn_at, language),
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response
    return page_frame.render(
        "briefs/parallel.html" if is_parallel else "briefs/brief.html",
        language,
        path,
        **brief_presenter.build_brief_context(
            found,
            editions.list_history(found, now),
            editions.load_neighbours(found, now),
            editions.load_terms(found.pk),
            language,
            is_parallel=is_parallel,
        ),
    )


def about(request: HttpRequest, language: Side) -> HttpResponse:
    own = SiteText.objects.filter(key="about").values_list(f"text_{language}", flat=True).first()
    words = own or brief_presenter.DEFAULT_ABOUT_TEXT[language]
    return page_frame.render("briefs/about.html", language, "about/", paragraphs=text.split_paragraphs(words))
