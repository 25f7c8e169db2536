"""A connection to PostgreSQL that fails when the server does not answer."""

from collections.abc import Generator
from time import monotonic
from typing import Any, Final

import psycopg

ANSWER_SECONDS: Final = 2.2
"""Wait for the next byte from the server during a statement."""


class NoAnswer(psycopg.OperationalError):
    pass


class PatientConnection(psycopg.Connection[Any]):
    """A connection that closes itself when the server sends nothing for ANSWER_SECONDS during a statement.

    A stopped server accepts bytes and never answers. libpq does not notice, and neither does `tcp_user_timeout`, because
    the kernel goes on acknowledging.
    """

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().wait(_limit(gen), *args, **kwargs)
        except NoAnswer:
            self.close()
            raise


def _limit(gen: Any) -> Generator[Any, Any, Any]:
    """Run psycopg's wait generator. Psycopg resumes it every 0.1 s with 0 while the socket is not ready."""
    since = monotonic()
    try:
        state = next(gen)
        while True:
            ready = yield state
            if ready:
                since = monotonic()
            elif monotonic() - since > ANSWER_SECONDS:
                gen.close()
                raise NoAnswer("The database server does not answer.")
            state = gen.send(ready)
    except StopIteration as end:
        return end.value
