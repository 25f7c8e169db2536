"""Render a search hit: both headlines and the matching bullet pairs with highlighting.

Ten hits are most of a results page, which is rendered for each request; templates took five times as long.
Each piece of text is escaped by `highlight_spans` or `escape`.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from html import escape
from typing import Any, Final, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from ...content import LANGUAGE_TAGS, SIDES, Side
from ...public_brief import PublicBrief, PublicName
from ...rendering import cards, rows, text
from ...search.highlighting import TextSpan, find_spans, highlight_spans
from ...search.query import ParsedQuery, Phrase
from ...text import paths
from .search_queries import SearchHit

MAX_BULLETS_PER_HIT: Final = 2
type MatchSpans = list[list[TextSpan]]
type PartSpans = Mapping[tuple[str, Side], MatchSpans]
"""Match spans of headline and summary on each side."""


class RenderedHit(NamedTuple):
    html: SafeString
    matching_bullets: int
    """Number of matching bullets in the brief, shown or not."""


def render_hit(hit: SearchHit, query: ParsedQuery, language: Side) -> RenderedHit:
    phrases = query.highlighted_phrases
    content, twin, lang = hit.content, paths.OTHER_SIDE[language], LANGUAGE_TAGS[paths.OTHER_SIDE[language]]
    url = escape(paths.parallel(language, hit.brief.slug))
    matches = _find_matching_bullets(content.get("bullets", ()), phrases)
    spans = {
        (part, side): find_spans(content.get(f"{part}_{side}", ""), phrases)
        for part in ("headline", "summary")
        for side in SIDES
    }
    shown = sorted(
        sorted(matches, key=lambda row: (-row[0], row[1]))[:MAX_BULLETS_PER_HIT], key=lambda row: row[1]
    )
    label = gettext("Bullet %(n)s, side by side")
    pairs = [_render_bullet(bullet, places, url, label, language) for _, _, bullet, places in shown]
    html = f"""<article class="answer">
