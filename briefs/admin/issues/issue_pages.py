"""The desk's page of an issue: texts side by side, contents in order, review, publication and withdrawal."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST

from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import parse_int_or_zero, read_number, render_page
from briefs.admin.common.brief_rows import (
    RowCell,
    RowRun,
    build_rows,
    build_text_row,
    render_each,
    render_rows,
)
from briefs.admin.common.diff_html import highlight_differences, share_effort
from briefs.admin.common.form_fields import field_errors, link_errors
from briefs.admin.common.interface_labels import SIDE_NAMES, format_issue, interface_side
from briefs.admin.common.page_data import ActButton, PageData
from briefs.admin.editor.brief_views import Conflict, ConflictingValue
from briefs.admin.editor.draft_form import ChangeForm
from briefs.admin.history.timeline import TimelineEntry
from briefs.admin.lists.changelist import find_briefs
from briefs.bilingual.rendering.text import render_preface
from briefs.bilingual.text.content_diff import diff_contents
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, IssueContent, Side
from briefs.models import Brief, Edition, Event, Issue, Person
from briefs.publications.published import fill_mail_lines
from briefs.workflow import Refused, issues
from briefs.workflow.acts import ACTS, NEXT_BRIEF, get_past
from briefs.workflow.issues import IssueConflict
from briefs.workflow.rules import ISSUE_TEXT_LABELS, IssueFacts, LeafName, four_eyes

from .mailing_pages import IssueMailing

WRITING: Final = {"editable": True, "without_margin": True}
"""Context of rows that are written and have no margin."""
MAX_LEFT_OUT: Final = 30
MAX_FOUND: Final = 10
MAX_EVENTS: Final = 40
MAX_QUERY_LENGTH: Final = 200


def build_issue_url(issue: Issue | int, page: str = "change", *args: str) -> str:
    pk = issue if isinstance(issue, int) else issue.pk
    return reverse(f"admin:briefs_issue_{page}", args=[pk, *args])


# What the page shows


@dataclass(frozen=True, slots=True)
class Item:
    """A brief in the contents, or one that can be added. `why`: the row of *Why read it*, as HTML."""

    pk: int
    title: str
    lang: str
    about: str
    is_missing: bool = False
    why: str = ""

    @property
    def menu(self) -> str:
        return f"item-menu-{self.pk}"


class IssuePageData(PageData):
    """What the page of an issue shows to one person. `content` may have unsaved words, after a refusal."""

    leaf_names = {**SIDE_NAMES, "common": gettext_lazy("Briefs in their order")}

    def __init__(
        self, issue: Issue, person: Person, *, content: IssueContent | None = None, query: str = ""
    ) -> None:
        self.issue, self.person, self.query = issue, person, query
        self.now = timezone.now()
        self.content = content or self.facts.content

    @property
    def row(self) -> Issue:
        return self.issue

    @cached_property
    def facts(self) -> IssueFacts:
        return IssueFacts(self.issue, self.now, people=self.people)

    @property
    def title(self) -> str:
        return format_issue(self.issue.number)

    @cached_property
    def may_edit(self) -> bool:
        return self.is_allowed("edit_issue")

    def get_seen(self, name: LeafName) -> str:
        return four_eyes.format_seen(name, four_eyes.get_hashes(self.facts.leaves))

    def list_answers(self, name: str) -> list[dict[str, Any]]:
        """Return the answers that stand; publication ends them."""
        return [answer for answer in super().list_answers(name) if answer["stands"]]

    def get_act_url(self, act: str) -> str:
        if ACTS[act].way == "form":
            return build_issue_url(self.issue, "verb", act)
        gaps = (phrase.about for phrase in self.step.sentence.phrases if phrase.about)
        return f"#{next(gaps, '')}" if ACTS[act].way == "place" else self.url

    @cached_property
    def main_act(self) -> ActButton | None:
        return None if self.step.main == NEXT_BRIEF else self.build_act(self.step.main)

    @property
    def day(self) -> dt.datetime | None:
        edition = self.facts.scheduled_edition or self.facts.public_edition
        return timezone.localtime(edition.published_at) if edition else None

    # Texts

    def text_rows(self) -> list[SafeString]:
        """Return the rows of the texts for writing, as HTML."""
        texts = self.content.texts()
        mail = {side: fill_mail_lines(self.content.side(side), side) for side in SIDES}
        stand_ins = {
            f"{name}_{side}": getattr(mail[side], name) for side in SIDES for name in ("subject", "preheader")
        }
        rows = [
            build_text_row("title", _("Title"), texts),
            build_text_row("preface", _("Preface"), texts, lines=4),
            build_text_row("subject", _("Subject line"), texts, stand_ins=stand_ins),
            build_text_row("preheader", _("Preview line"), texts, stand_ins=stand_ins),
        ]
        return list(render_each(rows, WRITING))

    def change_form(self) -> ChangeForm:
        return ChangeForm(self.content.texts(), auto_id="%s", label_suffix="")

    # Contents

    @cached_property
    def _headlines(self) -> Mapping[int, Any]:
        wanted = {*self.content.items, *self._left_out, *self._found}
        return find_headlines(wanted, self.now, interface_side())

    def _build_item(self, pk: int, why: str = "") -> Item:
        if (facts := self._headlines.get(pk)) is None:
            return Item(pk, str(Brief.objects.filter(pk=pk).first() or pk), "", _("not public"), True, why)
        day = formats.date_format(timezone.localtime(facts.published_at), pgettext("date format", "F j"))
        is_scheduled, is_missing = facts.published_at > self.now, bool(facts.withdrawn_at or facts.removed_at)
        about = (_("public on %(day)s") if is_scheduled else _("public since %(day)s")) % {"day": day}
        if is_missing:
            about = _("withdrawn or removed")
        elif facts.number > 1:
            about = _("%(public)s, edition %(n)s") % {"public": about, "n": facts.number}
        return Item(pk, facts.headline, LANGUAGE_TAGS[interface_side()], about, is_missing, why)

    @cached_property
    def items(self) -> list[Item]:
        texts = self.content.texts()
        rows = [build_text_row(f"why-{pk}", _("Why read it"), texts) for pk in self.content.items]
        html = render_each(rows, WRITING)
        return [self._build_item(pk, why) for pk, why in zip(self.content.items, html, strict=True)]

    @cached_property
    def _left_out(self) -> list[int]:
        if not self.may_edit:
            return []
        new = issues.find_new_briefs(self.issue.number, self.now)
        return [pk for pk in new if pk not in self.content.items][-MAX_LEFT_OUT:]

    def left_out(self) -> list[Item]:
        return list(map(self._build_item, self._left_out))

    @cached_property
    def _found(self) -> list[int]:
        """Return public and scheduled briefs with the words of the query."""
        if not self.query or not self.may_edit:
            return []
        editions = Edition.objects.listed(self.now) | Edition.objects.scheduled(self.now)
        rows = Brief.objects.filter(pk__in=editions.values("brief")).exclude(pk__in=self.content.items)
        return [brief.pk for brief in find_briefs(rows, self.query, MAX_FOUND)]

    def found(self) -> list[Item]:
        return list(map(self._build_item, self._found))

    # For reading

    @cached_property
    def runs(self) -> list[RowRun]:
        """Return the issue as readers will see it, compared with the edition that they have, if any."""
        edition, after = self.facts.public_edition, self.facts.content
        before = edition.frozen_content if edition else after
        headlines = {side: find_headlines({*before.items, *after.items}, self.now, side) for side in SIDES}
        difference = diff_contents(_as_brief(before, headlines), _as_brief(after, headlines))
        labels = {"headline": _("Title"), "summary": _("Preface"), "picture_alt": _("Lines of the mail")}
        rows = build_rows(difference, labels=labels)
        for cell in rows[1].cells:
            if isinstance(cell, RowCell) and not cell.is_changed:
                cell.html = SafeString("\n\n".join(render_preface(cell.text)))
        return render_rows(rows, folds=not difference.is_empty)

    @cached_property
    def mailing(self) -> IssueMailing:
        return IssueMailing.load(self.issue, self.person)

    def timeline(self) -> list[TimelineEntry]:
        return list_events(self.issue.about)


def find_headlines(briefs: Collection[int], now: dt.datetime, side: Side) -> dict[int, Any]:
    """Return headline, number and times of the newest standing edition of each brief, by the brief's id. One query."""
    rows = Edition.objects.uncancelled().filter(brief__in=briefs).order_by("brief", "number")
    columns = ("brief_id", "number", "published_at", "withdrawn_at", "removed_at")
    rows = rows.annotate(headline=KeyTextTransform(f"headline_{side}", "content"))
    return {row.brief_id: row for row in rows.values_list("headline", *columns, named=True)}


