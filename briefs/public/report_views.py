"""Error report form, without cookie, account or script. A report is stored as a `Letter`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from briefs.bilingual.rendering import cards
from briefs.bilingual.text import paths
from briefs.content import Bullet, Side
from briefs.publications import letters

from . import editions, responses
from .editions import PublicEdition
from .letter_forms import build_form_context, receive_form
from .responses import NO_STORE

REPORT_FIELDS = ("name", "email", "bullet", "text")


def report(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    edition = editions.find(slug, timezone.now())
    if request.method == "POST":
        return receive_form(
            request,
            _letter_target(edition),
            fields=REPORT_FIELDS,
            bullets=[bullet.number for bullet in _list_bullets(edition)],
            side=language,
            render_form=partial(_render_form, edition, language),
            thanks=f"{paths.report(language, slug)}?sent=1",
        )
    form = {"sent": "sent" in request.GET, "bullet": request.GET.get("bullet", "")}
    return _render_form(edition, language, form)


def _render_form(
    edition: PublicEdition, language: Side, form: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    brief, bullets = edition.brief, _list_bullets(edition)
    quoted = next((bullet for bullet in bullets if str(bullet.number) == str(form.get("bullet", ""))), None)
    response = responses.render(
        "briefs/report.html",
        language,
        f"briefs/{brief.slug}/report/",
        status=status,
        headline=brief.headline(language),
        brief=paths.brief(language, brief.slug),
        here=paths.report(language, brief.slug),
        byline=_render_article(edition, language),
        quoted=quoted
        and {
            "number": quoted.number,
            "text": quoted.text(language),
            "twin": quoted.text(paths.OTHER_SIDE[language]),
        },
        choices=None if quoted else letters.build_bullet_choices(bullets, language) or None,
        form=build_form_context(_letter_target(edition), form),
    )
    response.headers["Cache-Control"] = NO_STORE
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _letter_target(edition: PublicEdition) -> letters.LetterTarget:
    return letters.LetterTarget(brief=edition.brief_id, edition=edition.pk)


def _render_article(edition: PublicEdition, language: Side) -> str:
    """Render author, source and date of the article; for a withdrawn brief only what its notice shows."""
    render = cards.render_source_and_date if edition.withdrawn_at else cards.render_facts
    return render(edition.brief, language)


def _list_bullets(edition: PublicEdition) -> Sequence[Bullet]:
    """Return the bullets; empty for a withdrawn brief, whose text is not public."""
    return () if edition.withdrawn_at else edition.brief.content.bullets
