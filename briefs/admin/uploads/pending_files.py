"""Keep uploads until they are confirmed: files whose digests are imported, and the plans of sheet imports."""

import json
import re
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched
from pathlib import PurePosixPath
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from briefs import workflow
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.pending_uploads import UPLOAD_RETENTION, create_upload
from briefs.content import Content
from briefs.database.bulk_writes import let_other_writers_in
from briefs.documents.files.archive import ArchiveLimits, read_zip_directory, unpack_parts
from briefs.documents.files.formats import DOCUMENT_FORMATS
from briefs.documents.types import DocumentRefused
from briefs.exchange.sheets.brief_sheets import BATCH_SIZE, BriefChange, BriefImportPlan, save_changes
from briefs.exchange.table_plan import TableRefused
from briefs.intake import ImportChoice, ImportJob, ImportOutcome, create_import_job, import_digests
from briefs.models import Person, Upload, UploadFile

from .questions import LEFT_OUT, SKIP, list_name_answers
from .table_things import explain_refusal, list_row_answers, store_table

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
    order: Any = settings.DIGEST_DATE_ORDER if asks_dates else upload.date_order
    answers = list_name_answers(upload.results.get("answers", {}))
    return create_import_job(
        actor=upload.owner, writer=upload.words_of, date_order=order, asks_dates=asks_dates, answers=answers
    )


def get_digest_key_and_file_name(outcome: ImportOutcome) -> tuple[str, str]:
    """Return the key of a digest on the page and the name of its file."""
    position, _, name = outcome.file.partition("/")
    return f"{position}-{outcome.index}", name


def format_choice_token(status: str, brief: int | None = None, version: int | None = None) -> str:
    """Return the token that the page sends back for a choice."""
    return f"{status}-{brief}-{version}" if brief else status


def parse_choices(data: QueryDict, answers: Mapping[str, str]) -> dict[str, ImportChoice]:
    """Return the choices by digest key. What has an open question, invalid keys and tokens are left out."""
    found = {}
    for key in data.getlist("take"):
        if not (_DIGEST_KEY.fullmatch(key) and all(name in answers for name in data.getlist(f"asks-{key}"))):
            continue
        token = answers.get(f"q-{key}-target") or data.get(f"seen-{key}", "")
        if match := _CHOICE_TOKEN.fullmatch(token):
            status, *target = match.groups()
            brief, version = (int(number) if number else None for number in target)
            date, paragraphs = (answers.get(f"q-{key}-{kind}", "") for kind in ("date", "paragraphs"))
            found[key] = ImportChoice(status, brief, version, date, paragraphs)
    return found


def list_results(upload: Upload) -> dict[str, Any]:
    """Return what was imported, by digest key."""
    return {key: result for key, result in upload.results.items() if _DIGEST_KEY.fullmatch(key)}


def import_from_upload(
    upload: Upload,
    choices: Mapping[str, ImportChoice],
    answers: Mapping[str, str],
    *,
    known_keys: Collection[str],
) -> list[str]:
    """Import the chosen things that were not imported yet, in short transactions, and keep the answers.

    Return a sentence for each that was refused. The rest waits. Once all `known_keys` are imported or skipped, the
    files are deleted and further calls change nothing.
    """
    refused: list[str] = []
    keys = sorted(choices, key=lambda key: [int(part) for part in key.split("-")])
    for batch in batched(keys, DIGESTS_A_TRANSACTION):
        refused += _import_batch(upload, {key: choices[key] for key in batch}, answers)
        let_other_writers_in()
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        row.results["answers"] = {**row.results.get("answers", {}), **answers}
        open_keys = [
            key for key in known_keys if key not in row.results and answers.get(f"q-{key}-target") != SKIP
        ]
        if list_results(row) and known_keys and not open_keys and not row.done_at:
            row.done_at = timezone.now()
            row.files.all().delete()
        row.save(update_fields=["results", "done_at"])
    return refused


def _import_batch(
    upload: Upload, choices: Mapping[str, ImportChoice], answers: Mapping[str, str]
) -> list[str]:
    refused: list[str] = []
    with transaction.atomic():
        row = Upload.objects.select_for_update().select_related("owner", "words_of").get(pk=upload.pk)
        if row.done_at:
            return []
        row.results["answers"] = {**row.results.get("answers", {}), **answers}
        tables = {key: choice for key, choice in choices.items() if choice.status == TABLE}
        refused += _store_tables(row, tables)
        digests = {key: choice for key, choice in choices.items() if key not in tables}
        for outcome in import_digests(_files_to_import(row, digests), build_import_job(row)):
            key, name = get_digest_key_and_file_name(outcome)
            if outcome.refusal:
                refused.append(outcome.refusal.message(interface_side(), name))
                continue
            row.results[key] = {
                "file": name,
                "index": outcome.index,
                "status": outcome.status,
                "brief": outcome.brief,
                "notes": len(outcome.cautions),
            }
        row.save(update_fields=["results"])
    return refused


