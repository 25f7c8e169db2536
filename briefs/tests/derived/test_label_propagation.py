"""A name that many editions show: the newest follow at once, the others when `publish_due` runs."""

import datetime as dt
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Byline, Content, Facts
from briefs.derived import build, label_propagation, term_occurrences
from briefs.exchange.sheets import sheet_formats
from briefs.exchange.sheets.sheet_import import apply_import, preview_import
from briefs.models import Author, Card, Edition, Gloss, Keyword, Relabelling, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.search import indexing
from briefs.tests.support import corpus_fixtures, factories

from ..support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

COUNT = 8
LABEL = {"keyword": "label_en", "term": "en"}
KINDS: dict[str, tuple[type[Vocabulary], dict[str, Any], dict[str, Any]]] = {
    "author": (Author, {"name": "One"}, {"name": "Heir"}),
    "keyword": (Keyword, {"label_zh": "一", "label_en": "One"}, {"label_zh": "繼", "label_en": "Heir"}),
    "source": (Source, {"name": "One"}, {"name": "Heir"}),
    "term": (Term, {"zh": "嚇阻", "en": "deterrence"}, {"zh": "繼承", "en": "heir"}),
}


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY)
    for name, value in {
        "MAX_IMMEDIATE_EDITIONS": 2,
        "BATCH": 2,
        "MAX_SCANNED_EDITIONS": 3,
        "PAUSE_SECONDS": 0,
    }.items():
        monkeypatch.setattr(label_propagation, name, value)


def row_of(kind: str) -> Any:
    """The first of its kind, which all editions name."""
    model, values, _heir = KINDS[kind]
    return model._default_manager.order_by("pk").first() or model.make(**values)


def heir_of(kind: str) -> Any:
    model, _values, heir = KINDS[kind]
    return model.make(**heir)


def numbered(n: int) -> tuple[str, Content, dict[str, Any]]:
    facts = Facts(
        source=row_of("source").pk,
        authors=(Byline(row_of("author").pk),),
        keywords=(row_of("keyword").pk,),
        date="2025-06-09",
    )
    words = {"summary_zh": f"第{n}篇談嚇阻。", "summary_en": f"No. {n} on deterrence."}
    return f"s{n}", corpus_fixtures.numbered_content(n, facts=facts, **words), {}


@pytest.fixture
def walked() -> list[int]:
    """Editions in the order in which they are gone through: the newest first, one that was superseded last."""
    row_of("term")
    *standing, old = corpus_fixtures.publish_editions(numbered(n) for n in (*range(COUNT - 2), COUNT))
    Edition.objects.filter(pk=old.pk).update(live_until=corpus_fixtures.DAY)
    indexing.drop_past_editions(corpus_fixtures.DAY)
    standing.append(corpus_fixtures.publish(old.frozen_content, old.slug, brief=old.brief))
    return [*(edition.pk for edition in reversed(standing)), old.pk]


def changed(kind: str, tag: str) -> Any:
    row = row_of(kind)
    if kind == "term":
        row.en, row.also_en = f"deterrent {tag}", ["deterrence"]
    else:
        setattr(row, LABEL.get(kind, "name"), f"Name {tag}")
    return row


def stale() -> set[int]:
    return set(build.find_stale_edition_ids())


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    return found[1] if found else ""


def due() -> str:
    out = StringIO()
    call_command("publish_due", stdout=out)
    return out.getvalue()


def waits_and_follows(walked: list[int]) -> None:
    assert stale() == set(walked[2:])
    assert Relabelling.objects.exists()
    assert label_propagation.continue_relabelling(seconds=-1) == 2
    assert stale() == set(walked[4:])
    assert f"{COUNT - 4} editions relabelled." in due()
    assert stale() == set()
    assert not Relabelling.objects.exists()
    assert "relabelled" not in due()


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_name_is_seen_in_the_newest_at_once_and_in_the_others_soon(
    kind: str, team: factories.Team, walked: list[int]
) -> None:
    row = changed(kind, "1")
    workflow.save_vocabulary_row(row, by=team.publisher)
    assert label_propagation.is_relabelling_pending(row)
    waits_and_follows(walked)
    assert not label_propagation.is_relabelling_pending(row)


