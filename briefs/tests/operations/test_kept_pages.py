"""Kept answers of two servers on one database, with memory of their own or one Redis, and of two versions of the code."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from briefs.tests.support import servers

pytestmark = pytest.mark.heavy

SLUGS = (
    "from briefs.models import Edition; print(*Edition.objects.order_by('pk').values_list('slug', flat=True))"
)
CHANGES = """
from briefs import workflow
from briefs.models import Edition, Keyword
from briefs.tests.support import factories
team = factories.Team()
first, second = Edition.objects.order_by("pk")[:2]
workflow.withdraw(first.brief, by=team.publisher, kind="rights")
row = Keyword.objects.get(pk=second.frozen_content.facts.keywords[0])
print(row.label_en)
row.label_en = "Renamed meanwhile"
workflow.vocabulary.save_vocabulary_row(row, by=team.publisher)
"""


@pytest.fixture(params=["memory", "redis"])
def environment(request: pytest.FixtureRequest, empty_database: Path) -> dict[str, str]:
    found = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{empty_database}",
        "DIGEST_FOUR_EYES": "0",
        "DEBUG": "0",
        "CACHE_URL": "",
    }
    if request.param == "redis":
        found["CACHE_URL"] = os.environ.get("TEST_REDIS_URL", "")
        if not found["CACHE_URL"]:
            pytest.skip("TEST_REDIS_URL names no Redis")
    servers.fill_site(found, 2)
    return found


@contextmanager
def copied_code(folder: Path) -> Iterator[Path]:
    """Yield a copy of the code whose page *About* says something else."""
    for name in ("briefs", "digest", "templates", "deploy"):
        shutil.copytree(name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    shutil.copy("manage.py", folder)
    shutil.copy("pyproject.toml", folder)
    template = folder / "templates/briefs/about.html"
    text = template.read_text(encoding="utf-8")
    template.write_text(
        text.replace("{% block main %}", "{% block main %}<p>Changed here.</p>"), encoding="utf-8"
    )
    yield folder


def test_servers_show_changes_at_the_next_request_and_each_version_its_own_template(
    environment: dict[str, str], tmp_path: Path
) -> None:
    first, second = servers.manage(environment, "shell", "-v", "0", "-c", SLUGS).split()
    pages = [f"/en/briefs/{first}/", f"/en/briefs/{second}/", "/en/", "/en/keywords/", "/en/feed.atom"]
    with servers.running_server(environment) as (one, _), servers.running_server(environment) as (other, _):
        for port in (one, other):
            kept = {page: servers.fetch(port, page) for page in pages for _ in range(2)}
            assert "Withdrawn" not in kept[pages[0]]
        before = servers.manage(environment, "shell", "-v", "0", "-c", CHANGES).strip()
        assert all(before in kept[page] for page in (pages[1], "/en/keywords/"))
        for port in (one, other):
            now = {page: servers.fetch(port, page) for page in pages}
            assert "Withdrawn" in now[pages[0]]
            assert f"/en/briefs/{first}/" not in now["/en/"]
            for page in (pages[1], "/en/keywords/"):
                assert ("Renamed meanwhile" in now[page], before in now[page]) == (True, False)
            found = servers.fetch(port, "/en/search/?q=keyword:renamed")
            assert f"/en/briefs/{second}/" in found
        new = servers.find_free_port()
        assert "Changed here." not in servers.fetch(one, "/en/about/")
        with copied_code(tmp_path / "code") as code:
            server = servers.start_server(environment, new, code=code)
            try:
                asked = [servers.fetch(port, "/en/about/") for port in (new, one, new, one)]
            finally:
                server.terminate()
                server.wait(60)
    assert ["Changed here." in body for body in asked] == [True, False, True, False]
