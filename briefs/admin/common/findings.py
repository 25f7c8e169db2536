"""Run the checks on a brief and present the findings for the pair editor and for the page without JavaScript.

Offsets count UTF-16 units, as in JavaScript. A finding's id is a hash of its code, place and values, so it
stays the same between responses as long as the finding does.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs.bilingual import checks
from briefs.bilingual.checks import iterate_text_pairs
from briefs.content import SIDES, Content, hash_json
from briefs.models import Dismissal
from briefs.workflow.findings import load_dismissals, load_import_findings, to_check_dismissal
from briefs.workflow.rules import COMPLETENESS_CHECK, load_check_context
from briefs.workflow.rules.refusals import describe_finding

MAX_SHOWN: Final = 400
"""Findings of one answer, those that block first. Ten thousand would take 4 s to render and 10 MB to send."""
MAX_CHECKED_BULLETS: Final = 1_000
MAX_CHECKED_CHARACTERS: Final = 150_000
"""Bullets beyond this total are not checked, and the page says so: the longest brief would take two seconds."""

_ORDER = {
    "source": 0,
    "authors": 0,
    "date": 1,
    "url": 2,
    "headline": 3,
    "summary": 4,
    "bullet": 5,
    "picture": 6,
    "file": 7,
}


@dataclass(frozen=True, slots=True)
class CheckedContent:
    """A content with its open and its dismissed findings."""

    content: Content
    context: checks.CheckContext
    open_findings: list[checks.Finding]
    dismissed: list[tuple[checks.Finding, Dismissal]]

    @classmethod
    def check(cls, brief_pk: int, content: Content) -> "CheckedContent":
        """Run the checks on a content and separate dismissed findings. Four queries, for any length."""
        known = load_check_context(content)
        rows = {to_check_dismissal(row): row for row in load_dismissals(brief_pk)} if brief_pk else {}
        part = replace(content, bullets=content.bullets[: count_checked_bullets(content)])
        every = list(run_cached_checks(part, known))
        every += load_import_findings(brief_pk, content) if brief_pk else []
        aside = [(f, rows[d]) for f, d in checks.find_dismissed(every, rows, content)] if rows else []
        return cls(content, known, checks.remove_dismissed(every, rows, content) if rows else every, aside)

    def get_finding(self, id: str) -> checks.Finding | None:
        return next((finding for finding in self.open_findings if compute_finding_id(finding) == id), None)

    @property
    def plain_repair(self) -> checks.Repair:
        return checks.collect_plain_repairs(self.open_findings, self.content, checks.PLAIN_CHECKS)


def count_checked_bullets(content: Content) -> int:
    sizes = accumulate(len(bullet.text_zh) + len(bullet.text_en) for bullet in content.bullets)
    return min(bisect_right(list(sizes), MAX_CHECKED_CHARACTERS), MAX_CHECKED_BULLETS)


@lru_cache(maxsize=32)
def run_cached_checks(content: Content, context: checks.CheckContext) -> tuple[checks.Finding, ...]:
    """Run the checks, which depend on nothing else. Cached, so that opening a page again costs 1 ms."""
    return tuple(checks.run_checks(content, context))


def compute_finding_id(finding: checks.Finding) -> str:
    """Return an id unique within a brief. Findings with the same code, place and values share one id."""
    values = sorted(finding.values.items())
    return hash_json([finding.code, finding.field, finding.bullet, finding.side, values])[:16]


def as_json(brief_pk: int, content: Content, row_keys: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return one dictionary per finding, in page order. `row_keys` maps bullet numbers to the page's row
    keys.

    The content must be a stored one, in which every bullet has a number.
    """
    return as_json_with_plain_repair(brief_pk, content, row_keys)[0]


