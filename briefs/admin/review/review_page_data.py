"""The data of the review page: rows with both languages, changes, findings, notes and suggestions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import policy
from briefs.admin.common import findings
from briefs.admin.common.brief_pages import build_read_only_bullets, bullet_structure_label
from briefs.admin.common.diff_html import render_diff, share_effort
from briefs.admin.common.fact_text import describe_key_line
from briefs.admin.common.interface_labels import SIDE_NAMES, interface_side
from briefs.admin.common.site_texts import default_review_card
from briefs.admin.editor.editor_page_data import BriefPageData, VerbButton
from briefs.admin.editor.margin import (
    Margin,
    MarginItem,
    build_margins,
    list_comment_items,
    list_finding_items,
)
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, Side, hash_json
from briefs.lexicon.passages import find_altered_quotations
from briefs.models import Edition, Revision, SiteText, State
from briefs.models.site import REVIEW_CARD_KEY
from briefs.rendering.text import NestedPosition as Spot
from briefs.text.text_diff import BulletDifference, ContentDifference, diff_contents
from briefs.workflow.review_comments import TextAnchor, index_texts

# Rows of the review screen: a headline, summary or bullet with both languages and their annotations.


@dataclass(slots=True)
class ReviewCell:
    """One language of a headline, summary or bullet. `text_hash` is the hash of the shown text."""

    side: Side
    anchor: str
    text: str
    html: SafeString
    text_hash: str
    nesting: Spot | None = None
    previous_structure: str = ""
    """Level and marker before the change, if they changed."""
    is_changed: bool = False
    form_data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.side]

    @property
    def key(self) -> str:
        return f"{self.anchor}-{self.side}"

    @property
    def marker(self) -> str:
        """Return the marker as shown to readers."""
        return f"{self.nesting.ordinal}." if self.nesting and self.nesting.ordinal else "•"

    @property
    def side_name(self) -> str:
        return str(SIDE_NAMES[self.side])

    @property
    def note_text(self) -> str:
        return str(self.form_data.get(f"note-{self.key}", ""))

    @property
    def suggestion_text(self) -> str:
        return str(self.form_data.get(f"suggest-{self.key}", "") or self.text)

    @property
    def reason_text(self) -> str:
        return str(self.form_data.get(f"why-{self.key}", ""))


@dataclass(slots=True)
class ReviewPair:
    """Both languages of a headline, summary or bullet.

    `previous_position` is the old position of a moved bullet, counted from 1.
    """

    anchor: str
    label: str
    position: int
    cells: list[ReviewCell]
    bullet: Bullet | None = None
    previous_position: int = 0
    margin: Margin = field(default_factory=Margin)

    @property
    def is_changed(self) -> bool:
        return bool(self.previous_position) or any(
            cell.is_changed or cell.previous_structure for cell in self.cells
        )

    @property
    def altered_quotations(self) -> list[str]:
        """Return the English quotations that the source passage does not have word for word."""
        return find_altered_quotations(self.bullet.text_en, self.bullet.passage) if self.bullet else []

    def is_plain(self) -> bool:
        """Return whether the row has nothing but its texts, neither remarks nor what was typed and not sent."""
        typed = (c.note_text or c.reason_text or c.suggestion_text != c.text for c in self.cells)
        beside = self.bullet and (self.bullet.passage or self.bullet.one_sided)
        return not (self.margin.items or beside or any(typed))

    def as_form(self) -> Self:
        """Return the row with the names of its words, each between two marks, in place of the words."""

        def mark(name: str) -> Any:
            return f"{_MARK}{name}{_MARK}"

        cells = [
            replace(
                cell,
                anchor=mark("anchor"),
                text=mark(f"text-{cell.side}") if cell.text else "",
                html=mark(f"html-{cell.side}"),
                text_hash=mark(f"hash-{cell.side}"),
                nesting=cell.nesting
                and Spot("", cell.nesting.depth, cell.nesting.ordinal and mark(f"ordinal-{cell.side}")),
                form_data={},
            )
            for cell in self.cells
        ]
        return replace(
            self,
            anchor=mark("anchor") if self.position else self.anchor,
            label=mark("label"),
            position=self.position and mark("position"),
            cells=cells,
            bullet=None,
            previous_position=self.previous_position and mark("previous"),
            margin=Margin(mark("anchor")),
        )

    def list_words(self) -> dict[str, str]:
        words = {"anchor": self.anchor, "label": escape(self.label)}
        words |= {"position": str(self.position), "previous": str(self.previous_position)}
        for cell in self.cells:
            ordinal = str(cell.nesting.ordinal) if cell.nesting else ""
            texts = {"text": escape(cell.text), "html": cell.html, "hash": cell.text_hash, "ordinal": ordinal}
            words |= {f"{name}-{cell.side}": text for name, text in texts.items()}
        return words


_MARK: Final = "\ue000"


def render_rows(pairs: Iterable[ReviewPair], context: Mapping[str, Any]) -> Iterator[tuple[ReviewPair, str]]:
    """Yield each row and its HTML. Of plain rows that differ in their words alone, one is rendered and the others are filled
    in: to render each takes 1 ms, two seconds for the longest brief.
    """
    template = get_template("admin/briefs/review/_pair.html")
    parts_by_form: dict[str, list[str]] = {}
    for pair in pairs:
        if not pair.is_plain():
            yield pair, template.render({**context, "pair": pair})
            continue
        form = pair.as_form()
        if not (parts := parts_by_form.get(key := repr(form), [])):
            parts_by_form[key] = parts = template.render({**context, "pair": form}).split(_MARK)
        words = pair.list_words()
        yield pair, SafeString("".join([words[part] if n % 2 else part for n, part in enumerate(parts)]))


def structure_before(row: BulletDifference | None, side: Side) -> str:
    if row is None or row.old is None or row.new is None or not row.is_restructured(side):
        return ""
    return bullet_structure_label(row.old, side)


SINCE_PATTERN: Final = re.compile(r"mine|edition|nothing|r\d{1,9}")
"""Values of `since`, the base of the comparison.

