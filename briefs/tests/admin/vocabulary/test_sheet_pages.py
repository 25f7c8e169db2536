"""Vocabulary sheets in the admin: preview, import of the whole sheet or nothing, permissions and export."""

import datetime as dt
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


def test_empty_cell_clears_field(client: Client, team: Team) -> None:
    row = Source.make(name="FP", name_zh="外交", aliases=["乙"])
    sign_in(client, team.writer)
    data = sheet_bytes(["slug", "aliases", "name_zh", "url"], [row.slug, "", "", ""])
    assert "2 cells that have text are emptied" in open_preview(client, data, "source")
    import_sheet(client, data, "source")
    row = Source.objects.get()
    assert (row.aliases, row.name_zh, row.name) == ([], "", "FP")


def test_multiline_cell_is_stored_as_list(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    data = sheet_bytes(["slug", "name", "aliases"], ["", "FP", "乙\r\n\r\n 丙 \n乙"])
    import_sheet(client, data, "source")
    assert Source.objects.get().aliases == ["乙", "丙"]


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
    "twice": (["", "New", "新", ""], "Row 3: row 2 is about the same entry."),
    "merged away": (
        ["old", "舊", "", "TRUE"],
        "column “slug”: this entry was merged into “科技 · Technology”",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_invalid_row_is_named_and_blocks_whole_import(client: Client, team: Team, name: str) -> None:
    merge_target = Keyword.make(label_zh="科技", label_en="Technology")
    Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=merge_target)
    cells, message = BAD[name]
    before = all_rows()
    sign_in(client, team.writer)
    first = ["", "New", "新", ""] if name == "twice" else ["", "Another", "另", ""]
    data = sheet_bytes(["slug", "label_zh", "label_en", "listed"], first, cells, ["", "Third", "三", ""])
    response = upload_sheet(client, data)
    assert response.status_code == 409
    page = " ".join(response.text.split())
    assert "Row 3" in page
    assert message in page
    assert all_rows() == before
    assert "confirm-form" not in page


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (["slug", "label"], "The column “label” is unknown."),
        (["label_zh"], "The column “slug” is missing."),
        (["slug", "label_zh", "label_zh"], "The column “label_zh” appears twice."),
        (["slug", "Label_ZH"], "The column “Label_ZH” is unknown."),
        (["slug", "merged_into", "id"], "The column “merged_into” is unknown."),
        (["slug", "x" * 41], f"The column “{'x' * 40}” is unknown."),
    ],
)
def test_unknown_missing_or_duplicate_column_is_reported(
    client: Client, team: Team, head: list[str], message: str
) -> None:
    sign_in(client, team.writer)
    response = upload_sheet(client, sheet_bytes(head, ["x"] * len(head)))
    assert response.status_code == 409
    assert message in response.text
    assert not Keyword.objects.exists()


