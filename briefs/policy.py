"""Who may do which verb in which state: one table. What is not in it is refused.

A role is a permission, so a group of any name may carry it, and a superuser carries all. Four eyes is
not decided here but in `workflow.reviewing`, and nobody is above it.
"""

from dataclasses import dataclass
from typing import Literal

from django.db.models import Q, QuerySet

from .models.brief import Brief, State
from .models.people import Person

type Role = Literal["writer", "reviewer", "publisher"]

PERMISSIONS: dict[Role, str] = {
    "writer": "briefs.write_briefs",
    "reviewer": "briefs.review_briefs",
    "publisher": "briefs.publish_briefs",
}

WRITER: frozenset[Role] = frozenset({"writer", "publisher"})
REVIEWER: frozenset[Role] = frozenset({"reviewer", "publisher"})
PUBLISHER: frozenset[Role] = frozenset({"publisher"})
ANYONE: frozenset[Role] = frozenset({"writer", "reviewer", "publisher"})

ANY_STATE = frozenset(State)
OPEN = frozenset({State.DRAFT, State.IN_REVIEW})
KEPT = frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})


@dataclass(frozen=True, slots=True)
class Rule:
    roles: frozenset[Role]
    states: frozenset[State]


def _rule(roles: frozenset[Role], *states: State) -> Rule:
    return Rule(roles, frozenset(states) or ANY_STATE)


# A verb without a brief yet (import, claim) has no state. Two rows of one verb are alternatives.
TABLE: dict[str, tuple[Rule, ...]] = {
    "import": (_rule(WRITER),),
    "claim": (_rule(WRITER),),
    "edit": (_rule(WRITER, State.DRAFT), _rule(ANYONE, State.IN_REVIEW)),
    "dismiss": (_rule(WRITER, State.DRAFT), _rule(ANYONE, State.IN_REVIEW)),
    "restore": (_rule(WRITER, State.DRAFT), _rule(ANYONE, State.IN_REVIEW)),
    "confirm_date": (_rule(ANYONE, *OPEN),),
    "note": (_rule(ANYONE, *KEPT),),
    "resolve": (_rule(ANYONE, *KEPT),),
    "share": (_rule(ANYONE, *OPEN),),
    "unshare": (_rule(ANYONE),),
    "handle": (_rule(ANYONE),),
    "submit": (_rule(WRITER, State.DRAFT),),
    "take_back": (_rule(WRITER, State.IN_REVIEW),),
    "sign_off": (_rule(ANYONE, State.IN_REVIEW),),
    "suggest": (_rule(ANYONE, State.IN_REVIEW),),
    "assign": (_rule(ANYONE, *OPEN),),
    "send_back": (_rule(REVIEWER, State.IN_REVIEW),),
    "approve": (_rule(PUBLISHER, State.IN_REVIEW),),
    "publish_urgently": (_rule(PUBLISHER, *OPEN),),
    "confirm": (_rule(REVIEWER),),
    "cancel": (_rule(PUBLISHER),),
    "reschedule": (_rule(PUBLISHER),),
    "withdraw": (_rule(PUBLISHER),),
    "remove": (_rule(PUBLISHER),),
    "reinstate": (_rule(PUBLISHER),),
    "revise": (_rule(WRITER, State.APPROVED),),
    "source_withdrew": (_rule(WRITER, State.APPROVED),),
    "discard": (_rule(WRITER, State.DRAFT),),
    "recover": (_rule(WRITER, State.DISCARDED),),
    "edit_vocabulary": (_rule(WRITER),),
    "relabel": (_rule(PUBLISHER),),
    "merge": (_rule(WRITER),),
    "edit_site": (_rule(PUBLISHER),),
    "resend": (_rule(PUBLISHER),),
}
VERBS = tuple(TABLE)


def roles(person: Person) -> frozenset[Role]:
    if not (person.is_active and person.is_staff):
        return frozenset()
    return frozenset(role for role, permission in PERMISSIONS.items() if person.has_perm(permission))


def holding(wanted: frozenset[Role]) -> QuerySet[Person]:
    """Everybody at work here who holds one of the roles, by name. One query, where `roles` asks of one person."""
    names = [PERMISSIONS[role].partition(".")[2] for role in wanted]
    own = Q(user_permissions__content_type__app_label="briefs", user_permissions__codename__in=names)
    theirs = Q(groups__permissions__content_type__app_label="briefs", groups__permissions__codename__in=names)
    people = Person.objects.filter(own | theirs | Q(is_superuser=True), is_active=True, is_staff=True)
    return people.distinct().order_by("name", "username")


def has_role(person: Person, verb: str) -> bool:
    """Whether any of the person's roles knows the verb, in whatever state."""
    held = roles(person)
    return any(rule.roles & held for rule in TABLE.get(verb, ()))


def in_state(verb: str, brief: Brief | None) -> bool:
    """Whether the verb fits the state that the brief is in."""
    return brief is None or any(brief.state in rule.states for rule in TABLE.get(verb, ()))


def allowed(person: Person, verb: str, brief: Brief | None = None) -> bool:
    held = roles(person)
    return any(
        rule.roles & held and (brief is None or brief.state in rule.states) for rule in TABLE.get(verb, ())
    )


def holders(verb: str, brief: Brief | None = None) -> QuerySet[Person]:
    """Everybody who could do it, asked in one query."""
    rules = [rule for rule in TABLE.get(verb, ()) if brief is None or brief.state in rule.states]
    wanted = frozenset(role for rule in rules for role in rule.roles)
    return holding(wanted) if wanted else Person.objects.none()
