"""Verbs that create and revoke preview links for guests. The text and the version stay unchanged."""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ..models import Brief, Person, PreviewLink
from .rules.refusals import build_refusal
from .rules.transitions import lock_brief, record_event, require_allowed

MAX_LINK_HOURS = 72
"""Default and maximum lifetime."""


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A new link with its token. Only the token's hash is stored, so the token cannot be recovered."""

    link: PreviewLink
    token: str


def share(
    brief: Brief | int,
    *,
    by: Person,
    hours: int = MAX_LINK_HOURS,
    revision: int | None = None,
    now: dt.datetime | None = None,
) -> SharedLink:
    """Create a link to one revision: the given number, or the newest."""
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "share", row)
        if not 1 <= hours <= MAX_LINK_HOURS:
            raise build_refusal("share-hours", about="hours", n=MAX_LINK_HOURS)
        rows = row.revisions.order_by("-number").defer("content")
        shown = (rows.filter(number=revision) if revision is not None else rows).first()
        if shown is None:
            raise build_refusal("seen", about="hours")
        until = now + dt.timedelta(hours=hours)
        told = f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
        event = record_event(row, "share", by=by, now=now, from_state=row.state, note=told, revision=shown)
        token = secrets.token_urlsafe(32)
        link = PreviewLink.objects.create(
            brief=row,
            revision=shown,
            event=event,
            token_hash=PreviewLink.hash_token(token),
            by=by,
            at=now,
            expires_at=until,
        )
        return SharedLink(link, token)


def unshare(link: PreviewLink | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Revoke a link at once. Do nothing when it is already revoked."""
    now = now or timezone.now()
    with transaction.atomic():
        pk = link.pk if isinstance(link, PreviewLink) else link
        row = lock_brief(PreviewLink.objects.values_list("brief_id", flat=True).get(pk=pk))
        require_allowed(by, "unshare", row)
        if PreviewLink.objects.filter(pk=pk, revoked_at=None).update(revoked_by=by, revoked_at=now):
            made = PreviewLink.objects.select_related("revision").defer("revision__content").get(pk=pk)
            record_event(row, "unshare", by=by, now=now, from_state=row.state, revision=made.revision)
