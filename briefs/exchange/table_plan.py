"""What a returned parallel table says of its brief, stored as suggestions and notes."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import workflow
from briefs.bilingual.text import count_han, detect_side
from briefs.content import SIDES, Content, ForbiddenCharacter, Side, hash_json, tidy, tidy_line
from briefs.models import Brief, Note, Person, Suggestion
from briefs.workflow.review_comments import WORDING_COLUMNS, SuggestedText, TextAnchor, index_texts
from briefs.workflow.rules import lock_brief
from briefs.workflow.rules.working_copy import TEXT_RULES

from .returned_table import ReturnedCell, ReturnedRow, ReturnedTable
from .word_table import build_checksum

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


@dataclass(slots=True)
class TablePlan:
    """What a returned table would store. `problems`: sentences about parts that are no suggestion, which become a note."""

    suggestions: list[SuggestedText] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def store_table(name: str, table: ReturnedTable, brief: Brief, *, by: Person) -> list[str]:
    """Store suggestions and notes of a table in one transaction. Return how many of each; none if they stand there already."""
    with transaction.atomic():
        row = lock_brief(brief)
        plan = plan_table(name, table, row)
        if plan.suggestions:
            workflow.review_comments.suggest_together(row, plan.suggestions, by=by, file=name)
        if plan.notes:
            workflow.reviewing.add_notes_together(row, plan.notes, by=by)
    counts = (
        (plan.suggestions, ngettext("%(n)s suggestion", "%(n)s suggestions", len(plan.suggestions))),
        (plan.notes, ngettext("%(n)s note", "%(n)s notes", len(plan.notes))),
    )
    return [text % {"n": len(found)} for found, text in counts if found]


def plan_table(name: str, table: ReturnedTable, brief: Brief) -> TablePlan:
    """Compare the table with the text that was exported. A text that only the desk changed since gets no suggestion."""
    base, stored, plan = _find_base(table, brief), workflow.load_working_copy(brief), TablePlan()
    keys, was, now = _list_keys(base), index_texts(base), index_texts(stored)
    missing: list[str] = []
    for key in keys:
        exported = {side: was[key, side] for side in SIDES}
        if (row := _find_row(table, key, exported)) is not None:
            _plan_suggestions(plan, key, row, exported, {side: now.get((key, side)) for side in SIDES})
            _plan_notes(plan, key, row)
        elif key not in (*table.repeated, *table.merged):
            missing.append(key)
    plan.notes += [_build_note("", None, _sign(c.author, c.text)) for c in table.remarks]
    added = [*table.added, *(label_key(key) for key in table.rows if key not in keys)]
    sentences = [*dict.fromkeys(plan.problems), *_describe_rows(missing, table, added)]
    if sentences:
        text = "\n".join([_("Not read from “%(file)s”:") % {"file": name}, *sentences])
        plan.notes.append(_build_note("", None, text))
    if len(plan.notes) > MAX_NOTES:
        refusal = _("This table has more than %(n)s comments and notes. Delete some of them in Word.")
        raise TableRefused(refusal % {"n": MAX_NOTES})
    _leave_out_stored(plan, brief, now)
    return plan


def _leave_out_stored(plan: TablePlan, brief: Brief, now: Mapping[tuple[str, Side], str]) -> None:
    """Leave out what an earlier upload of the table stored."""
    known = set(Suggestion.objects.filter(brief=brief, answer="").values_list(*WORDING_COLUMNS))
    plan.suggestions = [
        asked
        for asked in plan.suggestions
        if (
            asked.anchor.field,
            asked.anchor.bullet,
            asked.side,
            now[str(asked.anchor), asked.side],
            asked.text,
        )
        not in known
    ]
    texts = set(Note.objects.filter(brief=brief).values_list(*_NOTE_COLUMNS))
    unique = {tuple(getattr(note, name) for name in _NOTE_COLUMNS): note for note in plan.notes}
    plan.notes = [note for values, note in unique.items() if values not in texts]


def _find_row(table: ReturnedTable, key: str, base: Mapping[Side, str]) -> ReturnedRow | None:
    """Return the row. A merged cell is split by script, and swapped languages are put back."""
    if halves := split_languages(table.merged.get(key, "")):
        return ReturnedRow({side: ReturnedCell(half, half) for side, half in halves.items()})
    row = table.rows.get(key)
    if row is not None and _reads_swapped({side: row.cells[side].text for side in SIDES}):
        return (
            row
            if _reads_swapped(base)
            else replace(row, cells={"zh": row.cells["en"], "en": row.cells["zh"]})
        )
    return row


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


def label_key(key: str) -> str:
    """Return the row's name for people: `#4`, or the name of the field."""
    return {"headline": _("Headline"), "summary": _("Summary")}.get(key) or f"#{key[1:]}"


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


def _plan_suggestions(
    plan: TablePlan,
    key: str,
    row: ReturnedRow,
    was: Mapping[Side, str],
    now: Mapping[Side, str | None],
) -> None:
    """Suggest each text that the table changes, with its tracked changes."""
    for side in SIDES:
        cell, there, anchor = row.cells[side], now[side], TextAnchor.from_key(key)
        text = _tidy(plan, key, cell.proposed)
        if not _differs(text, was[side]) or (there is not None and not _differs(text, there)):
            continue
        values = {"row": label_key(key), "n": TEXT_RULES[anchor.field].limit, "text": text[:_QUOTED_LIMIT]}
        if there is None:
            plan.problems.append(_("%(row)s is not on the desk any more: %(text)s") % values)
        elif not text:
            plan.problems.append(_("%(row)s is empty in the file. It stays on the desk.") % values)
        elif len(text) > TEXT_RULES[anchor.field].limit:
            plan.problems.append(_("%(row)s is longer than %(n)s characters and was not read.") % values)
        else:
            why = ", ".join(cell.authors)
            plan.suggestions.append(SuggestedText(anchor, side, text, seen=hash_json(there), why=why))


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


def _plan_notes(plan: TablePlan, key: str, row: ReturnedRow) -> None:
    if row.note:
        plan.notes.append(_build_note(key, None, _tidy(plan, "summary", row.note)))
    plan.notes += [_build_note(key, c.side, _sign(c.author, c.text)) for c in row.comments]
    if row.unread:
        values = {"row": label_key(key), "text": _quote(row.unread)}
        plan.problems.append(
            _("%(row)s has a footnote, a text box or hidden text, which was not read: %(text)s") % values
        )


def _build_note(key: str, side: Side | None, text: str) -> Note:
    """Build a note on a row, on one language of it, or (without a key) on the brief. A note on a bullet has no field."""
    anchor = TextAnchor.from_key(key) if key else TextAnchor("")
    return Note(field="" if anchor.bullet else anchor.field, bullet=anchor.bullet, side=side or "", text=text)


def _sign(author: str, text: str) -> str:
    """Add the name of the comment's author to its text, since the stored note is by whoever uploads."""
    text = f"{author}: {text}" if author else text
    return tidy(_strip_control_characters(text))


def _describe_rows(missing: list[str], table: ReturnedTable, added: list[str]) -> list[str]:
    """Return a sentence for each kind of row that was not matched."""
    sentences: list[str] = []
    if missing:
        text = ngettext(
            "This row is not in the file. It stays on the desk: %(rows)s",
            "These rows are not in the file. They stay on the desk: %(rows)s",
            len(missing),
        )
        sentences.append(text % {"rows": _(", ").join(map(label_key, missing))})
    if unread := [key for key, text in table.merged.items() if not split_languages(text)]:
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
