"""Suggest glossary terms and translation-memory matches for the row that is being edited."""

from collections.abc import Iterator
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from ... import checks
from ...content import SIDES, Bullet, Content, Side
from ...derived import translation_memory
from ...models import Brief, Term
from ...text.text_diff import diff_texts
from ...workflow.rules.check_context import load_check_context
from ..common.access import require_role
from ..common.brief_pages import json_response

MAX_SIDE_LENGTH: Final = 20_000
"""Characters per side that are searched."""
MAX_TERMS: Final = 12


def suggest_for_row(request: HttpRequest, pk: int) -> HttpResponse:
    """Return suggestions for the texts of a row, POSTed as `zh` and `en`."""
    require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not Brief.objects.filter(pk=pk).exists():
        raise Http404
    zh, en = (request.POST.get(side, "")[:MAX_SIDE_LENGTH] for side in SIDES)
    return json_response({"terms": list(_find_terms(zh, en)), "memory": list(_find_memory_matches(zh, en))})


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
