"""Load, tidy and store the content of a brief's working copy."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.bilingual.text.article_urls import build_article_key, is_safe_link, read_doi, write_host_in_ascii
from briefs.content import (
    ALT_TEXT_FIELDS,
    BULLET_LEVELS,
    BULLET_MARKERS,
    CHANGE_FIELDS,
    INVISIBLE,
    LEAD_FIELDS,
    MAX_BULLETS,
    MAX_NAMES,
    MAX_TEXT_BYTES,
    Bullet,
    Byline,
    Content,
    Facts,
    ForbiddenCharacter,
    Picture,
    tidy,
    tidy_line,
)
from briefs.derived.search import draft_index
from briefs.facts import (
    AFFILIATION_LIMIT,
    COLUMN_FACTS,
    CREDIT_LIMIT,
    SCALAR_FACTS,
    Fact,
    FactKind,
    format_column_value,
    parse_column_value,
)
from briefs.models import Author, Brief, BriefAuthor, BriefKeyword, ChangeKind, Keyword, Precision, Source
from briefs.models import Bullet as BulletRow
from briefs.models import Picture as PictureRow
from briefs.models.bulk_writes import insert_rows
from briefs.models.prepared import PreparedQuery
from briefs.models.vocabulary import Vocabulary

from .refusals import Reason, Refused


class TextRule(NamedTuple):
    """Label and longest length, in characters, of one kind of text. `lines`: whether line breaks are kept."""

    label: Promise
    limit: int
    lines: bool = False


TEXT_RULES: Final = {
    "headline": TextRule(_("Headline"), 300),
    "summary": TextRule(_("Summary"), 20_000, lines=True),
    "bullet": TextRule(_("Bullet"), 6_000),
    "passage": TextRule(_("Source passage"), 2_000, lines=True),
    "one_sided": TextRule(_("Reason"), 500),
    "picture_alt": TextRule(_("Alt text"), 1_000),
    "change_note": TextRule(_("Note on change"), 2_000, lines=True),
    "affiliation": TextRule(_("Affiliation at the time"), AFFILIATION_LIMIT),
    "credit": TextRule(_("Credit"), CREDIT_LIMIT),
    "licence": TextRule(_("Licence"), CREDIT_LIMIT),
}
_FACT_RULES: Final = {
    name: TextRule(_(fact.label), fact.limit)
    for name, fact in SCALAR_FACTS.items()
    if fact.kind in (FactKind.TEXT, FactKind.LINK, FactKind.DOI)
}

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_FOCUS = re.compile(r"(?:100|[1-9]?\d),(?:100|[1-9]?\d)", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_BULLET_COLUMNS = tuple(f.name for f in fields(Bullet))
_get_bullet_values = attrgetter(*_BULLET_COLUMNS)


def load_working_copy(brief: Brief) -> Content:
    """Load the working copy. Three queries, and one more for a picture."""
    bullets = tuple(Bullet(*row) for row in _load_rows(brief, "bullets"))
    bylines = tuple(Byline(*row) for row in _load_rows(brief, "bylines"))
    keywords = tuple(keyword for (keyword,) in _load_rows(brief, "labels"))
    return Content(
        **{name: getattr(brief, name) for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS, *CHANGE_FIELDS)},
        bullets=bullets,
        facts=_build_facts(brief, bylines, keywords),
        key_point=brief.key_point,
    )


_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "bullets": _BULLET_COLUMNS,
    "bylines": ("author_id", "affiliation_zh", "affiliation_en"),
    "labels": ("keyword_id",),
}
_row_queries = {
    "bullets": PreparedQuery(
        lambda pk: BulletRow.objects.filter(brief=pk).values_list(*_COLUMNS["bullets"]), int
    ),
    "bylines": PreparedQuery(
        lambda pk: BriefAuthor.objects.filter(brief=pk).values_list(*_COLUMNS["bylines"]), int
    ),
    "labels": PreparedQuery(
        lambda pk: BriefKeyword.objects.filter(brief=pk).values_list(*_COLUMNS["labels"]), int
    ),
}


def _load_rows(brief: Brief, name: str) -> Iterable[tuple[Any, ...]]:
    """Return the values of prefetched rows, or query them."""
    if name not in getattr(brief, "_prefetched_objects_cache", ()):
        return _row_queries[name](brief.pk)
    return [tuple(getattr(row, column) for column in _COLUMNS[name]) for row in getattr(brief, name).all()]


def _build_facts(brief: Brief, authors: tuple[Byline, ...], keywords: tuple[int, ...]) -> Facts:
    date = brief.article_date.isoformat() if brief.article_date else ""
    if brief.article_date_precision != Precision.DAY:
        date = date[:7]
    return Facts(
        source=brief.source_id,
        authors=authors,
        keywords=keywords,
        date=date,
        picture=_build_picture(brief),
        **{name: format_column_value(getattr(brief, fact.column)) for name, fact in COLUMN_FACTS.items()},
    )


def _build_picture(brief: Brief) -> Picture | None:
    if (row := brief.picture) is None:
        return None
    own = (brief.picture_credit, brief.picture_licence, brief.picture_focus)
    return Picture(row.key, row.width, row.height, *own)


def parse_fact_date(value: str) -> tuple[dt.date, str] | None:
    """Parse a date to its first possible day and its precision. Return None when empty. Raise ValueError."""
    if not value:
        return None
    match = _DATE.fullmatch(value)
    if not match:
        raise ValueError(value)
    year, month, day = match.groups()
    return dt.date(int(year), int(month), int(day or 1)), Precision.DAY if day else Precision.MONTH


def replace_rows(brief: Brief, content: Content, before: Content) -> dict[str, Any]:
    """Replace bullets, authors and keywords where they differ from the stored ones (`before`), and index the draft.

    Return the brief columns that the caller must update.
    """
    stored = _list_rows(before)
    for name, rows in _list_rows(content).items():
        if rows != stored[name]:
            getattr(brief, name).all().delete()
            _insert_rows(name, [(brief.pk, *row) for row in rows])
    draft_index.put([(brief.pk, content)])
    return build_columns(content)


def add_content_rows(pairs: Sequence[tuple[Brief, Content]]) -> None:
    """Insert bullets, authors and keywords of briefs without any, in three statements, and index the drafts."""
    listed = [(brief.pk, _list_rows(content)) for brief, content in pairs]
    for name in _COLUMNS:
        _insert_rows(name, [(pk, *row) for pk, rows in listed for row in rows[name]])
    draft_index.put([(brief.pk, content) for brief, content in pairs])


def _list_rows(content: Content) -> dict[str, list[tuple[Any, ...]]]:
    """Return position and `_COLUMNS` of each bullet, author and keyword."""
    bylines, keywords = content.facts.authors, content.facts.keywords
    return {
        "bullets": [(i, *_get_bullet_values(bullet)) for i, bullet in enumerate(content.bullets)],
        "bylines": [(i, b.author, b.affiliation_zh, b.affiliation_en) for i, b in enumerate(bylines)],
        "labels": list(enumerate(keywords)),
    }


def _insert_rows(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    model = {"bullets": BulletRow, "bylines": BriefAuthor, "labels": BriefKeyword}[name]
    insert_rows(model, ("brief_id", "position", *_COLUMNS[name]), rows)


def build_columns(content: Content) -> dict[str, Any]:
    """Return the values of the brief's columns for this content."""
    facts = content.facts
    date = parse_fact_date(facts.date)
    precision = date[1] if date else Precision.DAY
    if precision == Precision.MONTH and facts.date_label:
        precision = Precision.ISSUE  # a full date with a label keeps precision DAY
    return {
        **{name: getattr(content, name) for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS, *CHANGE_FIELDS)},
        **{
            fact.column: parse_column_value(fact, getattr(facts, name)) for name, fact in COLUMN_FACTS.items()
        },
        "key_point": content.key_point,
        "article_date": date[0] if date else None,
        "article_date_precision": precision,
        "source_id": facts.source,
        "article_key": build_article_key(facts.url),
        **_picture_columns(facts.picture or Picture("")),
    }


