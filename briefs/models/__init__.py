"""Tables, constraints, querysets. Staff code imports models from here, public code from single modules.

Beside the models stand `prepared` (queries compiled once) and `bulk_writes`. Out: rows.
"""

from .brief import Brief, BriefAuthor, BriefKeyword, Bullet, Picture, Precision, State
from .delivery import MailSwitch, Outbox, PreviewLink
from .derived import (
    EditionAuthor,
    EditionKeyword,
    EditionPlace,
    EditionTerm,
    EditionVector,
    SearchEntry,
)
from .desk import MemoryKey, MemoryPair, Presence, RowKey, SheetFile
from .drafts import Draft
from .edition import ChangeKind, Edition, IssueEdition, IssueItem, WithdrawalKind
from .history import Dismissal, Document, Event, Note, Revision, SignOff
from .issues import Issue, IssueRevision
from .letters import Letter
from .mailings import Copy, Mailing, MailingEdition, MailSide, Subscriber
from .originals import Original
from .people import EncryptionKey, Person, SignInCounter, SignInEvent, get_importer
from .review import Answer, Assignment, Reply, Suggestion
from .searches import Search
from .site import JobRun, NameChange, SiteText, SiteVersion
from .vocabulary import Author, Keyword, Source, Term

__all__ = [
    "Answer",
    "Assignment",
    "Author",
    "Brief",
    "BriefAuthor",
    "BriefKeyword",
    "Bullet",
    "ChangeKind",
    "Copy",
    "Dismissal",
    "Document",
    "Draft",
    "Edition",
    "EditionAuthor",
    "EditionKeyword",
    "EditionPlace",
    "EditionTerm",
    "EditionVector",
    "EncryptionKey",
    "Event",
    "Issue",
    "IssueEdition",
    "IssueItem",
    "IssueRevision",
    "JobRun",
    "Keyword",
    "Letter",
    "MailSide",
    "MailSwitch",
    "Mailing",
    "MailingEdition",
    "MemoryKey",
    "MemoryPair",
    "NameChange",
    "Note",
    "Original",
    "Outbox",
    "Person",
    "Picture",
    "Precision",
    "Presence",
    "PreviewLink",
    "Reply",
    "Revision",
    "RowKey",
    "Search",
    "SearchEntry",
    "SheetFile",
    "SignInCounter",
    "SignInEvent",
    "SignOff",
    "SiteText",
    "SiteVersion",
    "Source",
    "State",
    "Subscriber",
    "Suggestion",
    "Term",
    "WithdrawalKind",
    "get_importer",
]
