"""The desk: an earlier revision brought back as a new one, and everything that refuses it."""

from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.models import Author, Brief, Event, Revision, State
from briefs.workflow.rules import four_eyes

from ...intake.test_importer import checksum
from ...support import factories
from ...support.form_client import Form, sign_in, brief_url
from .test_revisions import fresh, page, plain, save, stored

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def restore(client: Client, brief: Brief, number: int) -> int:
    """By the button of the comparison with the newest one."""
    newest = brief.revisions.latest("number").number
    html = page(client, brief, "compare", from_=newest, to=number)
    form = Form(html.replace('class="restore"', 'id="restore"'), id="restore")
    assert form.data["restore"] == [str(number)], "no button"
    return client.post(brief_url(brief, "restore"), form.data).status_code


def test_a_revision_comes_back_as_a_new_one(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    was = stored(brief)
    save(
        brief,
        team.other_writer,
        after=60,
        bullets=(Bullet(0, "只剩這點。", "Only this."),),
        headline_en="Other",
        facts=factories.facts(title="T"),
    )
    events = Event.objects.count()
    assert restore(mine, brief, 1) == 302
    assert stored(brief) == was, "with the numbers of its bullets"
    made = brief.revisions.latest("number")
    assert (made.number, made.kind, made.by) == (3, "restore", team.writer)
    assert (made.changed_zh, made.changed_en, made.changed_facts) == (True, True, True)
    assert fresh(brief).next_number == 5, "and the number given meanwhile is given to no other"
    event = Event.objects.latest("pk")
    assert Event.objects.count() == events + 1
    assert (event.verb, event.note, event.revision, event.by) == ("restore", "r1", made, team.writer)
    assert "Restored r1 as r3." in mine.get(brief_url(brief)).content.decode()
    assert restore(mine, brief, 2) == 302, "nothing that came between is lost"
    assert stored(brief).bullets == (Bullet(4, "只剩這點。", "Only this."),)


def test_what_it_says_already_writes_nothing(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    save(brief, team.writer, summary_en="A summary.")
    html = page(mine, brief, "compare", from_=3, to=1)
    assert "No difference" in plain(html)
    assert 'name="restore"' not in html
    before = checksum()
    data = {"restore": 1, "version": fresh(brief).version}
    assert mine.post(brief_url(brief, "restore"), data).status_code == 302
    assert checksum() == before
    assert (
        "The brief says what r1 says already, so nothing was changed."
        in mine.get(brief_url(brief)).content.decode()
    )
    assert workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version) is None


def test_somebody_saved_while_it_was_looked_at(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Second.")
    html = page(mine, brief, "compare", from_=2, to=1)
    form = Form(html.replace('class="restore"', 'id="restore"'), id="restore")
    save(brief, team.other_writer, summary_en="Third, unseen.")
    before = checksum()
    response = mine.post(brief_url(brief, "restore"), form.data)
    seen = plain(response.content.decode())
    assert response.status_code == 409
    assert "The brief changed while you were reading. Please look at the changes, then decide." in seen
    assert "[-Third, unseen-]{+A summary+}." in seen, "what it would change now"
    assert checksum() == before
    again = Form(response.content.decode().replace('class="restore"', 'id="restore"'), id="restore")
    assert mine.post(brief_url(brief, "restore"), again.data).status_code == 302
    assert stored(brief).summary_en == "A summary."


@pytest.mark.parametrize("number", ["", "2"])
def test_a_post_without_the_version_that_was_seen_is_refused(
    mine: Client, team: factories.Team, number: str
) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    before = checksum()
    assert mine.post(brief_url(brief, "restore"), {"restore": "1", "version": number and "1"}).status_code == 409
    assert mine.get(brief_url(brief, "restore")).status_code == 405
    assert checksum() == before


def test_another_briefs_revision_is_not_brought_in(team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team)
    save(other, team.writer, summary_en="Foreign.")
    before = checksum()
    with pytest.raises(workflow.Refused) as refused:
        workflow.restore(brief, 2, by=team.writer, version=fresh(brief).version)
    assert refused.value.codes == ["unknown-revision"]
    assert checksum() == before


def test_a_closed_brief_says_what_opens_it(mine: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    before = checksum()
    html = page(mine, brief, "compare", from_=2, to=1)
    assert 'name="restore"' not in html
    assert "This brief is live. Start a revision to change it." in html
    response = mine.post(brief_url(brief, "restore"), {"restore": "1", "version": fresh(brief).version})
    assert response.status_code == 409
    assert plain(response.content.decode()).count("This brief is live. Start a revision to change it.") == 2
    workflow.revise(brief, by=team.writer, version=fresh(brief).version)
    workflow.discard(brief, by=team.writer, version=fresh(brief).version)
    assert stored(brief).summary_en == "Other."
    assert checksum() != before
    assert fresh(brief).state == State.APPROVED


@pytest.mark.parametrize(("who", "status"), [("reviewer", 409), ("outsider", 403)])
def test_who_may_not_edit_may_not_restore(
    client: Client, team: factories.Team, who: str, status: int
) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    sign_in(client, getattr(team, who))
    before = checksum()
    if who == "reviewer":
        assert 'name="restore"' not in page(client, brief, "compare", from_=2, to=1)
    else:
        assert client.get(brief_url(brief, "compare")).status_code == 403
        assert client.get(brief_url(brief, "revisions")).status_code == 403
    data = {"restore": "1", "version": fresh(brief).version}
    assert client.post(brief_url(brief, "restore"), data).status_code == status
    assert checksum() == before


def test_without_a_token_nothing_is_restored(team: factories.Team) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), team.writer)
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_en="Other.")
    data = {"restore": "1", "version": fresh(brief).version}
    assert client.post(brief_url(brief, "restore"), data).status_code == 403
    assert stored(brief).summary_en == "Other."


