"""Build the list of a brief's revisions by edit session, and comparisons of two revisions or editions."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from ...content import Content
from ...models import Brief, Edition, Revision
from ...text.content_diff import ContentDifference, diff_contents
from ..common.diff_html import describe_difference, describe_first_revision
from ..common.signoff_status import load_edition_content, load_editions_by_brief
from .edit_sessions import EditSession, group_edit_sessions

MAX_SESSIONS_PER_PAGE: Final = 100
MAX_REVISIONS: Final = 1_000
"""Maximum number of revisions read for one page."""

_VERSION = re.compile(r"(edition-)?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One edit session of the list. `base_number` is as in `RevisionHistory.base_number`."""

    edit_session: EditSession
    change_summary: str
    base_number: int
    editions: tuple[int, ...]


@dataclass
class RevisionHistory:
    """Revisions, sessions and editions of a brief. `before_number` excludes that revision and newer ones."""

    brief: Brief
    before_number: int = 0

    @cached_property
    def editions(self) -> list[Edition]:
        """Return the editions, newest first, without cancelled ones."""
        editions = load_editions_by_brief([self.brief])[self.brief.pk]
        return [edition for edition in editions if not edition.is_cancelled]

    @cached_property
    def newest_number(self) -> int:
        return self.brief.revisions.order_by("-number").values_list("number", flat=True)[0]

    @cached_property
    def revisions(self) -> list[Revision]:
        rows = self.brief.revisions.select_related("by", "also_by").defer("content", "document_notes")
        if self.before_number:
            rows = rows.filter(number__lt=self.before_number)
        return list(rows.order_by("-number")[: MAX_REVISIONS + 1])

    @cached_property
    def edit_sessions(self) -> list[EditSession]:
        signed = set(self.brief.signoffs.values_list("revision_id", flat=True))
        ends = signed | {edition.revision_id for edition in self.editions}
        return group_edit_sessions(self.revisions[:MAX_REVISIONS], ending_ids=ends)[:MAX_SESSIONS_PER_PAGE]

    @cached_property
    def next_page_before(self) -> int:
        """Return the revision number before which the next page begins, or 0 if there is none."""
        first = self.edit_sessions[-1].first if self.edit_sessions else None
        return first.number if first and first.pk != self.revisions[-1].pk else 0

    def lines(self) -> Iterator[RevisionLine]:
        contents = self.load_contents(
            {number for s in self.edit_sessions for number in (s.last.number, self.base_number(s))}
        )
        approved: dict[int, list[int]] = {}
        for edition in self.editions:
            approved.setdefault(edition.revision_id, []).append(edition.number)
        for sitting in self.edit_sessions:
            before, now = self.base_number(sitting), contents[sitting.last.number]
            said = (
                describe_difference(diff_contents(contents[before], now))
                if before
                else describe_first_revision(now)
            )
            yield RevisionLine(sitting, said, before, tuple(approved.get(sitting.last.pk, ())))

    def base_number(self, edit_session: EditSession) -> int:
        """Return the number of the revision before the session, or 0 for the first session."""
        return self._previous_numbers.get(edit_session.first.number, 0)

    @cached_property
    def _previous_numbers(self) -> dict[int, int]:
        return {later.number: row.number for later, row in pairwise(self.revisions)}

    def load_contents(self, numbers: set[int]) -> dict[int, Content]:
        rows = self.brief.revisions.filter(number__in=numbers).values_list("number", "content")
        return {number: Content.from_json(content) for number, content in rows}


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """One version of a comparison, named in the URL as `14` or `edition-2`."""

    value: str
    name: str
    content: Content
    revision_number: int

    @property
    def is_edition(self) -> bool:
        return self.value.startswith("edition-")


def _edition_name(number: int) -> str:
    return _("Edition %(n)s") % {"n": number}


def _parse_version(value: str) -> tuple[str, int]:
    found = _VERSION.fullmatch(value)
    if not (found and value.isascii()):
        raise Http404
    return found[1] or "", int(found[2])


@dataclass
class Comparison:
    history: RevisionHistory
    requested: tuple[str, str]
    versions: tuple[ComparedVersion, ComparedVersion] = field(init=False)

    def __post_init__(self) -> None:
        if not self.history.revisions:
            raise Http404
        old, new = (
            value or default for value, default in zip(self.requested, self._default_versions(), strict=True)
        )
        contents = self.history.load_contents(
            {number for kind, number in map(_parse_version, (old, new)) if not kind}
        )
        self.versions = self._load_version(old, contents), self._load_version(new, contents)

    def _default_versions(self) -> tuple[str, str]:
        """Compare the newest revision with the last approved edition.

        Without an edition, compare with the revision before the last session.
        """
        newest = self.history.newest_number
        if self.history.editions:
            return f"edition-{self.history.editions[0].number}", str(newest)
        latest = self.history.edit_sessions[0]
        return str(self.history.base_number(latest) or latest.first.number), str(newest)

    def _load_version(self, value: str, contents: Mapping[int, Content]) -> ComparedVersion:
        kind, number = _parse_version(value)
        if not kind:
            if number not in contents:
                raise Http404
            return ComparedVersion(str(number), f"r{number}", contents[number], number)
        edition = next((e for e in self.history.editions if e.number == number), None)
        if edition is None:
            raise Http404
        content = load_edition_content(edition)
        return ComparedVersion(f"{kind}{number}", _edition_name(number), content, edition.revision.number)

    @cached_property
    def difference(self) -> ContentDifference:
        """Compare the versions. Fields that an edition lacks are ignored if either version is an edition."""
        old, new = (pick.content for pick in self.versions)
        if any(pick.is_edition for pick in self.versions):
            old, new = old.without_staff_fields(), new.without_staff_fields()
        return diff_contents(old, new)

    @property
    def restorable(self) -> ComparedVersion | None:
        """Return the version that may be restored: the other one, if one of the two is the newest revision."""
        newest = str(self.history.newest_number)
        others = [pick for pick in self.versions if pick.value != newest]
        return others[0] if len(others) == 1 else None

    @property
    def selected_values(self) -> tuple[str, str]:
        return self.versions[0].value, self.versions[1].value

    @property
    def undoes_changes(self) -> bool:
        """Return whether restoring undoes the marked changes rather than applying them."""
        return self.restorable is self.versions[0]

    def revision_choices(self) -> list[tuple[str, str]]:
        """Return the last revision of each session and the compared revisions, for a select."""
        rows = {s.last.number: s.last for s in self.history.edit_sessions}
        if missing := {pick.revision_number for pick in self.versions if not pick.is_edition} - rows.keys():
            found = self.history.brief.revisions.select_related("by").defer("content", "document_notes")
            rows |= {row.number: row for row in found.filter(number__in=missing)}
        return [(str(number), _revision_label(rows[number])) for number in sorted(rows, reverse=True)]

    def edition_choices(self) -> list[tuple[str, str]]:
        return [
            (f"edition-{e.number}", f"{_edition_name(e.number)} · {_format_moment(e.approved_at)}")
            for e in self.history.editions
        ]


def _revision_label(row: Revision) -> str:
    return f"r{row.number} · {row.by} · {_format_moment(row.at)} · {row.get_kind_display()}"


def _format_moment(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