def test_choice_is_accepted_by_value_or_label(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    head = ["slug", "name", "name_zh", "name_zh_kind"]
    import_sheet(
        client, sheet_bytes(head, ["", "A B", "甲", "own"], ["", "C D", "乙", "A transliteration"]), "author"
    )
    assert list(Author.objects.order_by("name").values_list("name_zh_kind", flat=True)) == [
        "own",
        "transliteration",
    ]
    page = upload_sheet(client, sheet_bytes(head, ["", "E F", "丙", "other"]), "author").text
    assert "column “name_zh_kind”: “other” is none of: own, transliteration." in page


def test_sheet_stores_rows_of_drafts_and_drafts_those_of_public_pages(client: Client, team: Team) -> None:
    factories.live_brief(team)
    data = sheet_bytes(
        ["slug", "label_zh", "label_en"], ["technology", "科技", "Tech"], ["", "北極", "Arctic"]
    )
    before = all_rows()
    sign_in(client, team.publisher)
    page = open_preview(client, data)
    assert "1 new entry" in page
    assert "1 draft waits for a second person" in page
    assert page.count("Waits for a second person") == 1
    assert all_rows() == before
    answer = press_import(client, page).text
    assert "it waits for a second person" in answer
    assert sorted(Keyword.objects.values_list("label_en", flat=True)) == ["Arctic", "Technology"]
    draft = Draft.objects.get()
    assert (draft.page, draft.by) == ("keyword/technology", team.publisher)
    assert LogEntry.objects.count() == 1
    assert Outbox.objects.filter(kind="drafted", to=team.other_publisher).count() == 1
    factories.say_yes(draft, by=team.other_publisher)
    assert Keyword.objects.get(slug="technology").label_en == "Tech"


def test_sheet_of_terms_makes_drafts_with_one_notice(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    rows = [["", "灰色地帶", "gray zone"], ["", "晶片", "chip"], ["", "無處", "nowhere"]]
    page = import_sheet(client, sheet_bytes(["slug", "zh", "en"], *rows), "term")
    assert "3 drafts wait for a second person" in page
    assert not Term.objects.exists()
    (notice,) = Outbox.objects.filter(kind="drafted", to=team.other_publisher)
    with translation.override("en"):
        assert "3 drafts wait for your yes" in notifications.describe_notice(notice)
    assert notifications.build_desk_path(notice) == "/admin/briefs/draft/"
    sign_in(client, team.other_publisher)
    assert client.get("/admin/inbox/").text.count("3 drafts wait for your yes") >= 1


def test_name_that_waits_as_a_draft_is_not_free_for_another_row(client: Client, team: Team) -> None:
    factories.live_brief(team)
    Keyword.make(label_zh="北極", label_en="Arctic")
    sign_in(client, team.publisher)
    data = sheet_bytes(["slug", "label_zh"], ["technology", "科學"], ["arctic", "科技"])
    assert "“科技” belongs to another entry" in upload_sheet(client, data).text


def came_into_use(team: Team, brief: Brief) -> None:
    factories.approve(brief, team.publisher)


def changed_on_the_desk(team: Team, brief: Brief) -> None:
    row = Keyword.objects.get(slug="technology")
    row.label_en = "Theirs"
    workflow.save_vocabulary_row(row, by=team.other_writer)


def took_the_new_name(team: Team, brief: Brief) -> None:
    Keyword.make(label_zh="北極")


def merged(team: Team, brief: Brief) -> None:
    heir = Keyword.make(label_zh="技術")
    workflow.merge_vocabulary([Keyword.objects.get(slug="technology")], into=heir, by=team.publisher)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (came_into_use, "Row 2: the entry was changed since the preview."),
        (changed_on_the_desk, "Row 2: the entry was changed since the preview."),
        (took_the_new_name, "the entry was changed since the preview."),
        (merged, "Row 2, column “slug”: this entry was merged into “技術”"),
    ],
)
def test_row_changed_since_the_preview_refuses_the_whole_sheet(
    client: Client, team: Team, change: Any, reason: str
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    page = open_preview(
        client,
        sheet_bytes(["slug", "label_zh", "label_en"], ["technology", "科技", "Tech"], ["", "北極", ""]),
    )
    change(team, brief)
    before = all_rows()
    answer = press_import(client, page)
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.text
    assert reason in answer.text
    assert all_rows() == before


def test_the_same_sheet_of_terms_twice_makes_no_second_draft(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    data = sheet_bytes(["slug", "zh", "en"], ["", "晶片", "chip"])
    import_sheet(client, data, "term")
    import_sheet(client, data, "term")
    assert Draft.objects.count() == 1


def test_without_four_eyes_a_publisher_stores_terms_at_once(
    client: Client, team: Team, settings: Any
) -> None:
    settings.DIGEST_FOUR_EYES = False
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    word = factories.load_content(brief).summary_en.split()[-1].strip(".")
    import_sheet(client, sheet_bytes(["slug", "zh", "en"], ["", "摘要", word]), "term")
    assert Term.objects.get().en == word
    assert EditionTerm.objects.filter(term__zh="摘要").exists()
    assert not Draft.objects.exists()


# Permissions


def test_preview_of_another_person_or_of_an_hour_ago_cannot_be_confirmed(
    client: Client, team: Team, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    sign_in(client, team.writer)
    page = open_preview(client, sheet_bytes(["slug", "label_zh"], ["", "北極"]))
    publisher_client = Client()
    sign_in(publisher_client, team.publisher)
    assert press_import(publisher_client, page).status_code == 409
    time_machine.shift(dt.timedelta(minutes=61))
    sign_in(client, team.writer)
    assert press_import(client, page).status_code == 409
    assert not Keyword.objects.exists()
    waiting_sheets.delete_expired(timezone.now())
    assert not SheetFile.objects.exists()


def test_forged_confirmation_is_refused(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    data = Form(open_preview(client, sheet_bytes(["slug", "label_zh"], ["", "北極"])), id="confirm-form").data
    url = vocabulary_url("keyword", "process_import")
    for forged in (
        {"seen": ""},
        {"seen": "x " * 9},
        {"import_file_name": str(SheetFile.objects.get().pk)},
        {"import_file_name": ""},
    ):
        assert client.post(url, {**data, "format": "9", "resource": "9", **forged}).status_code == 409
    assert not Keyword.objects.exists()
    assert client.get(url).status_code == 405


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xff\xff\x00\x81", b"a" * 5_300_000])
def test_unreadable_file_is_refused_and_not_stored(client: Client, team: Team, data: bytes) -> None:
    sign_in(client, team.writer)
    response = upload_sheet(client, data)
    assert response.status_code == 409
    assert "Nothing was changed." in response.text
    assert client.post(vocabulary_url("keyword", "import"), {"csrfmiddlewaretoken": "x"}).status_code == 409
    assert not SheetFile.objects.exists()


def test_markup_in_cell_or_heading_is_escaped_in_preview(client: Client, team: Team) -> None:
    sign_in(client, team.writer)
    page = open_preview(client, sheet_bytes(["slug", "label_zh"], ["", "<script>alert(1)</script>"]))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    page = upload_sheet(client, sheet_bytes(["slug", "<b>x"], ["", "y"])).text
    assert "<b>x" not in page


def test_export_contains_only_searched_and_filtered_rows(client: Client, team: Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    merge_target = Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=merge_target)
    sign_in(client, team.reviewer)
    for query, slugs in (("?q=arctic", {"arctic"}), ("", {"arctic", "technology"}), ("?missing=en", set())):
        data = client.post(vocabulary_url("keyword", "export") + query, {"format": "xlsx"}).content
        assert {line.cells[0] for line in sheet_files.read_sheet(data).rows} == slugs
    unknown = client.get(vocabulary_url("keyword", "export") + "?listed__exact=maybe")
    assert unknown.context["count"] == 0
    assert client.get(vocabulary_url("keyword", "export") + "?slug=x").status_code == 400
    assert client.get(vocabulary_url("keyword", "export")).status_code == 200
    assert client.post(vocabulary_url("keyword", "export"), {"format": "pdf"}).status_code == 200


def test_query_count_does_not_grow_with_unchanged_rows(
    team: Team, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        Keyword.make(label_zh=f"詞{n}")
    unchanged_sheet = sheet_files.read_sheet(sheet_bytes(*export_rows(Keyword, Keyword.objects.all())))
    with django_assert_max_num_queries(4):
        assert plan(unchanged_sheet, Keyword, team.writer).unchanged == 60
