"""Delete many rows without making anybody wait."""

from typing import Any

from django.db.models import QuerySet

from .write_turns import let_other_writers_in

BATCH_SIZE = 500
MAX_ROWS = 20_000


def delete_in_batches(rows: QuerySet[Any], *, batch_size: int = BATCH_SIZE, max_rows: int = MAX_ROWS) -> int:
    """Delete the rows in short transactions and return how many. What is beyond `max_rows` waits for the next run.

    A row that no longer matches when its batch is deleted stays.
    """
    done = 0
    while done < max_rows and (keys := list(rows.values_list("pk", flat=True)[:batch_size])):
        if done:
            let_other_writers_in()
        rows.filter(pk__in=keys).delete()
        done += len(keys)
    return done
