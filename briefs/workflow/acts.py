"""The table of acts: what a person may do, in which role and state, and how the desk offers it. One row for each act.

`policy`, labels, buttons, forms, tasks and messages derive from it. An act of an issue is that of a brief with differences.
What else an act asks of a brief or an issue is in `rules.standing`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from briefs.models.brief import State

type Role = Literal["writer", "reviewer", "publisher"]
type Leaf = Literal["zh", "en", "common"]
type Way = Literal["", "button", "form", "place"]
type Label = str | Promise

WRITERS: Final[frozenset[Role]] = frozenset({"writer", "publisher"})
REVIEWERS: Final[frozenset[Role]] = frozenset({"reviewer", "publisher"})
PUBLISHERS: Final[frozenset[Role]] = frozenset({"publisher"})
EVERYBODY: Final[frozenset[Role]] = frozenset({"writer", "reviewer", "publisher"})

ANY_STATE: Final = frozenset(State)
DRAFT: Final = frozenset({State.DRAFT})
IN_REVIEW: Final = frozenset({State.IN_REVIEW})
APPROVED: Final = frozenset({State.APPROVED})
DISCARDED: Final = frozenset({State.DISCARDED})
OPEN: Final = DRAFT | IN_REVIEW
UNDISCARDED: Final = OPEN | APPROVED


@dataclass(frozen=True, slots=True)
class Rule:
    roles: frozenset[Role]
    states: frozenset[State] = ANY_STATE


type Rules = tuple[Rule, ...]

EDITING: Final[Rules] = (Rule(WRITERS, DRAFT), Rule(EVERYBODY, IN_REVIEW))


@dataclass(frozen=True, slots=True)
class Act:
    """One row. `past`: what its event says after the person's name. Several rules are alternatives; none is for nobody.

    `way`: a button does it at once, a form asks for `fields` first, a place is where it is done; an act without a way has
    a page of its own, or a control beside what it is about.
    """

    name: str
    label: Label = ""
    past: Label = ""
    rules: Rules = ()
    way: Way = ""
    fields: tuple[str, ...] = ()
    """What the person fills in, in order."""
    sends: Literal["", "version", "seen", "leaf"] = ""
    """What the page sends back of what it showed: the version, the hash of everything, or those of a leaf."""
    introduction: Label = ""
    """What the form says first."""
    shows: Literal["", "draft", "public", "scheduled"] = ""
    """The text beside the form: the working copy, or an edition."""
    short: Label = ""
    """Label where there is little room."""
    weight: Literal["light", "second", "heavy"] = "light"
    """Where the bar has it if it is not the main act: a `second` one stands first, a `heavy` one last."""
    urgency: int = 0
    """Order of tasks, 1 first. An act with 0 is no task: nothing waits for the person."""
    then: Literal["", "stay", "pass"] = ""
    """The message afterwards says who is next; after `pass` somebody else goes on, and it names the person's next brief."""
    verb: str = ""
    """Name of the function in `workflow`, if it differs."""
    leaf: Leaf | None = None
    of: str = ""
    """The act of a brief from which an issue's act derives."""

    @property
    def of_issue(self) -> bool:
        return bool(self.of)

    @property
    def rule(self) -> str:
        """Return the name of the act whose conditions and function are those of this one."""
        return self.of or self.name

    @property
    def function(self) -> str:
        return self.verb or self.rule


NEXT_BRIEF: Final = "next"
"""The main act of a person for whom the brief does not wait."""

