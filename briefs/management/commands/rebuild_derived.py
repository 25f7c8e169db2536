"""Rebuild list rows, term occurrences, search indexes and translation memory."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.template.defaultfilters import pluralize

from briefs.content import Content
from briefs.database import guards
from briefs.derived import build, translation_memory
from briefs.derived.search import DRAFT_INDEX, get_store, rebuild
from briefs.models import Brief
from briefs.models.bulk_writes import let_other_writers_in
from briefs.models.edition import Edition
from briefs.workflow import load_working_copy

BATCH_SIZE: Final = 100
"""Editions per transaction, for which other writers wait on SQLite."""


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
        if all and not check:
            get_store().clear()
            get_store(DRAFT_INDEX).clear()
        astray = rebuild.find_drift(Brief.objects.values_list("pk", flat=True))
        ids = list(every if all else dict.fromkeys((*build.find_stale_edition_ids(), *astray.editions)))
        forgotten = list(briefs if all else translation_memory.find_stale_brief_ids())
        if check:
            self._report_stale(len(every), len(ids), len(forgotten), len(astray) - len(astray.editions))
            return
        rebuild.drop_strays(astray)
        done = 0
        for batch in batched(ids, BATCH_SIZE):
            with transaction.atomic():
                build.lock_names_exclusively()
                build.rebuild_derived_rows(Edition.objects.filter(pk__in=batch))
            done += len(batch)
            self.stdout.write(f"{done} of {len(ids)} rebuilt")
            let_other_writers_in()
        if done:
            guards.renew_generation(
                connection
            )  # a brief may have other terms, and no change tells mirrors of it
        translation_memory.rebuild_memory(forgotten)
        rebuild.index_missing_drafts(astray, _load_contents)
        self.stdout.write(f"{done} edition{pluralize(done)} rebuilt." if done else "Nothing was stale.")
        if forgotten:
            self.stdout.write(
                f"{len(forgotten)} brief{pluralize(len(forgotten))} put into the translation memory."
            )
        if astray.drafts:
            self.stdout.write(
                f"{len(astray.drafts)} brief{pluralize(len(astray.drafts))} put into the desk's index."
            )

    def _report_stale(self, editions: int, stale: int, stale_memory: int, stray_index_rows: int) -> None:
        if stale:
            raise CommandError(f"{stale} of {editions} editions are stale: run rebuild_derived.")
        if stale_memory:
            raise CommandError(
                f"{stale_memory} briefs differ from the translation memory: run rebuild_derived."
            )
        if stray_index_rows:
            raise CommandError(
                f"{stray_index_rows} rows of the search indexes are missing or left over: run rebuild_derived."
            )
        self.stdout.write(f"{editions} edition{pluralize(editions)}, all up to date.")


def _load_contents(briefs: Sequence[int]) -> list[tuple[int, Content]]:
    rows = Brief.objects.filter(pk__in=briefs).select_related("picture")
    return [(row.pk, load_working_copy(row)) for row in rows.prefetch_related("bullets", "bylines", "labels")]
