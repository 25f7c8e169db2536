"""Hash passwords of strangers in threads of low priority, so that pages of readers come first."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher

_NICENESS: Final = 5


def _lower_priority() -> None:
    with suppress(OSError):  # only Linux has a priority for a thread
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), own + _NICENESS)


_threads = ThreadPoolExecutor(4, "password", initializer=_lower_priority)
_is_urgent = ContextVar("_is_urgent", default=False)


@contextmanager
def normal_priority() -> Iterator[None]:
    token = _is_urgent.set(True)
    try:
        yield
    finally:
        _is_urgent.reset(token)


class LowPriorityHasher(PBKDF2PasswordHasher):
    """Django's default hasher, with the same hashes. It holds no lock of the interpreter while it works."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        if _is_urgent.get():
            return super().encode(password, salt, iterations)
        return _threads.submit(super().encode, password, salt, iterations).result()
