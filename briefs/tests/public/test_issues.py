"""Pages, feed and API of published issues, and where home and briefs name them."""

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.content import hash_json
from briefs.models import Brief, Edition, IssueEdition
from briefs.public.api import issue_shape
from briefs.tests.support.corpus_fixtures import numbered_content, publish_editions, publish_next, withdraw
from briefs.tests.support.factories import change_note
from briefs.tests.support.published_issues import publish_issue

pytestmark = pytest.mark.django_db

PAGES = ("/zh-hant/issues/12/", "/en/issues/12/", "/zh-hant/issues/12/parallel/", "/en/issues/12/parallel/")


@pytest.fixture
def briefs() -> list[Brief]:
    rows = [(f"brief-{n}", numbered_content(n), {}) for n in (1, 2, 3)]
    return [edition.brief for edition in publish_editions(rows)]


@pytest.fixture
def issue(briefs: list[Brief]) -> IssueEdition:
    return publish_issue(12, briefs)


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def find_numbers(page: str) -> list[str]:
    return re.findall(r'onfold"><b>(\d+)</b>', page)


def correct_item(brief: Brief) -> None:
    """Publish the next edition of a brief of an issue."""
    current = Edition.objects.filter(brief=brief).latest("number")
    publish_next(current, at=timezone.now(), **change_note("correction", "改", "Changed"))


def withdraw_issue(edition: IssueEdition) -> None:
    edition.withdrawn_at, edition.withdrawn_kind = timezone.now(), "our_error"
    edition.withdrawn_reason_zh, edition.withdrawn_reason_en = "理由甲", "Reason one"
    edition.save()


def test_issue_shows_title_preface_and_numbered_items_in_each_view(
    client: Client, issue: IssueEdition
) -> None:
    for path in PAGES:
        page = read(client, path)
        texts = {"zh": ("韌性的價格12", "第一段前言", "標題2", "第3篇的摘要。"), "en": ("The Price of Resilience 12", "A preface.", "Headline 2", "Headline 3")}  # fmt: skip
        shown = texts["zh"] + texts["en"] if "parallel" in path else texts["zh" if "zh" in path else "en"]
        assert [text for text in shown if text not in page] == [], path
        assert find_numbers(page) == ["1", "2", "3"]
        assert "Subject 12" not in page


def test_item_corrected_since_links_to_its_changes_and_withdrawn_item_is_its_notice(
    client: Client, briefs: list[Brief], issue: IssueEdition
) -> None:
    correct_item(briefs[0])
    withdraw(Edition.objects.get(brief=briefs[1]), timezone.now(), "rights", "理由乙", "Reason two")
    for path in PAGES:
        page, language = read(client, path), path.split("/")[1]
        assert page.count('class="corrected"') == (2 if "parallel" in path else 1)
        assert f'class="corrected"><a href="/{language}/briefs/brief-1/changes/">' in page
        assert "標題2" in page or "Headline 2" in page
        assert "理由乙" in page or "Reason two" in page
        assert "Summary of no. 2" not in page
        assert "第2篇的摘要" not in page
        assert find_numbers(page) == ["1", "2", "3"]
    home = read(client, "/en/")
    assert find_numbers(home) == ["3"], "the lead has no number"
    assert "Headline 2" not in home


def test_withdrawn_issue_is_a_notice_and_leaves_every_list(
    client: Client, issue: IssueEdition, briefs: list[Brief]
) -> None:
    assert "/en/issues/12/</loc>" in read(client, "/sitemap.xml")
    withdraw_issue(issue)
    for path in PAGES:
        response = client.get(path)
        page = response.content.decode()
        assert (response.status_code, response.headers["X-Robots-Tag"]) == (200, "noindex")
        assert "理由甲" in page
        assert "Reason one" in page
        assert "A preface" not in page
        assert "第一段前言" not in page
    for path in ("/en/", "/en/issues/", f"/en/briefs/{briefs[0].slug}/", "/sitemap.xml"):
        page = read(client, path)
        assert "Resilience 12" not in page
        assert "/issues/12/" not in page


def test_home_and_brief_name_the_current_issue(client: Client, briefs: list[Brief]) -> None:
    publish_issue(12, briefs[:1])
    assert '</time>, in <a href="/en/issues/12/">Issue 12</a>' in read(
        client, f"/en/briefs/{briefs[0].slug}/"
    )
    assert '，收於<a href="/zh-hant/issues/12/">第12期' in read(client, f"/zh-hant/briefs/{briefs[0].slug}/")
    assert "issues/12/" not in read(client, f"/en/briefs/{briefs[1].slug}/")
    home = read(client, "/zh-hant/")
    assert home.index("韌性的價格12") < home.index("標題1<") < home.index("標題2<")
    assert home.count("標題1<") == 1, "a brief of the issue is not listed again"


