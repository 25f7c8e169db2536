from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from briefs.sample_corpus import load_corpus


class Command(BaseCommand):
    help = "Add N generated published briefs, for load and scale work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("n", type=int, metavar="N", help="1 to 100000")

    def handle(self, *args: Any, **options: Any) -> None:
        n = options["n"]
        if not 1 <= n <= 100_000:
            raise CommandError("N: expected a number from 1 to 100000.", returncode=2)
        width = len(str(n))

        def progress(done: int) -> None:
            self.stderr.write(f"\r{done:>{width}} of {n}", ending="" if done < n else "\n")
            self.stderr.flush()

        added = load_corpus(n, report_progress=progress)
        self.stdout.write(f"{added} brief{pluralize(added)} added.")
