"""Public pages read from a replica while it is not behind; everything else, and every doubt, goes to the primary."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from django.test import Client

from briefs.database import replica
from briefs.database.replica import CHECK_SECONDS, PAUSE_SECONDS
from briefs.models import Edition
from briefs.tests.support import corpus_fixtures

pytestmark = [
    pytest.mark.django_db(transaction=True),  # SQLite waits for the end of a transaction before it is copied
    corpus_fixtures.NO_STATIC,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the replica is a copy of the SQLite file"),
]

type Standby = dict[str, Any]
"""`clock` in seconds, and the positions of both servers by alias; an exception is raised."""


@pytest.fixture
def standby(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standby]:
    """Make a replica that has one brief, while the primary has another as well."""
    corpus_fixtures.publish(corpus_fixtures.numbered_content(1), "first")
    with closing(sqlite3.connect(tmp_path / "replica.sqlite3")) as copy:
        connection.connection.backup(copy)
    corpus_fixtures.publish(corpus_fixtures.numbered_content(2), "second")
    values: Standby = {"clock": 100.0, "default": 7, "replica": 7}

    def read_position(of: Any) -> int:
        if isinstance(values[of.alias], Exception):
            raise values[of.alias]
        return values[of.alias]

    monkeypatch.setattr(replica, "monotonic", lambda: values["clock"])
    monkeypatch.setattr(replica, "read_position", read_position)
    monkeypatch.setattr(replica, "state", replica.ReplicaState())
    connections.settings["replica"] = connections.settings["default"] | {
        "NAME": str(tmp_path / "replica.sqlite3")
    }
    connections["replica"].connect()  # here, as Django's tests forbid connections that they do not know
    yield values
    connections["replica"].close()
    del connections.settings["replica"], connections["replica"]


@pytest.fixture
def reads_from(client: Client, standby: Standby) -> Callable[[float], set[str]]:
    """Return which server answers each public page after some seconds: only the primary has the second brief."""

    def ask(seconds: float = 0.0) -> set[str]:
        standby["clock"] += seconds
        found = {path: client.get(path) for path in ("/en/briefs/second/", "/en/", "/en/search/?q=Headline")}
        assert {answer.status_code for answer in found.values()} <= {200, 404}
        assert client.get("/en/briefs/first/").status_code == 200
        assert Edition.objects.count() == 2, "what is no public page reads from the primary"
        return {
            "primary" if b"/en/briefs/second/" in answer.content else "replica" for answer in found.values()
        }

    return ask


def test_replica_is_read_once_it_has_what_the_primary_had(
    reads_from: Callable[..., set[str]], standby: Standby
) -> None:
    assert reads_from() == {"primary"}, "nothing is known yet"
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}
    standby["default"] = 9
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}, "written since the last check"
    assert reads_from(CHECK_SECONDS + 0.1) == {"primary"}, "and not there at this one"
    standby["replica"] = 9
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}
    assert reads_from(2 * CHECK_SECONDS + 0.1) == {"primary"}, "what was known is too old"


@pytest.mark.parametrize("fault", ["check", "closed", "page"])
def test_replica_that_fails_is_left_alone_for_a_while(
    fault: str, reads_from: Callable[..., set[str]], standby: Standby
) -> None:
    reads_from()
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}
    if fault != "page":
        standby["replica"] = OperationalError("away") if fault == "check" else InterfaceError("closed")
    else:  # a migration has not reached it
        with connections["replica"].cursor() as cursor:
            cursor.execute("ALTER TABLE briefs_edition RENAME TO older")
    assert reads_from(CHECK_SECONDS + 0.1) == {"primary"}
    standby["replica"] = 7
    with connections["replica"].cursor() as cursor:
        cursor.execute("ALTER TABLE older RENAME TO briefs_edition") if fault == "page" else None
    assert reads_from(PAUSE_SECONDS - 0.1) == {"primary"}
    assert reads_from(CHECK_SECONDS) == {"primary"}, "the first check only notes where the primary is"
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}


def test_replica_is_read_while_the_primary_is_away(
    reads_from: Callable[..., set[str]], standby: Standby
) -> None:
    standby["default"] = OperationalError("away")
    assert reads_from() == {"replica"}


def test_replica_that_was_behind_is_not_read_when_the_primary_goes_away_as_well(
    reads_from: Callable[..., set[str]], standby: Standby
) -> None:
    reads_from()
    assert reads_from(CHECK_SECONDS + 0.1) == {"replica"}
    standby["default"] = 9
    reads_from(CHECK_SECONDS + 0.1)
    standby["replica"] = OperationalError("away")
    reads_from(CHECK_SECONDS + 0.1)
    standby["replica"], standby["default"] = 8, OperationalError("away")
    assert reads_from(PAUSE_SECONDS + 0.1) == {"primary"}
