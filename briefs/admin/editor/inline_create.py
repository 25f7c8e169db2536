"""Find or create vocabulary rows from the brief form, showing similar entries before one is created."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.utils.translation import gettext as _

from ... import policy, workflow
from ...models import Author, Keyword, Person, Source
from ...models.vocabulary import Vocabulary
from ...text.person_names import split_person_name
from ...workflow.rules.transitions import require_allowed
from ..common.access import require_role
from ..common.brief_pages import read_number
from ..common.error_list import FieldError, errors_as_json, field_errors
from ..common.name_fields import KEYWORD_LABEL_SEPARATOR
from ..vocabulary.vocabulary_admin import VocabularyForm
from . import autocomplete

CREATE_VERB = "edit_vocabulary"


class SimilarEntriesExist(Exception):
    """Raised with entries that may be duplicates and that the person has not been shown."""

    def __init__(self, rows: Sequence[Vocabulary]) -> None:
        self.rows = rows
        super().__init__(rows)


class NewEntryForm(VocabularyForm):
    """Form of a new entry.

    Uniqueness is checked later, in `create_entry`, after the existing entry was offered.
    """

    def validate_constraints(self) -> None:
        return

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        return {name: " ".join(v.split()) if isinstance(v, str) else v for name, v in values.items()}


class NewAuthorForm(NewEntryForm):
    class Meta:
        model = Author
        fields = ("name", "family", "given", "name_zh", "name_zh_kind")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("name_zh") and not values.get("name_zh_kind"):
            self.add_error(
                "name_zh_kind", _("Say whether the Chinese name is their own or a transliteration.")
            )
        if not values.get("name_zh"):
            values["name_zh_kind"] = ""
        return values


class NewSourceForm(NewEntryForm):
    class Meta:
        model = Source
        fields = ("name", "name_zh")


class NewKeywordForm(NewEntryForm):
    class Meta:
        model = Keyword
        fields = ("label_zh", "label_en")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not (values.get("label_zh") or values.get("label_en")):
            self.add_error("label_zh", _("Enter a label."))
        return values


NEW_ENTRY_FORMS: dict[str, type[NewEntryForm]] = {
    "author": NewAuthorForm,
    "source": NewSourceForm,
    "keyword": NewKeywordForm,
}


def names_view(request: HttpRequest) -> HttpResponse:
    """Return entries matching `?kind=author&q=…`.

    With `new=1`, return the initial values of a new entry and similar entries.
    """
    person = require_role(request)
    name = request.GET.get("kind", "")
    if name not in NEW_ENTRY_FORMS:
        return HttpResponseBadRequest()
    typed = request.GET.get("q", "").strip()
    kind: type[Vocabulary] = NEW_ENTRY_FORMS[name]._meta.model
    may_create = policy.has_role_for(person, CREATE_VERB)
    if request.GET.get("new") != "1":
        rows = autocomplete.as_json(autocomplete.search_entries(kind, typed))
        return JsonResponse({"rows": rows, "may_create": may_create})
    initial = build_initial_values(kind, typed)
    rows = autocomplete.as_json(autocomplete.find_similar_entries(kind(**initial)))
    return JsonResponse({"rows": rows, "begin": initial, "may_create": may_create})


def build_initial_values(model: type[Vocabulary], typed: str) -> dict[str, str]:
    """Return the initial values of the form for a new entry."""
    if model is Author:
        return {"name": typed[:200], **split_person_name(typed)}
    if model is Source:
        return {"name": typed[:200]}
    zh, _sep, en = typed.partition(KEYWORD_LABEL_SEPARATOR)
    if not en and typed.isascii():
        zh, en = "", typed
    return {"label_zh": zh[:80], "label_en": en[:80]}


def create_view(request: HttpRequest) -> HttpResponse:
    """Create an entry and return it as JSON, or status 409 with the errors or similar entries.

    A repeated POST returns the same entry.
    """
    person = require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    kind = request.POST.get("kind", "")
    if kind not in NEW_ENTRY_FORMS:
        return HttpResponseBadRequest()
    shown_ids = {int(pk) for pk in request.POST.getlist("known") if pk.isascii() and pk.isdecimal()}
    errors: list[FieldError] = []
    similar: Sequence[Vocabulary] = ()
    try:
        row = create_entry(NEW_ENTRY_FORMS[kind](request.POST), by=person, shown_ids=shown_ids)
        return JsonResponse(autocomplete.as_json([row])[0])
    except SimilarEntriesExist as found:
        similar = found.rows
    except workflow.Refused as refused:
        errors = field_errors(refused)
    except ValidationError as error:
        errors = list(_list_errors(error))
    return JsonResponse(
        {"reasons": errors_as_json(errors), "like": autocomplete.as_json(similar)}, status=409
    )


def create_entry(form: NewEntryForm, *, by: Person, shown_ids: set[int]) -> Vocabulary:
    """Create a vocabulary row, or return the existing one with the same values.

    Raises SimilarEntriesExist for similar entries not in `shown_ids`, Refused, or ValidationError by field.
    """
    require_allowed(by, CREATE_VERB)
    try:
        with transaction.atomic():
            Person.objects.select_for_update().get(pk=by.pk)  # the second of a double click waits here
            if not form.is_valid():
                raise ValidationError(form.errors.as_data())
            row: Vocabulary = form.instance
            others = [other for other in autocomplete.find_similar_entries(row) if other.pk not in shown_ids]
            if twin := next((other for other in others if _has_same_values(other, row, form)), None):
                return twin
            if others:
                raise SimilarEntriesExist(others)
            row.validate_constraints(exclude={"slug"})
            workflow.save_vocabulary_row(row, by=by)
            return row
    except IntegrityError as error:  # somebody else created the same entry concurrently
        raise SimilarEntriesExist(autocomplete.find_similar_entries(form.instance)) from error


def _has_same_values(other: Vocabulary, row: Vocabulary, form: NewEntryForm) -> bool:
    return all(getattr(other, name) == getattr(row, name) for name in form.Meta.fields)  # type: ignore[attr-defined]


def _list_errors(error: ValidationError) -> Iterator[FieldError]:
    by_name = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for name, messages in by_name.items():
        yield from (FieldError(text, "" if name == NON_FIELD_ERRORS else name) for text in messages)


def affiliations_view(request: HttpRequest) -> HttpResponse:
    require_role(request)
    return JsonResponse({"rows": autocomplete.find_affiliations(read_number(request.GET, "author"))})
