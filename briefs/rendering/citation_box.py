"""Render citations of a brief and of its article, with links to citation files."""

from collections.abc import Mapping
from html import escape
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..citations import styles, works
from ..content import LANGUAGE_TAGS, Side
from ..text import paths
from ..text.scripts import detect_language_code
from . import text

type Card = Mapping[str, Any]

CITATION_FILE_LABELS = {"ris": "RIS", "bib": "BibTeX", "json": "CSL-JSON"}


def render_citation_box(card: Card, language: Side) -> str:
    """Render the box. On both pages Chicago and APA cite the English brief, the Taiwan style the Chinese."""
    english, chinese = (
        works.build_brief_work(card, side, settings.DIGEST_SITE_NAME[side]) for side in ("en", "zh")
    )
    article = works.build_article_work(card)
    base = paths.brief(language, card["slug"])
    works_of = [
        (gettext("Cite this brief"), "cite", english, chinese),
        (gettext("Cite the original"), "original", article, article),
    ]
    parts = [
        {
            "heading": heading,
            "lines": _citation_lines(in_english, in_chinese),
            "files": [(f"{base}{name}.{end}", label) for end, label in CITATION_FILE_LABELS.items()],
        }
        for heading, name, in_english, in_chinese in works_of
    ]
    return text.render_partial("briefs/_citation_box.html", parts=parts)


def _citation_lines(english: works.CitableWork, chinese: works.CitableWork) -> list[dict[str, object]]:
    lines = [(name, style(english), LANGUAGE_TAGS["en"]) for name, style in styles.ENGLISH_STYLES.items()]
    lines.append((gettext("Taiwan style"), styles.format_taiwan(chinese), LANGUAGE_TAGS["zh"]))
    return [
        {"name": name, "lang": lang, "text": _render_sentence(sentence, lang)}
        for name, sentence, lang in lines
    ]


def _render_sentence(sentence: styles.CitationSentence, lang: str) -> SafeString:
    return mark_safe("".join(_render_run(run, lang) for run in sentence))  # noqa: S308 escaped run by run


def _render_run(run: styles.StyledRun, lang: str) -> str:
    own, words = detect_language_code(run.text), escape(run.text)
    foreign = own != lang and any(letter.isalpha() for letter in run.text)
    tag = "i" if run.italic and own == LANGUAGE_TAGS["en"] else "span" if foreign else ""
    marked = f' lang="{own}"' if foreign else ""
    return f"<{tag}{marked}>{words}</{tag}>" if tag else words
