"""Base admin for vocabulary pages and URLs that Django's admin lacks."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from ...derived import label_propagation
from ...models.vocabulary import Vocabulary
from ..common.access import RefusalAwareAdmin


class VocabularyPagesAdmin(RefusalAwareAdmin):
    def build_url_pattern(self, route: str, view: Any, name: str) -> URLPattern:
        url: URLPattern = path(route, self.admin_site.admin_view(view), name=self._url_name(name))
        return url

    def reverse_url(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self._url_name(name)}", args=args)

    def _url_name(self, name: str) -> str:
        return f"briefs_{self.opts.model_name}_{name}"

    def add_propagation_message(self, request: HttpRequest, *rows: Vocabulary) -> None:
        """Add a message if older briefs do not show the changes of these rows yet."""
        if label_propagation.is_relabelling_pending(*rows):
            messages.info(
                request, _("The newest briefs show this now; the others follow within a few minutes.")
            )

    def render_page(
        self, request: HttpRequest, name: str, *, status: int = 200, **values: Any
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **values}
        return TemplateResponse(request, f"admin/briefs/vocabulary/{name}.html", context, status=status)
