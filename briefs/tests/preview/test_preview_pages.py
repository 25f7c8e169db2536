"""The token door: one revision for a guest, until it ends; to everybody else there is no door."""

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
from briefs.content import Bullet, Content
from briefs.models import Brief, Event, Outbox, Person, PreviewLink
from briefs.preview import links

from ..support import factories, route_registry
from ..support.crawler import Answer, ask
from ..support.factories import Team
from ..workflow.test_cover import uploaded, with_picture

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def shared(brief: Brief, by: Person, **options: Any) -> str:
    return workflow.share(brief, by=by, **options).token


def answers(token: str, method: str = "GET", **headers: str) -> dict[str, Answer]:
    return {address: ask(address, method, **headers) for address in route_registry.token_addresses(token)}


def same(answer: Answer, token: str) -> Any:
    """Without what the request itself named."""
    headers = {name: value.replace(token, "…") for name, value in answer.headers.items()}
    return answer.status, headers, answer.body.replace(token.encode(), b"..."), answer.cookies


def statuses(token: str) -> set[int]:
    return {answer.status for answer in answers(token).values()}


# What it shows


def test_a_guest_reads_the_revision_in_three_views(clock: Any) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    found = answers(token)
    assert [resolve(address).route for address in found] == [
        route for route, examples in route_registry.TOKEN.items() for _ in examples([token])
    ]
    assert {answer.status for answer in found.values()} == {200}
    zh, en = found[f"/preview/{token}/zh-hant/"].text, found[f"/preview/{token}/en/"].text
    assert "第0點。" in zh
    assert "Point 0." not in zh.partition('id="remark"')[0]
    assert "Point 0." in en
    assert "Preview – not published" in en
    both = found[f"/preview/{token}/en/parallel/"].text
    assert both.index("Point 0.") < both.index("第0點。")
    for text in (zh, en, both):
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in text
        assert "外交政策" in text or "Foreign Policy" in text
        assert "script" not in text
        assert 'rel="canonical"' not in text


def test_links_between_the_views_stay_in_the_preview(clock: Any) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    found = answers(token)
    for address, answer in found.items():
        assert "/briefs/" not in answer.text.replace("/static/briefs/", ""), address
    for code in ("zh-hant", "en"):
        page = found[f"/preview/{token}/{code}/"].text
        assert f'href="/preview/{token}/{code}/parallel/#b1"' in page
        assert f'href="/preview/{token}/{"en" if code == "zh-hant" else "zh-hant"}/#b1"' in page


def test_words_that_look_like_a_link_stay_words(clock: Any) -> None:
    team = Team()
    forged = 'x href="/en/briefs/preview/#b1" <script>alert(1)</script>'
    token = shared(
        factories.draft(team, factories.content(bullets=(Bullet(0, forged, forged),))), team.writer
    )
    for answer in answers(token).values():
        assert "x href=&quot;/en/briefs/preview/#b1&quot; &lt;script&gt;" in answer.text


def test_it_shows_that_revision_and_no_later_one(clock: Any) -> None:
    team = Team()
    brief = factories.draft(team)
    first = shared(brief, team.writer)
    factories.edit(brief, team.writer, summary_en="Another summary.")
    second = shared(brief, team.writer)
    old, new = (ask(f"/preview/{token}/en/").text for token in (first, second))
    assert "A summary." in old
    assert "Another summary." not in old
    assert "Another summary." in new
    third = shared(brief, team.writer, revision=1)
    assert "A summary." in ask(f"/preview/{third}/en/").text


def test_an_unfinished_draft_is_shown_as_far_as_it_goes(clock: Any) -> None:
    team = Team()
    brief = workflow.create(Content(headline_zh="只有標題"), by=team.writer)
    token = shared(brief, team.writer)
    assert statuses(token) == {200}
    assert "No headline yet" in ask(f"/preview/{token}/en/").text


def test_what_is_for_the_desk_alone_is_not_shown(clock: Any) -> None:
    team = Team()
    bullets = (
        Bullet(0, "點", "Point", passage="SECRET passage"),
        Bullet(0, "單", "", one_sided="SECRET reason"),
    )
    brief = factories.draft(team, factories.content(bullets=bullets))
    workflow.add_note(brief, "SECRET note", by=team.reviewer)
    assert all("SECRET" not in answer.said for answer in answers(shared(brief, team.writer)).values())


