"""Mail from the outbox: what was queued in a verb's transaction, sent after it, once."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .content import LANG
from .models import Edition, Outbox, Person

RETRY_AFTER = dt.timedelta(minutes=10)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Delivery:
    sent: int = 0
    failed: int = 0


def send_due(now: dt.datetime | None = None) -> Delivery:
    """Send what is due. A worker claims a row before it sends, so two workers never send one twice.

    A row whose sending failed, or whose worker died, is tried again after ten minutes, five times at most.
    """
    now = now or timezone.now()
    waiting = Outbox.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER),
        due_at__lte=now,
        sent_at=None,
        cancelled_at=None,
        attempts__lt=MOST_ATTEMPTS,
    )
    sent = failed = 0
    for pk, claimed_at in waiting.order_by("due_at", "id").values_list("pk", "claimed_at"):
        claim = Outbox.objects.filter(pk=pk, claimed_at=claimed_at, sent_at=None)
        if not claim.update(claimed_at=now, attempts=F("attempts") + 1):
            continue
        message = Outbox.objects.select_related("to", "brief", "edition").get(pk=pk)
        try:
            compose(message).send()
        except Exception as error:  # whatever the mail server's trouble, the next goes out
            Outbox.objects.filter(pk=pk).update(error=f"{type(error).__name__}: {error}"[:500])
            failed += 1
        else:
            Outbox.objects.filter(pk=pk).update(sent_at=now, error="")
            sent += 1
    return Delivery(sent, failed)


def compose(message: Outbox) -> EmailMessage:
    """In the recipient's language. Titles and links; never a word of the text itself."""
    person: Person = message.to
    with translation.override(person.language):
        zh = person.language != "en"
        brief = message.brief
        title = (brief.headline_zh if zh else brief.headline_en) or str(brief)
        values = {"title": " ".join(title.split()), **message.values}
        subject = _subject(message.kind, values)
        link = f"{settings.SITE_URL}/admin/briefs/brief/{message.brief_id}/change/"
        lines = [subject.partition("] ")[2] or subject, "", link]
        if message.kind == "published" and message.edition:
            lines += _addresses(message.edition)
        return EmailMessage(subject, "\n".join(lines), settings.DEFAULT_FROM_EMAIL, [person.email])


def _addresses(edition: Edition) -> list[str]:
    paths = {"zh": "zh-hant", "en": "en"}
    return [f"{settings.SITE_URL}/{paths[side]}/briefs/{edition.slug}/" for side in LANG]


def _subject(kind: str, values: dict[str, object]) -> str:
    if kind == "sent_back":
        n = int(str(values.get("n", 1)))
        text = ngettext(
            "[Digest] Sent back with %(n)s note: %(title)s",
            "[Digest] Sent back with %(n)s notes: %(title)s",
            n,
        )
        return text % values
    if kind == "scheduled":
        moment = timezone.localtime(dt.datetime.fromisoformat(str(values["time"])))
        values["time"] = f"{moment:%Y-%m-%d %H:%M}"
    subjects = {
        "review": _("[Digest] For your review: %(title)s"),
        "signed_zh": _("[Digest] Chinese signed off: %(title)s"),
        "signed_en": _("[Digest] English signed off: %(title)s"),
        "ready": _("[Digest] Ready for approval: %(title)s"),
        "published": _("[Digest] Published: %(title)s"),
        "scheduled": _("[Digest] Scheduled for %(time)s: %(title)s"),
        "urgent": _("[Digest] Urgent – please confirm: %(title)s"),
    }
    return subjects[kind] % values
