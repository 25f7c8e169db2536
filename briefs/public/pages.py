"""The frame of a page: what its head, masthead and foot need, in the language of its address."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from ..content import LANG, SIDES, Side
from ..rendering import paths


def render(template: str, page: Side, path: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """`path` is the address without its language: every page stands under both."""
    body = render_to_string(template, frame(page, path) | context)
    return HttpResponse(body, status=status)


def frame(page: Side, path: str) -> dict[str, Any]:
    other = paths.OTHER[page]
    site = settings.SITE_URL
    return {
        "page": page,
        "lang": LANG[page],
        "twin_lang": LANG[other],
        "site": settings.DIGEST_SITE_NAME[page],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "home": paths.home(page),
        "twin_home": paths.home(other),
        "twin_name": paths.NAME[other],
        "twin_url": f"{paths.home(other)}{path}",
        "path": path,
        "canonical": f"{site}{paths.home(page)}{path}",
        "alternates": [
            *((paths.HREFLANG[side], f"{site}{paths.home(side)}{path}") for side in SIDES),
            ("x-default", f"{site}{paths.home('en')}{path}" if path else f"{site}/"),
        ],
        "description": gettext("Bilingual briefs of writing on foreign policy"),
        "joint": "｜" if page == "zh" else " · ",
    }
