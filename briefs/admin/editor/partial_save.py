"""What an autosave can take of a form. What it cannot is as the page found it, said, and left as typed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...content import Bullet, Content
from ...text.three_way_merge import FACT_NAMES, LEAD_NAMES
from ...workflow import Reason, Refused
from ...workflow.rules.working_copy import Tidying
from ..common.error_list import Said, said_of
from .brief_form import reading
from .draft_form import BulletRow, Draft

CELLS: Final[Mapping[str, tuple[Promise, str]]] = {
    "text_zh": (_("Bullet"), "bullet"),
    "text_en": (_("Bullet"), "bullet"),
    "passage": (_("Source passage"), "passage"),
    "one_sided": (_("Reason"), "line"),
}
"""Those of a bullet: what it is called in a refusal, and which limit it has."""
ROWS: Final = ("source", "authors", "keywords")
_BULLET = re.compile(r"b\d+")


@dataclass(slots=True)
class Taking:
    """`said` is why something was not taken, about a field or a row's key; `places` are those of the content."""

    draft: Draft
    said: list[Said] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def left(self) -> set[str]:
        return self.places

    def build(self, was: Content, numbers: Mapping[str, int]) -> Content:
        self.numbers = numbers
        content, self.said = reading(self.draft, was, numbers, by=None)
        groups = {f"name-{row.key}": "authors" for row in self.draft.authors}
        groups |= {f"name-{row.key}": "keywords" for row in self.draft.keywords}
        self.places = {groups.get(said.about, said.about) for said in self.said}
        return content

    def mend(self, content: Content, was: Content, reasons: Sequence[Reason]) -> Content:
        """Raises Refused for what is about no single place, since then nothing can be taken."""
        hopeless = [reason for reason in reasons if not self._is_place(reason)]
        if hopeless:
            raise Refused(*hopeless)
        about = {reason.about for reason in reasons if not _BULLET.fullmatch(reason.about)}
        self.places |= about
        self.said += said_of(Refused(*(r for r in reasons if not _BULLET.fullmatch(r.about))))
        leads = {name: getattr(was, name) for name in LEAD_NAMES if name in about}
        facts: dict[str, Any] = {name: getattr(was.facts, name) for name in FACT_NAMES if name in about}
        if "source" in about:  # one of the rows that the facts name is gone
            facts |= {name: getattr(was.facts, name) for name in ROWS}
        found = {bullet.number: bullet for bullet in was.bullets}
        bullets = tuple(self._bullet(b, found.get(b.number, Bullet(b.number))) for b in content.bullets)
        return replace(content, **leads, bullets=bullets, facts=replace(content.facts, **facts))

    @staticmethod
    def _is_place(reason: Reason) -> bool:
        if _BULLET.fullmatch(reason.about):
            return reason.code in ("control-character", "too-long")
        return reason.about in (*LEAD_NAMES, *FACT_NAMES)

    def holds(self, row: BulletRow) -> bool:
        """Whether something typed in this row was left in the page."""
        name = f"b{row.number or self.numbers.get(row.key, 0)}-"
        return any(place.startswith(name) for place in self.places)

    def keyed(self, said: Iterable[Said]) -> list[Said]:
        """With the page's own names of its new bullets."""
        return keyed(said, self.numbers)

    def _bullet(self, bullet: Bullet, was: Bullet) -> Bullet:
        kept = {}
        for name, (label, limit) in CELLS.items():
            work = Tidying()
            place = f"b{bullet.number}"
            work.text(getattr(bullet, name), label, limit, about=place, lines=name == "passage")
            if work.reasons:
                kept[name] = getattr(was, name)
                self.places.add(f"{place}-{name.removeprefix('text_')}")
                self.said += self.keyed(said_of(Refused(*work.reasons)))
        return replace(bullet, **kept)


def keyed(said: Iterable[Said], numbers: Mapping[str, int]) -> list[Said]:
    """What is about `b7` is about the row that the page calls otherwise."""
    keys = {f"b{number}": key for key, number in numbers.items()}
    return [replace(s, about=keys.get(s.about, s.about)) for s in said]
