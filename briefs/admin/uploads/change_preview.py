"""Compare a brief with the content of an imported file: Chinese by character, English by word."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANGUAGE_TAGS, SIDES, Bullet, Content, Side
from ...facts import FACTS
from ..common.brief_pages import BULLET_STRUCTURES, structure_label
from ..common.diff_html import highlight_differences
from ..common.fact_text import format_fact
from ..common.interface_labels import FIELD_LABELS
from ..common.name_fields import NamesById


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """A text that differs. `lang` is empty for a fact."""

    lang: str
    current_text: SafeString
    file_text: SafeString


@dataclass(frozen=True, slots=True)
class ChangeRow:
    label: str | Promise
    cells: list[ChangeCell] = field(default_factory=list)


def build_change_rows(before: Content, after: Content, names: NamesById) -> list[ChangeRow]:
    """Return every difference, in page order."""
    rows = [*_lead_rows(before, after), *_bullet_rows(before, after), *_order_rows(before, after)]
    return [*(row for row in rows if row.cells), *_fact_rows(before, after, names)]


def count_unchanged_bullets(before: Content, after: Content) -> int:
    return len(set(before.bullets) & set(after.bullets))


def _lead_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    for label, read in ((_("Headline"), Content.headline), (_("Summary"), Content.summary)):
        yield ChangeRow(
            label, [c for side in SIDES for c in _text_cells(side, read(before, side), read(after, side))]
        )


def _text_cells(side: Side, now: str, file: str) -> Iterator[ChangeCell]:
    if now != file:
        yield ChangeCell(LANGUAGE_TAGS[side], *_mark_both(now, file))


def _mark_both(now: str, file: str) -> tuple[SafeString, SafeString]:
    if now and file:
        return highlight_differences(now, file)
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (format_html("<mark>{}</mark>", text) if text else gone for text in (now, file))
    return left, right


def _bullet_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    was = {bullet.number: bullet for bullet in before.bullets}
    place = {bullet.number: n for n, bullet in enumerate(after.bullets, 1)}
    gone = _removed_by_predecessor(before, place)
    for bullet in (Bullet(0), *after.bullets):
        if bullet.number:
            label = _("Bullet %(n)s") % {"n": place[bullet.number]}
            yield ChangeRow(label, _bullet_cells(was.get(bullet.number, Bullet(0)), bullet))
        for lost in gone.get(bullet.number, ()):
            yield ChangeRow(_("Bullet, not in the file"), _bullet_cells(lost, Bullet(0)))


def _removed_by_predecessor(before: Content, positions: dict[int, int]) -> dict[int, list[Bullet]]:
    """Return bullets missing from the file, by the number of the preceding kept bullet."""
    gone: dict[int, list[Bullet]] = {}
    last = 0
    for bullet in before.bullets:
        if bullet.number in positions:
            last = bullet.number
        else:
            gone.setdefault(last, []).append(bullet)
    return gone


def _bullet_cells(was: Bullet, now: Bullet) -> list[ChangeCell]:
    return [
        cell for side in SIDES for cell in _text_cells(side, _bullet_text(was, side), _bullet_text(now, side))
    ]


def _bullet_text(bullet: Bullet, side: Side) -> str:
    text = bullet.text(side)
    structure = f"{bullet.level(side)}-{bullet.marker(side)}"
    return text if structure == BULLET_STRUCTURES[0] or not text else f"{structure_label(structure)} {text}"


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
