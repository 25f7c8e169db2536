"""The rules that acts share. In: revisions, editions, sign-offs and the person. Out: who may do what, and why not.

`transitions` runs an act, `refusals` has the messages, `four_eyes` decides who may sign and approve, `standing` has the
conditions of the acts, `working_copy` stores texts.
"""

from . import four_eyes, local_times, refusals, working_copy
from .check_context import load_check_context
from .gaps import COMPLETENESS_CHECK, ISSUE_TEXT_LABELS, KEYWORD_PREFIX, find_gaps, list_date_gaps
from .histories import BriefHistory, find_last_shown_edition, load_editions
from .issue_review import IssueFacts, find_earliest_time
from .leaves import LEAVES, Leaf, LeafName
from .page_values import build_page_name, find_row, get_leaf, hash_values, read_values
from .revisions import build_revision, hash_leaves
from .standing import BriefFacts, Standing
from .transitions import (
    NOTICE_CONDITIONS,
    build_wrong_state_reason,
    find_people_for_verb,
    format_permitted_people,
    lock_brief,
    require_allowed,
    require_current_version,
)
from .working_copy import TEXT_RULES, ContentTidier

__all__ = [
    "COMPLETENESS_CHECK",
    "ISSUE_TEXT_LABELS",
    "KEYWORD_PREFIX",
    "LEAVES",
    "NOTICE_CONDITIONS",
    "TEXT_RULES",
    "BriefFacts",
    "BriefHistory",
    "ContentTidier",
    "IssueFacts",
    "Leaf",
    "LeafName",
    "Standing",
    "build_page_name",
    "build_revision",
    "build_wrong_state_reason",
    "find_earliest_time",
    "find_gaps",
    "find_last_shown_edition",
    "find_people_for_verb",
    "find_row",
    "format_permitted_people",
    "four_eyes",
    "get_leaf",
    "hash_leaves",
    "hash_values",
    "list_date_gaps",
    "load_check_context",
    "load_editions",
    "local_times",
    "lock_brief",
    "read_values",
    "refusals",
    "require_allowed",
    "require_current_version",
    "working_copy",
]
