"""A changed name is in every edition, list and search when its verb ends. No job follows."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.derived import build
from briefs.derived.search import StoreRequest, get_store, parse_query
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.table import Sheet
from briefs.exchange.sheets.vocabulary_sheets import RESOURCES
from briefs.models import EditionPlace, EditionTerm, Person, Term
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import NO_STATIC, numbered_content, publish, publish_editions

from .shared_names import KINDS, find_stale, make_heir, numbered_edition, renamed_row, shared_row

pytestmark = [pytest.mark.django_db, NO_STATIC]
NAMES = [kind for kind in KINDS if kind != "term"]


def find_by_name(kind: str, words: str) -> set[int]:
    ask = StoreRequest(parse_query(f'{kind}:"{words}"'), (), timezone.now())
    return {row.edition for row in get_store().find_page(ask, limit=1000)}


def list_page(client: Client, kind: str, slug: str) -> set[str]:
    """Return the slugs of the briefs on the page of a name. None if there is no page."""
    answer = client.get(f"/en/{kind}s/{slug}/")
    return set(re.findall(r'href="/en/briefs/([^"/]+)/', answer.text)) if answer.status_code == 200 else set()


@pytest.mark.parametrize("kind", NAMES)
def test_renamed_row_is_found_by_its_new_name_alone(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    current = set(edition_ids[:-1])
    assert find_by_name(kind, "One") == current
    workflow.vocabulary.save_vocabulary_row(renamed_row(kind, "7"), by=team.publisher)
    assert (find_by_name(kind, "One"), find_by_name(kind, "Name 7")) == (set(), current)
    assert find_stale() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_merged_and_unmerged_row_moves_to_the_page_where_it_belongs(
    kind: str, client: Client, team: factories.Team, edition_ids: list[int]
) -> None:
    loser, heir = shared_row(kind), make_heir(kind)
    slugs = {f"s{n}" for n in range(6)} | {"s8"}
    assert list_page(client, kind, loser.slug) == slugs
    workflow.vocabulary.merge_vocabulary([loser], into=heir, by=team.publisher)
    if kind == "term":  # found in the text, so the one kept has only its own places
        assert not EditionTerm.objects.exclude(edition=edition_ids[-1]).exists()
    else:
        assert list_page(client, kind, heir.slug) == slugs
        assert (find_by_name(kind, "One"), find_by_name(kind, "Heir")) == (set(), set(edition_ids[:-1]))
        facet = f"{kind[0]}{heir.pk}"
        ask = StoreRequest(parse_query(""), (facet,), timezone.now())
        assert len(get_store().find_page(ask, limit=1000)) == len(slugs)
    assert find_stale() == set()
    loser.refresh_from_db()
    workflow.vocabulary.unmerge_vocabulary(loser, by=team.publisher)
    assert list_page(client, kind, loser.slug) == slugs
    assert list_page(client, kind, heir.slug) == set()
    assert find_stale() == set()


@pytest.mark.parametrize("kind", ["keyword"])
def test_rename_costs_the_same_however_many_editions(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    def count_queries(tag: str) -> int:
        row = renamed_row(kind, tag)
        with CaptureQueriesContext(connection) as queries:
            workflow.vocabulary.save_vocabulary_row(row, by=team.publisher)
        return len(queries)

    count_queries("0")  # some queries run once per person
    before = count_queries("1")
    publish_editions(numbered_edition(n) for n in range(20, 40))
    assert count_queries("2") == before


def test_changed_term_is_marked_in_every_public_edition(
    client: Client, team: factories.Team, edition_ids: list[int]
) -> None:
    assert client.get("/en/briefs/s0/").text.count('class="term"') == 1
    workflow.vocabulary.save_vocabulary_row(Term(zh="談", en="on"), by=team.publisher)
    term = shared_row("term")
    term.en, term.also_en = "a threat", []
    workflow.vocabulary.save_vocabulary_row(term, by=team.publisher)
    assert {client.get(f"/en/briefs/s{n}/").text.count('class="term"') for n in range(6)} == {1}
    assert "deterrence</a>" not in client.get("/en/briefs/s0/").text
    assert set(EditionTerm.objects.values_list("term__en", flat=True)) == {"on"}
    assert find_stale() == set()


def test_longer_new_term_hides_the_shorter_one_only_where_it_stands(
    client: Client, team: factories.Team, edition_ids: list[int]
) -> None:
    texts = {"summary_zh": "第一篇談核嚇阻。", "summary_en": "On nuclear deterrence."}
    publish(numbered_content(30, **texts), "s30")
    term = Term(zh="核嚇阻", en="nuclear deterrence")
    workflow.vocabulary.save_vocabulary_row(term, by=team.publisher)
    assert list_page(client, "term", "nuclear-deterrence") == {"s30"}
    assert "s30" not in list_page(client, "term", "deterrence")
    assert find_stale() == set()
    term.zh = term.en = "Elsewhere"
    workflow.vocabulary.save_vocabulary_row(term, by=team.publisher)
    assert "s30" in list_page(client, "term", "deterrence")
    assert find_stale() == set()


def store_sheet(sheet: Sheet, by: Person) -> None:
    plan = RESOURCES[Term](by=by).import_data(sheet, dry_run=True)
    RESOURCES[Term](by=by, seen=" ".join(row.version for row in plan.rows)).import_data(sheet)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
@pytest.mark.parametrize("first", ["a name", "an edition"])
@pytest.mark.parametrize("kind", KINDS)
def test_rename_and_approval_at_once_show_readers_no_name_that_nobody_approved(
    kind: str, first: str, team: factories.Team, edition_ids: list[int]
) -> None:
    """The first transaction stays open until the second one waits for it. An approval that began before a rename is refused."""
    (edition,) = publish_editions([numbered_edition(99)])
    facts = edition.frozen_content.facts
    texts = {"summary_zh": "這篇談嚇阻。", "summary_en": "This is on deterrence."}
    brief = factories.signed_brief(team, factories.content("新", facts=facts, **texts))

    def rename() -> None:
        workflow.vocabulary.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)

    def approve() -> None:
        factories.approve(brief, team.publisher)

    first_act, second_act = (rename, approve) if first == "a name" else (approve, rename)

    def run_second_act() -> None:
        try:
            second_act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first_act()
            second_result = pool.submit(run_second_act)
            with pytest.raises(TimeoutError):
                second_result.result(timeout=0.5)
        if first == "a name":
            with pytest.raises(workflow.Refused) as refusal:
                second_result.result(timeout=60)
            assert [reason.code for reason in refusal.value.reasons] == ["seen"]
        else:
            second_result.result(timeout=60)
    assert find_stale() == set()
    assert EditionPlace.objects.filter(edition__brief=brief).exists() == (first == "an edition")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
def test_sheet_import_waiting_for_a_rename_holds_no_row_locks(
    team: factories.Team, edition_ids: list[int]
) -> None:
    """An import locks every row of its kind. Taking those locks before the lock on names would deadlock."""
    sheet = sheet_files.read_sheet("slug,zh,en\n,談,on\n".encode())

    def import_sheet() -> None:
        try:
            store_sheet(sheet, team.publisher)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            build.lock_names_exclusively()
            import_result = pool.submit(import_sheet)
            with pytest.raises(TimeoutError):
                import_result.result(timeout=0.5)
            workflow.vocabulary.save_vocabulary_row(shared_row("keyword"), by=team.publisher)
            workflow.vocabulary.save_vocabulary_row(shared_row("term"), by=team.publisher)
        import_result.result(timeout=60)
    assert Term.objects.filter(en="on").exists()
