"""Group revisions into edit sessions: consecutive saves by one person."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from ...models import Revision

MAX_SESSION_PAUSE: Final = dt.timedelta(minutes=10)
"""Maximum time between two saves of one session."""
_SESSION_KINDS: Final = (Revision.Kind.SAVE, Revision.Kind.REPAIR)


@dataclass(slots=True)
class EditSession:
    """At least one revision, newest first."""

    revisions: list[Revision]

    @property
    def last(self) -> Revision:
        return self.revisions[0]

    @property
    def first(self) -> Revision:
        return self.revisions[-1]

    @property
    def earlier(self) -> list[Revision]:
        """Return all revisions but the newest."""
        return self.revisions[1:]


def group_edit_sessions(
    revisions: Iterable[Revision], *, ending_ids: Collection[int] = ()
) -> list[EditSession]:
    """Group revisions given newest first.

    A revision in `ending_ids`, such as a signed or approved one, ends a session.
    """
    found: list[EditSession] = []
    for revision in revisions:
        if found and revision.pk not in ending_ids and _is_same_session(revision, found[-1].first):
            found[-1].revisions.append(revision)
        else:
            found.append(EditSession([revision]))
    return found


def _is_same_session(earlier: Revision, later: Revision) -> bool:
    return (
        (earlier.by_id, earlier.also_by_id) == (later.by_id, later.also_by_id)
        and earlier.kind in _SESSION_KINDS
        and later.kind in _SESSION_KINDS
        and later.at - earlier.at <= MAX_SESSION_PAUSE
    )
