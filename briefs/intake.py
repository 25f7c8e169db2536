"""Parsed documents → briefs on the desk: idempotent, one transaction a document, with provenance.

The way in for the command line and for uploads alike. Words are stored as parsed; nothing is corrected here.
"""

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation

from . import workflow
from .addresses import article_key, is_link
from .content import Bullet, Byline, Content, Facts, sha256
from .documents.dates import DateOrder
from .documents.reading import read
from .documents.types import Caution, DocumentRefused, Pair, ParsedDocument, Reading
from .models import Author, Brief, Document, Keyword, Person, Revision, Source, State, Term, importer
from .models.vocabulary import Vocabulary
from .names import parts_of_name

ALIKE: Final = 0.5
"""From this similarity on, a changed pair of a re-imported document is still the same bullet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one digest of one file."""

    file: str
    index: int
    status: str
    brief: int | None = None
    parsed: ParsedDocument | None = None
    cautions: tuple[Caution, ...] = ()
    refusal: DocumentRefused | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What holds for every document of one import. `words_of` is the person named as the writer."""

    actor: Person
    words_of: Person
    date_order: DateOrder = "mdy"
    dry_run: bool = False
    terms: Sequence[tuple[str, str]] = field(default_factory=tuple)


def job(
    *,
    actor: Person | None = None,
    words_of: Person | None = None,
    date_order: DateOrder = "mdy",
    dry_run: bool = False,
) -> Job:
    actor = actor or importer()
    terms = tuple(Term.objects.filter(merged_into=None).values_list("zh", "en"))
    return Job(actor, words_of or actor, date_order, dry_run, terms)


def files_under(paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Each file with its name as given; a folder's in order, without what systems leave lying about."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield given, path
            continue
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and not hidden and file.name not in ("Thumbs.db", "desktop.ini"):
                yield str(Path(given) / file.relative_to(path)), file


def import_file(name: str, path: Path, job: Job) -> Iterator[Outcome]:
    try:
        data = path.read_bytes()
    except OSError as error:
        refusal = DocumentRefused(None, "unreadable", {"why": error.strerror or type(error).__name__})
        yield Outcome(name, 0, "refused", refusal=refusal)
        return
    yield from import_bytes(name, data, job)


def import_bytes(name: str, data: bytes, job: Job) -> Iterator[Outcome]:
    """Every digest of a file. A refused one stores nothing and costs the others nothing."""
    for reading in read(data, name, date_order=job.date_order, terms=job.terms):
        yield _take(name, data, reading, job)


def _take(name: str, data: bytes, reading: Reading, job: Job) -> Outcome:
    if reading.refusal or reading.parsed is None:
        return Outcome(name, reading.index, "refused", refusal=reading.refusal)
    try:
        with transaction.atomic():
            outcome = _store(name, data, reading, reading.parsed, job)
            if job.dry_run:
                transaction.set_rollback(True)
    except DocumentRefused as refusal:
        return Outcome(name, reading.index, "refused", refusal=refusal)
    except workflow.Refused as refused:
        with translation.override("en"):
            values = {"why": str(refused)}
        return Outcome(name, reading.index, "refused", refusal=DocumentRefused(None, "not-storable", values))
    if job.dry_run:
        return replace(outcome, status="dry-run", brief=None)
    return outcome


def _store(name: str, data: bytes, reading: Reading, parsed: ParsedDocument, job: Job) -> Outcome:
    """By identity: unchanged, updated, or created."""
    base = Path(name).name
    cautions = list(parsed.cautions)
    outcome = Outcome(name, reading.index, "created", parsed=parsed)
    known = Revision.objects.filter(document_lines=reading.lines_sha256).order_by("id").first()
    if known:
        return replace(outcome, status="unchanged", brief=known.brief_id, cautions=tuple(cautions))
    article = _article(parsed)
    earlier = Revision.objects.filter(document__name=base, document_index=reading.index).order_by("-id")
    same = earlier.filter(document_article=article).first() if article else None
    brief = Brief.objects.select_for_update().get(pk=same.brief_id) if same else None
    if brief and (refusal := _edited(brief)):
        raise refusal
    if brief is None:
        cautions += _relatives(parsed, article, known_name=earlier.exists())
    facts = _facts(parsed, cautions)
    provenance = _provenance(base, data, reading, article, cautions, job)
    flags = _date_columns(parsed)
    if brief is None:
        content = _content(parsed, facts, ())
        brief = workflow.create(
            content,
            by=job.words_of,
            actor=job.actor,
            kind=Revision.Kind.IMPORT,
            verb="import",
            provenance=provenance,
            **flags,
        )
        return replace(outcome, brief=brief.pk, cautions=tuple(cautions))
    content = _content(parsed, facts, workflow.content_of(brief).bullets)
    workflow.reimport(brief, content, by=job.words_of, actor=job.actor, provenance=provenance, flags=flags)
    return replace(outcome, status="updated", brief=brief.pk, cautions=tuple(cautions))


def _edited(brief: Brief) -> DocumentRefused | None:
    """People's words are not written over: not once anybody saved, or passed it on."""
    last = brief.revisions.order_by("-number")[0]
    if last.kind == Revision.Kind.IMPORT and brief.state == State.DRAFT:
        return None
    return DocumentRefused(None, "edited-since", {"brief": brief.pk, "title": str(brief), "name": str(last.by)})


