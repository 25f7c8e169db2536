"""Policy: which roles may use which verb in which state. Anything outside `RULES_BY_VERB` is refused.

A role is a permission, so any group may grant it, and superusers have all roles. The four-eyes rule is in
`workflow.rules.four_eyes` and applies to superusers too.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from .database.prepared import PreparedQuery
from .models.brief import Brief, State
from .models.issues import Issue
from .models.people import Person

type Role = Literal["writer", "reviewer", "publisher"]

ROLE_PERMISSIONS: dict[Role, str] = {
    "writer": "write_briefs",
    "reviewer": "review_briefs",
    "publisher": "publish_briefs",
}

WRITER_ROLES: frozenset[Role] = frozenset({"writer", "publisher"})
REVIEWER_ROLES: frozenset[Role] = frozenset({"reviewer", "publisher"})
PUBLISHER_ROLES: frozenset[Role] = frozenset({"publisher"})
ALL_ROLES: frozenset[Role] = frozenset({"writer", "reviewer", "publisher"})

ANY_STATE = frozenset(State)
OPEN_STATES = frozenset({State.DRAFT, State.IN_REVIEW})
UNDISCARDED_STATES = frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})


@dataclass(frozen=True, slots=True)
class VerbRule:
    roles: frozenset[Role]
    states: frozenset[State]


def _rule(roles: frozenset[Role], *states: State) -> VerbRule:
    return VerbRule(roles, frozenset(states) or ANY_STATE)


# Verbs without a brief (import, claim) have no state. Several rules of one verb are alternatives.
RULES_BY_VERB: dict[str, tuple[VerbRule, ...]] = {
    "import": (_rule(WRITER_ROLES),),
    "claim": (_rule(WRITER_ROLES),),
    "edit": (_rule(WRITER_ROLES, State.DRAFT), _rule(ALL_ROLES, State.IN_REVIEW)),
    "dismiss": (_rule(WRITER_ROLES, State.DRAFT), _rule(ALL_ROLES, State.IN_REVIEW)),
    "restore": (_rule(WRITER_ROLES, State.DRAFT), _rule(ALL_ROLES, State.IN_REVIEW)),
    "confirm_date": (_rule(ALL_ROLES, *OPEN_STATES),),
    "note": (_rule(ALL_ROLES, *UNDISCARDED_STATES),),
    "resolve": (_rule(ALL_ROLES, *UNDISCARDED_STATES),),
    "share": (_rule(ALL_ROLES, *OPEN_STATES),),
    "unshare": (_rule(ALL_ROLES),),
    "handle": (_rule(ALL_ROLES),),
    "submit": (_rule(WRITER_ROLES, State.DRAFT),),
    "take_back": (_rule(WRITER_ROLES, State.IN_REVIEW),),
    "sign_off": (_rule(ALL_ROLES, State.IN_REVIEW),),
    "take_back_sign_off": (_rule(ALL_ROLES, *OPEN_STATES),),
    "suggest": (_rule(WRITER_ROLES, State.DRAFT), _rule(ALL_ROLES, State.IN_REVIEW)),
    "assign": (_rule(ALL_ROLES, *OPEN_STATES),),
    "send_back": (_rule(REVIEWER_ROLES, State.IN_REVIEW),),
    "approve": (_rule(PUBLISHER_ROLES, State.IN_REVIEW),),
    "cancel": (_rule(PUBLISHER_ROLES),),
    "reschedule": (_rule(PUBLISHER_ROLES),),
    "withdraw": (_rule(PUBLISHER_ROLES),),
    "remove": (_rule(PUBLISHER_ROLES),),
    "reinstate": (_rule(PUBLISHER_ROLES),),
    "revise": (_rule(WRITER_ROLES, State.APPROVED),),
    "source_withdrew": (_rule(WRITER_ROLES, State.APPROVED),),  # the source withdrew its article
    "discard": (_rule(WRITER_ROLES, State.DRAFT),),
    "recover": (_rule(WRITER_ROLES, State.DISCARDED),),
    "edit_vocabulary": (_rule(WRITER_ROLES),),
    "merge": (_rule(WRITER_ROLES),),
    "edit_site": (_rule(PUBLISHER_ROLES),),
    # Who may say yes to a draft and take it back: `workflow.drafts`.
    "sign_draft": (_rule(ALL_ROLES),),
    "take_back_draft": (_rule(ALL_ROLES),),
    "resend": (_rule(PUBLISHER_ROLES),),
    "create_issue": (_rule(WRITER_ROLES),),
    "edit_issue": (_rule(WRITER_ROLES, State.DRAFT), _rule(ALL_ROLES, State.IN_REVIEW)),
    "submit_issue": (_rule(WRITER_ROLES, State.DRAFT),),
    "take_back_issue": (_rule(WRITER_ROLES, State.IN_REVIEW),),
    "sign_off_issue": (_rule(ALL_ROLES, State.IN_REVIEW),),
    "take_back_issue_sign_off": (_rule(ALL_ROLES, *OPEN_STATES),),
    "send_back_issue": (_rule(REVIEWER_ROLES, State.IN_REVIEW),),
    "discard_issue": (_rule(WRITER_ROLES, State.DRAFT),),
    "recover_issue": (_rule(WRITER_ROLES, State.DISCARDED),),
    "publish_issue": (_rule(PUBLISHER_ROLES, State.IN_REVIEW),),
    "cancel_issue": (_rule(PUBLISHER_ROLES),),
    "revise_issue": (_rule(WRITER_ROLES, State.APPROVED),),
    "withdraw_issue": (_rule(PUBLISHER_ROLES),),
    "test_mail": (_rule(ALL_ROLES),),
    "send_issue": (_rule(PUBLISHER_ROLES),),
    "send_correction": (_rule(PUBLISHER_ROLES),),
    "pause_mailing": (_rule(PUBLISHER_ROLES),),
    "resume_mailing": (_rule(PUBLISHER_ROLES),),
    "stop_mailing": (_rule(PUBLISHER_ROLES),),
    "send_again": (_rule(PUBLISHER_ROLES),),
}
VERBS = tuple(RULES_BY_VERB)


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
    annotations = {}
    for role, codename in ROLE_PERMISSIONS.items():
        held = Permission.objects.filter(codename=codename, content_type__app_label="briefs")
        own, theirs = held.filter(user=OuterRef("pk")), held.filter(group__user=OuterRef("pk"))
        annotations[f"is_{role}"] = Exists(own) | Exists(theirs) | Q(is_superuser=True)
    people = Person.objects.filter(is_active=True, is_staff=True).annotate(**annotations)
    return people.order_by("name", "username").query.sql_with_params()


def load_staff() -> list[Person]:
    """Load everybody with a role, ordered by name, with their roles. One query."""
    staff = []
    for person in Person.objects.raw(*_build_staff_query()):
        roles = frozenset(role for role in ROLE_PERMISSIONS if getattr(person, f"is_{role}"))
        vars(person)["_roles"] = roles
        if roles:
            staff.append(person)
    return staff


def has_role_for(person: Person, verb: str) -> bool:
    """Return whether any of the person's roles may use the verb in some state."""
    held = get_roles(person)
    return any(rule.roles & held for rule in RULES_BY_VERB.get(verb, ()))


def fits_state(verb: str, row: Brief | Issue | None) -> bool:
    """Return whether the verb is possible in the state of the brief or issue."""
    return row is None or any(row.state in rule.states for rule in RULES_BY_VERB.get(verb, ()))


def is_allowed(person: Person, verb: str, row: Brief | Issue | None = None) -> bool:
    held = get_roles(person)
    return any(
        rule.roles & held and (row is None or row.state in rule.states)
        for rule in RULES_BY_VERB.get(verb, ())
    )


def find_permitted_people(verb: str, row: Brief | Issue | None = None) -> QuerySet[Person]:
    """Return everybody who may use the verb. One query."""
    rules = [rule for rule in RULES_BY_VERB.get(verb, ()) if row is None or row.state in rule.states]
    roles = frozenset(role for rule in rules for role in rule.roles)
    return find_people_with_roles(roles) if roles else Person.objects.none()
