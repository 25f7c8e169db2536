"""What a brief's saves, answers and approvals left behind, without their texts: read once for all that a verb asks of it."""

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
    """By the brief's id; the columns left out are read when somebody asks for one."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in deferred]
    ask = PreparedQuery(lambda pk: build(pk).values_list(*names), int)
    return lambda pk: [model.from_db(connection.alias, names, row) for row in ask(pk)]


def _contributors(pk: int) -> QuerySet[Person]:
    acted = Event.objects.filter(brief=pk).order_by().values("by")
    wrote = Revision.objects.filter(brief=pk).order_by().values("by")
    return Person.objects.filter(Q(pk__in=acted) | Q(pk__in=wrote)).order_by("pk")


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
    """Revisions and editions, the newest first; sign-offs in their order."""

    revisions: Sequence[Revision]
    editions: Sequence[Edition]
    signoffs: Sequence[SignOff]

    @classmethod
    def load(cls, brief: Brief) -> Self:
        """Whoever goes by it holds the brief (`moving.locked`)."""
        return cls(_revisions(brief.pk), _editions(brief.pk), _signoffs(brief.pk))


def load_editions(brief: Brief) -> list[Edition]:
    """The newest first."""
    return _editions(brief.pk)


def load_contributors(brief: Brief) -> list[Person]:
    """Whoever did anything with it."""
    return _people(brief.pk)
