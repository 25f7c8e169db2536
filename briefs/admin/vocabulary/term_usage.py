"""Find the briefs that use a glossary term, with each rendering, and those affected by a changed rendering."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import checks
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import render_page
from briefs.checks.texts import fold_characters
from briefs.content import SIDES, Side
from briefs.derived.term_occurrences import TERM_COLUMNS
from briefs.models import Brief, Bullet, State, Term
from briefs.workflow.rules.check_context import load_check_context

TERM_USAGE_PAGE_SIZE: Final = 100
LEAD_KINDS: Final = ("headline", "summary")

_WORD = re.compile(r"[^\s\u00a0'’-]+")
_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+|.", re.DOTALL)

RENDERING_KINDS: Final = {
    "preferred": gettext_lazy("Approved rendering"),
    "accepted": gettext_lazy("Also accepted"),
    "avoided": gettext_lazy("To avoid"),
    "former": gettext_lazy("Approved until now"),
}

type Rendering = tuple[Side, str, str]
"""Side, text as written, and status: preferred, accepted, avoided or former."""


@dataclass(slots=True)
class BriefTermUsage:
    """How often one brief uses each rendering, by place (`b4`, `summary`)."""

    brief: int
    occurrences: dict[Rendering, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def has_kind(self, kind: str) -> bool:
        return any(rendering[2] == kind for rendering in self.occurrences)


def uses_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the briefs that use a term.

    With `was_zh` or `was_en`, formerly preferred renderings, show only briefs that use those.
    """
    require_role(request)
    term = get_object_or_404(Term, pk=pk, merged_into=None)
    former = {side: was for side in SIDES if (was := request.GET.get(f"was_{side}", "").strip()[:200])}
    uses = find_term_usage(term, former)
    if former:
        uses = [use for use in uses if use.has_kind("former")]
    page = Paginator(uses, TERM_USAGE_PAGE_SIZE).get_page(request.GET.get("p"))
    return render_page(
        request,
        "vocabulary/term_uses",
        title=_("To revise") if former else _("Where it is used"),
        parent_url=reverse("admin:briefs_term_change", args=[term.pk]),
        subtitle=str(term),
        opts=Term._meta,
        term=term,
        former=former,
        totals=build_rendering_totals(uses),
        page=page,
        lines=list(_usage_lines(page.object_list)),
    )


def find_term_usage(term: Term, former: Mapping[Side, str] | None = None) -> list[BriefTermUsage]:
    """Return the briefs that use the term, except discarded ones, most recently changed first.

    The database preselects texts by substring; the checks' term matcher decides.
    """
    reader = _RenderingFinder(term, former or {})
    found: dict[int, BriefTermUsage] = {}
    for side in SIDES:
        for brief, place, text in _candidates(side, reader.needles(side)):
            for rendering, n in reader.find(side, text):
                found.setdefault(brief, BriefTermUsage(brief)).occurrences[rendering][place] += n
    order = Brief.objects.filter(pk__in=found).order_by("-updated_at", "-pk").values_list("pk", flat=True)
    return [found[pk] for pk in order]


def build_rendering_totals(uses: Iterable[BriefTermUsage]) -> list[dict[str, Any]]:
    """Return how often each rendering is used and in how many briefs."""
    times: Counter[Rendering] = Counter()
    briefs: Counter[Rendering] = Counter()
    for use in uses:
        for rendering, places in use.occurrences.items():
            times[rendering] += places.total()
            briefs[rendering] += 1
    return [_rendering_row(key, n) | {"briefs": briefs[key]} for key, n in times.most_common()]


def _rendering_row(rendering: Rendering, n: int) -> dict[str, Any]:
    side, written, kind = rendering
    return {"side": side, "written": written, "kind": RENDERING_KINDS[kind], "code": kind, "n": n}


