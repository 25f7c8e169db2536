"""Compare two revisions or editions of a brief, and restore a revision."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from briefs import workflow
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import (
    get_brief_or_404,
    read_number,
    render_brief_subpage,
    warn_of_scheduled_edition,
)
from briefs.admin.common.brief_rows import build_rows, render_rows
from briefs.admin.common.diff_html import describe_difference
from briefs.admin.common.fact_text import describe_key_line, format_change_field, format_fact
from briefs.admin.common.form_fields import (
    FieldError,
    field_errors_from_reasons,
    link_errors,
    simplify_stale_reasons,
)
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.bilingual.text.content_diff import ContentDifference, diff_contents
from briefs.content import CHANGE_FIELDS, Content
from briefs.models import Brief, Edition, Revision, State
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_edition_content, load_editions_by_brief
from briefs.workflow.rules.refusals import Reason

from .timeline import EditSession, group_edit_sessions

# What two contents differ in: rows and facts.


def build_fact_changes(difference: ContentDifference, names: NamesById) -> Iterator[tuple[str, str, str]]:
    """Yield label, old and new value of each changed fact. A missing value is an empty string."""
    old, new = difference.old.facts, difference.new.facts
    for name in difference.facts:
        before, after = (
            format_fact(facts, name, names) if getattr(facts, name) else "" for facts in (old, new)
        )
        yield str(FIELD_LABELS[name]), before, after
    if "key_point" in difference.leads:
        before, after = (describe_key_line(content) for content in (difference.old, difference.new))
        yield str(FIELD_LABELS["key_point"]), before, after
    for name in difference.leads:
        if name in CHANGE_FIELDS:
            before, after = (format_change_field(c, name) for c in (difference.old, difference.new))
            yield str(FIELD_LABELS[name]), before, after


def describe_comparison(difference: ContentDifference) -> dict[str, Any]:
    """Return what `_compared.html` shows, and a sentence."""
    names = load_names_by_id([difference.old, difference.new] if difference.facts else [])
    labels = {"headline": _("Headline"), "summary": _("Summary"), "picture_alt": _("Alt text")}
    return {
        "said": describe_difference(difference),
        "runs": render_rows(build_rows(difference, labels=labels), folds=True),
        "facts": list(build_fact_changes(difference, names)),
    }


# Build comparisons of two revisions or editions.

MAX_SESSIONS: Final = 100
"""Number of edit sessions offered for comparison, newest first."""
MAX_REVISIONS: Final = 1_000
"""Maximum number of revisions read for one page."""

_VERSION = re.compile(r"(edition-)?(\d{1,9})")


@dataclass
class RevisionHistory:
    """Revisions, sessions and editions of a brief."""

    brief: Brief

    @cached_property
    def editions(self) -> list[Edition]:
        """Return the editions, newest first, without cancelled ones."""
        editions = load_editions_by_brief([self.brief])[self.brief.pk]
        return [edition for edition in editions if not edition.is_cancelled]

    @cached_property
    def newest_number(self) -> int:
        return self.brief.revisions.order_by("-number").values_list("number", flat=True)[0]

    @cached_property
    def revisions(self) -> list[Revision]:
        rows = self.brief.revisions.select_related("by").defer("content", "document_notes")
        return list(rows.order_by("-number")[:MAX_REVISIONS])

    @cached_property
    def edit_sessions(self) -> list[EditSession]:
        signed = set(self.brief.signoffs.values_list("revision", flat=True))
        ends = {r.pk for r in self.revisions if r.number in signed} | {e.revision_id for e in self.editions}
        return group_edit_sessions(self.revisions, ending_ids=ends)[:MAX_SESSIONS]

    def find_base_number(self, number: int) -> int:
        """Return the number of the revision before the session of this one, or the number itself for the first session."""
        numbers = [row.number for row in self.revisions]
        for session in self.edit_sessions:
            if session.first.number <= number <= session.last.number:
                return next((n for n in numbers if n < session.first.number), number)
        return number

    def load_contents(self, numbers: set[int]) -> dict[int, Content]:
        rows = self.brief.revisions.filter(number__in=numbers).values_list("number", "content")
        return {number: Content.from_json(content) for number, content in rows}


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """One version of a comparison, named in the URL as `14` or `edition-2`."""

    value: str
    name: str
    content: Content
    revision_number: int

    @property
    def is_edition(self) -> bool:
        return self.value.startswith("edition-")


def _edition_name(number: int) -> str:
    return _("Edition %(n)s") % {"n": number}


def _parse_version(value: str) -> tuple[str, int]:
    found = _VERSION.fullmatch(value)
    if not (found and value.isascii()):
        raise Http404
    return found[1] or "", int(found[2])


@dataclass
class Comparison:
    history: RevisionHistory
    requested: tuple[str, str]
    versions: tuple[ComparedVersion, ComparedVersion] = field(init=False)

    def __post_init__(self) -> None:
        if not self.history.revisions:
            raise Http404
        old, new = (
            value or default for value, default in zip(self.requested, self._default_versions(), strict=True)
        )
        contents = self.history.load_contents(
            {number for kind, number in map(_parse_version, (old, new)) if not kind}
        )
        self.versions = self._load_version(old, contents), self._load_version(new, contents)

    def _default_versions(self) -> tuple[str, str]:
        """By default compare the newest revision with the last approved edition, and a given revision, or the newest one of a
        brief without editions, with the revision before its session.
        """
        newest = str(self.history.newest_number)
        new = self.requested[1] or newest
        if self.history.editions and not self.requested[1]:
            return f"edition-{self.history.editions[0].number}", newest
        return str(self.history.find_base_number(_parse_version(new)[1])), newest

    def _load_version(self, value: str, contents: Mapping[int, Content]) -> ComparedVersion:
        kind, number = _parse_version(value)
        if not kind:
            if number not in contents:
                raise Http404
            return ComparedVersion(str(number), f"r{number}", contents[number], number)
        edition = next((e for e in self.history.editions if e.number == number), None)
        if edition is None:
            raise Http404
        content = load_edition_content(edition)
        return ComparedVersion(f"{kind}{number}", _edition_name(number), content, edition.revision.number)

    @cached_property
    def difference(self) -> ContentDifference:
        """Compare the versions. Fields that an edition lacks are ignored if either version is an edition."""
        old, new = (pick.content for pick in self.versions)
        if any(pick.is_edition for pick in self.versions):
            old, new = old.without_staff_fields(), new.without_staff_fields()
        return diff_contents(old, new)

    @property
    def restorable(self) -> ComparedVersion | None:
        """Return the version that may be restored: the other one, if one of the two is the newest revision."""
        newest = str(self.history.newest_number)
        others = [pick for pick in self.versions if pick.value != newest]
        return others[0] if len(others) == 1 else None

    @property
    def selected_values(self) -> tuple[str, str]:
        return self.versions[0].value, self.versions[1].value

    @property
    def undoes_changes(self) -> bool:
        """Return whether restoring undoes the marked changes rather than applying them."""
        return self.restorable is self.versions[0]

    def _list_revisions(self) -> list[tuple[str, str]]:
        """Return the last revision of each session and the compared revisions, with labels."""
        rows = {s.last.number: s.last for s in self.history.edit_sessions}
        if missing := {pick.revision_number for pick in self.versions if not pick.is_edition} - rows.keys():
            found = self.history.brief.revisions.select_related("by").defer("content", "document_notes")
            rows |= {row.number: row for row in found.filter(number__in=missing)}
        return [(str(number), _revision_label(rows[number])) for number in sorted(rows, reverse=True)]

    def selects(self) -> list[SafeString]:
        """Return the fields in which to choose the two versions."""
        choices = [(_("Revisions"), self._list_revisions())]
        if editions := self.history.editions:
            names = [(e, f"{_edition_name(e.number)} · {_format_moment(e.approved_at)}") for e in editions]
            choices.insert(0, (_("Editions"), [(f"edition-{e.number}", name) for e, name in names]))
        return [
            forms.Select({"id": f"pick-{name}"}, choices).render(name, value)
            for name, value in zip(("from", "to"), self.selected_values, strict=True)
        ]


def _revision_label(row: Revision) -> str:
    return f"r{row.number} · {row.by} · {_format_moment(row.at)} · {row.get_kind_display()}"


def _format_moment(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


# Compare two revisions of a brief and restore one.


def compare_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    asked = request.GET.get("from", ""), request.GET.get("to", "")
    return _comparison_page(request, Comparison(RevisionHistory(get_brief_or_404(pk)), asked))


@require_POST
def restore_revision(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "restore")
    brief = get_brief_or_404(pk)
    number, version = (read_number(request.POST, name) for name in ("restore", "version"))
    if not brief.revisions.filter(number=number).exists():
        raise Http404
    try:
        revision = workflow.versions.restore(pk, number, by=person, version=version)
    except workflow.Refused as refused:
        history = RevisionHistory(get_brief_or_404(pk))
        comparison = Comparison(history, (str(history.newest_number), str(number)))
        return _comparison_page(
            request, comparison, errors=field_errors_from_reasons(simplify_stale_reasons(refused)), status=409
        )
    _add_message(request, brief, number, revision)
    return redirect("admin:briefs_brief_change", pk=pk)


def _add_message(request: HttpRequest, brief: Brief, number: int, revision: Revision | None) -> None:
    if revision is None:
        told = _("The brief says what r%(number)s says already, so nothing was changed.")
        messages.info(request, told % {"number": number})
        return
    told = _("Restored r%(number)s as r%(new)s.")
    messages.success(request, told % {"number": number, "new": revision.number})
    warn_of_scheduled_edition(request, brief, timezone.now())


def _comparison_page(
    request: HttpRequest, comparison: Comparison, *, errors: Sequence[FieldError] = (), status: int = 200
) -> HttpResponse:
    brief = comparison.history.brief
    return render_brief_subpage(
        request,
        "history/comparison",
        brief,
        title=_("Compare revisions"),
        comparison=comparison,
        **describe_comparison(comparison.difference),
        may_restore=policy.is_allowed(person_of(request), "restore", brief),
        why_not=_why_not(request, brief),
        reasons=link_errors(errors),
        status=status,
    )


def _why_not(request: HttpRequest, brief: Brief) -> str:
    """Return a sentence on why the person cannot restore now although the role may; empty if they can."""
    held = policy.has_role_for(person_of(request), "restore")
    return str(Reason("approved-closed")) if held and brief.state == State.APPROVED else ""
