#!/usr/bin/env python
import os
import sqlite3
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from briefs.database.faults import Fault, find_fault
    from briefs.database.sqlite.base import describe_missing_file

    try:
        execute_from_command_line(sys.argv)
    except (DatabaseError, sqlite3.Error, OSError) as error:
        if missing := describe_missing_file(settings.DATABASES["default"]):
            sys.exit(missing)
        if isinstance(error, PermissionError) and error.filename:
            sys.exit(f"{error.filename}: {error.strerror}.")
        if find_fault(error) is not Fault.FULL:
            raise
        sys.exit(f"The disk is full: {error}. Make room, then run this again.")


if __name__ == "__main__":
    main()
