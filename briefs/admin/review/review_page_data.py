"""The data of the review page: rows with both languages, changes, findings, notes and suggestions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from django.utils.translation import gettext as _

from briefs.admin.common import findings
from briefs.admin.common.brief_rows import BriefRow, Margin, MarginItem, build_margins, build_rows
from briefs.admin.common.fact_text import describe_key_line
from briefs.admin.common.interface_labels import SIDE_NAMES, interface_side
from briefs.admin.common.page_data import ActButton
from briefs.admin.common.site_texts import default_review_card
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.editor.margin import list_comment_items, list_finding_items
from briefs.bilingual.text.content_diff import diff_contents
from briefs.content import SIDES, Content, Side
from briefs.models import Revision, SiteText, State
from briefs.models.site import REVIEW_CARD_KEY
from briefs.workflow import policy

SINCE_PATTERN: Final = re.compile(r"mine|edition|nothing|r\d{1,9}")
"""Values of `since`, the base of the comparison.

`mine` is the person's last sign-off, `edition` the last approved edition, `r14` a revision.
"""


@dataclass
class ReviewPageData:
    ANSWER_ACTS: ClassVar = ("sign_off_zh", "sign_off_en", "send_back", "approve")

    page_data: BriefPageData
    since: str
    form_data: Mapping[str, Any]
    base: Content | None
    only: str = ""
    """`1` to leave out unchanged rows, `0` to show them."""

    @classmethod
    def build(
        cls, page_data: BriefPageData, *, since: str, form_data: Mapping[str, Any], only: str = ""
    ) -> Self:
        bases = _find_bases(page_data, since)
        if since != "nothing" and since not in bases:
            since = next(iter(bases), "nothing")
        contents = page_data.brief.revisions.values_list("content", flat=True)
        base = Content.from_json(contents.get(pk=bases[since].pk)) if since in bases else None
        return cls(page_data, since, form_data, base, only)

    @property
    def key_line(self) -> str:
        return describe_key_line(self.page_data.content)

    def comparison_choices(self) -> list[dict[str, Any]]:
        """Return the bases that the text can be compared with, for a select."""
        labels = {"mine": _("my last answer"), "edition": _("the last approved edition")}
        asked = _("what you had before you (%(n)s)") % {"n": self.since}
        bases = _find_bases(self.page_data, self.since)
        rows = [{"name": name, "label": labels.get(name, asked)} for name in bases]
        rows.append({"name": "nothing", "label": _("nothing (plain text)")})
        return [row | {"chosen": row["name"] == self.since} for row in rows]

    # Texts under review

    @cached_property
    def reviewed_sides(self) -> list[Side]:
        """Return the languages that this person reviews.

        Those are the ones assigned to them, else unassigned ones that they may sign off.
        """
        me, signing = self.page_data.person, self.page_data.facts.signing
        reviewers = self.page_data.plan.reviewers
        asked = [side for side in SIDES if reviewers[side].person == me]
        if asked or not policy.get_roles(me) & policy.REVIEWER_ROLES:
            return asked or list(SIDES)
        able = [side for side in SIDES if signing.can_sign(me, side)]
        free = [side for side in able if reviewers[side].person is None]
        return free or able or list(SIDES)

    @cached_property
    def rows(self) -> list[BriefRow]:
        content = self.page_data.content
        difference = diff_contents(self.base or content, content)
        return build_rows(difference, margins=self._margins, form_data=self.form_data)

    @cached_property
    def _margins(self) -> dict[str, Margin]:
        keys = ["headline", "summary", *(f"b{bullet.number}" for bullet in self.page_data.content.bullets)]
        return build_margins(keys, [*list_comment_items(self.page_data), *self._list_finding_items(keys)])

    def _list_finding_items(self, keys: list[str]) -> Iterator[MarginItem]:
        """Yield the findings of the rows; none for a brief that can no longer be changed, which is not checked."""
        brief = self.page_data.brief
        if brief.state in (State.DRAFT, State.IN_REVIEW):
            shown = findings.as_json(brief.pk, self.page_data.content, {})
            yield from list_finding_items([finding for finding in shown if finding["key"] in keys])

    @property
    def whole(self) -> Margin:
        """Return the margin with notes on the whole brief and items about removed bullets."""
        return self._margins[""]

    def note_text(self) -> str:
        """Return the unsent note on the whole brief."""
        return str(self.form_data.get("note-brief-", ""))

    # Sign-off

    @cached_property
    def changed_rows(self) -> list[BriefRow]:
        return [row for row in self.rows if row.is_changed]

    @property
    def shows_only_changes(self) -> bool:
        """Return whether to leave out unchanged rows: by default for a reviewer who has answered before."""
        return bool(self.changed_rows) and self.only != "0" and (self.only == "1" or self.since == "mine")

    def answers(self) -> list[dict[str, Any]]:
        """Return `signoffs_by_side`, the person's languages first."""
        return sorted(self.page_data.signoffs_by_side, key=lambda row: row["side"] not in self.reviewed_sides)

    @property
    def open_note_count(self) -> int:
        return sum(note.resolved_at is None for note in self.page_data.notes)

    def side_names(self) -> str:
        return _(", ").join(str(SIDE_NAMES[side]) for side in self.reviewed_sides)

    def answer_acts(self) -> list[ActButton]:
        step = self.page_data.step
        acts = [act for act in (step.main, *step.others) if act in self.ANSWER_ACTS]
        return [self.page_data.build_act(act) for act in acts]

    def card_lines(self) -> list[str]:
        """Return the lines of the reviewer's card in the interface language."""
        text = SiteText.objects.filter(key=REVIEW_CARD_KEY).first()
        lines = (text.text(interface_side()) if text else default_review_card()).split("\n")
        return [line for line in lines if line.strip()]


def _find_bases(page_data: BriefPageData, since: str) -> dict[str, Revision]:
    """Return the revisions that the text can be compared with, by the values of `since`."""
    mine = [signoff.revision for signoff in page_data.signoffs if signoff.by_id == page_data.person.pk]
    editions = [edition.revision.number for edition in page_data.facts.editions if not edition.is_cancelled]
    numbers = {"mine": mine[-1:], "edition": editions[:1]}
    if re.fullmatch(r"r\d{1,9}", since):
        numbers[since] = [int(since[1:])]
    rows = {row.number: row for row in page_data.facts.history.revisions}
    return {name: rows[n] for name, found in numbers.items() for n in found if n in rows}
