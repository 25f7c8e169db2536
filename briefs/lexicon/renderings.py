"""Renderings of the same name or thing in both languages, for search: `renderings.txt` and the names of `concepts.txt`."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from briefs.lexicon.meanings import NAME_SECTIONS
from briefs.lexicon.word_tables import read_sections

_SHORT = 2


class Renderings(NamedTuple):
    """Forms of one concept, Chinese then English, ours first. `lookup_only`: found in a query, but not searched for.

    Those with ! are written in capitals, for in small letters they are other words (WHO).
    """

    forms: tuple[str, ...]
    lookup_only: tuple[str, ...] = ()


@cache
def load_renderings() -> tuple[Renderings, ...]:
    here = Path(__file__).parent
    own = {zh[0]: (zh, en) for zh, en in _read_lines(here / "renderings.txt")}
    claimed = {form.lstrip("!") for zh, en in own.values() for form in (*zh, *en)}
    found = {first: (list(zh), list(en), list[str]()) for first, (zh, en) in own.items()}
    for zh, en in _read_lines(here / "concepts.txt", NAME_SECTIONS):
        first = zh[0] if zh else ""
        forms = found.setdefault(first, ([], [], []))
        for form in zh:
            if form not in claimed or form == first:
                # 以軍 also stands in 以軍事手段
                forms[2 if len(form) <= _SHORT and form != first else 0].append(form)
        forms[1].extend(form for form in en if form not in claimed)
    for zh, en in _read_lines(here / "concepts.txt", ("checked",)):
        if min(map(len, (*zh, *en))) > _SHORT and en[0].isupper() and not claimed.intersection(en):
            found.setdefault(zh[0], (zh, [], []))[1].extend(en)
    return tuple(_build(*forms) for forms in found.values())


def _build(zh: Iterable[str], en: Iterable[str], lookup_only: Iterable[str]) -> Renderings:
    forms = tuple(dict.fromkeys([*zh, *en]))
    return Renderings(
        tuple(form for form in forms if form[0] != "!"),
        (*lookup_only, *(form for form in forms if form[0] == "!")),
    )


def _read_lines(path: Path, sections: Iterable[str] = ()) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the Chinese and the English forms of each line, without those that only show that a name is present."""
    table = read_sections(path)
    for section in sections or table:
        for line in table[section]:
            zh, en = (
                [form.removeprefix("*") for form in forms.split(", ") if form[0] != "+"]
                for forms in line.split(" = ")
            )
            yield zh, en
