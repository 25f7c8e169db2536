"""Store a group of parsed digests. Each creates a brief, updates one, or leaves an existing one unchanged."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from briefs import workflow
from briefs.bilingual.documents import Caution, DateOrder, DocumentRefused, ParsedDocument
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import Bullet, Content
from briefs.models import Brief, Document, Note, Person, Revision, State

from .content_mapping import (
    build_content,
    build_date_columns,
    build_text_facts,
    preserve_missing_parts,
    restore_earlier_numbers,
    states_the_same,
)
from .import_items import DryRunState, ImportItem, ImportOutcome
from .vocabulary_lookup import VocabularyLookup

PASTED_FILE_NAME: Final = "pasted.txt"
"""File name of pasted text, for which the same-name warning is skipped."""

MAX_NOTED_LINES: Final = 50
EARLIER_REVISIONS_LIMIT: Final = 20
"""Number of revisions that are searched for a bullet that has returned."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Settings that apply to every document of one import. `writer` is the person named as the writer.

    `for_desk`: also read text without labels; a document of a known article becomes a draft that asks whether it is a new
    version, and doubts are kept for the desk. `now` is the time of import, if not the present.
    """

    actor: Person
    writer: Person
    vocabulary: VocabularyLookup
    date_order: DateOrder = "mdy"
    dry_run: bool = False
    for_desk: bool = False
    now: dt.datetime | None = None
    terms: Sequence[tuple[str, str]] = ()
    dry_run_state: DryRunState = field(default_factory=DryRunState)


def store_items(group: Sequence[ImportItem], job: ImportJob) -> dict[int, ImportOutcome]:
    """Store the items and return their outcomes by `id(item)`.

    The caller holds a transaction, and no two items of the group have a key in common.
    """
    known = ExistingDocuments(group)
    outcomes: dict[int, ImportOutcome] = {}
    new: list[tuple[ImportItem, workflow.editing.PreparedContent]] = []
    for item in group:
        try:
            if (same := known.by_lines_hash.get(item.lines_hash)) is not None:
                outcomes[id(item)] = item.build_outcome("unchanged", same)
            elif job.dry_run and job.dry_run_state.has_lines_hash(item):
                outcomes[id(item)] = item.build_outcome("unchanged")
            elif job.for_desk:
                outcomes |= _plan_draft(item, known, job, new)
            elif (older := known.by_document_key.get(item.document_key)) is not None:
                outcomes[id(item)] = _update_brief(item, older, job)
            elif job.dry_run and job.dry_run_state.has_document_key(item):
                outcomes[id(item)] = _simulate_update(item, job)
            else:
                outcomes |= _plan_new_brief(item, known, job, new)
        except DocumentRefused as refusal:
            outcomes[id(item)] = item.build_refused_outcome(refusal)
        except workflow.Refused as refused:
            outcomes[id(item)] = item.build_refused_outcome(build_not_storable_refusal(refused))
    kind = Revision.Kind.IMPORT
    drafts = _attach_documents(new, job)
    made = workflow.editing.create_many(
        drafts, by=job.writer, actor=job.actor, kind=kind, verb="import", now=job.now
    )
    for (item, _), brief in zip(new, made, strict=True):
        outcomes[id(item)] = item.build_outcome("created", brief.pk)
    if job.for_desk:
        _note_unplaced_lines([(item, brief) for (item, _), brief in zip(new, made, strict=True)], job)
    if job.dry_run:
        for item in group:
            if outcomes[id(item)].refusal is None:
                job.dry_run_state.add_item(item)
    return outcomes


def build_not_storable_refusal(refused: workflow.Refused) -> DocumentRefused:
    """Return a refusal with the workflow's reason in both languages."""
    values = {}
    for lang, code in LANGUAGE_CODES.items():
        with translation.override(code):
            values[f"why_{lang}"] = str(refused)
    return DocumentRefused(None, "not-storable", values)


