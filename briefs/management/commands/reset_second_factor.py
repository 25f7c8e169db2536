from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from briefs.models import Person
from briefs.operations.accounts.account_actions import reset_second_factors


class Command(BaseCommand):
    help = "Remove the second factors of a person who has lost them, and end the person's sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = Person.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"Nobody has the user name {username!r}.")
        if reset_second_factors(person, now=timezone.now()):
            self.stdout.write(f"The second factors of {username} are removed and all sessions ended.")
        else:
            self.stdout.write(f"{username} has no second factor.")
