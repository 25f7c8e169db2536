"""Limits apply while the cache server is away, hangs, or comes back. `test_leaks` and `test_permission_matrix` open all pages."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCacheClient
from django.test import Client

import digest.cache
import digest.setting_parsers
from briefs.public import rate_limits
from briefs.publications import letters
from briefs.tests.public.test_search_page import let_each_search_cost
from briefs.tests.support.proxy import find_free_port
from digest.client_address import count_attempt

from .denied_cache import Denied

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("answering_cache")]


@pytest.mark.usefixtures("denied_cache")
def test_limits_apply_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SEARCH_SECONDS", 2)
    let_each_search_cost(1, monkeypatch)
    assert [Client().get("/en/search/?q=AI").status_code for _ in range(3)] == [200, 200, 429]
    most, seconds = letters.SENDER_ATTEMPT_LIMIT
    assert [count_attempt("letters.sender.x", seconds) for _ in range(most)] == [*range(1, most + 1)]


def test_server_that_failed_is_left_alone_for_a_while(
    denied_cache: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(digest.cache, "RETRY_DELAY", 60.0)
    calls = Denied.calls
    cache.set("kept", "in this process")
    assert cache.get("kept") == "in this process"
    assert Denied.calls == calls + 1
    assert [record.message for record in caplog.records] == [
        "The cache is away, each process uses its own: ConnectionError"
    ]


def test_server_that_says_that_a_key_is_missing_is_back(
    denied_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.set("kept", "in this process")
    assert cache.is_away()
    monkeypatch.setattr(Denied, "incr", lambda *_: int("no such key"))
    with pytest.raises(ValueError, match="no such key"):
        cache.incr("missing")
    assert not cache.is_away()


@pytest.mark.heavy
def test_real_server_hangs_and_comes_back(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    redis = pytest.importorskip("redis", reason="the package redis is not installed")
    program = shutil.which("redis-server") or pytest.skip("redis-server is not installed")
    port = find_free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    monkeypatch.setattr(digest.cache, "RETRY_DELAY", 600.0)
    asked: list[bool] = []
    get_client = RedisCacheClient.get_client
    monkeypatch.setattr(
        RedisCacheClient,
        "get_client",
        lambda *values, **options: asked.append(True) or get_client(*values, **options),
    )
    config = digest.setting_parsers.cache(f"redis://127.0.0.1:{port}/0")
    settings.CACHES = {"default": config, "pages": digest.setting_parsers.page_cache(config)}
    monkeypatch.setattr(rate_limits, "SEARCH_SECONDS", 3)
    let_each_search_cost(1, monkeypatch)
    monkeypatch.setattr(rate_limits.time, "time", lambda: 1_000_020.0)
    try:
        while not is_listening(port):
            time.sleep(0.05)
        search = "/en/search/?q=AI"
        assert [Client().get(search).status_code for _ in range(4)] == [200, 200, 200, 429]
        cache.set("kept", "by the server")
        os.kill(server.pid, signal.SIGSTOP)
        asked.clear()
        assert [Client().get(search).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert len(asked) == 1, "pages wait for a hanging server once"
        assert cache.is_away()
        os.kill(server.pid, signal.SIGCONT)
        digest.cache._retry_at = 1.0  # the pause is over
        assert cache.get("kept") == "by the server"
        assert Client().get(search).status_code == 429
        assert not cache.is_away()
        with redis.Redis(port=port) as administrator:
            administrator.flushall()
            assert Client().get(search).status_code == 200
            administrator.config_set("maxmemory", "1")
        assert [Client().get(search).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert cache.is_away(), "full"
    finally:
        os.kill(server.pid, signal.SIGCONT)
        server.terminate()
        server.wait()
        caches["default"].close()
    gone = [Client().get("/en/search/?q=AI", REMOTE_ADDR="203.0.113.7").status_code for _ in range(4)]
    assert gone == [200, 200, 200, 429]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
