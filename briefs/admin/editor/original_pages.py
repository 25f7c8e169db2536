"""The originals of a brief: paste the article, see until when it is kept, keep it longer or delete it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import get_brief_or_404, read_number, render_brief_subpage
from briefs.admin.common.form_fields import field_errors, link_errors
from briefs.bilingual.lexicon.passages import Passage, cut_passages
from briefs.content import LANGUAGE_TAGS, Bullet
from briefs.models import Brief, Original
from briefs.workflow import originals


def show_originals(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the brief's originals, and paste, keep or delete one."""
    person = require_role(request, "edit")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render(request, brief)
    if "draft" in request.POST:
        return redirect("admin:briefs_brief_original", pk=pk)
    try:
        if "keep" in request.POST:
            original = get_object_or_404(Original, brief=brief, pk=read_number(request.POST, "keep"))
            originals.keep_original_longer(original, by=person)
            messages.success(request, _("Kept until %(day)s.") % {"day": original.delete_on})
        elif "delete" in request.POST:
            original = get_object_or_404(Original, brief=brief, pk=read_number(request.POST, "delete"))
            originals.delete_original(original, by=person)
            messages.success(request, _("Deleted. Passages in the rows stay."))
        else:
            originals.paste_original(brief, request.POST.get("text", ""), by=person)
            messages.success(request, _("Stored. Each row now offers its likeliest passages in its margin."))
    except workflow.Refused as refused:
        return _render(
            request,
            brief,
            text=request.POST.get("text", ""),
            reasons=link_errors(field_errors(refused)),
            status=409,
        )
    return redirect("admin:briefs_brief_original", pk=pk)


def _render(request: HttpRequest, brief: Brief, **values: Any) -> HttpResponse:
    rows = (
        Original.objects.filter(brief=brief, delete_on__gt=timezone.localdate())
        .select_related("by")
        .order_by("pk")
    )
    return render_brief_subpage(
        request,
        "editor/original",
        brief,
        title=_("Original"),
        shown=[
            (
                row,
                row.delete_on < originals.find_latest_day(row),
                [(passage.text, LANGUAGE_TAGS[passage.side]) for passage in cut_passages(row.text)],
            )
            for row in rows
        ],
        **values,
    )


def list_offers(brief: Brief, row: Bullet) -> Iterator[dict[str, Any]]:
    """Yield the passages that the editor offers beside a row, as JSON. `marked`: runs of text and whether the claim has them."""
    for passage in originals.find_passages(brief, row):
        yield {
            "text": passage.text,
            "lang": LANGUAGE_TAGS[passage.side],
            "unsure": passage.is_unsure,
            "marked": _mark_shared(passage),
        }


def _mark_shared(passage: Passage) -> list[tuple[str, bool]]:
    """Split the text at the figures and names that the claim has too."""
    runs: list[tuple[str, bool]] = []
    rest = passage.text
    while rest:
        at, words = min(
            ((rest.find(words), words) for words in passage.shared if words in rest), default=(-1, "")
        )
        if at < 0:
            return [*runs, (rest, False)]
        runs += [(rest[:at], False)] if at else []
        runs.append((words, True))
        rest = rest[at + len(words) :]
    return runs
