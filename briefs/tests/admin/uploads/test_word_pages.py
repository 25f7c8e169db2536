"""A brief's page for Word: export, what the file does not hold, and a returned table compared before it is stored."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.content import Bullet
from briefs.documents.parser import read_document
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.returned_table import read_table_file
from briefs.models import Brief, Note, Revision, Suggestion, Upload, UploadFile
from briefs.tests.documents.word_builder import edit_word_file
from briefs.tests.exchange.test_returned_table import COMMENT_MARK, comment, row_of, tracked
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, brief_url, sign_in

from .test_upload import SAMPLE, find_option

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def open_form(client: Client, page: str) -> Form:
    return Form(client.get(page).content.decode(), id="confirm-form")


def make_table(brief: Brief, *changes: tuple[str, str], comments: str = "") -> SimpleUploadedFile:
    (file,) = write_table_files([brief])
    return SimpleUploadedFile("回稿.docx", edit_word_file(file.data, *changes, comments=comments))


def page_of(brief: Brief) -> str:
    return f"/admin/briefs/brief/{brief.pk}/word/"


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_page_offers_both_files_and_says_what_they_lack(writer_client: Client, team: factories.Team) -> None:
    facts = factories.facts(access="free", title="An Article", source_withdrew=True)
    brief = factories.draft_brief(team, factories.content(facts=facts))
    html = writer_client.get(page_of(brief)).content.decode()
    assert "Not in the file: Access; " in plain(html)
    digest = writer_client.get(f"{page_of(brief)}digest/")
    assert f'filename="{brief.pk:05}-2025-06-09.docx"' in digest["Content-Disposition"]
    (reading,) = read_document(digest.content, "a.docx")
    assert reading.parsed.title == {"zh": "標題", "en": "A Headline"}
    assert writer_client.get(f"{page_of(brief)}poster/").status_code == 404
    assert page_of(brief) in writer_client.get(f"/admin/briefs/brief/{brief.pk}/change/").content.decode()


def test_returned_table_is_compared_then_stored_once(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    file = make_table(
        brief,
        (">A Headline<", ">A <b>Better</b> Headline<".replace("<b>", "&lt;b>").replace("</b>", "")),
        (">A summary.<", f">{tracked('A summary.', 'The summary.')}<"),
        (">摘要。</w:t></w:r>", f">摘要。</w:t></w:r>{COMMENT_MARK}"),
        comments=comment(1, "王小明", "請查證。"),
    )
    answer = client.post(page_of(brief), {"file": file})
    html = client.get(answer["Location"]).content.decode()
    assert "<mark>&lt;b&gt;Better</mark>" in html.replace(
        "<mark>&lt;b&gt;Better </mark>", "<mark>&lt;b&gt;Better</mark>"
    )
    assert "回稿.docx 1 row changed 1 suggestion 1 note" in plain(html)
    assert "Summary · Ann Lee" in html
    assert "Summary · Chinese 王小明: 請查證。" in plain(html)
    assert [kind.objects.count() for kind in (Revision, Suggestion, Note)] == [1, 0, 0]
    for _ in range(2):  # the second click finds nothing to store
        stored = client.post(answer["Location"], Form(html, id="confirm-form").data)
        assert stored["Location"] == brief_url(brief)
    assert (
        "The table was stored: 1 row changed, 1 suggestion, 1 note."
        in client.get(brief_url(brief)).content.decode()
    )
    assert "What was imported" in client.get(answer["Location"]).content.decode()
    assert factories.load_content(brief).headline_en == "A <b>Better Headline"
    assert Revision.objects.get(brief=brief, number=2).by == team.reviewer
    assert Suggestion.objects.get().text == "The summary."
    assert Note.objects.get().text == "王小明: 請查證。"
    assert not UploadFile.objects.exists()


def test_uploaded_table_opens_for_its_person_only(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    page = client.post(page_of(brief), {"file": make_table(brief, (">A Headline<", ">Theirs<"))})["Location"]
    form = open_form(client, page)
    sign_in(client, team.other_writer)
    assert [client.get(page).status_code, client.post(page, form.data).status_code] == [404, 404]
    assert Revision.objects.count() == 1
    assert Upload.objects.count() == 1


def test_row_changed_meanwhile_is_shown_with_both_texts(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    table = make_table(brief, (">A Headline<", ">From outside<"), (">摘要。<", ">外來摘要。<"))
    brief = factories.edit(brief, team.other_writer, headline_en="From the desk")
    page = writer_client.post(page_of(brief), {"file": table})["Location"]
    html = writer_client.get(page).content.decode()
    assert "Row Headline was changed on the desk since the export. Which text?" in html
    assert "there: From the desk · in the file: From outside" in html
    form = open_form(writer_client, page)
    assert writer_client.post(page, form.data).status_code == 409, "the question is open"
    choice = {**form.data, **find_option(html, "The file’s")}
    newer = factories.edit(brief, team.other_writer, headline_zh="桌上標題")
    late = writer_client.post(page, choice, follow=True)
    assert "The brief changed while you were reading." in late.content.decode()
    assert factories.load_content(newer).headline_en == "From the desk"
    form = open_form(writer_client, page)
    writer_client.post(page, form.data)
    content = factories.load_content(newer)
    assert (content.headline_en, content.headline_zh, content.summary_zh) == (
        "From outside",
        "桌上標題",
        "外來摘要。",
    )


def test_chosen_text_of_the_file_is_taken_whole(writer_client: Client, team: factories.Team) -> None:
    """The desk's change at the other end of the text is not merged into it."""
    brief = factories.draft_brief(team)
    table = make_table(brief, (">A Headline<", ">The Headline<"))
    brief = factories.edit(brief, team.other_writer, headline_en="A Headline of the desk")
    page = writer_client.post(page_of(brief), {"file": table})["Location"]
    html = writer_client.get(page).content.decode()
    writer_client.post(page, {**open_form(writer_client, page).data, **find_option(html, "The file’s")})
    assert factories.load_content(brief).headline_en == "The Headline"


