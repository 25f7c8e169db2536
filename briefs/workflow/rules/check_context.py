"""Build the context of the checks from the vocabulary and the translation memory."""

from functools import lru_cache

from django.db.models import Case, F, Value, When

from briefs.bilingual import checks
from briefs.bilingual.checks import chinese
from briefs.bilingual.text.person_names import NameOrder
from briefs.content import Content
from briefs.derived import TermRows, build_glossary_entries, fetch_term_rows
from briefs.models import Author, MemoryPair, Source

MAX_PAIRS = 2_000
"""Number of newest approved pairs from which the site's usual length ratio is computed."""
_DEFAULT_BAND = checks.CheckContext().ratio_band


def load_check_context(content: Content | None = None) -> checks.CheckContext:
    """Load glossary, mainland wordings, names and sites, and the length ratio. Three queries.

    With `content`, keep only the names that may occur in it, so that the checks do not search for thousands of others.
    """
    undecided = Case(When(name_order=NameOrder.UNKNOWN, family="", then=F("pk")), default=0)
    authors = Author.objects.filter(merged_into=None).order_by()
    sources = (
        Source.objects.filter(merged_into=None).order_by().values_list("name", "name_zh", "url", Value(0))
    )
    rows = list(authors.values_list("name", "name_zh", Value(""), undecided).union(sources, all=True))
    names = tuple(name for row in rows for name in row[:2] if name)
    if content is not None:
        names = checks.prefilter_names(names, content)
    newest = MemoryPair.objects.order_by("-pk").values_list("pk", "text_zh", "text_en").first()
    return _build_cached_context(
        fetch_term_rows(),
        names,
        tuple(url for _, _, url, _ in rows if url),
        tuple((pk, name) for name, _, _, pk in rows if pk),
        _load_ratio_band(newest) if newest else _DEFAULT_BAND,
    )


@lru_cache(maxsize=8)
def _build_cached_context(
    terms: TermRows,
    names: tuple[str, ...],
    source_addresses: tuple[str, ...],
    undecided_authors: tuple[tuple[int, str], ...],
    band: tuple[float, float],
) -> checks.CheckContext:
    """Build a context. Cached, because the checks cache compiled patterns by the identity of the context."""
    known = tuple(entry.term for entry in build_glossary_entries(terms))
    return checks.CheckContext(
        terms=known,
        mainland_wordings=chinese.load_default_wordings(),
        names=names,
        source_addresses=source_addresses,
        undecided_authors=undecided_authors,
        ratio_band=band,
    )


@lru_cache(maxsize=2)
def _load_ratio_band(newest: tuple[int, str, str]) -> tuple[float, float]:
    """Compute the length ratio of the approved pairs. Cached by the newest pair, so that a new pair invalidates it."""
    pairs = MemoryPair.objects.filter(pk__lte=newest[0]).order_by("-pk")
    return checks.compute_ratio_band(pairs.values_list("text_zh", "text_en")[:MAX_PAIRS]) or _DEFAULT_BAND
