"""All names that a brief's pages print: keywords, authors, source, and glossary terms in the text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Self

from django.utils.translation import gettext

from briefs.bilingual.citations.works import is_publication
from briefs.bilingual.public_brief import PublicAuthor, PublicName, PublicNames, PublicSource
from briefs.bilingual.text.person_names import NameOrder
from briefs.content import CONTENT_FORMAT, SIDES, Content, canonical_json, get_change, hash_json
from briefs.models.vocabulary import Author, Keyword, Source, Vocabulary

from .public_brief import NameRow, RowsByKind, build_names, load_rows_of
from .term_occurrences import Glossary


@dataclass(frozen=True, slots=True)
class ChangedName:
    """A name before and after a change. `before` is empty for a term that was not in the text."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PageNames:
    """The names that pages print, by part and row id: each a dict of labels and texts."""

    parts: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def load(cls, content: Content) -> Self:
        """Load the names in both languages as they stand now, in two queries."""
        return cls.load_many([content])[0]

    @classmethod
    def load_many(cls, contents: Sequence[Content]) -> list[Self]:
        return cls._build_many(contents, load_rows_of(contents), Glossary())

    @classmethod
    def _build_many(cls, contents: Sequence[Content], rows: RowsByKind, glossary: Glossary) -> list[Self]:
        found = []
        further = {
            kind: {row.pk: _read_further_texts(row) for row in of_kind.values()}
            for kind, of_kind in rows.items()
        }
        for content, names in zip(contents, build_names(contents, rows), strict=True):
            printed: dict[str, tuple[type[Vocabulary], Sequence[PublicName]]] = {
                "source": (Source, (names.source,) if names.source else ()),
                "authors": (Author, names.authors),
                "keywords": (Keyword, names.keywords),
            }
            parts = {
                part: {str(name.pk): _read_texts(name) | further[kind][name.pk] for name in of_kind}
                for part, (kind, of_kind) in printed.items()
            }
            parts["terms"] = _find_terms(content, glossary)
            found.append(cls({part: rows for part, rows in parts.items() if rows}))
        return found

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the names that a page sends back. Return empty names for invalid input."""
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

    def hash_common(self, content: Content) -> str:
        """Return the hash of the leaf that both languages show: the facts with the embargo, every public column of the rows
        that the pages print, and the change note.
        """
        form = {"format": CONTENT_FORMAT, "facts": content.as_json()["facts"], "names": self.parts}
        return hash_json(form | get_change(content))

    def hash_with(self, content: Content) -> str:
        """Return one hash of all that the pages will show."""
        return hash_json([content.hash_side("zh"), content.hash_side("en"), self.hash_common(content)])

    def find_changes_since(self, earlier: Self) -> list[ChangedName]:
        """Return the names that changed since `earlier`. A row merged into another counts as renamed to it."""
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


class LoadedNames:
    """The names of one content and the glossary, loaded once for all that one transaction makes of them."""

    def __init__(self, content: Content) -> None:
        self._content, self._rows = content, load_rows_of([content])

    @cached_property
    def glossary(self) -> Glossary:
        return Glossary()

    @cached_property
    def printed(self) -> PageNames:
        return PageNames._build_many([self._content], self._rows, self.glossary)[0]

    @property
    def public(self) -> PublicNames:
        return build_names([self._content], self._rows)[0]

    def list_keywords(self) -> list[tuple[str, str, int]]:
        """Return both labels and the id of each keyword, or of the one that it was merged into, in the order of ids."""
        rows = {row.pk: row for row in self._rows[Keyword].values()}
        return [(rows[pk].zh, rows[pk].en, pk) for pk in sorted(rows)]


def _read_texts(name: PublicName) -> dict[str, str]:
    texts = {"zh": name.zh, "en": name.en}
    if isinstance(name, PublicAuthor):
        texts |= {"family": name.family, "given": name.given, "own": name.own}
        if name.order is NameOrder.UNKNOWN:  # every other order follows from the texts
            texts["order"] = name.order
    if isinstance(name, PublicSource) and is_publication(name):
        texts["zh"] = f"《{name.zh}》"
    return texts


def _read_further_texts(row: NameRow) -> dict[str, str]:
    """Return the public columns that no list of changed names shows."""
    texts = {"slug": row.slug, "kind": row.kind, "address": row.address, "listed": row.listed}
    return {name: text for name, text in texts.items() if text}


def _find_terms(content: Content, glossary: Glossary) -> dict[str, dict[str, str]]:
    """Return both renderings of each term that pages explain."""
    found = {term for places in glossary.find_terms(content).values() for term, _start, _end in places}
    return {
        str(pk): {
            **{side: glossary.terms[pk].label(side) for side in SIDES},
            "slug": glossary.terms[pk].slug,
            "forms": canonical_json(glossary.list_forms(pk)),
        }
        for pk in sorted(found)
    }


def _format_texts(texts: Mapping[str, str]) -> str:
    """Return the labels, followed in brackets by the texts that only citations print."""
    labels = " · ".join(dict.fromkeys(filter(None, (texts.get("zh"), texts.get("en")))))
    return f"{labels} ({cited})" if (cited := _format_cited(texts)) else labels


def _format_cited(texts: Mapping[str, str]) -> str:
    if texts.get("order"):
        return gettext("not known whether the family name is first")
    return ", ".join(filter(None, (texts.get("family"), texts.get("given"), texts.get("own"))))
