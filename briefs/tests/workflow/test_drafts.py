"""What readers see of names and texts changes by two people alone, whichever way the change comes."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone, translation

from briefs import workflow
from briefs.content import Bullet, Byline
from briefs.models import Author, Draft, Event, Keyword, Outbox, Person, SiteText, Source, Term
from briefs.operations import notifications
from briefs.tests.support import brief_states, factories
from briefs.tests.support.factories import Team
from briefs.workflow.drafts import load_draft
from briefs.workflow.rules.leaves import LEAVES

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

GRAY = Bullet(0, "灰色地帶的脅迫。", "Coercion in the gray zone.")


def fetch_pages(*paths: str) -> str:
    return "".join(Client().get(path).text for path in paths)


def brief_pages(brief: Any, *more: str) -> str:
    return fetch_pages(f"/en/briefs/{brief.slug}/", f"/zh-hant/briefs/{brief.slug}/parallel/", "/en/", *more)


def keyword() -> Keyword:
    return Keyword.objects.get(label_zh__startswith="科技")


def rename(label: str = "Tech", zh: str = "科技", *, by: Person, seen: str = "") -> Draft:
    row = keyword()
    row.label_zh, row.label_en = zh, label
    draft = workflow.vocabulary.save_vocabulary_row(row, by=by, seen=seen)
    assert draft
    return draft


def shown_hash() -> str:
    row = keyword()
    return workflow.drafts.hash_shown(f"keyword/{row.slug}", row)


def sign(draft: Draft, *names: Any, by: Person) -> bool:
    return workflow.drafts.sign_draft(draft, names or LEAVES, by=by)


def assert_refused(code: str, act: Any, *args: Any, **values: Any) -> None:
    before = Draft.objects.count()
    with pytest.raises(workflow.Refused) as refusal:
        act(*args, **values)
    assert refusal.value.codes == [code]
    assert str(refusal.value)
    assert Draft.objects.count() == before


# What becomes a draft


@pytest.mark.parametrize("who", ["writer", "publisher"])
def test_rename_in_public_use_shows_nothing_until_another_person_says_yes(team: Team, who: str) -> None:
    brief, author = factories.live_brief(team), getattr(team, who)
    lists = ("/en/feed.atom", "/api/v1/briefs", "/en/search/?q=Technology")
    pages = brief_pages(brief, *lists)
    draft = rename(by=author)
    assert keyword().label_en == "Technology"
    assert brief_pages(brief, *lists) == pages
    assert sign(draft, by=team.reviewer)
    assert keyword().label_en == "Tech"
    assert ">Tech<" in brief_pages(brief).replace("\n", "")
    for path in (*lists[:2], "/en/search/?q=Tech"):
        assert "Tech<" in (page := fetch_pages(path)) or '"Tech"' in page
        assert "Technology" not in page
    acts = [("write_draft", author.pk), ("publish_draft", team.reviewer.pk)]
    assert list(Event.objects.filter(about=draft.page).values_list("verb", "by")) == acts


@pytest.mark.parametrize("state", ["cancelled", "removed"])
def test_row_of_an_edition_changes_by_a_draft_whatever_became_of_the_edition(team: Team, state: str) -> None:
    if state == "cancelled":
        workflow.cancel(brief_states.scheduled(team), by=team.publisher)
    else:
        workflow.remove(factories.live_brief(team), by=team.publisher, reason="x")
    rename(by=team.publisher)
    assert keyword().label_en == "Technology"


def test_row_of_drafts_alone_changes_freely(team: Team) -> None:
    factories.draft_brief(team)
    row = keyword()
    row.label_en = "Label of a draft"
    assert workflow.vocabulary.save_vocabulary_row(row, by=team.writer) is None
    factories.live_brief(team)
    source = Source.objects.get()
    source.kind, source.country = "think-tank", "TW"  # readers see the kind by 《》
    draft = workflow.vocabulary.save_vocabulary_row(source, by=team.writer)
    assert draft
    stored = Source.objects.get()
    assert (stored.kind, stored.country) == ("", "TW"), "a column of the desk needs no yes"
    assert sign(draft, by=team.publisher)
    assert Source.objects.get().kind == "think-tank"


def test_every_column_but_those_of_the_desk_changes_by_a_draft(team: Team) -> None:
    author = Author.make(name="Ada Lovelace", family="Lovelace", given="Ada")
    term = Term.make(zh="灰色地帶", en="gray zone")
    factories.live_brief(team, factories.content(facts=factories.facts(authors=(Byline(author.pk),))))
    rows: list[Any] = [author, term, Source.objects.get(), keyword()]
    for row, field in ((some, field) for some in rows for field in some._meta.concrete_fields):
        if not field.editable or field.name == "id":
            continue
        old = getattr(row, field.name)
        new = [*old, "另"] if isinstance(old, list) else not old if isinstance(old, bool) else f"{old}x"
        if choices := [value for value, _label in field.choices or ()]:
            new = next(value for value in choices if value != old)
        with transaction.atomic():
            setattr(row, field.name, new)
            draft = workflow.vocabulary.save_vocabulary_row(row, by=team.publisher)
            row.refresh_from_db()
            is_free = field.name in row.desk_columns
            assert (draft is None, getattr(row, field.name) == new) == (is_free, is_free), field
            transaction.set_rollback(True)
        row.refresh_from_db()


def test_merge_and_its_undoing_wait_for_a_second_person(team: Team) -> None:
    loser, heir = Term.make(zh="灰色地帶", en="gray zone"), Term.make(zh="灰區", en="gray")
    brief = factories.live_brief(team, factories.content(bullets=(GRAY,)))
    before = brief_pages(brief)
    (draft,) = workflow.vocabulary.merge_vocabulary([loser], into=heir, by=team.publisher)
    assert brief_pages(brief) == before
    assert sign(draft, by=team.reviewer)
    loser.refresh_from_db()
    assert loser.merged_into == heir
    merged = brief_pages(brief)
    assert merged != before
    undo = workflow.vocabulary.unmerge_vocabulary(loser, by=team.publisher)
    assert undo
    assert brief_pages(brief) == merged
    assert sign(undo, by=team.reviewer)
    assert brief_pages(brief) == before


@pytest.mark.parametrize("key", ["about", "keyword/technology"])
def test_text_of_the_site_waits_for_a_second_person(team: Team, key: str) -> None:
    factories.live_brief(team)
    path = f"/en/{key.replace('keyword', 'keywords')}/"
    before = fetch_pages(path)
    draft = workflow.vocabulary.revise_site_text(key, "關於科技。", "On technology.", by=team.publisher)
    assert draft
    assert (fetch_pages(path), SiteText.objects.exists()) == (before, False)
    assert not sign(draft, "en", by=team.reviewer)
    assert fetch_pages(path) == before
    assert sign(draft, "zh", by=team.reviewer)
    assert "On technology." in fetch_pages(path)
    assert SiteText.objects.get().updated_by == team.publisher


# Who says yes


@pytest.mark.parametrize("author", ["writer", "publisher"])
def test_two_people_always_finish_and_nobody_alone(team: Team, author: str) -> None:
    """Of a publisher and a writer, either says yes to the other's words, whoever of the team has left."""
    factories.live_brief(team)
    Person.objects.exclude(pk__in=[team.writer.pk, team.publisher.pk]).update(is_active=False)
    Person.objects.filter(pk=team.publisher.pk).update(is_superuser=True)
    pair = {"writer": team.writer, "publisher": Person.objects.get(pk=team.publisher.pk)}
    first, other = pair.pop(author), *pair.values()
    draft = rename("One", by=first)
    assert_refused("draft-signers", sign, draft, by=first)
    assert_refused("role", sign, draft, by=team.outsider)
    assert keyword().label_en == "Technology"
    assert sign(draft, by=other)
    rename("Two", by=other)
    draft = rename("Two!", by=first, seen=shown_hash())
    assert not sign(draft, by=team.publisher)
    assert sign(draft, by=team.writer)
    left = rename("Three", by=first)
    Person.objects.filter(pk=first.pk).update(is_active=False)
    Person.objects.filter(pk=team.other_writer.pk).update(is_active=True)
    assert sign(left, by=other)


