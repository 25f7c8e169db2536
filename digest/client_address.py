"""The IP address of a client, and counts of its attempts within a time."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def get_client_address(request: HttpRequest) -> str:
    """Return the client address as seen by the outermost of our own proxies.

    Earlier entries can be forged.
    """
    forwarded_addresses = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    proxies = settings.DIGEST_PROXIES
    if proxies and len(forwarded_addresses) >= proxies:
        return forwarded_addresses[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def get_network(address: str) -> str:
    """Return the address. For IPv6 return its /64 network, which belongs to one customer."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address


def get_block(address: str) -> str:
    """Return the block that one customer of a provider may have: the /24 of an IPv4 address, the /48 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:14] if isinstance(parsed, IPv6Address) else address.rpartition(".")[0]


def count_attempt(key: str, seconds: int, amount: int = 1) -> int:
    """Add `amount` to the count of `key`. Return the sum in a window of `seconds` that begins with the first call.

    Without a cache server, or while it is away, each process counts for itself.
    """
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key, amount)
    except ValueError:  # the window ended, or the cache was emptied, between the two cache calls
        cache.set(key, amount, seconds)
        return amount
