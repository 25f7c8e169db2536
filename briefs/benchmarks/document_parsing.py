"""Measure the speed of document reading on one core: usual, slow and hostile documents.

    uv run python -m briefs.benchmarks.document_parsing [SECONDS]

The last column of the first table is the ratio to `json.loads` of the same text in the same run, so that two
machines can be compared. The second table compares the results with goals. All times are CPU time.
"""

import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from pyexpat import EXPAT_VERSION
from zlib import ZLIB_RUNTIME_VERSION

from briefs.benchmarks.fresh_site import measure_cpu
from briefs.benchmarks.hostile_documents import measure_costs
from briefs.documents.alignment import align
from briefs.documents.reader import read_document
from briefs.documents.types import Point
from briefs.lexicon.dictionary import load_dictionary, set_dictionary_path
from briefs.lexicon.dictionary_file import build_dictionary_file

ROOT = Path(__file__).resolve().parents[2]
TARGET_RATE = 200
"""Documents per second, of the size of the real document."""


def measure_rate(work: Callable[[], object], seconds: float) -> float:
    """Return the runs per second of CPU time: the best of five rounds, to exclude other load."""
    work()
    best = 0.0
    for _ in range(5):
        done, start = 0, time.process_time()
        while (passed := time.process_time() - start) < seconds / 5:
            work()
            done += 1
        best = max(best, done / passed)
    return best


def load_documents() -> dict[str, bytes]:
    fixtures = ROOT / "fixtures"
    found = {"the real document": next((fixtures / "seeds").glob("*.txt")).read_bytes()}
    found["the same, Big5"] = (fixtures / "variants/seed-big5.txt").read_bytes()
    found["unequal counts"] = (fixtures / "samples/03-faulty-drones.txt").read_bytes()
    for name in ("word-levels.docx", "docx-styles-nested.docx", "office-levels.docx"):
        path = fixtures / "corpus" / name
        if path.exists():
            found[name] = path.read_bytes()
    return found


def find_slowest() -> tuple[float, str]:
    """Return seconds and name of the slowest of several 2 MB files, built to be slow or random."""
    from briefs.tests.documents.test_hostile_text import HEADER, HEAVY_TEXT

    limit = 2 * 1024 * 1024
    dice = random.Random(3)
    found = {name: (HEADER + text()).encode()[:limit] for name, text in HEAVY_TEXT.items()}
    found["random bytes"] = dice.randbytes(limit)
    found["random bytes under a header"] = HEADER.encode() + dice.randbytes(limit - 1_000)
    found["random Big5"] = bytes(dice.choices(range(0xA1, 0xFA), k=limit))
    found["random lines"] = "".join(dice.choices("作者摘要:•1.（）Az \t\n\u3000|/", k=500_000)).encode()[
        :limit
    ]
    return max((measure_cpu(partial(read_document, data, "a.txt"))[0], name) for name, data in found.items())


def time_alignment(points: int) -> float:
    """Return the seconds to align this many points per side, where every tenth lacks its counterpart."""
    numbers = range(points * 10 // 9 + 2)
    zh = [Point(f"第 {n} 點談 {n * 7} 億美元的晶片投資與供應鏈。") for n in numbers if n % 10 != 3]
    en = [Point(f"Point {n} is about {n * 7} billion dollars for chips.") for n in numbers if n % 10 != 6]
    return measure_cpu(lambda: align(zh[:points], en[:points]))[0]


def check_goals(documents_per_second: float) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the name of a goal, its value, the measured value, and whether the goal is reached."""
    yield (
        "parse and align, a second",
        f"≥ {TARGET_RATE:,}",
        f"{documents_per_second:,.0f}",
        documents_per_second >= TARGET_RATE,
    )
    seconds = time_alignment(1_000)
    yield "1,000 points a side aligned", "< 1 s", f"{seconds:.2f} s", seconds < 1
    seconds, name = find_slowest()
    yield f"longest of 2 MB ({name})", "< 5 s", f"{seconds:.2f} s", seconds < 5
    found = list(measure_costs())
    taken = [cost.name for cost in found if "taken" in cost.outcome]
    yield "hostile files refused", f"{len(found)}", f"{len(found) - len(taken)}", not taken
    slow = max(found, key=lambda cost: cost.seconds)
    yield f"slowest refusal ({slow.name})", "≤ 1 s", f"{slow.seconds:.2f} s", slow.seconds <= 1
    large = max(found, key=lambda cost: cost.megabytes)
    yield f"largest refusal ({large.name})", "≤ 50 MB", f"{large.megabytes:.0f} MB", large.megabytes <= 50


def main(seconds: float = 2.0) -> int:
    with tempfile.TemporaryDirectory() as folder:
        build_dictionary_file(path := Path(folder, "dictionary"))
        set_dictionary_path(path)
        load_dictionary()
    found = load_documents()
    text = json.dumps(found["the real document"].decode(), ensure_ascii=False)
    base = measure_rate(lambda: json.loads(text), seconds)
    versions = f"Python {platform.python_version()}, expat {EXPAT_VERSION}, zlib {ZLIB_RUNTIME_VERSION}"
    print(f"{platform.platform()}, {os.cpu_count()} cores, {versions}")
    print(f"{'document':28}{'bytes':>8}{'documents/s':>14}{'of json.loads':>16}")
    print(f"{'json.loads of its text':28}{len(text):>8}{base:>14,.0f}{1:>16.4f}")
    first = 0.0
    for name, data in found.items():
        file_name = "a.docx" if data[:2] == b"PK" else "a.txt"
        speed = measure_rate(partial(read_document, data, file_name), seconds)
        first = first or speed
        print(f"{name:28}{len(data):>8}{speed:>14,.0f}{speed / base:>16.4f}")
    print(f"\n{'':52}{'goal':>10}{'found':>12}")
    failed = 0
    for what, goal, reached, well in check_goals(first):
        print(f"{what:52}{goal:>10}{reached:>12}  {'reached' if well else 'NOT reached'}")
        failed += not well
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2])))
