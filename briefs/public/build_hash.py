"""The hash of everything besides rows that a page is made from: code, templates, libraries, settings and static files."""

import hashlib
import os
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from django.conf import settings

_CODE: Final = ("briefs", "digest", "templates")
_NOT_IN_PAGES: Final = {"__pycache__", "tests", "benchmarks"}
_SECRET: Final = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "CACHES", "MAILERS", "STORAGES")


@cache
def compute_build_hash() -> str:
    """Return the hash of what this process runs. It must be called at the start: the files may be replaced later."""
    names = [name for name in dir(settings) if name.isupper() and name not in _SECRET]
    static = Path(settings.STATIC_ROOT)
    return hash_parts(
        [
            platform.python_version(),
            [version(package) for package in ("django", "pillow")],
            [(name, repr(getattr(settings, name))) for name in names],
            *((path, hashlib.sha256(file.read_bytes()).hexdigest()) for path, file in _list_code()),
            *((path, file.stat().st_size, file.stat().st_mtime_ns) for path, file in _list_files(static)),
        ]
    )


def hash_parts(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _list_code() -> Iterator[tuple[str, Path]]:
    for name in _CODE:
        yield from _list_files(Path(settings.BASE_DIR, name))


def _list_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _NOT_IN_PAGES)
        for file in (Path(place, name) for name in sorted(names)):
            yield file.relative_to(folder).as_posix(), file
