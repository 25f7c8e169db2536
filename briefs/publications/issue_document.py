"""Compose what the files of an issue say: plain texts in reading order, each with its language.

EPUB and PDF are both made from `IssueDocument`, so they hold the same words. Languages come in the order of `sides`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from html import unescape
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext

from briefs import images
from briefs.bilingual.citations import works
from briefs.bilingual.rendering import cards, citation_box, split_units, views
from briefs.bilingual.rendering.text import find_key_line, split_paragraphs
from briefs.bilingual.text import Style, date_format, detect_language_code, parse_inline, paths
from briefs.content import LANGUAGE_TAGS, Bullet, Content, Side, hash_json
from briefs.models.edition import ChangeKind

from .published import PublicIssue, PublicItem
from .recent_corrections import RecentCorrection

COLON: Final[dict[Side, str]] = {"zh": "：", "en": ": "}


class Words(NamedTuple):
    """A plain text in one language. Several in a row are a paragraph. `url`: where it leads; `style`: of its emphasis."""

    lang: str
    text: str
    url: str = ""
    style: Style = ""


type Paragraph = list[Words]


class Point(NamedTuple):
    """A bullet. `markup`: HTML between the bullet before and this one's `<li>`, which nests the lists."""

    number: int
    url: str
    markup: str
    depth: int
    texts: list[Words]


class DocumentPicture(NamedTuple):
    """The picture of a brief. `name`: of its file. `alt`: empty if it only decorates. `caption`: credit and licence."""

    name: str
    alt: str
    lang: str
    is_tall: bool
    caption: list[Words]


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """A brief, or the notice of a withdrawn one, which has no summary, points and claim.

    `claim`: its key line. `who`: authors and source. `details`: original, keywords, and citation with the address of its page.
    """

    headline: list[Words]
    twin_headline: list[Words]
    byline: list[Words]
    who: list[Words]
    posted: list[Words]
    notices: list[Words]
    picture: DocumentPicture | None
    claim: list[Words]
    summary: list[Words]
    points: list[Point]
    closing: str
    details: list[Paragraph]


@dataclass(frozen=True, slots=True)
class IssueDocument:
    """An issue for one reader. `stamp`: issue, edition and day. `modified`: when any part of it changed last.

    `title_words`: each Chinese title and headline in the pieces between which a line may end.
    """

    sides: tuple[Side, ...]
    url: str
    file_url: str
    number: int
    edition_number: int
    published: str
    modified: str
    site: list[Words]
    title: list[Words]
    twin_title: list[Words]
    kicker: list[Words]
    stamp: str
    notices: list[Words]
    preface: list[Paragraph]
    corrections: list[Words]
    items: list[DocumentItem]
    title_words: dict[str, list[str]]
    labels: dict[str, str]

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.sides[0]]

    @property
    def file_stem(self) -> str:
        return f"issue-{self.number}-{'-'.join(self.sides)}"

    def hash(self) -> str:
        return hash_json(asdict(self))


def build_document(
    issue: PublicIssue, sides: tuple[Side, ...], corrections: Sequence[RecentCorrection] = ()
) -> IssueDocument:
    """Build the document of a listed issue. `corrections`: what it reports of earlier issues."""
    own = sides[0]
    others = [side for side in paths.OTHER_SIDE if side not in sides]
    page = f"{settings.SITE_URL}{paths.issue(own, issue.number)}"
    changes = (moment for item in issue.items for moment in (item.brief.updated_at, item.withdrawn_at))
    modified = max([issue.updated_at, *filter(None, changes)])
    with translation.override(paths.LANGUAGE_CODES[own]):
        labels = {
            "preface": gettext("Preface"),
            "corrections": gettext("Corrections and withdrawals"),
            "contents": gettext("Contents"),
            "summary": gettext("Summary"),
            "point": gettext("Point %(n)s"),
            "page": gettext("p. %(n)s"),
            "accessibility": gettext(
                "Text, and pictures with alternative texts, with navigation by brief and point."
            ),
        }
        stamp = gettext("%(site)s, issue %(number)s, edition %(edition)s, %(date)s") % {
            "site": settings.DIGEST_SITE_NAME[own],
            "number": issue.number,
            "edition": issue.edition_number,
            "date": date_format.format_day(issue.updated_at.date(), own),
        }
    titles = [issue.text("zh").title, *(item.brief.headline("zh") for item in issue.items)]
    return IssueDocument(
        sides=sides,
        url=page if len(sides) == 1 else f"{page}parallel/",
        file_url=paths.with_query(f"{page}issue.epub", "side=both" if len(sides) > 1 else ""),
        number=issue.number,
        edition_number=issue.edition_number,
        published=issue.published_at.date().isoformat(),
        modified=f"{modified.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        site=[Words(LANGUAGE_TAGS[side], settings.DIGEST_SITE_NAME[side]) for side in sides],
        title=[Words(LANGUAGE_TAGS[side], issue.text(side).title) for side in sides],
        twin_title=[Words(LANGUAGE_TAGS[side], issue.text(side).title) for side in others],
        kicker=[_write_kicker(issue, side) for side in sides],
        stamp=stamp,
        notices=[words for side in sides for words in _list_issue_notices(issue, side)],
        preface=[paragraph for side in sides for paragraph in _split_preface(issue.text(side).preface, side)],
        corrections=[Words(LANGUAGE_TAGS[side], c.format_line(side)) for c in corrections for side in sides],
        items=[_build_item(item, sides, others) for item in issue.items],
        title_words={title: split_units(title) for title in titles},
        labels=labels,
    )


