"""A valid value of every scalar fact, by its kind."""

from typing import Any

from briefs.facts import FACTS, FactKind

SAMPLES: dict[FactKind, Any] = {
    FactKind.DATE: "2025-06-08",
    FactKind.TEXT: "A text & more",
    FactKind.LINK: "https://example.org/article?a=1",
    FactKind.DOI: "10.1000/xyz-1",
    FactKind.DAY: "2025-07-01",
    FactKind.MOMENT: "2020-01-02T03:04:00+00:00",
    FactKind.FLAG: True,
}


def sample(name: str) -> Any:
    fact = FACTS[name]
    return next(iter(fact.choices)) if fact.kind is FactKind.CHOICE else SAMPLES[fact.kind]
