"""Find the files of a command line, import them in batches, or run the desk's checks on them."""

import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction

from briefs import workflow
from briefs.bilingual import checks
from briefs.bilingual.checks import chinese
from briefs.bilingual.documents import DateOrder, DocumentRefused, ParsedDocument, decode_text, read_document
from briefs.models import Person, Term, get_importer
from briefs.models.bulk_writes import let_other_writers_in
from briefs.workflow.rules import load_check_context

from .content_mapping import build_content, build_text_facts
from .import_items import ImportItem, ImportOutcome
from .storing import ImportJob, build_not_storable_refusal, store_items
from .vocabulary_lookup import VocabularyLookup, read_author

_SYSTEM_FILES: Final = ("thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information")
_SYSTEM_FILE_PREFIXES: Final = (".", "~$")
"""Word writes a `~$` file beside each document that is open."""


def find_files(paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Yield each file with its name as given. Folders are searched in sorted order, without system files."""
    for argument in paths:
        path = Path(argument)
        if not path.is_dir():
            yield make_printable_path(argument), path
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(map(_is_system_file, inside.parts)):
                yield make_printable_path(os.path.join(argument, inside)), file  # `Path` would drop `./`


def _is_system_file(name: str) -> bool:
    return name.startswith(_SYSTEM_FILE_PREFIXES) or name.lower() in _SYSTEM_FILES


def read_file(path: Path) -> bytes:
    """Return the bytes of a file. Raise `DocumentRefused` if it cannot be read."""
    if path.exists() and not path.is_file():  # reading a pipe may never end
        raise DocumentRefused(None, "unreadable", {"why": "it is a pipe or a device, not a file"})
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentRefused(None, "unreadable", {"why": error.strerror or type(error).__name__}) from error


def make_printable_path(path: str) -> str:
    """Return the path as valid UTF-8. Bytes that are not UTF-8 (from older systems) are read as Big5 or GB18030."""
    return os.sep.join(map(_printable_name, path.split(os.sep)))


def _printable_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        data = os.fsencode(name)
    else:
        return name
    try:
        text = decode_text(data)[0]
    except DocumentRefused:
        text = ""
    return text if text.isprintable() and text else data.decode("utf-8", "backslashreplace")


DIGEST_LIMIT: Final = 200
"""Digests of one file that the desk takes."""
BATCH_SIZE: Final = 40
"""Digests per transaction: about half a second, for which other writers wait on SQLite."""


def create_import_job(
    *,
    actor: Person | None = None,
    writer: Person | None = None,
    date_order: DateOrder = "mdy",
    dry_run: bool = False,
    now: dt.datetime | None = None,
    for_desk: bool = False,
) -> ImportJob:
    actor = actor or get_importer()
    writer = writer or actor
    vocabulary = VocabularyLookup(dict.fromkeys((actor, writer)), now)
    terms = load_alignment_terms()
    return ImportJob(
        actor,
        writer,
        vocabulary,
        date_order,
        dry_run,
        for_desk=for_desk,
        now=now,
        terms=terms,
    )


def load_alignment_terms() -> tuple[tuple[str, str], ...]:
    """Return both renderings of each glossary term, as evidence for pairing bullets."""
    return tuple(Term.objects.filter(merged_into=None).values_list("zh", "en"))


def import_files(files: Iterable[tuple[str, Path]], job: ImportJob) -> Iterator[ImportOutcome]:
    """Import every digest of every file, in order. A refused digest stores nothing and does not affect the
    others.
    """
    return _import_in_batches(files, job, ImportBatch.read_file)


def import_documents(files: Iterable[tuple[str, bytes]], job: ImportJob) -> Iterator[ImportOutcome]:
    """Import every digest of documents in memory, as `import_files` does."""
    return _import_in_batches(files, job, ImportBatch.add_file)


def _import_in_batches(
    files: Iterable[tuple[Any, ...]], job: ImportJob, add: Callable[..., None]
) -> Iterator[ImportOutcome]:
    batch = ImportBatch(job)
    for file in files:
        add(batch, *file)
        if batch.is_full:
            yield from batch.store_entries()
            let_other_writers_in()
    yield from batch.store_entries()


class ImportBatch:
    """Collect digests that are stored together. Outcomes are yielded in the order in which digests were
    added.
    """

    def __init__(self, job: ImportJob) -> None:
        self.job = job
        self.entries: list[ImportItem | ImportOutcome] = []

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= BATCH_SIZE

    def read_file(self, name: str, path: Path) -> None:
        """Add a file from the disk, or an outcome that says why it cannot be read."""
        try:
            self.add_file(name, read_file(path))
        except DocumentRefused as refusal:
            self.entries.append(ImportOutcome(name, 0, "refused", refusal=refusal))

    def add_file(self, name: str, data: bytes) -> None:
        job = self.job
        readings = read_document(
            data, name, date_order=job.date_order, terms=job.terms, without_labels=job.for_desk
        )
        if job.for_desk and len(readings) > DIGEST_LIMIT:
            refusal = DocumentRefused(None, "too-many-digests", {"n": len(readings), "limit": DIGEST_LIMIT})
            self.entries.append(ImportOutcome(name, 0, "refused", refusal=refusal))
            return
        for reading in readings:
            if reading.parsed is None:
                self.entries.append(ImportOutcome(name, reading.index, "refused", refusal=reading.refusal))
            else:
                cautions = list(reading.parsed.cautions)
                self.entries.append(ImportItem(name, data, reading, reading.parsed, cautions))

    def store_entries(self) -> Iterator[ImportOutcome]:
        """Store the collected entries. Items that may be the same document or article never share a group."""
        order, self.entries = self.entries, []
        outcomes: dict[int, ImportOutcome] = {}
        for group in _group_items(item for item in order if isinstance(item, ImportItem)):
            outcomes |= _store_in_transaction(group, self.job)
        for entry in order:
            yield outcomes[id(entry)] if isinstance(entry, ImportItem) else entry


def _group_items(items: Iterable[ImportItem]) -> Iterator[list[ImportItem]]:
    group: list[ImportItem] = []
    keys: set[tuple[str, ...]] = set()
    for item in items:
        if keys & item.identity_keys():
            yield group
            group, keys = [], set()
        group.append(item)
        keys |= item.identity_keys()
    if group:
        yield group


def _store_in_transaction(group: Sequence[ImportItem], job: ImportJob) -> dict[int, ImportOutcome]:
    cautions = [list(item.cautions) for item in group]
    try:
        with transaction.atomic():
            outcomes = store_items(group, job)
            if job.dry_run:
                transaction.set_rollback(True)
    except DatabaseError:  # a concurrent write conflicted, so store each item on its own
        job.vocabulary.clear_cache()
        if len(group) == 1:
            raise
        for item, before in zip(group, cautions, strict=True):
            item.cautions = before
        return {key: outcome for item in group for key, outcome in _store_in_transaction([item], job).items()}
    if not job.dry_run:
        return outcomes
    job.vocabulary.clear_cache(keep_reported=True)
    return {
        key: outcome
        if outcome.refusal
        else replace(outcome, status="dry-run", dry_run_status=outcome.status, brief=None)
        for key, outcome in outcomes.items()
    }


UNSAVED_SOURCE_ID = 0
"""Placeholder for a source that the document names, so that the check does not report it as missing."""


@dataclass(frozen=True, slots=True)
class CheckedDigest:
    """The findings of one digest, or its refusal. A finding's `bullet` is the position of the pair, from 1."""

    file: str
    index: int
    findings: tuple[checks.Finding, ...] = ()
    refusal: DocumentRefused | None = None


class DocumentChecker:
    """Check documents with the glossary of the database, or the shipped one if no database can be read."""

    def __init__(self) -> None:
        self.shipped: checks.CheckContext | None = None
        try:
            self._alignment_terms = load_alignment_terms()
        except DatabaseError:
            self.shipped = _load_shipped_context()
            self._alignment_terms = tuple((term.zh, term.en) for term in self.shipped.terms)

    def check_files(self, files: Iterable[tuple[str, Path]]) -> Iterator[CheckedDigest]:
        for name, path in files:
            try:
                data = read_file(path)
            except DocumentRefused as refusal:
                yield CheckedDigest(name, 0, refusal=refusal)
                continue
            for reading in read_document(data, name, terms=self._alignment_terms):
                try:
                    findings = self._check(reading.parsed) if reading.parsed else []
                    yield CheckedDigest(name, reading.index, tuple(findings), reading.refusal)
                except workflow.Refused as refused:
                    yield CheckedDigest(name, reading.index, refusal=build_not_storable_refusal(refused))

    def _check(self, parsed: ParsedDocument) -> list[checks.Finding]:
        facts = replace(build_text_facts(parsed), source=UNSAVED_SOURCE_ID if parsed.source else None)
        content = workflow.editing.prepare(build_content(parsed, facts)).content
        context = self.shipped or load_check_context(content)
        authors = map(read_author, parsed.authors)  # known names for the checks, as after an import
        names = [name for author in authors for name in (author.name, author.name_zh)]
        own_names = filter(None, [*names, parsed.source])
        findings = checks.run_checks(content, replace(context, names=(*context.names, *own_names)))
        return sorted(findings, key=lambda finding: finding.bullet or 0)


def _load_shipped_context() -> checks.CheckContext:
    rows = json.loads((settings.BASE_DIR / "fixtures" / "vocabulary.json").read_text(encoding="utf-8"))
    terms = tuple(
        checks.TermData.from_mapping(row["fields"]) for row in rows if row["model"] == "briefs.term"
    )
    return checks.CheckContext(terms=terms, mainland_wordings=chinese.load_default_wordings())
