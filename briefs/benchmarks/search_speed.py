"""Search over N generated briefs: recall and precision against a scan, and what a page of answers costs.

    DATABASE_URL=… uv run python -m briefs.benchmarks.search_speed [N [RANDOM]]

Fills an empty database with N editions that have what search reads (entry, card, tokens) and nothing else, and leaves
it there: a second run measures again at once. RANDOM stretches of Chinese are asked besides the 24 queries. The
unit is processor time, of this process and of the one that serves it in PostgreSQL on the same machine, also as a
ratio to a view that returns a constant (`/healthz`) in the same run.
"""

import os
import platform
import random
import re
import resource
import sqlite3
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .search_corpus import fill_database

QUERIES = (
    # one, two, four and six characters; Simplified, full width; rare and common
    *("美", "臺", "美國", "半导体", "計畫", "计划", "出口管制", "供應鏈", "半導體出口管制", "对单一供应国的依赖", "毒梟", "拉美毒梟勢力"),
    # words, stems, phrases, beginnings
    *("export", "exporting", "kleptocracies", "critical minerals", '"export controls"', '"carry out the ceasefire"', "restrict*", "semicond*"),
    # both, a name, without
    *("ＡＩ５Ｇ", "科技業者 vaccine", "author:Tanaka 核嚇阻", "北約盟國 -半導體"),
)  # fmt: skip
NAME_FIELDS = ("zh", "en", "affiliation_zh", "affiliation_en")
MAX_STRETCH_LENGTH = 6
HAN_RUN = re.compile("[\u4e00-\u9fff]+")


def main(n: int, stretch_count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    os.environ["DIGEST_SEARCH_LIMIT"] = "100000"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from briefs.models import Edition

    call_command("migrate", verbosity=0)
    if not Edition.objects.exists():
        seconds = measure_cpu_and_wall(lambda: fill_database(n))[0]
        print(f"filled in {seconds:.0f} s of this process: {seconds / n * 1e3:.2f} ms a brief")
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
    version = (
        sqlite3.sqlite_version if connection.vendor == "sqlite" else f"PostgreSQL {connection.pg_version}"
    )  # type: ignore[attr-defined]
    count = Edition.objects.count()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {version}, {count:,} briefs"
    )
    measure_recall(stretch_count)
    measure_pages()
    measure_strange_queries(2_000)
    measure_update()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


# Recall and precision: newest first, all of it, against a scan of the folded texts


def measure_recall(stretch_count: int) -> None:
    from briefs.search import parse_query

    typed = list(sample_stretches(stretch_count))
    compare_with_scan(typed, find_stretches(set(typed)))
    queries = {words: parse_query(words) for words in QUERIES}
    truth = {words: array("q") for words in QUERIES}
    for pk, texts in scan_texts():
        for words, query in queries.items():
            if matches_query(query, *texts):
                truth[words].append(pk)
    compare_with_scan(QUERIES, truth)


def compare_with_scan(queries: Sequence[str], truth: Mapping[str, Sequence[int]]) -> None:
    """What the store finds, newest first and all of it, against what stands in the texts."""
    from django.utils import timezone

    from briefs.search import StoreRequest, get_store, parse_query

    total = missed = extra = 0
    for typed in queries:
        rows = (
            get_store()
            .find_newest(StoreRequest(parse_query(typed), (), timezone.now()), before=None, limit=10**9)
            .rows
        )
        got, there = {row.edition for row in rows}, set(truth[typed])
        lost, more = len(there - got), len(got - there)
        total, missed, extra = total + len(there), missed + lost, extra + more
        if typed in QUERIES or lost or more:
            print(f"  {typed:<28}{len(there):>9,} in the texts{lost:>6} missed{more:>6} too many")
    print(
        f"{len(queries):,} queries, {total:,} hits: recall {1 - missed / max(total, 1):.6f}, precision {total and (total - missed) / (total - missed + extra):.6f}"
    )


def find_stretches(queries: set[str]) -> dict[str, array[int]]:
    """Where each of them stands, every text cut into all its stretches once: thousands cost what one costs."""
    truth = {words: array("q") for words in queries}
    for pk, folded in list_han_stretches():
        there: set[str] = set()
        for part in folded:
            for n in range(1, MAX_STRETCH_LENGTH + 1):
                there.update(part[at : at + n] for at in range(len(part) - n + 1))
        for words in there & queries:
            truth[words].append(pk)
    return truth


