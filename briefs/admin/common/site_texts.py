"""Admin for the public site's texts in both languages. The workflow records each change with an event."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models import SiteText
from briefs.text import paths

from .access import RefusalAwareAdmin, person_of
from .form_fields import DeskModelForm

REVIEW_CARD_KEY: Final = "review-card"
SITE_TEXT_CHOICES = [("about", gettext_lazy("About")), (REVIEW_CARD_KEY, gettext_lazy("Reviewer's card"))]
"""The text of the public About page and the checklist shown to reviewers."""


def default_review_card() -> str:
    """Return the default checklist, one point per line, used until the team writes its own."""
    return "\n".join(
        (
            _("Negation: is every not, never and without on both sides?"),
            _("Who says it: the author, a source, or we?"),
            _("Names and titles: spelt and rendered as in the glossary?"),
            _("Numbers, units, dates: the same on both sides and in the article?"),
        )
    )


def _default_review_card_in(side: Side) -> str:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return default_review_card()


class SiteTextForm(DeskModelForm):
    version_field = "version"
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        widgets = {
            f"text_{side}": forms.Textarea(attrs={"rows": 16, "lang": lang})
            for side, lang in LANGUAGE_TAGS.items()
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["version"] = 0 if self.instance._state.adding else self.instance.version
        if "key" in self.fields:
            there = set(SiteText.objects.values_list("key", flat=True))
            left = [(key, label) for key, label in SITE_TEXT_CHOICES if key not in there]
            self.fields["key"] = forms.ChoiceField(choices=left, label=_("Text"))
            if self.initial.get("key") == REVIEW_CARD_KEY:
                self.initial.update({f"text_{side}": _default_review_card_in(side) for side in LANGUAGE_TAGS})


@admin.register(SiteText)
class SiteTextAdmin(RefusalAwareAdmin):
    verb = "edit_site"
    form = SiteTextForm
    list_display = ("name", "updated_by", "updated_at")
    list_select_related = ("updated_by",)
    fieldsets = ((None, {"fields": ("key", ("text_zh", "text_en"), "version")}),)

    @admin.display(description=gettext_lazy("Text"))
    def name(self, text: SiteText) -> str:
        return str(dict(SITE_TEXT_CHOICES).get(text.key, text.key))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteText]:
        """Leave out introductions of topics, which are edited elsewhere (`admin.vocabulary.vocabulary_admin`)."""
        return super().get_queryset(request).filter(key__in=dict(SITE_TEXT_CHOICES))

    def has_add_permission(self, request: HttpRequest) -> bool:
        is_complete = self.get_queryset(request).count() == len(SITE_TEXT_CHOICES)
        return super().has_add_permission(request) and not is_complete

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        version = form.cleaned_data.get("version") or 0
        workflow.revise_site_text(obj.key, obj.text_zh, obj.text_en, by=person_of(request), version=version)
