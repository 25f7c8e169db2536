"""A reader reports an error: a form without a cookie, an account or a script, that becomes a Letter."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import mark_safe

from .. import letters
from ..content import Side
from ..text import paths
from . import editions, errors, page_frame
from .editions import Found
from .responses import NEVER, sender

FIELDS = ("name", "email", "bullet", "text")


def report(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    try:
        found = editions.find(slug, page, timezone.now())
    except editions.Gone:
        return errors.gone(page)
    if request.method == "POST":
        return _received(request, found, page)
    form = {"sent": "sent" in request.GET, "bullet": request.GET.get("bullet", "")}
    return _shown(found, page, form)


def _received(request: HttpRequest, found: Found, page: Side) -> HttpResponse:
    """Stored and thanked by a page of its own address; or the form again with the reason and all that was typed."""
    given = {name: request.POST.get(name, "") for name in (*FIELDS, "website", "stamp")}
    numbers = {str(number): number for number, _ in _choices(found, page)}
    typed = letters.Typed(
        text=given["text"],
        name=given["name"],
        email=given["email"],
        bullet=numbers.get(given["bullet"]),
        side=page,
        trap=given["website"],
        stamp=given["stamp"],
    )
    try:
        letters.receive(_place(found), typed, sender(request))
    except letters.Unsent as unsent:
        form = {name: given[name] for name in FIELDS} | {"problem": str(unsent), "about": unsent.about}
        response = _shown(found, page, form, status=unsent.status)
        if unsent.retry_after:
            response.headers["Retry-After"] = str(unsent.retry_after)
        return response
    thanks = HttpResponseRedirect(f"{paths.report(page, found.card['slug'])}?sent=1", status=303)
    thanks.headers["Cache-Control"] = NEVER
    return thanks


def _shown(found: Found, page: Side, form: dict[str, Any], *, status: int = 200) -> HttpResponse:
    card = found.card
    typed = escape(form.get("text", "")).replace("\r\n", "\n").replace("\n", "&#10;")
    response = page_frame.render(
        "briefs/report.html",
        page,
        f"briefs/{card['slug']}/report/",
        status=status,
        headline=card[f"headline_{page}"],
        brief=paths.brief(page, card["slug"]),
        here=paths.report(page, card["slug"]),
        choices=_choices(found, page),
        form=form | {"stamp": letters.stamp(_place(found)), "text": mark_safe(typed)},  # noqa: S308 escaped
    )
    response.headers["Cache-Control"] = NEVER
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _place(found: Found) -> letters.Place:
    return letters.Place(brief=found.brief_id, edition=found.pk)


def _choices(found: Found, page: Side) -> list[tuple[int, str]]:
    """Number and first words of each bullet; none of a brief of which only the notice is public."""
    return [] if found.withdrawn_at else letters.choices(editions.content(found), page)
