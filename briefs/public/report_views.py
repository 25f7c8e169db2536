"""Error report form, without cookie, account or script. A report is stored as a `Letter`."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import mark_safe

from .. import letters
from ..content import Side
from ..text import paths
from . import editions, errors, page_frame
from .editions import PublicEdition
from .responses import NO_STORE, read_sender

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
    """Store the report and redirect to the thank-you page, or show the form again with the error and the
    input.
    """
    given = {name: request.POST.get(name, "") for name in (*REPORT_FIELDS, "website", "stamp")}
    numbers = {str(number): number for number, _ in _bullet_choices(edition, language)}
    typed = letters.LetterInput(
        text=given["text"],
        name=given["name"],
        email=given["email"],
        bullet=numbers.get(given["bullet"]),
        side=language,
        honeypot=given["website"],
        stamp=given["stamp"],
    )
    try:
        letters.receive(_letter_place(edition), typed, read_sender(request))
    except letters.LetterRejected as unsent:
        form = {name: given[name] for name in REPORT_FIELDS} | {"problem": str(unsent), "about": unsent.about}
        response = _render_form(edition, language, form, status=unsent.status)
        if unsent.retry_after:
            response.headers["Retry-After"] = str(unsent.retry_after)
        return response
    thanks = HttpResponseRedirect(f"{paths.report(language, edition.card['slug'])}?sent=1", status=303)
    thanks.headers["Cache-Control"] = NO_STORE
    return thanks


def _render_form(
    edition: PublicEdition, language: Side, form: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    card = edition.card
    typed = escape(form.get("text", "")).replace("\r\n", "\n").replace("\n", "&#10;")
    response = page_frame.render(
        "briefs/report.html",
        language,
        f"briefs/{card['slug']}/report/",
        status=status,
        headline=card[f"headline_{language}"],
        brief=paths.brief(language, card["slug"]),
        here=paths.report(language, card["slug"]),
        choices=_bullet_choices(edition, language),
        form=form | {"stamp": letters.build_form_stamp(_letter_place(edition)), "text": mark_safe(typed)},  # noqa: S308 escaped
    )
    response.headers["Cache-Control"] = NO_STORE
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _letter_place(edition: PublicEdition) -> letters.LetterTarget:
    return letters.LetterTarget(brief=edition.brief_id, edition=edition.pk)


def _bullet_choices(edition: PublicEdition, language: Side) -> list[tuple[int, str]]:
    """Return number and first words of each bullet; empty for a withdrawn brief, whose text is not public."""
    return (
        [] if edition.withdrawn_at else letters.build_bullet_choices(editions.load_content(edition), language)
    )
