"""What a publisher sees before a press makes a brief or an issue public: who signed what, the change note, what the press says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.content import Content, IssueContent
from briefs.models import Person
from briefs.workflow.rules import Leaf, LeafName, four_eyes

from .fact_text import describe_change

_PRESS_SENTENCES: Final[Mapping[LeafName, Promise]] = {
    "zh": gettext_lazy("Your press is the second yes to the Chinese."),
    "en": gettext_lazy("Your press is the second yes to the English."),
    "common": gettext_lazy("Your press is a yes to what both languages share."),
}


@dataclass(frozen=True, slots=True)
class Publication:
    """`signed`: label of each leaf, and who said yes to it. `press`: a sentence for each leaf that needs the publisher's yes.

    `change`: of `describe_change`.
    """

    signed: list[tuple[str, str]]
    press: list[str]
    change: dict[str, Any]

    @classmethod
    def build(
        cls,
        signing: four_eyes.Signing,
        person: Person,
        content: Content | IssueContent,
        labels: Mapping[str, str | Promise],
    ) -> "Publication":
        signed = [(str(labels[name]), _list_signers(leaf, signing)) for name, leaf in signing.leaves.items()]
        press = [
            str(_PRESS_SENTENCES[name])
            for name, leaf in signing.leaves.items()
            if not four_eyes.is_settled(leaf) and four_eyes.is_settled(leaf, person.pk)
        ]
        return cls(signed, press, describe_change(content))


def _list_signers(leaf: Leaf, signing: four_eyes.Signing) -> str:
    names = {p.pk: str(p) for p in signing.people}
    if former := leaf.voices - names.keys():
        names |= {p.pk: str(p) for p in Person.objects.filter(pk__in=former)}
    if leaf.voices:
        return _(", ").join(names[pk] for pk in sorted(leaf.voices))
    return _("As readers have it") if leaf.is_public else _("Not signed")
