"""The files of a published issue: EPUB and, with the extra `pdf`, PDF."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls.converters import StringConverter
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_noop

from briefs.bilingual.text import paths
from briefs.content import Side
from briefs.publications import epub, pdf
from briefs.publications.issue_document import build_document
from briefs.publications.published import load_issue
from briefs.publications.recent_corrections import list_recent_corrections

from . import responses
from .page_cache import compute_build_hash, hash_parts

FILE_OPTIONS: Final = frozenset({"side"})
BOTH: Final = "side=both"


class IssueFileConverter(StringConverter):
    regex = "epub|pdf"


def issue_file(request: HttpRequest, language: Side, number: int, file_format: str) -> HttpResponse:
    """Return the file in the language of the address, or in both. An unchanged one costs no typesetting."""
    now = timezone.now()
    issue = load_issue(number, now)
    if issue is None:
        raise Http404
    if issue.withdrawn_at:
        return responses.gone(language)
    if file_format == "pdf" and not pdf.is_available():
        advice = gettext_noop("This site makes no PDF. Read the issue on the web or download the EPUB.")
        return responses.render_error(language, 404, gettext_noop("There is no PDF"), advice)
    if request.GET and request.GET.urlencode() != BOTH:
        return HttpResponseRedirect(request.path)
    sides: tuple[Side, ...] = (language, paths.OTHER_SIDE[language]) if request.GET else (language,)
    document = build_document(issue, sides, list_recent_corrections(issue, now))
    version = hash_parts([compute_build_hash(), pdf.find_font(), document.hash()])
    page = f"{settings.SITE_URL}{paths.issue(language, number)}"
    headers = {
        "ETag": responses.make_etag(f"{file_format} {version}".encode()),
        "Content-Type": pdf.CONTENT_TYPE if file_format == "pdf" else epub.CONTENT_TYPE,
        "Content-Disposition": f'attachment; filename="{document.file_stem}.{file_format}"',
        "Link": f'<{page}>; rel="canonical"',
    }
    unchanged = get_conditional_response(request, headers["ETag"], None, HttpResponse(headers=headers))
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    if file_format == "epub":
        return HttpResponse(epub.write_epub(document), headers=headers)
    try:
        return HttpResponse(pdf.make_pdf(document, version), headers=headers)
    except pdf.Busy:
        heading, advice = (
            gettext_noop("The PDF is being made"),
            gettext_noop("Please try again in a few seconds."),
        )
        response = responses.render_error(language, 503, heading, advice, reload=request.get_full_path())
        response.headers["Retry-After"] = "5"
        return response
    except pdf.Failed:
        advice = gettext_noop("Read it on the web or download the EPUB.")
        return responses.render_error(language, 500, gettext_noop("The PDF cannot be made"), advice)
