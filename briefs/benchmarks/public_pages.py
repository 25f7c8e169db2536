"""Measure the server's CPU time per request of public pages, as ratios to a view that returns a constant.

    uv run python -m briefs.benchmarks.public_pages [N …]

For each N: a fresh SQLite file with N published briefs, gunicorn with one sync worker on 127.0.0.1, and
requests one after another to pages of different briefs. CPU time is the worker's own (user and system). The
constant view is `/robots.txt`. With several N, the last table shows the growth.
"""

import http.client
import os
import re
import sys
import tempfile
from pathlib import Path

from .fresh_site import CONSTANT, describe_machine, fill_site, running_server

REQUESTS = 600
ROUNDS = 5


def main(sizes: list[int]) -> None:
    print(describe_machine())
    found = {n: _measure(n) for n in sizes}
    for n, times in found.items():
        print(f"\n{n:,} briefs{'µs CPU':>30}{'× constant':>12}")
        for label, seconds in times.items():
            print(f"{label:<28}{seconds * 1e6:>12,.0f}{seconds / times['constant']:>12.2f}")
    if len(sizes) > 1:
        small, large = found[sizes[0]], found[sizes[-1]]
        print(f"\ngrowth {sizes[0]:,} → {sizes[-1]:,}")
        for label in small:
            ratio = (large[label] / large["constant"]) / (small[label] / small["constant"])
            print(f"{label:<28}{'':>12}{ratio:>12.2f}")


def _measure(n: int) -> dict[str, float]:
    """Return the CPU seconds per request by kind of page: the least of several interleaved rounds."""
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{place}/benchmark.sqlite3",
            "DIGEST_API_LIMIT": "100000",
            "DIGEST_SEARCH_LIMIT": "100000",
        }
        fill_site(environment, n)
        with running_server(environment, "--workers", "1", "--threads", "1") as (port, worker):
            pages = _list_addresses(port)
            best: dict[str, float] = {}
            for _ in range(ROUNDS):
                for label, addresses in pages.items():
                    before = _cpu_seconds(worker)
                    _request_repeatedly(port, addresses, REQUESTS)
                    spent = (_cpu_seconds(worker) - before) / REQUESTS
                    best[label] = min(best.get(label, spent), spent)
            print(f"private memory of the worker at {n:,}: {_private_memory_mb(worker):.0f} MB")
    return best


def _list_addresses(port: int) -> dict[str, list[str]]:
    """Return addresses by kind of page: of the hundred newest briefs, and of the first pages of the list."""
    briefs: list[str] = []
    lists = ["/zh-hant/"]
    while len(lists) < 6:
        body = _get(port, lists[-1])
        briefs += re.findall(r'<h[23]><a href="(/zh-hant/briefs/[^"]+)"', body)
        lists.append("/zh-hant/" + re.findall(r'rel="next" href="/zh-hant/(\?before=[^"]+)"', body)[0])
    topics = re.findall(r'<li>\s*<a href="(/zh-hant/keywords/[^"]+)"', _get(port, "/zh-hant/keywords/"))
    pages = {
        "constant": [CONSTANT],
        "brief": briefs,
        "parallel": [f"{brief}parallel/" for brief in briefs],
        "list": lists,
        "topic": topics,
        "feed.atom": ["/zh-hant/feed.atom"],
        "feed.json": ["/zh-hant/feed.json"],
        "feed.atom of a topic": [f"{topic}feed.atom" for topic in topics[:20]],
        "api list of 20": ["/api/v1/briefs"],
        "api brief": [brief.replace("/zh-hant/", "/api/v1/").rstrip("/") for brief in briefs],
        "api search": ["/api/v1/briefs?q=cable"],
        "cite.ris": [f"{brief}cite.ris" for brief in briefs],
        "card.png (kept)": [f"{brief}card.png" for brief in briefs[:20]],
    }
    for addresses in pages.values():
        _request_repeatedly(port, addresses, min(len(addresses), 100))
    return pages


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise LookupError(f"{path} answers {response.status}")
    return body.decode("utf-8", "replace")


def _request_repeatedly(port: int, addresses: list[str], times: int) -> None:
    for n in range(times):
        _get(port, addresses[n % len(addresses)])


def _cpu_seconds(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def _private_memory_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [10_000])
