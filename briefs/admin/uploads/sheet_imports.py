"""Import of sheets of briefs and of the vocabulary: the stored plan, its things in the preview, and its saving batch by batch.

A plan has a row for each brief or entry that the sheet changes. Batches of rows are `UploadFile`s, which every app server shares.
"""

import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any, Final

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import workflow
from briefs.admin.common.brief_pages import Badge, parse_int_or_zero
from briefs.admin.common.name_fields import load_names_by_id
from briefs.admin.common.pending_uploads import create_upload
from briefs.content import Content
from briefs.database.bulk_writes import let_other_writers_in
from briefs.exchange.sheets.brief_sheets import (
    BATCH_SIZE,
    LOCK_SECONDS,
    BriefChange,
    BriefImportPlan,
    describe_conflict,
    save_changes,
)
from briefs.exchange.sheets.table import Sheet, SheetRow
from briefs.exchange.sheets.vocabulary_sheets import (
    RESOURCES,
    RowChange,
    SheetImportOutcome,
    save_rows,
)
from briefs.models import Brief, Draft, Person, State, Upload, UploadFile
from briefs.models.vocabulary import Vocabulary

from .questions import (
    LEFT_OUT,
    SKIP,
    ask_which_text,
    fill_answers,
    list_row_answers,
    read_answers,
    read_row_answers,
)
from .things import (
    Thing,
    build_change_rows,
    build_value_row,
    count_unchanged_bullets,
    describe_last_change,
    explain_locked,
)

