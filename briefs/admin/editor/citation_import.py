"""The article's facts from a citation: each beside what the brief has, and taken one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import workflow
from ...content import Byline, Content, Facts
from ...exchange.citation_files.citation_reader import (
    CitationReading,
    CitationUntaken,
    Cited,
    CitedName,
    decoded,
    read_citation,
)
from ...models import Author, Brief, Person, Source, State
from ...models.vocabulary import Vocabulary
from ...workflow.rules.four_eyes import FACT_LABELS
from ...workflow.rules.transitions import check, clock
from ..common import brief_pages
from ..common.access import require
from ..common.brief_pages import brief_or_404, site_context
from ..common.diff_html import marked
from ..common.error_list import Said, linked, said_of
from ..common.fact_text import shown
from ..common.interface_labels import remarked
from ..common.name_fields import Names, names_in
from . import saving
from .brief_views import brief_page

SENTENCES: Final = {
    "empty": gettext_lazy("Paste a citation, or choose a file with one."),
    "too-large": gettext_lazy("This is too long for a citation: the limit is 100,000 characters."),
    "unknown": gettext_lazy("This is not a citation in RIS, BibTeX or CSL-JSON."),
    "broken": gettext_lazy("This citation is damaged or cut off, so it cannot be read."),
    "no-facts": gettext_lazy("This citation says nothing about an article."),
}
FORMATS: Final = {"ris": "RIS", "bibtex": "BibTeX", "csl": "CSL-JSON"}
PLAIN: Final = ("title", "url", "doi", "language", "kind", "accessed_on")
"""Facts that are text themselves."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One fact, if it differs. `preset` where the brief has none yet."""

    name: str
    label: str | Promise
    now: SafeString | str
    cited: SafeString | str
    added: str = ""
    preset: bool = False


def citation(request: HttpRequest, pk: int) -> HttpResponse:
    """From the brief's page: what was typed there is saved first, as before every verb."""
    person = require(request, "edit")
    brief = brief_or_404(pk)
    try:
        if brief.state == State.APPROVED:
            raise workflow.refuse("approved-closed")
        check(person, "edit", brief)
    except workflow.Refused as refused:
        return brief_page(request, brief, reasons=said_of(refused), status=409)
    if request.method != "POST":
        return _page(request, brief)
    if "draft" in request.POST:
        draft = saving.posted(request, pk)
        if refusal := saving.save_if_touched(request, brief, draft):
            return refusal
        brief = brief_or_404(pk)
    try:
        text = _text(request)
        reading = read_citation(text)
    except CitationUntaken as untaken:
        said = [Said(str(SENTENCES[untaken.code]), "citation")]
        return _page(request, brief, text=request.POST.get("citation", ""), said=said, status=409)
    if "apply" in request.POST:
        return _take(request, brief, reading, text)
    return _page(request, brief, text=text, reading=reading)


def _text(request: HttpRequest) -> str:
    file = request.FILES.get("citation_file")
    pasted = request.POST.get("citation", "")
    return decoded(file.read(500_000)) if file and not pasted.strip() else pasted


def _take(request: HttpRequest, brief: Brief, reading: CitationReading, text: str) -> HttpResponse:
    """Only what is ticked, and nothing that the citation itself does not say."""
    person = require(request, "edit")
    names = request.POST.getlist("take")
    version = brief_pages.number(request.POST.get("version", ""))
    try:
        with transaction.atomic():
            content = workflow.content_of(brief)
            facts = replace(content.facts, **_taken(reading.cited, content.facts, names, person))
            saved = workflow.save(brief.pk, replace(content, facts=facts), by=person, version=version)
    except workflow.Refused as refused:
        brief = brief_or_404(brief.pk)
        said = said_of(refused)
        if isinstance(refused, workflow.Stale):
            told = _("%(name)s saved a newer version at %(time)s. Look at the facts again, then take them.")
            said = [Said(told % {"name": brief.updated_by, "time": clock(brief.updated_at)})]
        return _page(request, brief, text=text, reading=reading, ticked=names, said=said, status=409)
    if saved:
        messages.success(request, _("Saved %(time)s") % {"time": clock(saved.at)})
    else:
        messages.info(request, _("Nothing was changed, so there was nothing to save."))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _taken(cited: Cited, now: Facts, names: Sequence[str], by: Person) -> dict[str, Any]:
    """The facts to change. Rows that the citation names and that are not there yet are made."""
    taken: dict[str, Any] = {
        name: getattr(cited, name) for name in PLAIN if name in names and getattr(cited, name)
    }
    if "date" in names and len(cited.date) > 4:
        taken |= {"date": cited.date, "date_label": cited.date_label}
    if "source" in names and cited.source:
        taken["source"] = (_source(cited.source) or _made(Source(name=cited.source), by)).pk
    if "authors" in names and cited.authors:
        bylines = {byline.author: byline for byline in now.authors}
        pks = dict.fromkeys((_author(one) or _made(_new_author(one), by)).pk for one in cited.authors)
        taken["authors"] = tuple(bylines.get(pk, Byline(pk)) for pk in pks)
    return taken


