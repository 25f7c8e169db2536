from typing import Any

from django.core.management.base import BaseCommand

from briefs.notify import send_due


class Command(BaseCommand):
    help = "Send the notices that are due. Pages need no job: an edition is public when its time has come."

    def handle(self, *args: Any, **options: Any) -> None:
        delivery = send_due()
        self.stdout.write(f"{delivery.sent} sent, {delivery.failed} failed.")
        if delivery.failed:
            raise SystemExit(1)
