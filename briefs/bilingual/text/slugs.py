"""Build the slug of a new address from a title. Existing addresses are never changed."""

import re

from django.utils.text import slugify

from .scripts import fold_accents

_BETWEEN = re.compile(r"[‐‑‒–—―−/]")
"""Characters that separate words like a hyphen. (`slugify` drops them, which would join the words.)"""


def build_slug(text: str, limit: int) -> str:
    """Return `us-taiwan` for `U.S.–Taiwan`: at most `limit` characters, cut at the end of a word. Empty
    without Latin letters.
    """
    slug = slugify(_BETWEEN.sub("-", fold_accents(text))).strip("-")
    if len(slug) <= limit:
        return slug
    whole = slug[: limit + 1].rpartition("-")[0]
    return (whole or slug[:limit]).strip("-")
