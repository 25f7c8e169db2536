"""Four eyes: when a language is signed, and by whom it may be.

A language is signed when, for every person who changed it since the last approved edition, somebody else
has said yes to its current hash. Each person's newest answer to that hash counts, and a no blocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...content import SIDES, Content, Facts, Side
from ...models import Brief, Edition, Person, Revision
from .brief_history import Ledger
from .refusals import Reason


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands for one side of the current content."""

    side: Side
    hash: str
    changed_by: frozenset[int]
    yes: frozenset[int]
    no: frozenset[int]
    first: bool

    @property
    def signed(self) -> bool:
        if self.no or (self.first and not self.yes):
            return False
        if not settings.DIGEST_FOUR_EYES:
            return bool(self.yes) or not self.changed_by
        return all(self.yes - {person} for person in self.changed_by)

    @property
    def lapsed(self) -> bool:
        return not self.signed and not self.yes

    def refuses_yes_of(self, person: Person) -> bool:
        """A sole editor's own yes never suffices."""
        return settings.DIGEST_FOUR_EYES and self.changed_by == {person.pk}


type Standing = Mapping[Side, Answers]


def last_reviewed(ledger: Ledger) -> Edition | None:
    """The newest edition that two people stand behind: an urgent one counts once it is confirmed."""
    return next((e for e in ledger.editions if not e.urgent or e.confirmed_by_id), None)


def baseline(ledger: Ledger) -> int:
    """The revision number after which changes count."""
    edition = last_reviewed(ledger)
    if edition is None:
        return 0
    approved = next(r.number for r in ledger.revisions if r.pk == edition.revision_id)
    returned = (
        r.number
        for r in ledger.revisions
        if r.kind == Revision.Kind.RETURN
        and r.number > approved
        and (r.hash_zh, r.hash_en) == (edition.hash_zh, edition.hash_en)
    )
    return next(returned, approved)


def answers(brief: Brief, content: Content) -> dict[Side, Answers]:
    """Both sides' standing answers, in a constant number of queries."""
    return standing(Ledger.of(brief), {side: content.hash_side(side) for side in SIDES})


def standing(ledger: Ledger, hashes: Mapping[Side, str]) -> dict[Side, Answers]:
    """The same from what is at hand; `hashes` are those of the current content."""
    since = baseline(ledger)
    later = [r for r in ledger.revisions if r.number > since]
    newest: dict[tuple[str, int], bool] = {}
    for signoff in ledger.signoffs:
        if signoff.hash == hashes["zh" if signoff.side == "zh" else "en"]:
            newest[signoff.side, signoff.by_id] = signoff.yes
    return {
        side: Answers(
            side=side,
            hash=hashes[side],
            changed_by=frozenset(r.by_id for r in later if getattr(r, f"changed_{side}")),
            yes=frozenset(person for (s, person), yes in newest.items() if s == side and yes),
            no=frozenset(person for (s, person), yes in newest.items() if s == side and not yes),
            first=since == 0,
        )
        for side in SIDES
    }


def unsigned(standing: Standing) -> list[Reason]:
    reasons = []
    for side, answer in standing.items():
        if answer.no:
            names = Person.objects.filter(pk__in=answer.no).order_by("pk")
            reasons.append(
                Reason(f"no-{side}", {"name": gettext(", ").join(map(str, names))}, f"signoff-{side}")
            )
        elif not answer.signed:
            reasons.append(Reason(f"unsigned-{side}", {}, f"signoff-{side}"))
    return reasons


def last_editor(ledger: Ledger) -> int:
    """Who made the newest revision that is anybody's change at all."""
    changes = (r for r in ledger.revisions if r.changed_zh or r.changed_en or r.changed_facts)
    return next(changes, ledger.revisions[-1]).by_id


FACT_LABELS = {
    "source": _("Source"),
    "authors": _("Authors"),
    "keywords": _("Keywords"),
    "date": _("Article date"),
    "date_label": _("Label of the issue"),
    "title": _("Article title"),
    "url": _("Article address"),
    "doi": _("DOI"),
    "language": _("Language of the article"),
    "access": _("Access"),
    "kind": _("Kind"),
    "accessed_on": _("Date accessed"),
    "archive_url": _("Archived copy"),
    "embargo_until": _("Embargo until"),
    "source_withdrew": _("Withdrawn by its source"),
    "picture": _("Picture"),
}


def facts_since_signoffs(ledger: Ledger, content: Content, standing: Standing) -> list[str]:
    """Names of the facts that differ from what the signers had before them; all, when nobody signed."""
    seen = _seen_by_signers(ledger, standing)
    if seen and seen.hash_facts == content.hash_facts():
        return []
    old = facts_signed(ledger, standing)
    return [name for name in FACT_LABELS if getattr(old, name) != getattr(content.facts, name)]


def facts_signed(ledger: Ledger, standing: Standing) -> Facts:
    """The facts as the earliest signer had them; without any, those of the last approved edition."""
    seen = _seen_by_signers(ledger, standing)
    return Content.from_json(seen.content).facts if seen else Content().facts


def _seen_by_signers(ledger: Ledger, standing: Standing) -> Revision | None:
    """Of each signed side the revision that its newest yes was given to, and of these the earlier."""
    signed = [
        next(s for s in reversed(ledger.signoffs) if (s.side, s.hash, s.yes) == (side, answer.hash, True))
        for side, answer in standing.items()
        if answer.yes
    ]
    ids = {signoff.revision_id for signoff in signed}
    numbers = [r.number for r in ledger.revisions if r.pk in ids] or [baseline(ledger)]
    return next((r for r in ledger.revisions if r.number == min(numbers)), None)


def last_facts_editor(ledger: Ledger) -> int | None:
    """Who changed the facts last since the last approved edition."""
    since = baseline(ledger)
    return next((r.by_id for r in ledger.revisions if r.number > since and r.changed_facts), None)
