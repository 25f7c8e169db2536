"""Admin of people, roles and the log of sign-ins."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...accounts import sign_in_log
from ...accounts.account_actions import second_factor_exists
from ...accounts.account_mail import queue_invitation
from ...accounts.sessions import end_sessions
from ...models import Person
from ...models.accounts import SignInEvent
from ..common.access import UndeletableAdmin, person_of
from .account_buttons import (
    build_account_section,
    describe_password_link,
    remove_second_factors,
    send_password_link,
    sign_out_everywhere,
)
from .leaver_page import leaver_page
from .leaving import count_assigned_parts
from .person_access import grantable_groups, has_more_permissions
from .person_forms import ACCESS_FLAGS, PersonChangeForm, PersonCreationForm
from .sign_in_details import translate_detail

SUPERUSER_ONLY_FIELDS = ("is_superuser", "user_permissions")
PAGES = (
    ("<int:pk>/invite/", send_password_link, "invite"),
    ("<int:pk>/sign-out/", sign_out_everywhere, "sign_out"),
    ("<int:pk>/second-factors/", remove_second_factors, "second_factors"),
    ("<int:pk>/leave/", leaver_page, "leave"),
)
"""Route, view and end of the name of each page about one person."""


def _describe_access(person: Person) -> str:
    flags = [name.removeprefix("is_") for name in ACCESS_FLAGS if getattr(person, name)]
    return ", ".join((*flags, *person.groups.order_by("name").values_list("name", flat=True)))


@admin.register(SignInEvent)
class SignInEventAdmin(UndeletableAdmin):
    """The log of sign-ins, for administrators. Nobody changes it."""

    list_display = ("at", "kind", "username", "person", "address", "details")
    list_filter = ("kind",)
    allowed_lookups = ("kind__exact",)
    search_fields = ("username", "address")
    list_display_links = None
    list_select_related = ("person",)
    show_full_result_count = False

    @admin.display(description=_("Details"))
    def details(self, event: SignInEvent) -> str:
        return translate_detail(event.detail)

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if url.name == "briefs_signinevent_changelist"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, title | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person_of(request).is_superuser

    def has_module_permission(self, request: HttpRequest) -> bool:
        return person_of(request).is_superuser


class SecondFactorFilter(admin.SimpleListFilter):
    """With or without a second factor, for superusers."""

    title = _("Second factor")
    parameter_name = "second_factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Without")), ("yes", _("With"))] if person_of(request).is_superuser else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Person]) -> QuerySet[Person]:
        conditions = {"yes": second_factor_exists(), "no": ~second_factor_exists()}
        condition = conditions.get(str(self.value()))
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Person)
class PersonAdmin(UndeletableAdmin, UserAdmin):  # type: ignore[type-arg]
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_form_template = add_form_template = "admin/briefs/people/person.html"
    list_display = ("username", "name", "email", "language", "is_active", "last_login", "second_factor")
    list_filter = ("is_active", "groups", SecondFactorFilter)
    allowed_lookups = ("is_active__exact", "groups__id__exact")
    search_fields = ("username", "name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "language")}),
        (
            _("Roles and rights"),
            {
                "fields": ("is_active", "is_staff", "groups", *SUPERUSER_ONLY_FIELDS),
                "description": _(
                    "Whoever leaves is made inactive. Nobody is deleted: what they did stays theirs. Unticking "
                    "“Active” signs the person out; open work stays with the person until it is handed over."
                ),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "email", "language", "groups", "is_superuser")}),
        (_("Invitation"), {"fields": ("send_invitation",)}),
        (_("Or set a password by hand"), {"classes": ("collapse",), "fields": ("password1", "password2")}),
    )

    @admin.display(description=_("Second factor"), boolean=True)
    def second_factor(self, person: Person) -> bool:
        return bool(person.has_second_factor)  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        people: QuerySet[Person] = super().get_queryset(request)
        return people.annotate(has_second_factor=second_factor_exists())

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if person_of(request).is_superuser else [c for c in columns if c != "second_factor"]

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(route, self.admin_site.admin_view(view), name=f"briefs_person_{name}")
            for route, view, name in PAGES
        ]
        return [*pages, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, change: bool = False, *args: Any, **options: Any
    ) -> HttpResponse:  # fmt: skip
        person = context.get("original")
        if change and person and self.has_change_permission(request, person):
            context["account"] = build_account_section(request, person)
        return super().render_change_form(request, context, add, change, *args, **options)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Log changes of access, invite a new person, and sign out whoever lost access."""
        person: Person = form.instance
        before = _describe_access(person) if change else ""
        super().save_related(request, form, formsets, change)
        after = _describe_access(person)
        changed = sorted({*form.changed_data} & {*ACCESS_FLAGS, "groups", "user_permissions", "email"})
        if before != after or changed:
            sign_in_log.record(
                SignInEvent.Kind.ACCOUNT,
                username=person.username,
                person=person_of(request),
                request=request,
                detail=f"{after} ({', '.join(changed) if change else 'new'})",
            )
        if not change and form.cleaned_data["send_invitation"]:
            queue_invitation(person, now=timezone.now())
        if change and {"is_active", "is_staff"} & {*changed} and not (person.is_active and person.is_staff):
            end_sessions(person)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        if not obj.has_usable_password():
            messages.success(request, describe_password_link(obj))
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if not (obj.is_active and obj.is_staff) and count_assigned_parts(obj):
            text = gettext("%(name)s cannot sign in, and open work is still assigned to them.") % {
                "name": obj
            }
            link = reverse("admin:briefs_person_leave", args=[obj.pk])
            messages.warning(
                request, format_html('{} <a href="{}">{}</a>', text, link, gettext("Hand over the open work"))
            )
        return super().response_change(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny changes to people with more permissions, whose password could otherwise be set."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or not has_more_permissions(obj, than=person_of(request))

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:  # type: ignore[override]
        form = super().get_form(request, obj, **options)
        return type(form.__name__, (form,), {"current_person": person_of(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Offer the flag of a superuser to superusers alone on the page of a new person."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None or person_of(request).is_superuser:
            return fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f not in SUPERUSER_ONLY_FIELDS]})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if person_of(request).is_superuser else (*fields, *SUPERUSER_ONLY_FIELDS)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "groups":
            options["queryset"] = grantable_groups(person_of(request))
            options["widget"] = forms.CheckboxSelectMultiple
            options |= {"label": _("Roles"), "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "groups":
            field.widget.can_add_related = False  # a role is not made in passing
        return field


admin.site.unregister(Group)


@admin.register(Group)
class DeskGroupAdmin(UndeletableAdmin, GroupAdmin):
    """A group is a role, so only superusers may change its permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return person_of(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        me = person_of(request)
        return me.has_perm("auth.view_group") or me.has_perm("auth.change_group")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
