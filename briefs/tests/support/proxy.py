"""Run nginx with `deploy/nginx.conf` on loopback, without TLS and with its folders in one place."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).resolve().parents[3] / "deploy"


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def build_config(place: Path, servers: Sequence[int], port: int, plain_port: int, page_folder: Path) -> str:
    """Return the shipped configuration for these app servers. `plain_port` is that of the redirect to https."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(
        r"server 127\.0\.0\.1:8000 (.*;).*",
        lambda m: " ".join(f"server 127.0.0.1:{server} {m[1]}" for server in servers),
        text,
    )
    text = re.sub(r"\n *(listen \[::\]|http2 on|ssl_\w+).*", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain_port};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = text.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")
    text = text.replace("/var/cache/nginx/digest", f"{place}/cache").replace("/var/log/nginx", str(place))
    text = text.replace("/srv/digest/app/deploy", str(page_folder))
    temporary = "".join(
        f"{name}_temp_path {place}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
daemon off; {"user root;" if os.getuid() == 0 else ""} pid {place}/nginx.pid; error_log {place}/nginx.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{ access_log off; {temporary}
{text} }}
"""


@contextmanager
def running_proxy(
    place: Path, servers: Sequence[int], *, page_folder: Path = DEPLOY
) -> Iterator[tuple[int, int]]:
    """Yield the port of the site and that of the redirect to https. `page_folder` has the page of the restart."""
    port, plain_port = find_free_port(), find_free_port()
    config = place / "nginx.conf"
    config.write_text(build_config(place, servers, port, plain_port, page_folder), encoding="utf-8")
    nginx = subprocess.Popen(["nginx", "-c", str(config), "-e", f"{place}/nginx.log"])
    try:
        for _ in range(100):
            if is_open(port):
                break
            time.sleep(0.1)
        yield port, plain_port
    finally:
        nginx.terminate()
        nginx.wait(60)
