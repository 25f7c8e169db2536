"""Find vocabulary rows by typed name, and create one from the brief form after showing similar ones."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import read_number
from briefs.admin.common.form_fields import FieldError, errors_as_json, field_errors
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.name_fields import AUTHOR_ID_SEPARATOR, KEYWORD_LABEL_SEPARATOR, count_uses
from briefs.admin.vocabulary.vocabulary_admin import AuthorForm, VocabularyForm
from briefs.bilingual.text import are_similar_names, fold_name
from briefs.bilingual.text.person_names import build_author_columns, divide_person_name
from briefs.models import Author, Brief, BriefAuthor, Keyword, Person, Source
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy
from briefs.workflow.rules import require_allowed
from briefs.workflow.vocabulary import leave_out_discarded

# Search by typed name, also approximately.

NAME_COLUMNS: Final[dict[type[Vocabulary], tuple[str, ...]]] = {
    Author: ("name", "family", "given", "name_zh"),
    Source: ("name", "name_zh"),
    Keyword: ("label_zh", "label_en"),
}
MAX_RESULTS = 12
MAX_MATCHES = 60
MAX_SEARCH_LENGTH = 80
MAX_SIMILAR = 6
MAX_AFFILIATIONS = 5


def search_entries(model: type[Vocabulary], search_text: str) -> list[Vocabulary]:
    """Return rows whose names contain every typed word, best match first.

    Without a match, return rows with a similar name.
    """
    search_text = " ".join(search_text.split())[:MAX_SEARCH_LENGTH]
    if not search_text:
        return _most_used(model)
    rows = leave_out_discarded(model._default_manager.filter(merged_into=None))
    begins = _any_name(model, "istartswith", search_text)
    holds = Q(*(_any_name(model, "icontains", word) for word in search_text.split()))
    hits: dict[int, Vocabulary] = {row.pk: row for row in rows.filter(begins)[:MAX_MATCHES]}
    if len(hits) < MAX_MATCHES:
        hits |= {row.pk: row for row in rows.filter(holds)[:MAX_MATCHES]}
    if not hits:
        return _find_near_matches(model, search_text)
    counted = count_uses(model, hits)
    rank = {pk: (_match_rank(row, search_text), -counted[pk], str(row)) for pk, row in hits.items()}
    return sorted(hits.values(), key=lambda row: rank[row.pk])[:MAX_RESULTS]


def _any_name(model: type[Vocabulary], lookup: str, text: str) -> Q:
    return Q(*((f"{column}__{lookup}", text) for column in NAME_COLUMNS[model]), _connector=Q.OR)


def _match_rank(row: Vocabulary, search_text: str) -> int:
    """Return 0 for the whole name, 1 for a prefix, 2 for the start of a word, 3 for any other match."""
    search_text = search_text.casefold()
    names = [getattr(row, column).casefold() for column in NAME_COLUMNS[type(row)]]
    if search_text in (*names, str(row).casefold()):
        return 0
    if any(name.startswith(search_text) for name in names):
        return 1
    return 2 if any(f" {search_text}" in name for name in names) else 3


def _most_used(model: type[Vocabulary]) -> list[Vocabulary]:
    """Return the most used sources, shown before anything is typed.

    Authors and keywords are too many to suggest.
    """
    if model is not Source:
        return []
    rows = Brief.objects.exclude(source=None).values("source").annotate(n=Count("pk")).order_by("-n")
    ids = [row["source"] for row in rows[:MAX_RESULTS]]
    sources = Source.objects.filter(merged_into=None).in_bulk(ids)
    return [sources[pk] for pk in ids if pk in sources]


def _find_near_matches(model: type[Vocabulary], search_text: str) -> list[Vocabulary]:
    """Match without regard to accents, hyphens and typos."""
    wanted = fold_name(search_text)
    if len(wanted) < 2:
        return []
    found = _find_by_name(
        model, lambda name: wanted in fold_name(name) or are_similar_names(search_text, name), MAX_RESULTS
    )
    shown = leave_out_discarded(model._default_manager.filter(pk__in=[row.pk for row in found]))
    ids = set(shown.values_list("pk", flat=True)) if found else set()
    return [row for row in found if row.pk in ids]


def find_similar_entries(row: Vocabulary) -> list[Vocabulary]:
    """Return stored rows that may be duplicates of this unsaved one."""
    kind = type(row)
    mine = list(_names_from_columns(kind, [getattr(row, column) for column in NAME_COLUMNS[kind]]))
    return _find_by_name(
        kind, lambda other: any(are_similar_names(name, other) for name in mine), MAX_SIMILAR
    )


def _find_by_name(model: type[Vocabulary], is_match: Callable[[str], bool], limit: int) -> list[Vocabulary]:
    """Return rows with a matching name. Reads all names, since the database cannot fold them."""
    columns = [*NAME_COLUMNS[model], *(["aliases"] if model is Source else [])]
    named = model._default_manager.filter(merged_into=None).values_list("pk", *columns)
    ids = [pk for pk, *values in named if any(map(is_match, _names_from_columns(model, values)))][:limit]
    rows = model._default_manager.in_bulk(ids)
    return [rows[pk] for pk in ids]


def _names_from_columns(model: type[Vocabulary], values: Sequence[Any]) -> Iterator[str]:
    """Yield the names that identify a row; an author's given and family name only in combination."""
    if model is Author:
        name, family, given, name_zh = values
        whole = f"{given} {family}" if family and given else ""
        yield from dict.fromkeys(filter(None, (name, whole, name_zh)))
        return
    aliases = values[2] if len(values) > 2 else []
    yield from filter(None, (*values[:2], *aliases))


