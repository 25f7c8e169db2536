"""Sheets of briefs on the desk: export of the filtered list, preview, import in batches, conflicts."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from briefs import workflow
from briefs.admin.uploads.sheet_imports import store_brief_plan
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.brief_sheets import build_brief_rows, plan_brief_import, read_brief_sheets
from briefs.exchange.sheets.columns import BRIEFS, BULLETS
from briefs.exchange.sheets.table import Sheet
from briefs.models import Brief, Event, Revision, Upload, UploadFile
from briefs.tests.support import factories
from briefs.tests.support.concurrency import racers
from briefs.tests.support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST = "/admin/briefs/brief/"
JSON = {"headers": {"accept": "application/json"}}


@pytest.fixture
def client(client: Client, team: factories.Team) -> Client:
    sign_in(client, team.writer)
    return client


def sheet_with_headlines(*briefs: Brief, headline: str = "From the sheet") -> bytes:
    rows = build_brief_rows(Brief.objects.filter(pk__in=[b.pk for b in briefs]))[BRIEFS]
    for row in rows[1:]:
        row[rows[0].index("headline_en")] = headline
    return sheet_files.write_sheet(rows, "csv", title="x")


def upload_sheet(client: Client, *data: bytes) -> Any:
    files = [SimpleUploadedFile(f"文摘{n}.csv", d) for n, d in enumerate(data)]
    return client.post(f"{LIST}sheet/", {"files": files})


def headlines() -> list[str]:
    return list(Brief.objects.order_by("pk").values_list("headline_en", flat=True))


def read(data: bytes) -> Sheet:
    return sheet_files.read_sheet(data)


def test_list_is_exported_as_filtered_in_every_format(client: Client, team: factories.Team) -> None:
    draft = factories.draft_brief(team, factories.content("=甲"))
    factories.live_brief(team)
    page = client.get(f"{LIST}?state=draft").content.decode()
    assert 'href="/admin/briefs/brief/export/?state=draft"' in page
    assert "1 brief that matches" in client.get(f"{LIST}export/?state=draft").content.decode()

    def export(form: str) -> Any:
        return client.post(f"{LIST}export/?state=draft", {"format": form})

    for form, heading, rows in (("xlsx", "id", 1), ("briefs.csv", "id", 1), ("bullets.csv", "brief", 3)):
        sheet = read(export(form).content)
        assert (sheet.headings[0], len(sheet.rows), sheet.rows[0].cells[0]) == (heading, rows, str(draft.pk))
    packed = zipfile.ZipFile(io.BytesIO(export("csv").content))
    assert packed.namelist() == ["briefs.csv", "bullets.csv"]
    assert packed.read("briefs.csv").startswith(b"\xef\xbb\xbf")  # Excel then reads UTF-8
    chosen = {"action": "export_sheet", "index": "0", "_selected_action": [draft.pk]}
    assert len(read(client.post(LIST, chosen).content).rows) == 1
    assert "No brief matches" in client.get(f"{LIST}export/?q=nowhere-at-all").content.decode()


def test_writer_previews_and_imports_while_another_edits(client: Client, team: factories.Team) -> None:
    first, second = factories.draft_brief(team), factories.draft_brief(team)
    live = factories.live_brief(team)
    before = (headlines(), Revision.objects.count(), Event.objects.count())
    preview = upload_sheet(client, sheet_with_headlines(first, second, live))["Location"]
    page = client.get(preview).content.decode()
    assert "2 drafts to change" in page
    assert "This brief is live." in page
    assert "Import 2" in " ".join(page.split())
    assert page.count(">From the sheet<") == 3, "a few briefs are on one page"
    assert before == (headlines(), Revision.objects.count(), Event.objects.count())
    factories.edit(first, team.other_writer, headline_en="Faster")
    assert f"other-writer changed brief {first.pk} last" in client.get(f"{preview}?page=2").content.decode()
    page = client.post(preview, follow=True).content.decode()
    assert headlines() == ["Faster", "From the sheet", "A Headline"]
    assert "1 draft changed" in page
    assert "2 briefs not imported" in page
    saved = page[page.index("lines results") : page.index("What is below keeps")]
    assert re.findall(f'href="{LIST}([0-9]+)/', saved) == [str(second.pk)]
    assert f"other-writer changed brief {first.pk} last" in client.get(f"{preview}?page=2").content.decode()
    only_live = upload_sheet(client, sheet_with_headlines(live))["Location"]
    assert "What is below keeps the text of the desk." in client.get(only_live).content.decode()
    count = Revision.objects.count()
    client.post(preview)  # a second confirm changes nothing
    assert Revision.objects.count() == count


def test_killed_import_goes_on_where_it_was(
    client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    briefs = [factories.draft_brief(team) for _ in range(5)]
    monkeypatch.setattr("briefs.admin.uploads.sheet_imports.BATCH_SIZE", 2)  # and three pages
    monkeypatch.setattr("briefs.admin.uploads.upload_views.SECONDS_A_STEP", 0)
    preview = upload_sheet(client, sheet_with_headlines(*briefs))["Location"]
    page = client.get(f"{preview}?page=9").content.decode()
    assert ("Page 3 of 3" in page, page.count(">From the sheet<")) == (True, 1)
    monkeypatch.setattr("briefs.exchange.sheets.brief_sheets.LOCK_SECONDS", 0)  # one brief a transaction
    assert client.post(preview, **JSON).json() == {"left": 4}
    monkeypatch.setattr("briefs.exchange.sheets.brief_sheets.LOCK_SECONDS", 9)
    assert client.post(preview, **JSON).json() == {"left": 3}
    with monkeypatch.context() as broken:

        def die(*_args: object, **_options: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(UploadFile, "delete", die)  # after the briefs of the second batch are saved
        with pytest.raises(KeyboardInterrupt):
            client.post(preview, **JSON)
    assert headlines().count("From the sheet") == 2
    assert "Import 3" in " ".join(client.get(preview).content.decode().split())
    assert [client.post(preview, **JSON).json()["left"] for _ in range(3)] == [1, 0, 0]
    assert headlines() == ["From the sheet"] * 5
    assert [brief.revisions.count() for brief in briefs] == [2] * 5
    row = Upload.objects.get()
    assert (row.results["done"], row.results["conflicts"], row.files.count()) == (5, 0, 0)


def test_bad_row_stores_nothing_and_other_people_see_no_preview(client: Client, team: factories.Team) -> None:
    good, bad = factories.draft_brief(team), factories.draft_brief(team)
    data = sheet_with_headlines(good, bad).replace(b'"2025-06-09"', b'"June"', 1)
    response = upload_sheet(client, data)
    assert response.status_code == 409
    assert "Sheet “briefs”: Row 2, column “date”: “June” is not a date." in response.content.decode()
    assert not Upload.objects.exists()
    assert "Choose a file." in upload_sheet(client).content.decode()
    emptied = upload_sheet(client, sheet_with_headlines(good, headline=""))
    assert '<em class="gone">Empty</em>' in client.get(emptied["Location"]).content.decode()
    nothing = upload_sheet(client, sheet_with_headlines(good, headline="A Headline"))
    assert "there is nothing to import" in client.get(nothing["Location"]).content.decode()
    sign_in(client, team.other_writer)
    assert client.get(nothing["Location"]).status_code == 404
    assert client.post(nothing["Location"]).status_code == 404


def test_brief_of_a_sheet_can_be_left_out_also_on_another_page(
    client: Client, team: factories.Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    briefs = [factories.draft_brief(team) for _ in range(4)]
    monkeypatch.setattr("briefs.admin.uploads.sheet_imports.BATCH_SIZE", 2)
    preview = upload_sheet(client, sheet_with_headlines(*briefs))["Location"]
    form = Form(client.get(preview).content.decode(), id="confirm-form")
    turned = client.post(preview, {**form.data, "take": [str(briefs[1].pk)], "page": "2"})
    assert turned["Location"] == f"{preview}?page=2"
    assert headlines() == ["A Headline"] * 4
    page = client.get(turned["Location"]).content.decode()
    assert "Import 3" in " ".join(page.split())
    form = Form(page, id="confirm-form")
    client.post(preview, {**form.data, "take": [str(briefs[3].pk)]})
    assert headlines() == ["A Headline", "From the sheet", "A Headline", "From the sheet"]
    results = Upload.objects.get().results
    assert (results["done"], results["left"]) == (2, 0)


def test_single_rows_of_a_brief_are_left_out(client: Client, team: factories.Team) -> None:
    """The sheet changes headline, title and key line, rewords #2 and #3, deletes #1 and adds a bullet after #2 and after #3."""
    brief = factories.draft_brief(team)
    before = workflow.load_working_copy(brief)
    rows = build_brief_rows(Brief.objects.filter(pk=brief.pk))
    heads = rows[BULLETS][0]
    zh, en = heads.index("text_zh"), heads.index("text_en")
    for row in rows[BULLETS][1:]:
        row[zh], row[en] = f"新{row[zh]}", f"New {row[en]}"
    rows[BULLETS][1][zh] = rows[BULLETS][1][en] = ""
    added = [
        ["" if head in ("number", "version") else cell for head, cell in zip(heads, row, strict=True)]
        for row in rows[BULLETS][2:]
    ]
    for number, row in enumerate(added, 1):
        row[zh], row[en] = f"加{number}", f"Added {number}"
    rows[BULLETS][3:3] = added[:1]
    rows[BULLETS] += added[1:2]
    sheet = dict(zip(rows[BRIEFS][0], rows[BRIEFS][1], strict=True)) | {
        "headline_en": "From the sheet",
        "title": "Title",
        "key_point": "3",
    }
    rows[BRIEFS][1] = [sheet[head] for head in rows[BRIEFS][0]]
    preview = upload_sheet(client, *(sheet_files.write_csv(sheet) for sheet in rows.values()))["Location"]
    form = Form(client.get(preview).content.decode(), id="confirm-form")
    key = f"rows-{brief.pk}"
    assert sorted(form.data[key]) == ["b1", "b2", "b3", "headline", "key_point", "n2", "n4", "title"]
    client.post(preview, {**form.data, f"row-{brief.pk}": ["headline", "b3", "n4"]})
    after = workflow.load_working_copy(Brief.objects.get())
    texts = [bullet.text_en for bullet in after.bullets]
    assert texts == [
        before.bullets[0].text_en,
        before.bullets[1].text_en,
        f"New {before.bullets[2].text_en}",
        "Added 2",
    ]
    assert [bullet.number for bullet in after.bullets] == [1, 2, 3, 4]
    assert (after.headline_en, after.facts.title, after.key_point) == (
        "From the sheet",
        before.facts.title,
        0,
    )
    assert "1 draft changed" in client.get(preview).content.decode()


