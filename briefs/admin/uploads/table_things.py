"""A returned Word table as a thing of an import: its changes, suggestions, notes and rows in question; and its storing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import workflow
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.form_fields import field_errors_from_reasons, simplify_stale_reasons
from briefs.admin.common.interface_labels import SIDE_NAMES, interface_side
from briefs.documents.types import DocumentRefused
from briefs.exchange.returned_table import ReturnedTable, read_table_file
from briefs.exchange.table_plan import (
    RowQuestion,
    TablePlan,
    TableRefused,
    apply_plan,
    label_key,
    list_texts,
    plan_table,
)
from briefs.models import Brief, Person

from .questions import SKIP, Option, Question, fill_answers, list_row_answers
from .things import ChangeRow, Thing, build_text_row, explain_locked


def read_table(name: str, data: bytes) -> ReturnedTable:
    """Read a returned table. Raise TableRefused with a sentence for the editor."""
    try:
        table = read_table_file(data)
    except DocumentRefused as refusal:
        raise TableRefused(refusal.message(interface_side(), name)) from refusal
    if table is None:
        raise TableRefused(_("This Word file is not a table that was exported from this site."))
    return table


def is_returned_table(data: bytes) -> bool:
    """Return whether a Word file is a table for translators, also if a program dropped its identity property."""
    try:
        return read_table_file(data) is not None
    except DocumentRefused:
        return False


def build_table_thing(key: str, name: str, data: bytes, person: Person, answers: Mapping[str, str]) -> Thing:
    """Describe what the table would store. `key`: of the thing."""
    thing = Thing(key, name, 1, Badge(_("Refused"), "bad"), "refused")
    try:
        table = read_table(name, data)
        brief = Brief.objects.filter(pk=table.brief).first()
        if brief is None:
            raise TableRefused(
                _("This table was not exported from this site, or its first lines were changed.")
            )
        thing.brief, thing.brief_title, thing.title = brief.pk, str(brief), str(brief)
        thing.why_not = explain_locked(person, brief)
        row_answers = list_row_answers(key, answers)
        plan = plan_table(table, brief, {k: value for k, value in row_answers.items() if value != SKIP})
    except TableRefused as refused:
        thing.error = str(refused)
        return thing
    except workflow.Refused as refused:
        thing.error = " ".join(map(name_row, refused.reasons))
        return thing
    _fill_thing(thing, plan, row_answers, answers)
    return thing


def _fill_thing(
    thing: Thing, plan: TablePlan, row_answers: Mapping[str, str], answers: Mapping[str, str]
) -> None:
    counts = count_plan(plan)
    has_content = bool(counts or plan.questions or plan.refused)
    thing.status = "updated" if has_content else "unchanged"
    thing.badge = (
        Badge(_("Updates %(n)s") % {"n": thing.brief}, "going") if has_content else Badge(_("Unchanged"))
    )
    asked = {question.key: question for question in plan.questions}  # one question a row
    questions = [] if thing.why_not else [_ask(thing.key, question, plan) for question in asked.values()]
    thing.questions = fill_answers(questions, answers, set())
    is_left_out = {key for key, value in row_answers.items() if value == SKIP}

    def offer(row: ChangeRow, key: str) -> ChangeRow:
        if thing.why_not or key in asked or not key:
            return row
        return replace(row, key=key, is_taken=key not in is_left_out)

    thing.counts = counts
    thing.changes = [offer(row, key) for key, row in _build_changes(plan)]
    changed = {row.key for row in thing.changes}
    thing.suggestions = []
    for suggestion in plan.suggestions:
        row = build_text_row(
            _label_row(suggestion.key, suggestion.why), {suggestion.side: (suggestion.was, suggestion.text)}
        )
        thing.suggestions.append(row if suggestion.key in changed else offer(row, suggestion.key))
        changed.add(suggestion.key)
    thing.refused_rows = [
        build_text_row(label_key(row.key), row.texts)
        for row in plan.refused
        if row.key not in asked or thing.why_not
    ]
    thing.remarks = [
        (_label_row(note.key, SIDE_NAMES.get(note.side or "", "")), note.text) for note in plan.notes
    ]
    thing.problems = list(plan.problems)
    if has_content and not thing.why_not:
        thing.choice_token = f"table-{plan.brief.pk}-{plan.brief.version}"
        thing.is_optional = bool(counts or plan.questions)


def _ask(key: str, asked: RowQuestion, plan: TablePlan) -> Question:
    label = label_key(asked.key)
    texts = {
        "merged": _("Row %(row)s has both languages in one merged cell. What now?"),
        "swapped": _("Row %(row)s seems to have its languages swapped. What now?"),
        "changed": _("Row %(row)s was changed on the desk since the export. Which text?"),
    }
    labels: dict[str, str | Promise] = {
        "split": _("Split by script"),
        "swap": _("Swap them back"),
        "file": _("The file’s"),
        "skip": _("Keep what is there") if asked.kind == "changed" else _("Leave the row out"),
    }
    remark = (
        f"「{asked.text}」"
        if asked.text and interface_side() == "zh"
        else f"“{asked.text}”"
        if asked.text
        else ""
    )
    if asked.kind == "changed":
        refused = next((row for row in plan.refused if row.key == asked.key), None)
        pairs = refused.texts.values() if refused else ()
        remark = _("; ").join(
            _("there: %(desk)s · in the file: %(file)s") % {"desk": desk, "file": file}
            for desk, file in pairs
        )
    options = [Option(answer, str(labels[answer])) for answer in asked.answers]
    return Question("row", f"q-{key}-row-{asked.key}", texts[asked.kind] % {"row": label}, options, remark)


def store_table(
    name: str, data: bytes, *, brief: int, version: int, by: Person, answers: Mapping[str, str]
) -> list[str]:
    """Store a table as the preview showed it. Return what was stored. Raise TableRefused or Refused."""
    table = read_table(name, data)
    row = Brief.objects.get(pk=brief)
    plan = apply_plan(table, row, by=by, version=version, answers=answers, must_be_answered=True)
    return count_plan(plan)


def explain_refusal(refused: TableRefused | workflow.Refused) -> str:
    if isinstance(refused, TableRefused):
        return str(refused)
    return " ".join(str(error) for error in field_errors_from_reasons(simplify_stale_reasons(refused)))


def name_row(reason: workflow.Reason) -> str:
    """Return the sentence with the number of its row, if it is about a bullet."""
    if not (reason.about.startswith("b") and reason.about[1:].isdecimal()):
        return str(reason)
    return _("%(label)s: %(text)s") % {"label": label_key(reason.about), "text": reason}


def _label_row(key: str, remark: str | Promise) -> str:
    return " · ".join(filter(None, (key and label_key(key), str(remark))))


def _build_changes(plan: TablePlan) -> Iterator[tuple[str, ChangeRow]]:
    for key, texts in list_texts(plan.stored, plan.result):
        row = build_text_row(label_key(key), texts)
        if row.cells:
            yield key, row


def count_plan(plan: TablePlan) -> list[str]:
    """Return one phrase for each kind of thing that would be stored."""
    changed = sum(1 for _row in _build_changes(plan))
    counts: Any = (
        (changed, ngettext("%(n)s row changed", "%(n)s rows changed", changed)),
        (len(plan.suggestions), ngettext("%(n)s suggestion", "%(n)s suggestions", len(plan.suggestions))),
        (len(plan.notes), ngettext("%(n)s note", "%(n)s notes", len(plan.notes))),
    )
    return [text % {"n": n} for n, text in counts if n]
