"""Queue changes of public briefs for webhooks, in the transaction of the verb. The kinds are those of the change feed."""

import datetime as dt
from collections.abc import Iterable

from ...derived.brief_shape import ChangeName
from ...models import Edition, Event, Webhook, WebhookDelivery


def queue_change(event: Event, kind: ChangeName, *, at: dt.datetime | None = None) -> None:
    """Queue a change of the event's edition for every webhook that is switched on, to be sent at `at`, else now."""
    _queue(event, kind, at or event.at, Webhook.objects.filter(off_at=None))


def queue_publication(event: Event, *webhooks: Webhook) -> None:
    """Queue that the event's edition becomes public, for when it does. Without `webhooks`, for all switched on."""
    edition: Edition = event.edition  # type: ignore[assignment]
    kind: ChangeName = "published" if edition.published_at == edition.live_from else "corrected"
    _queue(event, kind, edition.live_from, webhooks or Webhook.objects.filter(off_at=None))


def queue_scheduled(webhook: Webhook, now: dt.datetime) -> None:
    """Queue the editions that are scheduled already, for a webhook that is new or switched on again."""
    verbs = ("approve", "publish_urgently", "reschedule")
    for edition in Edition.objects.scheduled(now).defer("content"):
        event = Event.objects.filter(edition=edition, verb__in=verbs).latest("pk")
        queue_publication(event, webhook)


def _queue(event: Event, kind: ChangeName, at: dt.datetime, webhooks: Iterable[Webhook]) -> None:
    rows = [
        WebhookDelivery(
            key=f"{event.pk}:{webhook.pk}",
            webhook=webhook,
            edition=event.edition,
            kind=kind,
            at=at,
            due_at=at,
        )
        for webhook in webhooks
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