def as_json(rows: Sequence[Vocabulary]) -> list[dict[str, Any]]:
    """Return rows as JSON, in at most four queries.

    `name` is the form field's value; `detail` distinguishes rows with the same name.
    """
    if not rows:
        return []
    kind = type(rows[0])
    counted = count_uses(kind, [row.pk for row in rows])
    last = _last_affiliations([row.pk for row in rows]) if kind is Author else {}
    named = Counter(map(str, rows))
    return [
        {
            "id": row.pk,
            "name": f"{row}{AUTHOR_ID_SEPARATOR}{row.pk}"
            if kind is Author and named[str(row)] > 1
            else str(row),
            "detail": " · ".join(filter(None, _details(row, last.get(row.pk, ""), counted[row.pk]))),
            "uses": counted[row.pk],
        }
        for row in rows
    ]


def _details(row: Vocabulary, affiliation: str, uses: int) -> Iterator[str]:
    if isinstance(row, Author):
        yield ", ".join(filter(None, (row.family, row.given)))
        yield affiliation
    elif isinstance(row, Source):
        yield row.country
    elif isinstance(row, Keyword):
        yield "" if row.label_zh and row.label_en else _("one label is missing")
    yield ngettext("%(n)s brief", "%(n)s briefs", uses) % {"n": uses} if uses else _("not used yet")


def _last_affiliations(ids: Sequence[int]) -> dict[int, str]:
    rows = BriefAuthor.objects.filter(author__in=ids).exclude(affiliation_zh="", affiliation_en="")
    values = rows.order_by("-brief", "-pk").values_list("author", "affiliation_zh", "affiliation_en")
    last: dict[int, str] = {}
    chinese = interface_side() == "zh"
    for pk, zh, en in values[:200]:
        last.setdefault(pk, (zh or en) if chinese else (en or zh))
    return last


def find_affiliations(author_id: int) -> list[dict[str, str]]:
    """Return this author's affiliations in earlier briefs, newest article first, without duplicates."""
    family = Q(author=author_id) | Q(author__merged_into=author_id)
    rows = BriefAuthor.objects.filter(family).exclude(affiliation_zh="", affiliation_en="")
    values = rows.order_by("-brief__article_date", "-brief").values_list(
        "affiliation_zh", "affiliation_en", "brief__article_date"
    )
    kept: dict[tuple[str, str], str] = {}
    for zh, en, date in values[:200]:
        kept.setdefault((zh, en), date.isoformat()[:7] if date else "")
    return [{"zh": zh, "en": en, "when": when} for (zh, en), when in list(kept.items())[:MAX_AFFILIATIONS]]


# Create rows from the brief form.

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


class NewAuthorForm(NewEntryForm, AuthorForm):
    class Meta:
        model = Author
        fields = ("name", "name_order", "family", "given", "name_zh", "name_zh_kind")

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
        rows = as_json(search_entries(kind, typed))
        return JsonResponse({"rows": rows, "may_create": may_create})
    initial = build_initial_values(kind, typed)
    rows = as_json(find_similar_entries(kind(**initial)))
    return JsonResponse({"rows": rows, "begin": initial, "may_create": may_create})


def build_initial_values(model: type[Vocabulary], typed: str) -> dict[str, str]:
    """Return the initial values of the form for a new entry."""
    if model is Author:
        columns = {"name": typed[:200], **build_author_columns(typed)}
        return columns | {"name_order": divide_person_name(typed).order}
    if model is Source:
        return {"name": typed[:200]}
    zh, _sep, en = typed.partition(KEYWORD_LABEL_SEPARATOR)
    if not en and typed.isascii():
        zh, en = "", typed
    return {"label_zh": zh[:80], "label_en": en[:80]}


@require_POST
def create_view(request: HttpRequest) -> HttpResponse:
    """Create an entry and return it as JSON, or status 409 with the errors or similar entries.

    A repeated POST returns the same entry.
    """
    person = require_role(request)
    kind = request.POST.get("kind", "")
    if kind not in NEW_ENTRY_FORMS:
        return HttpResponseBadRequest()
    shown_ids = {int(pk) for pk in request.POST.getlist("known") if pk.isascii() and pk.isdecimal()}
    errors: list[FieldError] = []
    similar: Sequence[Vocabulary] = ()
    try:
        row = create_entry(NEW_ENTRY_FORMS[kind](request.POST), by=person, shown_ids=shown_ids)
        return JsonResponse(as_json([row])[0])
    except SimilarEntriesExist as found:
        similar = found.rows
    except workflow.Refused as refused:
        errors = field_errors(refused)
    except ValidationError as error:
        errors = list(_list_errors(error))
    return JsonResponse({"reasons": errors_as_json(errors), "like": as_json(similar)}, status=409)


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
            others = [other for other in find_similar_entries(row) if other.pk not in shown_ids]
            if twin := next((other for other in others if _has_same_values(other, row, form)), None):
                return twin
            if others:
                raise SimilarEntriesExist(others)
            row.validate_constraints(exclude={"slug"})
            workflow.vocabulary.save_vocabulary_row(row, by=by)
            return row
    except IntegrityError as error:  # somebody else created the same entry concurrently
        raise SimilarEntriesExist(find_similar_entries(form.instance)) from error


def _has_same_values(other: Vocabulary, row: Vocabulary, form: NewEntryForm) -> bool:
    return all(getattr(other, name) == getattr(row, name) for name in form.Meta.fields)  # type: ignore[attr-defined]


def _list_errors(error: ValidationError) -> Iterator[FieldError]:
    by_name = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for name, messages in by_name.items():
        yield from (FieldError(text, "" if name == NON_FIELD_ERRORS else name) for text in messages)


def affiliations_view(request: HttpRequest) -> HttpResponse:
    require_role(request)
    return JsonResponse({"rows": find_affiliations(read_number(request.GET, "author"))})
