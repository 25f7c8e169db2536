"""The desk's pages of issues, by GET and POST as a browser without JavaScript sends them."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefs import workflow
from briefs.admin.issues.issue_pages import build_issue_url
from briefs.models import Brief, Issue, IssueEdition, Mailing, Person
from briefs.publications.published import load_issue
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support import issue_factories as making
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form

pytestmark = pytest.mark.django_db

LIST = "/admin/briefs/issue/"


def build_rows() -> tuple[Team, list[Brief]]:
    team = Team()
    return team, [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]


@pytest.fixture
def team(rows: tuple[Team, list[Brief]]) -> Team:
    return rows[0]


@pytest.fixture
def live(rows: tuple[Team, list[Brief]]) -> list[Brief]:
    return rows[1]


def sign_in(person: Person, language: str = "en") -> Client:
    client = Client()
    Person.objects.filter(pk=person.pk).update(language=language)
    client.force_login(Person.objects.get(pk=person.pk))
    return client


def read_form(client: Client, issue: Issue) -> dict[str, Any]:
    """Return what the form of the page would send."""
    return Form(client.get(build_issue_url(issue)).content.decode(), "issue-form").data


def post(client: Client, issue: Issue, **changes: Any) -> Any:
    return client.post(build_issue_url(issue), {**read_form(client, issue), **changes})


def texts() -> dict[str, str]:
    return {f"{name}_{side}": getattr(making.TEXTS[side], name) for side in making.TEXTS for name in ("title", "preface")}  # fmt: skip


def test_whole_way_from_new_issue_to_published(team: Team, live: list[Brief]) -> None:
    writer, reviewer, publisher = map(sign_in, (team.writer, team.reviewer, team.publisher))
    assert "New issue" in writer.get(LIST).content.decode()
    writer.post(reverse("admin:briefs_issue_create"))
    issue = Issue.objects.get()
    assert "4 things missing" in writer.get(build_issue_url(issue)).content.decode()
    url = build_issue_url(issue, "verb", "submit_issue")
    writer.post(url, {**read_form(writer, issue), **texts()})
    for side in ("zh", "en"):
        page = reviewer.get(build_issue_url(issue)).content.decode()
        seen = dict(re.findall(r'name="(seen_\w+)"\s+value="([\w.]+)"', page))
        reviewer.post(build_issue_url(issue, "verb", f"sign_off_issue_{side}"), seen)
    assert "You can publish it." in publisher.get(build_issue_url(issue)).content.decode()
    url = build_issue_url(issue, "verb", "publish_issue")
    seen = re.search(r'name="seen"\s+value="(\w+)"', publisher.get(url).content.decode())[1]  # type: ignore[index]
    answer = publisher.post(url, {"seen": seen, "when": "now"}, follow=True)
    assert "Published since" in answer.content.decode()
    assert "Signature lapsed" not in answer.content.decode(), "the published leaves are signed"
    shown = load_issue(issue.number, timezone.now())
    assert shown
    assert shown.text("en") == making.TEXTS["en"]
    assert len(shown.items) == 3


def test_contents_are_moved_removed_and_added_without_javascript(team: Team, live: list[Brief]) -> None:
    client, (a, b, c) = sign_in(team.writer), (brief.pk for brief in live)
    issue = making.draft_issue(team, *live)
    for command, expected in (
        (f"down:{a}", (b, a, c)),
        (f"up:{c}", (b, c, a)),
        (f"up:{b}", (b, c, a)),
        (f"remove:{c}", (b, a)),
        (f"add:{c}", (b, a, c)),
        ("add:999999", (b, a, c)),
        ("up:x", (b, a, c)),
    ):
        post(client, issue, do=command)
        assert making.load_content(issue).items == expected, command


def test_any_brief_is_found_and_added_and_typed_words_are_kept(team: Team, live: list[Brief]) -> None:
    client = sign_in(team.writer)
    issue = making.draft_issue(team, live[0])
    answer = post(client, issue, do="find", q="標題丙", title_en="Kept words")
    assert making.load_content(issue).en.title == "Kept words"
    page = client.get(answer["Location"].partition("#")[0]).content.decode()
    found = page[page.index('id="add"') :]
    assert f'value="add:{live[2].pk}"' in found
    assert f'value="add:{live[1].pk}"' not in found


def test_left_out_are_the_briefs_public_since_the_last_issue(team: Team, live: list[Brief]) -> None:
    making.published_issue(team, live[0])
    later = [factories.live_brief(team, factories.content(tag)) for tag in "丁戊"]
    issue = making.draft_issue(team, later[0])
    page = sign_in(team.writer).get(build_issue_url(issue)).content.decode()
    assert re.findall(r'value="add:(\d+)"', page) == [str(later[1].pk)]


def test_reason_to_read_is_typed_previewed_and_shown_to_readers(team: Team, live: list[Brief]) -> None:
    issue = making.draft_issue(team, *live)
    writer, why = sign_in(team.writer), f"why-{live[0].pk}"
    post(writer, issue, **{f"{why}_zh": "看錢往哪裡走。", f"{why}_en": "It follows <money>."})
    for page in ("change", "preview"):
        shown = writer.get(build_issue_url(issue, page)).content.decode()
        assert "看錢往哪裡走。" in shown
        assert "It follows &lt;money&gt;." in shown
    workflow.submit(issue, by=team.writer)
    making.sign_issue(issue, team.reviewer)
    making.publish(issue, team.publisher)
    for path in ("/en/", f"/en/issues/{issue.number}/"):
        html = Client().get(path).content.decode()
        assert '<p class="why"><b>Why read it</b> It follows &lt;money&gt;.</p>' in html
        assert "看錢往哪裡走。" not in html
    assert "看錢往哪裡走。" in Client().get("/en/?show=both").content.decode()


@pytest.mark.parametrize(("choice", "kept"), [("mine", "我的標題"), ("theirs", "她的標題")])
def test_conflict_shows_both_texts_and_the_next_save_stores_the_chosen_one(
    team: Team, live: list[Brief], choice: str, kept: str
) -> None:
    client = sign_in(team.other_writer)
    issue = making.draft_issue(team, *live)
    form = read_form(client, issue)
    making.edit_issue(issue, team.writer, title_zh="她的標題", preface_en="Her preface.")
    answer = client.post(build_issue_url(issue), {**form, "title_zh": "我的標題"})
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("她", "我"):
        assert f"<mark>{words}</mark>的標題" in page
    shown = Form(page, "issue-form")
    assert shown.data["preface_en"] == ["Her preface."]
    client.post(build_issue_url(issue), {**shown.data, "take-title_zh": choice})
    content = making.load_content(issue)
    assert (content.zh.title, content.en.preface) == (kept, "Her preface.")


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_conflict_of_contents_is_settled_by_a_choice(team: Team, live: list[Brief], choice: str) -> None:
    client, (a, b, c) = sign_in(team.other_writer), (brief.pk for brief in live)
    issue = making.draft_issue(team, *live)
    form = read_form(client, issue)
    making.edit_issue(issue, team.writer, items=[c, a, b])
    answer = client.post(build_issue_url(issue), {**form, "item": [b, a]})
    shown = Form(answer.content.decode(), "issue-form")
    assert shown.options["take-items"] == ["mine", "theirs"]
    client.post(build_issue_url(issue), {**shown.data, "take-items": choice})
    assert making.load_content(issue).items == ((b, a) if choice == "mine" else (c, a, b))


def test_refusals_keep_typed_words(team: Team, live: list[Brief]) -> None:
    client = sign_in(team.writer)
    issue = making.draft_issue(team, *live)
    answer = post(client, issue, title_zh="長" * 300)
    assert answer.status_code == 409
    assert "長" * 300 in answer.content.decode()
    workflow.submit(issue, by=team.writer)
    making.edit_issue(issue, team.reviewer, title_zh="改")
    url = build_issue_url(issue, "verb", "sign_off_issue_zh")
    answer = sign_in(team.reviewer).post(url, {"seen_zh": "an earlier text"})
    assert answer.status_code == 409


def test_issue_with_a_scheduled_brief_is_offered_for_the_time_of_that_brief(
    team: Team, live: list[Brief]
) -> None:
    scheduled = factories.signed_brief(team)
    factories.approve(scheduled, team.publisher, at=dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
    issue = making.signed_issue(team, *live, scheduled)
    publisher, url = sign_in(team.publisher), build_issue_url(issue, "verb", "publish_issue")
    page = publisher.get(url).content.decode()
    assert 'value="2999-01-01T08:00"' in page
    assert "so the issue cannot be public before." in page
    typed = {"seen": making.load_content(issue).hash(), "when": "2999-01-01T08:00", "at": "2999-01-01T08:00"}
    publisher.post(url, typed)
    assert IssueEdition.objects.get().live_from == dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def test_publication_is_scheduled_cancelled_corrected_and_withdrawn(team: Team, live: list[Brief]) -> None:
    publisher, issue = sign_in(team.publisher), making.signed_issue(team, *live)
    url = build_issue_url(issue, "verb", "publish_issue")
    seen = {"seen": making.load_content(issue).hash()}
    assert publisher.post(url, {**seen, "when": "later"}).status_code == 409
    later = {**seen, "when": "later", "at": "2999-01-01T08:00"}
    page = publisher.post(url, later, follow=True).content.decode().split("</main>")[0]
    assert "Published" not in page
    assert "main-act" not in page, "a scheduled issue waits for its time, not for a correction"
    edition = IssueEdition.objects.get()
    assert edition.live_from > factories.tomorrow()
    publisher.post(build_issue_url(issue, "verb", "cancel_issue"))
    publisher.post(url, {**seen, "when": "now"})
    publisher.post(build_issue_url(issue, "verb", "revise_issue"))
    why = {f"why-{live[0].pk}_en": "It follows the money."}
    making.edit_issue(issue, team.writer, preface_zh="更正。", **making.CORRECTION, **why)
    workflow.submit(issue, by=team.writer)
    making.sign_issue(issue, team.reviewer)
    page = publisher.get(url).content.decode()
    for words in ("更正", "It follows the money"):
        assert re.search(rf"<ins>[^<]*{words}", page), "what differs from the public edition is marked"
    seen = {"seen": making.load_content(issue).hash(), "when": "now"}
    assert publisher.post(url, seen).status_code == 302
    url = build_issue_url(issue, "verb", "withdraw_issue")
    assert "What readers will see" not in publisher.get(url).content.decode(), "they will see a notice"
    assert publisher.post(url, {"kind": ""}).status_code == 409
    publisher.post(url, {"kind": "other"})
    assert "Withdrawn" in publisher.get(LIST).content.decode()


def test_home_lists_issues_that_wait_for_me(team: Team, live: list[Brief]) -> None:
    issue = making.submitted_issue(team, *live)
    url = build_issue_url(issue)
    assert url in sign_in(team.reviewer).get("/admin/").content.decode()
    assert url not in sign_in(team.writer).get("/admin/").content.decode()
    making.sign_issue(issue, team.reviewer)
    assert url in sign_in(team.publisher).get("/admin/").content.decode()


# Mail with publication


@pytest.mark.parametrize("at", ["", "2999-01-01T08:00"])
def test_issue_is_published_and_mailed_with_one_button(team: Team, live: list[Brief], at: str) -> None:
    publisher, issue = sign_in(team.publisher), making.signed_issue(team, *live)
    url = build_issue_url(issue, "verb", "publish_issue")
    assert 'name="mail"' not in publisher.get(url).content.decode()
    mailing_fixtures.subscribe(2)
    assert "Send it by mail then, to 2 readers" in publisher.get(url).content.decode()
    seen = {"seen": making.load_content(issue).hash(), "when": "later" if at else "now", "at": at}
    publisher.post(url, {**seen, "mail": "on"})
    mailing = Mailing.objects.get()
    assert mailing.due_at.year == (2999 if at else timezone.now().year)
    assert mailing.due_at >= mailing.issue_edition.live_from
    assert mailing.copies.count() == 2


def test_issue_is_not_published_if_its_mail_cannot_be_queued(
    team: Team, live: list[Brief], settings: Any
) -> None:
    publisher, issue = sign_in(team.publisher), making.signed_issue(team, *live)
    mailing_fixtures.subscribe(1)
    settings.SITE_URL = "https://testserver"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    url = build_issue_url(issue, "verb", "publish_issue")
    seen = {"seen": making.load_content(issue).hash(), "when": "now"}
    assert publisher.post(url, {**seen, "mail": "on"}, secure=True).status_code == 409
    assert not IssueEdition.objects.exists()
