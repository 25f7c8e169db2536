"""Convert the texts of a brief to escaped HTML: sentences and paragraphs, bullets as nested lists, the three views, terms."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final, Literal, NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.bilingual.public_brief import PublicName
from briefs.bilingual.text import Run, detect_language_code, parse_inline, paths, split_sentences
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, Marker, Picture, Side

_LABEL: dict[Side, str] = {"zh": "%s", "en": r"\b%s\b"}
_GIST_LENGTH: dict[Side, int] = {"zh": 110, "en": 300}
_UNBROKEN_NAME_LENGTH = {True: 12, False: 28}


def escape_text(text: str) -> SafeString:
    """Return bullet or summary text as HTML. Use no other function for that."""
    return SafeString(html.escape(text))


def strip_indentation(fragment: str) -> str:
    """Remove indentation and empty lines."""
    return "\n".join(line for line in map(str.strip, fragment.split("\n")) if line)


def render_partial(template: str, **context: Any) -> SafeString:
    return mark_safe(strip_indentation(render_to_string(template, context)))  # noqa: S308 escaped by the template


def split_paragraphs(text: str) -> list[str]:
    """Return the paragraphs, which are separated by blank lines. A single line end becomes a space."""
    return [" ".join(block.split("\n")) for block in re.split(r"\n\s*\n", text) if block.strip()]


def render_preface(preface: str) -> list[SafeString]:
    """Return the paragraphs of a preface as HTML, with its links and emphasis."""
    return [
        mark_safe("".join(map(_render_run, parse_inline(paragraph))))  # noqa: S308 escaped
        for paragraph in split_paragraphs(preface)
    ]


def _render_run(run: Run) -> str:
    words = f"<{run.style}>{escape(run.text)}</{run.style}>" if run.style else escape(run.text)
    return f'<a href="{escape(run.url)}" rel="external">{words}</a>' if run.url else words


def extract_gist(text: str, side: Side) -> str:
    """Return the first whole sentences that fit in a list entry, at least one."""
    gist, joint = "", "" if side == "zh" else " "
    for sentence in split_sentences(text, side):
        longer = f"{gist}{joint}{sentence}" if gist else sentence
        if gist and len(longer) > _GIST_LENGTH[side]:
            break
        gist = longer
    return gist


class KeyLine(NamedTuple):
    """The sentence that stands for a brief in lists, and the number of its point: 0 for the summary."""

    number: int
    words: str


def find_key_line(content: Content, side: Side) -> KeyLine:
    """Return the point that an editor chose, else the last sentence of the summary, which mostly says what the author argues.

    Without a summary it is the first point.
    """
    if chosen := content.key_bullet:
        return KeyLine(chosen.number, chosen.text(side))
    if sentences := split_sentences(content.summary(side), side):
        return KeyLine(0, sentences[-1])
    points = (KeyLine(bullet.number, bullet.text(side)) for bullet in content.bullets if bullet.text(side))
    return next(points, KeyLine(0, ""))


def find_point_naming(content: Content, labels: Mapping[Side, str]) -> int:
    """Return the number of the first point with both languages that has the label in one of them; 0 if there is none."""
    patterns = {
        side: re.compile(_LABEL[side] % re.escape(label), re.I) for side, label in labels.items() if label
    }
    both = (b for b in content.bullets if b.text_zh and b.text_en)
    return next((b.number for b in both if any(p.search(b.text(side)) for side, p in patterns.items())), 0)


def render_name(text: str, language: Side, *, href: str = "") -> SafeString:
    """Render the name of a person or outlet with its language. A short name is kept on one line."""
    lang = detect_language_code(text)
    short = len(text) <= _UNBROKEN_NAME_LENGTH[lang == LANGUAGE_TAGS["zh"]]
    attributes = f' href="{escape_text(href)}"' if href else ""
    attributes += (' class="who"' if short else "") + (
        f' lang="{lang}"' if lang != LANGUAGE_TAGS[language] else ""
    )
    tag = "a" if href else "span"
    return mark_safe(f"<{tag}{attributes}>{escape_text(text)}</{tag}>" if attributes else escape_text(text))  # noqa: S308 escaped


def mark_language(words: str, language: Side) -> SafeString:
    """Return the text as HTML, with a `lang` attribute if it is not in the page's language."""
    lang = detect_language_code(words)
    html = f'<span lang="{lang}">{escape(words)}</span>' if lang != LANGUAGE_TAGS[language] else escape(words)
    return mark_safe(html)  # noqa: S308 escaped


