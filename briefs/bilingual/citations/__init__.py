"""Citations of a published brief and of the article it digests.

`works` builds the citable works and their sentences; `ris`, `bibtex` and `csl` write and read the files of reference
managers; `citation_reader` detects the format of a file. Begin there and in `facts.py`, which names the fields. No Django.
"""

from .citation_reader import CITATION_FILE_LIMIT, CitationReading, decode_citation, read_citation
from .cited_article import CitationRejected, CitedArticle, CitedName
from .works import INSTITUTE_KINDS, PUBLICATION_KINDS, StyledRun, is_publication

__all__ = [
    "CITATION_FILE_LIMIT",
    "INSTITUTE_KINDS",
    "PUBLICATION_KINDS",
    "CitationReading",
    "CitationRejected",
    "CitedArticle",
    "CitedName",
    "StyledRun",
    "bibtex",
    "csl",
    "decode_citation",
    "is_publication",
    "read_citation",
    "ris",
    "works",
]
