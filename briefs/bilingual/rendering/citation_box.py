"""Render citations of a brief and of its article, with links to citation files."""

import datetime as dt
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext

from briefs.bilingual.citations import works
from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text import detect_language_code, paths
from briefs.content import LANGUAGE_TAGS, Side

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


def build_citations(
    brief: PublicBrief, language: Side, corrected_on: dt.date | None = None
) -> list[CitationPart]:
    """Build citations of brief and article. Chicago and APA cite the English page, the Taiwan style the Chinese one."""
    english, chinese = (build_brief_work(brief, side, corrected_on) for side in ("en", "zh"))
    base = paths.brief(language, brief.slug)
    return [
        CitationPart(
            heading,
            _citation_lines(in_english, in_chinese),
            [(f"{base}{name}.{end}", label) for end, label in CITATION_FILE_LABELS.items()],
        )
        for heading, name, in_english, in_chinese in (
            (gettext("Cite this brief"), "cite", english, chinese),
            (
                gettext("Cite the original"),
                "original",
                works.build_article_work(brief, "en"),
                works.build_article_work(brief, "zh"),
            ),
        )
    ]


def build_brief_work(
    brief: PublicBrief, side: Side, corrected_on: dt.date | None = None
) -> works.CitableWork:
    """Return the citable work of a brief, which says when it was last corrected."""
    work = works.build_brief_work(brief, side, settings.DIGEST_SITE_NAME[side])
    return works.mark_corrected(work, corrected_on, side) if corrected_on else work


def render_citation_box(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> str:
    """Render both parts, closed. A template takes as long as a tenth of the page."""
    parts = "\n".join(map(_render_part, build_citations(brief, language, corrected_on)))
    return f'''<section class="cite" data-copy-citation="{escape(gettext("Copy citation"))}" aria-label="{escape(gettext("Citations"))}">
{parts}
</section>'''


def _render_part(part: CitationPart) -> str:
    lines = "\n".join(
        f'''<div>
<dt>{escape(line.name)}</dt>
<dd lang="{line.lang}">{"".join(_render_run(run, line.lang) for run in line.sentence)}</dd>
</div>'''
        for line in part.lines
    )
    files = "\n".join(
        f'<a href="{escape(address)}" lang="en" rel="nofollow">{label}</a>' for address, label in part.files
    )
    return f"""<details>
<summary>{escape(part.heading)}</summary>
<dl>
{lines}
</dl>
<p class="files">
{files}
</p>
</details>"""


def render_citation(work: works.CitableWork, language: Side) -> str:
    """Render the citation of a brief in the first style of the page's language."""
    style = works.format_taiwan if language == "zh" else works.format_chicago
    return "".join(_render_run(run, LANGUAGE_TAGS[language]) for run in style(work))


def format_attribution(brief: PublicBrief, language: Side, corrected_on: dt.date | None) -> str:
    """Return the line that ends a copied bullet. The page appends the bullet's address."""
    return works.format_attribution(build_brief_work(brief, language, corrected_on))


def _citation_lines(english: works.CitableWork, chinese: works.CitableWork) -> list[CitationLine]:
    lines = [
        CitationLine(name, LANGUAGE_TAGS["en"], style(english))
        for name, style in works.ENGLISH_STYLES.items()
    ]
    return [*lines, CitationLine(gettext("Taiwan style"), LANGUAGE_TAGS["zh"], works.format_taiwan(chinese))]


def _render_run(run: works.StyledRun, lang: str) -> str:
    own, words = detect_language_code(run.text), escape(run.text)
    foreign = own != lang and any(letter.isalpha() for letter in run.text)
    tag = "i" if run.italic and own == LANGUAGE_TAGS["en"] else "span" if foreign else ""
    marked = f' lang="{own}"' if foreign else ""
    return f"<{tag}{marked}>{words}</{tag}>" if tag else words
