"""Filters and orders of the brief list: every value of every filter, and the form that keeps the choices."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form

from .test_brief_list import LIST_URL, listed_pks

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_due_public_date_and_person_filters_list_expected_briefs(
    writer_client: Client, team: factories.Team
) -> None:
    today = timezone.localdate()
    late = workflow.claim("https://example.org/a", by=team.writer, due_on=today - dt.timedelta(days=1))
    soon = workflow.claim("https://example.org/b", by=team.other_writer, due_on=today + dt.timedelta(days=7))
    far = workflow.claim("https://example.org/c", by=team.other_writer, due_on=today + dt.timedelta(days=8))
    live, coming, gone = factories.live_brief(team), factories.signed_brief(team), factories.live_brief(team)
    factories.approve(coming, team.publisher, at=factories.tomorrow())
    later = factories.live_brief(team, factories.content(facts=factories.facts(date="2025-07-01")))
    workflow.withdraw(gone, by=team.publisher, kind="other")
    never = {late.pk, soon.pk, far.pk}
    assert listed_pks(writer_client, "?due=overdue") == {late.pk}
    assert listed_pks(writer_client, "?due=week") == {soon.pk}
    assert listed_pks(writer_client, "?due=any") == never
    assert listed_pks(writer_client, "?due=none") == {live.pk, coming.pk, gone.pk, later.pk}
    assert listed_pks(writer_client, "?public=live") == {live.pk, later.pk}
    assert listed_pks(writer_client, "?public=scheduled") == {coming.pk}
    assert listed_pks(writer_client, "?public=withdrawn") == {gone.pk}
    assert listed_pks(writer_client, "?public=never") == never
    workflow.remove(gone, by=team.publisher, reason="r")
    assert listed_pks(writer_client, "?public=removed") == {gone.pk}
    assert listed_pks(writer_client, "?public=withdrawn") == set()
    assert listed_pks(writer_client, "?from=2025-06-10") == {later.pk}
    assert listed_pks(writer_client, "?to=2025-06-09") == {live.pk, coming.pk, gone.pk}
    assert listed_pks(writer_client, "?from=2025-06-09&to=2025-06-09&public=live") == {live.pk}
    person_pk = team.other_writer.pk
    assert listed_pks(writer_client, f"?person={person_pk}&as=assigned") == {soon.pk, far.pk}
    assert listed_pks(writer_client, f"?person={team.writer.pk}&as=wrote") == {
        late.pk,
        *listed_pks(writer_client, "?due=none"),
    }
    assert listed_pks(writer_client, f"?person={team.publisher.pk}&as=wrote") == set()
    assert listed_pks(writer_client, f"?person={team.publisher.pk}&as=changed") == {
        live.pk,
        coming.pk,
        gone.pk,
        later.pk,
    }
    for invalid in ("public=x", "due=x", "from=June", "state=x", "complete=x"):
        assert listed_pks(writer_client, f"?{invalid}") == set(), invalid


def test_list_is_sorted_by_chosen_order(writer_client: Client, team: factories.Team) -> None:
    today = timezone.localdate()
    early = factories.draft_brief(team, factories.content(facts=factories.facts(date="2025-01-01")))
    late = factories.draft_brief(team, factories.content(facts=factories.facts(date="2025-12-31")))
    planned = workflow.claim("https://example.org/c", by=team.writer, due_on=today)

    def order(query: str) -> list[int]:
        return [brief.pk for brief in writer_client.get(LIST_URL + query).context["cl"].result_list]

    assert order("") == [planned.pk, late.pk, early.pk]
    assert order("?o=nonsense") == [planned.pk, late.pk, early.pk]
    assert order("?o=1") == [early.pk, late.pk, planned.pk]
    assert order("?o=2") == [planned.pk, early.pk, late.pk]
    assert order("?o=-2") == [late.pk, early.pk, planned.pk]
    assert order("?o=4") == [planned.pk, late.pk, early.pk]
    assert order("?o=-4") == [late.pk, early.pk, planned.pk]
    Brief.objects.filter(pk=late.pk).update(has_priority=True)
    assert order("?o=3") == [late.pk, planned.pk, early.pk]
    factories.edit(early, team.writer, summary_en="Newest change.")
    assert order("") == [early.pk, planned.pk, late.pk]


def test_search_covers_headlines_title_address_and_authors(
    writer_client: Client, team: factories.Team
) -> None:
    author = Author.make(name="Vivek Chilukuri", name_zh="齊祿庫里")
    facts = factories.facts(authors=(Byline(author.pk),), title="Cables", url="https://example.org/story-7")
    brief = factories.draft_brief(team, factories.content(headline_zh="海底電纜", facts=facts))
    factories.draft_brief(team)
    for words in (
        *("海底", "cables", "story-7", "Headline 海底"),
        *("chilukuri", "齊祿", "Vivek 海底", "chilukuri headline"),
    ):
        assert listed_pks(writer_client, f"?q={words}") == {brief.pk}, words
    assert listed_pks(writer_client, "?q=chilukuri nobody") == set()


def test_filter_form_keeps_every_choice(writer_client: Client, team: factories.Team) -> None:
    factories.draft_brief(team)
    page = writer_client.get(LIST_URL + "?state=draft&complete=both&from=2025-01-01&q=標題").content.decode()
    page = " ".join(page.split())
    data = Form(page, "list-filters").data
    assert data == {"q": ["標題"], "state": ["draft"], "complete": ["both"]}
    typed = dict(re.findall(r'name="([^"]+)" value="([^"]*)"[^>]* form="list-filters"', page))
    assert typed == {"source": "", "keyword": "", "from": "2025-01-01", "to": ""}
    links = set(re.findall(r'<a href="(\?[^"]+)"', page))
    others = "?complete=both&amp;from=2025-01-01&amp;q=%E6%A8%99%E9%A1%8C"
    assert {others, f"{others}&amp;state=in_review"} <= links  # without a value, and with another one
    assert "Filter: <b>Draft, Both complete, 2025-01-01</b>" in page
    assert "Clear filters" in page
    assert "Clear filters" not in writer_client.get(LIST_URL).content.decode()


def test_row_has_one_badge_and_one_date_beside_the_articles(
    writer_client: Client, team: factories.Team
) -> None:
    """State and publication together; the day when it is due and for whom, else who changed it last."""
    today = timezone.localdate()
    workflow.claim("https://example.org/a", by=team.writer, due_on=today + dt.timedelta(days=2))
    live = factories.live_brief(team)
    workflow.revise(factories.live_brief(team), by=team.writer, version=live.version)

    page = writer_client.get(LIST_URL).content.decode()

    badges = re.findall(r'<span class="badge [^"]+">([^<]+)</span>', page)
    assert badges == ["Draft · Live, being revised", "Live", "Planned"]
    dates = re.findall(
        r'<td class="field-date"><div>(?:<b class="">)?([^<]+)(?:</b>)?</div><div>([^<]+)<', page
    )
    assert dates[2] == ("due in 2 days", str(team.writer))
    assert [who for _when, who in dates[:2]] == [str(team.writer), str(team.publisher)]
