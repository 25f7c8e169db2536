"""Fixtures of the tests of public pages."""

import pytest
from django.utils import timezone

from briefs.public import list_pages
from briefs.publications import pdf
from briefs.tests.support.corpus_fixtures import NOW
from briefs.tests.support.crawler import forget_prepared_queries


@pytest.fixture
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_pages, "PAGE_SIZE", 7)
    forget_prepared_queries(monkeypatch)


@pytest.fixture(autouse=True)
def _without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer no PDF, which takes as long as a hundred pages of a crawl. Its words are those of the EPUB."""
    monkeypatch.setattr(pdf, "find_font", lambda: "")
