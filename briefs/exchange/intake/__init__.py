"""Import parsed documents as briefs: idempotent, whole documents only, with provenance.

Used by the command line and by uploads. Texts are stored as parsed; nothing is corrected. Documents are
stored in batches: one transaction and a constant number of queries per batch. If an import fails half way,
each document is stored whole or not at all.
"""

from .cited_facts import (
    VERBATIM_FACTS,
    claim_cited_article,
    collect_facts,
    find_author,
    find_similar_authors,
    find_source,
)
from .content_mapping import carry_numbers_over
from .import_items import ImportOutcome
from .importer import (
    CheckedDigest,
    DocumentChecker,
    create_import_job,
    find_files,
    import_documents,
    import_files,
)
from .storing import PASTED_FILE_NAME, ImportJob

__all__ = [
    "PASTED_FILE_NAME",
    "VERBATIM_FACTS",
    "CheckedDigest",
    "DocumentChecker",
    "ImportJob",
    "ImportOutcome",
    "carry_numbers_over",
    "claim_cited_article",
    "collect_facts",
    "create_import_job",
    "find_author",
    "find_files",
    "find_similar_authors",
    "find_source",
    "import_documents",
    "import_files",
]
