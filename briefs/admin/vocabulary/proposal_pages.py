"""The list of proposals, and the page of one with the public pages that it touches, before and after."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import policy, workflow
from briefs.admin.common import interface_labels
from briefs.admin.common.access import RefusalAwareAdmin, require_role
from briefs.admin.common.brief_pages import add_done_message, render_page
from briefs.admin.common.diff_html import CELL_EFFORT, highlight_differences, render_diff
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.lists.desk_list import DeskChangeList, ListOnlyAdmin, Row, SelectFilter
from briefs.content import LANGUAGE_TAGS
from briefs.derived.name_changes import LineChange, Mark, PageChange, find_page_changes
from briefs.models import Brief, Person, Proposal
from briefs.models.vocabulary import Vocabulary
from briefs.text import paths
from briefs.workflow import proposals as proposal_verbs
from briefs.workflow.rules import proposed_rows
from briefs.workflow.rules.proposed_rows import SITE_TEXT_PREFIX

# Base admin for vocabulary pages and URLs that Django's admin lacks.


class VocabularyPagesAdmin(RefusalAwareAdmin):
    def reverse_url(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self.url_name(name)}", args=args)

    def render_page(
        self,
        request: HttpRequest,
        name: str,
        *,
        problems: Iterable[object] = (),
        status: int = 0,
        **values: Any,
    ) -> HttpResponse:
        """Render a page of this vocabulary. With problems, the status is 409 unless given."""
        reasons = [{"text": str(problem)} for problem in problems]
        return render_page(
            request,
            f"vocabulary/{name}",
            opts=self.opts,
            reasons=reasons,
            status=status or (409 if reasons else 200),
            **values,
        )


# The list of proposals, and the page of one with the public pages it touches as they read before and after.

MAX_PAGES_SHOWN: Final = 5
MAX_CONTEXT: Final = 60
"""Characters shown of a text before its first changed mark and after its last one."""
PLACE_LABELS: Final = {
    "authors": gettext_lazy("Authors"),
    "source": gettext_lazy("Source"),
    "keywords": gettext_lazy("Keywords"),
    "citation": gettext_lazy("Citation files"),
    "summary": gettext_lazy("Summary"),
}
INTRODUCTION_LABELS: Final = {
    "text_zh": gettext_lazy("Introduction, Chinese"),
    "text_en": gettext_lazy("Introduction, English"),
    "start_here": gettext_lazy("Start here"),
}
ACTS: Final = ("accept", "reject", "withdraw", "renew")


def find_proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("author", "decided_by").order_by("-id")


def show_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a proposal. A POST decides it, or takes back or renews the person's own."""
    person = require_role(request)
    proposal = get_object_or_404(find_proposals(), pk=pk)
    refusal: workflow.Refused | None = None
    if request.method == "POST":
        act = request.POST.get("do", "")
        try:
            if act in ACTS:
                return _act(request, proposal, act, person)
        except workflow.Refused as refused:
            refusal = refused
            proposal.refresh_from_db()
    is_open = proposal.outcome == Proposal.Outcome.OPEN
    may_decide = is_open and proposal_verbs.may_decide(person, proposal)
    is_outdated = is_open and proposal_verbs.is_outdated(proposal)
    pages, count = (PageList([], ""), "") if not is_open or is_outdated else _load_pages(proposal)
    return render_page(
        request,
        "vocabulary/proposal",
        title=proposed_rows.get_label(proposal),
        opts=Proposal._meta,
        proposal=proposal,
        reasons=[{"text": str(reason)} for reason in refusal.reasons] if refusal else [],
        reason_typed=request.POST.get("reason", ""),
        changes=describe_changes(proposal),
        is_open=is_open,
        is_outdated=is_outdated,
        may_decide=may_decide,
        is_own=is_open
        and proposal.author_id == person.pk
        and policy.has_role_for(person, "withdraw_proposal"),
        deciders=_(", ").join(str(one) for one in proposed_rows.find_deciders(proposal.author)[:3]),
        seen=proposal_verbs.hash_proposal(proposal) if may_decide else "",
        row_url=build_row_url(proposal),
        pages=pages,
        page_count=count,
        status=409 if refusal else 200,
    )


