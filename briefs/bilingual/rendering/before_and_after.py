"""Render what changed between two editions of a brief: where it is, and the words before and after."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from briefs.bilingual.checks import has_same_words
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text import detect_language_code
from briefs.bilingual.text.content_diff import diff_contents
from briefs.bilingual.text.text_diff import DiffRun, diff_texts
from briefs.content import LANGUAGE_TAGS, Side
from briefs.facts import FACTS

from . import cards


class Change(NamedTuple):
    """A text or fact whose words changed. `was` and `now` are HTML, a dash if it was or is empty."""

    place: str
    lang: str
    was: SafeString | str
    now: SafeString | str


def list_changes(old: PublicBrief, new: PublicBrief, sides: Sequence[Side]) -> Iterator[Change]:
    """Yield the changed texts of these languages, then the changed facts, each once."""
    old_content, new_content = old.content, new.content
    difference = diff_contents(old_content, new_content)
    for side in sides:
        texts = [
            (gettext("Headline"), old_content.headline(side), new_content.headline(side)),
            (gettext("Summary"), old_content.summary(side), new_content.summary(side)),
            *((gettext("Point %(n)s") % {"n": row.number}, *row.texts(side)) for row in difference.rows),
        ]
        for place, was, now in texts:
            if not has_same_words(was, now):
                yield _build_change(place, was, now, LANGUAGE_TAGS[side])
    for name, fact in FACTS.items():
        for side in sides:
            was, now = (cards.format_fact(brief, name, side) for brief in (old, new))
            if was != now:
                yield _build_change(gettext(fact.label), was, now, detect_language_code(now or was))
                break


def _build_change(place: str, old: str, new: str, lang: str) -> Change:
    runs = diff_texts(old, new)
    return Change(place, lang, _render_runs(runs, "deleted") or "–", _render_runs(runs, "inserted") or "–")


def _render_runs(runs: list[DiffRun], kind: str) -> SafeString:
    tag = "del" if kind == "deleted" else "ins"
    return format_html_join(
        "",
        "{}",
        (
            (run.text if run.kind == "equal" else format_html(f"<{tag}>{{}}</{tag}>", run.text),)
            for run in runs
            if run.kind in ("equal", kind)
        ),
    )