def as_json_with_plain_repair(
    brief_pk: int, content: Content, row_keys: Mapping[int, str]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the findings, and one repair for all that need no judgement."""
    look = CheckedContent.check(brief_pk, content)
    page = _EditorPage(content, row_keys)
    every = checks.combine_repairs(look.open_findings)
    first = sorted(look.open_findings, key=lambda finding: finding.check_name != COMPLETENESS_CHECK)[
        :MAX_SHOWN
    ]
    shown = []
    for finding in sorted(first, key=page.sort_key):
        shown.append(
            _finding_as_json(finding, page)
            | {"all": _repair_all_as_json(finding, every.pop(finding.code, None), page)}
        )
    for finding, row in sorted(look.dismissed, key=lambda pair: page.sort_key(pair[0])):
        told = {"pk": row.pk, "by": str(row.by), "reason": row.reason}
        plain = {
            "blocks": False,
            "repair": None,
            "copy": None,
            "use": (),
            "dismissable": False,
            "dismissed": told,
        }
        shown.append(_finding_as_json(finding, page) | {"all": None} | plain)
    if (further := len(look.open_findings) - len(first)) > 0:
        message = ngettext(
            "%(n)s more finding is shown once some of these are resolved.",
            "%(n)s more findings are shown once some of these are resolved.",
            further,
        )
        shown.append(_remark_as_json("further", message % {"n": further}))
    if (checked := count_checked_bullets(content)) < len(content.bullets):
        message = _("The brief is too long to be checked as a whole: nothing after bullet %(n)s is checked.")
        shown.append(_remark_as_json("unchecked", message % {"n": checked}))
    repair = look.plain_repair
    n = int(repair.values["n"])
    label = _("Fix directly (%(n)s)") % {"n": n}
    return shown, _repair_as_json(label, repair, page) if n else None


class Utf16Offsets:
    """Converts character indexes of one text to UTF-16 units, in which a character beyond U+FFFF counts twice."""

    def __init__(self, text: str) -> None:
        is_narrow = text.isascii() or max(text) <= "\uffff"
        self._wide = [] if is_narrow else [at for at, character in enumerate(text) if character > "\uffff"]

    def __getitem__(self, index: int) -> int:
        return index + bisect_left(self._wide, index)


class _EditorPage:
    """Converts findings to the page's row keys and UTF-16 offsets."""

    def __init__(self, content: Content, row_keys: Mapping[int, str]) -> None:
        self._row_keys = row_keys
        self._positions = {bullet.number: at for at, bullet in enumerate(content.bullets)}
        self._offsets: dict[tuple[str, int | None, str], Utf16Offsets] = {
            (pair.field, pair.bullet, side): Utf16Offsets(pair.text(side))
            for pair in iterate_text_pairs(content)
            for side in SIDES
        }

    def key(self, target: checks.Finding | checks.Edit) -> str:
        if target.bullet is None:
            return target.field
        return self._row_keys.get(target.bullet, f"b{target.bullet}")

    def sort_key(self, finding: checks.Finding) -> tuple[int, int]:
        at = self._positions.get(finding.bullet, 0) if finding.bullet is not None else 0
        return _ORDER[finding.field], at

    def utf16_offset(self, target: checks.Finding | checks.Edit, index: int) -> int:
        offsets = self._offsets.get((target.field, target.bullet, target.side))
        return offsets[index] if offsets else index

    def edits_as_json(self, edits: Iterable[checks.Edit]) -> list[dict[str, Any]]:
        return [
            {
                "key": self.key(edit),
                "side": edit.side,
                "start": self.utf16_offset(edit, edit.start),
                "end": self.utf16_offset(edit, edit.end),
                "was": edit.expected,
                "to": edit.replacement,
            }
            for edit in edits
        ]

    def marked_spans(self, finding: checks.Finding) -> list[list[Any]]:
        """Return the spans to mark for a finding and its repair.

        For an insertion, mark the preceding character.
        """
        edits = finding.repair.edits if finding.repair else ()
        if edits and (finding.span is None or len(edits) > 1):
            wanted = [(edit, edit.start, edit.end) for edit in edits]
        else:
            wanted = [(finding, *finding.span)] if finding.span else []  # type: ignore[list-item]
        marked = ((place, min(start, max(end - 1, 0)), end) for place, start, end in wanted if place.side)
        return [
            [self.key(place), place.side, self.utf16_offset(place, start), self.utf16_offset(place, end)]
            for place, start, end in marked
            if start < end
        ]


_FIELD_ADDRESSES = {name: f"#{name}" for name in ("source", "date", "url")} | {"picture": "#picture_alt_zh"}


def _finding_as_json(finding: checks.Finding, page: _EditorPage) -> dict[str, Any]:
    repair, key = finding.repair, page.key(finding)
    return {
        "id": compute_finding_id(finding),
        "code": finding.code,
        "check": finding.check_name,
        "blocks": finding.check_name == COMPLETENESS_CHECK,
        "style": checks.is_house_style(finding),
        "key": key,
        "href": _FIELD_ADDRESSES.get(key, ""),
        "side": finding.side,
        "message": describe_finding(finding.code, finding.values),
        "spans": page.marked_spans(finding),
        "repair": _repair_as_json(_repair_label(finding), repair, page) if repair and repair.edits else None,
        "copy": list(_copy_structure_actions()) if finding.check_name == "structure" else None,
        "link": _offer_link(repair),
        "use": list(_offer_known_names(repair)),
        "dismissable": finding.check_name != COMPLETENESS_CHECK,
        "dismissed": None,
    }


def _remark_as_json(id: str, message: str) -> dict[str, Any]:
    """Return an entry about the whole brief for findings that are not shown."""
    values = dict.fromkeys(("repair", "copy", "link", "use", "dismissed", "all", "href"))
    about = {
        "id": id,
        "code": "further",
        "check": "further",
        "blocks": False,
        "style": False,
        "key": "",
        "side": "",
    }
    return {**about, "message": message, "spans": [], "dismissable": False, **values}


def _repair_as_json(label: str, repair: checks.Repair, page: _EditorPage) -> dict[str, Any]:
    return {"label": label, "edits": page.edits_as_json(repair.edits)}


def _repair_label(finding: checks.Finding) -> str:
    """Label a repair, with the number of places if there is more than one."""
    if finding.code == "pairing.swap":
        return _("Swap partner")
    places = checks.count_repaired_places(finding)
    return _apply_all_label(places) if places > 1 else _("Apply repair")


def _apply_all_label(n: int) -> str:
    return _("Apply all %(n)s") % {"n": n}


def _repair_all_as_json(
    finding: checks.Finding, repair_all: checks.Repair | None, page: _EditorPage
) -> dict[str, Any] | None:
    """Return the repair for all findings of this code, if it has more edits than this finding's own repair."""
    own = finding.repair.edits if finding.repair else ()
    if repair_all is None or len(repair_all.edits) <= len(own):
        return None
    label = _apply_all_label(int(repair_all.values["n"]))
    return _repair_as_json(label, repair_all, page)


def _copy_structure_actions() -> Iterator[dict[str, str]]:
    yield {"label": _("Copy structure from Chinese"), "from": "zh"}
    yield {"label": _("Copy structure from English"), "from": "en"}


def _offer_known_names(repair: checks.Repair | None) -> Iterator[dict[str, str]]:
    """Yield a button for each known entry that a name of an imported file may mean."""
    for offer, name in repair.values.items() if repair and repair.code == "use-known" else ():
        yield {"label": _("Use %(name)s") % {"name": name}, "value": f"use_known:{offer}"}


def _offer_link(repair: checks.Repair | None) -> dict[str, str] | None:
    """Return a link to the page where the finding is resolved: the author, or a new glossary entry."""
    if repair and repair.code == "authors.order":
        url = reverse("admin:briefs_author_change", args=[repair.values["author"]])
        return {"label": _("Say it on the author’s page"), "url": url}
    if repair is None or repair.code != "names.glossary":
        return None
    name = str(repair.values["name"])
    query = urlencode({"en" if name.isascii() else "zh": name})
    return {"label": _("Add to the glossary"), "url": f"{reverse('admin:briefs_term_add')}?{query}"}
