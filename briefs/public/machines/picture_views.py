"""Serve cover files while a listed edition shows the picture.

A file never changes but may be withdrawn, so it is cached no longer than a page.
"""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from ... import images
from ...rendering.cover import PICTURE_TYPES
from .. import editions

log = logging.getLogger(__name__)


def picture(request: HttpRequest, name: str) -> HttpResponse:
    key = images.picture_key_from_file_name(name)
    if not key or not editions.is_picture_public(key, timezone.now()):
        raise Http404
    try:
        data = images.read(name)
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError as error:  # a storage that is away
        log.error("%s: %s", name, error)
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    kind = PICTURE_TYPES[name.rpartition(".")[2]]
    return HttpResponse(data, content_type=kind)