# fmt: off
_BRIEF_ACTS: Final = (
    # Acts of the next step, in the order of the bar.
    Act("claim", _("Claim the writing"), pgettext_lazy("happened", "claimed"), (Rule(WRITERS, DRAFT),), "place",
        short=pgettext_lazy("short", "Claim"), urgency=13),
    Act("notes", _("Answer the notes"), rules=(Rule(EVERYBODY, OPEN),), way="place",
        short=pgettext_lazy("short", "Notes"), urgency=7),
    Act("suggestions", _("Answer the suggestions"), rules=EDITING, way="place",
        short=pgettext_lazy("short", "Suggestions"), urgency=6),
    Act("fill", _("Fill the gaps"), rules=EDITING, way="place", short=pgettext_lazy("short", "Gaps"), urgency=8),
    Act("submit", _("Submit for review"), pgettext_lazy("happened", "submitted for review"), (Rule(WRITERS, DRAFT),), "button",
        sends="version", short=pgettext_lazy("short", "Submit"), urgency=9, then="pass"),
    Act("sign_off_zh", _("Sign off the Chinese"), pgettext_lazy("happened", "signed off the Chinese"), (Rule(EVERYBODY, IN_REVIEW),),
        "button", sends="leaf", short=pgettext_lazy("short", "Sign Chinese"), urgency=3, then="pass", verb="sign_off", leaf="zh"),
    Act("sign_off_en", _("Sign off the English"), pgettext_lazy("happened", "signed off the English"), (Rule(EVERYBODY, IN_REVIEW),),
        "button", sends="leaf", short=pgettext_lazy("short", "Sign English"), urgency=4, then="pass", verb="sign_off", leaf="en"),
    Act("sign_off_common", _("Sign off the facts"), pgettext_lazy("happened", "signed off the facts"), (Rule(EVERYBODY, IN_REVIEW),),
        "button", sends="leaf", urgency=5, then="pass", verb="sign_off", leaf="common"),
    Act("assign_zh", _("Ask a reviewer for the Chinese"), rules=(Rule(EVERYBODY, IN_REVIEW),), way="place",
        short=pgettext_lazy("short", "Ask"), urgency=10, leaf="zh"),
    Act("assign_en", _("Ask a reviewer for the English"), rules=(Rule(EVERYBODY, IN_REVIEW),), way="place",
        short=pgettext_lazy("short", "Ask"), urgency=11, leaf="en"),
    Act("take_back_sign_off_zh", _("Take back the Chinese sign-off"), pgettext_lazy("happened", "took back the Chinese sign-off"),
        (Rule(EVERYBODY, OPEN),), "button", weight="second", then="stay", verb="take_back_sign_off", leaf="zh"),
    Act("take_back_sign_off_en", _("Take back the English sign-off"), pgettext_lazy("happened", "took back the English sign-off"),
        (Rule(EVERYBODY, OPEN),), "button", weight="second", then="stay", verb="take_back_sign_off", leaf="en"),
    Act("take_back_sign_off_common", _("Take back the sign-off of the facts"),
        pgettext_lazy("happened", "took back the sign-off of the facts"),
        (Rule(EVERYBODY, OPEN),), "button", then="stay", verb="take_back_sign_off", leaf="common"),
    Act("send_back", _("Send back"), pgettext_lazy("happened", "sent back"), (Rule(REVIEWERS, IN_REVIEW),), "form",
        ("note", "sides"), weight="second", then="pass",
        introduction=_("Please say what should be changed; the writer will see your note.")),
    Act("take_back", _("Take back from review"), pgettext_lazy("happened", "took back from review"), (Rule(WRITERS, IN_REVIEW),),
        "button", sends="version", weight="second"),
    Act("approve", _("Approve"), pgettext_lazy("happened", "approved"), (Rule(PUBLISHERS, IN_REVIEW),), "form",
        ("at",), sends="seen", short=pgettext_lazy("short", "Approve"), urgency=1, then="pass",
        shows="draft"),
    Act("reword", _("Change the text"), rules=EDITING, way="place", short=pgettext_lazy("short", "Edit"), urgency=2),
    Act("revise", _("Start a revision"), pgettext_lazy("happened", "started a revision"), (Rule(WRITERS, APPROVED),), "button",
        sends="version", short=pgettext_lazy("short", "Revise")),
    Act("recover", _("Recover"), pgettext_lazy("happened", "recovered"), (Rule(WRITERS, DISCARDED),), "button", sends="version",
        short=pgettext_lazy("short", "Recover")),
    Act("reschedule", _("Reschedule"), pgettext_lazy("happened", "rescheduled"), (Rule(PUBLISHERS),), "form", ("at",),
        short=pgettext_lazy("short", "Reschedule"), then="stay",
        shows="scheduled"),
    Act("cancel", _("Cancel schedule"), pgettext_lazy("happened", "cancelled the schedule"), (Rule(PUBLISHERS),), "form",
        weight="heavy", then="stay",
        introduction=_("The scheduled edition will not appear. What readers see now stays, and what was approved waits in review again."),
        shows="scheduled"),
    Act("reinstate", _("Reinstate"), pgettext_lazy("happened", "reinstated"), (Rule(PUBLISHERS),), "form", then="stay",
        introduction=_("Readers see the brief again within a minute, as it was."), shows="public"),
    Act("withdraw", _("Withdraw"), pgettext_lazy("happened", "withdrew"), (Rule(PUBLISHERS),), "form", ("kind",), weight="heavy",
        introduction=_("The page stays as a notice with the sentence of the kind; it leaves lists, feeds and search."), shows="public"),
    Act("remove", _("Remove"), pgettext_lazy("happened", "removed"), (Rule(PUBLISHERS),), "form", ("reason",), weight="heavy",
        introduction=_("Readers will be told that the page is gone. The reason stays on the desk."), shows="public"),
    Act("source_withdrew", _("The source withdrew the article"), pgettext_lazy("happened", "marked the article as withdrawn by its source"),
        (Rule(WRITERS, APPROVED),), "form", sends="version", weight="heavy",
        introduction=_("For when the source takes its article back. The texts stay as they are. A publisher approves, and the page then says so above the text."),
        shows="draft"),
    Act("assign", _("People and due day"), pgettext_lazy("happened", "assigned"), (Rule(EVERYBODY, OPEN),), then="stay"),
    Act("share", _("Share a preview"), pgettext_lazy("happened", "shared a preview"), (Rule(EVERYBODY, OPEN),)),
    Act("discard", _("Discard"), pgettext_lazy("happened", "discarded"), (Rule(WRITERS, DRAFT),), "form", sends="version",
        weight="heavy", then="pass",
        introduction=_("Nothing is deleted: every saved version stays in the revisions.")),
)
"""Acts that the bar of a brief's page may offer."""

