"""Print what is wrong with this installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from briefs.accounts.second_factor import make_fingerprint
from briefs.installation import describe_last_backup, find_faults


class Command(BaseCommand):
    help = "Look for everything that is wrong or will go wrong. Exit 1 if something was found."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        key = make_fingerprint(settings.SECRET_KEY)
        self.stdout.write(f"Version {settings.VERSION}, {settings.SITE_URL}, secret key {key}")
        self.stdout.write(describe_last_backup())
        faults = list(find_faults())
        for fault in faults:
            self.stdout.write(f"- {fault}")
        if faults:
            raise CommandError(f"{len(faults)} found.")
        self.stdout.write("All is well.")
