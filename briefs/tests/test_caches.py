"""Every cache stands in the table of docs/architecture.md."""

import re
from pathlib import Path

BRIEFS = Path(__file__).resolve().parents[1]


def test_every_module_with_a_cache_stands_in_the_table_of_caches() -> None:
    guide = (BRIEFS.parent / "docs/architecture.md").read_text(encoding="utf-8")
    table = guide.partition("\n## Caches\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w/.]+)", table))
    missing = [
        path.as_posix()
        for path in (path.relative_to(BRIEFS) for path in BRIEFS.rglob("*.py"))
        if path.parts[0] != "tests"
        and path.name != "sample_corpus.py"
        and re.search(r"\b(lru_cache|cache)\(|@cache\b", (BRIEFS / path).read_text(encoding="utf-8"))
        and not named.intersection([path.as_posix(), *(f"{parent.as_posix()}/" for parent in path.parents)])
    ]
    assert missing == []
