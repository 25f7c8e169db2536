"""The list of briefs: its rows, and the query language of the public search."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import policy
from briefs.admin.common import brief_pages, interface_labels
from briefs.admin.common.access import DeskAdmin, person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.interface_labels import (
    SIDE_NAMES,
    format_with_label,
    format_with_remark,
    interface_side,
)
from briefs.admin.common.name_fields import build_name_condition
from briefs.admin.common.outstanding_work import find_complete_sides
from briefs.admin.common.task_list import choose_tone, render_step
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.derived.term_occurrences import TermRows, build_glossary_entries, fetch_term_rows
from briefs.models import Author, Brief, Bullet, Keyword, Source, State
from briefs.models.vocabulary import Vocabulary
from briefs.search import DRAFT_INDEX, get_store, parse_query
from briefs.search.expansion import Concepts, expand_query
from briefs.search.highlighting import TextSpan, find_spans, highlight_spans
from briefs.search.name_index import NameIndex, load_name_index
from briefs.search.query import ParsedQuery, Phrase, QueryField, QueryTerm
from briefs.text import paths
from briefs.workflow.brief_facts import load_brief_facts, load_editions_by_brief
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules.standing import BriefFacts

from .desk_list import DeskChangeList, DeskList, Passage, Row
from .filters import BRIEF_FILTERS, NEWEST_FIRST, SORT_ORDERS

# Search.

_NAME_MODELS: dict[QueryField, type[Vocabulary]] = {"author": Author, "source": Source, "keyword": Keyword}


def parse_desk_query(search_text: str) -> ParsedQuery:
    """Parse a query as the public search does, with the renderings of the glossary as alternatives."""
    return expand_query(parse_query(search_text), _build_concepts(fetch_term_rows()))


def search_briefs(rows: QuerySet[Brief], search_text: str) -> QuerySet[Brief]:
    """Filter briefs by each term, in the brief's text or in the names of its author, source and keywords."""
    query, names = parse_desk_query(search_text), load_name_index()
    for term in query.terms:
        found = Q(pk__in=_build_text_subquery(term)) if not term.field else Q(pk__in=())
        for kind in [term.field] if term.field else list(_NAME_MODELS):
            found |= build_name_condition(_NAME_MODELS[kind], _find_named_entries(names, kind, term))
        rows = rows.exclude(found) if term.is_excluded else rows.filter(found)
    bounds = {"article_date__gte": query.since, "article_date__lte": query.until}
    return rows.filter(**{name: day for name, day in bounds.items() if day})


def find_briefs(rows: QuerySet[Brief], search_text: str, limit: int) -> list[Brief]:
    """Return the briefs whose headline has each word, then those with it in text or names, newest first."""
    rows = rows.order_by("-updated_at", "-pk")
    in_headline = Q()
    for word in search_text.split():
        in_headline &= Q(headline_zh__icontains=word) | Q(headline_en__icontains=word)
    found = list(rows.filter(in_headline)[:limit])
    if len(found) < limit:
        others = search_briefs(rows, search_text).exclude(pk__in=[brief.pk for brief in found])
        found += others[: limit - len(found)]
    return found


@lru_cache(maxsize=2)
def _build_concepts(rows: TermRows) -> Concepts:
    return Concepts(build_glossary_entries(rows))


def _build_text_subquery(term: QueryTerm) -> RawSQL:
    sql, values = get_store(DRAFT_INDEX).build_match_sql(ParsedQuery(terms=(QueryTerm(term.alternatives),)))
    return RawSQL(sql, values)  # noqa: S611 SQL from the store; typed text is in the values


def _find_named_entries(names: NameIndex, field: QueryField, term: QueryTerm) -> list[int]:
    """Return ids of matching entries and of those merged into them, which a working copy may still refer to."""
    return [int(facet[1:]) for facet in names.find_facets(term.alternatives, field)]


# Passages of a brief in which the searched words occur.

MAX_PASSAGES = 2
MAX_LENGTH = {"zh": 60, "en": 130}
"""Characters shown of a text."""


def find_passages(brief: Brief, bullets: Iterable[Bullet], phrases: Sequence[Phrase]) -> list[Passage]:
    """Return the texts in which most of the phrases occur, in the order of the brief."""
    texts = [(_("Summary"), brief.summary_zh, brief.summary_en)]
    texts += [(f"#b{bullet.number}", bullet.text_zh, bullet.text_en) for bullet in bullets]
    matches = []
    for n, (label, *sides) in enumerate(texts):
        spans = [find_spans(text, phrases) for text in sides]
        if has := sum(any(one) for one in zip(*spans, strict=True)):
            shown = (
                _cut(text, one, MAX_LENGTH[side]) for side, text, one in zip(SIDES, sides, spans, strict=True)
            )
            matches.append((-has, n, Passage(label, *shown)))
    return [
        passage for _has, _n, passage in sorted(sorted(matches)[:MAX_PASSAGES], key=lambda match: match[1])
    ]


