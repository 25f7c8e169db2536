"""The desk's admin site, with its dashboard and the language switch."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from ... import policy
from ...accounts import known_browsers, throttle
from ...models import Person
from ..common.access import person_of
from ..people.sign_in import SignInForm, build_busy_response


class DeskSite(admin.AdminSite):
    site_title = _("Desk")
    site_header = _("Desk")
    index_title = _("Desk")
    index_template = "admin/briefs/home/dashboard.html"
    enable_nav_sidebar = False
    login_form = SignInForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from ..people.mail_preferences import edit_mail_preferences

        return [
            path("language/", self.admin_view(set_language), name="language"),
            path("mail/", self.admin_view(edit_mail_preferences), name="mail"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "version": settings.VERSION}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            response = super().login(request, extra_context)
        except throttle.Busy:
            return build_busy_response()
        if request.method == "POST" and request.user.is_authenticated:
            known_browsers.remember_browser(request, response, person_of(request))
        return response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from .dashboard import build_boards

        may_import = policy.has_role_for(person_of(request), "import")
        context = {"boards": build_boards(request), "may_import": may_import}
        return super().index(request, {**context, **(extra_context or {})})


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
