"""Form of the public site's texts in both languages."""

from typing import Any, Final

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.content import LANGUAGE_TAGS, Side
from briefs.models import SiteText
from briefs.text import paths

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
