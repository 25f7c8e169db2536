"""Upload in the admin: limits, preview and import. Forged values and uploads of others have no effect."""

import datetime as dt
import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.admin.common import pending_uploads
from briefs.admin.uploads import pending_files
from briefs.models import Author, Brief, Document, Event, Keyword, Revision, Source, Upload, UploadFile
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.intake.test_importer import checksum as checksum_of_all
from briefs.tests.intake.test_importer import run_import
from briefs.tests.support import factories
from briefs.tests.support.concurrency import racers
from briefs.tests.support.form_client import Form, brief_url, sign_in
from briefs.workflow.reviewing import load_leaves
from briefs.workflow.rules import four_eyes

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
UPLOAD_URL = "/admin/briefs/brief/upload/"
SAMPLE = (FIXTURES / "samples" / "02-critical-minerals.txt").read_text(encoding="utf-8")
FAULTY = (FIXTURES / "samples" / "03-faulty-drones.txt").read_text(encoding="utf-8")
LOOSE_TRANSLATION = (
    "Medium-range patrol models can fly about 500 miles, enough to cover the main offshore islands and wind farms.",
    "A patrol lasts long enough to pass the turbines and the isles.",
)
"""A passage and its replacement, which shares few words with the Chinese."""
OLD, NEW = "The real bottleneck is refining", "The true bottleneck lies in refining"


def checksum_without_uploads() -> str:
    """Checksum of every row except pending uploads."""
    pending = list(Upload.objects.values()), list(UploadFile.objects.values())
    Upload.objects.all().delete()
    try:
        return checksum_of_all()
    finally:
        Upload.objects.bulk_create(Upload(**values) for values in pending[0])
        UploadFile.objects.bulk_create(UploadFile(**values) for values in pending[1])


