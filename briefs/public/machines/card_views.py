"""card.png: the picture that a link to a brief brings along, made when it is first asked for and kept."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from ...content import Side
from ...rendering.cards import COMMA, LISTING
from .. import editions, errors
from ..responses import tag
from . import card_drawing, fonts

KEPT = 60 * 60 * 24


def card(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    """Its ETag is of what would be drawn: who has it already costs one query and no drawing."""
    try:
        data = editions.card_of(slug, timezone.now())
    except editions.Gone:
        return errors.gone(page)
    authors = LISTING[page].join(author[page] for author in data["authors"])
    outlet = data["source"][page] if data["source"] else ""
    byline = COMMA[page].join(part for part in (authors, outlet) if part)
    words = card_drawing.Words(data[f"headline_{page}"], byline, settings.DIGEST_SITE_NAME[page])
    etag = tag(repr((card_drawing.VERSION, words, page, fonts.find("zh"), fonts.find("en"))).encode())
    headers = {"ETag": etag, "Content-Type": "image/png"}
    unchanged = get_conditional_response(request, etag, None, HttpResponse(headers=headers))
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    key = f"card-{etag[1:-1]}"
    picture = cache.get(key)
    if picture is None:
        picture = card_drawing.draw(words, page)
        cache.set(key, picture, KEPT)
    return HttpResponse(picture, headers=headers)