@pytest.mark.parametrize(
    ("accept", "words"), [("zh-TW,zh;q=0.9", "預覽"), ("en-GB", "Preview"), ("", "Preview")]
)
def test_the_address_that_was_given_speaks_the_browsers_language(clock: Any, accept: str, words: str) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    lang = "zh-Hant-TW" if "zh" in accept else "en"
    assert f'<html lang="{lang}">' in ask(f"/preview/{token}/", accept_language=accept).text


# Headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"])
def test_no_answer_is_kept_indexed_told_on_or_given_a_cookie(clock: Any, method: str) -> None:
    team = Team()
    token, dead = shared(factories.draft(team), team.writer), secrets.token_urlsafe(32)
    for one in (token, dead):
        for address, answer in answers(one, method, cookie="sessionid=x; csrftoken=x").items():
            assert {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE, address
            assert answer.cookies == (), address
            assert "Cookie" not in answer.headers.get("Vary", ""), address
            assert "ETag" not in answer.headers
            assert "Last-Modified" not in answer.headers
            expected = 404 if one == dead else {"GET": 200, "HEAD": 200, "POST": 403}.get(method, 405)
            assert answer.status == expected, (method, address)
            assert (answer.body == b"") == (method == "HEAD" or expected == 405), (method, address)


def test_somebody_signed_in_is_a_guest_like_any_other(clock: Any) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    client = Client()
    client.force_login(team.publisher)
    response = client.get(f"/preview/{token}/en/")
    assert response.content.count(b"publisher") == 0
    assert not response.cookies


def test_openings_are_counted_but_not_those_of_machines(clock: Any) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    answers(token, "HEAD")
    assert PreviewLink.objects.get().opened == 0
    clock.shift(60)
    answers(token)
    link = PreviewLink.objects.get()
    assert (link.opened, link.last_opened_at) == (
        len(list(route_registry.token_addresses(token))),
        NOW + dt.timedelta(seconds=60),
    )


# What ends it


def _revoke(team: Team, brief: Brief) -> None:
    workflow.unshare(PreviewLink.objects.get(), by=team.other_writer)


def _approve(team: Team, brief: Brief, **options: Any) -> None:
    row = Brief.objects.get(pk=brief.pk)
    workflow.submit(row, by=team.writer, version=row.version)
    factories.sign(row, team.reviewer)
    factories.approve(row, team.publisher, **options)


def _publish_urgently(team: Team, brief: Brief) -> None:
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.seen(brief), reason="快")


def _discard(team: Team, brief: Brief) -> None:
    workflow.discard(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)


ENDS: dict[str, Callable[[Team, Brief], None]] = {
    "revoked": _revoke,
    "approved": _approve,
    "approved for later": lambda team, brief: _approve(team, brief, at=factories.tomorrow()),
    "published urgently": _publish_urgently,
    "discarded": _discard,
}


@pytest.mark.parametrize("end", ENDS)
def test_it_dies_at_once_and_for_good(clock: Any, end: str) -> None:
    team = Team()
    brief = factories.draft(team)
    token = shared(brief, team.writer)
    assert statuses(token) == {200}
    ENDS[end](team, brief)
    assert statuses(token) == {404}
    row = Brief.objects.get(pk=brief.pk)
    if row.state == "approved":
        workflow.revise(row, by=team.writer, version=row.version)
    elif row.state == "discarded":
        workflow.recover(row, by=team.writer, version=row.version)
    assert statuses(token) == {404}
    assert statuses(shared(brief, team.writer)) == {200}


@pytest.mark.parametrize("end", ["approved", "discarded"])
def test_a_clock_that_was_put_back_brings_nothing_back(clock: Any, end: str) -> None:
    team = Team()
    brief = factories.draft(team)
    token = shared(brief, team.writer)
    clock.shift(-3600)
    ENDS[end](team, brief)
    assert statuses(token) == {404}


