"""What the review screen shows: each place with what changed, what was said of it, and what is left to look at."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ..content import LANG, SIDES, Bullet, Content, Side, sha256
from ..differing import EFFORT
from ..models import Edition, Note, Revision, SiteText, Suggestion
from ..rendering.nesting import Place as Spot
from ..workflow.refusals import found
from ..workflow.remarks import Place, looks_of
from .differences import told
from .findings import Look
from .page import Desk
from .screens import read_views

SINCE: Final = ("mine", "edition", "nothing")
"""What the text is compared with: my last answer, the last approved edition, or nothing."""


@dataclass(slots=True)
class Cell:
    """One side of one place. `seen` is the hash of the text that is shown."""

    side: Side
    place: str
    text: str
    html: SafeString
    seen: str
    spot: Spot | None = None
    is_changed: bool = False
    is_fine: bool = False
    suggestions: list[Suggestion] = field(default_factory=list)
    typed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return LANG[self.side]

    @property
    def key(self) -> str:
        return f"{self.place}-{self.side}"

    @property
    def marker(self) -> str:
        """As readers will see it."""
        return f"{self.spot.ordinal}." if self.spot and self.spot.ordinal else "•"

    @property
    def side_name(self) -> str:
        return _("Chinese") if self.side == "zh" else _("English")

    @property
    def note_typed(self) -> str:
        return str(self.typed.get(f"note-{self.key}", ""))

    @property
    def suggest_typed(self) -> str:
        return str(self.typed.get(f"suggest-{self.key}", "") or self.text)

    @property
    def why_typed(self) -> str:
        return str(self.typed.get(f"why-{self.key}", ""))


@dataclass(slots=True)
class Pair:
    """A place: headline, summary or a bullet."""

    place: str
    label: str
    n: int
    cells: list[Cell]
    bullet: Bullet | None = None
    findings: list[dict[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return all(cell.is_fine for cell in self.cells if cell.text)

    @property
    def is_changed(self) -> bool:
        return any(cell.is_changed for cell in self.cells)


@dataclass
class Review:
    VERBS: ClassVar = ("sign_off_zh", "sign_off_en", "send_back", "approve")

    desk: Desk
    since: str
    typed: Mapping[str, Any]
    base: Content | None

    @classmethod
    def of(cls, desk: Desk, *, since: str, typed: Mapping[str, Any]) -> Self:
        bases = {"mine": _answered(desk), "edition": _approved(desk)}
        if since not in SINCE or (since in bases and bases[since] is None):
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
        rows.append({"name": "nothing", "label": _("nothing (plain text)")})
        return [row | {"chosen": row["name"] == self.since} for row in rows]

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
        cells = [self._cell(place, side, getattr(view, side)) for side in SIDES]
        return Pair(str(place), _("Bullet %(n)s") % {"n": n}, n, cells, view.bullet)

    def _cell(self, place: Place, side: Side, spot: Spot | None = None) -> Cell:
        text = place.text(self.desk.content, side) or ""
        old = text if self.base is None else place.text(self.base, side) or ""
        html = SafeString(escape(text)) if old == text else told(old, text, EFFORT)
        return Cell(
            side, str(place), text, html, sha256(text), spot,
            is_changed=old != text, is_fine=(str(place), side) in self._looks, typed=self.typed,
        )  # fmt: skip

    @cached_property
    def _looks(self) -> set[tuple[str, str]]:
        return looks_of(self.desk.brief, self.desk.content, self.desk.person)

    def _attach(self, pairs: dict[str, Pair]) -> None:
        """Findings, notes and suggestions, each beside its place; of a place that is gone, under the brief's."""
        for place, said in self._findings().items():
            if place in pairs:
                pairs[place].findings = said
        for note in self.notes:
            at = f"b{note.bullet}" if note.bullet else ""
            if at in pairs:
                pairs[at].notes.append(note)
        cells = {(pair.place, cell.side): cell for pair in pairs.values() for cell in pair.cells}
        for asked in self.suggestions:
            if cell := cells.get(
                (str(Place(asked.field, asked.bullet)), "zh" if asked.side == "zh" else "en")
            ):
                cell.suggestions.append(asked)

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
        there = {b.number for b in self.desk.content.bullets}
        return [note for note in self.notes if note.bullet not in there]

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        return list(self.desk.brief.suggestions.select_related("by", "answered_by").filter(answer=""))

    def progress(self) -> str:
        filled = [cell for pair in self.pairs for cell in pair.cells if cell.text]
        done = sum(cell.is_fine for cell in filled)
        return _("%(n)s of %(m)s read") % {"n": done, "m": len(filled)}

    def changes(self) -> str:
        if self.base is None:
            return ""
        n = sum(cell.is_changed for pair in self.pairs for cell in pair.cells)
        return ngettext("%(n)s text changed", "%(n)s texts changed", n) % {"n": n}

    def card(self) -> list[str]:
        """The reviewer's card, one paragraph a line, in the interface's language of whoever reads."""
        text = SiteText.objects.filter(key=CARD).first()
        side: Side = "zh" if _is_chinese() else "en"
        return [line for line in (text.text(side) if text else default_card()).split("\n") if line.strip()]


CARD: Final = "review-card"


def default_card() -> str:
    return "\n".join(
        (
            _("Negation: is every not, never and without on both sides?"),
            _("Who says it: the author, a source, or we?"),
            _("Names and titles: spelt and rendered as in the glossary?"),
            _("Numbers, units, dates: the same on both sides and in the article?"),
        )
    )


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _answered(desk: Desk) -> Revision | None:
    """The revision that this person answered last."""
    mine = [s.revision_id for s in desk.signoffs if s.by_id == desk.person.pk]
    return next((r for r in desk.revisions if mine and r.pk == mine[-1]), None)


def _approved(desk: Desk) -> Revision | None:
    newest: Edition | None = next((e for e in desk.editions if not e.is_cancelled), None)
    return newest.revision if newest else None


def _key(finding: Any) -> str:
    return f"b{finding.bullet}" if finding.bullet is not None else finding.field