def make_file(name: str, text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def upload_files(client: Client, *files: SimpleUploadedFile, **fields: Any) -> str:
    """Upload the files and return the address of the preview."""
    form = Form(client.get(UPLOAD_URL).content.decode(), id="upload-form")
    data = {name: values[-1] for name, values in form.data.items() if name != "files"}
    data["date_order"] = "mdy"
    response = client.post(UPLOAD_URL, {**data, **fields, "files": list(files)})
    assert response.status_code == 302, response.content.decode()[:2000]
    return str(response.url)


def open_preview(client: Client, preview_url: str) -> tuple[Form, str]:
    html = client.get(preview_url).content.decode()
    return Form(html, id="confirm-form"), html


def find_option(html: str, label: str) -> dict[str, list[str]]:
    """Return the form data of the first radio button with this label."""
    pattern = (
        rf'<input\s+type="radio"\s+name="([^"]+)"\s+value="([^"]+)"[^>]*>\s*<span>{re.escape(label)}</span>'
    )
    match = re.search(pattern, html)
    assert match, f"no option {label}"
    return {match[1]: [match[2]]}


def import_files(client: Client, *files: SimpleUploadedFile, **fields: Any) -> None:
    preview_url = upload_files(client, *files, **fields)
    assert client.post(preview_url, open_preview(client, preview_url)[0].data).status_code == 302


def digest_statuses(html: str) -> list[str]:
    return re.findall(r'<section\s+class="digest (\w+)"', html)


def test_preview_of_several_files_stores_nothing(writer_client: Client, team: factories.Team) -> None:
    factories.load_vocabulary()
    before = checksum_without_uploads()
    preview_url = upload_files(
        writer_client,
        make_file("seed.txt", SEED.read_bytes()),
        make_file("letter.txt", "Dear all,\nno labels"),
        make_file("faulty.txt", FAULTY.replace(*LOOSE_TRANSLATION)),
    )
    form, html = open_preview(writer_client, preview_url)
    assert checksum_without_uploads() == before
    assert digest_statuses(html) == ["created", "refused", "created"]
    assert form.data["take"] == ["1-0", "3-0"]
    assert "“letter.txt”, line 1: expected a label" in html
    assert "川普政府可能會解除拜登時期" in html
    assert html.count('lang="zh-Hant-TW"') > 20
    assert "06/09/2025 can be read in two ways" in html
    assert "Structure differs: 5 + 3 in Chinese, 8 in English." in html
    assert re.search(r"Pairing\s+\d\d?% certain", html)
    assert "The keyword “城市治理學” is not known yet" in html
    assert not Brief.objects.exists()


def test_preview_shows_warnings_beside_their_text(writer_client: Client) -> None:
    text = "作者/Author(s): Ann Lee\n日期/Date: someday\nSource: Foreign Policy\nstray words here\n\n摘要:\n摘。\n• 一。\n\nSummary:\nS.\n• One.\n• Two.\n"
    _, html = open_preview(writer_client, upload_files(writer_client, make_file("a.txt", text)))
    facts = html[html.index("<dl") : html.index("</dl>")]
    assert re.search(r"Article date.*could not be read", facts, re.DOTALL)
    row = html[html.index("noted") :]
    assert re.search(r"(One|Two)\..*no counterpart in Chinese", row, re.DOTALL)
    unplaced = html[html.index('class="unplaced"') :]
    assert "Date: someday" in unplaced
    assert "stray words here" in unplaced


def test_confirming_twice_stores_ticked_digest_once(writer_client: Client, team: factories.Team) -> None:
    preview_url = upload_files(
        writer_client,
        make_file("seed.txt", SEED.read_bytes()),
        make_file("a.txt", SAMPLE),
        words_of=team.other_writer.pk,
    )
    form, _ = open_preview(writer_client, preview_url)
    data = form.data_with(take=["1-0"])
    assert writer_client.post(preview_url, data).status_code == 302
    brief = Brief.objects.get()
    revision = Revision.objects.get()
    assert (revision.by, revision.kind, Event.objects.get(brief__isnull=False).by) == (
        team.other_writer,
        "import",
        team.writer,
    )
    assert bytes(Document.objects.get().data) == SEED.read_bytes()
    before = checksum_of_all()
    assert writer_client.post(preview_url, data).url == preview_url
    assert checksum_of_all() == before
    _, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html) == ["created"], "what was not ticked waits"
    for _ in range(2):
        assert writer_client.post(preview_url, form.data).url == preview_url
    assert Brief.objects.count() == 2
    result = writer_client.get(preview_url).content.decode()
    assert f"/admin/briefs/brief/{brief.pk}/change/" in result
    assert "seed.txt" in result
    assert not UploadFile.objects.exists()


def test_what_was_left_out_stays_so_and_is_counted_alone(writer_client: Client) -> None:
    preview_url = upload_files(
        writer_client, make_file("seed.txt", SEED.read_bytes()), make_file("a.txt", SAMPLE)
    )
    form, _ = open_preview(writer_client, preview_url)
    html = writer_client.post(preview_url, form.data_with(take=["1-0"]), follow=True).content.decode()
    assert re.findall(r'class="count">([^<]+)', html) == ["1 new brief"]
    assert "take" not in Form(html, id="confirm-form").data
    assert 'id="questions-wait" hidden' in " ".join(html.split())


def test_uploaded_file_gives_same_brief_as_import_command(writer_client: Client, capsys: Any) -> None:
    import_files(writer_client, make_file(SEED.name, SEED.read_bytes()))
    (line,), _ = run_import(capsys, str(SEED))
    assert line["status"] == "unchanged"
    assert len(workflow.load_working_copy(Brief.objects.get()).bullets) == 8
    assert Brief.objects.get().article_date_alternative == "2025-09-06"


def test_pasted_text_can_be_corrected_and_pasted_again(writer_client: Client) -> None:
    for text in (SAMPLE, FAULTY.replace("\n", "\r\n"), SAMPLE.replace(OLD, NEW)):
        preview_url = upload_files(writer_client, paste=text)
        form, html = open_preview(writer_client, preview_url)
        assert "A file of this name" not in html
        writer_client.post(preview_url, form.data)
    assert Brief.objects.count() == 2
    assert Document.objects.filter(name="pasted.txt").count() == 3
    first = workflow.load_working_copy(Brief.objects.order_by("pk")[0])
    assert first.bullets[0].text_en.startswith(NEW)


