"""Save a brief that several people edit at once: a three-way merge, with a conflict where both changed one field.

A page sends the number of the revision it started from (`base_revision`) and its own keys for new bullets. Both stay
valid when a response is lost: revisions that the same page saved without receiving the response cause no conflict.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from django.db import IntegrityError, transaction

from briefs.bilingual.text.content_merge import MergeChoice, MergeResult, collect_values_by_key, merge
from briefs.content import Content
from briefs.models import Brief, Person, Revision, RowKey

from .editing import PreparedContent, create_many, store_revision
from .rules import working_copy
from .rules.local_times import format_time
from .rules.refusals import Reason, Refused, Stale
from .rules.transitions import run_verb

type BuildContent = Callable[[Content, Mapping[str, int]], Content]
"""Build the page's content from its base content and the numbers of its new bullets by key."""
type RevertRefused = Callable[[Content, Content, Sequence[Reason]], Content]
"""Build acceptable content from the page's content, its base content and the reasons for the refusal."""

PAGE_KEY: Final = re.compile(r"[0-9a-f]{32}")
ROW_KEY: Final = re.compile(r"n[0-9a-f]{32}")
MAX_UNACKNOWLEDGED: Final = 200
"""Number of newest revisions searched for those whose response the page never received."""


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """One save as sent by a page. `row_keys` are the keys of its new bullets with text; `page_key` identifies the page.

    `choices` resolve conflicts and were made against revision `choices_revision`. `list_unstored_keys` is called
    after `build_content` and `revert_refused`, and lists the fields whose value on the page differs from the built
    content: a change by others to such a field is a conflict.
    """

    build_content: BuildContent
    base_revision: int = 0
    row_keys: Sequence[str] = ()
    page_key: str = ""
    revert_refused: RevertRefused | None = None
    list_unstored_keys: Callable[[], Iterable[str]] = tuple
    choices: Mapping[str, MergeChoice] = field(default_factory=dict)
    choices_revision: int = 0


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The stored content, the page's own content (`mine`), and the other people who saved since the page's base."""

    brief: Brief
    content: Content
    mine: Content
    revision_number: int
    revision: Revision | None
    bullet_numbers: Mapping[str, int]
    keys_from_theirs: tuple[str, ...] = ()
    other_editors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SaveHistory:
    """Revisions needed for a merge.

    `base_with_own_saves` is the base content with the page's own later saves; `shown_content` is the content that
    the page showed when conflict choices were made.
    """

    newest: Revision
    base: Content
    base_with_own_saves: Content
    shown_content: Content | None
    other_editors: tuple[str, ...] = ()


class SaveConflict(Stale):
    """Raised when both sides changed the fields `conflict_keys`. `theirs` is the stored revision `revision_number`.

    `keys_from_theirs` are the fields that would have merged, `bullet_numbers` the numbers of the page's new bullets.
    """

    def __init__(
        self,
        row: Brief,
        history: _SaveHistory,
        merged: MergeResult,
        *,
        stored: Content,
        numbers: Mapping[str, int],
    ) -> None:
        self.by, self.at = str(history.newest.by), format_time(history.newest.at)
        reason = Reason("stale", {"name": self.by, "time": self.at})
        super().__init__(reason, theirs=stored, version=row.version)
        self.revision_number = history.newest.number
        self.conflict_keys, self.keys_from_theirs, self.bullet_numbers = (
            merged.conflict_keys,
            merged.keys_from_theirs,
            numbers,
        )


def merge_and_save(
    brief: Brief | int, save_request: SaveRequest, *, by: Person, now: dt.datetime | None = None
) -> SaveResult:
    """Store the page's content, merged with later saves by others. Write nothing when nothing changed.

    Raise SaveConflict when both changed the same fields, and Refused when the brief is not open or when
    `revert_refused` cannot make the content acceptable.
    """
    with run_verb("edit", brief, by=by, now=now, approved_closed=True) as run:
        row = run.row
        stored = working_copy.load_working_copy(row)
        past = _load_history(row, save_request, stored)
        numbers, free = _assign_numbers(
            save_request.row_keys, find_bullet_numbers(row, save_request.row_keys), row.next_number
        )
        mine, free = _build_tidied(save_request, past.base_with_own_saves, numbers, free, stored)
        merged, given = MergeResult(mine), numbers
        if past.newest.number != save_request.base_revision:
            mine, given = _reuse_resent_bullets(mine, numbers, row.next_number, past.base, stored)
            merged = _merge_with_stored(save_request, past, mine, stored)
            if merged.conflict_keys:
                raise SaveConflict(row, past, merged, stored=stored, numbers=given)
        content = merged.content
        if content not in (mine, stored):
            content, free = working_copy.tidy_content(content, next_number=free)
        given, first = _drop_missing_numbers(given, content), row.next_number
        number, revision = past.newest.number, None
        if content != stored:
            number += 1
            new = PreparedContent(content, free)
            revision = store_revision(run, new, stored, kind=Revision.Kind.SAVE, number=number)
            _store_keys(row, save_request, given, first, number)
        return SaveResult(
            row, content, mine, number, revision, given, merged.keys_from_theirs, past.other_editors
        )


def create_once(
    save_request: SaveRequest, *, by: Person, begun_as: str, now: dt.datetime | None = None
) -> SaveResult:
    """Create a brief once per `begun_as`. A repeated request saves into the brief that the first one created.

    The caller must check the policy.
    """
    try:
        with transaction.atomic():
            if brief := Brief.objects.filter(begun_as=begun_as).first():
                return merge_and_save(brief, save_request, by=by, now=now)
            return _create_brief(save_request, by=by, begun_as=begun_as, now=now)
    except IntegrityError:  # a concurrent request created it: the unique constraint decides
        brief = Brief.objects.filter(begun_as=begun_as).first()
        if brief is None:
            raise
        return merge_and_save(brief, save_request, by=by, now=now)


def would_store(save: Callable[[], SaveResult]) -> bool:
    """Run a save and roll it back. Return whether it would store something that the server does not have.

    A save that would be refused, or that conflicts, has something unsaved.
    """
    try:
        with transaction.atomic():
            saved = save()
            transaction.set_rollback(True)
    except Refused:
        return True
    return saved.revision is not None and saved.content != Content()


def _create_brief(
    save_request: SaveRequest, *, by: Person, begun_as: str, now: dt.datetime | None
) -> SaveResult:
    numbers, free = _assign_numbers(save_request.row_keys, {}, 1)
    content, free = _build_tidied(save_request, Content(), numbers, free, Content())
    columns = {"begun_as": begun_as, "article_date_confirmed": bool(content.facts.date)}
    brief = create_many([PreparedContent(content, free, columns)], by=by, now=now)[0]
    given = _drop_missing_numbers(numbers, content)
    _store_keys(brief, save_request, given, 1, 1)
    return SaveResult(brief, content, content, 1, brief.revisions.get(), given)


def find_bullet_numbers(brief: Brief, keys: Iterable[str]) -> dict[str, int]:
    """Return the stored bullet numbers by row key."""
    wanted = [key for key in keys if ROW_KEY.fullmatch(key)]
    rows = RowKey.objects.filter(brief=brief, key__in=wanted)
    return dict(rows.values_list("key", "number")) if wanted else {}


def _assign_numbers(
    keys: Sequence[str], existing: Mapping[str, int], free: int
) -> tuple[dict[str, int], int]:
    """Assign a number to every key. Return the numbers by key and the next free number."""
    numbers = dict(existing)
    for key in keys:
        if key not in numbers:
            numbers[key], free = free, free + 1
    return numbers, free


def _drop_missing_numbers(numbers: Mapping[str, int], content: Content) -> dict[str, int]:
    there = {bullet.number for bullet in content.bullets}
    return {key: number for key, number in numbers.items() if number in there}


def _build_tidied(
    save_request: SaveRequest, base: Content, numbers: Mapping[str, int], free: int, stored: Content
) -> tuple[Content, int]:
    content = save_request.build_content(base, numbers)
    try:
        return working_copy.tidy_content(content, next_number=free, stored=stored.facts)
    except Refused as refused:
        if save_request.revert_refused is None:
            raise
        return working_copy.tidy_content(
            save_request.revert_refused(content, base, refused.reasons), next_number=free, stored=stored.facts
        )


def _load_history(row: Brief, save_request: SaveRequest, stored: Content) -> _SaveHistory:
    """Load the revisions for a merge. One query if the page's base is the newest revision, else a constant number."""
    newest = row.revisions.select_related("by").defer("content").order_by("-number")[0]
    if newest.number == save_request.base_revision:
        return _SaveHistory(newest, stored, stored, stored)
    own = _find_unacknowledged(row, save_request, newest.number)
    wanted = {
        save_request.base_revision,
        save_request.choices_revision,
        *own,
        *(number - 1 for number in own),
    }
    rows = row.revisions.filter(number__in=wanted).values_list("number", "content")
    contents = {number: Content.from_json(content) for number, content in rows}
    base = was = contents.get(save_request.base_revision, Content())
    for number in own:  # add the page's own changes in each of its saves
        before = contents.get(number - 1, Content())
        was = merge(before, was, contents[number], lambda place: "theirs").content
    since = row.revisions.filter(number__gt=save_request.base_revision).exclude(number__in=own)
    since = since.exclude(kind=Revision.Kind.NAMES)
    people = Person.objects.filter(pk__in=since.order_by().values("by"))
    return _SaveHistory(
        newest, base, was, contents.get(save_request.choices_revision), tuple(map(str, people))
    )


