"""Import files in batches and yield one outcome per digest."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, transaction

from ..database.write_turns import let_other_writers_in
from ..documents.fields.date_reader import DateOrder
from ..documents.reader import read_document
from ..documents.types import DocumentRefused
from ..models import Person, Term, get_importer
from .files import read_file
from .outcomes import ImportChoice, ImportItem, ImportOutcome
from .storing import ImportJob, store_items

BATCH_SIZE: Final = 40
"""Digests per transaction: about half a second, for which other writers wait on SQLite."""


def create_import_job(
    *,
    actor: Person | None = None,
    writer: Person | None = None,
    date_order: DateOrder = "mdy",
    dry_run: bool = False,
    now: dt.datetime | None = None,
) -> ImportJob:
    actor = actor or get_importer()
    return ImportJob(actor, writer or actor, date_order, dry_run, now=now, terms=load_alignment_terms())


def load_alignment_terms() -> tuple[tuple[str, str], ...]:
    """Return both renderings of each glossary term, as evidence for pairing bullets."""
    return tuple(Term.objects.filter(merged_into=None).values_list("zh", "en"))


def import_files(files: Iterable[tuple[str, Path]], job: ImportJob) -> Iterator[ImportOutcome]:
    """Import every digest of every file, in order. A refused digest stores nothing and does not affect the
    others.
    """
    return _import_in_batches(files, job, ImportBatch.read_file)


def import_digests(
    files: Iterable[tuple[str, bytes, Mapping[int, ImportChoice] | None]], job: ImportJob
) -> Iterator[ImportOutcome]:
    """Import the digests that a person chose, by index, or all for None. A digest that has changed is refused."""
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


class TooManyDigests(Exception):
    """Raised when files contain more digests than a rehearsal allows."""

    def __init__(self, digest_count: int) -> None:
        self.digest_count = digest_count
        super().__init__(digest_count)


@contextmanager
def rehearse_import(
    files: Iterable[tuple[str, bytes]], job: ImportJob, *, digest_limit: int
) -> Iterator[list[ImportOutcome]]:
    """Run the import and undo it on leaving. Ids of created rows are valid only inside the context.

    Files are read before the transaction begins, to keep the transaction short.
    """
    batch = ImportBatch(replace(job, rehearsal=True))
    for name, data in files:
        batch.add_file(name, data)
    if len(batch.entries) > digest_limit:
        raise TooManyDigests(len(batch.entries))
    try:
        with transaction.atomic():
            yield list(batch.store_entries())
            transaction.set_rollback(True)
    finally:
        job.vocabulary.clear_cache()


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

    def add_file(self, name: str, data: bytes, chosen: Mapping[int, ImportChoice] | None = None) -> None:
        for reading in read_document(data, name, date_order=self.job.date_order, terms=self.job.terms):
            if chosen is not None and reading.index not in chosen:
                continue
            if reading.parsed is None:
                self.entries.append(ImportOutcome(name, reading.index, "refused", refusal=reading.refusal))
            else:
                cautions = list(reading.parsed.cautions)
                choice = chosen[reading.index] if chosen else None
                self.entries.append(ImportItem(name, data, reading, reading.parsed, cautions, choice))

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
    except DatabaseError:  # a concurrent write conflicted: store each item on its own
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