_OTHER_ACTS: Final = (
    # Controls beside what they are about, and pages of their own.
    Act("import", _("Import"), pgettext_lazy("happened", "imported"), (Rule(WRITERS),)),
    Act("create", _("New brief"), pgettext_lazy("happened", "began the brief")),
    Act("edit", _("Save"), pgettext_lazy("happened", "saved"), EDITING),
    Act("restore", _("Restore as new revision"), pgettext_lazy("happened", "restored as new revision"), EDITING),
    Act("confirm_date", _("Confirm the date"), pgettext_lazy("happened", "confirmed the date"), (Rule(EVERYBODY, OPEN),)),
    Act("note", _("Add a note"), pgettext_lazy("happened", "added a note"), (Rule(EVERYBODY, UNDISCARDED),)),
    Act("resolve", _("Resolve"), pgettext_lazy("happened", "resolved"), (Rule(EVERYBODY, UNDISCARDED),)),
    Act("unshare", _("Revoke a preview link"), pgettext_lazy("happened", "revoked a preview link"), (Rule(EVERYBODY),)),
    Act("note_letter", _("Turn into a note"), pgettext_lazy("happened", "turned a letter into a note"), (Rule(EVERYBODY, UNDISCARDED),)),
    Act("handle", _("Mark a letter as handled"), pgettext_lazy("happened", "marked a letter as handled"), (Rule(EVERYBODY),)),
    Act("dismiss", _("Dismiss a finding"), pgettext_lazy("happened", "dismissed a finding"), EDITING),
    Act("undismiss", _("Bring back a finding"), pgettext_lazy("happened", "brought back a finding")),
    Act("suggest", _("Suggest a wording"), pgettext_lazy("happened", "suggested a wording"), EDITING),
    Act("accept", _("Accept suggestion"), pgettext_lazy("happened", "accepted the suggestion")),
    Act("decline", _("Decline suggestion"), pgettext_lazy("happened", "declined the suggestion")),
    Act("reply", _("Reply"), pgettext_lazy("happened", "replied")),
    Act("reopen", _("Reopen"), pgettext_lazy("happened", "reopened")),
    Act(NEXT_BRIEF, _("Next brief"), way="place", short=pgettext_lazy("short", "Next")),
    # Names, drafts of pages, site texts.
    Act("edit_vocabulary", rules=(Rule(WRITERS),)),
    Act("name_entry", _("Name an entry"), pgettext_lazy("happened", "named an entry")),
    Act("merge", _("Merge duplicates"), pgettext_lazy("happened", "merged duplicates"), (Rule(WRITERS),)),
    Act("unmerge", _("Undo the merge"), pgettext_lazy("happened", "undid the merge")),
    Act("write_draft", _("Write a draft"), pgettext_lazy("happened", "wrote a draft")),
    # Who may say yes to a draft and take it back: `workflow.drafts`.
    Act("sign_draft", _("Say yes to a draft"), pgettext_lazy("happened", "said yes to a draft"), (Rule(EVERYBODY),)),
    Act("publish_draft", _("Publish a draft"), pgettext_lazy("happened", "published a draft")),
    Act("take_back_draft", pgettext_lazy("draft", "Take back"), pgettext_lazy("happened", "took back a draft"), (Rule(EVERYBODY),)),
    Act("edit_site", _("Edit a site text"), pgettext_lazy("happened", "edited a site text"), (Rule(PUBLISHERS),)),
    Act("resend", rules=(Rule(PUBLISHERS),)),
    # Mail to readers.
    Act("test_mail", rules=(Rule(EVERYBODY),)),
    Act("send_issue", _("Send the issue"), pgettext_lazy("happened", "queued the mail of the issue"), (Rule(PUBLISHERS),)),
    Act("send_correction", _("Tell readers by mail"), pgettext_lazy("happened", "queued a mail to readers"), (Rule(PUBLISHERS),)),
    Act("pause_mailing", pgettext_lazy("mailing", "Pause"), pgettext_lazy("happened", "paused the mailing"), (Rule(PUBLISHERS),)),
    Act("resume_mailing", pgettext_lazy("mailing", "Resume"), pgettext_lazy("happened", "resumed the mailing"), (Rule(PUBLISHERS),)),
    Act("stop_mailing", pgettext_lazy("mailing", "Stop"), pgettext_lazy("happened", "stopped the mailing"), (Rule(PUBLISHERS),)),
    Act("send_again", pgettext_lazy("mailing", "Send again"), pgettext_lazy("happened", "sent the copies of unconfirmed delivery again"), (Rule(PUBLISHERS),)),
    Act("import_subscribers", _("Import"), pgettext_lazy("happened", "imported subscribers")),
    Act("export_subscribers", _("Export"), pgettext_lazy("happened", "exported subscribers")),
    Act("erase_subscriber", _("Erase the address"), pgettext_lazy("happened", "erased a subscriber")),
)

