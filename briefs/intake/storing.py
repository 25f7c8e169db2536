"""A group of digests into rows: by identity unchanged, updated or created."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation

from .. import workflow
from ..content import Bullet, Content, Side
from ..documents.fields.dates import DateOrder
from ..documents.types import Caution, DocumentRefused
from ..models import Brief, Document, Person, Revision, State
from .content_mapping import content_from, date_columns, keeping, returned, text_facts
from .dry_run_state import Passed
from .outcomes import Change, Item, Outcome
from .vocabulary_lookup import Names

LANG: Final[dict[Side, str]] = {"zh": "zh-hant", "en": "en"}
PASTED: Final = "pasted.txt"
"""The name of whatever was typed into the page: no wonder that another text had it before."""

REMEMBERED: Final = 20
"""Revisions in which a bullet that is back is looked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """What holds for every document of one import. `words_of` is the person named as the writer.

    A rehearsal is an import whose caller undoes it.
    """

    actor: Person
    words_of: Person
    date_order: DateOrder = "mdy"
    dry_run: bool = False
    rehearsal: bool = False
    terms: Sequence[tuple[str, str]] = ()
    names: Names = field(default_factory=Names)
    passed: Passed = field(default_factory=Passed)

    @property
    def is_undone(self) -> bool:
        return self.dry_run or self.rehearsal


def store(group: Sequence[Item], job: Job) -> dict[int, Outcome]:
    """The caller holds a transaction, and no two items of the group have a key in common."""
    known = Known(group)
    outcomes: dict[int, Outcome] = {}
    new: list[tuple[Item, workflow.New]] = []
    for item in group:
        try:
            if (same := known.by_lines.get(item.lines)) is not None:
                outcomes[id(item)] = item.outcome("unchanged", same)
            elif job.dry_run and job.passed.has_lines(item):
                outcomes[id(item)] = item.outcome("unchanged")
            elif (older := known.by_name.get(item.form)) is not None:
                outcomes[id(item)] = _update(item, older, job)
            elif job.dry_run and job.passed.has_form(item):
                outcomes[id(item)] = _update_of_passed(item, job)
            else:
                item.as_seen("created")
                new.append((item, _draft(item, known, job)))
        except DocumentRefused as refusal:
            outcomes[id(item)] = item.refused(refusal)
        except workflow.Refused as refused:
            outcomes[id(item)] = item.refused(not_storable(refused))
    kind = Revision.Kind.IMPORT
    drafts = _with_documents(new, job)
    made = workflow.create_many(drafts, by=job.words_of, actor=job.actor, kind=kind, verb="import")
    for (item, _), brief in zip(new, made, strict=True):
        outcomes[id(item)] = item.outcome("created", brief.pk)
    if job.is_undone:
        for item in group:
            if (outcome := outcomes[id(item)]).refusal is None:
                job.passed.add(item, outcome.status, None if job.dry_run else outcome.brief)
    return outcomes


def not_storable(refused: workflow.Refused) -> DocumentRefused:
    """The desk's own reasons, in both languages, since the sentence about the document is in either."""
    values = {}
    for lang, code in LANG.items():
        with translation.override(code):
            values[f"why_{lang}"] = str(refused)
    return DocumentRefused(None, "not-storable", values)


class Known:
    """What is there already of the documents of a group, in four queries.

    Each says again that it looks for no empty value: SQLite takes a partial index on no other word.
    """

    def __init__(self, group: Sequence[Item]) -> None:
        imported = Revision.objects.exclude(document=None).order_by("-id")
        lines = imported.filter(document_lines__in={item.lines for item in group}).exclude(document_lines="")
        self.by_lines: dict[str, int] = dict(lines.values_list("document_lines", "brief_id"))
        names = imported.filter(document__name__in={item.base for item in group}).order_by("id")
        self.by_name: dict[tuple[str, int, str], int] = {}
        self.names: set[tuple[str, int]] = set()
        columns = ("document__name", "document_index", "document_article", "brief_id")
        for name, index, article, brief in names.values_list(*columns):
            self.names.add((name, index))
            if article:
                self.by_name[name, index, article] = brief
        articles = imported.filter(document_article__in={item.article for item in group} - {""})
        articles = articles.exclude(document_article="")
        self.by_article = dict(articles.values_list("document_article", "brief_id"))
        urls = Brief.objects.filter(article_key__in={item.url_key for item in group} - {""})
        urls = urls.exclude(article_key="").exclude(state=State.DISCARDED)
        self.by_url = dict(urls.values_list("article_key", "pk"))

    def relatives(self, item: Item, passed: Passed) -> list[Caution]:
        """A new brief beside one of the same article, or of the same file name."""
        other = self.by_url.get(item.url_key) or self.by_article.get(item.article)
        if other and other not in passed.made:
            title = str(Brief.objects.get(pk=other))
            which = {"which_en": f"brief {other}, “{title}”", "which_zh": f"第 {other} 號〈{title}〉"}
            return [Caution(None, "same-article", which)]
        if file := passed.file_of(item):  # the number that it has now means nothing afterwards
            which = {"which_en": f"“{file}” of this import", "which_zh": f"本次匯入的「{file}」"}
            return [Caution(None, "same-article", which)]
        name = (item.base, item.reading.index)
        known = item.base != PASTED and (name in self.names or passed.has_name(item))
        return [Caution(None, "same-name")] if known else []


