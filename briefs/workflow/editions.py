"""Find the public and scheduled editions of a brief, and add or cancel editions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..content import Content
from ..derived import label_propagation
from ..derived.build import build_derived_rows
from ..derived.translation_memory import rebuild_memory, store_edition_pairs
from ..models import Brief, ChangeKind, Edition, Event, Outbox, WebhookDelivery
from ..models.vocabulary import find_free_slug
from ..search import indexing
from ..text.slugs import build_slug
from .rules.brief_history import load_contributors, load_editions
from .rules.clock import format_iso_date
from .rules.refusals import Reason
from .rules.transitions import notify
from .rules.webhook_queue import queue_publication


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """The change note of a later edition: a kind and a note in both languages, or a mark as minor."""

    kind: str = ""
    note_zh: str = ""
    note_en: str = ""
    minor: bool = False

    @property
    def is_described(self) -> bool:
        return self.kind in ChangeKind.values and bool(self.note_zh.strip() and self.note_en.strip())


NO_CHANGE_NOTE = ChangeNote()


def find_scheduled_edition(row: Brief, now: dt.datetime) -> Edition | None:
    return Edition.objects.scheduled(now).filter(brief=row).order_by("-number").first()


def find_public_edition(row: Brief, now: dt.datetime) -> Edition | None:
    return Edition.objects.public(now).filter(brief=row).first()


def find_newest_uncancelled_edition(row: Brief) -> Edition | None:
    """Return the newest edition that is not cancelled: past, live or scheduled."""
    return Edition.objects.uncancelled().filter(brief=row).order_by("-number").first()


def find_unconfirmed_edition(row: Brief) -> Edition | None:
    urgent = Edition.objects.uncancelled().filter(brief=row, urgent=True, confirmed_by=None)
    return urgent.order_by("-number").defer("content").first()


def find_last_shown_edition(editions: Sequence[Edition], now: dt.datetime) -> Edition | None:
    """Return the newest edition that has been public, or None. `editions` are the newest first."""
    return next((e for e in editions if e.live_from <= now and not e.is_cancelled), None)


def has_been_public(row: Brief, now: dt.datetime) -> bool:
    return find_last_shown_edition(load_editions(row), now) is not None


def why_not_at_time(
    row: Brief, at: dt.datetime | None, now: dt.datetime, *, frozen: Content | None = None
) -> list[Reason]:
    """Return the reasons against this publication time: in the past, or under embargo. An `at` of None is now."""
    reasons = []
    zone = settings.TIME_ZONE
    if at is not None and at <= now:
        reasons.append(Reason("time-past", {"time": f"{timezone.localtime(now):%H:%M}", "zone": zone}, "at"))
    embargoes = [row.article_embargo_until]
    if frozen and frozen.facts.embargo_until:
        embargoes.append(dt.datetime.fromisoformat(frozen.facts.embargo_until))
    latest = max((e for e in embargoes if e), default=None)
    if latest and (at or now) < latest:
        local = timezone.localtime(latest)
        until = f"{format_iso_date(local.date().isoformat())} {local:%H:%M}"
        reasons.append(Reason("embargo", {"time": until, "zone": zone}, "at"))
    return reasons


def add_edition(
    row: Brief,
    content: Content,
    existing_editions: Sequence[Edition],
    *,
    at: dt.datetime | None,
    now: dt.datetime,
    **values: Any,
) -> Edition:
    """Add an edition, cancel the scheduled one, and end the live one when the new one begins.

    `existing_editions` are all editions of the brief, the newest first.
    """
    label_propagation.lock_names_shared()
    live_from = at or now
    if later := next((e for e in existing_editions if e.live_from > now and not e.is_cancelled), None):
        cancel_edition(later, now)
    live = next((e for e in existing_editions if e.is_public(now)), None)
    if live:
        live_from = max(live_from, live.live_from + dt.timedelta(microseconds=1))
        Edition.objects.filter(pk=live.pk).update(live_until=live_from)
    seen = [e.published_at for e in existing_editions if e.live_from <= now and not e.is_cancelled]
    edition = Edition.objects.create(
        brief=row,
        number=existing_editions[0].number + 1 if existing_editions else 1,
        slug=row.slug or _free_slug(row, content),
        content=content.without_staff_fields().as_json(),
        published_at=min(seen, default=live_from),
        live_from=live_from,
        approved_at=now,
        **{f"hash_{part}": value for part, value in content.hashes().items()},
        **values,
    )
    build_derived_rows(edition)
    if existing_editions:
        indexing.drop_past_editions(now, row.pk)
    store_edition_pairs(edition)
    return edition


def _free_slug(row: Brief, content: Content) -> str:
    """Build a free slug from the English headline, or from date and id when no slug results. A slug never changes."""
    return find_free_slug(Brief, build_slug(content.headline_en, 80) or f"{content.facts.date}-{row.pk}")


def announce_edition(event: Event) -> None:
    """Notify all contributors of the event's edition at once if it is scheduled, and everybody when it is published."""
    edition: Edition = event.edition  # type: ignore[assignment]
    people = load_contributors(edition.brief)
    if edition.live_from > event.at:
        notify(event, "scheduled", people, time=edition.live_from.isoformat())
    notify(event, "published", people, due_at=edition.live_from)
    queue_publication(event)


def cancel_edition(edition: Edition, now: dt.datetime) -> None:
    """Cancel a scheduled edition and reopen the previous one.

    Empty its own interval first: two intervals must never overlap.
    """
    Edition.objects.filter(pk=edition.pk).update(live_until=edition.live_from)
    others = Edition.objects.filter(brief=edition.brief_id, live_from__lt=edition.live_from)
    others.filter(live_until=edition.live_from).update(live_until=None)
    for queue in (Outbox, WebhookDelivery):
        queue.objects.filter(edition=edition, sent_at=None, due_at__gt=now).update(cancelled_at=now)
    indexing.drop([edition.pk])
    rebuild_memory([edition.brief_id])