class ExistingDocuments:
    """Find the documents and briefs that match a group, in four queries.

    Each query excludes the empty value explicitly: SQLite uses a partial index only then.
    """

    def __init__(self, group: Sequence[ImportItem]) -> None:
        imported = Revision.objects.exclude(document=None).order_by("-id")
        lines = imported.filter(document_lines__in={item.lines_hash for item in group}).exclude(
            document_lines=""
        )
        self.by_lines_hash: dict[str, int] = dict(lines.values_list("document_lines", "brief_id"))
        names = imported.filter(document__name__in={item.file_name for item in group}).order_by("id")
        self.by_document_key: dict[tuple[str, int, str], int] = {}
        self.imported_files: set[tuple[str, int]] = set()
        columns = ("document__name", "document_index", "document_article", "brief_id")
        for name, index, article, brief in names.values_list(*columns):
            self.imported_files.add((name, index))
            if article:
                self.by_document_key[name, index, article] = brief
        articles = imported.filter(document_article__in={item.article_hash for item in group} - {""})
        articles = articles.exclude(document_article="")
        self.by_article = dict(articles.values_list("document_article", "brief_id"))
        urls = Brief.objects.filter(article_key__in={item.url_key for item in group} - {""})
        urls = urls.exclude(article_key="").exclude(state=State.DISCARDED)
        self.by_url = dict(urls.values_list("article_key", "pk"))

    def find_duplicate_cautions(self, item: ImportItem, dry_run_state: DryRunState) -> list[Caution]:
        """Return cautions about other briefs with the same article or file name."""
        if other := self.find_same_article(item):
            title = str(Brief.objects.get(pk=other))
            which = {"which_en": f"brief {other}, “{title}”", "which_zh": f"第 {other} 號〈{title}〉"}
            return [Caution(None, "same-article", which)]
        if file := dry_run_state.find_file_of_article(
            item
        ):  # the number of a dry run's brief does not exist afterwards
            which = {"which_en": f"“{file}” of this import", "which_zh": f"本次匯入的「{file}」"}
            return [Caution(None, "same-article", which)]
        name = (item.file_name, item.parse_result.index)
        known = item.file_name != PASTED_FILE_NAME and (
            name in self.imported_files or dry_run_state.has_file_name(item)
        )
        return [Caution(None, "same-name")] if known else []

    def find_same_article(self, item: ImportItem) -> int | None:
        return self.by_url.get(item.url_key) or self.by_article.get(item.article_hash)

    def find_earlier_brief(self, item: ImportItem) -> Brief | None:
        """Return the brief of an earlier form of the document, or of the same article."""
        pk = self.by_document_key.get(item.document_key) or self.find_same_article(item)
        row = Brief.objects.filter(pk=pk).first() if pk else None
        while row and row.version_of:
            row = row.version_of
        return row if row and row.state != State.DISCARDED else None

    def find_same_brief(self, item: ImportItem, content: Content) -> int | None:
        """Return the id of a brief of the same article with the same content, as when an exported document returns."""
        other = None if item.parsed.unplaced_lines else self.find_same_article(item)
        row = Brief.objects.exclude(state=State.DISCARDED).filter(pk=other).first() if other else None
        if row is None or not states_the_same(content, workflow.load_working_copy(row)):
            return None
        item.cautions = [caution for caution in item.cautions if caution.code != "same-article"]
        return row.pk


def _plan_new_brief(
    item: ImportItem,
    known: ExistingDocuments,
    job: ImportJob,
    new: list[tuple[ImportItem, workflow.editing.PreparedContent]],
) -> dict[int, ImportOutcome]:
    """Add the item to `new`, or return its outcome if the brief of the same article says the same already."""
    draft = _build_draft(item, known, job)
    if same := known.find_same_brief(item, draft.content):
        return {id(item): item.build_outcome("unchanged", same)}
    new.append((item, draft))
    return {}


def _plan_draft(
    item: ImportItem,
    known: ExistingDocuments,
    job: ImportJob,
    new: list[tuple[ImportItem, workflow.editing.PreparedContent]],
) -> dict[int, ImportOutcome]:
    """Add a draft to `new`, which asks whether it is a version of an earlier brief. A claim takes the text directly."""
    earlier = known.find_earlier_brief(item)
    if earlier and earlier.is_planned:
        return {id(item): _update_brief(item, earlier.pk, job)}
    outcomes = _plan_new_brief(item, known, job, new)
    item.cautions = [caution for caution in item.cautions if caution.code != "same-article"]
    if earlier and not outcomes:
        _, draft = new.pop()
        new.append((item, replace(draft, columns={**draft.columns, "version_of": earlier})))
    return outcomes


def _build_draft(
    item: ImportItem, existing: ExistingDocuments, job: ImportJob
) -> workflow.editing.PreparedContent:
    """Prepare a new brief. Content that cannot be stored is refused before vocabulary rows are created for
    it.
    """
    draft = workflow.editing.prepare(build_content(item.parsed, build_text_facts(item.parsed)))
    item.cautions += existing.find_duplicate_cautions(item, job.dry_run_state)
    rows = job.vocabulary.find_or_create_rows(item.parsed, item.cautions)
    content = replace(draft.content, facts=replace(draft.content.facts, **rows))
    return replace(draft, content=content, columns=build_date_columns(item.parsed))


def _simulate_update(item: ImportItem, job: ImportJob) -> ImportOutcome:
    """Return the outcome that a real run would have: an update of the brief that the dry run created and rolled back."""
    workflow.editing.prepare(build_content(item.parsed, build_text_facts(item.parsed)))
    job.vocabulary.find_or_create_rows(item.parsed, item.cautions)
    return item.build_outcome("updated")