def _as_brief(issue: IssueContent, headlines: Mapping[Side, Mapping[int, Any]]) -> Content:
    """Put an issue into the form of a brief, so that both are compared alike: for each brief in it a bullet with its headline
    and *Why read it*.
    """
    texts: dict[str, Any] = {}
    for side in SIDES:
        text = fill_mail_lines(issue.side(side), side)
        mail_lines = "\n".join(filter(None, (text.subject, text.preheader)))
        texts |= {f"headline_{side}": text.title, f"summary_{side}": text.preface}
        texts |= {f"picture_alt_{side}": mail_lines}
    bullets = []
    for pk in issue.items:
        titles = {side: facts.headline if (facts := headlines[side].get(pk)) else "" for side in SIDES}
        zh, en = ("\n".join(filter(None, (titles[s], issue.side(s).why.get(f"{pk}")))) for s in SIDES)
        bullets.append(Bullet(pk, zh, en))
    return Content(**texts, bullets=tuple(bullets))


def list_events(about: str) -> list[TimelineEntry]:
    """Return the newest events about an issue or about subscribers."""
    rows = Event.objects.filter(about=about).select_related("by").order_by("-pk")[:MAX_EVENTS]
    return [
        TimelineEntry(row.at, str(row.by), get_past(row.verb), [row.note] if row.note else []) for row in rows
    ]


