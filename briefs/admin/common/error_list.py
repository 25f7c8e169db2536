"""Why something was not done, as sentences with the place that each is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django import forms

from ...workflow import Reason, Refused
from .interface_labels import labelled


@dataclass(frozen=True, slots=True)
class Said:
    """`about` is an anchor on the brief's page, or the name of a field on the page itself; `href` is any other place."""

    text: str
    about: str = ""
    href: str = ""

    def __str__(self) -> str:
        return self.text


class Untaken(Exception):
    """What was typed cannot be a content; nothing was stored."""

    def __init__(self, said: Sequence[Said]) -> None:
        self.said = said
        super().__init__(*said)


def said_of(refused: Refused) -> list[Said]:
    return said(refused.reasons)


def said(reasons: Iterable[Reason], *, href: str = "") -> list[Said]:
    """Each sentence once, in order."""
    return list(dict.fromkeys(Said(str(reason), reason.about, href) for reason in reasons))


def linked(
    said: Iterable[Said], links: Mapping[str, str] | None = None, *, elsewhere: str = ""
) -> list[dict[str, str]]:
    """For the list on a page: what is on it by `links`, anything else on the page `elsewhere`."""
    links = links or {}
    return [
        {"text": s.text, "href": s.href or (links.get(s.about, f"{elsewhere}#{s.about}") if s.about else "")}
        for s in said
    ]


def said_of_form(form: forms.Form) -> list[Said]:
    return [
        Said(labelled(form.fields[name].label, message) if name in form.fields else str(message), name)
        for name, found in form.errors.items()
        for message in found
    ]
