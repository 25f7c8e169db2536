"""Sheets on the desk: looked at, taken whole or not at all, by whoever may, and nobody takes somebody else's."""

import re
import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import workflow
from briefs.exchange.sheets import sheet_formats
from briefs.exchange.sheets.sheet_import import export_rows, preview_import
from briefs.models import Author, Event, Keyword, Source, Term, Upload
from briefs.models.vocabulary import Vocabulary

from ...support import factories
from ...support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

KINDS = ("author", "source", "keyword", "term")


def at(kind: str = "keyword", *parts: object) -> str:
    return f"/admin/briefs/{kind}/" + "".join(f"{part}/" for part in parts)


def sheet(*rows: list[str], form: sheet_formats.SheetFormat = "csv") -> bytes:
    return sheet_formats.write_sheet(rows, form, title="x")


def upload(client: Client, data: bytes, kind: str = "keyword") -> Any:
    return client.post(at(kind, "import"), {"file": SimpleUploadedFile("關鍵字.csv", data)})


def preview(client: Client, data: bytes, kind: str = "keyword") -> tuple[str, str]:
    """Where the preview is, and the page."""
    response = upload(client, data, kind)
    assert response.status_code == 302, response.content.decode()
    page = client.get(response["Location"])
    assert page.status_code == 200
    return response["Location"], page.content.decode()


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


def confirm(client: Client, data: bytes, kind: str = "keyword") -> Any:
    where, page = preview(client, data, kind)
    return client.post(where, {"seen": seen(page)}, follow=True)


