"""A database that is away, locked, full, read-only or damaged: 503, the cause, and all that was typed."""

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client

from briefs.database import faults
from briefs.database.faults import Fault, find_fault
from briefs.models import Brief
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.filterwarnings("ignore:No directory at")]
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="is about the file of SQLite")

TYPED = {"headline_en": "Typed <&> meanwhile", "summary_zh": "\n第一行\n第二行 "}


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@contextmanager
def database_away() -> Iterator[None]:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        yield


@contextmanager
def pragma(during: str, after: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {during}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {after}")


@contextmanager
def locked() -> Iterator[None]:
    outside = sqlite3.connect(connection.settings_dict["NAME"])
    with pragma("busy_timeout=50", "busy_timeout=20000"), closing(outside):
        outside.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no free pages from earlier tests
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
    with pragma(f"max_page_count={pages}", "max_page_count=1073741823"):
        yield


def read_only() -> Any:
    return pragma("query_only=1", "query_only=0")


FAULTS = {
    "locked": (locked, "The database is busy"),
    "full": (full, "The disk is full"),
    "read-only": (read_only, "The database can only be read"),
    "away": (database_away, "The database cannot be reached"),
}


def error_of(statement: str, file: Path | str = ":memory:") -> Exception:
    with closing(sqlite3.connect(file)) as database, pytest.raises(sqlite3.Error) as raised:
        database.execute(statement)
    return raised.value


def error_with_code(code: int) -> Exception:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    return error


def error_with_state(state: str) -> Exception:
    error = OperationalError("said by the server")
    error.__cause__ = Exception()
    error.__cause__.sqlstate = state  # type: ignore[attr-defined]  # as psycopg has it
    return error


def test_cause_of_an_exception(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no database" * 100)
    expected = [
        (error_of("SELECT 1 FROM nothing"), None),
        (error_of("SELECT name FROM sqlite_schema", damaged), Fault.DAMAGED),
        (error_of("ATTACH '/nowhere/at all' AS other"), Fault.AWAY),
        (error_with_code(15), Fault.LOCKED),  # SQLITE_PROTOCOL: others kept the log locked for ten seconds
        (OSError(errno.ENOSPC, "no space"), Fault.FULL),
        (OSError(errno.ENOENT, "no file"), None),
        (OperationalError("connection refused"), Fault.AWAY),
        (OperationalError("FATAL: sorry, too many clients already"), Fault.CROWDED),
        (IntegrityError("twice"), None),
        (ValueError("ours"), None),
        (None, None),
    ]
    states = {
        "25006": Fault.READ_ONLY, "53100": Fault.FULL, "53300": Fault.CROWDED, "55P03": Fault.LOCKED,
        "40P01": Fault.LOCKED, "57P01": Fault.AWAY, "08006": Fault.AWAY, "XX001": Fault.DAMAGED, "42P01": None,
    }  # fmt: skip
    expected += [(error_with_state(state), fault) for state, fault in states.items()]
    assert [(repr(error), find_fault(error)) for error, _ in expected] == [
        (repr(error), fault) for error, fault in expected
    ]


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_save_that_fails_returns_the_typed_text(browser: Client, fault: str) -> None:
    team = Team()
    with transaction.atomic():
        brief = factories.draft_brief(team)
    sign_in(browser, team.writer)
    typed = get_brief_form(browser, brief).data_with(**TYPED)
    typed["summary_en"] = ["long " * 4_000]  # more than the free space of a page
    fails, title = FAULTS[fault]
    with fails():
        response = browser.post(brief_url(brief), typed, headers={"Accept-Language": "en"})
    page = response.content.decode()
    assert response.status_code == 503, page
    assert response["Retry-After"] == "5"
    assert "no-store" in response["Cache-Control"]
    assert title in page
    again = Form(page, id=None).data
    assert again.pop("csrfmiddlewaretoken") != typed["csrfmiddlewaretoken"]
    assert again == {name: values for name, values in typed.items() if name != "csrfmiddlewaretoken"}
    assert browser.post(brief_url(brief), Form(page, id=None).data).status_code == 302
    row = Brief.objects.get(pk=brief.pk)
    assert (row.headline_en, row.summary_zh) == ("Typed <&> meanwhile", "第一行\n第二行")


@pytest.mark.django_db
def test_pages_without_a_database(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    faults._last_logged.clear()
    faults._suppressed.clear()
    team = Team()
    sign_in(browser, team.writer)
    with database_away(), caplog.at_level(logging.WARNING):
        answers = {path: browser.get(path, headers={"Accept-Language": "zh-TW"}) for path in PATHS}
        assert browser.head("/en/").content == b""
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(PATHS, 503)
    assert all(answer["Retry-After"] and "no-store" in answer["Cache-Control"] for answer in answers.values())
    assert 'lang="zh-Hant-TW"' in answers["/zh-hant/"].content.decode()
    assert "The database cannot be reached" in answers["/en/"].content.decode()
    assert team.writer.username not in answers["/admin/"].content.decode()
    assert [record.message for record in caplog.records] == [
        "database away: connection refused (0 more since the last line)"
    ]


PATHS = [
    "/en/", "/zh-hant/", "/en/search/?q=ships", "/en/feed.atom", "/api/v1/briefs", "/admin/",
    "/admin/briefs/brief/",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/briefs?q=ships", "/corpus/digest.jsonl"])
def test_api_answers_with_a_problem(browser: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_away():
        away = browser.get(path)
    monkeypatch.setattr("briefs.public.api.api_responses.rate_limits.seconds_to_wait", lambda *_: 1 / 0)
    for answer, status in ((away, 503), (browser.get(path), 500)):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status
        assert answer["Access-Control-Allow-Origin"] == "*"
    assert (away["Retry-After"], away.json()["detail"]) == ("5", "The database cannot be reached.")


@pytest.mark.django_db
def test_what_comes_back_of_a_form(browser: Client) -> None:
    """Only what this request sent from a page of ours, and never a password."""
    brief = factories.draft_brief(team := Team())
    login = browser.get("/admin/account/login/").content.decode()
    password = {"login": "somebody", "password": "the secret words", "csrfmiddlewaretoken": token_of(login)}
    with database_away():
        answer = browser.post("/admin/account/login/", password)
    assert answer.status_code == 503
    assert "the secret words" not in answer.content.decode()
    assert "<form" not in answer.content.decode()

    sign_in(browser, team.writer)
    token = token_of(browser.get("/admin/briefs/brief/import/").content.decode())
    files = {
        "files": SimpleUploadedFile("digest.txt", b"words"),
        "csrfmiddlewaretoken": token,
        "note": "kept",
    }
    script = {"Sec-Fetch-Mode": "cors"}
    with database_away():
        uploaded = browser.post("/admin/briefs/brief/import/", files).content.decode()
        foreign = browser.post(brief_url(brief), {"headline_en": "forged"}).content.decode()
        saved = browser.post(brief_url(brief, "autosave"), {"csrfmiddlewaretoken": token}, headers=script)
        large = browser.post(brief_url(brief), {"csrfmiddlewaretoken": token, "headline_en": "x" * 7_000_000})
    assert "digest.txt" in uploaded
    assert 'type="file" name="files"' in uploaded
    assert Form(uploaded, id=None).data["note"] == ["kept"]
    assert "forged" not in foreign
    assert (saved.status_code, saved.json()["fault"]) == (503, "away")
    assert large.status_code == 503
    assert "<form" not in large.content.decode()


def token_of(page: str) -> str:
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


@pytest.mark.django_db
def test_error_in_our_code_gives_back_what_was_typed_on_the_desk(browser: Client) -> None:
    brief = factories.draft_brief(team := Team())
    sign_in(browser, team.writer)
    token = token_of(browser.get(brief_url(brief), {"view": "write"}).content.decode())
    typed = {"csrfmiddlewaretoken": token, "text": "Not lost <&>"}

    script = {"Sec-Fetch-Mode": "cors", "Accept-Language": "en"}

    def fail(*_: Any) -> None:
        raise ArithmeticError("a fault of the application")

    with connection.execute_wrapper(fail):
        page = browser.post("/admin/briefs/brief/upload/", typed, headers={"Accept-Language": "en"})
        answer = browser.post("/admin/briefs/brief/upload/", typed, headers=script)
    assert page.status_code == 500
    assert Form(page.content.decode(), id=None).data["text"] == ["Not lost <&>"]
    assert (answer.status_code, answer.json()["reasons"][0]) == (500, "Something went wrong on our side.")
