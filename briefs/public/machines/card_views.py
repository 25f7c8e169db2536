"""card.png, the link preview image of a brief, drawn on first request and cached."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext

from ...content import Side
from ...rendering.cards import format_authors_and_source
from .. import editions, errors
from ..responses import make_etag
from . import card_drawing, fonts

CARD_CACHE_SECONDS = 60 * 60 * 24


def card(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    """Return the image.

    The ETag is a hash of the input, so an unchanged image costs no drawing.
    """
    try:
        brief = editions.find_listed(slug, timezone.now())
    except editions.Gone:
        return errors.gone(language)
    byline = gettext("Digest of %(what)s") % {"what": format_authors_and_source(brief, language)}
    byline = byline.replace("，《", "《")  # two full-width marks leave a gap in a picture
    words = card_drawing.CardText(brief.headline(language), byline, settings.DIGEST_SITE_NAME[language])
    etag = make_etag(
        repr((card_drawing.VERSION, words, language, fonts.find_face("zh"), fonts.find_face("en"))).encode()
    )
    headers = {"ETag": etag, "Content-Type": "image/png"}
    unchanged = get_conditional_response(request, etag, None, HttpResponse(headers=headers))
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    key = f"card-{etag[1:-1]}"
    picture = cache.get(key)
    if picture is None:
        picture = card_drawing.draw(words, language)
        cache.set(key, picture, CARD_CACHE_SECONDS)
    return HttpResponse(picture, headers=headers)
