"""Admin of briefs: URLs of all brief views, and the views that change, create and claim a brief."""

import datetime as dt
import io

from django import forms
from django.contrib import admin, messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import workflow
from ..models import Brief
from ..workflow.rules.transitions import VERB_NAMES
from .common.access import require_role
from .common.brief_pages import get_brief_or_404, site_context
from .common.error_list import FieldError, field_errors_from_form, link_errors
from .common.presence import heartbeat
from .editor import (
    cover_views,
    dismissal_views,
    inline_create,
    preview_views,
    row_suggestions,
    saving,
)
from .editor.autosave import autosave, autosave_new_brief
from .editor.brief_views import keep_unsent_note, render_brief_page, render_new_brief_page
from .editor.citation_import import import_citation
from .editor.draft_form import Draft
from .editor.editor_page_data import BriefPageData, find_document
from .history import revision_views
from .history.timeline import timeline
from .lists import saved_filters
from .lists.changelist import BriefList
from .review.review_views import review
from .uploads import upload_views
from .verbs import sharing_views
from .verbs.assignment_views import assign
from .verbs.verb_views import verb_view


@admin.register(Brief)
class BriefAdmin(BriefList):
    """Uses Django's changelist, but a custom change page, since the form edits a content."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="briefs_brief_changelist"),
            path("filters/", wrap(saved_filters.save_filter), name="briefs_brief_filters"),
            path("filters/<int:pk>/", wrap(saved_filters.change_filter), name="briefs_brief_filter"),
            path("add/", wrap(add), name="briefs_brief_add"),
            path("add/autosave/", wrap(autosave_new_brief), name="briefs_brief_begin"),
            path("claim/", wrap(claim), name="briefs_brief_claim"),
            path("names/", wrap(inline_create.names_view), name="briefs_brief_names"),
            path("names/create/", wrap(inline_create.create_view), name="briefs_brief_names_create"),
            path(
                "names/affiliations/", wrap(inline_create.affiliations_view), name="briefs_brief_affiliations"
            ),
            *upload_views.urls(wrap),
            *cover_views.urls(wrap),
            path("<int:pk>/citation/", wrap(import_citation), name="briefs_brief_citation"),
            path("<int:pk>/autosave/", wrap(autosave), name="briefs_brief_autosave"),
            path("<int:pk>/pulse/", wrap(heartbeat), name="briefs_brief_pulse"),
            path("<int:pk>/news/", wrap(render_status_fragment), name="briefs_brief_news"),
            path("<int:pk>/change/", wrap(change), name="briefs_brief_change"),
            path("<int:pk>/revisions/", wrap(revision_views.list_revisions), name="briefs_brief_revisions"),
            path("<int:pk>/compare/", wrap(revision_views.compare_revisions), name="briefs_brief_compare"),
            path("<int:pk>/restore/", wrap(revision_views.restore_revision), name="briefs_brief_restore"),
            path("<int:pk>/review/", wrap(review), name="briefs_brief_review"),
            path("<int:pk>/timeline/", wrap(timeline), name="briefs_brief_timeline"),
            path("<int:pk>/preview/", wrap(preview_views.preview), name="briefs_brief_preview"),
            path("<int:pk>/assign/", wrap(assign), name="briefs_brief_assign"),
            path("<int:pk>/share/", wrap(sharing_views.share), name="briefs_brief_share"),
            path("<int:pk>/unshare/", wrap(sharing_views.unshare), name="briefs_brief_unshare"),
            path("<int:pk>/dismiss/", wrap(dismissal_views.dismiss), name="briefs_brief_dismiss"),
            path("<int:pk>/rail/", wrap(row_suggestions.suggest_for_row), name="briefs_brief_rail"),
            path("<int:pk>/file/<int:document>/", wrap(download_document), name="briefs_brief_file"),
            path("<int:pk>/<slug:verb>/", wrap(verb_view), name="briefs_brief_verb"),
        ]


def change(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return render_brief_page(request, brief)
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.read_draft(request, pk)
    if order := request.POST.get("do"):
        return render_brief_page(request, brief, draft=draft, focused_row=draft.apply_command(order))
    if refusal := saving.save_draft(request, brief, draft):
        return refusal
    keep_unsent_note(request, brief)
    return redirect("admin:briefs_brief_change", pk=pk)


def render_status_fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """Render current badges, verbs and sign-offs, with which an open page updates itself."""
    person = require_role(request)
    brief = get_brief_or_404(pk)
    context = {"brief": brief, "desk": BriefPageData(brief, person)}
    return TemplateResponse(request, "admin/briefs/editor/server_sync.html", context)


def add(request: HttpRequest) -> HttpResponse:
    require_role(request, "import")
    if request.method != "POST":
        return render_new_brief_page(request, draft=Draft())
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.read_draft(request)
    if order := request.POST.get("do"):
        return render_new_brief_page(request, draft=draft, focused_row=draft.apply_command(order))
    return saving.create_brief(request, draft)


class ClaimForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Article address"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def claim(request: HttpRequest) -> HttpResponse:
    person = require_role(request, "claim")
    form = ClaimForm(request.POST or None, auto_id="%s", label_suffix="")
    reasons: list[FieldError] = []
    if request.method == "POST":
        if form.is_valid():
            due: dt.date | None = form.cleaned_data["due_on"]
            try:
                brief = workflow.claim(form.cleaned_data["url"], by=person, due_on=due)
            except workflow.Refused as refused:
                reasons = [_claim_error(reason) for reason in refused.reasons]
            else:
                messages.success(request, _("Done: %(verb)s") % {"verb": VERB_NAMES["claim"]})
                return redirect("admin:briefs_brief_change", pk=brief.pk)
        else:
            reasons = field_errors_from_form(form)
    context = {
        **site_context(request, title=VERB_NAMES["claim"]),
        "form": form,
        "reasons": link_errors(reasons),
    }
    return TemplateResponse(request, "admin/briefs/verbs/claim.html", context, status=409 if reasons else 200)


def _claim_error(reason: workflow.Reason) -> FieldError:
    """Link the error to the brief that already exists for the article."""
    other = reason.values.get("pk")
    return FieldError(
        str(reason), reason.about, reverse("admin:briefs_brief_change", args=[other]) if other else ""
    )


def download_document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Return the imported file byte for byte, as a download only, since its content is untrusted."""
    require_role(request)
    file = find_document(get_brief_or_404(pk), document)
    if file is None:
        raise Http404
    return FileResponse(  # type: ignore[return-value]
        io.BytesIO(bytes(file.data)),
        as_attachment=True,
        filename=file.name,
        content_type="application/octet-stream",
    )
