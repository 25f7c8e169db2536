"""The desk's page of an issue: texts side by side, contents in order, review, publication and withdrawal."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
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
from briefs.admin.common.brief_rows import RowCell, RowRun, build_rows, render_rows
from briefs.admin.common.fact_text import describe_change, format_change_field
from briefs.admin.common.form_fields import (
    field_errors,
    link_errors,
)
from briefs.admin.common.interface_labels import SIDE_NAMES, format_issue, interface_side
from briefs.admin.common.publication import Publication
from briefs.admin.common.task_list import render_sentence
from briefs.admin.history.timeline import TimelineEntry
from briefs.admin.lists.changelist import find_briefs
from briefs.bilingual.rendering.text import render_preface
from briefs.bilingual.text import paths
from briefs.bilingual.text.text_diff import diff_contents
from briefs.content import (
    CHANGE_FIELDS,
    ISSUE_TEXTS,
    LANGUAGE_TAGS,
    SIDES,
    Bullet,
    Content,
    IssueContent,
    Side,
)
from briefs.models import Brief, ChangeKind, Edition, Event, Issue, Person
from briefs.publications.published import fill_mail_lines
from briefs.workflow import Refused, issues, policy
from briefs.workflow.acts import ACTS, NEXT_BRIEF, get_past
from briefs.workflow.issues import TEXT_LIMITS, IssueConflict
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules import ISSUE_TEXT_LABELS, IssueFacts, Standing, four_eyes

from .mailing_pages import IssueMailing

ISSUE_LEAF_NAMES: Final = {**SIDE_NAMES, "common": gettext_lazy("Briefs in their order")}
MAX_LEFT_OUT: Final = 30
MAX_FOUND: Final = 10
MAX_EVENTS: Final = 40
MAX_QUERY_LENGTH: Final = 200


def build_issue_url(issue: Issue | int, page: str = "change", *args: str) -> str:
    pk = issue if isinstance(issue, int) else issue.pk
    return reverse(f"admin:briefs_issue_{page}", args=[pk, *args])


# What the page shows


@dataclass(frozen=True, slots=True)
class Field:
    """A text field. `theirs`: what somebody else saved for it at the same time; `placeholder`: what stands in."""

    name: str
    side: Side
    value: str
    is_long: bool
    placeholder: str = ""
    theirs: str | None = None

    @property
    def label(self) -> object:
        return ISSUE_TEXT_LABELS[issues.find_kind(self.name)]

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.side]

    @property
    def limit(self) -> int:
        return TEXT_LIMITS[issues.find_kind(self.name)[:-3]]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A brief of an issue, as its list shows it."""

    now: dt.datetime
    brief: int
    headline: str
    number: int
    published_at: dt.datetime
    live_from: dt.datetime
    withdrawn_at: dt.datetime | None
    removed_at: dt.datetime | None

    @property
    def is_available(self) -> bool:
        return not (self.withdrawn_at or self.removed_at)

    @property
    def is_scheduled(self) -> bool:
        return self.published_at > self.now


def find_headlines(briefs: Collection[int], now: dt.datetime, side: Side) -> dict[int, ItemFacts]:
    """Return headline, number and times of the newest standing edition of each brief, by the brief's id. One query."""
    rows = Edition.objects.uncancelled().filter(brief__in=briefs).order_by("brief", "number")
    headline = KeyTextTransform(f"headline_{side}", "content")
    columns = ("brief_id", headline, "number", "published_at", "live_from", "withdrawn_at", "removed_at")
    return {row[0]: ItemFacts(now, *row) for row in rows.values_list(*columns)}


@dataclass(frozen=True, slots=True)
class Item:
    """A brief in the contents, or one that can be added."""

    pk: int
    title: str
    lang: str
    about: str
    is_missing: bool = False
    reasons: Sequence[Field] = ()
    """Fields of *Why read it*."""

    @property
    def menu(self) -> str:
        return f"item-menu-{self.pk}"

    @classmethod
    def build(cls, pk: int, facts: ItemFacts | None) -> "Item":
        if facts is None:
            return cls(pk, str(Brief.objects.filter(pk=pk).first() or pk), "", _("not public"), True)
        day = _format_day(facts.published_at)
        about = (_("public on %(day)s") if facts.is_scheduled else _("public since %(day)s")) % {"day": day}
        if not facts.is_available:
            about = _("withdrawn or removed")
        elif facts.number > 1:
            about = _("%(public)s, edition %(n)s") % {"public": about, "n": facts.number}
        return cls(pk, facts.headline, LANGUAGE_TAGS[interface_side()], about, not facts.is_available)


