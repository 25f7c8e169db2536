"""Admin of people and groups. Nobody can grant permissions that they lack or change a person who has more."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from ...accounts import sign_in_log
from ...models import Person
from ...models.accounts import SignInEvent
from ..common.access import UndeletableAdmin, person_of

ACCESS_FLAGS = ("is_active", "is_staff", "is_superuser")
SUPERUSER_ONLY_FIELDS = ("is_superuser", "user_permissions")


class PersonCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = Person
        fields = ("username", "name", "email", "language")


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]
    current_person: ClassVar[Person | None] = None
    """The person who submits the form."""

    def clean(self) -> dict[str, Any]:
        """Prevent people from removing their own access; somebody else must do that."""
        values = super().clean() or self.cleaned_data
        if self.current_person and self.instance.pk == self.current_person.pk:
            for name in ACCESS_FLAGS:
                if getattr(self.current_person, name) and values.get(name) is False:
                    self.add_error(name, _("You would lock yourself out. Ask somebody else to do it."))
        return values

    class Meta:
        model = Person
        fields = "__all__"


def get_permission_names(person: Person) -> set[str]:
    """Return the person's permissions, even if the account is inactive, since it could be reactivated."""
    groups = Permission.objects.filter(group__user=person)
    rows = (groups | person.user_permissions.all()).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def grantable_groups(person: Person) -> QuerySet[Group]:
    """Return the groups whose permissions the person has in full."""
    groups = Group.objects.order_by("name")
    if person.is_superuser:
        return groups
    held = get_permission_names(person)
    names = {
        group.pk: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in groups.prefetch_related("permissions__content_type")
    }
    return groups.filter(pk__in=[pk for pk, permissions in names.items() if permissions <= held])


def _describe_access(person: Person) -> str:
    flags = [name.removeprefix("is_") for name in ACCESS_FLAGS if getattr(person, name)]
    return ", ".join((*flags, *person.groups.order_by("name").values_list("name", flat=True)))


@admin.register(SignInEvent)
class SignInEventAdmin(UndeletableAdmin):
    """The log of sign-ins, for administrators. Nobody changes it."""

    list_display = ("at", "kind", "username", "person", "address", "detail")
    list_filter = ("kind",)
    allowed_lookups = ("kind__exact",)
    search_fields = ("username", "address")
    list_display_links = None
    list_select_related = ("person",)
    show_full_result_count = False

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


@admin.register(Person)
class PersonAdmin(UndeletableAdmin, UserAdmin):  # type: ignore[type-arg]
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("username", "name", "email", "language", "is_active", "last_login")
    list_filter = ("is_active", "groups")
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
                    "Whoever leaves is made inactive. Nobody is deleted: what they did stays theirs."
                ),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": (*PersonCreationForm.Meta.fields, "usable_password", "password1", "password2")}),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Log changes of access: who gave whom which role, and who was made active or inactive."""
        before = _describe_access(form.instance) if change else ""
        super().save_related(request, form, formsets, change)
        after = _describe_access(form.instance)
        changed = sorted({*form.changed_data} & {*ACCESS_FLAGS, "groups", "user_permissions", "email"})
        if before != after or changed:
            sign_in_log.record(
                SignInEvent.Kind.ACCOUNT,
                username=form.instance.username,
                person=person_of(request),
                request=request,
                detail=f"{after} ({', '.join(changed) or 'new'})",
            )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny changes to people with more permissions, whose password could otherwise be set."""
        me = person_of(request)
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or me.is_superuser or (
            not obj.is_superuser and get_permission_names(obj) <= get_permission_names(me)
        )  # fmt: skip

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:  # type: ignore[override]
        form = super().get_form(request, obj, **options)
        return type(form.__name__, (form,), {"current_person": person_of(request)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if person_of(request).is_superuser else (*fields, *SUPERUSER_ONLY_FIELDS)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "groups":
            options["queryset"] = grantable_groups(person_of(request))
            options["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)


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
