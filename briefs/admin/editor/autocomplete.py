"""Rows of the vocabulary for a name that is being typed: those that hold it, and those that are nearly it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ...models import Author, Brief, BriefAuthor, BriefKeyword, Keyword, Source
from ...models.vocabulary import Vocabulary
from ...text import name_similarity
from ..common.name_fields import NUMBERED

KINDS: Final[dict[str, type[Vocabulary]]] = {"author": Author, "source": Source, "keyword": Keyword}
COLUMNS: Final[dict[type[Vocabulary], tuple[str, ...]]] = {
    Author: ("name", "family", "given", "name_zh"),
    Source: ("name", "name_zh"),
    Keyword: ("label_zh", "label_en"),
}
SHOWN = 12
LOOKED_AT = 60
LONGEST = 80
ALIKE_SHOWN = 6
AFFILIATIONS = 5


def found(kind: type[Vocabulary], typed: str) -> list[Vocabulary]:
    """Rows whose names hold every word typed, the best first; if none does, rows with nearly that name."""
    typed = " ".join(typed.split())[:LONGEST]
    if not typed:
        return _most_used(kind)
    rows = kind._default_manager.filter(merged_into=None)
    begins, holds = Q(), Q()
    for column in COLUMNS[kind]:
        begins |= Q(**{f"{column}__istartswith": typed})
    for word in typed.split():
        within = Q()
        for column in COLUMNS[kind]:
            within |= Q(**{f"{column}__icontains": word})
        holds &= within
    hits: dict[int, Vocabulary] = {row.pk: row for row in rows.filter(begins)[:LOOKED_AT]}
    if len(hits) < LOOKED_AT:
        hits |= {row.pk: row for row in rows.filter(holds)[:LOOKED_AT]}
    if not hits:
        return _nearly(kind, typed)
    counted = uses(kind, hits)
    rank = {pk: (_place(row, typed), -counted[pk], str(row)) for pk, row in hits.items()}
    return sorted(hits.values(), key=lambda row: rank[row.pk])[:SHOWN]


def _place(row: Vocabulary, typed: str) -> int:
    """0 is the whole name, 1 its beginning, 2 the beginning of a word, 3 anywhere."""
    typed = typed.casefold()
    names = [getattr(row, column).casefold() for column in COLUMNS[type(row)]]
    if typed in (*names, str(row).casefold()):
        return 0
    if any(name.startswith(typed) for name in names):
        return 1
    return 2 if any(f" {typed}" in name for name in names) else 3


def _most_used(kind: type[Vocabulary]) -> list[Vocabulary]:
    """Before anything is typed: the outlets that briefs come from. Authors and keywords are too many to guess."""
    if kind is not Source:
        return []
    rows = Brief.objects.exclude(source=None).values("source").annotate(n=Count("pk")).order_by("-n")
    ids = [row["source"] for row in rows[:SHOWN]]
    sources = Source.objects.filter(merged_into=None).in_bulk(ids)
    return [sources[pk] for pk in ids if pk in sources]


def _nearly(kind: type[Vocabulary], typed: str) -> list[Vocabulary]:
    """Accents, hyphens and slips of the finger: read through all names, since the database cannot fold them."""
    wanted = name_similarity.fold_name(typed)
    if len(wanted) < 2:
        return []
    ids = [
        pk
        for pk, names in _names(kind)
        if any(
            wanted in name_similarity.fold_name(name) or name_similarity.are_similar_names(typed, name)
            for name in names
        )
    ]
    return _rows(kind, ids[:SHOWN])


def alike(row: Vocabulary) -> list[Vocabulary]:
    """Rows that may be the same as this one, which is not stored yet."""
    kind = type(row)
    mine = list(_own_names(kind, [getattr(row, column) for column in COLUMNS[kind]]))
    ids = [
        pk
        for pk, names in _names(kind)
        if any(name_similarity.are_similar_names(name, other) for name in mine for other in names)
    ]
    return _rows(kind, ids[:ALIKE_SHOWN])


def _names(kind: type[Vocabulary]) -> Iterator[tuple[int, list[str]]]:
    columns = [*COLUMNS[kind], *(["aliases"] if kind is Source else [])]
    for pk, *values in kind._default_manager.filter(merged_into=None).values_list("pk", *columns):
        yield pk, list(_own_names(kind, values))


def _own_names(kind: type[Vocabulary], values: Sequence[Any]) -> Iterator[str]:
    """The names by which a row is told; an author's parts only together."""
    if kind is Author:
        name, family, given, name_zh = values
        whole = f"{given} {family}" if family and given else ""
        yield from dict.fromkeys(filter(None, (name, whole, name_zh)))
        return
    aliases = values[2] if len(values) > 2 else []
    yield from filter(None, (*values[:2], *aliases))


