"""MCP: each tool answers with pairs of public briefs, in every state, and writes nothing."""

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.public import responses
from briefs.tests.database.test_faults import database_away
from briefs.tests.support import factories
from briefs.tests.support.crawler import PublicResponse
from briefs.tests.support.factories import Team

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

TOOLS = {"search", "brief", "pair", "cite", "changes"}
_ids = itertools.count(1)


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.DIGEST_MCP = True


def post(method: str, params: dict[str, Any], **headers: str) -> Any:
    message = {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": params}
    return Client(enforce_csrf_checks=True, raise_request_exception=False).post(
        "/mcp", json.dumps(message), content_type="application/json", headers=headers
    )


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    response = post("tools/call", {"name": tool, "arguments": arguments})
    assert response.status_code == 200, response.content
    result: dict[str, Any] = response.json()["result"]
    return result


def answer_of(tool: str, **arguments: Any) -> Any:
    result = call(tool, **arguments)
    assert not result["isError"], result
    return result["structuredContent"]


def error_of(tool: str, **arguments: Any) -> str:
    result = call(tool, **arguments)
    assert result["isError"], result
    return str(result["content"][0]["text"])


def list_calls(slugs: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """List calls of every tool about each brief, public or not."""
    yield from (("changes", {}), ("changes", {"since": "2000-01-01", "limit": 3}))
    for slug in slugs:
        yield "search", {"q": f'"{slug.replace("-", '" "')}"'}
        yield "brief", {"slug": slug}
        yield from (("pair", {"slug": slug, "part": part}) for part in ("headline", "summary", "b1", "b2"))
        yield "cite", {"slug": slug, "part": "b1"}


def fetch_answer(tool: str, arguments: dict[str, Any]) -> PublicResponse:
    """Call a tool, for the crawl. An answer may repeat its arguments, as that of a search does."""
    response = post("tools/call", {"name": tool, "arguments": arguments})
    assert b"failed unexpectedly" not in response.content, (tool, arguments)
    return PublicResponse(
        f"/search/{tool}/{arguments}",
        response.status_code,
        dict(response.items()),
        response.content,
        "a tool",
        tuple(response.cookies),
    )


def test_answers_are_pairs_with_address_edition_and_date(team: Team) -> None:
    brief = factories.live_brief(team)
    factories.publish_revision(team, brief, " of zebrafish")
    brief.refresh_from_db()
    slug = brief.slug
    answer = answer_of("search", q="zebrafish")
    assert answer["count"] == 1
    (found,) = answer["briefs"]
    assert (found["slug"], found["edition"]) == (slug, 2)
    assert found["published"] < found["updated"]
    assert {pair["part"] for pair in found["pairs"]} >= {"headline"}
    one = answer_of("pair", slug=slug, part="b1")["pairs"]
    assert one[0]["zh"]
    assert one[0]["en"]
    assert one[0]["urls"]["parallel"].endswith(f"/briefs/{slug}/parallel/#b1")
    assert answer_of("brief", slug=slug)["brief"]["bullets"][0]["en"] == one[0]["en"]
    cited = answer_of("cite", slug=slug, part="b1")
    assert cited["quoted"]["pairs"] == one
    assert {(line["work"], line["style"]) for line in cited["citations"]} == set(
        itertools.product(("brief", "article"), ("Chicago", "APA", "Taiwan style"))
    )
    assert f"/en/briefs/{slug}/" in cited["citations"][0]["text"]
    assert error_of("pair", slug=slug, part="b99") == "The brief has no b99."
    workflow.withdraw(brief, by=team.publisher, kind="rights", reason_zh="權", reason_en="Rights")
    assert "withdrawn" in error_of("cite", slug=slug)
    assert answer_of("brief", slug=slug)["brief"]["status"] == "withdrawn"
    workflow.remove(brief, by=team.publisher, reason="r")
    assert error_of("brief", slug=slug) == "This brief was removed. Delete your copy."


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("search", {}, "Give words"),
        ("search", {"q": "", "year": "", "from": "", "keyword": ""}, "Give words"),
        ("search", {"q": "x" * 201}, "length <= 200"),
        ("search", {"q": "x", "state": "draft"}, "unknown field"),
        ("search", {"q": ["x"]}, "Expected `str`"),
        ("search", {"year": "2025\n"}, ""),
        ("search", {"from": "2025-02-30"}, ""),
        ("brief", {"slug": "../x"}, "matching regex"),
        ("brief", {"slug": "x" * 101}, "matching regex"),
        ("pair", {"slug": "x", "part": "content"}, "matching regex"),
        ("changes", {"limit": 21}, "<= 20"),
        ("changes", {"since": "yesterday"}, "Expected a cursor"),
        ("changes", {"since": "2025-13-01"}, "Expected a time"),
    ],
)
def test_wrong_argument_is_refused_with_a_reason(tool: str, arguments: dict[str, Any], error: str) -> None:
    assert error in error_of(tool, **arguments)