# Flat rows of (level, marker) as nested lists.


@dataclass(frozen=True, slots=True)
class NestedPosition:
    """Position of a row. `preceding_markup` goes between the previous row and this row's `<li>`."""

    preceding_markup: str
    depth: int
    ordinal: int
    """Position among the numbered rows of its list; 0 for a bullet. The site shows the bullet's number instead."""


@dataclass(slots=True)
class _OpenList:
    level: int
    count: int = 0


def nest(rows: Iterable[tuple[int, Marker]]) -> tuple[list[NestedPosition], str]:
    """Return the position of each row, and the markup that closes the last one.

    Numbered rows that follow bullets in the same list continue its count.
    """
    places: list[NestedPosition] = []
    open_: list[_OpenList] = []
    for level, marker in rows:
        before = ""
        while len(open_) > 1 and open_[-1].level > level:
            open_.pop()
            before += "</li></ul>"
        if not open_ or open_[-1].level < level:
            before += "<ul>" if open_ else '<ul class="bullets">'
            open_.append(_OpenList(level))
        else:
            open_[-1].level = level  # the list began at a deeper level
            before += "</li>"
        ordinal = 0
        if marker == "number":
            open_[-1].count += 1
            ordinal = open_[-1].count
        places.append(NestedPosition(before, len(open_) - 1, ordinal))
    return places, "</li></ul>" * len(open_)


# The bullets of a view, with f-strings.

type PositionsByNumber = dict[int, NestedPosition]
"""Position of each bullet in the lists of one side, by bullet number."""


def render_single_language(content: Content, side: Side, slug: str, *, has_links: bool = True) -> SafeString:
    """Render the bullets of one language as nested lists."""
    places, closing = nest_bullets(content, side)
    other, parallel = paths.OTHER_SIDE[side], paths.parallel(side, slug)
    label, side_by_side = _anchor_label(), escape(gettext("Side by side"))
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        if n not in places:
            continue
        row = f"""{places[n].preceding_markup}<li id="b{n}">
<p class="text">{escape_text(bullet.text(side))}</p>"""
        if not has_links:
            rows.append(row)
            continue
        twin = f"{_language_link(other, slug, n)}\n" if bullet.text(other) else ""
        rows.append(f"""{row}<a
class="anchor"
href="#b{n}"
aria-label="{label % {"n": n}}"
>{n}</a>
<span class="elsewhere">
<a href="{parallel}#b{n}">{side_by_side}</a>
{twin}</span>""")
    return mark_safe("\n".join([*rows, closing]))  # noqa: S308 escaped row by row


def render_pairs(content: Content, order: Sequence[Side], slug: str, *, has_links: bool = True) -> SafeString:
    """Render the bullets pair by pair; the first language in `order` is the page's own."""
    places = {side: nest_bullets(content, side)[0] for side in order}
    label = _anchor_label()
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        texts = "\n".join(
            _pair_side_html(bullet, side, places[side][n]) if n in places[side] else render_lacuna(side)
            for side in order
        )
        elsewhere = "\n".join(_language_link(side, slug, n) for side in order if n in places[side])
        links = f"""
<a class="anchor" href="#b{n}" aria-label="{label % {"n": n}}">{n}</a>
<span class="elsewhere">
{elsewhere}
</span>"""
        rows.append(f"""<li class="pair" id="b{n}">{links if has_links else ""}
{texts}
</li>""")
    return mark_safe("\n".join(rows))  # noqa: S308 escaped row by row


def render_lacuna(side: Side) -> str:
    """Render the note that a bullet has no text in this language."""
    sentence = gettext("Not in the Chinese") if side == "zh" else gettext("Not in the English")
    return f'<p class="side lacuna">{escape(sentence)}</p>'


def _pair_side_html(bullet: Bullet, side: Side, position: NestedPosition) -> str:
    return f"""<div class="side level-{position.depth}" lang="{LANGUAGE_TAGS[side]}">
<span class="marker" aria-hidden="true">{"–" if position.depth else "•"}</span>
<p>{escape_text(bullet.text(side))}</p>
</div>"""


def _language_link(side: Side, slug: str, number: int) -> str:
    """Render the link to the same bullet on one language's page."""
    return f"""<a
href="{paths.brief(side, slug)}#b{number}"
lang="{LANGUAGE_TAGS[side]}"
hreflang="{LANGUAGE_TAGS[side]}"
>{paths.NATIVE_LANGUAGE_NAMES[side]}</a>"""


