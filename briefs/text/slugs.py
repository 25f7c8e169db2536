"""The words of a title as a part of an address. What has an address keeps it: this is for new ones alone."""

import re

from django.utils.text import slugify

_BETWEEN = re.compile(r"[‐‑‒–—―−/]")
"""They stand between two words as a hyphen does. (`slugify` drops them, and the words run together.)"""


def build_slug(text: str, limit: int) -> str:
    """`U.S.–Taiwan` → `us-taiwan`; no longer than the limit, and cut where a word ends. Empty without Latin letters."""
    slug = slugify(_BETWEEN.sub("-", text)).strip("-")
    if len(slug) <= limit:
        return slug
    whole = slug[: limit + 1].rpartition("-")[0]
    return (whole or slug[:limit]).strip("-")
