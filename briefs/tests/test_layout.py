"""What docs/architecture.md says of modules: each name means one thing, and every cache stands in its table."""

import re
from collections import defaultdict
from pathlib import Path

BRIEFS = Path(__file__).resolve().parents[1]

DJANGO_NAMES = {"__init__.py", "apps.py", "base.py", "urls.py", "views.py"}
SHARED_NAMES = {
    "corrections.py": {"public", "publications"},
    "demo.py": {"", "management/commands"},
    "editions.py": {"public", "workflow"},
    "issues.py": {"models", "workflow"},
    "mailings.py": {"models", "publications"},
    "letters.py": {"", "models", "workflow"},
    "drafts.py": {"models", "workflow"},
    "public_brief.py": {"", "derived"},
    "vocabulary.py": {"models", "workflow"},
}
"""One domain noun in several layers."""


def test_module_name_means_one_thing() -> None:
    folders: dict[str, set[str]] = defaultdict(set)
    for path in (path.relative_to(BRIEFS) for path in BRIEFS.rglob("*.py")):
        if not {"migrations", "tests"}.intersection(path.parts):
            folders[path.name].add("" if path.parent == Path() else path.parent.as_posix())
    repeated = {name: where for name, where in folders.items() if len(where) > 1 and name not in DJANGO_NAMES}
    assert repeated == SHARED_NAMES


def test_every_module_with_a_cache_stands_in_the_table_of_caches() -> None:
    guide = (BRIEFS.parent / "docs/architecture.md").read_text(encoding="utf-8")
    table = guide.partition("\n## Caches\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w/.]+)", table))
    missing = [
        path.as_posix()
        for path in (path.relative_to(BRIEFS) for path in BRIEFS.rglob("*.py"))
        if path.parts[0] not in {"tests", "sample_corpus.py"}
        and re.search(r"\b(lru_cache|cache)\(|@cache\b", (BRIEFS / path).read_text(encoding="utf-8"))
        and not named.intersection([path.as_posix(), *(f"{parent.as_posix()}/" for parent in path.parents)])
    ]
    assert missing == []
