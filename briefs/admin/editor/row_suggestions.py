"""Answer questions about texts as typed or pasted: terms and translation-memory matches of a row, the lens of several rows, and the lines of a clipboard."""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.urls import reverse

from ... import checks
from ...content import SIDES, Bullet, Content, Side
from ...derived import translation_memory
from ...documents.pasted_lines import read_pasted_lines
from ...models import Brief, Term
from ...text.text_diff import diff_texts
from ...workflow.rules.check_context import load_check_context
from ..common.access import require_role
from ..common.brief_pages import json_response
from ..common.findings import Utf16Offsets

MAX_SIDE_LENGTH: Final = 20_000
"""Characters per side that are searched."""
MAX_TERMS: Final = 12
MAX_ROWS: Final = 300
MAX_LINES: Final = 2_000
MAX_CHARACTERS: Final = 200_000


def suggest_for_row(request: HttpRequest, pk: int) -> HttpResponse:
    """Return suggestions for the texts of a row, POSTed as `zh` and `en`."""
    if refusal := _refuse(request, pk):
        return refusal
    zh, en = (request.POST.get(side, "")[:MAX_SIDE_LENGTH] for side in SIDES)
    return json_response({"terms": list(_find_terms(zh, en)), "memory": list(_find_memory_matches(zh, en))})


def light_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the lit words of the texts POSTed as `rows`: a JSON object of `[zh, en]` by row key.

    The answer has, by row and side, a list of [start, end, kind, is_matched, index of the counterpart or null].
    """
    if refusal := _refuse(request, pk):
        return refusal
    try:
        rows = _read_rows(request.POST.get("rows", ""))
    except ValueError:
        return HttpResponseBadRequest()
    pairs = list(rows.values())
    known = load_check_context(Content(bullets=tuple(Bullet(n, *pair) for n, pair in enumerate(pairs, 1))))
    lit = zip(rows.items(), checks.light_pairs(pairs, known), strict=True)
    return json_response(
        {
            key: {side: _spans_as_json(text, spans[side]) for side, text in zip(SIDES, pair, strict=True)}
            for (key, pair), spans in lit
        }
    )


def _refuse(request: HttpRequest, pk: int) -> HttpResponse | None:
    require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not Brief.objects.filter(pk=pk).exists():
        raise Http404
    return None


def _read_rows(data: str) -> dict[str, tuple[str, str]]:
    """Raise ValueError for anything but an object of pairs of texts."""
    rows = json.loads(data)
    if not isinstance(rows, dict) or len(rows) > MAX_ROWS:
        raise ValueError
    for pair in rows.values():
        if not isinstance(pair, list) or [type(text) for text in pair] != [str, str]:
            raise ValueError
    return {key: (zh[:MAX_SIDE_LENGTH], en[:MAX_SIDE_LENGTH]) for key, (zh, en) in rows.items()}


def _spans_as_json(text: str, spans: list[checks.LensSpan]) -> list[list[Any]]:
    offsets = Utf16Offsets(text)
    return [
        [offsets[span.start], offsets[span.end], span.kind, span.is_matched, span.partner] for span in spans
    ]


def _find_terms(zh: str, en: str) -> Iterator[dict[str, str]]:
    """Yield terms in text order. `missing` is the side that lacks the term's rendering, if any."""
    known = load_check_context(Content(bullets=(Bullet(1, zh, en),)))
    found = checks.find_terms_in_pair(zh, en, known)[:MAX_TERMS]
    rows = Term.objects.filter(merged_into=None, zh__in={term.zh for term, _ in found}) if found else ()
    pks = {(row.zh, row.en): row.pk for row in rows}
    for term, sides in found:
        missing = next((side for side in SIDES if side not in sides), "")
        pk = pks.get((term.zh, term.en))
        url = reverse("admin:briefs_term_uses", args=[pk]) if pk else ""
        yield {"zh": term.zh, "en": term.en, "missing": missing, "url": url}


def _find_memory_matches(zh: str, en: str) -> Iterator[dict[str, Any]]:
    written = [side for side, text in zip(SIDES, (zh, en), strict=True) if text.strip()]
    if len(written) != 1:
        return
    side: Side = written[0]
    text = zh if side == "zh" else en
    for match in translation_memory.find_matches(text, side):
        theirs = match.zh if side == "zh" else match.en
        yield {
            "zh": match.zh,
            "en": match.en,
            "score": round(match.score, 2),
            "brief": match.title,
            "url": f"{reverse('admin:briefs_brief_change', args=[match.brief])}#b{match.number}",
            "side": side,
            "marked": [
                [run.text, run.kind != "equal"] for run in diff_texts(text, theirs) if run.kind != "deleted"
            ],
        }


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
