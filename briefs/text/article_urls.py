"""Decide which article addresses are safe links and which name the same article. Pure functions."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|mc_[ce]id|igshid|ref|ref_src|cmpid|ito|s?src)$", re.IGNORECASE)
_CAMPAIGN = re.compile(r"(utm_[^=]*|fbclid|gclid|mc_[ce]id|igshid)(=|$)", re.IGNORECASE)
"""The tracking parameters that only record where a visitor came from and never change the page."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")


def is_safe_link(url: str) -> bool:
    """Return whether a link is safe to show: http or https, a host, no credentials, no control characters."""
    if len(url) > 800 or _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and "." in host
        and parts.username is None
        and parts.password is None
    )


def strip_tracking(url: str) -> str:
    """Remove campaign parameters from an address. The rest is unchanged, letter for letter."""
    front, mark, fragment = url.partition("#")
    path, _, query = front.partition("?")
    kept = "&".join(part for part in query.split("&") if not _CAMPAIGN.match(part))
    return (f"{path}?{kept}" if kept else path if query else front) + mark + fragment


def build_article_key(url: str) -> str:
    """Return a key that is equal for addresses of the same article. Scheme, `www`, trailing slash and
    tracking parameters are ignored.
    """
    if not is_safe_link(url):
        return ""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode(
        [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")
