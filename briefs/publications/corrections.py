"""Corrections follow the reader: who holds an earlier text of a brief by mail, and the notice that tells them.

A reader holds the newest edition among those that their received copies hold. A notice of a correction holds the corrected
edition, so whoever was told counts as holding it; a notice of a withdrawal holds no text.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering import Change, cards, list_changes, render_title
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.derived import BRIEF_COLUMNS, build_briefs
from briefs.models import Brief, ChangeKind, Copy, Edition, Mailing, Person, Subscriber
from briefs.models.mailings import MailSide
from briefs.workflow.rules import require_allowed
from briefs.workflow.rules.refusals import build_refusal

from .issue_document import COLON
from .mail_text import MailBody, render_body
from .mailings import RECEIVED_STAGES, WAITING_STAGES, record, require_mail_server, store_mailing


def count_holders(brief: Brief | int) -> int:
    """Count the readers who hold any text of the brief by mail, whom a correction or withdrawal would concern."""
    return Subscriber.objects.reading().filter(pk__in=_find_held(brief).values("subscriber")).count()


def count_untold(edition: Edition) -> int:
    """Count the readers whom `queue_correction` would tell."""
    return sum(readers.count() for readers in find_untold(edition).values())


def find_untold(edition: Edition) -> dict[int, QuerySet[Subscriber]]:
    """Return those who hold an earlier text and were not told, by the number of the edition that they hold.

    `edition`: the public edition, which is a correction or follows one, or is withdrawn: then its own text counts as an
    earlier one.
    """
    held = _find_held(edition.brief_id)
    if edition.withdrawn_at is None:
        held = held.filter(held__lt=_find_cause(edition).number)
    numbers = held.order_by("held").values_list("held", flat=True).distinct()
    untold = Subscriber.objects.reading().exclude(pk__in=_find_told(edition).values("subscriber"))
    return {
        number: untold.filter(pk__in=held.filter(held=number).values("subscriber")) for number in set(numbers)
    }


def _find_held(brief: Brief | int) -> QuerySet[Any, Any]:
    """Return a row a reader with the newest edition `held` of the brief, whether or not they still get mail.

    Not by `reader_no`: a database restored from a backup may give the number of an erased reader again.
    """
    received = Copy.objects.exclude(subscriber=None).filter(
        stage__in=RECEIVED_STAGES, bounced_at=None, mailing__editions__edition__brief=brief
    )
    return received.order_by().values("subscriber").annotate(held=Max("mailing__editions__edition__number"))


def _find_told(edition: Edition) -> QuerySet[Copy]:
    """Return the copies of notices of this correction or withdrawal that were received or will be."""
    copies = Copy.objects.exclude(subscriber=None).filter(
        stage__in=(*RECEIVED_STAGES, *WAITING_STAGES),
        mailing__kind=Mailing.Kind.CORRECTION,
    )
    if edition.withdrawn_at:
        return copies.filter(mailing__edition=edition, mailing__created_at__gte=edition.withdrawn_at)
    told = Edition.objects.filter(brief=edition.brief_id, number__gte=_find_cause(edition).number)
    return copies.filter(mailing__editions__edition__in=told)


def queue_correction(edition: Edition, *, by: Person, now: dt.datetime | None = None) -> list[Mailing]:
    """Tell everybody who holds an earlier text, once. Return a mailing for each edition that readers hold.

    Each shows what was in that edition and what is now. Raise Refused if the edition is not the public one, is neither
    withdrawn nor a correction nor after one, or nobody is left to tell.
    """
    now = now or timezone.now()
    require_allowed(by, "send_correction")
    require_mail_server()
    with transaction.atomic():
        Brief.objects.select_for_update().get(
            pk=edition.brief_id
        )  # two publishers would tell everybody twice
        edition = Edition.objects.get(pk=edition.pk)
        if not is_followed(edition, now):
            raise build_refusal("nothing-to-follow")
        mailings = []
        for number, readers in sorted(find_untold(edition).items()):
            if not readers.exists():
                continue
            mailings.append(
                store_mailing(
                    Mailing.Kind.CORRECTION,
                    build_bodies(edition, number),
                    readers,
                    editions=[] if edition.withdrawn_at else [edition.pk],
                    by=by,
                    due_at=now,
                    now=now,
                    edition=edition,
                )
            )
            record(mailings[-1], "send_correction", by=by, now=now)
        if not mailings:
            raise build_refusal("nobody-holds")
    return mailings


def is_followed(edition: Edition, now: dt.datetime) -> bool:
    """Return whether readers may be told of the edition: it is the public one, and withdrawn, a correction or after one.

    At most one query, and none for a first edition, which corrects nothing.
    """
    if not edition.is_public(now) or edition.removed_at:
        return False
    return edition.withdrawn_at is not None or (edition.number > 1 and _find_corrections(edition).exists())


def _find_cause(edition: Edition) -> Edition:
    """Return the edition whose note readers are told: the withdrawn one, or the newest correction up to this one."""
    return edition if edition.withdrawn_at else _find_corrections(edition)[0]


def _find_corrections(edition: Edition) -> QuerySet[Edition]:
    """Return the corrections up to this edition, the newest first. An update after a correction hides none of it."""
    corrections = Edition.objects.uncancelled().filter(change_kind=ChangeKind.CORRECTION)
    standing = corrections.filter(withdrawn_at=None, removed_at=None)
    return standing.filter(brief=edition.brief_id, number__lte=edition.number).order_by("-number")


def find_public_edition(editions: Sequence[Edition], now: dt.datetime) -> Edition | None:
    """Return the public one of a brief's editions if readers may be told of it."""
    return next((edition for edition in editions if is_followed(edition, now)), None)


