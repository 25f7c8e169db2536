"""Verbs that create and revoke preview links for guests. The text and the version stay unchanged."""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.utils import timezone

from briefs.models import Brief, Person, PreviewLink

from .rules.refusals import build_refusal
from .rules.transitions import run_verb

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
    with run_verb("share", brief, by=by, now=now) as run:
        if not 1 <= hours <= MAX_LINK_HOURS:
            raise build_refusal("share-hours", about="hours", n=MAX_LINK_HOURS)
        rows = run.row.revisions.order_by("-number").defer("content")
        shown = (rows.filter(number=revision) if revision is not None else rows).first()
        if shown is None:
            raise build_refusal("seen", about="hours")
        until = run.now + dt.timedelta(hours=hours)
        told = f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
        event = run.record_event(note=told, revision=shown)
        token = secrets.token_urlsafe(32)
        link = PreviewLink.objects.create(
            brief=run.row,
            revision=shown,
            event=event,
            token_hash=PreviewLink.hash_token(token),
            by=by,
            at=run.now,
            expires_at=until,
        )
        return SharedLink(link, token)


def unshare(link: PreviewLink, *, by: Person, now: dt.datetime | None = None) -> None:
    """Revoke a link at once. Do nothing when it is already revoked."""
    with run_verb("unshare", link, by=by, now=now) as run:
        if PreviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_by=by, revoked_at=run.now):
            made = PreviewLink.objects.select_related("revision").defer("revision__content").get(pk=link.pk)
            run.record_event(revision=made.revision)
