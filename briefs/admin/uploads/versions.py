"""Answer the question of an imported draft: is its file a new version of an earlier brief, or another brief?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from briefs import workflow
from briefs.admin.common.fact_text import format_fact
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.admin.common.name_fields import load_names_by_id
from briefs.content import Bullet, Content, hash_json
from briefs.exchange.intake import carry_numbers_over
from briefs.facts import FACTS
from briefs.models import Brief, Note, Person, Revision, State
from briefs.models.people import IMPORTER
from briefs.workflow.review_comments import SuggestedText, TextAnchor, index_texts
from briefs.workflow.rules import lock_brief, require_allowed
from briefs.workflow.rules.refusals import build_refusal

MAX_QUOTED = 80
"""Characters of a bullet that a note quotes."""


def keep_as_other_brief(draft: Brief, *, by: Person) -> None:
    """Answer that the draft is another brief."""
    require_allowed(by, "edit", draft)
    Brief.objects.filter(pk=draft.pk, state=State.DRAFT).update(version_of=None)


def take_as_version(draft: Brief, *, by: Person) -> Brief:
    """Suggest what the file changes beside the rows of the earlier brief, and discard the draft. Return that brief.

    Three ways against the text that was imported last: a text that only the desk changed gets no suggestion. A live brief gets
    its next version. Facts and bullets that are no longer in the file become a note.
    """
    with transaction.atomic():
        row = lock_brief(draft)
        brief = lock_brief(row.version_of_id or 0) if row.version_of_id else None
        if brief is None or brief.state == State.DISCARDED:
            raise build_refusal("no-earlier-brief")
        if brief.state == State.APPROVED:
            workflow.revise(brief, by=by, version=brief.version)
            brief = lock_brief(brief)
        file = _get_file_name(row)
        stored = workflow.load_working_copy(brief)
        base = _load_last_import(brief, row, stored)
        mine = workflow.load_working_copy(row)
        mine = _number_bullets(brief, mine, base, stored)
        wanted = list(_list_suggestions(base, mine, stored))
        workflow.review_comments.suggest_together(
            brief, wanted, by=by, file=file, also_by=_list_authors(row) - {by.pk}
        )
        if sentences := list(_describe_rest(base, mine, stored)):
            text = "\n".join([_("“%(file)s” also says:") % {"file": file}, *sentences])
            workflow.reviewing.add_notes_together(brief, [Note(text=text)], by=by)
        workflow.discard(row, by=by, version=row.version)
    return brief


def _get_file_name(draft: Brief) -> str:
    imported = draft.revisions.exclude(document=None).order_by("-number")
    return imported.values_list("document__name", flat=True)[0]


def _list_authors(draft: Brief) -> set[int]:
    """Return who uploaded and who edited the draft."""
    revisions = draft.revisions.exclude(by__username=IMPORTER)
    return {pk for revision in revisions.only("by", "also_by") for pk in revision.list_people_ids()}


def _load_last_import(brief: Brief, draft: Brief, stored: Content) -> Content:
    """Return the text that was imported last for the brief, with the brief's bullet numbers; else the stored one."""
    earlier = Brief.objects.filter(version_of=brief, state=State.DISCARDED).exclude(pk=draft.pk)
    own = [brief.pk, *earlier.values_list("pk", flat=True)]
    last = Revision.objects.filter(kind=Revision.Kind.IMPORT, brief__in=own).order_by("-id").first()
    if last is None:
        return stored
    content = Content.from_json(last.content)
    if last.brief_id == brief.pk:
        return content
    return replace(content, bullets=tuple(_match(content, stored.bullets)))


def _match(content: Content, bullets: Sequence[Bullet]) -> list[Bullet]:
    """Return the bullets of a file with the numbers of the similar ones among `bullets`, else 0."""
    return list(carry_numbers_over([replace(b, number=0) for b in content.bullets], bullets))


def _number_bullets(brief: Brief, mine: Content, base: Content, stored: Content) -> Content:
    """Number the file's bullets as in the last import, else as on the desk. New ones get numbers that are reserved for them."""
    matched = _match(mine, base.bullets)
    used = {bullet.number for bullet in matched}
    on_desk = _match(mine, [bullet for bullet in stored.bullets if bullet.number not in used])
    next_number = brief.next_number
    for at, bullet in enumerate(matched):
        number = bullet.number or on_desk[at].number
        if not number:
            number, next_number = next_number, next_number + 1
        matched[at] = replace(bullet, number=number)
    Brief.objects.filter(pk=brief.pk).update(next_number=next_number)
    return replace(mine, bullets=tuple(matched))


def _list_suggestions(base: Content, mine: Content, stored: Content) -> Iterator[SuggestedText]:
    was, file, now = map(index_texts, (base, mine, stored))
    above = {b.number: a.number for a, b in pairwise([Bullet(0), *mine.bullets])}
    for (key, side), text in file.items():
        there = now.get((key, side))
        is_deleted = there is None and (key, side) in was
        if not text or text in (there, was.get((key, side))) or is_deleted:
            continue
        anchor = TextAnchor.from_key(key)
        after = above[anchor.bullet or 0] if there is None else None
        yield SuggestedText(anchor, side, text, seen=hash_json(there or ""), after=after)


def _describe_rest(base: Content, mine: Content, stored: Content) -> Iterator[str]:
    """Yield what no suggestion can say: bullets and facts that differ."""
    kept, known = ({bullet.number for bullet in content.bullets} for content in (mine, base))
    for bullet in stored.bullets:
        if bullet.number in known - kept:
            text = bullet.text_zh or bullet.text_en
            yield _("Not in the file: %(text)s") % {"text": text[:MAX_QUOTED]}
    names = load_names_by_id([mine])
    for name in FACTS:
        was, file, now = (getattr(content.facts, name) for content in (base, mine, stored))
        if file and file not in (was, now):
            yield f"{FIELD_LABELS[name]}: {format_fact(mine.facts, name, names)}"