@pytest.mark.parametrize("kind", KINDS)
def test_a_merge_and_its_end_do_the_same(kind: str, team: factories.Team, walked: list[int]) -> None:
    loser, heir = row_of(kind), heir_of(kind)
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    waits_and_follows(walked)
    loser.refresh_from_db()
    workflow.unmerge_vocabulary(loser, by=team.publisher)
    waits_and_follows(walked)


@pytest.mark.parametrize("kind", KINDS)
def test_a_merge_that_is_undone_half_way_leaves_nothing_behind(
    kind: str, team: factories.Team, walked: list[int]
) -> None:
    loser, heir = row_of(kind), heir_of(kind)
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    label_propagation.continue_relabelling(seconds=-1)
    loser.refresh_from_db()
    workflow.unmerge_vocabulary(loser, by=team.publisher)
    due()
    assert stale() == set()
    assert not Relabelling.objects.exists()


def test_a_new_term_is_looked_for_in_the_newest_first(team: factories.Team, walked: list[int]) -> None:
    before = Gloss.objects.get(edition=walked[2]).labels
    workflow.save_vocabulary_row(Term(zh="談", en="on"), by=team.publisher)
    assert stale() == set(walked[2:])
    assert Gloss.objects.get(edition=walked[2]).labels == before
    due()
    assert stale() == set()


def test_the_words_of_few_editions_are_looked_through_at_a_time(
    team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, real = [], term_occurrences.find_affected_editions

    def concerned(terms: Any, editions: Any) -> set[int]:
        looked.append(len(editions))
        return real(terms, editions)

    monkeypatch.setattr(term_occurrences, "find_affected_editions", concerned)
    workflow.save_vocabulary_row(Term(zh="無處", en="nowhere"), by=team.publisher)
    assert looked == [3]
    due()
    assert looked == [3, 3, 1, 1]


def test_a_term_in_no_new_text_is_found_in_an_old_one(team: factories.Team) -> None:
    old = corpus_fixtures.publish(corpus_fixtures.numbered_content(1, summary_zh="灰色地帶。"), "old")
    for n in range(2, 9):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"s{n}")
    workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone"), by=team.publisher)
    assert stale() == {old.pk}
    assert "1 editions relabelled." in due()
    assert stale() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_one_batch_that_fails_takes_none_of_the_others_with_it(
    kind: str, team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow.save_vocabulary_row(changed(kind, "1"), by=team.publisher)
    at = {"term": (term_occurrences, "group_places_by_term"), "source": (build, "_build_card")}.get(
        kind, (build, "rebuild_labels")
    )
    real = getattr(*at)
    made = []

    def dies(*args: Any) -> Any:
        made.append(args)
        if len(made) > (
            1 if at[1] == "rebuild_labels" else 3
        ):  # in the second batch, when rows of it are gone
            raise RuntimeError("killed")
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(*at, dies)
        with pytest.raises(RuntimeError, match="killed"):
            due()
    assert stale() == set(walked[4:])
    assert Gloss.objects.count() == Card.objects.count() == COUNT
    due()
    assert stale() == set()
    assert not Relabelling.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_in_the_middle_begins_anew(kind: str, team: factories.Team, walked: list[int]) -> None:
    workflow.save_vocabulary_row(changed(kind, "1"), by=team.publisher)
    label_propagation.continue_relabelling(seconds=-1)
    workflow.save_vocabulary_row(changed(kind, "2"), by=team.publisher)
    assert Relabelling.objects.count() == 1
    assert stale() == set(walked[2:])
    due()
    assert stale() == set()


def test_an_edition_that_is_superseded_in_the_middle_is_not_left_out(
    team: factories.Team, walked: list[int]
) -> None:
    workflow.save_vocabulary_row(changed("keyword", "1"), by=team.publisher)
    Edition.objects.filter(pk=walked[4]).update(live_until=corpus_fixtures.DAY + dt.timedelta(minutes=1))
    due()
    assert stale() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_verb_asks_does_not_grow(kind: str, team: factories.Team, walked: list[int]) -> None:
    def asked(tag: str) -> int:
        row = changed(kind, tag)
        with CaptureQueriesContext(connection) as queries:
            workflow.save_vocabulary_row(row, by=team.publisher)
        return len(queries)

    asked("0")  # what is asked once of a person
    few = asked("1")
    corpus_fixtures.publish_editions(numbered(n) for n in range(20, 40))
    assert asked("2") == few


@pytest.mark.parametrize("kind", KINDS)
def test_where_few_are_concerned_nothing_waits(
    kind: str, team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_propagation, "MAX_IMMEDIATE_EDITIONS", COUNT)
    monkeypatch.setattr(label_propagation, "MAX_SCANNED_EDITIONS", COUNT)
    loser, heir = row_of(kind), heir_of(kind)
    workflow.save_vocabulary_row(changed(kind, "1"), by=team.publisher)
    assert stale() == set()
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    assert stale() == set()
    assert not Relabelling.objects.exists()


def test_many_rows_of_a_sheet_are_one_walk(
    team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY + dt.timedelta(seconds=next(seconds)))
    keywords = [Keyword.make(label_zh=f"詞{n}", label_en=f"Word {n}") for n in range(3)]
    facts = Facts(source=row_of("source").pk, keywords=tuple(k.pk for k in keywords), date="2025-06-09")
    for n in range(5):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n, facts=facts), f"w{n}")
    data = "slug,label_en\n" + "".join(f"{k.slug},Changed {k.pk}\n" for k in keywords)
    sheet = sheet_formats.read_sheet(data.encode())
    apply_import(
        sheet,
        Keyword,
        by=team.publisher,
        preview_hash=preview_import(sheet, Keyword, by=team.publisher).preview_hash,
    )
    assert len(stale()) == 3
    assert Relabelling.objects.count() == 3
    assert "3 editions relabelled." in due()
    assert stale() == set()


