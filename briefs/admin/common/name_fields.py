"""Names as people type them in the brief's form, and the rows of the vocabulary that they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from ... import workflow
from ...content import Content, Untidy, tidy_line
from ...derived import build
from ...models import Author, Keyword, Person, Source
from ...models.vocabulary import Vocabulary
from ...text.person_names import split_person_name
from .interface_labels import labelled

SEPARATOR = " · "
"""Between both labels of a keyword, as `str(keyword)` writes them."""


NUMBERED = " #"
"""Before the id of an author, where two people have one name: “John Smith #12”."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of rows by id, for showing contents that hold ids alone."""

    authors: Mapping[int, str] = field(default_factory=dict)
    keywords: Mapping[int, str] = field(default_factory=dict)
    sources: Mapping[int, str] = field(default_factory=dict)


def names_in(contents: Iterable[Content]) -> Names:
    """At most three queries, however many contents."""
    facts = [content.facts for content in contents]
    return Names(
        authors=_names(Author, {byline.author for f in facts for byline in f.authors}),
        keywords=_names(Keyword, {keyword for f in facts for keyword in f.keywords}),
        sources=_names(Source, {f.source for f in facts if f.source}),
    )


def _names(kind: type[Vocabulary], ids: set[int]) -> dict[int, str]:
    """A merged row has the name of the one it was merged into."""
    return {pk: str(row) for pk, row in build.current(kind, ids).items()} if ids else {}


def current_sources(chosen: int | None) -> list[tuple[str, str]]:
    """For the select: every source that was not merged away. If the chosen one was, it stands in its heir's place."""
    heir = build.current(Source, {chosen}).get(chosen) if chosen else None
    rows = Source.objects.filter(merged_into=None).order_by("name")
    return [(str(chosen if heir == row else row.pk), str(row)) for row in rows]


class NameUntaken(Exception):
    """A typed name that no row can have, as a sentence."""


def author_named(typed: str, *, by: Person | None) -> Author:
    """The author of that name, else a new one, made by `by`. The first of several, unless the number tells which.

    Raises NameUntaken, too for a name that is nobody's while there is no `by`.
    """
    name = _tidied(typed)
    rows = Author.objects.filter(merged_into=None)
    whole, _sign, number = name.rpartition(NUMBERED)
    if whole and number.isascii() and number.isdecimal() and len(number) < 10:
        told: Author | None = rows.filter(pk=int(number)).first()
        if told is not None and whole in (str(told), told.name):
            return told
    found = _first(rows, Q(name__iexact=name) | Q(name_zh=name))
    if found is None:  # as the suggestions write it: name, Chinese name
        found = next(
            (row for row in rows.filter(name__istartswith=name.split(" ")[0]) if str(row) == name), None
        )
    return found or _made(Author(name=name, **split_person_name(name)), by)


def source_named(typed: str, *, by: Person | None) -> Source:
    name = _tidied(typed)
    found = _first(Source.objects.filter(merged_into=None), Q(name__iexact=name) | Q(name_zh=name))
    return found or _made(Source(name=name), by)


def keyword_named(typed: str, *, by: Person | None) -> Keyword:
    """By either label, or by both as “科技 · Technology”, which also names both of a new one."""
    name = _tidied(typed)
    zh, _separator, en = name.partition(SEPARATOR)
    rows = Keyword.objects.filter(merged_into=None)
    labels = {"label_zh": zh, "label_en": en} if en else {"label_en" if name.isascii() else "label_zh": name}
    either = Q()
    for column, label in labels.items():
        either |= Q(**{f"{column}__iexact": label})
    return _first(rows, either) or _made(Keyword(**labels), by)


def _tidied(typed: str) -> str:
    try:
        return tidy_line(typed)
    except Untidy as bad:
        raise NameUntaken(str(workflow.Reason("control-character", {
            "field": typed[:20], "line": bad.line, "code": f"U+{ord(bad.character):04X}"
        }))) from bad  # fmt: skip


def _first(rows: QuerySet[Any], condition: Q) -> Any:
    return rows.filter(condition).order_by("pk").first()


def _made[Row: Vocabulary](row: Row, by: Person | None) -> Row:
    if by is None:
        raise NameUntaken(_("“%(name)s” is not in the vocabulary yet. “Save” adds it.") % {"name": row})
    try:
        row.clean_fields(exclude=["slug", "merged_into"])
    except ValidationError as error:
        raise NameUntaken(labelled(row, " ".join(error.messages))) from error
    workflow.save_row(row, by=by)
    return row
