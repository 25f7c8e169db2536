"""Render citations of a brief and of its article, with links to citation files."""

from html import escape
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext

from ..citations import works
from ..content import LANGUAGE_TAGS, Side
from ..public_brief import PublicBrief
from ..text import paths
from ..text.scripts import detect_language_code

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
    """Build citations of brief and article. Chicago and APA cite the English page, the Taiwan style the Chinese one."""
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
    """Render both parts, closed. A template takes as long as a tenth of the page."""
    parts = "\n".join(map(_render_part, build_citations(brief, language)))
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


def _render_run(run: works.StyledRun, lang: str) -> str:
    own, words = detect_language_code(run.text), escape(run.text)
    foreign = own != lang and any(letter.isalpha() for letter in run.text)
    tag = "i" if run.italic and own == LANGUAGE_TAGS["en"] else "span" if foreign else ""
    marked = f' lang="{own}"' if foreign else ""
    return f"<{tag}{marked}>{words}</{tag}>" if tag else words
