"""What the page of a brief and that of an issue show alike: the acts of the bar, the sentence below it, and the sign-offs."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs import policy
from briefs.acts import ACTS, get_label
from briefs.models import Brief, Issue, Person, SignOff
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules import LEAVES, BriefFacts, IssueFacts, LeafName, Standing, four_eyes

from .brief_pages import render_public_links
from .fact_text import describe_change
from .publication import Publication
from .task_list import render_sentence

_WEIGHTS: Final = ("second", "light", "heavy")


@dataclass(frozen=True, slots=True)
class ActButton:
    """An act that a person may do now, or with `why_not` one that they may expect. `url`: where it is posted or, as a link, leads."""

    act: str
    label: str
    url: str
    why_not: str = ""

    @property
    def is_link(self) -> bool:
        return ACTS[self.act].way == "place" and self.act != "claim"

    @property
    def weight(self) -> str:
        return ACTS[self.act].weight

    @property
    def short_label(self) -> str:
        """Return the label for a narrow bar. An act of an issue has that of the brief's act only if it has its label too."""
        row = ACTS[self.act]
        return str((row.label == ACTS[row.rule].label and row.short) or self.label)


class PageData(ABC):
    """What a page shows one person. Each part is loaded on first use."""

    person: Person
    now: dt.datetime
    leaf_names: ClassVar[Mapping[str, str | Promise]]
    writing_view: ClassVar[str] = ""
    """Query of the page on which gaps are filled, if the page has several views."""

    @property
    @abstractmethod
    def row(self) -> Brief | Issue: ...

    @property
    @abstractmethod
    def facts(self) -> BriefFacts | IssueFacts: ...

    @abstractmethod
    def get_seen(self, name: LeafName) -> str:
        """Return what the form of a sign-off sends back: the hashes of the texts and names that the page shows."""

    @abstractmethod
    def get_place_url(self, act: str) -> str:
        """Return where an act is done that has no button of its own."""

    @property
    def url(self) -> str:
        return reverse(f"admin:briefs_{self.row._meta.model_name}_change", args=[self.row.pk])

    def is_allowed(self, verb: str) -> bool:
        return policy.is_allowed(self.person, verb, self.row)

    @cached_property
    def people(self) -> list[Person]:
        return policy.load_staff()

    @property
    def standing(self) -> Standing:
        return Standing(self.facts, self.person)

    @cached_property
    def step(self) -> Step:
        return next_step(self.facts, self.person)

    @property
    def sentence(self) -> SafeString:
        return render_sentence(self.step.sentence, self.writing_view and f"{self.url}{self.writing_view}")

    # Acts

    def get_act_label(self, act: str) -> str:
        return get_label(act)

    def build_act(self, act: str, why_not: str = "") -> ActButton:
        verb = f"admin:briefs_{self.row._meta.model_name}_verb"
        is_elsewhere = ACTS[act].way == "place"
        url = self.get_place_url(act) if is_elsewhere else reverse(verb, args=[self.row.pk, act])
        return ActButton(act, self.get_act_label(act), url, why_not)

    @cached_property
    def main_act(self) -> ActButton | None:
        return self.build_act(self.step.main)

    @cached_property
    def other_acts(self) -> list[ActButton]:
        """Return the acts under More: a `second` one first, the `heavy` ones last."""
        acts = [self.build_act(act) for act in self.step.others if ACTS[act].way != "place"]
        return sorted(acts, key=lambda act: _WEIGHTS.index(act.weight))

    def light_acts(self) -> list[ActButton]:
        return [act for act in self.other_acts if act.weight != "heavy"]

    def heavy_acts(self) -> list[ActButton]:
        return [act for act in self.other_acts if act.weight == "heavy"]

    def refused_acts(self) -> list[ActButton]:
        """Return the acts that the person may expect and may not do now, with the reason."""
        return []

    # Editions

    @property
    def editions(self) -> Sequence[Any]:
        """Return the editions, the newest first."""
        return self.facts.editions

    @property
    def scheduled_edition(self) -> Any:
        return self.facts.scheduled_edition

    @property
    def public_edition(self) -> Any:
        return self.facts.public_edition

    @property
    def was_public(self) -> bool:
        return self.facts.was_public

    def public_links(self) -> SafeString:
        return render_public_links(self.editions, self.now)

    # Sign-offs and publication

    @property
    def signing(self) -> four_eyes.Signing:
        return self.facts.signing

    @cached_property
    def signoffs(self) -> Sequence[SignOff]:
        """Return the sign-offs with their people, the oldest first."""
        rows = self.facts.history.signoffs
        prefetch_related_objects(rows, "by")
        return rows

    @cached_property
    def signoffs_by_side(self) -> list[dict[str, Any]]:
        return [
            {
                "side": name,
                "label": self.leaf_names[name],
                "signed": four_eyes.is_settled(self.signing.leaves[name]),
                "seen": self.get_seen(name),
                "answers": self.list_answers(name),
            }
            for name in LEAVES
        ]

    def list_answers(self, name: str) -> list[dict[str, Any]]:
        """Return the answers to a leaf, the newest first, and whether each stands."""
        rows = [s for s in reversed(self.signoffs) if s.leaf == name]
        return [
            {"row": s, "stands": s.pk in self.standing_signoffs, "state": self._label_signoff(s)}
            for s in rows
        ]

    @cached_property
    def standing_signoffs(self) -> set[int]:
        """Return the ids of the newest answers to the leaves as they are now."""
        return {
            s.pk
            for name in LEAVES
            for s in four_eyes.find_answers(self.facts.history, name)
            if s.leaf == name
        }

    def _label_signoff(self, signoff: SignOff) -> str:
        stands, is_yes = signoff.pk in self.standing_signoffs, signoff.answer == SignOff.Answer.YES
        if stands and signoff.answer == SignOff.Answer.TAKEN_BACK:
            return str(SignOff.Answer.TAKEN_BACK.label)
        if stands:
            return _("Signed") if is_yes else _("Changes requested")
        return _("Signature lapsed") if is_yes else _("Answered")

    def publication(self) -> Publication:
        return Publication.build(self.signing, self.person, self.facts.content, self.leaf_names)

    def change(self) -> dict[str, Any]:
        return describe_change(self.facts.content)
