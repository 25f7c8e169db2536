"""Between a brief's rows and its content: read it, tidy it, write it back."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..addresses import article_key, is_link
from ..content import LEVELS, MARKERS, Bullet, Byline, Content, Facts, Untidy, tidy, tidy_line
from ..models import Access, ArticleKind, Author, Brief, BriefAuthor, BriefKeyword, Keyword, Precision, Source
from ..models import Bullet as BulletRow
from ..models.vocabulary import Vocabulary
from .refusals import Reason, Refused

LIMITS: Final = {
    "headline": 300,
    "summary": 20_000,
    "bullet": 6_000,
    "passage": 2_000,
    "line": 500,
    "url": 800,
    "title": 500,
    "doi": 200,
    "language": 20,
    "date_label": 60,
    "affiliation": 300,
}
MOST_BULLETS: Final = 2_000

# Brief column ← fact, where the value is text either way.
_TEXT_FACTS = {
    "article_title": "title",
    "article_url": "url",
    "article_doi": "doi",
    "article_language": "language",
    "article_access": "access",
    "article_kind": "kind",
    "article_archive_url": "archive_url",
    "article_date_label": "date_label",
}
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")


def content_of(brief: Brief) -> Content:
    """The working copy as content. Three queries, whatever its length."""
    bullets = tuple(
        Bullet(
            number=row.number,
            text_zh=row.text_zh,
            text_en=row.text_en,
            level_zh=row.level_zh,
            level_en=row.level_en,
            marker_zh=row.marker_zh,  # type: ignore[arg-type]
            marker_en=row.marker_en,  # type: ignore[arg-type]
            passage=row.passage,
            one_sided=row.one_sided,
        )
        for row in brief.bullets.all()
    )
    bylines = tuple(
        Byline(row.author_id, row.affiliation_zh, row.affiliation_en) for row in brief.bylines.all()
    )
    keywords = tuple(row.keyword_id for row in brief.labels.all())
    return Content(
        headline_zh=brief.headline_zh,
        headline_en=brief.headline_en,
        summary_zh=brief.summary_zh,
        summary_en=brief.summary_en,
        bullets=bullets,
        facts=_facts_of(brief, bylines, keywords),
    )


def _facts_of(brief: Brief, authors: tuple[Byline, ...], keywords: tuple[int, ...]) -> Facts:
    date = brief.article_date.isoformat() if brief.article_date else ""
    if brief.article_date_precision != Precision.DAY:
        date = date[:7]
    embargo = brief.article_embargo_until
    return Facts(
        source=brief.source_id,
        authors=authors,
        keywords=keywords,
        date=date,
        accessed_on=brief.article_accessed_on.isoformat() if brief.article_accessed_on else "",
        embargo_until=embargo.astimezone(dt.UTC).isoformat() if embargo else "",
        source_withdrew=brief.article_withdrawn,
        **{fact: getattr(brief, column) for column, fact in _TEXT_FACTS.items()},
    )


def read_date(value: str) -> tuple[dt.date, str] | None:
    """A fact's date as the first day it may mean, and its precision; None when empty. Raises ValueError."""
    if not value:
        return None
    match = _DATE.fullmatch(value)
    if not match:
        raise ValueError(value)
    year, month, day = match.groups()
    return dt.date(int(year), int(month), int(day or 1)), Precision.DAY if day else Precision.MONTH


def store(brief: Brief, content: Content) -> dict[str, Any]:
    """Write content into the brief's rows; its columns are returned for the conditional update of a move."""
    for rows in (brief.bullets, brief.bylines, brief.labels):
        rows.all().delete()
    add_rows([(brief, content)])
    return columns_of(content)


