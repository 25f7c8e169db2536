"""Keep uploaded files until they are confirmed, and import what was chosen of them."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import Count, Max, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from briefs import workflow
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.pending_uploads import UPLOAD_RETENTION
from briefs.database.bulk_writes import let_other_writers_in
from briefs.documents.files.archive import ArchiveLimits, read_zip_directory, unpack_parts
from briefs.documents.files.formats import DOCUMENT_FORMATS
from briefs.documents.types import DocumentRefused
from briefs.exchange.table_plan import TableRefused
from briefs.intake import ImportChoice, ImportJob, ImportOutcome, create_import_job, import_digests
from briefs.models import Person, Upload, UploadFile

from .questions import SKIP, list_name_answers, list_row_answers
from .table_things import explain_refusal, store_table

# Store uploaded files within limits and import the chosen digests.

MB: Final = 1_000_000
MAX_FILES: Final = 200
MAX_FILE_SIZE: Final = 5 * MB
MAX_TOTAL_SIZE: Final = 50 * MB
MAX_DIGESTS: Final = 200

ZIP_LIMITS: Final = ArchiveLimits(file=MAX_TOTAL_SIZE, unpacked=MAX_TOTAL_SIZE, kept=MAX_TOTAL_SIZE)
DOCUMENT_SUFFIXES: Final = {ending for kind in DOCUMENT_FORMATS for ending in kind.extensions}
"""Files that are taken out of a zip."""
TABLE: Final = "table"
"""Status of the choice to store a returned Word table."""
ASK_DATES: Final = "ask"
"""Date order of an upload whose ambiguous dates are asked for one by one."""
UPLOAD_LIMITS: Final = {
    "files": MAX_FILES,
    "file": MAX_FILE_SIZE // MB,
    "total": MAX_TOTAL_SIZE // MB,
    "digests": MAX_DIGESTS,
    "hours": int(UPLOAD_RETENTION.total_seconds() // 3600),
}
FILE_REFUSAL_MESSAGES: Final = {
    "too-large": _("This file is larger than %(file)s MB and was not taken."),
    "too-many": _("Only %(files)s files go at once; this one was not taken. Upload it separately."),
    "too-much": _("All files together may have %(total)s MB; this one was not taken. Upload it separately."),
}
_DIGEST_KEY = re.compile(r"\d{1,4}-\d{1,5}")
_CHOICE_TOKEN = re.compile(r"(created|second|updated|over|table)(?:-(\d{1,9})-(\d{1,9}))?")
DIGESTS_A_TRANSACTION: Final = 20


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


def store_files(upload: Upload, files: "Iterable[UploadedFile[Any]]") -> None:
    """Store the files. A refused file does not affect the others."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        if row.done_at:
            return
        totals = row.files.aggregate(n=Count("id"), last=Max("position"), size=Sum("size", default=0))
        accepted_count, size = row.files.filter(refused="").count(), totals["size"]
        position = totals["last"] or 0
        rows: list[UploadFile] = []
        for file in files:
            if totals["n"] + len(rows) >= 2 * MAX_FILES:  # refused files are recorded too, up to this limit
                break
            refused = _refusal_code(file.size or 0, accepted_count, size)
            position += 1
            data = b"" if refused else file.read()
            accepted_count, size = accepted_count + (not refused), size + len(data)
            name = (file.name or "?")[:255]
            rows.append(
                UploadFile(
                    upload=row, position=position, name=name, size=len(data), data=data, refused=refused
                )
            )
        UploadFile.objects.bulk_create(rows)


def _refusal_code(size: int, accepted_count: int, total: int) -> str:
    if size > MAX_FILE_SIZE:
        return "too-large"
    if accepted_count >= MAX_FILES:
        return "too-many"
    return "too-much" if total + size > MAX_TOTAL_SIZE else ""


