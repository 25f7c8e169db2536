"""Parsed documents → briefs on the desk: idempotent, whole documents only, with provenance.

The way in for the command line and for uploads alike. Words are stored as parsed; nothing is corrected here.
Documents go through in batches: one transaction and a constant number of queries a batch. Whatever happens
half way, a document is stored whole or not at all.
"""

from .files import find_files
from .importer import (
    TooManyDigests,
    create_import_job,
    import_bytes,
    import_chosen_digests,
    import_files,
    rehearse_import,
)
from .outcomes import BriefChange, ImportChoice, ImportOutcome
from .storing import PASTED_FILE_NAME, ImportJob

__all__ = [
    "PASTED_FILE_NAME",
    "BriefChange",
    "ImportChoice",
    "ImportJob",
    "ImportOutcome",
    "TooManyDigests",
    "create_import_job",
    "find_files",
    "import_bytes",
    "import_chosen_digests",
    "import_files",
    "rehearse_import",
]
