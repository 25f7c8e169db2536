"""Control access to the desk's screens with `policy` instead of Django's add and change permissions.

Each view begins with `require_role`. A role that knows the verb is enough to open the page of that verb; the
workflow decides whether the verb fits the brief now and gives a reason if not.
"""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from ... import policy
from ...models import Person
from ...workflow import Refused


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


def require_role(request: HttpRequest, verb: str = "") -> Person:
    """Return the person if one of their roles knows the verb, else raise PermissionDenied.

    Without a verb, any role is enough.
    """
    person = person_of(request)
    if not (policy.has_role_for(person, verb) if verb else policy.get_roles(person)):
        raise PermissionDenied(verb)
    return person


class DeskAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Model admin that any role may view and roles that know `verb` may add to and change.

    Deletion is disabled.
    """

    verb = "edit"
    actions = None
    view_on_site = False
    show_full_result_count = False
    list_per_page = 50
    allowed_lookups: tuple[str, ...] = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(policy.get_roles(person_of(request)))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(policy.get_roles(person_of(request)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), self.verb)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return policy.has_role_for(person_of(request), self.verb)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow only lookups that our own filters send, so that a URL cannot query other columns."""
        own = (getattr(spec, "parameter_name", None) for spec in self.list_filter)
        return lookup in self.allowed_lookups or lookup in own

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> list[tuple[str, str]]:
        none = [("", _("Choose an action"))]
        return super().get_action_choices(request, none, action_location=action_location)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        return super().changeform_view(drop_save_as_new(request), *args, **options)

    def get_urls(self) -> list[URLPattern]:
        return drop_delete_urls(super().get_urls())


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


def drop_delete_urls(urls: list[Any]) -> list[URLPattern]:
    return [url for url in urls if not (url.name or "").endswith("_delete")]


def drop_save_as_new(request: HttpRequest) -> HttpRequest:
    """Remove `_saveasnew` from the POST.

    Django would create a copy for anyone who posts it, though no page offers it.
    """
    if "_saveasnew" in request.POST:
        data = request.POST.copy()
        del data["_saveasnew"]
        request.POST = data  # type: ignore[assignment]
    return request
