"""Match author, source and keyword names typed in the brief form to vocabulary rows."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from briefs import workflow
from briefs.bilingual.citations.works import is_publication
from briefs.bilingual.text.person_names import build_author_columns
from briefs.content import Content, ForbiddenCharacter, tidy_line
from briefs.derived import build, build_source_name
from briefs.models import Author, Brief, BriefAuthor, BriefKeyword, Keyword, Person, Source
from briefs.models.vocabulary import Vocabulary
from briefs.workflow.rules.refusals import Reason

from .brief_pages import parse_int_or_zero
from .interface_labels import format_with_label

KEYWORD_LABEL_SEPARATOR = " · "
"""Separates the two labels of a keyword in `str(keyword)`."""


AUTHOR_ID_SEPARATOR = " #"
"""Precedes the author's id where two authors share a name, as in “John Smith #12”."""


@dataclass(frozen=True, slots=True)
class NamesById:
    """Names of vocabulary rows by id, for displaying contents that hold only ids."""

    authors: Mapping[int, str] = field(default_factory=dict)
    keywords: Mapping[int, str] = field(default_factory=dict)
    sources: Mapping[int, str] = field(default_factory=dict)
    publications: Collection[int] = ()
    """Ids of sources that are publications, whose names are put in 《》 in Chinese."""


def load_names_by_id(contents: Iterable[Content], *, with_keywords: bool = True) -> NamesById:
    """Load the names of all ids in the contents. At most three queries."""
    facts = [content.facts for content in contents]
    sources = _load_rows(Source, {f.source for f in facts if f.source})
    return NamesById(
        authors=_load_names(Author, {byline.author for f in facts for byline in f.authors}),
        keywords=_load_names(Keyword, {keyword for f in facts for keyword in f.keywords if with_keywords}),
        sources={pk: str(row) for pk, row in sources.items()},
        publications={
            pk
            for pk, row in sources.items()
            if isinstance(row, Source) and is_publication(build_source_name(row))
        },
    )


def _load_names(kind: type[Vocabulary], ids: set[int]) -> dict[int, str]:
    return {pk: str(row) for pk, row in _load_rows(kind, ids).items()}


def _load_rows(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    """Return rows by id, for a merged row the row that it was merged into."""
    return build.resolve_merged(kind, ids) if ids else {}


USES: Final[Mapping[type[Vocabulary], tuple[type[Model], str]]] = {
    Author: (BriefAuthor, "author"),
    Source: (Brief, "source"),
    Keyword: (BriefKeyword, "keyword"),
}
"""Table in which briefs refer to rows, and the column with the row."""


def count_uses(kind: type[Vocabulary], ids: Collection[int]) -> Counter[int]:
    """Count the briefs that use each row, also under the name of a row that was merged into it. One query."""
    table, column = USES[kind]
    used = Q(**{f"{column}__in": ids}) | Q(**{f"{column}__merged_into__in": ids})
    heir = Coalesce(f"{column}__merged_into", column)
    rows = table._default_manager.filter(used).order_by().values_list(heir)
    return Counter(dict(rows.annotate(n=Count("pk"))))


def list_source_choices(chosen: int | None) -> list[tuple[str, str]]:
    """Return every unmerged source for a select.

    If `chosen` was merged, the row that it was merged into is listed with the id of `chosen`.
    """
    rows = list(Source.objects.filter(merged_into=None).order_by("name"))
    is_merged = chosen and all(row.pk != chosen for row in rows)
    heir = build.resolve_merged(Source, {chosen}).get(chosen) if chosen and is_merged else None
    return [(str(chosen if heir == row else row.pk), str(row)) for row in rows]


def build_name_condition(kind: type[Vocabulary], ids: Collection[int]) -> Q:
    """Match the briefs whose working copy refers to one of these vocabulary rows."""
    if kind is Author and ids:
        return Q(pk__in=BriefAuthor.objects.filter(author__in=ids).values("brief"))
    if kind is Keyword and ids:
        return Q(pk__in=BriefKeyword.objects.filter(keyword__in=ids).values("brief"))
    return Q(source__in=ids) if kind is Source and ids else Q(pk__in=())


class InvalidName(Exception):
    """Raised for a typed name that matches no row and cannot be created.

    The message is a sentence for the user.
    """


def find_or_create_author(typed: str, *, by: Person | None) -> Author:
    """Return the author with this name, or create one on behalf of `by`.

    If several authors share the name, the id in the typed name decides, else the lowest id. Raises
    InvalidName for an invalid name, and for an unknown name if `by` is None.
    """
    name = _clean_name(typed)
    rows = Author.objects.filter(merged_into=None)
    whole, _sign, number = name.rpartition(AUTHOR_ID_SEPARATOR)
    if whole and (pk := parse_int_or_zero(number)):
        numbered_author: Author | None = rows.filter(pk=pk).first()
        if numbered_author is not None and whole in (str(numbered_author), numbered_author.name):
            return numbered_author
    found = _first_match(rows, Q(name__iexact=name) | Q(name_zh=name))
    if found is None:  # the format of the suggestions: name, Chinese name
        found = next(
            (row for row in rows.filter(name__istartswith=name.split(" ")[0]) if str(row) == name), None
        )
    return found or _create_row(Author(name=name, **build_author_columns(name)), by)


def find_or_create_source(typed: str, *, by: Person | None) -> Source:
    name = _clean_name(typed)
    found = _first_match(Source.objects.filter(merged_into=None), Q(name__iexact=name) | Q(name_zh=name))
    return found or _create_row(Source(name=name), by)


def find_or_create_keyword(typed: str, *, by: Person | None) -> Keyword:
    """Find a keyword by either label or by both, as “科技 · Technology”. A new keyword gets the labels given."""
    name = _clean_name(typed)
    zh, _separator, en = name.partition(KEYWORD_LABEL_SEPARATOR)
    rows = Keyword.objects.filter(merged_into=None)
    labels = {"label_zh": zh, "label_en": en} if en else {"label_en" if name.isascii() else "label_zh": name}
    either = Q()
    for column, label in labels.items():
        either |= Q(**{f"{column}__iexact": label})
    return _first_match(rows, either) or _create_row(Keyword(**labels), by)


def _clean_name(typed: str) -> str:
    try:
        return tidy_line(typed)
    except ForbiddenCharacter as bad:
        raise InvalidName(str(Reason("control-character", {
            "field": typed[:20], "line": bad.line, "code": f"U+{ord(bad.character):04X}"
        }))) from bad  # fmt: skip


def _first_match(rows: QuerySet[Any], condition: Q) -> Any:
    return rows.filter(condition).order_by("pk").first()


def _create_row[Row: Vocabulary](row: Row, by: Person | None) -> Row:
    if by is None:
        raise InvalidName(
            _("“%(name)s” is not in the vocabulary yet. Save (Ctrl+S, or under ⋯) adds it.") % {"name": row}
        )
    try:
        row.clean_fields(exclude=["slug", "merged_into"])
    except ValidationError as error:
        raise InvalidName(format_with_label(row, " ".join(error.messages))) from error
    workflow.vocabulary.save_vocabulary_row(row, by=by)
    return row