def _act(request: HttpRequest, proposal: Proposal, act: str, person: Person) -> HttpResponse:
    after = redirect("admin:briefs_proposal_changelist")
    match act:
        case "accept":
            workflow.accept_proposal(proposal, by=person, seen=request.POST.get("seen", ""))
            _log_accepted(proposal, person)
            after = _redirect_to_next(proposal, person)
        case "reject":
            workflow.reject_proposal(proposal, by=person, reason=request.POST.get("reason", ""))
            after = _redirect_to_next(proposal, person)
        case "withdraw":
            workflow.withdraw_proposal(proposal, by=person)
        case _:
            if renewed := workflow.renew_proposal(proposal, by=person):
                add_proposed_message(request, [renewed])
                return redirect("admin:briefs_proposal_change", pk=renewed.pk)
            messages.success(request, _("Saved"))
            return after
    add_done_message(request, f"{act}_proposal")
    return after


def _redirect_to_next(proposal: Proposal, person: Person) -> HttpResponseRedirect:
    """Redirect to the next older proposal that the person may decide, since a sheet makes many at once."""
    if other := proposed_rows.find_decidable_proposals(person).filter(pk__lt=proposal.pk).first():
        return redirect("admin:briefs_proposal_change", pk=other.pk)
    return redirect("admin:briefs_proposal_changelist")


def _log_accepted(proposal: Proposal, person: Person) -> None:
    """Add the accepted change to the history page of the row."""
    if row := proposed_rows.find_row(proposal.about.removeprefix(SITE_TEXT_PREFIX)):
        flag = ADDITION if proposal.kind == Proposal.Kind.NEW else CHANGE
        said = _("Accepted a proposal of %(name)s") % {"name": proposal.author}
        rows: Any = [row]
        LogEntry.objects.log_actions(person.pk, rows, flag, change_message=said)


def add_proposed_message(request: HttpRequest, made: Sequence[Proposal]) -> None:
    """Add a message that public pages are unchanged until somebody accepts, with the people who may."""
    if not made:
        return
    names = _(", ").join(str(one) for one in proposed_rows.find_deciders(made[0].author)[:3])
    sentence = ngettext(
        "Public pages would change at once, so this waits for a second person: %(names)s.",
        "Public pages would change at once, so %(n)s changes wait for a second person: %(names)s.",
        len(made),
    )
    messages.info(request, sentence % {"n": len(made), "names": names or _("a publisher")})


def find_open_proposal(row: Vocabulary) -> Proposal | None:
    abouts = (proposed_rows.build_about(row), f"{SITE_TEXT_PREFIX}{proposed_rows.build_about(row)}")
    return find_proposals().filter(about__in=abouts, outcome="").first()


def build_row_url(proposal: Proposal) -> str:
    """Return the desk page of the row, or an empty string while it is new."""
    row = proposed_rows.find_row(proposal.about.removeprefix(SITE_TEXT_PREFIX))
    if row is None or row.merged_into:
        return ""
    name = "topic_page" if proposal.kind == Proposal.Kind.INTRODUCTION else "change"
    return reverse(f"admin:briefs_{type(row)._meta.model_name}_{name}", args=[row.pk])


# What changes


def describe_changes(proposal: Proposal) -> list[dict[str, Any]]:
    """Return the changed columns, each as one text that marks what goes and what comes."""
    both = (proposal.before, proposal.after)
    if proposal.kind == Proposal.Kind.INTRODUCTION:
        changes = [
            (str(label), *(_describe_site_value(values, name) for values in both))
            for name, label in INTRODUCTION_LABELS.items()
        ]
    else:
        kind = proposed_rows.VOCABULARY_MODELS[proposal.about.partition("/")[0]]
        changes = [
            (_column_label(kind, name), *(_describe_value(kind, v, name) for v in both))
            for name in proposal.changed_columns
        ]
    return [
        {"label": label, "html": render_diff(old, new, CELL_EFFORT)}
        for label, old, new in changes
        if old != new
    ]


