"""Import parsed documents as briefs: idempotent, whole documents only, with provenance.

Used by the command line and by uploads. Texts are stored as parsed; nothing is corrected. Documents are
stored in batches: one transaction and a constant number of queries per batch. If an import fails half way,
each document is stored whole or not at all.
"""

from .importer import (
    CheckedDigest,
    DocumentChecker,
    create_import_job,
    find_files,
    import_documents,
    import_files,
)
from .storing import PASTED_FILE_NAME, ImportJob, ImportOutcome

__all__ = [
    "PASTED_FILE_NAME",
    "CheckedDigest",
    "DocumentChecker",
    "ImportJob",
    "ImportOutcome",
    "create_import_job",
    "find_files",
    "import_documents",
    "import_files",
]