def build_brief_url(slug: str, sides: Sequence[Side]) -> str:
    """Return the address of a brief's page in the language, or of its parallel page."""
    path = paths.brief(sides[0], slug) if len(sides) == 1 else paths.parallel(sides[0], slug)
    return f"{settings.SITE_URL}{path}"


def _split_preface(preface: str, side: Side) -> Iterator[Paragraph]:
    for paragraph in split_paragraphs(preface):
        yield [Words(LANGUAGE_TAGS[side], run.text, run.url, run.style) for run in parse_inline(paragraph)]


def _write_kicker(issue: PublicIssue, side: Side) -> Words:
    with translation.override(paths.LANGUAGE_CODES[side]):
        words = gettext("Issue %(n)s, %(date)s") % {
            "n": issue.number,
            "date": date_format.format_day(issue.published_at.date(), side),
        }
    return Words(LANGUAGE_TAGS[side], words)


def _list_issue_notices(issue: PublicIssue, side: Side) -> Iterator[Words]:
    """Yield what changed in the issue since it was published: its own change, then its corrected and withdrawn briefs."""
    lang, colon = LANGUAGE_TAGS[side], COLON[side]
    with translation.override(paths.LANGUAGE_CODES[side]):
        if note := issue.change_note_zh if side == "zh" else issue.change_note_en:
            kind = ChangeKind(issue.change_kind or ChangeKind.UPDATE).label
            yield Words(lang, f"{kind}{colon}{note}")
        for item in issue.items:
            if notice := _format_notice(item, side):
                yield Words(lang, f"{item.brief.headline(side)}{colon}{notice}")


def _format_notice(item: PublicItem, side: Side) -> str:
    """Return what readers must know before the text: withdrawn, or corrected since the issue; empty if nothing."""
    if item.withdrawn_at:
        reason = item.withdrawn_reason_zh if side == "zh" else item.withdrawn_reason_en
        return cards.format_withdrawal(item.withdrawn_at, reason, side)
    if not item.corrected_at:
        return ""
    return gettext("Corrected on %(date)s.") % {
        "date": date_format.format_day(item.corrected_at.date(), side)
    }


def _build_item(item: PublicItem, sides: Sequence[Side], others: Sequence[Side]) -> DocumentItem:
    brief, content = item.brief, item.brief.content
    url = build_brief_url(brief.slug, sides)
    by_side: dict[str, list[Words]] = {name: [] for name in ("byline", "who", "posted", "notices")}
    details: list[Paragraph] = []
    for side in sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            for name, text in _describe(item, side):
                by_side[name].append(Words(LANGUAGE_TAGS[side], text))
            details += _list_details(item, side, is_first=side == sides[0])
    if len(sides) > 1:
        with translation.override(paths.LANGUAGE_CODES[sides[0]]):
            details.append([Words(LANGUAGE_TAGS[sides[0]], gettext("Side by side"), url)])
    points, closing = ([], "") if item.withdrawn_at else _build_points(content.bullets, sides, url)
    shown = () if item.withdrawn_at else tuple(sides)
    return DocumentItem(
        picture=_describe_picture(content, sides) if shown else None,
        headline=[Words(LANGUAGE_TAGS[side], brief.headline(side)) for side in sides],
        twin_headline=[Words(LANGUAGE_TAGS[side], brief.headline(side)) for side in others],
        claim=[Words(LANGUAGE_TAGS[side], find_key_line(content, side).words) for side in shown],
        summary=_split(shown, [brief.summary(side) for side in shown]),
        points=points,
        closing=closing,
        details=details,
        **by_side,
    )


