"""Index working copies for staff. The place of a document is its brief's id."""

from collections.abc import Sequence
from dataclasses import replace

from briefs.content import Content
from briefs.models.derived import SearchIndex

from .analysis import VERSION
from .engines import DRAFT_INDEX, get_store
from .search_documents import SearchDocument, build_search_document


def put(drafts: Sequence[tuple[int, Content]]) -> None:
    """Index drafts in the transaction of every save. Author and source names are searched in the vocabulary instead."""
    if drafts:
        get_store(DRAFT_INDEX).put([_document(brief, content) for brief, content in drafts])


def _document(brief: int, content: Content) -> SearchDocument:
    facts = content.facts
    made = build_search_document(brief, content)
    passages = (bullet.passage for bullet in content.bullets)
    own = (facts.url, facts.doi, facts.date_label, *passages)
    return replace(made, body=(*made.body, *(text for text in own if text)))


def is_current() -> bool:
    """Return whether no other analyser version is recorded for the index."""
    return not SearchIndex.objects.filter(name=DRAFT_INDEX).exclude(version=VERSION).exists()


def mark_current() -> None:
    SearchIndex.objects.update_or_create(name=DRAFT_INDEX, defaults={"version": VERSION})
