"""Changes that readers would see at once wait for a second person, whichever way they come."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation

from briefs import notifications, workflow
from briefs.content import Bullet
from briefs.models import Event, Keyword, Outbox, Person, Proposal, SiteText, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.tests.support import factories
from briefs.workflow.proposals import hash_proposal, is_outdated

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

GRAY = Bullet(0, "灰色地帶的脅迫。", "Coercion in the gray zone.")


def fetch_pages(*paths: str) -> str:
    return "".join(Client().get(path).content.decode() for path in paths)


def brief_pages(brief: Any) -> str:
    return fetch_pages(f"/en/briefs/{brief.slug}/", f"/zh-hant/briefs/{brief.slug}/parallel/", "/en/")


def keyword() -> Keyword:
    return Keyword.objects.get(label_zh="科技")


def rename(label: str = "Tech", *, by: Person) -> Proposal | None:
    row = keyword()
    row.label_en = label
    return workflow.save_vocabulary_row(row, by=by)


def assert_refused(code: str, act: Any, *args: Any, **values: Any) -> None:
    before = list(Proposal.objects.order_by("pk").values())
    with pytest.raises(workflow.Refused) as refusal:
        act(*args, **values)
    assert refusal.value.codes == [code]
    assert str(refusal.value)
    assert list(Proposal.objects.order_by("pk").values()) == before


def accept(proposal: Proposal, *, by: Person, seen: str = "") -> None:
    workflow.accept_proposal(proposal, by=by, seen=seen or hash_proposal(proposal))


# What becomes a proposal


@pytest.mark.parametrize("who", ["writer", "publisher"])
def test_rename_in_public_use_shows_nothing_until_another_publisher_accepts(
    team: factories.Team, who: str
) -> None:
    brief = factories.live_brief(team)
    before = brief_pages(brief)
    proposal = rename(by=getattr(team, who))
    assert proposal
    assert (proposal.kind, proposal.changed_columns) == ("change", ["label_en"])
    assert keyword().label_en == "Technology"
    assert brief_pages(brief) == before
    accept(proposal, by=team.other_publisher)
    assert keyword().label_en == "Tech"
    assert ">Tech<" in brief_pages(brief).replace("\n", "")
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.decided_by) == ("accepted", team.other_publisher)
    events = Event.objects.filter(about=f"keyword/{keyword().slug}").values_list("verb", "by")
    assert list(events) == [
        ("propose", getattr(team, who).pk),
        ("accept_proposal", team.other_publisher.pk),
    ]


def test_term_whose_renderings_readers_see_is_marked_only_once_accepted(team: factories.Team) -> None:
    brief = factories.live_brief(team, factories.content(bullets=(GRAY,)))
    before = brief_pages(brief)
    assert 'class="term"' not in before
    proposal = workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone"), by=team.publisher)
    assert proposal
    assert proposal.kind == "new"
    assert not Term.objects.exists()
    assert brief_pages(brief) == before
    accept(proposal, by=team.other_publisher)
    assert Term.objects.get().slug == "gray-zone"
    assert 'class="term"' in brief_pages(brief)


@pytest.mark.parametrize(
    ("zh", "en", "values", "is_proposed"),
    [
        ("無處", "nowhere", {}, False),
        ("灰色地帶", "gray area", {}, False),  # no counterpart in the same pair, so no mark
        ("灰色地帶", "gray area", {"also_en": ["gray zones"]}, True),
        ("台灣", "coercion", {"also_zh": ["脅迫"]}, True),
    ],
)
def test_only_a_term_that_marks_public_text_becomes_a_proposal(
    team: factories.Team, zh: str, en: str, values: dict[str, Any], is_proposed: bool
) -> None:
    factories.live_brief(team, factories.content(bullets=(GRAY,)))
    factories.draft_brief(team, factories.content(bullets=(Bullet(0, "無處。", "Nowhere."),)))
    made = workflow.save_vocabulary_row(Term(zh=zh, en=en, **values), by=team.publisher)
    assert (made is not None, Term.objects.exists()) == (is_proposed, not is_proposed)


def test_term_that_gains_a_rendering_in_public_text_becomes_a_proposal(team: factories.Team) -> None:
    term = Term.make(zh="灰色空間", en="gray zone")
    brief = factories.live_brief(team, factories.content(bullets=(GRAY,)))
    term.also_zh = ["灰色地帶"]
    proposal = workflow.save_vocabulary_row(term, by=team.publisher)
    assert proposal
    assert 'class="term"' not in brief_pages(brief)
    accept(proposal, by=team.other_publisher)
    assert 'class="term"' in brief_pages(brief)


@pytest.mark.parametrize(
    "values",
    [
        {"zh": "灰色地帶論", "en": "nowhere"},
        {"zh": "無處", "en": "nowhere", "safe_zh": ["灰色地帶論"]},
        {"zh": "無處", "en": "nowhere", "avoid_zh": ["是灰色地帶"]},
    ],
)
def test_term_that_hides_the_mark_of_another_becomes_a_proposal(
    team: factories.Team, values: dict[str, Any]
) -> None:
    Term.make(zh="灰色地帶", en="gray zone", also_zh=["地帶論"], also_en=["theory"])
    text = Bullet(0, "這是灰色地帶論。", "This is gray zone theory.")
    brief = factories.live_brief(team, factories.content(bullets=(text,)))
    assert 'class="term"' in brief_pages(brief)
    proposal = workflow.save_vocabulary_row(Term(**values), by=team.publisher)
    assert proposal
    accept(proposal, by=team.other_publisher)
    undone = Term.objects.get(en="nowhere")
    undone.zh, undone.safe_zh, undone.avoid_zh = "烏有", [], []
    assert workflow.save_vocabulary_row(undone, by=team.publisher)  # the mark comes back


def test_term_whose_counterpart_only_the_checks_know_becomes_a_proposal(team: factories.Team) -> None:
    text = Bullet(0, "人工智慧的競賽。", "The AI race.")
    factories.live_brief(team, factories.content(bullets=(text,)))
    assert workflow.save_vocabulary_row(Term(zh="人工智慧", en="artificial intelligence"), by=team.publisher)


def test_scheduled_edition_counts_as_public(team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert rename(by=team.publisher)


def test_row_of_drafts_alone_and_desk_columns_change_freely(team: factories.Team) -> None:
    factories.draft_brief(team)
    assert rename("Draft label", by=team.writer) is None
    factories.live_brief(team)
    source = Source.objects.get()
    source.aliases, source.country = ["FP"], "US"
    assert workflow.save_vocabulary_row(source, by=team.writer) is None
    source.kind = "think-tank"  # readers see 《》
    assert workflow.save_vocabulary_row(source, by=team.writer)
    assert not Proposal.objects.exclude(about="source/foreign-policy").exists()


@pytest.mark.parametrize("kind", [Keyword, Source, Term])
def test_merge_and_its_undoing_wait_for_a_second_person(team: factories.Team, kind: type[Vocabulary]) -> None:
    term = Term.make(zh="灰色地帶", en="gray zone")
    brief = factories.live_brief(team, factories.content(bullets=(GRAY,)))
    loser = {Keyword: keyword(), Source: Source.objects.get(), Term: term}[kind]
    heir: Any = kind.make(
        **({"label_zh": "科學", "label_en": "Science"} if kind is Keyword else {"name": "FP"} if kind is Source else {"zh": "灰區", "en": "gray"})
    )  # fmt: skip
    before = brief_pages(brief)
    (proposal,) = workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    assert (proposal.kind, brief_pages(brief)) == ("merge", before)
    accept(proposal, by=team.other_publisher)
    loser.refresh_from_db()
    assert loser.merged_into == heir
    merged = brief_pages(brief)
    assert merged != before
    undo = workflow.unmerge_vocabulary(loser, by=team.publisher)
    assert undo
    assert (undo.kind, brief_pages(brief)) == ("unmerge", merged)
    accept(undo, by=team.other_publisher)
    assert brief_pages(brief) == before


def test_merge_of_an_entry_that_only_drafts_use_is_made_at_once(team: factories.Team) -> None:
    factories.live_brief(team)
    other, more = Keyword.make(label_zh="科學技術"), Keyword.make(label_zh="技術")
    assert workflow.merge_vocabulary([other, more], into=keyword(), by=team.writer) == []
    assert Keyword.objects.filter(merged_into=keyword()).count() == 2


def test_introduction_waits_for_a_second_person(team: factories.Team) -> None:
    factories.live_brief(team)
    key, path = f"keyword/{keyword().slug}", f"/en/keywords/{keyword().slug}/"
    before = fetch_pages(path)
    proposal = workflow.revise_site_text(key, "關於科技。", "On technology.", by=team.publisher, version=0)
    assert proposal
    assert (fetch_pages(path), SiteText.objects.exists()) == (before, False)
    accept(proposal, by=team.other_publisher)
    assert "On technology." in fetch_pages(path)
    text = SiteText.objects.get()
    assert (text.updated_by, text.version) == (team.publisher, 1)
    assert workflow.revise_site_text("about", "關於", "About", by=team.publisher, version=0) is None


def test_without_four_eyes_a_publisher_changes_at_once_and_a_writer_proposes(
    team: factories.Team, settings: Any
) -> None:
    factories.live_brief(team)
    settings.DIGEST_FOUR_EYES = False
    assert rename("A", by=team.publisher) is None
    assert Event.objects.filter(verb="relabel").count() == 1
    proposal = rename("B", by=team.writer)
    assert proposal
    accept(proposal, by=team.publisher)
    assert keyword().label_en == "B"


# Who decides


def test_only_another_publisher_decides(team: factories.Team) -> None:
    factories.live_brief(team)
    proposal = rename(by=team.publisher)
    assert proposal
    for verb in (workflow.accept_proposal, workflow.reject_proposal):
        values: dict[str, Any] = (
            {"seen": hash_proposal(proposal)} if "accept" in verb.__name__ else {"reason": "x"}
        )
        assert_refused("proposal-own", verb, proposal, by=team.publisher, **values)
        for who in (team.writer, team.reviewer, team.outsider):
            assert_refused("role", verb, proposal, by=who, **values)
    assert_refused("proposal-not-own", workflow.withdraw_proposal, proposal, by=team.other_publisher)
    assert_refused("reason", workflow.reject_proposal, proposal, by=team.other_publisher, reason=" ")
    workflow.reject_proposal(proposal, by=team.other_publisher, reason="太短")
    assert keyword().label_en == "Technology"
    assert_refused("proposal-decided", accept, proposal, by=team.other_publisher)


def test_proposal_of_a_sole_publisher_is_decided_by_any_writer_or_reviewer(team: factories.Team) -> None:
    factories.live_brief(team)
    proposal = rename(by=team.publisher)
    assert proposal
    assert_refused("role", accept, proposal, by=team.reviewer)
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    assert_refused("role", accept, proposal, by=team.outsider)
    assert_refused("proposal-own", accept, proposal, by=team.publisher)
    accept(proposal, by=team.reviewer)
    writers = rename("Again", by=team.writer)
    assert writers
    assert_refused("role", accept, writers, by=team.reviewer)  # the publisher is there to decide this one
    accept(writers, by=team.publisher)


def test_superuser_accepts_no_proposal_of_their_own(team: factories.Team) -> None:
    factories.live_brief(team)
    Person.objects.filter(pk=team.publisher.pk).update(is_superuser=True)
    proposal = rename(by=Person.objects.get(pk=team.publisher.pk))
    assert proposal
    assert_refused("proposal-own", accept, proposal, by=Person.objects.get(pk=team.publisher.pk))


def test_database_refuses_an_acceptance_by_the_author_and_a_changed_proposal(team: factories.Team) -> None:
    factories.live_brief(team)
    proposal = rename(by=team.publisher)
    assert proposal
    rows = Proposal.objects.filter(pk=proposal.pk)
    for values in (
        {"outcome": "accepted", "decided_by": team.publisher},
        {"after": {}},
        {"author": team.writer},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()


# One open proposal a row, and rows that change meanwhile


def test_newer_proposal_replaces_the_authors_own_and_others_wait(team: factories.Team) -> None:
    factories.live_brief(team)
    first, again = rename("A", by=team.writer), rename("A", by=team.writer)
    assert first == again  # a double click
    second = rename("B", by=team.writer)
    assert first
    assert second
    first.refresh_from_db()
    assert first.outcome == "replaced"
    assert_refused("proposal-open", rename, "C", by=team.publisher)
    other = Keyword.make(label_zh="科學")
    assert_refused("proposal-open", workflow.merge_vocabulary, [keyword()], into=other, by=team.publisher)
    accept(second, by=team.publisher)
    assert keyword().label_en == "B"
    assert rename("C", by=team.publisher)


def test_merge_that_is_proposed_twice_is_one_proposal_and_one_notice(team: factories.Team) -> None:
    factories.live_brief(team)
    heir = Keyword.make(label_zh="科學", label_en="Science")
    first, again = (workflow.merge_vocabulary([keyword()], into=heir, by=team.writer) for _ in range(2))
    assert first == again
    assert (
        Outbox.objects.filter(kind="proposed").values("to").distinct().count()
        == Outbox.objects.filter(kind="proposed").count()
    )


def test_new_term_twice_is_one_proposal_and_a_second_one_has_its_own_slug(team: factories.Team) -> None:
    factories.live_brief(team, factories.content(bullets=(GRAY,)))
    first, again, other = (
        workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone", note=note), by=team.writer)
        for note in ("", "", "other")
    )
    assert first == again
    assert first
    assert other
    accept(first, by=team.publisher)
    accept(other, by=team.publisher)
    assert sorted(Term.objects.values_list("slug", flat=True)) == ["gray-zone", "gray-zone-2"]


def test_proposal_about_a_row_that_changed_is_refused_and_can_be_renewed(team: factories.Team) -> None:
    factories.live_brief(team)
    source = Source.objects.get()
    source.name_zh = "外交政策月刊"
    proposal = workflow.save_vocabulary_row(source, by=team.writer)
    assert proposal
    other = Source.objects.get()
    other.country = "US"  # nothing that readers see, so it is stored at once
    assert workflow.save_vocabulary_row(other, by=team.other_writer) is None
    assert is_outdated(proposal)
    assert_refused("proposal-outdated", accept, proposal, by=team.publisher)
    assert_refused("proposal-not-own", workflow.renew_proposal, proposal, by=team.publisher)
    renewed = workflow.renew_proposal(proposal, by=team.writer)
    assert renewed
    assert not is_outdated(renewed)
    accept(renewed, by=team.publisher)
    source.refresh_from_db()
    assert (source.name_zh, source.country) == ("外交政策月刊", "US")


def test_merge_into_an_entry_that_was_renamed_or_merged_meanwhile_is_refused(team: factories.Team) -> None:
    factories.live_brief(team)
    heir, other = Keyword.make(label_zh="科學", label_en="Science"), Keyword.make(label_zh="其他")
    (proposal,) = workflow.merge_vocabulary([keyword()], into=heir, by=team.writer)
    seen = hash_proposal(proposal)
    heir.label_en = "Sorcery"  # used by no edition yet, so it changes freely
    assert workflow.save_vocabulary_row(heir, by=team.writer) is None
    assert_refused("proposal-seen", accept, proposal, by=team.publisher, seen=seen)
    workflow.merge_vocabulary([heir], into=other, by=team.writer)
    assert_refused("proposal-outdated", accept, proposal, by=team.publisher)


def test_name_that_another_entry_took_is_refused(team: factories.Team) -> None:
    factories.live_brief(team)
    proposal = rename("Tech", by=team.writer)
    assert proposal
    Keyword.make(label_en="Tech")
    assert_refused("label-taken-now", accept, proposal, by=team.publisher)
    assert keyword().label_en == "Technology"


def test_introduction_that_changed_meanwhile_is_refused_and_can_be_renewed(team: factories.Team) -> None:
    factories.live_brief(team)
    key = f"keyword/{keyword().slug}"
    proposal = workflow.revise_site_text(key, "甲", "A", by=team.publisher, version=0)
    assert proposal
    SiteText.objects.create(
        key=key, text_zh="乙", text_en="B", updated_at=timezone.now(), updated_by=team.writer
    )
    assert_refused("proposal-outdated", accept, proposal, by=team.other_publisher)
    renewed = workflow.renew_proposal(proposal, by=team.publisher)
    assert renewed
    accept(renewed, by=team.other_publisher)
    assert SiteText.objects.get().text_en == "A"


def test_proposed_new_term_is_refused_by_the_form_rules_when_it_became_invalid(team: factories.Team) -> None:
    with pytest.raises(ValidationError):
        Term(zh="", en="x").full_clean(exclude=["slug"])
    factories.live_brief(team, factories.content(bullets=(GRAY,)))
    proposal = workflow.save_vocabulary_row(Term(zh="", en="x", also_zh=["灰色地帶"], also_en=["gray zone"]), by=team.writer)  # fmt: skip
    assert proposal
    assert_refused("label-taken-now", accept, proposal, by=team.publisher)


# Requests at the same moment


def test_form_that_was_open_when_its_row_came_into_public_use_proposes(team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    row, term = keyword(), Term(zh="標題", en="point", also_zh=["第0點"])
    row.label_en = "Tech"
    factories.approve(brief, team.publisher)
    assert workflow.save_vocabulary_row(row, by=team.writer)
    assert workflow.save_vocabulary_row(term, by=team.writer)


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
def test_rename_during_an_approval_waits_for_it_and_becomes_a_proposal(team: factories.Team) -> None:
    brief = factories.signed_brief(team)
    assert wait_for_lock(
        lambda: factories.approve(brief, team.publisher), lambda: rename("Tech", by=team.writer)
    )
    assert keyword().label_en == "Technology"


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_new_term_during_an_approval_waits_for_it_and_becomes_a_proposal(team: factories.Team) -> None:
    brief = factories.signed_brief(team, factories.content(bullets=(GRAY,)))
    term = Term(zh="灰色地帶", en="gray zone")
    assert wait_for_lock(
        lambda: factories.approve(brief, team.publisher),
        lambda: workflow.save_vocabulary_row(term, by=team.writer),
    )
    assert not Term.objects.exists()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_second_of_two_decisions_at_once_is_refused(team: factories.Team) -> None:
    factories.live_brief(team)
    proposal = rename(by=team.writer)
    assert proposal

    def reject() -> list[str]:
        with pytest.raises(workflow.Refused) as refusal:
            workflow.reject_proposal(proposal, by=team.other_publisher, reason="不")
        return refusal.value.codes

    assert wait_for_lock(lambda: accept(proposal, by=team.publisher), reject) == ["proposal-decided"]
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.decided_by) == ("accepted", team.publisher)


# Notices


def test_those_who_may_decide_and_then_the_author_are_told(team: factories.Team) -> None:
    factories.live_brief(team)
    Outbox.objects.all().delete()
    proposal = rename(by=team.publisher)
    assert proposal
    (told,) = Outbox.objects.filter(kind="proposed")
    assert told.to == team.other_publisher
    page = f"/admin/briefs/proposal/{proposal.pk}/change/"
    assert notifications.build_desk_path(told) == page
    assert "科技 · Technology" in notifications.describe_notice(told)
    assert page in notifications.compose(told).body
    later = timezone.now() + dt.timedelta(minutes=1)
    assert told in notifications.find_inbox(team.other_publisher, later)
    workflow.reject_proposal(proposal, by=team.other_publisher, reason="不")
    (answer,) = Outbox.objects.filter(kind="decided")
    assert (answer.to, answer.values["outcome"]) == (team.publisher, "rejected")
    with translation.override("en"):
        assert "Your proposal was rejected" in notifications.describe_notice(answer)
