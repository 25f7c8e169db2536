"""Fixtures of the tests of label propagation."""

from typing import Any

import pytest
from django.utils import timezone

from briefs.database import bulk_writes
from briefs.derived import label_propagation
from briefs.models import Edition
from briefs.search import indexing

from ..support import corpus_fixtures
from .relabelled_editions import COUNT, numbered_edition, shared_row


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Freeze the clock, make batches so small that eight editions need several, and let publishers change names alone."""
    settings.DIGEST_FOUR_EYES = False
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY)
    for name, value in {
        "MAX_IMMEDIATE_EDITIONS": 2,
        "BATCH": 2,
        "MAX_SCANNED_EDITIONS": 3,
    }.items():
        monkeypatch.setattr(label_propagation, name, value)
    monkeypatch.setattr(bulk_writes, "PAUSE_SECONDS", 0)


@pytest.fixture
def edition_ids(small_limits: None) -> list[int]:
    """Return edition ids in the order of propagation: newest first, a superseded one last."""
    shared_row("term")
    *current, old = corpus_fixtures.publish_editions(numbered_edition(n) for n in (*range(COUNT - 2), COUNT))
    Edition.objects.filter(pk=old.pk).update(live_until=corpus_fixtures.DAY)
    indexing.drop_past_editions(corpus_fixtures.DAY)
    current.append(corpus_fixtures.publish(old.frozen_content, old.slug, brief=old.brief))
    return [*(edition.pk for edition in reversed(current)), old.pk]
