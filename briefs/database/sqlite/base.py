"""Django's SQLite engine, but only `migrate` creates the file of `DATABASE_URL`: a misspelt path would be an empty site."""

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
        if _is_in_settings(self.settings_dict):
            parameters["database"] = f"file:{quote(self.settings_dict['NAME'])}?mode=rw"
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if fault := describe_missing_file(self.settings_dict):
            raise sqlite3.OperationalError(fault)
        return super().get_new_connection(conn_params)

    def prepare_database(self) -> None:
        """Make the missing file and its folder. `migrate` calls this, and with it `setup` and `demo`."""
        if describe_missing_file(self.settings_dict):
            file = Path(self.settings_dict["NAME"])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()


def describe_missing_file(config: dict[str, Any]) -> str:
    """Return a sentence if the settings name a file that does not exist."""
    if not _is_in_settings(config) or Path(config["NAME"]).exists():
        return ""
    return f"DATABASE_URL: {config['NAME']} does not exist. Correct the path, or make a new site with manage.py setup."


def _is_in_settings(config: dict[str, Any]) -> bool:
    """Return whether the connection's file is that of the settings, not that of a test or a restore."""
    return bool(config["NAME"] == config.get("EXPECTED_FILE"))
