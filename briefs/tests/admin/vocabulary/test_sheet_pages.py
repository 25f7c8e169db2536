"""Vocabulary sheets in the admin: preview, import of the whole sheet or nothing, permissions and export."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from briefs import workflow
from briefs.exchange.sheets import sheet_files, waiting_sheets
from briefs.exchange.sheets.vocabulary_sheets import export_rows
from briefs.models import Author, Brief, Draft, EditionTerm, Event, Keyword, Outbox, SheetFile, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.operations import notifications
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, sign_in

from .test_sheet_preview import plan

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

KINDS = ("author", "source", "keyword", "term")


def vocabulary_url(kind: str = "keyword", *parts: object) -> str:
    return f"/admin/briefs/{kind}/" + "".join(f"{part}/" for part in parts)


def sheet_bytes(*rows: list[str], form: sheet_files.SheetFormat = "csv") -> bytes:
    return sheet_files.write_sheet(rows, form, title="x")


def upload_sheet(client: Client, data: bytes, kind: str = "keyword") -> Any:
    file = SimpleUploadedFile("關鍵字.csv", data)
    return client.post(vocabulary_url(kind, "import"), {"files": file, "csrfmiddlewaretoken": "x"})


def open_preview(client: Client, data: bytes, kind: str = "keyword") -> str:
    """Upload a sheet and return the HTML of its preview."""
    response = upload_sheet(client, data, kind)
    assert response.status_code == 200, response.text
    return " ".join(response.text.split())


def press_import(client: Client, preview: str, kind: str = "keyword") -> Any:
    """Press *Import* on the preview and return the answer: the list, or the upload page with reasons."""
    data = Form(preview, id="confirm-form").data
    return client.post(vocabulary_url(kind, "process_import"), data, follow=True)


def import_sheet(client: Client, data: bytes, kind: str = "keyword") -> str:
    response = press_import(client, open_preview(client, data, kind), kind)
    assert response.status_code == 200, response.text
    return " ".join(response.text.split())


def all_rows() -> list[list[Any]]:
    models: tuple[Any, ...] = (Author, Source, Keyword, Term, Event, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def create_row_of_each_kind() -> dict[str, Vocabulary]:
    return {
        "author": Author.make(name="=Vivek Chilukuri", family="Chilukuri", name_zh="奇魯庫里", name_zh_kind="own"),
        "source": Source.make(name="Foreign Affairs", url="https://example.org/", aliases=["FA", "-外交"]),
        "keyword": Keyword.make(label_zh="科技", label_en="'Technology", listed=False),
        "term": Term.make(zh="灰色地帶", en="gray zone", also_en=["@grey", "＝gray"], note="第一行\n=第二行"),
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "form"), list(zip(KINDS, ("csv", "xlsx", "csv", "xlsx"), strict=True)))
def test_reimporting_export_reports_no_changes(client: Client, team: Team, kind: str, form: str) -> None:
    row = create_row_of_each_kind()[kind]
    sign_in(client, team.writer)
    response = client.post(vocabulary_url(kind, "export"), {"format": form})
    assert response["Content-Disposition"].endswith(f'.{form}"')
    page = open_preview(client, response.content, kind)
    assert "1 unchanged" in page
    assert "there is nothing to import" in page
    assert "Import 0" not in page
    rows_without_slug = list(export_rows(type(row), type(row)._default_manager.all()))
    rows_without_slug[1][0] = ""
    outcome = plan(sheet_files.read_sheet(sheet_bytes(*rows_without_slug)), type(row), team.writer)
    assert (outcome.unchanged, outcome.rows) == (1, [])  # matched by name


def test_writer_previews_then_imports_new_and_changed_entries(client: Client, team: Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology", kind="topic")
    before = all_rows()
    sign_in(client, team.writer)
    data = sheet_bytes(
        ["slug", "label_zh", "label_en"], ["technology", "科技", "Science and technology"], ["", "北極", ""]
    )
    page = open_preview(client, data)
    assert all_rows() == before
    assert "1 new entry" in page
    assert "Import 2" in page
    assert "emptied" not in page
    assert "<mark>Science and technology</mark>" in page
    assert "style=" not in page
    answer = press_import(client, page).text
    assert "Imported: 1 new entry, 1 entry changed." in answer
    old, new = Keyword.objects.order_by("pk")
    # a missing column keeps the stored value
    assert (old.label_en, old.kind) == ("Science and technology", "topic")
    assert (new.label_zh, new.slug[:8], new.listed) == ("北極", "keyword-", True)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Imported from “關鍵字.csv”"] * 2
    after = all_rows()
    again = press_import(client, page)
    assert again.status_code == 409
    assert "was imported already" in again.text
    assert all_rows() == after
    assert not SheetFile.objects.exists()


def test_empty_cell_clears_field_and_lines_are_a_list(client: Client, team: Team) -> None:
    row = Source.make(name="FP", name_zh="外交", aliases=["乙"])
    sign_in(client, team.writer)
    head = ["slug", "name", "aliases", "name_zh"]
    data = sheet_bytes(head, [row.slug, "FP", "", ""], ["", "<i>FA", "乙\r\n\r\n 丙 \n乙", ""])
    page = open_preview(client, data, "source")
    assert "2 cells that have text are emptied" in page
    assert "&lt;i&gt;FA" in page
    assert "<i>FA" not in page
    import_sheet(client, data, "source")
    rows = Source.objects.order_by("pk").values_list("name", "aliases", "name_zh")
    assert list(rows) == [("FP", [], ""), ("<i>FA", ["乙", "丙"], "")]


BAD = {
    "unknown slug": (["no-such", "乙", "B", ""], "column “slug”: no entry has the slug “no-such”"),
    "no name": (["", "", "", "TRUE"], "column “label_zh”: a row without a slug needs a name here."),
    "too long": (["", "乙" * 81, "B", ""], "column “label_zh”: Ensure this value has at most 80 characters"),
    "no flag": (["", "乙", "B", "maybe"], "column “listed”: Write TRUE or FALSE."),
    "a flag emptied": (["technology", "科技", "T", ""], "column “listed”: Write TRUE or FALSE."),
    "both labels gone": (["technology", "", "", "TRUE"], "column “label_zh”: a keyword needs a label"),
    "control character": (
        ["", "乙\x07", "B", ""],
        "column “label_zh”: Line 1: remove the control character U+0007.",
    ),
    "two entries meant": (["", "科技", "Arctic", ""], "column “slug”: more than one entry is meant"),
    "a name taken": (
        ["arctic", "科技", "Arctic", "TRUE"],
        "column “label_zh”: “科技” belongs to another entry",
    ),
    "twice": (["", "Another", "另", ""], "Row 3: row 2 is about the same entry."),
    "merged away": (
        ["old", "舊", "", "TRUE"],
        "column “slug”: this entry was merged into “科技 · Technology”",
    ),
}


def test_invalid_row_is_named_and_blocks_whole_import(client: Client, team: Team) -> None:
    merge_target = Keyword.make(label_zh="科技", label_en="Technology")
    Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=merge_target)
    sign_in(client, team.writer)
    before = all_rows()
    head = ["slug", "label_zh", "label_en", "listed"]
    for cells, message in BAD.values():
        response = upload_sheet(
            client, sheet_bytes(head, ["", "Another", "另", ""], cells, ["", "Third", "三", ""])
        )
        assert response.status_code == 409
        assert message in " ".join(response.text.split())
        assert "Row 3" in response.text
        assert "confirm-form" not in response.text
    assert all_rows() == before


def test_unknown_missing_or_duplicate_column_is_reported(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    for head, message in (
        (["slug", "label"], "The column “label” is unknown."),
        (["label_zh"], "The column “slug” is missing."),
        (["slug", "label_zh", "label_zh"], "The column “label_zh” appears twice."),
        (["slug", "Label_ZH"], "The column “Label_ZH” is unknown."),
        (["slug", "merged_into", "id"], "The column “merged_into” is unknown."),
        (["slug", "x" * 41], f"The column “{'x' * 40}” is unknown."),
        (["slug", "<b>x"], "The column “&lt;b&gt;x” is unknown."),
    ):
        response = upload_sheet(client, sheet_bytes(head, ["x"] * len(head)))
        assert response.status_code == 409
        assert message in response.text
    assert not Keyword.objects.exists()


def test_choice_is_accepted_by_value_or_label(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    head = ["slug", "name", "name_zh", "name_zh_kind"]
    rows = ["", "A B", "甲", "own"], ["", "C D", "乙", "A transliteration"]
    import_sheet(client, sheet_bytes(head, *rows), "author")
    kinds = Author.objects.order_by("name").values_list("name_zh_kind", flat=True)
    assert list(kinds) == ["own", "transliteration"]
    page = upload_sheet(client, sheet_bytes(head, ["", "E F", "丙", "other"]), "author").text
    assert "column “name_zh_kind”: “other” is none of: own, transliteration." in page


def test_sheet_stores_rows_of_drafts_and_drafts_those_of_public_pages(client: Client, team: Team) -> None:
    factories.live_brief(team)
    head = ["slug", "label_zh", "label_en"]
    data = sheet_bytes(head, ["technology", "科學", "Tech"], ["", "北極", "Arctic"])
    before = all_rows()
    sign_in(client, team.publisher)
    page = open_preview(client, data)
    assert "1 new entry" in page
    assert "1 draft waits for a second person" in page
    assert page.count("Waits for a second person") == 1
    assert all_rows() == before
    assert "it waits for a second person" in press_import(client, page).text
    assert sorted(Keyword.objects.values_list("label_en", flat=True)) == ["Arctic", "Technology"]
    draft = Draft.objects.get()
    assert (draft.page, draft.by) == ("keyword/technology", team.publisher)
    assert LogEntry.objects.count() == 1
    assert Outbox.objects.filter(kind="drafted", to=team.other_publisher).count() == 1
    still_taken = sheet_bytes(head, ["technology", "科學", "Tech"], ["arctic", "科技", ""])
    assert "“科技” belongs to another entry" in upload_sheet(client, still_taken).text
    factories.say_yes(draft, by=team.other_publisher)
    assert Keyword.objects.get(slug="technology").label_en == "Tech"


def test_sheet_of_terms_makes_drafts_with_one_notice(client: Client, team: Team, settings: Any) -> None:
    sign_in(client, team.publisher)
    rows = [["", "灰色地帶", "gray zone"], ["", "晶片", "chip"], ["", "無處", "nowhere"]]
    data = sheet_bytes(["slug", "zh", "en"], *rows)
    assert "3 drafts wait for a second person" in import_sheet(client, data, "term")
    import_sheet(client, data, "term")
    assert (Term.objects.count(), Draft.objects.count()) == (0, 3)
    (notice,) = Outbox.objects.filter(kind="drafted", to=team.other_publisher)
    with translation.override("en"):
        assert "3 drafts wait for your yes" in notifications.describe_notice(notice)
    assert notifications.build_desk_path(notice) == "/admin/briefs/draft/"
    assert "3 drafts wait for your yes" in sign_in(client, team.other_publisher).get("/admin/inbox/").text
    settings.DIGEST_FOUR_EYES = False
    factories.live_brief(team)
    import_sheet(client, sheet_bytes(["slug", "zh", "en"], ["", "摘要", "summary"]), "term")
    assert EditionTerm.objects.get().term.en == "summary", "stored at once, without four eyes"


CHANGES: dict[str, Callable[[Team, Brief], object]] = {
    "came into use": lambda team, brief: factories.approve(brief, team.publisher),
    "changed": lambda team, brief: save_label(Keyword.objects.get(slug="technology"), team),
    "new name taken": lambda team, brief: Keyword.make(label_zh="北極"),
    "merged": lambda team, brief: workflow.vocabulary.merge_vocabulary(
        [Keyword.objects.get(slug="technology")], into=Keyword.make(label_zh="技術"), by=team.publisher
    ),
}


def save_label(row: Keyword, team: Team) -> None:
    row.label_en = "Theirs"
    workflow.vocabulary.save_vocabulary_row(row, by=team.other_writer)


@pytest.mark.parametrize("change", CHANGES)
def test_row_changed_since_the_preview_refuses_the_whole_sheet(
    client: Client, team: Team, change: str
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    rows = ["technology", "科技", "Tech"], ["", "北極", ""]
    page = open_preview(client, sheet_bytes(["slug", "label_zh", "label_en"], *rows))
    CHANGES[change](team, brief)
    before = all_rows()
    answer = press_import(client, page)
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.text
    is_merged = change == "merged"
    reason = (
        "Row 2, column “slug”: this entry was merged into “技術”"
        if is_merged
        else "the entry was changed since the preview."
    )
    assert reason in answer.text
    assert all_rows() == before


# Permissions


def test_forged_late_or_foreign_confirmation_is_refused(
    client: Client, team: Team, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    sign_in(client, team.writer)
    page = open_preview(client, sheet_bytes(["slug", "label_zh"], ["", "北極"]))
    data, url = Form(page, id="confirm-form").data, vocabulary_url("keyword", "process_import")
    stored = str(SheetFile.objects.get().pk)
    for forged in ({"seen": ""}, {"seen": "x " * 9}, {"import_file_name": stored}, {"import_file_name": ""}):
        assert client.post(url, {**data, "format": "9", "resource": "9", **forged}).status_code == 409
    assert press_import(sign_in(Client(), team.publisher), page).status_code == 409
    time_machine.shift(dt.timedelta(minutes=61))
    assert press_import(sign_in(client, team.writer), page).status_code == 409
    assert not Keyword.objects.exists()
    waiting_sheets.delete_expired(timezone.now())
    assert not SheetFile.objects.exists()


def test_unreadable_file_is_refused_and_not_stored(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    for data in (b"", b"PK\x03\x04", b"\xff\xff\x00\x81", b"a" * 5_300_000):
        response = upload_sheet(client, data)
        assert response.status_code == 409
        assert "Nothing was changed." in response.text
    assert client.post(vocabulary_url("keyword", "import"), {"csrfmiddlewaretoken": "x"}).status_code == 409
    assert not SheetFile.objects.exists()


def test_export_contains_only_searched_and_filtered_rows(client: Client, team: Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    merge_target = Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=merge_target)
    sign_in(client, team.reviewer)
    for query, slugs in (
        ("?q=arctic", {"arctic"}),
        ("", {"arctic", "technology"}),
        ("?missing=en", set()),
    ):
        data = client.post(vocabulary_url("keyword", "export") + query, {"format": "xlsx"}).content
        assert {line.cells[0] for line in sheet_files.read_sheet(data).rows} == slugs
    unknown = client.get(vocabulary_url("keyword", "export") + "?listed__exact=maybe")
    assert unknown.status_code == 302
    assert client.get(vocabulary_url("keyword", "export") + "?slug=x").status_code == 400
    assert client.get(vocabulary_url("keyword", "export")).status_code == 200
    assert client.post(vocabulary_url("keyword", "export"), {"format": "pdf"}).status_code == 200
