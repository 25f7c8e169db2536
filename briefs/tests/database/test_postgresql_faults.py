"""A site whose PostgreSQL is stopped, refuses, hangs or becomes a standby, while people read and write."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from briefs.tests.operations.backup.site_writers import Site
from briefs.tests.support.servers import running_server

from .postgresql_server import Answer, Server, Visitor, Writer, find_programs, visited

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_programs() is None, reason="needs PostgreSQL's initdb"),
]

LONGEST_SECONDS = 15
"""The longest that anybody waits for a page: many times what it takes on an idle machine, and less than any time limit
of a proxy."""

FAULT_SECONDS = float(os.environ.get("TEST_FAULT_SECONDS", "3"))

type Act = Callable[[Server], None]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:  # not in pytest's, which only root may enter
        server = Server(Path(folder))
        yield server
        server.send(signal.SIGCONT)
        server.stop("immediate")


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(server.url, tmp_path_factory.mktemp("media"))
    assert site.manage("setup", "--no-person").endswith("exit 0")
    return site


@pytest.fixture(scope="module")
def desk(site: Site) -> dict[str, Any]:
    return site.ask("desk")


@pytest.fixture(scope="module")
def port(site: Site) -> Iterator[int]:
    with running_server(site.environment, "--workers", "2") as (port, _):
        yield port


def hang(server: Server) -> None:
    server.send(signal.SIGSTOP)


def hang_backends(server: Server) -> None:
    server.send(signal.SIGSTOP, only_backends=True)


FAULTS: dict[str, tuple[Act, Act]] = {
    "stopped": (Server.stop, Server.start),
    "refusing": (lambda server: server.allow("reject"), lambda server: server.allow("trust")),
    "hanging": (hang, Server.wake),
    "backends hanging": (hang_backends, Server.wake),
    "standby": (Server.stand_by, Server.promote),
}


def test_restart_between_requests_costs_nobody_a_page(
    server: Server, desk: dict[str, Any], port: int
) -> None:
    def visit(path: str) -> int:
        return Visitor(port).open(path).status

    with ThreadPoolExecutor(16) as people:
        for _ in range(2):
            assert set(people.map(visit, [desk["public"]] * 64)) == {200}
            server.stop()
            server.start()
        assert set(people.map(visit, [desk["public"]] * 64)) == {200}


def open_when_back(visitor: Visitor, path: str) -> Answer:
    """Open a page of a site whose database is back, twice if the first is refused.

    On a busy machine, the one request that tries a silent server can take longer than the others wait for it.
    """
    answer = visitor.open(path)
    return visitor.open(path) if answer.status == 503 else answer


@pytest.mark.parametrize("fault", FAULTS)
def test_site_answers_while_the_database_fails_and_after(
    fault: str, server: Server, site: Site, desk: dict[str, Any], port: int
) -> None:
    begin, end = FAULTS[fault]
    own, other = (f"/admin/briefs/brief/{pk}/change/" for pk in desk["drafts"])
    readers = [Visitor(port) for _ in range(6)]
    busy, patient, colleague = (cls(port, dict(desk["cookies"])) for cls in (Writer, Writer, Visitor))
    visits = [lambda n, reader=reader: reader.open(desk["public"]) for reader in readers]
    visits += [lambda n: busy.save(own, n), lambda n: colleague.open("/admin/")]
    with visited(visits) as errors:
        patient.type(other, f"Typed before {fault}")
        begin(server)
        first_save = patient.send(other)
        time.sleep(FAULT_SECONDS)
        if (
            fault == "backends hanging"
        ):  # the pool may find its connection silent and open another, with a new backend
            assert first_save in (302, 503)
        else:
            assert (first_save, patient.send(other)) == (503, 503)
        end(server)
        first = [
            open_when_back(Visitor(port), desk["public"]),
            open_when_back(Visitor(port, dict(desk["cookies"])), "/admin/"),
        ]
        if first_save == 302:
            patient.type(other, f"Typed after {fault}")
        assert patient.send(other) == 302
        time.sleep(1)
    assert not errors
    assert [answer.status for answer in first] == [200, 200]
    answers = [answer for person in (*readers, busy, patient, colleague) for answer in person.answers]
    assert {answer.status for answer in answers} <= {200, 302, 503}
    assert max(answer.seconds for answer in answers) < LONGEST_SECONDS
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.retry_after and "no-store" in answer.cache_control for answer in refused)
    assert {*busy.saved, *patient.saved} <= set(site.ask("headlines"))
