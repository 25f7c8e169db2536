"""The API: its answers, its errors as problem+json, and its description."""

import dataclasses
import datetime as dt
import json
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.test import Client

from briefs import workflow
from briefs.content import Facts, Picture
from briefs.facts import FACTS, SCALAR_FACTS
from briefs.models import Brief, Keyword, Term
from briefs.models.edition import Edition
from briefs.public import rate_limits
from briefs.public.api import openapi
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import (
    DAY,
    NO_STATIC,
    get_or_make,
    load_sample,
    numbered_content,
    publish,
    publish_editions,
    withdraw,
)

pytestmark = [pytest.mark.django_db, NO_STATIC]

BRIEF = "/api/v1/briefs/next-technology-race"


def publish_seed(**values: Any) -> Edition:
    get_or_make(Term, zh="科技國策", en="technology statecraft")
    content = load_sample()
    (byline,) = content.facts.authors
    facts = dataclasses.replace(
        content.facts,
        authors=(dataclasses.replace(byline, affiliation_en="CNAS"),),
        url="https://foreignpolicy.com/a",
        access="subscription",
        embargo_until="2026-06-01T00:00:00+00:00",
        picture=Picture("ab" * 32, 320, 200, "A. Painter", "CC0"),
    )
    return publish(dataclasses.replace(content, facts=facts, picture_alt_zh="畫"), **values)


def publish_numbered(count: int) -> None:
    publish_editions(
        (f"s{n}", numbered_content(n), {"live_from": DAY + dt.timedelta(hours=n)})
        for n in range(count)
    )  # fmt: skip


def test_brief_has_both_languages_facts_and_names(client: Client, settings: Any) -> None:
    settings.DIGEST_LICENCE = "https://creativecommons.org/licenses/by-nc/4.0/"
    edition = publish_seed()
    response = client.get(BRIEF)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    brief, content = response.json(), edition.frozen_content
    assert {name: brief[name] for name in ("status", "id", "slug", "edition", "published", "correction")} == {
        "status": "public", "id": edition.brief_id, "slug": edition.slug, "edition": 1,
        "published": "2026-06-12T02:00:00Z", "correction": None,
    }  # fmt: skip
    assert brief["headline"] == {"zh": content.headline_zh, "en": content.headline_en}
    assert brief["summary"] == {"zh": content.summary_zh, "en": content.summary_en}
    assert [(b["number"], b["zh"], b["en"], b["level_zh"], b["marker_zh"]) for b in brief["bullets"]] == [
        (b.number, b.text_zh, b.text_en, b.level_zh, b.marker_zh) for b in content.bullets
    ]
    assert brief["article"] == {
        "source": {"slug": "foreign-policy", "zh": "Foreign Policy", "en": "Foreign Policy"},
        "authors": [{
            "slug": "vivek-chilukuri", "zh": "Vivek Chilukuri", "en": "Vivek Chilukuri", "affiliation": {"zh": "", "en": "CNAS"},
        }],
        **{name: getattr(Facts(), name) for name in SCALAR_FACTS if FACTS[name].is_public},
        "date": "2025-06-09", "url": "https://foreignpolicy.com/a", "access": "subscription",
    }  # fmt: skip
    assert brief["keywords"][0] == {"slug": "technology", "zh": "科技", "en": "Technology"}
    assert brief["terms"] == [
        {"slug": "technology-statecraft", "zh": "科技國策", "en": "technology statecraft"}
    ]
    assert (brief["picture"]["licence"], brief["picture"]["alt"]["zh"]) == ("CC0", "畫")
    assert brief["licence"] == settings.DIGEST_LICENCE
    assert len(brief["hash"]) == 64
    for name, path in {"zh": "/zh-hant/briefs/next-technology-race/", "api": BRIEF}.items():
        assert brief["urls"][name] == f"{settings.SITE_URL}{path}"
        assert client.get(path).status_code == 200
    assert client.get("/api/v1/briefs").json() == {"briefs": [brief], "next": None, "closest": []}


def test_correction_is_told_and_a_minor_change_keeps_it(client: Client, team: Any) -> None:
    brief = factories.live_brief(team)
    for note in (("correction", "改一。", "One changed."), ("small_repair", "", "")):
        workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
        row = factories.edit(
            brief, team.writer, summary_en=f"New {note[0]} summary.", **factories.change_note(*note)
        )
        workflow.submit(row, by=team.writer, version=row.version)
        factories.sign_off(row, team.reviewer)
        factories.approve(row, team.publisher)
    (shown,) = client.get("/api/v1/briefs").json()["briefs"]
    assert (shown["edition"], shown["correction"]["kind"]) == (3, "correction")
    assert shown["correction"]["note"] == {"zh": "改一。", "en": "One changed."}
    assert shown["published"] < shown["correction"]["at"] < shown["updated"]


