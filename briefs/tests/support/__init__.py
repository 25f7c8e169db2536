"""What many tests share."""

import os

_ROUNDS = float(os.environ.get("TEST_ROUNDS", "1"))


def scale(n: int) -> int:
    """Return how often a heavy random test repeats: `n` times the environment variable `TEST_ROUNDS`."""
    return max(1, round(n * _ROUNDS))
