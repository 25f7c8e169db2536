"""The facts of a citation as facts of a brief: authors and sources are found among the rows that exist, or created."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final, cast

from django.db import transaction
from django.db.models import Q

from briefs import workflow
from briefs.bilingual.citations import CitationReading, CitedArticle, CitedName
from briefs.bilingual.text import are_similar_names
from briefs.content import Byline, Facts
from briefs.derived import build
from briefs.facts import CITED_FACTS, SCALAR_FACTS
from briefs.models import Author, Brief, Person, Source
from briefs.models.vocabulary import Vocabulary

_CITED: Final = {field.name for field in fields(CitedArticle)} - {"date", "date_label"} | CITED_FACTS.keys()
VERBATIM_FACTS: Final = tuple(name for name in SCALAR_FACTS if name in _CITED)
"""Facts copied as text, without a lookup."""


def claim_cited_article(reading: CitationReading, *, by: Person, due_on: dt.date | None = None) -> Brief:
    """Claim the article of a citation with all facts that it states, but without authors who may be known ones. Raise Refused."""
    with transaction.atomic():  # a refused claim leaves no new names behind
        names = ["source", "date", *VERBATIM_FACTS]
        if not find_similar_authors(reading.article.authors):
            names.append("authors")
        facts = replace(Facts(), **collect_facts(reading.article, Facts(), names, by))
        return workflow.claim(facts.url, by=by, due_on=due_on, facts=facts)


def collect_facts(
    cited: CitedArticle,
    current: Facts,
    names: Sequence[str],
    by: Person,
    chosen_authors: Mapping[CitedName, Author] | None = None,
) -> dict[str, Any]:
    """Return the named facts of the citation, by name. Creates vocabulary rows for unknown sources and authors.

    `chosen_authors`: the known authors whom a person named for authors that are cited in another form.
    """
    chosen = chosen_authors or {}
    facts: dict[str, Any] = {
        name: cited.get(name) for name in VERBATIM_FACTS if name in names and cited.get(name)
    }
    if "date" in names and len(cited.date) > 4:
        facts |= {"date": cited.date, "date_label": cited.date_label}
    if "source" in names and cited.source:
        facts["source"] = (find_source(cited.source) or _create_row(Source(name=cited.source), by)).pk
    if "authors" in names and cited.authors:
        bylines = {byline.author: byline for byline in current.authors}
        pks = dict.fromkeys(
            (chosen.get(one) or find_author(one) or _create_row(_build_author(one), by)).pk
            for one in cited.authors
        )
        facts["authors"] = tuple(bylines.get(pk, Byline(pk)) for pk in pks)
    return facts


def _create_row[Row: Vocabulary](row: Row, by: Person) -> Row:
    workflow.vocabulary.save_vocabulary_row(row, by=by)
    return row


def find_author(cited: CitedName) -> Author | None:
    """Find an author by printed name, by given and family name, or by Chinese name, following merges."""
    same = Q(name__iexact=cited.display_name) | Q(name_zh=cited.display_name)
    if cited.family and cited.given:
        same |= Q(family__iexact=cited.family, given__iexact=cited.given)
    return _choose_row(Author.objects.filter(same)[:20])


def find_similar_authors(cited: Sequence[CitedName]) -> dict[CitedName, list[Author]]:
    """Return the known authors with a similar name, for each cited one who is not found by name. Reads all names."""
    unknown = [one for one in cited if find_author(one) is None]
    known = Author.objects.filter(merged_into=None).order_by("pk") if unknown else ()
    similar = {
        one: [
            row
            for row in known
            if any(are_similar_names(one.display_name, name) for name in (row.name, row.name_zh) if name)
        ]
        for one in unknown
    }
    return {one: rows for one, rows in similar.items() if rows}


def find_source(name: str) -> Source | None:
    """Find a source by name, Chinese name or alias, with or without “the”, following merges."""
    key = _normalize_source_name(name)
    return _choose_row(
        row
        for row in Source.objects.all()
        if key in map(_normalize_source_name, (row.name, row.name_zh, *row.aliases))
    )


def _normalize_source_name(name: str) -> str:
    return name.casefold().removeprefix("the ").strip()


def _choose_row[Row: Vocabulary](rows: Iterable[Row]) -> Row | None:
    """Return the oldest unmerged row, else the row that the oldest merged one was merged into."""
    row = min(rows, key=lambda row: (build.get_merged_into_id(row) is not None, row.pk), default=None)
    if row is None or build.get_merged_into_id(row) is None:
        return row
    return cast(Row, build.resolve_merged(type(row), {row.pk})[row.pk])


def _build_author(cited: CitedName) -> Author:
    own = cited.display_name if cited.family and cited.display_name == f"{cited.family}{cited.given}" else ""
    return Author(
        name=cited.display_name[:200],
        family=cited.family[:100],
        given=cited.given[:100],
        name_zh=own[:100],
        name_zh_kind=Author.ChineseName.OWN if own else "",
    )