def _picture_columns(picture: Picture) -> dict[str, Any]:
    own = {f"picture_{name}": getattr(picture, name) for name in ("credit", "licence", "focus")}
    return {"picture_id": picture.key or None, **own}


class ContentTidier:
    """Tidies texts and collects the reasons for refusal."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def tidy_text(self, value: str, rule: TextRule, *, about: str) -> str:
        if not value:
            return ""
        try:
            value = tidy(value) if rule.lines else tidy_line(value)
        except ForbiddenCharacter as bad:
            values = {"field": rule.label, "line": bad.line, "code": f"U+{ord(bad.character):04X}"}
            self.reasons.append(Reason("control-character", values, about))
            return ""
        if len(value) > rule.limit:
            self.add_reason("too-long", about, field=rule.label, n=len(value), limit=rule.limit)
        return value

    def add_reason(self, code: str, about: str = "", **values: Any) -> None:
        self.reasons.append(Reason(code, values, about))


def tidy_content(content: Content, *, next_number: int, stored: Facts | None = None) -> tuple[Content, int]:
    """Return the content in canonical form and the next free bullet number. Raise Refused with all reasons.

    The vocabulary rows that the `stored` facts use exist: the database refuses to delete them.
    Bullets with number 0 are new and get a number. Bullets without text are dropped. The choice of a key point is cleared if
    that pair is gone or lacks a language.
    """
    require_bounded(content, content.facts.authors, content.facts.keywords)
    work = ContentTidier()
    texts: dict[str, Any] = {}
    if content.change_kind and content.change_kind not in ChangeKind:
        work.add_reason("unknown-choice", "change_kind", value=content.change_kind)
    for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS, "change_note_zh", "change_note_en"):
        text = getattr(content, name)
        if name in ALT_TEXT_FIELDS and not content.facts.picture:  # alt text needs a picture
            text = ""
        texts[name] = work.tidy_text(text, TEXT_RULES[name.rpartition("_")[0]], about=name)
    bullets, next_number = _tidy_bullets(content.bullets, next_number, work)
    facts = _tidy_facts(content.facts, stored or Facts(), work)
    if work.reasons:
        raise Refused(*work.reasons)
    tidied = replace(content, bullets=bullets, facts=facts, **texts)
    return replace(tidied, key_point=tidied.key_point if tidied.key_bullet else 0), next_number


def require_bounded(content: Content, *name_lists: Sequence[object]) -> None:
    """Raise Refused if a brief has too many bullets, authors or keywords (`name_lists`), or too much text."""
    if (n := max(map(len, name_lists), default=0)) > MAX_NAMES:
        raise Refused(Reason("too-many-names", {"n": n, "limit": MAX_NAMES}))
    if (n := len(content.bullets)) > MAX_BULLETS:
        raise Refused(Reason("too-many-bullets", {"n": n, "limit": MAX_BULLETS}))
    if (n := content.count_text_bytes()) > MAX_TEXT_BYTES:
        values = {"n": -(-n // 1000), "limit": MAX_TEXT_BYTES // 1000}
        raise Refused(Reason("too-much-text", values))


def _tidy_bullets(
    bullets: tuple[Bullet, ...], next_number: int, tidier: ContentTidier
) -> tuple[tuple[Bullet, ...], int]:
    given: set[int] = set()
    kept: list[Bullet] = []
    first_new = next_number
    for bullet in bullets:
        about = f"b{bullet.number}" if bullet.number else "bullets"
        zh, en = (
            tidier.tidy_text(text, TEXT_RULES["bullet"], about=about)
            for text in (bullet.text_zh, bullet.text_en)
        )
        if not (zh or en):
            continue
        if bullet.number >= first_new or bullet.number < 0 or bullet.number in given:
            tidier.add_reason("bullet-number", number=bullet.number)
        if any(
            bullet.level(s) not in BULLET_LEVELS or bullet.marker(s) not in BULLET_MARKERS
            for s in ("zh", "en")
        ):
            tidier.add_reason("level", about, number=bullet.number)
        number = bullet.number
        if not number:
            number, next_number = next_number, next_number + 1
        given.add(number)
        passage = tidier.tidy_text(bullet.passage, TEXT_RULES["passage"], about=about)
        reason = "" if zh and en else bullet.one_sided
        one_sided = tidier.tidy_text(reason, TEXT_RULES["one_sided"], about=about)
        kept.append(
            replace(bullet, number=number, text_zh=zh, text_en=en, passage=passage, one_sided=one_sided)
        )
    return tuple(kept), next_number


def _tidy_facts(facts: Facts, stored: Facts, tidier: ContentTidier) -> Facts:
    scalars = {
        name: _tidy_fact(name, fact, getattr(facts, name), tidier) for name, fact in SCALAR_FACTS.items()
    }
    bylines = {byline.author: byline for byline in facts.authors}.values()
    authors = tuple(_tidy_byline(byline, tidier) for byline in bylines)
    keywords = tuple(dict.fromkeys(facts.keywords))
    picture = _tidy_picture(facts.picture, tidier)
    facts = replace(facts, authors=authors, keywords=keywords, picture=picture, **scalars)
    if not _rows_exist(facts, stored):
        tidier.add_reason("unknown-row", "source")
    return facts


def _tidy_byline(byline: Byline, tidier: ContentTidier) -> Byline:
    zh, en = (
        tidier.tidy_text(text, TEXT_RULES["affiliation"], about="authors")
        for text in (byline.affiliation_zh, byline.affiliation_en)
    )
    return replace(byline, affiliation_zh=zh, affiliation_en=en)


def _tidy_picture(picture: Picture | None, tidier: ContentTidier) -> Picture | None:
    """Tidy the picture facts. Width and height come from the picture row, not from the content."""
    if picture is None:
        return None
    row = PictureRow.objects.filter(pk=picture.key).first()
    if row is None or (picture.focus and not _FOCUS.fullmatch(picture.focus)):
        tidier.add_reason("unknown-picture", "picture")
        return None
    credit = tidier.tidy_text(picture.credit, TEXT_RULES["credit"], about="picture")
    licence = tidier.tidy_text(picture.licence, TEXT_RULES["licence"], about="picture")
    focus = "" if picture.focus == "50,50" else picture.focus
    return Picture(row.key, row.width, row.height, credit, licence, focus)


def _tidy_fact(name: str, fact: Fact, value: Any, tidier: ContentTidier) -> Any:
    """Tidy a scalar fact. Add a reason for an invalid value, which comes from a file or a forged form."""
    if rule := _FACT_RULES.get(name):
        value = tidier.tidy_text(value, rule, about=name)
    if fact.kind is FactKind.DOI:
        value = _INVISIBLE.sub("", value)
        with suppress(ValueError):  # typed otherwise than any DOI that we know: kept
            value = read_doi(value)
    if fact.kind is FactKind.LINK and value:
        value = write_host_in_ascii(value)
        if not is_safe_link(value):
            tidier.add_reason("not-a-link", name)
    try:
        _ = parse_fact_date(value) if fact.kind is FactKind.DATE else parse_column_value(fact, value)
    except ValueError:
        tidier.add_reason("unknown-choice" if fact.kind is FactKind.CHOICE else "bad-date", name, value=value)
    return value


def _rows_exist(facts: Facts, stored: Facts) -> bool:
    known = _list_vocabulary_ids(stored)
    new = {kind: ids - known[kind] for kind, ids in _list_vocabulary_ids(facts).items()}
    return all(
        not ids or kind._default_manager.filter(pk__in=ids).count() == len(ids) for kind, ids in new.items()
    )


def _list_vocabulary_ids(facts: Facts) -> dict[type[Vocabulary], set[int]]:
    return {
        Author: {byline.author for byline in facts.authors},
        Keyword: set(facts.keywords),
        Source: {facts.source} if facts.source else set(),
    }
