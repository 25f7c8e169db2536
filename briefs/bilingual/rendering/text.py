"""Convert the texts of a brief to escaped HTML: sentences, paragraphs and names; the line and the point that lists show."""

import html
import re
from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from briefs.bilingual.text import Run, detect_language_code, parse_inline, split_sentences
from briefs.content import LANGUAGE_TAGS, Content, Side

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
