"""Find mainland wording outside quotations and titles (Z10)."""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from briefs.checks.context import CheckContext, MainlandWording
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, list_side_texts
from briefs.checks.spans import claim_span, find_word_spans
from briefs.content import Content

_Words = tuple[tuple[str, MainlandWording | None], ...]
"""Words to search for, longest first. None marks a safe word, inside which nothing is reported."""


@cache
def load_default_wordings() -> tuple[MainlandWording, ...]:
    """Return the wordings of the bundled list, for a `CheckContext`."""
    rows = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return tuple(map(MainlandWording.from_mapping, rows))


def check(content: Content, context: CheckContext) -> list[Finding]:
    chinese = list_side_texts(content, "zh")
    everything = "\n".join(text.without_urls for text in chinese)
    words = [(word, row) for word, row in _words_to_find(context) if word in everything]
    if not any(row for _, row in words):
        return []
    return [found for text in chinese for found in _check_text(text, words)]


def _check_text(text: CheckedText, words: list[tuple[str, MainlandWording | None]]) -> Iterator[Finding]:
    own = text.without_quotations
    taken: set[int] = set()
    found = 0
    for word, row in words:
        for span in find_word_spans(word, own):
            if claim_span(taken, span) and row and found < MAX_FINDINGS:
                found += 1
                yield text.build_finding(
                    "mainland.wording",
                    span,
                    {"a": word, "b": "／".join(row.use_zh)},
                    (text.build_edit(*span, row.use_zh[0]),) if row.use_zh else (),
                )


@lru_cache(maxsize=8)
def _words_to_find(context: CheckContext) -> _Words:
    """Return listed and safe words, longest first. Approved renderings and names are safe: 演算法 contains 算法."""
    hiding = {form for term in context.terms for form in term.approved("zh")} | set(context.names)
    hiding |= {word for row in context.mainland_wordings for word in (*row.safe, *row.use_zh)}
    listed = {row.avoid_zh: row for row in context.mainland_wordings}
    words: dict[str, MainlandWording | None] = {**dict.fromkeys(hiding - listed.keys()), **listed}
    return tuple(sorted(((word, row) for word, row in words.items() if word), key=lambda item: -len(item[0])))
