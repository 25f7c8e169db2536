"""Import article facts from a citation: show each beside the brief's value and save the ticked ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import get_brief_or_404, read_number, render_brief_subpage
from briefs.admin.common.diff_html import highlight_differences
from briefs.admin.common.fact_text import format_fact
from briefs.admin.common.form_fields import FieldError, field_errors, link_errors
from briefs.admin.common.interface_labels import FIELD_LABELS, format_with_remark
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.bilingual.citations import (
    CITATION_FILE_LIMIT,
    CitationReading,
    CitationRejected,
    CitedArticle,
    CitedName,
    decode_citation,
    read_citation,
)
from briefs.content import Content, Facts
from briefs.exchange.intake import (
    VERBATIM_FACTS,
    collect_facts,
    find_author,
    find_similar_authors,
    find_source,
)
from briefs.models import Author, Brief, Person, State
from briefs.workflow.rules import require_allowed
from briefs.workflow.rules.local_times import format_time
from briefs.workflow.rules.refusals import Stale, build_refusal

from . import saving

CITATION_ERRORS: Final = {
    "empty": gettext_lazy("Paste a citation, or choose a file with one."),
    "too-large": gettext_lazy("This is too long for a citation: the limit is 100,000 characters."),
    "unknown": gettext_lazy("This is not an address, nor a citation in RIS, BibTeX or CSL-JSON."),
    "broken": gettext_lazy("This citation is damaged or cut off, so it cannot be read."),
    "no-facts": gettext_lazy("This citation says nothing about an article."),
}
FORMAT_LABELS: Final = {
    "address": gettext_lazy("Article address"),
    "ris": "RIS",
    "bibtex": "BibTeX",
    "csl": "CSL-JSON",
}


@dataclass(frozen=True, slots=True)
class AuthorQuestion:
    """Whether a cited author is one of the known authors with a similar name. `answer`: an id, `new`, or empty."""

    field: str
    cited: CitedName
    known: Sequence[Author]
    answer: str

    @property
    def chosen(self) -> Author | None:
        return next((row for row in self.known if str(row.pk) == self.answer), None)

    @property
    def is_answered(self) -> bool:
        return self.answer == "new" or self.chosen is not None


@dataclass(frozen=True, slots=True)
class FactProposal:
    """A fact that differs from the brief's. Preselected if the brief has no value."""

    name: str
    label: str | Promise
    current: SafeString | str
    cited: SafeString | str
    new_entries: str = ""
    is_preselected: bool = False
    questions: Sequence[AuthorQuestion] = ()


def import_citation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the import page or save the ticked facts. A draft posted from the brief's page is saved first."""
    person = require_role(request, "edit")
    brief = get_brief_or_404(pk)
    try:
        if brief.state == State.APPROVED:
            raise build_refusal("approved-closed")
        require_allowed(person, "edit", brief)
    except workflow.Refused as refused:
        return _render_page(request, brief, errors=field_errors(refused), status=409)
    if request.method != "POST":
        return _render_page(request, brief)
    if "draft" in request.POST:
        draft = saving.read_draft(request, pk)
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
        brief = get_brief_or_404(pk)
    file, text = request.FILES.get("citation_file"), request.POST.get("citation", "")
    try:
        if file and not text.strip():
            text = decode_citation(file.read(CITATION_FILE_LIMIT + 1))
        reading = read_citation(text)
    except CitationRejected as untaken:
        errors = [FieldError(str(CITATION_ERRORS[untaken.code]), "citation")]
        return _render_page(request, brief, text=request.POST.get("citation", ""), errors=errors, status=409)
    if "apply" in request.POST:
        return _save_ticked_facts(request, brief, reading, text, by=person)
    return _render_page(request, brief, text=text, reading=reading)


