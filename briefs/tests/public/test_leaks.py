"""No unapproved text is public. Every text of the sample world is a unique canary token, searched for in public answers."""

import datetime as dt
import html
import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import transaction
from django.db.utils import DatabaseError

from briefs.content import SIDES, Content
from briefs.models import Brief, Edition
from briefs.public import list_pages
from briefs.tests.operations.denied_cache import Denied
from briefs.tests.support import route_registry
from briefs.tests.support.crawler import (
    METHODS,
    PublicResponse,
    crawl,
    every_list_position,
    fetch,
    frame_problems,
    list_examples,
    problems,
    state_problems,
)
from briefs.tests.support.database_firewall import guest_access_only, public_access_only
from briefs.tests.support.state_model import World, find_tokens

from .test_preview_pages import request_pages, share_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
    pytest.mark.usefixtures("small_pages"),
]

SECOND = dt.timedelta(seconds=1)
PARAMETERS = [
    "q=canary", "state=draft", "page=2", "edition=2", "preview=1", "now=2093-02-04", "lang=en", "language=zh-hant",
    "order=live_from", "withdrawn_at__isnull=1", "slug__startswith=canary", "live_from__lte=2099-01-01",
    "include=brief__notes", "fields=content", "format=json", "before[]=1", "__proto__=1", "%00=%00", "_popup=1",
]  # fmt: skip
KEYS = [
    "", "x", "0-0", "-1--1", "'", "1-1 OR 1=1", f"{'f' * 15}-{'f' * 15}", "٣-٣", "1-1\n", f"1-{'f' * 400}",
]  # fmt: skip


def sample_addresses(world: World) -> list[str]:
    """List some addresses of every route and some list positions: a sample of the crawl for the default run."""
    return [
        *(address for _, address in route_registry.some_public_addresses(world.slugs(), 4)),
        *every_list_position()[::40],
    ]


def test_sample_of_public_pages_shows_no_unapproved_text(
    world: World, clock: Any, request: pytest.FixtureRequest
) -> None:
    """Then fetch them again without the desk's tables and the cache, which must change nothing."""
    answers = {address: fetch(address) for address in sample_addresses(world)}
    assert problems(answers.values(), world, world.now) == []
    for item, phase in world.phases(world.now):
        page = fetch(f"/en/briefs/{item.slug}/")
        assert page.status == phase.status, item.name
        assert problems([page], world, world.now) == []
    request.getfixturevalue("denied_cache")
    calls = Denied.calls
    assert_same_with_desk_denied(answers)
    assert Denied.calls > calls + 10


@pytest.mark.heavy
def test_every_public_page_shows_no_unapproved_text(
    world: World, clock: Any, request: pytest.FixtureRequest
) -> None:
    """Then fetch every example again without the desk's tables and the cache, which must change nothing."""
    answers = crawl(world.slugs())
    assert problems(answers.values(), world, world.now) == []
    assert list(state_problems(answers, world, world.now)) == []
    assert {a.status for a in answers.values()} == {200, 301, 302, 400, 404, 410}
    assert sum(address.startswith("/static/") for address in answers) >= 3
    examples = {address: answers[address] for address in list_examples(world.slugs())}
    linked, tried = ({(a.route, a.status) for a in some.values()} for some in (answers, examples))
    assert linked - tried == {("", 200)}, "links lead to no other kinds of pages, but to static files"
    request.getfixturevalue("denied_cache")
    assert_same_with_desk_denied(examples)


def test_head_and_options_reveal_no_more_than_get(world: World, clock: Any) -> None:
    faults = []
    for _, address in route_registry.some_public_addresses(world.slugs(), 2):
        get_answer = fetch(address)
        for method in METHODS:
            answer = fetch(address, method)
            faults += [
                f"{method} {p}"
                for p in problems([answer], world, world.now)
                if "Cache" not in p and "varies" not in p
            ]
            faults += [
                f"{method} {address}: {p}" for p in frame_problems(answer, method) if answer.status != 405
            ]
            if method == "HEAD" and (answer.status, answer.headers, answer.body) != (
                get_answer.status,
                get_answer.headers,
                b"",
            ):
                faults.append(f"HEAD {address} differs from GET")
    assert faults == []