@pytest.mark.parametrize("most", [1, 10])
def test_many_new_terms_are_looked_for_together(
    most: int, team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(term_occurrences, "MAX_TERMS_SEARCHED", most)
    sheet = sheet_formats.read_sheet("slug,zh,en\n,談,on\n,第,No.\n".encode())
    apply_import(
        sheet,
        Term,
        by=team.publisher,
        preview_hash=preview_import(sheet, Term, by=team.publisher).preview_hash,
    )
    waits_and_follows(walked)


def test_rebuilding_everything_leaves_nothing_to_wait_for(team: factories.Team, walked: list[int]) -> None:
    workflow.save_vocabulary_row(changed("term", "1"), by=team.publisher)
    call_command("rebuild_derived", stdout=StringIO())
    assert stale() == set()
    assert not Relabelling.objects.exists()


def test_what_changes_while_all_is_rebuilt_waits_still(
    team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = build.rebuild_derived_rows
    workflow.save_vocabulary_row(changed("keyword", "1"), by=team.publisher)

    def derived(editions: Any) -> None:
        real(editions)
        monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY + dt.timedelta(seconds=1))
        workflow.save_vocabulary_row(changed("keyword", "2"), by=team.publisher)

    monkeypatch.setattr(build, "rebuild_derived_rows", derived)
    call_command("rebuild_derived", stdout=StringIO())
    assert stale() == set(walked[2:])
    due()
    assert stale() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's transactions are alone as they are")
@pytest.mark.parametrize("first", ["a name", "an edition"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_edition_that_is_added_while_a_name_changes_has_the_new_one(
    kind: str, first: str, team: factories.Team, walked: list[int]
) -> None:
    """Whoever is first is kept from its commit until the other waits."""
    (edition,) = corpus_fixtures.publish_editions([numbered(99)])
    facts = edition.frozen_content.facts
    words = {"summary_zh": "這篇談嚇阻。", "summary_en": "This is on deterrence."}
    brief = factories.signed_brief(team, factories.content("新", facts=facts, **words))

    def renames() -> None:
        workflow.save_vocabulary_row(changed(kind, "1"), by=team.publisher)

    def approves() -> None:
        factories.approve(brief, team.publisher)

    one, other = (renames, approves) if first == "a name" else (approves, renames)

    def alone() -> None:
        try:
            other()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            one()
            later = pool.submit(alone)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.5)
        later.result(timeout=20)
    due()
    assert stale() == set()
    assert Card.objects.filter(edition__brief=brief).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's transactions are alone as they are")
def test_a_sheet_waits_for_a_name_without_a_lock_on_it(team: factories.Team, walked: list[int]) -> None:
    """A sheet locks every row of its kind. Were it to do so first, each would wait for what the other holds."""
    sheet = sheet_formats.read_sheet("slug,zh,en\n,談,on\n".encode())
    shown = preview_import(sheet, Term, by=team.publisher).preview_hash

    def takes() -> None:
        try:
            apply_import(sheet, Term, by=team.publisher, preview_hash=shown)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            label_propagation.lock_names_exclusively()
            later = pool.submit(takes)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.5)
            workflow.save_vocabulary_row(row_of("keyword"), by=team.publisher)
            workflow.save_vocabulary_row(row_of("term"), by=team.publisher)
        later.result(timeout=20)
    assert Term.objects.filter(en="on").exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_each_edition_once(team: factories.Team, walked: list[int]) -> None:
    workflow.save_vocabulary_row(changed("keyword", "1"), by=team.publisher)
    workflow.save_vocabulary_row(changed("source", "1"), by=team.publisher)

    def works() -> int:
        try:
            return label_propagation.continue_relabelling()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(works) for _ in range(2)]
        assert sum(worker.result() for worker in made) == 2 * (COUNT - 2)
    assert stale() == set()
    assert not Relabelling.objects.exists()


