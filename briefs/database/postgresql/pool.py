"""Connections to PostgreSQL for the requests of one process.

Unlike in psycopg_pool, the request itself connects, so that a server that refuses is reported at once and one that is
back is used at once. psycopg_pool connects in the background and waits longer after each failure: the first requests after
a restart fail or wait, and each stale connection costs a delay.

A server that was stopped accepts bytes and never answers; neither libpq nor the kernel notices (the kernel goes on
acknowledging, so `tcp_user_timeout` does not apply). So every wait has a limit. After the first time-out, one
request at a time tries the server and the others are refused; waiting, they would fill all threads.
"""

import select
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

import psycopg

from briefs.database import request_limits
from briefs.database.request_limits import ANSWER_SECONDS, CONNECT_SECONDS

TRY_SECONDS: Final = 1.0
"""Limit for the request that tries a silent server. It is short, because the request may have waited for others."""
GRACE_SECONDS: Final = 0.4
"""How long other requests wait for the one that tries the server."""
MOST_WAITING: Final = 5
"""Requests beyond this are refused at once, so that not all of the eight threads wait."""
_LIMITS: Final = (
    f"SET lock_timeout = {request_limits.LOCK_MILLISECONDS};"
    f"SET statement_timeout = {request_limits.STATEMENT_MILLISECONDS}"
)


class NoAnswer(psycopg.OperationalError):
    """The server accepts connections or statements and does not answer."""


class NoFreeConnection(psycopg.OperationalError):
    """All connections of the process are in use."""

    sqlstate = "53300"  # too_many_connections


_SILENCE: Final = (NoAnswer, NoFreeConnection, psycopg.errors.ConnectionTimeout)


class PooledConnection(psycopg.Connection[Any]):
    """A connection that closes itself when a statement gets no answer in time. The pool sets `pool`."""

    pool: "Pool"
    connect_until = threading.local()

    @classmethod
    def _connect_gen(cls, *args: Any, **kwargs: Any) -> Any:
        """Connect within one limit for all addresses of a host name. `connect_timeout` limits each address."""
        until = cls.connect_until.moment
        return _limit(super()._connect_gen(*args, **kwargs), lambda since: monotonic() > until)

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().wait(
                _limit(gen, lambda since: monotonic() - since > ANSWER_SECONDS), *args, **kwargs
            )
        except NoAnswer:
            self.close()
            request_limits.record_failure(self.pool.alias)
            self.pool.report_no_answer()
            raise

    def release(self) -> None:
        self.pool.put(self)

    @property
    def is_fresh(self) -> bool:
        """Return whether the connection is idle and the server has not closed it."""
        if self.closed or self.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)


def _limit(gen: Any, is_over: Any) -> Generator[Any, Any, Any]:
    """Run psycopg's wait generator `gen`. Raise NoAnswer when nothing is ready and `is_over(since)` is true.

    psycopg resumes the generator every 0.1 s with 0 if the socket is not ready.
    """
    since = monotonic()
    try:
        state = next(gen)
        while True:
            ready = yield state
            if ready:
                since = monotonic()
            elif is_over(since):
                gen.close()
                raise NoAnswer("The database server does not answer.")
            state = gen.send(ready)
    except StopIteration as end:
        return end.value


class Pool:
    def __init__(self, alias: str, size: int) -> None:
        self.alias = alias
        self._idle: list[PooledConnection] = []
        self._places = threading.BoundedSemaphore(size)
        self._changed = threading.Condition()
        self._is_silent = self._is_tried = False
        self._waiting = 0

    def take(self, parameters: dict[str, Any]) -> PooledConnection:
        """Return a connection; the caller must give it back to `put`. `parameters` are those of `psycopg.connect`."""
        if request_limits.has_failed(self.alias):
            raise NoAnswer("The database has failed in this request.")
        try:
            with self._one_at_a_time_if_silent() as is_try:
                until = monotonic() + (TRY_SECONDS if is_try else CONNECT_SECONDS)
                if not self._places.acquire(timeout=CONNECT_SECONDS):
                    raise NoFreeConnection(f"no free connection within {CONNECT_SECONDS} s")
                try:
                    return self._pop() or self._connect(parameters, until)
                except BaseException:
                    self._places.release()
                    raise
        except psycopg.Error:
            request_limits.record_failure(self.alias)
            raise

    def put(self, connection: PooledConnection) -> None:
        if connection.is_fresh and not self._is_silent:
            self._idle.append(connection)
        else:
            connection.close()
        self._places.release()

    def report_no_answer(self) -> None:
        self._is_silent = True
        while self._idle:
            self._pop(close=True)

    def _pop(self, *, close: bool = False) -> PooledConnection | None:
        """Return the idle connection used last, or None. Discard those that the server has closed."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not close and connection.is_fresh:
                return connection
            connection.close()

    def _connect(self, parameters: dict[str, Any], until: float) -> PooledConnection:
        PooledConnection.connect_until.moment = until
        try:
            connection = PooledConnection.connect(**{**parameters, "autocommit": True})
        except (NoAnswer, psycopg.errors.ConnectionTimeout):
            self.report_no_answer()
            raise
        connection.pool = self
        connection.execute(_LIMITS)
        return connection

    @contextmanager
    def _one_at_a_time_if_silent(self) -> Iterator[bool]:
        """While the server does not answer, yield True to one thread at a time and raise NoAnswer in the others."""
        with self._changed:
            if self._is_silent and self._is_tried:
                self._wait_for_try()
            is_try = self._is_tried = self._is_silent
        if not is_try:
            yield False
            return
        is_silent = True
        try:
            yield True
            is_silent = False
        except _SILENCE:
            raise
        except psycopg.Error:  # the server refused, so it answers
            is_silent = False
            raise
        finally:
            with self._changed:
                self._is_silent, self._is_tried = is_silent, False
                self._changed.notify_all()

    def _wait_for_try(self) -> None:
        """Wait briefly for the request that is trying the server, since the server may be back."""
        if self._waiting < MOST_WAITING:
            self._waiting += 1
            self._changed.wait_for(lambda: not (self._is_silent and self._is_tried), GRACE_SECONDS)
            self._waiting -= 1
        if self._is_silent and self._is_tried:
            raise NoAnswer("The database server has not answered another request.")
