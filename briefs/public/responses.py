"""What every public page shares: languages, frame, methods, caching and error pages."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls.converters import IntConverter, StringConverter
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt

from briefs.bilingual.rendering.text import strip_indentation
from briefs.bilingual.text import paths
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.publications import pdf

LANGUAGE_ALIAS_PATTERN = r"(?!zh-hant/|en/)(?P<alias>(?i:zh(?:-han[ts])?(?:-(?:tw|hk|mo|cn|sg))?|en))"
"""Alternative language prefixes: /zh/, /zh-TW/, /zh-Hant-HK/, /EN/, and those of Simplified Chinese."""


class LanguageConverter:
    regex = "zh-hant|en"

    def to_python(self, value: str) -> Side:
        return "zh" if value == LANGUAGE_CODES["zh"] else "en"

    def to_url(self, value: Side) -> str:
        return LANGUAGE_CODES[value]


class YearConverter(IntConverter):
    """Accept a year up to 9998: date ranges end at the start of the next year."""

    regex = "(?!9999)[1-9][0-9]{3}"


class MonthConverter(StringConverter):
    """Accept a month without its leading zero; the view redirects to the canonical address."""

    regex = "0?[1-9]|1[0-2]"


CHINESE_LANGUAGE_TAGS = frozenset({"zh", "cmn", "yue", "nan", "hak", "wuu"})
"""Primary subtags for Chinese and those of its varieties that browsers may send."""


def accepts_chinese(accept_language: str) -> bool:
    """Return whether an Accept-Language header accepts Chinese with any weight above 0."""
    for part in accept_language.lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        if tag.strip().partition("-")[0] in CHINESE_LANGUAGE_TAGS and not (
            name.strip() == "q" and _is_zero(value)
        ):
            return True
    return False


def language_from_path(path: str) -> Side | None:
    """Return the language of an address; None if it has none."""
    first = path.split("/", 2)[1].lower() if path.startswith("/") else ""
    if first == "en":
        return "en"
    return "zh" if first.partition("-")[0] == "zh" else None


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


LIST_OPTIONS: Final[Mapping[str, Sequence[str]]] = {"show": (*SIDES, "both")}
"""Query parameters that say how a page is shown, with their values. A language leads to its address."""


class ListView(NamedTuple):
    """The languages of a page: one, or both, the page's own first."""

    language: Side
    is_both: bool = False

    @classmethod
    def read(cls, request: HttpRequest, language: Side) -> "ListView":
        return cls(language, request.GET.get("show") == "both")

    @property
    def both_sides(self) -> tuple[Side, Side]:
        return self.language, paths.OTHER_SIDE[self.language]

    @property
    def sides(self) -> tuple[Side, ...]:
        """Return the languages that are shown in full."""
        return self.both_sides if self.is_both else (self.language,)

    @property
    def show(self) -> str:
        return "show=both" if self.is_both else ""


TITLE_SEPARATOR: dict[Side, str] = {"zh": "｜", "en": " · "}


def render(
    template: str,
    language: Side,
    path: str,
    *,
    query_string: str = "",
    list_view: ListView | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render a page. `path` is its address without the language prefix, valid in both languages.

    `query_string` is a position in a list, which only the links to other views of the list keep. `list_view`: of a page
    that can show both languages.
    """
    frame = _language_context(language)
    frame |= _address_context(language, path, query_string.removeprefix("?"), list_view)
    body = strip_indentation(render_to_string(template, frame | context))
    return HttpResponse(body, status=status)


def _language_context(language: Side) -> dict[str, Any]:
    """Return the context that all pages of a language share."""
    other = paths.OTHER_SIDE[language]
    return {
        "page": language,
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
        "site": settings.DIGEST_SITE_NAME[language],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "home": paths.home(language),
        "twin_name": paths.NATIVE_LANGUAGE_NAMES[other],
        "joint": TITLE_SEPARATOR[language],
        "description": gettext("Bilingual briefs of writing on foreign policy"),
        "has_pdf": pdf.is_available,  # called by the template that shows it
        "hreflang_zh": paths.HREFLANG["zh"],
        "hreflang_en": paths.HREFLANG["en"],
    }


def _address_context(language: Side, path: str, position: str, list_view: ListView | None) -> dict[str, Any]:
    """Return the links of the page's head, and of the switch between languages."""
    addresses = {side: f"{paths.home(side)}{path}" for side in SIDES}
    pages = {side: paths.with_query(addresses[side], position) for side in SIDES}
    context: dict[str, Any] = {
        "canonical": f"{settings.SITE_URL}{addresses[language]}",
        "address_zh": f"{settings.SITE_URL}{addresses['zh']}",
        "address_en": f"{settings.SITE_URL}{addresses['en']}",
        "address_default": f"{settings.SITE_URL}{addresses['en'] if path else '/'}",
        "zh_url": pages["zh"],
        "en_url": pages["en"],
        "twin_url": pages[paths.OTHER_SIDE[language]],
        "view": language,
    }
    if list_view:
        context["parallel"] = paths.with_query(pages[language], "show=both")
        context["view"] = "parallel" if list_view.is_both else language
    return context


CACHE_ONE_MINUTE = "public, max-age=60"
NO_STORE = "no-store"

type ViewFunction = Callable[..., HttpResponse]


class Gone(Exception):
    """The page was public and has been removed."""


def public_view(view: ViewFunction, *, allows_post: bool = False) -> ViewFunction:
    """Wrap a view: allow GET, HEAD and OPTIONS, activate the address's language, answer 304 by ETag.

    With `allows_post` the view also accepts POST and must check the origin itself. A view may raise Http404 or `Gone`.
    """
    methods = ["GET", "HEAD", *(["POST"] if allows_post else []), "OPTIONS"]

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        drop_session(request)
        if request.method == "OPTIONS" or request.method not in methods:
            return _answer_other_method(request, methods)
        if redirect := _redirect_options(request, arguments.get("language")):
            return redirect
        with translation.override(LANGUAGE_CODES[arguments.get("language", "zh")]):
            try:
                response = view(request, **arguments)
            except Gone:
                response = gone(arguments["language"])
        response.headers.setdefault(
            "Cache-Control", CACHE_ONE_MINUTE if response.status_code < 400 else NO_STORE
        )
        answer: HttpResponse = response
        if response.status_code == 200 and response.headers["Cache-Control"] != NO_STORE:
            if "ETag" not in response.headers:  # a view may set an ETag computed without the content
                response.headers["ETag"] = make_etag(response.content)
            etag = response.headers["ETag"]
            answer = get_conditional_response(request, etag, None, response) or response
        return strip_head_body(request, answer)

    return csrf_exempt(
        serve
    )  # no session to forge: other views answer POST with 405, and `letters` checks the origin


def _redirect_options(request: HttpRequest, language: Side | None) -> HttpResponse | None:
    """Return the redirect to the address of `?show=zh` or `?show=en`, and without `?rows=`, which lists once had."""
    options = request.META.get("QUERY_STRING", "")
    if language is None or not ("show=" in options or "rows=" in options):
        return None
    query, target = request.GET.copy(), language
    query.pop("rows", None)
    for side in SIDES:
        if query.get("show") == side:
            target = side
            del query["show"]
    if len(query) == len(request.GET):
        return None
    rest = request.path.removeprefix(paths.home(language))
    return HttpResponseRedirect(
        paths.with_query(escape_uri_path(f"{paths.home(target)}{rest}"), query.urlencode())
    )


def make_etag(data: bytes) -> str:
    """Return an ETag computed from the data."""
    return f'"{hashlib.sha256(data).hexdigest()[:24]}"'


def drop_session(request: HttpRequest) -> None:
    """Remove the session from the request.

    Otherwise the session middleware answers a malformed cookie with a new cookie and `Vary: Cookie`.
    """
    if hasattr(request, "session"):
        del request.session
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)


