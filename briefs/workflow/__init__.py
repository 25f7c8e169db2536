"""Acts of the editorial workflow. Each is one function that runs one transaction and records one Event.

Admin views, commands and imports change briefs only through these functions. `acts` is the table of acts, `policy`
decides who may do one in which state, `rules.four_eyes` when a language is signed, and `rules.refusals` has the messages.
The acts of the desk's bar are offered by name, since the table names them; the other modules are offered whole.

In: a person's act. Out: a revision, an edition, an event and notices, or `Refused` with its reasons.
"""

from . import (
    acts,
    assignments,
    brief_facts,
    concurrent_save,
    drafts,
    editing,
    editions,
    findings,
    issues,
    letters,
    next_step,
    originals,
    policy,
    publishing,
    review_comments,
    reviewing,
    sharing,
    turns,
    versions,
    vocabulary,
)
from .editing import claim
from .editions import cancel, reinstate, remove, reschedule, withdraw
from .issues import publish_issue
from .publishing import approve
from .reviewing import send_back, sign_off, submit, take_back, take_back_sign_off
from .rules.refusals import Refused
from .rules.working_copy import load_working_copy
from .versions import discard, recover, revise, source_withdrew

__all__ = [
    "Refused",
    "acts",
    "approve",
    "assignments",
    "brief_facts",
    "cancel",
    "claim",
    "concurrent_save",
    "discard",
    "drafts",
    "editing",
    "editions",
    "findings",
    "issues",
    "letters",
    "load_working_copy",
    "next_step",
    "originals",
    "policy",
    "publish_issue",
    "publishing",
    "recover",
    "reinstate",
    "remove",
    "reschedule",
    "review_comments",
    "reviewing",
    "revise",
    "send_back",
    "sharing",
    "sign_off",
    "source_withdrew",
    "submit",
    "take_back",
    "take_back_sign_off",
    "turns",
    "versions",
    "vocabulary",
    "withdraw",
]