def _made[Row: Vocabulary](row: Row, by: Person) -> Row:
    workflow.save_row(row, by=by)
    return row


def _author(cited: CitedName) -> Author | None:
    """The row of that name: as printed, by its parts, or by its Chinese name; where it was merged, its heir."""
    same = Q(name__iexact=cited.printed) | Q(name_zh=cited.printed)
    if cited.family and cited.given:
        same |= Q(family__iexact=cited.family, given__iexact=cited.given)
    rows = sorted(Author.objects.filter(same)[:20], key=lambda row: (row.merged_into_id is not None, row.pk))
    return heir(rows[0]) if rows else None


def _source(name: str) -> Source | None:
    """By name, Chinese name or another name, with or without its article."""
    key = _outlet(name)
    rows = sorted(Source.objects.all(), key=lambda row: (row.merged_into_id is not None, row.pk))
    found = (row for row in rows if key in map(_outlet, (row.name, row.name_zh, *row.aliases)))
    row = next(found, None)
    return heir(row) if row else None


def _outlet(name: str) -> str:
    return name.casefold().removeprefix("the ").strip()


def heir[Row: Vocabulary](row: Row) -> Row:
    """What it was merged into in the end."""
    while row.merged_into_id:  # type: ignore[attr-defined]
        row = type(row)._default_manager.get(pk=row.merged_into_id)  # type: ignore[attr-defined]
    return row


def _new_author(cited: CitedName) -> Author:
    own = cited.printed if cited.family and cited.printed == f"{cited.family}{cited.given}" else ""
    return Author(
        name=cited.printed[:200],
        family=cited.family[:100],
        given=cited.given[:100],
        name_zh=own[:100],
        name_zh_kind=Author.ChineseName.OWN if own else "",
    )


def offers(cited: Cited, now: Facts) -> Iterator[Offer]:
    """Every fact that the citation gives and the brief does not have so."""
    names = names_in([Content(facts=now)])
    if cited.source:
        source = _source(cited.source)
        if source is None or source.pk != now.source:
            added = "" if source else cited.source
            yield _offer("source", shown(now, "source", names), str(source or cited.source), added)
    if cited.authors:
        yield from _authors_offer(cited.authors, now, names)
    if len(cited.date) > 4 and (cited.date, cited.date_label) != (now.date, now.date_label):
        yield _offer("date", _dated(now.date, now.date_label), _dated(cited.date, cited.date_label))
    for name in PLAIN:
        value = getattr(cited, name)
        if value and value != getattr(now, name):
            said = shown(replace(now, **{name: value}), name, names)
            yield _offer(name, shown(now, name, names), said)


def _authors_offer(cited: Sequence[CitedName], now: Facts, names: Names) -> Iterator[Offer]:
    rows = [_author(one) for one in cited]
    if tuple(row and row.pk for row in rows) == tuple(byline.author for byline in now.authors):
        return
    new = [one.printed for one, row in zip(cited, rows, strict=True) if row is None]
    said = _("; ").join(str(row or one.printed) for one, row in zip(cited, rows, strict=True))
    yield _offer("authors", shown(now, "authors", names), said, _(", ").join(new))


def _offer(name: str, now: str, cited: str, added: str = "") -> Offer:
    has = now not in ("", "–")
    both = marked(now, cited) if has else ("–", cited)
    return Offer(name, FACT_LABELS[name], *both, added=added, preset=not has)


def _dated(iso: str, label: str) -> str:
    return remarked(iso, label) if label else iso


def _page(
    request: HttpRequest,
    brief: Brief,
    *,
    text: str = "",
    reading: CitationReading | None = None,
    ticked: Sequence[str] | None = None,
    said: Sequence[Said] = (),
    status: int = 200,
) -> HttpResponse:
    found = list(offers(reading.cited, workflow.content_of(brief).facts)) if reading else []
    ticks = {offer.name for offer in found if offer.preset} if ticked is None else set(ticked)
    context = {
        **site_context(request, title=_("Facts from a citation"), subtitle=str(brief)),
        "brief": brief,
        "text": text,
        "reading": reading,
        "format": FORMATS[reading.format] if reading else "",
        "year": reading.cited.date if reading and len(reading.cited.date) == 4 else "",
        "offers": [{"fact": offer, "ticked": offer.name in ticks} for offer in found],
        "reasons": linked(said),
        "heading": _("Nothing was changed, and nothing you typed is lost.") if said else "",
    }
    return TemplateResponse(request, "admin/briefs/brief/citation.html", context, status=status)
