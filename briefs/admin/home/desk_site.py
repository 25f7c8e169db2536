"""The desk's admin site, with its dashboard and the language switch."""

from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

from ... import policy
from ...accounts.second_factor import has_second_factor
from ...models import Person
from ..account.account_pages import NOT_ON_DESK, find_factor_page
from ..common.access import person_of


class DeskSite(admin.AdminSite):
    site_title = _("Desk")
    site_header = _("Desk")
    index_title = _("Desk")
    index_template = "admin/briefs/home/dashboard.html"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from .dashboard import next_brief
        from .inbox import inbox
        from .inbox_lists import edit_mail_preferences
        from .palette import find
        from .status_page import show_status

        return [
            path("find/", self.admin_view(find), name="find"),
            path("inbox/", self.admin_view(inbox), name="inbox"),
            path("language/", self.admin_view(set_language), name="language"),
            path("next/", self.admin_view(next_brief), name="next"),
            path("mail/", self.admin_view(edit_mail_preferences), name="mail"),
            path("status/", self.admin_view(show_status), name="status"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from .inbox import count_unread

        context = {**super().each_context(request), "version": settings.VERSION}
        if context["has_permission"]:
            person = person_of(request)
            context |= {"has_role": bool(policy.get_roles(person)), "unread": partial(count_unread, person)}
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the list of all lists, built when a page shows it. Django asks for it on every page."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and has_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the page that gives the session what it lacks to open the desk."""
        if self.has_permission(request):
            return redirect("admin:index")
        page = "account_login"
        if super().has_permission(request):
            page = find_factor_page(person_of(request))
        elif request.user.is_authenticated:
            logout(request)
            messages.error(request, NOT_ON_DESK)
        query = request.GET.urlencode()
        return redirect(f"{reverse(page)}?{query}" if query else page)

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Serve Django's strings of the lists, with those that our catalogue translates in our words."""
        packages = ["django.contrib.admin", "briefs"]
        return cast(HttpResponse, JavaScriptCatalog.as_view(packages=packages)(request))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from .dashboard import build_dashboard

        return super().index(request, {**build_dashboard(request), **(extra_context or {})})


def set_language(request: HttpRequest) -> HttpResponse:
    """Store the person's interface language. Open to everybody on the desk, whatever their role."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        Person.objects.filter(pk=person_of(request).pk).update(language=chosen)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours and back.startswith("/admin/") else "admin:index")
