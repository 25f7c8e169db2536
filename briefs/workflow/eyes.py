"""Four eyes: when a language is signed, and by whom it may be.

A language is signed when, for every person who changed it since the last approved edition, somebody else
has said yes to its current hash. Each person's newest answer to that hash counts, and a no blocks.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ..content import SIDES, Content, Facts, Side
from ..models import Brief, Edition, Person, Revision, SignOff
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


def last_reviewed(brief: Brief) -> Edition | None:
    """The newest edition that two people stand behind: an urgent one counts once it is confirmed."""
    editions = Edition.objects.filter(brief=brief).order_by("-number").defer("content")
    return next((e for e in editions if not e.urgent or e.confirmed_by_id), None)


def baseline(brief: Brief) -> int:
    """The revision number after which changes count."""
    edition = last_reviewed(brief)
    if edition is None:
        return 0
    approved = Revision.objects.filter(pk=edition.revision_id).values_list("number", flat=True).get()
    returned = (
        brief.revisions.filter(
            kind=Revision.Kind.RETURN, hash_zh=edition.hash_zh, hash_en=edition.hash_en, number__gt=approved
        )
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return returned or approved


def answers(brief: Brief, content: Content) -> dict[Side, Answers]:
    """Both sides' standing answers, in a constant number of queries."""
    since = baseline(brief)
    later = brief.revisions.filter(number__gt=since)
    changed: dict[Side, frozenset[int]] = {
        side: frozenset(later.filter(**{f"changed_{side}": True}).values_list("by_id", flat=True))
        for side in SIDES
    }
    hashes = {side: content.hash_side(side) for side in SIDES}
    newest: dict[tuple[Side, int], bool] = {}
    for signoff in SignOff.objects.filter(brief=brief, hash__in=hashes.values()).order_by("id"):
        side: Side = "zh" if signoff.side == "zh" else "en"
        if signoff.hash == hashes[side]:
            newest[side, signoff.by_id] = signoff.yes
    return {
        side: Answers(
            side=side,
            hash=hashes[side],
            changed_by=changed[side],
            yes=frozenset(person for (s, person), yes in newest.items() if s == side and yes),
            no=frozenset(person for (s, person), yes in newest.items() if s == side and not yes),
            first=since == 0,
        )
        for side in SIDES
    }


def unsigned(standing: dict[Side, Answers]) -> list[Reason]:
    reasons = []
    for side, answer in standing.items():
        if answer.no:
            names = Person.objects.filter(pk__in=answer.no).order_by("pk")
            reasons.append(Reason(f"no-{side}", {"name": ", ".join(map(str, names))}, f"signoff-{side}"))
        elif not answer.signed:
            reasons.append(Reason(f"unsigned-{side}", {}, f"signoff-{side}"))
    return reasons


def last_editor(brief: Brief) -> Revision:
    """The newest revision that is anybody's change at all."""
    changes = brief.revisions.order_by("-number")
    real = changes.exclude(changed_zh=False, changed_en=False, changed_facts=False).first()
    return real or changes.earliest("number")


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


def facts_since_signoffs(brief: Brief, content: Content, standing: dict[Side, Answers]) -> list[str]:
    """Names of the facts that differ from what the signers had before them; all, when nobody signed."""
    old = facts_signed(brief, standing)
    return [name for name in FACT_LABELS if getattr(old, name) != getattr(content.facts, name)]


def facts_signed(brief: Brief, standing: dict[Side, Answers]) -> Facts:
    """The facts as the earliest signer had them; without any, those of the last approved edition."""
    signed = [
        SignOff.objects.filter(brief=brief, side=side, hash=answer.hash, yes=True)
        .order_by("-id")
        .values_list("revision__number", flat=True)
        .first()
        for side, answer in standing.items()
        if answer.yes
    ]
    numbers = [number for number in signed if number] or [baseline(brief)]
    seen = brief.revisions.filter(number=min(numbers)).first()
    return Content.from_json(seen.content).facts if seen else Content().facts


def last_facts_editor(brief: Brief) -> int | None:
    """Who changed the facts last since the last approved edition."""
    changes = brief.revisions.filter(number__gt=baseline(brief), changed_facts=True)
    return changes.order_by("-number").values_list("by_id", flat=True).first()
