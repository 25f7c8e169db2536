"""Load revisions, sign-offs and editions of a brief, without their contents, once for all rules of a verb."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db import connection
from django.db.models import Model, Q, QuerySet

from ...database.prepared_query import PreparedQuery
from ...models import Brief, Edition, Event, Person, Revision, SignOff


def _prepare_rows[M: Model](
    model: type[M], build: Callable[[int], QuerySet[M]], *, deferred: Sequence[str] = ()
) -> Callable[[int], list[M]]:
    """Return a function that loads a brief's rows by the brief's id. Deferred columns are read on access."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in deferred]
    ask = PreparedQuery(lambda pk: build(pk).values_list(*names), int)
    return lambda pk: [model.from_db(connection.alias, names, row) for row in ask(pk)]


def _contributors(pk: int) -> QuerySet[Person]:
    acted = Event.objects.filter(brief=pk).order_by().values("by")
    wrote = Revision.objects.filter(brief=pk).order_by().values("by")
    suggested = Revision.objects.filter(brief=pk).exclude(also_by=None).order_by().values("also_by")
    return Person.objects.filter(Q(pk__in=acted) | Q(pk__in=wrote) | Q(pk__in=suggested)).order_by("pk")


_revisions = _prepare_rows(
    Revision,
    lambda pk: Revision.objects.filter(brief=pk).order_by("-number"),
    deferred=("content", "document_notes"),
)
_signoffs = _prepare_rows(SignOff, lambda pk: SignOff.objects.filter(brief=pk).order_by("id"))
_editions = _prepare_rows(
    Edition, lambda pk: Edition.objects.filter(brief=pk).order_by("-number"), deferred=("content",)
)
_people = _prepare_rows(Person, _contributors)


@dataclass(frozen=True, slots=True)
class BriefHistory:
    """Revisions and editions, the newest first, and sign-offs, the oldest first."""

    revisions: Sequence[Revision]
    editions: Sequence[Edition]
    signoffs: Sequence[SignOff]

    @classmethod
    def load(cls, brief: Brief) -> Self:
        """Load the history. Verbs must first lock the brief (`transitions.lock_brief`)."""
        return cls(_revisions(brief.pk), _editions(brief.pk), _signoffs(brief.pk))


def load_editions(brief: Brief) -> list[Edition]:
    """Return the editions, the newest first."""
    return _editions(brief.pk)


def load_contributors(brief: Brief) -> list[Person]:
    """Return the people with an event or a revision on the brief."""
    return _people(brief.pk)
