"""Run the checks of the desk on documents. Nothing is stored."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import DatabaseError

from .. import checks, workflow
from ..checks import chinese
from ..documents.fields.date_reader import DateOrder
from ..documents.reader import read_document
from ..documents.types import DocumentRefused, ParsedDocument
from ..workflow.rules.check_context import load_check_context
from .author_names import read_author
from .content_mapping import build_content, build_text_facts
from .files import read_file
from .importer import load_alignment_terms
from .storing import build_not_storable_refusal

UNSAVED_SOURCE_ID = 0
"""Stands for a source that the document names, so that it does not count as missing."""


@dataclass(frozen=True, slots=True)
class CheckedDigest:
    """The findings of one digest, or why it was refused. A finding's `bullet` is the place of the pair, from 1."""

    file: str
    index: int
    findings: tuple[checks.Finding, ...] = ()
    refusal: DocumentRefused | None = None


class DocumentChecker:
    """Check documents with the glossary of the database, or the shipped one if the database has none to read."""

    def __init__(self) -> None:
        self.shipped: checks.CheckContext | None = None
        try:
            self._alignment_terms = load_alignment_terms()
        except DatabaseError:
            self.shipped = _load_shipped_context()
            self._alignment_terms = tuple((term.zh, term.en) for term in self.shipped.terms)

    def check_files(self, files: Iterable[tuple[str, Path]]) -> Iterator[CheckedDigest]:
        for name, path in files:
            try:
                data = read_file(path)
            except DocumentRefused as refusal:
                yield CheckedDigest(name, 0, refusal=refusal)
                continue
            order = cast(DateOrder, settings.DIGEST_DATE_ORDER)
            for reading in read_document(data, name, date_order=order, terms=self._alignment_terms):
                try:
                    findings = self._check(reading.parsed) if reading.parsed else []
                    yield CheckedDigest(name, reading.index, tuple(findings), reading.refusal)
                except workflow.Refused as refused:
                    yield CheckedDigest(name, reading.index, refusal=build_not_storable_refusal(refused))

    def _check(self, parsed: ParsedDocument) -> list[checks.Finding]:
        facts = replace(build_text_facts(parsed), source=UNSAVED_SOURCE_ID if parsed.source else None)
        content = workflow.prepare(build_content(parsed, facts)).content
        context = self.shipped or load_check_context(content)
        authors = map(read_author, parsed.authors)  # an import would add these names
        names = [name for author in authors for name in (author.name, author.name_zh)]
        own_names = filter(None, [*names, parsed.source])
        findings = checks.run_checks(content, replace(context, names=(*context.names, *own_names)))
        return sorted(findings, key=lambda finding: finding.bullet or 0)


def _load_shipped_context() -> checks.CheckContext:
    rows = json.loads((settings.BASE_DIR / "fixtures" / "vocabulary.json").read_text(encoding="utf-8"))
    terms = tuple(
        checks.TermData.from_mapping(row["fields"]) for row in rows if row["model"] == "briefs.term"
    )
    return checks.CheckContext(terms=terms, mainland_wordings=chinese.load_default_wordings())
