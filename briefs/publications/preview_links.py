"""Look up preview links by token. A lookup is one query, also for an invalid token."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from briefs.content import Content
from briefs.models.bulk_writes import delete_in_batches
from briefs.models.delivery import PreviewLink
from briefs.models.history import Event
from briefs.models.letters import Letter

from .letters import LetterTarget

MAX_LIFETIME = dt.timedelta(hours=72)
RETENTION = dt.timedelta(days=90)
"""How long the desk shows a link that has expired."""
ENDING_VERBS = ("approve", "discard")
"""Verbs that end the preview, as the shared revision is no longer a draft."""


@dataclass(frozen=True, slots=True)
class OpenedPreview:
    """An active link and its revision's content, without staff fields."""

    link_id: int
    brief_id: int
    expires_at: dt.datetime
    content: Content

    @property
    def letter_target(self) -> LetterTarget:
        return LetterTarget(brief=self.brief_id, link=self.link_id)


def active_links(now: dt.datetime) -> QuerySet[PreviewLink]:
    """Return links that are not expired or revoked and whose brief was not approved or discarded since."""
    ended = Event.objects.filter(brief=OuterRef("brief"), verb__in=ENDING_VERBS, pk__gt=OuterRef("event"))
    return PreviewLink.objects.filter(
        ~Exists(ended), revoked_at=None, expires_at__gt=now, at__gt=now - MAX_LIFETIME
    )


def delete_expired(now: dt.datetime) -> None:
    """Delete links that expired long ago, except those through which a guest wrote. The share event stays."""
    has_letter = Exists(Letter.objects.filter(link=OuterRef("pk")))
    delete_in_batches(PreviewLink.objects.filter(~has_letter, expires_at__lt=now - RETENTION))


def find(token: str, now: dt.datetime) -> OpenedPreview | None:
    """Return the opened preview; None if the token is unknown or its link is not active."""
    rows = active_links(now).filter(token_hash=PreviewLink.hash_token(token))
    row = rows.values_list("pk", "brief_id", "expires_at", "revision__content").first()
    if row is None:
        return None
    link, brief, expires_at, data = row
    return OpenedPreview(link, brief, expires_at, to_public_content(data))


def to_public_content(stored_content: Mapping[str, Any]) -> Content:
    return Content.from_json(stored_content).without_staff_fields()


def count_opening(opened: OpenedPreview, now: dt.datetime) -> None:
    """Count an opening of the link, shown to editors.

    Database errors are ignored: a read-only database can show previews.
    """
    try:
        with transaction.atomic():
            PreviewLink.objects.filter(pk=opened.link_id).update(opened=F("opened") + 1, last_opened_at=now)
    except DatabaseError:
        return
