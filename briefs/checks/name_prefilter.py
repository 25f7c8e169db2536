"""Prefilter names that may occur in a brief, so that the checks search for few."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from briefs.checks.texts import fold_for_names, iterate_text_pairs
from briefs.content import Content

_UNFILTERED_LIMIT = 300
_LONG_PREFIX, _SHORT_PREFIX = 4, 2


def prefilter_names(names: tuple[str, ...], content: Content) -> tuple[str, ...]:
    """Return the names whose prefix occurs in the content; all names if there are at most 300."""
    if len(names) <= _UNFILTERED_LIMIT:
        return names
    text = fold_for_names(
        "\n".join(side for pair in iterate_text_pairs(content) for side in (pair.zh, pair.en))
    ).lower()
    grams = {text[at : at + n] for n in (1, _SHORT_PREFIX, _LONG_PREFIX) for at in range(len(text))}
    index = _index_by_prefix(names)
    return tuple(name for gram in sorted(grams & index.keys()) for name in index[gram])


@lru_cache(maxsize=4)
def _index_by_prefix(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Index names by their first four characters, or two or one for shorter names."""
    index: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folded = fold_for_names(name).lower()
        n = next((n for n in (_LONG_PREFIX, _SHORT_PREFIX) if len(folded) >= n), 1)
        index[folded[:n]].append(name)
    return index
