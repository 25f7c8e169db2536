"""Admin of authors, sources, keywords and terms."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from briefs import workflow
from briefs.admin.common.access import person_of, read_return_url
from briefs.admin.common.brief_pages import parse_int_or_zero
from briefs.admin.common.form_fields import DeskModelForm, LinesField
from briefs.admin.common.interface_labels import VOCABULARY_KIND_NAMES, format_with_label
from briefs.admin.common.name_fields import USES, count_uses
from briefs.admin.common.site_texts import SITE_TEXT_CHOICES, SiteTextForm
from briefs.admin.lists.desk_list import DeskFilter, DeskList, ValueFilter, build_name_column
from briefs.bilingual.citations.works import INSTITUTE_KINDS, PUBLICATION_KINDS
from briefs.bilingual.text.person_names import (
    DividedName,
    NameOrder,
    divide_in_order,
    divide_person_name,
    find_name_order,
)
from briefs.content import LANGUAGE_TAGS, SIDES, hash_json
from briefs.derived.search import fold
from briefs.models import Author, Draft, Keyword, SiteText, Source, Term
from briefs.workflow import policy
from briefs.workflow.rules import hash_values
from briefs.workflow.vocabulary import leave_out_discarded

from .draft_views import DraftedAdmin, find_drafts, get_written_draft
from .sheet_views import SheetsAdmin
from .topic_pages import TopicPageAdmin

# Authors, sources, keywords and glossary terms, saved through the workflow.

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
        for name, field in self.fields.items():
            if side := next((side for side in SIDES if f"_{name}".endswith(f"_{side}")), None):
                field.widget.attrs["lang"] = LANGUAGE_TAGS[side]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.instance.pk and values.get("seen") != self.initial["seen"]:
            self.show_stored_values()
            raise ValidationError(_("The entry changed while you were reading. Look at it, then save again."))
        return values

    def _get_validation_exclusions(self) -> set[str]:
        """Validate `merged_into` although no form has it, since the constraints on unique labels need it."""
        return super()._get_validation_exclusions() - {"merged_into"}  # type: ignore[misc, no-any-return]


class VocabularyAdmin(DeskList, SheetsAdmin):
    verb = "edit_vocabulary"
    form = VocabularyForm
    formfield_overrides = {models.JSONField: {"form_class": LinesField}}
    change_form_template = add_form_template = "admin/briefs/vocabulary/form.html"
    search_help_text = gettext_lazy("Name in either language")

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        export = (_("Export"), f"{self.reverse_url('export')}?{request.GET.urlencode()}")
        return (
            [(_("Import"), self.reverse_url("import")), export]
            if self.has_add_permission(request)
            else [export]
        )

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Count in how many briefs each row is used."""
        if self.model in USES:
            counts = count_uses(self.model, [row.pk for row in rows])
            for row in rows:
                row.brief_count = counts[row.pk]

    def used(self, row: Any) -> str:
        n = row.brief_count
        return ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n} if n else _("not used yet")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(merged_into=None)
        is_list = request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist")
        return leave_out_discarded(rows) if is_list else rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in super().get_fields(request, obj) if name != "seen"] + ["seen"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.changed_data != ["seen"]:
            request.written_draft = workflow.vocabulary.save_vocabulary_row(  # type: ignore[attr-defined]
                obj, by=person_of(request), seen=getattr(request, "shown_hash", "")
            )

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        goes_on = get_written_draft(request) or request.POST.keys() & {"_continue", "_addanother"}
        back = read_return_url(request, request.GET.get("next", ""))
        return redirect(back) if back and not goes_on else response


class MissingLabelFilter(DeskFilter):
    title, parameter_name = gettext_lazy("Missing label"), "missing"
    options = (("zh", gettext_lazy("No Chinese label")), ("en", gettext_lazy("No English label")))

    def build_condition(self, value: str) -> Q:
        return Q(**{f"label_{value}": ""})


class TopicAdmin(TopicPageAdmin, VocabularyAdmin):
    """Admin of names that have a page with an introduction."""

    def list_object_links(self, request: HttpRequest, obj: Any) -> list[tuple[object, str]]:
        links = super().list_object_links(request, obj)
        may_edit = policy.has_role_for(person_of(request), "edit_site")
        page = (
            [(_("Introduction and start here"), self.reverse_url("topic_page", obj.pk))] if may_edit else []
        )
        return [*page, *links]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.build_url_pattern("<int:pk>/page/", self.topic_page_view, "topic_page"),
            *super().get_urls(),
        ]


class TopicWithKindAdmin(TopicAdmin):
    @admin.display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_name(self, row: Any) -> str:
        return str(VOCABULARY_KIND_NAMES.get(row.kind, row.kind))


