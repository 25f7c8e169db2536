"""A brief as it is beside what a file would make of it: Chinese by character, English by word."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANG, SIDES, Bullet, Content, Side
from ...workflow.rules.four_eyes import FACT_LABELS
from ..common.brief_pages import STRUCTURES, structure_label
from ..common.diff_html import marked
from ..common.fact_text import shown
from ..common.name_fields import Names


@dataclass(frozen=True, slots=True)
class Cell:
    """One text that differs; `lang` is empty for a fact."""

    lang: str
    now: SafeString
    file: SafeString


@dataclass(frozen=True, slots=True)
class Row:
    label: str | Promise
    cells: list[Cell] = field(default_factory=list)


def changed_rows(before: Content, after: Content, names: Names) -> list[Row]:
    """Every place that differs, in the order of the page."""
    rows = [*_leads(before, after), *_bullets(before, after), *_order(before, after)]
    return [*(row for row in rows if row.cells), *_facts(before, after, names)]


def unchanged_bullets(before: Content, after: Content) -> int:
    return len(set(before.bullets) & set(after.bullets))


def _leads(before: Content, after: Content) -> Iterator[Row]:
    for label, read in ((_("Headline"), Content.headline), (_("Summary"), Content.summary)):
        yield Row(label, [c for side in SIDES for c in _cells(side, read(before, side), read(after, side))])


def _cells(side: Side, now: str, file: str) -> Iterator[Cell]:
    if now != file:
        yield Cell(LANG[side], *_both(now, file))


def _both(now: str, file: str) -> tuple[SafeString, SafeString]:
    if now and file:
        return marked(now, file)
    gone = format_html('<em class="gone">{}</em>', _("Not there"))
    left, right = (format_html("<mark>{}</mark>", text) if text else gone for text in (now, file))
    return left, right


def _bullets(before: Content, after: Content) -> Iterator[Row]:
    was = {bullet.number: bullet for bullet in before.bullets}
    place = {bullet.number: n for n, bullet in enumerate(after.bullets, 1)}
    gone = _gone_after(before, place)
    for bullet in (Bullet(0), *after.bullets):
        if bullet.number:
            label = _("Bullet %(n)s") % {"n": place[bullet.number]}
            yield Row(label, _bullet_cells(was.get(bullet.number, Bullet(0)), bullet))
        for lost in gone.get(bullet.number, ()):
            yield Row(_("Bullet, not in the file"), _bullet_cells(lost, Bullet(0)))


def _gone_after(before: Content, place: dict[int, int]) -> dict[int, list[Bullet]]:
    """What the file does not have, by the number of the kept bullet that it followed."""
    gone: dict[int, list[Bullet]] = {}
    last = 0
    for bullet in before.bullets:
        if bullet.number in place:
            last = bullet.number
        else:
            gone.setdefault(last, []).append(bullet)
    return gone


def _bullet_cells(was: Bullet, now: Bullet) -> list[Cell]:
    return [cell for side in SIDES for cell in _cells(side, _text(was, side), _text(now, side))]


def _text(bullet: Bullet, side: Side) -> str:
    text = bullet.text(side)
    structure = f"{bullet.level(side)}-{bullet.marker(side)}"
    return text if structure == STRUCTURES[0] or not text else f"{structure_label(structure)} {text}"


def _order(before: Content, after: Content) -> Iterator[Row]:
    shared = {b.number for b in before.bullets} & {b.number for b in after.bullets}
    now, file = (
        " ".join(f"#b{b.number}" for b in content.bullets if b.number in shared)
        for content in (before, after)
    )
    yield Row(_("Order"), [Cell("", *_both(now, file))] if now != file else [])


def _facts(before: Content, after: Content, names: Names) -> Iterator[Row]:
    for name, label in FACT_LABELS.items():
        if getattr(before.facts, name) != getattr(after.facts, name):
            now, file = (shown(content.facts, name, names) for content in (before, after))
            yield Row(label, [Cell("", *marked(now, file))])
