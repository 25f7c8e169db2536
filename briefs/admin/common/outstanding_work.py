"""Count the outstanding work of many briefs from their columns, without running the checks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ...content import SIDES, Side
from ...models import Brief, Bullet, Note


def join_phrases(phrases: Iterable[str]) -> str:
    return pgettext("left", "; ").join(filter(None, phrases))


@dataclass(frozen=True, slots=True)
class OutstandingWork:
    """Phrases for what is missing and the number of missing items.

    `notes_phrase`, for open notes, is also the last phrase.
    """

    phrases: Sequence[str] = ()
    count: int = 0
    notes_phrase: str = ""

    def __str__(self) -> str:
        return join_phrases(self.phrases)


@dataclass(frozen=True, slots=True)
class OutstandingCounts:
    """Counts for one brief. `missing_bullets[side]` counts the bullets without text on that side."""

    missing_bullets: dict[Side, int]
    open_notes: int


def _count_missing_bullets(briefs: Sequence[Brief]) -> dict[int, Any]:
    """Return, by brief id, the number of bullets without text on each side, ignoring one-sided bullets.

    One query.
    """
    lacking = {f"lacking_{side}": Count("pk", filter=Q(**{f"text_{side}": ""})) for side in SIDES}
    rows = Bullet.objects.filter(brief__in=[brief.pk for brief in briefs], one_sided="")
    return {row["brief"]: row for row in rows.order_by().values("brief").annotate(**lacking)}


def find_complete_sides(briefs: Sequence[Brief]) -> dict[int, list[Side]]:
    """Return, by brief id, the languages in which nothing is missing. One query."""
    by_brief = _count_missing_bullets(briefs)
    return {
        brief.pk: [
            side
            for side in SIDES
            if not list(_missing_parts(brief, side, _missing_bullets(by_brief, brief, side)))
        ]
        for brief in briefs
    }


def _missing_bullets(by_brief: dict[int, Any], brief: Brief, side: Side) -> int:
    return int(by_brief.get(brief.pk, {}).get(f"lacking_{side}", 0))


def load_outstanding_work(briefs: Sequence[Brief]) -> dict[int, OutstandingWork]:
    """Return the outstanding work by brief id. Two queries. Planned briefs get an empty result."""
    by_brief = _count_missing_bullets(briefs)
    ids = [brief.pk for brief in briefs]
    notes = Note.objects.filter(brief__in=ids, resolved_at=None).order_by().values_list("brief")
    open_notes = dict(notes.annotate(n=Count("pk")))
    return {
        brief.pk: _outstanding_work(
            brief,
            OutstandingCounts(
                {side: _missing_bullets(by_brief, brief, side) for side in SIDES},
                open_notes.get(brief.pk, 0),
            ),
        )
        for brief in briefs
    }


def _outstanding_work(brief: Brief, counts: OutstandingCounts) -> OutstandingWork:
    if brief.is_planned:
        return OutstandingWork()
    phrases, count = [], 0
    for side in SIDES:
        parts = list(_missing_parts(brief, side, counts.missing_bullets[side]))
        if not parts:
            continue
        count += len(parts) - bool(counts.missing_bullets[side]) + counts.missing_bullets[side]
        phrases.append(_missing_phrase(side, parts))
    for is_so, phrase in (
        (brief.source_id is None, _("no source")),
        (brief.article_date is None, _("no date")),
        (brief.article_date and not brief.article_date_confirmed, _("date to confirm")),
    ):
        if is_so:
            phrases.append(phrase)
            count += 1
    notes = format_open_notes(counts.open_notes)
    return OutstandingWork([*phrases, notes] if notes else phrases, count + counts.open_notes, notes)


def format_open_notes(n: int) -> str:
    return ngettext("%(n)s open note", "%(n)s open notes", n) % {"n": n} if n else ""


def _missing_parts(brief: Brief, side: Side, bullets: int) -> Iterator[str]:
    if not getattr(brief, f"headline_{side}"):
        yield pgettext("lacking", "headline")
    if not getattr(brief, f"summary_{side}"):
        yield pgettext("lacking", "summary")
    if bullets:
        yield ngettext("%(n)s bullet", "%(n)s bullets", bullets) % {"n": bullets}


def _missing_phrase(side: Side, parts: Sequence[str]) -> str:
    values = {"parts": pgettext("names", ", ").join(parts)}
    if side == "zh":
        return _("Chinese lacks %(parts)s") % values
    return _("English lacks %(parts)s") % values
