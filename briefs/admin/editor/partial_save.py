"""Split an autosaved form into fields that can be stored and fields that cannot.

Rejected fields keep their stored value and are reported.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ...content import Bullet, Content
from ...text.three_way_merge import FACT_NAMES, LEAD_NAMES
from ...workflow import Reason, Refused
from ...workflow.rules.working_copy import TEXT_RULES, ContentTidier
from ..common.error_list import FieldError, field_errors
from .brief_form import parse_content_with_errors
from .draft_form import BulletRow, Draft

CELL_RULES: Final = {
    "text_zh": TEXT_RULES["bullet"],
    "text_en": TEXT_RULES["bullet"],
    "passage": TEXT_RULES["passage"],
    "one_sided": TEXT_RULES["one_sided"],
}
VOCABULARY_FACTS: Final = ("source", "authors", "keywords")
_BULLET_ANCHOR = re.compile(r"b\d+")


@dataclass(slots=True)
class PartialSave:
    """State of an autosave.

    `errors` refer to fields or row keys; `rejected_keys` are merge keys of the content.
    """

    draft: Draft
    errors: list[FieldError] = field(default_factory=list)
    rejected_keys: set[str] = field(default_factory=set)
    bullet_numbers: Mapping[str, int] = field(default_factory=dict)

    def build_content(self, base: Content, bullet_numbers: Mapping[str, int]) -> Content:
        self.bullet_numbers = bullet_numbers
        content, self.errors = parse_content_with_errors(self.draft, base, bullet_numbers, by=None)
        groups = {f"name-{row.key}": "authors" for row in self.draft.authors}
        groups |= {f"name-{row.key}": "keywords" for row in self.draft.keywords}
        self.rejected_keys = {groups.get(said.about, said.about) for said in self.errors}
        return content

    def revert_rejected(self, content: Content, base: Content, reasons: Sequence[Reason]) -> Content:
        """Return the content with the rejected values replaced by those of `base`.

        Raises Refused if a reason cannot be assigned to a single value.
        """
        hopeless = [reason for reason in reasons if not self._is_revertible(reason)]
        if hopeless:
            raise Refused(*hopeless)
        about = {reason.about for reason in reasons if not _BULLET_ANCHOR.fullmatch(reason.about)}
        self.rejected_keys |= about
        self.errors += field_errors(Refused(*(r for r in reasons if not _BULLET_ANCHOR.fullmatch(r.about))))
        leads = {name: getattr(base, name) for name in LEAD_NAMES if name in about}
        facts: dict[str, Any] = {name: getattr(base.facts, name) for name in FACT_NAMES if name in about}
        if "source" in about:  # a vocabulary row that the facts refer to no longer exists
            facts |= {name: getattr(base.facts, name) for name in VOCABULARY_FACTS}
        found = {bullet.number: bullet for bullet in base.bullets}
        bullets = tuple(
            self._revert_rejected_cells(b, found.get(b.number, Bullet(b.number))) for b in content.bullets
        )
        return replace(content, **leads, bullets=bullets, facts=replace(content.facts, **facts))

    @staticmethod
    def _is_revertible(reason: Reason) -> bool:
        if _BULLET_ANCHOR.fullmatch(reason.about):
            return reason.code in ("control-character", "too-long")
        return reason.about in (*LEAD_NAMES, *FACT_NAMES)

    def has_rejected_text(self, row: BulletRow) -> bool:
        """Return whether any text in this row was rejected."""
        name = f"b{row.number or self.bullet_numbers.get(row.key, 0)}-"
        return any(key.startswith(name) for key in self.rejected_keys)

    def _revert_rejected_cells(self, bullet: Bullet, base: Bullet) -> Bullet:
        reverted = {}
        for name, rule in CELL_RULES.items():
            tidying = ContentTidier()
            anchor = f"b{bullet.number}"
            tidying.tidy_text(getattr(bullet, name), rule, about=anchor)
            if tidying.reasons:
                reverted[name] = getattr(base, name)
                self.rejected_keys.add(f"{anchor}-{name.removeprefix('text_')}")
                self.errors += with_row_keys(field_errors(Refused(*tidying.reasons)), self.bullet_numbers)
        return replace(bullet, **reverted)


def with_row_keys(errors: Iterable[FieldError], bullet_numbers: Mapping[str, int]) -> list[FieldError]:
    """Replace bullet anchors such as `b7` by the page's key of the new row with that number."""
    keys = {f"b{number}": key for key, number in bullet_numbers.items()}
    return [replace(s, about=keys.get(s.about, s.about)) for s in errors]
