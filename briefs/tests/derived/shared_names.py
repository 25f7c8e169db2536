"""Editions that share one name of each kind, and changes to that name."""

from typing import Any

from briefs.content import Byline, Content, Facts
from briefs.derived import build
from briefs.models import Author, Keyword, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.tests.support.corpus_fixtures import numbered_content

COUNT = 8


LABEL = {"keyword": "label_en", "term": "en"}


KINDS: dict[str, tuple[type[Vocabulary], dict[str, Any], dict[str, Any]]] = {
    "author": (Author, {"name": "One"}, {"name": "Heir"}),
    "keyword": (Keyword, {"label_zh": "一", "label_en": "One"}, {"label_zh": "繼", "label_en": "Heir"}),
    "source": (Source, {"name": "One"}, {"name": "Heir"}),
    "term": (Term, {"zh": "嚇阻", "en": "deterrence"}, {"zh": "繼承", "en": "heir"}),
}


def shared_row(kind: str) -> Any:
    """Return the row that all editions name, creating it on the first call."""
    model, values, _heir = KINDS[kind]
    return model._default_manager.order_by("pk").first() or model.make(**values)


def make_heir(kind: str) -> Any:
    model, _values, heir = KINDS[kind]
    return model.make(**heir)


def numbered_edition(n: int) -> tuple[str, Content, dict[str, Any]]:
    facts = Facts(
        source=shared_row("source").pk,
        authors=(Byline(shared_row("author").pk),),
        keywords=(shared_row("keyword").pk,),
        date="2025-06-09",
    )
    texts = {"summary_zh": f"第{n}篇談嚇阻。", "summary_en": f"No. {n} on deterrence."}
    return f"s{n}", numbered_content(n, facts=facts, **texts), {}


def renamed_row(kind: str, tag: str) -> Any:
    row = shared_row(kind)
    if kind == "term":
        row.en, row.also_en = f"deterrent {tag}", ["deterrence"]
    else:
        setattr(row, LABEL.get(kind, "name"), f"Name {tag}")
    return row


def find_stale() -> set[int]:
    return set(build.find_stale_edition_ids())
