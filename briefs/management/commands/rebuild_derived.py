"""Make renderings, cards and facets anew from the editions."""

from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import derive
from ...models.edition import Edition


class Command(BaseCommand):
    help = "Rebuild what is derived from editions where it is missing or out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Only count; exit 1 when something is stale."
        )
        parser.add_argument("--all", action="store_true", help="Rebuild everything, stale or not.")

    def handle(self, *args: Any, check: bool, all: bool, **options: Any) -> None:
        every = Edition.objects.order_by("pk").values_list("pk", flat=True)
        ids = list(every if all else derive.stale())
        if check:
            if ids:
                raise CommandError(f"{len(ids)} of {len(every)} editions are stale: run rebuild_derived.")
            self.stdout.write(f"{len(every)} editions, all up to date.")
            return
        done = 0
        for batch in batched(ids, derive.BATCH):
            derive.derive(Edition.objects.filter(pk__in=batch))
            done += len(batch)
            self.stdout.write(f"{done} of {len(ids)} rebuilt")
        self.stdout.write(f"{done} editions rebuilt." if done else "Nothing was stale.")