def read_stored_files(upload: Upload, positions: Iterable[int] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the names and data of accepted files.

    The position precedes the name, since two files may share a name.
    """
    rows = upload.files.filter(refused="")
    if positions is not None:
        rows = rows.filter(position__in=positions)
    for file in rows.order_by("position").iterator(chunk_size=20):
        yield f"{file.position}/{file.name}", bytes(file.data)


def build_import_job(upload: Upload) -> ImportJob:
    asks_dates = upload.date_order == ASK_DATES
    order: Any = "mdy" if asks_dates else upload.date_order
    answers = list_name_answers(upload.results.get("answers", {}))
    return create_import_job(
        actor=upload.owner,
        writer=upload.words_of,
        date_order=order,
        asks_dates=asks_dates,
        without_labels=True,
        answers=answers,
    )


def get_digest_key_and_file_name(outcome: ImportOutcome) -> tuple[str, str]:
    """Return the key of a digest on the page and the name of its file."""
    position, _, name = outcome.file.partition("/")
    return f"{position}-{outcome.index}", name


def format_choice_token(status: str, brief: int | None = None, version: int | None = None) -> str:
    """Return the token that the page sends back for a choice."""
    return f"{status}-{brief}-{version}" if brief else status


def parse_choices(data: QueryDict, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens of the choices by digest key. What has an open question, invalid keys and tokens are left out."""
    found = {}
    for key in data.getlist("take"):
        if not (_DIGEST_KEY.fullmatch(key) and all(name in answers for name in data.getlist(f"asks-{key}"))):
            continue
        token = answers.get(f"q-{key}-target") or data.get(f"seen-{key}", "")
        if _CHOICE_TOKEN.fullmatch(token):
            found[key] = token
    return found


def _build_choice(key: str, token: str, answers: Mapping[str, str]) -> ImportChoice:
    match = _CHOICE_TOKEN.fullmatch(token)
    status, *target = match.groups() if match else ("", None, None)
    brief, version = (int(number) if number else None for number in target)
    return ImportChoice(status, brief, version, answers.get(f"q-{key}-date", ""))


def list_results(upload: Upload) -> dict[str, Any]:
    """Return what was imported, by digest key."""
    return {key: result for key, result in upload.results.items() if _DIGEST_KEY.fullmatch(key)}


def choose_digests(
    upload: Upload, choices: Mapping[str, str], answers: Mapping[str, str], *, known_keys: Collection[str]
) -> None:
    """Keep the answers, and queue the chosen things that were not imported yet. `known_keys`: the things of the page."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        row.results["answers"] = {**row.results.get("answers", {}), **answers}
        keys = sorted(choices, key=lambda key: [int(part) for part in key.split("-")])
        row.results["refused"] = []
        row.results["queue"] = {key: choices[key] for key in keys if key not in row.results}
        done = {*row.results, *choices}
        row.results["waiting"] = not known_keys or any(
            key not in done and answers.get(f"q-{key}-target") != SKIP for key in known_keys
        )
        row.save(update_fields=["results"])


def run_import(
    upload: Upload, step: Callable[[Upload, Person], int], *, by: Person, seconds: float
) -> Upload:
    """Run a step for about this long, each time in its own transaction with the upload locked.

    `step` returns how much is left. Once nothing is, the upload is done, unless something on the page still waits. An
    import that was killed, or that two requests run, goes on with what the last committed transaction left.
    """
    until = time.monotonic() + seconds
    while True:
        with transaction.atomic():
            rows = Upload.objects.select_for_update(of=("self",)).select_related("owner", "words_of")
            row = rows.get(pk=upload.pk)
            left = 0 if row.done_at else step(row, by)
            if not left and not row.results.get("waiting"):
                row.done_at = row.done_at or timezone.now()
            row.save(update_fields=["results", "done_at"])
        if not left or time.monotonic() > until:
            return row
        let_other_writers_in()


def import_next_digests(upload: Upload, by: Person) -> int:
    """Import the next things of the queue in the current transaction. Return how many are left.

    Things that are refused wait on the page; the reasons are kept for it.
    """
    results = upload.results
    queue, answers = results.get("queue", {}), results.get("answers", {})
    keys = list(queue)[:DIGESTS_A_TRANSACTION]
    choices = {key: _build_choice(key, queue.pop(key), answers) for key in keys}
    tables = {key: choice for key, choice in choices.items() if choice.status == TABLE}
    refused = list(_store_tables(upload, tables, by))
    digests = {key: choice for key, choice in choices.items() if key not in tables}
    for outcome in import_digests(_files_to_import(upload, digests), build_import_job(upload)):
        key, name = get_digest_key_and_file_name(outcome)
        if outcome.refusal:
            refused.append(outcome.refusal.message(interface_side(), name))
            continue
        results[key] = {
            "file": name,
            "index": outcome.index,
            "status": outcome.status,
            "brief": outcome.brief,
            "notes": len(outcome.cautions),
        }
    results["refused"] = [*results.get("refused", ()), *refused]
    is_whole = list_results(upload) and all(key in results for key in keys)
    results["waiting"] = results.get("waiting", True) or not is_whole
    if not (queue or results["waiting"]):
        upload.files.all().delete()
    return len(queue)


def _store_tables(upload: Upload, choices: Mapping[str, ImportChoice], by: Person) -> Iterator[str]:
    """Store the returned tables of a batch and record them. Yield a sentence for each that is refused."""
    for key, choice in choices.items():
        file = upload.files.filter(position=int(key.partition("-")[0]), refused="").first()
        if key in upload.results or file is None or choice.brief is None or choice.version is None:
            continue
        try:
            counts = store_table(
                file.name, bytes(file.data), brief=choice.brief, version=choice.version, by=by,
                answers=list_row_answers(key, upload.results["answers"]),
            )  # fmt: skip
        except (TableRefused, workflow.Refused) as reason:
            yield f"{file.name}: {explain_refusal(reason)}"
        else:
            result = {"file": file.name, "index": 0, "status": TABLE, "brief": choice.brief, "notes": 0}
            upload.results[key] = {**result, "counts": counts}


def _files_to_import(
    upload: Upload, choices: Mapping[str, ImportChoice]
) -> Iterator[tuple[str, bytes, Mapping[int, ImportChoice]]]:
    choices_by_position: dict[int, dict[int, ImportChoice]] = {}
    for key, choice in choices.items():
        if key not in upload.results:
            position, index = map(int, key.split("-"))
            choices_by_position.setdefault(position, {})[index] = choice
    for name, data in read_stored_files(upload, choices_by_position):
        yield name, data, choices_by_position[int(name.partition("/")[0])]
