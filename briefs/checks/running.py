"""Every check by name, and how to run them."""

from collections.abc import Callable, Collection

from briefs.checks import completeness, length, numbers, punctuation, structure
from briefs.checks.context import Context
from briefs.checks.finding import Finding
from briefs.content import Content

Check = Callable[[Content, Context], list[Finding]]

ALL: dict[str, Check] = {
    "completeness": completeness.check,
    "structure": structure.check,
    "numbers": numbers.check,
    "length": length.check,
    "punctuation": punctuation.check,
}
BLOCKING = ("completeness",)
"""These refuse; all others advise and can be dismissed for one bullet."""


def run(content: Content, context: Context, *, only: Collection[str] = tuple(ALL)) -> list[Finding]:
    """The findings of the checks named, in the order of `ALL`. An unknown name is a KeyError."""
    if unknown := set(only) - set(ALL):
        raise KeyError(", ".join(sorted(unknown)))
    return [found for name, check in ALL.items() if name in only for found in check(content, context)]


def blocking(content: Content, context: Context) -> list[Finding]:
    """All the reasons for which a brief cannot be submitted."""
    return run(content, context, only=BLOCKING)