def find_notices(brief: Brief) -> QuerySet[Mailing]:
    """Return the notices of corrections and of the withdrawal, the newest first, without their texts."""
    notices = Mailing.objects.filter(kind=Mailing.Kind.CORRECTION, edition__brief=brief)
    return notices.defer("bodies").select_related("edition").order_by("-pk")


def build_bodies(edition: Edition, held: int) -> dict[str, MailBody]:
    """Return the notice by `MailSide` for readers who hold edition number `held`."""
    rows = Edition.objects.filter(brief=edition.brief_id, number__in=(held, edition.number)).order_by(
        "number"
    )
    briefs = build_briefs(list(rows.values_list(*BRIEF_COLUMNS)))
    old, new, cause = briefs[0], briefs[-1], _find_cause(edition)
    return {str(choice): _build_body(cause, old, new, MailSide(choice).sides) for choice in MailSide.values}


def _build_body(edition: Edition, old: PublicBrief, new: PublicBrief, sides: Sequence[Side]) -> MailBody:
    """Return the notice. Words that changed in the other language alone are shown in that one."""
    pages = {side: paths.brief(side, new.slug) for side in sides}
    sections = {side: _describe(edition, new, side) for side in sides}
    changes: Mapping[Side, list[Change]] = {}
    if edition.withdrawn_at is None:
        changes = {side: _list_in_language(old, new, (side,), side) for side in sides}
        if not any(changes.values()):
            changes = {
                side: _list_in_language(old, new, (side, paths.OTHER_SIDE[side]), side) for side in sides
            }
    for side in sides:
        sections[side]["changes"] = changes.get(side, [])
    subject = " · ".join(str(sections[side]["subject"]) for side in sides)
    preheader = " ".join(str(sections[side]["note"]) for side in sides)
    return render_body("mail/correction.html", subject, preheader, pages, sections)


def _list_in_language(old: PublicBrief, new: PublicBrief, sides: Sequence[Side], side: Side) -> list[Change]:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return list(list_changes(old, new, sides))


def _describe(edition: Edition, brief: PublicBrief, side: Side) -> dict[str, Any]:
    headline = brief.headline(side)
    with translation.override(paths.LANGUAGE_CODES[side]):
        if edition.withdrawn_at:
            reason = edition.withdrawn_reason_zh if side == "zh" else edition.withdrawn_reason_en
            kind, subject = _("Withdrawn"), _("Withdrawn: %(headline)s") % {"headline": headline}
            held = _("We sent you this brief.")
            note = cards.format_withdrawal(edition.withdrawn_at, reason, side)
        else:
            kind, subject = (
                str(ChangeKind.CORRECTION.label),
                _("Correction: %(headline)s") % {"headline": headline},
            )
            held = _("We sent you an earlier text of this brief.")
            note = edition.change_note_zh if side == "zh" else edition.change_note_en
        return {
            "lang": LANGUAGE_TAGS[side],
            "kind": kind,
            "subject": subject,
            "headline": headline,
            "headline_html": render_title(headline),
            "url": f"{settings.SITE_URL}{paths.brief(side, brief.slug)}",
            "byline": cards.format_authors_and_source(brief, side),
            "note": note,
            "held": held,
            "colon": COLON[side],
            "space": "" if side == "zh" else " ",
            "was": _("Was"),
            "now": _("Now"),
            "more": _("Read the whole brief"),
        }
