"""Parsed documents → briefs on the desk: idempotent, whole documents only, with provenance.

The way in for the command line and for uploads alike. Words are stored as parsed; nothing is corrected here.
Documents go through in batches: one transaction and a constant number of queries a batch. Whatever happens
half way, a document is stored whole or not at all.
"""

from .files import files_under
from .importer import TooMany, import_bytes, import_chosen, import_files, job, rehearsed
from .outcomes import Change, Choice, Outcome
from .storing import PASTED, Job

__all__ = [
    "PASTED",
    "Change",
    "Choice",
    "Job",
    "Outcome",
    "TooMany",
    "files_under",
    "import_bytes",
    "import_chosen",
    "import_files",
    "job",
    "rehearsed",
]
