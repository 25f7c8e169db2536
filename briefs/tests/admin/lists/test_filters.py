"""What the list of briefs is narrowed and ordered by: every value of every filter, kept together in one form."""

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

from ...support import factories
from ...support.form_client import Form, sign_in
from .test_brief_list import LIST, pks

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def test_more_filters_find_what_they_say(mine: Client, team: factories.Team) -> None:
    today = timezone.localdate()
    late = workflow.claim("https://example.org/a", by=team.writer, due_on=today - dt.timedelta(days=1))
    soon = workflow.claim("https://example.org/b", by=team.other_writer, due_on=today + dt.timedelta(days=7))
    far = workflow.claim("https://example.org/c", by=team.other_writer, due_on=today + dt.timedelta(days=8))
    live, coming, gone = factories.live_brief(team), factories.signed_brief(team), factories.live_brief(team)
    factories.approve(coming, team.publisher, at=factories.tomorrow())
    urgent = factories.draft_brief(team, factories.content(facts=factories.facts(date="2025-07-01")))
    workflow.publish_urgently(urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war")
    workflow.withdraw(gone, by=team.publisher, kind="other", reason_zh="理", reason_en="r")
    never = {late.pk, soon.pk, far.pk}
    assert pks(mine, "?due=overdue") == {late.pk}
    assert pks(mine, "?due=week") == {soon.pk}
    assert pks(mine, "?due=any") == never
    assert pks(mine, "?due=none") == {live.pk, coming.pk, gone.pk, urgent.pk}
    assert pks(mine, "?public=live") == {live.pk, urgent.pk}
    assert pks(mine, "?public=scheduled") == {coming.pk}
    assert pks(mine, "?public=urgent") == {urgent.pk}
    assert pks(mine, "?public=withdrawn") == {gone.pk}
    assert pks(mine, "?public=never") == never
    workflow.remove(gone, by=team.publisher, reason="r")
    assert pks(mine, "?public=removed") == {gone.pk}
    assert pks(mine, "?public=withdrawn") == set()
    assert pks(mine, "?from=2025-06-10") == {urgent.pk}
    assert pks(mine, "?to=2025-06-09") == {live.pk, coming.pk, gone.pk}
    assert pks(mine, "?from=2025-06-09&to=2025-06-09&public=live") == {live.pk}
    who = team.other_writer.pk
    assert pks(mine, f"?person={who}&as=assigned") == {soon.pk, far.pk}
    assert pks(mine, f"?person={team.writer.pk}&as=wrote") == {late.pk, *pks(mine, "?due=none")}
    assert pks(mine, f"?person={team.publisher.pk}&as=wrote") == set()
    assert pks(mine, f"?person={team.publisher.pk}&as=changed") == {live.pk, coming.pk, gone.pk, urgent.pk}
    for odd in ("public=x", "due=x", "from=June", "state=x", "complete=x"):
        assert pks(mine, f"?{odd}") == set(), odd


def test_the_order_is_chosen_from_a_few(mine: Client, team: factories.Team) -> None:
    today = timezone.localdate()
    a = factories.draft_brief(team, factories.content(facts=factories.facts(date="2025-01-01")))
    b = factories.draft_brief(team, factories.content(facts=factories.facts(date="2025-12-31")))
    c = workflow.claim("https://example.org/c", by=team.writer, due_on=today)

    def order(query: str) -> list[int]:
        return [brief.pk for brief in mine.get(LIST + query).context["cl"].result_list]

    assert order("") == [c.pk, b.pk, a.pk]
    assert order("?sort=nonsense") == []
    assert order("?sort=oldest") == [a.pk, b.pk, c.pk]
    assert order("?sort=article") == [b.pk, a.pk, c.pk]
    assert order("?sort=due") == [c.pk, b.pk, a.pk]


def test_search_finds_authors_too(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri", name_zh="齊祿庫里")
    one = factories.draft_brief(team, factories.content(facts=factories.facts(authors=(Byline(author.pk),))))
    factories.draft_brief(team)
    for words in ("chilukuri", "齊祿", "Vivek 標題", "chilukuri headline"):
        assert pks(mine, f"?q={words}") == {one.pk}, words
    assert pks(mine, "?q=chilukuri nobody") == set()


def test_one_form_keeps_every_choice(mine: Client, team: factories.Team) -> None:
    factories.draft_brief(team)
    page = mine.get(LIST + "?state=draft&complete=both&from=2025-01-01&q=標題").content.decode()
    form = Form(page, "list-filters").data
    assert (form["state"], form["complete"], form["from"], form["q"]) == (
        ["draft"],
        ["both"],
        ["2025-01-01"],
        ["標題"],
    )
    assert {"public", "due", "person", "as", "source", "keyword", "to", "sort"} <= set(form)
    assert "Clear filters" in page
    assert "Clear filters" not in mine.get(LIST).content.decode()


def test_ages_are_of_what_is_open(mine: Client, team: factories.Team) -> None:
    old = workflow.create(factories.content(), by=team.writer, now=timezone.now() - dt.timedelta(days=4))
    factories.live_brief(team)
    page = mine.get(LIST).content.decode()
    assert re.findall(r'field-age[^>]*>(?:<span class="none">)?([^<]+)', page) == ["–", "4 days"]
    assert old.pk in pks(mine, "?state=draft")


def test_the_column_says_what_the_filter_finds(team: factories.Team) -> None:
    """`complete_in` of rows at hand against `filters.complete` asked of the database."""
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
    said = find_complete_sides(briefs)
    for side in ("zh", "en"):
        found = set(Brief.objects.filter(build_complete_condition(side)).values_list("pk", flat=True))
        assert found == {pk for pk, sides in said.items() if side in sides}
        assert 0 < len(found) < len(briefs)
