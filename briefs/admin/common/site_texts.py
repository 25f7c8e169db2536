"""Form of the public site's texts in both languages."""

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models.site import REVIEW_CARD_KEY
from briefs.workflow.rules import hash_values, read_values

from .form_fields import DeskModelForm

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
    version_field = "seen"
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        widgets = {
            f"text_{side}": forms.Textarea(attrs={"rows": 16, "lang": lang})
            for side, lang in LANGUAGE_TAGS.items()
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["seen"] = hash_values(read_values(self.instance))
        if self.instance._state.adding and self.instance.key == REVIEW_CARD_KEY:
            self.initial.update({f"text_{side}": _default_review_card_in(side) for side in LANGUAGE_TAGS})
