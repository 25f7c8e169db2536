"""Filters and orders of the brief list: every value of every filter, and the form that keeps the choices."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.outstanding_work import find_complete_sides
from briefs.admin.lists.filters import build_complete_condition
from briefs.content import Bullet, Byline
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
    assert order("?sort=nonsense") == []
    assert order("?sort=oldest") == [early.pk, late.pk, planned.pk]
    assert order("?sort=article") == [late.pk, early.pk, planned.pk]
    assert order("?sort=due") == [planned.pk, late.pk, early.pk]


def test_search_finds_brief_by_author_name(writer_client: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri", name_zh="齊祿庫里")
    brief = factories.draft_brief(
        team, factories.content(facts=factories.facts(authors=(Byline(author.pk),)))
    )
    factories.draft_brief(team)
    for words in ("chilukuri", "齊祿", "Vivek 標題", "chilukuri headline"):
        assert listed_pks(writer_client, f"?q={words}") == {brief.pk}, words
    assert listed_pks(writer_client, "?q=chilukuri nobody") == set()


def test_filter_form_keeps_every_choice(writer_client: Client, team: factories.Team) -> None:
    factories.draft_brief(team)
    page = writer_client.get(LIST_URL + "?state=draft&complete=both&from=2025-01-01&q=標題").content.decode()
    page = " ".join(page.split())
    form = Form(page, "list-filters").data
    assert (form["state"], form["complete"], form["q"]) == (["draft"], ["both"], ["標題"])
    assert 'name="from" value="2025-01-01" form="list-filters"' in page
    fields = set(re.findall(r'name="([^"]+)"[^>]* form="list-filters"', page))
    assert fields == {"person", "as", "source", "keyword", "from", "to"}
    links = set(re.findall(r'<a href="(\?[^"]+)" ?(?:aria-current="true")?>', page))
    assert "?complete=both&amp;from=2025-01-01&amp;q=%E6%A8%99%E9%A1%8C&amp;state=draft%2Cin_review" in links
    chips = re.findall(r'class="chip" href="([^"]+)"', page)
    assert "?complete=both&amp;from=2025-01-01&amp;q=%E6%A8%99%E9%A1%8C" in chips
    assert "Clear filters" in page
    assert "Clear filters" not in writer_client.get(LIST_URL).content.decode()


def test_age_is_shown_only_for_open_brief(writer_client: Client, team: factories.Team) -> None:
    old = workflow.create(factories.content(), by=team.writer, now=timezone.now() - dt.timedelta(days=4))
    factories.live_brief(team)
    page = writer_client.get(LIST_URL).content.decode()
    assert re.findall(r"<span>Age: ([^<]+)", page) == ["4 days"]
    assert old.pk in listed_pks(writer_client, "?state=draft")


def test_complete_sides_agree_with_complete_filter(team: factories.Team) -> None:
    """Compare `find_complete_sides` of loaded rows with `build_complete_condition` in the database."""
    factories.draft_brief(team)
    workflow.claim("https://example.org/a", by=team.writer)
    for values in (
        {"headline_en": ""},
        {"summary_zh": ""},
        {"bullets": (Bullet(0, "只有", ""),)},
        {"bullets": (Bullet(0, "", "Only"), Bullet(0, "只有", "", one_sided="意"))},
        {"bullets": ()},
    ):
        factories.draft_brief(team, factories.content(**values))
    briefs = list(Brief.objects.all())
    sides_by_brief = find_complete_sides(briefs)
    for side in ("zh", "en"):
        matching = set(Brief.objects.filter(build_complete_condition(side)).values_list("pk", flat=True))
        assert matching == {pk for pk, sides in sides_by_brief.items() if side in sides}
        assert 0 < len(matching) < len(briefs)
