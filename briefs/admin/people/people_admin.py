"""Admin of people, roles and the log of sign-ins, with the forms and buttons of a person's page."""

import re
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import render_page
from briefs.admin.common.interface_labels import REVIEW_LABELS, format_ago, format_with_label
from briefs.admin.lists.desk_list import DeskFilter, DeskList, ListOnlyAdmin
from briefs.models import Person, PreviewLink
from briefs.models.people import SignInEvent
from briefs.operations.accounts import account_actions, queue_invitation, sign_in_log
from briefs.operations.accounts.account_actions import SignInSetup, second_factor_exists
from briefs.operations.accounts.sessions import end_sessions
from briefs.workflow import Refused

# Who may change whose account. Nobody grants permissions that they lack or changes a person who has more.


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


def has_more_permissions(person: Person, *, than: Person) -> bool:
    if than.is_superuser:
        return False
    return person.is_superuser or not get_permission_names(person) <= get_permission_names(than)


def get_changeable_person(request: HttpRequest, pk: int) -> Person:
    """Return the person. Raise PermissionDenied if the requesting person may not change the account."""
    me = person_of(request)
    if not me.has_perm("briefs.change_person"):
        raise PermissionDenied
    person = get_object_or_404(Person, pk=pk)
    if has_more_permissions(person, than=me):
        raise PermissionDenied
    return person


# Forms that create and change a person.

ACCESS_FLAGS = ("is_active", "is_staff", "is_superuser")


class PersonCreationForm(UserCreationForm):  # type: ignore[type-arg]
    """Create a member of staff, who chooses a password by invitation or gets one that is set by hand."""

    current_person: ClassVar[Person | None] = None
    """The person who submits the form."""

    send_invitation = forms.BooleanField(
        label=gettext_lazy("Send an invitation by mail"),
        help_text=gettext_lazy("The mail has a link with which the person chooses a password."),
        initial=True,
        required=False,
    )

    class Meta:
        model = Person
        fields = ("username", "name", "email", "language", "reviews", "groups", "is_superuser")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self._check_role(values)
        if values.get("send_invitation"):
            self._check_invitation(values)
        elif not values.get("password1") and "password1" not in self.errors:
            self.add_error("password1", gettext_lazy("Set a password, or send an invitation."))
        elif not values.get("password2") and not self.errors.keys() & {"password1", "password2"}:
            self.add_error("password2", gettext_lazy("Repeat the password."))
        refuse_shared_address(self, values)
        return values

    def _check_role(self, values: dict[str, Any]) -> None:
        if "groups" in self.errors or values.get("groups") or values.get("is_superuser"):
            return
        if not self.fields["groups"].queryset.exists():  # type: ignore[attr-defined]
            self.add_error(
                "groups", gettext_lazy("You may grant none of the roles. Ask an administrator to do it.")
            )
        else:
            self.add_error("groups", gettext_lazy("Choose at least one role."))

    def _check_invitation(self, values: dict[str, Any]) -> None:
        if not values.get("email") and "email" not in self.errors:
            self.add_error("email", gettext_lazy("An invitation needs an e-mail address."))
        if values.get("password1") or values.get("password2"):
            text = gettext_lazy(
                "Whoever is invited chooses the password. Leave this empty, or send no invitation."
            )
            self.add_error("password1", text)

    def save(self, commit: bool = True) -> Any:
        self.instance.is_staff = self.instance.is_active = True
        return super().save(commit)

    def set_password_and_save(self, user: Any, *args: Any, **options: Any) -> Any:
        if not self.cleaned_data["send_invitation"]:
            return super().set_password_and_save(user, *args, **options)  # type: ignore[misc]
        user.set_unusable_password()
        if options.get("commit", True):
            user.save()
        return user


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]
    current_person: ClassVar[Person | None] = None
    """The person who submits the form."""

    def clean(self) -> dict[str, Any]:
        """Prevent people from removing their own access; somebody else must do that."""
        values = super().clean() or self.cleaned_data
        if self.current_person and self.instance.pk == self.current_person.pk:
            for name in ACCESS_FLAGS:
                if getattr(self.current_person, name) and values.get(name) is False:
                    self.add_error(
                        name, gettext_lazy("You would lock yourself out. Ask somebody else to do it.")
                    )
        has_access = values.get("is_active") and values.get("is_staff")
        if has_access and {"email", "is_active", "is_staff"} & {*self.changed_data}:
            refuse_shared_address(self, values)
        return values

    class Meta:
        model = Person
        fields = "__all__"


def refuse_shared_address(form: Any, values: dict[str, Any]) -> None:
    """Add an error if another active member of staff has the e-mail address, in any case."""
    email = values.get("email")
    if not email:
        return
    others = Person.objects.filter(email__iexact=email, is_active=True, is_staff=True)
    if other := others.exclude(pk=form.instance.pk).first():
        text = gettext("%(name)s already has this address. A link to a new password would reach both.")
        form.add_error("email", text % {"name": other})


# Show the details of the log of sign-ins in the interface's language. The log itself is in English.

