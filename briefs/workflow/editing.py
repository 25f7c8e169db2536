"""Acts that change the working copy: create, claim, save, reimport, confirm a date, store a picture."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from briefs import images
from briefs.bilingual.text.article_urls import build_article_key, is_safe_link
from briefs.content import Content, Facts
from briefs.content import Picture as Shape
from briefs.derived import PageNames, build
from briefs.models import Brief, Event, Person, Picture, Revision, State
from briefs.models.people import IMPORTER

from .rules import working_copy
from .rules.refusals import Refused, build_refusal
from .rules.revisions import build_revision
from .rules.transitions import VerbRun, require_allowed, require_current_version, run_verb


@dataclass(frozen=True, slots=True)
class PreparedContent:
    """Tidied content to store (see `prepare`), with further brief columns and the provenance for its revision."""

    content: Content
    next_number: int
    columns: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)


def prepare(content: Content, *, next_number: int = 1) -> PreparedContent:
    """Tidy content and number its bullets. Raise Refused with all reasons."""
    content, next_number = working_copy.tidy_content(content, next_number=next_number)
    return PreparedContent(content, next_number)


def create(
    content: Content, *, by: Person, now: dt.datetime | None = None, verb: str = "create", **columns: Any
) -> Brief:
    """Create a draft with its first revision. The caller must check the policy."""
    new = prepare(content)
    columns["article_date_confirmed"] = bool(new.content.facts.date)  # a typed date is unambiguous
    return create_many([replace(new, columns=columns)], by=by, now=now, verb=verb)[0]


def create_many(
    drafts: Sequence[PreparedContent],
    *,
    by: Person,
    actor: Person | None = None,
    now: dt.datetime | None = None,
    kind: Revision.Kind = Revision.Kind.SAVE,
    verb: str = "create",
) -> list[Brief]:
    """Create drafts with their first revisions in one transaction, with a constant number of queries.

    `by` is the author of the text, who goes on writing; `actor` is the person who imports it.
    """
    if not drafts:
        return []
    now = now or timezone.now()
    actor = actor or by
    with transaction.atomic():
        build.lock_names_shared()
        briefs = Brief.objects.bulk_create(
            Brief(
                created_at=now,
                updated_at=now,
                updated_by=actor,
                next_number=draft.next_number,
                **working_copy.build_columns(draft.content),
                **{"assigned_to": None if by.username == IMPORTER else by, **draft.columns},
            )
            for draft in drafts
        )
        pairs = list(zip(briefs, drafts, strict=True))
        working_copy.add_content_rows([(brief, draft.content) for brief, draft in pairs])
        names = PageNames.load_many([draft.content for draft in drafts])
        revisions = Revision.objects.bulk_create(
            build_revision(
                brief,
                draft.content,
                None,
                printed,
                by=by,
                also_by=_find_second_person(by, actor),
                now=now,
                kind=kind,
                provenance=draft.provenance,
            )
            for (brief, draft), printed in zip(pairs, names, strict=True)
        )
        Event.objects.bulk_create(
            Event(brief=revision.brief, verb=verb, by=actor, at=now, to_state=State.DRAFT, revision=revision)
            for revision in revisions
        )
    return briefs


def _find_second_person(editor: Person, actor: Person) -> list[int]:
    """Return the importing person as co-author of an editor's text. Return nobody for the editor and the command line."""
    return [] if actor.pk == editor.pk or actor.username == IMPORTER else [actor.pk]


def claim(
    url: str,
    *,
    by: Person,
    due_on: dt.date | None = None,
    facts: Facts = Facts(),  # noqa: B008 (it is frozen)
    now: dt.datetime | None = None,
) -> Brief:
    """Create a planned brief for an article and assign it. Raise Refused when the article already has a brief.

    `url` may be empty if `facts` say enough of the article, such as its DOI.
    """
    require_allowed(by, "claim")
    url = url.strip()
    if not is_safe_link(url) and (url or facts == Facts()):
        raise build_refusal("not-a-link", about="url")
    key = build_article_key(url)
    claimed_key = key or (f"doi:{facts.doi.lower()}" if facts.doi else None)
    try:
        with transaction.atomic():
            if other := _find_other_brief(key, facts.doi):
                raise already_digested_refusal(other)
            return create(
                Content(facts=replace(facts, url=url)),
                by=by,
                now=now,
                verb="claim",
                claimed_key=claimed_key,
                due_on=due_on,
            )
    except IntegrityError as error:  # concurrent claims: the unique constraint decides
        if other := Brief.objects.filter(claimed_key=claimed_key).first():
            raise already_digested_refusal(other) from error
        raise


def _find_other_brief(key: str, doi: str) -> Brief | None:
    """Return a brief of the article with this address key or DOI, except discarded ones."""
    briefs = Brief.objects.exclude(state=State.DISCARDED)
    # Excluding "" lets the database use the partial index.
    other = briefs.filter(article_key=key).exclude(article_key="").first()
    return other or (briefs.filter(article_doi__iexact=doi).first() if doi else None)


def already_digested_refusal(other: Brief) -> Refused:
    values = {"title": str(other), "state": State(other.state).label, "pk": other.pk}
    return build_refusal("already-digested", about="url", **values)


