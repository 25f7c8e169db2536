"""What public addresses show of scheduled, superseded, cancelled, withdrawn and removed editions."""

import datetime as dt

import pytest
from django.db.models import Model
from django.test import Client

from briefs.content import Bullet
from briefs.models.derived import EditionKeyword, EditionPlace, EditionTerm, SearchEntry
from briefs.models.edition import Edition
from briefs.tests.support.corpus_fixtures import (
    NO_STATIC,
    NOW,
    get_person,
    load_sample,
    numbered_content,
    publish,
    publish_next,
    withdraw,
)
from briefs.tests.support.factories import change_note

pytestmark = [pytest.mark.django_db, NO_STATIC, pytest.mark.usefixtures("fixed_clock")]

HOUR = dt.timedelta(hours=1)
CANARY = "KANARIENVOGEL"
LISTS = ["/zh-hant/", "/en/", "/zh-hant/feed.atom", "/en/feed.atom", "/sitemap.xml"]


def brief_pages(slug: str) -> list[str]:
    return [f"/{lang}/briefs/{slug}/{view}" for lang in ("zh-hant", "en") for view in ("", "parallel/")]


def brief_files(slug: str) -> list[str]:
    names = ("cite.ris", "cite.bib", "cite.json", "original.ris", "original.bib", "original.json", "card.png")
    return [f"/{lang}/briefs/{slug}/{name}" for lang in ("zh-hant", "en") for name in names]


def take_down(edition: Edition) -> None:
    withdraw(edition, NOW - HOUR, "rights", "應權利人要求。", "At the owner's request.")


def canary_content(n: int = 1) -> object:
    return numbered_content(
        n, summary_zh=f"{CANARY}。", summary_en=CANARY, bullets=(Bullet(1, CANARY, CANARY),)
    )


def test_scheduled_next_edition_changes_no_page(client: Client) -> None:
    first = publish(numbered_content(1), "twice", live_from=NOW - 9 * HOUR)
    before = [client.get(path).content for path in [*brief_pages("twice"), *LISTS]]
    publish_next(first, canary_content(), at=NOW + HOUR, **change_note("update", CANARY, CANARY))
    assert [client.get(path).content for path in [*brief_pages("twice"), *LISTS]] == before


def test_withdrawn_brief_shows_notice_in_both_languages(client: Client) -> None:
    take_down(publish(canary_content(), "pulled", live_from=NOW - 9 * HOUR))
    for path in brief_pages("pulled"):
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 200
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in html
        assert CANARY not in html
        for words in (
            "標題1",
            "Headline 1",
            "Sample Review",
            "應權利人要求。",
            "At the owner&#x27;s request.",
            "Rights",
            "We have withdrawn this brief</h2>",
            "本站撤回這篇文摘</h2>",
        ):
            assert words in html
        assert "24 November 2026" in html
        assert "2026年11月24日" in html
        assert 'id="b1"' not in html


def test_removed_brief_gets_410_and_reveals_nothing(client: Client) -> None:
    edition = publish(canary_content(), "cut", live_from=NOW - 9 * HOUR)
    Edition.objects.filter(pk=edition.pk).update(
        removed_at=NOW, removed_by=get_person("editor"), removed_reason=CANARY
    )
    for path in [*brief_pages("cut"), *brief_files("cut")]:
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 410
        assert response.headers["Cache-Control"] == "no-store"
        assert "noindex" in html
        for words in (CANARY, "標題1", "Headline 1", "Sample Review", "cut"):
            assert words not in html
    assert not any("cut" in client.get(list_path).content.decode() for list_path in LISTS)


@pytest.mark.parametrize("path", ["/zh-hant/x/", "/en/x/", "/x/"])
def test_404_page_has_both_languages_and_lang_of_address(client: Client, path: str) -> None:
    response = client.get(path)
    html = response.content.decode()
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"
    assert "Page not found" in html
    assert f'<html lang="{"en" if path.startswith("/en") else "zh-Hant-TW"}">' in html
    assert 'section lang="zh-Hant-TW"' in html
    assert 'section lang="en"' in html


def test_500_page_runs_no_query(rf, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    from briefs.public.responses import server_error

    with django_assert_num_queries(0):
        response = server_error(rf.get("/en/x/"))
    assert response.status_code == 500
    assert response.headers["Cache-Control"] == "no-store"
    assert b"Something went wrong on our side" in response.content


@pytest.mark.parametrize("table", [None, EditionPlace])
def test_brief_without_derived_rows_has_all_its_pages(client: Client, table: type[Model] | None) -> None:
    """Code of another version may have approved the brief, or added the table."""
    facts = load_sample().facts
    content = numbered_content(1, facts=facts)
    pages = ("", "parallel/", "cite.ris", "original.json", "card.png")
    addresses = [f"/{code}/briefs/bare/{page}" for code in ("en", "zh-hant") for page in pages]
    lists = [
        f"/en/{page}" for page in ("", "feed.atom", "parallel/feed.atom", "feed.json", "search/?q=Headline")
    ]
    bare = publish(content, "bare", live_from=NOW - HOUR)
    complete = [client.get(address).content for address in addresses]
    assert [client.get(address).status_code for address in lists] == [200] * len(lists)
    for missing in [table] if table else (EditionPlace, EditionTerm, EditionKeyword, SearchEntry):
        missing._default_manager.filter(edition=bare).delete()
    assert [client.get(address).status_code for address in lists] == [200] * len(lists)
    shown = [client.get(address).content for address in (*addresses, "/en/briefs/bare.md")]
    assert b"Bullet of 1" in shown[-1]
    assert shown[:-1] == complete


def test_withdrawn_brief_has_no_card(client: Client) -> None:
    take_down(publish(numbered_content(1), "pulled", live_from=NOW - 9 * HOUR))
    hidden, missing = (client.get(f"/en/briefs/{slug}/card.png") for slug in ("pulled", "nothing-here"))
    assert (hidden.status_code, hidden.content) == (404, missing.content)