def test_upload_without_file_or_valid_writer_is_refused(writer_client: Client, team: factories.Team) -> None:
    response = writer_client.post(UPLOAD_URL, {"words_of": team.writer.pk, "date_order": "mdy"})
    assert response.status_code == 409
    assert "Choose files, or paste something." in response.content.decode()
    for words_of, order in ((team.outsider.pk, "mdy"), (team.writer.pk, "ymd"), ("x", "mdy")):
        response = writer_client.post(
            UPLOAD_URL, {"words_of": words_of, "date_order": order, "paste": SAMPLE}
        )
        assert response.status_code == 409
        assert "Continue" in response.content.decode()
    assert not Upload.objects.exists()
    preview_url = upload_files(writer_client, paste=SAMPLE)
    response = writer_client.post(preview_url, {})
    assert response.status_code == 409
    assert "Choose at least one digest." in response.content.decode()


ADDRESS = "https://www.example.org/story/"
RIS = "TY  - JOUR\nTI  - Ports at Risk\nAU  - Chen, Mei\nT2  - Sample Review\nDO  - 10.1000/ports\nER  - \n"


def paste(client: Client, text: str, **values: Any) -> Any:
    return client.post(UPLOAD_URL, {"paste": text, **values})


def test_pasted_address_is_claimed_once(writer_client: Client, team: factories.Team) -> None:
    response = paste(writer_client, f" {ADDRESS}\n", due_on="2030-01-02")
    brief = Brief.objects.get()
    assert response["Location"] == brief_url(brief)
    assert (brief.article_url, brief.assigned_to, brief.due_on) == (ADDRESS, team.writer, dt.date(2030, 1, 2))
    again = paste(writer_client, "http://example.org/story?utm_source=x", due_on="2030-01-03")
    page = again.content.decode()
    assert again.status_code == 409
    assert re.search(rf'<a\s+href="{brief_url(brief)}"\s*>This article has already been digested', page)
    assert "http://example.org/story?utm_source=x</textarea>" in page
    assert paste(writer_client, "https://example.org/b", due_on="soon").status_code == 409
    assert (Brief.objects.count(), Upload.objects.count()) == (1, 0)


@pytest.mark.parametrize("as_file", [False, True])
def test_citation_begins_brief_with_its_facts_once(writer_client: Client, as_file: bool) -> None:
    def send(text: str) -> Any:
        return writer_client.post(
            UPLOAD_URL, {"files": make_file("a.RIS", text)} if as_file else {"paste": text}
        )

    response = send(RIS)
    brief = Brief.objects.get()
    facts = workflow.load_working_copy(brief).facts
    assert response["Location"] == brief_url(brief)
    assert (facts.title, facts.doi, Source.objects.get(pk=facts.source).name) == (
        "Ports at Risk", "10.1000/ports", "Sample Review",
    )  # fmt: skip
    assert [Author.objects.get(pk=byline.author).name for byline in facts.authors] == ["Mei Chen"]
    assert send(RIS.replace("Chen, Mei", "Lin, Ann")).status_code == 409
    assert paste(writer_client, "https://doi.org/10.1000/PORTS").status_code == 409
    assert Brief.objects.count() == 1
    assert not Author.objects.filter(name="Ann Lin").exists(), "a refused claim leaves no names behind"


def test_sheet_is_sent_to_its_own_page(writer_client: Client) -> None:
    answer = writer_client.post(
        UPLOAD_URL, {"files": [make_file("briefs.csv", "a"), make_file("a.txt", SAMPLE)]}
    )
    assert answer.status_code == 409
    assert 'href="/admin/briefs/brief/import/"' in answer.content.decode()
    assert not Upload.objects.exists()


