"""The desk: the list of briefs, its badges and filters, and the front page."""

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone, translation

from briefs import workflow
from briefs.admin.common.badges import desk_badge, public_badges
from briefs.admin.common.signoff_status import load_editions_by_brief, load_signoff_status
from briefs.admin.lists import changelist
from briefs.content import SIDES, Bullet, Facts
from briefs.models import Brief, Edition, Keyword, Person, Source
from briefs.workflow.rules import four_eyes

from ...support import factories
from ...support.form_client import sign_in, brief_url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST = "/admin/briefs/brief/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def fresh(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def texts(brief: Brief) -> list[str]:
    brief = fresh(brief)
    editions = load_editions_by_brief([brief])
    standing = load_signoff_status([brief], editions)
    with translation.override("en"):
        badges = [
            desk_badge(brief, standing.get(brief.pk)),
            *public_badges(brief, editions[brief.pk], timezone.now()),
        ]
    return ["Scheduled" if badge.text.startswith("Scheduled") else badge.text for badge in badges]


def test_badges_follow_a_life(team: factories.Team) -> None:
    brief = workflow.claim("https://example.org/a", by=team.writer)
    assert texts(brief) == ["Planned"]
    workflow.save(brief, factories.content(), by=team.writer, version=brief.version)
    assert texts(brief) == ["Draft"]
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    assert texts(brief) == ["In review"]
    workflow.send_back(brief, by=team.reviewer, note="no", sides=("en",))
    assert texts(brief) == ["Changes requested"]
    factories.edit(brief, team.writer, summary_en="Better.")
    assert texts(brief) == ["Draft"]
    workflow.resolve(brief.notes.get(), by=team.writer)
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    factories.sign_off(brief, team.reviewer)
    assert texts(brief) == ["Ready for approval"]
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert texts(brief) == ["Approved", "Scheduled"]
    workflow.reschedule(brief, by=team.publisher, at=None)
    assert texts(brief) == ["Approved", "Live"]
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    assert texts(brief) == ["Draft", "Live, being revised"]
    workflow.withdraw(brief, by=team.publisher, kind="other", reason_zh="理", reason_en="r")
    assert texts(brief) == ["Draft", "Withdrawn"]
    workflow.remove(brief, by=team.publisher, reason="r")
    assert texts(brief) == ["Draft", "Removed"]


def test_an_urgent_edition_is_flagged_until_it_is_confirmed(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="war")
    assert texts(brief) == ["Approved", "Live", "Urgent, awaiting confirmation"]
    workflow.confirm(brief, by=team.other_publisher)
    assert texts(brief) == ["Approved", "Live"]


