"""Form fields for local date-times and lists with one entry per line, and parsing of typed dates."""

import datetime as dt
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import workflow
from ...content import ForbiddenCharacter, tidy, tidy_line
from ...documents.fields.date_reader import DateOrder, read_date
from ...documents.types import ParsedDate
from ...workflow import Reason
from ...workflow.rules.clock import format_iso_date


def parse_typed_date(typed: str) -> ParsedDate:
    """Parse a date as an import does. Unrecognised input, and an issue without its month, is returned as typed, so
    that the workflow refuses it.

    Raises ValidationError with both readings if the date is ambiguous.
    """
    read = read_date(typed, cast(DateOrder, settings.DIGEST_DATE_ORDER))
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
            return workflow.resolve_local_time(naive.replace(tzinfo=None))
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
