"""Measure search over N generated briefs: recall and precision against a scan, and the cost of a page.

    DATABASE_URL=… uv run python -m briefs.benchmarks.search_speed [N [RANDOM]]

Fills an empty database with N editions that have only what search reads (entry, card, tokens). The database
is kept, so that a second run can measure at once. Besides the 24 queries, RANDOM substrings of Chinese text
are searched. Times are CPU time of this process and of its PostgreSQL backends on the same machine, also as a
ratio to a view that returns a constant (`/robots.txt`) in the same run.
"""

import os
import random
import re
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from .fresh_site import CONSTANT, describe_machine, peak_memory_mb

QUERIES = (
    # one, two, four and six characters; Simplified, full width; rare and common
    *("美", "臺", "美國", "半导体", "計畫", "计划", "出口管制", "供應鏈", "半導體出口管制", "对单一供应国的依赖", "毒梟", "拉美毒梟勢力"),
    # words, stems, phrases, prefixes
    *("export", "exporting", "kleptocracies", "critical minerals", '"export controls"', '"carry out the ceasefire"', "restrict*", "semicond*"),
    # both languages, a name, an exclusion
    *("ＡＩ５Ｇ", "科技業者 vaccine", "author:Tanaka 核嚇阻", "北約盟國 -半導體"),
)  # fmt: skip
NAME_FIELDS = ("zh", "en", "affiliation_zh", "affiliation_en")
RARE_PHRASES = {
    2_500: ("拉美毒梟勢力與貪腐", "Cartels and kleptocracy in Latin America"),
    700: ("以AI5G推動的對策", "Steps driven by AI 5G, restricting exports"),
}
"""Text added to one brief in every so many (the key)."""
MAX_STRETCH_LENGTH = 6
HAN_RUN = re.compile("[\u4e00-\u9fff]+")


