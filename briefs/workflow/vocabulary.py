"""Verbs on vocabulary rows and site texts."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..content import SIDES, tidy
from ..derived import build, label_propagation
from ..models import Event, Person, SiteText
from ..models.vocabulary import Term, Vocabulary, find_free_vocabulary_slug
from .rules.refusals import Refused, build_refusal
from .rules.transitions import require_allowed


def save_vocabulary_row(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> None:
    """Store a new or changed row. Changing a row that an edition uses needs a publisher and records an Event."""
    with transaction.atomic():
        if save_without_relabelling(row, by=by, now=now):
            label_propagation.relabel(row)


def save_without_relabelling(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> bool:
    """Like `save_vocabulary_row`, without relabelling. Return whether the caller must `relabel` the row."""
    now = now or timezone.now()
    kind = type(row)
    in_texts = isinstance(row, Term)  # terms are found in the text; other rows are referenced by id
    with transaction.atomic():
        if row.pk is not None or in_texts:
            label_propagation.lock_names_exclusively()  # before locking the row and before checking where it is used
        if row.pk is None:
            check_vocabulary_row(row, by=by)
            row.slug = row.slug or find_free_vocabulary_slug(kind, *row.slug_names())
            row.save(force_insert=True)
            return in_texts
        used = check_vocabulary_row(row, by=by)
        # no_key: editions that reference the row can still be inserted meanwhile.
        before = kind._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        # A save writes every column, so it would silently undo a merge made since the row was read.
        if build.get_merged_into_id(before) != build.get_merged_into_id(row):
            raise build_refusal("merged-already", label=str(before))
        row.save(force_update=True)
        if used:
            record_vocabulary_event(row, "relabel", by=by, now=now, note=f"{before} → {row}")
    return used or in_texts


def check_vocabulary_row(row: Vocabulary, *, by: Person) -> bool:
    """Raise Refused if the person may not save the row. Return whether an edition uses the row."""
    used = row.pk is not None and require_may_relabel([row], by=by)
    require_allowed(by, "edit_vocabulary")
    return used


def require_may_relabel(rows: Iterable[Vocabulary], *, by: Person) -> bool:
    """Raise Refused if an edition uses a row and the person is no publisher. Return whether one is used."""
    used = any(build.is_used_in_editions(row) for row in rows)
    if used:
        try:
            require_allowed(by, "relabel")
        except Refused as error:
            raise build_refusal("used-in-public") from error
    return used


def record_vocabulary_event(row: Vocabulary, verb: str, *, by: Person, now: dt.datetime, note: str) -> None:
    about = f"{type(row)._meta.model_name}/{row.slug}"
    Event.objects.create(about=about, verb=verb, by=by, at=now, note=note)


def revise_site_text(
    key: str,
    text_zh: str,
    text_en: str,
    *,
    by: Person,
    version: int,
    start_here: Sequence[Mapping[str, Any]] = (),
    now: dt.datetime | None = None,
) -> SiteText:
    """Store a new site text. Raise Refused when `version` is not the newest one.

    `start_here` is as in `SiteText`. The event keeps the whole text, so that earlier ones can be read.
    """
    now = now or timezone.now()
    require_allowed(by, "edit_site")
    chosen = [{**choice, **{side: tidy(choice[side]) for side in SIDES}} for choice in start_here]
    values = {
        "text_zh": tidy(text_zh),
        "text_en": tidy(text_en),
        "start_here": chosen,
        "updated_at": now,
        "updated_by": by,
    }
    with transaction.atomic():
        old = SiteText.objects.select_for_update().filter(key=key).first()
        if old is None:
            text = SiteText.objects.create(key=key, **values)
        elif old.version != version:
            raise build_refusal("seen", about="text")
        else:
            text = old
            for name, value in {**values, "version": version + 1}.items():
                setattr(text, name, value)
            text.save(force_update=True)
        said = [text.text_zh, text.text_en, *(f"{choice['zh']}\n{choice['en']}" for choice in chosen)]
        note = "\n\n".join(filter(None, said))
        Event.objects.create(about=build_site_text_topic(key), verb="edit_site", by=by, at=now, note=note)
    return text


def build_site_text_topic(key: str) -> str:
    """Return `Event.about` of a site text."""
    return f"sitetext/{key}"