def add_rows(pairs: Sequence[tuple[Brief, Content]]) -> None:
    """Bullets, authors and keywords of briefs that have none yet, in three queries."""
    BulletRow.objects.bulk_create([row for brief, c in pairs for row in bullet_rows(brief, c.bullets)])
    BriefAuthor.objects.bulk_create([row for brief, c in pairs for row in author_rows(brief, c.facts)])
    BriefKeyword.objects.bulk_create([row for brief, c in pairs for row in keyword_rows(brief, c.facts)])


def columns_of(content: Content) -> dict[str, Any]:
    """The brief's own columns for this content."""
    facts = content.facts
    date = read_date(facts.date)
    precision = date[1] if date else Precision.DAY
    if precision == Precision.MONTH and facts.date_label:
        precision = Precision.ISSUE  # a label beside a whole day leaves the day
    return {
        **{
            name: getattr(content, name)
            for name in ("headline_zh", "headline_en", "summary_zh", "summary_en")
        },
        **{column: getattr(facts, fact) for column, fact in _TEXT_FACTS.items()},
        "article_date": date[0] if date else None,
        "article_date_precision": precision,
        "source_id": facts.source,
        "article_key": article_key(facts.url),
        "article_accessed_on": dt.date.fromisoformat(facts.accessed_on) if facts.accessed_on else None,
        "article_embargo_until": dt.datetime.fromisoformat(facts.embargo_until)
        if facts.embargo_until
        else None,
        "article_withdrawn": facts.source_withdrew,
    }


def bullet_rows(brief: Brief, bullets: Iterable[Bullet]) -> list[BulletRow]:
    names = [f.name for f in fields(Bullet)]
    return [
        BulletRow(brief=brief, position=i, **{name: getattr(bullet, name) for name in names})
        for i, bullet in enumerate(bullets)
    ]


def author_rows(brief: Brief, facts: Facts) -> list[BriefAuthor]:
    return [
        BriefAuthor(
            brief=brief,
            author_id=byline.author,
            position=i,
            affiliation_zh=byline.affiliation_zh,
            affiliation_en=byline.affiliation_en,
        )
        for i, byline in enumerate(facts.authors)
    ]


def keyword_rows(brief: Brief, facts: Facts) -> list[BriefKeyword]:
    return [
        BriefKeyword(brief=brief, keyword_id=keyword, position=i) for i, keyword in enumerate(facts.keywords)
    ]


