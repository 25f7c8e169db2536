"""The slug of an edition: words of its headline, or date and id."""

import pytest

from briefs.bilingual.text.slugs import build_slug
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "limit", "slug"),
    [
        ("U.S.—China", 80, "us-china"),
        ("anti-access/area denial", 80, "anti-access-area-denial"),
        ("China’s A2 / AD", 80, "chinas-a2-ad"),
        ("Lech Wałęsa", 80, "lech-walesa"),
        ("Ødegård, Đặng, KILIÇ and Kılıç", 80, "odegard-dang-kilic-and-kilic"),
        ("one two three", 7, "one-two"),
        ("one two three", 8, "one-two"),
        ("onetwothree", 5, "onetw"),
        ("中文—題目", 80, ""),
    ],
)
def test_build_slug_joins_words_up_to_the_limit(words: str, limit: int, slug: str) -> None:
    assert build_slug(words, limit) == slug


def test_edition_has_its_own_slug_of_the_headline_or_of_date_and_id(team: Team) -> None:
    assert [factories.live_brief(team).slug for _ in range(2)] == ["a-headline", "a-headline-2"]
    brief = factories.live_brief(team, factories.content(headline_en="標題"))
    assert brief.slug == f"2025-06-09-{brief.pk}"
