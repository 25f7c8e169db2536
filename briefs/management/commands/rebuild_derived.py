"""Make renderings, cards, facets and the translation memory anew from the editions."""

from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import derive, memory
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
        briefs = Edition.objects.order_by("brief").values_list("brief", flat=True).distinct()
        ids = list(every if all else derive.stale())
        forgotten = list(briefs if all else memory.stale())
        if check:
            self._check(len(every), len(ids), len(forgotten))
            return
        done = 0
        for batch in batched(ids, derive.BATCH):
            derive.derive(Edition.objects.filter(pk__in=batch))
            done += len(batch)
            self.stdout.write(f"{done} of {len(ids)} rebuilt")
        memory.remember(forgotten)
        self.stdout.write(f"{done} editions rebuilt." if done else "Nothing was stale.")
        if forgotten:
            self.stdout.write(f"{len(forgotten)} briefs put into the translation memory.")

    def _check(self, editions: int, stale: int, forgotten: int) -> None:
        if stale:
            raise CommandError(f"{stale} of {editions} editions are stale: run rebuild_derived.")
        if forgotten:
            raise CommandError(f"{forgotten} briefs stand in the memory otherwise: run rebuild_derived.")
        self.stdout.write(f"{editions} editions, all up to date.")
