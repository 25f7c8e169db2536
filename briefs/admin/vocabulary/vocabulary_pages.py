"""Base admin for vocabulary pages and URLs that Django's admin lacks."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ...derived import label_propagation
from ...models.vocabulary import Vocabulary
from ..common.access import RefusalAwareAdmin
from ..common.brief_pages import render_page


class VocabularyPagesAdmin(RefusalAwareAdmin):
    def reverse_url(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self.url_name(name)}", args=args)

    def add_propagation_message(self, request: HttpRequest, *rows: Vocabulary) -> None:
        """Add a message if older briefs do not show the changes of these rows yet."""
        if label_propagation.is_relabelling_pending(*rows):
            messages.info(
                request,
                _(
                    "All pages show this now. Search, lists of names and marked terms follow within a few minutes."
                ),
            )

    def render_page(
        self,
        request: HttpRequest,
        name: str,
        *,
        problems: Iterable[object] = (),
        status: int = 0,
        **values: Any,
    ) -> HttpResponse:
        """Render a page of this vocabulary. With problems, the status is 409 unless given."""
        reasons = [{"text": str(problem)} for problem in problems]
        return render_page(
            request,
            f"vocabulary/{name}",
            opts=self.opts,
            reasons=reasons,
            status=status or (409 if reasons else 200),
            **values,
        )