_ISSUE_DIFFERENCES: Final[Mapping[str, Mapping[str, Any]]] = {
    "create_issue": {"of": "create", "label": _("New issue"), "past": pgettext_lazy("happened", "began the issue"),
                     "rules": (Rule(WRITERS),)},
    "edit_issue": {"of": "edit"},
    "fill_issue": {"of": "fill"},
    "submit_issue": {"of": "submit"},
    "sign_off_issue_zh": {"of": "sign_off_zh"},
    "sign_off_issue_en": {"of": "sign_off_en"},
    "sign_off_issue_common": {"of": "sign_off_common", "label": _("Sign off the briefs"),
                              "past": pgettext_lazy("happened", "signed off the briefs")},
    "take_back_issue": {"of": "take_back"},
    "take_back_issue_zh": {"of": "take_back_sign_off_zh"},
    "take_back_issue_en": {"of": "take_back_sign_off_en"},
    "take_back_issue_common": {"of": "take_back_sign_off_common", "label": _("Take back the sign-off of the briefs"),
                               "past": pgettext_lazy("happened", "took back the sign-off of the briefs")},
    "send_back_issue": {"of": "send_back", "fields": ("note",)},
    "publish_issue": {"of": "approve", "verb": "publish_issue", "label": _("Publish the issue"), "past": pgettext_lazy("happened", "approved the issue"),
                      "fields": ("at", "mail")},
    "revise_issue": {"of": "revise", "label": _("Correct the issue"), "past": pgettext_lazy("happened", "started a correction")},
    "recover_issue": {"of": "recover"},
    "cancel_issue": {"of": "cancel"},
    "withdraw_issue": {"of": "withdraw", "label": _("Withdraw the issue"), "past": pgettext_lazy("happened", "withdrew the issue")},
    "discard_issue": {"of": "discard", "way": "button"},
}
"""Acts of issues, in the order of the bar: the act of a brief, and what differs."""
# fmt: on


def _build_issue_acts() -> Iterator[Act]:
    acts = {act.name: act for act in (*_BRIEF_ACTS, *_OTHER_ACTS)}
    for name, differences in _ISSUE_DIFFERENCES.items():
        model = acts[differences["of"]]
        yield replace(model, name=name, sends="" if model.sends == "version" else model.sends, **differences)


_ISSUE_ACTS: Final = tuple(_build_issue_acts())
ACTS: Final[Mapping[str, Act]] = {act.name: act for act in (*_BRIEF_ACTS, *_OTHER_ACTS, *_ISSUE_ACTS)}
BRIEF_BAR: Final = tuple(act.name for act in _BRIEF_ACTS)
ISSUE_BAR: Final = tuple(act.name for act in _ISSUE_ACTS if act.way)
ISSUE_ACTS: Final[Mapping[str, str]] = {act.of: act.name for act in _ISSUE_ACTS}
"""The act of an issue by that of a brief."""


def get_label(name: str) -> str:
    """Return the label of an act; of an event whose act is gone, its name."""
    return str(ACTS[name].label if name in ACTS else name)


def get_past(name: str) -> str:
    """Return what the event of an act says after the person's name."""
    return str(ACTS[name].past if name in ACTS else name)
