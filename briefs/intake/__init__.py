"""Import parsed documents as briefs: idempotent, whole documents only, with provenance.

Used by the command line and by uploads. Texts are stored as parsed; nothing is corrected. Documents are
stored in batches: one transaction and a constant number of queries per batch. If an import fails half way,
each document is stored whole or not at all.
"""

from .importer import (
    CheckedDigest,
    DocumentChecker,
    TooManyDigests,
    create_import_job,
    find_files,
    import_digests,
    import_files,
    rehearse_import,
)
from .storing import PASTED_FILE_NAME, BriefChange, ImportChoice, ImportJob, ImportOutcome
from .vocabulary_lookup import NameQuestion

__all__ = [
    "PASTED_FILE_NAME",
    "BriefChange",
    "CheckedDigest",
    "DocumentChecker",
    "ImportChoice",
    "ImportJob",
    "ImportOutcome",
    "NameQuestion",
    "TooManyDigests",
    "create_import_job",
    "find_files",
    "import_digests",
    "import_files",
    "rehearse_import",
]
