"""POST to an address that somebody entered, never into a private network.

Every address of the host is checked, and the connection goes to a checked one, so a name that resolves differently a
moment later changes nothing. Redirects are not followed, and the body of the answer is not read.
"""

import http.client
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Thread
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

DEADLINE: Final = 10.0
"""Seconds for the whole exchange, with the resolution of the name. docs/api.md promises them to receivers."""
MAX_URL_LENGTH: Final = 500
_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """An address to which nothing is sent: `code` is `syntax`, `https` or `private`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Nothing is sent to this address ({code}).")
        self.code = code


class Post(NamedTuple):
    url: str
    body: bytes
    headers: Mapping[str, str]


def check_url(url: str) -> SplitResult:
    """Return the parts of the address. Raise AddressRefused, also for a private address that needs no resolution."""
    parts = _split(url)
    is_loopback_site = settings.SITE_URL.startswith("http:")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_site):
        raise AddressRefused("https")
    try:
        find_addresses(parts, numeric_only=True)
    except OSError:  # a name
        return parts
    return parts


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or len(url) > MAX_URL_LENGTH or not re.fullmatch("[!-~]+", url) or "@" in parts.netloc:
        raise AddressRefused("syntax")
    return parts


def find_addresses(parts: SplitResult, *, numeric_only: bool = False) -> list[tuple[str, int]]:
    """Return all addresses of the host with the port. Raise AddressRefused if one of them is private."""
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    flags = socket.AI_NUMERICHOST if numeric_only else 0
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM, flags=flags)
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    if not all(map(is_public_address, addresses)):
        raise AddressRefused("private")
    return [(address, port) for address in addresses]


def is_public_address(text: str) -> bool:
    """Return whether it is an address of the internet, or of this machine if the site itself is only here."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.sixtofour or address.teredo or address.is_site_local:  # global in some versions of Python
            return False
        address = _unwrap(address)
    if address.is_loopback:
        return settings.SITE_URL.startswith("http:")
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _unwrap(address: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that is mapped, or reached through NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def post_all(posts: Sequence[Post]) -> list[str]:
    """Send all at the same time. Return for each why it failed, or an empty text.

    One that takes too long is left to its thread, which ends with the process.
    """
    errors = [f"No answer within {DEADLINE:.0f} seconds"] * len(posts)
    threads = [
        Thread(target=_post_into, args=(errors, place, post), daemon=True) for place, post in enumerate(posts)
    ]
    until = time.monotonic() + DEADLINE
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return list(errors)


def _post_into(errors: list[str], place: int, post: Post) -> None:
    try:
        status = _post(post)
    except TimeoutError:
        return  # as `errors` already says
    except AddressRefused as refused:
        errors[place] = str(refused)
    except (OSError, ValueError, http.client.HTTPException) as error:
        errors[place] = f"{type(error).__name__}: {error}"[:500]
    else:
        errors[place] = "" if 200 <= status < 300 else f"HTTP {status}"


def _post(post: Post) -> int:
    parts = check_url(post.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=DEADLINE)
    try:
        plain = _connect(find_addresses(parts))
        connection.sock = plain  # already connected, so http.client resolves nothing
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, post.body, dict(post.headers))
        response = connection.getresponse()
        response.close()
        return response.status
    finally:
        connection.close()


def _connect(addresses: list[tuple[str, int]]) -> socket.socket:
    """Connect to the first address that answers. Each gets an equal part of the time."""
    for place, address in enumerate(addresses, 1):
        try:
            connected = socket.create_connection(address, DEADLINE / len(addresses))
        except OSError:
            if place == len(addresses):
                raise
        else:
            connected.settimeout(DEADLINE)
            return connected
    raise OSError("no address")
