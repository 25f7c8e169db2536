"""What the checks know, read from the vocabulary."""

from functools import lru_cache

from ... import checks
from ...checks.chinese import mainland
from ...content import Content
from ...derived.glossary_cache import TermRows, build_glossary_entries, fetch_term_rows
from ...models import Author, MemoryPair, Source

MAX_PAIRS = 2_000
"""Of the newest approved ones, from which the site's own lengths are read."""
_DEFAULT_BAND = checks.CheckContext().ratio_band


def load_check_context(content: Content | None = None) -> checks.CheckContext:
    """The glossary, the mainland list, the names of authors and sources, the site's own lengths: three queries.

    With a content, only of the names that may stand in it: thousands of others would all be looked for.
    """
    authors = Author.objects.filter(merged_into=None).order_by().values_list("name", "name_zh")
    sources = Source.objects.filter(merged_into=None).order_by().values_list("name", "name_zh")
    names = tuple(name for pair in authors.union(sources, all=True) for name in pair if name)
    if content is not None:
        names = checks.prefilter_names(names, content)
    newest = MemoryPair.objects.order_by("-pk").values_list("pk", "text_zh", "text_en").first()
    return _build_cached_context(
        fetch_term_rows(), names, _load_ratio_band(newest) if newest else _DEFAULT_BAND
    )


@lru_cache(maxsize=8)
def _build_cached_context(
    terms: TermRows, names: tuple[str, ...], band: tuple[float, float]
) -> checks.CheckContext:
    """One object for one vocabulary, so that what the checks compile from it is found again by identity."""
    known = tuple(entry.term for entry in build_glossary_entries(terms))
    return checks.CheckContext(
        terms=known, mainland_wordings=mainland.load_default_wordings(), names=names, ratio_band=band
    )


@lru_cache(maxsize=2)
def _load_ratio_band(newest: tuple[int, str, str]) -> tuple[float, float]:
    """Of the approved pairs up to the newest; read anew when there is a newer one."""
    pairs = MemoryPair.objects.filter(pk__lte=newest[0]).order_by("-pk")
    return checks.compute_ratio_band(pairs.values_list("text_zh", "text_en")[:MAX_PAIRS]) or _DEFAULT_BAND
