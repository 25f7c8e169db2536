"""Post 200 MB to every form that a stranger can reach, and measure what that costs the server.

    uv run python -m briefs.benchmarks.large_bodies

Starts gunicorn alone, without a proxy in front. Each form gets the body as a form and as a file, with a
Content-Length and chunked. Memory is the peak of the worker's resident memory, disk what the worker wrote.
"""

import socket
import sys
import time
from contextlib import suppress
from itertools import product
from pathlib import Path

from .fresh_site import describe_machine
from .sign_in_client import HOST, Browser
from .sign_in_load import list_pages, public_site

MB = 1 << 20
SIZE = 200
MOST = 1.0
"""MB of memory, and of disk, that one request may cost."""
KINDS = {"form": "application/x-www-form-urlencoded", "file": "multipart/form-data; boundary=b"}
STARTS = {"form": b"text=", "file": b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'}


def main() -> None:
    print(describe_machine())
    worst = 0.0
    with public_site() as (port, _, worker):
        stranger = Browser(port, "192.0.2.8")
        stranger.open_sign_in()  # with its cookies, the CSRF check reads a body
        cookie = "; ".join(f"{name}={value}" for name, value in stranger.cookies.items())
        report = f"{list_pages(port)[2]}report/"
        paths = (stranger.place, report, "/preview/x/", "/en/search/", "/admin/briefs/brief/add/")
        for path, kind, chunked in product(paths, KINDS, (False, True)):
            Browser(port, "192.0.2.9").open(path)  # so that the page itself is in memory
            Path(f"/proc/{worker}/clear_refs").write_text("5")  # begins a new peak
            before = read_costs(worker)
            answer = post(port, path, kind, cookie, chunked=chunked)
            time.sleep(0.3)
            memory, disk = (now - then for now, then in zip(read_costs(worker), before, strict=True))
            worst = max(worst, memory, disk)
            label = f"{path[-26:]:<28}{kind} {'chunked' if chunked else '':<9}"
            print(f"{label}memory {memory:5.2f} MB  disk {disk:5.2f} MB  {answer}")
    print(f"most {worst:.2f} MB, at most {MOST:g}")
    sys.exit(worst > MOST)


def read_costs(process: int) -> tuple[float, float]:
    """Return the peak of the memory and what was written to the disk, in MB."""
    status, written = (Path(f"/proc/{process}/{name}").read_text().splitlines() for name in ("status", "io"))
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    return peak, next(int(line.split()[1]) / MB for line in written if line.startswith("write_bytes"))


def post(port: int, path: str, kind: str, cookie: str, *, chunked: bool) -> str:
    """Send the body until the server closes. Return the status line."""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {SIZE * MB}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n"
        f"Referer: https://{HOST}{path}\r\nCookie: {cookie}\r\nContent-Type: {KINDS[kind]}\r\n{length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 60) as connection, suppress(OSError):
        connection.sendall(head.encode())
        block = STARTS[kind].ljust(MB, b"x")
        with suppress(OSError):
            for _ in range(SIZE):
                connection.sendall(b"%x\r\n%b\r\n" % (MB, block) if chunked else block)
                block = b"x" * MB
            connection.sendall(b"0\r\n\r\n" if chunked else b"")
        return connection.recv(200).split(b"\r\n")[0].decode()
    return "closed without an answer"


if __name__ == "__main__":
    main()
