"""Originals of briefs: store a pasted article, keep it longer, delete it, and find the passages that a row rests on."""

import datetime as dt
import hashlib
from typing import Final

from django.utils import timezone

from briefs.bilingual.documents import read_pasted_lines
from briefs.bilingual.lexicon import passages
from briefs.content import Bullet
from briefs.models import Brief, Original, Person

from .rules.refusals import build_refusal, tidy_or_refuse
from .rules.transitions import require_allowed
from .rules.working_copy import load_working_copy

KEPT_AFTER_USE: Final = dt.timedelta(days=90)
"""How long an original stays after approval or discard, and how much longer by one press."""
KEPT_AT_MOST: Final = dt.timedelta(days=365)
"""After pasting."""
LONGEST_ORIGINAL: Final = 200_000
"""Characters."""


def paste_original(brief: Brief, text: str, *, by: Person, now: dt.datetime | None = None) -> Original:
    """Store the text of the article, once. Lines that a mail program or a PDF viewer wrapped are joined."""
    require_allowed(by, "edit")
    now = now or timezone.now()
    lines = read_pasted_lines(tidy_or_refuse(text, about="text").split("\n"), joins_wrapped=True)
    joined = "\n".join(line.text for line in lines if line.text)
    if not joined:
        raise build_refusal("original-empty", about="text")
    if len(joined) > LONGEST_ORIGINAL:
        raise build_refusal("original-long", about="text", n=LONGEST_ORIGINAL)
    values = {"text": joined, "by": by, "at": now, "delete_on": timezone.localdate(now + KEPT_AT_MOST)}
    digest = hashlib.sha256(joined.encode()).hexdigest()
    return Original.objects.get_or_create(brief=brief, sha256=digest, defaults=values)[0]


def find_latest_day(original: Original) -> dt.date:
    """Return the last day to which the deletion can be postponed."""
    return timezone.localdate(original.at + KEPT_AT_MOST)


def keep_original_longer(original: Original, *, by: Person) -> None:
    """Postpone the deletion by 90 days, at most to a year after pasting."""
    require_allowed(by, "edit")
    original.delete_on = min(original.delete_on + KEPT_AFTER_USE, find_latest_day(original))
    original.save(update_fields=["delete_on"])


def delete_original(original: Original, *, by: Person) -> None:
    require_allowed(by, "edit")
    original.delete()


def limit_originals(brief: Brief, now: dt.datetime) -> None:
    """Delete the originals of a brief that was approved or discarded in 90 days, unless they go sooner."""
    day = timezone.localdate(now + KEPT_AFTER_USE)
    Original.objects.filter(brief=brief, delete_on__gt=day).update(delete_on=day)


def delete_expired(now: dt.datetime) -> None:
    Original.objects.filter(delete_on__lte=timezone.localdate(now)).delete()


def list_passages(brief: Brief) -> list[passages.Passage]:
    """Return the passages of all originals of a brief that are not yet due for deletion."""
    rows = Original.objects.filter(brief=brief, delete_on__gt=timezone.localdate()).order_by("pk")
    return [passage for row in rows for passage in passages.cut_passages(row.text)]


def find_passages(brief: Brief, row: Bullet) -> list[passages.Passage]:
    """Return the likeliest passages for a row as typed, beside the stored rows of its brief."""
    found = list_passages(brief)
    if not found:
        return []
    others = [bullet for bullet in load_working_copy(brief).bullets if bullet.number != row.number]
    return passages.find_passages([row, *others], 0, found)
