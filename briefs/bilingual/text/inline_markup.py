"""The Markdown that a preface may have: links as `[words](https://…)`, emphasis as `*words*` or `**words**`."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

type Style = Literal["", "em", "strong"]

_MARKUP: Final = re.compile(
    r"\[(?P<label>[^\[\]]+)\]\((?P<url>https?://[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\)"
    r"|(?P<stars>\*\*?)(?=[^\s*])(?P<words>[^*]+)(?<=\S)(?P=stars)(?!\*)"
)


class Run(NamedTuple):
    """A piece of a text. `url`: where it leads; `style`: the HTML element of its emphasis."""

    text: str
    url: str = ""
    style: Style = ""


def parse_inline(text: str, style: Style = "") -> Iterator[Run]:
    """Yield the runs of a text. Signs that make no link or emphasis stay as they are. A part of a link has no emphasis."""
    end = 0
    for match in _MARKUP.finditer(text):
        if match.start() > end:
            yield Run(text[end : match.start()], style=style)
        if match["url"]:
            yield Run(strip_inline(match["label"]), match["url"], style)
        else:
            yield from parse_inline(match["words"], "strong" if len(match["stars"]) > 1 else "em")
        end = match.end()
    if end < len(text):
        yield Run(text[end:], style=style)


def strip_inline(text: str) -> str:
    """Return the words of a text without its markup."""
    return "".join(run.text for run in parse_inline(text))
