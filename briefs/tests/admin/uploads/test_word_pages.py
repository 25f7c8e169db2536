"""A brief's page for Word: export, what the file does not hold, and a returned table compared before it is stored."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.documents.parser import read_document
from briefs.exchange.brief_text import write_table_files
from briefs.models import Brief, Note, Revision, Suggestion, Upload
from briefs.tests.documents.word_builder import edit_word_file
from briefs.tests.exchange.test_returned_table import COMMENT_MARK, comment, tracked
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


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
    assert "1 row changed 1 suggestion 1 note 回稿.docx" in plain(html)
    assert "Summary · Ann Lee" in html
    assert "Summary · Chinese 王小明: 請查證。" in plain(html)
    assert [kind.objects.count() for kind in (Revision, Suggestion, Note)] == [1, 0, 0]
    for _ in range(2):  # the second click finds no upload
        stored = client.post(answer["Location"], {"version": brief.version})
        assert stored.status_code == 302
    back = client.get(answer["Location"], follow=True)
    assert "This upload no longer exists: it was stored already" in back.content.decode()
    assert factories.load_content(brief).headline_en == "A <b>Better Headline"
    assert Revision.objects.get(brief=brief, number=2).by == team.reviewer
    assert Suggestion.objects.get().text == "The summary."
    assert Note.objects.get().text == "王小明: 請查證。"
    assert not Upload.objects.exists()


def test_uploaded_table_opens_for_its_brief_and_person_only(client: Client, team: factories.Team) -> None:
    brief, other = factories.draft_brief(team), factories.draft_brief(team)
    sign_in(client, team.writer)
    page = client.post(page_of(brief), {"file": make_table(brief, (">A Headline<", ">Theirs<"))})["Location"]
    for person, address in (
        (team.writer, page.replace(page_of(brief), page_of(other))),
        (team.other_writer, page),
    ):
        sign_in(client, person)
        for answer in (client.get(address), client.post(address, {"version": brief.version})):
            assert (answer.status_code, "word" in answer["Location"]) == (302, True)
            assert address.startswith(answer["Location"])
    assert Revision.objects.count() == 2
    assert Upload.objects.count() == 1


def test_row_changed_meanwhile_is_shown_with_both_texts(writer_client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    table = make_table(brief, (">A Headline<", ">From outside<"), (">摘要。<", ">外來摘要。<"))
    brief = factories.edit(brief, team.other_writer, headline_en="From the desk")
    page = writer_client.post(page_of(brief), {"file": table})["Location"]
    html = writer_client.get(page).content.decode()
    refused = html[html.index("refused-title") : html.index("changes-title")]
    assert "From the desk" in plain(refused).replace(" the desk", " the desk")
    assert "outside" in refused
    newer = factories.edit(brief, team.other_writer, summary_zh="桌上摘要。")
    late = writer_client.post(page, {"version": brief.version})
    assert late.status_code == 409
    assert "The brief changed while you were reading." in late.content.decode()
    assert "Store this" not in late.content.decode(), "nothing is left to store"
    assert factories.load_content(newer).summary_zh == "桌上摘要。"


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


def test_table_on_the_page_for_documents_is_sent_to_its_brief(
    writer_client: Client, team: factories.Team
) -> None:
    brief = factories.draft_brief(team)
    fields = {"words_of": team.writer.pk, "date_order": "mdy", "files": make_table(brief)}
    answer = writer_client.post("/admin/briefs/brief/upload/", fields)
    assert (
        f"This is the table of brief {brief.pk} for translators."
        in writer_client.get(answer["Location"]).content.decode()
    )
