"""Restoring an earlier revision as a new one, and every reason to refuse it."""

from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.models import Author, Brief, Event, Revision
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url

from .test_revisions import fresh, get_page, save, stored_content, visible_text

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def restore_form(html: str) -> Form:
    return Form(html.replace('class="restore"', 'id="restore"'), id="restore")


def restore(client: Client, brief: Brief, number: int) -> int:
    """Post the restore form of the comparison with the newest revision and return the status."""
    newest = brief.revisions.latest("number").number
    form = restore_form(get_page(client, brief, "compare", from_=newest, to=number))
    assert form.data["restore"] == [str(number)], "no button"
    return client.post(brief_url(brief, "restore"), form.data).status_code


def test_writer_restores_revision_as_new_revision(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    original = stored_content(brief)
    only = (Bullet(0, "只剩這點。", "Only this."),)
    facts = factories.facts(title="T")
    save(brief, team.other_writer, after=60, bullets=only, headline_en="Other", facts=facts)
    events = Event.objects.count()
    assert restore(writer_client, brief, 1) == 302
    assert stored_content(brief) == original, "bullet numbers are restored too"
    restored = brief.revisions.latest("number")
    assert (restored.number, restored.kind, restored.by) == (3, "restore", team.writer)
    assert (restored.changed_zh, restored.changed_en, restored.changed_facts) == (True, True, True)
    assert fresh(brief).next_number == 5, "the bullet number given meanwhile is not reused"
    event = Event.objects.latest("pk")
    assert Event.objects.count() == events + 1
    assert (event.verb, event.note, event.revision, event.by) == ("restore", "r1", restored, team.writer)
    assert "Restored r1 as r3." in writer_client.get(brief_url(brief)).text
    between_old_ones = get_page(writer_client, brief, "compare", from_=1, to=2)
    assert 'name="restore"' not in between_old_ones
    assert 'href="?from=3&amp;to=1"' in between_old_ones
    assert restore(writer_client, brief, 2) == 302, "the replaced revision can be restored too"
    assert stored_content(brief).bullets == (Bullet(4, "只剩這點。", "Only this."),)


def test_restoring_identical_revision_writes_nothing(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    save(brief, team.writer, summary_en="A summary.")
    html = get_page(writer_client, brief, "compare", from_=3, to=1)
    assert "No difference" in visible_text(html)
    assert 'name="restore"' not in html
    before = checksum()
    data = {"restore": 1, "version": fresh(brief).version}
    assert writer_client.post(brief_url(brief, "restore"), data).status_code == 302
    assert checksum() == before
    assert "The brief says what r1 says already" in writer_client.get(brief_url(brief)).text


def test_restore_after_concurrent_save_needs_new_confirmation(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Second.")
    form = restore_form(get_page(writer_client, brief, "compare", from_=2, to=1))
    save(brief, team.other_writer, summary_en="Third, unseen.")
    before = checksum()
    for data in ({"restore": "1"}, form.data):
        response = writer_client.post(brief_url(brief, "restore"), data)
        assert response.status_code == 409
        assert checksum() == before
    text = visible_text(response.text)
    assert "The brief changed while you were reading." in text
    assert "[-Third, unseen-]{+A summary+}." in text, "shows what the restore would change now"
    again = restore_form(response.text).data
    assert writer_client.post(brief_url(brief, "restore"), again).status_code == 302
    assert stored_content(brief).summary_en == "A summary."


def test_restore_of_live_brief_is_refused_with_explanation(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    before, reason = checksum(), "This brief is live. Start a revision to change it."
    html = get_page(writer_client, brief, "compare", from_=2, to=1)
    assert 'name="restore"' not in html
    assert reason in html
    data = {"restore": "1", "version": fresh(brief).version}
    response = writer_client.post(brief_url(brief, "restore"), data)
    assert response.status_code == 409
    assert visible_text(response.text).count(reason) == 2
    assert checksum() == before


def test_restored_author_merged_meanwhile_shows_new_name(writer_client: Client, team: Team) -> None:
    merged_author, merge_target = Author.make(name="Ana Lee"), Author.make(name="Anna Lee")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(merged_author.pk, "教授"),)))
    )
    save(brief, team.writer, facts=factories.facts())
    workflow.vocabulary.merge_vocabulary([merged_author], into=merge_target, by=team.writer)
    assert restore(writer_client, brief, 1) == 302
    assert stored_content(brief).facts.authors == (Byline(merged_author.pk, "教授"),)
    assert "Anna Lee" in writer_client.get(brief_url(brief)).text


@pytest.mark.parametrize(
    ("stated", "facts", "chosen", "expected"),
    [
        ("06/09/2025", {}, "", (False, "2025-09-06")),
        ("06/09/2025", {}, "2025-06-09", (True, "")),
        ("06/09/2025", {}, "2025-09-06", (False, "2025-09-06")),
        ("2025年第3期", {"date": "2025-07", "date_label": "2025年第3期"}, "", (False, "")),
    ],
)
def test_restored_date_is_confirmed_only_if_that_reading_was_chosen(
    team: Team, stated: str, facts: dict[str, str], chosen: str, expected: tuple[bool, str]
) -> None:
    facts = factories.facts(**facts)
    columns = {"article_date_confirmed": False, "article_date_raw": stated}
    columns["article_date_alternative"] = "2025-03" if facts.date_label else "2025-09-06"
    code = "date-numbered" if facts.date_label else "date-ambiguous"
    provenance = {"document_notes": [{"line": 3, "code": code, "message": "…"}]}
    imported = replace(
        workflow.editing.prepare(factories.content(facts=facts)), columns=columns, provenance=provenance
    )
    [brief] = workflow.editing.create_many([imported], by=team.writer, kind=Revision.Kind.IMPORT)
    if chosen:
        workflow.editing.confirm_date(brief, chosen, by=team.writer, version=fresh(brief).version)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    assert fresh(brief).article_date_confirmed
    workflow.versions.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    row = fresh(brief)
    assert stored_content(brief).facts.date == facts.date
    assert (row.article_date_confirmed, row.article_date_alternative) == expected
    workflow.versions.restore(brief, 2 + bool(chosen), by=team.writer, version=row.version)
    assert fresh(brief).article_date_confirmed, "a typed date"
