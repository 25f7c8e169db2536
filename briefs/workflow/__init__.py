"""The verbs: every move of a brief, each one function, one transaction, one Event.

Admin, commands and imports call these and have no second way. Who may do what when is `briefs.policy`;
when a language counts as signed is `eyes`; what is refused says why in `refusals`.
"""

from .clock import local_time
from .editing import New, claim, confirm_date, create, create_many, prepare, reimport, save
from .editions import Change
from .merging import merge, unmerge
from .publishing import approve, confirm, publish_urgently
from .refusals import Reason, Refused, Stale, refuse
from .reviewing import add_note, resolve, send_back, sign_off, submit, take_back
from .scheduling import cancel, reinstate, remove, reschedule, withdraw
from .versions import discard, recover, revise
from .vocabulary import revise_text, save_row
from .working import content_of

__all__ = [
    "Change",
    "New",
    "Reason",
    "Refused",
    "Stale",
    "add_note",
    "approve",
    "cancel",
    "claim",
    "confirm",
    "confirm_date",
    "content_of",
    "create",
    "create_many",
    "discard",
    "local_time",
    "merge",
    "prepare",
    "publish_urgently",
    "recover",
    "refuse",
    "reimport",
    "reinstate",
    "remove",
    "reschedule",
    "resolve",
    "revise",
    "revise_text",
    "save",
    "save_row",
    "send_back",
    "sign_off",
    "submit",
    "take_back",
    "unmerge",
    "withdraw",
]
