"""Refusals of verbs and their messages, shared by the desk, commands and imports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from briefs.bilingual import checks
from briefs.bilingual.checks import IMPORT_CHECK
from briefs.content import SIDES, Content, ForbiddenCharacter, IssueContent, tidy
from briefs.models import ChangeKind

VERB_REFUSAL_MESSAGES: dict[str, str | Promise] = {
    "role": _("Your role does not allow this. Ask %(name)s to do it."),
    "state": _("This brief is “%(state)s” now: %(name)s, %(verb)s, %(time)s."),
    "stale": _(
        "%(name)s saved a newer version at %(time)s. Nothing of yours is lost: compare the two below."
    ),
    "month-unconfirmed": _("“%(raw)s” names no month. Confirm %(first)s, or enter the date."),
    "date-unconfirmed": _("“%(raw)s” can be read in two ways. Choose %(first)s or %(second)s."),
    "not-your-side": _("Writers sign off only while the reviewers and publishers cannot do it among themselves."),
    "seen-zh": _(
        "The Chinese changed while you were reading (%(n)s places). Please look at the changes, then sign off."
    ),
    "seen-en": _(
        "The English changed while you were reading (%(n)s places). Please look at the changes, then sign off."
    ),
    "seen-common": _(
        "The facts, a name or the note changed while you were reading. Please look at the changes, then sign off."
    ),
    "seen": _("The brief changed while you were reading. Please look at the changes, then decide."),
    "seen-names": _("Names changed while you were reading: %(names)s. Please look at the page again, then decide."),
    "not-submitter": _("Only the person who submitted it takes it back. Ask %(name)s, or send it back."),
    "already-signed": _("A reviewer has already answered, so it cannot be taken back. Ask %(name)s to send it back."),
    "signed-already": _("You have signed this off already."),
    "no-own-signoff": _("You have no sign-off of this text that could be taken back."),
    "note-needed": _("Please say what should be changed; the writer will see your note."),
    "reply-needed": _("Write a reply first."),
    "suggestion-late": _("This text changed while you were reading. Look at it again, then suggest."),
    "suggestion-same": _("Suggest a wording that differs from the text."),
    "suggestion-lapsed": _("The text has changed since this was suggested. Take over by hand what still fits."),
    "no-earlier-brief": _("There is no earlier brief any more of which this could be a version."),
    "suggestion-answered": _("%(name)s has already answered this suggestion."),
    "not-a-reviewer": _("%(name)s has no role that may sign off. Choose a reviewer."),
    "not-a-writer": _("%(name)s has no role that may write. Choose a writer."),
    "plan-changed": _("Somebody changed the assignment while you were choosing. Look at it again, then decide."),
    "due-without-person": _("Choose who reviews it, or leave the day empty."),
    "side-needed": _("Choose the language that needs changes."),
    "unsigned-zh": _("Two people have to have seen the Chinese. Somebody else still has to sign it off."),
    "unsigned-en": _("Two people have to have seen the English. Somebody else still has to sign it off."),
    "unsigned-common": _("Two people have to have seen the facts and the note on the change. Somebody else still has to sign them off."),
    "no-zh": _("%(name)s asked for changes to this Chinese."),
    "no-en": _("%(name)s asked for changes to this English."),
    "no-common": _("%(name)s asked for changes."),
    "open-notes": ngettext_lazy(
        "%(n)s note is still open. Resolve it before approval.",
        "%(n)s notes are still open. Resolve them before approval.",
        "n",
    ),
    "keyword-zh": _("A keyword without a Chinese label cannot be published: “%(label)s”."),
    "keyword-en": _("A keyword without an English label cannot be published: “%(label)s”."),
    "time-past": _("The publication time must be in the future. It is now %(time)s (%(zone)s)."),
    "time-gap": _("This time does not exist in %(zone)s because the clocks change. Choose another time."),
    "embargo": _("The article is under embargo until %(time)s (%(zone)s). Choose a later time."),
    "change-kind": _("Choose the kind of change."),
    "change-note-zh": _("Describe the change in Chinese."),
    "change-note-en": _("Describe the change in English."),
    "small-repair-note": _("A small repair has no note. Delete the note, or choose another kind."),
    "nothing-scheduled": _("No edition is scheduled."),
    "nothing-public": _("No edition is public now."),
    "nothing-to-reinstate": _("Nothing is withdrawn or removed."),
    "already-withdrawn": _("It is already withdrawn."),
    "already-removed": _("It is already removed."),
    "reason": _("Give a reason."),
    "kind-needed": _("Choose the kind."),
    "already-digested": _("This article has already been digested: “%(title)s” (%(state)s)."),
    "not-a-link": _("Enter an address that starts with http:// or https://."),
    "control-here": _("Line %(line)s: remove the control character %(code)s."),
    "control-character": _("%(field)s, line %(line)s: remove the control character %(code)s."),
    "too-long": _("%(field)s is too long: %(n)s characters; the limit is %(limit)s."),
    "too-many-bullets": _("%(n)s bullets are too many; the limit is %(limit)s."),
    "too-many-names": _("%(n)s authors or keywords are too many; the limit is %(limit)s."),
    "too-much-text": _("%(n)s kB of text are too much for one brief; the limit is %(limit)s kB. Divide it."),
    "bullet-number": _("Bullet %(number)s is not of this brief or appears twice. Reload the page."),
    "level": _("The level or marker of bullet %(number)s is unknown. Reload the page."),
    "finding-gone": _("The text changed while you were reading, so this finding no longer stands as shown."),
    "finding-refuses": _("This must be there before a brief is submitted, so it cannot be dismissed."),
    "dismissal-reason": _("Say why this finding does not apply; reviewers will see it."),
    "unknown-revision": _("This brief has no revision r%(number)s."),
    "unknown-row": _("A chosen author, source or keyword no longer exists. Choose again."),
    "unknown-picture": _("The picture is no longer there. Upload it again."),
    "bad-date": _("“%(value)s” is not a date. Enter it as 2025-06-09 or 2025-06."),
    "unknown-choice": _("“%(value)s” is not one of the choices."),
    "draft-waits": _("A draft of this entry by %(name)s waits for a yes. Change that draft, or take it back."),
    "draft-outdated": _("The entry changed after this draft was written. Write it anew."),
    "draft-over": _("This draft no longer waits: it was changed, published or taken back. Look at the newest one."),
    "draft-signers": _("Your yes does not count here. Ask %(name)s."),
    "draft-not-own": _("Only its authors, a reviewer or a publisher can take this draft back: %(name)s."),
    "label-taken-now": _("“%(label)s” cannot be stored: another entry has this name now."),
    "merge-two": _("Choose at least two entries, and one of them to keep."),
    "merged-already": _("“%(label)s” was already merged into another entry."),
    "not-merged": _("This entry is not merged into another one."),
    "label-taken": _("“%(label)s” cannot stand alone again: another entry has its name now."),
    "original-empty": _("Paste the text of the article first."),
    "original-long": _("The text is too long: the limit is %(n)s characters. Paste the part that the brief digests."),
    "share-hours": _("A preview link lives between 1 and %(n)s hours."),
    "letter-handled": _("%(name)s has already handled this letter (%(time)s)."),
    "source-withdrew-already": _("The brief already says that its source withdrew the article."),
    "approved-closed": _("This brief is live. Start a revision to change it."),
    "account-inactive": _("The account of %(name)s is not active, so no link is sent."),
    "account-without-address": _("%(name)s has no e-mail address. Enter one first."),
    "issue-state": _("This issue is “%(state)s” now: %(name)s, %(verb)s, %(time)s."),
    "issue-sign-role": _("Ask %(name)s to sign it off."),
    "issue-seen": _("The issue changed while you were reading. Look at it again, then decide."),
    "issue-title_zh": _("Enter the Chinese title."),
    "issue-title_en": _("Enter the English title."),
    "issue-preface_zh": _("Enter the Chinese preface."),
    "issue-preface_en": _("Enter the English preface."),
    "issue-empty": _("Add at least one brief to the issue."),
    "issue-full": _("An issue holds at most %(limit)s briefs; this one has %(n)s."),
    "issue-item": _("“%(title)s” is neither public nor scheduled, so it cannot be in an issue. Remove it."),
    "issue-item-late": _("“%(title)s” will not be public by then. Choose a later time, or remove it."),
    "issue-item-twice": _("A brief is in the issue twice. Reload the page."),
    "issue-unsigned-zh": _("The Chinese is not signed off yet. %(name)s can sign it off."),
    "issue-unsigned-en": _("The English is not signed off yet. %(name)s can sign it off."),
    "issue-unsigned-common": _("The briefs of the issue and its note are not signed off yet. %(name)s can sign them off."),
    "issue-unchanged": _("Nothing differs from the published issue, so there is nothing to publish."),
    "issue-not-public": _("Only a published issue can be sent."),
    "mailing-exists": _("This issue is being sent already, or was sent."),
    "mailing-state": _("The mailing is “%(state)s” now."),
    "mailing-changed": _(
        "A brief in it, or the issue, was corrected or withdrawn after it was made. Stop it and send it anew."
    ),
    "no-readers": _("Every subscriber already has this issue."),
    "nothing-to-follow": _("Readers are told of a correction or a withdrawal that is public."),
    "nobody-holds": _("Nobody else holds an earlier text by mail."),
    "no-mail-server": _("No mail server is set: mail would only be printed."),
    "test-mail-refused": _("The mail server did not take the test mail: %(answer)s"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One unmet condition. `about` is the field it concerns, an anchor on the brief's page."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""

    def __str__(self) -> str:
        if self.code not in VERB_REFUSAL_MESSAGES:  # the code of a finding that blocks
            return describe_finding(self.code, self.values)
        message = VERB_REFUSAL_MESSAGES[self.code]
        return str(message % self.values if self.values else message)


def describe_finding(code: str, values: Mapping[str, Any]) -> str:
    """Return the message of a finding in the active language."""
    if code.startswith(
        f"{IMPORT_CHECK}."
    ):  # in both languages, since the reader of documents has its own messages
        return str(values["zh" if (translation.get_language() or "").startswith("zh") else "en"])
    message = checks.FINDING_MESSAGES[code]
    return (gettext(message) if isinstance(message, str) else ngettext(*message, values["n"])) % values


class Refused(Exception):
    """Raised when a verb is not allowed now, with all reasons."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons: Sequence[Reason] = reasons
        super().__init__(*reasons)

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.reasons]

    def __str__(self) -> str:
        return " ".join(str(reason) for reason in self.reasons)


