"""Prepare a site: tables, roles, vocabulary, static files and the first person."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from ...installation import create_first_person, prepare_database, prepare_dictionary
from ...models import Person


class Command(BaseCommand):
    help = (
        "Prepare a site, or bring it to this version. Safe to repeat: what is there already stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", help="of the first person; asked for if left out")
        parser.add_argument("--name", help="as shown on the desk")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input, not the keyboard",
        )
        parser.add_argument("--no-person", action="store_true", help="create no account")

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_database()
        self.stdout.write("Tables, roles and vocabulary are there.")
        self.stdout.write(prepare_dictionary() or "The dictionary is there.")
        if settings.SITE_URL.startswith("https:"):
            call_command("collectstatic", interactive=False, verbosity=0)
            self.stdout.write("Static files are collected.")
        if options["no_person"] or Person.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("Done. Next: manage.py doctor")
            return
        person = self._create_person(**options)
        self.stdout.write(
            f"{person.username} can sign in at {settings.SITE_URL}/admin/. Next: manage.py doctor"
        )

    def _create_person(
        self, *, username: str | None, name: str | None, email: str, password_stdin: bool, **options: Any
    ) -> Person:
        if not (username or sys.stdin.isatty()):
            raise CommandError("Nobody can sign in yet: give --username and --password-stdin.", returncode=2)
        username = username or input("User name of the first person: ").strip()
        name = (
            name or (input("Name: ").strip() if sys.stdin.isatty() and not password_stdin else "") or username
        )
        password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass("Password: ")
        try:
            if email:
                validate_email(email)
            Person.username_validator(username)
            validate_password(password, Person(username=username, name=name, email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if Person.objects.filter(username=username).exists():
            raise CommandError(f"{username} exists already.", returncode=2)
        return create_first_person(username, name, email, password)