def _draft(item: Item, known: Known, job: Job) -> workflow.New:
    """What cannot be stored is refused before a vocabulary row is made for it."""
    draft = workflow.prepare(content_from(item.parsed, text_facts(item.parsed)))
    item.cautions += known.relatives(item, job.passed)
    rows = job.names.rows(item.parsed, item.cautions)
    content = replace(draft.content, facts=replace(draft.content.facts, **rows))
    return replace(draft, content=content, columns=date_columns(item.parsed))


def _update_of_passed(item: Item, job: Job) -> Outcome:
    """Over a brief that this dry run has made and undone."""
    workflow.prepare(content_from(item.parsed, text_facts(item.parsed)))
    job.names.rows(item.parsed, item.cautions)
    return item.outcome("updated")


def _update(item: Item, brief: int, job: Job) -> Outcome:
    """Over a draft that nobody has touched since; over an edited one only where that was chosen."""
    row = Brief.objects.select_for_update().get(pk=brief)
    last = row.revisions.order_by("-number")[0]
    edited = last.kind != Revision.Kind.IMPORT or row.state != State.DRAFT
    version = row.version
    if edited and (item.choice is None or item.choice.status != "over"):
        values = {"brief": row.pk, "title": str(row), "name": str(last.by)}
        refusal = DocumentRefused(None, "edited-since", values)
        if not job.rehearsal:  # what follows makes vocabulary rows
            raise refusal
        before = workflow.content_of(row)
        after = workflow.prepare(_reshaped(item, row, before, job), next_number=row.next_number).content
        return item.refused(refusal, Change(row.pk, version, before, after))
    item.as_seen("over" if edited else "updated", row.pk, version)
    try:
        with transaction.atomic():
            before = workflow.content_of(row)
            revision = workflow.reimport(
                row,
                _reshaped(item, row, before, job),
                by=job.words_of,
                actor=job.actor,
                provenance=_provenance(item, _document(item, job)),
                flags=date_columns(item.parsed) if item.parsed.date or not before.facts.date else {},
                over=version if edited else None,
            )
    except workflow.Refused:
        job.names.forget()
        raise
    after = Content.from_json(revision.content) if revision else before
    return item.outcome("updated", row.pk, Change(row.pk, version, before, after))


def _reshaped(item: Item, row: Brief, before: Content, job: Job) -> Content:
    """The document in the numbers of its brief. Where people have written, silence deletes nothing."""
    rows = job.names.rows(item.parsed, item.cautions)
    content = content_from(item.parsed, replace(text_facts(item.parsed), **rows), before.bullets)
    if not all(bullet.number for bullet in content.bullets):
        content = returned(content, _earlier(row))
    written = row.revisions.exclude(kind=Revision.Kind.IMPORT).exists()
    return keeping(content, before, item.parsed) if written else content


def _earlier(row: Brief) -> Iterator[Sequence[Bullet]]:
    """The bullets of its last revisions, newest first."""
    revisions = row.revisions.order_by("-number").values_list("content", flat=True)[:REMEMBERED]
    return (Content.from_json(content).bullets for content in revisions)


def _with_documents(new: Sequence[tuple[Item, workflow.New]], job: Job) -> list[workflow.New]:
    """Each file once, byte for byte, and each draft with where it came from."""
    hashes = {id(item): hashlib.sha256(item.data).hexdigest() for item, _ in new}
    found = Document.objects.filter(sha256__in=set(hashes.values())).defer("data")
    documents = {(d.sha256, d.name): d for d in found}
    missing = {}
    for item, _ in new:
        key = (hashes[id(item)], item.base)
        if key not in documents:
            missing[key] = _new_document(item, job, key[0])
    documents |= {(d.sha256, d.name): d for d in Document.objects.bulk_create(missing.values())}
    return [
        replace(draft, provenance=_provenance(item, documents[hashes[id(item)], item.base]))
        for item, draft in new
    ]


def _document(item: Item, job: Job) -> Document:
    sha256 = hashlib.sha256(item.data).hexdigest()
    found = Document.objects.filter(sha256=sha256, name=item.base).defer("data").first()
    return found or Document.objects.bulk_create([_new_document(item, job, sha256)])[0]


def _new_document(item: Item, job: Job, sha256: str) -> Document:
    return Document(
        name=item.base,
        sha256=sha256,
        data=item.data,
        encoding=item.reading.encoding,
        at=timezone.now(),
        by=job.actor,
    )


def _provenance(item: Item, document: Document) -> dict[str, Any]:
    return {
        "document": document,
        "document_index": item.reading.index,
        "document_lines": item.lines,
        "document_article": item.article,
        "document_notes": [
            {"line": c.line, "code": c.code, "message": c.message("en"), "message_zh": c.message("zh")}
            for c in item.cautions
        ],
    }
