"""All models, for Django and for the desk. Public code imports the modules it may read, by name."""

from .brief import Access, ArticleKind, Brief, BriefAuthor, BriefKeyword, Bullet, Precision, State
from .delivery import Outbox
from .derived import Card, EditionAuthor, EditionKeyword, Rendering, View
from .desk import Presence, RowKey, SavedFilter
from .edition import ChangeKind, Edition, WithdrawalKind
from .history import Dismissal, Document, Event, Note, Revision, SignOff
from .memory import MemoryKey, MemoryPair
from .people import Person, importer
from .site import SiteText
from .uploads import Upload, UploadFile
from .vocabulary import Author, Keyword, Source, Term

__all__ = [
    "Access",
    "ArticleKind",
    "Author",
    "Brief",
    "BriefAuthor",
    "BriefKeyword",
    "Bullet",
    "Card",
    "ChangeKind",
    "Dismissal",
    "Document",
    "Edition",
    "EditionAuthor",
    "EditionKeyword",
    "Event",
    "Keyword",
    "MemoryKey",
    "MemoryPair",
    "Note",
    "Outbox",
    "Person",
    "Precision",
    "Presence",
    "Rendering",
    "Revision",
    "RowKey",
    "SavedFilter",
    "SignOff",
    "SiteText",
    "Source",
    "State",
    "Term",
    "Upload",
    "UploadFile",
    "View",
    "WithdrawalKind",
    "importer",
]
