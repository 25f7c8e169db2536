"""What many tests share."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

_ROUNDS = float(os.environ.get("TEST_ROUNDS", "1"))


def scale(n: int) -> int:
    """Return how often a heavy random test repeats: `n` times the environment variable `TEST_ROUNDS`."""
    return max(1, round(n * _ROUNDS))


@contextlib.contextmanager
def limit_cpu_time(seconds: float = 15) -> Iterator[None]:
    """Raise `TimeoutError` where the block stands once it has used `seconds` of processor time.

    This is no measurement: the limit is many times what the work takes, so that only work that grows with the square
    of its input, or never ends, reaches it on a busy machine. The benchmarks print what the work does take.
    """

    def stop(*_: Any) -> None:
        raise TimeoutError(f"still busy after {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
