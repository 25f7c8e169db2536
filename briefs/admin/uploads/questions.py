"""Questions of an import: asked in the preview beside what they are about, answered by radio buttons, and kept with
the upload. What has an open question waits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from briefs.admin.common.interface_labels import interface_side
from briefs.documents.types import ParsedDate
from briefs.intake import NameQuestion
from briefs.models import Author, Brief, Keyword
from briefs.text.date_format import format_with_weekday

ANSWER_FIELD: Final = re.compile(r"q-[\w-]{1,60}", re.ASCII)
MAX_ANSWERS: Final = 2_000
MAX_ROW_ANSWERS: Final = 2_100
"""Answers about the rows of one table or brief: 2,000 bullets, headline and summary, and room."""
MAX_ANSWER_LENGTH: Final = 60
SKIP: Final = "skip"
"""The answer that leaves a thing or a row out."""

LEFT_OUT: Final = "out"
"""The answer for a thing whose box is not ticked."""


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `name` is its form field. `is_repeated`: it is asked at an earlier thing of the page."""

    kind: str
    name: str
    text: str
    options: Sequence[Option]
    remark: str = ""
    answer: str = ""
    is_repeated: bool = False

    @property
    def is_open(self) -> bool:
        return not self.answer


def read_answers(data: QueryDict) -> dict[str, str]:
    """Return the posted answers by field name. Malformed ones are ignored."""
    names = [name for name in data if ANSWER_FIELD.fullmatch(name)][:MAX_ANSWERS]
    values = {name: str(data[name]) for name in names}
    return {name: value for name, value in values.items() if 0 < len(value) <= MAX_ANSWER_LENGTH}


def read_row_answers(data: QueryDict, key: str) -> dict[str, str]:
    """Return an answer for each row of a thing that the page showed with a box: taken or left out."""
    taken = set(data.getlist(f"row-{key}"))
    rows = [row for row in data.getlist(f"rows-{key}") if ANSWER_FIELD.fullmatch(f"q-{key}-row-{row}")]
    return {f"q-{key}-row-{row}": "take" if row in taken else SKIP for row in rows[:MAX_ROW_ANSWERS]}


def list_left_out_things(data: QueryDict, keys: Iterable[str]) -> dict[str, str]:
    """Return for each thing of the page whether its box is ticked, so that what was left out stays so."""
    taken = set(data.getlist("take"))
    return {f"q-{key}-target": "take" if key in taken else LEFT_OUT for key in keys}


def list_row_answers(key: str, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers about rows of one thing, by row key (`b4`)."""
    prefix = f"q-{key}-row-"
    return {name.removeprefix(prefix): value for name, value in answers.items() if name.startswith(prefix)}


def list_name_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers to questions about names, by name key."""
    return {
        name.removeprefix("q-name-"): value for name, value in answers.items() if name.startswith("q-name-")
    }


def fill_answers(
    questions: Iterable[Question], answers: Mapping[str, str], asked: set[str]
) -> list[Question]:
    """Set the answers that are still offered. Mark questions that were `asked` before, and add the others to it."""
    filled = []
    for question in questions:
        answer = answers.get(question.name, question.answer)
        is_offered = answer in {option.value for option in question.options}
        is_repeated = question.name in asked
        filled.append(replace(question, answer=answer if is_offered else "", is_repeated=is_repeated))
        asked.add(question.name)
    return filled


def ask_for_date(key: str, date: ParsedDate, current_date: str) -> Question:
    """Ask which reading of an ambiguous date is right. `current_date`: that of the brief that is updated."""
    readings = sorted((date.iso, date.alternative))
    return Question(
        "date",
        f"q-{key}-date",
        _("Which day?"),
        [Option(iso, format_with_weekday(iso, interface_side())) for iso in readings],
        _("The file says “%(text)s”") % {"text": date.raw},
        current_date,
    )


def ask_for_name(question: NameQuestion) -> Question:
    kind, text, rows = question
    labels = [label for _pk, label in rows]
    if kind is Author and len(rows) == 1:
        title = _("Is “%(name)s” the author %(known)s?") % {"name": text, "known": labels[0]}
        options = [Option(str(rows[0][0]), _("The same"))]
    else:
        title = {
            Author: _("Which author is “%(name)s”?"),
            Keyword: _("Keyword %(name)s: which one?"),
        }.get(kind, _("Source %(name)s: which one?")) % {"name": text}
        options = [Option(str(pk), label) for pk, label in rows]
    new = _("Somebody else") if kind is Author else _("Add %(name)s") % {"name": text}
    remark = "" if kind is Author else _("The vocabulary has %(names)s") % {"names": _(", ").join(labels)}
    return Question("name", f"q-name-{question.key}", title, [*options, Option("new", new)], remark)


def ask_for_target(key: str, brief: Brief, version: int, *, remark: str, may_update: bool) -> Question:
    """Ask whether a digest of an article that `brief` digests updates it, or is a second brief."""
    update = Option(f"over-{brief.pk}-{version}", _("Update %(n)s") % {"n": brief.pk})
    others = [Option("second", _("Second brief")), Option(SKIP, _("Skip"))]
    text = _("Update brief %(n)s, or store a second one?") % {"n": brief.pk}
    return Question("target", f"q-{key}-target", text, [*([update] if may_update else []), *others], remark)


def ask_for_second(key: str, file: str) -> Question:
    """Ask about a digest of an article that an earlier file of the same upload digests."""
    options = [Option("second", _("Second brief")), Option(SKIP, _("Skip"))]
    text = _("“%(file)s” of this upload digests the same article. Store a second brief?") % {"file": file}
    remark = _("To update its brief instead, import that file first.")
    return Question("target", f"q-{key}-target", text, options, remark)


def ask_which_text(key: str, text: str, *, over: str, remark: str = "") -> Question:
    """Ask whether the file replaces what people changed meanwhile. `over`: the state that it would replace."""
    options = [Option(f"over-{over}", _("The file’s")), Option(SKIP, _("Keep what is there"))]
    return Question("target", f"q-{key}-target", text, options, remark)


def count_open(questions: Iterable[Question]) -> int:
    return len({question.name for question in questions if question.is_open})
