"""Send the mail that verbs queue in the outbox.

Notices that the recipient switched off are cancelled when due, not when queued. So a changed setting also applies to
notices already queued, and the outbox records the fate of every notice.
"""

import datetime as dt
import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.bilingual.text import paths
from briefs.content import SIDES
from briefs.models import (
    Draft,
    Edition,
    Issue,
    Letter,
    MailSwitch,
    Note,
    Outbox,
    Person,
    Revision,
    SignOff,
    State,
    Suggestion,
)
from briefs.operations.accounts import (
    ACCOUNT_CHANGED,
    ACCOUNT_KINDS,
    GUESSING,
    INVITATION,
    build_password_link,
    build_reset_address,
)
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.rules import NOTICE_CONDITIONS, find_people_for_verb
from briefs.workflow.rules.local_times import format_iso_date_in_sentence

log = logging.getLogger(__name__)

RETRY_AFTER = dt.timedelta(minutes=10)
"""Delay after the first failure. Doubles with each further failure."""
MAX_ATTEMPTS = 5
CLAIM_TIMEOUT = dt.timedelta(minutes=2)
"""Age after which a claimed notice may be requeued. Longer than the mail server's timeout."""

NOTICE_KINDS: dict[str, str | Promise] = {
    "review": gettext_lazy("A brief waits for review"),
    "assigned": gettext_lazy("A brief is assigned to me"),
    "sent_back": gettext_lazy("My brief is sent back"),
    "answers": gettext_lazy("A language of my brief is signed off"),
    "answered": gettext_lazy("My note or suggestion is answered"),
    "ready": gettext_lazy("A brief is ready for approval"),
    "scheduled": gettext_lazy("A brief that I worked on is scheduled"),
    "published": gettext_lazy("A brief that I worked on is published"),
    "letter": gettext_lazy("A reader or a guest writes about my brief"),
    "failure": gettext_lazy("Notices could not be sent"),
    "drafted": gettext_lazy("A draft of a name or text waits for my yes"),
    "settled": gettext_lazy("My draft is published or taken back"),
    "issue": gettext_lazy("An issue waits for me"),
}
"""Kinds of notices with their labels on the mail preferences page."""
KINDS_WITHOUT_MAIL = frozenset({"noted", "suggested"})
"""Kinds that are shown in the inbox alone."""
_DRAFT_KINDS = frozenset({"drafted", "settled"})
"""Kinds about a draft of a name or text, without a brief."""
_ISSUE_KINDS = frozenset({"issue_review", "issue_ready", "issue_sent_back"})
"""Kinds about an issue, without a brief."""
_REVIEW_KINDS = frozenset({"review", "noted", "suggested"})
_SWITCH_BY_KIND = {"signed_zh": "answers", "signed_en": "answers", **dict.fromkeys(_ISSUE_KINDS, "issue")}


ACCOUNT_CHANGES: dict[str, str | Promise] = {
    "password_reset": gettext_lazy("Your password was changed by a link sent to this address."),
    "totp_activated": gettext_lazy("An authenticator app was added to your account."),
    "totp_deactivated": gettext_lazy("The authenticator app was removed from your account."),
    "webauthn_added": gettext_lazy("A passkey was added to your account."),
    "webauthn_removed": gettext_lazy("A passkey was removed from your account."),
    "recovery_codes_generated": gettext_lazy("New recovery codes were made for your account."),
    "second_factor_reset": gettext_lazy(
        "Your second factors were removed. Add new ones when you next log in."
    ),
}
"""Text of the notice of a changed account, by change."""


@dataclass(frozen=True, slots=True)
class Delivery:
    sent: int = 0
    failed: int = 0


def get_switch(kind: str) -> str:
    """Return the preference that controls this kind of notice."""
    return _SWITCH_BY_KIND.get(kind, kind)


def get_kind_label(kind: str) -> str:
    label = _("Mail about the account") if kind in ACCOUNT_KINDS else NOTICE_KINDS.get(get_switch(kind), kind)
    return str(label)


