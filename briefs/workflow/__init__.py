"""The verbs: every move of a brief, each one function, one transaction, one Event.

Admin, commands and imports call these and have no second way. Who may do what when is `briefs.policy`;
when a language counts as signed is `eyes`; what is refused says why in `refusals`.
"""

from .assignments import Asked, Plan, arrange, assign, reassign
from .concurrent_save import Clashed, Together, Typed, begin_together, numbers_of, save_together
from .dismissals import dismiss
from .editing import New, claim, confirm_date, create, create_many, prepare, reimport, save
from .editions import Change
from .letters import handle_letter, note_letter
from .picture_intake import keep_picture
from .publishing import approve, confirm, publish_urgently
from .restoring import restore
from .review_comments import accept, decline, look, reply, suggest
from .reviewing import add_note, resolve, send_back, sign_off, submit, take_back
from .rules.clock import local_time
from .rules.refusals import Reason, Refused, Stale, refuse
from .rules.working_copy import content_of
from .schedule import cancel, reinstate, remove, reschedule, withdraw
from .sharing import Shared, share, unshare
from .versions import discard, recover, revise, source_withdrew
from .vocabulary import check_row, revise_text, save_row, store_row
from .vocabulary_merge import merge, unmerge

__all__ = [
    "Asked",
    "Change",
    "Clashed",
    "New",
    "Plan",
    "Reason",
    "Refused",
    "Shared",
    "Stale",
    "Together",
    "Typed",
    "accept",
    "add_note",
    "approve",
    "arrange",
    "assign",
    "begin_together",
    "cancel",
    "check_row",
    "claim",
    "confirm",
    "confirm_date",
    "content_of",
    "create",
    "create_many",
    "decline",
    "discard",
    "dismiss",
    "handle_letter",
    "keep_picture",
    "local_time",
    "look",
    "merge",
    "note_letter",
    "numbers_of",
    "prepare",
    "publish_urgently",
    "reassign",
    "recover",
    "refuse",
    "reimport",
    "reinstate",
    "remove",
    "reply",
    "reschedule",
    "resolve",
    "restore",
    "revise",
    "revise_text",
    "save",
    "save_row",
    "save_together",
    "send_back",
    "share",
    "sign_off",
    "source_withdrew",
    "store_row",
    "submit",
    "suggest",
    "take_back",
    "unmerge",
    "unshare",
    "withdraw",
]
