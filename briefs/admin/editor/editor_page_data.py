"""What a brief's page shows: the strip, people, sign-offs and history."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import workflow
from briefs.admin.common.assignments import build_assignment_rows
from briefs.admin.common.brief_pages import Badge, public_badges, render_original_link
from briefs.admin.common.fact_text import build_fact_line, build_fact_lines
from briefs.admin.common.interface_labels import LEAF_NAMES
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.admin.common.page_data import ActButton, PageData
from briefs.admin.common.task_list import build_act_url
from briefs.admin.history.timeline import TimelineEntry, load_newest_entries
from briefs.bilingual.text.content_diff import count_changes
from briefs.content import SIDES, Content, Side
from briefs.derived import PageNames
from briefs.models import Brief, Document, Letter, Note, Original, Person, SignOff, State, Suggestion
from briefs.publications import corrections
from briefs.workflow.assignments import AssignmentPlan
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.rules import BriefFacts, LeafName, four_eyes, hash_leaves
from briefs.workflow.rules.local_times import format_iso_date

from .draft_form import Draft

MAX_LETTERS = 100
"""Number of letters shown, newest first."""
MAX_EVENTS = 12


@dataclass
class BriefPageData(PageData):
    """Data of a brief's page. Each part is loaded on first use, because a successful verb renders no page."""

    leaf_names = LEAF_NAMES
    writing_view = "?view=write"

    brief: Brief
    person: Person
    now: dt.datetime = field(default_factory=timezone.now)

    @property
    def row(self) -> Brief:
        return self.brief

    @cached_property
    def content(self) -> Content:
        return workflow.load_working_copy(self.brief)

    @cached_property
    def has_original(self) -> bool:
        return Original.objects.filter(brief=self.brief, delete_on__gt=timezone.localdate(self.now)).exists()

    @cached_property
    def names(self) -> NamesById:
        return load_names_by_id([self.content])

    @cached_property
    def page_names(self) -> PageNames:
        return PageNames.load(self.content)

    @cached_property
    def _leaf_hashes(self) -> dict[LeafName, str]:
        return hash_leaves(self.content, self.page_names)

    def get_seen(self, name: LeafName) -> str:
        return four_eyes.format_seen(name, self._leaf_hashes)

    @property
    def base_revision(self) -> int:
        return self.facts.history.revisions[0].number

    def build_draft(self) -> Draft:
        return Draft.from_content(
            self.content, self.names, version=self.brief.version, base=self.base_revision
        )

    # Public state

    @cached_property
    def untold_readers(self) -> int:
        """Readers whom a publisher may tell of the public correction or withdrawal by mail."""
        edition = self.facts.public_edition
        if (
            not edition
            or not corrections.is_followed(edition, self.now)
            or not self.is_allowed("send_correction")
        ):
            return 0
        return corrections.count_untold(edition)

    def public_badges(self) -> list[Badge]:
        """Return what readers have, unless the sentence begins with it: *Live*."""
        badges = public_badges(self.brief, self.facts.editions, self.now)
        is_said = self.brief.state == State.APPROVED
        return [badge for badge in badges if not (is_said and badge.tone == "good")]

    # Permissions and verbs

    @property
    def may_edit(self) -> bool:
        return self.is_allowed("edit")

    @cached_property
    def facts(self) -> BriefFacts:
        return load_brief_facts([self.brief], self.now, self.people)[self.brief.pk]

    def get_act_label(self, act: str) -> str:
        if act == "discard" and any(not edition.is_cancelled for edition in self.facts.editions):
            return _("Discard this revision")
        return super().get_act_label(act)

    def get_act_url(self, act: str) -> str:
        return build_act_url(self.facts, act)

    def refused_acts(self) -> list[ActButton]:
        """Return the act that whoever submitted the brief may expect, with the reason why it is refused."""
        reasons = list(self.standing.list_unmet("take_back")) if self.is_allowed("take_back") else []
        is_signed = [reason.code for reason in reasons] == ["already-signed"]
        return [self.build_act("take_back", str(reasons[0]))] if is_signed else []

    @property
    def has_review(self) -> bool:
        """Return whether there is a review to show: the brief is in review, or is a draft with sign-offs."""
        return self.brief.state == State.IN_REVIEW or (
            self.brief.state == State.DRAFT and bool(self.signoffs)
        )

    # Side column

    @cached_property
    def plan(self) -> AssignmentPlan:
        return AssignmentPlan.build(self.brief, self.facts.assignments)

    @property
    def may_assign(self) -> bool:
        return self.is_allowed("assign")

    def assignment_rows(self) -> list[dict[str, Any]]:
        """Return one row per role: person, due day, and for reviewers their newest answer."""
        rows = list(build_assignment_rows(self.plan, self.person, self.brief))
        for row in rows:
            newest: dict[int, dict[str, Any]] = {}
            for answer in self.list_answers(row["name"]) if row["name"] in SIDES else ():
                newest.setdefault(answer["row"].by_id, answer)
            row["answers"] = [
                answer | {"changes": self._describe_changes(answer)} for answer in newest.values()
            ]
            asked = row["asked"].person
            row["waits"] = bool(
                asked
                and row["name"] in SIDES
                and self.brief.state == State.IN_REVIEW
                and asked.pk not in newest
            )
            row["is_mine"] = asked == self.person
        return rows

    def _describe_changes(self, answer: dict[str, Any]) -> str:
        """Return how many texts of the language changed since the lapsed answer, in words."""
        row: SignOff = answer["row"]
        if answer["stands"]:
            return ""
        before = Content.from_json(self.lapsed_contents[row.revision])
        n = count_changes(before, self.content, cast(Side, row.leaf))
        return ngettext("changed in %(n)s place since", "changed in %(n)s places since", n) % {"n": n}

    @cached_property
    def lapsed_contents(self) -> dict[int, Any]:
        """Return the contents of the revisions whose answers lapsed, by number. One query."""
        numbers = {s.revision for s in self.signoffs if s.pk not in self.standing_signoffs}
        return dict(self.brief.revisions.filter(number__in=numbers).values_list("number", "content"))

    @cached_property
    def notes(self) -> list[Note]:
        """Return all notes, open ones first, then newest first."""
        rows = self.brief.notes.select_related("by", "resolved_by").prefetch_related("replies__by")
        rows = rows.order_by("-id")
        return sorted(rows, key=lambda note: note.resolved_at is not None)

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        """Return the suggestions that nobody has answered."""
        return list(self.brief.suggestions.select_related("by").filter(answer="").order_by("id"))

    def letters(self) -> list[Letter]:
        """Return the newest letters, unhandled ones first."""
        rows = self.brief.letters.select_related("handled_by").order_by("-id")[:MAX_LETTERS]
        return sorted(rows, key=lambda letter: letter.handled_at is not None)

    @cached_property
    def timeline(self) -> list[TimelineEntry]:
        """Return the newest entries, newest first; a separate page lists all."""
        return load_newest_entries(self.brief, MAX_EVENTS, self.notes)

    def newest_event(self) -> int:
        return self.timeline[0].event_id if self.timeline else 0

    def suggested_files(self) -> list[dict[str, Any]]:
        """Return the files with open suggestions, and how many."""
        counts = Counter(row.file for row in self.suggestions if row.file)
        return [{"name": name, "suggestions": count} for name, count in counts.items()]

    def fact_lines(self) -> list[dict[str, Any]]:
        return list(build_fact_lines(self.content.facts, self.names))

    @property
    def has_facts(self) -> bool:
        facts = self.content.facts
        return bool(facts.source or facts.authors or facts.url or facts.doi or facts.title)

    def fact_line(self) -> SafeString:
        return build_fact_line(self.content.facts, self.names)

    def original_link(self) -> SafeString:
        return render_original_link(self.content.facts.url, self.content.facts.doi)

    def date_readings(self) -> list[dict[str, str]]:
        """Return the possible readings of an unconfirmed date, if the person may confirm it."""
        row = self.brief
        if row.article_date_confirmed or not row.article_date or not self.is_allowed("confirm_date"):
            return []
        isos = dict.fromkeys(iso for iso in (self.content.facts.date, row.article_date_alternative) if iso)
        return [{"iso": iso, "spoken": format_iso_date(iso)} for iso in isos]

    @cached_property
    def same_article_briefs(self) -> list[Brief]:
        """Return up to three other briefs of the same article, except discarded ones."""
        if not (key := self.brief.article_key):
            return []
        rows = Brief.objects.filter(article_key=key).exclude(article_key="").exclude(pk=self.brief.pk)
        return list(rows.exclude(state=State.DISCARDED).order_by("pk")[:3])


def find_document(brief: Brief, pk: int) -> Document | None:
    """Return the imported file with its bytes, if a revision of this brief came from it."""
    return Document.objects.filter(pk__in=brief.revisions.filter(document=pk).values("document")).first()