def test_no_answer_is_longer_than_ten_kilobytes(team: Team) -> None:
    """Twelve long briefs: of a search as many as fit, of changes too, of a brief the rest by `start`."""
    bullets = tuple(Bullet(0, f"第{n}點談斑馬魚。" * 9, f"Point {n} on zebrafish. " * 9) for n in range(40))
    for _ in range(12):
        brief = factories.live_brief(team, factories.content(headline_en="Zebrafish " * 20, bullets=bullets))
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        read, since = [], "2000-01-01"
        while True:
            page = answer_of("changes", since=since)
            assert 0 < measure(page) <= 10_000
            read += [change["id"] for change in page["changes"]]
            since = page["cursor"]
            if not page["more"]:
                break
        assert len(set(read)) == len(read) == 12
    answer = answer_of("search", q="zebrafish")
    assert 1 < len(answer["briefs"]) < 10
    assert measure(answer) <= 10_000
    assert len(answer_of("search", q="zebrafish", limit=1)["briefs"]) == 1
    numbers, start = [], 0
    while start is not None:
        part = answer_of("brief", slug=brief.slug, start=start)
        assert measure(part) <= 10_000
        numbers += [bullet["number"] for bullet in part["brief"]["bullets"]]
        start = part["next"]
    assert numbers == list(range(1, 41))
    long = factories.live_brief(team, factories.content(summary_en="Long " * 2500))
    assert "too long" in error_of("pair", slug=long.slug, part="summary")


def measure(answer: Any) -> int:
    return len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())


def test_tools_describe_themselves() -> None:
    tools = post("tools/list", {}).json()["result"]["tools"]
    assert {tool["name"] for tool in tools} == TOOLS
    assert all(tool["annotations"]["readOnlyHint"] and tool["outputSchema"] for tool in tools)


def test_endpoint_is_for_programs_limited_and_off_by_default(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post("ping", {}).headers["Cache-Control"] == "no-store"
    assert post("ping", {}, Origin="https://evil.example").status_code == 403
    assert Client().get("/mcp").status_code == 405
    monkeypatch.setattr(responses, "API_LIMIT", 0)
    cache.clear()
    limited = post("ping", {})
    assert (limited.status_code, "Retry-After" in limited.headers) == (429, True)
    monkeypatch.setattr(responses, "API_LIMIT", 10)
    monkeypatch.setattr(responses, "SEARCH_SECONDS", 0)
    assert error_of("search", q="x").startswith("Wait ")
    settings.DIGEST_MCP = False
    assert (post("ping", {}).status_code, Client().get("/mcp").status_code) == (405, 404)


def test_failure_outside_a_tool_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("briefs.api.assistants.answer", fail)
    response = post("tools/list", {})
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert response["Retry-After"] == "5"


def test_failure_in_a_tool_is_an_error_of_the_tool() -> None:
    with database_away():
        assert "failed" in error_of("search", q="ships")
