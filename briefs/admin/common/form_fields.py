"""Form fields for dates, times and lists, and error messages with the field that each is about."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.bilingual.documents import ParsedDate, read_date
from briefs.content import ForbiddenCharacter, tidy, tidy_line
from briefs.models import Brief, Issue
from briefs.workflow import Refused, policy
from briefs.workflow.rules import build_wrong_state_reason
from briefs.workflow.rules.local_times import format_iso_date, resolve_local_time
from briefs.workflow.rules.refusals import Reason, Stale

from .interface_labels import format_with_label

# Form fields for local date-times and lists with one entry per line, and parsing of typed dates.


def parse_typed_date(typed: str) -> ParsedDate:
    """Parse a date as an import does. Unrecognised input, and an issue without its month, is returned as typed, so
    that the workflow refuses it.

    Raises ValidationError with both readings if the date is ambiguous.
    """
    read = read_date(typed, "mdy")
    if read is None or "numbered" in read[1]:
        return ParsedDate(typed)
    date = read[0]
    if date.ambiguous:
        values = {
            "raw": date.raw,
            "first": format_iso_date(date.iso),
            "second": format_iso_date(date.alternative),
        }
        raise ValidationError(str(Reason("date-unconfirmed", values)))
    return date


def build_due_field() -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=gettext_lazy("Due"), required=False, input_formats=["%Y-%m-%d"], widget=widget
    )


class FieldRenderer(DjangoTemplates):
    """Render labels, inputs and selects as Django's templates do, but without a template per option, which took a quarter
    of the time of a page with twenty fields.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        widget = context.get("widget") or {}
        if template_name == "django/forms/label.html" and context["use_tag"]:
            tag = context["tag"]
            return (
                f"<{tag}{_render_attributes(context['attrs'])}>{conditional_escape(context['label'])}</{tag}>"
            )
        if template_name == "django/forms/widgets/select.html" and _is_flat(widget["optgroups"]):
            start = _render_attributes({"name": widget["name"], **widget["attrs"]})
            return f"<select{start}>{''.join(map(_render_option, widget['optgroups']))}</select>"
        if "type" in widget:
            own = {"type": widget["type"], "name": widget["name"]}
            value = {} if widget["value"] is None else {"value": widget["value"]}
            return f"<input{_render_attributes({**own, **value, **widget['attrs']})}>"
        return super().render(template_name, context, request)


def _is_flat(groups: list[tuple[Any, list[Any], int]]) -> bool:
    return all(name is None for name, _options, _index in groups)


def _render_option(group: tuple[Any, list[dict[str, Any]], int]) -> str:
    return "".join(
        f"<option{_render_attributes({'value': option['value'], **option['attrs']})}>"
        f"{conditional_escape(option['label'])}</option>"
        for option in group[1]
    )


def _render_attributes(attributes: dict[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


class LocalDateTimeField(forms.CharField):
    """Cleans to an aware datetime, or None when empty. Times skipped by a clock change are refused."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> Any:
        if not (value := super().to_python(value)):
            return None
        try:
            naive = dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(_("Choose a time.")) from error
        try:
            return resolve_local_time(naive.replace(tzinfo=None))
        except workflow.Refused as refused:
            raise ValidationError(str(refused)) from refused


class LinesField(forms.CharField):
    """A JSON list of strings, edited with one entry per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **options: Any) -> None:
        options.pop("encoder", None)
        options.pop("decoder", None)
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = clean_typed_text(str(value or ""), multiline=True).split("\n")
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial or []) != self.to_python(data))

    def run_validators(self, value: Any) -> None:
        for line in value or []:
            super().run_validators(line)


def clean_typed_text(text: str, *, multiline: bool) -> str:
    """Tidy typed text. Raises ValidationError with the line and code of a forbidden character."""
    try:
        return tidy(text) if multiline else tidy_line(text)
    except ForbiddenCharacter as bad:
        sentence = _("Line %(line)s: remove the control character %(code)s.")
        code = f"U+{ord(bad.character):04X}"
        raise ValidationError(sentence % {"line": bad.line, "code": code}) from bad


class DeskModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """Tidies text and shows a refusal of the workflow.

    `version_field`, a hidden field, identifies the row that the page showed, so that later changes are not
    overwritten unseen.
    """

    version_field: ClassVar[str]
    refusal: workflow.Refused | None = None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, value in list(values.items()):
            if isinstance(value, str) and name in self.fields:
                lines = isinstance(self.fields[name].widget, forms.Textarea)
                try:
                    values[name] = clean_typed_text(value, multiline=lines)
                except ValidationError as error:
                    self.add_error(name, error)
        if self.refusal:
            if "seen" in self.refusal.codes:
                self.show_stored_values()
            raise ValidationError([str(reason) for reason in self.refusal.reasons])
        return values

    def show_stored_values(self) -> None:
        """Show the stored value at each field that differs and accept it as seen.

        Saving again then overwrites it.
        """
        seen = self.version_field
        typed = self.data.dict()  # type: ignore[attr-defined]
        self.data = {**typed, self.add_prefix(seen): str(self.initial[seen])}
        for name in self.changed_data:
            if name != seen and name in self.initial:
                theirs = self.fields[name].prepare_value(self.initial[name])
                self.add_error(name, _("Now: %(text)s") % {"text": "–" if theirs in ("", None) else theirs})


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


def wrong_state_errors(verb: str, row: Brief | Issue) -> list[FieldError]:
    """Return the error of a verb that does not fit the state of the brief or issue, or an empty list."""
    fits = policy.fits_state(verb, row)
    return [] if fits else field_errors_from_reasons([build_wrong_state_reason(row)])


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
