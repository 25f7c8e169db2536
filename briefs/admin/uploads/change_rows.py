"""Rows that compare a brief, or an entry of the vocabulary, with what a sheet says: Chinese by character, English by word."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs.admin.common.brief_pages import bullet_structure_label
from briefs.admin.common.diff_html import CELL_EFFORT, highlight_differences, share_effort
from briefs.admin.common.fact_text import describe_key_line, format_fact
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.admin.common.name_fields import NamesById
from briefs.bilingual.text.content_diff import diff_contents
from briefs.bilingual.text.text_diff import EFFORT_LIMIT
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, Side
from briefs.facts import FACTS


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """A text that differs. `lang` is empty for a fact."""

    lang: str
    current_text: SafeString
    file_text: SafeString


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A row of the comparison."""

    label: str | Promise
    cells: list[ChangeCell]


def build_change_rows(before: Content, after: Content, names: NamesById) -> list[ChangeRow]:
    """Return every difference, in page order."""
    effort = share_effort(2 * len(after.bullets))
    leads = [*_lead_rows(before, after), *_key_line_rows(before, after)]
    rows = [*leads, *_bullet_rows(before, after, effort), *_order_rows(before, after)]
    return [*(row for row in rows if row.cells), *_fact_rows(before, after, names)]


def build_value_row(label: str, now: str, file: str) -> ChangeRow:
    """Build the row of one column of the vocabulary."""
    return ChangeRow(label, [ChangeCell("", *_mark_both(now, file, CELL_EFFORT))])


def count_unchanged_bullets(before: Content, after: Content) -> int:
    return len(set(before.bullets) & set(after.bullets))


def _lead_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    for label, read in ((_("Headline"), Content.headline), (_("Summary"), Content.summary)):
        yield ChangeRow(label, _text_cells({s: (read(before, s), read(after, s)) for s in SIDES}))


def _key_line_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    now, file = map(describe_key_line, (before, after))
    if now != file:
        yield ChangeRow(FIELD_LABELS["key_point"], [ChangeCell("", *highlight_differences(now, file))])


def _text_cells(texts: Mapping[Side, tuple[str, str]], effort: int = EFFORT_LIMIT) -> list[ChangeCell]:
    """Return the languages in which the text on the desk and the text in the file differ."""
    return [
        ChangeCell(LANGUAGE_TAGS[side], *_mark_both(now, file, effort))
        for side, (now, file) in texts.items()
        if now != file
    ]


def _mark_both(now: str, file: str, effort: int = EFFORT_LIMIT) -> tuple[SafeString, SafeString]:
    if now and file:
        return highlight_differences(now, file, effort)
    empty = format_html('<em class="gone">{}</em>', _("Empty"))
    left, right = (format_html("<mark>{}</mark>", text) if text else empty for text in (now, file))
    return left, right


def _bullet_rows(before: Content, after: Content, effort: int) -> Iterator[ChangeRow]:
    for row in diff_contents(before, after).rows:
        place = _("Bullet %(n)s") % {"n": row.new_position} if row.new else _("Bullet, not in the file")
        texts = {side: (_bullet_text(row.old, side), _bullet_text(row.new, side)) for side in SIDES}
        yield ChangeRow(place, _text_cells(texts, effort))


def _bullet_text(bullet: Bullet | None, side: Side) -> str:
    text = bullet.text(side) if bullet else ""
    if not (bullet and text) or (bullet.level(side), bullet.marker(side)) == (0, "bullet"):
        return text
    return f"{bullet_structure_label(bullet, side)} {text}"


def _order_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    shared = {b.number for b in before.bullets} & {b.number for b in after.bullets}
    now, file = (
        " ".join(f"#b{b.number}" for b in content.bullets if b.number in shared)
        for content in (before, after)
    )
    yield ChangeRow(_("Order"), [ChangeCell("", *_mark_both(now, file))] if now != file else [])


def _fact_rows(before: Content, after: Content, names: NamesById) -> Iterator[ChangeRow]:
    for name in FACTS:
        if getattr(before.facts, name) != getattr(after.facts, name):
            now, file = (format_fact(content.facts, name, names) for content in (before, after))
            yield ChangeRow(FIELD_LABELS[name], [ChangeCell("", *highlight_differences(now, file))])
