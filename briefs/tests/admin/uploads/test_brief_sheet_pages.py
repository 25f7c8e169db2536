"""Sheets of briefs on the desk: export of the filtered list, preview, and import of the whole sheet or nothing."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.brief_columns import BRIEFS, BULLETS
from briefs.exchange.sheets.brief_sheets import build_brief_rows
from briefs.models import Brief, Event, Revision, SheetFile
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
LIST = "/admin/briefs/brief/"


@pytest.fixture
def client(writer_client: Client) -> Client:
    return writer_client


def sheet_with_headlines(*briefs: Brief, headline: str = "From the sheet") -> bytes:
    rows = build_brief_rows(Brief.objects.filter(pk__in=[b.pk for b in briefs]))[BRIEFS]
    for row in rows[1:]:
        row[rows[0].index("headline_en")] = headline
    return sheet_files.write_sheet(rows, "csv", title="x")


def upload_sheet(client: Client, *data: bytes) -> Any:
    files = [SimpleUploadedFile(f"文摘{n}.csv", d) for n, d in enumerate(data)]
    return client.post(f"{LIST}import/", {"files": files, "csrfmiddlewaretoken": "x"})


def press_import(client: Client, preview: str) -> Any:
    data = Form(preview, id="confirm-form").data
    return client.post(f"{LIST}process_import/", data, follow=True)


def headlines() -> list[str]:
    return list(Brief.objects.order_by("pk").values_list("headline_en", flat=True))


def test_list_is_exported_as_filtered_in_every_format(client: Client, team: Team) -> None:
    draft = factories.draft_brief(team, factories.content("=甲"))
    factories.live_brief(team)
    export = f"{LIST}export/?state=draft"
    assert f'href="{export}"' in client.get(f"{LIST}?state=draft").text
    assert "1 brief that matches" in client.get(export).text
    read = sheet_files.read_sheet
    for form, heading, rows in (("xlsx", "id", 1), ("briefs.csv", "id", 1), ("bullets.csv", "brief", 3)):
        sheet = read(client.post(export, {"format": form}).content)
        assert (sheet.headings[0], len(sheet.rows), sheet.rows[0].cells[0]) == (heading, rows, str(draft.pk))
    packed = zipfile.ZipFile(io.BytesIO(client.post(export, {"format": "csv"}).content))
    assert packed.namelist() == ["briefs.csv", "bullets.csv"]
    assert packed.read("briefs.csv").startswith(b"\xef\xbb\xbf")  # Excel then reads UTF-8
    chosen = {"action": "export_sheet", "index": "0", "_selected_action": [draft.pk]}
    assert len(read(client.post(LIST, chosen).content).rows) == 1
    assert "No brief matches" in client.get(f"{LIST}export/?q=nowhere-at-all").text


def test_writer_previews_then_imports(client: Client, team: Team) -> None:
    first, second = factories.draft_brief(team), factories.draft_brief(team)
    before = (headlines(), Revision.objects.count(), Event.objects.count())
    preview = upload_sheet(client, sheet_with_headlines(first, second)).text
    assert "2 drafts changed" in preview
    assert "Import 2" in " ".join(preview.split())
    assert preview.count(">From the sheet<") == 2
    assert before == (headlines(), Revision.objects.count(), Event.objects.count())
    factories.edit(second, team.other_writer, headline_en="Faster")
    refused = press_import(client, preview)
    assert refused.status_code == 409
    assert "Row 3, column “id”: other-writer saved a newer version at" in refused.text
    assert headlines() == ["A Headline", "Faster"]
    preview = upload_sheet(client, sheet_with_headlines(first, second)).text
    assert "Imported: 2 drafts changed." in press_import(client, preview).text
    assert headlines() == ["From the sheet"] * 2
    assert {brief.revisions.latest("number").by for brief in (first, second)} == {team.writer}
    again = press_import(client, preview)
    assert again.status_code == 409
    assert "was imported already" in again.text
    assert Revision.objects.count() == 5


def test_both_csv_files_are_one_import(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    rows = build_brief_rows(Brief.objects.all())
    rows[BRIEFS][1][rows[BRIEFS][0].index("headline_en")] = "From the sheet"
    head, first = rows[BULLETS][:2]
    added = dict(zip(head, first, strict=True)) | {"number": "", "text_zh": "新"}
    rows[BULLETS].append([*added.values()])
    preview = upload_sheet(client, *map(sheet_files.write_csv, rows.values())).text
    press_import(client, preview)
    after = factories.load_content(brief)
    assert (after.headline_en, [b.number for b in after.bullets]) == ("From the sheet", [1, 2, 3, 4])


def test_bad_row_stores_nothing_and_an_emptied_cell_is_said(client: Client, team: Team) -> None:
    good, bad = factories.draft_brief(team), factories.draft_brief(team)
    data = sheet_with_headlines(good, bad).replace(b'"2025-06-09"', b'"June"', 1)
    response = upload_sheet(client, data)
    assert response.status_code == 409
    assert "Sheet “briefs”: Row 2, column “date”: “June” is not a date." in response.text
    assert not SheetFile.objects.exists()
    assert "Choose a file." in upload_sheet(client).text
    emptied = upload_sheet(client, sheet_with_headlines(good, headline="")).text
    assert '<em class="gone">Empty</em>' in emptied
    assert "1 cell that has text is emptied" in emptied
    nothing = upload_sheet(client, sheet_with_headlines(good, headline="A Headline"))
    assert "there is nothing to import" in nothing.text
    sign_in(client, team.other_writer)
    assert press_import(client, emptied).status_code == 409
    assert headlines() == ["A Headline"] * 2
