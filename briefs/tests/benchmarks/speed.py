"""Measure public pages, the desk, search or an import, as ratios to a view that returns a constant.

    uv run python -m briefs.tests.benchmarks.speed pages|desk|search|import [N]

N: published briefs, repetitions, published briefs, documents. Each run has a new SQLite file. Times are CPU time (user
and system), which wanders less than requests a second. Compare ratios, and only within a run.
"""

import gc
import os
import random
import re
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from briefs.tests.support import servers
from briefs.tests.support.servers import CONSTANT, fetch, fresh_site, measure_cpu

ROUNDS, REQUESTS, ADDRESSES = 5, 300, 60
SEED = Path(__file__).parents[3] / "fixtures" / "seeds" / "000_a01fbe574e0e12f3.txt"
QUERIES = ("美", "美國", "半导体", "計畫", "出口管制", "供應鏈", "半導體出口管制", "对单一供应国的依赖", "export", "exporting",
    "critical minerals", '"export controls"', "restrict*", "ＡＩ５Ｇ", "author:Tanaka 核嚇阻", "北約盟國 -半導體")  # fmt: skip


def print_row(label: str, seconds: float, base: float, more: str = "") -> None:
    print(f"{label:<30}{seconds * 1e3:>10.2f} ms{seconds / base:>9.2f} ×  {more}")


def measure_pages(n: int = 10_000) -> None:
    """gunicorn with one sync worker. *First*: after a change of a public row; *kept*: asked for again."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "benchmark.sqlite3")
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{database}", "DIGEST_PROXIES": "1"}
        servers.fill_site(environment, n)
        with servers.running_server(environment, "--workers", "1", "--threads", "1") as (port, worker):
            times: dict[str, list[float]] = defaultdict(list)
            for _ in range(ROUNDS):
                for label, addresses in list_addresses(port).items():
                    with (
                        closing(sqlite3.connect(database, timeout=20)) as connection,
                        connection,
                    ):  # ends what is kept
                        connection.execute("UPDATE briefs_siteversion SET token = hex(randomblob(16))")
                    for state, count in (("first", len(addresses)), ("kept", REQUESTS)):
                        before = servers.read_thread_cpu(worker)
                        for k in range(count):
                            fetch(port, addresses[k % len(addresses)], reader=k)
                        times[f"{label}, {state}"].append((servers.read_thread_cpu(worker) - before) / count)
            print(f"private memory of the worker {servers.private_memory_mb(worker):.0f} MB")
    for label, found in times.items():
        print_row(label, min(found), min(times["constant, kept"]))


def list_addresses(port: int) -> dict[str, list[str]]:
    lists, briefs = ["/zh-hant/"], []
    while len(briefs) < ADDRESSES and len(lists) < 6:
        body = fetch(port, lists[-1])
        briefs += re.findall(r'<h[23] class="hed"><a href="(/zh-hant/briefs/[^"]+)"', body)
        lists += [f"/zh-hant/{older}" for older in re.findall(r'rel="next" href="/zh-hant/([^"]+)"', body)]
    topics = re.findall(
        r'<li class="across">\s*<a href="(/zh-hant/keywords/[^"]+)"', fetch(port, "/zh-hant/keywords/")
    )[:20]
    return {
        "constant": [CONSTANT],
        "brief": briefs,
        "parallel": [f"{brief}parallel/" for brief in briefs],
        "home": ["/zh-hant/", "/en/"],
        "list": lists[1:] or lists,
        "topic": topics,
        "archive year": re.findall(r'href="(/zh-hant/archive/\d{4}/)"', fetch(port, "/zh-hant/archive/")),
        **{name: [f"/zh-hant/{name}", f"/en/{name}"] for name in ("feed.atom", "feed.json")},
        "feed.atom of a topic": [f"{topic}feed.atom" for topic in topics],
        "cite.ris": [f"{brief}cite.ris" for brief in briefs],
        "api list": ["/api/v1/briefs"],
        "api brief": [brief.replace("/zh-hant/", "/api/v1/").rstrip("/") for brief in briefs],
        "search (never kept)": [f"/zh-hant/search/?q={quote(typed)}" for typed in QUERIES],
    }


def measure_desk(n: int = 20) -> None:
    """Print the medians of what editors do all day, with Django's test client."""
    with fresh_site():
        from django.test import Client

        from briefs.content import Bullet
        from briefs.models import Brief
        from briefs.tests.support import factories
        from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in

        team = factories.Team()
        writer, publisher = sign_in(Client(), team.writer), sign_in(Client(), team.publisher)
        gc.freeze()  # as gunicorn does before it starts a worker
        costs: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for size, i in ((size, i) for size in (8, 30) for i in range(n)):
            bullets = tuple(Bullet(0, f"第 {i} 篇第 {k} 點談 {k * 7} 億美元的晶片。", f"Point {k} of brief {i} on ${k * 7} billion for chips.") for k in range(size))  # fmt: skip
            brief = factories.draft_brief(team, factories.content(f"-{size}-{i}", bullets=bullets))
            costs["constant"] += [count_request(partial(writer.get, CONSTANT))[:2] for _ in range(5)]
            for act in ("change", "autosave"):
                *cost, answer = count_request(partial(writer.get, brief_url(brief)))
                costs[f"open, {size} bullets"].append(tuple(cost))
                data = Form(answer.content.decode()).data_with(summary_en=f"Another {act} of {i}.")
                send = partial(writer.post, brief_url(brief, act), data)
                costs[f"{act}, {size} bullets"].append(count_request(send)[:2])
            factories.workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
            factories.sign_off(brief, team.reviewer)
            data = get_verb_form(publisher, brief, "approve").data
            send = partial(publisher.post, brief_url(brief, "approve"), data)
            costs[f"approve, {size} bullets"].append(count_request(send)[:2])
    base = median(cpu for cpu, _ in costs["constant"])
    for label, rows in costs.items():
        print_row(label, median(cpu for cpu, _ in rows), base, f"{max(count for _, count in rows)} queries")


