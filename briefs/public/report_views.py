"""Error report form, without cookie, account or script. A report is stored as a `Letter`."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from .. import letters
from ..content import Side
from ..text import paths
from . import editions, errors, page_frame
from .editions import PublicEdition
from .letter_forms import build_form_context, receive_letter
from .responses import NO_STORE

REPORT_FIELDS = ("name", "email", "bullet", "text")


def report(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    try:
        found = editions.find(slug, language, timezone.now())
    except editions.Gone:
        return errors.gone(language)
    if request.method == "POST":
        return _receive_report(request, found, language)
    form = {"sent": "sent" in request.GET, "bullet": request.GET.get("bullet", "")}
    return _render_form(found, language, form)


def _receive_report(request: HttpRequest, edition: PublicEdition, language: Side) -> HttpResponse:
    """Store the report and redirect to the thank-you page, or show the form again."""
    rejected = receive_letter(
        request,
        _letter_target(edition),
        fields=REPORT_FIELDS,
        bullets=dict(_bullet_choices(edition, language)),
        side=language,
        render_form=partial(_render_form, edition, language),
    )
    if rejected:
        return rejected
    thanks = HttpResponseRedirect(f"{paths.report(language, edition.card['slug'])}?sent=1", status=303)
    thanks.headers["Cache-Control"] = NO_STORE
    return thanks


def _render_form(
    edition: PublicEdition, language: Side, form: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    card = edition.card
    response = page_frame.render(
        "briefs/report.html",
        language,
        f"briefs/{card['slug']}/report/",
        status=status,
        headline=card[f"headline_{language}"],
        brief=paths.brief(language, card["slug"]),
        here=paths.report(language, card["slug"]),
        choices=_bullet_choices(edition, language) or None,
        form=build_form_context(_letter_target(edition), form),
    )
    response.headers["Cache-Control"] = NO_STORE
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _letter_target(edition: PublicEdition) -> letters.LetterTarget:
    return letters.LetterTarget(brief=edition.brief_id, edition=edition.pk)


def _bullet_choices(edition: PublicEdition, language: Side) -> list[tuple[int, str]]:
    """Return number and first words of each bullet; empty for a withdrawn brief, whose text is not public."""
    return (
        [] if edition.withdrawn_at else letters.build_bullet_choices(editions.load_content(edition), language)
    )
