"""Log lines, request ids and error reports: what they hold, and what they never hold."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from briefs.tests.support.factories import Team
from digest import error_reports, logs
from digest.wsgi import application

pytestmark = pytest.mark.django_db

SECRET = "t0psecret-canary"


@pytest.fixture(params=["text", "json"])
def output(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Collect what the site's handler writes, access log included."""
    stream = io.StringIO()
    config = logs.build_config(request.param)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["own"])
    )
    access = logging.getLogger("digest.access")
    monkeypatch.setattr(access, "level", logging.INFO)
    monkeypatch.setattr(access.manager, "disable", 0)
    access._cache.clear()  # type: ignore[attr-defined]
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    access._cache.clear()  # type: ignore[attr-defined]


def send(path: str, **environ: str) -> dict[str, str]:
    request = RequestFactory()._base_environ(
        PATH_INFO=path.encode().decode("latin-1"), QUERY_STRING=f"q={SECRET}"
    )  # type: ignore[attr-defined]
    told: list[Any] = []
    request |= {"HTTP_COOKIE": f"x={SECRET}", "HTTP_USER_AGENT": SECRET, **environ}
    b"".join(application(request, lambda status, headers, *rest: told.append(dict(headers))))
    return told[0]


def test_line_of_a_request_has_its_id_and_nothing_of_the_person(output: io.StringIO) -> None:
    headers = send("/robots.txt", HTTP_X_REQUEST_ID="from-the-proxy-1")
    assert headers["X-Request-ID"] == "from-the-proxy-1"
    send(f"/preview/{SECRET}/")
    send(f"/admin/account/password/new/MQ/{SECRET}/")
    send(f"/u/{SECRET}/")
    (first, *_rest) = output.getvalue().splitlines()
    assert all(part in first for part in ("from-the-proxy-1", "/robots.txt", "public:robots", "200"))
    assert SECRET not in output.getvalue()
    assert "127.0.0.1" not in output.getvalue()
    assert len(output.getvalue().splitlines()) >= 3


def test_malformed_id_is_replaced() -> None:
    for forged in (
        "",
        "short",
        "a b c d e f g h",
        "x" * 65,
        "abcdefgh\r\nSet-Cookie: a=b",
        "編號編號編號編號",
    ):
        assert re.fullmatch("[0-9a-f]{32}", send("/robots.txt", HTTP_X_REQUEST_ID=forged)["X-Request-ID"])


def test_typed_text_begins_no_line_of_its_own(output: io.StringIO) -> None:
    forged = "x\r\n2026 ERROR forged\x1b[31m\u2028forged"
    send(f"/en/{forged}/")
    try:
        raise ValueError(forged)
    except ValueError:
        logging.getLogger("briefs").exception("refused: %s", forged)
    lines = output.getvalue().splitlines()
    assert not [line for line in lines if re.match(r"(2026 ERROR )?forged|.*[\x00-\x1f\x7f]", line)]
    assert any("refused" in line for line in lines)
    if lines[0].startswith("{"):
        assert json.loads(lines[-1])["exception"].startswith("Traceback")


# Error reports


def fail(request: HttpRequest) -> HttpResponse:
    typed = request.POST["text"]
    logging.getLogger("briefs.x").error("cannot store %s", typed)
    raise ValueError(f"cannot store {typed}")


def test_report_carries_no_typed_text(client: Client, team: Team, editable_urlpatterns: list[Any]) -> None:
    sentry_sdk = pytest.importorskip("sentry_sdk", reason="the extra sentry is not installed")
    reports: list[Any] = []

    class Recorder(sentry_sdk.transport.Transport):  # type: ignore[misc, name-defined]
        def capture_envelope(self, envelope: Any) -> None:
            reports.append(envelope.get_event())

    error_reports.start_reports("https://key@127.0.0.1/1", "1.0", "digest.example", transport=Recorder)
    editable_urlpatterns.insert(0, path("fail/", fail))
    client.force_login(team.writer)
    client.raise_request_exception = False
    try:
        client.post(f"/fail/?q={SECRET}", {"text": SECRET}, headers={"User-Agent": SECRET})
    finally:
        sentry_sdk.get_global_scope().set_client(None)
    logged, raised = reports
    assert SECRET not in json.dumps(reports, default=str)
    assert team.writer.username not in json.dumps(logged.get("user", "")) + str(raised.keys())
    assert logged["logentry"] == {"message": "cannot store %s"}
    (error,) = raised["exception"]["values"]
    assert (error["type"], error["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "fail")
