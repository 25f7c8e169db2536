"""All models, for Django and staff code. Public code imports single modules instead."""

from .brief import Brief, BriefAuthor, BriefKeyword, Bullet, Picture, Precision, State
from .delivery import MailSwitch, Outbox, PreviewLink, Webhook, WebhookDelivery
from .derived import (
    EditionAuthor,
    EditionKeyword,
    EditionPlace,
    EditionTerm,
    SearchEntry,
)
from .desk import MemoryKey, MemoryPair, Presence, RowKey, SavedFilter, Upload, UploadFile
from .edition import ChangeKind, Edition, WithdrawalKind
from .history import Dismissal, Document, Event, Note, Revision, SignOff
from .letters import Letter
from .people import EncryptionKey, Person, SignInCounter, SignInEvent, get_importer
from .proposals import Proposal
from .review import Answer, Assignment, FactTick, Look, Reply, Suggestion
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
    "Dismissal",
    "Document",
    "Edition",
    "EditionAuthor",
    "EditionKeyword",
    "EditionPlace",
    "EditionTerm",
    "EncryptionKey",
    "Event",
    "FactTick",
    "JobRun",
    "Keyword",
    "Letter",
    "Look",
    "MailSwitch",
    "MemoryKey",
    "MemoryPair",
    "NameChange",
    "Note",
    "Outbox",
    "Person",
    "Picture",
    "Precision",
    "Presence",
    "PreviewLink",
    "Proposal",
    "Reply",
    "Revision",
    "RowKey",
    "SavedFilter",
    "Search",
    "SearchEntry",
    "SignInCounter",
    "SignInEvent",
    "SignOff",
    "SiteText",
    "SiteVersion",
    "Source",
    "State",
    "Suggestion",
    "Term",
    "Upload",
    "UploadFile",
    "Webhook",
    "WebhookDelivery",
    "WithdrawalKind",
    "get_importer",
]
