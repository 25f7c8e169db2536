"""Load editions, review assignments and sign-off status for many briefs with few queries, for lists.

The rule is in `workflow.rules.four_eyes`; a test checks that both give the same result.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ...content import SIDES, Content
from ...models import Assignment, Brief, Edition, Revision, SignOff, State
from ...workflow.rules import four_eyes
from ...workflow.rules.brief_history import BriefHistory
from ...workflow.rules.four_eyes import SignOffStatuses

type EditionsByBrief = dict[int, list[Edition]]


def load_editions_by_brief(briefs: Iterable[Brief]) -> EditionsByBrief:
    """Return the editions by brief id, newest first, without their contents. One query."""
    found: EditionsByBrief = defaultdict(list)
    if not (ids := [brief.pk for brief in briefs]):
        return found
    rows = Edition.objects.filter(brief__in=ids).order_by("-number")
    rows = rows.select_related("revision", "approved_by", "confirmed_by")
    for edition in rows.defer("content", "revision__content", "revision__document_notes"):
        found[edition.brief_id].append(edition)
    return found


def load_edition_content(edition: Edition) -> Content:
    """Load the content of an edition that was loaded without it."""
    return Content.from_json(Edition.objects.values_list("content", flat=True).get(pk=edition.pk))


def load_review_assignments(briefs: Iterable[Brief]) -> dict[int, dict[str, Assignment]]:
    """Return the review assignments by brief id and side. One query."""
    found: dict[int, dict[str, Assignment]] = defaultdict(dict)
    if not (ids := [brief.pk for brief in briefs]):
        return found
    rows = Assignment.objects.filter(brief__in=ids, ended_at=None)
    for row in rows.select_related("person", "by"):
        found[row.brief_id][row.side] = row
    return found


def load_signoff_status(briefs: Sequence[Brief], editions: EditionsByBrief) -> dict[int, SignOffStatuses]:
    """Return the sign-off status of both sides by brief id.

    Two queries. Briefs not in review and without sign-offs are left out.
    """
    if not briefs:
        return {}
    signoffs: dict[int, list[SignOff]] = defaultdict(list)
    for signoff in SignOff.objects.filter(brief__in=[b.pk for b in briefs]).order_by("id"):
        signoffs[signoff.brief_id].append(signoff)
    wanted = {*signoffs, *(b.pk for b in briefs if b.state == State.IN_REVIEW)}
    if not wanted:
        return {}
    revisions: dict[int, list[Revision]] = defaultdict(list)
    columns = [f"{what}_{side}" for what in ("hash", "changed") for side in SIDES]
    rows = Revision.objects.filter(brief__in=wanted).only(
        "brief_id", "number", "kind", "by_id", "also_by_id", *columns
    )
    for revision in rows.order_by("-number"):
        revisions[revision.brief_id].append(revision)
    return {
        pk: compute_signoff_status(BriefHistory(revisions[pk], editions.get(pk, []), signoffs[pk]))
        for pk in wanted
    }


def compute_signoff_status(history: BriefHistory) -> SignOffStatuses:
    """Compute the status of both sides from the newest revision's hashes, without loading the content."""
    newest = history.revisions[0]
    return four_eyes.build_statuses_by_side(history, {"zh": newest.hash_zh, "en": newest.hash_en})
