"""Keep module names unique, as docs/architecture.md says."""

from collections import defaultdict
from pathlib import Path

BRIEFS = Path(__file__).resolve().parents[1]

DJANGO_NAMES = {"__init__.py", "apps.py", "base.py", "urls.py", "views.py"}
SHARED_NAMES = {
    "demo.py": {"", "management/commands"},
    "editions.py": {"public", "workflow"},
    "letters.py": {"", "models", "workflow"},
    "proposals.py": {"models", "workflow"},
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