def test_a_cancelled_schedule_leaves_no_badge(team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    workflow.cancel(brief, by=team.publisher)
    assert texts(brief) == ["Ready for approval"]


def test_a_discarded_draft_says_so(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    assert texts(brief) == ["Discarded"]


def test_the_lists_rule_is_the_workflows(team: factories.Team) -> None:
    """`standing_of` for many briefs against `eyes.answers` for each, over every history that differs."""
    briefs = [factories.draft_brief(team), factories.submitted_brief(team), factories.signed_brief(team), factories.live_brief(team)]
    reworded = factories.signed_brief(team)
    factories.edit(reworded, team.reviewer, summary_en="Reworded.")
    both = factories.submitted_brief(team)
    factories.edit(both, team.reviewer, summary_zh="改。")
    factories.sign_off(both, team.writer, "zh")
    returned = factories.live_brief(team)
    workflow.revise(returned, by=team.writer, version=returned.version)
    factories.edit(returned, team.other_writer, summary_zh="再改。")
    workflow.discard(returned, by=team.writer, version=fresh(returned).version)
    workflow.revise(returned, by=team.writer, version=fresh(returned).version)
    workflow.submit(returned, by=team.writer, version=fresh(returned).version)
    urgent = factories.draft_brief(team)
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    workflow.revise(urgent, by=team.writer, version=fresh(urgent).version)
    workflow.submit(urgent, by=team.writer, version=fresh(urgent).version)
    refused = factories.submitted_brief(team)
    factories.sign_off(refused, team.reviewer, "zh")
    workflow.send_back(refused, by=team.reviewer_en, note="no", sides=("zh",))
    briefs = [fresh(b) for b in (*briefs, reworded, both, returned, urgent, refused)]
    standing = load_signoff_status(briefs, load_editions_by_brief(briefs))
    for brief in briefs:
        expected = four_eyes.load_statuses_by_side(brief, workflow.load_working_copy(brief))
        if brief.pk in standing:
            assert standing[brief.pk] == expected
        else:
            assert not any(answer.signed_by or answer.rejected_by for answer in expected.values())
    assert len(standing) == 8


def pks(client: Client, query: str) -> set[int]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return {brief.pk for brief in response.context["cl"].result_list}


def test_filters_find_what_they_say(mine: Client, team: factories.Team) -> None:
    lawfare = Source.make(name="Lawfare")
    keyword = Keyword.make(label_zh="美國", label_en="United States")
    planned = workflow.claim("https://example.org/planned", by=team.other_writer)
    both = factories.draft_brief(team)
    zh = factories.draft_brief(team, factories.content(headline_en="", facts=factories.facts(source=lawfare.pk)))
    en = factories.draft_brief(
        team, factories.content(summary_zh="", facts=factories.facts(keywords=(keyword.pk,)))
    )
    lacking = factories.draft_brief(team, factories.content(bullets=(Bullet(0, "只有", ""),)))
    intended = factories.draft_brief(team, factories.content(bullets=(Bullet(0, "只有", "", one_sided="意"),)))
    live = factories.live_brief(team)
    drafts = {both.pk, zh.pk, en.pk, lacking.pk, intended.pk}
    assert pks(mine, "?state=planned") == {planned.pk}
    assert pks(mine, "?state=draft") == drafts
    assert pks(mine, "?state=approved") == {live.pk}
    assert pks(mine, "?complete=both") == {both.pk, intended.pk, live.pk}
    assert pks(mine, "?complete=zh") == {zh.pk, lacking.pk}
    assert pks(mine, "?complete=en") == {en.pk}
    assert pks(mine, "?complete=neither") == {planned.pk}
    assert pks(mine, f"?source={lawfare.pk}") == {zh.pk}
    assert pks(mine, f"?keyword={keyword.pk}") == {en.pk}
    assert pks(mine, f"?person={team.other_writer.pk}") == {planned.pk}
    assert pks(mine, f"?person={team.publisher.pk}") == {live.pk}
    assert pks(mine, "?source=99999") == pks(mine, "?source=x") == pks(mine, "?keyword=" + "9" * 30) == set()
    assert pks(mine, f"?state=draft&complete=zh&source={lawfare.pk}&q=標題") == {zh.pk}


def test_search_looks_in_headlines_title_and_address(mine: Client, team: factories.Team) -> None:
    one = factories.draft_brief(
        team,
        factories.content(
            headline_zh="海底電纜", facts=factories.facts(title="Cables", url="https://example.org/story-7")
        ),
    )
    factories.draft_brief(team)
    for words in ("海底", "cables", "story-7", "Headline 海底"):
        assert pks(mine, f"?q={words}") == {one.pk}


@pytest.mark.parametrize(
    "query",
    [
        "?updated_by__password__startswith=p",
        "?summary_zh__startswith=x",
        "?assigned_to__email__contains=@",
        "?bullets__passage=x",
        "?state__exact=draft",
    ],
)
def test_the_address_asks_no_other_column(mine: Client, team: factories.Team, query: str) -> None:
    assert mine.get(LIST + query).status_code == 400


def test_an_empty_list_says_what_to_do(mine: Client) -> None:
    assert "No briefs yet. Import a file or start a new one." in mine.get(LIST).content.decode()
    assert "Nothing found." in mine.get(LIST + "?q=x").content.decode()


def test_the_list_costs_the_same_for_any_number_of_rows(mine: Client, team: factories.Team) -> None:
    counts = []
    for n in (2, 6):
        for i in range(n):
            factories.live_brief(team)
            factories.signed_brief(team)
            workflow.claim(f"https://example.org/{n}-{i}", by=team.writer)
        for address in (LIST, "/admin/"):
            with CaptureQueriesContext(connection) as queries:
                assert mine.get(address).status_code == 200
            counts.append((address, len(queries)))
    assert counts[:2] == counts[2:]
    assert dict(counts)[LIST] <= 18
    assert dict(counts)["/admin/"] <= 26


def test_the_newest_change_comes_first(mine: Client, team: factories.Team) -> None:
    old, new = factories.draft_brief(team), factories.draft_brief(team)
    factories.edit(old, team.writer, summary_en="Newest.")
    rows = [brief.pk for brief in mine.get(LIST + "?o=1").context["cl"].result_list]
    assert rows == [old.pk, new.pk]


def test_a_very_long_list_is_not_counted_to_its_end(
    mine: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelist, "MAX_COUNTED", 2)
    for _ in range(4):
        factories.draft_brief(team)
    response = mine.get(LIST)
    assert response.context["cl"].result_count == 3
    assert "More than 5,000" in response.content.decode()


def test_nothing_is_deleted_on_the_desk(client: Client, team: factories.Team) -> None:
    """No address, no action, no permission, for anybody."""
    names = [name for name in _names(get_resolver().url_patterns) if "delete" in name]
    assert names == []
    root = Person.objects.create_superuser("root", password="pw", is_staff=True)
    sign_in(client, root)
    request = client.get(LIST).wsgi_request
    for model, screen in admin.site._registry.items():
        assert not screen.has_delete_permission(request), model
        assert not [name for name in screen.get_actions(request) if "delete" in name], model
    brief = factories.draft_brief(team)
    client.post(LIST, {"action": "delete_selected", "_selected_action": [brief.pk], "post": "yes"})
    assert Brief.objects.filter(pk=brief.pk).exists()
    assert client.get(f"{LIST}{brief.pk}/delete/").status_code == 404


def _names(patterns: list) -> list[str]:
    return [
        name
        for p in patterns
        for name in ([p.name] if getattr(p, "name", None) else _names(getattr(p, "url_patterns", [])))
    ]


def test_what_waits_is_on_the_front_page(client: Client, team: factories.Team) -> None:
    waiting, ready, own = factories.submitted_brief(team), factories.signed_brief(team), factories.draft_brief(team)
    urgent = factories.draft_brief(team)
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    coming = factories.signed_brief(team)
    factories.approve(coming, team.publisher, at=timezone.now() + dt.timedelta(days=2))
    back = factories.submitted_brief(team)
    workflow.send_back(back, by=team.reviewer, note="no")

    def boards(person: Person) -> dict[str, list[int]]:
        response = sign_in(client, person).get("/admin/")
        return {b.title: [line.brief.pk for line in b.lines] for b in response.context["boards"]}

    seen = boards(team.reviewer)
    assert set(seen["Waiting for me"]) == {waiting.pk, urgent.pk}
    assert seen["Scheduled"] == [coming.pk]
    assert seen["Urgent, awaiting confirmation"] == [urgent.pk]
    seen = boards(team.writer)
    assert seen["Waiting for me"] == [back.pk]
    assert set(seen["My briefs"]) == {waiting.pk, ready.pk, own.pk, back.pk}
    assert set(boards(team.publisher)["Waiting for me"]) == {waiting.pk, ready.pk}
    assert set(boards(team.other_publisher)["Waiting for me"]) == {urgent.pk, waiting.pk, ready.pk}


def test_who_wrote_alone_is_not_asked_to_sign(client: Client) -> None:
    both = factories.person("both", "Writers", "Reviewers")
    brief = workflow.create(factories.content(), by=both)
    workflow.submit(brief, by=both, version=brief.version)
    page = sign_in(client, both).get("/admin/").content.decode()
    assert "Nothing is waiting for you." in page


def test_someone_without_a_role_sees_nothing(client: Client, team: factories.Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.outsider)
    assert "標題" not in client.get("/admin/").content.decode()
    for address in (
        LIST,
        brief_url(brief),
        brief_url(brief, "approve"),
        f"{LIST}names/?kind=author&q=V",
        "/admin/briefs/keyword/",
        "/admin/briefs/sitetext/",
    ):
        assert client.get(address).status_code == 403, address
    client.logout()
    assert client.get(brief_url(brief)).status_code == 302


def test_every_page_is_private(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    for address in (
        "/admin/",
        LIST,
        brief_url(brief),
        f"{LIST}names/?kind=author&q=V",
        "/admin/briefs/brief/999/change/",
    ):
        header = mine.get(address).headers["Cache-Control"]
        assert "private" in header
        assert "no-store" in header


def test_the_interface_speaks_the_persons_language(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer, "en")
    assert 'lang="en"' in client.get(LIST).content.decode()[:400]
    response = client.post("/admin/language/", {"language": "zh-hant", "next": LIST})
    assert response.headers["Location"] == LIST
    assert 'lang="zh-hant"' in client.get(LIST).content.decode()[:400]
    for back in ("https://evil.example/admin/", "//evil.example/admin/", "/elsewhere/"):
        assert (
            client.post("/admin/language/", {"language": "xx", "next": back}).headers["Location"] == "/admin/"
        )
    assert Person.objects.get(pk=team.writer.pk).language == "zh-hant"
    assert client.get("/admin/language/").status_code == 405


def test_sides_are_marked_with_their_language(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team, factories.content(facts=Facts()))
    page = mine.get(brief_url(brief)).content.decode()
    assert len(re.findall(r'<textarea[^>]*lang="zh-Hant-TW"', page)) >= len(SIDES) + 3
    assert Edition.objects.count() == 0
