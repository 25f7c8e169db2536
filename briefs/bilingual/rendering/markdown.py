"""Render the Markdown twin of a brief's page: CommonMark, with the addresses of its views and its citations.

Addresses begin with `paths.SITE_PLACEHOLDER`.
"""

import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping, Sequence

from django.utils.html import strip_tags
from django.utils.translation import gettext

from briefs.bilingual.citations.works import StyledRun
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text import paths
from briefs.content import SIDES, Side

from . import cards, citation_box, text, views

_SPECIAL = re.compile(r"[\\`*\[\]<>~|]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"^(\s*\d+(?=[.)])|\s*(?=[#>+=-]))", re.MULTILINE)


def render_markdown(
    brief: PublicBrief,
    language: Side,
    *,
    posted: str,
    notices: Sequence[str],
    corrected_on: dt.date | None = None,
) -> str:
    """Render a brief. `posted`: the line with dates of publication and change; `notices`: texts above the summary."""
    blocks = [
        *_headlines(brief, language),
        _byline(brief, language),
        _escape(_to_text(posted)),
        *(f"> {_escape(line)}" for line in notices),
        _addresses(brief, language),
        f"## {gettext('Summary')}",
        *map(_escape, text.split_paragraphs(brief.summary(language))),
        *_key_points(brief, language),
        *_citations(brief, language, corrected_on),
    ]
    return "\n\n".join(blocks) + "\n"


def render_withdrawn_markdown(
    brief: PublicBrief, language: Side, notices: Sequence[Mapping[str, str]], citation: str
) -> str:
    """Render headlines, byline, the reason in both languages and how to cite. `citation`: as HTML."""
    said = [f"> **{notice['heading']}** {_escape(notice['sentence'])}" for notice in notices]
    blocks = [
        *_headlines(brief, language),
        _byline(brief, language),
        *said,
        f"## {gettext('If you have cited it')}",
        gettext("Please cite the original instead. If you must name this brief, say that it was withdrawn:"),
        _escape(_to_text(citation)),
    ]
    return "\n\n".join(blocks) + "\n"


def _byline(brief: PublicBrief, language: Side) -> str:
    return _escape(_to_text(cards.render_byline(brief, language))) + _original_link(brief)


def _headlines(brief: PublicBrief, language: Side) -> list[str]:
    other = brief.headline(paths.OTHER_SIDE[language])
    return [f"# {_escape(brief.headline(language))}", _escape(other)]


def _original_link(brief: PublicBrief) -> str:
    link = cards.get_original_link(brief)
    return f" [{gettext('Read the original')}](<{link}>)" if link else ""


def _addresses(brief: PublicBrief, language: Side) -> str:
    slug = brief.slug
    named = [(paths.NATIVE_LANGUAGE_NAMES[side], paths.brief(side, slug)) for side in SIDES]
    named.insert(1, (gettext("Side by side"), paths.parallel(language, slug)))
    other = paths.OTHER_SIDE[language]
    named += [(f"Markdown · {paths.NATIVE_LANGUAGE_NAMES[other]}", paths.markdown(other, slug))]
    return "\n".join(f"- {name}: <{paths.SITE_PLACEHOLDER}{path}>" for name, path in named)


def _key_points(brief: PublicBrief, language: Side) -> Iterator[str]:
    """Render the bullets as nested lists. Each ends with its number, linked to its address."""
    places, _ = views.nest_bullets(brief.content, language)
    indents, lines = [""], []
    for bullet in brief.content.bullets:
        if position := places.get(bullet.number):
            marker = f"{position.ordinal}." if position.ordinal else "-"
            del indents[position.depth + 1 :]
            indents.append(indents[-1] + " " * (len(marker) + 1))
            address = f"{paths.SITE_PLACEHOLDER}{paths.brief(language, brief.slug)}#b{bullet.number}"
            words = _escape(bullet.text(language))
            lines.append(f"{indents[position.depth]}{marker} {words} [{bullet.number}](<{address}>)")
    if lines:
        yield f"## {gettext('Key points')}"
        yield "\n".join(lines)


def _citations(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> Iterator[str]:
    for part in citation_box.build_citations(brief, language, corrected_on):
        yield f"## {part.heading}"
        yield "\n".join(f"- {line.name}: {''.join(map(_style, line.sentence))}" for line in part.lines)
        yield " · ".join(f"[{name}](<{paths.SITE_PLACEHOLDER}{path}>)" for path, name in part.files)


def _style(run: StyledRun) -> str:
    words = _escape(run.text)
    return f"*{words}*" if run.italic else words


def _to_text(fragment: str) -> str:
    return html.unescape(strip_tags(fragment))


def _escape(words: str) -> str:
    """Escape what CommonMark would read as markup."""
    return _BLOCK_START.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", words)) if words else ""
