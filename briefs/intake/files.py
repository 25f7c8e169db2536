"""Find the files that a command line names, each with a name that can be printed and stored."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ..documents.files.encodings import decode_text
from ..documents.types import DocumentRefused

_SYSTEM_FILES: Final = ("thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information")
_SYSTEM_FILE_PREFIXES: Final = (".", "~$")
"""Word writes a `~$` file beside each document that is open."""


def find_files(paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Yield each file with its name as given. Folders are searched in sorted order, without system files."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield make_printable_path(given), path
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(map(_is_system_file, inside.parts)):
                yield make_printable_path(os.path.join(given, inside)), file  # a Path drops `./`


def _is_system_file(name: str) -> bool:
    return name.startswith(_SYSTEM_FILE_PREFIXES) or name.lower() in _SYSTEM_FILES


def read_file(path: Path) -> bytes:
    """Return the bytes of a file. Raise `DocumentRefused` if it cannot be read."""
    if path.exists() and not path.is_file():  # reading a pipe may never end
        raise DocumentRefused(None, "unreadable", {"why": "it is a pipe or a device, not a file"})
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentRefused(None, "unreadable", {"why": error.strerror or type(error).__name__}) from error


def make_printable_path(path: str) -> str:
    """Return the path as UTF-8. Names that are not UTF-8, as on older systems, are read as Big5 or GB18030."""
    return os.sep.join(map(_printable_name, path.split(os.sep)))


def _printable_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        data = os.fsencode(name)
    else:
        return name
    try:
        text = decode_text(data)[0]
    except DocumentRefused:
        text = ""
    return text if text.isprintable() and text else data.decode("utf-8", "backslashreplace")
