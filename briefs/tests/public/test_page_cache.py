"""Kept answers: what ends them, what is never kept, and the token that every public row changes."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.database import guards
from briefs.models.edition import Edition
from briefs.models.site import SiteText, SiteVersion
from briefs.models.vocabulary import Keyword
from briefs.public import page_cache
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import NO_STATIC, numbered_content, publish
from briefs.tests.support.database_firewall import PUBLIC_TABLES

pytestmark = [pytest.mark.django_db(transaction=True), NO_STATIC]

BRIEF = "/en/briefs/first/"


@pytest.fixture(autouse=True)
def _one_brief() -> None:
    publish(numbered_content(1), "first")


def read_token() -> str:
    return SiteVersion.objects.get().token


def count_queries(client: Client, path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path, headers=headers).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "path",
    ["/en/", BRIEF, f"{BRIEF}cite.ris", "/en/feed.atom", "/sitemap.xml", "/api/v1/briefs"],
)  # fmt: skip
def test_second_reader_costs_one_query_and_gets_the_same_answer(client: Client, path: str) -> None:
    first = client.get(path)
    assert count_queries(client, path) == 1
    again = client.get(path)
    assert (again.content, again.headers.items()) == (first.content, first.headers.items())
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.head(path).headers["Content-Length"] == str(len(first.content))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/en/?utm_source=x", {}),
        ("/en/search/?q=number", {}),
        ("/api/v1/briefs?q=number", {}),
        ("/api/v1/changes", {}),
        (f"{BRIEF}report/", {}),
        (BRIEF, {"Accept": "text/markdown"}),
    ],
)
def test_what_the_request_decides_is_not_kept(client: Client, path: str, headers: dict[str, str]) -> None:
    client.get(BRIEF)
    answers = [client.get(path, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert count_queries(client, path, **headers) > 1
    assert ("text/markdown" in answers[0].headers["Content-Type"]) == bool(headers)


def test_options_of_a_list_are_part_of_the_key_and_unknown_values_are_not_kept(client: Client) -> None:
    options = ("", "?show=both")
    bodies = {client.get(f"/en/{query}").content for query in options}
    assert len(bodies) == len(options)
    assert [count_queries(client, f"/en/{query}") for query in options] == [1] * len(options)
    for query in ("?show=x", "?show=both&show=y", "?show=both&show=both"):
        client.get(f"/en/{query}")
        assert count_queries(client, f"/en/{query}") > 1, query


def test_error_is_not_kept_and_paging_keys_are_part_of_the_key(client: Client) -> None:
    for path in ("/en/briefs/nope/", "/en/?before=x", "/en/?before=0-0"):
        client.get(path)
    client.get("/en/")
    assert client.get("/en/?before=x").status_code == 404
    assert count_queries(client, "/en/?before=0-0") == 1
    assert client.get("/en/?before=0-0").content != client.get("/en/").content


def test_change_of_any_public_row_gives_a_token_that_never_was(client: Client) -> None:
    now, person, seen = timezone.now(), factories.person("publisher"), [read_token()]
    for change in (
        lambda: Keyword.make(label_en="Deterrence", label_zh="嚇阻"),
        lambda: Keyword.objects.update(label_en="Deterring"),
        lambda: Keyword.objects.all().delete(),
        lambda: Edition.objects.update(live_until=now + dt.timedelta(days=1)),
        lambda: SiteText.objects.create(key="about", text_zh="中", updated_at=now, updated_by=person),
        lambda: guards.install_guards(connection),
    ):
        change()
        seen.append(read_token())
    assert len(set(seen)) == len(seen)
    assert "" not in seen


def test_all_tables_that_kept_pages_may_read_have_triggers() -> None:
    others = (
        "briefs_searchentry search_editions briefs_jobrun briefs_namechange django_migrations sqlite_master"
    )
    shown = PUBLIC_TABLES - {*others.split(), "briefs_siteversion"}
    assert {model._meta.db_table for model in guards.public_models()} == shown


def test_withdrawn_brief_is_gone_at_the_next_request(client: Client) -> None:
    assert b"first" in client.get("/en/").content
    assert client.get(BRIEF).status_code == 200
    Edition.objects.update(removed_at=timezone.now(), removed_reason="x")
    assert b"/briefs/first/" not in client.get("/en/").content
    assert client.get(BRIEF).status_code == 410


def test_part_of_pages_is_built_anew_after_a_change_whatever_was_asked_for_before(client: Client) -> None:
    client.get("/en/")
    assert [page_cache.keep_part("number", lambda n=n: n) for n in (1, 2)] == [1, 1]
    Edition.objects.update(live_until=timezone.now() + dt.timedelta(days=1))
    assert page_cache.keep_part("number", lambda: 3) == 3


def test_scheduled_edition_appears_at_its_time_and_ends_at_its_end(client: Client) -> None:
    now = timezone.now()
    opening, end = now + dt.timedelta(seconds=20), now + dt.timedelta(seconds=40)
    publish(numbered_content(2), "second", live_from=opening, published_at=opening, live_until=end)
    seen = []
    with time_machine.travel(now, tick=False) as clock:
        just = dt.timedelta(milliseconds=1)
        for at in (now, opening - just, opening, end - just, end):
            clock.move_to(at)
            seen.append(b"/briefs/second/" in client.get("/en/").content)
    assert seen == [False, False, True, True, False]


def test_nothing_is_kept_while_the_triggers_are_away(client: Client) -> None:
    client.get("/en/")
    guards.remove_guards(connection)
    try:
        assert read_token() == ""
        Edition.objects.update(removed_at=timezone.now(), removed_reason="x")
        assert b"/briefs/first/" not in client.get("/en/").content
        assert count_queries(client, "/en/") > 1
    finally:
        guards.install_guards(connection)
    client.get("/en/")
    assert count_queries(client, "/en/") == 1


def test_other_build_does_not_use_the_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/en/")
    monkeypatch.setattr(page_cache, "compute_build_hash", lambda: "another version")
    assert count_queries(client, "/en/") > 1
    assert count_queries(client, "/en/") == 1


def test_flood_of_pages_leaves_the_counters(client: Client) -> None:
    caches["default"].set("counter", 1, 60)
    for n in range(700):
        caches["pages"].set(f"page.{n}", b"x", 60)
    assert caches["default"].get("counter") == 1