def _store_tables(upload: Upload, choices: Mapping[str, ImportChoice]) -> Iterator[str]:
    """Store the returned tables of a batch and record them. Yield a sentence for each that is refused."""
    answers = upload.results["answers"]
    for key, choice in choices.items():
        file = upload.files.filter(position=int(key.partition("-")[0]), refused="").first()
        if key in upload.results or file is None or choice.brief is None or choice.version is None:
            continue
        try:
            counts = store_table(
                file.name, bytes(file.data), brief=choice.brief, version=choice.version, by=upload.owner,
                answers=list_row_answers(key, answers),
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


# Keep the plan of a sheet import in the database, which every app server shares, and save it batch by batch.

BRIEF_SHEET: Final = "brief"
_CONFLICT: Final = "conflict"
_OVER = re.compile(r"over-\d{1,9}-(\d{1,9})", re.ASCII)


def store_plan(person: Person, name: str, plan: BriefImportPlan) -> Upload:
    conflicts, changes = _pack(plan.conflicts), _pack(plan.changes)  # a second of work, before the lock
    with transaction.atomic():
        upload = create_upload(person, words_of=person, date_order="mdy")
        upload.results = {
            "sheet": BRIEF_SHEET,
            "file": name[:255],
            "left": len(plan.changes),
            "conflicts": len(plan.conflicts),
            "unchanged": plan.unchanged,
            "done": 0,
            "notices": plan.notices,
        }
        upload.save(update_fields=["results"])
        _add_batches(upload, conflicts, refused=_CONFLICT)
        _add_batches(upload, changes)
    return upload


def _pack(changes: Iterable[BriefChange]) -> list[bytes]:
    """Return the changes in batches."""
    rows = ([change.brief, change.version, change.content.as_json()] for change in changes)
    batches = (json.dumps(batch, ensure_ascii=False).encode() for batch in batched(rows, BATCH_SIZE))
    return [zlib.compress(batch, 1) for batch in batches]


def _add_batches(upload: Upload, batches: Iterable[bytes], *, refused: str = "") -> None:
    last = upload.files.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    UploadFile.objects.bulk_create(
        UploadFile(upload=upload, position=n, size=len(data), data=data, refused=refused)
        for n, data in enumerate(batches, first)
    )


def read_batch(batch: UploadFile) -> list[BriefChange]:
    rows = json.loads(zlib.decompress(bytes(batch.data)))
    return [BriefChange(brief, version, Content.from_json(content)) for brief, version, content in rows]


def list_pages(upload: Upload) -> list[list[int]]:
    """Return the ids of the batches on each page of the preview: conflicts first, then what is still to save.

    All are on one page if one batch could hold them.
    """
    batches = list(_sort(upload.files.all()).values_list("pk", flat=True))
    count = upload.results["left"] + upload.results["conflicts"]
    return [batches] if count <= BATCH_SIZE else [[pk] for pk in batches]


def load_batches(upload: Upload, page: Sequence[int]) -> list[UploadFile]:
    """Return the batches of a page, without batches that another request saved meanwhile."""
    return list(_sort(upload.files.filter(pk__in=page)))


def _sort(batches: QuerySet[UploadFile]) -> QuerySet[UploadFile]:
    return batches.order_by("-refused", "position")


def save_batches(upload: Upload, *, by: Person, seconds: float) -> Upload:
    """Save batches for about this long, each in its own transaction. Sets `done_at` after the last."""
    until = time.monotonic() + seconds
    while True:
        row = _save_batch(upload, by=by)
        if row.done_at or not row.results["left"]:
            return row
        let_other_writers_in()
        if time.monotonic() > until:
            return row


def _save_batch(upload: Upload, *, by: Person) -> Upload:
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        batch = row.files.filter(refused="").order_by("position").first()
        if batch:
            planned = read_batch(batch)
            read = [_apply_answer(change, row) for change in planned]
            changes = [change for change in read if change]
            _forget_left_out(row, planned)
            late, left = save_changes(changes, by=by)
            handled = len(changes) - len(left)
            _replace_batch(batch, left)
            _add_batches(row, _pack(late), refused=_CONFLICT)
            row.results["left"] -= handled + len(read) - len(changes)
            row.results["done"] += handled - len(late)
            row.results["conflicts"] += len(late)
            done = [change.brief for change in changes[:handled] if change not in late]
            row.results["saved"] = row.results.get("saved", []) + done
        if not row.results["left"]:
            row.done_at = row.done_at or timezone.now()
        row.save(update_fields=["results", "done_at"])
    return row


def answer_sheet(upload: Upload, answers: Mapping[str, str]) -> Upload:
    """Keep the answers. A conflict for which the sheet's text was chosen is saved with the rest."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        row.results["answers"] = {**row.results.get("answers", {}), **answers}
        for batch in row.files.filter(refused=_CONFLICT) if _OVER.search(" ".join(answers.values())) else ():
            conflicts = read_batch(batch)
            chosen = [c for c in conflicts if _OVER.fullmatch(answers.get(f"q-{c.brief}-target", ""))]
            _replace_batch(batch, [change for change in conflicts if change not in chosen])
            _add_batches(row, _pack(chosen))
            row.results["left"] += len(chosen)
            row.results["conflicts"] -= len(chosen)
        if row.results["left"]:
            row.done_at = None
        row.save(update_fields=["results", "done_at"])
    return row


def _apply_answer(change: BriefChange, upload: Upload) -> BriefChange | None:
    """Return the change, over the version that was shown if its text was chosen, or None if it is left out."""
    answer = upload.results.get("answers", {}).get(f"q-{change.brief}-target", "")
    if match := _OVER.fullmatch(answer):
        return replace(change, version=int(match[1]))
    return None if answer in (SKIP, LEFT_OUT) else change


def _forget_left_out(upload: Upload, changes: Iterable[BriefChange]) -> None:
    """Remove the unticked boxes of changes that were dropped, so that the rest can be counted."""
    answers = upload.results.get("answers", {})
    for name in [f"q-{change.brief}-target" for change in changes]:
        if answers.get(name) == LEFT_OUT:
            del answers[name]


def _replace_batch(batch: UploadFile, left: Sequence[BriefChange]) -> None:
    """Store the remaining changes of a batch, or delete the batch if none remain."""
    if not left:
        batch.delete()
        return
    (batch.data,) = _pack(left)
    batch.size = len(batch.data)
    batch.save(update_fields=["data", "size"])
