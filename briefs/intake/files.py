"""What a command line names → files, each with a name that can be printed and stored."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ..documents.files.encodings import decode_text
from ..documents.types import DocumentRefused

_LEFT_LYING: Final = ("thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information")
_LEFT_BEGINS: Final = (".", "~$")
"""`~$` begins the name of what Word keeps beside a document that is open."""


def files_under(paths: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Each file with its name as given; a folder's in order, without what systems leave lying about."""
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield printable(given), path
            continue
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            if file.is_file() and not any(map(_is_left_lying, inside.parts)):
                yield printable(os.path.join(given, inside)), file  # a Path drops `./`


def _is_left_lying(name: str) -> bool:
    return name.startswith(_LEFT_BEGINS) or name.lower() in _LEFT_LYING


def printable(path: str) -> str:
    """A path as it is, but for the names in it that are not UTF-8: older systems wrote Big5 or GB18030."""
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
