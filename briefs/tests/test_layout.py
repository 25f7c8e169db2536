"""Keep packages and modules small, and module names unique, as docs/architecture.md says."""

from collections import defaultdict
from pathlib import Path

BRIEFS = Path(__file__).resolve().parents[1]
LARGEST_PACKAGE = 18
LONGEST_MODULE = 400

DJANGO_NAMES = {"__init__.py", "apps.py", "urls.py", "views.py"}
SHARED_NAMES = {
    "demo.py": {"", "management/commands"},
    "editions.py": {"public", "workflow"},
    "letters.py": {"", "models", "workflow"},
    "vocabulary.py": {"models", "workflow"},
}
"""One domain noun in several layers."""


def list_modules(*, tests: bool) -> list[Path]:
    """List the modules of `briefs`, with or without those of its tests."""
    skipped = {"migrations"} if tests else {"migrations", "tests"}
    modules = [path.relative_to(BRIEFS) for path in BRIEFS.rglob("*.py")]
    return sorted(path for path in modules if not skipped.intersection(path.parts))


def test_package_has_at_most_18_modules() -> None:
    sizes: dict[str, int] = defaultdict(int)
    for path in list_modules(tests=True):
        sizes[str(path.parent)] += path.name not in ("__init__.py", "conftest.py")
    assert {name: size for name, size in sizes.items() if size > LARGEST_PACKAGE} == {}


def test_module_has_at_most_400_lines() -> None:
    lengths = {str(path): len((BRIEFS / path).read_bytes().splitlines()) for path in list_modules(tests=True)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_module_name_means_one_thing() -> None:
    folders: dict[str, set[str]] = defaultdict(set)
    for path in list_modules(tests=False):
        folders[path.name].add("" if path.parent == Path() else path.parent.as_posix())
    repeated = {name: where for name, where in folders.items() if len(where) > 1 and name not in DJANGO_NAMES}
    assert repeated == SHARED_NAMES