MAX_LISTED: Final = 100
"""Saved briefs or entries that the page names."""
BRIEF_SHEET: Final = "brief"
_CONFLICT: Final = "conflict"
_OVER = re.compile(r"over-(?:\d{1,9}-)?(\w{1,20})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What a sheet changes in one brief or entry.

    `key`: number of the brief, or row of the sheet. `seen`: what the plan was made from: the version of the brief, or the hash of
    the changes. `values`: the content of the brief, or the cells and their changes.
    """

    key: int
    seen: int | str
    values: Any


@dataclass(slots=True)
class SavedBatch:
    """What became of a batch. `saved`: pairs of id and status. `late`: changed by others meanwhile. `remaining`: not begun."""

    saved: list[tuple[int, str]]
    late: list[PlannedRow]
    remaining: list[PlannedRow]


# The stored plan


def store_brief_plan(person: Person, name: str, plan: BriefImportPlan) -> Upload:
    changes, conflicts = (
        [PlannedRow(change.brief, change.version, change.content.as_json()) for change in changes]
        for changes in (plan.changes, plan.conflicts)
    )
    return _store_plan(
        person, name, BRIEF_SHEET, changes, conflicts, unchanged=plan.unchanged, notices=plan.notices
    )


def store_vocabulary_plan(
    person: Person, name: str, kind: type[Vocabulary], sheet: Sheet, outcome: SheetImportOutcome
) -> Upload:
    cells = {row.number: row.cells for row in sheet.rows}
    rows = [_plan_entry(change, cells[change.number]) for change in outcome.rows]
    planned = Counter(change.status for change in outcome.rows)
    return _store_plan(
        person, name, str(kind._meta.model_name), rows, [],
        unchanged=outcome.unchanged, notices=sheet.notices, headings=sheet.headings, planned=planned,
    )  # fmt: skip


def _plan_entry(change: RowChange, cells: Sequence[str]) -> PlannedRow:
    values = {
        "cells": cells,
        "kind": change.kind,
        "label": str(change.entry),
        "waits": change.waits,
        "changes": [(cell.label, cell.old, cell.new) for cell in change.changes],
    }
    return PlannedRow(change.number, change.seen, values)


def _store_plan(
    person: Person,
    name: str,
    sheet: str,
    changes: Sequence[PlannedRow],
    conflicts: Sequence[PlannedRow],
    **values: Any,
) -> Upload:
    packed = _pack(conflicts), _pack(changes)  # a second of work, before the lock
    with transaction.atomic():
        upload = create_upload(person)
        counts = {"left": len(changes), "conflicts": len(conflicts), "done": 0}
        upload.results = {"sheet": sheet, "file": name[:255], **counts, **values}
        upload.save(update_fields=["results"])
        _add_batches(upload, packed[0], refused=_CONFLICT)
        _add_batches(upload, packed[1])
    return upload


def _pack(rows: Iterable[PlannedRow]) -> list[bytes]:
    """Return the rows in batches."""
    values = ([row.key, row.seen, row.values] for row in rows)
    batches = (json.dumps(batch, ensure_ascii=False).encode() for batch in batched(values, BATCH_SIZE))
    return [zlib.compress(batch, 1) for batch in batches]


def _add_batches(upload: Upload, batches: Iterable[bytes], *, refused: str = "") -> None:
    last = upload.files.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    UploadFile.objects.bulk_create(
        UploadFile(upload=upload, position=n, size=len(data), data=data, refused=refused)
        for n, data in enumerate(batches, first)
    )


def _read_batch(batch: UploadFile) -> list[PlannedRow]:
    return [PlannedRow(*row) for row in json.loads(zlib.decompress(bytes(batch.data)))]


def _replace_batch(batch: UploadFile, rows: Sequence[PlannedRow]) -> None:
    """Store the remaining rows of a batch, or delete the batch if none remain."""
    if not rows:
        batch.delete()
        return
    (batch.data,) = _pack(rows)
    batch.size = len(batch.data)
    batch.save(update_fields=["data", "size"])


def list_pages(upload: Upload) -> list[list[int]]:
    """Return the ids of the batches on each page of the preview: conflicts first, then what is still to save.

    All are on one page if one batch could hold them.
    """
    batches = list(_sort(upload.files.all()).values_list("pk", flat=True))
    count = upload.results["left"] + upload.results["conflicts"]
    return [batches] if count <= BATCH_SIZE else [[pk] for pk in batches]


def _sort(batches: QuerySet[UploadFile]) -> QuerySet[UploadFile]:
    return batches.order_by("-refused", "position")


# Answers, and the step that saves


def answer_sheet(upload: Upload, data: QueryDict) -> None:
    """Keep the answers of a page. A conflict for which the sheet's text was chosen is saved with the rest."""
    answers = read_answers(data)
    taken = set(data.getlist("take"))
    for key in [name.removeprefix("seen-") for name in data if name.startswith("seen-")]:
        if key.isascii() and key.isdecimal() and len(key) < 10:
            answers.setdefault(f"q-{key}-target", "take" if key in taken else LEFT_OUT)
            answers |= read_row_answers(data, key)
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        kept = {**row.results.get("answers", {}), **answers}
        row.results["answers"] = {name: answer for name, answer in kept.items() if answer != "take"}
        for batch in row.files.filter(refused=_CONFLICT) if _OVER.search(" ".join(answers.values())) else ():
            conflicts = _read_batch(batch)
            chosen = [c for c in conflicts if _OVER.fullmatch(answers.get(f"q-{c.key}-target", ""))]
            _replace_batch(batch, [row for row in conflicts if row not in chosen])
            _add_batches(row, _pack(chosen))
            row.results["left"] += len(chosen)
            row.results["conflicts"] -= len(chosen)
        if row.results["left"]:
            row.done_at = None
        row.save(update_fields=["results", "done_at"])


def save_next_batch(upload: Upload, by: Person) -> int:
    """Save the next batch in the current transaction. Return how many rows are left."""
    batch = upload.files.filter(refused="").order_by("position").first()
    results = upload.results
    if batch:
        planned = _read_batch(batch)
        rows = [row for row in (_apply_answer(row, upload) for row in planned) if row]
        kind = SHEET_KINDS[results["sheet"]]
        outcome = kind.save(upload, rows, by=by)
        _forget_left_out(upload, planned)
        _replace_batch(batch, outcome.remaining)
        _add_batches(upload, _pack(outcome.late), refused=_CONFLICT)
        results["left"] -= len(planned) - len(outcome.remaining)
        results["done"] += len(outcome.saved)
        results["conflicts"] += len(outcome.late)
        results["stored"] = [*results.get("stored", []), *outcome.saved][:MAX_LISTED]
        if not results["left"]:
            kind.finish(upload)
    return int(results["left"])


def _apply_answer(row: PlannedRow, upload: Upload) -> PlannedRow | None:
    """Return the row, over the state that was shown if its text was chosen, or None if it is left out."""
    answer = upload.results.get("answers", {}).get(f"q-{row.key}-target", "")
    if match := _OVER.fullmatch(answer):
        return replace(row, seen=match[1])
    return None if answer in (SKIP, LEFT_OUT) else row


def _forget_left_out(upload: Upload, rows: Iterable[PlannedRow]) -> None:
    """Remove the unticked boxes of rows that were dropped, so that the rest can be counted."""
    answers = upload.results.get("answers", {})
    for name in [f"q-{row.key}-target" for row in rows]:
        if answers.get(name) == LEFT_OUT:
            del answers[name]


def list_left_out(upload: Upload) -> set[str]:
    """Return the keys of the things whose boxes were unticked on any page."""
    answers = upload.results.get("answers", {}).items()
    return {name[len("q-") : -len("-target")] for name, answer in answers if answer == LEFT_OUT}


def run_import(
    upload: Upload, step: Callable[[Upload, Person], int], *, by: Person, seconds: float
) -> Upload:
    """Run a step for about this long, each time in its own transaction with the upload locked.

    `step` returns how much is left. An import that was killed, or that two requests run, goes on with what the last committed
    transaction left.
    """
    until = time.monotonic() + seconds
    while True:
        with transaction.atomic():
            row = Upload.objects.select_for_update().get(pk=upload.pk)
            left = 0 if row.done_at else step(row, by)
            if not left:
                row.done_at = row.done_at or timezone.now()
            row.save(update_fields=["results", "done_at"])
        if not left or time.monotonic() > until:
            return row
        let_other_writers_in()


# The preview


def build_sheet_things(upload: Upload, page: Sequence[int], person: Person) -> list[Thing]:
    """Describe the rows of a page, without batches that another request saved meanwhile."""
    batches = _sort(upload.files.filter(pk__in=page))
    rows = [(row, bool(batch.refused)) for batch in batches for row in _read_batch(batch)]
    left_out, answers = list_left_out(upload), upload.results.get("answers", {})
    things = []
    for thing in SHEET_KINDS[upload.results["sheet"]].build_things(upload, rows, person):
        thing.is_taken = thing.key not in left_out
        thing.questions = fill_answers(thing.questions, answers)
        things.append(thing)
    return things


def describe_saved(upload: Upload) -> list[dict[str, Any]]:
    """Return the briefs or entries that were saved, with their addresses."""
    return list(SHEET_KINDS[upload.results["sheet"]].describe_saved(upload.results.get("stored", ())))


def count_rows(upload: Upload) -> list[str]:
    """Return one line per count that is not zero."""
    unchanged = upload.results["unchanged"]
    lines = [
        *SHEET_KINDS[upload.results["sheet"]].count(upload.results),
        (unchanged, ngettext("%(n)s unchanged", "%(n)s unchanged", unchanged)),
    ]
    return [line % {"n": n} for n, line in lines if n]


class BriefSheets:
    def save(self, upload: Upload, rows: Sequence[PlannedRow], *, by: Person) -> SavedBatch:
        answers = upload.results.get("answers", {})
        changes = []
        for row in rows:
            left_out = {
                key for key, value in list_row_answers(str(row.key), answers).items() if value == SKIP
            }
            content, version = Content.from_json(row.values), parse_int_or_zero(str(row.seen))
            changes.append(BriefChange(row.key, version, content, frozenset(left_out)))
        late, remaining = save_changes(changes, by=by)
        handled = rows[: len(rows) - len(remaining)]
        late_ids = {change.brief for change in late}
        return SavedBatch(
            [(row.key, "update") for row in handled if row.key not in late_ids],
            [row for row in handled if row.key in late_ids],
            list(rows[len(handled) :]),
        )

    def finish(self, upload: Upload) -> None:
        pass

    def build_things(
        self, upload: Upload, rows: Sequence[tuple[PlannedRow, bool]], person: Person
    ) -> Iterator[Thing]:
        found = Brief.objects.select_related("source", "picture", "updated_by")
        briefs = found.prefetch_related("bullets", "bylines", "labels").in_bulk(
            [row.key for row, _late in rows]
        )
        before = {pk: workflow.load_working_copy(brief) for pk, brief in briefs.items()}
        after = {row.key: _number_new_bullets(Content.from_json(row.values)) for row, _late in rows}
        names = load_names_by_id([*before.values(), *after.values()])
        answers = upload.results.get("answers", {})
        for row, is_late in rows:
            brief, file = briefs[row.key], upload.results["file"]
            thing = Thing(str(row.key), file, 1, Badge(""), "updated", brief=brief.pk, brief_title=str(brief))
            self._fill(thing, brief, row, person, is_late=is_late)
            is_offered = thing.is_optional or thing.questions
            row_answers = list_row_answers(thing.key, answers) if is_offered else None
            thing.changes = build_change_rows(before[row.key], after[row.key], names, row_answers)
            thing.unchanged_count = count_unchanged_bullets(before[row.key], after[row.key])
            yield thing

    def _fill(self, thing: Thing, brief: Brief, row: PlannedRow, person: Person, *, is_late: bool) -> None:
        version = parse_int_or_zero(str(row.seen))
        is_newer, is_draft = brief.version != version, brief.state == State.DRAFT
        if not is_late and is_draft and not is_newer:
            thing.badge, thing.is_optional = Badge(_("Updates %(n)s") % {"n": brief.pk}, "going"), True
            return
        thing.status = "edited"
        if is_draft and is_newer and not explain_locked(person, brief):
            thing.badge = Badge(_("You decide"), "warn")
            text = _("Brief %(n)s was changed since the export. Which text?") % {"n": brief.pk}
            over, remark = f"{brief.pk}-{brief.version}", describe_last_change(brief)
            thing.questions = [ask_which_text(thing.key, text, over=over, remark=remark)]
        else:
            thing.badge = Badge(_("Not imported"), "warn")
            thing.error = describe_conflict(brief, BriefChange(brief.pk, version, Content()))

    def describe_saved(self, saved: Sequence[tuple[int, str]]) -> Iterator[dict[str, Any]]:
        for brief in Brief.objects.filter(pk__in=[pk for pk, _status in saved]).order_by("pk"):
            url = reverse("admin:briefs_brief_change", args=[brief.pk])
            yield {"url": url, "title": brief, "label": _("Updated"), "status": "updated"}

    def count(self, results: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        done, left, late = (results[key] for key in ("done", "left", "conflicts"))
        yield done, ngettext("%(n)s draft changed", "%(n)s drafts changed", done)
        yield left, ngettext("%(n)s draft to change", "%(n)s drafts to change", left)
        yield late, ngettext("%(n)s brief not imported", "%(n)s briefs not imported", late)


def _number_new_bullets(content: Content) -> Content:
    """Number new bullets below zero, so that they are compared one by one."""
    bullets = (replace(b, number=-n) if not b.number else b for n, b in enumerate(content.bullets, 1))
    return replace(content, bullets=tuple(bullets))


class VocabularySheets:
    def __init__(self, kind: type[Vocabulary]) -> None:
        self.kind = kind

    def save(self, upload: Upload, rows: Sequence[PlannedRow], *, by: Person) -> SavedBatch:
        results = upload.results
        sheet_rows = [SheetRow(row.key, tuple(row.values["cells"])) for row in rows]
        outcome = save_rows(
            Sheet(tuple(results["headings"]), sheet_rows),
            self.kind,
            by=by,
            seen={row.key: str(row.seen) for row in rows},
            seconds=LOCK_SECONDS,
        )
        message = _("Imported from “%(file)s”") % {"file": results["file"]}
        for kind, flag in (("new", ADDITION), ("update", CHANGE)):
            entries: Any = [row.entry for row in outcome.rows if row.kind == kind and not row.waits]
            if entries:
                LogEntry.objects.log_actions(by.pk, entries, flag, change_message=message)
        counts = results.setdefault("counts", {})
        for change in outcome.rows:
            counts[change.status] = counts.get(change.status, 0) + 1
        results["drafts"] = [*results.get("drafts", []), *(draft.pk for draft in outcome.drafts)]
        return self._sort(rows, outcome)

    def _sort(self, rows: Sequence[PlannedRow], outcome: SheetImportOutcome) -> SavedBatch:
        outdated = {change.number: change for change in outcome.outdated}
        errors = {problem.row: problem.text for problem in outcome.problems}
        late = [
            _plan_entry(outdated[row.key], row.values["cells"])
            if row.key in outdated
            else replace(row, values={**row.values, "error": errors[row.key]})
            for row in rows
            if row.key in errors
        ]
        remaining = [row for row in rows if row.key in outcome.remaining]
        return SavedBatch([(row.entry.pk or 0, row.status) for row in outcome.rows], late, remaining)

    def finish(self, upload: Upload) -> None:
        """Notify those whose yes is needed, once for all drafts of the sheet."""
        drafts = Draft.objects.filter(pk__in=upload.results.pop("drafts", ())).order_by("pk")
        workflow.announce_drafts(list(drafts))

    def build_things(
        self, upload: Upload, rows: Sequence[tuple[PlannedRow, bool]], person: Person
    ) -> Iterator[Thing]:
        for row, is_late in rows:
            values = row.values
            badge = Badge(_("New"), "good") if values["kind"] == "new" else Badge(_("Changed"), "going")
            file = _("Row %(n)s") % {"n": row.key}
            thing = Thing(str(row.key), file, 1, badge, "updated", title=values["label"])
            thing.counts = [_("Waits for a second person")] if values["waits"] else []
            if values["kind"] == "new":
                thing.fields = [{"label": label, "value": value} for label, _was, value in values["changes"]]
            else:
                thing.changes = [build_value_row(*change) for change in values["changes"]]
            if values.get("error"):
                thing.badge, thing.status, thing.error = (
                    Badge(_("Not imported"), "warn"),
                    "edited",
                    values["error"],
                )
            elif is_late:
                thing.badge, thing.status = Badge(_("You decide"), "warn"), "edited"
                text = _("“%(name)s” was changed since the preview. Which text?") % {"name": thing.title}
                thing.questions = [ask_which_text(thing.key, text, over=str(row.seen))]
            else:
                thing.is_optional = True
            yield thing

    def describe_saved(self, saved: Sequence[tuple[int, str]]) -> Iterator[dict[str, Any]]:
        labels = {"new": _("New"), "update": _("Changed"), "waits": _("Waits for a second person")}
        entries = self.kind._default_manager.in_bulk([pk for pk, _status in saved if pk])
        for pk, status in saved:
            if entry := entries.get(pk):
                url = reverse(f"admin:briefs_{self.kind._meta.model_name}_change", args=[pk])
                yield {"url": url, "title": entry, "label": labels[status], "status": status}

    def count(self, results: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
        is_begun = "counts" in results
        counts = results["counts"] if is_begun else results["planned"]
        new, changed, waiting = (counts.get(status, 0) for status in ("new", "update", "waits"))
        yield new, ngettext("%(n)s new entry", "%(n)s new entries", new)
        yield changed, ngettext("%(n)s entry changed", "%(n)s entries changed", changed)
        text = ngettext(
            "%(n)s draft waits for a second person", "%(n)s drafts wait for a second person", waiting
        )
        yield waiting, text
        left = results["left"] if is_begun else 0
        yield left, ngettext("%(n)s entry left", "%(n)s entries left", left)
        late = results["conflicts"]
        yield late, ngettext("%(n)s entry not imported", "%(n)s entries not imported", late)


SHEET_KINDS: Final[Mapping[str, BriefSheets | VocabularySheets]] = {
    BRIEF_SHEET: BriefSheets(),
    **{str(kind._meta.model_name): VocabularySheets(kind) for kind in RESOURCES},
}