def save(
    brief: Brief | int,
    content: Content,
    *,
    by: Person,
    version: int,
    now: dt.datetime | None = None,
    kind: Revision.Kind = Revision.Kind.SAVE,
) -> Revision | None:
    """Store the content if `version` is the newest one. Return None when nothing changed.

    Raise Stale with the stored content when somebody saved first, and Refused when the brief is not open.
    """
    with run_verb("edit", brief, by=by, now=now, version=version, approved_closed=True) as run:
        return write_revision(run, content, kind=kind)


def write_revision(
    run: VerbRun,
    content: Content,
    *,
    kind: Revision.Kind,
    also_by: Collection[int] = (),
    provenance: dict[str, Any] | None = None,
    to: State | None = None,
) -> Revision | None:
    """Tidy content and store it as the next revision. The caller must check the policy."""
    row = run.row
    before = working_copy.load_working_copy(row)
    content, next_number = working_copy.tidy_content(content, next_number=row.next_number)
    if content == before and to is None and provenance is None:
        return None
    last = row.revisions.order_by("-number").values_list("number", flat=True)[0]
    new = PreparedContent(content, next_number, provenance=provenance or {})
    return store_revision(run, new, before, kind=kind, number=last + 1, also_by=also_by, to=to)


def store_revision(
    run: VerbRun,
    prepared: PreparedContent,
    before: Content,
    *,
    kind: Revision.Kind,
    number: int,
    also_by: Collection[int] = (),
    to: State | None = None,
) -> Revision:
    """Replace the stored content (`before`) with tidied content, as revision `number`."""
    row = run.row
    if kind not in (
        Revision.Kind.IMPORT,
        Revision.Kind.RESTORE,
    ):  # these callers set the date flag themselves
        _set_date_flag(row, prepared.content, before)
    revision = build_revision(
        row,
        prepared.content,
        before,
        PageNames.load(prepared.content),
        by=run.by,
        also_by=also_by,
        now=run.now,
        kind=kind,
        provenance=prepared.provenance,
        number=number,
    )
    revision.save(force_insert=True)
    columns = working_copy.replace_rows(row, prepared.content, before)
    date_flags = ("article_date_confirmed", "article_date_raw", "article_date_alternative")
    columns |= {name: getattr(row, name) for name in date_flags}
    run.update(to=to, next_number=prepared.next_number, **columns)
    return revision


def _set_date_flag(row: Brief, content: Content, before: Content) -> None:
    """Mark a changed date as confirmed: a date typed in the form is unambiguous."""
    if content.facts.date != before.facts.date:
        row.article_date_confirmed = bool(content.facts.date)
        row.article_date_raw = row.article_date_alternative = ""


def reimport(
    row: Brief,
    content: Content,
    *,
    by: Person,
    actor: Person,
    provenance: dict[str, Any],
    flags: dict[str, Any],
    seen_version: int | None = None,
    now: dt.datetime | None = None,
) -> Revision | None:
    """Store a newer version of an imported document over its brief. The caller must lock the brief.

    Without `seen_version` the policy is not checked: the draft is unedited. With `seen_version` the actor must be
    allowed to edit, and `seen_version` must be the newest version.
    """
    run = VerbRun("import", row, actor, now or timezone.now(), row.state)
    if seen_version is not None:
        if row.state == State.APPROVED:
            raise build_refusal("approved-closed")
        require_allowed(actor, "edit", row)
        require_current_version(row, seen_version)
    kept = row.article_date_confirmed and working_copy.load_working_copy(row).facts.date == content.facts.date
    revision = write_revision(
        replace(run, by=by),
        content,
        kind=Revision.Kind.IMPORT,
        also_by=_find_second_person(by, actor),
        provenance=provenance,
    )
    run.update(**(flags | ({"article_date_confirmed": True} if kept else {})))
    run.record_event(revision=revision)
    return revision


def confirm_date(
    brief: Brief | int, iso: str, *, by: Person, version: int, now: dt.datetime | None = None
) -> None:
    """Confirm an ambiguous date. Choosing the alternative reading changes the facts in a new revision."""
    with run_verb("confirm_date", brief, by=by, now=now, version=version) as run:
        content = working_copy.load_working_copy(run.row)
        if iso not in (content.facts.date, run.row.article_date_alternative) or not iso:
            raise build_refusal("bad-date", about="date", value=iso)
        if iso != content.facts.date:
            changed = replace(content, facts=replace(content.facts, date=iso))
            write_revision(run, changed, kind=Revision.Kind.SAVE)
        run.update(article_date_confirmed=True)
        run.record_event(note=iso)


def store_picture(data: bytes, *, by: Person, now: dt.datetime | None = None) -> Picture:
    """Return the picture row for these bytes, created on their first upload. Raise PictureRefused.

    Files are written before the row, so an interrupted upload leaves no row without files. Missing files of an
    existing row are written again.
    """
    require_allowed(by, "edit")
    row = Picture.objects.filter(pk=images.hash_picture(data)).first()
    if row and images.is_stored(Shape(row.key, row.width, row.height)):
        return row
    cleaned = images.clean(data)
    images.write(cleaned)
    if row:
        return row
    values = {"width": cleaned.width, "height": cleaned.height, "at": now or timezone.now(), "by": by}
    try:
        with transaction.atomic():
            return Picture.objects.create(key=cleaned.key, **values)
    except IntegrityError:  # concurrent uploads of the same bytes
        return Picture.objects.get(pk=cleaned.key)
