"""Verbs of the editorial workflow. Each verb is one function that runs one transaction and records one Event.

Admin views, commands and imports change briefs only through these functions. `briefs.policy` decides who may use a
verb in which state, `rules.four_eyes` decides when a language is signed, and `rules.refusals` holds the messages.
"""

from .assignments import Assignee, AssignmentPlan, apply_plan
from .concurrent_save import (
    SaveConflict,
    SaveRequest,
    SaveResult,
    create_once,
    find_bullet_numbers,
    merge_and_save,
    would_store,
)
from .drafts import announce_drafts, sign_draft, take_back_draft
from .editing import (
    PreparedContent,
    claim,
    confirm_date,
    create,
    create_many,
    discard,
    prepare,
    recover,
    reimport,
    restore,
    revise,
    save,
    source_withdrew,
    store_picture,
)
from .editions import cancel, reinstate, remove, reschedule, withdraw
from .issues import publish_issue
from .letters import handle_letter, turn_letter_into_note
from .publishing import approve, hash_for_approval
from .review_comments import (
    accept,
    accept_file,
    decline,
    reply,
    suggest,
    suggest_together,
)
from .reviewing import (
    add_note,
    add_notes_together,
    dismiss,
    hash_for_sign_off,
    resolve,
    send_back,
    sign_off,
    submit,
    take_back,
    take_back_sign_off,
)
from .rules.refusals import Reason, Refused, Stale, build_refusal, resolve_local_time
from .rules.working_copy import load_working_copy
from .sharing import share, unshare
from .vocabulary import (
    VocabularyBatch,
    merge_vocabulary,
    revise_site_text,
    save_vocabulary_row,
    unmerge_vocabulary,
)

__all__ = [
    "Assignee",
    "AssignmentPlan",
    "PreparedContent",
    "Reason",
    "Refused",
    "SaveConflict",
    "SaveRequest",
    "SaveResult",
    "Stale",
    "VocabularyBatch",
    "accept",
    "accept_file",
    "add_note",
    "add_notes_together",
    "announce_drafts",
    "apply_plan",
    "approve",
    "build_refusal",
    "cancel",
    "claim",
    "confirm_date",
    "create",
    "create_many",
    "create_once",
    "decline",
    "discard",
    "dismiss",
    "find_bullet_numbers",
    "handle_letter",
    "hash_for_approval",
    "hash_for_sign_off",
    "load_working_copy",
    "merge_and_save",
    "merge_vocabulary",
    "prepare",
    "publish_issue",
    "recover",
    "reimport",
    "reinstate",
    "remove",
    "reply",
    "reschedule",
    "resolve",
    "resolve_local_time",
    "restore",
    "revise",
    "revise_site_text",
    "save",
    "save_vocabulary_row",
    "send_back",
    "share",
    "sign_draft",
    "sign_off",
    "source_withdrew",
    "store_picture",
    "submit",
    "suggest",
    "suggest_together",
    "take_back",
    "take_back_draft",
    "take_back_sign_off",
    "turn_letter_into_note",
    "unmerge_vocabulary",
    "unshare",
    "withdraw",
    "would_store",
]
