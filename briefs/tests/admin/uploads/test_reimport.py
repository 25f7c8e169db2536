"""A file again: unchanged, updated by pair, or refused because edited since, with the choice to take it."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Event, Keyword, Person, Revision

from ...conftest import SEED
from ...support import factories
from ...support.form_client import sign_in
from .test_upload import FAULTY, NEW, OLD, SAMPLE, checksum, file, imported, preview, statuses, upload

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def test_a_file_again_is_unchanged_or_updates_by_pair(mine: Client) -> None:
    imported(mine, file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    form, html = preview(mine, upload(mine, file("a.txt", SAMPLE)))
    assert statuses(html) == ["unchanged"]
    assert "take" not in form.data
    assert f"/admin/briefs/brief/{brief.pk}/change/" in html
    before = checksum()
    page = upload(mine, file("a.txt", SAMPLE.replace(OLD, NEW)))
    form, html = preview(mine, page)
    assert statuses(html) == ["updated"]
    assert "<mark>true</mark>" in html.replace("<mark>true </mark>", "<mark>true</mark>")
    assert "8 bullets" in " ".join(html.split())
    assert checksum() == before
    mine.post(page, form.data)
    assert workflow.load_working_copy(Brief.objects.get()).bullets[0].text_en.startswith(NEW)
    assert [b.number for b in workflow.load_working_copy(brief).bullets] == list(range(1, 10))


def edited(mine: Client, team: factories.Team) -> Brief:
    """Imported, then given a headline and other words on the desk."""
    imported(mine, file("a.txt", SEED.read_bytes()))
    brief = Brief.objects.get()
    content = workflow.load_working_copy(brief)
    bullets = (replace(content.bullets[0], text_en="Written on the desk."), *content.bullets[1:])
    return factories.edit(
        brief,
        team.writer,
        bullets=bullets,
        headline_zh="桌上的標題",
        facts=replace(content.facts, url="https://example.org/a", date="2025-06-09"),
    )


def changed_seed() -> bytes:
    return SEED.read_bytes().replace(b"The Trump administration may lift", b"Anew. It may lift")


def test_what_was_edited_since_is_shown_side_by_side_and_left_alone(
    mine: Client, team: factories.Team
) -> None:
    brief = edited(mine, team)
    before = checksum()
    page = upload(mine, file("a.txt", changed_seed()))
    form, html = preview(mine, page)
    assert statuses(html) == ["edited"]
    assert "take" not in form.data
    assert "people have edited brief" in html
    assert "Take the file as a new revision" in html
    assert "Written on the desk." in re.sub("</?mark>", "", html)
    assert checksum() == before
    assert mine.post(page, form.data).status_code == 409
    assert mine.post(page, form.data_with(**{"take": ["1-0"], "seen-1-0": "updated"})).status_code == 302
    assert mine.post(page, form.data_with(**{"take": ["1-0"], "seen-1-0": "created"})).status_code == 302
    assert workflow.load_working_copy(brief) == workflow.load_working_copy(Brief.objects.get())
    assert checksum() == before


def test_the_file_as_a_new_revision_keeps_what_it_does_not_say(mine: Client, team: factories.Team) -> None:
    brief = edited(mine, team)
    page = upload(mine, file("a.txt", changed_seed()), words_of=team.other_writer.pk)
    form, _ = preview(mine, page)
    mine.post(page, form.data_with(take=["1-0"]))
    row = Brief.objects.get()
    content = workflow.load_working_copy(row)
    assert content.bullets[0].text_en != "Written on the desk."
    assert content.summary_en.startswith("Anew.")
    assert (content.headline_zh, content.facts.url) == ("桌上的標題", "https://example.org/a")
    assert row.version > brief.version
    revision = Revision.objects.filter(brief=row).latest("number")
    assert (revision.kind, revision.by, revision.changed_en) == ("import", team.other_writer, True)
    assert Event.objects.filter(brief=row).last().by == team.writer
    # and the next form of the file, without a hand in between, keeps it too
    imported(mine, file("a.txt", changed_seed().replace(b"Anew.", b"Once more.")))
    content = workflow.load_working_copy(Brief.objects.get())
    assert (content.headline_zh, content.summary_en[:10]) == ("桌上的標題", "Once more.")


def test_what_changed_after_the_preview_is_caught(mine: Client, team: factories.Team) -> None:
    brief = edited(mine, team)
    page = upload(mine, file("a.txt", changed_seed()))
    form, _ = preview(mine, page)
    factories.edit(Brief.objects.get(), team.publisher, headline_en="Meanwhile")
    before = checksum()
    html = mine.post(page, form.data_with(take=["1-0"]), follow=True).content.decode()
    assert "has changed since the preview" in html
    assert checksum() == before
    form, _ = preview(mine, page)  # it waits, and is looked at again
    mine.post(page, form.data_with(take=["1-0"]))
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).headline_en == "Meanwhile"
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).summary_en.startswith("Anew.")


def test_an_update_that_somebody_edited_meanwhile_is_refused(mine: Client, team: factories.Team) -> None:
    imported(mine, file("a.txt", SAMPLE), file("b.txt", FAULTY))
    page = upload(mine, file("a.txt", SAMPLE.replace(OLD, NEW)), file("c.txt", SEED.read_bytes()))
    form, _ = preview(mine, page)
    brief = Brief.objects.order_by("pk")[0]
    factories.edit(brief, team.publisher, summary_en="Meanwhile")
    html = mine.post(page, form.data, follow=True).content.decode()
    assert "people have edited brief" in html
    assert statuses(html) == ["edited", "unchanged"]
    assert "1 digest of this upload is imported" in " ".join(html.split())
    assert workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).summary_en == "Meanwhile"


def test_a_live_brief_is_not_taken_over(client: Client, team: factories.Team) -> None:
    mine = sign_in(client, team.writer)
    imported(mine, file("a.txt", SAMPLE))
    brief = Brief.objects.get()
    for keyword in Keyword.objects.filter(label_en=""):
        Keyword.objects.filter(pk=keyword.pk).update(label_en=f"Label {keyword.pk}")
    workflow.submit(brief, by=team.writer, version=brief.version)
    page = upload(mine, file("a.txt", SAMPLE.replace(OLD, NEW)))
    form, html = preview(mine, page)
    assert "seen-1-0" in form.data  # in review a writer may edit, so may take it
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher)
    form, html = preview(mine, page)
    assert "seen-1-0" not in form.data
    assert "This brief is live. Start a revision to change it." in html
    before = checksum()
    row = Brief.objects.get()
    forged = {"take": ["1-0"], "seen-1-0": f"over-{row.pk}-{row.version}"}
    html = mine.post(page, forged, follow=True).content.decode()
    assert "This brief is live. Start a revision" in html
    assert checksum() == before


def test_two_forms_of_one_document_in_one_upload(mine: Client) -> None:
    page = upload(mine, file("a.txt", SAMPLE), file("a.txt", SAMPLE.replace(OLD, NEW)), file("z.txt", SAMPLE))
    form, html = preview(mine, page)
    assert statuses(html) == ["created", "updated", "unchanged"]
    assert not re.search(r"/admin/briefs/brief/\d+/change/", html)
    mine.post(page, form.data)
    assert workflow.load_working_copy(Brief.objects.get()).bullets[0].text_en.startswith(NEW)


def test_taking_a_file_over_is_the_workflows_to_refuse(team: factories.Team) -> None:
    """Whoever calls it: no live or discarded brief, no stale version, nobody who may not edit."""

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


def test_a_discarded_brief_is_shown_without_the_choice(mine: Client, team: factories.Team) -> None:
    brief = edited(mine, team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    form, html = preview(mine, upload(mine, file("a.txt", changed_seed())))
    assert statuses(html) == ["edited"]
    assert "You may not edit this brief now." in html
    assert "seen-1-0" not in form.data
