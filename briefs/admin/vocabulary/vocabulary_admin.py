"""Admin of authors, sources, keywords and terms."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from briefs import policy, workflow
from briefs.admin.common.access import RefusalAwareAdmin, person_of, read_return_url
from briefs.admin.common.form_fields import DeskModelForm, LinesField
from briefs.admin.common.interface_labels import VOCABULARY_KIND_NAMES, format_with_label
from briefs.admin.common.site_texts import SITE_TEXT_CHOICES, SiteTextForm
from briefs.admin.lists.desk_list import (
    DeskChangeList,
    DeskList,
    Row,
    SelectFilter,
    build_column_filter,
    count_by_row,
    list_values,
)
from briefs.citations.works import INSTITUTE_KINDS, PUBLICATION_KINDS
from briefs.content import LANGUAGE_TAGS, SIDES, hash_json
from briefs.models import (
    Author,
    Brief,
    BriefAuthor,
    BriefKeyword,
    Keyword,
    Proposal,
    SiteText,
    Source,
    Term,
)
from briefs.search.analysis import fold
from briefs.text.person_names import (
    DividedName,
    NameOrder,
    divide_in_order,
    divide_person_name,
    find_name_order,
)

from .proposal_pages import add_proposed_message, find_open_proposal
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
    title_count = 2
    search_hint = gettext_lazy("Name in either language")
    uses: ClassVar[tuple[type[models.Model], str] | None] = None
    """Table in which briefs refer to rows, and the column with the row."""

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        export = (_("Export"), f"{self.reverse_url('export')}?{request.GET.urlencode()}")
        return (
            [(_("Import"), self.reverse_url("import")), export]
            if self.has_add_permission(request)
            else [export]
        )

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        """Add in how many briefs each row is used, also under the name of an entry that was merged into it."""
        rows = super().build_rows(request, changelist)
        if self.uses:
            model, column = self.uses
            heir = Coalesce(f"{column}__merged_into", column)
            ids = [row.pk for row in rows]
            used = model._default_manager.filter(
                Q(**{f"{column}__in": ids}) | Q(**{f"{column}__merged_into__in": ids})
            )
            counts = count_by_row(used, heir)
            for row in rows:
                n = counts.get(row.pk, 0)
                row.now = ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n} if n else _("not used yet")
        return rows

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
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if proposal := _get_proposal(request):
            return self._response_proposed(request, proposal)
        response = super().response_change(request, obj)
        goes_on = request.POST.keys() & {"_continue", "_addanother"}
        back = read_return_url(request, request.GET.get("next", ""))
        return redirect(back) if back and not goes_on else response

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


class MissingLabelFilter(SelectFilter):
    title = gettext_lazy("Missing label")
    parameter_names = ("missing",)
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
    list_display = ("name", "name_zh", "name_zh_kind", "order_name")
    list_filter = (
        build_column_filter("name_zh_kind__exact", gettext_lazy("Chinese name"), Author.ChineseName.choices),
        build_column_filter("name_order__exact", gettext_lazy("Order of the name"), Author.ORDERS),
    )
    search_fields = ("name", "name_zh", "family")
    fields = ("name", "name_zh", "name_order", "name_zh_kind", "family", "given")
    uses = (BriefAuthor, "author")

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
    list_display = ("name", "name_zh", "kind_name", "country")
    list_filter = (
        build_column_filter("kind", gettext_lazy("Kind"), list_values(Source, "kind", VOCABULARY_KIND_NAMES)),
        build_column_filter("country", gettext_lazy("Country"), list_values(Source, "country", {})),
    )
    search_fields = ("name", "name_zh")
    uses = (Brief, "source")
    fields = ("name", "name_zh", "url", "kind", "country", "aliases")


@admin.register(Keyword)
class KeywordAdmin(TopicWithKindAdmin):
    list_display = ("label_zh", "label_en", "lacks", "kind_name", "index")
    list_filter = (
        MissingLabelFilter,
        build_column_filter(
            "listed__exact",
            gettext_lazy("Index"),
            (("1", gettext_lazy("Listed")), ("0", gettext_lazy("Not listed"))),
        ),
        build_column_filter(
            "kind", gettext_lazy("Kind"), list_values(Keyword, "kind", VOCABULARY_KIND_NAMES)
        ),
    )
    search_fields = ("label_zh", "label_en")
    fields = ("label_zh", "label_en", "kind", "listed")
    uses = (BriefKeyword, "keyword")

    @admin.display(description=gettext_lazy("Missing label"))
    def lacks(self, row: Keyword) -> str:
        if row.label_zh and row.label_en:
            return ""
        return _("No English label") if row.label_zh else _("No Chinese label")

    @admin.display(description=gettext_lazy("Index"), ordering="listed")
    def index(self, row: Keyword) -> str:
        return "" if row.listed else _("Not listed")

    def choose_tone(self, row: Keyword) -> str:
        return "" if row.label_zh and row.label_en else "soon"


@admin.register(Term)
class TermAdmin(VocabularyAdmin):
    list_display = ("zh", "en", "renderings", "note")
    search_fields = ("zh", "en")
    search_hint = gettext_lazy("Chinese, English, wording to avoid")
    fields = ("zh", "en", "also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en", "note")

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
class SiteTextAdmin(DeskList, RefusalAwareAdmin):
    verb = "edit_site"
    form = SiteTextForm
    list_display = ("name", "updated_by", "updated_at")
    now_column, age_column = "updated_by", "updated_at"
    list_select_related = ("updated_by",)
    fields = ("key", "text_zh", "text_en", "version")

    @admin.display(description=gettext_lazy("Text"))
    def name(self, text: SiteText) -> str:
        return str(dict(SITE_TEXT_CHOICES).get(text.key, text.key))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteText]:
        """Leave out introductions of topics, which have pages of their own."""
        return super().get_queryset(request).filter(key__in=dict(SITE_TEXT_CHOICES))

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return what the home page links: the list alone. To know whether a text is missing takes a query."""
        return {"view": self.has_view_permission(request)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        is_complete = self.get_queryset(request).count() == len(SITE_TEXT_CHOICES)
        return super().has_add_permission(request) and not is_complete

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        version = form.cleaned_data.get("version") or 0
        workflow.revise_site_text(obj.key, obj.text_zh, obj.text_en, by=person_of(request), version=version)
