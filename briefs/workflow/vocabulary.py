"""Verbs over what briefs share: vocabulary rows and the site's own texts."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from ..content import tidy
from ..derived import build, label_propagation
from ..models import Event, Person, SiteText
from ..models.vocabulary import Term, Vocabulary, find_free_vocabulary_slug
from .rules.refusals import Refused, build_refusal
from .rules.transitions import require_allowed


def save_vocabulary_row(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> None:
    """Store a new or changed row. Changing one that a public edition uses is a publisher's, with an Event."""
    with transaction.atomic():
        if save_without_relabelling(row, by=by, now=now):
            label_propagation.relabel(row)


def save_without_relabelling(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> bool:
    """`save_row` but for its last step. Returns whether the caller must `relabel` the row, alone or with others."""
    now = now or timezone.now()
    kind = type(row)
    in_texts = isinstance(row, Term)  # a brief names its authors and keywords; a term is found in its words
    with transaction.atomic():
        if row.pk is not None or in_texts:
            label_propagation.lock_names_exclusively()  # before a row is locked, and before anybody asks what it is used in
        if row.pk is None:
            check_vocabulary_row(row, by=by)
            row.slug = row.slug or find_free_vocabulary_slug(kind, *row.slug_names())
            row.save(force_insert=True)
            return in_texts
        used = check_vocabulary_row(row, by=by)
        # Not its key: an edition that names it may be written meanwhile.
        before = kind._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        # Merged since it was read, and a save writes every column: it would undo the merge in silence.
        if build.get_merged_into_id(before) != build.get_merged_into_id(row):
            raise build_refusal("merged-already", label=str(before))
        row.save(force_update=True)
        if used:
            about = f"{kind._meta.model_name}/{row.slug}"
            Event.objects.create(about=about, verb="relabel", by=by, at=now, note=f"{before} → {row}")
    return used or in_texts


def check_vocabulary_row(row: Vocabulary, *, by: Person) -> bool:
    """Raise Refused where `save_row` would. Returns whether a public edition uses the row."""
    used = row.pk is not None and build.is_used_in_editions(row)
    if used:
        try:
            require_allowed(by, "relabel")
        except Refused as error:
            raise build_refusal("used-in-public") from error
    require_allowed(by, "edit_vocabulary")
    return used


def revise_site_text(
    key: str, text_zh: str, text_en: str, *, by: Person, version: int, now: dt.datetime | None = None
) -> SiteText:
    """A new wording of one of the site's texts, if nobody was first."""
    now = now or timezone.now()
    require_allowed(by, "edit_site")
    values = {"text_zh": tidy(text_zh), "text_en": tidy(text_en), "updated_at": now, "updated_by": by}
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
        Event.objects.create(about=f"sitetext/{key}", verb="edit_site", by=by, at=now)
    return text