def walk(client: Client, address: str) -> list[list[str]]:
    """Follow `next` from page to page. Return the slugs of each."""
    pages = []
    while address:
        response = client.get(address)
        page = response.json()
        pages.append([brief["slug"] for brief in page["briefs"]])
        assert response.headers.get("Link", "") == (f'<{page["next"]}>; rel="next"' if page["next"] else "")
        address = page["next"] or ""
    return pages


@pytest.mark.parametrize("query", ["", "&q=bullet", "&source=sample-review"])
def test_pages_follow_each_other_newest_first(client: Client, query: str) -> None:
    publish_numbered(7)
    assert walk(client, f"/api/v1/briefs?limit=3{query}") == [["s6", "s5", "s4"], ["s3", "s2", "s1"], ["s0"]]


def test_filters_narrow_the_list(client: Client) -> None:
    publish_seed()
    publish_numbered(3)
    for query, expected in {
        "q=華為": ["next-technology-race"],
        "keyword=technology": ["next-technology-race"],
        "keyword=no-such-keyword": [],
        "author=vivek-chilukuri&from=2025-06&to=2025": ["next-technology-race"],
        "year=2024": [],
        "updated_since=2026-06-12T04:00:00Z": ["s2"],
        "updated_since=2026-06-12T12:00:00%2B08:00&q=bullet": ["s2"],
        "updated_since=2026-06-13": [],
        "q=*": [],
    }.items():
        assert walk(client, f"/api/v1/briefs?{query}") == [expected], query
    (part,) = client.get("/api/v1/briefs?q=華為&fields=id,status,hash").json()["briefs"]
    assert list(part) == ["id", "status", "hash"]


