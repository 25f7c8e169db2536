"""Merging duplicate vocabulary rows and undoing it, without changing frozen editions."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from briefs import workflow
from briefs.admin.common.name_fields import list_source_choices, load_names_by_id
from briefs.exchange.sheets.vocabulary_sheets import export_values
from briefs.models import Brief, Event, Keyword, Source, Term
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def pair() -> tuple[Keyword, Keyword]:
    return Keyword.make(label_zh="半導體", label_en="Semiconductors"), Keyword.make(label_zh="晶片")


def merge(*losers: Any, into: Any, by: Any) -> None:
    """Merge rows that only drafts use, or those in public use as a team."""
    if isinstance(by, Team):
        factories.merge_public_names(losers, into=into, team=by)
    else:
        workflow.vocabulary.merge_vocabulary(losers, into=into, by=by)
    for row in (*losers, into):
        row.refresh_from_db()


def assert_refused(code: str, act: Callable[..., Any], *args: Any, **values: Any) -> None:
    before = list(Keyword.objects.order_by("pk").values())
    with pytest.raises(workflow.Refused) as refusal:
        act(*args, **values)
    assert refusal.value.codes == [code]
    assert list(Keyword.objects.order_by("pk").values()) == before
    assert str(refusal.value)


def test_invalid_merges_are_refused_and_change_nothing(team: Team) -> None:
    a, b, c = (Keyword.make(label_zh=label) for label in "甲乙丙")
    stale = Keyword.objects.get(pk=a.pk)
    for losers in ([b], [a, b], [], [Term.make(zh="甲", en="a")]):
        assert_refused("merge-two", workflow.vocabulary.merge_vocabulary, losers, into=b, by=team.writer)
    merge(a, into=b, by=team.writer)
    for loser, heir in ((a, c), (c, a), (b, a)):  # the last is a cycle
        assert_refused(
            "merged-already", workflow.vocabulary.merge_vocabulary, [loser], into=heir, by=team.writer
        )
    assert_refused(
        "unknown-row", workflow.vocabulary.merge_vocabulary, [Keyword(pk=999)], into=c, by=team.writer
    )
    assert_refused("role", workflow.vocabulary.merge_vocabulary, [c], into=b, by=team.reviewer)
    assert_refused("not-merged", workflow.vocabulary.unmerge_vocabulary, c, by=team.writer)
    assert_refused("role", workflow.vocabulary.unmerge_vocabulary, a, by=team.reviewer)
    stale.label_en = "Chips"
    assert_refused("merged-already", workflow.vocabulary.save_vocabulary_row, stale, by=team.writer)
    Keyword.make(label_zh="甲")
    assert_refused("label-taken", workflow.vocabulary.unmerge_vocabulary, a, by=team.writer)


def test_admin_shows_the_heir_and_working_copy_keeps_its_hash(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    content = workflow.load_working_copy(brief)
    keyword, source = Keyword.objects.get(), Source.objects.get()
    heirs = (Keyword.make(label_zh="科學", label_en="Science"), Source.make(name="FP"))
    merge(keyword, into=heirs[0], by=team.writer)
    merge(source, into=heirs[1], by=team.writer)
    assert workflow.load_working_copy(Brief.objects.get()).hash_all() == content.hash_all()
    names = load_names_by_id([content])
    assert (names.keywords[keyword.pk], names.sources[source.pk]) == (str(heirs[0]), "FP")
    assert list_source_choices(source.pk) == [(str(source.pk), "FP")]
    assert list_source_choices(None) == [(str(heirs[1].pk), "FP")]
    sign_in(client, team.reviewer)
    for query in ({"keyword": "科學"}, {"source": "FP"}):
        rows = client.get("/admin/briefs/brief/", query).context["cl"].result_list
        assert [row.pk for row in rows] == [brief.pk]
    page = client.get(f"/admin/briefs/brief/{brief.pk}/change/").text
    assert "科學 · Science" in page
    assert "科技" not in page


# Admin pages


LIST_URL = "/admin/briefs/keyword/"


def open_merge_page(client: Client, *rows: Keyword) -> tuple[str, str]:
    data = {"action": "merge_duplicates", "_selected_action": [row.pk for row in rows], "index": "0"}
    response = client.post(LIST_URL, data)
    assert response.status_code == 302
    page = client.get(response["Location"]).text
    return response["Location"], page


def extract_seen_hash(page: str) -> str:
    match = re.search(r'name="seen" value="(\w+)"', page)
    return match[1] if match else ""


def test_writer_merges_chosen_rows_and_undoes_the_merge(
    client: Client, team: Team, pair: tuple[Keyword, Keyword]
) -> None:
    heir, loser = pair
    sign_in(client, team.writer)
    merge_url, page = open_merge_page(client, heir, loser)
    for value in (*export_values(heir)[:3], *export_values(loser)[:2]):
        assert value in page
    assert "<mark>晶片</mark>" in page
    assert client.post(merge_url, {"seen": extract_seen_hash(page)}).status_code == 409  # nothing chosen
    assert client.post(merge_url, {"seen": "x", "keep": heir.pk}).status_code == 409
    assert not Keyword.objects.exclude(merged_into=None).exists()
    response = client.post(merge_url, {"seen": extract_seen_hash(page), "keep": heir.pk}, follow=True)
    assert "Merged into this entry" in response.text
    assert Keyword.objects.get(pk=loser.pk).merged_into == heir
    undo = f"{LIST_URL}{loser.pk}/unmerge/"
    assert f'action="{undo}"' in response.text
    assert client.get(undo).status_code == 405
    response = client.post(undo, follow=True)
    assert "stands for itself again." in response.text
    assert Keyword.objects.get(pk=loser.pk).merged_into is None
    events = list(Event.objects.order_by("pk").values_list("about", "verb", "by"))
    assert events == [(f"keyword/{loser.slug}", verb, team.writer.pk) for verb in ("merge", "unmerge")]


def test_merge_of_rows_changed_since_the_page_opened_shows_them_again(
    client: Client, team: Team, pair: tuple[Keyword, Keyword]
) -> None:
    heir, loser = pair
    merge_url, page = open_merge_page(sign_in(client, team.writer), heir, loser)
    loser.label_en = "Chips"
    workflow.vocabulary.save_vocabulary_row(loser, by=team.other_writer)
    response = client.post(merge_url, {"seen": extract_seen_hash(page), "keep": heir.pk})
    assert response.status_code == 409
    assert "<mark>Chips</mark>" in response.text
    assert Keyword.objects.get(pk=loser.pk).merged_into is None


def test_merge_of_a_public_name_leads_to_the_drafts_and_refused_unmerge_explains_why(
    client: Client, team: Team, pair: tuple[Keyword, Keyword]
) -> None:
    factories.live_brief(team)
    used = Keyword.objects.get(label_zh="科技")
    sign_in(client, team.writer)
    merge_url, page = open_merge_page(client, used, *pair)
    response = client.post(merge_url, {"seen": extract_seen_hash(page), "keep": pair[0].pk}, follow=True)
    assert "waits for a second person: " in response.text
    assert Keyword.objects.get(pk=used.pk).merged_into is None
    assert Keyword.objects.get(pk=pair[1].pk).merged_into == pair[0]  # only drafts use it
    Keyword.make(label_zh="晶片")
    response = client.post(f"{LIST_URL}{pair[1].pk}/unmerge/", follow=True)
    assert "cannot stand alone again" in response.text


def test_label_that_only_the_heir_has_satisfies_approval(team: Team) -> None:
    half = Keyword.make(label_zh="晶片")
    brief = factories.signed_brief(team, factories.content(facts=factories.facts(keywords=(half.pk,))))
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher)
    assert refusal.value.codes == ["keyword-en"]
    merge(half, into=Keyword.make(label_zh="半導體", label_en="Semiconductors"), by=team.writer)
    factories.approve(brief, team.publisher)