def _format_day(moment: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(moment), pgettext("date format", "F j"))


class IssuePageData:
    """What the page of an issue shows to one person. `content` may have unsaved words, after a refusal."""

    def __init__(
        self, issue: Issue, person: Person, *, content: IssueContent | None = None, query: str = ""
    ) -> None:
        self.issue, self.person, self.query = issue, person, query
        self.now = timezone.now()
        self.people = policy.load_staff()
        self.facts = IssueFacts(issue, self.now, people=self.people)
        self.content = content or self.facts.content
        self.conflict: IssueConflict | None = None

    @property
    def row(self) -> Issue:
        return self.issue

    @property
    def url(self) -> str:
        return build_issue_url(self.issue)

    @property
    def title(self) -> str:
        return format_issue(self.issue.number)

    @cached_property
    def is_editable(self) -> bool:
        return policy.is_allowed(self.person, "edit_issue", self.issue)

    @cached_property
    def step(self) -> Step:
        return next_step(self.facts, self.person)

    @property
    def standing(self) -> Standing:
        return Standing(self.facts, self.person)

    @property
    def sentence(self) -> SafeString:
        return render_sentence(self.step.sentence, "")

    @property
    def main_act(self) -> dict[str, str]:
        if self.step.main == NEXT_BRIEF:
            return {}
        return describe_act(self.issue, self.step.main, self.first_gap)

    @property
    def first_gap(self) -> str:
        return next((phrase.about for phrase in self.step.sentence.phrases if phrase.about), "")

    @property
    def other_acts(self) -> list[dict[str, str]]:
        return [describe_act(self.issue, act) for act in self.step.others]

    @property
    def day(self) -> dt.datetime | None:
        edition = self.facts.scheduled_edition or self.facts.public_edition
        return timezone.localtime(edition.published_at) if edition else None

    @property
    def public_links(self) -> list[tuple[str, str, str]]:
        if not self.facts.public_edition:
            return []
        return [
            (paths.issue(side, self.issue.number), LANGUAGE_TAGS[side], name)
            for side, name in paths.NATIVE_LANGUAGE_NAMES.items()
        ]

    @cached_property
    def field_rows(self) -> list[list[Field]]:
        """Return the fields of both languages, side by side: once the issue has been public, the change note first."""
        names = [*(["change_note"] if self.facts.was_public else []), *ISSUE_TEXTS]
        return [[self._build_field(name, side) for side in SIDES] for name in names]

    def _build_field(self, name: str, side: Side) -> Field:
        field = f"{name}_{side}"
        stands_in = getattr(fill_mail_lines(self.content.side(side), side), name, "")
        is_long = name in ("preface", "change_note")
        return Field(field, side, self.content.texts()[field], is_long, stands_in, self._find_theirs(field))

    def _find_theirs(self, field: str) -> str | None:
        """Return what somebody else saved for the field at the same time."""
        if not self.conflict or field not in self.conflict.fields:
            return None
        theirs = self.conflict.theirs
        return format_change_field(theirs, field) if field in CHANGE_FIELDS else theirs.texts()[field]

    @property
    def change_kinds(self) -> list[tuple[str, str, bool]]:
        """Return value and label of each kind of change, and whether it is the chosen one."""
        choices = [("", "–"), *ChangeKind.choices]
        return [(value, str(label), value == self.content.change_kind) for value, label in choices]

    @property
    def their_change_kind(self) -> str | None:
        return self._find_theirs("change_kind")

    @property
    def change(self) -> dict[str, Any]:
        return describe_change(self.facts.content)

    @cached_property
    def _headlines(self) -> Mapping[int, ItemFacts]:
        wanted = {*self.content.items, *self._left_out, *self._found}
        return find_headlines(wanted, self.now, interface_side())

    @cached_property
    def items(self) -> list[Item]:
        items = [Item.build(pk, self._headlines.get(pk)) for pk in self.content.items]
        return [
            replace(item, reasons=[self._build_field(f"why-{item.pk}", side) for side in SIDES])
            for item in items
        ]

    @property
    def their_items(self) -> list[Item]:
        """Return the contents that somebody else saved at the same time."""
        if not self.conflict or "items" not in self.conflict.fields:
            return []
        facts = find_headlines(self.conflict.theirs.items, self.now, interface_side())
        return [Item.build(pk, facts.get(pk)) for pk in self.conflict.theirs.items]

    @cached_property
    def _left_out(self) -> list[int]:
        if not self.is_editable:
            return []
        new = issues.find_new_briefs(self.issue.number, self.now)
        return [pk for pk in new if pk not in self.content.items][-MAX_LEFT_OUT:]

    @property
    def left_out(self) -> list[Item]:
        return [Item.build(pk, self._headlines.get(pk)) for pk in self._left_out]

    @cached_property
    def _found(self) -> list[int]:
        """Return public and scheduled briefs with the words of the query."""
        if not self.query or not self.is_editable:
            return []
        editions = Edition.objects.listed(self.now) | Edition.objects.scheduled(self.now)
        rows = Brief.objects.filter(pk__in=editions.values("brief")).exclude(pk__in=self.content.items)
        return [brief.pk for brief in find_briefs(rows, self.query, MAX_FOUND)]

    @property
    def found(self) -> list[Item]:
        return [Item.build(pk, self._headlines.get(pk)) for pk in self._found]

    @cached_property
    def sign_offs(self) -> list[dict[str, Any]]:
        """Return each leaf, with who signed it."""
        names = {person.pk: str(person) for person in self.people}
        leaves = self.facts.signing.leaves
        return [
            {
                "side": name,
                "label": ISSUE_LEAF_NAMES[name],
                "seen": four_eyes.format_seen(name, four_eyes.get_hashes(leaves)),
                "signed": four_eyes.is_settled(leaf),
                "signed_by": [names.get(pk, "") for pk in sorted(leaf.voices)],
                "act": describe_act(self.issue, act)
                if (act := f"sign_off_issue_{name}") in (self.step.main, *self.step.others)
                else None,
            }
            for name, leaf in leaves.items()
        ]

    @property
    def publication(self) -> Publication:
        return Publication.build(self.facts.signing, self.person, self.facts.content, ISSUE_LEAF_NAMES)

    @cached_property
    def rows(self) -> list[RowRun]:
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

    @property
    def events(self) -> list[TimelineEntry]:
        return list_events(self.issue.about)


