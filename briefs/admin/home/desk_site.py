"""The desk's admin site: language switch, cache headers, refusal pages, and words of Django's that it shows.

`STOCK_WORDS` lists strings of Django's admin so that `makemessages` collects them: our translations take precedence.
"""

from functools import partial
from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from briefs.admin.account.account_pages import NOT_ON_DESK, find_factor_page
from briefs.admin.common.access import person_of, read_return_url
from briefs.admin.common.brief_pages import render_page
from briefs.models import Person
from briefs.operations.accounts.second_factor import has_second_factor
from briefs.workflow import policy
from briefs.workflow.rules import format_permitted_people
from briefs.workflow.rules.refusals import Reason

# Strings of Django's admin.

STOCK_WORDS: Final = (
    gettext_lazy("The {name} “{obj}” was added successfully."),
    gettext_lazy("The {name} “{obj}” was changed successfully."),
    gettext_lazy("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_lazy("Select this object for an action - {}"),
    gettext_lazy("hash"),
    gettext_lazy("iterations"),
    gettext_lazy("salt"),
    gettext_lazy("Skip to main content"),
    gettext_lazy("Raw passwords are not stored, so there is no way to see the user’s password."),
    gettext_lazy("Designates that this user has all permissions without explicitly assigning them."),
    gettext_lazy("Designates whether the user can log into this admin site."),
    gettext_lazy(
        "Designates whether this user should be treated as active. Unselect this instead of deleting accounts."
    ),
    gettext_lazy(
        "Please enter your old password, for security’s sake, and then enter your new password twice so we can verify you typed it in correctly."
    ),
    gettext_lazy("Your password can’t be too similar to your other personal information."),
    gettext_lazy("Your password can’t be a commonly used password."),
    gettext_lazy("Your password can’t be entirely numeric."),
    gettext_lazy("This object doesn’t have a change history. It probably wasn’t added via this admin site."),
)


# The desk's admin site, with its dashboard and the language switch.


class DeskSite(admin.AdminSite):
    site_title = gettext_lazy("Desk")
    site_header = gettext_lazy("Desk")
    index_title = gettext_lazy("Desk")
    index_template = "admin/briefs/home/dashboard.html"
    password_change_template = "admin/briefs/lists/form.html"  # noqa: S105
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from .dashboard import inbox, next_brief
        from .inbox_lists import edit_preferences
        from .palette import find
        from .status_page import show_status

        return [
            path("find/", self.admin_view(find), name="find"),
            path("inbox/", self.admin_view(inbox), name="inbox"),
            path("language/", self.admin_view(set_language), name="language"),
            path("next/", self.admin_view(next_brief), name="next"),
            path("mail/", self.admin_view(edit_preferences), name="preferences"),
            path("status/", self.admin_view(show_status), name="status"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from .dashboard import count_unread

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
        """Redirect to the page that the session still needs to open the desk: sign-in or second factor."""
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

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from .dashboard import build_dashboard

        return super().index(request, {**build_dashboard(request), **(extra_context or {})})


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Store the person's interface language. Open to everybody on the desk, whatever their role."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        Person.objects.filter(pk=person_of(request).pk).update(language=chosen)
    return redirect(read_return_url(request, request.POST.get("next", "")) or "admin:index")


# The page of a refusal.


def render_refusal_page(request: HttpRequest, error: PermissionDenied | Http404) -> HttpResponse:
    """Render a 403 page that names the people with permission, or a 404 page without details."""
    title, told, status = _("Page not found"), _("The address may be mistyped."), 404
    if isinstance(error, PermissionDenied):
        # Without a verb, name the publishers.
        verb = str(error.args[0]) if error.args and error.args[0] else "approve"
        has_verb = policy.find_permitted_people(verb).filter(pk=person_of(request).pk).exists()
        # Whoever may do that and is refused asks for what only administrators do.
        name = _("an administrator") if has_verb else format_permitted_people(verb)
        reason = Reason("role", {"name": name})
        title, told, status = _("Not allowed"), str(reason), 403
    return render_page(request, "home/refused", title=title, opts=None, told=told, status=status).render()