def _describe_picture(content: Content, sides: Sequence[Side]) -> DocumentPicture | None:
    picture, own = content.facts.picture, sides[0]
    if picture is None:
        return None
    with translation.override(paths.LANGUAGE_CODES[own]):
        caption = _to_text(views.format_caption(picture, own))
    return DocumentPicture(
        picture.column_jpeg_name,
        content.picture_alt(own),
        LANGUAGE_TAGS[own],
        picture.height > picture.width,
        [Words(LANGUAGE_TAGS[own], caption)] if caption else [],
    )


def read_pictures(document: IssueDocument) -> dict[str, bytes]:
    """Return the files of the pictures by name. One that cannot be read is left out."""
    files = {}
    for item in document.items:
        if item.picture:
            with suppress(OSError):
                files[item.picture.name] = images.read(item.picture.name)
    return files


def _describe(item: PublicItem, side: Side) -> Iterator[tuple[str, str]]:
    """Yield (field of `DocumentItem`, text) in the active language, which is that of `side`."""
    brief = item.brief
    yield "who", cards.format_authors_and_source(brief, side)
    yield "posted", _to_text(cards.render_posted_date(brief.published_day.isoformat(), side))
    yield "byline", _to_text(cards.render_byline(brief, side))
    if notice := _format_notice(item, side):
        yield "notices", notice


def _list_details(item: PublicItem, side: Side, *, is_first: bool) -> Iterator[Paragraph]:
    """Yield keywords and citation in the active language, which is that of `side`, and the original for the first one."""
    brief, lang, colon = item.brief, LANGUAGE_TAGS[side], COLON[side]
    if is_first and (link := cards.get_original_link(brief)):
        title = brief.facts.title or link
        label = Words(lang, f"{gettext('The original')}{colon}")
        yield [label, Words(detect_language_code(title), title, link)]
    work = works.build_brief_work(brief, side, settings.DIGEST_SITE_NAME[side])
    if item.withdrawn_at:
        work = works.mark_withdrawn(work, timezone.localdate(item.withdrawn_at), side)
    elif topics := cards.format_fact(brief, "keywords", side):
        yield [Words(lang, f"{gettext('Keywords')}{colon}{topics}")]
    citation = _to_text(citation_box.render_citation(work, side)).replace(
        paths.SITE_PLACEHOLDER, settings.SITE_URL
    )
    url = f"{settings.SITE_URL}{paths.brief(side, brief.slug)}"
    before, _, after = citation.partition(url)
    runs = [
        Words(lang, f"{gettext('Cite this brief')}{colon}{before}"),
        Words(lang, url, url),
        Words(lang, after),
    ]
    yield [run for run in runs if run.text]


def _build_points(bullets: Sequence[Bullet], sides: Sequence[Side], url: str) -> tuple[list[Point], str]:
    """Return the points with text in any of the languages. The first language that has one decides level and marker."""
    shown = [(bullet, [side for side in sides if bullet.text(side)]) for bullet in bullets]
    shown = [(bullet, present) for bullet, present in shown if present]
    places, closing = views.nest((bullet.level(has[0]), bullet.marker(has[0])) for bullet, has in shown)
    points = [
        Point(
            bullet.number,
            f"{url}#b{bullet.number}",
            position.preceding_markup,
            position.depth,
            [Words(LANGUAGE_TAGS[side], bullet.text(side)) for side in has],
        )
        for (bullet, has), position in zip(shown, places, strict=True)
    ]
    return points, closing


def _split(sides: Sequence[Side], texts: Sequence[str]) -> list[Words]:
    """Return the paragraphs of each language."""
    return [
        Words(LANGUAGE_TAGS[side], paragraph)
        for side, text in zip(sides, texts, strict=True)
        for paragraph in split_paragraphs(text)
    ]


def _to_text(fragment: str) -> str:
    return unescape(strip_tags(fragment))
