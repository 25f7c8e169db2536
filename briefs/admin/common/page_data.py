"""What the page of a brief and that of an issue show alike: the acts of the bar, the sentence below it, and the sign-offs."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final
from urllib.parse import urljoin

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs.models import Brief, Issue, Person, SignOff
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, get_label
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules import LEAVES, BriefFacts, IssueFacts, LeafName, Standing, four_eyes

from .brief_pages import describe_done, render_public_links
from .fact_text import describe_change
from .publication import Publication
from .task_list import TaskList, render_sentence

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
    def get_act_url(self, act: str) -> str:
        """Return the page, and the place on it, at which the act is done."""

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
        url = self.get_act_url(act) if is_elsewhere else reverse(verb, args=[self.row.pk, act])
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

    # Sign-offs and publication

    def public_links(self) -> SafeString:
        return render_public_links(self.facts.editions, self.now)

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
                "signed": four_eyes.is_settled(self.facts.signing.leaves[name]),
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
        return Publication.build(self.facts.signing, self.person, self.facts.content, self.leaf_names)

    def change(self) -> dict[str, Any]:
        return describe_change(self.facts.content)


def add_next_steps_message(request: HttpRequest, page: PageData, verb: str, more: str = "") -> None:
    """Say that a verb has been done, who is next, and after `pass` the person's next brief. `page`: as the verb left it."""
    parts = [describe_done(verb)]
    if ACTS[verb].then:
        if page.sentence.startswith(parts[0][:-1]):  # "Approved; public Monday." says it already
            parts.clear()
        url = urljoin(page.url, page.get_act_url(page.step.main))
        parts += [
            page.sentence,
            _link(url, page.step.label) if page.step.is_mine else "",
            page.public_links(),
        ]
    if ACTS[verb].then == "pass":
        parts.append(_describe_next_task(page))
    messages.success(request, format_html_join(" ", "{}", ((part,) for part in (*parts, more) if part)))


def _describe_next_task(page: PageData) -> str:
    tasks = TaskList(page.person, page.now, page.people)
    task = tasks.find_next(after=page.row.pk if isinstance(page.row, Brief) else 0)
    if task is None:
        return _("Nothing else waits for you.")
    return format_html("{} {}", _("Next:"), _link(task.url, f"{task.verb} · {task.title}"))


def _link(url: str, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, text)