class AuthorForm(VocabularyForm):
    """Form of an author. The parts of the name follow from its order, unless they are typed in that order."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["name_order"] = self.instance.order

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        name, order, family, given = (
            values.get(column, "") for column in ("name", "name_order", "family", "given")
        )
        own = values.get("name_zh", "") if values.get("name_zh_kind") == Author.ChineseName.OWN else ""
        by_name = divide_person_name(name, own)
        stored = (self.instance.family, self.instance.given) if self.instance.pk else by_name[1:]
        divided = DividedName(find_name_order(name, family, given, order), family, given)
        if not (family and given) or ((family, given) == stored and divided.order != order):
            is_told_by_name = order == NameOrder.UNKNOWN and "name_order" not in self.changed_data
            divided = by_name if not order or is_told_by_name else divide_in_order(name, NameOrder(order))
        is_unknown = divided.order is NameOrder.UNKNOWN
        parts = {"family": divided.family, "given": divided.given}
        return values | parts | {"name_order": NameOrder.UNKNOWN if is_unknown else ""}


@admin.register(Author)
class AuthorAdmin(TopicAdmin):
    form = AuthorForm
    list_display = ("name", build_name_column(Author, "name_zh"), "name_zh_kind", "order_name", "used")
    list_filter = ("name_zh_kind", "name_order")
    search_fields = ("name", "name_zh", "family")
    fields = ("name", "name_zh", "name_order", "name_zh_kind", "family", "given")

    @admin.display(description=gettext_lazy("Order of the name"))
    def order_name(self, row: Author) -> str:
        return str(dict(Author.ORDERS)[row.order])


class SourceForm(VocabularyForm):
    """Form of a source. Its choices are the known kinds, and the row's kind if that is another."""

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
    list_display = ("name", build_name_column(Source, "name_zh"), "kind_name", "country", "used")
    list_filter = (("kind", ValueFilter), ("country", ValueFilter))
    search_fields = ("name", "name_zh")
    fields = ("name", "name_zh", "url", "kind", "country", "aliases")


@admin.register(Keyword)
class KeywordAdmin(TopicWithKindAdmin):
    list_display = (
        build_name_column(Keyword, "label_zh", gettext_lazy("No Chinese label")),
        build_name_column(Keyword, "label_en", gettext_lazy("No English label")),
        *("kind_name", "index", "used"),
    )
    list_filter = (MissingLabelFilter, "listed", ("kind", ValueFilter))
    search_fields = ("label_zh", "label_en")
    fields = ("label_zh", "label_en", "kind", "listed")

    @admin.display(description=gettext_lazy("Index"), ordering="listed")
    def index(self, row: Keyword) -> str:
        return "" if row.listed else _("Not listed")


@admin.register(Term)
class TermAdmin(VocabularyAdmin):
    list_display = (build_name_column(Term, "zh"), build_name_column(Term, "en"), "renderings", "note")
    search_fields = ("zh", "en")
    search_help_text = gettext_lazy("Chinese, English, wording to avoid")
    fields = ("zh", "en", "also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en", "note")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the values of the draft of a new term that the address names."""
        draft = self._find_draft(request)
        return dict(draft.values) if draft else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        draft = None if change else self._find_draft(request)
        if draft is None:
            super().save_model(request, obj, form, change)
        else:
            request.written_draft = workflow.vocabulary.save_vocabulary_row(  # type: ignore[attr-defined]
                obj, by=person_of(request), page=draft.page, seen=hash_values(draft.values)
            )

    def _find_draft(self, request: HttpRequest) -> Draft | None:
        pk = parse_int_or_zero(request.GET.get("draft", ""))
        return find_drafts().filter(pk=pk, page__startswith=f"{self.opts.model_name}/").first()

    @admin.display(description=gettext_lazy("Other renderings"))
    def renderings(self, row: Term) -> str:
        also, avoid = (
            [*getattr(row, f"{kind}_zh"), *getattr(row, f"{kind}_en")] for kind in ("also", "avoid")
        )
        told = ((_("also"), also), (_("avoid"), avoid))
        return "; ".join(format_with_label(label, _(", ").join(names)) for label, names in told if names)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search the other renderings too, which are lists, without asking how the database spells a list."""
        if not search_term:
            return queryset, False
        words = fold(search_term)
        columns = ("pk", "zh", "en", "also_zh", "also_en", "avoid_zh", "avoid_en")
        rows = queryset.order_by().values_list(*columns)
        return queryset.filter(pk__in=[pk for pk, *texts in rows if words in fold(str(texts))]), False

    def list_object_links(self, request: HttpRequest, obj: Any) -> list[tuple[object, str]]:
        briefs = reverse("admin:briefs_brief_changelist")
        uses = (_("Where it is used"), f"{briefs}?{urlencode({'q': obj.zh or obj.en})}")
        return [uses, *super().list_object_links(request, obj)]


# Texts of the public site. The workflow records each change with an event.


@admin.register(SiteText)
class SiteTextAdmin(DeskList, DraftedAdmin):
    verb = "edit_site"
    form = SiteTextForm
    change_form_template = "admin/briefs/vocabulary/form.html"
    list_display = ("name", "updated_by", "updated_at")
    sortable_by = ()
    list_select_related = ("updated_by",)
    fields = ("text_zh", "text_en", "seen")

    @admin.display(description=gettext_lazy("Text"))
    def name(self, text: SiteText) -> str:
        return str(dict(SITE_TEXT_CHOICES).get(text.key, text.key))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteText]:
        """Leave out introductions of topics, which have pages of their own."""
        return super().get_queryset(request).filter(key__in=dict(SITE_TEXT_CHOICES))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the text, or a blank one that nobody has written yet."""
        text = super().get_object(request, object_id, from_field)
        is_missing = text is None and object_id in dict(SITE_TEXT_CHOICES)
        return self._show_draft(request, SiteText(key=object_id)) if is_missing else text

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        """Return links to the texts that nobody has written yet."""
        if not self.has_change_permission(request):
            return []
        written = set(self.get_queryset(request).values_list("key", flat=True))
        missing = ((key, label) for key, label in SITE_TEXT_CHOICES if key not in written)
        return [(label, self.reverse_url("change", key)) for key, label in missing]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.written_draft = workflow.vocabulary.revise_site_text(  # type: ignore[attr-defined]
            obj.key, obj.text_zh, obj.text_en, by=person_of(request), seen=form.cleaned_data["seen"]
        )