def count_request(send: Callable[[], Any]) -> tuple[float, int, Any]:
    """Return the CPU time of one request, its queries and the answer."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        seconds, answer = measure_cpu(send)
    assert answer.status_code in (200, 302), answer.content.decode()[:500]
    return seconds, len(queries), answer


def measure_search(n: int = 10_000) -> None:
    """Print the cost of whole requests, and recall against a scan of the folded texts."""
    with fresh_site():
        from django.test import Client
        from django.utils import timezone

        from briefs.derived.search import StoreRequest, get_store, parse_query
        from briefs.derived.search.analysis import fold
        from briefs.models import Edition
        from briefs.operations.sample_corpus import load_corpus
        from briefs.tests.derived.search.test_recall import texts

        load_corpus(n)
        from briefs.public import rate_limits

        rate_limits.SEARCH_SECONDS = 100_000
        ask = Client().get
        base = median(count_request(partial(ask, CONSTANT))[0] for _ in range(100))
        for label, order in (("ranked", ""), ("newest first", "&order=newest")):
            pages = [partial(ask, f"/zh-hant/search/?q={quote(typed)}{order}") for typed in QUERIES]
            costs = [median(count_request(page)[0] for _ in range(5)) for page in pages]
            print_row(f"search, {label}", median(costs), base, f"slowest {max(costs) * 1e3:.1f} ms")
        folded = {e.pk: fold("\n".join(texts(e.frozen_content))) for e in Edition.objects.iterator(500)}
        pick, expected, missed = random.Random(11), 0, 0
        for _ in range(200):  # substrings of one to six characters
            run = pick.choice(re.findall("[\u4e00-\u9fff]+", pick.choice(list(folded.values()))))
            part = run[(start := pick.randrange(len(run))) : start + pick.randint(1, 6)]
            request = StoreRequest(parse_query(part), (), timezone.now())
            there = {pk for pk, text in folded.items() if part in text}
            expected += len(there)
            missed += len(there - {row.edition for row in get_store().find_page(request, limit=10**9)})
    print(f"recall of 200 Chinese substrings {1 - missed / expected:.6f} of {expected:,} matches")


def measure_import(n: int = 1_000) -> None:
    """Print documents a second, of the size of the real one. The base is to read and hash them."""
    with fresh_site() as folder:
        from django.core.management import call_command

        text = SEED.read_text(encoding="utf-8")
        for i in range(n):
            date = f"{i % 12 + 1:02}/{i % 28 + 1:02}/{2010 + i % 16}"
            varied = text.replace("Vivek Chilukuri", f"Author {i % 300:03}").replace("06/09/2025", date)
            (folder / f"{i:06}.txt").write_text(varied.replace("5G", f"{i}G"), encoding="utf-8")
        files = sorted(folder.glob("*.txt"))
        base, _ = measure_cpu(lambda: [sha256(file.read_bytes()).digest() for file in files])
        for label, some in (("tenth", files[: n // 10]), ("rest", files[n // 10 :]), ("all again", files)):
            act = partial(call_command, "import_briefs", *map(str, some), stdout=StringIO())
            cost = measure_cpu(act)[0] / len(some)
            more = f"{1 / cost:,.0f} a second, {servers.peak_memory_mb():.0f} MB"
            print_row(f"import, {label}", cost, base / n, more)


if __name__ == "__main__":
    print(f"{servers.describe_machine()}, {' '.join(sys.argv[1:])}")
    globals()[f"measure_{sys.argv[1]}"](*map(int, sys.argv[2:3]))
