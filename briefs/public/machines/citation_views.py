"""Citation files for reference managers, of a brief or of the article it digests."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls.converters import StringConverter
from django.utils import timezone

from ...citations import bibtex, csl, ris, works
from ...content import Side
from ...text import paths
from .. import editions, errors

CITATION_FORMATS: dict[str, tuple[Callable[[works.CitableWork], str], str]] = {
    "ris": (ris.format_ris, "application/x-research-info-systems; charset=utf-8"),
    "bib": (bibtex.format_bibtex, "application/x-bibtex; charset=utf-8"),
    "json": (csl.format_csl, "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


class CitationFileConverter(StringConverter):
    values = tuple(f"{what}.{end}" for what in ("cite", "original") for end in CITATION_FORMATS)
    regex = "|".join(map(re.escape, values))


def citation(request: HttpRequest, language: Side, slug: str, file: str) -> HttpResponse:
    try:
        brief = editions.find_listed(slug, timezone.now())
    except editions.Gone:
        return errors.gone(language)
    what, _, end = file.partition(".")
    write, kind = CITATION_FORMATS[end]
    work = (
        works.build_brief_work(brief, language, settings.DIGEST_SITE_NAME[language])
        if what == "cite"
        else works.build_article_work(brief)
    )
    body = write(work).replace(paths.SITE_PLACEHOLDER, settings.SITE_URL)
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{work.citation_key}.{end}"'
    return response
