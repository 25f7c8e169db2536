"""Measure documents per second and memory of an import of N documents into a fresh SQLite file.

    uv run python -m briefs.benchmarks.import_throughput [N]

All documents have the size of the real one. Times are CPU time of this process without its start; the
baseline is reading and hashing the same files. If the peak memory after a tenth and at the end are alike,
memory does not grow.
"""

import hashlib
import sys
from io import StringIO
from pathlib import Path

from .fresh_site import describe_machine, fresh_site, measure_cpu, peak_memory_mb

SEED = Path(__file__).resolve().parents[2] / "fixtures" / "seeds" / "000_a01fbe574e0e12f3.txt"


def main(n: int) -> None:
    with fresh_site() as place:
        from django.core.management import call_command

        from briefs.installation import load_missing_rows

        load_missing_rows("vocabulary.json")
        folder = place / "documents"
        folder.mkdir()
        write_documents(folder, n)

        def measure_import(*paths: str) -> float:
            return measure_cpu(lambda: call_command("import_briefs", *paths, stdout=StringIO()))[0]

        files = sorted(map(str, folder.iterdir()))
        first, later = files[: n // 10], files[n // 10 :]
        early = measure_import(*first)
        memory = [peak_memory_mb()]
        rest = measure_import(*later)
        memory.append(peak_memory_mb())
        again = measure_import(str(folder))
        base, _ = measure_cpu(lambda: [hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()])
    print(f"{describe_machine()}, {n} documents")
    print(f"{'':<28}{'documents/s':>12}{'× baseline':>12}")
    for label, count, seconds in (
        ("read and hash", n, base),
        ("import, first tenth", len(first), early),
        ("import, the rest", len(later), rest),
        ("import again (unchanged)", n, again),
    ):
        print(f"{label:<28}{count / seconds:>12,.0f}{(seconds / count) / (base / n):>12,.1f}")
    print(
        f"peak memory {memory[0]:.0f} MB after a tenth, {memory[1]:.0f} MB at the end: × {memory[1] / memory[0]:.2f}"
    )


def write_documents(folder: Path, n: int) -> None:
    text = SEED.read_text(encoding="utf-8")
    for i in range(n):
        date = f"{i % 12 + 1:02}/{i % 28 + 1:02}/{2010 + i % 16}"
        varied = text.replace("Vivek Chilukuri", f"Author {i % 300:03}").replace("06/09/2025", date)
        (folder / f"{i:06}.txt").write_text(varied.replace("5G", f"{i}G"), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
