"""Import rules that the import contracts cannot express: parts of Django that a package must not import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

BRIEFS = Path(__file__).resolve().parents[1]
REQUEST_MODULES = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.contrib.admin")
FORBIDDEN_IMPORTS = {
    "models": REQUEST_MODULES,
    "workflow": REQUEST_MODULES,
    "bilingual/rendering": ("django.db", *REQUEST_MODULES),
    "exchange/intake": REQUEST_MODULES,
    "policy.py": REQUEST_MODULES,
    "derived": REQUEST_MODULES,
    "operations/notifications.py": REQUEST_MODULES,
    "publications/letters.py": REQUEST_MODULES,
    "public": ("django.contrib",),
    "preview": ("django.contrib",),
}


def imported_names(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", FORBIDDEN_IMPORTS)
def test_package_imports_no_forbidden_module(package: str) -> None:
    path = BRIEFS / package
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    for file in files:
        forbidden = {name for name in imported_names(file) if name.startswith(FORBIDDEN_IMPORTS[package])}
        assert not forbidden, f"{file.name} imports {forbidden}"


def test_pure_modules_load_without_django() -> None:
    names = "documents.parser", "documents.writer", "checks", "text.article_urls", "text.text_diff"
    imports = "\n".join(["import briefs.content", *(f"import briefs.bilingual.{name}" for name in names)])
    code = f"import sys\n{imports}\nsys.exit(any(m.split('.')[0] == 'django' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=BRIEFS.parent, check=False).returncode == 0


@pytest.mark.parametrize(
    ("model", "module"), [("Edition", "workflow/editions.py"), ("IssueEdition", "workflow/issues.py")]
)
def test_only_the_workflow_creates_editions(model: str, module: str) -> None:
    creators = {
        file.relative_to(BRIEFS).as_posix()
        for file in BRIEFS.rglob("*.py")
        if "tests" not in file.parts
        and re.search(rf"\b{model}\.objects\.create", file.read_text(encoding="utf-8"))
    }
    assert creators == {module}