def _article(parsed: ParsedDocument) -> str:
    """What names the article: its address, else source, date and first author. Empty when nothing does."""
    if parsed.url and (key := article_key(parsed.url)):
        return sha256(["url", key])
    parts = [
        (parsed.source or "").casefold(),
        parsed.date.iso if parsed.date else "",
        parsed.authors[0].casefold() if parsed.authors else "",
    ]
    return sha256(["facts", *parts]) if any(parts) else ""


def _relatives(parsed: ParsedDocument, article: str, *, known_name: bool) -> Iterator[Caution]:
    """A new brief beside one of the same file name, or of the same article."""
    key = article_key(parsed.url) if parsed.url else ""
    by_key = Brief.objects.filter(article_key=key).exclude(state=State.DISCARDED).first() if key else None
    by_facts = Revision.objects.filter(document_article=article).select_related("brief").first() if article else None
    other = by_key or (by_facts.brief if by_facts else None)
    if other:
        with translation.override("en"):
            yield Caution(None, "same-article", {"title": str(other), "brief": other.pk})
    elif known_name:
        yield Caution(None, "same-name")


def _provenance(
    base: str, data: bytes, reading: Reading, article: str, cautions: Sequence[Caution], job: Job
) -> dict[str, Any]:
    document, _ = Document.objects.get_or_create(
        sha256=hashlib.sha256(data).hexdigest(),
        name=base[:255],
        defaults={"data": data, "encoding": reading.encoding, "at": timezone.now(), "by": job.actor},
    )
    notes = [
        {"line": c.line, "code": c.code, "message": c.message("en"), "message_zh": c.message("zh")} for c in cautions
    ]
    return {
        "document": document,
        "document_index": reading.index,
        "document_lines": reading.lines_sha256,
        "document_article": article,
        "document_notes": notes,
    }


def _date_columns(parsed: ParsedDocument) -> dict[str, Any]:
    date = parsed.date
    if date is None:
        return {"article_date_confirmed": False, "article_date_raw": "", "article_date_alternative": ""}
    return {
        "article_date_confirmed": not date.ambiguous,
        "article_date_raw": date.raw[:60],
        "article_date_alternative": date.alternative,
    }


def _facts(parsed: ParsedDocument, cautions: list[Caution]) -> Facts:
    url = parsed.url or ""
    authors = tuple(Byline(_author(name).pk) for name in parsed.authors)
    return Facts(
        source=_source(parsed.source, cautions).pk if parsed.source else None,
        authors=tuple({byline.author: byline for byline in authors}.values()),
        keywords=tuple(dict.fromkeys(_keyword(label, cautions).pk for label in parsed.keywords)),
        date=parsed.date.iso if parsed.date else "",
        date_label=parsed.date.label if parsed.date else "",
        url=url if is_link(url) else "",
        doi=parsed.doi or "",
        title=parsed.article_title or "",
    )


def _current[Row: Vocabulary](row: Row) -> Row:
    while row.merged_into_id:
        row = type(row)._default_manager.get(pk=row.merged_into_id)
    return row


