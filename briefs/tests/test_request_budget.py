"""Each request has a budget of processor time: a fuzzer posts maximal forms, files and queries and prints what each takes.

    .uv/bin/uv run pytest -n0 -s -m heavy briefs/tests/test_request_budget.py

Every request should stay under two seconds. It is stopped only far above (see `limit_cpu_time`), so that a busy machine
fails no test.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import encode_multipart

from briefs import workflow
from briefs.admin.uploads.pending_files import MAX_DIGESTS
from briefs.content import MAX_BULLETS, MAX_TEXT_BYTES, Bullet
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.sheets.brief_sheets import build_brief_rows
from briefs.exchange.sheets.columns import BRIEFS, BULLETS
from briefs.exchange.sheets.sheet_files import write_csv
from briefs.models import Author, Brief
from briefs.models.vocabulary import MAX_FORM_LENGTH, MAX_FORMS
from briefs.tests.documents.word_builder import build_word_file, edit_word_file, plain_paragraphs
from briefs.tests.support import factories, limit_cpu_time, only_with_more_rounds
from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in

pytestmark = [pytest.mark.heavy, pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

DESK = "/admin/briefs/brief/"
ADD = f"{DESK}add/"
ALWAYS = ("產", "限制,以芯片,也", "1,111,", "不應甲，而應乙", "2025年6月9日（星期一）", "\u00ad\u200d\ufe0f")
TERM_LISTS = ("also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en")
MORE = (
    "a", "𠮷,", "A, B and ", "US-China-", "「", '"', "四十%", "中國對日本", "the mainland ", "Grey Zone defence ",
    "Some of most ", "www.a.example/",
)  # fmt: skip
PIECES = [*ALWAYS, *(pytest.param(piece, marks=only_with_more_rounds) for piece in MORE)]
NAMES = [f"piece{n}" for n in range(len(PIECES))]
costs: list[tuple[float, str]] = []


@pytest.fixture(scope="module", autouse=True)
def _print_costs() -> Iterator[None]:
    yield
    for seconds, label in sorted(costs, reverse=True)[:25]:
        sys.stdout.write(f"{seconds:7.2f} s  {label}\n")


def measure(label: str, request: Callable[..., Any], *values: Any, **options: Any) -> Any:
    """Return the answer of the request and record its processor time, without that of writing the form."""
    if request.__name__ == "post" and len(values) == 2:
        values = (values[0], encode_multipart("form", values[1]))
        options |= {"content_type": "multipart/form-data; boundary=form"}
    start = time.process_time()
    with limit_cpu_time(30):
        answer = request(*values, **options)
    seconds = time.process_time() - start
    costs.append((seconds, f"{label} → {answer.status_code}"))
    if seconds > 1:
        sys.stdout.write(f"{seconds:7.2f} s  {label} → {answer.status_code}\n")
        sys.stdout.flush()
    assert answer.status_code < 500, label
    return answer


def repeat(piece: str, size: int) -> str:
    """Return a text of at most `size` bytes."""
    return piece * max(size // len(piece.encode()), 1)


@pytest.fixture
def writer(team: factories.Team) -> Client:
    factories.load_vocabulary()
    client = sign_in(Client(), team.writer)
    form = build_form(client.get(ADD).content.decode(), [("一點。", "A point.")])
    assert (
        client.post(f"{ADD}autosave/", form).status_code == 200
    )  # loads the dictionary and the lists of words
    return client


def build_form(page: str, texts: list[tuple[str, str]], summary: str = "") -> dict[str, Any]:
    data: dict[str, Any] = dict(Form(page).data)
    data |= {"summary_zh": summary, "summary_en": summary, "client_key": os.urandom(16).hex()}
    data["bullet"] = [f"n{n}" for n in range(1, len(texts) + 1)]
    for n, (zh, en) in enumerate(texts, 1):
        data |= {f"text_zh-n{n}": zh, f"text_en-n{n}": en}
    return data


def list_shapes(piece: str) -> dict[str, tuple[list[tuple[str, str]], str]]:
    """Return the texts of forms at the bounds: few long bullets, or as many bullets as a brief may have."""
    long, short = repeat(piece, 5_900), repeat(piece, MAX_TEXT_BYTES // MAX_BULLETS // 2 - 14)
    return {
        "long bullets": ([(long, long)] * 20, repeat(piece, 19_000)),
        "many bullets": ([(f"{n} {short}", f"{n} {short}") for n in range(MAX_BULLETS)], ""),
    }


def change_texts(form: dict[str, list[str]], before: str, after: str) -> dict[str, list[str]]:
    """Return the form with every text changed, as another page would send it."""
    texts = {name: [before + values[0] + after] for name, values in form.items() if name.startswith("text_")}
    return form | texts | {"page": [os.urandom(16).hex()]}


@pytest.mark.parametrize("shape", ["long bullets", "many bullets"])
@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_brief(writer: Client, team: factories.Team, piece: str, shape: str) -> None:
    page = writer.get(ADD).content.decode()
    other, reviewer = sign_in(Client(), team.other_writer), sign_in(Client(), team.reviewer)
    texts, summary = list_shapes(piece)[shape]
    label = f"{piece!r}, {shape}"
    answer = measure(f"{label}: autosave", writer.post, f"{ADD}autosave/", build_form(page, texts, summary))
    assert answer.status_code == 200, answer.content.decode()[:300]
    brief = Brief.objects.get(pk=answer.json()["brief"])
    pages = ("change", "review", "revisions", "preview", "timeline", "news", "word", "submit")
    for verb in pages:
        measure(f"{label}: {verb}", writer.get, brief_url(brief, verb))
    form = Form(writer.get(brief_url(brief), {"view": "write"}).content.decode()).data
    measure(f"{label}: save", writer.post, brief_url(brief), change_texts(form, "x", "新"))
    measure(f"{label}: compare", writer.get, brief_url(brief, "compare"), {"from": 1, "to": 2})
    mine = change_texts(form, "y", "又")
    assert measure(f"{label}: conflict", other.post, brief_url(brief, "autosave"), mine).status_code == 409
    measure(f"{label}: conflict page", other.post, brief_url(brief), mine)
    measure(f"{label}: submit", writer.post, brief_url(brief, "submit"), {"version": brief.version + 1})
    for verb in ("change", "review"):
        measure(f"{label}: {verb} by a reviewer", reviewer.get, brief_url(brief, verb))
    findings = measure(f"{label}: findings", writer.get, brief_url(brief), {"findings": 1})
    assert findings.status_code in (200, 302)
    measure(f"{label}: rail", writer.post, brief_url(brief, "rail"), {"zh": summary or texts[0][0]})


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_correction(writer: Client, team: factories.Team, piece: str) -> None:
    texts, _summary = list_shapes(piece)["many bullets"]
    brief = factories.live_brief(team, factories.content(bullets=tuple(Bullet(0, *pair) for pair in texts)))
    workflow.revise(brief, by=team.writer, version=brief.version)
    reworded = tuple(
        replace(bullet, text_zh=f"新{bullet.text_zh[:-1]}", text_en=f"New {bullet.text_en[:-1]}")
        for bullet in factories.load_content(brief).bullets
    )
    brief = factories.edit(brief, team.writer, bullets=reworded)
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    publisher, label = sign_in(Client(), team.publisher), f"{piece!r}, correction"
    form = get_verb_form(publisher, brief, "approve")
    measure(f"{label}: approval page", publisher.get, brief_url(brief, "approve"))
    none, note = {"kind": ""}, {"kind": "update", "note_zh": "改", "note_en": "Changed"}
    for change, status in ((none, 409), (note, 302)):
        answer = measure(
            label, publisher.post, brief_url(brief, "approve"), form.data_with(when="now", **change)
        )
        assert answer.status_code == status, answer.content.decode()
    for path in ("", "parallel/", "changes/"):
        measure(f"{label}: readers, {path}", Client().get, f"/en/briefs/{brief.slug}/{path}")
    measure(f"{label}: corrections", Client().get, "/en/corrections/")


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_form_above_the_bounds(writer: Client, piece: str) -> None:
    page = writer.get(ADD).content.decode()
    forms = {
        "one field of 5 MB": build_form(page, [("x", "x")], repeat(piece, 1_400_000 // 2)),
        "2,500 long bullets": build_form(page, [(repeat(piece, 400), repeat(piece, 400))] * 2_500),
        "3,000 authors": build_form(page, [("x", "x")])
        | {"author": [f"w{n}" for n in range(1, 3_001)]}
        | {f"name-w{n}": f"{piece}{n}" for n in range(1, 3_001)},
        "500 authors": build_form(page, [("x", "x")])
        | {"author": [f"w{n}" for n in range(1, 501)]}
        | {f"name-w{n}": f"{piece} {n} {piece}" for n in range(1, 501)},
    }
    for name, data in forms.items():
        measure(f"{piece!r}, {name}: autosave", writer.post, f"{ADD}autosave/", data)
        measure(f"{piece!r}, {name}: save", writer.post, ADD, data)


def build_document(piece: str, points: int, size: int) -> str:
    head = "作者/Author(s): A B\n來源/Source: Foreign Policy\n日期/Date: 2025-06-09\n\n"
    text = repeat(piece, size)
    lines = "\n".join(f"• {n} {text}" for n in range(points))
    return f"{head}摘要:\n{text}\n{lines}\n\nSummary:\n{text}\n{lines}\n\n"


def write_digest(piece: str, n: int) -> str:
    day = f"{2000 + n // 28}-06-{n % 28 + 1:02}"
    return f"標題/Title: {n} T\n{build_document(piece, 5, 60)}".replace("2025-06-09", day)


def list_files(piece: str) -> dict[str, tuple[str, bytes]]:
    many = build_document(piece, MAX_BULLETS, 60)
    return {
        "many points": ("a.txt", many.encode()),
        "long points": ("a.txt", build_document(piece, 20, 6_000).encode()),
        "too many points": ("a.txt", build_document(piece, 9_000, 60).encode()),
        "most digests": ("a.txt", "".join(write_digest(piece, n) for n in range(MAX_DIGESTS)).encode()),
        "many digests": ("a.txt", (build_document(piece, 200, 60) * 12).encode()),
        "one line": ("a.txt", build_document(piece, 1, 900_000).encode()),
        "only the piece": ("a.txt", repeat(piece, 2_000_000).encode()),
        "lines": ("a.txt", "\n".join([piece] * 19_000).encode()),
        "Word": ("a.docx", build_word_file(plain_paragraphs(many))),
    }


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_documents(writer: Client, piece: str) -> None:
    options = Form(writer.get(f"{DESK}upload/").content.decode(), id="upload-form").data
    for name, (file_name, data) in list_files(piece).items():
        label = f"{piece!r}, {name}"
        files = {"files": SimpleUploadedFile(file_name, data)}
        answer = measure(f"{label}: upload", writer.post, f"{DESK}upload/", options | files)
        assert answer.status_code == 302, answer.content.decode()[:2000]
        preview = measure(f"{label}: preview", writer.get, answer["Location"])
        form = Form(preview.content.decode(), id="confirm-form").data
        measure(f"{label}: import", writer.post, answer["Location"], form)
    for text in ("\n".join([piece] * 2_000), repeat(piece, 200_000)):
        columns = {"column": [text, text], "joins": "1"}
        measure(f"{piece!r}: paste", writer.post, f"{DESK}paste/", columns)
    references = (
        f"TY  - JOUR\nTI  - {repeat(piece, 20_000)}\n" + f"AU  - {piece}, {piece}\n" * 5_000 + "ER  - \n"
    )
    bibtex = "@article{x, title={" + repeat(piece, 20_000) + "}, author={" + f"{piece} and " * 5_000 + "A}}"
    for citation in (
        references,
        bibtex,
        repeat("{" + piece, 100_000),
        json.dumps([{"title": piece}] * 5_000),
    ):
        data = dict(Form(writer.get(ADD).content.decode()).data) | {"cite": "1", "citation": citation}
        measure(f"{piece!r}: citation", writer.post, ADD, data)


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_sheets(writer: Client, team: factories.Team, piece: str) -> None:
    texts = (f"{n} {repeat(piece, 60)}" for n in range(MAX_BULLETS))
    bullets = tuple(Bullet(0, text, text) for text in texts)
    brief = factories.draft_brief(team, factories.content(bullets=bullets))
    rows = build_brief_rows(Brief.objects.filter(pk=brief.pk))
    for row in rows[BULLETS][1:]:
        row[rows[BULLETS][0].index("text_en")] += " x"
    alien = {**rows, BRIEFS: [rows[BRIEFS][0], *[rows[BRIEFS][1]] * 5_000]}
    for name, sheets in (("bullets", rows), ("repeated rows", alien)):
        files = {
            "files": [SimpleUploadedFile(f"{part}.csv", write_csv(sheet)) for part, sheet in sheets.items()]
        }
        answer = measure(f"{piece!r}, sheet of {name}: upload", writer.post, f"{DESK}sheet/", files)
        assert answer.status_code == (302 if name == "bullets" else 409), answer.content.decode()
        if answer.status_code == 302:
            measure(f"{piece!r}, sheet of {name}: preview", writer.get, answer["Location"])
            measure(f"{piece!r}, sheet of {name}: import", writer.post, answer["Location"])
    brief = factories.draft_brief(team, factories.content(bullets=bullets[:1_000]))  # more are no simple file
    (file,) = write_table_files([brief])
    data = edit_word_file(file.data, *((f">{n} ", f">{n} changed ") for n in range(1_000)))
    files = {"file": SimpleUploadedFile("a.docx", data)}
    answer = measure(f"{piece!r}, Word table: upload", writer.post, brief_url(brief, "word"), files)
    assert answer.status_code == 302, answer.content.decode()
    measure(f"{piece!r}, Word table: preview", writer.get, answer["Location"])
    measure(f"{piece!r}, Word table: import", writer.post, answer["Location"], {"version": brief.version})


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_names(writer: Client, team: factories.Team, piece: str) -> None:
    text = f"灰色地帶 {repeat(piece, 3_000)}", f"gray zone {repeat(piece, 3_000)}"
    for n in range(5):
        factories.live_brief(team, factories.content(str(n), bullets=[Bullet(0, *text)] * 10))
    kept = [f"{n} {piece * MAX_FORM_LENGTH}"[:MAX_FORM_LENGTH] for n in range(MAX_FORMS)]
    for forms, status in ((kept, 302), ([*kept, "x"], 200), ([piece * 10_000 + "x" * MAX_FORM_LENGTH], 200)):
        for kind, columns in {"term": TERM_LISTS, "source": ("aliases",)}.items():
            address = f"/admin/briefs/{kind}/add/"
            names = {"zh": "灰色地帶", "en": "gray zone", "name": "The Gray Zone"}
            form = dict(Form(writer.get(address).content.decode()).data) | names
            form |= dict.fromkeys(columns, "\n".join(forms))
            answer = measure(f"{piece!r}: {kind} of {len(forms)} forms", writer.post, address, form)
            assert answer.status_code == status, answer.content.decode()
            if status == 302:
                measure(f"{piece!r}: proposal or list", writer.get, answer["Location"])
            else:
                assert "At most 50 lines of at most 200 characters." in answer.content.decode()


QUERIES = (
    "?q={}",
    "?q=%22{}%22",
    "?q={0}+OR+{0}",
    "?q=-{}",
    "?q={}&keyword={}&from=2025&to=2026",
    "?q={}&start=5",
)


@pytest.mark.parametrize("piece", PIECES, ids=NAMES)
def test_maximal_queries(writer: Client, team: factories.Team, piece: str) -> None:
    factories.live_brief(team)
    reader = Client()
    for n in range(300):
        Author.make(name=f"Author Number{n}", name_zh=f"作者{n}")
    for size in (60, 300, 2_000, 7_000):
        for text in (repeat(piece, size), " ".join([piece.strip() or "x"] * (size // 2))[:size]):
            typed = text.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
            for query in QUERIES:
                address = query.replace("{0}", "{}").format(*[typed] * query.count("{"))
                for path in ("/en/search/", "/zh-hant/search/", "/api/v1/briefs", "/en/search/feed.atom"):
                    measure(f"{piece!r} × {size}: {path}{query}", reader.get, f"{path}{address}")
            measure(f"{piece!r} × {size}: suggest", reader.get, "/en/search/suggest/", {"q": text})
            measure(f"{piece!r} × {size}: palette", writer.get, "/admin/find/", {"q": text})
            measure(f"{piece!r} × {size}: list", writer.get, DESK, {"q": text})
            measure(f"{piece!r} × {size}: names", writer.get, f"{DESK}names/", {"kind": "author", "q": text})