def list_han_stretches() -> Iterator[tuple[int, list[str]]]:
    """Of each brief the stretches of Chinese in it, folded."""
    for pk, texts, _ in list_folded_texts():
        yield pk, [part for text in texts for part in HAN_RUN.findall(text)]


def scan_texts() -> Iterator[tuple[int, tuple[list[str], set[str], str]]]:
    """Of each brief its texts folded, the stems and words in them, and its authors' names."""
    from briefs.search.analysis import find_runs, stem

    for pk, folded, authors in list_folded_texts():
        words = {run.text for part in folded for run in find_runs(part) if not run.is_han}
        yield pk, (folded, words | {stem(word) for word in words}, authors)


def list_folded_texts() -> Iterator[tuple[int, list[str], str]]:
    """Of each brief what a reader may find it by, folded: its texts and what its facts are called; and its authors."""
    from briefs.models import Card, Edition
    from briefs.search.analysis import fold

    cards = dict(Card.objects.values_list("pk", "data"))
    for edition in Edition.objects.only("content").iterator(500):
        c, card = edition.frozen_content, cards[edition.pk]
        texts = [c.headline_zh, c.headline_en, c.summary_zh, c.summary_en, c.facts.title]
        texts += [part for b in c.bullets for part in (b.text_zh, b.text_en)]
        for row in (card["source"] or {}, *card["authors"], *card["keywords"]):
            texts += [text for name in NAME_FIELDS if (text := row.get(name, ""))]
        yield (
            edition.pk,
            [fold(text) for text in texts if text],
            fold(" ".join(a["en"] for a in card["authors"])),
        )


def matches_query(query: Any, folded: Sequence[str], words: set[str], names: str) -> bool:
    return all(matches_term(term, folded, words, names) for term in query.required_terms) and not any(
        matches_term(term, folded, words, names) for term in query.excluded_terms
    )


def matches_term(term: Any, folded: Sequence[str], words: set[str], names: str) -> bool:
    from briefs.search.highlighting import find_spans

    if term.field:
        return any(all(word.text in names for word in way) for way in term.alternatives)
    for way in term.alternatives:
        if len(way) > 1:
            quick = all(word.text in words or word.stem in words or word.is_han for word in way)
            if quick and any(find_spans(part, [way])[0] for part in folded):
                return True
        elif way[0].is_han:
            if any(way[0].text in part for part in folded):
                return True
        elif way[0].is_prefix:
            if any(word.startswith(way[0].text) for word in words):
                return True
        elif way[0].stem in words:
            return True
    return False


def sample_stretches(n: int) -> Iterator[str]:
    """Of one to six characters that stand in a text, each another."""
    from briefs.models import Edition
    from briefs.search.analysis import fold

    pick = random.Random(11)
    keys = sorted(Edition.objects.values_list("pk", flat=True))
    seen: set[str] = set()
    while len(seen) < n:
        c = Edition.objects.get(pk=pick.choice(keys)).frozen_content
        parts = HAN_RUN.findall(
            fold(" ".join([c.headline_zh, c.summary_zh, *(b.text_zh for b in c.bullets)]))
        )
        part = pick.choice(parts)
        start = pick.randrange(len(part))
        words = part[start : start + pick.randint(1, MAX_STRETCH_LENGTH)]
        if words not in seen:
            seen.add(words)
            yield words


# What a page costs


