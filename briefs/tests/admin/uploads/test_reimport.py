"""Uploading a file again: unchanged, updated by pair, or left for the person to decide because the brief was edited."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Author, Brief, Event, Keyword, Person, Revision, Upload
from briefs.tests.conftest import SEED
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

from .test_upload import (
    FAULTY,
    NEW,
    OLD,
    SAMPLE,
    checksum_without_uploads,
    digest_statuses,
    find_option,
    import_files,
    make_file,
    open_preview,
    upload_files,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_reimport_is_unchanged_or_updates_by_pair(writer_client: Client) -> None:
    import_files(writer_client, make_file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    form, html = open_preview(writer_client, upload_files(writer_client, make_file("a.txt", SAMPLE)))
    assert digest_statuses(html) == ["unchanged"]
    assert "take" not in form.data
    assert f"/admin/briefs/brief/{brief.pk}/change/" in html
    before = checksum_without_uploads()
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE.replace(OLD, NEW)))
    form, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html) == ["updated"]
    assert "<mark>true</mark>" in html.replace("<mark>true </mark>", "<mark>true</mark>")
    assert "8 bullets" in " ".join(html.split())
    assert checksum_without_uploads() == before
    writer_client.post(preview_url, form.data)
    assert workflow.load_working_copy(Brief.objects.get()).bullets[0].text_en.startswith(NEW)
    assert [b.number for b in workflow.load_working_copy(brief).bullets] == list(range(1, 10))


def create_edited_brief(writer_client: Client, team: factories.Team) -> Brief:
    """Import a brief, then edit its headline, facts and first bullet."""
    import_files(writer_client, make_file("a.txt", SEED.read_bytes()))
    brief = Brief.objects.get()
    content = workflow.load_working_copy(brief)
    bullets = (replace(content.bullets[0], text_en="Written on the desk."), *content.bullets[1:])
    return factories.edit(
        brief,
        team.writer,
        bullets=bullets,
        headline_zh="桌上的標題",
        key_point=2,
        facts=replace(content.facts, url="https://example.org/a", date="2025-06-09"),
    )


def changed_seed() -> bytes:
    return SEED.read_bytes().replace(b"The Trump administration may lift", b"Anew. It may lift")


def test_reimport_of_edited_brief_shows_differences_and_changes_nothing(
    writer_client: Client, team: factories.Team
) -> None:
    brief = create_edited_brief(writer_client, team)
    before = checksum_without_uploads()
    preview_url = upload_files(writer_client, make_file("a.txt", changed_seed()))
    form, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html) == ["edited"]
    assert not [name for name in form.data if name.startswith("q-")], "nothing is answered beforehand"
    assert f"writer edited brief {brief.pk} since it was imported. Which text?" in html
    assert "Written on the desk." in re.sub("</?mark>", "", html)
    assert checksum_without_uploads() == before
    assert writer_client.post(preview_url, form.data).status_code == 409
    assert (
        writer_client.post(preview_url, {**form.data, **find_option(html, "Keep what is there")}).status_code
        == 302
    )
    assert (
        writer_client.post(
            preview_url, {"take": ["1-0"], "seen-1-0": f"updated-{brief.pk}-{brief.version}"}
        ).status_code
        == 302
    )
    assert writer_client.post(preview_url, {"take": ["1-0"], "seen-1-0": "created"}).status_code == 302
    assert workflow.load_working_copy(brief) == workflow.load_working_copy(Brief.objects.get())
    assert checksum_without_uploads() == before


def test_file_taken_as_new_revision_keeps_fields_that_it_lacks(
    writer_client: Client, team: factories.Team
) -> None:
    brief = create_edited_brief(writer_client, team)
    preview_url = upload_files(
        writer_client, make_file("a.txt", changed_seed()), words_of=team.other_writer.pk
    )
    form, html = open_preview(writer_client, preview_url)
    writer_client.post(preview_url, {**form.data, **find_option(html, "The file’s")})
    row = Brief.objects.get()
    content = workflow.load_working_copy(row)
    assert content.bullets[0].text_en != "Written on the desk."
    assert content.summary_en.startswith("Anew.")
    assert (content.headline_zh, content.facts.url) == ("桌上的標題", "https://example.org/a")
    assert content.key_point == 2
    assert row.version > brief.version
    revision = Revision.objects.filter(brief=row).latest("number")
    assert (revision.kind, revision.by, revision.changed_en) == ("import", team.other_writer, True)
    assert Event.objects.filter(brief=row).last().by == team.writer
    # a later version of the file, with no edit in between, keeps them too
    import_files(writer_client, make_file("a.txt", changed_seed().replace(b"Anew.", b"Once more.")))
    content = workflow.load_working_copy(Brief.objects.get())
    assert (content.headline_zh, content.summary_en[:10]) == ("桌上的標題", "Once more.")


def test_file_in_one_language_keeps_the_other_language_of_an_edited_brief(
    writer_client: Client, team: factories.Team
) -> None:
    brief = create_edited_brief(writer_client, team)
    before = workflow.load_working_copy(brief)
    chinese = changed_seed()[: changed_seed().index(b"Summary:")].replace("由於".encode(), "既然".encode(), 1)
    preview_url = upload_files(writer_client, make_file("a.txt", chinese))
    form, html = open_preview(writer_client, preview_url)
    writer_client.post(preview_url, {**form.data, **find_option(html, "The file’s")})
    after = workflow.load_working_copy(Brief.objects.get())
    assert [b.text_en for b in after.bullets] == [b.text_en for b in before.bullets]
    assert (after.summary_en, after.bullets[2].text_zh[:2]) == (before.summary_en, "既然")


def test_edit_after_preview_blocks_taking_file(writer_client: Client, team: factories.Team) -> None:
    brief = create_edited_brief(writer_client, team)
    preview_url = upload_files(writer_client, make_file("a.txt", changed_seed()))
    form, html = open_preview(writer_client, preview_url)
    choice = {**form.data, **find_option(html, "The file’s")}
    factories.edit(Brief.objects.get(), team.publisher, headline_en="Meanwhile")
    before = checksum_without_uploads()
    html = writer_client.post(preview_url, choice, follow=True).content.decode()
    assert "has changed since the preview" in html
    assert checksum_without_uploads() == before
    # the upload is still pending and can be previewed again
    form, html = open_preview(writer_client, preview_url)
    writer_client.post(preview_url, {**form.data, **find_option(html, "The file’s")})
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).headline_en == "Meanwhile"
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).summary_en.startswith("Anew.")


def test_update_of_brief_edited_since_preview_is_refused(writer_client: Client, team: factories.Team) -> None:
    import_files(writer_client, make_file("a.txt", SAMPLE), make_file("b.txt", FAULTY))
    preview_url = upload_files(
        writer_client, make_file("a.txt", SAMPLE.replace(OLD, NEW)), make_file("c.txt", SEED.read_bytes())
    )
    form, _ = open_preview(writer_client, preview_url)
    brief = Brief.objects.order_by("pk")[0]
    factories.edit(brief, team.publisher, summary_en="Meanwhile")
    html = writer_client.post(preview_url, form.data, follow=True).content.decode()
    assert "people have edited brief" in html
    assert digest_statuses(html) == ["edited"]
    assert "1 digest of this upload is imported" in " ".join(html.split())
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).summary_en == "Meanwhile"


def test_live_brief_is_not_overwritten_by_file(client: Client, team: factories.Team) -> None:
    writer_client = sign_in(client, team.writer)
    import_files(writer_client, make_file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    for keyword in Keyword.objects.filter(label_en=""):
        Keyword.objects.filter(pk=keyword.pk).update(label_en=f"Label {keyword.pk}")
    workflow.submit(brief, by=team.writer, version=brief.version)
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE.replace(OLD, NEW)))
    form, html = open_preview(writer_client, preview_url)
    assert "seen-1-0" in form.data  # a writer may edit a brief in review, so may take the file
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    form, html = open_preview(writer_client, preview_url)
    assert "seen-1-0" not in form.data
    assert "This brief is live. Start a revision to change it." in html
    before = checksum_without_uploads()
    row = Brief.objects.get()
    forged = {"take": ["1-0"], "q-1-0-target": f"over-{row.pk}-{row.version}"}
    html = writer_client.post(preview_url, forged, follow=True).content.decode()
    assert "This brief is live. Start a revision" in html
    assert checksum_without_uploads() == before


def test_two_versions_in_one_upload_create_then_update_brief(writer_client: Client) -> None:
    preview_url = upload_files(
        writer_client,
        make_file("a.txt", SAMPLE),
        make_file("a.txt", SAMPLE.replace(OLD, NEW)),
        make_file("z.txt", SAMPLE),
    )
    form, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html) == ["created", "updated", "unchanged"]
    assert not re.search(r"/admin/briefs/brief/\d+/change/", html)
    writer_client.post(preview_url, form.data)
    assert workflow.load_working_copy(Brief.objects.get()).bullets[0].text_en.startswith(NEW)


def test_workflow_refuses_reimport_that_is_not_allowed(team: factories.Team) -> None:
    """Refused: a live or discarded brief, a stale version, a person who may not edit."""

    def reasons(brief: Brief, by: Person, over: int) -> list[str]:
        row = Brief.objects.get(pk=brief.pk)
        with pytest.raises(workflow.Refused) as refused:
            workflow.reimport(
                row, factories.content("y"), by=by, actor=by, provenance={}, flags={}, seen_version=over
            )
        return refused.value.codes

    brief = factories.draft_brief(team)
    assert reasons(brief, team.writer, brief.version - 1) == ["stale"]
    assert reasons(brief, team.reviewer, brief.version) in (["role"], ["state"])
    live = factories.live_brief(team, factories.content("x"))
    assert reasons(live, team.writer, live.version) == ["approved-closed"]
    workflow.discard(brief, by=team.writer, version=brief.version)
    brief = Brief.objects.get(pk=brief.pk)
    assert reasons(brief, team.writer, brief.version) == ["state"]
    assert Revision.objects.filter(kind="import").count() == 0


def test_discarded_brief_cannot_be_overwritten_by_file(writer_client: Client, team: factories.Team) -> None:
    brief = create_edited_brief(writer_client, team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    form, html = open_preview(writer_client, upload_files(writer_client, make_file("a.txt", changed_seed())))
    assert digest_statuses(html) == ["edited"]
    assert "You may not edit this brief now." in html
    assert "seen-1-0" not in form.data


# The same article under another file name


def renamed(*changes: tuple[str, str]) -> str:
    text = SAMPLE
    for old, new in changes:
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(("label", "count"), [("Update", 1), ("Second brief", 2), ("Skip", 1)])
def test_renamed_file_of_the_same_article_is_a_question(
    writer_client: Client, team: factories.Team, label: str, count: int
) -> None:
    import_files(writer_client, make_file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    preview_url = upload_files(
        writer_client, make_file("final2.txt", renamed((OLD, NEW))), make_file("new.txt", FAULTY)
    )
    form, html = open_preview(writer_client, preview_url)
    assert f"Update brief {brief.pk}, or store a second one?" in html
    assert "<mark>true</mark>" in html.replace("<mark>true </mark>", "<mark>true</mark>")
    assert "1 question left" in " ".join(html.split())
    assert re.findall(r'class="count">([^<]+)', html) == ["1 for you to decide", "1 new brief"]
    writer_client.post(preview_url, form.data)
    assert Brief.objects.count() == 2, "only what has no question is imported"
    form, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html) == ["created"], "the rest waits"
    label = f"Update {brief.pk}" if label == "Update" else label
    writer_client.post(preview_url, {**form.data, **find_option(html, label)})
    assert Brief.objects.count() == count + 1
    is_updated = workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).bullets[0].text_en.startswith(NEW)
    assert is_updated == label.startswith("Update")
    assert Upload.objects.order_by("created_at").last().done_at


def test_date_that_is_asked_is_no_difference(writer_client: Client) -> None:
    sample = SAMPLE.replace("2025-05-19", "05/06/2025")
    import_files(writer_client, make_file("a.txt", sample))
    preview_url = upload_files(writer_client, make_file("b.txt", sample.replace(OLD, NEW)), date_order="ask")
    _, html = open_preview(writer_client, preview_url)
    assert "Which day?" in html
    assert "1 part differs" in " ".join(html.split())


def test_brief_of_the_same_article_changed_or_created_since_the_preview_is_told(
    writer_client: Client, team: factories.Team
) -> None:
    preview_url = upload_files(writer_client, make_file("b.txt", renamed((OLD, NEW))))
    form, _ = open_preview(writer_client, preview_url)
    import_files(writer_client, make_file("a.txt", SAMPLE))
    page = writer_client.post(preview_url, form.data, follow=True).content.decode()
    assert "has changed since the preview" in page
    assert Brief.objects.count() == 1
    form, html = open_preview(writer_client, preview_url)
    choice = {**form.data, **find_option(html, f"Update {Brief.objects.get().pk}")}
    factories.edit(Brief.objects.get(), team.publisher, headline_en="Meanwhile")
    before = checksum_without_uploads()
    assert "changed" in writer_client.post(preview_url, choice, follow=True).content.decode()
    assert checksum_without_uploads() == before


def test_two_files_of_one_article_in_one_upload_are_a_question(writer_client: Client) -> None:
    preview_url = upload_files(
        writer_client, make_file("a.txt", SAMPLE), make_file("b.txt", renamed((OLD, NEW)))
    )
    form, html = open_preview(writer_client, preview_url)
    assert "“a.txt” of this upload digests the same article" in html
    writer_client.post(preview_url, form.data)
    assert Brief.objects.count() == 1
    form, html = open_preview(writer_client, preview_url)
    writer_client.post(preview_url, {**form.data, **find_option(html, f"Update {Brief.objects.get().pk}")})
    assert workflow.load_working_copy(Brief.objects.get()).bullets[0].text_en.startswith(NEW)


def test_live_brief_of_the_same_article_is_not_offered_for_update(
    writer_client: Client, team: factories.Team
) -> None:
    import_files(writer_client, make_file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    for keyword in Keyword.objects.filter(label_en=""):
        Keyword.objects.filter(pk=keyword.pk).update(label_en=f"Label {keyword.pk}")
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    preview_url = upload_files(writer_client, make_file("b.txt", renamed((OLD, NEW))))
    form, html = open_preview(writer_client, preview_url)
    assert "This brief is live. Start a revision" in html
    assert f">Update {brief.pk}<" not in html
    row = Brief.objects.get()
    forged = {**form.data, "q-1-0-target": f"over-{row.pk}-{row.version}"}
    page = writer_client.post(preview_url, forged, follow=True).content.decode()
    assert "This brief is live. Start a revision" in page
    assert Brief.objects.count() == 1


# Questions about dates and names


def test_ambiguous_date_waits_for_its_day_and_is_then_confirmed(writer_client: Client) -> None:
    preview_url = upload_files(
        writer_client, make_file("seed.txt", SEED.read_bytes()), make_file("a.txt", SAMPLE), date_order="ask"
    )
    form, html = open_preview(writer_client, preview_url)
    assert "Which day?" in html
    assert "can be read in two ways" not in html
    writer_client.post(preview_url, form.data)
    assert Brief.objects.count() == 1, "the one without a question"
    form, html = open_preview(writer_client, preview_url)
    assert writer_client.post(preview_url, {**form.data, "q-1-0-date": "2025-01-01"}, follow=True)
    assert Brief.objects.count() == 1, "not one of the readings"
    writer_client.post(preview_url, {**form.data, **find_option(html, "6 September 2025 (Saturday)")})
    brief = Brief.objects.order_by("pk").last()
    assert brief is not None
    assert (str(brief.article_date), brief.article_date_confirmed) == ("2025-09-06", True)


def test_similar_names_are_one_question_of_all_files(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="Russell Hsiao", name_zh="蕭良其")
    keyword = Keyword.make(label_zh="台灣海峽", label_en="Taiwan Strait")
    text = "作者/Author(s): Russell Hsaio\n來源/Source: Review\n日期/Date: 2025-05-19\n關鍵字/Keywords: 台海\n連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"
    preview_url = upload_files(
        writer_client, *(make_file(f"{n}.txt", text.replace("{n}", str(n))) for n in range(2))
    )
    form, html = open_preview(writer_client, preview_url)
    assert "Is “Russell Hsaio” the author Russell Hsiao 蕭良其?" in html
    assert html.count("<fieldset") == 2, "each is asked once"
    assert "2 questions left" in " ".join(html.split())
    assert html.count("Asked above") == 2
    assert writer_client.post(preview_url, form.data).status_code == 409, "nothing is answered"
    assert not Brief.objects.exists()
    writer_client.post(preview_url, {**form.data, **find_option(html, "The same")})
    assert not Brief.objects.exists()
    form, html = open_preview(writer_client, preview_url)
    assert "1 question left" in " ".join(html.split()), "an answer is kept"
    before = [kind.objects.count() for kind in (Author, Keyword)]
    writer_client.post(preview_url, {**form.data, **find_option(html, "台灣海峽")})
    assert Brief.objects.count() == 2
    assert [kind.objects.count() for kind in (Author, Keyword)] == before
    for brief in Brief.objects.all():
        facts = workflow.load_working_copy(brief).facts
        assert (facts.authors[0].author, facts.keywords) == (author.pk, (keyword.pk,))


def test_other_answers_add_the_name(writer_client: Client, team: factories.Team) -> None:
    Author.make(name="Russell Hsiao", name_zh="蕭良其")
    text = "作者/Author(s): Russell Hsaio\n日期/Date: 2025-05-19\n\n摘要:\n第篇。\n\nSummary:\nNumber.\n"
    preview_url = upload_files(writer_client, make_file("1.txt", text))
    form, html = open_preview(writer_client, preview_url)
    writer_client.post(preview_url, {**form.data, **find_option(html, "Somebody else")})
    assert Author.objects.filter(name="Russell Hsaio").exists()
