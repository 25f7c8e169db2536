"""Addresses of articles: which are links at all, and which name the same article. Pure."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|mc_[ce]id|igshid|ref|ref_src|cmpid|ito|s?src)$", re.IGNORECASE)
_CAMPAIGN = re.compile(r"(utm_[^=]*|fbclid|gclid|mc_[ce]id|igshid)(=|$)", re.IGNORECASE)
"""Of these, what says by which way somebody came and never what is shown."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")


def is_safe_link(url: str) -> bool:
    """Whether a reader may be sent there: http or https, a host, no credentials, no control characters."""
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
    """The address without what a campaign or a network has put on it; the rest stays letter for letter."""
    front, mark, fragment = url.partition("#")
    path, _, query = front.partition("?")
    kept = "&".join(part for part in query.split("&") if not _CAMPAIGN.match(part))
    return (f"{path}?{kept}" if kept else path if query else front) + mark + fragment


def build_article_key(url: str) -> str:
    """The same for addresses of the same article: scheme, `www`, trailing slash and tracking are ignored."""
    if not is_safe_link(url):
        return ""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode(
        [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")
