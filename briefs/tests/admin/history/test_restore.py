"""Restoring an earlier revision as a new one, and every reason to refuse it."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.models import Author, Brief, Event, Revision, State
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url
from briefs.workflow.rules import four_eyes
from briefs.workflow.rules.standing import BriefFacts

from .test_revisions import fresh, get_page, save, stored_content, visible_text

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def restore(client: Client, brief: Brief, number: int) -> int:
    """Post the restore form of the comparison with the newest revision and return the status."""
    newest = brief.revisions.latest("number").number
    html = get_page(client, brief, "compare", from_=newest, to=number)
    form = Form(html.replace('class="restore"', 'id="restore"'), id="restore")
    assert form.data["restore"] == [str(number)], "no button"
    return client.post(brief_url(brief, "restore"), form.data).status_code


def test_writer_restores_revision_as_new_revision(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    original = stored_content(brief)
    save(
        brief,
        team.other_writer,
        after=60,
        bullets=(Bullet(0, "只剩這點。", "Only this."),),
        headline_en="Other",
        facts=factories.facts(title="T"),
    )
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
    assert (
        "The brief says what r1 says already, so nothing was changed."
        in writer_client.get(brief_url(brief)).text
    )
    assert workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version) is None


def test_restore_after_concurrent_save_needs_new_confirmation(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Second.")
    html = get_page(writer_client, brief, "compare", from_=2, to=1)
    form = Form(html.replace('class="restore"', 'id="restore"'), id="restore")
    save(brief, team.other_writer, summary_en="Third, unseen.")
    before = checksum()
    response = writer_client.post(brief_url(brief, "restore"), form.data)
    text = visible_text(response.text)
    assert response.status_code == 409
    assert "The brief changed while you were reading. Please look at the changes, then decide." in text
    assert "[-Third, unseen-]{+A summary+}." in text, "shows what the restore would change now"
    assert checksum() == before
    new_form = Form(response.text.replace('class="restore"', 'id="restore"'), id="restore")
    assert writer_client.post(brief_url(brief, "restore"), new_form.data).status_code == 302
    assert stored_content(brief).summary_en == "A summary."


def test_restore_without_version_is_refused(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    before = checksum()
    assert writer_client.post(brief_url(brief, "restore"), {"restore": "1"}).status_code == 409
    assert writer_client.get(brief_url(brief, "restore")).status_code == 405
    assert checksum() == before


def test_revision_of_another_brief_cannot_be_restored(team: Team) -> None:
    brief, other_brief = factories.draft_brief(team), factories.draft_brief(team)
    save(other_brief, team.writer, summary_en="Foreign.")
    before = checksum()
    with pytest.raises(workflow.Refused) as refused:
        workflow.restore(brief, 2, by=team.writer, version=fresh(brief).version)
    assert refused.value.codes == ["unknown-revision"]
    assert checksum() == before


def test_restore_of_live_brief_is_refused_with_explanation(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    before = checksum()
    html = get_page(writer_client, brief, "compare", from_=2, to=1)
    assert 'name="restore"' not in html
    assert "This brief is live. Start a revision to change it." in html
    response = writer_client.post(
        brief_url(brief, "restore"), {"restore": "1", "version": fresh(brief).version}
    )
    assert response.status_code == 409
    assert visible_text(response.text).count("This brief is live. Start a revision to change it.") == 2
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    workflow.discard(brief, by=team.writer, version=fresh(brief).version)
    assert stored_content(brief).summary_en == "Other."
    assert checksum() != before
    assert fresh(brief).state == State.APPROVED


def test_sign_off_counts_again_when_signed_text_is_restored(team: Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer)
    save(brief, team.writer, summary_zh="改壞了。")
    assert not four_eyes.is_settled(BriefFacts(brief, timezone.now()).leaves["zh"])
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    assert four_eyes.is_settled(BriefFacts(brief, timezone.now()).leaves["zh"])


def test_restored_author_merged_meanwhile_shows_new_name(writer_client: Client, team: Team) -> None:
    merged_author, merge_target = Author.make(name="Ana Lee"), Author.make(name="Anna Lee")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(merged_author.pk, "教授"),)))
    )
    save(brief, team.writer, facts=factories.facts())
    workflow.merge_vocabulary([merged_author], into=merge_target, by=team.writer)
    assert restore(writer_client, brief, 1) == 302
    assert stored_content(brief).facts.authors == (Byline(merged_author.pk, "教授"),)
    assert "Anna Lee" in writer_client.get(brief_url(brief)).text


def import_brief_with_ambiguous_date(team: Team) -> Brief:
    """Import a brief with the date 06/09/2025, which nobody has confirmed."""
    new_brief = workflow.prepare(factories.content())
    columns = {
        "article_date_confirmed": False,
        "article_date_raw": "06/09/2025",
        "article_date_alternative": "2025-09-06",
    }
    note = {"line": 3, "code": "date-ambiguous", "message": "…"}
    new_brief = replace(new_brief, columns=columns, provenance={"document_notes": [note]})
    return workflow.editing.create_many([new_brief], by=team.writer, kind=Revision.Kind.IMPORT)[0]


@pytest.mark.parametrize(
    ("confirmed_date", "expected"),
    [("", (False, "2025-09-06")), ("2025-06-09", (True, "")), ("2025-09-06", (False, "2025-09-06"))],
)
def test_restored_date_is_confirmed_only_if_that_reading_was_chosen(
    team: Team, confirmed_date: str, expected: tuple[bool, str]
) -> None:
    brief = import_brief_with_ambiguous_date(team)
    if confirmed_date:
        workflow.confirm_date(brief, confirmed_date, by=team.writer, version=fresh(brief).version)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    assert fresh(brief).article_date_confirmed
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    row = fresh(brief)
    assert stored_content(brief).facts.date == "2025-06-09"
    assert (row.article_date_confirmed, row.article_date_alternative) == expected


def test_restored_month_of_a_numbered_issue_is_unconfirmed(team: Team) -> None:
    facts = factories.facts(date="2025-07", date_label="2025年第3期")
    columns = {
        "article_date_confirmed": False,
        "article_date_raw": "2025年第3期",
        "article_date_alternative": "2025-03",
    }
    note = {"line": 3, "code": "date-numbered", "message": "…"}
    new_brief = replace(
        workflow.prepare(factories.content(facts=facts)),
        columns=columns,
        provenance={"document_notes": [note]},
    )
    [brief] = workflow.editing.create_many([new_brief], by=team.writer, kind=Revision.Kind.IMPORT)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    row = fresh(brief)
    assert (row.article_date_confirmed, row.article_date_raw) == (False, "2025年第3期")


def test_restored_typed_date_is_confirmed(team: Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    assert fresh(brief).article_date_confirmed


def test_comparison_of_two_old_revisions_has_no_restore_button(writer_client: Client, team: Team) -> None:
    """The page links to the comparison with the newest revision instead."""
    brief = factories.draft_brief(team)
    for n in range(2):
        save(brief, team.writer, summary_en=f"Save {n}.")
    html = get_page(writer_client, brief, "compare", from_=1, to=2)
    assert 'name="restore"' not in html
    assert 'href="?from=3&amp;to=1"' in html