WRONG = {
    "limit": ["0", "101", "x", "-1", "1e1", "٣", "1&limit=1"],
    "cursor": ["", "x", "0-0-0", "-", "1-1%0A"],
    "fields": ["content", "id,", "id,passage"],
    "from": ["2025-13", "yesterday", "2025..2026", "0001"],
    "to": ["2025-02-30", ""],
    "year": ["25", "20255"],
    "keyword": ["a b", "%00", "x" * 81],
    "q": ["x" * 201],
    "updated_since": ["2025", "2025-01-01T00:00", "2025-02-30", "", "x"],
    "approved_by": ["1"],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameter_is_named_in_a_problem(client: Client, name: str) -> None:
    for value in WRONG[name]:
        response = client.get(f"/api/v1/briefs?{name}={value}")
        assert response.status_code == 400, value
        assert (response.json()["parameter"], response.json()["status"]) == (name, 400)
    for value in ("x", "2026", "2026-11", "2026-13-01"):
        problem = client.get(f"/api/v1/changes?since={value}").json()
        assert (problem["status"], problem["parameter"]) == (400, "since")
        assert "a day such as 2026-01-01." in problem["detail"]
    assert "Example: 2025." in client.get("/api/v1/briefs?year=25").json()["detail"]


def test_every_error_is_a_problem(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = publish_seed()
    Edition.objects.filter(pk=edition.pk).update(removed_at=DAY)
    answers = {
        client.get(BRIEF): (410, {"removed": "2026-06-12T02:00:00Z"}),
        client.get("/api/v1/briefs/none"): (404, {}),
        client.get("/api/v1/issues%0A"): (404, {}),
        client.get("/api/v1/"): (
            404,
            {"detail": f"There is no such address. {settings.SITE_URL}/api/docs/ lists them."},
        ),
        client.get("/api/v1/briefs?cursor=s1"): (404, {"parameter": "cursor"}),
        client.get("/api/v1/briefs?q=x&cursor=fffff-1"): (404, {"parameter": "cursor"}),
        client.post("/api/v1/briefs"): (405, {}),
    }
    monkeypatch.setattr(rate_limits, "API_LIMIT", 2)
    cache.clear()
    monkeypatch.setattr(rate_limits.time, "time", lambda: 1_000_020.0)
    answers |= dict.fromkeys([client.get("/api/v1/changes") for _ in range(3)][2:], (429, {}))
    for response, (status, values) in answers.items():
        problem = response.json()
        assert (response.status_code, problem["status"]) == (status, status)
        assert problem.items() >= values.items()
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "no-store"
    assert (response.headers["Retry-After"], response.headers["RateLimit"]) == ("60", '"api";r=0;t=60')
    assert response.headers["RateLimit-Policy"] == '"api";q=2;w=60'
    assert client.get("/api/v1/changes", REMOTE_ADDR="203.0.113.9").status_code == 200
    assert client.get("/en/").status_code == 200


def test_searches_have_the_limit_of_the_search_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SEARCH_SECONDS", 0)
    cache.clear()
    refused = client.get("/api/v1/briefs?q=x")
    assert (refused.status_code, refused.headers["RateLimit-Policy"]) == (429, '"search";q=0;w=60')
    assert refused.headers["RateLimit"].startswith('"search";r=0;t=')
    assert client.get("/api/v1/briefs").status_code == 200


def test_other_sites_may_read_and_an_unchanged_answer_is_304(client: Client) -> None:
    publish_seed()
    preflight = client.options("/api/v1/briefs", headers={"origin": "https://partner.example"})
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    for address in ("/api/v1/briefs", BRIEF, "/api/v1/changes", "/api/v1/vocabulary", "/api/v1/openapi.json"):
        etag = client.get(address).headers["ETag"]
        unchanged = client.get(address, headers={"if-none-match": etag})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["Access-Control-Allow-Origin"] == "*"
        assert not unchanged.cookies
        assert "Last-Modified" not in unchanged.headers


def test_withdrawn_brief_is_its_notice_and_in_no_list(client: Client) -> None:
    edition = publish_seed()
    withdraw(edition)
    brief = client.get(BRIEF).json()
    assert " ".join(sorted(brief)) == "edition hash headline id published slug status urls withdrawn"
    told = {"at": "2026-06-12T02:00:00Z", "kind": "rights", "reason": {"zh": "權", "en": "R"}}
    assert brief["withdrawn"] == told
    assert client.get("/api/v1/briefs").json()["briefs"] == []
    assert not any(client.get("/api/v1/vocabulary").json().values())


def test_vocabulary_has_the_names_of_listed_briefs(client: Client) -> None:
    publish_seed()
    Keyword.objects.filter(slug="global").update(listed=False)
    Keyword.make(label_zh="草稿", label_en="Draft only")
    vocabulary = client.get("/api/v1/vocabulary").json()
    assert {name["slug"] for name in vocabulary["keywords"]} == {"technology", "united-states", "global"}
    assert vocabulary["sources"] == [
        {"slug": "foreign-policy", "zh": "Foreign Policy", "en": "Foreign Policy", "briefs": 1}
    ]


def test_every_example_is_an_answer_of_its_address(client: Client) -> None:
    examples = openapi.build_examples()
    assert examples.keys() == {operation.path for operation in openapi.OPERATIONS}
    document = client.get("/api/v1/openapi.json").json()
    for operation in openapi.OPERATIONS:
        shown = document["paths"][f"/api/v1/{operation.path}"]["get"]
        example = shown["responses"]["200"]["content"]["application/json"]["example"]
        assert msgspec.to_builtins(msgspec.convert(example, operation.answer)) == example
        query = {
            p["name"]: p["example"] for p in shown["parameters"] if p["in"] == "query" and "example" in p
        }
        for name, value in query.items():
            answer = client.get(
                f"/api/v1/{operation.path}",
                {name: ",".join(map(str, value)) if isinstance(value, list) else value},
            )
            assert answer.status_code == 200, (operation.path, name)


def test_description_covers_every_address_and_parameter(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        f"/api/v1/{name}"
        for name in ("briefs", "briefs/{slug}", "changes", "issues", "manifest", "vocabulary")
    }
    references = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    schemas = document["components"]["schemas"]
    assert references <= set(schemas)
    assert schemas["Brief"]["properties"]["updated"]["format"] == "date-time"
    assert schemas["PartialBrief"] | {"required": schemas["Brief"]["required"]} == schemas["Brief"] | {
        name: schemas["PartialBrief"][name]
        for name in ("title", "description")
        if name in schemas["PartialBrief"]
    }
    assert schemas["PartialBrief"]["required"] == []
    page = client.get("/api/docs/").content.decode().replace("<wbr>", "")
    assert "at most 100; 20 without it." in page
    assert "the others are left out: status, id, slug," in page
    for path, methods in document["paths"].items():
        assert path in page
        for parameter in methods["get"]["parameters"]:
            assert f"<code>{parameter['name']}</code>" in page or parameter["in"] == "path"
