"""Nothing is sent to private networks, however the address is written or resolved."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from briefs import webhooks
from briefs.webhooks import AddressRefused, Post, check_url, is_public_address, post_all

from .receiver import Receiver

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.5"


@pytest.fixture(autouse=True)
def https_site(settings: Any) -> None:
    settings.SITE_URL = "https://digest.example"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        *((f"https://{host}/", "private") for host in (
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.3.4",
            "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1",
            "255.255.255.255", "[::]", "[::1]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]",
            "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::127.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]", "[2001:0:4136:e378:8000:63bf:f5ff:fffe]", "[2001:db8::1]",
        )),
        ("http://partner.example/", "https"),
        ("ftp://partner.example/", "syntax"),
        ("https://user:secret@partner.example/", "syntax"),
        ("https:///hook", "syntax"),
        ("https://partner.example:0/", "syntax"),
        ("https://partner.example:99999/", "syntax"),
        ("https://partner.example/a\r\nHost: evil.example", "syntax"),
        ("https://partner.example/文", "syntax"),
        (f"https://partner.example/{'x' * 500}", "syntax"),
        ("", "syntax"),
    ],
)  # fmt: skip
def test_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check_url(url)
    assert refused.value.code == code
    if code == "private":
        assert post_all([Post(url, b"{}", {})]) == ["Nothing is sent to this address (private)."]


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_address_is_taken(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    ("answers", "connected"),
    [
        ([[PUBLIC]], [PUBLIC]),
        ([[PUBLIC], [PRIVATE]], [PUBLIC]),  # another answer a moment later
        ([[PRIVATE]], []),
        ([[PUBLIC, PRIVATE]], []),
        ([["::ffff:10.0.0.5"]], []),
        ([["fe80::1%eth0"]], []),
    ],
)
def test_connection_goes_to_the_checked_address(
    monkeypatch: pytest.MonkeyPatch, answers: list[list[str]], connected: list[str]
) -> None:
    """The name is resolved once, and not again for the connection."""
    reached, left = [], iter([*answers, [PRIVATE]])

    def resolve(host: str, port: int, *, flags: int = 0, **_: Any) -> Any:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(left)]

    def connect(address: tuple[str, int], timeout: float) -> Any:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(webhooks.socket, "create_connection", connect)
    (error,) = post_all([Post("https://partner.example/", b"{}", {})])
    assert reached == connected
    assert error.startswith("ConnectionRefusedError" if connected else "Nothing is sent")


def test_receivers_are_promised_the_time_that_they_get() -> None:
    text = " ".join((Path(settings.BASE_DIR) / "docs" / "api.md").read_text().split())
    assert f"Answer 2xx within {webhooks.DEADLINE:g} seconds" in text


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/ok", ""),
        ("/500", "HTTP 500"),
        ("/redirect", "HTTP 302"),
        ("/cut", "BadStatusLine: HTTP/1.1 2"),
        ("/hang", "No answer within"),
        ("/drip", "No answer within"),
    ],
)
def test_answer_is_judged_by_its_status_alone(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch, path: str, error: str
) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    monkeypatch.setattr(webhooks, "DEADLINE", 0.5 if error.startswith("No answer") else 10.0)
    (found,) = post_all([Post(receiver.url(path), b"{}", {"webhook-id": "x"})])
    assert found.startswith(error)
    assert bool(found) == bool(error)
    assert [one.path for one in receiver.received] == [path], "no redirect is followed"
