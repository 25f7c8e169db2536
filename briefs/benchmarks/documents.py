"""How fast documents are read: parse and align, on one core. Run it from the root of the project:

    python -m briefs.benchmarks.documents [SECONDS]

The last column sets each figure beside `json.loads` of the same text, measured in the same run, so that two
machines can be compared.
"""

import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from briefs.documents.reading import read

ROOT = Path(__file__).resolve().parents[2]
WANTED = 1_500
"""Documents a second of the real document's size."""


def rate(work: Callable[[], object], seconds: float) -> float:
    """Runs a second of processor time, the best of five rounds: what else the machine did is left out."""
    work()
    best = 0.0
    for _ in range(5):
        done, start = 0, time.process_time()
        while (passed := time.process_time() - start) < seconds / 5:
            work()
            done += 1
        best = max(best, done / passed)
    return best


def documents() -> dict[str, bytes]:
    fixtures = ROOT / "fixtures"
    found = {"the real document": next((fixtures / "seeds").glob("*.txt")).read_bytes()}
    found["the same, Big5"] = (fixtures / "variants/seed-big5.txt").read_bytes()
    found["unequal counts"] = (fixtures / "samples/03-faulty-drones.txt").read_bytes()
    for name in ("word-levels.docx", "docx-styles-nested.docx", "office-levels.docx"):
        path = fixtures / "corpus" / name
        if path.exists():
            found[name] = path.read_bytes()
    return found


def main(seconds: float = 2.0) -> int:
    found = documents()
    text = json.dumps(found["the real document"].decode(), ensure_ascii=False)
    base = rate(lambda: json.loads(text), seconds)
    print(
        f"{platform.platform()}, {platform.processor() or platform.machine()}, Python {platform.python_version()}"
    )
    print(f"{'document':28}{'bytes':>8}{'documents/s':>14}{'of json.loads':>16}")
    print(f"{'json.loads of its text':28}{len(text):>8}{base:>14,.0f}{1:>16.4f}")
    first = 0.0
    for name, data in found.items():
        speed = rate(lambda data=data: read(data, "a.docx" if data[:2] == b"PK" else "a.txt"), seconds)  # type: ignore[misc]
        first = first or speed
        print(f"{name:28}{len(data):>8}{speed:>14,.0f}{speed / base:>16.4f}")
    print(
        f"wanted: {WANTED:,} a second of the real document; {'reached' if first >= WANTED else 'NOT reached'}"
    )
    return 0 if first >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2])))
