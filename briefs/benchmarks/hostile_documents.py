"""Read one hostile file in a separate process and print the outcome, CPU seconds and additional megabytes.

Called by `briefs.benchmarks.document_parsing`. To run it by hand:

    python -m briefs.benchmarks.hostile_documents FILE [NAME]
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from briefs.benchmarks.fresh_site import measure_cpu
from briefs.documents.reader import read_document

WARM_UP_DOCUMENT = "作者/Author(s): A B\n摘要:\n一段文字。\n".encode()


@dataclass(frozen=True, slots=True)
class ReadCost:
    name: str
    outcome: str
    seconds: float
    megabytes: float


def measure_costs() -> Iterator[ReadCost]:
    """Yield the cost of reading every file of the tests of hostile Word files, and truncated real ones."""
    from briefs.tests.documents.test_hostile_word import BOMBS, OFFICE

    files = {name: build() for name, (build, _) in BOMBS.items()}
    files |= {f"truncated at {share} %": OFFICE[: len(OFFICE) * share // 100] for share in (5, 50, 99)}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder, "hostile.docx")
            path.write_bytes(data)
            command = [sys.executable, "-m", "briefs.benchmarks.hostile_documents", str(path)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
            came_to, seconds, megabytes = answer.stdout.split()
            yield ReadCost(name, came_to, float(seconds), float(megabytes))


def main(path: str, name: str = "a.docx") -> None:
    read_document(WARM_UP_DOCUMENT, "a.txt")
    before = _peak_memory_mb()
    data = Path(path).read_bytes()
    seconds, readings = measure_cpu(lambda: read_document(data, name))
    refusals = {reading.refusal.code if reading.refusal else "taken" for reading in readings}
    print(",".join(sorted(refusals)), f"{seconds:.3f}", f"{_peak_memory_mb() - before:.1f}")


def _peak_memory_mb() -> float:
    """Return the peak memory of this program. `getrusage` would include the peak of the parent process."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