def _find_unacknowledged(row: Brief, save_request: SaveRequest, newest: int) -> list[int]:
    """Return the numbers of revisions that this page saved and whose responses were lost."""
    if not PAGE_KEY.fullmatch(save_request.page_key):
        return []
    since = range(max(save_request.base_revision + 1, newest - MAX_UNACKNOWLEDGED), newest + 1)
    rows = RowKey.objects.filter(
        brief=row, key__in=[_page_key(save_request.page_key, number) for number in since]
    )
    return sorted(rows.values_list("number", flat=True))


def _page_key(page: str, number: int) -> str:
    """Build the RowKey key that marks a revision as saved by this page."""
    return "p" + blake2b(f"{page}:{number}".encode(), digest_size=16).hexdigest()


def _store_keys(
    row: Brief, save_request: SaveRequest, bullet_numbers: Mapping[str, int], first: int, number: int
) -> None:
    """Store the keys of the new bullets and mark the revision as saved by this page.

    Delete the mark of the page's base revision: the page has received that response.
    """
    rows = [
        RowKey(brief=row, key=k, number=n)
        for k, n in bullet_numbers.items()
        if n >= first and ROW_KEY.fullmatch(k)
    ]
    if PAGE_KEY.fullmatch(save_request.page_key):
        rows.append(RowKey(brief=row, key=_page_key(save_request.page_key, number), number=number))
        RowKey.objects.filter(
            brief=row, key=_page_key(save_request.page_key, save_request.base_revision)
        ).delete()
    RowKey.objects.bulk_create(rows)


