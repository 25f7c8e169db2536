"""Django's SQLite engine, but it never creates the file of `DATABASE_URL`: a misspelt path would be an empty site."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    supports_json_field = True
    """True of every SQLite that the search index accepts. Django asks each new connection, which takes three queries."""


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        if self._is_expected():
            parameters["database"] = f"file:{quote(self.settings_dict['NAME'])}?mode=rw"
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self._is_expected() and (fault := describe_missing_file(self.settings_dict)):
            raise sqlite3.OperationalError(fault)
        return super().get_new_connection(conn_params)

    def _is_expected(self) -> bool:
        """Return whether the connection's file is that of the settings, not a test's."""
        return bool(self.settings_dict["NAME"] == self.settings_dict.get("EXPECTED_FILE"))


def describe_missing_file(config: dict[str, Any]) -> str:
    """Return a sentence if the settings name a file that does not exist."""
    file = config.get("EXPECTED_FILE")
    if not file or Path(file).exists():
        return ""
    return f"DATABASE_URL: {file} does not exist. Correct the path, or make a new site with manage.py setup."


def make_missing_file(config: dict[str, Any]) -> None:
    """Make an empty database, and its folder, if the settings name a file that does not exist."""
    if describe_missing_file(config):
        file = Path(config["EXPECTED_FILE"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