def find_due_notices(now: dt.datetime) -> QuerySet[Outbox]:
    """Return notices never tried, or whose retry delay has passed. A crashed worker counts as a failure."""
    again = Q(claimed_at=None)
    for attempts in range(1, MAX_ATTEMPTS):
        again |= Q(attempts=attempts, claimed_at__lt=now - RETRY_AFTER * 2 ** (attempts - 1))
    due = Outbox.objects.filter(again, due_at__lte=now, sent_at=None, cancelled_at=None)
    return due.filter(attempts__lt=MAX_ATTEMPTS)


def find_failed_notices() -> QuerySet[Outbox]:
    """Return the unsent notices that failed, the oldest first, whether or not they will be retried."""
    failed = ~Q(error="") | Q(attempts__gte=MAX_ATTEMPTS)
    rows = Outbox.objects.filter(failed, sent_at=None, cancelled_at=None)
    return rows.select_related("to", "brief").order_by("due_at", "id")


def requeue_failed(pk: int | None = None, *, now: dt.datetime | None = None) -> int:
    """Reset the attempts of one failed notice, or of all. Return the number of notices.

    Notices claimed within CLAIM_TIMEOUT are skipped, because a worker may be sending them.
    """
    idle = Q(claimed_at=None) | Q(claimed_at__lt=(now or timezone.now()) - CLAIM_TIMEOUT)
    rows = find_failed_notices().filter(**({} if pk is None else {"pk": pk}))
    ids = list(rows.values_list("pk", flat=True))
    return Outbox.objects.filter(idle, pk__in=ids, sent_at=None).update(claimed_at=None, attempts=0)


def send_due(now: dt.datetime | None = None) -> Delivery:
    """Send the due notices. Each row is claimed before sending, so that two workers never send the same one.

    When the mail server is unreachable, no attempt is counted and all notices wait for the next run.
    """
    now = now or timezone.now()
    queue_letter_notices(now)
    sent = failed = 0
    mailer = mailers.default
    try:
        for pk, claimed_at in find_due_notices(now).order_by("due_at", "id").values_list("pk", "claimed_at"):
            if _cancel_if_unwanted(pk, now):
                continue
            try:
                mailer.open()
            except Exception as error:
                reason = _format_error(error)
                unsent = find_due_notices(now).update(error=reason)
                log.warning("No mail was sent, %d waiting: %s", unsent, reason)
                return Delivery(sent, failed + unsent)
            claim = Outbox.objects.filter(pk=pk, claimed_at=claimed_at, sent_at=None)
            if not claim.update(claimed_at=now, attempts=F("attempts") + 1):
                continue
            if _send(pk, mailer.send_messages, now):
                sent += 1
            else:
                failed += 1
                _close(mailer)
    finally:
        _close(mailer)
    return Delivery(sent, failed)


def _send(pk: int, deliver: Callable[[list[EmailMessage]], Any], now: dt.datetime) -> bool:
    message = Outbox.objects.select_related("to", "brief", "edition").get(pk=pk)
    try:
        deliver([compose(message)])
    except Exception as error:  # a bad message must not stop the others
        reason = _format_error(error)
        Outbox.objects.filter(pk=pk).update(error=reason)
        log.warning("Notice %d (%s) was not sent, attempt %d: %s", pk, message.kind, message.attempts, reason)
        if message.attempts >= MAX_ATTEMPTS:
            _queue_failure_alarm(message, now)
        return False
    Outbox.objects.filter(pk=pk).update(sent_at=now, error="")
    return True


def _close(mailer: Any) -> None:
    try:
        mailer.close()
    except Exception:  # the connection is closed either way
        return