def everything() -> list[list[Any]]:
    models: tuple[Any, ...] = (Author, Source, Keyword, Term, Event, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def filled() -> dict[str, Vocabulary]:
    return {
        "author": Author.make(name="=Vivek Chilukuri", family="Chilukuri", name_zh="奇魯庫里", name_zh_kind="own"),
        "source": Source.make(name="Foreign Affairs", url="https://example.org/", aliases=["FA", "-外交"]),
        "keyword": Keyword.make(label_zh="科技", label_en="'Technology", listed=False),
        "term": Term.make(zh="灰色地帶", en="gray zone", also_en=["@grey", "＝gray"], note="第一行\n=第二行"),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_exported_comes_back_as_no_change(
    client: Client, team: factories.Team, kind: str, form: str
) -> None:
    row = filled()[kind]
    sign_in(client, team.writer)
    response = client.post(at(kind, "export"), {"format": form})
    assert response["Content-Disposition"].endswith(f'.{form}"')
    _where, page = preview(client, response.content, kind)
    assert "1 unchanged" in page
    assert "Import all of it" not in page
    nameless = list(export_rows(type(row), type(row)._default_manager.all()))
    nameless[1][0] = ""
    outcome = preview_import(sheet_formats.read_sheet(sheet(*nameless)), type(row), by=team.writer)
    assert (outcome.unchanged, outcome.rows) == (1, [])  # found by its name


def test_new_and_changed_entries_are_seen_then_taken(client: Client, team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology", kind="topic")
    before = everything()
    sign_in(client, team.writer)
    data = sheet(
        ["slug", "label_zh", "label_en"],
        ["technology", "科技", "Science and technology"],
        ["", "北極", ""],
    )
    where, page = preview(client, data)
    assert everything() == before
    assert "<ins>Science and technology</ins>" in page.replace("<del>Technology</del>", "")
    assert "style=" not in page
    response = client.post(where, {"seen": seen(page)}, follow=True)
    assert "1 new entry, 1 entry changed" in response.content.decode()
    old, new = Keyword.objects.order_by("pk")
    assert (old.label_en, old.kind) == ("Science and technology", "topic")  # a missing column keeps
    assert (new.label_zh, new.slug[:8], new.listed) == ("北極", "keyword-", True)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Imported from “關鍵字.csv”"] * 2
    assert client.post(where, {"seen": seen(page)}).status_code == 302
    assert Keyword.objects.count() == 2
    assert not Upload.objects.exists()


def test_an_empty_cell_empties(client: Client, team: factories.Team) -> None:
    row = Term.make(zh="甲", en="a", also_zh=["乙"], note="x")
    sign_in(client, team.writer)
    confirm(client, sheet(["slug", "also_zh", "note"], [row.slug, "", ""]), "term")
    row = Term.objects.get()
    assert (row.also_zh, row.note, row.en) == ([], "", "a")


def test_lists_stand_in_one_cell(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    confirm(client, sheet(["slug", "zh", "en", "avoid_zh"], ["", "甲", "a", "乙\r\n\r\n 丙 \n乙"]), "term")
    assert Term.objects.get().avoid_zh == ["乙", "丙"]


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
def test_one_bad_row_changes_nothing_and_is_named(client: Client, team: factories.Team, name: str) -> None:
    heir = Keyword.make(label_zh="科技", label_en="Technology")
    Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=heir)
    cells, said = BAD[name]
    before = everything()
    sign_in(client, team.writer)
    first = ["", "New", "新", ""] if name == "twice" else ["", "Another", "另", ""]
    data = sheet(["slug", "label_zh", "label_en", "listed"], first, cells, ["", "Third", "三", ""])
    where, page = preview(client, data)
    assert "Row 3" in page
    assert said in page
    assert "Import all of it" not in page
    assert client.post(where, {"seen": seen(page)}).status_code == 409  # pressed all the same
    assert everything() == before


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (["slug", "label"], "The column “label” is unknown."),
        (["label_zh"], "The column “slug” is missing."),
        (["slug", "label_zh", "label_zh"], "The column “label_zh” stands there twice."),
        (["slug", "Label_ZH"], "The column “Label_ZH” is unknown."),
        (["slug", "merged_into", "id"], "The column “merged_into” is unknown."),
    ],
)
def test_headings_are_checked_by_name(
    client: Client, team: factories.Team, head: list[str], said: str
) -> None:
    sign_in(client, team.writer)
    _where, page = preview(client, sheet(head, ["x"] * len(head)))
    assert said in page
    assert not Keyword.objects.exists()


def test_a_choice_is_taken_by_value_or_label(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    head = ["slug", "name", "name_zh", "name_zh_kind"]
    confirm(client, sheet(head, ["", "A B", "甲", "own"], ["", "C D", "乙", "A transliteration"]), "author")
    assert list(Author.objects.order_by("name").values_list("name_zh_kind", flat=True)) == [
        "own",
        "transliteration",
    ]
    _where, page = preview(client, sheet(head, ["", "E F", "丙", "other"]), "author")
    assert "column “name_zh_kind”: “other” is none of: own, transliteration." in page


def test_what_a_public_edition_uses_is_a_publishers(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    data = sheet(["slug", "label_en"], ["technology", "Tech"])
    before = everything()
    sign_in(client, team.writer)
    _where, page = preview(client, data)
    assert "Row 2: A public edition uses this, so a publisher has to change it." in page
    assert everything() == before
    sign_in(client, team.publisher)
    confirm(client, data)
    assert Keyword.objects.get().label_en == "Tech"
    event = Event.objects.latest("pk")
    assert (event.about, event.verb, event.by) == ("keyword/technology", "relabel", team.publisher)


def test_the_vocabulary_that_changed_since_is_looked_at_again(client: Client, team: factories.Team) -> None:
    row = Keyword.make(label_zh="科技", label_en="Technology")
    sign_in(client, team.writer)
    where, page = preview(client, sheet(["slug", "label_en"], ["technology", "Tech"]))
    row.label_en = "Theirs"
    workflow.save_vocabulary_row(row, by=team.other_writer)
    response = client.post(where, {"seen": seen(page)})
    again = response.content.decode()
    assert response.status_code == 409
    assert "The entries changed since the preview." in again
    assert "<del>Theirs</del><ins>Tech</ins>" in again
    assert Keyword.objects.get().label_en == "Theirs"
    client.post(where, {"seen": seen(again)})
    assert Keyword.objects.get().label_en == "Tech"


# Who


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["reviewer", "outsider", "leaver", "nobody"])
def test_only_those_who_may_change_the_vocabulary_import(
    client: Client, team: factories.Team, kind: str, who: str
) -> None:
    filled()
    owner = Client()
    sign_in(owner, team.writer)
    where, page = preview(owner, sheet(["slug", "kind" if kind != "author" else "family"], ["", "x"]), kind)
    before = everything()
    if who == "leaver":
        team.reviewer.is_active = False
        sign_in(client, team.reviewer)
    elif who != "nobody":
        sign_in(client, getattr(team, who))
    for response in (
        client.get(at(kind, "import")),
        upload(client, sheet(["slug"], ["a"]), kind),
        client.get(where),
        client.post(where, {"seen": seen(page)}),
        client.get(at(kind, "merge") + "?ids=1,2"),
        client.post(at(kind, "merge") + "?ids=1,2", {"keep": "1"}),
        client.post(at(kind, 1, "unmerge")),
    ):
        assert response.status_code in (302, 403)
        assert response.status_code == 403 or "/login/" in response["Location"]
    exported = client.post(at(kind, "export"), {"format": "csv"})
    assert exported.status_code == (200 if who == "reviewer" else 302 if who in ("leaver", "nobody") else 403)
    assert everything() == before


def test_nobody_takes_the_upload_of_another_or_of_another_kind(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    where, page = preview(client, sheet(["slug", "label_zh"], ["", "北極"]))
    pk = where.split("/")[-2]
    other = Client()
    sign_in(other, team.publisher)
    assert other.get(where).status_code == 404
    for address in (where, at("keyword", "import", uuid.uuid4())):
        response = other.post(address, {"seen": seen(page)}, follow=True)
        assert "This upload is not there any more." in response.content.decode()
    assert client.post(at("term", "import", pk), {"seen": seen(page)}).status_code == 302
    assert client.get(at("term", "import", pk)).status_code == 404
    for tampered in ("x", "..", "0", f"{pk}0"):
        assert client.post(at("keyword", "import", tampered), {"seen": seen(page)}).status_code in (302, 404)
    assert not Keyword.objects.exists()
    client.post(where, {"seen": seen(page)})
    assert Keyword.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xff\xff\x00\x81", b"a" * 5_300_000])
def test_a_file_that_cannot_be_read_is_not_kept(client: Client, team: factories.Team, data: bytes) -> None:
    sign_in(client, team.writer)
    response = upload(client, data)
    assert response.status_code == 409
    assert "Nothing was uploaded." in response.content.decode()
    assert client.post(at("keyword", "import")).status_code == 409
    assert not Upload.objects.exists()


def test_a_cell_with_markup_is_text_on_the_page(client: Client, team: factories.Team) -> None:
    sign_in(client, team.writer)
    _where, page = preview(client, sheet(["slug", "label_zh"], ["", "<script>alert(1)</script>"]))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    _where, page = preview(client, sheet(["slug", "<b>x"], ["", "y"]))
    assert "<b>x" not in page


def test_the_export_follows_search_and_filters(client: Client, team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    heir = Keyword.make(label_zh="北極", label_en="Arctic")
    Keyword.objects.create(slug="old", label_zh="舊", merged_into=heir)
    sign_in(client, team.reviewer)
    for query, slugs in (("?q=arctic", {"arctic"}), ("", {"arctic", "technology"}), ("?missing=en", set())):
        data = client.post(at("keyword", "export") + query, {"format": "xlsx"}).content
        assert {line.cells[0] for line in sheet_formats.read_sheet(data).rows} == slugs
    assert client.get(at("keyword", "export") + "?listed__exact=maybe").status_code == 302
    assert client.get(at("keyword", "export")).status_code == 200
    assert client.post(at("keyword", "export"), {"format": "pdf"}).status_code == 200


def test_every_action_of_the_desk_declares_who_may() -> None:
    for model, screen in admin.site._registry.items():
        for action in screen._get_base_actions():
            assert getattr(action.func, "allowed_permissions", None), (model, action.name)


def test_the_number_of_queries_does_not_grow_with_unchanged_rows(
    team: factories.Team, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        Keyword.make(label_zh=f"詞{n}")
    same = sheet_formats.read_sheet(sheet(*export_rows(Keyword, Keyword.objects.all())))
    with django_assert_max_num_queries(2 * 60 + 12) as queries:  # a savepoint a row, by import-export
        assert preview_import(same, Keyword, by=team.writer).unchanged == 60
    asked = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(asked) <= 4, asked
