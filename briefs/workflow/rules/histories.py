"""Load the history of a brief: revisions, sign-offs and editions, without their contents, once for all rules of a verb."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db import connection
from django.db.models import Model, Q, QuerySet

from briefs.models import Brief, Edition, Event, Person, Revision, SignOff
from briefs.models.prepared import PreparedQuery


def _prepare_rows[M: Model, K: (int, str)](
    model: type[M], build: Callable[[K], QuerySet[M]], key: type[K], *, deferred: Sequence[str] = ()
) -> Callable[[K], list[M]]:
    """Return a function that loads the rows of a brief's id or page. Deferred columns are read on access."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in deferred]
    ask = PreparedQuery(lambda value: build(value).values_list(*names), key)
    return lambda value: [model.from_db(connection.alias, names, row) for row in ask(value)]


load_revisions = _prepare_rows(
    Revision,
    lambda pk: Revision.objects.filter(brief=pk).order_by("-number"),
    int,
    deferred=("content", "document_notes"),
)
load_signoffs = _prepare_rows(SignOff, lambda page: SignOff.objects.filter(page=page).order_by("id"), str)
_editions = _prepare_rows(
    Edition, lambda pk: Edition.objects.filter(brief=pk).order_by("-number"), int, deferred=("content",)
)


@dataclass(frozen=True, slots=True)
class BriefHistory:
    """Revisions and editions, the newest first, and sign-offs, the oldest first."""

    revisions: Sequence[Revision]
    editions: Sequence[Edition]
    signoffs: Sequence[SignOff]

    @classmethod
    def load(cls, brief: Brief) -> Self:
        """Load the history. Verbs must first lock the brief (`transitions.lock_brief`)."""
        return cls(load_revisions(brief.pk), _editions(brief.pk), load_signoffs(brief.page))


def load_editions(brief: Brief) -> list[Edition]:
    """Return the editions, the newest first."""
    return _editions(brief.pk)


def find_last_shown_edition(editions: Sequence[Edition], now: dt.datetime) -> Edition | None:
    """Return the newest edition that has been public, or None. `editions` are the newest first."""
    return next((e for e in editions if e.live_from <= now and not e.is_cancelled), None)


def load_contributors(brief: Brief, revisions: Iterable[Revision]) -> list[Person]:
    """Return the people with an event on the brief, or with words in one of its revisions. One query."""
    acted = Event.objects.filter(brief=brief).order_by().values("by")
    wrote = {pk for revision in revisions for pk in revision.list_people_ids()}
    return list(Person.objects.filter(Q(pk__in=acted) | Q(pk__in=wrote)).order_by("pk"))
