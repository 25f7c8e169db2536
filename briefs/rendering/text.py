"""Convert plain text to escaped HTML, split paragraphs, extract the gist and render partial templates."""

import html
import re
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from ..content import LANGUAGE_TAGS, Side
from ..text.scripts import detect_language_code

_SENTENCE_END: dict[Side, re.Pattern[str]] = {
    "zh": re.compile("[。！？]+[」』）]*"),
    "en": re.compile(r"(?<![A-Z])(?<!Mr)(?<!Dr)(?<!St)[.!?][”’\")]*(?=\s+[“‘\"(]?[A-Z0-9])"),
}
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


def extract_gist(text: str, side: Side) -> str:
    """Return the first whole sentences that fit in a list entry, at least one."""
    text = " ".join(split_paragraphs(text))
    end = 0
    for stop in _SENTENCE_END[side].finditer(text):
        if end and stop.end() > _GIST_LENGTH[side]:
            return text[:end].strip()
        end = stop.end()
    return text if not end or len(text) <= _GIST_LENGTH[side] else text[:end].strip()


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
