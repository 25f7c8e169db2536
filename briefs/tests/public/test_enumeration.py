"""Guessing addresses: a hidden brief or picture cannot be told from a missing one by its queries or by a file."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs import images
from briefs.models import Picture
from briefs.tests.support import route_registry
from briefs.tests.support.corpus_fixtures import NO_STATIC
from briefs.tests.support.crawler import fetch
from briefs.tests.support.state_model import World

pytestmark = [pytest.mark.django_db, NO_STATIC]

MISSING_SLUG = "no-such-brief"


# Queries, which determine response time


def masked_queries(address: str, *parts: str) -> list[str]:
    return fetch_and_record(address, *parts)[1]


def fetch_and_record(address: str, *parts: str) -> tuple[int, list[str]]:
    """Return status and SQL of a request, with `parts` of its address and ids masked."""
    with CaptureQueriesContext(connection) as captured:
        answer = fetch(address)
    queries = [re.sub(r'"id" = \d+', '"id" = …', query["sql"]) for query in captured.captured_queries]
    for part in parts:
        queries = [query.replace(part, "…") for query in queries]
    return answer.status, queries


def test_hidden_brief_runs_same_queries_as_missing_brief(world: World, clock: Any) -> None:
    """Equal queries mean equal response times. docs/reliability.md has their measurement; a test of them would be flaky."""
    addresses = [
        *("/zh-hant/briefs/{}/parallel/", "/api/v1/briefs/{}"),
        *(f"/en/briefs/{{}}/{end}" for end in ("", "changes/", "card.png", "report/", "original.bib")),
    ]
    differing = []
    for address in addresses:
        fetch(address.format(MISSING_SLUG))  # run the one-time preparation
        missing = masked_queries(address.format(MISSING_SLUG), MISSING_SLUG)
        for item in world.hidden(world.now):
            hidden = masked_queries(address.format(item.slug), item.slug)
            if hidden != missing:
                differing.append((item.name, address, hidden, missing))
    assert differing == []
    assert masked_queries(f"/en/briefs/{MISSING_SLUG}/", MISSING_SLUG) != [], "queries are captured"
    assert len(masked_queries(f"/en/briefs/{world.sample_briefs[0].slug}/")) > 0


def test_hidden_picture_runs_same_queries_as_missing_picture(world: World, clock: Any) -> None:
    for key in hidden_picture_keys(world):
        hidden_name, missing_name = f"{key}-320.jpg", f"{'0' * 64}-320.jpg"
        hidden, missing = (
            masked_queries(f"/media/pictures/{file_name}", file_name, file_name.partition("-")[0])
            for file_name in (hidden_name, missing_name)
        )
        assert hidden == missing


def test_subject_used_only_by_drafts_runs_same_queries_as_unknown(world: World, clock: Any) -> None:
    compared = 0
    for kind, slugs in route_registry.SUBJECT_SLUGS.items():
        shown = set(re.findall(rf'href="/en/{kind}/([^/"]+)/"', fetch(f"/en/{kind}/").body.decode()))
        for end in ("", "feed.atom"):
            address = f"/en/{kind}/{{}}/{end}"
            fetch(address.format(MISSING_SLUG))  # run the one-time preparation
            unknown = fetch_and_record(address.format(MISSING_SLUG), MISSING_SLUG)
            for slug in sorted(slugs - shown):
                status, queries = fetch_and_record(address.format(slug), slug)
                if status == 404:
                    compared += 1
                    assert (status, queries) == unknown, address.format(slug)
    assert compared > 20


# File names


def hidden_picture_keys(world: World) -> list[str]:
    shown = {key for key in world.picture_credits if fetch(f"/media/pictures/{key}-320.jpg").status == 200}
    hidden = sorted(set(world.picture_credits) - shown)
    assert len(shown) >= 3
    assert len(hidden) >= 10
    return hidden


def test_proxy_serves_no_file_from_picture_storage(world: World, clock: Any) -> None:
    """The proxy configuration names one address of a file, so stored pictures can only be reached through the application."""
    proxy = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    named = re.findall(r"^\s*((?:root|alias|try_files|autoindex|sendfile)\b.*)", proxy, re.M)
    assert [line.partition(";")[0] for line in named] == [
        "root /srv/digest/app/deploy",
        "try_files $uri =503",
    ]
    assert re.search(r"location = /unavailable\.html {\s+internal;\s+root ", proxy)
    hidden = hidden_picture_keys(world)
    assert Picture.objects.filter(key__in=hidden).count() == len(hidden)
    for key in hidden:
        assert images.read(images.picture_file_name(key, 320, "jpg")), "it exists though nobody may fetch it"


def test_server_keeps_idle_connections_longer_than_the_proxy() -> None:
    """The other way round the proxy sends a form into a closing connection, and answers 502."""
    deploy = settings.BASE_DIR / "deploy"
    seconds = re.search(r"^keepalive = (\d+)", (deploy / "gunicorn.conf.py").read_text(), re.M)
    assert seconds
    assert int(seconds[1]) > 60, "nginx's own default"
    assert not re.search(r"upstream digest {[^}]*keepalive_timeout", (deploy / "nginx.conf").read_text())
