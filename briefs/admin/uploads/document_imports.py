"""Store uploaded or pasted documents as drafts at once, and returned Word tables as suggestions and notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from briefs import workflow
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.form_fields import field_errors_from_reasons, simplify_stale_reasons
from briefs.admin.common.interface_labels import interface_side
from briefs.bilingual.documents import (
    DOCUMENT_FORMATS,
    ArchiveLimits,
    DocumentRefused,
    read_zip_directory,
    unpack_parts,
)
from briefs.exchange import ReturnedTable, TableRefused, read_table_file, store_table
from briefs.exchange.intake import ImportJob, ImportOutcome, import_documents
from briefs.models import Brief, Person, State

MB: Final = 1_000_000
MAX_FILES: Final = 200
MAX_FILE_SIZE: Final = 5 * MB
MAX_TOTAL_SIZE: Final = 50 * MB
ZIP_LIMITS: Final = ArchiveLimits(file=MAX_TOTAL_SIZE, unpacked=MAX_TOTAL_SIZE, kept=MAX_TOTAL_SIZE)
DOCUMENT_SUFFIXES: Final = {ending for kind in DOCUMENT_FORMATS for ending in kind.extensions}
"""Files that are taken out of a zip."""
UPLOAD_LIMITS: Final = {
    "files": MAX_FILES,
    "file": MAX_FILE_SIZE // MB,
    "total": MAX_TOTAL_SIZE // MB,
}
FILE_REFUSAL_MESSAGES: Final = {
    "too-large": _("“%(name)s” is larger than %(file)s MB and was not taken."),
    "too-many": _("Only %(files)s files go at once; “%(name)s” was not taken. Upload it separately."),
    "too-much": _(
        "All files together may have %(total)s MB; “%(name)s” was not taken. Upload it separately."
    ),
}


def unpack_documents(files: "Iterable[UploadedFile[Any]]") -> "list[UploadedFile[Any]]":
    """Replace each zip of documents by the documents in it. Sheets in a zip, and a zip that cannot be read, stay."""
    unpacked: list[UploadedFile[Any]] = []
    for file in files:
        is_zip = (file.name or "").lower().endswith(".zip") and (file.size or 0) <= MAX_TOTAL_SIZE
        documents = _read_zipped_documents(file.read()) if is_zip else {}
        file.seek(0)
        members = [SimpleUploadedFile(PurePosixPath(name).name, data) for name, data in documents.items()]
        unpacked += members or [file]
    return unpacked


def _read_zipped_documents(data: bytes) -> dict[str, bytes]:
    try:
        entries = read_zip_directory(data, ZIP_LIMITS)
        return unpack_parts(data, entries, _is_zipped_document, lambda name, begin: None, ZIP_LIMITS)
    except DocumentRefused:
        return {}


def _is_zipped_document(name: str) -> bool:
    path = PurePosixPath(name)
    is_system_file = path.name.startswith((".", "~$")) or "__MACOSX" in path.parts
    return path.suffix.lower() in DOCUMENT_SUFFIXES and not is_system_file


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one digest or table: the brief, or a sentence why it was refused."""

    file: str
    badge: Badge
    brief: Brief | None = None
    error: str = ""
    details: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse("admin:briefs_brief_change", args=[self.brief.pk]) if self.brief else ""


def import_uploaded_files(
    files: "Iterable[UploadedFile[Any]]", job: ImportJob, person: Person
) -> list[ImportResult]:
    """Import all files, in short transactions. A refused file does not affect the others."""
    refused, accepted = _divide_by_limits(files)
    tables: list[ImportResult] = []
    outcomes: list[ImportOutcome] = []
    for outcome in import_documents(accepted.items(), job):
        _position, _slash, name = outcome.file.partition("/")
        data = accepted[outcome.file]
        if outcome.refusal and _may_be_table(outcome, data):
            tables.append(take_table(name, data, person))
        else:
            outcomes.append(outcome)
    briefs = Brief.objects.select_related("version_of").in_bulk([o.brief for o in outcomes if o.brief])
    return [*(_describe(outcome, briefs) for outcome in outcomes), *tables, *refused]


def _divide_by_limits(
    files: "Iterable[UploadedFile[Any]]",
) -> tuple[list[ImportResult], dict[str, bytes]]:
    """Return refusals, and the data of the other files by name. A number precedes it, since two may share a name."""
    refused: list[ImportResult] = []
    accepted: dict[str, bytes] = {}
    total = 0
    for position, file in enumerate(files):
        size, name = file.size or 0, (file.name or "?")[:255]
        code = (
            "too-large"
            if size > MAX_FILE_SIZE
            else "too-many"
            if len(accepted) >= MAX_FILES
            else "too-much"
            if total + size > MAX_TOTAL_SIZE
            else ""
        )
        if code:
            refused.append(_refuse(name, str(FILE_REFUSAL_MESSAGES[code]) % {**UPLOAD_LIMITS, "name": name}))
        else:
            total += size
            accepted[f"{position}/{name}"] = file.read()
    return refused, accepted


def _refuse(file: str, error: str) -> ImportResult:
    return ImportResult(file, Badge(gettext("Refused"), "bad"), error=error)


def _describe(outcome: ImportOutcome, briefs: dict[int, Brief]) -> ImportResult:
    name = outcome.file.partition("/")[2]
    if outcome.refusal:
        return _refuse(name, outcome.refusal.message(interface_side(), name))
    brief = briefs[outcome.brief or 0]
    if outcome.status == "unchanged" and brief.state == State.DISCARDED and brief.version_of:
        brief = brief.version_of
    label, tone = _BADGES[outcome.status]
    is_asked = outcome.status == "created" and brief.version_of_id
    details = (gettext("New version or another brief?"),) if is_asked else ()
    return ImportResult(name, Badge(str(label), tone), brief, details=details)


_BADGES: Final[dict[str, tuple[str | Promise, str]]] = {
    "created": (_("New"), "good"),
    "updated": (_("Updated"), "good"),
    "unchanged": (_("Unchanged"), "plain"),
}


# Returned Word tables


def read_table(name: str, data: bytes) -> ReturnedTable:
    """Read a returned table. Raise TableRefused with a sentence for the editor."""
    try:
        table = read_table_file(data)
    except DocumentRefused as refusal:
        raise TableRefused(refusal.message(interface_side(), name)) from refusal
    if table is None:
        raise TableRefused(gettext("This Word file is not a table that was exported from this site."))
    return table


def _may_be_table(outcome: ImportOutcome, data: bytes) -> bool:
    """Return whether a refused Word file is a table for translators, also if a program dropped its identity property."""
    if outcome.index or not outcome.file.lower().endswith(".docx"):
        return False
    try:
        return read_table_file(data) is not None
    except DocumentRefused:
        return False


def take_table(name: str, data: bytes, person: Person, brief: Brief | None = None) -> ImportResult:
    """Store what a returned table changes, as suggestions and notes on its brief. `brief`: whose table it has to be."""
    try:
        table = read_table(name, data)
        row = brief or Brief.objects.filter(pk=table.brief).first()
        if row is None:
            raise TableRefused(
                gettext("This table was not exported from this site, or its first lines were changed.")
            )
        counts = store_table(name, table, row, by=person)
    except TableRefused as refused:
        return _refuse(name, str(refused))
    except workflow.Refused as refused:
        errors = field_errors_from_reasons(simplify_stale_reasons(refused))
        return _refuse(name, " ".join(map(str, errors)))
    label, tone = _BADGES["updated" if counts else "unchanged"]
    return ImportResult(name, Badge(str(label), tone), row, details=tuple(counts))
