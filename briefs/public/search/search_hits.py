"""A brief that was found, as HTML: both headlines, and the pairs that match side by side with the hits marked.

Ten of them are most of a page of answers, which is made anew for everybody who asks: templates took five times as
long. Each piece of text comes through `marked` or `escape`.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from ...content import LANG, SIDES, Side
from ...rendering import cards, text
from ...search.highlighting import Span, marked, spans
from ...search.query import Phrase
from ...text import paths
from .search_queries import Hit

BULLETS: Final = 3
"""Of one brief."""

type Places = list[list[Span]]


class Answer(NamedTuple):
    html: SafeString
    matching: int
    """Bullets."""


def answer(hit: Hit, phrases: Sequence[Phrase], page: Side) -> Answer:
    content, twin, lang = hit.content, paths.OTHER[page], LANG[paths.OTHER[page]]
    url = escape(paths.parallel(page, hit.slug))
    rows = _matching(content.get("bullets", ()), phrases)
    shown = sorted(sorted(rows, key=lambda row: (-row[0], row[1]))[:BULLETS], key=lambda row: row[1])
    label = gettext("Bullet %(n)s, side by side")
    pairs = [_bullet(bullet, places, url, label, page) for _, _, bullet, places in shown]
    html = f"""<article class="answer">
<div class="pair heads">
<h2><a href="{escape(paths.brief(page, hit.slug))}">{_headline(content, page, phrases)}</a></h2>
<p class="twin-headline"><a
href="{escape(paths.brief(twin, hit.slug))}" lang="{lang}" hreflang="{lang}">{_headline(content, twin, phrases)}</a></p>
</div>
<p class="meta">{cards.facts(hit.card, page)}</p>
<ol class="pairs">
{"".join(pairs) or _summary(content, phrases, url, page)}</ol>
{_more(len(rows) - len(shown), url)}</article>
"""
    return Answer(mark_safe(html), len(rows))  # noqa: S308 escaped piece by piece


type Match = tuple[int, int, Mapping[str, Any], dict[Side, Places]]
"""How many of the phrases it has, its position, the bullet, where they stand on each side."""


def _matching(bullets: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]) -> list[Match]:
    found = []
    for n, bullet in enumerate(bullets) if phrases else ():
        places: dict[Side, Places] = {side: spans(bullet.get(f"text_{side}", ""), phrases) for side in SIDES}
        if has := sum(bool(zh or en) for zh, en in zip(places["zh"], places["en"], strict=True)):
            found.append((has, n, bullet, places))
    return found


def _bullet(
    bullet: Mapping[str, Any], places: Mapping[Side, Places], url: str, label: str, page: Side
) -> str:
    number = str(bullet["number"])
    texts = {side: marked(bullet.get(f"text_{side}", ""), places[side]) for side in SIDES}
    return _pair(f"{url}#b{number}", number, label % {"n": number}, texts, page)


def _summary(content: Mapping[str, Any], phrases: Sequence[Phrase], url: str, page: Side) -> str:
    """In place of bullets: of each language the paragraph that has most of the words, else its first sentences."""
    texts: dict[Side, SafeString] = {}
    for side in SIDES:
        blocks = text.paragraphs(content.get(f"summary_{side}", ""))
        best = max(blocks, key=lambda block: sum(map(bool, spans(block, phrases))), default="")
        if not any(spans(best, phrases)):
            best = text.gist(best, side)
        texts[side] = marked(best, spans(best, phrases))
    label = gettext("Summary")
    return _pair(f"{url}#summary", label, label, texts, page)


def _pair(url: str, number: str, label: str, texts: Mapping[Side, SafeString], page: Side) -> str:
    return f"""<li class="pair">
<a class="anchor" href="{url}" aria-label="{escape(label)}">{escape(number)}</a>
{_side(page, texts[page])}
{_side(paths.OTHER[page], texts[paths.OTHER[page]])}
</li>
"""


def _side(side: Side, html: SafeString) -> str:
    if html:
        return f'<p class="side" lang="{LANG[side]}">{html}</p>'
    lacuna = gettext("Not in the English") if side == "en" else gettext("Not in the Chinese")
    return f'<p class="side lacuna">{escape(lacuna)}</p>'


def _headline(content: Mapping[str, Any], side: Side, phrases: Sequence[Phrase]) -> SafeString:
    words = content.get(f"headline_{side}", "")
    return marked(words, spans(words, phrases))


def _more(n: int, url: str) -> str:
    if not n:
        return ""
    words = ngettext("%(n)s more bullet in this brief", "%(n)s more bullets in this brief", n) % {"n": n}
    return f'<p class="meta more"><a href="{url}">{escape(words)}</a></p>\n'