def _format_error(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _cancel_if_unwanted(pk: int, now: dt.datetime) -> bool:
    """Cancel the notice if its kind is switched off, what it asks for is over, or the recipient cannot get mail."""
    message = Outbox.objects.select_related("to", "brief").get(pk=pk)
    kind, person = get_switch(message.kind), message.to
    off = kind not in ACCOUNT_KINDS and MailSwitch.objects.filter(person=person, kind=kind).exists()
    if off or _is_over(message) or not (person.is_active and person.email):
        Outbox.objects.filter(pk=pk, sent_at=None).update(cancelled_at=now)
        return True
    return False


def _is_over(message: Outbox) -> bool:
    """Return whether a brief or issue left the review for which somebody was asked, as it can in an outage of mail."""
    if message.kind in ("issue_review", "issue_ready"):
        return not Issue.objects.filter(pk=message.values["issue"], state=State.IN_REVIEW).exists()
    return message.kind in ("review", "ready") and not (
        message.brief and message.brief.state == State.IN_REVIEW
    )


def _queue_failure_alarm(failed: Outbox, now: dt.datetime) -> None:
    """Notify all publishers that a notice failed for good. A failed alarm raises no further alarm."""
    if failed.kind == "failure" or failed.brief is None:
        return
    values = {"name": str(failed.to), "error": failed.error}
    with transaction.atomic():
        for person in find_people_for_verb("resend"):
            if person.pk == failed.to_id:
                continue
            Outbox.objects.get_or_create(
                key=f"failure:{failed.pk}:{person.pk}",
                defaults={"kind": "failure", "to": person, "brief": failed.brief, "values": values, "due_at": now},
            )  # fmt: skip


def queue_letter_notices(now: dt.datetime) -> None:
    """Queue notices for the letters since the last run. The public endpoint itself does not write to the outbox."""
    for pk in Letter.objects.filter(told_at=None).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            if not Letter.objects.filter(pk=pk, told_at=None).update(told_at=now):
                continue
            letter = Letter.objects.select_related("brief__assigned_to", "link__by").get(pk=pk)
            if letter.handled_at is None:
                _queue_letter_notice(letter, now)


def _queue_letter_notice(letter: Letter, now: dt.datetime) -> None:
    """Notify the brief's writer and, for a guest's letter, the person who shared the link.

    Notify all publishers of a reader's letter, or when there is no other recipient.
    """
    people = [letter.brief.assigned_to, letter.link.by if letter.link else None]
    to = {p.pk: p for p in people if p and policy.get_roles(p)}
    if letter.link is None or not to:
        to |= {p.pk: p for p in find_people_for_verb("approve")}
    for person in to.values():
        if person.email:
            values = {"kind": letter.kind}
            Outbox.objects.create(
                key=f"letter:{letter.pk}:{person.pk}", kind="letter", to=person, brief=letter.brief, values=values, due_at=now,
                condition=NOTICE_CONDITIONS["letter"],
            )  # fmt: skip


def compose(message: Outbox) -> EmailMessage:
    """Build the mail in the recipient's language, with title and links but without any text of the brief.

    The Message-ID depends only on the notice, so mail clients show a notice once even if it is sent twice.
    """
    person: Person = message.to
    with translation.override(person.language):
        if message.kind in ACCOUNT_KINDS:
            subject, lines = _compose_account_mail(message)
        else:
            subject = _subject(message)
            lines = [describe_notice(message), *_describe_next_step(message), "", *_links(message)]
        mark = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
        return EmailMessage(
            subject,
            "\n".join(lines),
            settings.DEFAULT_FROM_EMAIL,
            [person.email],
            headers={"Message-ID": f"<{mark}@{host}>", "Auto-Submitted": "auto-generated"},
        )


def _describe_next_step(message: Outbox) -> list[str]:
    """Return who can do what next with the brief, as its page says it when the mail is sent."""
    if message.brief is None or message.kind in ("failure", "letter"):
        return []
    facts = load_brief_facts([message.brief], timezone.now(), policy.load_staff())[message.brief.pk]
    step = next_step(facts, message.to)
    act = [_("Next for you: %(act)s") % {"act": step.label}] if step.is_mine else []
    return ["", str(step.sentence), *act]


def _compose_account_mail(message: Outbox) -> tuple[str, list[str]]:
    """Return subject and lines. The link is made when the mail is sent, so no table or backup contains a working one."""
    person, desk = message.to, f"{settings.SITE_URL}/admin/"
    site = settings.DIGEST_SITE_NAME["en" if person.language == "en" else "zh"]
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    values = {"site": site, "username": person.username, "days": days}
    if message.values.get("change") == GUESSING:
        return _("[Digest] Somebody guesses your password"), [
            _(
                "Strangers tried wrong passwords for %(username)s at %(site)s. More than 20 an hour are not checked."
            )
            % values,
            "",
            _(
                "You can log in as usual where you logged in before, with a passkey, or with your password and a code "
                "of your authenticator app. Elsewhere you may have to choose a new password by mail:"
            ),
            build_reset_address(),
            "",
            _("If you use the password on another site, or it is easy to guess, choose a new one."),
        ]
    if message.kind == ACCOUNT_CHANGED:
        change = str(ACCOUNT_CHANGES.get(str(message.values.get("change")), _("Your account was changed.")))
        advice = _(
            "If that was not you, choose a new password at once and tell whoever manages the accounts."
        )
        return _("[Digest] Your account was changed"), [change, "", advice, "", f"{desk}account/"]
    limit = (
        ngettext("The link works once, for %(days)s day.", "The link works once, for %(days)s days.", days)
        % values
    )
    link = ["", build_password_link(person), "", limit]
    if message.kind == INVITATION:
        lines = [_("You can now write and review at %(site)s. Choose a password:") % values, *link, ""]
        lines += [_("Your user name: %(username)s") % values, _("The desk: %(desk)s") % {"desk": desk}]
        return _("[Digest] Your account at %(site)s") % values, lines
    lines = [
        _("Somebody asked for a new password for %(username)s at %(site)s. Choose it here:") % values,
        *link,
    ]
    return _("[Digest] A new password"), [
        *lines,
        _("If that was not you, do nothing: the old password stays."),
    ]


def build_desk_path(message: Outbox) -> str:
    """Return the path of the desk page that a notice is about."""
    if message.kind in _DRAFT_KINDS:
        one = message.values.get("draft")
        return f"/admin/briefs/draft/{f'{one}/change/' if one else ''}"
    if message.kind in _ISSUE_KINDS:
        return f"/admin/briefs/issue/{message.values['issue']}/change/"
    if message.kind in ("failure", "letter"):
        return f"/admin/briefs/{'outbox' if message.kind == 'failure' else 'letter'}/"
    page = "review" if message.kind in _REVIEW_KINDS or message.values.get("sides") else "change"
    return f"/admin/briefs/brief/{message.brief_id}/{page}/"


def _links(message: Outbox) -> list[str]:
    link = f"{settings.SITE_URL}{build_desk_path(message)}"
    if message.kind == "failure":
        return [_("To %(name)s: %(error)s") % message.values, "", link]
    if message.kind != "published" or not message.edition:
        return [link]
    return [link, *(f"{settings.SITE_URL}{paths.brief(side, message.edition.slug)}" for side in SIDES)]


def find_inbox(person: Person, now: dt.datetime) -> QuerySet[Outbox]:
    """Return the news of the person's work that is unread and still true, the newest first."""
    shown = Q(brief__isnull=False) | Q(kind__in=_DRAFT_KINDS | _ISSUE_KINDS)
    rows = Outbox.objects.filter(
        shown, _build_condition(person, now), to=person, due_at__lte=now, read_at=None
    )
    return rows.exclude(cancelled_at__lt=F("due_at")).order_by("-due_at", "-id")


def _build_condition(person: Person, now: dt.datetime) -> Q:
    """Return what makes a notice true now. What its reader has to do as the writer is among their acts instead."""
    in_review, is_open = Q(brief__state=State.IN_REVIEW), Q(brief__state__in=policy.OPEN_STATES)
    is_writer = Q(brief__assigned_to=person)
    same_act = {"brief": OuterRef("brief"), "by": OuterRef("event__by"), "at": OuterRef("event__at")}
    note = Q(Exists(Note.objects.filter(resolved_at=None, **same_act)))
    suggestion = Q(Exists(Suggestion.objects.filter(answer="", **same_act)))
    conditions: dict[str, Q] = {
        "": Q(),
        "returned": Q(brief__returned_at=F("event__at"), brief__state=State.DRAFT) & ~is_writer,
        "note": is_open & note & ~(is_writer & (in_review | Q(brief__returned_at__isnull=False))),
        "suggestion": in_review & suggestion & ~is_writer,
        "open": is_open,
        "scheduled": Q(edition__live_from__gt=now, edition__live_until=None),
        "public": Q(edition__live_from__lte=now, edition__withdrawn_at=None, edition__removed_at=None)
        & (Q(edition__live_until=None) | Q(edition__live_until__gt=now)),
        "draft": Q(Exists(Draft.objects.waiting().exclude(by=person))),
        "letter": Q(Exists(Letter.objects.filter(brief=OuterRef("brief"), handled_at=None))),
    }
    for side in SIDES:
        rewordings = Revision.objects.filter(
            brief=OuterRef("brief"), number__gt=OuterRef("event__revision__number")
        ).exclude(**{f"hash_{side}": OuterRef(f"event__revision__hash_{side}")})
        answers = SignOff.of_brief("brief").filter(
            by=OuterRef("event__by"), leaf=side, at__gt=OuterRef("event__at")
        )
        editions = Edition.objects.filter(brief=OuterRef("brief"), approved_at__gt=OuterRef("event__at"))
        over = Q(Exists(rewordings)) | Q(Exists(answers)) | Q(Exists(editions))
        conditions[f"signed_{side}"] = in_review & ~over
    found = Q()
    for name, condition in conditions.items():
        found |= Q(condition=name) & condition
    return found


def describe_notice(message: Outbox) -> str:
    """Return the subject of the mail without the name of the site, in the active language."""
    return re.sub(r"^(\[.*?\] |【.*?】)", "", _subject(message))


def _subject(message: Outbox) -> str:
    """Return the subject of the mail about a brief, draft or issue, in the active language."""
    kind = message.kind
    if kind in _DRAFT_KINDS:
        return _format_draft_subject(kind, message.values)
    if kind in _ISSUE_KINDS:
        sentences = {
            "issue_review": _("[Digest] For your review: issue %(number)s"),
            "issue_ready": _("[Digest] Ready to publish: issue %(number)s"),
            "issue_sent_back": _("[Digest] Sent back: issue %(number)s"),
        }
        return str(sentences[kind] % message.values)
    values: dict[str, object] = {"title": " ".join(str(message.brief).split()), **message.values}
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
    if kind == "letter" and values.get("kind") == Letter.Kind.REMARK:
        return _("[Digest] A guest remarks on: %(title)s") % values
    if values.get("sides"):
        return _format_review_request(values)
    subjects = {
        "review": _("[Digest] For your review: %(title)s"),
        "assigned": _("[Digest] Assigned to you: %(title)s"),
        "answered": _("[Digest] Your remark is answered: %(title)s"),
        "noted": _("[Digest] A note on: %(title)s"),
        "suggested": _("[Digest] A wording is suggested for: %(title)s"),
        "signed_zh": _("[Digest] Chinese signed off: %(title)s"),
        "signed_en": _("[Digest] English signed off: %(title)s"),
        "ready": _("[Digest] Ready for approval: %(title)s"),
        "published": _("[Digest] Published: %(title)s"),
        "scheduled": _("[Digest] Scheduled for %(time)s: %(title)s"),
        "letter": _("[Digest] A reader reports an error: %(title)s"),
        "failure": _("[Digest] Notices for %(title)s could not be sent"),
    }
    return subjects[kind] % values


def _format_draft_subject(kind: str, values: dict[str, Any]) -> str:
    if kind == "drafted":
        if "label" in values:
            return _("[Digest] A draft waits for your yes: %(label)s") % values
        n = int(values["n"])
        sentence = ngettext(
            "[Digest] %(n)s draft waits for your yes", "[Digest] %(n)s drafts wait for your yes", n
        )
        return sentence % values
    if values["outcome"] == "publish_draft":
        return _("[Digest] Your draft is published: %(label)s") % values
    return _("[Digest] Your draft was taken back: %(label)s") % values


def _format_review_request(values: dict[str, object]) -> str:
    """Return the subject of a review request, with languages and due date."""
    names = {"zh": _("Chinese"), "en": _("English"), "zh,en": _("Chinese and English")}
    values["languages"] = names.get(str(values["sides"]), "")
    if due_on := str(values.get("due_on", "")):
        values["date"] = format_iso_date_in_sentence(due_on, with_weekday=False)
        return _("[Digest] For your review: %(title)s (%(languages)s, due %(date)s)") % values
    return _("[Digest] For your review: %(title)s (%(languages)s)") % values
