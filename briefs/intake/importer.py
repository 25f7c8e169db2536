"""Files in, outcomes out, a batch at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from django.db import DatabaseError, transaction

from ..documents.fields.dates import DateOrder
from ..documents.reader import read
from ..documents.types import DocumentRefused
from ..models import Person, Term, importer
from .outcomes import Choice, Item, Outcome
from .storing import Job, store

BATCH: Final = 100
"""Digests in one transaction."""


def job(
    *,
    actor: Person | None = None,
    words_of: Person | None = None,
    date_order: DateOrder = "mdy",
    dry_run: bool = False,
    rehearsal: bool = False,
) -> Job:
    actor = actor or importer()
    terms = tuple(Term.objects.filter(merged_into=None).values_list("zh", "en"))
    return Job(actor, words_of or actor, date_order, dry_run, rehearsal, terms)


def import_files(files: Iterable[tuple[str, Path]], job: Job) -> Iterator[Outcome]:
    """Every digest of every file, in order. A refused one stores nothing and costs the others nothing."""
    batch = Batch(job)
    for name, path in files:
        try:
            if path.exists() and not path.is_file():  # of a pipe nobody knows when it ends
                batch.refuse(name, "it is a pipe or a device, not a file")
            else:
                batch.add(name, path.read_bytes())
        except OSError as error:
            batch.refuse(name, error.strerror or type(error).__name__)
        if batch.is_full:
            yield from batch.take()
    yield from batch.take()


def import_bytes(name: str, data: bytes, job: Job) -> Iterator[Outcome]:
    batch = Batch(job)
    batch.add(name, data)
    yield from batch.take()


def import_chosen(files: Iterable[tuple[str, bytes, Mapping[int, Choice]]], job: Job) -> Iterator[Outcome]:
    """Of each file the digests that a person chose, by index. What is no longer as they saw it is refused."""
    batch = Batch(job)
    for name, data, chosen in files:
        batch.add(name, data, chosen)
        if batch.is_full:
            yield from batch.take()
    yield from batch.take()


class TooMany(Exception):
    """More digests than a rehearsal takes."""

    def __init__(self, digests: int) -> None:
        self.digests = digests
        super().__init__(digests)


@contextmanager
def rehearsed(files: Iterable[tuple[str, bytes]], job: Job, *, most: int) -> Iterator[list[Outcome]]:
    """The import itself, undone on leaving: ids of what it made mean something inside alone.

    Files are read before the transaction begins, so that nobody waits for that.
    """
    batch = Batch(replace(job, rehearsal=True))
    for name, data in files:
        batch.add(name, data)
    if len(batch.order) > most:
        raise TooMany(len(batch.order))
    try:
        with transaction.atomic():
            yield list(batch.take())
            transaction.set_rollback(True)
    finally:
        job.names.forget()


class Batch:
    """Digests that are stored together, told in the order in which they came."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.order: list[Item | Outcome] = []

    @property
    def is_full(self) -> bool:
        return len(self.order) >= BATCH

    def add(self, name: str, data: bytes, chosen: Mapping[int, Choice] | None = None) -> None:
        for reading in read(data, name, date_order=self.job.date_order, terms=self.job.terms):
            if chosen is not None and reading.index not in chosen:
                continue
            if reading.parsed is None:
                self.order.append(Outcome(name, reading.index, "refused", refusal=reading.refusal))
            else:
                cautions = list(reading.parsed.cautions)
                choice = chosen[reading.index] if chosen else None
                self.order.append(Item(name, data, reading, reading.parsed, cautions, choice))

    def refuse(self, name: str, why: str) -> None:
        refusal = DocumentRefused(None, "unreadable", {"why": why})
        self.order.append(Outcome(name, 0, "refused", refusal=refusal))

    def take(self) -> Iterator[Outcome]:
        """Store what has gathered. Items that may be the same document or article never share a group."""
        order, self.order = self.order, []
        outcomes: dict[int, Outcome] = {}
        for group in _groups(item for item in order if isinstance(item, Item)):
            outcomes |= _stored(group, self.job)
        for entry in order:
            yield outcomes[id(entry)] if isinstance(entry, Item) else entry


def _groups(items: Iterable[Item]) -> Iterator[list[Item]]:
    group: list[Item] = []
    keys: set[tuple[str, ...]] = set()
    for item in items:
        if keys & item.keys():
            yield group
            group, keys = [], set()
        group.append(item)
        keys |= item.keys()
    if group:
        yield group


def _stored(group: Sequence[Item], job: Job) -> dict[int, Outcome]:
    cautions = [list(item.cautions) for item in group]
    try:
        with transaction.atomic():
            outcomes = store(group, job)
            if job.dry_run:
                transaction.set_rollback(True)
    except DatabaseError:  # somebody else's row came between; each for itself then
        job.names.forget()
        if len(group) == 1:
            raise
        for item, before in zip(group, cautions, strict=True):
            item.cautions = before
        return {key: outcome for item in group for key, outcome in _stored([item], job).items()}
    if not job.dry_run:
        return outcomes
    job.names.forget(said=True)
    return {
        key: outcome
        if outcome.refusal
        else replace(outcome, status="dry-run", would=outcome.status, brief=None)
        for key, outcome in outcomes.items()
    }
