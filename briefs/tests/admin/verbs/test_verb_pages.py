"""Pages of verbs: what they show before the verb is confirmed, and what a refusal shows and keeps."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet, Facts
from briefs.models import Brief, Edition, Note, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import (
    Form,
    brief_url,
    get_brief_form,
    get_verb_form,
    reload_brief,
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


def test_approve_page_lists_unmet_conditions_and_refuses(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    workflow.add_note(brief, "?", by=team.reviewer)
    sign_in(client, team.publisher)
    page = client.get(brief_url(brief, "approve")).text
    assert "Two people have to have seen the Chinese." in page
    assert "Two people have to have seen the English." in page
    assert "1 note is still open" in page
    assert "摘要。" in page
    assert "A summary." in page
    before = snapshot_rows()
    response = client.post(brief_url(brief, "approve"), Form(page, id=None).data_with(when="now"))
    assert response.status_code == 409
    assert "1 note is still open" in response.text
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


def test_approval_of_text_changed_since_page_is_refused(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = get_verb_form(client, brief, "approve")
    factories.edit(brief, team.writer, summary_en="Slipped in")
    before = snapshot_rows()
    response = client.post(brief_url(brief, "approve"), page.data_with(when="now"))
    assert response.status_code == 409
    assert "The brief changed while you were reading" in response.text
    assert snapshot_rows() == before


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
    form = get_verb_form(client, brief, "approve")
    assert read_publish_button(client.get(brief_url(brief, "approve")).text) == [("now", "Publish now")]
    stale = client.post(brief_url(brief, "approve"), form.data_with(when="now", at=FUTURE_TIME))
    assert read_publish_button(stale.text) == [(FUTURE_TIME, "Publish on 2 January 2090, 08:30")]
    client.post(brief_url(brief, "approve"), form.data_with(when=FUTURE_TIME, at=FUTURE_TIME))
    page = client.get(brief_url(brief, "reschedule")).text
    assert read_publish_button(page) == [(FUTURE_TIME, "Publish on 2 January 2090, 08:30")]


def test_publication_time_is_validated_and_read_in_site_time_zone(
    client: Client, team: Team, settings: object
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve")
    for values, sentence in (
        ({"when": "later"}, "Choose a time."),
        ({"when": "now", "at": FUTURE_TIME}, "The button said another time."),
        ({"when": FUTURE_TIME, "at": ""}, "The button said another time."),
        ({"when": FUTURE_TIME, "at": "2090-01-03T08:30"}, "The button said another time."),
        ({"when": "later", "at": "2001-01-01T00:00"}, "The publication time must be in the future."),
        ({"when": "later", "at": "soon"}, "Choose a time."),
    ):
        response = client.post(brief_url(brief, "approve"), form.data_with(**values))
        assert response.status_code == 409
        assert sentence in response.text
        assert not Edition.objects.exists()
    assert "Asia/Taipei" in client.get(brief_url(brief, "approve")).text
    client.post(brief_url(brief, "approve"), form.data_with(when="later", at=FUTURE_TIME))
    assert Edition.objects.get().live_from == dt.datetime(2090, 1, 2, 0, 30, tzinfo=dt.UTC)


def test_change_note_is_written_in_the_editor_and_signed_with_the_rest(client: Client, team: Team) -> None:
    """Submission asks for it, a yes to either language covers it in both, and whoever changes it needs another yes."""
    brief = revised(team)
    sign_in(client, team.writer)
    data = get_brief_form(client, brief).data_with(summary_en="A summary in 2027.", change_note_zh="更新。")
    refused = client.post(brief_url(brief, "submit"), data)
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
    refused = client.post(brief_url(brief, "approve"), form.data_with(when="now"))
    assert "Two people have to have seen the facts and the note on the change." in refused.text
    factories.sign_off(brief, team.reviewer, "en")
    form = get_verb_form(client, brief, "approve")
    assert not {"change_kind", "kind", "note_zh"} & form.data.keys(), "the page asks for the time alone"
    assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
    edition = Edition.objects.latest("number")
    assert (edition.change_kind, edition.change_note_zh) == ("update", "改正年分。")


def test_refused_send_back_keeps_typed_note(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    response = client.post(
        brief_url(brief, "send_back"),
        get_verb_form(client, brief, "send_back").data_with(note="請改", sides=[]),
    )
    assert response.status_code == 409
    assert "Choose the language that needs changes." in response.text
    assert Form(response.text, id=None).data["note"] == ["請改"]
    response = client.post(brief_url(brief, "note"), get_brief_form(client, brief).data_with(note_text="  "))
    assert "Please say what should be changed" in response.text


def test_writer_resolves_a_note(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    note = workflow.add_note(brief, "看", by=team.reviewer, bullet=2)
    sign_in(client, team.writer)
    assert (
        client.post(
            brief_url(brief, "resolve"), get_brief_form(client, brief).data_with(note=note.pk)
        ).status_code
        == 302
    )
    assert Note.objects.get().resolved_by == team.writer


def create_brief_with_ambiguous_date(team: Team) -> Brief:
    brief = factories.draft_brief(team)
    Brief.objects.filter(pk=brief.pk).update(
        article_date_confirmed=False, article_date_raw="06/09/2025", article_date_alternative="2025-09-06"
    )
    return reload_brief(brief)


@pytest.mark.parametrize("iso", ["2025-06-09", "2025-09-06"])
def test_writer_confirms_ambiguous_date_with_one_of_two_buttons(client: Client, team: Team, iso: str) -> None:
    brief = create_brief_with_ambiguous_date(team)
    sign_in(client, team.writer)
    page = client.get(brief_url(brief)).text
    assert "9 June 2025 (Monday)" in page
    assert "6 September 2025 (Saturday)" in page
    assert client.post(brief_url(brief, "confirm_date"), Form(page).data_with(iso=iso)).status_code == 302
    row = reload_brief(brief)
    assert (row.article_date_confirmed, row.article_date.isoformat()) == (True, iso)


def test_confirming_date_of_neither_reading_is_refused(client: Client, team: Team) -> None:
    brief = create_brief_with_ambiguous_date(team)
    sign_in(client, team.writer)
    response = client.post(
        brief_url(brief, "confirm_date"), get_brief_form(client, brief).data_with(iso="2025-01-01")
    )
    assert response.status_code == 409
    assert not reload_brief(brief).article_date_confirmed


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
    sign_in(client, team.reviewer)
    page = client.get(brief_url(brief)).text
    assert "06/09/2025 can be read in two ways" in page
    address = page.split("/file/")[0].rsplit('"', 1)[1] + "/file/" + page.split("/file/")[1].split('"')[0]
    response = client.get(address)
    assert b"".join(response.streaming_content) == seed
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    other_brief = factories.draft_brief(team)
    assert client.get(address.replace(f"/brief/{brief.pk}/", f"/brief/{other_brief.pk}/")).status_code == 404
    sign_in(client, team.outsider)
    assert client.get(address).status_code == 403


def test_brief_page_of_publisher_needs_at_most_25_queries(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    for n in range(3):
        factories.publish_revision(team, brief, f"第{n}次")
    sign_in(client, team.publisher)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(brief_url(brief)).status_code == 200
    assert len(queries) <= 25
    assert timezone.now() > reload_brief(brief).updated_at


@pytest.mark.parametrize(("earlier_editions", "most"), [(0, 37), (1, 45)])
def test_approval_needs_a_fixed_number_of_queries(
    client: Client, team: Team, earlier_editions: int, most: int
) -> None:
    """Counts the whole request, with its session, savepoints and message, of a brief without authors and terms."""
    if earlier_editions:
        brief = factories.live_brief(team)
        workflow.revise(brief, by=team.writer, version=brief.version)
        brief = factories.edit(brief, team.writer, summary_zh="新摘要。", **factories.change_note())
        workflow.submit(brief, by=team.writer, version=brief.version)
        factories.sign_off(brief, team.reviewer)
    else:
        brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve")
    with CaptureQueriesContext(connection) as queries:
        assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
    most += connection.vendor == "postgresql"  # where the lock of names is a statement
    assert len(queries) <= most, [query["sql"][:100] for query in queries]


def test_fact_that_the_publisher_alone_changed_needs_another_yes(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    content = workflow.load_working_copy(brief)
    factories.edit(brief, team.publisher, facts=replace(content.facts, title="A New Title"))
    sign_in(client, team.publisher)
    form = get_verb_form(client, brief, "approve")
    refused = client.post(brief_url(brief, "approve"), form.data_with(when="now"))
    assert refused.status_code == 409
    assert "Two people have to have seen the facts and the note on the change." in refused.text
    sign_in(client, team.reviewer)
    page = get_brief_form(client, brief)
    assert "sign_off_common" in page.offered_verbs()
    assert client.post(brief_url(brief, "sign_off_common"), page.data).status_code == 302
    sign_in(client, team.publisher)
    assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302


def test_reviewer_signs_what_they_wrote_and_the_press_is_the_second_yes(client: Client, team: Team) -> None:
    writer_reviewer = factories.person("both", "Writers", "Reviewers")
    brief = workflow.create(factories.content(), by=writer_reviewer)
    workflow.submit(brief, by=writer_reviewer, version=brief.version)
    sign_in(client, writer_reviewer)
    for side in ("zh", "en"):
        assert (
            client.post(brief_url(brief, f"sign_off_{side}"), get_brief_form(client, brief).data).status_code
            == 302
        )
    sign_in(client, team.publisher)
    page = client.get(brief_url(brief, "approve")).text
    assert "Your press is the second yes to the English." in page
    form = get_verb_form(client, brief, "approve")
    assert client.post(brief_url(brief, "approve"), form.data_with(when="now")).status_code == 302
