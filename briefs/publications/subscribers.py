"""Subscribers: requests, confirmations, departures and erasures."""

import secrets
from hashlib import sha256


def make_token() -> tuple[str, str]:
    """Return the token of a link to `/u/{token}/` and its hash, which alone is stored."""
    token = secrets.token_urlsafe(16)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()
