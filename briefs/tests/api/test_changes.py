"""The change feed: the mirror script of docs/api.md follows it and ends equal to the site."""

import contextlib
import datetime as dt
import io
import json
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief
from briefs.models.edition import Edition
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.factories import Team

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

DOCS = Path(__file__).resolve().parents[3] / "docs" / "api.md"
START = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Killed(BaseException):
    """Stands for the death of the process."""


class Mirror:
    """Run the script of the documentation, its requests answered by a test client."""

    def __init__(self, client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.folder = client, folder
        _, _, rest = DOCS.read_text(encoding="utf-8").partition("```python\n")
        self.code = compile(rest.partition("```")[0].replace("limit=100", "limit=2"), str(DOCS), "exec")
        monkeypatch.setattr(sys, "argv", ["mirror.py", "http://mirrored.example", str(folder)])
        monkeypatch.setattr(urllib.request, "urlopen", self._open)

    def _open(self, url: str, timeout: int) -> io.BytesIO:
        parts = urlsplit(url)
        response = self.client.get(f"{parts.path}?{parts.query}")
        assert response.status_code == 200, response.content
        return io.BytesIO(response.content)

    def run(self) -> None:
        exec(self.code, {"__name__": "__main__"})

    def briefs(self) -> dict[int, Any]:
        return {int(file.stem): json.loads(file.read_text("utf-8")) for file in self.folder.glob("*.json")}


@pytest.fixture
def mirror(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    return Mirror(client, tmp_path / "mirror", monkeypatch)


def site_briefs(client: Client) -> dict[int, Any]:
    """Return every brief that readers find, as the API shows it, by id."""
    found = {}
    for slug in Brief.objects.exclude(slug=None).values_list("slug", flat=True):
        response = client.get(f"/api/v1/briefs/{slug}")
        if response.status_code == 200:
            found[response.json()["id"]] = response.json()
    return found


def test_mirror_ends_equal_to_the_site(client: Client, team: Team, mirror: Mirror) -> None:
    acts = list_acts(team)
    with time_machine.travel(START, tick=False) as clock:
        for n, act in enumerate(acts):
            act()
            clock.shift(MINUTE / 4 if n % 3 else 2 * MINUTE)
            mirror.run()  # also while the newest changes are too young to be listed
        clock.shift(2 * MINUTE)
        mirror.run()
        expected = site_briefs(client)
        assert mirror.briefs() == expected
        assert [brief["status"] for brief in expected.values()].count("withdrawn") == 1
        assert len(expected) == 4
        late = Mirror(client, mirror.folder.with_name("late"), pytest.MonkeyPatch())
        sys.argv[2] = str(late.folder)
        late.run()
        assert late.briefs() == expected, "a mirror that begins now"


def list_acts(team: Team) -> list[Callable[[], Any]]:
    """Return acts on five briefs: publication, correction, withdrawal, removal, reinstatement, a schedule."""
    first, second, third, fourth, scheduled = (factories.signed_brief(team) for _ in range(5))
    reasons = {"kind": "rights", "reason_zh": "權", "reason_en": "R"}
    by = team.publisher
    return [
        *(lambda row=row: factories.approve(row, by) for row in (first, second, third, fourth)),
        lambda: factories.approve(scheduled, by, at=timezone.now() + 3 * MINUTE),
        lambda: factories.publish_revision(team, first, "again"),
        lambda: workflow.withdraw(second, by=by, **reasons),
        lambda: workflow.remove(third, by=by, reason="r"),
        lambda: workflow.withdraw(fourth, by=by, **reasons),
        lambda: workflow.reinstate(fourth, by=by),
        lambda: workflow.remove(first, by=by, reason="r"),
        lambda: workflow.reinstate(first, by=by),
    ]


def test_killed_mirror_catches_up(
    client: Client, team: Team, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for act in list_acts(team):
            act()
            clock.shift(2 * MINUTE)
        replace = Path.replace
        for allowed in range(12):  # the process dies at each of its writes in turn
            left = iter(range(allowed))

            def replace_or_die(path: Path, target: Path, left: Any = left) -> Path:
                if next(left, None) is None:
                    raise Killed
                return replace(path, target)

            with monkeypatch.context() as patch, contextlib.suppress(Killed):
                patch.setattr(Path, "replace", replace_or_die)
                mirror.run()
        mirror.run()
        assert mirror.briefs() == site_briefs(client)


def read_changes(client: Client, since: str = "") -> list[tuple[Any, ...]]:
    page = client.get("/api/v1/changes", {"since": since} if since else {}).json()
    return [(c["id"], c["edition"], c["kind"], c["brief"] and c["brief"]["status"]) for c in page["changes"]]


def test_changes_are_named_with_kind_and_only_after_a_minute(client: Client, team: Team) -> None:
    with time_machine.travel(START, tick=False) as clock:
        brief = factories.live_brief(team)
        factories.draft_brief(team)
        clock.shift(MINUTE / 2)
        assert read_changes(client) == []
        clock.shift(MINUTE)
        assert read_changes(client) == [(brief.pk, 1, "published", "public")]
        cursor = client.get("/api/v1/changes").json()["cursor"]
        assert client.get(f"/api/v1/changes?since={cursor}").json()["cursor"] == cursor
        factories.publish_revision(team, brief, "next")
        clock.shift(2 * MINUTE)
        assert read_changes(client, cursor) == [(brief.pk, 2, "corrected", "public")]
        reasons = {"kind": "other", "reason_zh": "因", "reason_en": "R"}
        for act, kind, status in (
            (lambda: workflow.withdraw(brief, by=team.publisher, **reasons), "withdrawn", "withdrawn"),
            (lambda: workflow.remove(brief, by=team.publisher, reason="r"), "removed", None),
            (lambda: workflow.reinstate(brief, by=team.publisher), "reinstated", "public"),
        ):
            act()
            clock.shift(2 * MINUTE)
            assert read_changes(client, cursor) == [(brief.pk, 2, kind, status)]
        assert len(read_changes(client, "2026-11-24T04:02:00Z")) == 1


def test_changes_are_read_from_their_index() -> None:
    changed = Edition.objects.changed(START, START + MINUTE)[:50]
    if connection.vendor == "sqlite":
        assert "edition_by_change" in changed.explain()
