"""Render text differences as HTML and describe content differences in one line."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.bilingual.text.content_diff import BulletDifference, ContentDifference
from briefs.bilingual.text.content_merge import LEAD_NAMES
from briefs.bilingual.text.text_diff import EFFORT_LIMIT, DiffKind, diff_texts
from briefs.content import CHANGE_FIELDS, SIDES

from .interface_labels import FIELD_LABELS

_MARKS: Final[dict[DiffKind, str]] = {
    "equal": "{}",
    "deleted": "<del>{}</del>",
    "inserted": "<ins>{}</ins>",
}
_LEAD_NAMES: Final[dict[str, str | Promise]] = {
    "headline": gettext_lazy("headline"),
    "headline_zh": gettext_lazy("Chinese headline"),
    "headline_en": gettext_lazy("English headline"),
    "summary": gettext_lazy("summary"),
    "summary_zh": gettext_lazy("Chinese summary"),
    "summary_en": gettext_lazy("English summary"),
    "picture_alt": gettext_lazy("alt text"),
    "picture_alt_zh": gettext_lazy("Chinese alt text"),
    "picture_alt_en": gettext_lazy("English alt text"),
}
PAGE_DIFF_EFFORT: Final = 2_500_000
"""Diff steps for one page (see `text.text_diff`), shared by all its texts: about a second."""
CELL_EFFORT: Final = 40_000
"""Diff steps for one column of the vocabulary: a page has hundreds."""
MAX_FACTS_NAMED: Final = 3
"""Facts named in one line; the others are only counted."""


def share_effort(texts: int) -> int:
    """Return the `effort` for one diff on a page with this many differing texts."""
    return min(EFFORT_LIMIT, PAGE_DIFF_EFFORT // max(texts, 1))


def highlight_differences(
    mine: str, theirs: str, effort: int = EFFORT_LIMIT
) -> tuple[SafeString, SafeString]:
    """Return both texts with `<mark>` around the parts that the other text lacks."""
    found = diff_texts(mine, theirs, effort)
    left = ((run.kind, run.text) for run in found if run.kind != "inserted")
    right = ((run.kind, run.text) for run in found if run.kind != "deleted")
    return _render_runs(left, "<mark>{}</mark>"), _render_runs(right, "<mark>{}</mark>")


def render_diff(old: str, new: str, effort: int = EFFORT_LIMIT) -> SafeString:
    """Return one text with deletions in `<del>` and insertions in `<ins>`."""
    return _render_runs((run.kind, run.text) for run in diff_texts(old, new, effort))


def _render_runs(parts: Iterable[tuple[DiffKind, str]], mark: str = "") -> SafeString:
    pieces = (
        format_html((mark if mark and kind != "equal" else "") or _MARKS[kind], text) for kind, text in parts
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def describe_difference(difference: ContentDifference) -> str:
    """Describe the changes in one line, such as “3 bullets reworded, 1 bullet moved, headline”."""
    if difference.is_empty:
        return _("No difference")
    parts = [*_describe_bullets(difference.rows), *_describe_leads(difference.leads)]
    if difference.facts:
        parts.append(_describe_facts(difference.facts))
    return _(", ").join(parts)


def _describe_bullets(rows: Iterable[BulletDifference]) -> Iterator[str]:
    rows = list(rows)
    if n := sum(any(row.is_reworded(side) for side in SIDES) for row in rows):
        yield ngettext("%(n)s bullet reworded", "%(n)s bullets reworded", n) % {"n": n}
    if n := sum(row.is_moved for row in rows):
        yield ngettext("%(n)s bullet moved", "%(n)s bullets moved", n) % {"n": n}
    if n := sum(not row.old for row in rows):
        yield ngettext("%(n)s bullet added", "%(n)s bullets added", n) % {"n": n}
    if n := sum(not row.new for row in rows):
        yield ngettext("%(n)s bullet removed", "%(n)s bullets removed", n) % {"n": n}
    if n := sum(any(row.is_restructured(side) for side in SIDES) for row in rows):
        yield ngettext("structure of %(n)s bullet", "structure of %(n)s bullets", n) % {"n": n}
    if n := sum(row.has_changed_annotations for row in rows):
        yield ngettext("source passage of %(n)s bullet", "source passages of %(n)s bullets", n) % {"n": n}


def _describe_leads(names: Iterable[str]) -> Iterator[str]:
    changed = set(names)
    for kind in ("headline", "summary", "picture_alt"):
        sides = [name for name in LEAD_NAMES if name.startswith(kind) and name in changed]
        if sides:
            yield str(_LEAD_NAMES[kind if len(sides) == len(SIDES) else sides[0]])
    if "key_point" in changed:
        yield _("key line")
    if changed.intersection(CHANGE_FIELDS):
        yield _("note on the change")


def _describe_facts(names: tuple[str, ...]) -> str:
    labels = [str(FIELD_LABELS[name]) for name in names[:MAX_FACTS_NAMED]]
    if len(names) > MAX_FACTS_NAMED:
        labels.append(_("%(n)s more") % {"n": len(names) - MAX_FACTS_NAMED})
    return _("article facts (%(facts)s)") % {"facts": _(", ").join(labels)}
