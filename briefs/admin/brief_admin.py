"""Admin of briefs: URLs of all brief views, and the views that change and create a brief."""

import io

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern

from briefs.models import Brief

from .common.access import require_role
from .common.brief_pages import get_brief_or_404
from .common.presence import heartbeat
from .editor import autocomplete, margin, preview_views, saving
from .editor.brief_views import keep_unsent_note, render_brief_page, render_new_brief_page
from .editor.citation_import import cite_new_brief, import_citation
from .editor.draft_form import Draft
from .editor.editor_page_data import BriefPageData, find_document
from .editor.margin import build_margin_permissions, list_comment_items
from .editor.original_pages import show_originals
from .editor.saving import autosave, autosave_new_brief
from .history import revision_pages
from .history.timeline import timeline
from .review import review_views
from .review.review_views import render_workspace, review
from .uploads import upload_views, word_pages
from .uploads.sheet_pages import BriefSheetsAdmin
from .verbs import correction_pages, verb_views
from .verbs.bulk_verbs import BulkAdmin
from .verbs.verb_views import assign, verb_view


@admin.register(Brief)
class BriefAdmin(BriefSheetsAdmin, BulkAdmin):
    """Uses Django's changelist, but a custom change page, since the form edits a `Content`."""

    def get_urls(self) -> list[URLPattern]:
        own = self.build_url_pattern
        return [
            own("", self.changelist_view, "changelist"),
            own("add/", add, "add"),
            own("add/autosave/", autosave_new_brief, "begin"),
            own("names/", autocomplete.names_view, "names"),
            own("names/create/", autocomplete.create_view, "names_create"),
            own("names/affiliations/", autocomplete.affiliations_view, "affiliations"),
            own("paste/", margin.read_pasted_text, "paste"),
            own("export/", self.export_view, "export"),
            own("import/", self.import_action, "import"),
            own("process_import/", self.process_import, "process_import"),
            own("upload/", upload_views.upload, "upload"),
            *preview_views.urls(self.admin_site.admin_view),
            own("<int:pk>/citation/", import_citation, "citation"),
            own("<int:pk>/autosave/", autosave, "autosave"),
            own("<int:pk>/pulse/", heartbeat, "pulse"),
            own("<int:pk>/news/", render_status_fragment, "news"),
            own("<int:pk>/change/", change, "change"),
            own("<int:pk>/compare/", revision_pages.compare_revisions, "compare"),
            own("<int:pk>/restore/", revision_pages.restore_revision, "restore"),
            own("<int:pk>/review/", review, "review"),
            own("<int:pk>/timeline/", timeline, "timeline"),
            own("<int:pk>/preview/", preview_views.preview, "preview"),
            own("<int:pk>/assign/", assign, "assign"),
            own("<int:pk>/tell/", correction_pages.tell, "tell"),
            own("<int:pk>/share/", verb_views.share, "share"),
            own("<int:pk>/unshare/", verb_views.unshare, "unshare"),
            own("<int:pk>/dismiss/", review_views.dismiss, "dismiss"),
            own("<int:pk>/rail/", margin.suggest_for_row, "rail"),
            own("<int:pk>/original/", show_originals, "original"),
            own("<int:pk>/word/", word_pages.word_page, "word"),
            own("<int:pk>/word/<slug:layout>/", word_pages.download_word_file, "word_file"),
            own("<int:pk>/file/<int:document>/", download_document, "file"),
            own("<int:pk>/<slug:verb>/", verb_view, "verb"),
        ]


def change(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return render_workspace(request, brief)
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    if "cite" in request.POST:
        return import_citation(request, pk)
    draft = saving.read_draft(request, pk)
    if order := request.POST.get("do"):
        return render_brief_page(request, brief, draft=draft, focused_row=draft.apply_command(order))
    if refusal := saving.save_draft(request, brief, draft):
        return refusal
    keep_unsent_note(request, brief)
    return redirect(request.get_full_path())


def render_status_fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the current badges, verbs, sign-offs and comments, with which an open page updates itself."""
    person = require_role(request)
    brief = get_brief_or_404(pk)
    desk = BriefPageData(brief, person)
    context = {"desk": desk, "comments": list_comment_items(desk), **build_margin_permissions(desk)}
    return TemplateResponse(request, "admin/briefs/editor/_news.html", context)


def add(request: HttpRequest) -> HttpResponse:
    require_role(request, "import")
    if request.method != "POST":
        return render_new_brief_page(request, draft=Draft())
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.read_draft(request)
    if order := request.POST.get("do"):
        return render_new_brief_page(request, draft=draft, focused_row=draft.apply_command(order))
    then = cite_new_brief if "cite" in request.POST else saving.redirect_to_brief
    return saving.create_brief(request, draft, then=then)


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
