"""Control access to the desk's screens with `policy` instead of Django's add and change permissions.

Each view begins with `require_role`. To open the page of a verb, a role that may use the verb in some state
is enough; the workflow decides whether the verb fits the brief now and gives a reason if not.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from briefs.models import Person
from briefs.workflow import Refused, policy


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


def require_role(request: HttpRequest, verb: str = "") -> Person:
    """Return the person if one of their roles may use the verb, else raise PermissionDenied.

    Without a verb, any role is enough.
    """
    person = person_of(request)
    if not (policy.has_role_for(person, verb) if verb else policy.get_roles(person)):
        raise PermissionDenied(verb)
    return person


def read_return_url(request: HttpRequest, url: str) -> str:
    """Return the address to go back to if it is a page of this desk, else an empty text."""
    is_ours = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return url if is_ours and url.startswith("/admin/") else ""


def has_role_permission(verb: str) -> Callable[[Any, HttpRequest], bool]:
    """Return the permission method of an admin action, for roles that may use the verb."""
    return lambda screen, request: policy.has_role_for(person_of(request), verb)


class UndeletableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Model admin without deletion, copies and actions."""

    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Ignore `_saveasnew`: Django would create a copy, although no page offers that."""
        if "_saveasnew" in request.POST:
            data = request.POST.copy()
            del data["_saveasnew"]
            request.POST = data  # type: ignore[assignment]
        return super().changeform_view(request, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if not (url.name or "").endswith("_delete")]

    def build_url_pattern(self, route: str, view: Any, name: str) -> URLPattern:
        url: URLPattern = path(route, self.admin_site.admin_view(view), name=self.url_name(name))
        return url

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def reverse_url(self, name: str, *args: object) -> str:
        return reverse(f"admin:{self.url_name(name)}", args=args)


class DeskAdmin(UndeletableAdmin):
    """Model admin that any role may view. Adding and changing need a role that may use `verb`."""

    verb = "edit"
    view_on_site = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(policy.get_roles(person_of(request)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), self.verb)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return policy.has_role_for(person_of(request), self.verb)


class RefusalAwareAdmin(DeskAdmin):
    """Admin that shows a workflow refusal as form errors and keeps the typed values.

    The form reads `refusal`.
    """

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **options)
        except Refused as refused:
            request.refusal = refused  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)
