"""What stands for many briefs at once, for lists: the editions and the answers to each side, by few queries.

The rule is `workflow.eyes`; here it is only asked of a page of briefs, and a test holds the two together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..content import SIDES, Side
from ..models import Assignment, Brief, Edition, Revision, SignOff, State
from ..workflow.eyes import Answers

type Editions = dict[int, list[Edition]]
type Standing = dict[Side, Answers]


def editions_of(briefs: Iterable[Brief]) -> Editions:
    """By brief, the newest first, without their contents. One query."""
    found: Editions = defaultdict(list)
    rows = Edition.objects.filter(brief__in=[b.pk for b in briefs]).defer("content")
    for edition in (
        rows.select_related("revision", "approved_by", "confirmed_by")
        .defer("content", "revision__content", "revision__document_notes")
        .order_by("-number")
    ):
        found[edition.brief_id].append(edition)
    return found


def asked_of(briefs: Iterable[Brief]) -> dict[int, dict[str, Assignment]]:
    """By brief and side, who is asked to review it. One query."""
    found: dict[int, dict[str, Assignment]] = defaultdict(dict)
    rows = Assignment.objects.filter(brief__in=[b.pk for b in briefs], ended_at=None)
    for row in rows.select_related("person"):
        found[row.brief_id][row.side] = row
    return found


def standing_of(briefs: Sequence[Brief], editions: Editions) -> dict[int, Standing]:
    """By brief, both sides' standing answers. Two queries; drafts that nobody answered are left out."""
    signoffs: dict[int, list[SignOff]] = defaultdict(list)
    for signoff in SignOff.objects.filter(brief__in=[b.pk for b in briefs]).order_by("id"):
        signoffs[signoff.brief_id].append(signoff)
    wanted = {*signoffs, *(b.pk for b in briefs if b.state == State.IN_REVIEW)}
    if not wanted:
        return {}
    revisions: dict[int, list[Revision]] = defaultdict(list)
    columns = [f"{what}_{side}" for what in ("hash", "changed") for side in SIDES]
    rows = Revision.objects.filter(brief__in=wanted).only("brief_id", "number", "kind", "by_id", *columns)
    for revision in rows.order_by("-number"):
        revisions[revision.brief_id].append(revision)
    return {pk: answers_of(signoffs[pk], revisions[pk], editions.get(pk, [])) for pk in wanted}


def answers_of(
    signoffs: Iterable[SignOff], revisions: Sequence[Revision], editions: Sequence[Edition]
) -> Standing:
    """As `eyes.answers`, from rows at hand: sign-offs the oldest first, the others the newest first."""
    since = _baseline(revisions, editions)
    hashes = {side: getattr(revisions[0], f"hash_{side}") for side in SIDES}
    newest: dict[tuple[str, int], bool] = {}
    for signoff in signoffs:
        if signoff.hash == hashes.get("zh" if signoff.side == "zh" else "en"):
            newest[signoff.side, signoff.by_id] = signoff.yes
    changes = [r for r in revisions if r.number > since]
    return {
        side: Answers(
            side=side,
            hash=hashes[side],
            changed_by=frozenset(r.by_id for r in changes if getattr(r, f"changed_{side}")),
            yes=frozenset(p for (s, p), yes in newest.items() if s == side and yes),
            no=frozenset(p for (s, p), yes in newest.items() if s == side and not yes),
            first=since == 0,
        )
        for side in SIDES
    }


def _baseline(revisions: Sequence[Revision], editions: Sequence[Edition]) -> int:
    reviewed = next((e for e in editions if not e.urgent or e.confirmed_by_id), None)
    if reviewed is None:
        return 0
    approved = reviewed.revision.number
    returned = (
        r.number
        for r in revisions
        if r.kind == Revision.Kind.RETURN
        and r.number > approved
        and all(getattr(r, f"hash_{s}") == getattr(reviewed, f"hash_{s}") for s in SIDES)
    )
    return next(returned, approved)
