"""Policy: which roles may do which act in which state, as the table `acts` says. Anything else is refused.

A role is a permission, so any group may grant it, and superusers have all roles. The four-eyes rule is in
`rules.four_eyes`, and applies to superusers too.
"""

from functools import cache
from typing import Any, Final

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from briefs.content import SIDES
from briefs.models.brief import Brief
from briefs.models.history import SignOff
from briefs.models.issues import Issue
from briefs.models.people import Person
from briefs.models.prepared import PreparedQuery

from . import acts
from .acts import Role

ROLE_PERMISSIONS: dict[Role, str] = {
    "writer": "write_briefs",
    "reviewer": "review_briefs",
    "publisher": "publish_briefs",
}

WRITER_ROLES: Final = acts.WRITERS
REVIEWER_ROLES: Final = acts.REVIEWERS
ALL_ROLES: Final = acts.EVERYBODY
OPEN_STATES: Final = acts.OPEN


def _held_query(person_pk: int) -> QuerySet[Permission, Any]:
    held = Permission.objects.filter(Q(user=person_pk) | Q(group__user=person_pk))
    return held.order_by().distinct().values_list("content_type__app_label", "codename")


_held = PreparedQuery(_held_query, int)
"""Django's `has_perm` would load the permissions in two queries, built anew for each request."""


def get_roles(person: Person) -> frozenset[Role]:
    """Return the person's roles, kept on the object like Django's permissions (a page asks 50 times)."""
    if not person.has_desk_access:
        return frozenset()
    if person.is_superuser:
        return ALL_ROLES
    if "_roles" not in vars(person):
        held = {f"{app}.{codename}" for app, codename in _held(person.pk)}
        person._perm_cache = held  # type: ignore[attr-defined]  # `has_perm` looks there before it loads them
        vars(person)["_roles"] = frozenset(
            role for role, codename in ROLE_PERMISSIONS.items() if f"briefs.{codename}" in held
        )
    roles: frozenset[Role] = vars(person)["_roles"]
    return roles


def find_people_with_roles(roles: frozenset[Role]) -> QuerySet[Person]:
    """Return active staff with one of the roles, ordered by name. One query; `get_roles` checks a single person."""
    names = [ROLE_PERMISSIONS[role] for role in roles]
    own = Q(user_permissions__content_type__app_label="briefs", user_permissions__codename__in=names)
    theirs = Q(groups__permissions__content_type__app_label="briefs", groups__permissions__codename__in=names)
    people = Person.objects.filter(own | theirs | Q(is_superuser=True), is_active=True, is_staff=True)
    return people.distinct().order_by("name", "username")


@cache
def _build_staff_query() -> tuple[str, tuple[Any, ...]]:
    """Return the query of `load_staff` as SQL, built once: it takes 5 ms, ten times as long as to run it."""
    annotations: dict[str, Any] = {}
    for role, codename in ROLE_PERMISSIONS.items():
        held = Permission.objects.filter(codename=codename, content_type__app_label="briefs")
        own, theirs = held.filter(user=OuterRef("pk")), held.filter(group__user=OuterRef("pk"))
        annotations[f"is_{role}"] = Exists(own) | Exists(theirs) | Q(is_superuser=True)
    signed = SignOff.objects.filter(by=OuterRef("pk"), answer=SignOff.Answer.YES)
    newest = signed.filter(leaf__in=SIDES).order_by("-pk").values("page")
    annotations["signed_page"] = Subquery(newest[:1])
    annotations["signed_before"] = Subquery(newest.exclude(page=OuterRef("signed_page"))[:1])
    for side in SIDES:
        pages = Q(page=OuterRef("signed_page")) | Q(page=OuterRef("signed_before"))
        annotations[f"signed_{side}"] = Exists(signed.filter(pages, leaf=side))
    people = Person.objects.filter(is_active=True, is_staff=True).annotate(**annotations)
    return people.order_by("name", "username").query.sql_with_params()


def load_staff() -> list[Person]:
    """Load everybody with a role, ordered by name, with their roles and the languages that they signed last. One query."""
    staff = []
    for person in Person.objects.raw(*_build_staff_query()):
        roles = frozenset(role for role in ROLE_PERMISSIONS if getattr(person, f"is_{role}"))
        vars(person)["_roles"] = roles
        if roles:
            staff.append(person)
    return staff


def _get_rules(verb: str) -> acts.Rules:
    act = acts.ACTS.get(verb)
    return act.rules if act else ()


def has_role_for(person: Person, verb: str) -> bool:
    """Return whether any of the person's roles may use the verb in some state."""
    held = get_roles(person)
    return any(rule.roles & held for rule in _get_rules(verb))


def fits_state(verb: str, row: Brief | Issue | None) -> bool:
    """Return whether the verb is possible in the state of the brief or issue."""
    return row is None or any(row.state in rule.states for rule in _get_rules(verb))


def is_allowed(person: Person, verb: str, row: Brief | Issue | None = None) -> bool:
    held = get_roles(person)
    return any(rule.roles & held and (row is None or row.state in rule.states) for rule in _get_rules(verb))


def find_permitted_people(verb: str, row: Brief | Issue | None = None) -> QuerySet[Person]:
    """Return everybody who may use the verb. One query."""
    rules = [rule for rule in _get_rules(verb) if row is None or row.state in rule.states]
    roles = frozenset(role for rule in rules for role in rule.roles)
    return find_people_with_roles(roles) if roles else Person.objects.none()
