"""Verbs on review comments: suggestions and their answers and replies to notes."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, NamedTuple, Self

from briefs.content import SIDES, Bullet, Content, Side, hash_json, tidy_line
from briefs.models import Answer, Brief, Note, Person, Reply, Revision, Suggestion

from .editing import write_revision
from .reviewing import find_writers
from .rules.refusals import build_refusal, tidy_or_refuse
from .rules.transitions import VerbRun, begin_verb, notify, require_allowed, run_verb
from .rules.working_copy import load_working_copy


@dataclass(frozen=True, slots=True)
class TextAnchor:
    """Address of a text in a brief: headline, summary, or a bullet by number."""

    field: str
    bullet: int | None = None

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Parse `headline`, `summary` or `b4`. Return None for anything else."""
        if name in ("headline", "summary"):
            return cls(name)
        number = name[1:]
        is_number = name[:1] == "b" and number.isascii() and number.isdecimal() and 0 < len(number) < 10
        if not is_number or number[0] == "0":  # numbers start at 1; `b04` would be a second spelling of `b4`
            return None
        return cls("bullet", int(number))

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Return the anchor of a key of `index_texts`."""
        return cls("bullet", int(key[1:])) if key.startswith("b") else cls(key)

    def __str__(self) -> str:
        return f"b{self.bullet}" if self.bullet else self.field

    def find_text(self, content: Content, side: Side) -> str | None:
        """Return the text, or None when the content has no such bullet."""
        if self.field != "bullet":
            return content.headline(side) if self.field == "headline" else content.summary(side)
        return next((b.text(side) for b in content.bullets if b.number == self.bullet), None)

    def replace_text(self, content: Content, side: Side, text: str) -> Content:
        """Return the content with this text replaced."""
        return replace_texts(content, {(str(self), side): text})


WORDING_COLUMNS: Final = ("field", "bullet", "side", "was", "text")
"""The columns by which two open suggestions of a brief are the same."""
_get_wording = attrgetter(*WORDING_COLUMNS)

Texts = dict[tuple[str, Side], str]
"""Texts by anchor and side."""


def replace_texts(content: Content, texts: Texts) -> Content:
    by_anchor: dict[str, dict[Side, str]] = defaultdict(dict)
    for (anchor, side), text in texts.items():
        by_anchor[anchor][side] = text
    named: dict[str, Any] = {
        f"{name}_{side}": text
        for name in ("headline", "summary")
        for side, text in by_anchor.get(name, {}).items()
    }
    bullets = (
        replace(b, **{f"text_{side}": text for side, text in by_anchor.get(f"b{b.number}", {}).items()})  # type: ignore[arg-type]
        for b in content.bullets
    )
    return replace(content, **named, bullets=tuple(bullets))


def index_texts(content: Content) -> Texts:
    """Return every text by anchor and side, for many look-ups. (Each `find_text` searches all bullets.)"""
    texts = {
        (name, side): getattr(content, f"{name}_{side}") for name in ("headline", "summary") for side in SIDES
    }
    return texts | {
        (f"b{bullet.number}", side): bullet.text(side) for bullet in content.bullets for side in SIDES
    }


def get_anchor(row: Note | Suggestion) -> TextAnchor:
    return TextAnchor(row.field, row.bullet)


def parse_side(value: str) -> Side:
    """Return the side. Raise Refused for anything but `zh` and `en`."""
    if value not in SIDES:
        raise build_refusal("side-needed", about="review")
    return value


def suggest(
    brief: Brief | int,
    anchor: TextAnchor,
    side: Side,
    text: str,
    *,
    by: Person,
    seen: str,
    why: str = "",
    now: dt.datetime | None = None,
) -> Suggestion:
    """Store a suggested wording without changing the text.

    `seen` is the hash of the text that the page showed; the verb is refused when the text changed since.
    """
    return suggest_together(brief, [SuggestedText(anchor, side, text, seen, why)], by=by, now=now)[0]


class SuggestedText(NamedTuple):
    """See `suggest`. `after`: of a new bullet, the number of the one above it."""

    anchor: TextAnchor
    side: Side
    text: str
    seen: str
    why: str = ""
    after: int | None = None


def suggest_together(
    brief: Brief | int,
    wanted: Iterable[SuggestedText],
    *,
    by: Person,
    now: dt.datetime | None = None,
    file: str = "",
    also_by: Collection[int] = (),
) -> list[Suggestion]:
    """Store all suggestions or none, with one notice for each writer.

    `file`: where they stand, so that they can be accepted together. `also_by`: who worded them besides `by`.
    """
    with run_verb("suggest", brief, by=by, now=now) as run:
        texts = index_texts(load_working_copy(run.row))
        suggestions = [_build_suggestion(texts, asked) for asked in wanted]
        for suggestion in suggestions:
            suggestion.file, suggestion.also_by = file, sorted(also_by)
        return _store_suggestions(run, suggestions)


def _build_suggestion(texts: Texts, asked: SuggestedText) -> Suggestion:
    anchor, about = asked.anchor, str(asked.anchor)
    there = texts.get((about, asked.side), None if asked.after is None else "")
    text = tidy_or_refuse(asked.text, about=about)
    text = text if anchor.field == "summary" else tidy_line(text)
    if there is None or asked.seen != hash_json(there):
        raise build_refusal("suggestion-late", about=about)
    if not text or text == there:
        raise build_refusal("suggestion-same", about=about)
    return Suggestion(
        field=anchor.field, bullet=anchor.bullet, side=asked.side, was=there, text=text,
        why=tidy_or_refuse(asked.why, about=about), after=asked.after,
    )  # fmt: skip


def _store_suggestions(run: VerbRun, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """Store each suggestion once, with an event. Notify the writers once. Return the stored rows."""
    stored = {_get_wording(s): s for s in Suggestion.objects.filter(brief=run.row, by=run.by, answer="")}
    new = {_get_wording(s): s for s in suggestions if _get_wording(s) not in stored}
    for suggestion in new.values():
        suggestion.brief, suggestion.by, suggestion.at = run.row, run.by, run.now
    Suggestion.objects.bulk_create(new.values())
    events = run.record_events("suggest", (f"#{get_anchor(s)}: {s.text}" for s in new.values()))
    if events:
        notify(events[0], "suggested", find_writers(run.row), by_mail=False)
    return [(stored | new)[_get_wording(suggestion)] for suggestion in suggestions]


def accept(suggestion: Suggestion, *, by: Person, now: dt.datetime | None = None) -> Revision | None:
    """Apply a suggestion. Who accepts it and all who worded it count as changers of the text.

    Raise Refused when the text changed since.
    """
    return _answer("accept", suggestion, Answer.ACCEPTED, by=by, now=now)


def decline(suggestion: Suggestion, *, by: Person, now: dt.datetime | None = None) -> None:
    _answer("decline", suggestion, Answer.DECLINED, by=by, now=now)


def _answer(
    verb: str, suggestion: Suggestion, answer: Answer, *, by: Person, now: dt.datetime | None
) -> Revision | None:
    with begin_verb(verb, suggestion, by=by, now=now) as run:
        asked = Suggestion.objects.select_related("by").get(pk=suggestion.pk)
        anchor = get_anchor(asked)
        if asked.answer:
            raise build_refusal("suggestion-answered", about=str(anchor), name=str(asked.answered_by))
        # People without the right to edit may still withdraw their own suggestion.
        is_own_withdrawal = answer == Answer.DECLINED and asked.by_id == by.pk
        require_allowed(by, "note" if is_own_withdrawal else "edit", run.row)
        revision = _apply_suggestion(run, asked) if answer == Answer.ACCEPTED else None
        Suggestion.objects.filter(pk=asked.pk).update(answer=answer, answered_by=by, answered_at=run.now)
        notify(run.record_event(note=f"#{anchor}", revision=revision), "answered", [asked.by])
        return revision


def _apply_suggestion(run: VerbRun, suggestion: Suggestion) -> Revision | None:
    content = load_working_copy(run.row)
    if not is_current(suggestion, content):
        raise build_refusal("suggestion-lapsed", about=str(get_anchor(suggestion)))
    changed = _apply_text(content, suggestion)
    return write_revision(run, changed, kind=Revision.Kind.SAVE, also_by=_list_worders([suggestion]))


def is_current(suggestion: Suggestion, content: Content) -> bool:
    """Return whether the text is unchanged since the suggestion was made."""
    text = get_anchor(suggestion).find_text(content, parse_side(suggestion.side))
    return suggestion.was == (text if suggestion.after is None else text or "")


def _apply_text(content: Content, suggestion: Suggestion) -> Content:
    """Return the content with the suggested text, in a new bullet if it is one."""
    number, bullets = suggestion.bullet or 0, content.bullets
    if suggestion.after is not None and number not in {bullet.number for bullet in bullets}:
        above = [at for at, bullet in enumerate(bullets, 1) if bullet.number == suggestion.after]
        at = above[0] if above else 0 if suggestion.after == 0 else len(bullets)
        content = replace(content, bullets=(*bullets[:at], Bullet(number), *bullets[at:]))
    return get_anchor(suggestion).replace_text(content, parse_side(suggestion.side), suggestion.text)


def _list_worders(suggestions: Iterable[Suggestion]) -> set[int]:
    return {pk for suggestion in suggestions for pk in (suggestion.by_id, *suggestion.also_by)}


def accept_file(
    brief: Brief | int, file: str, *, by: Person, now: dt.datetime | None = None
) -> Revision | None:
    """Apply all suggestions of a file whose text is unchanged, in one revision. The others stay."""
    with run_verb("edit", brief, by=by, now=now, approved_closed=True) as run:
        before = content = load_working_copy(run.row)
        asked = run.row.suggestions.filter(file=file, answer="").order_by("id")
        accepted = [suggestion for suggestion in asked if is_current(suggestion, before)]
        if not accepted:
            raise build_refusal("suggestion-lapsed", about="review")
        for suggestion in accepted:
            content = _apply_text(content, suggestion)
        revision = write_revision(run, content, kind=Revision.Kind.SAVE, also_by=_list_worders(accepted))
        Suggestion.objects.filter(pk__in=[suggestion.pk for suggestion in accepted]).update(
            answer=Answer.ACCEPTED, answered_by=by, answered_at=run.now
        )
        run.record_event("accept", note=file, revision=revision)
        return revision


def reply(note: Note, text: str, *, by: Person, now: dt.datetime | None = None) -> Reply:
    with run_verb("note", note, by=by, now=now) as run:
        if not (text := tidy_or_refuse(text, about="notes")):
            raise build_refusal("reply-needed", about="notes")
        made = Reply.objects.create(note_id=note.pk, text=text, by=by, at=run.now)
        raised_by = Person.objects.get(pk=Note.objects.values_list("by", flat=True).get(pk=note.pk))
        notify(run.record_event("reply", note=made.text), "answered", [raised_by])
        return made


def reopen(note: Note, *, by: Person, now: dt.datetime | None = None) -> None:
    """Reopen a resolved note. Do nothing when the note is open."""
    with run_verb("resolve", note, by=by, now=now) as run:
        resolved = Note.objects.filter(pk=note.pk).exclude(resolved_at=None)
        if resolved.update(resolved_at=None, resolved_by=None):
            run.record_event("reopen", note=Note.objects.values_list("text", flat=True).get(pk=note.pk))