def test_what_does_not_approve_does_not_end_it(clock: Any) -> None:
    team = Team()
    brief = factories.live(team)
    scheduled = factories.revised(team, brief, "2", at=factories.tomorrow())
    row = Brief.objects.get(pk=brief.pk)
    workflow.revise(row, by=team.writer, version=row.version)
    token = shared(brief, team.writer)
    workflow.reschedule(brief, by=team.publisher, at=scheduled.live_from + HOUR)
    row = Brief.objects.get(pk=brief.pk)
    workflow.submit(row, by=team.writer, version=row.version)
    workflow.send_back(row, by=team.reviewer, note="再看")
    factories.approve(factories.signed(team, factories.content("other")), team.publisher)
    assert statuses(token) == {200}


@pytest.mark.parametrize("hours", [1, 24, 72])
def test_it_lives_until_its_last_second(clock: Any, hours: int) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer, hours=hours)
    clock.move_to(NOW + hours * HOUR - SECOND)
    assert statuses(token) == {200}
    clock.shift(1)
    assert statuses(token) == {404}


def test_no_row_makes_it_live_longer_than_three_days(clock: Any) -> None:
    team = Team()
    token = shared(factories.draft(team), team.writer)
    PreviewLink.objects.update(expires_at=NOW + 1000 * HOUR)
    clock.move_to(NOW + 72 * HOUR)
    assert statuses(token) == {404}
    with pytest.raises(IntegrityError), transaction.atomic():
        PreviewLink.objects.update(expires_at=NOW)


@pytest.mark.parametrize("hours", [0, -1, 73, 10_000])
def test_other_hours_are_refused(clock: Any, hours: int) -> None:
    team = Team()
    with pytest.raises(workflow.Refused) as refused:
        workflow.share(factories.draft(team), by=team.writer, hours=hours)
    assert refused.value.codes == ["share-hours"]


def test_of_another_brief_there_is_no_revision_to_share(clock: Any) -> None:
    team = Team()
    with pytest.raises(workflow.Refused) as refused:
        workflow.share(factories.draft(team), by=team.writer, revision=9)
    assert refused.value.codes == ["seen"]


def test_sharing_and_revoking_leave_one_event_each_and_no_token(clock: Any) -> None:
    team = Team()
    brief = factories.draft(team)
    version = Brief.objects.get().version
    made = workflow.share(brief, by=team.reviewer)
    workflow.unshare(made.link, by=team.writer)
    workflow.unshare(made.link, by=team.publisher)
    events = Event.objects.filter(brief=brief).order_by("id")
    assert [(e.verb, e.by, e.revision_id) for e in events][1:] == [
        ("share", team.reviewer, made.link.revision_id),
        ("unshare", team.writer, made.link.revision_id),
    ]
    assert PreviewLink.objects.get().revoked_by == team.writer
    assert Brief.objects.get().version == version
    assert not Outbox.objects.exists()
    stored = [str(v) for model in (PreviewLink, Event) for row in model.objects.values_list() for v in row]
    assert all(made.token not in value for value in stored)
    assert len(made.token) >= 43


def test_a_passage_and_a_reason_are_left_out_before_anything_is_rendered(clock: Any) -> None:
    team = Team()
    bullets = (Bullet(0, "點", "Point", passage="SECRET"), Bullet(0, "單", "", one_sided="SECRET"))
    brief = factories.draft(team, factories.content(bullets=bullets))
    stored = brief.revisions.get().content
    assert "SECRET" in str(stored)
    assert "SECRET" not in str(links.to_public_content(stored))


def test_the_cover_is_shown_to_the_guest_and_ends_with_the_link(client: Client, clock: Any) -> None:
    team = Team()
    row, other = uploaded(team), uploaded(team, seed=2)
    brief = factories.draft(team, with_picture(row))
    made = workflow.share(brief, by=team.writer)
    here = f"/preview/{made.token}/"
    page = client.get(f"{here}en/").content.decode()
    name = f"{row.key}-320.jpg"
    assert f"{here}picture/{row.key}-" in page
    response = client.get(f"{here}picture/{name}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert client.get(f"{here}picture/{other.key}-320.jpg").status_code == 404
    assert client.post(f"{here}picture/{name}").status_code == 405
    assert client.get(f"/media/pictures/{name}").status_code == 404  # for nobody else
    workflow.unshare(made.link, by=team.writer)
    assert client.get(f"{here}picture/{name}").status_code == 404
