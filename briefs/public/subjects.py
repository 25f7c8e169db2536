"""Keywords and sources that have feeds: public only through a listed edition, merged ones lead to their winner."""

import datetime as dt
from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.http import Http404

from ..content import Side
from ..models.derived import Card, EditionKeyword
from ..models.edition import Edition
from ..models.vocabulary import Keyword, Source, Vocabulary

KINDS: dict[str, type[Vocabulary]] = {"keywords": Keyword, "sources": Source}


class Moved(Exception):
    """Merged into a row that is public; `slug` is that row's."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


class Subject(NamedTuple):
    kind: str
    pk: int
    slug: str
    zh: str
    en: str

    def label(self, side: Side) -> str:
        return self.zh if side == "zh" else self.en


def find(kind: str, slug: str, now: dt.datetime) -> Subject:
    """Raises Http404 and Moved: hidden, merged into what is hidden and never made look the same."""
    model = KINDS[kind]
    row = model._default_manager.filter(slug=slug).first()
    seen = set()
    while row and row.merged_into_id and row.pk not in seen:
        seen.add(row.pk)
        row = model._default_manager.filter(pk=row.merged_into_id).first()
    if row is None or not _is_public(kind, row.pk, now):
        raise Http404
    if row.slug != slug:
        raise Moved(row.slug)
    return Subject(kind, row.pk, row.slug, row.label("zh"), row.label("en"))


def _is_public(kind: str, pk: int, now: dt.datetime) -> bool:
    listed, here = Edition.objects.listed(now), OuterRef("pk")
    if kind == "keywords":
        return listed.filter(Exists(EditionKeyword.objects.filter(keyword=pk, edition=here))).exists()
    return listed.filter(Exists(Card.objects.filter(source=pk, edition=here))).exists()
