"""Search or go to: briefs, names, acts and screens in both languages, on a page and in the dialog."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from briefs import workflow
from briefs.models import Brief, Issue, Keyword
from briefs.tests.support import factories, issue_factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

FIND = "/admin/find/"


def found(
    client: Client, query: str = "", brief: Brief | None = None, issue: Issue | None = None
) -> dict[str, list[tuple[str, str]]]:
    """Return the two names of each result by the title of its group."""
    values = {"q": query, "brief": brief.pk if brief else "", "issue": issue.pk if issue else ""}
    response = client.get(FIND, values)
    assert response.status_code == 200
    groups = response.context["groups"]
    return {title: [(entry.first, entry.second) for entry in entries] for title, entries in groups}


def test_page_of_an_issue_adds_briefs_that_are_public_and_not_in_it(client: Client, team: Team) -> None:
    inside, outside = (factories.live_brief(team, factories.content(tag)) for tag in "甲乙")
    factories.draft_brief(team, factories.content("丙"))
    issue = issue_factories.draft_issue(team, inside)
    values = {"q": "headline", "issue": issue.pk, "part": "1"}
    page = sign_in(client, team.writer).get(FIND, values).text
    assert re.findall(r'data-add="(\d+)"', page) == [str(outside.pk)]
    assert f'href="/admin/briefs/issue/{issue.pk}/change/?q=headline#add"' in page
    page = sign_in(client, team.reviewer).get(FIND, values).text
    assert "data-add" not in page


def test_brief_is_found_by_headline_in_either_language_then_by_its_text(client: Client, team: Team) -> None:
    content = factories.content(headline_zh="無人機牆", headline_en="The Drone Wall")
    factories.draft_brief(team, content)
    by_text = factories.draft_brief(team, factories.content("甲", summary_en="About a drone."))
    Brief.objects.filter(pk=by_text.pk).update(updated_at=factories.tomorrow())
    wall, other = ("The Drone Wall", "無人機牆"), ("A Headline甲", "標題甲")
    for query, expected in (
        ("drone", [wall, other]),
        ("DRONE wall", [wall]),
        ("無人機", [wall, other]),
        ("牆", [wall]),
    ):
        assert found(sign_in(client, team.reviewer), query)["Briefs"] == expected
        groups = found(sign_in(client, team.reviewer, "zh-hant"), query).values()
        assert wall[::-1] in [pair for pairs in groups for pair in pairs]


def test_names_and_screens_are_found_in_either_language(client: Client, team: Team) -> None:
    keyword = Keyword.make(label_zh="海纜", label_en="Subsea cables")
    sign_in(client, team.writer)
    for queries, group, names in (
        (("海纜", "subsea"), "Names", ("Subsea cables", "海纜")),
        (("new brief", "新增文摘"), "Screens", ("New brief", "新增文摘")),
        (("new issue", "新增一期"), "Screens", ("New issue", "新增一期")),
    ):
        for query in queries:
            assert found(client, query)[group] == [names]
    assert {("Glossary", "用語對照表"), ("Letters", "讀者來函")} <= set(found(client)["Screens"])
    page = client.get(FIND, {"q": "海纜"}).text
    assert f'href="{reverse("admin:briefs_keyword_change", args=[keyword.pk])}"' in page
    page = client.get(FIND, {"q": "new issue", "part": "1"}).text
    assert f'data-post="{reverse("admin:briefs_issue_create")}"' in page
    assert "Screens" not in found(sign_in(client, team.reviewer), "new issue")
    for person, has_palette in ((team.writer, True), (team.outsider, False)):
        assert ('id="palette"' in sign_in(client, person).get("/admin/").text) is has_palette


def test_acts_on_the_open_brief_are_those_of_the_person_and_the_state(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    acts = found(client, brief=brief)["This brief"]
    assert ("Submit for review", "送審") in acts
    assert "Approve" not in dict(acts)
    assert found(client, "送審", brief)["This brief"] == [("Submit for review", "送審")]
    workflow.submit(brief, by=team.writer, version=brief.version)
    acts = found(sign_in(client, team.publisher), brief=brief)["This brief"]
    assert {"Sign off the Chinese", "Send back", "Timeline"} <= dict(acts).keys()
    assert not {"Submit for review", "Approve"} & dict(acts).keys()


def test_acts_and_pages_under_more_are_found_in_both_languages(client: Client, team: Team) -> None:
    brief = factories.live_brief(team, factories.content("甲"))
    issue = issue_factories.draft_issue(team, brief)
    for person in (team.writer, team.publisher):
        sign_in(client, person)
        for query in ("original", "原文"):
            assert ("Original", "原文") in found(client, query, factories.draft_brief(team))["This brief"]
        for query in ("word file", "word 檔案"):
            assert ("Word file", "Word 檔案") in found(client, query, brief)["This brief"]
        for query in ("public page", "公開頁面"):
            assert len(found(client, query, brief)["This brief"]) == 2
    sign_in(client, team.writer)
    for query in ("discard", "捨棄"):
        assert found(client, query, issue=issue)["This issue"] == [("Discard", "捨棄")]
    assert "This issue" not in found(sign_in(client, team.reviewer), "discard", issue=issue)


def test_verb_leads_to_the_briefs_that_wait_for_it(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    for query in ("approve", "核定"):
        assert found(client, query)["Waiting for me"] == [("Approve", str(brief.headline_en))]
    assert "Waiting for me" not in found(sign_in(client, team.writer), "approve")


def test_every_link_of_the_palette_opens(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = client.get(FIND, {"part": "1", "brief": brief.pk}).text
    links = re.findall(r'href="(/admin/[^"]*)"', page)
    assert len(links) > 15
    for link in links:
        assert client.get(link, follow=True).status_code == 200, link


def test_recent_briefs_are_the_persons_own_newest_first(client: Client, team: Team) -> None:
    first, second = (factories.draft_brief(team, factories.content(tag)) for tag in "甲乙")
    workflow.reviewing.add_note(second, "Why?", by=team.reviewer)
    factories.edit(first, team.writer, summary_en="New.")
    recent = found(sign_in(client, team.writer))["Recent"]
    assert [name for name, _second in recent] == ["A Headline甲", "A Headline乙"]
    assert [name for name, _ in found(sign_in(client, team.reviewer))["Recent"]] == ["A Headline乙"]


def test_query_without_result_leads_to_search_of_all_briefs(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    page = client.get(FIND, {"q": 'nothing "like" this'}).text
    (link,) = re.findall(r'href="(/admin/briefs/brief/\?q=[^"]*)"', page)
    assert client.get(link).status_code == 200
