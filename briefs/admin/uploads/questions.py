"""Questions of a sheet's import: asked in the preview beside what they are about, answered by radio buttons, and kept with
the upload. What has an open question waits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

ANSWER_FIELD: Final = re.compile(r"q-[\w-]{1,60}", re.ASCII)
MAX_ANSWERS: Final = 2_000
MAX_ROW_ANSWERS: Final = 2_100
"""Answers about the rows of one brief: 2,000 bullets, headline and summary, and room."""
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
    """One question. `name` is its form field."""

    kind: str
    name: str
    text: str
    options: Sequence[Option]
    remark: str = ""
    answer: str = ""

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


def list_row_answers(key: str, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers about rows of one thing, by row key (`b4`)."""
    prefix = f"q-{key}-row-"
    return {name.removeprefix(prefix): value for name, value in answers.items() if name.startswith(prefix)}


def fill_answers(questions: Iterable[Question], answers: Mapping[str, str]) -> list[Question]:
    """Set the answers that are still offered."""
    filled = []
    for question in questions:
        answer = answers.get(question.name, question.answer)
        is_offered = answer in {option.value for option in question.options}
        filled.append(replace(question, answer=answer if is_offered else ""))
    return filled


def ask_which_text(key: str, text: str, *, over: str, remark: str = "") -> Question:
    """Ask whether the file replaces what people changed meanwhile. `over`: the state that it would replace."""
    options = [Option(f"over-{over}", _("The file’s")), Option(SKIP, _("Keep what is there"))]
    return Question("target", f"q-{key}-target", text, options, remark)


def count_open(questions: Iterable[Question]) -> int:
    return len({question.name for question in questions if question.is_open})