def test_chosen_date_order_decides_ambiguous_date(writer_client: Client) -> None:
    import_files(writer_client, make_file("a.txt", SEED.read_bytes()), date_order="dmy")
    assert str(Brief.objects.get().article_date) == "2025-09-06"


def test_file_over_limit_is_refused_without_affecting_others(
    writer_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_files, "MAX_FILE_SIZE", 10_000)
    monkeypatch.setattr(pending_files, "MAX_FILES", 3)
    monkeypatch.setattr(pending_files, "MAX_TOTAL_SIZE", 25_000)
    files = [
        make_file("big.txt", "x" * 10_001),
        *(make_file(f"{n}.txt", SAMPLE + f"\n{n}") for n in range(4)),
    ]
    preview_url = upload_files(writer_client, *files)
    form, html = open_preview(writer_client, preview_url)
    assert digest_statuses(html).count("refused") == 2
    assert "larger than 5 MB and was not taken" in html
    assert re.search(r"Only 200 files go at once", html)
    assert form.data["take"] == ["2-0", "3-0", "4-0"]
    row = Upload.objects.get()
    assert [len(f.data) > 0 for f in row.files.all()] == [False, True, True, True, False]
    monkeypatch.setattr(pending_files, "MAX_TOTAL_SIZE", 5_000)
    preview_url = upload_files(writer_client, make_file("1.txt", SAMPLE), make_file("2.txt", SAMPLE))
    assert "All files together" in open_preview(writer_client, preview_url)[1]


def test_upload_page_states_limits_and_settings_allow_them(writer_client: Client, settings: Any) -> None:
    html = " ".join(writer_client.get(UPLOAD_URL).content.decode().split())
    assert "Up to 200 files, 5 MB each, 50 MB and 200 digests" in html
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES > pending_files.MAX_FILES
    preview_url = upload_files(writer_client, *(make_file(f"{n}.txt", "no") for n in range(201)))
    assert Upload.objects.get().files.filter(refused="too-many").count() == 1
    assert writer_client.get(preview_url).status_code == 200


def test_too_many_digests_are_refused(writer_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefs.admin.uploads.upload_views.MAX_DIGESTS", 1)
    monkeypatch.setattr("briefs.admin.uploads.import_preview.MAX_DIGESTS", 1)
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE), make_file("b.txt", FAULTY))
    response = writer_client.get(preview_url)
    assert response.status_code == 409
    assert "These files hold 2 digests; at most 1 go at once." in response.content.decode()