def _update_brief(item: ImportItem, brief: int, job: ImportJob) -> ImportOutcome:
    """Update a draft that nobody has edited since the import, or on the desk a claim."""
    row = Brief.objects.select_for_update().get(pk=brief)
    last = row.revisions.order_by("-number")[0]
    if not job.for_desk and (last.kind != Revision.Kind.IMPORT or row.state != State.DRAFT):
        values = {"brief": row.pk, "title": str(row), "name": str(last.by)}
        raise DocumentRefused(None, "edited-since", values)
    try:
        with transaction.atomic():
            before = workflow.load_working_copy(row)
            content = _build_updated_content(item, row, before, job)
            workflow.editing.reimport(
                row,
                content,
                by=job.writer,
                actor=job.actor,
                provenance=_build_provenance(item, _get_or_create_document(item, job), content),
                flags=build_date_columns(item.parsed) if item.parsed.date or not before.facts.date else {},
                seen_version=row.version if job.for_desk else None,
            )
    except workflow.Refused:
        job.vocabulary.clear_cache()
        raise
    if job.for_desk:
        _note_unplaced_lines([(item, row)], job)
    return item.build_outcome("updated", row.pk)


def _note_unplaced_lines(stored: Sequence[tuple[ImportItem, Brief]], job: ImportJob) -> None:
    """Add a note to each brief whose document has lines without a place. An open note blocks approval."""
    now = job.now or timezone.now()
    Note.objects.bulk_create(
        Note(brief=brief, by=job.actor, at=now, text=_describe_unplaced_lines(item.parsed))
        for item, brief in stored
        if item.parsed.unplaced_lines
    )


def _describe_unplaced_lines(parsed: ParsedDocument) -> str:
    lines = [f"{number}: {text}" for number, text in parsed.unplaced_lines[:MAX_NOTED_LINES]]
    more = ["…"] if len(parsed.unplaced_lines) > MAX_NOTED_LINES else []
    return "\n".join([gettext("Lines of the file without a place in the brief:"), *lines, *more])


def _build_updated_content(item: ImportItem, row: Brief, before: Content, job: ImportJob) -> Content:
    """Return the document's content with the brief's bullet numbers.

    If people have edited the brief, parts that the document lacks are kept.
    """
    rows = job.vocabulary.find_or_create_rows(item.parsed, item.cautions)
    content = build_content(item.parsed, replace(build_text_facts(item.parsed), **rows), before.bullets)
    if not all(bullet.number for bullet in content.bullets):
        content = restore_earlier_numbers(content, _load_earlier_bullets(row))
    written = row.revisions.exclude(kind=Revision.Kind.IMPORT).exists()
    return preserve_missing_parts(content, before, item.parsed) if written else content


def _load_earlier_bullets(row: Brief) -> Iterator[Sequence[Bullet]]:
    """Return the bullets of the last revisions, newest first."""
    revisions = row.revisions.order_by("-number").values_list("content", flat=True)[:EARLIER_REVISIONS_LIMIT]
    return (Content.from_json(content).bullets for content in revisions)


def _attach_documents(
    new: Sequence[tuple[ImportItem, workflow.editing.PreparedContent]], job: ImportJob
) -> list[workflow.editing.PreparedContent]:
    """Store each distinct file once and add the provenance to each draft."""
    hashes = {id(item): hashlib.sha256(item.data).hexdigest() for item, _ in new}
    rows = Document.objects.filter(sha256__in=set(hashes.values())).defer("data")
    documents = {(d.sha256, d.name): d for d in rows}
    missing = {}
    for item, _ in new:
        key = (hashes[id(item)], item.file_name)
        if key not in documents:
            missing[key] = _new_document(item, job, key[0])
    documents |= {(d.sha256, d.name): d for d in Document.objects.bulk_create(missing.values())}
    return [
        replace(
            draft,
            provenance=_build_provenance(item, documents[hashes[id(item)], item.file_name], draft.content),
        )
        for item, draft in new
    ]


def _get_or_create_document(item: ImportItem, job: ImportJob) -> Document:
    sha256 = hashlib.sha256(item.data).hexdigest()
    document = Document.objects.filter(sha256=sha256, name=item.file_name).defer("data").first()
    return document or Document.objects.bulk_create([_new_document(item, job, sha256)])[0]


def _new_document(item: ImportItem, job: ImportJob, sha256: str) -> Document:
    return Document(
        name=item.file_name,
        sha256=sha256,
        data=item.data,
        encoding=item.parse_result.encoding,
        at=job.now or timezone.now(),
        by=job.actor,
    )


def _build_provenance(item: ImportItem, document: Document, content: Content) -> dict[str, Any]:
    return {
        "document": document,
        "document_index": item.parse_result.index,
        "document_lines": item.lines_hash,
        "document_article": item.article_hash,
        "document_notes": list(_build_notes(item, content)),
    }


def _build_notes(item: ImportItem, content: Content) -> Iterator[Mapping[str, Any]]:
    """Yield the cautions as the desk shows them: `bullet` is the number of the pair, `names` the entries that may be meant."""
    numbers = {
        point.line: bullet.number
        for pair, bullet in zip(item.parsed.pairs, content.bullets, strict=False)
        for point in (pair.zh, pair.en)
        if point and point.line
    }
    for caution in item.cautions:
        note = {"line": caution.line, "code": caution.code, "message": caution.message("en")}
        note |= {"message_zh": caution.message("zh"), "bullet": numbers.get(caution.line or 0)}
        yield note | ({"names": caution.values["names"]} if "names" in caution.values else {})