def _rows(kind: type[Vocabulary], ids: Sequence[int]) -> list[Vocabulary]:
    rows = kind._default_manager.in_bulk(ids)
    return [rows[pk] for pk in ids]


def uses(kind: type[Vocabulary], ids: Iterable[int]) -> Counter[int]:
    """How many briefs name each of these, by its own id or by one that was merged into it."""
    heirs = {pk: pk for pk in ids}
    losers = kind._default_manager.filter(merged_into__in=list(heirs)).values_list("pk", "merged_into")
    heirs |= dict(losers)
    rows: QuerySet[Any, Any]
    if kind is Author:
        rows = BriefAuthor.objects.filter(author__in=heirs).values_list("author")
    elif kind is Keyword:
        rows = BriefKeyword.objects.filter(keyword__in=heirs).values_list("keyword")
    else:
        rows = Brief.objects.filter(source__in=heirs).values_list("source")
    counted: Counter[int] = Counter()
    for pk, n in rows.annotate(n=Count("pk")).order_by():
        counted[heirs[pk]] += n
    return counted


def as_json(rows: Sequence[Vocabulary]) -> list[dict[str, Any]]:
    """`name` is what the form's field holds; `detail` tells two of one name apart. At most four queries."""
    if not rows:
        return []
    kind = type(rows[0])
    counted = uses(kind, [row.pk for row in rows])
    last = _last_affiliations([row.pk for row in rows]) if kind is Author else {}
    named = Counter(map(str, rows))
    return [
        {
            "id": row.pk,
            "name": f"{row}{NUMBERED}{row.pk}" if kind is Author and named[str(row)] > 1 else str(row),
            "detail": " · ".join(
                filter(None, (*_details(row, last.get(row.pk, "")), _used(counted[row.pk])))
            ),
            "uses": counted[row.pk],
        }
        for row in rows
    ]


def _used(n: int) -> str:
    return ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n} if n else _("not used yet")


def _details(row: Vocabulary, affiliation: str) -> Iterator[str]:
    if isinstance(row, Author):
        yield ", ".join(filter(None, (row.family, row.given)))
        yield affiliation
    elif isinstance(row, Source):
        yield row.country
    elif isinstance(row, Keyword):
        yield "" if row.label_zh and row.label_en else _("one label is missing")


def _last_affiliations(ids: Sequence[int]) -> dict[int, str]:
    rows = BriefAuthor.objects.filter(author__in=ids).exclude(affiliation_zh="", affiliation_en="")
    values = rows.order_by("-brief", "-pk").values_list("author", "affiliation_zh", "affiliation_en")
    last: dict[int, str] = {}
    chinese = (get_language() or "").startswith("zh")
    for pk, zh, en in values[:200]:
        last.setdefault(pk, (zh or en) if chinese else (en or zh))
    return last


def affiliations(author: int) -> list[dict[str, str]]:
    """That this author had in earlier briefs, the newest article first, each once."""
    family = Q(author=author) | Q(author__merged_into=author)
    rows = BriefAuthor.objects.filter(family).exclude(affiliation_zh="", affiliation_en="")
    values = rows.order_by("-brief__article_date", "-brief").values_list(
        "affiliation_zh", "affiliation_en", "brief__article_date"
    )
    kept: dict[tuple[str, str], str] = {}
    for zh, en, date in values[:200]:
        kept.setdefault((zh, en), date.isoformat()[:7] if date else "")
    return [{"zh": zh, "en": en, "when": when} for (zh, en), when in list(kept.items())[:AFFILIATIONS]]
