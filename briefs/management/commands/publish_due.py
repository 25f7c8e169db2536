from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from briefs.notify import send_due
from briefs.search import indexing
from briefs.wanted import forget


class Command(BaseCommand):
    help = "Send the notices that are due. Pages need no job: an edition is public when its time has come."

    def handle(self, *args: Any, **options: Any) -> None:
        indexing.sweep(
            timezone.now()
        )  # of editions that were superseded meanwhile; nobody finds them as it is
        forget(timezone.localdate())
        delivery = send_due()
        self.stdout.write(f"{delivery.sent} sent, {delivery.failed} failed.")
        if delivery.failed:
            raise SystemExit(1)
