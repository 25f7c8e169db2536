"""Empty sites to restore archives to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from .site_writers import Site

type MakeSite = Callable[[str], Site]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Return a function that makes an empty database of a kind, and a media folder."""
    databases: list[str] = []

    def make(vendor: str) -> Site:
        name = f"backup_test_{os.getpid()}_{len(databases)}"
        databases.append(name)
        url = f"sqlite:///{tmp_path / name}.sqlite3"
        if vendor == "postgresql":
            server = connection.settings_dict
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
            user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
            url = f"postgres://{user}@{server['HOST']}:{server['PORT']}/{name}"
        return Site(url, tmp_path / f"{name}-media")

    yield make
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            for name in databases:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
