"""Fixtures of the tests of public pages."""

import pytest

from briefs.public import editions
from briefs.tests.support.crawler import forget_prepared_queries


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "PAGE_SIZE", 7)
    forget_prepared_queries(monkeypatch)
