"""Read text pasted into the editor with the importer's rules for markers and levels."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from ...documents.pasted_lines import read_pasted_lines
from ..common.access import require_role
from ..common.brief_pages import json_response

MAX_LINES: Final = 2_000
MAX_CHARACTERS: Final = 200_000


def read_pasted_text(request: HttpRequest) -> HttpResponse:
    """Return the lines of each POSTed `column` as {text, marker, depth}. Nothing is stored.

    With `joins`, lines that a mail program wrapped are joined; the entries of the later ones are then empty.
    """
    require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    columns = [text[:MAX_CHARACTERS].split("\n")[:MAX_LINES] for text in request.POST.getlist("column")[:2]]
    return json_response(
        {
            "columns": [
                [
                    {"text": line.text, "marker": line.marker, "depth": line.depth}
                    for line in read_pasted_lines(lines, joins_wrapped="joins" in request.POST)
                ]
                for lines in columns
            ]
        }
    )