def test_files_are_uploaded_and_imported_in_batches(
    writer_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = writer_client.post(
        UPLOAD_URL,
        {"words_of": Form(writer_client.get(UPLOAD_URL).content.decode(), id="upload-form").data["words_of"][0], "date_order": "mdy",
         "files": [make_file("a.txt", SAMPLE)]},
        headers={"Accept": "application/json"},
    )  # fmt: skip
    answer = json.loads(response.content)
    assert writer_client.post(answer["files"], {"files": [make_file("b.txt", FAULTY)]}).status_code == 200
    assert writer_client.get(answer["files"]).status_code == 405
    response = writer_client.post(answer["page"], {"more": "1"}, headers={"Accept": "application/json"})
    assert (json.loads(response.content), Upload.objects.get().done_at) == ({"left": 0}, None), (
        "nothing is chosen"
    )
    form, html = open_preview(writer_client, answer["page"])
    assert digest_statuses(html) == ["created", "created"]
    first_digest = form.data_with(take=["1-0"])
    response = writer_client.post(answer["page"], first_digest, headers={"Accept": "application/json"})
    assert json.loads(response.content) == {"left": 0}
    assert (Brief.objects.count(), Upload.objects.get().done_at) == (1, None)
    writer_client.post(answer["page"], first_digest, headers={"Accept": "application/json"})
    monkeypatch.setattr(
        "briefs.admin.uploads.pending_files.DIGESTS_A_TRANSACTION", 0
    )  # the request is killed
    monkeypatch.setattr("briefs.admin.uploads.upload_views.SECONDS_A_STEP", 0)
    response = writer_client.post(answer["page"], form.data, headers={"Accept": "application/json"})
    assert json.loads(response.content) == {"left": 1}
    monkeypatch.undo()
    response = writer_client.post(answer["page"], {"more": "1"}, headers={"Accept": "application/json"})
    assert json.loads(response.content) == {"left": 0}
    assert Upload.objects.get().done_at
    assert Brief.objects.count() == 2
    writer_client.post(answer["files"], {"files": [make_file("c.txt", FAULTY)]})
    assert not UploadFile.objects.exists()


def test_forged_keys_and_choices_have_no_effect(writer_client: Client, team: factories.Team) -> None:
    other_brief = factories.draft_brief(team, factories.content("x"))
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE))
    before = checksum_without_uploads()
    forged_seen = f"over-{other_brief.pk}-{other_brief.version}"
    for take, value in (
        ("9-0", "created"), ("1-7", "created"), ("1-0", ""), ("1-0", "created-x"), ("../1", "created"), ("1-0", forged_seen),
        ("1-0", f"updated-{other_brief.pk}-{other_brief.version}"), ("1" * 30, "created"), ("1-0", "over-99999999999-1"),
    ):  # fmt: skip
        writer_client.post(
            preview_url,
            {
                "take": take,
                f"seen-{take}": value,
                "owner": team.publisher.pk,
                "state": "approved",
                "status": "created",
            },
        )
    assert checksum_without_uploads() == before
    assert Upload.objects.get().done_at is None


def test_upload_of_another_person_is_not_found(
    client: Client, writer_client: Client, team: factories.Team
) -> None:
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE))
    form, _ = open_preview(writer_client, preview_url)
    for person in (team.other_writer, team.publisher):
        other_client = sign_in(Client(), person)
        for address in (preview_url, f"{preview_url}files/"):
            assert other_client.get(address).status_code == 404
            assert other_client.post(address, form.data).status_code == 404
    assert not Brief.objects.exists()
    assert UploadFile.objects.count() == 1


def test_person_without_import_right_cannot_upload(writer_client: Client, team: factories.Team) -> None:
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE))
    for person in (team.reviewer, team.outsider):
        other_client = sign_in(Client(), person)
        for address in (
            UPLOAD_URL,
            preview_url,
            f"{preview_url}files/",
            f"{UPLOAD_URL}00000000-0000-0000-0000-000000000000/",
        ):
            assert other_client.get(address).status_code == 403
            assert other_client.post(address, {"paste": SAMPLE}).status_code == 403
        assert UPLOAD_URL not in other_client.get("/admin/").content.decode()
    assert Client().get(UPLOAD_URL).status_code == 302
    assert UPLOAD_URL in writer_client.get("/admin/").content.decode()
    assert UPLOAD_URL in writer_client.get("/admin/briefs/brief/").content.decode()
    team.writer.groups.clear()
    assert writer_client.post(preview_url, {"take": "1-0", "seen-1-0": "created"}).status_code == 403
    assert not Brief.objects.exists()


def test_upload_older_than_a_day_is_deleted(writer_client: Client, team: factories.Team) -> None:
    preview_url = upload_files(writer_client, make_file("a.txt", SAMPLE))
    Upload.objects.update(created_at=timezone.now() - dt.timedelta(hours=26))
    assert writer_client.get(preview_url).status_code == 404
    assert writer_client.post(preview_url, {"take": "1-0", "seen-1-0": "created"}).status_code == 404
    upload_files(writer_client, make_file("b.txt", FAULTY))
    pending_uploads.delete_expired(timezone.now())
    assert [f.name for f in UploadFile.objects.all()] == ["b.txt"]
    for _ in range(pending_uploads.MAX_PENDING_UPLOADS + 2):
        upload_files(writer_client, paste="x")
    assert Upload.objects.count() == pending_uploads.MAX_PENDING_UPLOADS