PHRASES: dict[str, str | Promise] = {
    "asked for a new password": gettext_lazy("asked for a new password"),
    "sent a link to choose a password": gettext_lazy("sent a link to choose a password"),
    "removed the second factors": gettext_lazy("removed the second factors"),
    "sessions ended": gettext_lazy("sessions ended"),
    "second factor": gettext_lazy("second factor"),
    "password": gettext_lazy("password"),
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
    "added": gettext_lazy("added"),
    "removed": gettext_lazy("removed"),
    "renewed": gettext_lazy("renewed"),
    "ended": gettext_lazy("ended"),
    "sessions": gettext_lazy("sessions"),
    "is_active": gettext_lazy("Active"),
    "is_staff": gettext_lazy("Staff status"),
    "is_superuser": gettext_lazy("Superuser status"),
    "active": gettext_lazy("Active"),
    "staff": gettext_lazy("Staff status"),
    "superuser": gettext_lazy("Superuser status"),
    "user_permissions": gettext_lazy("rights"),
    "groups": gettext_lazy("roles"),
    "email": gettext_lazy("E-mail address"),
    "new": gettext_lazy("new"),
}
_PHRASE = re.compile(r"\b(?:" + "|".join(sorted(PHRASES, key=len, reverse=True)) + r")\b")


def translate_detail(detail: str) -> str:
    return _PHRASE.sub(lambda match: str(PHRASES[match[0]]), detail)


# Acts on a person's page besides the form: invite, sign out, remove second factors.