def test_yes_of_somebody_who_left_still_counts(team: Team) -> None:
    factories.live_brief(team)
    draft = rename("Tech", "科技業", by=team.writer)
    assert not sign(draft, "zh", by=team.reviewer)
    Person.objects.filter(pk__in=[team.reviewer.pk, team.writer.pk]).update(is_active=False)
    assert sign(draft, "en", by=team.publisher)
    assert keyword().label_zh == "科技業"


@pytest.mark.parametrize("cause", ["setting", "undone"])
def test_draft_in_which_nothing_needs_a_yes_any_more_is_published_by_one(
    team: Team, settings: Any, cause: str
) -> None:
    """Either four eyes was switched off, or what still lacked a yes was undone."""
    factories.live_brief(team)
    draft = rename("Tech", "科技業", by=team.writer)
    if cause == "setting":
        draft = rename("Tech!", "科技業", by=team.publisher, seen=shown_hash())
        assert not sign(draft, by=team.publisher)
        settings.DIGEST_FOUR_EYES = False
    else:
        assert not sign(draft, "zh", by=team.reviewer)
        draft = rename("Technology", "科技業", by=team.other_writer, seen=shown_hash())
    assert_refused("draft-signers", sign, draft, by=team.other_writer)
    assert sign(draft, by=team.publisher)
    assert keyword().label_zh == "科技業"


# Drafts and rows that change meanwhile


def test_whoever_has_not_seen_the_draft_does_not_replace_it(team: Team) -> None:
    factories.live_brief(team)
    first, again = rename("A", by=team.writer), rename("A", by=team.writer)
    assert first == again  # a double click
    assert_refused("draft-waits", rename, "B", by=team.publisher)
    other = Keyword.make(label_zh="科學")
    assert_refused(
        "draft-waits", workflow.vocabulary.merge_vocabulary, [keyword()], into=other, by=team.publisher
    )
    seen = shown_hash()
    assert sign(first, by=team.publisher)
    assert_refused("seen", rename, "C", by=team.writer, seen=seen + "x")


