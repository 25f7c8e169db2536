"""Archives of rows and pictures. `archive_writer` writes and proves one, `restoration` restores it; both read and
write rows by `row_lines`.
"""

from .archive_writer import write_backup
from .backup_archive import BackupError, find_faults, list_key_fingerprints, read_manifest
from .restoration import require_integrity, restore

__all__ = [
    "BackupError",
    "find_faults",
    "list_key_fingerprints",
    "read_manifest",
    "require_integrity",
    "restore",
    "write_backup",
]
