"""Prepare a site: tables, roles, vocabulary, static files and the first person."""

import os
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
from django.utils import translation
from django.utils.translation import gettext as _

from briefs.models import Person
from briefs.operations.installation import create_first_person, prepare_database, prepare_dictionary


def read_shell_language() -> str:
    """Return the language of the locale: Chinese for `zh_TW.UTF-8`, English for everything else."""
    variables = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for name in variables if (value := os.environ.get(name))), "")
    return "zh-hant" if locale.lower().startswith("zh") else "en"


class Command(BaseCommand):
    help = (
        "Prepare a site, or bring it to this version. Safe to repeat: what is there already stays as it is."
    )

    requires_system_checks: list[str] = []  # they open the database, which may not exist yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", help="of the first person; asked for if left out")
        parser.add_argument("--name", help="as shown on the desk")
        parser.add_argument("--email", help="for notices and a forgotten password")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input, not the keyboard",
        )
        parser.add_argument("--no-person", action="store_true", help="create no account")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(read_shell_language()):
            self._set_up(**options)

    def _set_up(self, *, no_person: bool, **options: Any) -> None:
        self.check()
        prepare_database()
        self.stdout.write(_("Tables, roles and vocabulary are there."))
        self.stdout.write(prepare_dictionary() or _("The dictionary is there."))
        if settings.SITE_URL.startswith("https:"):
            call_command("collectstatic", interactive=False, verbosity=0)
            self.stdout.write(_("Static files are collected."))
        if no_person or Person.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write(_("Done. Next: manage.py doctor"))
            return
        person = self._create_person(**options)
        values = {"username": person.username, "address": f"{settings.SITE_URL}/admin/"}
        self.stdout.write(_("%(username)s can sign in at %(address)s. Next: manage.py doctor") % values)

    def _create_person(
        self,
        *,
        username: str | None,
        name: str | None,
        email: str | None,
        password_stdin: bool,
        **options: Any,
    ) -> Person:
        if not (username or sys.stdin.isatty()):
            raise CommandError(
                _("Nobody can sign in yet: give --username and --password-stdin."), returncode=2
            )
        is_asked = sys.stdin.isatty() and not password_stdin
        username = username or input(_("User name of the first person: ")).strip()
        name = name or (input(_("Name: ")).strip() if is_asked else "") or username
        if email is None:
            email = input(_("E-mail address: ")).strip() if is_asked else ""
        try:
            if email:
                validate_email(email)
            Person.username_validator(username)
            if Person.objects.filter(username=username).exists():
                raise ValidationError(_("%(username)s exists already.") % {"username": username})
            password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass(_("Password: "))
            validate_password(password, Person(username=username, name=name, email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        return create_first_person(username, name, email, password, language=read_shell_language())
