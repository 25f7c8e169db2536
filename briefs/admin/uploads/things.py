"""Things of a sheet's import: what will happen to each, questions, and the differences from the brief that it changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from briefs import policy, workflow
from briefs.admin.common.brief_pages import Badge, bullet_structure_label
from briefs.admin.common.diff_html import CELL_EFFORT, highlight_differences, share_effort
from briefs.admin.common.fact_text import describe_key_line, format_fact
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.admin.common.name_fields import NamesById
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, Side
from briefs.facts import FACTS
from briefs.models import Brief, Person, State
from briefs.text.text_diff import EFFORT_LIMIT, diff_contents

from .questions import SKIP, Question

# Compare a brief with the content of an imported file: Chinese by character, English by word.


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """A text that differs. `lang` is empty for a fact."""

    lang: str
    current_text: SafeString
    file_text: SafeString


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A row of the comparison. `key`: of a row that can be left out; `is_taken`: it is not."""

    label: str | Promise
    cells: list[ChangeCell] = field(default_factory=list)
    key: str = ""
    is_taken: bool = True


def build_change_rows(
    before: Content, after: Content, names: NamesById, answers: Mapping[str, str] | None = None
) -> list[ChangeRow]:
    """Return every difference, in page order. With `answers`, by row key, each row can be left out."""
    effort = share_effort(2 * len(after.bullets))
    leads = [*_lead_rows(before, after), *_key_line_rows(before, after)]
    rows = [*leads, *_bullet_rows(before, after, effort), *_order_rows(before, after)]
    rows = [*(row for row in rows if row.cells), *_fact_rows(before, after, names)]
    if answers is None:
        return [replace(row, key="") for row in rows]
    return [replace(row, is_taken=answers.get(row.key) != SKIP) for row in rows]


def build_value_row(label: str, now: str, file: str) -> ChangeRow:
    """Build the row of one column of the vocabulary."""
    return ChangeRow(label, [ChangeCell("", *_mark_both(now, file, CELL_EFFORT))])


def count_unchanged_bullets(before: Content, after: Content) -> int:
    return len(set(before.bullets) & set(after.bullets))


def _lead_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    leads = (("headline", _("Headline"), Content.headline), ("summary", _("Summary"), Content.summary))
    for key, label, read in leads:
        yield ChangeRow(label, _text_cells({s: (read(before, s), read(after, s)) for s in SIDES}), key)


def _key_line_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    now, file = map(describe_key_line, (before, after))
    if now != file:
        yield ChangeRow(
            FIELD_LABELS["key_point"], [ChangeCell("", *highlight_differences(now, file))], "key_point"
        )


def _text_cells(texts: Mapping[Side, tuple[str, str]], effort: int = EFFORT_LIMIT) -> list[ChangeCell]:
    """Return the languages in which the text on the desk and the text in the file differ."""
    return [
        ChangeCell(LANGUAGE_TAGS[side], *_mark_both(now, file, effort))
        for side, (now, file) in texts.items()
        if now != file
    ]


def _mark_both(now: str, file: str, effort: int = EFFORT_LIMIT) -> tuple[SafeString, SafeString]:
    if now and file:
        return highlight_differences(now, file, effort)
    empty = format_html('<em class="gone">{}</em>', _("Empty"))
    left, right = (format_html("<mark>{}</mark>", text) if text else empty for text in (now, file))
    return left, right


def _bullet_rows(before: Content, after: Content, effort: int) -> Iterator[ChangeRow]:
    for row in diff_contents(before, after).rows:
        place = _("Bullet %(n)s") % {"n": row.new_position} if row.new else _("Bullet, not in the file")
        texts = {side: (_bullet_text(row.old, side), _bullet_text(row.new, side)) for side in SIDES}
        number = (row.new or row.old).number  # type: ignore[union-attr] # a row has one of them
        yield ChangeRow(place, _text_cells(texts, effort), f"b{number}" if number > 0 else f"n{-number}")


def _bullet_text(bullet: Bullet | None, side: Side) -> str:
    text = bullet.text(side) if bullet else ""
    if not (bullet and text) or (bullet.level(side), bullet.marker(side)) == (0, "bullet"):
        return text
    return f"{bullet_structure_label(bullet, side)} {text}"


def _order_rows(before: Content, after: Content) -> Iterator[ChangeRow]:
    shared = {b.number for b in before.bullets} & {b.number for b in after.bullets}
    now, file = (
        " ".join(f"#b{b.number}" for b in content.bullets if b.number in shared)
        for content in (before, after)
    )
    yield ChangeRow(_("Order"), [ChangeCell("", *_mark_both(now, file))] if now != file else [])


def _fact_rows(before: Content, after: Content, names: NamesById) -> Iterator[ChangeRow]:
    for name in FACTS:
        if getattr(before.facts, name) != getattr(after.facts, name):
            now, file = (format_fact(content.facts, name, names) for content in (before, after))
            yield ChangeRow(FIELD_LABELS[name], [ChangeCell("", *highlight_differences(now, file))], name)


@dataclass(slots=True)
class Thing:
    """One brief or entry that a sheet changes, with its questions and differences.

    `is_optional`: it has a box to leave it out; `is_taken`: the box is ticked.
    """

    key: str
    file: str
    number: int
    badge: Badge
    status: str
    title: str = ""
    questions: list[Question] = field(default_factory=list)
    is_optional: bool = False
    is_taken: bool = True
    error: str = ""
    brief: int | None = None
    brief_title: str = ""
    fields: list[dict[str, Any]] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    unchanged_count: int = 0
    counts: list[str] = field(default_factory=list)

    @property
    def is_waiting(self) -> bool:
        return any(question.is_open for question in self.questions)

    @property
    def is_ready(self) -> bool:
        """Return whether the next press imports it."""
        answers = [question.answer for question in self.questions]
        return (
            self.is_taken
            and (self.is_optional or bool(answers))
            and not self.is_waiting
            and SKIP not in answers
        )


def describe_last_change(brief: Brief) -> str:
    values = {
        "n": brief.pk,
        "name": brief.updated_by,
        "when": date_format(timezone.localtime(brief.updated_at), "Y-m-d H:i"),
    }
    return gettext("%(name)s changed brief %(n)s last, on %(when)s.") % values


def explain_locked(person: Person, brief: Brief) -> str:
    """Return why the person may not edit the brief now, or an empty string."""
    if policy.is_allowed(person, "edit", brief):
        return ""
    if brief.state == State.APPROVED:
        return str(workflow.Reason("approved-closed"))
    return gettext("You may not edit this brief now.")