def test_preview_does_not_store_new_names(writer_client: Client) -> None:
    counts = [kind.objects.count() for kind in (Author, Source, Keyword)]
    preview_url = upload_files(writer_client, make_file("a.txt", FAULTY), make_file("b.txt", SAMPLE))
    writer_client.get(preview_url)
    assert [kind.objects.count() for kind in (Author, Source, Keyword)] == counts


def test_preview_is_in_chinese_and_escapes_content(client: Client, team: factories.Team) -> None:
    writer_client = sign_in(client, team.writer, "zh-hant")
    text = SAMPLE.replace(OLD, "<script>alert(1)</script>")
    _, html = open_preview(
        writer_client,
        upload_files(writer_client, make_file("<b>.txt", text), make_file("壞.txt", "沒有欄位")),
    )
    assert "「壞.txt」第 1 行：此處應為" in html
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_preview_query_count_does_not_grow_with_digests(writer_client: Client) -> None:
    def count_queries(n: int) -> int:
        preview_url = upload_files(
            writer_client,
            *(make_file(f"{i}.txt", SAMPLE.replace("/critical-minerals", f"/{i}")) for i in range(n)),
        )
        with CaptureQueriesContext(connection) as queries:
            html = writer_client.get(preview_url).content.decode()
        assert digest_statuses(html) == ["created"] * n
        return len(queries)

    count_queries(1)
    assert count_queries(12) == count_queries(3)


def test_uploader_under_another_name_is_an_editor_beside_the_person_named(
    client: Client, team: factories.Team
) -> None:
    factories.load_vocabulary()
    sign_in(client, team.publisher)
    import_files(client, make_file("seed.txt", SEED.read_bytes()), words_of=str(team.writer.pk))
    brief = Brief.objects.get()
    Brief.objects.filter(pk=brief.pk).update(state="in_review")
    for reader, is_settled in ((team.publisher, False), (team.reviewer, True)):
        factories.sign_off(brief, reader)
        leaf = load_leaves(brief, timezone.now())[1]["zh"]
        assert leaf.changed_by == {team.writer.pk, team.publisher.pk}
        assert four_eyes.is_settled(leaf) == is_settled
    page = client.get(f"/admin/briefs/brief/{brief.pk}/timeline/").content.decode()
    assert "Written by writer" in page


@pytest.mark.parametrize("writer_named", [True, False])
def test_import_command_is_a_change_of_the_person_named_or_of_the_importer(
    team: factories.Team, writer_named: bool
) -> None:
    factories.load_vocabulary()
    options = ["--written-by", team.writer.username] if writer_named else []
    call_command("import_briefs", str(SEED), *options, stdout=StringIO(), stderr=StringIO())
    revision = Revision.objects.get()
    assert (revision.by.username, revision.also_by) == ("writer" if writer_named else "importer", None)


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_two_servers_and_a_killed_one_import_each_digest_once(
    writer_client: Client, team: factories.Team
) -> None:
    count = 45
    texts = [
        f"作者/Author(s): Ann Lee\n日期/Date: 2025-05-19\n連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"
        for n in range(count)
    ]
    upload_files(writer_client, *(make_file(f"{n}.txt", text) for n, text in enumerate(texts)))
    values = {"upload": str(Upload.objects.get().pk), "keys": [f"{n}-0" for n in range(1, count + 1)]}
    with racers(2) as workers:
        for at in (3, 25, 60) if connection.vendor == "sqlite" else ():  # a thread's fork hangs
            (killed,) = workers.race(("killed", {"at": at, "act": "import_upload", "values": values}))
            assert killed == {"did": False}
            assert Brief.objects.count() == len(pending_files.list_results(Upload.objects.get()))
            assert (
                Brief.objects.count()
                == Revision.objects.count()
                == Event.objects.filter(verb="import").count()
            )
        results = workers.race(("import_upload", values), ("import_upload", values))
    assert {"did": count} in results
    assert Brief.objects.count() == count
    assert Upload.objects.get().done_at
    assert not UploadFile.objects.exists()
