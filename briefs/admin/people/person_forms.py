"""Forms that create and change a person."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models import Person

ACCESS_FLAGS = ("is_active", "is_staff", "is_superuser")


class PersonCreationForm(UserCreationForm):  # type: ignore[type-arg]
    """Create a member of staff, who chooses a password by invitation or gets one that is set by hand."""

    current_person: ClassVar[Person | None] = None
    """The person who submits the form."""

    send_invitation = forms.BooleanField(
        label=_("Send an invitation by mail"),
        help_text=_("The mail has a link with which the person chooses a password."),
        initial=True,
        required=False,
    )

    class Meta:
        model = Person
        fields = ("username", "name", "email", "language", "groups", "is_superuser")

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
            self.add_error("password1", _("Set a password, or send an invitation."))
        elif not values.get("password2") and not self.errors.keys() & {"password1", "password2"}:
            self.add_error("password2", _("Repeat the password."))
        refuse_shared_address(self, values)
        return values

    def _check_role(self, values: dict[str, Any]) -> None:
        if "groups" in self.errors or values.get("groups") or values.get("is_superuser"):
            return
        if not self.fields["groups"].queryset.exists():  # type: ignore[attr-defined]
            self.add_error("groups", _("You may grant none of the roles. Ask an administrator to do it."))
        else:
            self.add_error("groups", _("Choose at least one role."))

    def _check_invitation(self, values: dict[str, Any]) -> None:
        if not values.get("email") and "email" not in self.errors:
            self.add_error("email", _("An invitation needs an e-mail address."))
        if values.get("password1") or values.get("password2"):
            text = _("Whoever is invited chooses the password. Leave this empty, or send no invitation.")
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
                    self.add_error(name, _("You would lock yourself out. Ask somebody else to do it."))
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