def test_unknown_query_parameter_changes_nothing(world: World, clock: Any) -> None:
    live = next(item for item in world.sample_briefs if item.name == "live, scheduled")
    withdrawn = next(item for item in world.sample_briefs if item.name == "withdrawn")
    hidden = next(item for item in world.sample_briefs if item.name == "scheduled")
    pages = [
        "",
        "about/",
        "feed.atom",
        *(f"briefs/{item.slug}/{view}" for item in (live, withdrawn, hidden) for view in ("", "parallel/")),
    ]
    for address in [*(f"/en/{page}" for page in pages), "/sitemap.xml", "/sitemap-0.xml", "/"]:
        answer = fetch(
            f"{address}?{'&'.join(PARAMETERS)}"
        )  # one that mattered would be seen among the others
        assert answer.comparable == fetch(address).comparable, address


def test_invalid_page_key_reveals_no_unapproved_text(world: World, clock: Any) -> None:
    answers = [fetch(f"/en/?{parameter}={quote(key)}") for key in KEYS for parameter in ("before", "after")]
    assert {answer.status for answer in answers} <= {200, 404}
    assert problems(answers, world, world.now) == []


REQUESTS = [
    ("GET", {}),
    ("GET", {"accept_language": "zh-TW"}),
    ("GET", {"if_none_match": "*"}),
    ("GET", {"if_modified_since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", {"cookie": "sessionid=x; csrftoken=x"}),
    ("GET", {"range": "bytes=0-10"}),
    *((method, {}) for method in ("HEAD", "OPTIONS", "POST", "PUT")),
]
BRIEF_ADDRESSES = [
    "/en/briefs/{}/", "/zh-hant/briefs/{}/parallel/", "/en/briefs/{}", "/zh-TW/briefs/{}/", "/briefs/{}/",
    "/en/briefs/{}/changes/", "/en/briefs/{}/cite.ris", "/api/v1/briefs/{}",
]  # fmt: skip


def test_hidden_brief_answers_like_missing_brief(world: World, clock: Any) -> None:
    """Try every seventh request: seven shares no factor with the numbers of addresses and of requests."""
    assert len(hidden := world.hidden(world.now)) >= 12
    requests = itertools.product(hidden, BRIEF_ADDRESSES, range(len(REQUESTS)))
    missing = dict[tuple[str, int], tuple[Any, ...]]()
    for item, address, n in itertools.islice(requests, 0, None, 7):
        method, headers = REQUESTS[n]
        hidden_answer = fetch(address.format(item.slug), method, **headers)
        if (address, n) not in missing:
            missing_answer = fetch(address.format("no-such-brief"), method, **headers)
            missing[address, n] = without_slug(missing_answer, "no-such-brief")
        assert without_slug(hidden_answer, item.slug) == missing[address, n], (address, method, headers)


def without_slug(answer: PublicResponse, slug: str) -> tuple[Any, ...]:
    """Return the answer without the requested slug in its redirect and without the nonce of a refused POST."""
    headers = {
        name: value.replace(slug, "…") if name == "Location" else value
        for name, value in answer.headers.items()
    }
    return answer.status, headers, re.sub(rb'nonce="[^"]*"', b"", answer.body), answer.cookies


def test_etag_of_future_page_gets_no_304_today(world: World) -> None:
    for item in world.sample_briefs:
        for view in ("", "parallel/"):
            address = f"/en/briefs/{item.slug}/{view}"
            with time_machine.travel(world.moments()[-1] + SECOND, tick=False):
                future = fetch(address)
            with time_machine.travel(world.now, tick=False):
                plain = fetch(address)
                conditional = fetch(
                    address,
                    if_none_match=future.headers.get("ETag", '"x"'),
                    if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT",
                )
            unchanged = plain.status == 200 and future.headers["ETag"] == plain.headers["ETag"]
            assert conditional.status == (304 if unchanged else plain.status), item.name


HEADERS = [
    {
        "cookie": "csrftoken=x; sessionid=forged; messages=y; django_language=en; desk=1; __Host-desk=forged",  # Django would replace the malformed token
        "accept_language": "zh-TW,zh;q=0.9", "accept": "application/json", "x_requested_with": "XMLHttpRequest", "range": "bytes=0-9",
    }, {
        "cookie": f"csrftoken={'a' * 32}", "authorization": "Basic eDp5", "save_data": "on", "user_agent": "Mozilla/5.0 (iPhone)",
        "x_forwarded_host": "evil.example", "forwarded": "host=evil.example", "x_forwarded_for": "127.0.0.1", "x_forwarded_proto": "https",
        "x_http_method_override": "POST", "x_original_url": "/admin/", "x_rewrite_url": "/admin/",
        "referer": "https://evil.example/", "origin": "https://evil.example",
    },
]  # fmt: skip
"""Two requests: one header that mattered would be seen among the others."""

HONOURED_HEADERS = {
    "/": "accept_language",
    "/corpus/": "accept_language",
    "/corpus/digest.jsonl": "range",
    "/corpus/digest.tmx": "range",
    "/static/briefs/digest.css": "range",
}


def test_public_answer_depends_on_address_only(world: World, clock: Any) -> None:
    """A shared cache may give a stored answer to anybody, so no request header may change it and no cookie may be set."""
    addresses = [address for _, address in route_registry.some_public_addresses(world.slugs(), 2)]
    for address in [*addresses, "/en", "/nowhere/", "/static/briefs/digest.css", "/static/nowhere.css"]:
        honoured_header = HONOURED_HEADERS.get(address)
        plain = fetch(address)
        for headers in HEADERS:
            ignored = {name: value for name, value in headers.items() if name != honoured_header}
            answer = fetch(address, **ignored)
            assert answer.cookies == (), (address, ignored)
            assert answer.comparable == plain.comparable, (address, ignored)


def test_public_addresses_refuse_writes(world: World, clock: Any) -> None:
    for route, address in route_registry.some_public_addresses(world.slugs(), 2):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = fetch(address, method)
            accepts_post = method == "POST" and route_registry.PUBLIC_ROUTES[route].posts
            assert answer.status in ((403, 404, 410) if accepts_post else (405,)), (method, address)
            assert list(frame_problems(answer, method)) + problems([answer], world, world.now) == [], route


# Without access to staff tables


def assert_same_with_desk_denied(before: dict[str, PublicResponse]) -> None:
    with public_access_only():
        after = {address: fetch(address) for address in before}
    assert [address for address in before if before[address].comparable != after[address].comparable] == []


# As time passes


@pytest.fixture
def one_page(monkeypatch: pytest.MonkeyPatch, small_pages: None) -> None:
    """Every listed brief is on the first page and in the feed."""
    monkeypatch.setattr(list_pages, "PAGE_SIZE", 200)


@pytest.mark.heavy
def test_scheduled_edition_appears_exactly_at_its_time(world: World, clock: Any, one_page: None) -> None:
    assert len(world.moments()) >= 6
    for moment in world.moments():
        begun = [(item, phase) for item, phase in world.phases(moment) if phase.start == moment]
        if not begun:  # the moment of an issue
            continue
        ((item, phase),) = begun
        words = {
            side: Edition.objects.listed(moment).get(slug=item.slug).frozen_content.summary(side).split()[0]
            for side in SIDES
        }
        for now, expected in ((moment - SECOND, False), (moment, True), (moment + SECOND, True)):
            clock.move_to(now)
            if not expected:  # what was published stays the same until a second before the next moment
                _, addresses = zip(*route_registry.some_public_addresses([item.slug]), strict=True)
                assert problems(map(fetch, addresses), world, now) == []
            for side, code in (("zh", "zh-hant"), ("en", "en")):
                for surface in ("feed.atom", f"briefs/{item.slug}/", f"briefs/{item.slug}/parallel/"):
                    answer = fetch(f"/{code}/{surface}")
                    assert problems([answer], world, now) == []
                    assert (words[side] in answer.text) == expected, (item.name, surface, now)
            if item.phase(moment - SECOND).status == 404:
                listed = [
                    item.slug in fetch(address).text for address in ("/sitemap.xml", "/en/", "/zh-hant/")
                ]
                assert listed == [expected] * 3, item.name
    assert phase.listed


@pytest.mark.heavy
def test_public_pages_show_due_editions_only_as_time_passes(world: World, clock: Any) -> None:
    now = world.moments()[3] + SECOND
    clock.move_to(now)
    answers = {address: fetch(address) for address in list_examples(world.slugs())}
    assert problems(answers.values(), world, now) == []
    assert list(state_problems(answers, world, now)) == []


# Preview pages


def test_preview_token_reveals_only_text_of_its_own_revision(world: World) -> None:
    """Share each draft of the sample world. Its pages may show only that revision and public text."""
    tried = 0
    with time_machine.travel(world.now, tick=False):
        for item in world.sample_briefs:
            row = Brief.objects.get(pk=item.brief.pk)
            if row.state not in ("draft", "in_review"):
                continue
            newest = row.revisions.order_by("-number")[0]
            content = Content.from_json(newest.content).without_staff_fields()
            token = share_token(row, world.team.reviewer)
            allowed = find_tokens(str(content.as_json())) | label_tokens(row) | world.always_allowed
            with guest_access_only():
                pages = request_pages(token)
            assert {answer.status for answer in pages.values()} == {200}, item.name
            shown = set().union(*(answer.tokens for answer in pages.values()))
            assert {world.token_labels.get(token, token) for token in shown - allowed} == set(), item.name
            page_text = "\n".join(answer.text for answer in pages.values()).lower()
            texts = (*(f"{s}" for s in find_tokens(content.summary_zh + content.summary_en)),)
            assert all(text in page_text for text in texts), item.name
            tried += 1
    assert tried >= 8


def label_tokens(row: Brief) -> set[str]:
    """Return the canary tokens in the vocabulary names of the brief."""
    names = [row.source] if row.source else []
    rows = [
        *names,
        *(line.author for line in row.bylines.all()),
        *(line.keyword for line in row.labels.all()),
    ]
    return find_tokens(" ".join(f"{r.label('zh')} {r.label('en')}" for r in rows))


# Whether the crawl notices


def test_desk_query_under_denial_raises_database_error(world: World) -> None:
    for query in (
        lambda: Brief.objects.count(),
        lambda: list(Edition.objects.values_list("approved_by__email")),
        lambda: list(Edition.objects.values_list("removed_reason")),
        lambda: list(Edition.objects.filter(brief__state="draft")),
        lambda: Edition.objects.filter(live_until=None).update(live_until=None),
    ):
        query()
        with public_access_only(), pytest.raises(DatabaseError), transaction.atomic():
            query()


ESCAPES: list[Callable[[str], str]] = [
    str, quote, lambda s: html.escape(html.escape(f"<{s}>")), lambda s: json.dumps(quote(s)),
    lambda s: "".join(f"&#{ord(c)};" for c in s),
]  # fmt: skip


def test_leak_detector_finds_canary_in_every_escaping(world: World) -> None:
    latin, han = (
        token for token, label in world.token_labels.items() if label in ("draft/note", "draft/note_zh")
    )
    for escape in ESCAPES:
        tokens = find_tokens(f"…{escape(latin.upper())} {escape(han)}…")
        assert len(world.find_leaks(tokens, world.now)) == 2