class Tidying:
    """Brings content into its one form and collects everything that cannot be taken."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def text(self, value: str, label: Promise, limit: str, *, about: str, lines: bool = False) -> str:
        if not value:
            return ""
        try:
            value = tidy(value) if lines else tidy_line(value)
        except Untidy as bad:
            values = {"field": label, "line": bad.line, "code": f"U+{ord(bad.character):04X}"}
            self.reasons.append(Reason("control-character", values, about))
            return ""
        if len(value) > LIMITS[limit]:
            values = {"field": label, "n": len(value), "limit": LIMITS[limit]}
            self.reasons.append(Reason("too-long", values, about))
        return value

    def refuse(self, code: str, about: str = "", **values: Any) -> None:
        self.reasons.append(Reason(code, values, about))


def tidied(content: Content, *, next_number: int) -> tuple[Content, int]:
    """The content in its one form, and the next free bullet number. Raises Refused with all reasons.

    A bullet numbered 0 is new and gets a number; one without any text is dropped.
    """
    work = Tidying()
    labels = {"headline": _("Headline"), "summary": _("Summary")}
    texts = {}
    for name in ("headline_zh", "headline_en", "summary_zh", "summary_en"):
        kind = name.partition("_")[0]
        texts[name] = work.text(
            getattr(content, name), labels[kind], kind, about=name, lines=kind == "summary"
        )
    bullets, next_number = _tidied_bullets(content.bullets, next_number, work)
    facts = _tidied_facts(content.facts, work)
    if work.reasons:
        raise Refused(*work.reasons)
    return replace(content, bullets=bullets, facts=facts, **texts), next_number


def _tidied_bullets(
    bullets: tuple[Bullet, ...], next_number: int, work: Tidying
) -> tuple[tuple[Bullet, ...], int]:
    if len(bullets) > MOST_BULLETS:
        work.refuse("too-many-bullets", n=len(bullets), limit=MOST_BULLETS)
        return (), next_number
    given: set[int] = set()
    kept: list[Bullet] = []
    for bullet in bullets:
        about = f"b{bullet.number}" if bullet.number else "bullets"
        zh, en = (
            work.text(text, _("Bullet"), "bullet", about=about) for text in (bullet.text_zh, bullet.text_en)
        )
        if not (zh or en):
            continue
        if bullet.number >= next_number or bullet.number < 0 or bullet.number in given:
            work.refuse("bullet-number", number=bullet.number)
        if any(bullet.level(s) not in LEVELS or bullet.marker(s) not in MARKERS for s in ("zh", "en")):
            work.refuse("level", about, number=bullet.number)
        given.add(bullet.number or -len(kept) - 1)
        passage = work.text(bullet.passage, _("Source passage"), "passage", about=about, lines=True)
        one_sided = "" if zh and en else work.text(bullet.one_sided, _("Reason"), "line", about=about)
        kept.append(replace(bullet, text_zh=zh, text_en=en, passage=passage, one_sided=one_sided))
    numbered = []
    for bullet in kept:
        if not bullet.number:
            bullet, next_number = replace(bullet, number=next_number), next_number + 1
        numbered.append(bullet)
    return tuple(numbered), next_number


def _tidied_facts(facts: Facts, work: Tidying) -> Facts:
    labels: Mapping[str, Promise] = {
        "title": _("Article title"),
        "doi": _("DOI"),
        "language": _("Language of the article"),
        "date_label": _("Label of the issue"),
    }
    texts = {name: work.text(getattr(facts, name), label, name, about=name) for name, label in labels.items()}
    for name in ("url", "archive_url"):
        texts[name] = work.text(getattr(facts, name), _("Article address"), "url", about=name)
        if texts[name] and not is_link(texts[name]):
            work.refuse("not-a-link", name)
    _check_forms(facts, work)
    authors = tuple(
        replace(
            byline,
            affiliation_zh=work.text(
                byline.affiliation_zh, _("Affiliation at the time"), "affiliation", about="authors"
            ),
            affiliation_en=work.text(
                byline.affiliation_en, _("Affiliation at the time"), "affiliation", about="authors"
            ),
        )
        for byline in {byline.author: byline for byline in facts.authors}.values()
    )
    keywords = tuple(dict.fromkeys(facts.keywords))
    facts = replace(facts, authors=authors, keywords=keywords, **texts)  # type: ignore[arg-type]
    if not _all_exist(facts):
        work.refuse("unknown-row", "source")
    return facts


def _check_forms(facts: Facts, work: Tidying) -> None:
    """Dates that are none, and choices that are not offered: from a file or a forged form."""
    readers: dict[str, Callable[[str], object]] = {
        "date": read_date,
        "accessed_on": dt.date.fromisoformat,
        "embargo_until": dt.datetime.fromisoformat,
    }
    for name, reader in readers.items():
        value = getattr(facts, name)
        try:
            _ = value and reader(value)
        except ValueError:
            work.refuse("bad-date", name, value=value)
    for name, choices in (("access", Access), ("kind", ArticleKind)):
        value = getattr(facts, name)
        if value and value not in choices.values:
            work.refuse("unknown-choice", name, value=value)


def _all_exist(facts: Facts) -> bool:
    wanted: dict[type[Vocabulary], set[int]] = {
        Author: {byline.author for byline in facts.authors},
        Keyword: set(facts.keywords),
        Source: {facts.source} if facts.source else set(),
    }
    return all(
        not ids or kind._default_manager.filter(pk__in=ids).count() == len(ids)
        for kind, ids in wanted.items()
    )
