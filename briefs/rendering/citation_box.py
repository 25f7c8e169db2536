"""Render citations of a brief and of its article, with links to citation files."""

from html import escape
from typing import NamedTuple

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..citations import works
from ..content import LANGUAGE_TAGS, Side
from ..public_brief import PublicBrief
from ..text import paths
from ..text.scripts import detect_language_code
from . import text

CITATION_FILE_LABELS = {"ris": "RIS", "bib": "BibTeX", "json": "CSL-JSON"}


class CitationLine(NamedTuple):
    """A citation in one style, in the language `lang`."""

    name: str
    lang: str
    sentence: works.CitationSentence


class CitationPart(NamedTuple):
    """The citations of one work, and the paths and names of its files."""

    heading: str
    lines: list[CitationLine]
    files: list[tuple[str, str]]


def build_citations(brief: PublicBrief, language: Side) -> list[CitationPart]:
    """Cite the brief and its article. Chicago and APA cite the English brief, the Taiwan style the Chinese."""
    english, chinese = (
        works.build_brief_work(brief, side, settings.DIGEST_SITE_NAME[side]) for side in ("en", "zh")
    )
    article = works.build_article_work(brief)
    base = paths.brief(language, brief.slug)
    return [
        CitationPart(
            heading,
            _citation_lines(in_english, in_chinese),
            [(f"{base}{name}.{end}", label) for end, label in CITATION_FILE_LABELS.items()],
        )
        for heading, name, in_english, in_chinese in (
            (gettext("Cite this brief"), "cite", english, chinese),
            (gettext("Cite the original"), "original", article, article),
        )
    ]


def render_citation_box(brief: PublicBrief, language: Side) -> str:
    parts = [
        part._asdict()
        | {
            "lines": [
                {"name": line.name, "lang": line.lang, "text": _render_sentence(line.sentence, line.lang)}
                for line in part.lines
            ]
        }
        for part in build_citations(brief, language)
    ]
    return text.render_partial("briefs/_citation_box.html", parts=parts)


def format_attribution(brief: PublicBrief, language: Side) -> str:
    """Return the line that ends a copied bullet. The page appends the bullet's address."""
    return works.format_attribution(
        works.build_brief_work(brief, language, settings.DIGEST_SITE_NAME[language])
    )


def _citation_lines(english: works.CitableWork, chinese: works.CitableWork) -> list[CitationLine]:
    lines = [
        CitationLine(name, LANGUAGE_TAGS["en"], style(english))
        for name, style in works.ENGLISH_STYLES.items()
    ]
    return [*lines, CitationLine(gettext("Taiwan style"), LANGUAGE_TAGS["zh"], works.format_taiwan(chinese))]


def _render_sentence(sentence: works.CitationSentence, lang: str) -> SafeString:
    return mark_safe("".join(_render_run(run, lang) for run in sentence))  # noqa: S308 escaped run by run


def _render_run(run: works.StyledRun, lang: str) -> str:
    own, words = detect_language_code(run.text), escape(run.text)
    foreign = own != lang and any(letter.isalpha() for letter in run.text)
    tag = "i" if run.italic and own == LANGUAGE_TAGS["en"] else "span" if foreign else ""
    marked = f' lang="{own}"' if foreign else ""
    return f"<{tag}{marked}>{words}</{tag}>" if tag else words
