"""Helpers shared by the benchmarks: an empty site, a description of the machine, CPU time and memory."""

import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CONSTANT = "/healthz"
"""Address of a view that returns a constant. Its requests pass the same middleware as all others."""


@contextmanager
def fresh_site() -> Iterator[Path]:
    """Set up Django with an empty SQLite file in a temporary folder. Import models inside the context."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["DATABASE_URL"] = f"sqlite:///{place}/benchmark.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        yield Path(place)


def describe_machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measure_cpu[T](act: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of CPU time that this process used, and the result of `act`."""
    before = time.process_time()
    result = act()
    return time.process_time() - before, result


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
