"""The desk: writing, rows without JavaScript, saves that are refused, and two people at once."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Bullet, Byline, Content
from briefs.models import Author, Brief, Event, Keyword, Revision, Source

from ...support import factories
from ...support.form_client import Form, form_of, sign_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def content_of(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def test_an_untouched_form_saves_nothing(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri")
    facts = factories.facts(
        authors=(Byline(author.pk, "研究員", "Fellow"),), embargo_until="2030-01-02T03:04:00+00:00", title="T", kind="report",
        accessed_on="2025-07-01", access="free", source_withdrew=True, date_label="May/June", url="https://example.org/a",
    )  # fmt: skip
    bullets = (
        Bullet(0, "甲", "A", 1, 2, "number", "bullet", passage="p. 3"),
        Bullet(0, "乙", "", one_sided="只有中文"),
    )
    brief = factories.draft(team, factories.content(bullets=bullets, facts=facts, summary_zh="一\n\n二"))
    before = content_of(brief)
    response = mine.post(url(brief), form_of(mine, brief).data)
    assert response.status_code == 302
    assert content_of(brief) == before
    assert Revision.objects.filter(brief=brief).count() == 1
    assert Brief.objects.get(pk=brief.pk).version == brief.version


def test_a_save_stores_both_languages_and_facts(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    changes = form.with_(
        headline_zh="新標題", summary_en="New summary", text_zh__b1="改過", structure_en__b2="1-number", doi="10.1/x",
        embargo_until="2030-01-02T11:04",
    )  # fmt: skip
    response = mine.post(url(brief), changes, follow=True)
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


def test_forged_fields_have_no_effect(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
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
    mine.post(url(brief), form_of(mine, brief).with_(headline_en="Changed", **forged))
    row = Brief.objects.get(pk=brief.pk)
    assert row.headline_en == "Changed"
    assert Brief.objects.filter(pk=brief.pk).values(*columns).get() == before
    assert row.updated_by == team.writer
    assert Brief.objects.count() == 1


def test_a_bullet_of_another_brief_or_an_unknown_level_is_refused(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    data = form.with_(bullet=["b1", "b77"], text_zh__b77="外來", structure_zh__b1="7-bullet")
    response = mine.post(url(brief), data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Bullet 77 is not of this brief" in page
    assert "level or marker of bullet 1" in page
    assert "外來" in page
    assert Revision.objects.count() == 1


def test_all_reasons_come_at_once_with_links_and_the_typed_words(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(
        date="yesterday", url="ftp://x", headline_zh="字" * 301, text_en__b2="typed \x07 words"
    )
    response = mine.post(url(brief), data)
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
    again = Form(page)
    assert again.data["date"] == ["yesterday"]
    assert again.data["headline_zh"] == ["字" * 301]
    assert "typed" in again.data["text_en-b2"][0]
    assert "autofocus" in page[page.index('id="reasons"') :][:80]
    assert Revision.objects.count() == 1


def test_a_date_of_the_form_and_its_limits_are_refused_too(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(
        accessed_on="June", language="x" * 21, access="nonsense", embargo_until="soon"
    )
    response = mine.post(url(brief), data)
    page = response.content.decode()
    assert response.status_code == 409
    for anchor in ("accessed_on", "language", "access", "embargo_until"):
        assert f'href="#{anchor}"' in page
    assert Revision.objects.count() == 1


def press(client: Client, brief: Brief, form: Form, order: str) -> Form:
    """A button of a row, without JavaScript."""
    response = client.post(url(brief), form.with_(do=order))
    assert response.status_code == 200
    return Form(response.content.decode())


def test_rows_are_moved_added_and_deleted_without_javascript(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    form.data["text_zh-b2"] = ["尚未儲存"]
    form = press(mine, brief, form, "up:b3")
    assert form.data["bullet"] == ["b1", "b3", "b2"]
    assert form.data["text_zh-b2"] == ["尚未儲存"]
    form = press(mine, brief, form, "after:b1")
    assert form.data["bullet"] == ["b1", "n1", "b3", "b2"]
    form = press(mine, brief, form, "delete:b3")
    form = press(mine, brief, form, "add:bullet")
    assert form.data["bullet"] == ["b1", "n1", "b3", "b2", "n2"]
    assert Revision.objects.count() == 1
    mine.post(url(brief), form.with_(text_zh__n1="新", text_en__n1="new", text_en__n2="last"))
    assert [(b.number, b.text_zh) for b in content_of(brief).bullets] == [
        (1, "第1點。".replace("1", "0")), (4, "新"), (2, "尚未儲存"), (5, "")
    ]  # fmt: skip


def test_a_deleted_row_comes_back_with_its_number(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form = press(mine, brief, form_of(mine, brief), "delete:b2")
    assert form.data["deleted-b2"] == ["1"]
    form = press(mine, brief, form, "restore:b2")
    mine.post(url(brief), form.data)
    assert [b.number for b in content_of(brief).bullets] == [1, 2, 3]


def test_authors_keep_order_and_a_new_name_becomes_a_row(mine: Client, team: factories.Team) -> None:
    known = Author.make(name="Vivek Chilukuri")
    brief = factories.draft(
        team, factories.content(facts=factories.facts(authors=(Byline(known.pk, "甲", "A"),)))
    )
    form = press(mine, brief, form_of(mine, brief), "up:w1")
    assert form.data["author"] == ["w1", f"a{known.pk}"]
    mine.post(url(brief), form.with_(name__w1="Jane van Doe", affiliation_en__w1="RAND"))
    new = Author.objects.get(name="Jane van Doe")
    assert (new.given, new.family) == ("Jane", "van Doe")
    assert content_of(brief).facts.authors == (Byline(new.pk, "", "RAND"), Byline(known.pk, "甲", "A"))


def test_typed_names_find_existing_rows(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="林雨蒼", name_zh="林雨蒼")
    keyword = Keyword.make(label_zh="美國", label_en="United States")
    source = Source.make(name="Lawfare")
    brief = factories.draft(team)
    form = form_of(mine, brief)
    data = form.with_(name__w1="林雨蒼", name__x1="united states", source_new="lawfare")
    mine.post(url(brief), data)
    facts = content_of(brief).facts
    assert facts.authors[0].author == author.pk
    assert facts.keywords[-1] == keyword.pk
    assert facts.source == source.pk
    assert (Author.objects.count(), Source.objects.count(), Keyword.objects.count()) == (1, 2, 2)


def test_a_renamed_author_stays_the_same_author(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="V. Chilukuri")
    brief = factories.draft(team, factories.content(facts=factories.facts(authors=(Byline(author.pk),))))
    form = form_of(mine, brief)
    Author.objects.filter(pk=author.pk).update(name="Vivek Chilukuri")
    mine.post(url(brief), form.with_(headline_en="Changed"))
    assert content_of(brief).facts.authors == (Byline(author.pk),)
    assert Author.objects.count() == 1


def test_an_affiliation_longer_than_its_column_is_refused(mine: Client, team: factories.Team) -> None:
    """SQLite would take it; PostgreSQL would answer with an error."""
    brief = factories.draft(team)
    response = mine.post(
        url(brief), form_of(mine, brief).with_(name__w1="New Name", affiliation_en__w1="x" * 301)
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "Affiliation at the time is too long: 301 characters; the limit is 300." in page
    assert Form(page).data["affiliation_en-w1"] == ["x" * 301]


def test_a_refused_save_leaves_no_new_author(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    response = mine.post(url(brief), form_of(mine, brief).with_(name__w1="New Name", date="bad"))
    assert response.status_code == 409
    assert not Author.objects.exists()
    assert Form(response.content.decode()).data["name-w1"] == ["New Name"]


def test_words_typed_while_it_was_approved_stay_on_the_page(mine: Client, team: factories.Team) -> None:
    brief = factories.signed(team)
    form = form_of(mine, brief)
    factories.approve(brief, team.publisher)
    response = mine.post(url(brief), form.with_(summary_en="Typed meanwhile"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "This brief is live. Start a revision to change it." in page
    kept = Form(page)
    assert kept.data["summary_en"] == ["Typed meanwhile"]
    assert mine.post(url(brief, "revise"), kept.data).status_code == 302
    assert content_of(brief).summary_en == "Typed meanwhile"


def test_a_revision_does_not_write_kept_words_over_newer_ones(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    brief = factories.edit(brief, team.other_writer, summary_en="Newer.")
    workflow.submit(brief, by=team.other_writer, version=brief.version)
    factories.sign(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    kept = Form(mine.post(url(brief), form.with_(summary_en="Older.")).content.decode())
    response = mine.post(url(brief, "revise"), kept.data)
    assert response.status_code == 409
    conflict = Form(response.content.decode())
    assert conflict.data["take-summary_en"] == ["mine"]
    assert content_of(brief).summary_en == "Newer."
    assert Brief.objects.get(pk=brief.pk).state == "draft"


def test_a_note_typed_while_another_button_is_pressed_is_kept(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(note_text="半句意見", headline_en="Changed")
    assert mine.post(url(brief), data).status_code == 302
    assert form_of(mine, brief).data["note_text"] == ["半句意見"]
    assert form_of(mine, brief).data["note_text"] == [""]
    assert not brief.notes.exists()


def test_words_that_are_not_saved_go_with_the_verb(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    response = mine.post(
        url(brief, "submit"), form_of(mine, brief).with_(headline_en="Typed, then submitted")
    )
    assert response.status_code == 302
    row = Brief.objects.get(pk=brief.pk)
    assert (row.state, row.headline_en) == ("in_review", "Typed, then submitted")


def test_an_edit_after_approval_says_that_the_schedule_stands(mine: Client, team: factories.Team) -> None:
    brief = factories.signed(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    response = mine.post(url(brief), form_of(mine, brief).with_(headline_en="Next"), follow=True)
    page = response.content.decode()
    assert "stays scheduled, with the text that was approved" in page
    assert "Scheduled" in page


def test_a_new_brief(mine: Client, team: factories.Team) -> None:
    form = Form(mine.get("/admin/briefs/brief/add/").content.decode())
    response = mine.post(
        "/admin/briefs/brief/add/", form.with_(headline_zh="新文摘", text_en__n1="First", state="approved")
    )
    brief = Brief.objects.get()
    assert response.headers["Location"] == url(brief)
    assert (brief.state, brief.headline_zh, brief.bullets.get().number) == ("draft", "新文摘", 1)
    assert Event.objects.get().verb == "create"


def test_a_refused_new_brief_keeps_what_was_typed(mine: Client, team: factories.Team) -> None:
    form = Form(mine.get("/admin/briefs/brief/add/").content.decode())
    response = mine.post("/admin/briefs/brief/add/", form.with_(headline_zh="新文摘", date="bad"))
    assert response.status_code == 409
    assert Form(response.content.decode()).data["headline_zh"] == ["新文摘"]
    assert not Brief.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "outsider"])
def test_who_may_not_write_may_not_begin_a_brief(client: Client, team: factories.Team, who: str) -> None:
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


def test_a_reviewer_reads_a_draft_and_cannot_save_it(client: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    sign_in(client, team.reviewer)
    page = client.get(url(brief)).content.decode()
    assert "draft" not in Form(page).data
    assert "摘要。" in page
    response = client.post(
        url(brief), {"draft": "1", "version": brief.version, "headline_en": "Forged", "base": "1"}
    )
    assert response.status_code == 409
    assert "Your role does not allow this. Ask writer" in response.content.decode()
    assert Revision.objects.count() == 1


def test_a_post_without_the_form_empties_nothing(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    assert mine.post(url(brief), {"version": brief.version}).status_code == 400
    assert Revision.objects.count() == 1


def counted(client: Client, act: str, brief: Brief, data: dict[str, list[str]] | None = None) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, act)(url(brief), *([data] if data else []))
    assert response.status_code in (200, 302)
    return len(queries)


def test_queries_of_opening_and_saving_do_not_grow(mine: Client, team: factories.Team) -> None:
    counts = []
    for n in (3, 30):
        bullets = tuple(Bullet(0, f"第{i}點", f"Point {i}") for i in range(n))
        brief = factories.submitted(team, factories.content(bullets=bullets))
        factories.sign(brief, team.reviewer)
        opened = counted(mine, "get", brief)
        saved = counted(mine, "post", brief, form_of(mine, brief).with_(headline_en=f"Changed {n}"))
        counts.append((opened, saved))
    assert counts[0] == counts[1]
    assert counts[1][0] <= 25


def test_affiliations_say_their_language(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri")
    brief = factories.draft(
        team, factories.content(facts=factories.facts(authors=(Byline(author.pk, "", ""),)))
    )
    html = mine.get(url(brief)).content.decode()
    for side, language in (("zh", "Chinese"), ("en", "English")):
        field = html.partition(f'name="affiliation_{side}-a{author.pk}"')[2].partition(">")[0]
        assert f'placeholder="Affiliation at the time ({language})"' in field
