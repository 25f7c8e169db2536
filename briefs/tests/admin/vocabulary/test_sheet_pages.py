"""Vocabulary sheets in the admin: preview, import of the rows that were ticked, permissions and export."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import translation

from briefs import notifications, workflow
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.vocabulary_sheets import export_rows, plan_vocabulary_import
from briefs.models import Author, Draft, Event, Keyword, Outbox, Source, Term, Upload, UploadFile
from briefs.models.vocabulary import Vocabulary
from briefs.tests.support import factories
from briefs.tests.support.concurrency import racers
from briefs.tests.support.form_client import Form, find_option, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

KINDS = ("author", "source", "keyword", "term")


def vocabulary_url(kind: str = "keyword", *parts: object) -> str:
    return f"/admin/briefs/{kind}/" + "".join(f"{part}/" for part in parts)


def sheet_bytes(*rows: list[str], form: sheet_files.SheetFormat = "csv") -> bytes:
    return sheet_files.write_sheet(rows, form, title="x")


def upload_sheet(client: Client, data: bytes, kind: str = "keyword") -> Any:
    return client.post(vocabulary_url(kind, "import"), {"files": SimpleUploadedFile("關鍵字.csv", data)})


def open_preview(client: Client, data: bytes, kind: str = "keyword") -> tuple[str, str]:
    """Upload a sheet and return the URL and the HTML of its preview."""
    response = upload_sheet(client, data, kind)
    assert response.status_code == 302, response.content.decode()
    return response["Location"], read_page(client, response["Location"])


def read_page(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def press_import(client: Client, preview_url: str, **answers: Any) -> str:
    """Press *Import* on the preview as the page stands, with these answers, and return the page that follows."""
    form = Form(client.get(preview_url).content.decode(), id="confirm-form")
    response = client.post(preview_url, {**form.data, **answers}, follow=True)
    return " ".join(response.content.decode().split())


def import_sheet(client: Client, data: bytes, kind: str = "keyword") -> str:
    return press_import(client, open_preview(client, data, kind)[0])


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


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", KINDS)
def test_reimporting_export_reports_no_changes(
    client: Client, team: factories.Team, kind: str, form: str
) -> None:
    row = create_row_of_each_kind()[kind]
    sign_in(client, team.writer)
    response = client.post(vocabulary_url(kind, "export"), {"format": form})
    assert response["Content-Disposition"].endswith(f'.{form}"')
    _preview_url, page = open_preview(client, response.content, kind)
    assert "1 unchanged" in page
    assert "there is nothing to import" in page
    assert "import-now" not in page
    rows_without_slug = list(export_rows(type(row), type(row)._default_manager.all()))
    rows_without_slug[1][0] = ""
    outcome = plan_vocabulary_import(
        sheet_files.read_sheet(sheet_bytes(*rows_without_slug)), type(row), by=team.writer
    )
    assert (outcome.unchanged, outcome.rows) == (1, [])  # matched by name


def test_writer_previews_then_imports_new_and_changed_entries(client: Client, team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology", kind="topic")
    before = all_rows()
    sign_in(client, team.writer)
    data = sheet_bytes(
        ["slug", "label_zh", "label_en"],
        ["technology", "科技", "Science and technology"],
        ["", "北極", ""],
    )
    preview_url, page = open_preview(client, data)
    assert all_rows() == before
    assert "1 new entry" in page
    assert "Import 2" in page
    assert "<mark>Science and technology</mark>" in page
    assert "style=" not in page
    page = press_import(client, preview_url)
    assert ("1 new entry" in page, "1 entry changed" in page) == (True, True)
    old, new = Keyword.objects.order_by("pk")
    assert f'href="{vocabulary_url("keyword", new.pk, "change")}"' in page
    # a missing column keeps the stored value
    assert (old.label_en, old.kind) == ("Science and technology", "topic")
    assert (new.label_zh, new.slug[:8], new.listed) == ("北極", "keyword-", True)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Imported from “關鍵字.csv”"] * 2
    after = all_rows()
    press_import(client, preview_url)  # again
    assert all_rows() == after
    assert not UploadFile.objects.exists()


def test_empty_cell_clears_field(client: Client, team: factories.Team) -> None:
    row = Source.make(name="FP", name_zh="外交", aliases=["乙"])
    sign_in(client, team.writer)
    import_sheet(client, sheet_bytes(["slug", "aliases", "name_zh"], [row.slug, "", ""]), "source")
    row = Source.objects.get()
    assert (row.aliases, row.name_zh, row.name) == ([], "", "FP")


def test_multiline_cell_is_stored_as_list(client: Client, team: factories.Team) -> None:
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
def test_invalid_row_is_named_and_blocks_whole_import(
    client: Client, team: factories.Team, name: str
) -> None:
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
    page = " ".join(response.content.decode().split())
    assert "Row 3" in page
    assert message in page
    assert all_rows() == before
    assert not Upload.objects.exists()


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
    client: Client, team: factories.Team, head: list[str], message: str
) -> None:
    sign_in(client, team.writer)
    response = upload_sheet(client, sheet_bytes(head, ["x"] * len(head)))
    assert response.status_code == 409
    assert message in response.content.decode()
    assert not Keyword.objects.exists()


def test_choice_is_accepted_by_value_or_label(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    head = ["slug", "name", "name_zh", "name_zh_kind"]
    import_sheet(
        client, sheet_bytes(head, ["", "A B", "甲", "own"], ["", "C D", "乙", "A transliteration"]), "author"
    )
    assert list(Author.objects.order_by("name").values_list("name_zh_kind", flat=True)) == [
        "own",
        "transliteration",
    ]
    page = upload_sheet(client, sheet_bytes(head, ["", "E F", "丙", "other"]), "author").content.decode()
    assert "column “name_zh_kind”: “other” is none of: own, transliteration." in page


def test_sheet_stores_rows_of_drafts_and_drafts_those_of_public_pages(
    client: Client, team: factories.Team
) -> None:
    factories.live_brief(team)
    data = sheet_bytes(
        ["slug", "label_zh", "label_en"], ["technology", "科技", "Tech"], ["", "北極", "Arctic"]
    )
    before = all_rows()
    sign_in(client, team.publisher)
    preview_url, page = open_preview(client, data)
    assert "1 new entry" in page
    assert "1 draft waits for a second person" in page
    assert page.count("Waits for a second person") == 1
    assert all_rows() == before
    press_import(client, preview_url)
    assert sorted(Keyword.objects.values_list("label_en", flat=True)) == ["Arctic", "Technology"]
    draft = Draft.objects.get()
    assert (draft.page, draft.by) == ("keyword/technology", team.publisher)
    assert LogEntry.objects.count() == 1
    assert Outbox.objects.filter(kind="drafted", to=team.other_publisher).count() == 1
    factories.say_yes(draft, by=team.other_publisher)
    assert Keyword.objects.get(slug="technology").label_en == "Tech"


def test_sheet_of_terms_makes_drafts_with_one_notice(client: Client, team: factories.Team) -> None:
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
    assert client.get("/admin/inbox/").content.decode().count("3 drafts wait for your yes") >= 1


def test_name_that_waits_as_a_draft_is_not_free_for_another_row(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    Keyword.make(label_zh="北極", label_en="Arctic")
    sign_in(client, team.publisher)
    data = sheet_bytes(["slug", "label_zh"], ["technology", "科學"], ["arctic", "科技"])
    assert "“科技” belongs to another entry" in upload_sheet(client, data).content.decode()


def test_row_that_came_into_public_use_since_the_preview_is_previewed_again(
    client: Client, team: factories.Team
) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    preview_url, page = open_preview(client, sheet_bytes(["slug", "label_en"], ["technology", "Tech"]))
    assert "second person" not in page
    factories.approve(brief, team.publisher)
    page = press_import(client, preview_url)
    assert "“科技 · Tech” was changed since the preview. Which text?" in page
    assert "Waits for a second person" in page
    assert "1 entry changed" not in page
    assert (Keyword.objects.get().label_en, Draft.objects.count()) == ("Technology", 0)
    press_import(client, preview_url, **find_option(page, "The file’s"))
    assert (Keyword.objects.get().label_en, Draft.objects.count()) == ("Technology", 1)
    assert Outbox.objects.filter(kind="drafted", to=team.other_publisher).count() == 1


@pytest.mark.parametrize("answer", ["The file’s", "Keep what is there"])
def test_entry_changed_since_preview_is_a_question(client: Client, team: factories.Team, answer: str) -> None:
    row = Keyword.make(label_zh="科技", label_en="Technology")
    sign_in(client, team.writer)
    data = sheet_bytes(["slug", "label_zh", "label_en"], ["technology", "科技", "Tech"], ["", "北極", ""])
    preview_url, _page = open_preview(client, data)
    row.label_en = "Theirs"
    workflow.save_vocabulary_row(row, by=team.other_writer)
    page = press_import(client, preview_url)
    assert "1 entry not imported" in page
    assert "<mark>Theirs</mark>" in page
    assert "<mark>Tech</mark>" in page
    assert sorted(Keyword.objects.values_list("label_zh", "label_en")) == [("北極", ""), ("科技", "Theirs")]
    assert preview_url in client.get("/admin/briefs/brief/upload/").content.decode(), "it waits"
    press_import(client, preview_url)
    assert Keyword.objects.get(pk=row.pk).label_en == "Theirs", "nothing is answered"
    press_import(client, preview_url, **find_option(page, answer))
    assert Keyword.objects.get(pk=row.pk).label_en == ("Tech" if answer == "The file’s" else "Theirs")


def test_row_made_wrong_since_the_preview_costs_only_its_row(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    data = sheet_bytes(["slug", "label_zh", "label_en"], ["", "海纜", "Cables"], ["", "北極", "Arctic"])
    preview_url, _page = open_preview(client, data)
    Keyword.make(label_zh="電纜", label_en="Cables")
    Keyword.make(label_zh="海纜", label_en="Sea cables")
    page = press_import(client, preview_url)
    assert "more than one entry is meant: sea-cables, cables. Fill in the slug." in page
    assert Keyword.objects.count() == 3
    assert "1 new entry" in page


def test_rows_are_left_out_on_each_page(
    client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefs.admin.uploads.sheet_imports.BATCH_SIZE", 2)
    sign_in(client, team.writer)
    rows = [["", f"詞{n}"] for n in range(5)]
    preview_url, page = open_preview(client, sheet_bytes(["slug", "label_zh"], *rows))
    assert "Page 1 of 3" in page
    assert "Import 5" in page
    turned = press_import(client, preview_url, take=["2"], page="2")
    assert "Import 4" in turned
    assert "Page 2 of 3" in turned
    assert not Keyword.objects.exists()
    press_import(client, f"{preview_url}?page=2", take=["5"])
    assert sorted(Keyword.objects.values_list("label_zh", flat=True)) == ["詞0", "詞3", "詞4"]


def test_killed_import_goes_on_where_it_was(
    client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefs.admin.uploads.sheet_imports.BATCH_SIZE", 2)
    monkeypatch.setattr("briefs.admin.uploads.upload_views.SECONDS_A_STEP", 0)
    monkeypatch.setattr("briefs.admin.uploads.sheet_imports.LOCK_SECONDS", 0)  # one row a transaction
    factories.live_brief(team)
    sign_in(client, team.publisher)
    rows = [["", f"詞{n}", ""] for n in range(4)]
    data = sheet_bytes(["slug", "label_zh", "label_en"], ["technology", "科技", "Tech"], *rows)
    preview_url, _page = open_preview(client, data)
    more = {"data": {"more": "1"}, "headers": {"accept": "application/json"}}
    assert client.post(preview_url, **more).json() == {"left": 4}
    assert not Outbox.objects.filter(kind="drafted").exists(), "one notice, at the end"
    with monkeypatch.context() as broken:

        def die(*_args: object, **_options: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(UploadFile, "delete", die)  # after the row is saved
        broken.setattr(UploadFile, "save", die)
        with pytest.raises(KeyboardInterrupt):
            client.post(preview_url, **more)
    assert sorted(Keyword.objects.values_list("label_zh", flat=True)) == ["科技"]
    assert [client.post(preview_url, **more).json()["left"] for _ in range(5)] == [3, 2, 1, 0, 0]
    assert Keyword.objects.count() == 5
    assert Keyword.objects.filter(label_zh__startswith="詞").count() == 4
    assert (
        Draft.objects.count(),
        Outbox.objects.filter(kind="drafted", to=team.other_publisher).count(),
    ) == (1, 1)
    assert LogEntry.objects.count() == 4


# Permissions


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["reviewer", "outsider", "leaver", "nobody"])
def test_person_without_right_cannot_import_merge_or_unmerge(
    client: Client, team: factories.Team, kind: str, who: str
) -> None:
    create_row_of_each_kind()
    writer_client = Client()
    sign_in(writer_client, team.writer)
    names = {"keyword": ["label_zh"], "term": ["zh", "en"]}.get(kind, ["name"])
    data = sheet_bytes(["slug", *names], ["", *(f"新{name}" for name in names)])
    preview_url, _page = open_preview(writer_client, data, kind)
    before = all_rows()
    if who == "leaver":
        team.reviewer.is_active = False
        sign_in(client, team.reviewer)
    elif who != "nobody":
        sign_in(client, getattr(team, who))
    for response in (
        client.get(vocabulary_url(kind, "import")),
        upload_sheet(client, sheet_bytes(["slug"], ["a"]), kind),
        client.get(preview_url),
        client.post(preview_url),
        client.get(vocabulary_url(kind, "merge") + "?ids=1,2"),
        client.post(vocabulary_url(kind, "merge") + "?ids=1,2", {"keep": "1"}),
        client.post(vocabulary_url(kind, 1, "unmerge")),
    ):
        assert response.status_code in (302, 403)
        assert response.status_code == 403 or "/login/" in response["Location"]
    exported = client.post(vocabulary_url(kind, "export"), {"format": "csv"})
    assert exported.status_code == (200 if who == "reviewer" else 403)
    assert all_rows() == before


def test_upload_of_another_person_cannot_be_confirmed(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    preview_url, _page = open_preview(client, sheet_bytes(["slug", "label_zh"], ["", "北極"]))
    publisher_client = Client()
    sign_in(publisher_client, team.publisher)
    assert publisher_client.get(preview_url).status_code == 404
    assert publisher_client.post(preview_url).status_code == 404
    assert not Keyword.objects.exists()
    press_import(client, preview_url)
    assert Keyword.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xff\xff\x00\x81", b"a" * 5_300_000])
def test_unreadable_file_is_refused_and_not_stored(client: Client, team: factories.Team, data: bytes) -> None:
    sign_in(client, team.writer)
    response = upload_sheet(client, data)
    assert response.status_code == 409
    assert "Nothing was changed." in response.content.decode()
    assert client.post(vocabulary_url("keyword", "import")).status_code == 409
    assert not Upload.objects.exists()


def test_markup_in_cell_or_heading_is_escaped_in_preview(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    _preview_url, page = open_preview(
        client, sheet_bytes(["slug", "label_zh"], ["", "<script>alert(1)</script>"])
    )
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    page = upload_sheet(client, sheet_bytes(["slug", "<b>x"], ["", "y"])).content.decode()
    assert "<b>x" not in page


def test_export_contains_only_searched_and_filtered_rows(client: Client, team: factories.Team) -> None:
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


def test_every_admin_action_declares_allowed_permissions() -> None:
    for model, screen in admin.site._registry.items():
        for action in screen._get_base_actions():
            assert getattr(action.func, "allowed_permissions", None), (model, action.name)


def test_query_count_does_not_grow_with_unchanged_rows(
    team: factories.Team, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        Keyword.make(label_zh=f"詞{n}")
    unchanged_sheet = sheet_files.read_sheet(sheet_bytes(*export_rows(Keyword, Keyword.objects.all())))
    with django_assert_max_num_queries(4):
        assert plan_vocabulary_import(unchanged_sheet, Keyword, by=team.writer).unchanged == 60


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_servers_and_a_killed_one_store_each_row_once(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    rows = [["", f"詞{n}"] for n in range(60)]
    open_preview(client, sheet_bytes(["slug", "label_zh"], *rows))
    values = {"upload": str(Upload.objects.get().pk), "by": team.writer.pk}
    with racers(2) as workers:
        for at in (3, 60, 130) if connection.vendor == "sqlite" else ():  # a thread's fork hangs
            (killed,) = workers.race(("killed", {"at": at, "act": "save_sheet", "values": values}))
            assert killed == {"did": False}
            assert Keyword.objects.count() == Upload.objects.get().results["done"]
        assert [result.get("did") for result in workers.race(*[("save_sheet", values)] * 2)] == [0, 0]
    assert sorted(Keyword.objects.values_list("label_zh", flat=True)) == sorted(row[1] for row in rows)
    assert (Upload.objects.get().results["done"], LogEntry.objects.count()) == (60, 60)
