import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from briefs.operations.demo import create_accounts, import_demo_briefs, send_demo_issue
from briefs.operations.installation import prepare_database, prepare_dictionary
from briefs.operations.sample_corpus import load_corpus


def number_up_to(most: int) -> Callable[[str], int]:
    """Return a parser of a number from 1 to `most`."""

    def parse(text: str) -> int:
        if not (
            text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most
        ):
            raise ArgumentTypeError(f"{text!r}: expected a number from 1 to {most}.")
        return int(text)

    return parse


class Command(BaseCommand):
    help = "From nothing to a running site with the real document on it. Safe to run again."

    requires_system_checks: list[str] = []  # they open the database, which may not exist yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-server", action="store_true", help="prepare everything, then stop")
        parser.add_argument("--port", type=number_up_to(65_535), help="that of SITE_URL without it")
        parser.add_argument("--reset-passwords", action="store_true", help="give the accounts new passwords")
        parser.add_argument(
            "--briefs",
            type=number_up_to(100_000),
            metavar="N",
            help="add N generated published briefs, for load and scale work",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SITE_URL.startswith("https:"):
            raise CommandError(
                "demo: SITE_URL is a public address; demo accounts belong on this machine only."
            )
        port = options["port"] or urlsplit(settings.SITE_URL).port or 80
        if options["port"] or not options["no_server"]:
            settings.SITE_URL = f"http://127.0.0.1:{port}"  # before the issue is mailed, whose links name it
        if not options["no_server"]:
            self._require_free_port(port)
        self.check()
        prepare_database()
        prepare_dictionary()
        people = list(create_accounts(reset_passwords=options["reset_passwords"]))
        persons = {account.username: person for account, person, _ in people}
        import_demo_briefs(persons)
        send_demo_issue(persons["publisher"], settings.VAR / "mail")
        call_command("rebuild_derived", stdout=StringIO())  # updates rows that an older version made
        if options["briefs"]:
            self._add_generated_briefs(options["briefs"])
        self._print_accounts(people)
        if not options["no_server"]:
            self._serve(port)

    def _add_generated_briefs(self, count: int) -> None:
        width = len(str(count))

        def report_progress(done: int) -> None:
            self.stderr.write(f"\r{done:>{width}} of {count} briefs", ending="" if done < count else "\n")
            self.stderr.flush()

        load_corpus(count, report_progress=report_progress)

    def _print_accounts(self, people: list[Any]) -> None:
        address = settings.SITE_URL
        self.stdout.write(
            f"\n  Readers   {address}/zh-hant/   {address}/en/\n  Desk      {address}/admin/\n\n"
        )
        for account, _, password in people:
            shown = password or "as before (--reset-passwords gives new ones)"
            self.stdout.write(f"  {account.username:<12} {account.group:<11} {shown}\n")
        self.stdout.write("\n")
        self.stdout.flush()

    def _require_free_port(self, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} is taken. Try: manage.py demo --port {port + 1}", returncode=1
                ) from error

    def _serve(self, port: int) -> None:
        """Replace this process with gunicorn: one worker with threads, as SQLite requires."""
        os.environ["SITE_URL"] = settings.SITE_URL
        program = [sys.executable, "-m", "gunicorn", "digest.wsgi", "--bind", f"127.0.0.1:{port}"]
        os.execv(  # noqa: S606
            sys.executable,
            [*program, "--workers", "1", "--threads", "8", "--log-level", "warning", "--no-control-socket"],
        )
