"""Plan what a returned parallel table changes in its brief, and store that: one revision, suggestions and notes."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import workflow
from briefs.content import SIDES, Content, ForbiddenCharacter, Side, hash_json, tidy, tidy_line
from briefs.models import Brief, Note, Person, Suggestion
from briefs.text.scripts import count_han, detect_side
from briefs.text.text_diff import merge
from briefs.workflow.review_comments import (
    WORDING_COLUMNS,
    SuggestedText,
    TextAnchor,
    Texts,
    index_texts,
    replace_texts,
)
from briefs.workflow.rules.transitions import lock_brief, require_current_version
from briefs.workflow.rules.working_copy import TEXT_RULES

from .returned_table import ReturnedCell, ReturnedRow, ReturnedTable
from .word_file import build_checksum

MAX_NOTES: Final = 200
"""Notes of one table. More would hold the database for seconds."""
_NOTE_COLUMNS: Final = ("field", "bullet", "side", "text")
_QUOTED_LIMIT = 80
_MAX_QUOTED = 10
_BLANK_LINES = re.compile(r"\n{3,}")
_AS_WORD_WRITES = str.maketrans({"\u2011": "-", "\u00ad": None})
"""Word and LibreOffice store these characters as elements, which are read as the values here."""


class TableRefused(Exception):
    """The file is no table of this brief. The message is a sentence for the editor."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that somebody changed on the desk since the export, with the texts of desk and file in each language."""

    key: str
    texts: Mapping[Side, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TableSuggestion:
    key: str
    side: Side
    was: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class TableNote:
    """A note on a row, on one language of it, or (without a key) on the brief."""

    text: str
    key: str = ""
    side: Side | None = None


RowQuestionKind = Literal["merged", "swapped", "changed"]
RowAnswer = Literal["split", "swap", "file", "take", "skip"]
"""Split a merged cell by script, swap the languages back, take the file's text, take the row, leave it out."""


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """A row that a person has to decide. `text`: of the merged cell, or of the swapped row."""

    kind: RowQuestionKind
    key: str
    answers: tuple[RowAnswer, ...]
    text: str = ""


@dataclass(slots=True)
class TablePlan:
    """What a returned table would store. `problems`: sentences about parts that would not be stored."""

    brief: Brief
    stored: Content
    result: Content
    answers: Mapping[str, str] = field(default_factory=dict)
    """By row key. A row with an open question is not stored."""
    questions: list[RowQuestion] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    suggestions: list[TableSuggestion] = field(default_factory=list)
    notes: list[TableNote] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.result == self.stored and not (self.suggestions or self.notes)

    @property
    def open_questions(self) -> list[RowQuestion]:
        return [asked for asked in self.questions if self.answers.get(asked.key) not in asked.answers]


def plan_table(table: ReturnedTable, brief: Brief, answers: Mapping[str, str] | None = None) -> TablePlan:
    """Compare the table with the brief. Raise TableRefused, and Refused if the result could not be stored."""
    base = _find_base(table, brief)
    stored = workflow.load_working_copy(brief)
    plan = TablePlan(brief, stored, stored, answers or {})
    keys, was, now, mine = _list_keys(base), index_texts(base), index_texts(stored), Texts()
    known = set(keys)
    rows: dict[str, ReturnedRow] = {}
    missing: list[str] = []
    forced = Texts()
    for key in keys:
        row = _resolve_row(plan, key, table, {side: was[key, side] for side in SIDES})
        if row is None or plan.answers.get(key) == "skip":
            if key not in (*table.repeated, *table.merged, *table.rows):
                missing.append(key)
            continue
        rows[key] = row
        texts = _take_row(plan, key, row, *({s: texts.get((key, s)) for s in SIDES} for texts in (was, now)))
        mine |= texts
        forced |= texts if plan.answers.get(key) == "file" else {}
    merged = replace_texts(merge(base, replace_texts(base, mine), stored).content, forced)
    plan.result = workflow.prepare(merged, next_number=brief.next_number).content
    result = index_texts(plan.result)
    for key, row in rows.items():
        _plan_suggestions(plan, key, row, {side: result.get((key, side)) for side in SIDES})
        _plan_notes(plan, key, row)
    plan.notes += [TableNote(_sign(c.author, c.text)) for c in table.remarks]
    if len(plan.notes) > MAX_NOTES:
        text = _("This table has more than %(n)s comments and notes. Delete some of them in Word.")
        raise TableRefused(text % {"n": MAX_NOTES})
    known_suggestions = set(Suggestion.objects.filter(brief=brief, answer="").values_list(*WORDING_COLUMNS))
    plan.suggestions = [asked for asked in plan.suggestions if _get_wording(asked) not in known_suggestions]
    known_notes = set(Note.objects.filter(brief=brief).values_list(*_NOTE_COLUMNS))
    plan.notes = [note for note in dict.fromkeys(plan.notes) if _get_note_values(note) not in known_notes]
    added = [*table.added, *(label_key(key) for key in table.rows if key not in known)]
    plan.problems = [
        *dict.fromkeys(plan.problems),
        *_describe_rows(missing, table, added, is_asked=answers is not None),
    ]
    return plan


def _resolve_row(
    plan: TablePlan, key: str, table: ReturnedTable, base: Mapping[Side, str]
) -> ReturnedRow | None:
    """Return the row as the answers make it. Ask about merged cells and swapped languages."""
    answer = plan.answers.get(key)
    if (text := table.merged.get(key)) is not None:
        halves = split_languages(text)
        plan.questions.append(RowQuestion("merged", key, ("split", "skip") if halves else ("skip",), text))
        cells = {side: ReturnedCell(half, half) for side, half in halves.items()}
        return ReturnedRow(cells) if answer == "split" and halves else None
    row = table.rows.get(key)
    if row is not None and _is_swapped({side: row.cells[side].text for side in SIDES}, base):
        text = " / ".join(row.cells[side].text for side in SIDES)
        plan.questions.append(RowQuestion("swapped", key, ("swap", "skip"), text))
        cells = {"zh": row.cells["en"], "en": row.cells["zh"]}
        return replace(row, cells=cells) if answer == "swap" else None
    return row


def _is_swapped(texts: Mapping[Side, str], base: Mapping[Side, str]) -> bool:
    """Return whether the Chinese is in the English column and the other way round, and was not in the export."""
    return _reads_swapped(texts) and not _reads_swapped(base)


def _reads_swapped(texts: Mapping[Side, str]) -> bool:
    return bool(texts["zh"]) and not count_han(texts["zh"]) and detect_side(texts["en"]) == "zh"


def split_languages(text: str) -> dict[Side, str]:
    """Split a text in both languages where the script changes. Return an empty dict if that leaves a side empty."""
    han = [at for at, character in enumerate(text) if count_han(character)]
    if not han:
        return {}
    is_chinese_first = not text[: han[0]].strip() or len(text) - han[-1] > han[0]
    wide = [at for at, character in enumerate(text) if unicodedata.east_asian_width(character) in "WF"]
    cut = wide[-1] + 1 if is_chinese_first else han[0]  # punctuation ends the Chinese
    first, second = text[:cut].strip(" \n/／"), text[cut:].strip(" \n/／")
    zh, en = (first, second) if is_chinese_first else (second, first)
    return {"zh": zh, "en": en} if zh and re.search("[A-Za-z]", en) else {}


def apply_plan(
    table: ReturnedTable,
    brief: Brief,
    *,
    by: Person,
    version: int,
    answers: Mapping[str, str] | None = None,
    must_be_answered: bool = False,
) -> TablePlan:
    """Store the table in one transaction, if `version` is still the newest. Return what was stored."""
    with transaction.atomic():
        row = lock_brief(brief)
        require_current_version(row, version)
        plan = plan_table(table, row, answers)
        if must_be_answered and plan.open_questions:
            raise TableRefused(_("A row of this table has a question. Answer it first."))
        workflow.save(row, plan.result, by=by, version=version)
        if plan.suggestions:
            workflow.suggest_together(row.pk, map(_build_suggested_text, plan.suggestions), by=by)
        if plan.notes:
            workflow.add_notes_together(row.pk, map(_build_note, plan.notes), by=by)
    return plan


def _build_suggested_text(asked: TableSuggestion) -> SuggestedText:
    return SuggestedText(_anchor(asked.key), asked.side, asked.text, seen=hash_json(asked.was), why=asked.why)


def _build_note(note: TableNote) -> Note:
    return Note(**dict(zip(_NOTE_COLUMNS, _get_note_values(note), strict=True)))


def _get_note_values(note: TableNote) -> tuple[Any, ...]:
    return *_place_note(note), note.side or "", note.text


def label_key(key: str) -> str:
    """Return the row's name for people: `#4`, or the name of the field."""
    return {"headline": _("Headline"), "summary": _("Summary")}.get(key) or f"#{key[1:]}"


def list_texts(before: Content, after: Content) -> Iterator[tuple[str, dict[Side, tuple[str, str]]]]:
    """Yield each row of `before` by key, with the texts of both contents."""
    old, new = index_texts(before), index_texts(after)
    for key in _list_keys(before):
        yield key, {s: (old.get((key, s), ""), new.get((key, s), "")) for s in SIDES}


def _find_base(table: ReturnedTable, brief: Brief) -> Content:
    if table.brief != brief.pk:
        raise TableRefused(_("This is the table of brief %(n)s. Upload it there.") % {"n": table.brief})
    row = brief.revisions.filter(number=table.revision).first()
    base = Content.from_json(row.content) if row else None
    if base is None or build_checksum(base) != table.checksum:
        raise TableRefused(_("This table was not exported from this site, or its first lines were changed."))
    return base


def _list_keys(content: Content) -> list[str]:
    return ["headline", "summary", *(f"b{bullet.number}" for bullet in content.bullets)]


def _anchor(key: str) -> TextAnchor:
    return TextAnchor("bullet", int(key[1:])) if key.startswith("b") else TextAnchor(key)


def _take_row(
    plan: TablePlan,
    key: str,
    row: ReturnedRow,
    was: Mapping[Side, str | None],
    now: Mapping[Side, str | None],
) -> Texts:
    """Return the texts that a table row changes. Skip it if the stored row changed since the export."""
    texts = {side: _tidy(plan, key, row.cells[side].text) for side in SIDES}
    changed = [side for side in SIDES if _differs(texts[side], was[side] or "")]
    if not [side for side in changed if _differs(texts[side], now[side] or "")]:
        return {}
    if any(now[side] != was[side] for side in SIDES):
        if any(now[side] is None for side in changed):  # deleted on the desk
            plan.refused.append(RefusedRow(key, {side: (now[side] or "", texts[side]) for side in changed}))
            return {}
        plan.questions.append(RowQuestion("changed", key, ("file", "skip")))
        if plan.answers.get(key) == "file":
            return {(key, side): texts[side] for side in changed}
        plan.refused.append(RefusedRow(key, {side: (now[side] or "", texts[side]) for side in changed}))
        return {}
    if key.startswith("b") and not any(texts.values()):
        plan.problems.append(
            _("%(row)s is empty in the file. It stays on the desk.") % {"row": label_key(key)}
        )
        return {}
    return {(key, side): texts[side] for side in changed}


def _tidy(plan: TablePlan, key: str, text: str) -> str:
    try:
        return tidy(text) if key == "summary" else tidy_line(text)
    except ForbiddenCharacter as bad:
        values = {"row": label_key(key), "code": f"U+{ord(bad.character):04X}"}
        plan.problems.append(_("%(row)s has the control character %(code)s, which was left out.") % values)
        text = _strip_control_characters(text)
        return tidy(text) if key == "summary" else tidy_line(text)


def _strip_control_characters(text: str) -> str:
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Cn"))


def _differs(one: str, other: str) -> bool:
    """Return whether two texts differ by more than what Word and LibreOffice change when they save a file."""
    return _comparable(one) != _comparable(other)


def _comparable(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", unicodedata.normalize("NFC", text).translate(_AS_WORD_WRITES))


def _plan_suggestions(plan: TablePlan, key: str, row: ReturnedRow, texts: Mapping[Side, str | None]) -> None:
    late: dict[Side, tuple[str, str]] = {}
    for side in SIDES:
        cell = row.cells[side]
        text, proposed = (_tidy(plan, key, value) for value in (cell.text, cell.proposed))
        if not _differs(text, proposed):
            continue
        now = texts[side]
        if now is not None and not _differs(now, proposed):
            continue
        if now is None or (_differs(now, text) and plan.answers.get(key) != "file"):
            late[side] = (now or "", proposed)
        elif len(proposed) > (limit := TEXT_RULES[_anchor(key).field].limit):
            values = {"row": label_key(key), "n": limit}
            plan.problems.append(
                _("%(row)s: the tracked text is longer than %(n)s characters and was not read.") % values
            )
        elif not proposed:
            values = {"row": label_key(key), "name": _format_authors(cell)}
            plan.problems.append(
                _("%(row)s: %(name)s deleted the whole text. It stays on the desk.") % values
            )
        else:
            plan.suggestions.append(TableSuggestion(key, side, now, proposed, _format_authors(cell)))
    if late and not any(refused.key == key for refused in plan.refused):
        plan.refused.append(RefusedRow(key, late))
        if all(texts[side] is not None for side in late):
            plan.questions.append(RowQuestion("changed", key, ("file", "skip")))


def _format_authors(cell: ReturnedCell) -> str:
    return ", ".join(cell.authors) or "Word"


def _plan_notes(plan: TablePlan, key: str, row: ReturnedRow) -> None:
    if row.note:
        plan.notes.append(TableNote(_tidy(plan, "summary", row.note), key))
    plan.notes += [TableNote(_sign(c.author, c.text), key, c.side) for c in row.comments]
    if row.unread:
        values = {"row": label_key(key), "text": _quote(row.unread)}
        plan.problems.append(
            _("%(row)s has a footnote, a text box or hidden text, which was not read: %(text)s") % values
        )


def _sign(author: str, text: str) -> str:
    """Add the name of the comment's author to its text, since the stored note is by whoever uploads."""
    text = f"{author}: {text}" if author else text
    return tidy(_strip_control_characters(text))


def _place_note(note: TableNote) -> tuple[str, int | None]:
    """Return field and bullet number of the note. A note on a bullet has no field."""
    if not note.key:
        return "", None
    anchor = _anchor(note.key)
    return ("", anchor.bullet) if anchor.bullet else (anchor.field, None)


def _get_wording(asked: TableSuggestion) -> tuple[Any, ...]:
    anchor = _anchor(asked.key)
    return anchor.field, anchor.bullet, asked.side, asked.was, asked.text


def _describe_rows(
    missing: list[str], table: ReturnedTable, added: list[str], *, is_asked: bool
) -> list[str]:
    """Return a sentence for each kind of row that was not matched."""
    sentences: list[str] = []
    if missing:
        text = ngettext(
            "This row is not in the file. It stays on the desk: %(rows)s",
            "These rows are not in the file. They stay on the desk: %(rows)s",
            len(missing),
        )
        sentences.append(text % {"rows": _(", ").join(map(label_key, missing))})
    if (unread := list(table.merged)) and not is_asked:
        text = ngettext(
            "This row has merged cells and was not read. Split them in Word: %(rows)s",
            "These rows have merged cells and were not read. Split them in Word: %(rows)s",
            len(unread),
        )
        sentences.append(text % {"rows": _(", ").join(map(label_key, unread))})
    if table.repeated:
        text = ngettext(
            "This number is in the file more than once. None of its rows was read: %(rows)s",
            "These numbers are in the file more than once. None of their rows was read: %(rows)s",
            len(table.repeated),
        )
        sentences.append(text % {"rows": _(", ").join(map(label_key, table.repeated))})
    if added:
        text = ngettext(
            "This row has no number of this brief and was not read. Add it on the desk: %(rows)s",
            "These rows have no number of this brief and were not read. Add them on the desk: %(rows)s",
            len(added),
        )
        sentences.append(text % {"rows": _quote(added)})
    return sentences


def _quote(texts: Sequence[str]) -> str:
    short = [
        text if len(text) <= _QUOTED_LIMIT else f"{text[:_QUOTED_LIMIT]}…" for text in texts[:_MAX_QUOTED]
    ]
    return _("; ").join([*short, *(["…"] if len(texts) > _MAX_QUOTED else [])])
