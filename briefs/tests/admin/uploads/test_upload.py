"""Upload on the desk: limits, preview, import, re-import; what is foreign or forged has no effect."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.admin.common import pending_uploads
from briefs.admin.uploads import pending_files
from briefs.demo import load_missing_rows
from briefs.models import Author, Brief, Document, Event, Keyword, Revision, Source, Upload, UploadFile

from ...conftest import FIXTURES, SEED
from ...intake.test_importer import checksum as checksum_of_all
from ...intake.test_importer import run
from ...support import factories
from ...support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
PAGE = "/admin/briefs/brief/upload/"
SAMPLE = (FIXTURES / "samples" / "02-critical-minerals.txt").read_text(encoding="utf-8")
FAULTY = (FIXTURES / "samples" / "03-faulty-drones.txt").read_text(encoding="utf-8")
LOOSELY = (
    "Without standardized interfaces, systems purchased separately by local governments",
    "Without common interfaces, equipment purchased separately by county governments",
)
"""Words that nothing knows, in a pair of which the English says much more."""
OLD, NEW = "The real bottleneck is refining", "The true bottleneck lies in refining"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def checksum() -> str:
    """Every row of ours but those that wait."""
    kept = list(Upload.objects.values()), list(UploadFile.objects.values())
    Upload.objects.all().delete()
    try:
        return checksum_of_all()
    finally:
        Upload.objects.bulk_create(Upload(**values) for values in kept[0])
        UploadFile.objects.bulk_create(UploadFile(**values) for values in kept[1])


def file(name: str, text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def upload(client: Client, *files: SimpleUploadedFile, **fields: Any) -> str:
    """The address of the preview."""
    form = Form(client.get(PAGE).content.decode(), id="upload-form")
    data = {name: values[-1] for name, values in form.data.items() if name != "files"}
    response = client.post(PAGE, {**data, **fields, "files": list(files)})
    assert response.status_code == 302, response.content.decode()[:2000]
    return str(response.url)


def preview(client: Client, page: str) -> tuple[Form, str]:
    html = client.get(page).content.decode()
    return Form(html, id="confirm-form"), html


def imported(client: Client, *files: SimpleUploadedFile, **fields: Any) -> None:
    page = upload(client, *files, **fields)
    assert client.post(page, preview(client, page)[0].data).status_code == 302


def statuses(html: str) -> list[str]:
    return re.findall(r'<section\s+class="digest (\w+)"', html)


def test_several_files_are_shown_before_anything_is_stored(mine: Client, team: factories.Team) -> None:
    load_missing_rows("vocabulary.json")
    before = checksum()
    page = upload(
        mine,
        file("seed.txt", SEED.read_bytes()),
        file("letter.txt", "Dear all,\nno labels"),
        file("faulty.txt", FAULTY.replace(*LOOSELY)),
    )
    form, html = preview(mine, page)
    assert checksum() == before
    assert statuses(html) == ["created", "refused", "created"]
    assert form.data["take"] == ["1-0", "3-0"]
    assert "“letter.txt”, line 1: expected a label" in html
    assert "川普政府可能會解除拜登時期" in html
    assert html.count('lang="zh-Hant-TW"') > 20
    assert "06/09/2025 can be read in two ways" in html
    assert "Structure differs: 5 + 3 in Chinese, 8 in English." in html
    assert re.search(r"Pairing\s+\d\d?% certain", html)
    assert "The keyword “城市治理學” is not known yet" in html
    assert not Brief.objects.exists()


def test_cautions_stand_beside_what_they_are_about(mine: Client) -> None:
    text = "作者/Author(s): Ann Lee\n日期/Date: someday\nSource: Foreign Policy\nstray words here\n\n摘要:\n摘。\n• 一。\n\nSummary:\nS.\n• One.\n• Two.\n"
    _, html = preview(mine, upload(mine, file("a.txt", text)))
    facts = html[html.index("<dl") : html.index("</dl>")]
    assert re.search(r"Article date.*could not be read", facts, re.DOTALL)
    row = html[html.index("noted") :]
    assert re.search(r"(One|Two)\..*no counterpart in Chinese", row, re.DOTALL)
    unplaced = html[html.index('class="unplaced"') :]
    assert "Date: someday" in unplaced
    assert "stray words here" in unplaced


def test_confirming_stores_what_is_ticked_and_twice_stores_once(mine: Client, team: factories.Team) -> None:
    page = upload(
        mine, file("seed.txt", SEED.read_bytes()), file("a.txt", SAMPLE), words_of=team.other_writer.pk
    )
    form, _ = preview(mine, page)
    data = form.data_with(take=["1-0"])
    assert mine.post(page, data).status_code == 302
    brief = Brief.objects.get()
    revision = Revision.objects.get()
    assert (revision.by, revision.kind, Event.objects.get().by) == (team.other_writer, "import", team.writer)
    assert bytes(Document.objects.get().data) == SEED.read_bytes()
    before = checksum_of_all()
    for again in (data, form.data):
        assert mine.post(page, again).url == page
    assert checksum_of_all() == before
    result = mine.get(page).content.decode()
    assert f"/admin/briefs/brief/{brief.pk}/change/" in result
    assert "seed.txt" in result
    assert not UploadFile.objects.exists()


def test_the_same_brief_as_the_command_makes(mine: Client, capsys: Any) -> None:
    imported(mine, file(SEED.name, SEED.read_bytes()))
    (line,), _ = run(capsys, str(SEED))
    assert line["status"] == "unchanged"
    assert len(workflow.load_working_copy(Brief.objects.get()).bullets) == 8
    assert Brief.objects.get().article_date_alternative == "2025-09-06"


def test_pasted_text_may_be_pasted_again_corrected(mine: Client) -> None:
    for text in (SAMPLE, FAULTY.replace("\n", "\r\n"), SAMPLE.replace(OLD, NEW)):
        page = upload(mine, paste=text)
        form, html = preview(mine, page)
        assert "A file of this name" not in html
        mine.post(page, form.data)
    assert Brief.objects.count() == 2
    assert Document.objects.filter(name="pasted.txt").count() == 3
    first = workflow.load_working_copy(Brief.objects.order_by("pk")[0])
    assert first.bullets[0].text_en.startswith(NEW)


def test_nothing_chosen_or_an_unknown_writer_is_said(mine: Client, team: factories.Team) -> None:
    response = mine.post(PAGE, {"words_of": team.writer.pk, "date_order": "mdy"})
    assert response.status_code == 409
    assert "Choose files, or paste text." in response.content.decode()
    for words_of, order in ((team.outsider.pk, "mdy"), (team.writer.pk, "ymd"), ("x", "mdy")):
        response = mine.post(PAGE, {"words_of": words_of, "date_order": order, "paste": SAMPLE})
        assert response.status_code == 409
        assert "Preview" in response.content.decode()
    assert not Upload.objects.exists()
    page = upload(mine, paste=SAMPLE)
    response = mine.post(page, {})
    assert response.status_code == 409
    assert "Choose at least one digest." in response.content.decode()


def test_the_date_order_is_asked_for(mine: Client) -> None:
    imported(mine, file("a.txt", SEED.read_bytes()), date_order="dmy")
    assert str(Brief.objects.get().article_date) == "2025-09-06"


def test_limits_cost_the_others_nothing(mine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_files, "MAX_FILE_SIZE", 10_000)
    monkeypatch.setattr(pending_files, "MAX_FILES", 3)
    monkeypatch.setattr(pending_files, "MAX_TOTAL_SIZE", 25_000)
    files = [file("big.txt", "x" * 10_001), *(file(f"{n}.txt", SAMPLE + f"\n{n}") for n in range(4))]
    page = upload(mine, *files)
    form, html = preview(mine, page)
    assert statuses(html).count("refused") == 2
    assert "larger than 5 MB and was not taken" in html
    assert re.search(r"Only 200 files go at once", html)
    assert form.data["take"] == ["2-0", "3-0", "4-0"]
    row = Upload.objects.get()
    assert [len(f.data) > 0 for f in row.files.all()] == [False, True, True, True, False]
    monkeypatch.setattr(pending_files, "MAX_TOTAL_SIZE", 5_000)
    page = upload(mine, file("1.txt", SAMPLE), file("2.txt", SAMPLE))
    assert "All files together" in preview(mine, page)[1]


def test_the_limits_stand_on_the_page_and_settings_let_them_through(mine: Client, settings: Any) -> None:
    html = " ".join(mine.get(PAGE).content.decode().split())
    assert "up to 200 files, 5 MB each, 50 MB and 500 digests" in html
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES > pending_files.MAX_FILES
    page = upload(mine, *(file(f"{n}.txt", "no") for n in range(201)))
    assert Upload.objects.get().files.filter(refused="too-many").count() == 1
    assert mine.get(page).status_code == 200


def test_too_many_digests_are_said(mine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefs.admin.uploads.upload_views.MAX_DIGESTS", 1)
    monkeypatch.setattr("briefs.admin.uploads.import_preview.MAX_DIGESTS", 1)
    page = upload(mine, file("a.txt", SAMPLE), file("b.txt", FAULTY))
    response = mine.get(page)
    assert response.status_code == 409
    assert "These files hold 2 digests; at most 1 go at once." in response.content.decode()


def test_a_batch_of_files_may_follow(mine: Client) -> None:
    response = mine.post(
        PAGE,
        {"words_of": Form(mine.get(PAGE).content.decode(), id="upload-form").data["words_of"][0], "date_order": "mdy",
         "files": [file("a.txt", SAMPLE)]},
        headers={"Accept": "application/json"},
    )  # fmt: skip
    answer = json.loads(response.content)
    assert mine.post(answer["files"], {"files": [file("b.txt", FAULTY)]}).status_code == 200
    assert mine.get(answer["files"]).status_code == 405
    form, html = preview(mine, answer["page"])
    assert statuses(html) == ["created", "created"]
    one = form.data_with(take=["1-0"], more="1")
    response = mine.post(answer["page"], one, headers={"Accept": "application/json"})
    assert json.loads(response.content) == {"refused": 0}
    assert Upload.objects.get().done_at is None
    mine.post(answer["page"], form.data_with(take=["1-0"], more="1"), headers={"Accept": "application/json"})
    mine.post(answer["page"], form.data_with(take=["2-0"], more="1"), headers={"Accept": "application/json"})
    mine.post(answer["page"], {})
    assert Upload.objects.get().done_at
    assert Brief.objects.count() == 2
    mine.post(answer["files"], {"files": [file("c.txt", FAULTY)]})
    assert not UploadFile.objects.exists()


def test_forged_keys_and_choices_have_no_effect(mine: Client, team: factories.Team) -> None:
    other = factories.draft_brief(team, factories.content("x"))
    page = upload(mine, file("a.txt", SAMPLE))
    before = checksum()
    seen = f"over-{other.pk}-{other.version}"
    for take, value in (
        ("9-0", "created"), ("1-7", "created"), ("1-0", ""), ("1-0", "created-x"), ("../1", "created"), ("1-0", seen),
        ("1-0", f"updated-{other.pk}-{other.version}"), ("1" * 30, "created"), ("1-0", "over-99999999999-1"),
    ):  # fmt: skip
        mine.post(
            page,
            {
                "take": take,
                f"seen-{take}": value,
                "owner": team.publisher.pk,
                "state": "approved",
                "status": "created",
            },
        )
    assert checksum() == before
    assert Upload.objects.get().done_at is None


def test_another_persons_upload_is_not_there(client: Client, mine: Client, team: factories.Team) -> None:
    page = upload(mine, file("a.txt", SAMPLE))
    form, _ = preview(mine, page)
    for person in (team.other_writer, team.publisher):
        other = sign_in(Client(), person)
        for address in (page, f"{page}files/"):
            assert other.get(address).status_code == 404
            assert other.post(address, form.data).status_code == 404
    assert not Brief.objects.exists()
    assert UploadFile.objects.count() == 1


def test_without_the_right_to_import_there_is_no_door(mine: Client, team: factories.Team) -> None:
    page = upload(mine, file("a.txt", SAMPLE))
    for person in (team.reviewer, team.outsider):
        other = sign_in(Client(), person)
        for address in (PAGE, page, f"{page}files/", f"{PAGE}00000000-0000-0000-0000-000000000000/"):
            assert other.get(address).status_code == 403
            assert other.post(address, {"paste": SAMPLE}).status_code == 403
        assert PAGE not in other.get("/admin/").content.decode()
    assert Client().get(PAGE).status_code == 302
    assert PAGE in mine.get("/admin/").content.decode()
    assert PAGE in mine.get("/admin/briefs/brief/").content.decode()
    team.writer.groups.clear()
    assert mine.post(page, {"take": "1-0", "seen-1-0": "created"}).status_code == 403
    assert not Brief.objects.exists()


def test_what_is_a_day_old_is_gone_and_swept(mine: Client, team: factories.Team) -> None:
    page = upload(mine, file("a.txt", SAMPLE))
    Upload.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    assert mine.get(page).status_code == 404
    assert mine.post(page, {"take": "1-0", "seen-1-0": "created"}).status_code == 404
    upload(mine, file("b.txt", FAULTY))
    assert [f.name for f in UploadFile.objects.all()] == ["b.txt"]
    for _ in range(pending_uploads.MAX_PENDING_UPLOADS + 2):
        upload(mine, paste="x")
    assert Upload.objects.count() == pending_uploads.MAX_PENDING_UPLOADS


def test_names_that_the_preview_makes_are_not_kept(mine: Client) -> None:
    counts = [kind.objects.count() for kind in (Author, Source, Keyword)]
    page = upload(mine, file("a.txt", FAULTY), file("b.txt", SAMPLE))
    mine.get(page)
    assert [kind.objects.count() for kind in (Author, Source, Keyword)] == counts


def test_chinese_is_spoken_and_content_is_escaped(client: Client, team: factories.Team) -> None:
    mine = sign_in(client, team.writer, "zh-hant")
    text = SAMPLE.replace(OLD, "<script>alert(1)</script>")
    _, html = preview(mine, upload(mine, file("<b>.txt", text), file("壞.txt", "沒有欄位")))
    assert "「壞.txt」第 1 行：此處應為" in html
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_preview_asks_no_more_for_more_new_digests(mine: Client) -> None:
    def queries(n: int) -> int:
        page = upload(
            mine, *(file(f"{i}.txt", SAMPLE.replace("/critical-minerals", f"/{i}")) for i in range(n))
        )
        with CaptureQueriesContext(connection) as caught:
            html = mine.get(page).content.decode()
        assert statuses(html) == ["created"] * n
        return len(caught)

    queries(1)
    assert queries(12) == queries(3)