def _anchor_label() -> str:
    return escape(gettext("Bullet %(n)s: link and copy"))


def nest_bullets(content: Content, side: Side) -> tuple[PositionsByNumber, str]:
    """Return the positions of the bullets with text on this side, and the closing markup."""
    bullets = [b for b in content.bullets if b.text(side)]
    places, closing = nest((b.level(side), b.marker(side)) for b in bullets)
    return {b.number: position for b, position in zip(bullets, places, strict=True)}, closing


# The three views of content: Chinese, English, and both in parallel.

type ReadingView = Literal["zh", "en", "parallel"]
READING_VIEWS: Final[tuple[ReadingView, ...]] = ("zh", "en", "parallel")


def render_fragment(
    content: Content,
    view: ReadingView,
    language: Side,
    slug: str,
    *,
    pictures_url: str = paths.PICTURES_PATH,
    has_links: bool = True,
) -> str:
    """Return the HTML of a view on a page of `language`, which comes first in the parallel view.

    `pictures_url` is the address prefix of the cover's files; empty omits the cover. Without `has_links` there are
    no anchors of bullets and no links to other pages of the site, for feeds and previews.
    """
    with translation.override(paths.LANGUAGE_CODES[language if view == "parallel" else view]):
        if view == "parallel":
            return _render_parallel(content, language, slug, has_links=has_links)
        return _render_single(content, view, slug, pictures_url, has_links=has_links)


def _render_single(content: Content, side: Side, slug: str, pictures_url: str, *, has_links: bool) -> str:
    """Render cover, summary and bullets. A template takes a third of the time of a feed."""
    parts = [
        render_cover(content, side, pictures_url),
        f"""<section id="summary" aria-labelledby="s">
<h2 id="s" class="label">{escape(gettext("Summary"))}</h2>
<div class="summary">
{_render_paragraphs(content.summary(side))}
</div>
</section>""",
    ]
    if bullets := render_single_language(content, side, slug, has_links=has_links):
        hint = escape(
            gettext("A number is the address of its point: press it to cite, copy or read the Chinese")
        )
        parts.append(f"""<section aria-labelledby="p">
<h2 id="p" class="label">{escape(gettext("Key points"))}</h2>
{f'<p class="numbers ui">{hint}</p>\n' if has_links else ""}{bullets}
</section>""")
    return "\n".join(filter(None, parts))


def _render_parallel(content: Content, language: Side, slug: str, *, has_links: bool) -> str:
    other = paths.OTHER_SIDE[language]
    return render_partial(
        "briefs/_parallel_view.html",
        pairs=render_pairs(content, (language, other), slug, has_links=has_links),
        has_links=has_links,
        summary=_render_paragraphs(content.summary(language)),
        twin_summary=_render_paragraphs(content.summary(other)),
        lang=LANGUAGE_TAGS[language],
        twin_lang=LANGUAGE_TAGS[other],
    )


def _render_paragraphs(words: str) -> SafeString:
    return mark_safe("\n".join(f"<p>{escape_text(part)}</p>" for part in split_paragraphs(words)))  # noqa: S308 escaped


# The cover.

PICTURE_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


def render_cover(content: Content, language: Side, pictures_url: str) -> SafeString:
    """Render the cover with its size; empty if there is no picture or `pictures_url` is empty."""
    picture = content.facts.picture
    if picture is None or not pictures_url:
        return mark_safe("")
    return render_partial(
        "briefs/_cover.html",
        sources=[
            {"type": kind, "files": _srcset(picture, pictures_url, end)}
            for end, kind in PICTURE_TYPES.items()
        ],
        file=f"{pictures_url}{picture.jpeg_name}",
        width=picture.width,
        height=picture.height,
        is_tall=picture.height > picture.width,
        alt=content.picture_alt(language),
        caption=format_caption(picture, language),
    )


def format_caption(picture: Picture, language: Side) -> SafeString:
    """Return the caption with credit and licence, either of which may be missing in a preview."""
    parts = {
        "credit": mark_language(picture.credit, language),
        "licence": mark_language(picture.licence, language),
    }
    if picture.credit and picture.licence:
        sentence = gettext("Picture: %(credit)s / %(licence)s")
    elif picture.credit:
        sentence = gettext("Picture: %(credit)s")
    else:
        sentence = "%(licence)s"
    return mark_safe(escape(sentence) % parts)  # noqa: S308 every part is escaped


def _srcset(picture: Picture, pictures_url: str, extension: str) -> str:
    return ", ".join(f"{pictures_url}{picture.key}-{width}.{extension} {width}w" for width in picture.widths)


