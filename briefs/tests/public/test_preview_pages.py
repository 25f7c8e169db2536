"""Preview links: a guest with the token can read one revision until the link ends. Nobody else can."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import resolve

from briefs import workflow
from briefs.models import Brief, Event, Outbox, Person, PreviewLink
from briefs.tests.support import factories, route_registry
from briefs.tests.support.crawler import PublicResponse, fetch
from briefs.tests.support.factories import Team
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
PRIVATE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def share_token(brief: Brief, by: Person, **options: Any) -> str:
    return workflow.sharing.share(brief, by=by, **options).token


def request_pages(token: str, method: str = "GET", **headers: str) -> dict[str, PublicResponse]:
    return {address: fetch(address, method, **headers) for address in route_registry.token_addresses(token)}


def page_statuses(token: str) -> set[int]:
    return {answer.status for answer in request_pages(token).values()}


# Content


def test_guest_reads_revision_in_three_views(clock: Any) -> None:
    team = Team()
    token = share_token(factories.draft_brief(team), team.writer)
    pages = request_pages(token)
    assert [resolve(address).route for address in pages] == [
        route for route, examples in route_registry.TOKEN_ROUTES.items() for _ in examples([token])
    ]
    assert {answer.status for answer in pages.values()} == {200}
    zh, en = pages[f"/preview/{token}/zh-hant/"].text, pages[f"/preview/{token}/en/"].text
    assert "第0點。" in zh
    assert "Point 0." not in zh.partition('id="remark"')[0]
    assert "Point 0." in en
    assert "Preview – not published" in en
    both = pages[f"/preview/{token}/en/parallel/"].text
    assert both.index("Point 0.") < both.index("第0點。")
    for text in (zh, en, both):
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in text
        assert "外交政策" in text or "Foreign Policy" in text
        assert "script" not in text
        assert 'rel="canonical"' not in text


def test_preview_shows_shared_revision_and_no_later_one(clock: Any) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    first = share_token(brief, team.writer)
    factories.edit(brief, team.writer, summary_en="Another summary.")
    second = share_token(brief, team.writer)
    old, new = (fetch(f"/preview/{token}/en/").text for token in (first, second))
    assert "A summary." in old
    assert "Another summary." not in old
    assert "Another summary." in new
    third = share_token(brief, team.writer, revision=1)
    assert "A summary." in fetch(f"/preview/{third}/en/").text


@pytest.mark.parametrize(
    ("accept", "words"), [("zh-TW,zh;q=0.9", "預覽"), ("en-GB", "Preview"), ("", "Preview")]
)
def test_shared_address_opens_in_language_of_browser(clock: Any, accept: str, words: str) -> None:
    team = Team()
    token = share_token(factories.draft_brief(team), team.writer)
    lang = "zh-Hant-TW" if "zh" in accept else "en"
    assert f'<html lang="{lang}">' in fetch(f"/preview/{token}/", accept_language=accept).text


# Headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_preview_answer_is_not_cached_indexed_or_given_cookie(clock: Any, method: str) -> None:
    team = Team()
    token, unknown = share_token(factories.draft_brief(team), team.writer), secrets.token_urlsafe(32)
    for tried in (token, unknown):
        for address, answer in request_pages(tried, method, cookie="sessionid=x; csrftoken=x").items():
            assert {name: answer.headers.get(name) for name in PRIVATE_HEADERS} == PRIVATE_HEADERS, address
            assert answer.cookies == (), address
            assert "Cookie" not in answer.headers.get("Vary", ""), address
            assert "ETag" not in answer.headers
            assert "Last-Modified" not in answer.headers
            expected = 404 if tried == unknown else {"GET": 200, "HEAD": 200, "POST": 403}.get(method, 405)
            assert answer.status == expected, (method, address)
            assert (answer.body == b"") == (method == "HEAD" or expected == 405), (method, address)


def test_get_requests_count_as_openings_and_head_requests_do_not(clock: Any) -> None:
    team = Team()
    token = share_token(factories.draft_brief(team), team.writer)
    request_pages(token, "HEAD")
    assert PreviewLink.objects.get().opened == 0
    clock.shift(60)
    request_pages(token)
    link = PreviewLink.objects.get()
    assert (link.opened, link.last_opened_at) == (
        len(list(route_registry.token_addresses(token))),
        NOW + dt.timedelta(seconds=60),
    )


# How a link ends


def _revoke(team: Team, brief: Brief) -> None:
    workflow.sharing.unshare(PreviewLink.objects.get(), by=team.other_writer)


def _approve(team: Team, brief: Brief, **options: Any) -> None:
    row = Brief.objects.get(pk=brief.pk)
    workflow.submit(row, by=team.writer, version=row.version)
    factories.sign_off(row, team.reviewer)
    factories.approve(row, team.publisher, **options)


def _discard(team: Team, brief: Brief) -> None:
    workflow.discard(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)


ENDS: dict[str, Callable[[Team, Brief], None]] = {
    "revoked": _revoke,
    "approved": _approve,
    "approved for later": lambda team, brief: _approve(team, brief, at=factories.tomorrow()),
    "discarded": _discard,
}


@pytest.mark.parametrize("end", ENDS)
def test_ended_link_stays_closed(clock: Any, end: str) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    token = share_token(brief, team.writer)
    assert page_statuses(token) == {200}
    ENDS[end](team, brief)
    assert page_statuses(token) == {404}
    row = Brief.objects.get(pk=brief.pk)
    if row.state == "approved":
        workflow.revise(row, by=team.writer, version=row.version)
    elif row.state == "discarded":
        workflow.recover(row, by=team.writer, version=row.version)
    assert page_statuses(token) == {404}
    assert page_statuses(share_token(brief, team.writer)) == {200}


def test_link_survives_acts_that_do_not_approve_its_brief(clock: Any) -> None:
    team = Team()
    brief = factories.live_brief(team)
    scheduled = factories.publish_revision(team, brief, "2", at=factories.tomorrow())
    row = Brief.objects.get(pk=brief.pk)
    workflow.revise(row, by=team.writer, version=row.version)
    token = share_token(brief, team.writer)
    workflow.reschedule(brief, by=team.publisher, at=scheduled.live_from + HOUR)
    row = factories.edit(brief, team.writer, **factories.change_note())
    workflow.submit(row, by=team.writer, version=row.version)
    workflow.send_back(row, by=team.reviewer, note="再看")
    factories.approve(factories.signed_brief(team, factories.content("other")), team.publisher)
    assert page_statuses(token) == {200}


def test_link_works_until_its_last_second(clock: Any) -> None:
    team, hours = Team(), 24
    token = share_token(factories.draft_brief(team), team.writer, hours=hours)
    clock.move_to(NOW + hours * HOUR - SECOND)
    assert page_statuses(token) == {200}
    clock.shift(1)
    assert page_statuses(token) == {404}


def test_link_never_works_longer_than_three_days(clock: Any) -> None:
    team = Team()
    token = share_token(factories.draft_brief(team), team.writer)
    PreviewLink.objects.update(expires_at=NOW + 1000 * HOUR)
    clock.move_to(NOW + 72 * HOUR)
    assert page_statuses(token) == {404}
    with pytest.raises(IntegrityError), transaction.atomic():
        PreviewLink.objects.update(expires_at=NOW)


@pytest.mark.parametrize("hours", [0, 73])
def test_share_with_invalid_hours_is_refused(clock: Any, hours: int) -> None:
    team = Team()
    with pytest.raises(workflow.Refused) as refused:
        workflow.sharing.share(factories.draft_brief(team), by=team.writer, hours=hours)
    assert refused.value.codes == ["share-hours"]


def test_share_and_revoke_log_one_event_each_without_token(clock: Any) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    version = Brief.objects.get().version
    shared = workflow.sharing.share(brief, by=team.reviewer)
    workflow.sharing.unshare(shared.link, by=team.writer)
    workflow.sharing.unshare(shared.link, by=team.publisher)
    events = Event.objects.filter(brief=brief).order_by("id")
    assert [(e.verb, e.by, e.revision_id) for e in events][1:] == [
        ("share", team.reviewer, shared.link.revision_id),
        ("unshare", team.writer, shared.link.revision_id),
    ]
    assert PreviewLink.objects.get().revoked_by == team.writer
    assert Brief.objects.get().version == version
    assert not Outbox.objects.exists()
    stored = [str(v) for model in (PreviewLink, Event) for row in model.objects.values_list() for v in row]
    assert all(shared.token not in value for value in stored)
    assert len(shared.token) >= 43


def test_guest_sees_cover_until_link_is_revoked(client: Client, clock: Any) -> None:
    team = Team()
    row, other = upload_picture(team), upload_picture(team, seed=2)
    brief = factories.draft_brief(team, with_picture(row))
    shared = workflow.sharing.share(brief, by=team.writer)
    preview = f"/preview/{shared.token}/"
    page = client.get(f"{preview}en/").content.decode()
    name = f"{row.key}-320.jpg"
    assert f"{preview}picture/{row.key}-" in page
    response = client.get(f"{preview}picture/{name}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert client.get(f"{preview}picture/{other.key}-320.jpg").status_code == 404
    assert client.post(f"{preview}picture/{name}").status_code == 405
    assert client.get(f"/media/pictures/{name}").status_code == 404  # not public
    workflow.sharing.unshare(shared.link, by=team.writer)
    assert client.get(f"{preview}picture/{name}").status_code == 404