# Views


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Begin the next issue, with what was published since the last one."""
    person = require_role(request, "create_issue")
    return redirect(build_issue_url(issues.create_issue(by=person)))


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an issue. A POST saves its texts and contents, then does what `do` says: move, add or remove a brief."""
    person = require_role(request)
    issue = get_object_or_404(Issue, pk=pk)
    if request.method != "POST":
        query = _read_query(request.GET.get("q", ""))
        return render_issue_page(request, IssuePageData(issue, person, query=query))
    if refusal := save_form(request, issue, person, request.POST.get("do", "")):
        return refusal
    command = request.POST.get("do", "").partition(":")
    query = _read_query(request.POST.get("q", "")) if command[0] in ("find", "add") else ""
    messages.success(request, _("Saved."))
    address = build_issue_url(issue) + (f"?{urlencode({'q': query})}" if query else "")
    return redirect(f"{address}#{_find_anchor(*command)}")


def _find_anchor(command: str, _colon: str, brief: str) -> str:
    """Return the place of the page at which the person goes on."""
    if command in ("up", "down") and brief.isdecimal():
        return f"item-{brief}"
    return {"find": "add", "add": "items", "remove": "items"}.get(command, "")


def _read_query(typed: str) -> str:
    return typed[:MAX_QUERY_LENGTH].strip()


def save_form(request: HttpRequest, issue: Issue, person: Person, command: str = "") -> HttpResponse | None:
    """Save the form. Return the page with the typed words if they cannot be stored."""
    content = _apply(_read_content(request, issue), command)
    try:
        issues.save_issue(issue, content, by=person, version=read_number(request.POST, "version"))
    except IssueConflict as refused:
        page = IssuePageData(Issue.objects.get(pk=issue.pk), person, content=refused.merged)
        return render_issue_page(request, page, refused=refused)
    except Refused as refused:
        return render_issue_page(request, IssuePageData(issue, person, content=content), refused=refused)
    return None


def _read_content(request: HttpRequest, issue: Issue) -> IssueContent:
    """Read the form. A field that it lacks, or in which the person takes the stored words, keeps its stored value."""
    stored, data = IssueContent.from_json(issue.content), request.POST
    kept = {name.removeprefix("take-") for name, choice in data.items() if choice == "theirs"}
    items = [pk for pk in map(parse_int_or_zero, data.getlist("item")) if pk]
    texts = replace(stored, items=stored.items if "items" in kept else tuple(items)).texts()
    typed = {
        name: data.get(name, text).replace("\r\n", "\n") for name, text in texts.items() if name not in kept
    }
    return IssueContent.from_texts(texts | typed, stored.items if "items" in kept else items)


def _build_conflict(conflict: IssueConflict) -> Conflict:
    """Build the choice between the texts of two people."""
    own, other = (c.texts() | {"items": _list_titles(c)} for c in (conflict.merged, conflict.theirs))
    effort = share_effort(len(conflict.fields))
    values = []
    for field in conflict.fields:
        label = _("Contents") if field == "items" else str(ISSUE_TEXT_LABELS[issues.find_kind(field)])
        lang = next((tag for side, tag in LANGUAGE_TAGS.items() if field.endswith(f"_{side}")), "")
        marked = highlight_differences(own.get(field, ""), other.get(field, ""), effort)
        values.append(ConflictingValue(field, label, lang, *marked, "mine"))
    return Conflict(values, {}, conflict.version, 0)


def _list_titles(content: IssueContent) -> str:
    facts = find_headlines(content.items, timezone.now(), interface_side())
    return "\n".join(str(facts[pk].headline) if pk in facts else f"{pk}" for pk in content.items)


def _apply(content: IssueContent, command: str) -> IssueContent:
    """Move, remove or add the brief that the command names, such as `up:12`."""
    name, _colon, value = command.partition(":")
    brief, items = parse_int_or_zero(value), list(content.items)
    if name == "add" and brief and brief not in items:
        items.append(brief)
    elif brief in items:
        position = items.index(brief)
        if name == "remove":
            del items[position]
        elif name in ("up", "down"):
            del items[position]
            items.insert(max(0, position + (1 if name == "down" else -1)), brief)
    return replace(content, items=tuple(items))


def render_issue_page(
    request: HttpRequest, page: IssuePageData, *, refused: Refused | None = None
) -> HttpResponse:
    conflict = refused if isinstance(refused, IssueConflict) else None
    return render_page(
        request,
        "issues/issue",
        status=409 if refused else 200,
        title=page.title,
        opts=Issue._meta,
        desk=page,
        issue=page.issue,
        editable=page.may_edit,
        reasons=link_errors(field_errors(refused)) if refused else [],
        conflict=_build_conflict(conflict) if conflict else None,
        base_version=conflict.version if conflict else page.issue.version,
    )


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the issue as readers will see it, in both languages."""
    page = IssuePageData(get_object_or_404(Issue, pk=pk), require_role(request))
    return render_page(
        request,
        "issues/preview",
        title=_("Preview"),
        opts=Issue._meta,
        parent_url=page.url,
        subtitle=page.title,
        runs=page.runs,
    )