<div class="pair heads">
<h2><a href="{escape(paths.brief(language, hit.brief.slug))}">{_highlight(content, "headline", language, spans)}</a></h2>
<p class="twin-headline"><a
href="{escape(paths.brief(twin, hit.brief.slug))}" lang="{lang}" hreflang="{lang}">{_highlight(content, "headline", twin, spans)}</a></p>
</div>
<div class="pair facts">
<p class="meta">{cards.render_facts(hit.brief, language)}{cards.COMMA[language]}{cards.render_posted_fact(hit.brief, language)}</p>
<p class="why">{_render_reason(hit, query, spans, matches, url, language)}</p>
</div>
<ol class="pairs">
{"".join(pairs) or _render_summary(content, phrases, url, language)}</ol>
{_render_more_link(len(matches) - len(shown), url)}</article>
"""
    return RenderedHit(mark_safe(html), len(matches))  # noqa: S308 escaped piece by piece


def _render_reason(
    hit: SearchHit,
    query: ParsedQuery,
    spans: PartSpans,
    matches: Sequence["BulletMatch"],
    url: str,
    language: Side,
) -> SafeString:
    """Say which parts of the text have the words, and which names have the others. `url` must be escaped."""
    places = [
        f"<b>{escape(label)}</b>"
        for part, label in (("headline", gettext("headline")), ("summary", gettext("summary")))
        if any(any(spans[part, side]) for side in SIDES)
    ]
    if numbers := [str(bullet["number"]) for _, _, bullet, _ in matches]:
        links = cards.LIST_SEPARATOR[language].join(f'<a href="{url}#b{n}">{n}</a>' for n in numbers)
        places.append(escape(ngettext("point %(n)s", "points %(n)s", len(numbers))) % {"n": links})
    found = [*spans.values(), *(by_side[side] for *_, by_side in matches for side in SIDES)]
    seen = {n for row in found for n, places_of in enumerate(row) if places_of}
    named = dict.fromkeys(_name_reasons(hit.brief, query, seen, language))
    if not places and len(named) == 1:
        sentence = escape(gettext("Matches only the %(reason)s")) % {"reason": next(iter(named))}
    elif said := cards.LIST_SEPARATOR[language].join([*places, *named]):
        sentence = escape(gettext("Matches: %(places)s")) % {"places": said}
    else:
        sentence = ""
    return mark_safe(sentence)  # noqa: S308 escaped piece by piece


def _name_reasons(brief: PublicBrief, query: ParsedQuery, seen: Set[int], language: Side) -> Iterator[str]:
    """Yield the names that have a term which the text lacks, as HTML. `seen`: numbers of the phrases in the text."""
    at = 0
    for term in query.required_terms:
        if not term.field:
            in_text = not seen.isdisjoint(range(at, at := at + len(term.alternatives)))
            if in_text:
                continue
        for kind, label, names in _list_names(brief):
            for name in names if term.field in ("", kind) else ():
                if any(any(find_spans(name.label(side), term.alternatives)) for side in SIDES):
                    shown = cards.mark_language(name.label(language), language)
                    yield escape(gettext("%(kind)s “%(name)s”")) % {"kind": escape(label), "name": shown}


def _list_names(brief: PublicBrief) -> Iterator[tuple[str, str, Sequence[PublicName]]]:
    yield "keyword", gettext("Keyword").lower(), brief.keywords
    yield "author", gettext("Author").lower(), brief.authors
    yield "source", gettext("Source").lower(), [brief.source] if brief.source else []


type BulletMatch = tuple[int, int, Mapping[str, Any], dict[Side, MatchSpans]]
"""Number of matching phrases, position, bullet, match spans per side."""


def _find_matching_bullets(
    bullets: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]
) -> list[BulletMatch]:
    found = []
    for n, bullet in enumerate(bullets) if phrases else ():
        places: dict[Side, MatchSpans] = {
            side: find_spans(bullet.get(f"text_{side}", ""), phrases) for side in SIDES
        }
        if has := sum(bool(zh or en) for zh, en in zip(places["zh"], places["en"], strict=True)):
            found.append((has, n, bullet, places))
    return found


def _render_bullet(
    bullet: Mapping[str, Any], spans_by_side: Mapping[Side, MatchSpans], url: str, label: str, language: Side
) -> str:
    number = str(bullet["number"])
    texts = {side: highlight_spans(bullet.get(f"text_{side}", ""), spans_by_side[side]) for side in SIDES}
    return render_pair(f"{url}#b{number}", number, label % {"n": number}, texts, language)


def _render_summary(content: Mapping[str, Any], phrases: Sequence[Phrase], url: str, language: Side) -> str:
    """Render per language the summary paragraph with the most matching phrases, else the first sentences."""
    texts: dict[Side, SafeString] = {}
    for side in SIDES:
        blocks = text.split_paragraphs(content.get(f"summary_{side}", ""))
        best = max(blocks, key=lambda block: sum(map(bool, find_spans(block, phrases))), default="")
        if not any(find_spans(best, phrases)):
            best = text.extract_gist(best, side)
        texts[side] = highlight_spans(best, find_spans(best, phrases))
    label = gettext("Summary")
    return render_pair(f"{url}#summary", label, label, texts, language)


def render_pair(
    url: str, number: str, label: str, texts: Mapping[Side, SafeString], language: Side
) -> SafeString:
    """Render both languages of a bullet or the summary. `url` must be escaped.

    On a phone, where no fold stands between the two, the number is written out.
    """
    before, _, after = (escape(gettext("Point %(n)s")) if number.isdigit() else "%(n)s").partition("%(n)s")
    return mark_safe(f"""<li class="pair">
<a class="anchor" href="{url}" aria-label="{escape(label)}"><span
class="narrow">{before}</span>{escape(number)}<span class="narrow">{after}</span></a>
{_render_side(language, texts[language])}
{_render_side(paths.OTHER_SIDE[language], texts[paths.OTHER_SIDE[language]])}
</li>
""")  # noqa: S308 escaped piece by piece


def _render_side(side: Side, html: SafeString) -> str:
    return f'<p class="side" lang="{LANGUAGE_TAGS[side]}">{html}</p>' if html else rows.render_lacuna(side)


def _highlight(content: Mapping[str, Any], part: str, side: Side, spans: PartSpans) -> SafeString:
    return highlight_spans(content.get(f"{part}_{side}", ""), spans[part, side])


def _render_more_link(hidden_count: int, url: str) -> str:
    if not hidden_count:
        return ""
    words = ngettext("%(n)s more bullet in this brief", "%(n)s more bullets in this brief", hidden_count) % {
        "n": hidden_count
    }
    return f'<p class="meta more"><a href="{url}">{escape(words)}</a></p>\n'