def _cut(text: str, spans: Sequence[Sequence[TextSpan]], length: int) -> SafeString:
    """Highlight the spans in the part of the text that begins shortly before the first of them."""
    first = min((start for row in spans for start, _end in row), default=0)
    start = max(0, min(first - length // 4, len(text) - length))
    end = min(len(text), start + length)
    inside = [[(a - start, b - start) for a, b in row if a >= start and b <= end] for row in spans]
    shown = highlight_spans(text[start:end], inside)
    return format_html("{}{}{}", "…" * (start > 0), shown, "…" * (end < len(text)))


# The list, with a constant number of queries.


class BriefChangeList(DeskChangeList):
    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(SORT_ORDERS.get(request.GET.get("sort", ""), NEWEST_FIRST))


class BriefList(DeskList, DeskAdmin):
    list_filter = BRIEF_FILTERS
    search_fields = ("headline_zh",)
    search_hint = gettext_lazy("Words, or an author, source or keyword")
    empty_hint = gettext_lazy("No briefs yet. Import a file or start a new one.")
    add_page = "upload"
    ordering = NEWEST_FIRST
    sortable_by = ()
    list_per_page = 30  # a row costs 1 ms: who must do what next

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "import")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brief]:
        return Brief.objects.select_related("source", "updated_by", "assigned_to")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return BriefChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_briefs(queryset, search_term) if search_term else queryset, False

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        return [(_("Export"), reverse("admin:briefs_brief_export") + f"?{request.GET.urlencode()}")]

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        briefs: list[Brief] = changelist.result_list
        editions = load_editions_by_brief(briefs)
        complete = find_complete_sides(briefs)
        now, people, person = timezone.now(), policy.load_staff(), person_of(request)
        facts = load_brief_facts(briefs, now, people, editions=editions)
        phrases = parse_desk_query(changelist.query).highlighted_phrases if changelist.query else ()
        bullets = group_bullets(briefs) if phrases else {}
        may_assign = policy.has_role_for(person, "assign")
        return [
            Row(
                brief.pk,
                build_headlines(brief),
                reverse("admin:briefs_brief_change", args=[brief.pk]),
                reverse("admin:briefs_brief_assign", args=[brief.pk]) if may_assign else "",
                version=brief.version,
                facts=[
                    *brief_pages.public_badges(brief, editions.get(brief.pk, []), now),
                    *describe_article(brief),
                    *describe_people(brief, facts[brief.pk], complete[brief.pk], now),
                ],
                now=render_state(facts[brief.pk], next_step(facts[brief.pk], person, in_list=True)),
                passages=find_passages(brief, bullets.get(brief.pk, ()), phrases) if phrases else (),
                age=age,
                tone=tone,
            )
            for brief in briefs
            for age, tone in [describe_age(brief, facts[brief.pk], now)]
        ]


def group_bullets(briefs: Iterable[Brief]) -> dict[int, list[Bullet]]:
    groups: dict[int, list[Bullet]] = {}
    for bullet in Bullet.objects.filter(brief__in=[brief.pk for brief in briefs]).order_by(
        "brief", "position"
    ):
        groups.setdefault(bullet.brief_id, []).append(bullet)
    return groups


def build_headlines(brief: Brief) -> list[tuple[object, str]]:
    """Return the headlines with their languages, that of the interface first."""
    sides = (interface_side(), paths.OTHER_SIDE[interface_side()])
    headlines = [(getattr(brief, f"headline_{side}"), LANGUAGE_TAGS[side]) for side in sides]
    return [headline for headline in headlines if headline[0]] or [(str(brief), "")]


def render_state(facts: BriefFacts, step: Step) -> SafeString:
    """Render the state and the next step. A sentence that begins with the name of the state does not repeat it."""
    badge, sentence = brief_pages.desk_badge(facts), str(step.sentence)
    first = str(Badge(_("Priority"), "warn")) if facts.brief.has_priority else ""
    if not step.is_mine and sentence.startswith(badge.text):
        rest = sentence.removeprefix(badge.text)
        return format_html('{} <span class="step"><b>{}</b>{}</span>', first, badge.text, rest)
    return format_html("{} {} {}", first, str(badge), render_step(step, facts))


def describe_article(brief: Brief) -> Iterator[object]:
    if brief.source:
        yield brief.source.name
    if brief.article_date:
        iso = brief.article_date.isoformat()
        date = brief.article_date_label or (iso if brief.article_date_precision == "day" else iso[:7])
        yield date if brief.article_date_confirmed else format_with_remark(date, _("unconfirmed"))
    if link := brief_pages.render_original_link(brief.article_url, brief.article_doi):
        yield link


def describe_people(
    brief: Brief, facts: BriefFacts, complete: Sequence[Side], now: dt.datetime
) -> Iterator[object]:
    """Yield the complete languages, who is assigned to which part until when, the last change, and the age if open."""
    if complete:
        sides = _(", ").join(str(SIDE_NAMES[side]) for side in complete)
        yield format_with_label(_("Complete"), sides)
    today = timezone.localdate()
    parts = [("", _("Writer"), brief.writer, brief.due_on)] if brief.writer or brief.due_on else []
    parts += [
        (side, str(SIDE_NAMES[side]), facts.assignments[side].person, facts.assignments[side].due_on)
        for side in SIDES
        if side in facts.assignments
    ]
    for side, label, who, due in parts:
        is_late = due and due < today and brief.state == (State.IN_REVIEW if side else State.DRAFT)
        told = format_with_label(label, " ".join(map(str, filter(None, (who, due)))))
        yield format_html('<b class="late">{}</b>', told) if is_late else told
    changed = interface_labels.format_ago(brief.updated_at, now)
    yield _("%(name)s, %(time)s") % {"name": brief.updated_by, "time": changed}
    if brief.state in policy.OPEN_STATES:
        age = interface_labels.format_age(brief.created_at, now)
        yield format_with_label(_("Age"), age)


def describe_age(brief: Brief, facts: BriefFacts, now: dt.datetime) -> tuple[str, str]:
    """Return how long until the next due date of the brief, else since its last change, and the tone."""
    today = timezone.localtime(now).date()
    dues = [brief.due_on] if brief.state == State.DRAFT else []
    if brief.state == State.IN_REVIEW:
        dues = [row.due_on for row in facts.assignments.values()]
    due = min(filter(None, dues), default=None)
    if due is None:
        return interface_labels.format_ago(brief.updated_at, now), ""
    return interface_labels.format_due(due, today), choose_tone(due, today)
