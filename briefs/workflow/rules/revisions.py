"""Revisions: the hashes of a page's leaves, and a revision for each open brief whose names somebody changed."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from django.db.models import OuterRef, Q, Subquery

from briefs.bilingual.checks import fold_for_names
from briefs.content import Content
from briefs.derived import PageNames, build
from briefs.models import Author, Brief, Bullet, Keyword, Person, Revision, Source, State, Term
from briefs.models.people import IMPORTER, get_importer
from briefs.models.vocabulary import Vocabulary

from .leaves import LeafName
from .working_copy import load_working_copy

_OPEN_STATES: Final = (State.DRAFT, State.IN_REVIEW)
_CHANGEABLE_PARTS: Final = ("zh", "en", "facts")


def hash_leaves(content: Content, names: PageNames) -> dict[LeafName, str]:
    """Return the hash of each leaf of a brief. `names`: as the pages print them now."""
    return {
        "zh": content.hash_side("zh"),
        "en": content.hash_side("en"),
        "common": names.hash_common(content),
    }


BLANK_HASHES: Final = hash_leaves(Content(), PageNames())


def build_revision(
    brief: Brief,
    content: Content,
    before: Content | None,
    names: PageNames,
    *,
    by: Person,
    also_by: Collection[int] = (),
    now: dt.datetime,
    kind: Revision.Kind,
    provenance: Mapping[str, Any] | None = None,
    number: int = 1,
) -> Revision:
    """Build an unsaved revision, with the hashes of its leaves and which parts it changed."""
    was, changed = (before or Content()).hashes(), content.hashes()
    return Revision(
        brief=brief,
        number=number,
        kind=kind,
        content=content.as_json(),
        by=by,
        also_by=sorted(set(also_by) - {by.pk}),
        is_nobodys=by.username == IMPORTER and not also_by,
        at=now,
        **{f"hash_{leaf}": value for leaf, value in hash_leaves(content, names).items()},
        **{f"changed_{part}": changed[part] != was[part] for part in _CHANGEABLE_PARTS},
        **(provenance or {}),
    )


def add_revisions_of_names(briefs: Iterable[Brief], *, by: Person | None, now: dt.datetime) -> None:
    """Add a revision to each brief whose pages print other names than in its newest revision. `by` None: nobody's change.

    So a yes to the old names lapses, and whoever changed them counts as a changer of the `common` leaf.
    """
    rows = list(briefs)
    contents = [load_working_copy(row) for row in rows]
    newest = Revision.objects.filter(brief=OuterRef("pk")).order_by("-number")
    last = {
        pk: (number, hash_common)
        for pk, number, hash_common in Brief.objects.filter(pk__in=[row.pk for row in rows])
        .annotate(
            newest_number=Subquery(newest.values("number")[:1]),
            newest_hash=Subquery(newest.values("hash_common")[:1]),
        )
        .values_list("pk", "newest_number", "newest_hash")
    }
    author = by or (get_importer() if rows else None)
    made = []
    for row, content, names in zip(rows, contents, PageNames.load_many(contents), strict=True):
        number, hash_common = last[row.pk]
        if author and names.hash_common(content) != hash_common:
            made.append(
                build_revision(
                    row,
                    content,
                    content,
                    names,
                    by=author,
                    now=now,
                    kind=Revision.Kind.NAMES,
                    number=number + 1,
                )
            )
    Revision.objects.bulk_create(made)


def record_renaming(rows: Sequence[Vocabulary], *, by: Person, now: dt.datetime) -> None:
    """Add revisions to the open briefs that print one of the rows, all of one kind, or a row merged into one of them."""
    found = _find_open_briefs(rows) if rows else set()
    add_revisions_of_names(Brief.objects.filter(pk__in=found).order_by("pk"), by=by, now=now)


def _find_open_briefs(rows: Sequence[Vocabulary]) -> set[int]:
    kind = type(rows[0])
    if kind is Term:
        return _find_briefs_with_terms(cast("Sequence[Term]", rows))
    family = build.find_family_ids(kind, *(row.pk for row in rows))
    condition = {
        Source: Q(source__in=family), Author: Q(bylines__author__in=family), Keyword: Q(labels__keyword__in=family)
    }[kind]  # fmt: skip
    briefs = Brief.objects.filter(condition, state__in=_OPEN_STATES).order_by()
    return set(briefs.values_list("pk", flat=True))


def _find_briefs_with_terms(terms: Iterable[Term]) -> set[int]:
    """Return the open briefs with a Chinese form of a term, or whose newest revision may have been made with one."""
    open_briefs = Brief.objects.filter(state__in=_OPEN_STATES).order_by()
    forms = {fold_for_names(form) for term in terms for form in (term.zh, *term.also_zh) if form}
    texts = [
        *open_briefs.values_list("pk", "summary_zh"),
        *Bullet.objects.filter(brief__in=open_briefs).order_by().values_list("brief", "text_zh"),
    ]
    return {
        pk for pk, text in texts if any(form in folded for folded in [fold_for_names(text)] for form in forms)
    }