def cite_new_brief(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the import page of a brief that this request has just created with its draft."""
    data = request.POST.copy()
    del data["draft"]
    request.POST = data  # type: ignore[assignment]
    return import_citation(request, pk)


def _save_ticked_facts(
    request: HttpRequest, brief: Brief, reading: CitationReading, text: str, *, by: Person
) -> HttpResponse:
    """Save the ticked facts that the citation contains."""
    names = request.POST.getlist("take")
    version = read_number(request.POST, "version")
    questions = _ask_about_authors(reading.article, request.POST) if "authors" in names else []
    if unanswered := [question for question in questions if not question.is_answered]:
        told = _("Choose who is meant by %(name)s.")
        errors = [FieldError(told % {"name": one.cited.display_name}, one.field) for one in unanswered]
        return _render_page(
            request, brief, text=text, reading=reading, ticked=names, errors=errors, status=409
        )
    chosen_authors = {question.cited: question.chosen for question in questions if question.chosen}
    try:
        with transaction.atomic():
            content = workflow.load_working_copy(brief)
            ticked = collect_facts(reading.article, content.facts, names, by, chosen_authors)
            content = replace(content, facts=replace(content.facts, **ticked))
            saved = workflow.editing.save(brief.pk, content, by=by, version=version)
    except workflow.Refused as refused:
        brief = get_brief_or_404(brief.pk)
        errors = field_errors(refused)
        if isinstance(refused, Stale):
            told = _("%(name)s saved a newer version at %(time)s. Look at the facts again, then take them.")
            errors = [FieldError(told % {"name": brief.updated_by, "time": format_time(brief.updated_at)})]
        return _render_page(
            request, brief, text=text, reading=reading, ticked=names, errors=errors, status=409
        )
    if saved:
        messages.success(request, _("Saved %(time)s") % {"time": format_time(saved.at)})
    else:
        messages.info(request, _("Nothing was changed, so there was nothing to save."))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _ask_about_authors(cited: CitedArticle, answers: Mapping[str, str]) -> list[AuthorQuestion]:
    """Return a question about each cited author whose name resembles a known one, with its answer so far."""
    similar = find_similar_authors(cited.authors)
    fields = {one: f"author-{n}" for n, one in enumerate(cited.authors)}
    return [
        AuthorQuestion(fields[one], one, known, answers.get(fields[one], ""))
        for one, known in similar.items()
    ]


def propose_facts(cited: CitedArticle, current: Facts, answers: Mapping[str, str]) -> Iterator[FactProposal]:
    """Yield each fact of the citation that differs from the brief's."""
    names = load_names_by_id([Content(facts=current)])
    if cited.source:
        source = find_source(cited.source)
        if source is None or source.pk != current.source:
            added = "" if source else cited.source
            yield _build_proposal(
                "source", format_fact(current, "source", names), str(source or cited.source), added
            )
    if cited.authors:
        questions = _ask_about_authors(cited, answers)
        yield from _propose_authors(cited.authors, current, names, questions)
    if len(cited.date) > 4 and (cited.date, cited.date_label) != (current.date, current.date_label):
        yield _build_proposal(
            "date", _format_date(current.date, current.date_label), _format_date(cited.date, cited.date_label)
        )
    for name in VERBATIM_FACTS:
        value = cited.get(name)
        if value and value != getattr(current, name):
            taken: dict[str, Any] = {name: value}
            said = format_fact(replace(current, **taken), name, names)
            yield _build_proposal(name, format_fact(current, name, names), said)


def _propose_authors(
    cited: Sequence[CitedName], current: Facts, names: NamesById, questions: Sequence[AuthorQuestion]
) -> Iterator[FactProposal]:
    rows = [find_author(one) for one in cited]
    if tuple(row and row.pk for row in rows) == tuple(byline.author for byline in current.authors):
        return
    asked = {question.cited for question in questions}
    new = [one.display_name for one, row in zip(cited, rows, strict=True) if row is None and one not in asked]
    said = _("; ").join(str(row or one.display_name) for one, row in zip(cited, rows, strict=True))
    proposal = _build_proposal("authors", format_fact(current, "authors", names), said, _(", ").join(new))
    yield replace(proposal, questions=questions)


def _build_proposal(name: str, current: str, cited: str, new_entries: str = "") -> FactProposal:
    has = current not in ("", "–")
    both = highlight_differences(current, cited) if has else ("–", cited)
    return FactProposal(name, FIELD_LABELS[name], *both, new_entries=new_entries, is_preselected=not has)


def _format_date(iso: str, label: str) -> str:
    return format_with_remark(iso, label) if label else iso


def _render_page(
    request: HttpRequest,
    brief: Brief,
    *,
    text: str = "",
    reading: CitationReading | None = None,
    ticked: Sequence[str] | None = None,
    errors: Sequence[FieldError] = (),
    status: int = 200,
) -> HttpResponse:
    current = workflow.load_working_copy(brief).facts
    proposals = list(propose_facts(reading.article, current, request.POST)) if reading else []
    ticks = {offer.name for offer in proposals if offer.is_preselected} if ticked is None else set(ticked)
    return render_brief_subpage(
        request,
        "editor/citation_import",
        brief,
        title=_("Facts from a citation"),
        text=text,
        reading=reading,
        format=FORMAT_LABELS[reading.format] if reading else "",
        year=reading.article.date if reading and len(reading.article.date) == 4 else "",
        offers=proposals,
        ticked=ticks,
        reasons=link_errors(errors),
        heading=_("Nothing was changed, and nothing you typed is lost.") if errors else "",
        status=status,
    )
