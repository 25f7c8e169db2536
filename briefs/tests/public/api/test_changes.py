"""The change feed: the mirror script of docs/api.md follows it and ends equal to the site."""

import contextlib
import datetime as dt
import io
import json
import random
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Byline
from briefs.database import guards
from briefs.models import Author, Brief, Keyword, Source, Term
from briefs.tests.support import factories, scale
from briefs.tests.support.corpus_fixtures import NO_STATIC
from briefs.tests.support.factories import Team

pytestmark = [pytest.mark.django_db, NO_STATIC]

DOCS = Path(__file__).resolve().parents[4] / "docs" / "api.md"
START = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Killed(BaseException):
    """Stands for the death of the process."""


class Mirror:
    """Run the script of the documentation, its requests answered by a test client."""

    def __init__(self, client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.folder = client, folder
        self.beginnings = 0
        _, _, rest = DOCS.read_text(encoding="utf-8").partition("```python\n")
        self.code = compile(rest.partition("```")[0].replace("limit=100", "limit=2"), str(DOCS), "exec")
        monkeypatch.setattr(sys, "argv", ["mirror.py", "http://mirrored.example", str(folder)])
        monkeypatch.setattr(urllib.request, "urlopen", self._open)

    def _open(self, url: str, timeout: int) -> io.BytesIO:
        parts = urlsplit(url)
        response = self.client.get(f"{parts.path}?{parts.query}")
        if response.status_code == 410:
            self.beginnings += 1
            raise urllib.error.HTTPError(url, 410, "Gone", response.headers, None)  # type: ignore[arg-type]
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
        reasons = {"kind": "other"}
        for act, kind, status in (
            (lambda: workflow.withdraw(brief, by=team.publisher, **reasons), "withdrawn", "withdrawn"),
            (lambda: workflow.remove(brief, by=team.publisher, reason="r"), "removed", None),
            (lambda: workflow.reinstate(brief, by=team.publisher), "reinstated", "public"),
        ):
            act()
            clock.shift(2 * MINUTE)
            assert read_changes(client, cursor) == [(brief.pk, 2, kind, status)]
        assert len(read_changes(client, "2026-11-24T04:02:00Z")) == 1


def rename_source() -> None:
    """Rename without a verb, as nobody should."""
    row = Source.objects.order_by("pk")[0]
    Source.objects.filter(pk=row.pk).update(name=f"{row.name} again")


def add_term(team: Team) -> None:
    factories.change_public_name(Term(zh="點", en="Point"), team)


@pytest.mark.parametrize(
    ("lost", "gained", "is_restored"),
    [
        pytest.param(rename_source, rename_source, True, id="as many changes as before"),
        pytest.param(rename_source, None, False, id="a change of a name is gone"),
        pytest.param(factories.live_brief, None, False, id="a change of an edition is gone"),
        pytest.param(add_term, None, True, id="a brief with a term that it lost"),
    ],
)
def test_mirror_begins_anew_after_the_database_went_back(
    lost: Callable[..., Any], gained: Callable[..., Any] | None, is_restored: bool, client: Client, team: Team, mirror: Mirror
) -> None:  # fmt: skip
    fire_deferred_triggers()
    with time_machine.travel(START, tick=False) as clock:
        factories.live_brief(team)
        before = transaction.savepoint_create()
        clock.shift(2 * MINUTE)
        lost(*[team] if lost is not rename_source else [])
        clock.shift(2 * MINUTE)
        mirror.run()
        assert mirror.briefs() == site_briefs(client)
        transaction.savepoint_rollback(before)
        if is_restored:
            guards.renew_generation(connection)
        if gained:
            gained()
        clock.shift(2 * MINUTE)
        mirror.run()
        assert mirror.briefs() == site_briefs(client)
        assert mirror.beginnings == 1


def test_mirror_follows_a_new_term_without_beginning_anew(client: Client, team: Team, mirror: Mirror) -> None:
    fire_deferred_triggers()
    with time_machine.travel(START, tick=False) as clock:
        factories.live_brief(team)
        clock.shift(2 * MINUTE)
        mirror.run()
        add_term(team)
        mirror.run()
        assert [term["en"] for brief in mirror.briefs().values() for term in brief["terms"]] == ["Point"]
        assert mirror.beginnings == 0


@pytest.mark.parametrize("setting", ["DIGEST_LICENCE", "VERSION"])
def test_mirror_begins_anew_after_a_setting_that_answers_depend_on(
    setting: str, client: Client, team: Team, mirror: Mirror, settings: Any
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        factories.live_brief(team)
        clock.shift(2 * MINUTE)
        mirror.run()
        setattr(settings, setting, "http://other.example")
        mirror.run()
        assert mirror.briefs() == site_briefs(client)
        assert mirror.beginnings == 1


def test_cursor_of_another_database_is_gone_and_nonsense_is_wrong(client: Client) -> None:
    for since, status in (("12345678-0-0-0", 410), ("1-2-3-4", 400), ("2026-11", 400)):
        answer = client.get("/api/v1/changes", {"since": since})
        assert (answer.status_code, answer.json()["parameter"]) == (status, "since"), since


def test_hash_is_that_of_the_object_without_it(client: Client, team: Team) -> None:
    """As the documentation computes it, also for a withdrawn brief."""
    names: dict[str, Any] = {}
    exec(DOCS.read_text("utf-8").split("```python\n")[2].partition("```")[0], names)
    factories.live_brief(team)
    reasons = {"kind": "other"}
    workflow.withdraw(factories.live_brief(team), by=team.publisher, **reasons)
    found = site_briefs(client)
    assert {pk: names["compute_hash"](brief) for pk, brief in found.items()} == audit(client)
    assert {brief["status"] for brief in found.values()} == {"public", "withdrawn"}


def test_briefs_are_looked_up_by_id_with_chosen_fields(client: Client, team: Team) -> None:
    live, removed, draft = factories.live_brief(team), factories.live_brief(team), factories.draft_brief(team)
    workflow.remove(removed, by=team.publisher, reason="r")
    ids = f"{removed.pk},{live.pk},{draft.pk},999999"
    page = client.get("/api/v1/changes", {"ids": ids, "fields": "id,headline"}).json()
    assert [(change["id"], change["kind"], change["brief"]) for change in page["changes"]] == [
        (live.pk, "published", {"id": live.pk, "headline": {"zh": "標題", "en": "A Headline"}}),
        (removed.pk, "removed", None),
    ]
    for wrong in ({"ids": "x"}, {"ids": ids, "limit": "5"}, {"ids": "1," * 100 + "1"}, {"ids": ""}):
        assert client.get("/api/v1/changes", wrong).json()["parameter"] == "ids", wrong


def test_queries_do_not_grow_with_changes(client: Client, team: Team) -> None:
    """A page of changes, of renamings with many briefs, and of the manifest."""
    fire_deferred_triggers()
    counts = []
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(2):
            for _ in range(3):
                factories.live_brief(team)
                rename_source()
            clock.shift(2 * MINUTE)
            counts.append([])
            for address in ("changes?limit=100", "manifest", "changes?ids=1,2,3,4,5"):
                with CaptureQueriesContext(connection) as queries:
                    client.get(f"/api/v1/{address}")
                counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 9


def fire_deferred_triggers() -> None:
    """Let PostgreSQL do at once what it defers to the commit, which a test does not reach."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# Random lives of a site and a mirror: verbs, names, restores and kills.


class RandomSite:
    """A site with few names, on which random acts are done. An act that the desk refuses changes nothing."""

    ACTS: ClassVar = {
        "publish": 3, "revise": 2, "take_down": 3, "rename": 3, "rename_by_sql": 2, "merge": 3, "unmerge": 2, "term": 2,
        "save": 1, "restore": 1, "copy_back": 1,
    }  # fmt: skip
    WORDS = (("嚇阻", "deterrence"), ("軍備", "arms"), ("外交", "diplomacy"))
    KINDS = (Author, Keyword, Source, Term)

    def __init__(self, team: Team, draw: random.Random) -> None:
        self.team, self.draw = team, draw
        self.done = Counter[str]()
        self.saved: list[str] = []
        for n in range(3):
            Author.make(name=f"Author {n}")
            Keyword.make(label_zh=f"詞{n}", label_en=f"Word {n}")
            Source.make(name=f"Source {n}")
        Term.make(zh="嚇阻", en="deterrence")
        self.save()

    def act(self) -> None:
        name = self.draw.choices(list(self.ACTS), list(self.ACTS.values()))[0]
        if name in ("save", "restore", "copy_back"):  # savepoints, which no transaction may enclose
            getattr(self, name)()
        else:
            try:
                with transaction.atomic():
                    getattr(self, name)()
            except workflow.Refused:
                return
        self.done[name] += 1

    def _pick(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        return self.draw.choice(found) if found else None

    def _pick_name(self, **condition: Any) -> Any:
        return self._pick(self.draw.choice(self.KINDS)._default_manager.filter(**condition))

    def publish(self) -> None:
        rows = [self._pick(kind.objects.filter(merged_into=None)).pk for kind in (Source, Author, Keyword)]
        facts = factories.facts(source=rows[0], authors=(Byline(rows[1]),), keywords=(rows[2],))
        zh, en = self.draw.choice(self.WORDS)
        text = factories.content(summary_zh=f"摘要談{zh}。", summary_en=f"A summary on {en}.", facts=facts)
        factories.live_brief(self.team, text)

    def revise(self) -> None:
        if brief := self._pick(Brief.objects.filter(state="approved")):
            factories.publish_revision(self.team, brief, str(self.draw.randrange(10**6)))

    def take_down(self) -> None:
        by, reasons = self.team.publisher, {"kind": "rights"}
        if brief := self._pick(Brief.objects.exclude(slug=None)):
            verb = self.draw.randrange(3)
            if verb == 0:
                workflow.withdraw(brief, by=by, **reasons)
            elif verb == 1:
                workflow.remove(brief, by=by, reason="r")
            else:
                workflow.reinstate(brief, by=by)

    def rename(self) -> None:
        row = self._pick_name(merged_into=None)
        setattr(row, self._label(row), f"Name {self.draw.randrange(10**6)}")
        factories.change_public_name(row, self.team)

    def rename_by_sql(self) -> None:
        """Rename without a verb, as nobody should."""
        row = self._pick_name()
        name = f"Name {self.draw.randrange(10**6)}"
        type(row)._default_manager.filter(pk=row.pk).update(**{self._label(row): name})

    @staticmethod
    def _label(row: Any) -> str:
        return {Keyword: "label_en", Term: "zh"}.get(type(row), "name")

    def merge(self) -> None:
        kind = self.draw.choice(self.KINDS)
        one, other = (self._pick(kind.objects.filter(merged_into=None)) for _ in range(2))
        factories.merge_public_names([one], into=other, team=self.team)

    def unmerge(self) -> None:
        if row := self._pick_name(merged_into__isnull=False):
            factories.unmerge_public_name(row, self.team)

    def term(self) -> None:
        """Add a term, or let one be found in other words."""
        zh, en = self.draw.choice(self.WORDS)
        row = self._pick(Term.objects.filter(merged_into=None, en=en)) or Term(zh=zh, en=en)
        row.also_zh = [] if row.also_zh else [zh]
        factories.change_public_name(row, self.team)

    def save(self) -> None:
        self.saved.append(transaction.savepoint_create())

    def restore(self) -> None:
        """Go back to an earlier state as the command does, which gives the database a new generation."""
        self.copy_back()
        guards.renew_generation(connection)

    def copy_back(self) -> None:
        """Go back as somebody does who copies a file over the database."""
        n = self.draw.randrange(len(self.saved))
        transaction.savepoint_rollback(self.saved[n])
        del self.saved[n + 1 :]


def live_beside_mirror(client: Client, team: Team, mirror: Mirror, seed: int, acts: int) -> Counter[str]:
    """Run the mirror after random acts, killed at random, and compare it with the site. Return what was done."""
    draw = random.Random(seed)
    replace = Path.replace

    def replace_or_die(path: Path, target: Path) -> Path:
        if draw.random() < 0.1:
            raise Killed
        return replace(path, target)

    fire_deferred_triggers()
    with time_machine.travel(START, tick=False) as clock:
        site = RandomSite(team, draw)
        for _ in range(acts):
            site.act()
            clock.shift(MINUTE * draw.choice((0.1, 0.5, 2)))
            with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
                patch.setattr(Path, "replace", replace_or_die)
                mirror.run()
            if draw.random() < 0.3:
                clock.shift(2 * MINUTE)
                mirror.run()
                assert mirror.briefs() == site_briefs(client), (seed, site.done)
                assert audit(client) == {pk: brief["hash"] for pk, brief in mirror.briefs().items()}
    return site.done + Counter(begun=mirror.beginnings)


def audit(client: Client) -> dict[int, str]:
    """Return the hashes of the manifest, read two entries at a time."""
    url, hashes = "/api/v1/manifest?limit=2", {}
    while url:
        page = client.get(url).json()
        hashes |= {entry["id"]: entry["hash"] for entry in page["briefs"]}
        url = page["next"]
    return hashes


def test_mirror_of_a_random_site_is_equal_or_begins_anew(client: Client, team: Team, mirror: Mirror) -> None:
    done = live_beside_mirror(client, team, mirror, seed=4, acts=60)
    assert RandomSite.ACTS.keys() <= done.keys()
    assert done["begun"]


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(scale(4)))
def test_mirrors_of_many_random_sites_are_equal(
    client: Client, team: Team, mirror: Mirror, seed: int
) -> None:
    live_beside_mirror(client, team, mirror, seed=1000 + seed, acts=120)