def test_newer_version_on_the_desk_is_a_question(client: Client, team: factories.Team) -> None:
    first, second = factories.draft_brief(team), factories.draft_brief(team)
    data = sheet_with_headlines(first, second)
    factories.edit(first, team.other_writer, headline_en="Faster")
    factories.edit(second, team.other_writer, headline_en="Faster")
    preview = upload_sheet(client, data)["Location"]
    page = client.get(preview).content.decode()
    assert f"Brief {first.pk} was changed since the export. Which text?" in page
    assert preview in client.get("/admin/briefs/brief/upload/").content.decode()
    form = Form(page, id="confirm-form")
    client.post(preview, form.data)
    assert headlines() == ["Faster", "Faster"], "nothing is answered"
    answers = {
        f"q-{first.pk}-target": form.options[f"q-{first.pk}-target"][:1],
        f"q-{second.pk}-target": ["skip"],
    }
    third = factories.edit(Brief.objects.get(pk=first.pk), team.other_writer, headline_zh="更快")
    client.post(preview, {**form.data, **answers})
    assert headlines() == ["Faster", "Faster"], "the brief changed since the question was shown"
    form = Form(client.get(preview).content.decode(), id="confirm-form")
    answers[f"q-{first.pk}-target"] = form.options[f"q-{first.pk}-target"][:1]
    client.post(preview, {**form.data, **answers})
    assert headlines() == ["From the sheet", "Faster"]
    assert Revision.objects.filter(brief=third).latest("number").by == team.writer


