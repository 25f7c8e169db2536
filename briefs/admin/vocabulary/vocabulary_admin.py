"""Admin of authors, sources, keywords and glossary terms, saved through the workflow."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from ... import workflow
from ...citations.works import INSTITUTE_KINDS, PUBLICATION_KINDS
from ...content import SIDES, hash_json
from ...models import Author, Keyword, Proposal, Source, Term
from ..common.access import person_of
from ..common.form_fields import DeskModelForm, LinesField
from ..common.interface_labels import VOCABULARY_KIND_NAMES
from . import term_usage
from .proposal_pages import add_proposed_message, find_open_proposal
from .sheet_views import SheetsAdmin
from .topic_page import TopicPageAdmin

gettext_noop("- Select an option -")  # Django translates this into other languages only


def fingerprint_row(row: models.Model) -> str:
    """Hash the editable columns, to detect changes since the page was opened."""
    values = {
        field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if field.editable
    }
    return hash_json({name: str(value) for name, value in values.items()})


class VocabularyForm(DeskModelForm):
    """Refuses to overwrite changes saved since the page was opened."""

    version_field = "seen"
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["seen"] = fingerprint_row(self.instance)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.instance.pk and values.get("seen") != self.initial["seen"]:
            self.show_stored_values()
            raise ValidationError(_("The entry changed while you were reading. Look at it, then save again."))
        return values

    def _get_validation_exclusions(self) -> set[str]:
        """Validate `merged_into` although no form has it, since the constraints on unique labels need it."""
        return super()._get_validation_exclusions() - {"merged_into"}  # type: ignore[misc, no-any-return]


class VocabularyAdmin(SheetsAdmin):
    verb = "edit_vocabulary"
    form = VocabularyForm
    formfield_overrides = {models.JSONField: {"form_class": LinesField}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(merged_into=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in super().get_fields(request, obj) if name != "seen"] + ["seen"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.changed_data != ["seen"]:
            request.proposal = workflow.save_vocabulary_row(obj, by=person_of(request))  # type: ignore[attr-defined]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if _get_proposal(request) else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if _get_proposal(request) else super().log_change(request, obj, message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        if proposal := _get_proposal(request):
            return self._response_proposed(request, proposal)
        response = super().response_add(request, obj, post_url_continue)
        self.add_propagation_message(request, obj)
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if proposal := _get_proposal(request):
            return self._response_proposed(request, proposal)
        response = super().response_change(request, obj)
        self.add_propagation_message(request, obj)
        return response

    def _response_proposed(self, request: HttpRequest, proposal: Proposal) -> HttpResponse:
        add_proposed_message(request, [proposal])
        if "_addanother" in request.POST:
            return redirect(self.reverse_url("add"))
        return redirect("admin:briefs_proposal_change", pk=proposal.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        obj = options.get("obj")
        context["proposal"] = find_open_proposal(obj) if obj else None
        return super().render_change_form(request, context, *args, **options)


def _get_proposal(request: HttpRequest) -> Proposal | None:
    """Return the proposal that this request stored instead of the row."""
    return getattr(request, "proposal", None)


class MissingLabelFilter(admin.SimpleListFilter):
    title = gettext_lazy("Missing label")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("zh", _("No Chinese label")), ("en", _("No English label"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        missing = {"zh": Q(label_zh=""), "en": Q(label_en="")}
        value = self.value()
        return queryset.filter(missing[value]) if value in missing else queryset


class ValuesFilter(admin.AllValuesFieldListFilter):
    """Shows “–” for an empty value and translated labels for kinds.

    Django would show an empty string and the stored value.
    """

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            label = "–" if choice["display"] == "" else choice["display"]
            yield {**choice, "display": VOCABULARY_KIND_NAMES.get(str(label), label)}


class TopicAdmin(TopicPageAdmin, VocabularyAdmin):
    """Admin of names that have a page with an introduction."""

    change_form_template = "admin/briefs/vocabulary/topic_form.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.build_url_pattern("<int:pk>/page/", self.topic_page_view, "topic_page"),
            *super().get_urls(),
        ]


class TopicWithKindAdmin(TopicAdmin):
    @admin.display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_name(self, row: Any) -> str:
        return str(VOCABULARY_KIND_NAMES.get(row.kind, row.kind))


@admin.register(Author)
class AuthorAdmin(TopicAdmin):
    list_display = ("name", "name_zh", "name_zh_kind", "family", "given")
    list_filter = ("name_zh_kind",)
    allowed_lookups = ("name_zh_kind__exact",)
    search_fields = ("name", "name_zh", "family")
    fields = ("name", "family", "given", "name_zh", "name_zh_kind")


class SourceForm(VocabularyForm):
    """Offers the known kinds, and the row's own if it has another."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = dict.fromkeys(filter(None, (*PUBLICATION_KINDS, *INSTITUTE_KINDS, self.instance.kind)))
        choices = [("", "–"), *((kind, VOCABULARY_KIND_NAMES.get(kind, kind)) for kind in kinds)]
        self.fields["kind"] = forms.ChoiceField(
            label=_("Kind"),
            choices=choices,
            required=False,
            help_text=_("In Chinese, names of publications stand in 《》, those of institutes do not."),
        )


@admin.register(Source)
class SourceAdmin(TopicWithKindAdmin):
    form = SourceForm
    list_display = ("name", "name_zh", "kind_name", "country")
    list_filter = (("kind", ValuesFilter), ("country", ValuesFilter))
    allowed_lookups = ("kind", "country", "kind__exact", "country__exact")
    search_fields = ("name", "name_zh")
    fields = ("name", "name_zh", "url", "kind", "country", "aliases")


@admin.register(Keyword)
class KeywordAdmin(TopicWithKindAdmin):
    list_display = ("__str__", "label_zh", "label_en", "kind_name", "listed")
    list_filter = (MissingLabelFilter, "listed", ("kind", ValuesFilter))
    allowed_lookups = ("listed__exact", "kind", "kind__exact")
    search_fields = ("label_zh", "label_en")
    fields = ("label_zh", "label_en", "kind", "listed")


@admin.register(Term)
class TermAdmin(VocabularyAdmin):
    list_display = ("zh", "en", "note")
    search_fields = ("zh", "en")
    fields = ("zh", "en", "also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en", "note")
    change_form_template = "admin/briefs/vocabulary/term_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(term_usage.uses_view)
        return [path("<int:pk>/uses/", view, name="briefs_term_uses"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            former = {f"was_{side}": form.initial[side] for side in SIDES if side in form.changed_data}
            request.former = former  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Redirect to the briefs that use the former rendering, if a rendering changed."""
        response = super().response_change(request, obj)
        if not _get_proposal(request) and (former := getattr(request, "former", None)):
            uses = reverse("admin:briefs_term_uses", args=[obj.pk])
            return redirect(f"{uses}?{urlencode(former)}")
        return response
