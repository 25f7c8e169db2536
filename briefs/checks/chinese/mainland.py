"""Wording of the mainland, outside quotations and titles (Z10)."""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from briefs.checks.context import Context, Mainland
from briefs.checks.finding import Finding
from briefs.checks.repairs import MOST, Text, texts
from briefs.checks.spans import Taken, places
from briefs.content import Content

_Words = tuple[tuple[str, Mainland | None], ...]
"""The longest first; None for words in which a match is none."""


@cache
def shipped() -> tuple[Mainland, ...]:
    """The list that comes with the desk, for a context."""
    rows = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return tuple(map(Mainland.of, rows))


def check(content: Content, context: Context) -> list[Finding]:
    chinese = texts(content, "zh")
    everything = "\n".join(text.plain for text in chinese)
    words = [(word, row) for word, row in _words(context) if word in everything]
    if not any(row for _, row in words):
        return []
    return [found for text in chinese for found in _check_text(text, words)]


def _check_text(text: Text, words: list[tuple[str, Mainland | None]]) -> Iterator[Finding]:
    own = text.own
    taken = Taken(len(own))
    found = 0
    for word, row in words:
        for span in places(word, own):
            if taken.take(*span) and row and found < MOST:
                found += 1
                yield text.finding(
                    "mainland.wording",
                    span,
                    {"a": word, "b": "／".join(row.use_zh)},
                    (text.edit(*span, row.use_zh[0]),) if row.use_zh else (),
                )


@lru_cache(maxsize=8)
def _words(context: Context) -> _Words:
    """An approved rendering and a name hide what stands in them: 演算法 holds 算法."""
    hiding = {form for term in context.terms for form in (term.zh, *term.also_zh)}
    hiding |= {word for row in context.mainland for word in (*row.safe, *row.use_zh)} | set(context.names)
    listed = {row.avoid_zh: row for row in context.mainland}
    words: dict[str, Mainland | None] = {**dict.fromkeys(hiding - listed.keys()), **listed}
    return tuple(sorted(((word, row) for word, row in words.items() if word), key=lambda item: -len(item[0])))