def test_draft_is_taken_back_by_an_author_or_a_reviewer(team: Team) -> None:
    factories.live_brief(team)
    draft = rename(by=team.writer)
    assert_refused("draft-not-own", workflow.drafts.take_back_draft, draft, by=team.other_writer)
    workflow.drafts.take_back_draft(draft, by=team.reviewer)
    assert_refused("draft-over", sign, draft, by=team.publisher)
    again = rename(by=team.other_writer)
    row = keyword()  # as readers have it
    assert workflow.vocabulary.save_vocabulary_row(row, by=team.other_writer, seen=shown_hash()) is None
    assert_refused("draft-over", sign, again, by=team.publisher)
    assert not Draft.objects.waiting().exists()
    assert keyword().label_en == "Technology"


def test_changes_before_a_draft_was_taken_back_count_for_nobody(team: Team) -> None:
    factories.live_brief(team)
    workflow.drafts.take_back_draft(rename("A", by=team.publisher), by=team.publisher)
    assert sign(rename("B", by=team.writer), by=team.publisher)


def test_merge_into_an_entry_that_was_renamed_or_merged_meanwhile_is_refused(team: Team) -> None:
    factories.live_brief(team)
    heir, other = Keyword.make(label_zh="科學", label_en="Science"), Keyword.make(label_zh="其他")
    (draft,) = workflow.vocabulary.merge_vocabulary([keyword()], into=heir, by=team.writer)
    heir.label_en = "Sorcery"  # used by no edition yet, so it changes freely
    assert workflow.vocabulary.save_vocabulary_row(heir, by=team.writer) is None
    assert_refused("draft-outdated", sign, draft, by=team.publisher)
    (draft,) = workflow.vocabulary.merge_vocabulary([keyword()], into=heir, by=team.writer)
    workflow.vocabulary.merge_vocabulary([heir], into=other, by=team.writer)
    assert_refused("draft-outdated", sign, draft, by=team.publisher)


def test_name_that_another_entry_took_is_refused(team: Team) -> None:
    factories.live_brief(team)
    draft = rename("Tech", by=team.writer)
    Keyword.make(label_en="Tech")
    assert_refused("label-taken-now", sign, draft, by=team.publisher)
    assert keyword().label_en == "Technology"


def test_new_term_twice_is_one_draft_and_a_second_one_has_its_own_slug(team: Team) -> None:
    first, again, other = (
        workflow.vocabulary.save_vocabulary_row(
            Term(zh="灰色地帶", en="gray zone", note=note), by=team.writer
        )
        for note in ("", "", "other")
    )
    assert first == again
    factories.say_yes(first, other, by=team.publisher)
    assert sorted(Term.objects.values_list("slug", flat=True)) == ["gray-zone", "gray-zone-2"]


# Requests at the same moment


def wait_for_lock(act: Callable[[], Any], other: Callable[[], Any]) -> Any:
    """Run `other` on its own connection while the transaction of `act` is open. Return its result."""

    def run() -> Any:
        try:
            return other()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            act()
            result = pool.submit(run)
            with pytest.raises(TimeoutError):
                result.result(timeout=0.5)
        return result.result(timeout=60)


only_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time"
)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_second_of_two_decisions_at_once_is_refused(team: Team) -> None:
    factories.live_brief(team)
    draft = rename(by=team.writer)

    def take_back() -> list[str]:
        with pytest.raises(workflow.Refused) as refusal:
            workflow.drafts.take_back_draft(draft, by=team.other_publisher)
        return refusal.value.codes

    assert wait_for_lock(lambda: sign(draft, by=team.publisher), take_back) == ["draft-over"]


# Notices


def test_those_who_may_say_yes_and_then_the_author_are_told(team: Team) -> None:
    factories.live_brief(team)
    Outbox.objects.all().delete()
    draft = rename(by=team.publisher)
    told = {notice.to: notice for notice in Outbox.objects.filter(kind="drafted")}
    state = load_draft(draft.page)
    assert state
    assert told.keys() == set(state.find_signers())
    assert {team.reviewer, team.other_publisher} <= told.keys()
    assert not {team.publisher, team.writer} & told.keys()
    notice, page = told[team.reviewer], f"/admin/briefs/draft/{draft.pk}/change/"
    assert notifications.build_desk_path(notice) == page
    assert "科技 · Tech" in notifications.describe_notice(notice)
    assert page in notifications.compose(notice).body
    assert notice in notifications.find_inbox(team.reviewer, timezone.now() + dt.timedelta(minutes=1))
    workflow.drafts.take_back_draft(draft, by=team.other_publisher)
    answer = Outbox.objects.get(kind="settled")
    assert answer.to == team.publisher
    with translation.override("en"):
        assert "Your draft was taken back" in notifications.describe_notice(answer)
