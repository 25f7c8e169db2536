"""Pages of the desk for the public page of a topic, author or source: introduction and recommended briefs."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from django import forms
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.site_texts import SiteTextForm
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, SIDES
from briefs.models import Author, Edition, Keyword, SiteText, Source
from briefs.models.site import MAX_START_HERE
from briefs.models.vocabulary import Vocabulary
from briefs.workflow.rules import build_page_name

from .draft_views import DraftedAdmin, add_waiting_message, find_drafts

JOIN_PATHS: dict[type[Model], str] = {
    Keyword: "in_keywords__keyword",
    Author: "in_authors__author",
    Source: "place__source",
}
"""Path from an edition to the row."""
MAX_INTRO_LENGTH = 1_500
MAX_REASON_LENGTH = 120
MAX_BRIEFS_OFFERED = 60
PLACES = range(1, MAX_START_HERE + 1)


class TopicPageForm(SiteTextForm):
    """Introduction in both languages or none, and up to three briefs of the topic with a reason in both."""

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
        return values

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

    def offered_headlines(self) -> list[str]:
        return [headline for _, headline in self._headlines()[:MAX_BRIEFS_OFFERED]]

    def _headlines(self, **conditions: Any) -> QuerySet[Edition, Any]:
        """Return brief ids and headlines in the language of the interface, newest first."""
        headline = KeyTextTransform(f"headline_{interface_side()}", "content")
        newest = self.listed.filter(**conditions).order_by("-published_at", "-pk")
        return newest.values_list("brief_id", headline)


class TopicPageAdmin(DraftedAdmin):
    def topic_page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = require_role(request, "edit_site")
        row = get_object_or_404(self.model, pk=pk, merged_into=None)
        key = f"{self.opts.model_name}/{row.slug}"
        text = self._show_draft(request, SiteText.objects.filter(key=key).first() or SiteText(key=key))
        listed = Edition.objects.listed(timezone.now()).filter(**{JOIN_PATHS[self.model]: row.pk})
        form = TopicPageForm(request.POST or None, instance=text, listed=listed)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            try:
                draft = workflow.vocabulary.revise_site_text(
                    key,
                    values["text_zh"],
                    values["text_en"],
                    by=person,
                    seen=values["seen"],
                    start_here=values["start_here"],
                )
            except workflow.Refused as refused:
                form.refusal = refused
                form.full_clean()
            else:
                if draft:
                    add_waiting_message(request, [draft])
                    return redirect("admin:briefs_draft_change", pk=draft.pk)
                self.log_change(request, row, _("Introduction and start here"))
                messages.success(request, _("Saved, and public now."))
                return redirect(self.reverse_url("topic_page", pk))
        return self._render_topic_page(request, row, form)

    def _render_topic_page(self, request: HttpRequest, row: Vocabulary, form: TopicPageForm) -> HttpResponse:
        return self.render_page(
            request,
            "topic_page",
            title=_("Introduction and start here"),
            parent_url=self.reverse_url("change", row.pk),
            subtitle=str(row),
            form=form,
            public_url=paths.subject(interface_side(), f"{self.opts.model_name}s", row.slug)
            if form.listed.exists()
            else "",
            earlier=find_drafts().filter(page=build_page_name(form.instance)).first(),
            draft=request.shown_draft,  # type: ignore[attr-defined]
            status=409 if form.refusal else 200,
        )