def _author(name: str) -> Author:
    found = Author.objects.filter(name__iexact=name).order_by("id").first()
    found = found or Author.objects.filter(name_zh=name).order_by("id").first()
    if found:
        return _current(found)
    return Author.make(name=name[:200], **parts_of_name(name))


def _source(name: str, cautions: list[Caution]) -> Source:
    found = Source.objects.filter(name__iexact=name).first() or Source.objects.filter(name_zh=name).first()
    if found is None:
        rows = {alias.casefold(): row for row in Source.objects.all() for alias in (row.name, *row.aliases)}
        found = rows.get(name.casefold())
        near = _near(name, [row.name for row in rows.values()])
        if found is None:
            cautions.append(Caution(None, "unknown-source", {"text": name, **near}))
            return Source.make(name=name[:200])
    return _current(found)


def _keyword(label: str, cautions: list[Caution]) -> Keyword:
    column = "label_en" if label.isascii() else "label_zh"
    found = Keyword.objects.filter(**{f"{column}__iexact": label}).order_by("merged_into_id", "id").first()
    if found:
        return _current(found)
    near = _near(label, Keyword.objects.exclude(**{column: ""}).values_list(column, flat=True))
    cautions.append(Caution(None, "unknown-keyword", {"text": label, **near}))
    return Keyword.make(**{column: label[:80]})


def _near(name: str, known: Iterable[str]) -> dict[str, str]:
    """Up to three names that may have been meant, as half a sentence in each language."""
    near = list(dict.fromkeys(difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)))
    return {
        "near_en": f" Did you mean {', '.join(near)}?" if near else "",
        "near_zh": f"您要找的是不是：{'、'.join(near)}？" if near else "",
    }


def _content(parsed: ParsedDocument, facts: Facts, old: Sequence[Bullet]) -> Content:
    title = parsed.title or {}
    sides = parsed.sides
    return Content(
        headline_zh=title.get("zh", ""),
        headline_en=title.get("en", ""),
        summary_zh=sides["zh"].summary if "zh" in sides else "",
        summary_en=sides["en"].summary if "en" in sides else "",
        bullets=_numbered([_bullet(pair) for pair in parsed.pairs], old),
        facts=facts,
    )


def _bullet(pair: Pair) -> Bullet:
    zh, en = pair.zh, pair.en
    return Bullet(
        number=0,
        text_zh=zh.text if zh else "",
        text_en=en.text if en else "",
        level_zh=zh.level if zh else 0,
        level_en=en.level if en else 0,
        marker_zh=zh.marker if zh else "bullet",
        marker_en=en.marker if en else "bullet",
    )


def _numbered(new: Sequence[Bullet], old: Sequence[Bullet]) -> tuple[Bullet, ...]:
    """A re-imported pair keeps the number of the pair that it aligns with."""
    texts = [[(b.text_zh, b.text_en) for b in bullets] for bullets in (old, new)]
    numbered = list(new)
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag == "equal":
            matches = zip(range(i1, i2), range(j1, j2), strict=True)
        else:
            matches = iter(_matches(old[i1:i2], new[j1:j2], i1, j1))
        for i, j in matches:
            was = old[i]
            numbered[j] = replace(new[j], number=was.number, passage=was.passage, one_sided=was.one_sided)
    return tuple(numbered)


def _matches(old: Sequence[Bullet], new: Sequence[Bullet], i0: int, j0: int) -> list[tuple[int, int]]:
    """The pairs alike, in order, that share most. A block too large to compare each with each is left."""
    if not old or not new or len(old) * len(new) > 2_500:
        return []
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    score = [[_alike(a, b) for b in new] for a in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            taken = score[i][j] + best[i + 1][j + 1] if score[i][j] >= ALIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], taken)
    pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i0 + i, j0 + j))
            i, j = i + 1, j + 1
    return pairs


def _alike(was: Bullet, now: Bullet) -> float:
    """How much of either language is the same, 0 to 1."""
    pairs = [(was.text_zh, now.text_zh), (was.text_en, now.text_en)]
    ratios = [difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in pairs if a and b]
    return max(ratios, default=0.0)