def _column_label(kind: type[Vocabulary], name: str) -> str:
    return _("Merged into") if name == "merged_into" else str(kind._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _describe_value(kind: type[Vocabulary], values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    if name == "merged_into":
        heir = kind._default_manager.filter(slug=value).first() if value else None
        return str(heir or value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return "\n".join(value)
    choices = dict(getattr(kind._meta.get_field(name), "flatchoices", ()))
    return str(choices.get(value, value))


def _describe_site_value(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    if name != "start_here":
        return str(value)
    briefs = Brief.objects.in_bulk([choice["brief"] for choice in value])
    return "\n".join(
        f"{briefs.get(choice['brief'], choice['brief'])}\n{choice['zh']}\n{choice['en']}" for choice in value
    )


# Touched pages


@dataclass(frozen=True, slots=True)
class PageList:
    pages: Sequence[dict[str, Any]]
    more: str


def _load_pages(proposal: Proposal) -> tuple[PageList, str]:
    """Return the first pages that the change touches, and how many there are, in words."""
    changes = proposed_rows.get_row_changes(proposal)
    if changes is None:
        return PageList([], ""), _("The page of this topic changes.")
    found, n, is_more = find_page_changes(*changes, limit=MAX_PAGES_SHOWN)
    if not n:
        return PageList([], ""), _("No sentence of a brief changes, only lists and topic pages.")
    count = ngettext("%(n)s brief reads differently.", "%(n)s briefs read differently.", n) % {
        "n": f"{n}+" if is_more else n
    }
    more = _("The newest are shown.") if n > len(found) or is_more else ""
    return PageList([_build_page(page) for page in found], more), count


def _build_page(page: PageChange) -> dict[str, Any]:
    side = interface_side()
    content = page.edition.frozen_content
    return {
        "headline": content.headline(side),
        "url": paths.brief(side, page.edition.slug),
        "lines": list(_render_lines(page.lines)),
    }


def _render_lines(lines: Iterable[LineChange]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.before == line.after:
            spans = [*line.marks_before, *line.marks_after]
            window = max(0, min(s[0] for s in spans) - MAX_CONTEXT), max(s[1] for s in spans) + MAX_CONTEXT
            before = _render_marks(line.before, line.marks_before, window)
            after = _render_marks(line.after, line.marks_after, window)
        else:
            before, after = highlight_differences(line.before, line.after)
        label = PLACE_LABELS.get(line.place) or _("Point %(n)s") % {"n": line.place[1:]}
        yield {"label": label, "lang": LANGUAGE_TAGS[line.side], "before": before, "after": after}


def _render_marks(text: str, marks: Iterable[Mark], window: tuple[int, int]) -> SafeString:
    """Return the part of a text in the window, with each mark and what readers see at it."""
    start, end = window
    parts: list[SafeString] = []
    at = start
    for first, last, gloss in marks:
        parts.append(
            format_html("{}<mark>{}</mark> <small>[{}]</small>", text[at:first], text[first:last], gloss)
        )
        at = last
    parts.append(format_html("{}", text[at:end]))
    whole = format_html_join("", "{}", ((part,) for part in parts))
    return format_html("{}{}{}", "…" if start else "", whole, "…" if end < len(text) else "")


# The list


class OutcomeFilter(SelectFilter):
    title = gettext_lazy("State")
    parameter_names = ("state",)
    options = (
        ("open", gettext_lazy("Waiting")),
        *((value, label) for value, label in Proposal.Outcome.choices if value),
    )
    default = "open"

    def build_condition(self, value: str) -> Q:
        return Q(outcome="" if value == "open" else value)


@admin.register(Proposal)
class ProposalAdmin(ListOnlyAdmin):
    verb = "accept_proposal"
    pages = (("<int:pk>/change/", show_proposal, "change"),)
    lede = gettext_lazy(
        "Changes of names, terms and introductions that public pages would show at once. They wait until a publisher"
        " other than their author accepts them."
    )
    empty_hint = gettext_lazy("No proposals.")
    list_filter = (OutcomeFilter,)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        return find_proposals()

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        """Return the rows, each with its changes. A proposal is decided on its page, beside the pages that it touches."""
        now = timezone.now()
        return [
            Row(
                row.pk,
                [(proposed_rows.get_label(row), "")],
                reverse("admin:briefs_proposal_change", args=[row.pk]),
                facts=[format_html("<b>{label}</b> {html}", **change) for change in describe_changes(row)],
                now=format_html_join(
                    " ", '<span class="badge">{}</span>', ((label,) for label in self._list_badges(row))
                ),
                age=_("%(name)s, %(time)s")
                % {"name": row.author, "time": interface_labels.format_ago(row.at, now)},
            )
            for row in changelist.result_list
        ]

    def _list_badges(self, row: Proposal) -> list[str]:
        return [row.get_kind_display(), *([row.get_outcome_display()] if row.outcome else [])]
