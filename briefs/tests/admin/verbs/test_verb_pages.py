"""Pages of verbs: what they show before the verb is confirmed, and what a refusal shows and keeps."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import SIDES, Bullet, Facts
from briefs.models import Brief, Edition, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import (
    Form,
    brief_url,
    get_brief_form,
    get_verb_form,
    post_verb_form,
    reload_brief,
    save_brief_form,
    sign_in,
    snapshot_rows,
)

from .test_verb_buttons import FUTURE_TIME, revised

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_refused_submission_links_every_reason_to_its_field(client: Client, team: Team) -> None:
    bullets = (Bullet(0, "只有中文", ""), Bullet(0, "", "Only English"))
    brief = factories.draft_brief(
        team, factories.content(headline_en="", summary_en="", bullets=bullets, facts=Facts())
    )
    sign_in(client, team.writer)
    before = snapshot_rows()
    response = client.post(brief_url(brief, "submit"), get_brief_form(client, brief).data)
    page = response.text
    assert response.status_code == 409
    assert "This brief cannot be submitted yet. 6 items need attention:" in page
    for sentence, anchor in (
        ("Choose a source.", "source"),
        ("Enter the date of the article.", "date"),
        ("The English headline is empty.", "headline"),
        ("The English summary is empty.", "summary"),
        ("Bullet 1 has no English.", "b1"),
        ("Bullet 2 has no Chinese.", "b2"),
    ):
        assert re.search(rf'<a\s+href="#{anchor}"\s*>\s*{re.escape(sentence)}', page)
        assert f'id="{anchor}"' in page
    assert snapshot_rows() == before


def test_approve_page_shows_the_key_line_and_whether_somebody_chose_it(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    for key_point, about in (
        (0, "Nobody chose it: Last sentence of the summary"),
        (2, "Chosen by an editor: Point 2"),
    ):
        brief = factories.signed_brief(team, factories.content(f"{key_point}", key_point=key_point))
        page = client.get(brief_url(brief, "approve")).text
        section = page[page.index(about) :]
        for words in ("A summary0.", "摘要0。") if not key_point else ("Point 02.", "第0點2。"):
            assert f">{words}</p>" in section


def read_publish_button(page: str) -> list[tuple[str, str]]:
    """Return what the button of a publishing page sends and says."""
    return [
        (value, label.strip())
        for value, label in re.findall(r'name="when"\s+value="([^"]*)"[^>]*>([^<]*)</button>', page)
    ]


def test_button_says_now_or_the_time_that_the_field_has(client: Client, team: Team) -> None:
    """A scheduled brief is not published at once by the button of the page that changes its time."""
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = client.get(brief_url(brief, "approve")).text
    assert read_publish_button(page) == [("now", "Publish now")]
    assert "Asia/Taipei" in page
    later = [(FUTURE_TIME, "Publish on 2 January 2090, 08:30")]
    stale = post_verb_form(client, brief, when="now", at=FUTURE_TIME)
    assert read_publish_button(stale.text) == later
    for values, sentence in (
        ({"when": "later"}, "Choose a time."),
        ({"when": "now", "at": FUTURE_TIME}, "The button said another time."),
        ({"when": FUTURE_TIME, "at": ""}, "The button said another time."),
        ({"when": FUTURE_TIME, "at": "2090-01-03T08:30"}, "The button said another time."),
        ({"when": "later", "at": "2001-01-01T00:00"}, "The publication time must be in the future."),
        ({"when": "later", "at": "soon"}, "Choose a time."),
    ):
        response = client.post(brief_url(brief, "approve"), Form(page, id=None).data_with(**values))
        assert response.status_code == 409
        assert sentence in response.text
        assert not Edition.objects.exists()
    post_verb_form(client, brief, when=FUTURE_TIME, at=FUTURE_TIME)
    assert Edition.objects.get().live_from == dt.datetime(2090, 1, 2, 0, 30, tzinfo=dt.UTC)
    assert read_publish_button(client.get(brief_url(brief, "reschedule")).text) == later


def test_change_note_is_written_in_the_editor_and_signed_with_the_rest(client: Client, team: Team) -> None:
    """Submission asks for it, a yes to either language covers it in both, and whoever changes it needs another yes."""
    brief = revised(team)
    sign_in(client, team.writer)
    refused = save_brief_form(
        client, brief, "submit", summary_en="A summary in 2027.", change_note_zh="更新。"
    )
    page = refused.text
    assert refused.status_code == 409
    for field in ("change_kind", "change_note_en"):
        assert re.search(rf'href="[^"]*#{field}"', page), "each reason leads to its field"
    assert Form(page).data["change_note_zh"] == ["更新。"]
    data = Form(page).data_with(change_kind="update", change_note_en="The year was 2026.")
    assert client.post(brief_url(brief, "submit"), data).status_code == 302

    review = sign_in(client, team.reviewer).get(f"{brief_url(brief)}?view=review").text
    assert "更新。" in review
    assert "The year was 2026." in review
    factories.sign_off(brief, team.reviewer)
    factories.edit(brief, team.publisher, change_note_zh="改正年分。")
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve")
    assert not {"change_kind", "kind", "note_zh"} & form.data.keys(), "the page asks for the time alone"
    refused = client.post(brief_url(brief, "approve"), form.data_with(when="now"))
    assert "Two people have to have seen the facts and the note on the change." in refused.text
    sign_in(client, team.reviewer)
    page = get_brief_form(client, brief)
    assert "sign_off_common" in page.offered_verbs()
    assert client.post(brief_url(brief, "sign_off_common"), page.data).status_code == 302
    sign_in(client, team.publisher)
    assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
    edition = Edition.objects.latest("number")
    assert (edition.change_kind, edition.change_note_zh) == ("update", "改正年分。")


def test_refused_send_back_keeps_typed_note(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    response = post_verb_form(client, brief, "send_back", note="請改", sides=[])
    assert response.status_code == 409
    assert "Choose the language that needs changes." in response.text
    assert Form(response.text, id=None).data["note"] == ["請改"]
    response = save_brief_form(client, brief, "note", note_text="  ")
    assert "Please say what should be changed" in response.text


@pytest.mark.parametrize("iso", ["2025-06-09", "2025-09-06"])
def test_writer_confirms_ambiguous_date_with_one_of_two_buttons(client: Client, team: Team, iso: str) -> None:
    brief = factories.draft_brief(team)
    Brief.objects.update(
        article_date_confirmed=False, article_date_raw="06/09/2025", article_date_alternative="2025-09-06"
    )
    page = sign_in(client, team.writer).get(brief_url(brief)).text
    assert "9 June 2025 (Monday)" in page
    assert "6 September 2025 (Saturday)" in page
    statuses = [
        client.post(brief_url(brief, "confirm_date"), Form(page).data_with(iso=each)).status_code
        for each in ("2025-01-01", iso)
    ]
    row = reload_brief(brief)
    assert (statuses, row.article_date_confirmed, row.article_date.isoformat()) == ([409, 302], True, iso)


def test_revoked_rights_end_with_next_request(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    data = get_verb_form(client, brief, "approve").data_with(when="now")
    team.publisher.groups.clear()
    assert client.post(brief_url(brief, "approve"), data).status_code == 403
    Person.objects.filter(pk=team.publisher.pk).update(is_active=False)
    assert 'href="/admin/login/"' in client.post(brief_url(brief, "approve"), data).text
    assert not Edition.objects.exists()


def test_imported_file_is_downloaded_byte_for_byte(client: Client, team: Team, seed: bytes) -> None:
    from briefs.exchange import intake

    list(intake.import_documents([("原稿.txt", seed)], intake.create_import_job(actor=team.writer)))
    brief = Brief.objects.get()
    page = sign_in(client, team.reviewer).get(brief_url(brief)).text
    assert "06/09/2025 can be read in two ways" in page
    (address,) = set(re.findall(r'"(/admin/[^"]*/file/[^"]*)"', page))
    response = client.get(address)
    assert b"".join(response.streaming_content) == seed
    headers = response.headers
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == (
        "application/octet-stream",
        "nosniff",
    )
    assert headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in headers["Cache-Control"]


def test_brief_page_of_publisher_needs_at_most_25_queries(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    for n in range(2):
        factories.publish_revision(team, brief, f"第{n}次")
    sign_in(client, team.publisher)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(brief_url(brief)).status_code == 200
    assert len(queries) <= 25


@pytest.mark.parametrize(("earlier_editions", "most"), [(0, 37), (1, 45)])
def test_approval_needs_a_fixed_number_of_queries(
    client: Client, team: Team, earlier_editions: int, most: int
) -> None:
    """Counts the whole request, with its session, savepoints and message, of a brief without authors and terms."""
    brief = factories.signed_brief(team)
    if earlier_editions:
        factories.approve(brief, team.publisher)
        workflow.revise(brief, by=team.writer, version=reload_brief(brief).version)
        brief = factories.edit(brief, team.writer, summary_zh="新摘要。", **factories.change_note())
        workflow.submit(brief, by=team.writer, version=brief.version)
        factories.sign_off(brief, team.reviewer)
    form = get_verb_form(sign_in(client, team.publisher), brief, "approve")
    with CaptureQueriesContext(connection) as queries:
        assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
    most += connection.vendor == "postgresql"  # where the lock of names is a statement
    assert len(queries) <= most, [query["sql"][:100] for query in queries]


def test_reviewer_signs_what_they_wrote_and_the_press_is_the_second_yes(client: Client, team: Team) -> None:
    writer_reviewer = factories.person("both", "Writers", "Reviewers")
    brief = workflow.editing.create(factories.content(), by=writer_reviewer)
    workflow.submit(brief, by=writer_reviewer, version=brief.version)
    sign_in(client, writer_reviewer)
    assert [save_brief_form(client, brief, f"sign_off_{side}").status_code for side in SIDES] == [302] * 2
    page = sign_in(client, team.publisher).get(brief_url(brief, "approve")).text
    assert "Your press is the second yes to the English." in page
    assert post_verb_form(client, brief).status_code == 302