def test_text_of_the_desk_is_kept_if_chosen(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    table = make_table(brief, (">A Headline<", ">From outside<"), (">摘要。<", ">外來摘要。<"))
    brief = factories.edit(brief, team.other_writer, headline_en="From the desk")
    page = writer_client.post(page_of(brief), {"file": table})["Location"]
    html = writer_client.get(page).content.decode()
    writer_client.post(
        page, {**open_form(writer_client, page).data, **find_option(html, "Keep what is there")}
    )
    content = factories.load_content(brief)
    assert (content.headline_en, content.summary_zh) == ("From the desk", "外來摘要。")


def test_row_of_a_table_can_be_left_out(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    table = make_table(
        brief,
        (">A Headline<", ">Outside<"),
        (">摘要。<", f">{tracked('摘要。', '外來摘要。')}<"),
        (">Point 0.<", ">Point zero.<"),
    )
    page = writer_client.post(page_of(brief), {"file": table})["Location"]
    form = open_form(writer_client, page)
    (key,) = form.data["take"]
    assert form.data[f"row-{key}"] == ["headline", "b1", "b2", "b3", "summary"]
    writer_client.post(page, {**form.data, f"row-{key}": ["b1"]})
    content = factories.load_content(brief)
    texts = [bullet.text_en for bullet in content.bullets]
    assert (content.headline_en, *texts) == ("A Headline", "Point zero.", "Point 0.", "Point 0.")
    assert not Suggestion.objects.exists()


def test_merged_cell_and_swapped_languages_are_questions(writer_client: Client, team: factories.Team) -> None:
    bullets = tuple(Bullet(0, f"計畫{zh}。", f"Plan {n}.") for n, zh in enumerate("一二三", 1))
    brief = factories.draft_brief(team, factories.content(bullets=bullets))
    (file,) = write_table_files([brief])
    rows = {n: row_of(file.data, f"#{n}") for n in (1, 2, 3)}
    merged = {
        n: re.sub(r"<w:tc>(?:(?!</w:tc>).)*計畫.*?</w:tc>", "", rows[n], count=1).replace(
            f"Plan {n}.", f"新計畫{n}。New plan {n}."
        )
        for n in (1, 2)
    }
    swapped = rows[3].replace("計畫三。", "%").replace("Plan 3.", "新計畫三。").replace("%", "New plan 3.")
    data = edit_word_file(file.data, *((rows[n], merged[n]) for n in merged), (rows[3], swapped))
    page = writer_client.post(page_of(brief), {"file": SimpleUploadedFile("a.docx", data)})["Location"]
    html = writer_client.get(page).content.decode()
    assert "Row #1 has both languages in one merged cell. What now?" in html
    assert "Row #3 seems to have its languages swapped. What now?" in html
    assert "3 questions left" in plain(html)
    form = open_form(writer_client, page)
    (key,) = form.data["take"]
    answers = {f"q-{key}-row-b{n}": answer for n, answer in ((1, "split"), (2, "skip"), (3, "swap"))}
    unanswered = {**form.data, f"asks-{key}": [], "q-1-0-row-b1": "split"}
    assert "has a question" in writer_client.post(page, unanswered, follow=True).content.decode()
    assert factories.load_content(brief).bullets[0].text_en == "Plan 1."
    writer_client.post(page, {**form.data, **answers})
    assert [(b.text_zh, b.text_en) for b in factories.load_content(brief).bullets] == [
        ("新計畫1。", "New plan 1."), ("計畫二。", "Plan 2."), ("新計畫三。", "New plan 3."),
    ]  # fmt: skip


def test_wrong_files_and_closed_briefs_are_refused_in_a_sentence(
    client: Client, team: factories.Team
) -> None:
    brief, other, live = factories.draft_brief(team), factories.draft_brief(team), factories.live_brief(team)
    sign_in(client, team.writer)

    def upload(to: Brief, *files: SimpleUploadedFile) -> str:
        answer = client.post(page_of(to), {"file": files[0]} if files else {})
        assert answer.status_code == 409
        return plain(answer.content.decode())

    (text,) = (SimpleUploadedFile("a.docx", b"PK\x03\x04 no zip"),)
    assert "Choose a file." in upload(brief)
    assert "damaged or incomplete" in upload(brief, text)
    assert f"This is the table of brief {other.pk}." in upload(brief, make_table(other))
    digest = SimpleUploadedFile("a.docx", client.get(f"{page_of(brief)}digest/").content)
    assert "not a table that was exported from this site" in upload(brief, digest)
    old = SimpleUploadedFile("舊.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "“舊.doc”: This is an older Word file (.doc)." in upload(brief, old)
    long = make_table(brief, (">Point 0.<", f">{'long ' * 2000}<"))
    assert "#1: Bullet is too long: 9999 characters" in upload(brief, long)
    assert "Start a revision to change it." in upload(live, make_table(live))
    assert "Start a revision to change it." in plain(client.get(page_of(live)).content.decode())
    assert not Upload.objects.exists()
    sign_in(client, team.reviewer)
    assert "You may not edit this brief now." in upload(brief, make_table(brief))


def test_tables_come_back_with_documents(writer_client: Client, team: factories.Team) -> None:
    brief, live = factories.draft_brief(team), factories.live_brief(team)
    files = [
        make_table(brief, (">A Headline<", ">Theirs<")),
        make_table(live, (">A Headline<", ">Theirs<")),
        SimpleUploadedFile("a.txt", SAMPLE.encode()),
    ]
    fields = {"words_of": team.writer.pk, "date_order": "mdy", "files": files}
    page = writer_client.post("/admin/briefs/brief/upload/", fields)["Location"]
    html = writer_client.get(page).content.decode()
    assert f"Updates {brief.pk}" in html
    assert "Start a revision to change it." in html
    writer_client.post(page, open_form(writer_client, page).data)
    assert factories.load_content(brief).headline_en == "Theirs"
    assert factories.load_content(live).headline_en == "A Headline"
    assert Brief.objects.count() == 3
    assert Upload.objects.get().done_at


def test_ten_tables_in_one_zip_come_back_as_one_file(writer_client: Client, team: factories.Team) -> None:
    briefs = [factories.draft_brief(team) for _ in range(10)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for n, brief in enumerate(briefs):
            packed.writestr(f"回稿/{n}.docx", make_table(brief, (">A Headline<", f">Headline {n}<")).read())
        packed.writestr("__MACOSX/._0.docx", b"x")
    fields = {"words_of": team.writer.pk, "date_order": "mdy"}
    for name, data in (("broken.zip", b"PK"), ("tables.zip", archive.getvalue())):
        answer = writer_client.post(
            "/admin/briefs/brief/upload/", {**fields, "files": SimpleUploadedFile(name, data)}
        )
        assert answer.status_code == (409 if name == "broken.zip" else 302)
    html = writer_client.get(answer["Location"]).content.decode()
    assert "Import 10" in plain(html)
    writer_client.post(answer["Location"], open_form(writer_client, answer["Location"]).data)
    assert [factories.load_content(b).headline_en for b in briefs] == [f"Headline {n}" for n in range(10)]
    assert "Download the 10 tables as they are now (.zip)" in plain(
        writer_client.get(answer["Location"]).content.decode()
    )
    returned = zipfile.ZipFile(io.BytesIO(writer_client.get(f"{answer['Location']}?tables").content))
    tables = [read_table_file(returned.read(name)) for name in returned.namelist()]
    assert [
        (table.brief, table.revision, table.rows["headline"].cells["en"].text) for table in tables if table
    ] == [(brief.pk, 2, f"Headline {n}") for n, brief in enumerate(briefs)]


def test_second_press_stores_no_table_again(writer_client: Client, team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team)
    files = [make_table(brief, (">A Headline<", ">One<")), make_table(other, (">A Headline<", ">Two<"))]
    fields = {"words_of": team.writer.pk, "date_order": "mdy", "files": files}
    page = writer_client.post("/admin/briefs/brief/upload/", fields)["Location"]
    form = open_form(writer_client, page)
    for take in (["1-0"], ["1-0"], form.data["take"]):
        writer_client.post(page, {**form.data, "take": take})
    assert [factories.load_content(b).headline_en for b in (brief, other)] == ["One", "Two"]
    assert Revision.objects.filter(brief=brief).count() == 2
