"""Make the PDF of an issue with typst (extra `pdf`), in a process of its own and one at a time on a machine."""

import fcntl
import json
import logging
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.conf import settings

from .issue_document import IssueDocument, read_pictures

CONTENT_TYPE: Final = "application/pdf"
FONTS: Final = ("Noto Serif CJK TC", "Noto Serif TC", "Source Han Serif TC")
"""Families for Chinese, the preferred one first. Latin is set in Libertinus Serif, which typst brings."""
MAX_SECONDS: Final = 20
MAX_FILES: Final = 400
"""Of at most half a megabyte each, for 100 issues."""

log = logging.getLogger(__name__)


class Busy(Exception):
    """One PDF is being made, and another waits. Two processes of the server are the most that PDFs may occupy."""


class Failed(Exception):
    """typst could not set the document; the reason is in the log."""


@cache
def find_font() -> str:
    """Return the family for Chinese; empty if there is none or typst is not installed. It takes a quarter of a second."""
    if not is_installed():
        return ""
    return _run_typst(*FONTS).decode()


def is_installed() -> bool:
    return find_spec("typst") is not None


def is_available() -> bool:
    return bool(find_font())


def make_pdf(document: IssueDocument, version: str) -> bytes:
    """Return the PDF, which is kept in a file under `version`. Raise Busy or Failed.

    A failure is kept too, as an empty file: trying again with each request would occupy the machine.
    """
    folder = Path(settings.PDF_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{version}.pdf"
    if not file.exists():
        with _take_turn(folder):
            if not file.exists():  # made while this one waited
                _store(file, document)
    pdf = file.read_bytes()
    if not pdf:
        raise Failed
    return pdf


def _store(file: Path, document: IssueDocument) -> None:
    """Write the PDF at once as a whole, and delete the oldest files."""
    try:
        pdf = set_pages(document)
    except Failed:
        pdf = b""
    unfinished = file.with_suffix(".new")
    unfinished.write_bytes(pdf)
    unfinished.replace(file)
    newest_first = sorted(file.parent.glob("*.pdf"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[MAX_FILES:]:
        old.unlink(missing_ok=True)


def set_pages(document: IssueDocument) -> bytes:
    """Return the pages as PDF/UA-1. Raise Failed."""
    pictures = read_pictures(document)
    try:
        with TemporaryDirectory() as folder:
            for name, data in pictures.items():
                Path(folder, name).write_bytes(data)
            return _run_typst(find_font(), words=_write_json(document, pictures), folder=folder)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip().split("\n")[-1]
        log.error("The PDF of issue %s cannot be made: %s", document.number, said or type(error).__name__)
        raise Failed from error


def _run_typst(*families: str, words: bytes = b"", folder: str = "") -> bytes:
    command = [sys.executable, "-I", str(Path(__file__).with_name("typeset.py")), folder, *families]
    done = subprocess.run(command, input=words, capture_output=True, timeout=MAX_SECONDS, check=True)  # noqa: S603
    if done.stderr:
        log.warning("typst: %s", done.stderr.decode(errors="replace").strip())
    return done.stdout


def _write_json(document: IssueDocument, pictures: Collection[str]) -> bytes:
    """Return the document as typst reads it: texts as objects, with line ends that JSON escapes."""
    return json.dumps(_name_fields(asdict(document) | {"pictures": list(pictures)})).encode()


def _name_fields(value: object) -> object:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: _name_fields(part) for name, part in value.items()}
    return [_name_fields(part) for part in value] if isinstance(value, list | tuple) else value


@contextmanager
def _take_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process of this machine makes a PDF. Raise Busy if another waits already."""
    with (folder / "waiting.lock").open("a") as waiting, (folder / "making.lock").open("a") as making:
        try:
            fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy from error
        fcntl.flock(making, fcntl.LOCK_EX)
        fcntl.flock(waiting, fcntl.LOCK_UN)
        yield
