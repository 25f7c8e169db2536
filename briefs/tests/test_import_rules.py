"""What the import contracts cannot say: parts of Django that a room must not touch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

BRIEFS = Path(__file__).resolve().parents[1]
REQUESTS = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.contrib.admin")
FORBIDDEN = {
    "models": REQUESTS,
    "workflow": REQUESTS,
    "rendering": ("django.db", *REQUESTS),
    "intake": REQUESTS,
    "policy.py": REQUESTS,
    "derived": REQUESTS,
    "notifications.py": REQUESTS,
    "letters.py": REQUESTS,
    "public": ("django.contrib",),
    "preview": ("django.contrib",),
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", FORBIDDEN)
def test_room_keeps_to_itself(room: str) -> None:
    place = BRIEFS / room
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    assert files
    for file in files:
        bad = {name for name in imports(file) if name.startswith(FORBIDDEN[room])}
        assert not bad, f"{file.name} imports {bad}"


@pytest.mark.parametrize(
    "module",
    ["documents.reader", "documents.writer", "checks", "content", "text.article_urls", "text.text_diff"],
)
def test_pure_rooms_load_without_django(module: str) -> None:
    code = f"import sys, briefs.{module}; sys.exit(any(m.split('.')[0] == 'django' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=BRIEFS.parent, check=False).returncode == 0


def test_no_door_writes_an_edition_but_one() -> None:
    """Only `workflow.editions` and the generated corpus make editions."""
    makers = {
        file.relative_to(BRIEFS).as_posix()
        for file in BRIEFS.rglob("*.py")
        if "tests" not in file.parts and "Edition.objects.create" in file.read_text(encoding="utf-8")
    }
    assert makers == {"workflow/editions.py"}
