from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from briefs.database import describe_error
from briefs.derived.search import indexing
from briefs.derived.search.search_log import delete_expired
from briefs.exchange.sheets import waiting_sheets
from briefs.models import JobRun
from briefs.operations.accounts import second_factor, sessions, throttle
from briefs.operations.health import ping_watcher
from briefs.operations.notifications import Delivery, send_due
from briefs.publications import preview_links, sending, subscribers
from briefs.workflow import originals


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they read the database, and must not hide the sentence below
    help = "Send the notices that are due. Pages need no job: an edition is public when its time has come."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            delivery = self._do_due_work()
        except (DatabaseError, OSError) as error:  # a full disk, or a database that is away
            raise CommandError(
                f"Not everything was done: {describe_error(error).rstrip('.')}. The next run continues."
            ) from error
        if delivery.failed:
            raise SystemExit(1)
        ping_watcher()

    def _do_due_work(self) -> Delivery:
        indexing.drop_past_editions(timezone.now())  # superseded ones, which no search returns anyway
        delete_expired(timezone.localdate())
        second_factor.renew_encryption()
        second_factor.note_keys(timezone.now())
        delivery = send_due()
        self.stdout.write(f"{delivery.sent} sent, {delivery.failed} failed.")
        if confirmations := subscribers.send_confirmations(timezone.now()):
            self.stdout.write(f"Subscribers: {confirmations} confirmation mails.")
        for part in (throttle, sessions, waiting_sheets, preview_links, subscribers, originals):
            part.delete_expired(timezone.now())
        JobRun.record("publish_due")
        if any((copies := sending.send_due(timezone.now())).numbers):
            self.stdout.write(f"Mailings: {copies}")
        return delivery
