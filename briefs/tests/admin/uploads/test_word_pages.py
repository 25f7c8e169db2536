"""A brief's page for Word: export, what the file does not hold, and a returned table as suggestions and notes."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.bilingual.documents.parser import read_document
from briefs.exchange.brief_text import write_table_files
from briefs.models import Brief, Note, Suggestion
from briefs.tests.bilingual.documents.word_builder import edit_word_file
from briefs.tests.exchange.test_returned_table import COMMENT_MARK, comment, tracked
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, sign_in

from .test_document_imports import SAMPLE, import_files

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def make_table(brief: Brief, *changes: tuple[str, str], comments: str = "") -> SimpleUploadedFile:
    (file,) = write_table_files([brief])
    return SimpleUploadedFile("回稿.docx", edit_word_file(file.data, *changes, comments=comments))


def page_of(brief: Brief) -> str:
    return f"/admin/briefs/brief/{brief.pk}/word/"


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_page_offers_both_files_and_says_what_they_lack(writer_client: Client, team: Team) -> None:
    facts = factories.facts(access="free", title="An Article", source_withdrew=True)
    brief = factories.draft_brief(team, factories.content(facts=facts))
    page = page_of(brief)
    assert "Not in the file: Access; " in plain(writer_client.get(page).text)
    digest = writer_client.get(f"{page}digest/")
    assert f'filename="{brief.pk:05}-2025-06-09.docx"' in digest["Content-Disposition"]
    (reading,) = read_document(digest.content, "a.docx")
    assert reading.parsed.title == {"zh": "標題", "en": "A Headline"}
    assert writer_client.get(f"{page}poster/").status_code == 404
    assert page in writer_client.get(brief_url(brief)).text


def test_returned_table_becomes_suggestions_and_notes_once(client: Client, team: Team) -> None:
    brief = factories.submitted_brief(team)
    sign_in(client, team.reviewer)
    changes = (
        (">A Headline<", ">A &lt;b>Better Headline<"),
        (">A summary.<", f">{tracked('A summary.', 'The summary.')}<"),
        (">摘要。</w:t></w:r>", f">摘要。</w:t></w:r>{COMMENT_MARK}"),
    )
    for sentence in ("2 suggestions, 1 note", "nothing new"):
        table = make_table(brief, *changes, comments=comment(1, "王小明", "請查證。"))
        page = client.post(page_of(brief), {"file": table}, follow=True)
        assert page.redirect_chain == [(brief_url(brief), 302)]
        assert f"The table was stored: {sentence}." in page.text
    html = page.text
    assert "“回稿.docx” suggests 2 changes." in plain(html)
    assert "<b>Better" not in html
    assert factories.load_content(brief).headline_en == "A Headline"
    assert Suggestion.objects.get(field="summary").why == "Ann Lee"
    assert Note.objects.get().text == "王小明: 請查證。"


def test_wrong_files_and_closed_briefs_are_refused_in_a_sentence(client: Client, team: Team) -> None:
    brief, other, live = factories.draft_brief(team), factories.draft_brief(team), factories.live_brief(team)
    sign_in(client, team.writer)

    def upload(to: Brief, *files: SimpleUploadedFile) -> str:
        answer = client.post(page_of(to), {"file": files[0]} if files else {})
        assert answer.status_code == 409
        return plain(answer.text)

    (text,) = (SimpleUploadedFile("a.docx", b"PK\x03\x04 no zip"),)
    assert "Choose a file." in upload(brief)
    assert "damaged or incomplete" in upload(brief, text)
    assert f"This is the table of brief {other.pk}." in upload(brief, make_table(other))
    digest = SimpleUploadedFile("a.docx", client.get(f"{page_of(brief)}digest/").content)
    assert "not a table that was exported from this site" in upload(brief, digest)
    old = SimpleUploadedFile("舊.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "“舊.doc”: This is an older Word file (.doc)." in upload(brief, old)
    long = make_table(brief, (">Point 0.<", f">{'long ' * 2000}<"))
    client.post(page_of(brief), {"file": long})
    assert "#1 is longer than 6000 characters and was not read." in Note.objects.get().text
    assert "Start a revision to change it." in upload(live, make_table(live))
    assert "Start a revision to change it." in plain(client.get(page_of(live)).text)
    sign_in(client, team.reviewer)
    assert "You may not edit this brief now." in upload(brief, make_table(brief))


def test_tables_come_back_with_documents(writer_client: Client, team: Team) -> None:
    brief, live = factories.draft_brief(team), factories.live_brief(team)
    tables = (make_table(row, (">A Headline<", ">Theirs<")) for row in (brief, live))
    answer = import_files(writer_client, *tables, SimpleUploadedFile("a.txt", SAMPLE.encode()))
    page = plain(answer.text)
    assert "1 suggestion" in page
    assert "This brief is “Approved” now" in page
    assert [row.suggestions.count() for row in (brief, live)] == [1, 0]
    assert Brief.objects.count() == 3


def test_ten_tables_come_back_in_one_zip(writer_client: Client, team: Team) -> None:
    briefs = [factories.draft_brief(team) for _ in range(10)]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for n, brief in enumerate(briefs):
            packed.writestr(f"回稿/{n}.docx", make_table(brief, (">A Headline<", f">Headline {n}<")).read())
        packed.writestr("__MACOSX/._0.docx", b"x")
    assert import_files(writer_client, SimpleUploadedFile("broken.zip", b"PK")).status_code == 409
    import_files(writer_client, SimpleUploadedFile("tables.zip", archive.getvalue()))
    assert [brief.suggestions.get().text for brief in briefs] == [f"Headline {n}" for n in range(10)]
