"""What a brief's saves, answers and approvals left behind, without their texts: read once for all that a verb asks of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db import connection
from django.db.models import Model

from ..models import Brief, Edition, Revision, SignOff
from ..prepared import Prepared


def _of_brief[M: Model](
    model: type[M], order: str, *, without: Sequence[str] = ()
) -> Callable[[int], list[M]]:
    """Rows by the brief's id; the columns left out are read when somebody asks for one."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in without]
    ask = Prepared(
        lambda pk: model._default_manager.filter(brief=pk).order_by(order).values_list(*names), int
    )
    return lambda pk: [model.from_db(connection.alias, names, row) for row in ask(pk)]


_revisions = _of_brief(Revision, "-number", without=("content", "document_notes"))
_signoffs = _of_brief(SignOff, "id")
_editions = _of_brief(Edition, "-number", without=("content",))


@dataclass(frozen=True, slots=True)
class Ledger:
    """Revisions and editions, the newest first; sign-offs in their order."""

    revisions: Sequence[Revision]
    editions: Sequence[Edition]
    signoffs: Sequence[SignOff]

    @classmethod
    def of(cls, brief: Brief) -> Self:
        """Whoever goes by it holds the brief (`moving.locked`)."""
        return cls(_revisions(brief.pk), _editions(brief.pk), _signoffs(brief.pk))


def editions_of(brief: Brief) -> list[Edition]:
    """The newest first."""
    return _editions(brief.pk)