def main(n: int, stretch_count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    os.environ["DIGEST_SEARCH_LIMIT"] = "100000"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from briefs.database.sqlite.base import make_missing_file
    from briefs.models import Edition

    make_missing_file(connection.settings_dict)
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
    print(f"{describe_machine()}, {version}, {count:,} briefs")
    measure_recall(stretch_count)
    measure_pages()
    measure_strange_queries(2_000)
    measure_update()
    print(f"peak memory {peak_memory_mb():.0f} MB")


def fill_database(n: int) -> None:
    """Add n briefs without the derived rows that search does not read, such as renderings."""
    from briefs import sample_corpus
    from briefs.content import SIDES
    from briefs.derived import build
    from briefs.search import get_store

    build_content, empty = sample_corpus.build_content, dict.fromkeys(build._FACE_COLUMNS, "")
    with (
        # Empty, but there: a page without results lists the newest briefs.
        patch.object(build.cards, "build_faces", lambda *_, **__: dict.fromkeys(SIDES, empty)),
        patch.object(sample_corpus, "rebuild_derived_rows", build._rebuild_cards),
        patch.object(sample_corpus, "rebuild_memory"),
        patch.object(
            sample_corpus, "build_content", lambda i, **rows: add_rare_phrases(i, build_content(i, **rows))
        ),
    ):
        sample_corpus.load_corpus(
            n, report_progress=lambda done: print(f"\r{done} of {n}", end="", file=sys.stderr)
        )
    print(file=sys.stderr)
    get_store().optimise()


def add_rare_phrases(i: int, content: Any) -> Any:
    for every, (zh, en) in RARE_PHRASES.items():
        if i % every == every - 1:
            last = content.bullets[-1]
            last = replace(last, text_zh=last.text_zh + zh, text_en=f"{last.text_en} {en}")
            content = replace(content, bullets=(*content.bullets[:-1], last))
    return content


# Recall and precision: all results, newest first, compared with a scan of the folded texts


def measure_recall(stretch_count: int) -> None:
    """Compare all results of the store with a scan of the texts."""
    from django.utils import timezone

    from briefs.search import StoreRequest, get_store, parse_query

    stretches = list(sample_stretches(stretch_count))
    queries = {typed: parse_query(typed) for typed in (*QUERIES, *stretches)}
    truth: dict[str, set[int]] = {typed: set() for typed in queries}
    for pk, texts in scan_texts():
        for typed, query in queries.items():
            if matches_query(query, *texts):
                truth[typed].add(pk)
    for group in (stretches, QUERIES):
        total = missed = extra = 0
        for typed in group:
            rows = get_store().find_page(StoreRequest(queries[typed], (), timezone.now()), limit=10**9)
            got, there = {row.edition for row in rows}, truth[typed]
            lost, more = len(there - got), len(got - there)
            total, missed, extra = total + len(there), missed + lost, extra + more
            if group is QUERIES or lost or more:
                print(f"  {typed:<28}{len(there):>9,} in the texts{lost:>6} missed{more:>6} too many")
        print(
            f"{len(group):,} queries, {total:,} hits: recall {1 - missed / max(total, 1):.6f}, precision {total and (total - missed) / (total - missed + extra):.6f}"
        )


def scan_texts() -> Iterator[tuple[int, tuple[list[str], set[str], str]]]:
    """Yield the searchable text of each brief: folded texts and names, words with their stems, authors."""
    from briefs.models import Card, Edition
    from briefs.search.analysis import find_runs, fold, stem

    cards = dict(Card.objects.values_list("pk", "data"))
    for edition in Edition.objects.only("content").iterator(500):
        c, card = edition.frozen_content, cards[edition.pk]
        texts = [c.headline_zh, c.headline_en, c.summary_zh, c.summary_en, c.facts.title]
        texts += [part for b in c.bullets for part in (b.text_zh, b.text_en)]
        for row in (card["source"] or {}, *card["authors"], *card["keywords"]):
            texts += [row.get(name, "") for name in NAME_FIELDS]
        folded = [fold(text) for text in texts if text]
        words = {run.text for part in folded for run in find_runs(part) if not run.is_han}
        authors = fold(" ".join(a["en"] for a in card["authors"]))
        yield edition.pk, (folded, words | {stem(word) for word in words}, authors)


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
    """Yield n different substrings of Chinese texts, of one to six characters."""
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


# Cost of a page


def measure_pages() -> None:
    ask = make_requester()
    base = statistics.median(measure_cpu_and_wall(lambda: ask(CONSTANT))[0] for _ in range(300))
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
            got = [measure_cpu_and_wall(partial(ask, address.format(quote(typed)))) for _ in range(7)]
            times.append(tuple(map(statistics.median, zip(*got, strict=True))))
        slow = QUERIES[times.index(max(times))]
        ratio = statistics.median(cpu for cpu, _ in times) / base
        print(f"  {name:<14}{format_times(times, 50, 95, 100)} {slow}  × {ratio:.1f}")


def measure_strange_queries(n: int) -> None:
    """Measure whole pages for unusual queries that nobody would type. An error ends the run."""
    from briefs.tests.search.test_analysis import hostile_queries

    ask = make_requester()
    where = [f"/zh-hant/search/?q={quote(typed, errors='surrogatepass')}" for typed in hostile_queries(n)]
    times = [measure_cpu_and_wall(partial(ask, address)) for address in where]
    print(f"  {len(where):,} strange ones  {format_times(times, 50, 99, 100)}, 0 errors")


def make_requester() -> Callable[[str], bytes]:
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()

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
    """Measure the replacement of one edition's tokens, without the start of its transaction."""
    from django.db import transaction
    from django.utils import timezone

    from briefs.derived import build as derive
    from briefs.models import Edition

    editions = list(Edition.objects.order_by("?")[:100])
    names = derive.load_vocabulary(editions)
    times = []
    for edition in editions:
        with transaction.atomic():
            entry = derive.build_search_entry(edition, edition.frozen_content, names)
            times.append(measure_cpu_and_wall(partial(derive.indexing.put, [entry], timezone.now())))
    print(f"one update {format_times(times, 50, 95)} ms")


def format_times(times: Sequence[tuple[float, float]], *percentiles: int) -> str:
    """Format milliseconds of CPU time at these percentiles, with the elapsed time in brackets."""
    columns = [sorted(column) for column in zip(*times, strict=True)]
    said = []
    for percent in percentiles:
        at = min(len(times) * percent // 100, len(times) - 1)
        cpu, wall = (column[at] * 1e3 for column in columns)
        said.append(f"{'max' if percent == 100 else f'p{percent}'} {cpu:.1f} ({wall:.1f})")
    return "  ".join(said)


def measure_cpu_and_wall(act: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of CPU time and the elapsed seconds."""
    cpu, wall = read_cpu_time(), time.perf_counter()
    act()
    return read_cpu_time() - cpu, time.perf_counter() - wall


def read_cpu_time() -> float:
    """Return the CPU time of this process and of its PostgreSQL backends."""
    servers = (Path(f"/proc/{pid}/schedstat") for pid in postgresql_backend_pids())
    return time.process_time() + sum(int(path.read_text().split()[0]) for path in servers) / 1e9


@cache
def postgresql_backend_pids() -> list[int]:
    """Return the process ids of the backends. A pool opens all of them at once."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [pid for (pid,) in cursor.fetchall()]


if __name__ == "__main__":
    main(*(int(given) for given in [*sys.argv[1:3], *("10000", "200")[len(sys.argv) - 1 :]]))
