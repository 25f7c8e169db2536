"""Refuse large request bodies before they are read."""

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

LIMIT: Final = 64 * 1024
"""Bytes of a body sent by somebody who is not signed in: a letter or a password."""

SMALL_FORMS: Final = re.compile(r"/admin/(login|account)/")
"""Pages of the desk for people who are not signed in."""

type Handler = Callable[[HttpRequest], HttpResponse]


def limit_body(get_response: Handler) -> Handler:
    """Answer 413 to a larger body, except on the desk, whose uploads have limits of their own."""

    def answer(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        may_upload = request.path_info.startswith("/admin/") and not SMALL_FORMS.match(request.path_info)
        if may_upload or (length.isdecimal() and int(length) <= LIMIT):
            return get_response(request)
        text = f"At most {LIMIT >> 10} kB. / 上限為 {LIMIT >> 10} kB。\n"
        return HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")

    return answer
