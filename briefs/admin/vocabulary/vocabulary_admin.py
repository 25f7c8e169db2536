"""Admin of authors, sources, keywords and terms, and of the introductions of their public pages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import unquote

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy, gettext_noop, ngettext
from django.utils.translation import gettext as _

from briefs import policy, workflow
from briefs.admin.common.access import RefusalAwareAdmin, person_of, require_role
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
from briefs.content import LANGUAGE_TAGS, SIDES, Side, hash_json
from briefs.models import (
    Author,
    Brief,
    BriefAuthor,
    BriefKeyword,
    Edition,
    Event,
    Keyword,
    Proposal,
    SiteText,
    Source,
    Term,
)
from briefs.models.site import MAX_CLAIMS, MAX_START_HERE, MIN_CLAIMS
from briefs.models.vocabulary import Vocabulary
from briefs.search.analysis import fold
from briefs.text import paths
from briefs.text.person_names import (
    DividedName,
    NameOrder,
    divide_in_order,
    divide_person_name,
    find_name_order,
)
from briefs.workflow.rules.transitions import PAST_TENSE_LABELS
from briefs.workflow.vocabulary import build_site_text_topic

from . import term_usage
from .proposal_pages import VocabularyPagesAdmin, add_proposed_message, find_open_proposal, find_proposals
from .sheet_views import SheetsAdmin

# Introductions: text, question and recommended briefs on the public page of a topic, author or source.

JOIN_PATHS: dict[type[Model], str] = {
    Keyword: "in_keywords__keyword",
    Author: "in_authors__author",
    Source: "place__source",
}
"""Path from an edition to the row."""
MAX_INTRO_LENGTH = 1_500
MAX_REASON_LENGTH = 120
MAX_BRIEFS_OFFERED = 60
MAX_EARLIER_SHOWN = 20
MAX_QUESTION_LENGTH = 120
PLACES = range(1, MAX_START_HERE + 1)
CLAIM_PLACES = range(1, MAX_CLAIMS + 1)


class TopicPageForm(SiteTextForm):
    """Introduction in both languages or none, up to three briefs of the topic with a reason in both, and a topic's question.

    The question has two or three points of public briefs that answer it differently.
    """

    class Meta(SiteTextForm.Meta):
        model = SiteText
        fields = ("text_zh", "text_en")

    def __init__(self, *args: Any, listed: QuerySet[Edition, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.listed = listed
        for side in SIDES:
            self.fields[f"text_{side}"].required = False
            self.fields[f"text_{side}"].validators.append(MaxLengthValidator(MAX_INTRO_LENGTH))
            self.fields[f"text_{side}"].widget.attrs["rows"] = 6
        chosen = self.instance.start_here
        headlines = dict(self._headlines(brief_id__in=[choice["brief"] for choice in chosen]))
        shown = [choice for choice in chosen if choice["brief"] in headlines]
        for n, choice in zip(PLACES, [*shown, *[{}] * MAX_START_HERE], strict=False):
            self._add_place(n, choice, headlines.get(choice.get("brief"), ""))
        if self.has_question:
            self._add_question()

    @property
    def has_question(self) -> bool:
        return str(self.instance.key).startswith("keyword/")

    def _add_question(self) -> None:
        question = self.instance.question
        claims = question.get("claims", [])
        headlines = dict(self._headlines(brief_id__in=[claim["brief"] for claim in claims]))
        for side, label in (("zh", _("Question, Chinese")), ("en", _("Question, English"))):
            field = forms.CharField(label=label, required=False, max_length=MAX_QUESTION_LENGTH)
            field.widget.attrs["lang"] = LANGUAGE_TAGS["zh" if side == "zh" else "en"]
            self.fields[f"question_{side}"], self.initial[f"question_{side}"] = field, question.get(side, "")
        for n, claim in zip(CLAIM_PLACES, [*claims, *[{}] * MAX_CLAIMS], strict=False):
            brief = forms.CharField(label=_("Brief"), required=False)
            brief.widget.attrs |= {"list": "briefs-of-topic", "autocomplete": "off"}
            point = forms.IntegerField(label=_("Number of the point"), required=False, min_value=1)
            self.fields[f"claim_{n}"], self.fields[f"point_{n}"] = brief, point
            self.initial[f"claim_{n}"] = headlines.get(claim.get("brief"), "")
            self.initial[f"point_{n}"] = claim.get("number")

    def _add_place(self, n: int, choice: dict[str, Any], headline: str) -> None:
        brief = forms.CharField(label=_("Brief"), required=False)
        brief.widget.attrs |= {"list": "briefs-of-topic", "autocomplete": "off"}
        self.fields[f"brief_{n}"], self.initial[f"brief_{n}"] = brief, headline
        for side, label in (("zh", _("Reason, Chinese")), ("en", _("Reason, English"))):
            reason = forms.CharField(label=label, required=False, max_length=MAX_REASON_LENGTH)
            reason.widget.attrs["lang"] = LANGUAGE_TAGS["zh" if side == "zh" else "en"]
            self.fields[f"{side}_{n}"], self.initial[f"{side}_{n}"] = reason, choice.get(side, "")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for side in SIDES:
            if not values.get(f"text_{side}") and values.get(f"text_{paths.OTHER_SIDE[side]}"):
                self.add_error(
                    f"text_{side}", _("Write the introduction in both languages, or leave both empty.")
                )
        values["start_here"] = list(self._clean_choices(values))
        values["question"] = self._clean_question(values) if self.has_question else self.instance.question
        return values

    def _clean_question(self, values: dict[str, Any]) -> dict[str, Any]:
        question: dict[str, Any] = {side: values.get(f"question_{side}", "") for side in SIDES}
        claims = list(self._clean_claims(values))
        if not any(question.values()) and not claims:
            return {}
        for side in SIDES:
            if not question[side]:
                self.add_error(f"question_{side}", _("Ask the question in both languages."))
        if len(claims) < MIN_CLAIMS:
            self.add_error(
                f"claim_{len(claims) + 1}", _("Choose two or three points that answer it differently.")
            )
        return {**question, "claims": claims}

    def _clean_claims(self, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        used = []
        for n in CLAIM_PLACES:
            typed, number = values.get(f"claim_{n}", ""), values.get(f"point_{n}")
            if not typed and not number:
                continue
            address, _sign, fragment = typed.partition("#b")
            number = number or (int(fragment) if fragment.isdecimal() else 0)
            brief = self._find_brief(address)
            claim = {"brief": brief, "number": number}
            if brief is None:
                self.add_error(f"claim_{n}", _("Choose a published brief of this page."))
            elif not self._is_public_point(brief, number):
                self.add_error(
                    f"point_{n}", _("The public text of this brief has no such point in both languages.")
                )
            elif claim in used:
                self.add_error(f"point_{n}", _("This point is chosen already."))
            used.append(claim)
            yield claim

    def _is_public_point(self, brief: int, number: int) -> bool:
        edition = self.listed.get(brief_id=brief)
        return replace(edition.frozen_content, key_point=number).key_bullet is not None

    def _clean_choices(self, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        used: set[int] = set()
        for n in PLACES:
            typed = values.get(f"brief_{n}", "")
            reasons: dict[str, str] = {side: values.get(f"{side}_{n}", "") for side in SIDES}
            if not typed and not any(reasons.values()):
                continue
            brief = self._find_brief(typed)
            if brief is None:
                self.add_error(f"brief_{n}", _("Choose a published brief of this page."))
            elif brief in used:
                self.add_error(f"brief_{n}", _("This brief is chosen already."))
            for side in SIDES:
                if not reasons[side]:
                    self.add_error(f"{side}_{n}", _("Say in a few words why to begin with it."))
            used.add(brief or 0)
            yield {"brief": brief, **reasons}

    def _find_brief(self, typed: str) -> int | None:
        """Return the newest listed brief with this headline, address or slug."""
        slug = unquote(typed.partition("/briefs/")[2] or typed).strip("/").partition("/")[0]
        headline = Q(*((f"content__headline_{side}", typed) for side in SIDES), _connector=Q.OR)
        found = self.listed.filter(Q(slug=slug) | headline).order_by("-published_at", "-pk")
        return found.values_list("brief_id", flat=True).first()

    def places(self) -> list[list[forms.BoundField]]:
        return [[self[f"brief_{n}"], self[f"zh_{n}"], self[f"en_{n}"]] for n in PLACES]

    def question_fields(self) -> list[forms.BoundField]:
        return [self[f"question_{side}"] for side in SIDES] if self.has_question else []

    def claims(self) -> list[list[forms.BoundField]]:
        return [[self[f"claim_{n}"], self[f"point_{n}"]] for n in CLAIM_PLACES]

    def offered_headlines(self) -> list[str]:
        return [headline for _, headline in self._headlines()[:MAX_BRIEFS_OFFERED]]

    def _headlines(self, **conditions: Any) -> QuerySet[Edition, Any]:
        """Return brief ids and headlines in the language of the interface, newest first."""
        headline = KeyTextTransform(f"headline_{interface_side()}", "content")
        newest = self.listed.filter(**conditions).order_by("-published_at", "-pk")
        return newest.values_list("brief_id", headline)


class TopicPageAdmin(VocabularyPagesAdmin):
    def topic_page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = require_role(request, "edit_site")
        row = get_object_or_404(self.model, pk=pk, merged_into=None)
        key = f"{self.opts.model_name}/{row.slug}"
        stored = SiteText.objects.filter(key=key).first() or SiteText(key=key)
        listed = Edition.objects.listed(timezone.now()).filter(**{JOIN_PATHS[self.model]: row.pk})
        form = TopicPageForm(request.POST or None, instance=stored, listed=listed)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            texts, version = (values["text_zh"], values["text_en"]), values["version"] or 0
            try:
                proposal = workflow.revise_site_text(
                    key,
                    *texts,
                    by=person,
                    version=version,
                    start_here=values["start_here"],
                    question=values["question"],
                )
            except workflow.Refused as refused:
                form.refusal = refused
                form.full_clean()
            else:
                if proposal:
                    add_proposed_message(request, [proposal])
                    return redirect("admin:briefs_proposal_change", pk=proposal.pk)
                self.log_change(request, row, _("Introduction and start here"))
                messages.success(request, _("Saved, and public now."))
                return redirect(self.reverse_url("topic_page", pk))
        return self._render_topic_page(request, row, form)

    def _render_topic_page(self, request: HttpRequest, row: Vocabulary, form: TopicPageForm) -> HttpResponse:
        about = build_site_text_topic(form.instance.key)
        earlier = Event.objects.filter(about=about).select_related("by").order_by("-pk")[:MAX_EARLIER_SHOWN]
        events = [
            {"at": one.at, "by": one.by, "note": one.note, "did": PAST_TENSE_LABELS[one.verb]}
            for one in earlier
        ]
        return self.render_page(
            request,
            "topic_page",
            title=_("Introduction and start here"),
            row=row,
            form=form,
            public_url=paths.subject(interface_side(), f"{self.opts.model_name}s", row.slug)
            if form.listed.exists()
            else "",
            earlier=events,
            proposal=find_proposals().filter(about=about, outcome="").first(),
            status=409 if form.refusal else 200,
        )


def interface_side() -> Side:
    return "en" if get_language() == "en" else "zh"


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
        return super().response_change(request, obj)

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
        uses = (_("Where it is used"), reverse("admin:briefs_term_uses", args=[obj.pk]))
        return [uses, *super().list_object_links(request, obj)]

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        is_complete = self.get_queryset(request).count() == len(SITE_TEXT_CHOICES)
        return super().has_add_permission(request) and not is_complete

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        version = form.cleaned_data.get("version") or 0
        workflow.revise_site_text(obj.key, obj.text_zh, obj.text_en, by=person_of(request), version=version)
