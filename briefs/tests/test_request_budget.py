"""Forms, files and queries at the bounds, of texts that are slow to read, are answered. Each request may use 30 s."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.content import MAX_BULLETS, MAX_TEXT_BYTES
from briefs.exchange.intake.importer import DIGEST_LIMIT
from briefs.models import Author, Brief
from briefs.tests.bilingual.documents.word_builder import build_word_file, plain_paragraphs
from briefs.tests.support import factories, limit_cpu_time
from briefs.tests.support.form_client import Form, brief_url, sign_in

pytestmark = [pytest.mark.heavy, pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

DESK = "/admin/briefs/brief/"
ADD = f"{DESK}add/"
every_piece = pytest.mark.parametrize(
    "piece", ["產", "1,111,", "不應甲，而應乙"], ids=["word", "numbers", "clause"]
)
"""The checks alone are tried with more pieces, in `checks/test_all_checks.py`."""


def send(request: Callable[..., Any], *values: Any) -> Any:
    with limit_cpu_time(30):
        answer = request(*values)
    assert answer.status_code < 500, values[0]
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
@every_piece
def test_maximal_brief(writer: Client, team: factories.Team, piece: str, shape: str) -> None:
    page = writer.get(ADD).content.decode()
    texts, summary = list_shapes(piece)[shape]
    answer = send(writer.post, f"{ADD}autosave/", build_form(page, texts, summary))
    assert answer.status_code == 200, answer.content.decode()[:300]
    brief = Brief.objects.get(pk=answer.json()["brief"])
    for verb in ("change", "review", "revisions", "preview", "timeline", "word", "submit"):
        send(writer.get, brief_url(brief, verb))
    form = Form(writer.get(brief_url(brief), {"view": "write"}).content.decode()).data
    send(writer.post, brief_url(brief), change_texts(form, "x", "新"))
    send(writer.get, brief_url(brief, "compare"), {"from": 1, "to": 2})
    other, theirs = sign_in(Client(), team.other_writer), change_texts(form, "y", "又")
    assert send(other.post, brief_url(brief, "autosave"), theirs).status_code == 409
    send(other.post, brief_url(brief), theirs)
    send(writer.post, brief_url(brief, "submit"), {"version": brief.version + 1})
    send(sign_in(Client(), team.reviewer).get, brief_url(brief, "review"))


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
        "most digests": ("a.txt", "".join(write_digest(piece, n) for n in range(DIGEST_LIMIT)).encode()),
        "many digests": ("a.txt", (build_document(piece, 200, 60) * 12).encode()),
        "one line": ("a.txt", build_document(piece, 1, 900_000).encode()),
        "only the piece": ("a.txt", repeat(piece, 2_000_000).encode()),
        "lines": ("a.txt", "\n".join([piece] * 19_000).encode()),
        "Word": ("a.docx", build_word_file(plain_paragraphs(many))),
    }


@every_piece
def test_maximal_documents(writer: Client, piece: str) -> None:
    options = Form(writer.get(f"{DESK}upload/").content.decode(), id="upload-form").data
    for name, data in list_files(piece).values():
        files = {"files": SimpleUploadedFile(name, data)}
        answer = send(writer.post, f"{DESK}upload/", options | files)
        assert answer.status_code in (200, 302), answer.content.decode()[:2000]
    for text in ("\n".join([piece] * 2_000), repeat(piece, 200_000)):
        send(writer.post, f"{DESK}paste/", {"column": [text, text], "joins": "1"})
    bibtex = "@article{x, title={" + repeat(piece, 20_000) + "}, author={" + f"{piece} and " * 5_000 + "A}}"
    for citation in (bibtex, repeat("{" + piece, 100_000), json.dumps([{"title": piece}] * 5_000)):
        data = dict(Form(writer.get(ADD).content.decode()).data) | {"cite": "1", "citation": citation}
        send(writer.post, ADD, data)


@every_piece
def test_maximal_queries(writer: Client, team: factories.Team, piece: str) -> None:
    factories.live_brief(team)
    reader = Client()
    for n in range(300):
        Author.make(name=f"Author Number{n}", name_zh=f"作者{n}")
    for text in (repeat(piece, 7_000), " ".join([piece] * 1_000)):
        for typed in (text, f'"{text}"', f"{text} OR {text}"):
            for path in ("/en/search/", "/api/v1/briefs", "/en/search/feed.atom", "/en/search/suggest/"):
                send(reader.get, path, {"q": typed})
            for path in ("/admin/find/", DESK):
                send(writer.get, path, {"q": typed})
        send(writer.get, f"{DESK}names/", {"kind": "author", "q": text})