def _as_brief(issue: IssueContent, headlines: Mapping[Side, Mapping[int, ItemFacts]]) -> Content:
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
    """Return the newest events about an issue or about subscribers, for `_events.html`."""
    rows = Event.objects.filter(about=about).select_related("by").order_by("-pk")[:MAX_EVENTS]
    return [
        TimelineEntry(row.at, str(row.by), get_past(row.verb), [row.note] if row.note else []) for row in rows
    ]


def describe_act(issue: Issue, act: str, gap: str = "") -> dict[str, str]:
    """Return what the button or link of an act needs. `form`: the form that it sends, empty for a link."""
    row = ACTS[act]
    return {
        "act": act,
        "label": str(row.label),
        "form": "issue-form" if row.saves_first else "act-form" if row.way == "button" else "",
        "url": f"#{gap}" if row.way == "place" else build_issue_url(issue, "verb", act),
        "tone": "heavy" if row.weight == "heavy" else "",
    }


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
        return render_issue_page(
            request, IssuePageData(issue, person, query=_read_query(request.GET.get("q", "")))
        )
    refusal = save_form(request, issue, person, request.POST.get("do", ""))
    if refusal:
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
    except IssueConflict as conflict:
        stored = Issue.objects.get(pk=issue.pk)
        page = IssuePageData(stored, person, content=conflict.merged)
        page.conflict = conflict
        return render_issue_page(request, page, refused=conflict)
    except Refused as refused:
        return render_issue_page(request, IssuePageData(issue, person, content=content), refused=refused)
    return None


def _read_content(request: HttpRequest, issue: Issue) -> IssueContent:
    """Read the form. A field that it lacks, such as the change note of a first edition, keeps its stored value."""
    items = [pk for pk in map(parse_int_or_zero, request.POST.getlist("item")) if pk]
    stored = IssueContent.from_json(issue.content)
    texts = replace(stored, items=tuple(items)).texts()
    texts = {name: request.POST.get(name, text).replace("\r\n", "\n") for name, text in texts.items()}
    return IssueContent.from_texts(texts, items)


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
    errors = link_errors(field_errors(refused)) if refused else []
    return render_page(
        request,
        "issues/issue",
        status=409 if refused else 200,
        title=page.title,
        opts=Issue._meta,
        page=page,
        issue=page.issue,
        reasons=errors,
        base_version=page.conflict.version if page.conflict else page.issue.version,
    )


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the issue as readers will see it, in both languages."""
    person = require_role(request)
    page = IssuePageData(get_object_or_404(Issue, pk=pk), person)
    return render_page(
        request, "issues/preview", title=_("Preview"), opts=Issue._meta, page=page, issue=page.issue
    )