def test_whoever_restores_has_changed_it(team: factories.Team) -> None:
    """Four eyes: a reviewer who brings back older Chinese cannot sign that Chinese alone."""
    brief = factories.draft_brief(team)
    save(brief, team.writer, summary_zh="新的摘要。")
    workflow.submit(brief, by=team.writer, version=fresh(brief).version)
    made = workflow.restore(brief, 1, by=team.reviewer, version=fresh(brief).version)
    assert made is not None
    assert (made.changed_zh, made.changed_en) == (True, False)
    standing = four_eyes.load_statuses_by_side(fresh(brief), stored(brief))
    assert standing["zh"].changed_by == {team.writer.pk, team.reviewer.pk}
    factories.sign_off(brief, team.reviewer, "zh")
    assert not four_eyes.load_statuses_by_side(fresh(brief), stored(brief))["zh"].is_signed
    factories.sign_off(brief, team.reviewer_en, "zh", "en")
    assert all(
        answer.is_signed for answer in four_eyes.load_statuses_by_side(fresh(brief), stored(brief)).values()
    )


def test_a_yes_to_the_old_words_stands_again_for_those_who_may_give_it(team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer)
    save(brief, team.writer, summary_zh="改壞了。")
    assert not four_eyes.load_statuses_by_side(fresh(brief), stored(brief))["zh"].is_signed
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    assert four_eyes.load_statuses_by_side(fresh(brief), stored(brief))["zh"].is_signed


def test_an_author_merged_meanwhile_comes_back_under_the_new_name(mine: Client, team: factories.Team) -> None:
    first, heir = Author.make(name="Ana Lee"), Author.make(name="Anna Lee")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(first.pk, "教授"),)))
    )
    save(brief, team.writer, facts=factories.facts())
    workflow.merge_vocabulary([first], into=heir, by=team.writer)
    assert restore(mine, brief, 1) == 302
    assert stored(brief).facts.authors == (Byline(first.pk, "教授"),)
    assert "Anna Lee" in mine.get(brief_url(brief)).content.decode()


def ambiguous(team: factories.Team) -> Brief:
    """As imported: 06/09/2025, which nobody has settled."""
    new = workflow.prepare(factories.content())
    columns = {
        "article_date_confirmed": False,
        "article_date_raw": "06/09/2025",
        "article_date_alternative": "2025-09-06",
    }
    note = {"line": 3, "code": "date-ambiguous", "message": "…"}
    new = replace(new, columns=columns, provenance={"document_notes": [note]})
    return workflow.editing.create_many([new], by=team.writer, kind=Revision.Kind.IMPORT)[0]


@pytest.mark.parametrize(
    ("settled", "expected"),
    [("", (False, "2025-09-06")), ("2025-06-09", (True, "")), ("2025-09-06", (False, "2025-09-06"))],
)
def test_a_date_that_nobody_settled_comes_back_unsettled(
    team: factories.Team, settled: str, expected: tuple[bool, str]
) -> None:
    brief = ambiguous(team)
    if settled:
        workflow.confirm_date(brief, settled, by=team.writer, version=fresh(brief).version)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    assert fresh(brief).article_date_confirmed
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    row = fresh(brief)
    assert stored(brief).facts.date == "2025-06-09"
    assert (row.article_date_confirmed, row.article_date_alternative) == expected


def test_a_typed_date_comes_back_settled(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    save(brief, team.writer, facts=factories.facts(date="2024-01-01"))
    workflow.restore(brief, 1, by=team.writer, version=fresh(brief).version)
    assert fresh(brief).article_date_confirmed


def test_beside_neither_of_two_old_ones_is_a_button(mine: Client, team: factories.Team) -> None:
    """Only what is shown is restored: two older ones lead to the comparison with the newest."""
    brief = factories.draft_brief(team)
    for n in range(2):
        save(brief, team.writer, summary_en=f"Save {n}.")
    html = page(mine, brief, "compare", from_=1, to=2)
    assert 'name="restore"' not in html
    assert 'href="?from=3&amp;to=1"' in html
