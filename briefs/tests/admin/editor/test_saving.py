"""Test saving the brief form: content, row buttons without JavaScript, refused saves and permissions."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Bullet, Byline, Content
from briefs.models import Author, Brief, Event, Keyword, Revision, Source

from ...support import factories
from ...support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def writer_client(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def content_of(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def test_unchanged_form_saves_nothing(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri")
    facts = factories.facts(
        authors=(Byline(author.pk, "研究員", "Fellow"),), embargo_until="2030-01-02T03:04:00+00:00", title="T", kind="report",
        accessed_on="2025-07-01", access="free", source_withdrew=True, date_label="May/June", url="https://example.org/a",
    )  # fmt: skip
    bullets = (
        Bullet(0, "甲", "A", 1, 2, "number", "bullet", passage="p. 3"),
        Bullet(0, "乙", "", one_sided="只有中文"),
    )
    brief = factories.draft_brief(
        team, factories.content(bullets=bullets, facts=facts, summary_zh="一\n\n二")
    )
    before = content_of(brief)
    response = writer_client.post(brief_url(brief), get_brief_form(writer_client, brief).data)
    assert response.status_code == 302
    assert content_of(brief) == before
    assert Revision.objects.filter(brief=brief).count() == 1
    assert Brief.objects.get(pk=brief.pk).version == brief.version


def test_save_stores_both_languages_and_facts(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    changes = form.data_with(
        headline_zh="新標題", summary_en="New summary", text_zh__b1="改過", structure_en__b2="1-number", doi="10.1/x",
        embargo_until="2030-01-02T11:04",
    )  # fmt: skip
    response = writer_client.post(brief_url(brief), changes, follow=True)
    assert "Saved" in response.content.decode()
    content = content_of(brief)
    assert (content.headline_zh, content.summary_en, content.bullets[0].text_zh) == (
        "新標題",
        "New summary",
        "改過",
    )
    assert (content.bullets[1].level_en, content.bullets[1].marker_en) == (1, "number")
    assert (content.facts.doi, content.facts.embargo_until) == ("10.1/x", "2030-01-02T03:04:00+00:00")
    assert Revision.objects.filter(brief=brief).latest("number").by == team.writer


def test_forged_fields_have_no_effect(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    columns = (
        "state",
        "slug",
        "article_key",
        "claimed_key",
        "next_number",
        "article_date_confirmed",
        "assigned_to_id",
    )
    before = Brief.objects.filter(pk=brief.pk).values(*columns).get()
    forged = {
        "state": "approved", "slug": "mine", "hash_zh": "0" * 64, "approved_by": team.writer.pk, "next_number": 99,
        "article_key": "x", "updated_by": team.publisher.pk, "_saveasnew": "1", "_popup": "1", "pk": 999,
        "assigned_to": team.publisher.pk, "article_date_confirmed": "on",
    }  # fmt: skip
    writer_client.post(
        brief_url(brief), get_brief_form(writer_client, brief).data_with(headline_en="Changed", **forged)
    )
    row = Brief.objects.get(pk=brief.pk)
    assert row.headline_en == "Changed"
    assert Brief.objects.filter(pk=brief.pk).values(*columns).get() == before
    assert row.updated_by == team.writer
    assert Brief.objects.count() == 1


def test_bullet_of_another_brief_and_unknown_level_are_refused(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    data = form.data_with(bullet=["b1", "b77"], text_zh__b77="外來", structure_zh__b1="7-bullet")
    response = writer_client.post(brief_url(brief), data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Bullet 77 is not of this brief" in page
    assert "level or marker of bullet 1" in page
    assert "外來" in page
    assert Revision.objects.count() == 1


def test_refused_save_lists_all_errors_with_links_and_keeps_input(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(
        date="yesterday", url="ftp://x", headline_zh="字" * 301, text_en__b2="typed \x07 words"
    )
    response = writer_client.post(brief_url(brief), data)
    page = response.content.decode()
    assert response.status_code == 409
    for sentence, anchor in (
        ("“yesterday” is not a date", "#date"),
        ("Enter an address that starts with http", "#url"),
        ("Headline is too long: 301", "#headline_zh"),
        ("remove the control character U+0007", "#b2"),
    ):
        assert sentence in page
        assert f'href="{anchor}"' in page
    form = Form(page)
    assert form.data["date"] == ["yesterday"]
    assert form.data["headline_zh"] == ["字" * 301]
    assert "typed" in form.data["text_en-b2"][0]
    assert "autofocus" in page[page.index('id="reasons"') :][:80]
    assert Revision.objects.count() == 1


def test_invalid_date_length_and_choice_are_refused(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(
        accessed_on="June", language="x" * 21, access="nonsense", embargo_until="soon"
    )
    response = writer_client.post(brief_url(brief), data)
    page = response.content.decode()
    assert response.status_code == 409
    for anchor in ("accessed_on", "language", "access", "embargo_until"):
        assert f'href="#{anchor}"' in page
    assert Revision.objects.count() == 1


def press_row_button(client: Client, brief: Brief, form: Form, order: str) -> Form:
    """Press a row button as a browser without JavaScript does."""
    response = client.post(brief_url(brief), form.data_with(do=order))
    assert response.status_code == 200
    return Form(response.content.decode())


def test_writer_moves_adds_and_deletes_bullets_without_javascript(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    form.data["text_zh-b2"] = ["尚未儲存"]
    form = press_row_button(writer_client, brief, form, "up:b3")
    assert form.data["bullet"] == ["b1", "b3", "b2"]
    assert form.data["text_zh-b2"] == ["尚未儲存"]
    form = press_row_button(writer_client, brief, form, "after:b1")
    assert form.data["bullet"] == ["b1", "n1", "b3", "b2"]
    form = press_row_button(writer_client, brief, form, "delete:b3")
    form = press_row_button(writer_client, brief, form, "add:bullet")
    assert form.data["bullet"] == ["b1", "n1", "b3", "b2", "n2"]
    assert Revision.objects.count() == 1
    writer_client.post(
        brief_url(brief), form.data_with(text_zh__n1="新", text_en__n1="new", text_en__n2="last")
    )
    assert [(b.number, b.text_zh) for b in content_of(brief).bullets] == [
        (1, "第1點。".replace("1", "0")), (4, "新"), (2, "尚未儲存"), (5, "")
    ]  # fmt: skip


def test_restored_bullet_keeps_its_number(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    form = press_row_button(writer_client, brief, get_brief_form(writer_client, brief), "delete:b2")
    assert form.data["deleted-b2"] == ["1"]
    form = press_row_button(writer_client, brief, form, "restore:b2")
    writer_client.post(brief_url(brief), form.data)
    assert [b.number for b in content_of(brief).bullets] == [1, 2, 3]


def test_save_keeps_author_order_and_creates_new_author(writer_client: Client, team: factories.Team) -> None:
    known = Author.make(name="Vivek Chilukuri")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(known.pk, "甲", "A"),)))
    )
    form = press_row_button(writer_client, brief, get_brief_form(writer_client, brief), "up:w1")
    assert form.data["author"] == ["w1", f"a{known.pk}"]
    writer_client.post(brief_url(brief), form.data_with(name__w1="Jane van Doe", affiliation_en__w1="RAND"))
    new = Author.objects.get(name="Jane van Doe")
    assert (new.given, new.family) == ("Jane", "van Doe")
    assert content_of(brief).facts.authors == (Byline(new.pk, "", "RAND"), Byline(known.pk, "甲", "A"))


def test_typed_names_match_existing_vocabulary(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="林雨蒼", name_zh="林雨蒼")
    keyword = Keyword.make(label_zh="美國", label_en="United States")
    source = Source.make(name="Lawfare")
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    data = form.data_with(name__w1="林雨蒼", name__x1="united states", source_new="lawfare")
    writer_client.post(brief_url(brief), data)
    facts = content_of(brief).facts
    assert facts.authors[0].author == author.pk
    assert facts.keywords[-1] == keyword.pk
    assert facts.source == source.pk
    assert (Author.objects.count(), Source.objects.count(), Keyword.objects.count()) == (1, 2, 2)


def test_author_renamed_meanwhile_stays_the_same_author(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="V. Chilukuri")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(author.pk),)))
    )
    form = get_brief_form(writer_client, brief)
    Author.objects.filter(pk=author.pk).update(name="Vivek Chilukuri")
    writer_client.post(brief_url(brief), form.data_with(headline_en="Changed"))
    assert content_of(brief).facts.authors == (Byline(author.pk),)
    assert Author.objects.count() == 1


def test_affiliation_longer_than_its_column_is_refused(writer_client: Client, team: factories.Team) -> None:
    """SQLite would store it; PostgreSQL would raise an error."""
    brief = factories.draft_brief(team)
    response = writer_client.post(
        brief_url(brief),
        get_brief_form(writer_client, brief).data_with(name__w1="New Name", affiliation_en__w1="x" * 301),
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "Affiliation at the time is too long: 301 characters; the limit is 300." in page
    assert Form(page).data["affiliation_en-w1"] == ["x" * 301]


def test_refused_save_creates_no_author(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    response = writer_client.post(
        brief_url(brief), get_brief_form(writer_client, brief).data_with(name__w1="New Name", date="bad")
    )
    assert response.status_code == 409
    assert not Author.objects.exists()
    assert Form(response.content.decode()).data["name-w1"] == ["New Name"]


def test_text_typed_before_approval_is_kept_for_a_revision(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.signed_brief(team)
    form = get_brief_form(writer_client, brief)
    factories.approve(brief, team.publisher)
    response = writer_client.post(brief_url(brief), form.data_with(summary_en="Typed meanwhile"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "This brief is live. Start a revision to change it." in page
    refused_form = Form(page)
    assert refused_form.data["summary_en"] == ["Typed meanwhile"]
    assert writer_client.post(brief_url(brief, "revise"), refused_form.data).status_code == 302
    assert content_of(brief).summary_en == "Typed meanwhile"


def test_revise_with_older_text_is_a_conflict(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    form = get_brief_form(writer_client, brief)
    brief = factories.edit(brief, team.other_writer, summary_en="Newer.")
    workflow.submit(brief, by=team.other_writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    refused_form = Form(
        writer_client.post(brief_url(brief), form.data_with(summary_en="Older.")).content.decode()
    )
    response = writer_client.post(brief_url(brief, "revise"), refused_form.data)
    assert response.status_code == 409
    conflict = Form(response.content.decode())
    assert conflict.data["take-summary_en"] == ["mine"]
    assert content_of(brief).summary_en == "Newer."
    assert Brief.objects.get(pk=brief.pk).state == "draft"


def test_note_typed_before_saving_is_kept_once(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(note_text="半句意見", headline_en="Changed")
    assert writer_client.post(brief_url(brief), data).status_code == 302
    assert get_brief_form(writer_client, brief).data["note_text"] == ["半句意見"]
    assert get_brief_form(writer_client, brief).data["note_text"] == [""]
    assert not brief.notes.exists()


def test_submit_saves_unsaved_changes_first(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    response = writer_client.post(
        brief_url(brief, "submit"),
        get_brief_form(writer_client, brief).data_with(headline_en="Typed, then submitted"),
    )
    assert response.status_code == 302
    row = Brief.objects.get(pk=brief.pk)
    assert (row.state, row.headline_en) == ("in_review", "Typed, then submitted")


def test_edit_after_approval_reports_that_schedule_is_kept(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    response = writer_client.post(
        brief_url(brief), get_brief_form(writer_client, brief).data_with(headline_en="Next"), follow=True
    )
    page = response.content.decode()
    assert "stays scheduled, with the text that was approved" in page
    assert "Scheduled" in page


def test_writer_creates_brief(writer_client: Client, team: factories.Team) -> None:
    form = Form(writer_client.get("/admin/briefs/brief/add/").content.decode())
    response = writer_client.post(
        "/admin/briefs/brief/add/",
        form.data_with(headline_zh="新文摘", text_en__n1="First", state="approved"),
    )
    brief = Brief.objects.get()
    assert response.headers["Location"] == brief_url(brief)
    assert (brief.state, brief.headline_zh, brief.bullets.get().number) == ("draft", "新文摘", 1)
    assert Event.objects.get().verb == "create"


def test_refused_new_brief_keeps_input(writer_client: Client, team: factories.Team) -> None:
    form = Form(writer_client.get("/admin/briefs/brief/add/").content.decode())
    response = writer_client.post(
        "/admin/briefs/brief/add/", form.data_with(headline_zh="新文摘", date="bad")
    )
    assert response.status_code == 409
    assert Form(response.content.decode()).data["headline_zh"] == ["新文摘"]
    assert not Brief.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "outsider"])
def test_reviewer_and_outsider_cannot_create_brief(client: Client, team: factories.Team, who: str) -> None:
    sign_in(client, getattr(team, who))
    for address in ("add", "claim"):
        assert client.get(f"/admin/briefs/brief/{address}/").status_code == 403
        assert (
            client.post(
                f"/admin/briefs/brief/{address}/", {"draft": "1", "url": "https://example.org/a"}
            ).status_code
            == 403
        )
    assert not Brief.objects.exists()


def test_reviewer_reads_draft_but_cannot_save_it(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.reviewer)
    page = client.get(brief_url(brief)).content.decode()
    assert "draft" not in Form(page).data
    assert "摘要。" in page
    response = client.post(
        brief_url(brief), {"draft": "1", "version": brief.version, "headline_en": "Forged", "base": "1"}
    )
    assert response.status_code == 409
    assert "Your role does not allow this. Ask writer" in response.content.decode()
    assert Revision.objects.count() == 1


def test_post_without_form_fields_is_a_bad_request(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    assert writer_client.post(brief_url(brief), {"version": brief.version}).status_code == 400
    assert Revision.objects.count() == 1


def query_count(client: Client, method: str, brief: Brief, data: dict[str, list[str]] | None = None) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(brief_url(brief), *([data] if data else []))
    assert response.status_code in (200, 302)
    return len(queries)


def test_query_counts_of_form_and_save_ignore_bullet_count(
    writer_client: Client, team: factories.Team
) -> None:
    counts = []
    for n in (3, 30):
        bullets = tuple(Bullet(0, f"第{i}點", f"Point {i}") for i in range(n))
        brief = factories.submitted_brief(team, factories.content(bullets=bullets))
        factories.sign_off(brief, team.reviewer)
        form_queries = query_count(writer_client, "get", brief)
        save_queries = query_count(
            writer_client,
            "post",
            brief,
            get_brief_form(writer_client, brief).data_with(headline_en=f"Changed {n}"),
        )
        counts.append((form_queries, save_queries))
    assert counts[0] == counts[1]
    assert counts[1][0] <= 25


def test_affiliation_fields_name_their_language(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(author.pk, "", ""),)))
    )
    html = writer_client.get(brief_url(brief)).content.decode()
    for side, language in (("zh", "Chinese"), ("en", "English")):
        field = html.partition(f'name="affiliation_{side}-a{author.pk}"')[2].partition(">")[0]
        assert f'placeholder="Affiliation at the time ({language})"' in field
