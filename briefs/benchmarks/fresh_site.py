"""What the benchmarks share: an empty site, a line about the machine, processor time and memory."""

import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CONSTANT = "/healthz"
"""Address of a view that returns a constant, behind the same middleware as every other."""


@contextmanager
def fresh_site() -> Iterator[Path]:
    """Set Django up with an empty SQLite file in a folder that is deleted at the end. Import models inside."""
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
    """Return the seconds of processor time of this process, and what was returned."""
    before = time.process_time()
    result = act()
    return time.process_time() - before, result


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