def measure_pages() -> None:
    from django.core.handlers.wsgi import WSGIHandler

    ask = make_requester(WSGIHandler())
    base = statistics.median(measure_cpu_and_wall(lambda: ask("/healthz"))[0] for _ in range(300))
    print(
        f"constant view {base * 1e6:.0f} µs; whole requests, ms of processor time (of the wall), × constant"
    )
    for name, address in (
        ("ranked", "/zh-hant/search/?q={}"),
        ("newest first", "/zh-hant/search/?q={}&order=newest"),
        ("suggestions", "/zh-hant/search/suggest/?q={}"),
    ):
        times = []
        for typed in QUERIES:
            where = address.format(quote(typed))
            got = [measure_cpu_and_wall(partial(ask, where)) for _ in range(7)]
            times.append(
                (statistics.median(cpu for cpu, _ in got), statistics.median(wall for _, wall in got), typed)
            )
        cpus, walls = sorted(cpu for cpu, _, _ in times), sorted(wall for _, wall, _ in times)
        slow = max(times)[2]
        print(
            f"  {name:<14}p50 {format_percentile_ms(cpus, 0.5)} ({format_percentile_ms(walls, 0.5)})  p95 {format_percentile_ms(cpus, 0.95)} ({format_percentile_ms(walls, 0.95)})"
            f"  max {format_percentile_ms(cpus, 1)} ({format_percentile_ms(walls, 1)}) {slow}  × {statistics.median(cpus) / base:.1f}"
        )


def measure_strange_queries(n: int) -> None:
    """Whole pages for what nobody means to type; one that is no page would end the run."""
    from django.core.handlers.wsgi import WSGIHandler

    from briefs.tests.search.test_analysis import hostile_queries

    ask = make_requester(WSGIHandler())
    where = [f"/zh-hant/search/?q={quote(typed, errors='surrogatepass')}" for typed in hostile_queries(n)]
    cpus, walls = map(
        sorted, zip(*(measure_cpu_and_wall(partial(ask, address)) for address in where), strict=True)
    )
    print(
        f"  {len(where):,} strange ones  p50 {format_percentile_ms(cpus, 0.5)}  p99 {format_percentile_ms(cpus, 0.99)} ({format_percentile_ms(walls, 0.99)})  max {format_percentile_ms(cpus, 1)} ({format_percentile_ms(walls, 1)}), 0 errors"
    )


def make_requester(handler: Any) -> Callable[[str], bytes]:
    def ask(address: str) -> bytes:
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.input": sys.stdin.buffer, "wsgi.url_scheme": "http",
        }  # fmt: skip
        answered: list[str] = []
        response = handler(environ, lambda status, headers: answered.append(status))
        body = b"".join(response)
        response.close()
        if answered != ["200 OK"]:
            raise RuntimeError(f"{address}: {answered}")
        return body

    return ask


def measure_update() -> None:
    """One edition's tokens, taken out and put in again, inside a transaction that was open already."""
    from django.db import transaction

    from briefs.derived import build as derive
    from briefs.models import Edition

    editions = list(Edition.objects.order_by("?")[:100])
    contents = [edition.frozen_content for edition in editions]
    names = derive.ResolvedVocabulary([content.facts for content in contents])
    times = []
    from django.utils import timezone

    for edition, content in zip(editions, contents, strict=True):
        with transaction.atomic():
            entry = derive.build_search_entry(edition, content, names)
            times.append(
                measure_cpu_and_wall(lambda entry=entry: derive.indexing.put([entry], timezone.now()))
            )
    cpus, walls = sorted(cpu for cpu, _ in times), sorted(wall for _, wall in times)
    print(
        f"one update p50 {format_percentile_ms(cpus, 0.5)} ({format_percentile_ms(walls, 0.5)})  p95 {format_percentile_ms(cpus, 0.95)} ({format_percentile_ms(walls, 0.95)}) ms"
    )


def format_percentile_ms(times: Sequence[float], quantile: float) -> str:
    return f"{times[min(int(len(times) * quantile), len(times) - 1)] * 1e3:.1f}"


def measure_cpu_and_wall(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor time, and of the wall."""
    cpu, wall = read_cpu_time(), time.perf_counter()
    act()
    return read_cpu_time() - cpu, time.perf_counter() - wall


def read_cpu_time() -> float:
    """Of this process, and of those that work for it in the database."""
    servers = (Path(f"/proc/{pid}/schedstat") for pid in postgresql_backend_pids())
    return time.process_time() + sum(int(path.read_text().split()[0]) for path in servers) / 1e9


@cache
def postgresql_backend_pids() -> list[int]:
    """Of PostgreSQL: a pool opens all of them at once."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [pid for (pid,) in cursor.fetchall()]


if __name__ == "__main__":
    main(*(int(given) for given in [*sys.argv[1:3], *("10000", "200")[len(sys.argv) - 1 :]]))
