"""Count the outstanding work of many briefs from their columns, without running the checks."""

from collections.abc import Iterable, Sequence
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


def _count_missing_bullets(briefs: Sequence[Brief]) -> dict[int, dict[Side, int]]:
    """Count the bullets without text by brief id and side, ignoring one-sided bullets. One query."""
    lacking: dict[str, Any] = {side: Count("pk", filter=Q(**{f"text_{side}": ""})) for side in SIDES}
    rows = Bullet.objects.filter(brief__in=[brief.pk for brief in briefs], one_sided="")
    found: dict[int, Any] = {row["brief"]: row for row in rows.order_by().values("brief").annotate(**lacking)}
    return {brief.pk: found.get(brief.pk, dict.fromkeys(SIDES, 0)) for brief in briefs}


def find_complete_sides(briefs: Sequence[Brief]) -> dict[int, list[Side]]:
    """Return, by brief id, the languages in which nothing is missing. One query."""
    missing = _count_missing_bullets(briefs)
    return {
        brief.pk: [side for side in SIDES if not _missing_parts(brief, side, missing[brief.pk][side])]
        for brief in briefs
    }


def load_outstanding_work(briefs: Sequence[Brief]) -> dict[int, OutstandingWork]:
    """Return the outstanding work by brief id. Two queries. Planned briefs get an empty result."""
    if not briefs:
        return {}
    missing = _count_missing_bullets(briefs)
    notes = Note.objects.filter(brief__in=[brief.pk for brief in briefs], resolved_at=None)
    open_notes = dict(notes.order_by().values_list("brief").annotate(n=Count("pk")))
    return {
        brief.pk: _outstanding_work(brief, missing[brief.pk], open_notes.get(brief.pk, 0)) for brief in briefs
    }


def _outstanding_work(brief: Brief, missing_bullets: dict[Side, int], open_notes: int) -> OutstandingWork:
    if brief.is_planned:
        return OutstandingWork()
    phrases, count = [], 0
    for side in SIDES:
        parts = _missing_parts(brief, side, missing_bullets[side])
        if parts:
            count += len(parts) - bool(missing_bullets[side]) + missing_bullets[side]
            phrases.append(_missing_phrase(side, parts))
    for is_so, phrase in (
        (brief.source_id is None, _("no source")),
        (brief.article_date is None, _("no date")),
        (brief.article_date and not brief.article_date_confirmed, _("date to confirm")),
    ):
        if is_so:
            phrases.append(phrase)
            count += 1
    notes = format_open_notes(open_notes)
    return OutstandingWork([*phrases, notes] if notes else phrases, count + open_notes, notes)


def format_open_notes(n: int) -> str:
    return ngettext("%(n)s open note", "%(n)s open notes", n) % {"n": n} if n else ""


def _missing_parts(brief: Brief, side: Side, bullets: int) -> list[str]:
    parts = (
        (not getattr(brief, f"headline_{side}"), pgettext("lacking", "headline")),
        (not getattr(brief, f"summary_{side}"), pgettext("lacking", "summary")),
        (bullets, ngettext("%(n)s bullet", "%(n)s bullets", bullets) % {"n": bullets}),
    )
    return [part for is_missing, part in parts if is_missing]


def _missing_phrase(side: Side, parts: Sequence[str]) -> str:
    values = {"parts": pgettext("names", ", ").join(parts)}
    if side == "zh":
        return _("Chinese lacks %(parts)s") % values
    return _("English lacks %(parts)s") % values