def test_issue_of_each_view_has_twins_and_both_leads_to_parallel(client: Client, issue: IssueEdition) -> None:
    page = read(client, "/en/issues/12/")
    for line in (
        'rel="canonical" href="http://testserver/en/issues/12/"',
        'hreflang="zh-Hant" href="http://testserver/zh-hant/issues/12/"',
        '"@type":"PublicationIssue"',
        '"issueNumber":12',
    ):
        assert line in page.replace("http://127.0.0.1:8000", "http://testserver"), line
    assert client.get("/en/issues/12/?show=both").headers["Location"] == "/en/issues/12/parallel/"
    assert client.get("/en/issues/12/?show=zh").headers["Location"] == "/zh-hant/issues/12/"
    assert "韌性的價格12" in read(client, "/en/issues/?show=both")


@pytest.mark.parametrize(
    ("path", "most"),
    [("/en/issues/12/", 8), ("/en/issues/12/parallel/", 8), ("/en/issues/", 4), ("/en/", 12)],
)
def test_first_answer_makes_few_queries(client: Client, briefs: list[Brief], path: str, most: int) -> None:
    """The issue was changed itself, and reports a correction and a withdrawal of briefs of an earlier one."""
    publish_issue(11, briefs, live_from=timezone.now() - dt.timedelta(days=30))
    correct_item(briefs[0])
    withdraw(Edition.objects.get(brief=briefs[1]), timezone.now())
    publish_issue(12, briefs[:1])
    publish_issue(12, briefs, **change_note("correction", "甲", "One"))
    with CaptureQueriesContext(connection) as queries:
        page = read(client, path)
    assert len(queries) <= most
    assert path != "/en/issues/12/" or "Issue 11, “Headline 2”: " in page


def test_feed_holds_prefaces_and_summaries_and_notices(
    client: Client, briefs: list[Brief], issue: IssueEdition
) -> None:
    publish_issue(11, briefs[:1], live_from=timezone.now() - dt.timedelta(days=30))
    withdrawn = publish_issue(10, briefs[:1], live_from=timezone.now() - dt.timedelta(days=100))
    withdraw_issue(withdrawn)
    correct_item(briefs[0])
    entries = read_entries(client)
    assert [entry["title"] for entry in entries] == [
        "Issue 12: The Price of Resilience 12",
        "Issue 11: The Price of Resilience 11",
        "Withdrawn: Issue 10: The Price of Resilience 10",
    ]
    first, second, last = entries
    assert first["id"].endswith("/en/issues/12/")
    assert second["updated"] > second["published"], "a corrected brief changes the entry"
    shown = ("A preface.", "Headline 1", "Summary of no. 3.", "Sample Review")
    assert [text for text in shown if text not in first["content"]] == []
    assert "Reason one" in last["content"]
    assert "preface" not in last["content"]
    IssueEdition.objects.filter(pk=withdrawn.pk).update(withdrawn_at=timezone.now() - dt.timedelta(days=91))
    assert len(read_entries(client)) == 2
    assert "/en/issues/feed.atom" in read(client, "/en/follow/")


def read_entries(client: Client) -> list[dict[str, str]]:
    name = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(client.get("/en/issues/feed.atom").content)
    return [
        {field.tag.removeprefix(name): field.text or "" for field in entry}
        for entry in feed.iter(f"{name}entry")
    ]


def test_api_lists_issues_in_both_languages_with_a_hash(
    client: Client, briefs: list[Brief], issue: IssueEdition
) -> None:
    publish_issue(11, briefs[:1], live_from=timezone.now() - dt.timedelta(days=30))
    publish_issue(13, [], live_from=timezone.now() + dt.timedelta(days=30))
    correct_item(briefs[0])
    page = client.get("/api/v1/issues?limit=1").json()
    (first,), next_page = page["issues"], client.get(page["next"]).json()
    assert [row["number"] for row in next_page["issues"]] == [11]
    assert next_page["next"] is None
    msgspec.convert(page, issue_shape.IssuePage)
    assert (first["number"], first["title"]) == (
        12,
        {"zh": "韌性的價格12", "en": "The Price of Resilience 12"},
    )
    assert [brief["slug"] for brief in first["briefs"]] == ["brief-1", "brief-2", "brief-3"]
    assert [bool(brief["corrected"]) for brief in first["briefs"]] == [True, False, False]
    assert first["briefs"][1]["summary"]["en"] == "Summary of no. 2."
    assert "Subject" not in json.dumps(first)
    assert first.pop("hash") == hash_json(first)
    withdraw_issue(issue)
    assert [row["number"] for row in client.get("/api/v1/issues").json()["issues"]] == [11]
