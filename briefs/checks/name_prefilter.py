"""Which of many names may stand in a brief: a first look, so that the checks search for few."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from briefs.checks.texts import fold, pairs
from briefs.content import Content

_FEW = 300
_LONG, _SHORT = 4, 2
_SAME = {ord("臺"): "台", ord("-"): " ", 0xA0: " "}


def standing(names: tuple[str, ...], content: Content) -> tuple[str, ...]:
    """Those whose first characters stand somewhere in the content; all of them while there are few."""
    if len(names) <= _FEW:
        return names
    text = _folded("\n".join(side for pair in pairs(content) for side in (pair.zh, pair.en)))
    grams = {text[at : at + n] for n in (1, _SHORT, _LONG) for at in range(len(text))}
    index = _index(names)
    return tuple(name for gram in sorted(grams & index.keys()) for name in index[gram])


@lru_cache(maxsize=4)
def _index(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """By the first four characters, of a short name two, of a single character itself."""
    index: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folded = _folded(name)
        n = next((n for n in (_LONG, _SHORT) if len(folded) >= n), 1)
        index[folded[:n]].append(name)
    return index


def _folded(text: str) -> str:
    return fold(text).translate(_SAME).lower()
