"""What stands in the margin of a row: suggestions, notes and findings, in one order, for writing and for review."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ...content import LANGUAGE_TAGS
from ...models import Note, Suggestion
from ...workflow.review_comments import TextAnchor, get_anchor
from ..common.diff_html import render_diff, share_effort
from ..common.interface_labels import SIDE_NAMES
from .editor_page_data import BriefPageData

RANKS: Final = {
    "blocks": 1,
    "suggestion": 2,
    "note": 3,
    "doubt": 4,
    "finding": 5,
    "passage": 6,
    "memory": 7,
    "dismissed": 8,
    "resolved": 9,
}
"""Order of the items of one margin. The page's JavaScript inserts by it."""
DOUBT_CHECK: Final = "pairing"
"""The check of pairs that may not say the same."""


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion rendered as a diff between its original and its proposed text."""

    row: Suggestion
    html: SafeString
    is_current: bool
    """Whether the text is unchanged since the suggestion was made."""

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS["zh" if self.row.side == "zh" else "en"]

    @property
    def side_name(self) -> str:
        return str(SIDE_NAMES["zh" if self.row.side == "zh" else "en"])


@dataclass(frozen=True, slots=True)
class MarginItem:
    """One item. `key` is that of its row, or empty if it is about the whole brief.

    Of several findings of one rule, the first has the number of the others as `further_count`.
    """

    kind: str
    key: str
    value: Any
    further_count: int = 0
    is_further: bool = False

    @property
    def rank(self) -> int:
        return RANKS[self.kind]


@dataclass(slots=True)
class Margin:
    key: str = ""
    items: list[MarginItem] = field(default_factory=list)

    @property
    def open_items(self) -> list[MarginItem]:
        return [item for item in self.items if item.rank < RANKS["passage"]]

    @property
    def settled_items(self) -> list[MarginItem]:
        return [item for item in self.items if item.rank > RANKS["memory"]]


def build_margins(keys: Iterable[str], items: Iterable[MarginItem]) -> dict[str, Margin]:
    """Return the margins by row key. Items about no row of the page are in the margin with an empty key."""
    margins = {key: Margin(key) for key in ("", *keys)}
    for item in sorted(items, key=lambda item: item.rank):
        margins.get(item.key, margins[""]).items.append(item)
    return margins


def list_finding_items(shown: Sequence[Mapping[str, Any]]) -> Iterator[MarginItem]:
    """Yield items for findings as `common.findings.as_json` returns them."""
    counts = Counter((finding["key"], finding["code"]) for finding in shown if not finding["dismissed"])
    seen_rules = set()
    dismissed = defaultdict(list)
    for finding in shown:
        rule = finding["key"], finding["code"]
        if finding["dismissed"]:
            dismissed[finding["key"]].append(finding)
            continue
        kind = "blocks" if finding["blocks"] else "doubt" if finding["check"] == DOUBT_CHECK else "finding"
        further = 0 if rule in seen_rules else counts[rule] - 1
        yield MarginItem(kind, finding["key"], finding, further, rule in seen_rules)
        seen_rules.add(rule)
    for key, some in dismissed.items():
        yield MarginItem("dismissed", key, some)


def list_comment_items(page_data: BriefPageData) -> Iterator[MarginItem]:
    """Yield open suggestions and all notes, oldest first. What is about a removed bullet has no row."""
    resolved = defaultdict(list)
    effort = share_effort(len(page_data.suggestions))
    for row in page_data.suggestions:
        anchor = get_anchor(row)
        text = anchor.find_text(page_data.content, "zh" if row.side == "zh" else "en")
        view = SuggestionView(row, render_diff(row.was, row.text, effort), row.was == text)
        yield MarginItem("suggestion", "" if text is None else str(anchor), view)
    for note in reversed(page_data.notes):
        key = _find_row(note, page_data)
        if note.resolved_at is None:
            yield MarginItem("note", key, note)
        else:
            resolved[key].append(note)
    for key, some in resolved.items():
        yield MarginItem("resolved", key, some)


def _find_row(note: Note, page_data: BriefPageData) -> str:
    """Return the key of the note's row, or an empty string if it is about no text of the page."""
    anchor = TextAnchor.parse(str(get_anchor(note)))
    there = anchor is not None and anchor.find_text(page_data.content, "zh") is not None
    return str(anchor) if there else ""


def build_margin_permissions(page_data: BriefPageData) -> dict[str, Any]:
    """Return what the templates of the margin ask."""
    return {
        "brief": page_data.brief,
        "may_edit": page_data.may_edit,
        "may_note": page_data.is_allowed("note"),
        "may_dismiss": page_data.is_allowed("dismiss"),
    }


def render_items(page_data: BriefPageData, items: Iterable[MarginItem]) -> str:
    """Render items without their rows, for a page that is open."""
    context = {"items": list(items), "editable": True, **build_margin_permissions(page_data)}
    return render_to_string("admin/briefs/editor/_margin_items.html", context) if context["items"] else ""
