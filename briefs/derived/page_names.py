"""The names on a brief's pages: of its keywords, authors and source, and of the glossary terms in its text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Self

from ..citations.works import is_publication
from ..content import SIDES, Content, hash_json
from ..facts import FACTS
from ..public_brief import PublicAuthor, PublicName, PublicSource
from .public_brief import load_names
from .term_occurrences import Glossary


@dataclass(frozen=True, slots=True)
class ChangedName:
    """A name before and after a change. `before` is empty for a term that was not in the text."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PageNames:
    """What pages print of each row: by part and id of the row, the texts by name."""

    parts: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def load(cls, content: Content) -> Self:
        """Load the names in both languages as they stand now, in two queries."""
        (names,) = load_names([content])
        source = (names.source,) if names.source else ()
        parts = {
            "source": {str(name.pk): _read_texts(name) for name in source},
            "authors": {str(name.pk): _read_texts(name) for name in names.authors},
            "keywords": {str(name.pk): _read_texts(name) for name in names.keywords},
            "terms": _load_terms(content),
        }
        return cls({part: rows for part, rows in parts.items() if rows})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the names that a page had shown, as it sends them back. Return none for anything else."""
        try:
            parts = json.loads(text)
            return cls({
                str(part): {str(pk): {str(k): str(v) for k, v in texts.items()} for pk, texts in rows.items()}
                for part, rows in parts.items()
            })  # fmt: skip
        except (ValueError, AttributeError, RecursionError):
            return cls()

    def as_text(self) -> str:
        return json.dumps(self.parts, ensure_ascii=False, separators=(",", ":"))

    def hash_with(self, content: Content) -> str:
        """Return one hash of all that the pages will say: both sides, the facts, and the names."""
        return hash_json({"content": content.hash_all(), "names": self.parts})

    def list_part(self, part: str) -> list[str]:
        return [_format_texts(texts) for texts in self.parts.get(part, {}).values()]

    def find_changes_since(self, earlier: Self) -> list[ChangedName]:
        """Return the names that differ from those of an earlier time. A merged row is renamed to the one kept."""
        changes = []
        for part in dict.fromkeys((*earlier.parts, *self.parts)):
            before, after = earlier.parts.get(part, {}), self.parts.get(part, {})
            kept = [pk for pk in before if pk in after and before[pk] != after[pk]]
            gone, new = (
                [pk for pk in one if pk not in other] for one, other in ((before, after), (after, before))
            )
            for old, now in (*zip(kept, kept, strict=True), *zip_longest(gone, new, fillvalue="")):
                changes.append(
                    ChangedName(_format_texts(before.get(old, {})), _format_texts(after.get(now, {})))
                )
        return changes


def _read_texts(name: PublicName) -> dict[str, str]:
    texts = {"zh": name.zh, "en": name.en}
    if isinstance(name, PublicAuthor):
        texts |= {"family": name.family, "given": name.given, "own": name.own}
    if isinstance(name, PublicSource) and is_publication(name):
        texts["zh"] = f"《{name.zh}》"
    return texts


def _load_terms(content: Content) -> dict[str, dict[str, str]]:
    """Return both renderings of each term that pages explain."""
    glossary = Glossary()
    found = {term for places in glossary.find_terms(content).values() for term, _start, _end in places}
    return {str(pk): {side: glossary.terms[pk].label(side) for side in SIDES} for pk in sorted(found)}


def _format_texts(texts: Mapping[str, str]) -> str:
    """Return the labels, and in brackets what only citations print."""
    labels = " · ".join(dict.fromkeys(filter(None, (texts.get("zh"), texts.get("en")))))
    cited = ", ".join(filter(None, (texts.get("family"), texts.get("given"), texts.get("own"))))
    return f"{labels} ({cited})" if cited else labels


def hash_facts_by_name(content: Content, names: PageNames) -> dict[str, str]:
    """Return the hash of each fact with the names that stand for it, and of the terms in the text."""
    values: dict[str, Any] = content.as_json()["facts"]
    return {
        name: hash_json({"name": name, "value": values.get(name), "names": names.parts.get(name, {})})
        for name in (*FACTS, "terms")
    }