# Glossary terms: locate them in rendered HTML, link them and list their translations.

type TermOccurrences = dict[tuple[int, Side], list[tuple[int, int, int]]]
"""Occurrences by bullet number (0 for the summary) and side: term id, start, end, in text order."""
type TermMark = tuple[int, int, int, str]
"""Start, end, number on the page, gloss (escaped)."""


def list_texts(content: Content, side: Side) -> list[tuple[int, str]]:
    """Return summary (number 0) and bullets as (number, text), without empty ones.

    The summary's paragraphs are separated by a line end.
    """
    rows = [(0, "\n".join(split_paragraphs(content.summary(side))))]
    rows += [(b.number, b.text(side)) for b in content.bullets]
    return [(number, words) for number, words in rows if words]


def mark_terms(
    content: Content,
    html: str,
    sides: Sequence[Side],
    occurrences: TermOccurrences,
    terms: Mapping[int, PublicName],
) -> tuple[str, str]:
    """Return the fragment with its terms linked, and the list of terms; the first of `sides` is the page's language."""
    if not occurrences:
        return html, ""
    numbers: dict[int, int] = {}
    listed: set[tuple[int, Side]] = set()
    marks: list[TermMark] = []
    for number, side, offset, words, at in _locate_paragraphs(content, html, sides):
        for term, start, end in occurrences.get((number, side), ()):
            if (term, side) in listed or not offset <= start < offset + len(words):
                continue
            listed.add((term, side))
            n = numbers.setdefault(term, len(numbers) + 1)
            first = at + len(escape(words[: start - offset]))
            length = len(escape(words[start - offset : end - offset]))
            gloss = terms[term].label(paths.OTHER_SIDE[side])
            marks.append((first, first + length, n, escape(gloss)))
    rows = [(terms[term], n) for term, n in numbers.items()]
    return _link_terms(html, marks), _render_term_list(rows, sides[0]) if rows else ""


def collect_occurrences(places_by_term: Mapping[int, Iterable[Any]]) -> TermOccurrences:
    """Return the occurrences from `EditionTerm.places` by term id."""
    occurrences: TermOccurrences = {}
    for term, places in places_by_term.items():
        for number, *spans_by_side in places:
            for side, spans in zip(SIDES, spans_by_side, strict=True):
                occurrences.setdefault((number, side), []).extend((term, start, end) for start, end in spans)
    return {key: sorted(spans, key=lambda span: span[1]) for key, spans in occurrences.items()}


def _link_terms(html: str, marks: Iterable[Sequence[Any]]) -> str:
    """Return the fragment with its terms linked. `marks` must be in text order."""
    parts: list[str] = []
    at = 0
    for start, end, n, gloss in marks:
        parts += (
            html[at:start],
            f'<a class="term" href="#term-{n}" title="{gloss}">',
            html[start:end],
            "</a>",
        )
        at = end
    parts.append(html[at:])
    return "".join(parts)


def _locate_paragraphs(
    content: Content, html: str, sides: Sequence[Side]
) -> Iterable[tuple[int, Side, int, str, int]]:
    """Yield number, side, offset in its text, text and HTML offset of each paragraph, in page order."""
    at = 0
    for number in (0, *(b.number for b in content.bullets)):
        for side in sides:
            offset = 0
            for words in _paragraphs(content, number, side):
                position = html.find(f">{escape_text(words)}</p>", at)
                if position >= 0:
                    at = position + 1
                    yield number, side, offset, words, at
                offset += len(words) + 1


def _paragraphs(content: Content, number: int, side: Side) -> list[str]:
    if not number:
        return split_paragraphs(content.summary(side))
    return [words for b in content.bullets if b.number == number and (words := b.text(side))]


def _render_term_list(rows: Sequence[tuple[PublicName, int]], side: Side) -> str:
    """Render the terms with their other rendering. A template takes as long as a tenth of the page."""
    other = paths.OTHER_SIDE[side]
    lines = "\n".join(
        f'''<div id="term-{n}">
<dt><a href="{escape(paths.subject(side, "terms", term.slug))}">{escape(term.label(side))}</a></dt>
<dd lang="{LANGUAGE_TAGS[other]}">{escape(term.label(other))}</dd>
</div>'''
        for term, n in rows
    )
    return f"""<section class="terms" aria-labelledby="terms">
<h2 id="terms">{escape(gettext("Terms on this page"))}</h2>
<dl>
{lines}
</dl>
</section>"""
