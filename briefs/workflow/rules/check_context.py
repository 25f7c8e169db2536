"""What the checks know, read from the vocabulary."""

from functools import lru_cache

from ... import checks
from ...checks.chinese import mainland
from ...content import Content
from ...derived.glossary_cache import Rows, entries_of, rows_now
from ...models import Author, MemoryPair, Source

MOST_PAIRS = 2_000
"""Of the newest approved ones, from which the site's own lengths are read."""
_USUAL = checks.Context().ratio_band


def context(content: Content | None = None) -> checks.Context:
    """The glossary, the mainland list, the names of authors and sources, the site's own lengths: three queries.

    With a content, only of the names that may stand in it: thousands of others would all be looked for.
    """
    authors = Author.objects.filter(merged_into=None).order_by().values_list("name", "name_zh")
    sources = Source.objects.filter(merged_into=None).order_by().values_list("name", "name_zh")
    names = tuple(name for pair in authors.union(sources, all=True) for name in pair if name)
    if content is not None:
        names = checks.standing(names, content)
    newest = MemoryPair.objects.order_by("-pk").values_list("pk", "text_zh", "text_en").first()
    return _same(rows_now(), names, _band(newest) if newest else _USUAL)


@lru_cache(maxsize=8)
def _same(terms: Rows, names: tuple[str, ...], band: tuple[float, float]) -> checks.Context:
    """One object for one vocabulary, so that what the checks compile from it is found again by identity."""
    known = tuple(entry.term for entry in entries_of(terms))
    return checks.Context(terms=known, mainland=mainland.shipped(), names=names, ratio_band=band)


@lru_cache(maxsize=2)
def _band(newest: tuple[int, str, str]) -> tuple[float, float]:
    """Of the approved pairs up to the newest; read anew when there is a newer one."""
    pairs = MemoryPair.objects.filter(pk__lte=newest[0]).order_by("-pk")
    return checks.own_band(pairs.values_list("text_zh", "text_en")[:MOST_PAIRS]) or _USUAL
