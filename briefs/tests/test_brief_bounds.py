"""A brief has at most 2,000 bullets and 300 kB of text. Every way in refuses more in a sentence and stores nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from briefs import workflow
from briefs.bilingual.documents.parser import read_document
from briefs.content import MAX_BULLETS, MAX_NAMES, MAX_TEXT_BYTES, Bullet
from briefs.exchange import intake
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.sheets.brief_columns import BULLETS
from briefs.exchange.sheets.brief_rows import read_brief_sheets
from briefs.exchange.sheets.brief_sheets import build_brief_rows, plan_brief_import
from briefs.exchange.sheets.sheet_files import write_csv
from briefs.exchange.sheets.table import SheetRefused
from briefs.models import Brief, Revision
from briefs.tests.bilingual.documents.word_builder import edit_word_file
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, brief_url, sign_in
from digest.body_limits import limit_body

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ADD = "/admin/briefs/brief/add/"
LONG = "long " * 1_000
TOO_MUCH = "kB of text are too much for one brief; the limit is 300 kB"
TOO_MANY = "bullets are too many; the limit is 2000"
TOO_MANY_NAMES = "authors or keywords are too many; the limit is 100"


@pytest.fixture
def writer_client(team: factories.Team) -> Client:
    return sign_in(Client(), team.writer)


def fill(data: dict[str, list[str]], texts: list[str]) -> dict[str, Any]:
    """Return the data of a form with these English bullets."""
    keys = [f"n{n}" for n in range(1, len(texts) + 1)]
    return data | {"bullet": keys} | {f"text_en-{key}": text for key, text in zip(keys, texts, strict=True)}


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [([LONG] * (MAX_TEXT_BYTES // len(LONG) + 1), TOO_MUCH), (["x"] * (MAX_BULLETS + 1), TOO_MANY)],
    ids=["text", "bullets"],
)
def test_form_and_autosave_refuse_too_large_brief(
    writer_client: Client, texts: list[str], sentence: str
) -> None:
    data = fill(Form(writer_client.get(ADD).content.decode()).data, texts)
    for address, key in ((ADD, "0" * 32), (f"{ADD}autosave/", "1" * 32)):
        answer = writer_client.post(address, data | {"client_key": key})
        assert answer.status_code == 409
        assert sentence in answer.content.decode()
    assert not Brief.objects.exists()


def test_form_refuses_too_many_authors_before_it_looks_for_them(
    writer_client: Client, django_assert_max_num_queries: Any
) -> None:
    keys = [f"w{n}" for n in range(MAX_NAMES + 1)]
    data = Form(writer_client.get(ADD).content.decode()).data | {"author": keys, "client_key": "0" * 32}
    data |= {f"name-{key}": f"Author {key}" for key in keys}
    with django_assert_max_num_queries(40):
        answer = writer_client.post(f"{ADD}autosave/", data)
    assert answer.status_code == 409
    assert TOO_MANY_NAMES in answer.content.decode()


def test_brief_at_the_bounds_is_stored(team: factories.Team) -> None:
    texts = [MAX_TEXT_BYTES // MAX_BULLETS * "x"] * MAX_BULLETS
    brief = workflow.editing.create(
        factories.content(
            headline_zh="",
            headline_en="",
            summary_zh="",
            summary_en="",
            bullets=tuple(Bullet(0, "", text) for text in texts),
        ),
        by=team.writer,
    )
    assert brief.bullets.count() == MAX_BULLETS


@pytest.mark.parametrize(
    ("texts", "checked"), [(["x"] * 1_100, 1_000), (["x" * 2_000] * 100, 75)], ids=["bullets", "text"]
)
def test_page_says_which_bullets_of_a_long_brief_are_not_checked(
    writer_client: Client, texts: list[str], checked: int
) -> None:
    data = fill(Form(writer_client.get(ADD).content.decode()).data, [*texts, "Unfinished ( text."])
    answer = writer_client.post(f"{ADD}autosave/", data | {"client_key": "0" * 32}).json()
    messages = {finding["id"]: finding["message"] for finding in answer["findings"]}
    assert messages["unchecked"].endswith(f"nothing after bullet {checked} is checked.")
    assert not any("has no partner" in message for message in messages.values())


def test_merge_that_grows_too_large_is_refused(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    pages = [sign_in(Client(), person) for person in (team.writer, team.other_writer)]
    forms = [
        Form(page.get(brief_url(brief), {"view": "write"}).content.decode()).data
        | {"bullet": [f"n{person}{n}" for n in range(40)]}
        | {f"text_en-n{person}{n}": LONG for n in range(40)}
        for person, page in enumerate(pages, 1)
    ]
    assert pages[0].post(brief_url(brief, "autosave"), forms[0]).status_code == 200
    answer = pages[1].post(brief_url(brief, "autosave"), forms[1])
    assert answer.status_code == 409
    assert TOO_MUCH in answer.content.decode()
    assert Revision.objects.filter(brief=brief).count() == 2


def test_file_with_too_much_text_in_all_digests_is_refused() -> None:
    digest = "Author(s): A B\nSource: X\nDate: 2025-06-09\n\nSummary:\n" + "One. " * 10_000 + "\n\n"
    assert [bool(reading.parsed) for reading in read_document((digest * 10).encode(), "a.txt")] == [True] * 10
    (reading,) = read_document((digest * 13).encode(), "a.txt")
    assert reading.refusal
    assert "expected at most 600 kB of text" in reading.refusal.message("en", "a.txt")


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([LONG] * 70, "expected at most 300 kB of text"),
        (["x"] * (MAX_BULLETS + 1), "expected at most 2000 points in one language"),
    ],
    ids=["text", "points"],
)
def test_import_refuses_too_large_digest(team: factories.Team, points: list[str], sentence: str) -> None:
    lines = "\n".join(f"• {point}" for point in points)
    document = f"Author(s): A B\nSource: X\nDate: 2025-06-09\n\nSummary:\nOne.\n{lines}\n"
    job = intake.create_import_job(actor=team.writer)
    (outcome,) = intake.import_documents([("a.txt", document.encode())], job)
    assert outcome.refusal
    assert sentence in outcome.refusal.message("en", "a.txt")
    assert not Brief.objects.exists()


def test_sheet_refuses_too_large_brief(team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    rows = build_brief_rows(Brief.objects.filter(pk=brief.pk))
    head, first = rows[BULLETS][0], rows[BULLETS][1]
    number, text = head.index("number"), head.index("text_en")
    for n in range(70):
        row = list(first)
        row[number], row[text] = "", f"{n} {LONG}"
        rows[BULLETS].append(row)
    with translation.override("en"), pytest.raises(SheetRefused, match=TOO_MUCH):
        plan_brief_import(*read_brief_sheets([(name, write_csv(sheet)) for name, sheet in rows.items()]))


def test_suggestions_of_a_returned_table_make_no_brief_too_large(
    writer_client: Client, team: factories.Team
) -> None:
    bullets = tuple(Bullet(0, "", f"Point {n}.") for n in range(70))
    brief = factories.draft_brief(team, factories.content(bullets=bullets))
    (file,) = write_table_files([brief])
    data = edit_word_file(file.data, *((f">Point {n}.<", f">{n} {LONG}<") for n in range(70)))
    writer_client.post(brief_url(brief, "word"), {"file": SimpleUploadedFile("a.docx", data)})
    assert brief.suggestions.count() == 70
    with translation.override("en"), pytest.raises(workflow.Refused, match=TOO_MUCH):
        workflow.review_comments.accept_file(brief, "a.docx", by=team.writer)
    assert factories.load_content(brief).bullets[0].text_en == "Point 0."


FIELD = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
BODIES = {
    "fields": FIELD.format("text_zh-n1", "", "一點。\r\n\r\n二") + FIELD.format("x", "", "") + "--b--\r\n",
    "no last line break": FIELD.format("a", "", "1") + FIELD.format("a", "", "2") + "--b--",
    "boundary in a text": FIELD.format("a", "", "--b") + FIELD.format("b", "", "x\r\n--bc") + "--b--\r\n",
    "boundary begins a text": FIELD.format("a", "", "\r\n--b") + "--b--\r\n",
    "file": FIELD.format("a", '; filename="a.txt"\r\nContent-Type: text/plain', "x") + "--b--\r\n",
    "other headers": FIELD.format("a", "\r\nContent-Transfer-Encoding: base64", "eHg=") + "--b--\r\n",
    "quoted name": FIELD.format("a%22b; c", "", "1") + "--b--\r\n",
    "text without its line break": '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b--\r\n',
    "preamble": "hello\r\n" + FIELD.format("a", "", "1") + "--b--\r\n",
    "epilogue": FIELD.format("a", "", "1") + "--b--\r\n" + FIELD.format("b", "", "2"),
    "cut off": FIELD.format("a", "", "1") + FIELD.format("b", "", "2")[:-9],
    "line feeds": FIELD.format("a", "", "1").replace("\r\n", "\n") + "--b--\n",
    "bytes that are no text": FIELD.format("a", "", "\udcff\udce4") + "--b--\r\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", BODIES)
def test_form_is_read_as_django_reads_it(rf: RequestFactory, name: str) -> None:
    def read(handler: Callable[[HttpRequest], HttpResponse]) -> tuple[Any, ...]:
        body = BODIES[name].encode(errors="surrogateescape")
        request = rf.post("/", body, content_type="multipart/form-data; boundary=b")
        handler(request)
        files = [(field, file.name, file.read()) for field, file in request.FILES.items()]
        return dict(request.POST.lists()), files

    assert read(limit_body(lambda request: HttpResponse())) == read(lambda request: HttpResponse())
