"""All models, for Django and for the desk. Public code imports the modules it may read, by name."""

from .brief import Access, ArticleKind, Brief, BriefAuthor, BriefKeyword, Bullet, Precision, State
from .delivery import Outbox
from .derived import Card, EditionAuthor, EditionKeyword, Rendering, View
from .edition import ChangeKind, Edition, WithdrawalKind
from .history import Document, Event, Note, Revision, SignOff
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
    "Document",
    "Edition",
    "EditionAuthor",
    "EditionKeyword",
    "Event",
    "Keyword",
    "Note",
    "Outbox",
    "Person",
    "Precision",
    "Rendering",
    "Revision",
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