def _merge_with_stored(
    save_request: SaveRequest, history: _SaveHistory, mine: Content, stored: Content
) -> MergeResult:
    merged = merge(history.base_with_own_saves, mine, stored, _build_chooser(save_request, history, stored))
    left = set(save_request.list_unstored_keys())
    both = tuple(place for place in merged.keys_from_theirs if place in left)
    taken = tuple(place for place in merged.keys_from_theirs if place not in left)
    return replace(merged, conflict_keys=merged.conflict_keys + both, keys_from_theirs=taken)


def _build_chooser(
    save_request: SaveRequest, history: _SaveHistory, stored: Content
) -> Callable[[str], MergeChoice | None]:
    """Return a function that gives the choice for a field, while the stored value is the one the page showed."""
    if history.shown_content is None or not save_request.choices:
        return lambda place: None
    shown, now = collect_values_by_key(history.shown_content), collect_values_by_key(stored)
    return lambda place: save_request.choices.get(place) if shown.get(place) == now.get(place) else None


def _reuse_resent_bullets(
    mine: Content, numbers: Mapping[str, int], first: int, base: Content, stored: Content
) -> tuple[Content, dict[str, int]]:
    """Give a resent new bullet without a `ROW_KEY` the number that its first save assigned."""
    lasting = {number for key, number in numbers.items() if ROW_KEY.fullmatch(key)}
    known = {b.number for b in (*base.bullets, *mine.bullets)}
    others = {replace(b, number=0): b.number for b in reversed(stored.bullets) if b.number not in known}
    again = {
        b.number: others.pop(replace(b, number=0))
        for b in mine.bullets
        if b.number >= first and b.number not in lasting and replace(b, number=0) in others
    }
    rows = tuple(replace(b, number=again.get(b.number, b.number)) for b in mine.bullets)
    return replace(mine, bullets=rows), {key: again.get(n, n) for key, n in numbers.items()}