def build_account_section(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Return the context of the section below the form. A constant number of queries."""
    now, me = timezone.now(), person_of(request)
    return {
        "person": person,
        "setup": SignInSetup.load(person, now=now),
        "is_own": person.pk == me.pk,
        "may_sign_in": person.has_desk_access,
        "may_reset": me.is_superuser,
    }


@require_POST
def send_password_link(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_changeable_person(request, pk)
    try:
        account_actions.send_password_link(person, by=person_of(request), now=timezone.now(), request=request)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, describe_password_link(person))
    return redirect("admin:briefs_person_change", pk)


def describe_password_link(person: Person) -> str:
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    if person.has_usable_password():
        text = ngettext(
            "A link to a new password goes to %(address)s; it works for %(n)s day.",
            "A link to a new password goes to %(address)s; it works for %(n)s days.",
            days,
        )
    else:
        text = ngettext(
            "An invitation goes to %(address)s; the link works for %(n)s day.",
            "An invitation goes to %(address)s; the link works for %(n)s days.",
            days,
        )
    return text % {"address": person.email, "n": days}


def sign_out_everywhere(request: HttpRequest, pk: int) -> HttpResponse:
    person, me = get_changeable_person(request, pk), person_of(request)
    if person.pk == me.pk:
        return redirect("mfa_index")
    if request.method == "POST":
        n = account_actions.sign_out_everywhere(person, by=me, request=request)
        text = ngettext(
            "%(name)s is signed out: %(n)s session ended.", "%(name)s is signed out: %(n)s sessions ended.", n
        )
        messages.success(request, text % {"name": person, "n": n})
        return redirect("admin:briefs_person_change", pk)
    question = _("End all sessions of %(name)s? The password still works. What was not saved may be lost.")
    return _render_question(request, person, _("Sign out everywhere"), question)


def remove_second_factors(request: HttpRequest, pk: int) -> HttpResponse:
    person, me = get_changeable_person(request, pk), person_of(request)
    if not me.is_superuser:
        raise PermissionDenied
    if person.pk == me.pk:
        return redirect("mfa_index")
    if request.method == "POST":
        if account_actions.reset_second_factors(person, by=me, now=timezone.now(), request=request):
            text = _("The second factors of %(name)s are removed. %(name)s is signed out and gets a mail.")
            messages.success(request, text % {"name": person})
        else:
            messages.info(request, _("%(name)s has no second factor.") % {"name": person})
        return redirect("admin:briefs_person_change", pk)
    question = _(
        "Remove the app, the passkeys and the recovery codes of %(name)s? Do this only after you have spoken to the"
        " person: until a new second factor is added, the password alone signs in."
    )
    return _render_question(request, person, _("Remove second factors"), question)


def _render_question(request: HttpRequest, person: Person, title: str, question: str) -> HttpResponse:
    return render_page(
        request,
        "people/confirm",
        title=title,
        subtitle=str(person),
        parent_url=reverse("admin:briefs_person_change", args=[person.pk]),
        opts=Person._meta,
        question=question % {"name": person},
    )


SUPERUSER_ONLY_FIELDS = ("is_superuser", "user_permissions")
PAGES = (
    ("<int:pk>/invite/", send_password_link, "invite"),
    ("<int:pk>/sign-out/", sign_out_everywhere, "sign_out"),
    ("<int:pk>/second-factors/", remove_second_factors, "second_factors"),
)
"""Route, view and end of the name of each page about one person."""


def _describe_access(person: Person) -> str:
    flags = [name.removeprefix("is_") for name in ACCESS_FLAGS if getattr(person, name)]
    return ", ".join((*flags, *person.groups.order_by("name").values_list("name", flat=True)))


@admin.register(SignInEvent)
class SignInEventAdmin(ListOnlyAdmin):
    """The log of sign-ins, for administrators. Nobody changes it."""

    list_display = ("kind", "username", "person", "address", "details", "at")
    list_filter = ("kind",)
    sortable_by = list_display
    search_fields = ("username", "address")
    search_help_text = gettext_lazy("User name or address")
    list_select_related = ("person",)

    @admin.display(description=gettext_lazy("Details"))
    def details(self, event: SignInEvent) -> str:
        return translate_detail(event.detail)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return person_of(request).is_superuser


class SecondFactorFilter(DeskFilter):
    """With or without a second factor, for superusers."""

    title = gettext_lazy("Second factor")
    parameter_name = "second_factor"
    options = (("no", gettext_lazy("Without")), ("yes", gettext_lazy("With")))

    def has_output(self) -> bool:
        return person_of(self.request).is_superuser

    def build_condition(self, value: str) -> Q:
        return Q(has_second_factor=value == "yes")


class RoleFilter(DeskFilter):
    title, parameter_name = gettext_lazy("Role"), "groups__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")]


@admin.register(Person)
class PersonAdmin(DeskList, UserAdmin):  # type: ignore[type-arg]
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_form_template = add_form_template = "admin/briefs/people/person.html"
    change_user_password_template = DeskList.change_form_template
    list_display = ("person", "username", "roles", "reviewed", "email", "language", "access", "last_sign_in")
    list_filter = ("is_active", RoleFilter, SecondFactorFilter)
    search_fields = ("username", "name", "email")
    search_help_text = gettext_lazy("Name or mail")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "email", "language", "reviews")}),
        (
            gettext_lazy("Roles and rights"),
            {
                "fields": ("is_active", "is_staff", "groups", *SUPERUSER_ONLY_FIELDS),
                "description": gettext_lazy(
                    "Whoever leaves is made inactive. Nobody is deleted: what they did stays theirs. Unticking "
                    "“Active” signs the person out and closes their preview links. Their open work shows as unassigned."
                ),
            },
        ),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "email", "language", "reviews", "groups", "is_superuser")}),
        (gettext_lazy("Invitation"), {"fields": ("send_invitation",)}),
        (
            gettext_lazy("Or set a password by hand"),
            {"classes": ("collapse",), "fields": ("password1", "password2")},
        ),
    )

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def person(self, person: Person) -> str:
        return str(person)

    @admin.display(description=gettext_lazy("Roles"))
    def roles(self, person: Person) -> str:
        names = [group.name for group in person.groups.all()]
        return _(", ").join([*names, *([_("Administrator")] if person.is_superuser else [])])

    @admin.display(description=gettext_lazy("Reviews"), ordering="reviews")
    def reviewed(self, person: Person) -> str:
        return format_with_label(_("Reviews"), person.get_reviews_display()) if person.reviews else ""

    @admin.display(description=gettext_lazy("Access"), ordering="is_active")
    def access(self, person: Person) -> str:
        """Say who cannot sign in, and to superusers who has no second factor."""
        if not person.has_desk_access:
            return format_html('<span class="past">{}</span>', _("Inactive"))
        has_factor = getattr(person, "has_second_factor", None)
        return _("Without second factor") if has_factor is False else ""

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_login")
    def last_sign_in(self, person: Person) -> str:
        return format_ago(person.last_login, timezone.now()) if person.last_login else _("Never")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        people: QuerySet[Person] = super().get_queryset(request).prefetch_related("groups")
        is_asked = person_of(request).is_superuser
        return people.annotate(has_second_factor=second_factor_exists()) if is_asked else people

    def get_urls(self) -> list[URLPattern]:
        return [*(self.build_url_pattern(*page) for page in PAGES), *super().get_urls()]

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
        if change and {"is_active", "is_staff"} & {*changed} and not person.has_desk_access:
            end_sessions(person)
            links = PreviewLink.objects.filter(by=person, revoked_at=None)
            links.update(revoked_by=person_of(request), revoked_at=timezone.now())

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        if not obj.has_usable_password():
            messages.success(request, describe_password_link(obj))
        return super().response_add(request, obj, post_url_continue)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny changes to people with more permissions, whose password could otherwise be set."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or not has_more_permissions(obj, than=person_of(request))

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:  # type: ignore[override]
        form = super().get_form(request, obj, **options)
        return type(form.__name__, (form,), {"current_person": person_of(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """On the page of a new person, show the superuser flag to superusers only."""
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
            options |= {"label": gettext_lazy("Roles"), "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "groups":
            field.widget.can_add_related = False  # roles are created on their own page
        if db_field.name == "reviews":
            field.choices = REVIEW_LABELS.items()
        return field


admin.site.unregister(Group)


@admin.register(Group)
class DeskGroupAdmin(DeskList, GroupAdmin):
    """A group is a role, so only superusers may change its permissions."""

    search_help_text = gettext_lazy("Name")
    sortable_by = ()
    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return person_of(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        me = person_of(request)
        return me.has_perm("auth.view_group") or me.has_perm("auth.change_group")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