SAID = {
    "en": "The newest briefs show this now; the others follow within a few minutes.",
    "zh-hant": "最新的文摘已依此更新，其餘將在幾分鐘內陸續更新。",
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("kind", KINDS)
def test_the_desk_says_that_the_others_follow(
    kind: str, language: str, client: Client, team: factories.Team, walked: list[int]
) -> None:
    sign_in(client, team.publisher, language)
    row = row_of(kind)
    address = f"/admin/briefs/{kind}/{row.pk}/change/"
    form = Form(client.get(address).content.decode(), id=f"{kind}_form")
    assert (
        SAID[language]
        in client.post(address, form.data_with(**{LABEL.get(kind, "name"): "Else"}), follow=True).text
    )
    due()
    assert SAID[language] not in client.get(address).text
    merge = f"/admin/briefs/{kind}/merge/?ids={row.pk},{heir_of(kind).pk}"
    data = {"seen": seen(client.get(merge).text), "keep": type(row)._default_manager.latest("pk").pk}
    assert SAID[language] in client.post(merge, data, follow=True).text
    due()
    page = client.post(f"/admin/briefs/{kind}/{row.pk}/unmerge/", follow=True).text
    assert SAID[language] in page


def test_a_sheet_says_so_too_and_a_small_site_never(
    client: Client, team: factories.Team, walked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, team.publisher)

    def taken(label: str) -> str:
        file = SimpleUploadedFile("k.csv", f"slug,label_en\n{row_of('keyword').slug},{label}\n".encode())
        where = client.post("/admin/briefs/keyword/import/", {"file": file})["Location"]
        return client.post(where, {"seen": seen(client.get(where).text)}, follow=True).text

    assert SAID["en"] in taken("New")
    due()
    monkeypatch.setattr(label_propagation, "MAX_IMMEDIATE_EDITIONS", COUNT)
    page = taken("Newer")
    assert "1 entry changed" in page
    assert SAID["en"] not in page