def build_refusal(code: str, *, about: str = "", **values: Any) -> Refused:
    return Refused(Reason(code, values, about))


class Stale(Refused):
    """Raised when somebody saved first. `theirs` is the stored content, for comparison with the unsaved text."""

    def __init__(self, reason: Reason, *, theirs: Content, version: int) -> None:
        super().__init__(reason)
        self.theirs = theirs
        self.version = version


def why_not_change_note(content: Content | IssueContent) -> list[Reason]:
    """Return reasons against the change note, which a page needs once it has been public: a kind, and both texts or none."""
    if content.change_kind == ChangeKind.SMALL_REPAIR:
        has_note = content.change_note_zh or content.change_note_en
        return [Reason("small-repair-note", {}, "change_kind")] if has_note else []
    missing = [side for side in SIDES if not getattr(content, f"change_note_{side}")]
    reasons = [Reason(f"change-note-{side}", {}, f"change_note_{side}") for side in missing]
    return reasons if content.change_kind else [Reason("change-kind", {}, "change_kind"), *reasons]


def tidy_or_refuse(text: str, *, about: str) -> str:
    """Tidy a text outside the content, such as a note or a reason. Raise Refused for forbidden characters."""
    try:
        return tidy(text)
    except ForbiddenCharacter as bad:
        values = {"line": bad.line, "code": f"U+{ord(bad.character):04X}"}
        raise Refused(Reason("control-here", values, about)) from bad
