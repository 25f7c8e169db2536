"""Revisions as people remember them: the saves of one person at one sitting are one line."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from ...models import Revision

MAX_SESSION_PAUSE: Final = dt.timedelta(minutes=10)
"""Between two saves of one sitting at most."""
_SESSION_KINDS: Final = (Revision.Kind.SAVE, Revision.Kind.REPAIR)


@dataclass(slots=True)
class EditSession:
    """At least one revision, the newest first."""

    revisions: list[Revision]

    @property
    def last(self) -> Revision:
        return self.revisions[0]

    @property
    def first(self) -> Revision:
        return self.revisions[-1]

    @property
    def earlier(self) -> list[Revision]:
        """All but the one that the line itself is about."""
        return self.revisions[1:]


def group_edit_sessions(
    revisions: Iterable[Revision], *, ending_ids: Collection[int] = ()
) -> list[EditSession]:
    """The newest first, as they come. `ends` are ids that somebody signed or approved: these end a sitting."""
    found: list[EditSession] = []
    for revision in revisions:
        if found and revision.pk not in ending_ids and _is_same_session(revision, found[-1].first):
            found[-1].revisions.append(revision)
        else:
            found.append(EditSession([revision]))
    return found


def _is_same_session(earlier: Revision, later: Revision) -> bool:
    return (
        earlier.by_id == later.by_id
        and earlier.kind in _SESSION_KINDS
        and later.kind in _SESSION_KINDS
        and later.at - earlier.at <= MAX_SESSION_PAUSE
    )
