"""Words → markup, and small facts about words. Text is text: every character of it is escaped."""

import html
import re

from django.utils.safestring import SafeString, mark_safe

from ..content import LANG, Side
from ..text.scripts import lang_of

_STOP: dict[Side, re.Pattern[str]] = {
    "zh": re.compile("[。！？]+[」』）]*"),
    "en": re.compile(r"(?<![A-Z])(?<!Mr)(?<!Dr)(?<!St)[.!?][”’\")]*(?=\s+[“‘\"(]?[A-Z0-9])"),
}
_GIST: dict[Side, int] = {"zh": 110, "en": 300}
_NAME_KEPT_WHOLE = {True: 12, False: 28}


def markup(text: str) -> SafeString:
    """A bullet's or a summary paragraph's text as HTML: the one place where that happens."""
    return SafeString(html.escape(text))


def squeeze(fragment: str) -> str:
    """Without the templates' indentation. White space stays white space."""
    return "\n".join(line for line in map(str.strip, fragment.split("\n")) if line)


def paragraphs(text: str) -> list[str]:
    """Of a text whose paragraphs are apart by a blank line. A lone line end is a space."""
    return [" ".join(block.split("\n")) for block in re.split(r"\n\s*\n", text) if block.strip()]


def gist(text: str, side: Side) -> str:
    """The first whole sentences that fit on a list; the first one always, and never a torn word."""
    text = " ".join(paragraphs(text))
    end = 0
    for stop in _STOP[side].finditer(text):
        if end and stop.end() > _GIST[side]:
            return text[:end].strip()
        end = stop.end()
    return text if not end or len(text) <= _GIST[side] else text[:end].strip()


def name(text: str, page: Side, *, href: str = "") -> SafeString:
    """A person's or an outlet's name, marked with its language; a short one stays on one line."""
    lang = lang_of(text)
    short = len(text) <= _NAME_KEPT_WHOLE[lang == LANG["zh"]]
    attributes = f' href="{markup(href)}"' if href else ""
    attributes += (' class="who"' if short else "") + (f' lang="{lang}"' if lang != LANG[page] else "")
    tag = "a" if href else "span"
    return mark_safe(f"<{tag}{attributes}>{markup(text)}</{tag}>" if attributes else markup(text))  # noqa: S308 escaped