def strip_head_body(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Remove the body from the response to a HEAD request, keeping its Content-Length.

    A view that streams answers HEAD with an empty stream and has no length.
    """
    if request.method == "HEAD" and not response.streaming:
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _answer_other_method(request: HttpRequest, methods: list[str]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(methods), "Cache-Control": NO_STORE})
    refused = HttpResponseNotAllowed(
        methods,
        f"This address answers {', '.join(methods)} only. / 此網址僅接受 {'、'.join(methods)}。\n",
        content_type="text/plain; charset=utf-8",
    )
    refused.headers["Cache-Control"] = NO_STORE
    return refused


MESSAGES = {
    404: (
        gettext_noop("Page not found"),
        gettext_noop("The address may be mistyped, or the brief has moved."),
    ),
    410: (
        gettext_noop("This page has been removed."),
        gettext_noop("What stood here is no longer published."),
    ),
    429: (
        gettext_noop("Too many searches"),
        gettext_noop("Please wait a minute before the next one. Every page stays open meanwhile."),
    ),
    500: (
        gettext_noop("Something went wrong on our side."),
        gettext_noop("Please try again in a moment."),
    ),
}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if not request.path_info.startswith("/admin/"):
        drop_session(request)
    return strip_head_body(
        request, render_error(language_from_path(request.path_info) or "zh", 404, *MESSAGES[404])
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return strip_head_body(
        request, render_error(language_from_path(request.path_info) or "zh", 500, *MESSAGES[500])
    )


def gone(language: Side) -> HttpResponse:
    return render_error(language, 410, *MESSAGES[410])


def too_many_requests(language: Side, seconds: int) -> HttpResponse:
    response = render_error(language, 429, *MESSAGES[429])
    response.headers["Retry-After"] = str(seconds)
    return response


def render_error(
    language: Side,
    status: int,
    heading: str,
    advice: str,
    *,
    reload: str = "",
    next_page: tuple[str, str] = ("", ""),
    **context: Any,
) -> HttpResponse:
    """Render an error page in both languages, that of the address first.

    The language switch leads to the home page. `reload`: an address to try again, shown instead of the newest briefs.
    `next_page`: path and name of another page of the language to go to instead.
    """
    if not reload and not next_page[1]:
        next_page = ("", _NEWEST)
    sides = [
        _side_context(side, heading, advice, reload, next_page)
        for side in (language, paths.OTHER_SIDE[language])
    ]
    with translation.override(paths.LANGUAGE_CODES[language]):
        response = render(
            "briefs/error.html",
            language,
            "",
            status=status,
            number=status,
            sides=sides,
            heading=sides[0]["heading"],
            **context,
        )
    response.headers["Cache-Control"] = NO_STORE
    return response


_NEWEST: Final = gettext_noop("See the newest briefs")


def _side_context(
    side: Side, heading: str, advice: str, reload: str, next_page: tuple[str, str]
) -> dict[str, str]:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return {
            "lang": LANGUAGE_TAGS[side],
            "heading": gettext(heading).rstrip(".。"),
            "advice": gettext(advice),
            "target": reload or paths.home(side) + next_page[0],
            "link": gettext("Load the page again") if reload else gettext(next_page[1]),
        }