`mine` is the person's last sign-off, `edition` the last approved edition, `r14` a revision.
"""


@dataclass
class ReviewPageData:
    ANSWER_VERBS: ClassVar = ("sign_off_zh", "sign_off_en", "send_back", "approve")

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
        bases = {
            "mine": _find_answered_revision(page_data),
            "edition": _find_approved_revision(page_data),
            since: _find_numbered_revision(page_data, since),
        }
        if since != "nothing" and bases.get(since) is None:
            since = next((name for name, base in bases.items() if base), "nothing")
        revision = bases.get(since)
        base = None
        if revision is not None:
            known = page_data.lapsed_contents.get(revision.pk)
            base = Content.from_json(
                known or Revision.objects.values_list("content", flat=True).get(pk=revision.pk)
            )
        return cls(page_data, since, form_data, base, only)

    @property
    def key_line(self) -> str:
        return describe_key_line(self.page_data.content)

    def comparison_choices(self) -> list[dict[str, Any]]:
        """Return the bases that the text can be compared with, for a select."""
        names = {
            "mine": (_("my last answer"), _find_answered_revision(self.page_data)),
            "edition": (_("the last approved edition"), _find_approved_revision(self.page_data)),
        }
        rows = [{"name": n, "label": label} for n, (label, there) in names.items() if there]
        if self.since.startswith("r"):
            rows.append(
                {"name": self.since, "label": _("what you had before you (%(n)s)") % {"n": self.since}}
            )
        rows.append({"name": "nothing", "label": _("nothing (plain text)")})
        return [row | {"chosen": row["name"] == self.since} for row in rows]

    # Texts under review

    @cached_property
    def reviewed_sides(self) -> list[Side]:
        """Return the languages that this person reviews.

        Those are the ones assigned to them, else unassigned ones that they may sign off.
        """
        me, signing = self.page_data.person, self.page_data.signing
        reviewers = self.page_data.plan.reviewers
        asked = [side for side in SIDES if reviewers[side].person == me]
        if asked or not policy.get_roles(me) & policy.REVIEWER_ROLES:
            return asked or list(SIDES)
        able = [side for side in SIDES if signing.can_sign(me, side)]
        free = [side for side in able if reviewers[side].person is None]
        return free or able or list(SIDES)

    @cached_property
    def difference(self) -> ContentDifference | None:
        return None if self.base is None else diff_contents(self.base, self.page_data.content)

    @cached_property
    def _diff_rows(self) -> dict[int, BulletDifference]:
        return {row.number: row for row in self.difference.rows if row.new} if self.difference else {}

    @cached_property
    def pairs(self) -> list[ReviewPair]:
        content = self.page_data.content
        pairs = [
            self._build_lead_pair("headline", _("Headline")),
            self._build_lead_pair("summary", _("Summary")),
        ]
        pairs += [
            self._build_bullet_pair(view, n) for n, view in enumerate(build_read_only_bullets(content), 1)
        ]
        for pair in pairs:
            pair.margin = self._margins[pair.anchor]
        return pairs

    def _build_lead_pair(self, name: str, label: str) -> ReviewPair:
        return ReviewPair(name, label, 0, [self._build_cell(TextAnchor(name), side) for side in SIDES])

    def _build_bullet_pair(self, view: Any, n: int) -> ReviewPair:
        place = TextAnchor("bullet", view.bullet.number)
        row = self._diff_rows.get(view.bullet.number)
        cells = [self._build_cell(place, side, getattr(view, side), row) for side in SIDES]
        was = row.old_position if row and row.is_moved else 0
        return ReviewPair(str(place), _("Bullet %(n)s") % {"n": n}, n, cells, view.bullet, was)

    def _build_cell(
        self, place: TextAnchor, side: Side, nesting: Spot | None = None, row: BulletDifference | None = None
    ) -> ReviewCell:
        text = self._texts.get((str(place), side), "")
        old = text if self.base is None else self._base_texts.get((str(place), side), "")
        html = SafeString(escape(text)) if old == text else render_diff(old, text, self._diff_effort)
        return ReviewCell(
            side, str(place), text, html, hash_json(text), nesting, structure_before(row, side),
            is_changed=old != text,
            form_data=self.form_data,
        )  # fmt: skip

    @cached_property
    def _texts(self) -> dict[tuple[str, Side], str]:
        return index_texts(self.page_data.content)

    @cached_property
    def _base_texts(self) -> dict[tuple[str, Side], str]:
        return index_texts(self.base) if self.base else {}

    @cached_property
    def _diff_effort(self) -> int:
        """Return the effort limit of one text diff.

        A page with many changed texts then takes about a second at most.
        """
        return share_effort(4 + 2 * sum(not row.is_same for row in self._diff_rows.values()))

    def removed_bullets(self) -> list[Bullet]:
        """Return the bullets of the base that the current text no longer has."""
        return [row.old for row in self.difference.rows if row.old and not row.new] if self.difference else []

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
    def changed_pairs(self) -> list[ReviewPair]:
        return [pair for pair in self.pairs if pair.is_changed]

    @property
    def shows_only_changes(self) -> bool:
        """Return whether to leave out unchanged rows: by default for a reviewer who has answered before."""
        return bool(self.changed_pairs) and self.only != "0" and (self.only == "1" or self.since == "mine")

    def answers(self) -> list[dict[str, Any]]:
        """Return `signoffs_by_side`, the person's languages first."""
        return sorted(
            self.page_data.signoffs_by_side(), key=lambda row: row["side"] not in self.reviewed_sides
        )

    @property
    def open_note_count(self) -> int:
        return sum(note.resolved_at is None for note in self.page_data.notes)

    def side_names(self) -> str:
        return _(", ").join(str(SIDE_NAMES[side]) for side in self.reviewed_sides)

    def verb_buttons(self) -> list[VerbButton]:
        return [offer for offer in self.page_data.verb_buttons if offer.verb in self.ANSWER_VERBS]

    def change_summary(self) -> str:
        if self.base is None:
            return ""
        n = sum(cell.is_changed for pair in self.pairs for cell in pair.cells)
        return ngettext("%(n)s text changed", "%(n)s texts changed", n) % {"n": n}

    def card_lines(self) -> list[str]:
        """Return the lines of the reviewer's card in the interface language."""
        text = SiteText.objects.filter(key=REVIEW_CARD_KEY).first()
        lines = (text.text(interface_side()) if text else default_review_card()).split("\n")
        return [line for line in lines if line.strip()]


def _find_answered_revision(page_data: BriefPageData) -> Revision | None:
    """Return the revision of this person's last sign-off."""
    mine = [s.revision for s in page_data.signoffs if s.by_id == page_data.person.pk]
    return next((r for r in page_data.revisions if mine and r.number == mine[-1]), None)


def _find_approved_revision(page_data: BriefPageData) -> Revision | None:
    newest: Edition | None = next((e for e in page_data.editions if not e.is_cancelled), None)
    return newest.revision if newest else None


def _find_numbered_revision(page_data: BriefPageData, since: str) -> Revision | None:
    wanted = int(since[1:]) if re.fullmatch(r"r\d{1,9}", since) else 0
    return next((r for r in page_data.revisions if r.number == wanted), None)