def test_sheet_preview_is_not_served_as_another_upload(client: Client, team: factories.Team) -> None:
    preview = upload_sheet(client, sheet_with_headlines(factories.draft_brief(team)))["Location"]
    sign_in(client, team.other_writer)
    assert client.get(preview).status_code == 404


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_servers_and_a_killed_one_save_each_brief_once(team: factories.Team) -> None:
    briefs = [factories.draft_brief(team) for _ in range(45)]
    sheets = read_brief_sheets([("x.csv", sheet_with_headlines(*briefs))])
    upload = store_brief_plan(team.writer, "x.csv", plan_brief_import(*sheets))
    values = {"upload": str(upload.pk), "by": team.writer.pk}
    late = {"brief": briefs[-1].pk, "by": team.other_writer.pk, "version": 1, "summary": "Faster"}
    with racers(3) as workers:
        for at in (3, 40, 90, 150) if connection.vendor == "sqlite" else ():  # a thread's fork hangs
            (killed,) = workers.race(("killed", {"at": at, "act": "save_sheet", "values": values}))
            assert killed == {"did": False}
        saved = workers.race(("save_sheet", values), ("save_sheet", values), ("save", late))
    assert [result.get("did") for result in saved[:2]] == [0, 0]
    upload.refresh_from_db()
    was_faster = "did" in saved[2]
    assert (upload.results["done"], upload.results["conflicts"]) == (45 - was_faster, int(was_faster))
    assert [brief.revisions.count() for brief in briefs] == [2] * 45
    assert headlines().count("From the sheet") == 45 - was_faster