class _RenderingFinder:
    """Finds the renderings of one term in a text, considering terms and names that overlap it."""

    def __init__(self, term: Term, former: Mapping[Side, str]) -> None:
        row = Term.objects.filter(pk=term.pk).values(*TERM_COLUMNS).get()
        data = checks.TermData.from_mapping(row)
        self._former = {side: _normalize(was) for side, was in former.items()}
        forms = {side: {_normalize(form) for form in _all_forms(data, side)} for side in SIDES}
        new = {side: (was,) for side, was in former.items() if _normalize(was) not in forms[side]}
        self._term = replace(
            data, also_zh=data.also_zh + new.get("zh", ()), also_en=data.also_en + new.get("en", ())
        )
        whole = load_check_context()
        parts = {part for side in SIDES for form in _all_forms(self._term, side) for part in _tokens(form)}
        others = (t for t in whole.terms if t != data and not parts.isdisjoint(_term_tokens(t)))
        names = tuple(name for name in whole.names if not parts.isdisjoint(_tokens(name)))
        self._context = replace(whole, terms=(self._term, *others), names=names)

    def needles(self, side: Side) -> set[str]:
        """Return substrings such that every text with the term contains at least one.

        They ignore hyphens and plural endings; the search ignores case.
        """
        return {needle for form in _all_forms(self._term, side) for needle in _needles(form)}

    def find(self, side: Side, text: str) -> Iterator[tuple[Rendering, int]]:
        for use in checks.count_term_renderings(text, side, self._term, self._context):
            was = self._former.get(side)
            kind = "former" if was and _normalize(use.written) in (was, was + "s") else use.kind
            yield (side, use.written, kind), use.count


def _all_forms(term: checks.TermData, side: Side) -> tuple[str, ...]:
    zh, en = (term.zh, *term.also_zh, *term.avoid_zh), (term.en, *term.also_en, *term.avoid_en)
    return tuple(form for form in (zh if side == "zh" else en) if form)


def _normalize(form: str) -> str:
    return fold_characters(form).replace("臺", "台").replace("-", " ").lower()


def _tokens(form: str) -> set[str]:
    return set(_TOKEN.findall(_normalize(form))) - {" "}


def _term_tokens(term: checks.TermData) -> set[str]:
    return {part for side in SIDES for form in _all_forms(term, side) for part in _tokens(form)}


def _needles(form: str) -> set[str]:
    """Return the longest word without plural s, or for Chinese, both spellings of 臺."""
    word = max(_WORD.findall(form), key=len, default=form)
    if word.isascii():
        return {word[:-1] if word.endswith("s") and len(word) > 4 else word}
    return {word.replace("臺", "台"), word.replace("台", "臺")}


def _candidates(side: Side, needles: set[str]) -> Iterator[tuple[int, str, str]]:
    """Yield brief, place and text of all texts that contain one of the substrings."""
    if not needles:
        return
    kept = Brief.objects.exclude(state=State.DISCARDED)
    rows = Bullet.objects.filter(_contains_any(f"text_{side}", needles), brief__in=kept)
    for brief, number, text in rows.values_list("brief", "number", f"text_{side}").iterator(2_000):
        yield brief, f"b{number}", text
    for lead in LEAD_KINDS:
        name = f"{lead}_{side}"
        for brief, text in kept.filter(_contains_any(name, needles)).values_list("pk", name).iterator(2_000):
            yield brief, lead, text


def _contains_any(column: str, needles: set[str]) -> Q:
    found = Q()
    for needle in sorted(needles):
        found |= Q(**{f"{column}__icontains": needle})
    return found


def _usage_lines(uses: Iterable[BriefTermUsage]) -> Iterator[dict[str, Any]]:
    uses = list(uses)
    briefs = Brief.objects.in_bulk([use.brief for use in uses])
    for use in uses:
        yield {
            "brief": briefs[use.brief],
            "renderings": [
                _rendering_row(rendering, places.total())
                | {"places": [{"id": at, "n": n} for at, n in sorted(places.items(), key=_place_sort_key)]}
                for rendering, places in sorted(use.occurrences.items(), key=lambda item: item[0][0] != "zh")
            ],
        }


def _place_sort_key(item: tuple[str, int]) -> tuple[int, int]:
    place = item[0]
    return (LEAD_KINDS.index(place), 0) if place in LEAD_KINDS else (len(LEAD_KINDS), int(place[1:]))
