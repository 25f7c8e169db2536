"""Who may change whose account. Nobody grants permissions that they lack or changes a person who has more."""

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from ...models import Person
from ..common.access import person_of


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
    """Return the person, or raise PermissionDenied unless whoever asks may change the account."""
    me = person_of(request)
    if not me.has_perm("briefs.change_person"):
        raise PermissionDenied
    person = get_object_or_404(Person, pk=pk)
    if has_more_permissions(person, than=me):
        raise PermissionDenied
    return person
