"""The brief form's fields other than bullets, and parsing of a draft to a content."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import workflow
from ...content import ALT_TEXT_FIELDS, LANGUAGE_TAGS, LEAD_FIELDS, Byline, Content, Facts, Side
from ...facts import SCALAR_FACTS, Fact, FactKind, format_column_value
from ...models import Person
from ...workflow.rules import working_copy
from ..common import name_fields
from ..common.brief_pages import parse_int_or_zero
from ..common.error_list import FieldError, InvalidDraft
from ..common.form_fields import FieldRenderer, LocalDateTimeField, parse_typed_date
from ..common.interface_labels import FIELD_LABELS
from .draft_form import FORM_FIELDS, Draft, KeywordRow


def build_textarea(side: Side, rows: int) -> forms.Textarea:
    return forms.Textarea(
        attrs={"lang": LANGUAGE_TAGS[side], "rows": rows, "spellcheck": "true" if side == "en" else "false"}
    )


def build_percent_input() -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": 0, "max": 100, "placeholder": 50})


def build_text_field(max_length: int | None, **attrs: Any) -> forms.CharField:
    return forms.CharField(
        max_length=max_length, required=False, strip=False, widget=forms.TextInput(attrs=attrs)
    )


def build_fact_field(fact: Fact) -> forms.Field:
    match fact.kind:
        case FactKind.CHOICE:
            choices = [(value, gettext_lazy(label)) for value, label in fact.choices.items()]
            return forms.ChoiceField(choices=[("", "–"), *choices], required=False)
        case FactKind.DAY:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(required=False, input_formats=["%Y-%m-%d"], widget=widget)
        case FactKind.MOMENT:
            return LocalDateTimeField(required=False)
        case FactKind.FLAG:
            return forms.BooleanField(required=False)
        case FactKind.LINK:
            return build_text_field(fact.limit, inputmode="url")
    return build_text_field(fact.limit, **({"placeholder": fact.example} if fact.example else {}))


class BriefForm(forms.Form):
    """Bound to the fields of a draft.

    Maximum lengths are those of the columns; the workflow checks text lengths.
    """

    default_renderer = FieldRenderer

    headline_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 1))
    headline_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 1))
    summary_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 4))
    summary_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 4))
    source = forms.ChoiceField(required=False)
    source_new = build_text_field(200)
    picture_alt_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 2))
    picture_alt_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 2))
    picture = forms.CharField(required=False, widget=forms.HiddenInput)
    picture_credit = build_text_field(None)
    picture_licence = build_text_field(None, placeholder="CC BY 4.0")
    picture_x = forms.CharField(required=False, widget=build_percent_input())
    picture_y = forms.CharField(required=False, widget=build_percent_input())

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            {name: value for name, value in draft.fields.items() if value}, auto_id="%s", label_suffix=""
        )
        self.fields |= {name: build_fact_field(fact) for name, fact in SCALAR_FACTS.items()}
        self.order_fields(FORM_FIELDS)
        chosen = draft.fields["source"]
        pk = parse_int_or_zero(chosen) or None
        cast(forms.ChoiceField, self.fields["source"]).choices = [
            ("", "–"),
            *name_fields.list_source_choices(pk),
        ]
        labels = {**FIELD_LABELS, "source_new": gettext_lazy("Or a new source")}
        for name, field in self.fields.items():
            field.label = str(labels[name])

    def clean_date(self) -> str:
        return parse_typed_date(self.cleaned_data["date"]).iso

    def clean_date_label(self) -> str:
        """Return the issue label, taken from the date field if an issue was typed there."""
        if label := self.cleaned_data["date_label"]:
            return str(label)
        typed = self.data.get("date", "")
        return parse_typed_date(typed).label if "date" in self.cleaned_data else ""


def parse_content(
    draft: Draft, base: Content, bullet_numbers: Mapping[str, int] | None = None, *, by: Person
) -> Content:
    """Parse a draft to a content, based on `base` for values that the form does not have.

    New names become rows, so call this in the transaction of the save. `bullet_numbers` maps keys of new
    bullets to numbers. Raises InvalidDraft with all errors at once.
    """
    content, errors = parse_content_with_errors(draft, base, bullet_numbers or {}, by=by)
    if errors:
        raise InvalidDraft(errors)
    return content


def parse_content_with_errors(
    draft: Draft, base: Content, bullet_numbers: Mapping[str, int], *, by: Person | None
) -> tuple[Content, list[FieldError]]:
    """Parse a draft like `parse_content`, but return the errors and keep the base value of invalid fields.

    Without `by`, no new vocabulary rows are created. Raises Refused, before any work, if the draft is too large.
    """
    bullets = draft.build_bullets(bullet_numbers)
    typed = {name: draft.fields[name] for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS)}
    working_copy.require_bounded(replace(base, **typed, bullets=bullets), draft.authors, draft.keywords)  # type: ignore[arg-type]
    form = BriefForm(draft)
    errors = [FieldError(str(message), name) for name, found in form.errors.items() for message in found]
    rows = _VocabularyResolver(errors, by)
    facts = {
        "source": rows.resolve_source(draft),
        "authors": rows.resolve_authors(draft, base.facts),
        "keywords": rows.resolve_keywords(draft, base.facts),
        "picture": draft.build_picture(),
        **{name: format_column_value(form.cleaned_data.get(name)) for name in SCALAR_FACTS},
    }
    accepted_facts = {name: value for name, value in facts.items() if name not in form.errors}
    leads = {
        name: form.cleaned_data[name] for name in (*LEAD_FIELDS, *ALT_TEXT_FIELDS) if name not in form.errors
    }
    return replace(base, **leads, bullets=bullets, facts=replace(base.facts, **accepted_facts)), errors


class _VocabularyResolver:
    """Find or create the rows for typed names and collect the errors.

    An invalid name keeps the row that it would have replaced.
    """

    def __init__(self, errors: list[FieldError], by: Person | None) -> None:
        self.errors = errors
        self.by = by

    def resolve_source(self, draft: Draft) -> int | None:
        chosen = draft.fields["source"]
        current = parse_int_or_zero(chosen) or None
        if typed := draft.fields["source_new"].strip():
            return self._find_or_create(name_fields.find_or_create_source, typed, "source") or current
        return current

    def resolve_authors(self, draft: Draft, base_facts: Facts) -> tuple[Byline, ...]:
        current_ids = {byline.author for byline in base_facts.authors}
        bylines = []
        for row in draft.authors:
            if row.deleted or (
                row.is_blank and not (row.affiliation_zh.strip() or row.affiliation_en.strip())
            ):
                continue
            if row.is_blank:
                self.errors.append(FieldError(_("Enter the author's name."), f"name-{row.key}"))
                pk = None
            else:
                pk = self._untouched_id(row) or self._find_or_create(
                    name_fields.find_or_create_author, row.name, f"name-{row.key}"
                )
            if pk := pk or self._current_id(row, current_ids):
                bylines.append(Byline(pk, row.affiliation_zh, row.affiliation_en))
        return tuple(bylines)

    def resolve_keywords(self, draft: Draft, base_facts: Facts) -> tuple[int, ...]:
        current_ids = set(base_facts.keywords)
        keyword_ids = []
        for row in draft.keywords:
            if row.deleted or row.is_blank:
                continue
            pk = self._untouched_id(row) or self._find_or_create(
                name_fields.find_or_create_keyword, row.name, f"name-{row.key}"
            )
            if pk := pk or self._current_id(row, current_ids):
                keyword_ids.append(pk)
        return tuple(keyword_ids)

    @staticmethod
    def _untouched_id(row: KeywordRow) -> int | None:
        id = row.id if row.name == row.was else ""
        return parse_int_or_zero(id) or None

    @staticmethod
    def _current_id(row: KeywordRow, current_ids: set[int]) -> int | None:
        return next((pk for pk in current_ids if str(pk) == row.id), None)

    def _find_or_create(self, find_or_create: Any, typed: str, about: str) -> int | None:
        try:
            return int(find_or_create(typed, by=self.by).pk)
        except name_fields.InvalidName as error:
            self.errors.append(FieldError(str(error), about))
        except workflow.Refused as refused:
            self.errors.extend(FieldError(str(reason), about) for reason in refused.reasons)
        return None
