"""Import rules that the import contracts cannot express: parts of Django that a package must not import."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

BRIEFS = Path(__file__).resolve().parents[1]
REQUEST_MODULES = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.contrib.admin")
FORBIDDEN_IMPORTS = {
    "models": REQUEST_MODULES,
    "workflow": REQUEST_MODULES,
    "bilingual/rendering": ("django.db", *REQUEST_MODULES),
    "exchange/intake": REQUEST_MODULES,
    "derived": REQUEST_MODULES,
    "operations/notifications.py": REQUEST_MODULES,
    "publications/letters.py": REQUEST_MODULES,
    "public": ("django.contrib",),
}

DIVIDED = "bilingual", "derived", "operations", "exchange", "workflow"
OPEN = ("briefs.models",)  # Django has its modules imported


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


def find_package(module: str) -> str:
    """Return the part of the application that a module belongs to; packages of `DIVIDED` ones count by themselves."""
    parts = module.split(".")
    is_divided = parts[1] in DIVIDED and len(parts) > 2 and (BRIEFS / parts[1] / parts[2]).is_dir()
    return ".".join(parts[: 3 if is_divided else 2])


@cache
def read_offer(package: str) -> set[str]:
    """Return what `__all__` of a package names; nothing for a module and for `OPEN` packages."""
    file = BRIEFS.parent / package.replace(".", "/") / "__init__.py"
    if package in OPEN or not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    lists = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return set(ast.literal_eval(lists[0])) if lists else set()


def test_other_packages_import_only_what_a_package_offers() -> None:
    past = []
    files = [file for folder in ("briefs", "digest") for file in (BRIEFS.parent / folder).rglob("*.py")]
    for file in files:
        module = ".".join(file.relative_to(BRIEFS.parent).with_suffix("").parts)
        if "tests" in file.parts or "migrations" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.ImportFrom)
                or node.level
                or not (node.module or "").startswith("briefs.")
            ):
                continue
            for alias in node.names:
                package = find_package(f"{node.module}.{alias.name}")
                offer = read_offer(package)
                is_own = f"{module}.".startswith(f"{package}.")
                name = f"{node.module}.{alias.name}".removeprefix(f"{package}").strip(".").split(".")[0]
                if offer and not is_own and name and name not in offer:
                    past.append(f"{module}: {node.module}.{alias.name}")
    assert not past


def test_packages_offer_at_most_40_names() -> None:
    packages = (file.parent.relative_to(BRIEFS.parent).parts for file in BRIEFS.rglob("__init__.py"))
    assert all(len(read_offer(".".join(parts))) <= 40 for parts in packages)


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
