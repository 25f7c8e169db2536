"""Fixtures of the tests of names that change."""

from typing import Any

import pytest
from django.utils import timezone

from briefs.derived.search import indexing
from briefs.models import Edition
from briefs.tests.support.corpus_fixtures import DAY, publish, publish_editions

from .shared_names import COUNT, numbered_edition, shared_row


@pytest.fixture
def edition_ids(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[int]:
    """Return ids of editions that share one name of each kind, the newest first, a superseded one last.

    The clock stands still, and publishers may change names alone.
    """
    settings.DIGEST_FOUR_EYES = False
    monkeypatch.setattr(timezone, "now", lambda: DAY)
    shared_row("term")
    *current, old = publish_editions(numbered_edition(n) for n in (*range(COUNT - 2), COUNT))
    Edition.objects.filter(pk=old.pk).update(live_until=DAY)
    indexing.drop_past_editions(DAY)
    current.append(publish(old.frozen_content, old.slug, brief=old.brief))
    return [*(edition.pk for edition in reversed(current)), old.pk]
