"""Measure a site under the load of a busy day: readers, ten editors who save, and an import beside them.

    uv run python -m briefs.benchmarks.operations.site_load [MINUTES]

Starts gunicorn as `deploy/systemd/digest.service` does, on the empty PostgreSQL database of `DATABASE_URL`, with two
processes, or else on a SQLite file with one. It holds 1,000 generated briefs; an import of 600 documents runs half
way. Readers ask for 40 pages a second whether or not the site keeps up, and a time counts from the moment at
which the request was due. Exits with 1 if a request failed, a text is missing, or the log tells of a lock.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from ..fresh_site import describe_machine, fill_site, running_server
from ..import_throughput import write_documents
from ..sign_in_client import HOST
from .site_clients import Answers, make_editors, read_pages, run_at_rate

READS_A_SECOND, READERS, EDITORS, SAVE_EVERY = 40.0, 16, 10, 5.0
BRIEFS, DOCUMENTS = 1_000, 600
PAGES = ("/zh-hant/", "/en/", "/zh-hant/search/?q=美國", "/en/search/?q=nuclear+deterrence", "/en/keywords/")


def main(minutes: float) -> None:
    with tempfile.TemporaryDirectory() as place:
        environment = site_environment(Path(place))
        postgres = environment["DATABASE_URL"].startswith("postgres")
        fill_site(environment, BRIEFS)
        documents = Path(place, "documents")
        documents.mkdir()
        write_documents(documents, DOCUMENTS)
        log = Path(place, "server.log")
        options = ("--workers", "2" if postgres else "1", "--log-file", str(log), "--log-level", "info")
        with running_server(environment, *options, log=log) as (port, worker):
            print(f"{describe_machine()}, {'PostgreSQL' if postgres else 'SQLite'}, {minutes:g} minutes")
            sys.exit(not measure(port, worker, minutes, environment, documents, log))


def site_environment(place: Path) -> dict[str, str]:
    """Return the settings of an https site behind one proxy, and use them in this process as well."""
    os.environ |= {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{place}/benchmark.sqlite3",
        "MEDIA_STORAGE": f"file://{place}/media",
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "DIGEST_PROXIES": "1",
        "DIGEST_REQUIRE_MFA": "0",
        "DIGEST_SEARCH_LIMIT": "100000",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DJANGO_SETTINGS_MODULE": "digest.settings",
    }
    return dict(os.environ)


def measure(port: int, worker: int, minutes: float, environment: dict[str, str], documents: Path, log: Path) -> bool:  # fmt: skip
    import django

    django.setup()
    from briefs.models import Edition
    from briefs.tests.support.factories import Team

    slugs = list(Edition.objects.order_by("-pk").values_list("slug", flat=True)[:200])
    pages = [*PAGES, *(f"/{lang}/briefs/{slug}/" for slug in slugs for lang in ("zh-hant", "en"))]
    editors = make_editors(port, EDITORS, Team())
    opened = [editor.open() for editor in editors]
    assert set(opened) == {200}, opened
    ended, reads, saves = threading.Event(), Answers(), Answers()
    read = [read_pages(port, pages[i * 7 :] + pages[: i * 7]) for i in range(READERS)]
    save = [lambda n, editor=editor: editor.save(f"Saved {n} times.") for editor in editors]
    begun = memory_mb(worker)
    threads = run_at_rate(READS_A_SECOND, ended, read, reads)
    threads += run_at_rate(EDITORS / SAVE_EVERY, ended, save, saves)
    time.sleep(minutes * 20)
    start = time.monotonic()
    done = subprocess.run([sys.executable, "manage.py", "import_briefs", str(documents)], env=environment, stdout=subprocess.DEVNULL, check=False)  # fmt: skip
    importing = time.monotonic() - start
    time.sleep(max(0.0, minutes * 40 - importing))
    ended.set()
    for thread in threads:
        thread.join()
    missing = [text for editor in editors for text in editor.find_missing()]
    locked = log.read_text(encoding="utf-8", errors="replace").count("locked") if log.exists() else 0
    for label, answers in (("pages", reads), ("saves", saves)):
        p50, p99 = answers.percentiles()
        print(
            f"{label:<10}{len(answers.rows):>8,}  p50 {p50:7.1f} ms  p99 {p99:8.1f} ms  {answers.count_statuses()}"
        )
    print(f"import of {DOCUMENTS} documents: {importing:.1f} s, exit {done.returncode}")
    print(f"acknowledged texts missing: {len(missing)}; “locked” in the log: {locked}")
    print(f"memory of a worker: {begun:.0f} MB at the start, {memory_mb(worker):.0f} MB at the end")
    return not (reads.list_failures() or saves.list_failures() or missing or locked or done.returncode)


def memory_mb(process: int) -> float:
    """Return the resident memory of a process that is its own, without what it shares."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private")) / 1024


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 15)
