"""Error messages with the field or place that each is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django import forms

from ... import policy
from ...models import Brief
from ...workflow import Reason, Refused, Stale
from ...workflow.rules.transitions import build_wrong_state_reason
from .interface_labels import format_with_label


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error message.

    `about` is an anchor on the brief's page or a field name on the current page; `href` is any other URL.
    """

    text: str
    about: str = ""
    href: str = ""

    def __str__(self) -> str:
        return self.text


class InvalidDraft(Exception):
    """Raised when the submitted form cannot be parsed into a content. Nothing was stored."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = errors
        super().__init__(*errors)


def field_errors(refused: Refused) -> list[FieldError]:
    return field_errors_from_reasons(refused.reasons)


def field_errors_from_reasons(reasons: Iterable[Reason], *, href: str = "") -> list[FieldError]:
    """Return one error per distinct reason, in order."""
    return list(dict.fromkeys(FieldError(str(reason), reason.about, href) for reason in reasons))


def simplify_stale_reasons(refused: Refused) -> Sequence[Reason]:
    """Replace the reasons of a stale page with one sentence.

    For pages without typed text, where there is nothing to compare.
    """
    return (Reason("seen"),) if isinstance(refused, Stale) else refused.reasons


def wrong_state_errors(verb: str, brief: Brief) -> list[FieldError]:
    """Return the error of a verb that does not fit the state of the brief, or an empty list."""
    fits = policy.fits_state(verb, brief)
    return [] if fits else field_errors_from_reasons([build_wrong_state_reason(brief)])


def link_errors(
    errors: Iterable[FieldError], links: Mapping[str, str] | None = None, *, base_url: str = ""
) -> list[dict[str, str]]:
    """Build the error list of a page.

    Anchors listed in `links` are on the page; others are on the page at `base_url`.
    """
    links = links or {}
    return [
        {"text": s.text, "href": s.href or (links.get(s.about, f"{base_url}#{s.about}") if s.about else "")}
        for s in errors
    ]


def errors_as_json(errors: Iterable[FieldError]) -> list[dict[str, str]]:
    return [{"about": error.about, "text": error.text} for error in dict.fromkeys(errors)]


def field_errors_from_form(form: forms.Form) -> list[FieldError]:
    return [
        FieldError(
            format_with_label(form.fields[name].label, message) if name in form.fields else str(message), name
        )
        for name, found in form.errors.items()
        for message in found
    ]
