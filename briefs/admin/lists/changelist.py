"""The list of briefs: its rows, and the query language of the public search."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.admin.common import brief_pages, interface_labels
from briefs.admin.common.access import DeskAdmin, person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.interface_labels import format_with_remark, interface_side
from briefs.admin.common.name_fields import build_name_condition
from briefs.admin.common.task_list import build_act_url, choose_tone
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, SIDES
from briefs.derived import TermRows, build_glossary_entries, fetch_term_rows
from briefs.derived.search import (
    DRAFT_INDEX,
    Concepts,
    NameIndex,
    ParsedQuery,
    Phrase,
    QueryField,
    QueryTerm,
    TextSpan,
    expand_query,
    find_spans,
    get_store,
    highlight_spans,
    load_name_index,
    parse_query,
)
from briefs.models import Author, Brief, Bullet, Keyword, Source, State
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.rules import BriefFacts

from .desk_list import DeskList, render_lines, render_titles
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


PASSAGE = '<p class="hit"><span>{}</span><span lang="zh-Hant-TW">{}</span><span lang="en">{}</span></p>'


def render_passages(brief: Brief, bullets: Iterable[Bullet], phrases: Sequence[Phrase]) -> SafeString:
    """Render the texts in which most of the phrases occur, in the order of the brief and in both languages."""
    texts = [(_("Summary"), brief.summary_zh, brief.summary_en)]
    texts += [(f"#b{bullet.number}", bullet.text_zh, bullet.text_en) for bullet in bullets]
    matches = []
    for n, (label, *sides) in enumerate(texts):
        spans = [find_spans(text, phrases) for text in sides]
        if has := sum(any(one) for one in zip(*spans, strict=True)):
            shown = [
                _cut(text, one, MAX_LENGTH[side]) for side, text, one in zip(SIDES, sides, spans, strict=True)
            ]
            matches.append((-has, n, (label, *shown)))
    best = sorted(sorted(matches)[:MAX_PASSAGES], key=lambda match: match[1])
    return format_html_join("", PASSAGE, (passage for _has, _n, passage in best))


def _cut(text: str, spans: Sequence[Sequence[TextSpan]], length: int) -> SafeString:
    """Highlight the spans in the part of the text that begins shortly before the first of them."""
    first = min((start for row in spans for start, _end in row), default=0)
    start = max(0, min(first - length // 4, len(text) - length))
    end = min(len(text), start + length)
    inside = [[(a - start, b - start) for a, b in row if a >= start and b <= end] for row in spans]
    shown = highlight_spans(text[start:end], inside)
    return format_html("{}{}{}", "…" * (start > 0), shown, "…" * (end < len(text)))


# The list, with a constant number of queries.


class BriefList(DeskList, DeskAdmin):
    list_display = ("headlines", "article", "status", "date", "passages")
    list_filter = BRIEF_FILTERS
    list_select_related = ("source", "updated_by", "assigned_to")
    search_fields = ("headline_zh",)
    search_help_text = gettext_lazy("Words, or an author, source or keyword")
    empty_hint = gettext_lazy("No briefs yet. Import a file or start a new one.")
    add_page = "upload"
    sortable_by = ()
    list_per_page = 30  # a row costs 1 ms: who must do what next
    preserve_filters = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "import")

    def get_ordering(self, request: HttpRequest) -> Any:
        return SORT_ORDERS.get(request.GET.get("sort", ""), NEWEST_FIRST)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_briefs(queryset, search_term) if search_term else queryset, False

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        return [(_("Export"), reverse("admin:briefs_brief_export") + f"?{request.GET.urlencode()}")]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        now, person, search_text = timezone.now(), person_of(request), request.GET.get(SEARCH_VAR, "")
        facts = load_brief_facts(rows, now, policy.load_staff())
        phrases = parse_desk_query(search_text).highlighted_phrases if search_text else ()
        bullets = group_bullets(rows) if phrases else {}
        for brief in rows:
            brief.facts = facts[brief.pk]
            brief.badge = build_badge(brief.facts)
            brief.step = next_step(brief.facts, person, in_list=True)
            brief.hits = render_passages(brief, bullets.get(brief.pk, ()), phrases) if phrases else ""

    def action_checkbox(self, obj: Any) -> SafeString:
        """Add the version that an act on several briefs is checked against."""
        version = '{}<input type="hidden" name="version-{}" value="{}">'
        return format_html(version, super().action_checkbox(obj), obj.pk, obj.version)

    def headlines(self, brief: Any) -> SafeString:
        sides = (interface_side(), paths.OTHER_SIDE[interface_side()])
        titles = ((getattr(brief, f"headline_{side}"), LANGUAGE_TAGS[side]) for side in sides)
        return render_titles(*titles) or format_html("<span>{}</span>", brief)

    def article(self, brief: Any) -> SafeString:
        date = ""
        if brief.article_date:
            iso = brief.article_date.isoformat()
            date = brief.article_date_label or (iso if brief.article_date_precision == "day" else iso[:7])
            date = date if brief.article_date_confirmed else format_with_remark(date, _("unconfirmed"))
        original = brief_pages.render_original_link(brief.article_url, brief.article_doi)
        return render_lines(
            brief.source, format_html_join(" ", "{}", ((part,) for part in (date, original) if part))
        )

    def status(self, brief: Any) -> SafeString:
        first = str(Badge(_("Priority"), "warn")) if brief.has_priority else ""
        return render_lines(format_html("{} {}", first, str(brief.badge)), render_step(brief))

    def date(self, brief: Any) -> SafeString:
        """Render the next due date of the brief and whose it is, else when and by whom it was changed last."""
        now = brief.facts.now
        today = timezone.localtime(now).date()
        dues = [(brief.due_on, brief.writer)] if brief.state == State.DRAFT else []
        if brief.state == State.IN_REVIEW:
            dues = [(row.due_on, row.person) for row in brief.facts.assignments.values()]
        due, who = min((one for one in dues if one[0]), key=itemgetter(0), default=(None, None))
        if due is None:
            return render_lines(interface_labels.format_ago(brief.updated_at, now), brief.updated_by)
        text = format_html(
            '<b class="{}">{}</b>', choose_tone(due, today), interface_labels.format_due(due, today)
        )
        return render_lines(text, who)

    def passages(self, brief: Any) -> SafeString:
        return brief.hits  # type: ignore[no-any-return]


def render_step(brief: Any) -> SafeString:
    """Render the main act as a link, if the brief waits for this person, else the sentence without the state before it."""
    sentence = str(brief.step.sentence)
    if brief.step.is_mine:
        link = '<a class="step mine" href="{}" title="{}">{}</a>'
        return format_html(link, build_act_url(brief.facts, brief.step.main), sentence, brief.step.label)
    rest = sentence.removeprefix(brief.badge.text).lstrip("·：:。.，, ")
    return format_html('<span class="step" title="{}">{}</span>', sentence, rest)


def build_badge(facts: BriefFacts) -> Badge:
    """Return one badge for state and publication. What is public says enough of an approved brief."""
    public = brief_pages.public_badges(facts.brief, facts.editions, facts.now)
    is_approved = facts.brief.state == State.APPROVED
    badges = public if public and is_approved else [brief_pages.desk_badge(facts), *public]
    return Badge(" · ".join(badge.text for badge in badges), badges[0].tone)


def group_bullets(briefs: Iterable[Brief]) -> dict[int, list[Bullet]]:
    groups: dict[int, list[Bullet]] = {}
    for bullet in Bullet.objects.filter(brief__in=[brief.pk for brief in briefs]).order_by(
        "brief", "position"
    ):
        groups.setdefault(bullet.brief_id, []).append(bullet)
    return groups
