"""What the review screen shows: each place with what changed, what was said of it, and what is left to look at."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ... import policy
from ...content import SIDES, Bullet, Content, Side, sha256
from ...models import Edition, Note, Revision, SiteText, Suggestion
from ...rendering.nesting import NestedPosition as Spot
from ...text.text_diff import EFFORT_LIMIT, BulletDifference, ContentDifference, diff_contents
from ...workflow.review_comments import Place, looks_of, place_of
from ...workflow.rules.refusals import found
from ..common.brief_pages import read_views
from ..common.diff_html import told
from ..common.findings import Look
from ..common.site_texts import CARD, default_card
from ..editor.editor_page_data import Desk, Offer
from ..history.comparison import WORK
from .review_rows import Asked, Cell, Pair, structure_before

SINCE: Final = re.compile(r"mine|edition|nothing|r\d{1,9}")
"""What the text is compared with: my last answer, the last approved edition, nothing, or a revision."""


@dataclass
class Review:
    VERBS: ClassVar = ("sign_off_zh", "sign_off_en", "send_back", "approve")

    desk: Desk
    since: str
    typed: Mapping[str, Any]
    base: Content | None

    @classmethod
    def of(cls, desk: Desk, *, since: str, typed: Mapping[str, Any]) -> Self:
        bases = {"mine": _answered(desk), "edition": _approved(desk), since: _numbered(desk, since)}
        if since != "nothing" and bases.get(since) is None:
            since = next((name for name, base in bases.items() if base), "nothing")
        revision = bases.get(since)
        base = None
        if revision is not None:
            content = Revision.objects.values_list("content", flat=True).get(pk=revision.pk)
            base = Content.from_json(content)
        return cls(desk, since, typed, base)

    def choices(self) -> list[dict[str, Any]]:
        """What may be compared with, and how the person asks for it."""
        names = {
            "mine": (_("my last answer"), _answered(self.desk)),
            "edition": (_("the last approved edition"), _approved(self.desk)),
        }
        rows = [{"name": n, "label": label} for n, (label, there) in names.items() if there]
        if self.since.startswith("r"):
            rows.append(
                {"name": self.since, "label": _("what you had before you (%(n)s)") % {"n": self.since}}
            )
        rows.append({"name": "nothing", "label": _("nothing (plain text)")})
        return [row | {"chosen": row["name"] == self.since} for row in rows]

    # Places

    @cached_property
    def sides(self) -> list[Side]:
        """The languages that this person answers for: those they are asked for, else those that wait for anybody."""
        me, standing = self.desk.person, self.desk.standing
        reviewers = self.desk.plan.reviewers
        asked = [side for side in SIDES if reviewers[side].person == me]
        if asked or not policy.roles(me) & policy.REVIEWER:
            return asked or list(SIDES)
        able = [side for side in SIDES if not standing[side].refuses_yes_of(me)]
        free = [side for side in able if reviewers[side].person is None and not standing[side].signed]
        return free or able or list(SIDES)

    @cached_property
    def difference(self) -> ContentDifference | None:
        return None if self.base is None else diff_contents(self.base, self.desk.content)

    @cached_property
    def _rows(self) -> dict[int, BulletDifference]:
        return {row.number: row for row in self.difference.rows if row.new} if self.difference else {}

    @cached_property
    def pairs(self) -> list[Pair]:
        content = self.desk.content
        pairs = [self._lead("headline", _("Headline")), self._lead("summary", _("Summary"))]
        pairs += [self._bullet(view, n) for n, view in enumerate(read_views(content), 1)]
        self._attach({pair.place: pair for pair in pairs})
        return pairs

    def _lead(self, name: str, label: str) -> Pair:
        return Pair(name, label, 0, [self._cell(Place(name), side) for side in SIDES])

    def _bullet(self, view: Any, n: int) -> Pair:
        place = Place("bullet", view.bullet.number)
        row = self._rows.get(view.bullet.number)
        cells = [self._cell(place, side, getattr(view, side), row) for side in SIDES]
        was = row.old_position if row and row.is_moved else 0
        return Pair(str(place), _("Bullet %(n)s") % {"n": n}, n, cells, view.bullet, was)

    def _cell(
        self, place: Place, side: Side, spot: Spot | None = None, row: BulletDifference | None = None
    ) -> Cell:
        text = place.text(self.desk.content, side) or ""
        old = text if self.base is None else place.text(self.base, side) or ""
        html = SafeString(escape(text)) if old == text else told(old, text, self._effort)
        return Cell(
            side, str(place), text, html, sha256(text), spot, structure_before(row, side),
            is_changed=old != text, is_fine=(str(place), side) in self._looks, is_mine=side in self.sides,
            typed=self.typed,
        )  # fmt: skip

    @cached_property
    def _effort(self) -> int:
        """Of one comparison, so that a page of many changed texts takes about a second at most."""
        texts = 4 + 2 * sum(not row.is_same for row in self._rows.values())
        return min(EFFORT_LIMIT, WORK // texts)

    @cached_property
    def _looks(self) -> set[tuple[str, str]]:
        return looks_of(self.desk.brief, self.desk.content, self.desk.person)

    def removed(self) -> list[Bullet]:
        """Bullets that stood in what the text is compared with and do no longer."""
        return [row.old for row in self.difference.rows if row.old and not row.new] if self.difference else []

    def _attach(self, pairs: dict[str, Pair]) -> None:
        """Findings, notes and suggestions, each beside its place; of a place that is gone, under the brief's."""
        for place, said in self._findings().items():
            if place in pairs:
                pairs[place].findings = said
        for note in self.notes:
            if (at := _at(note)) in pairs:
                pairs[at].notes.append(note)
        cells = {(pair.place, cell.side): cell for pair in pairs.values() for cell in pair.cells}
        for row in self.suggestions:
            if cell := cells.get((str(place_of(row)), "zh" if row.side == "zh" else "en")):
                cell.suggestions.append(Asked.of(row, cell.text))

    def _findings(self) -> dict[str, list[dict[str, str]]]:
        look = Look.at(self.desk.brief.pk, self.desk.content)
        rows: dict[str, list[dict[str, str]]] = defaultdict(list)
        for finding in look.standing:
            rows[_key(finding)].append({"said": found(finding.code, finding.values), "by": "", "reason": ""})
        for finding, dismissal in look.aside:
            said = found(finding.code, finding.values)
            rows[_key(finding)].append({"said": said, "by": str(dismissal.by), "reason": dismissal.reason})
        return rows

    @cached_property
    def notes(self) -> list[Note]:
        rows = self.desk.brief.notes.select_related("by", "resolved_by").prefetch_related("replies__by")
        return list(rows.order_by("id"))

    def general_notes(self) -> list[Note]:
        """Of the brief as a whole, or of a bullet that is gone."""
        there = {pair.place for pair in self.pairs}
        return [note for note in self.notes if _at(note) not in there]

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        return list(self.desk.brief.suggestions.select_related("by", "answered_by").filter(answer=""))

    def lost_suggestions(self) -> list[Asked]:
        """For a bullet that is gone."""
        there = {pair.place for pair in self.pairs}
        return [Asked.of(row, "") for row in self.suggestions if str(place_of(row)) not in there]

    def note_typed(self) -> str:
        """On the whole brief."""
        return str(self.typed.get("note-brief-", ""))

    # The answer at the end

    @cached_property
    def _counts(self) -> tuple[int, int]:
        pairs = [pair for pair in self.pairs if pair.to_see]
        return sum(pair.is_done for pair in pairs), len(pairs)

    def progress(self) -> str:
        return _("%(n)s of %(m)s pairs seen") % dict(zip("nm", self._counts, strict=True))

    @property
    def unseen(self) -> int:
        return self._counts[1] - self._counts[0]

    @property
    def open_notes(self) -> int:
        return sum(note.resolved_at is None for note in self.notes)

    def side_names(self) -> str:
        names = {"zh": _("Chinese"), "en": _("English")}
        return _(", ").join(names[side] for side in self.sides)

    def offers(self) -> list[Offer]:
        return [offer for offer in self.desk.offers if offer.verb in self.VERBS]

    def changes(self) -> str:
        if self.base is None:
            return ""
        n = sum(cell.is_changed for pair in self.pairs for cell in pair.cells)
        return ngettext("%(n)s text changed", "%(n)s texts changed", n) % {"n": n}

    def card(self) -> list[str]:
        """The reviewer's card, one paragraph a line, in the interface's language of whoever reads."""
        text = SiteText.objects.filter(key=CARD).first()
        side: Side = "zh" if (get_language() or "").startswith("zh") else "en"
        return [line for line in (text.text(side) if text else default_card()).split("\n") if line.strip()]


def _at(note: Note) -> str:
    return f"b{note.bullet}" if note.bullet else note.field


def _answered(desk: Desk) -> Revision | None:
    """The revision that this person answered last."""
    mine = [s.revision_id for s in desk.signoffs if s.by_id == desk.person.pk]
    return next((r for r in desk.revisions if mine and r.pk == mine[-1]), None)


def _approved(desk: Desk) -> Revision | None:
    newest: Edition | None = next((e for e in desk.editions if not e.is_cancelled), None)
    return newest.revision if newest else None


def _numbered(desk: Desk, since: str) -> Revision | None:
    wanted = int(since[1:]) if re.fullmatch(r"r\d{1,9}", since) else 0
    return next((r for r in desk.revisions if r.number == wanted), None)


def _key(finding: Any) -> str:
    return f"b{finding.bullet}" if finding.bullet is not None else finding.field
