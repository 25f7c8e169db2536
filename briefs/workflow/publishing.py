"""The verb that publishes: approve, now or from a time."""

import datetime as dt
from typing import cast

from django.conf import settings
from django.utils.translation import gettext

from briefs import policy
from briefs.content import Content, get_change
from briefs.derived import build
from briefs.derived.public_brief import PageNames
from briefs.models import Brief, Edition, Keyword, Person, SignOff, State

from .assignments import end_assignments
from .editions import (
    add_edition,
    announce_edition,
    find_last_shown_edition,
    why_not_at_time,
)
from .reviewing import load_leaves, why_not_complete
from .rules import four_eyes
from .rules.refusals import Reason, Refused, build_refusal, format_iso_date
from .rules.transitions import BriefHistory, VerbRun, run_verb
from .rules.working_copy import load_working_copy


def approve(
    brief: Brief | int,
    *,
    by: Person,
    seen: str,
    names_seen: PageNames | None = None,
    at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Edition:
    """Freeze the content whose hash (`hash_for_approval`) the publisher saw. It is public now, or from `at`.

    `names_seen`: the names that the page showed, so that a refusal can name those that changed. Raise Refused with all
    unmet conditions.
    """
    with run_verb("approve", brief, by=by, now=now) as run:
        row, (content, names) = run.row, _load_seen_content(run, seen, names_seen)
        staff = policy.load_staff()
        history, leaves = load_leaves(row, run.now, staff)
        was_public = find_last_shown_edition(history.editions, run.now) is not None
        reasons = why_not_approve(row, content, four_eyes.Signing(leaves, staff), by, was_public=was_public)
        # Names changed past the verbs: the next sign-off stores the new hash.
        if names.hash_common(content) != leaves["common"].hash:
            reasons.append(Reason("unsigned-common", {}, "signoff-common"))
        reasons += why_not_at_time(row, at, run.now)
        if reasons:
            raise Refused(*reasons)
        _store_press(run, history, leaves)
        edition = add_edition(
            row,
            content,
            history.editions,
            at=at,
            now=run.now,
            revision_id=history.revisions[0].pk,
            approved_by_id=by.pk,
            edited_by_id=history.revisions[0].by_id,
            four_eyes=settings.DIGEST_FOUR_EYES,
            **(get_change(content) if was_public else {}),
            **{f"hash_{name}": leaf.hash for name, leaf in leaves.items()},
        )
        run.update_brief(to=State.APPROVED, slug=edition.slug, **end_assignments(row, now=run.now))
        announce_edition(run.record_event(edition=edition, note=edition.change_note_zh))
        return edition


def _store_press(run: VerbRun, history: BriefHistory, leaves: four_eyes.Leaves) -> None:
    """Store the press as a yes to each leaf for which it is a voice. It counts again if the edition is cancelled."""
    values = {"revision": history.revisions[0].number, "by": run.by, "at": run.now}
    SignOff.objects.bulk_create(
        four_eyes.build_signoff(run.row, leaves, name, SignOff.Answer.YES, **values)
        for name, leaf in leaves.items()
        if run.by.pk not in leaf.voices and (leaf.voices or name == "common")
    )


def hash_for_approval(row: Brief) -> str:
    """Return the hash of what an approver sees: the content, and the names as readers will see them."""
    content = load_working_copy(row)
    return PageNames.load(content).hash_with(content)


def _load_seen_content(run: VerbRun, seen: str, names_seen: PageNames | None) -> tuple[Content, PageNames]:
    """Load content and names. Raise Refused if they differ from what the publisher saw (`seen`)."""
    content = load_working_copy(run.row)
    names = PageNames.load(content)
    if seen == names.hash_with(content):
        return content, names
    if names_seen and seen == names_seen.hash_with(content):
        changes = names.find_changes_since(names_seen)
        told = gettext("; ").join(f"{change.before or '–'} → {change.after or '–'}" for change in changes)
        raise build_refusal("seen-names", about="approve", names=told)
    raise build_refusal("seen", about="approve")


def why_not_approve(
    row: Brief, content: Content, signing: four_eyes.Signing, person: Person, *, was_public: bool
) -> list[Reason]:
    """Return all unmet conditions: what is incomplete, date, yeses, keyword labels, open notes."""
    reasons = why_not_complete(content, was_public=was_public) + _unconfirmed_date_reasons(row, content)
    reasons += signing.why_not_settled(person.pk)
    reasons += unlabelled_keyword_reasons(content)
    if open_notes := row.notes.filter(resolved_at=None).count():
        reasons.append(Reason("open-notes", {"n": open_notes}, "notes"))
    return reasons


def _unconfirmed_date_reasons(row: Brief, content: Content) -> list[Reason]:
    if not content.facts.date or row.article_date_confirmed:
        return []
    readings = [
        format_iso_date(value) for value in (content.facts.date, row.article_date_alternative) if value
    ]
    values = {"raw": row.article_date_raw, "first": readings[0], "second": readings[-1]}
    return [Reason("date-unconfirmed" if len(readings) > 1 else "month-unconfirmed", values, "date")]


def unlabelled_keyword_reasons(content: Content) -> list[Reason]:
    """Return a reason for each keyword that lacks a label in one language."""
    rows = cast("set[Keyword]", set(build.resolve_merged(Keyword, set(content.facts.keywords)).values()))
    half = [row for row in rows if not (row.label_zh and row.label_en)]
    return [
        Reason("keyword-en" if not k.label_en else "keyword-zh", {"label": str(k), "pk": k.pk}, "keywords")
        for k in sorted(half, key=lambda row: row.pk)
    ]
