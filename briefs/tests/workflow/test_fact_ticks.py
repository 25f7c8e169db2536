"""Nobody approves a fact or a name that only they have looked at."""

from dataclasses import replace

import pytest

from briefs import workflow
from briefs.content import Byline
from briefs.derived.public_brief import PageNames
from briefs.models import Author, Brief, Event, FactTick, Keyword, Person, Source, Term
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


def change_fact(brief: Brief, by: Person, **facts: object) -> None:
    factories.edit(brief, by, facts=replace(factories.load_content(brief).facts, **facts))


def why_refused(brief: Brief, by: Person, *, ticked: tuple[str, ...] = ("title", "doi")) -> list[str]:
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, by, ticked=ticked)
    return refusal.value.codes


@pytest.mark.parametrize("order", ["before the sign-offs", "after the sign-offs", "before another's facts"])
def test_publisher_cannot_approve_own_fact_until_somebody_else_ticks_it(team: Team, order: str) -> None:
    brief = factories.submitted_brief(team)
    if order == "after the sign-offs":
        factories.sign_off(brief, team.reviewer)
    change_fact(brief, team.publisher, title="The Publisher's Title")
    if order == "before another's facts":
        change_fact(brief, team.writer, doi="10.1000/x")
    else:
        factories.edit(brief, team.writer, summary_zh="又改。")
        factories.sign_off(brief, team.reviewer, "zh")
    factories.sign_off(brief, team.reviewer)
    assert why_refused(brief, team.publisher) == ["facts-own"]
    factories.tick(brief, team.writer, "title")
    assert factories.approve(brief, team.publisher, ticked=["title", "doi"]).approved_by == team.publisher


def test_sole_publisher_who_changed_a_fact_last_approves_once_it_is_ticked(team: Team) -> None:
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    brief = factories.signed_brief(team)
    change_fact(brief, team.publisher, doi="10.1000/x")
    assert why_refused(brief, team.publisher) == ["facts-own"]
    factories.tick(brief, team.writer, "doi")
    edition = factories.approve(brief, team.publisher, ticked=["doi"])
    assert (edition.approved_by, edition.edited_by) == (team.publisher, team.writer)


def test_tick_counts_for_the_value_that_was_ticked(team: Team) -> None:
    brief = factories.submitted_brief(team)
    change_fact(brief, team.publisher, title="One")
    factories.tick(brief, team.reviewer, "title")
    change_fact(brief, team.publisher, title="Two")
    factories.edit(brief, team.writer, summary_zh="又改。")
    factories.sign_off(brief, team.reviewer)
    assert why_refused(brief, team.publisher) == ["facts-own"]
    change_fact(brief, team.writer, title="One")  # the old value, brought back by somebody else
    factories.edit(brief, team.writer, summary_zh="再改。")
    factories.sign_off(brief, team.reviewer)
    assert why_refused(brief, team.publisher) == ["facts-own"]


def test_fact_changed_and_changed_back_is_no_change(team: Team) -> None:
    brief = factories.signed_brief(team)
    change_fact(brief, team.publisher, title="A Slip")
    change_fact(brief, team.publisher, title="")
    assert factories.approve(brief, team.publisher).approved_by == team.publisher


def test_fact_of_an_earlier_edition_is_nobodys_change(team: Team) -> None:
    brief = factories.submitted_brief(team)
    change_fact(brief, team.publisher, title="The Title")
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.other_publisher, ticked=["title"])
    assert factories.publish_revision(team, brief, "二").approved_by == team.publisher


@pytest.mark.parametrize(
    ("who", "name", "hash", "code"),
    [
        ("publisher", "title", "", "fact-own"),
        ("reviewer", "title", "0" * 64, "fact-seen"),
        ("reviewer", "doi", "", "fact-seen"),
    ],
)
def test_own_outdated_or_unchanged_fact_cannot_be_ticked(
    team: Team, who: str, name: str, hash: str, code: str
) -> None:
    brief = factories.submitted_brief(team)
    change_fact(brief, team.publisher, title="The Title")
    with pytest.raises(workflow.Refused) as refusal:
        workflow.tick_facts(brief, {name: hash or factories.hash_fact(brief, name)}, by=getattr(team, who))
    assert refusal.value.codes == [code]
    assert not FactTick.objects.exists()


def test_ticking_twice_is_one_tick_and_one_event(team: Team) -> None:
    brief = factories.submitted_brief(team)
    for _ in range(2):
        factories.tick(brief, team.reviewer, "date")
    assert FactTick.objects.count() == Event.objects.filter(verb="tick_facts").count() == 1


# Names


def named_brief(team: Team) -> Brief:
    Term.make(zh="印太", en="Indo-Pacific")
    author = Author.make(name="Ann Lee", family="Lee", given="Ann")
    text = factories.content(
        summary_zh="印太的摘要。",
        summary_en="A summary on the Indo-Pacific.",
        facts=factories.facts(authors=(Byline(author.pk),)),
    )
    return factories.signed_brief(team, text)


@pytest.mark.parametrize(
    ("kind", "column", "value", "told"),
    [
        (Keyword, "label_en", "Techno", "科技 · Technology → 科技 · Techno"),
        (Source, "name_zh", "外交", "《外交政策》 · Foreign Policy → 《外交》 · Foreign Policy"),
        (Author, "name_zh", "李安", "Ann Lee (Lee, Ann) → 李安 · Ann Lee (Lee, Ann)"),
        (Author, "family", "Li", "Ann Lee (Lee, Ann) → Ann Lee (Li, Ann)"),
        (Term, "en", "Indo-Pacific region", "印太 · Indo-Pacific → –"),
    ],
)
def test_approval_after_a_rename_is_refused_and_says_what_changed(
    team: Team, kind: type, column: str, value: str, told: str
) -> None:
    brief = named_brief(team)
    seen, names = factories.content_hash(brief), PageNames.load(factories.load_content(brief))
    kind.objects.update(**{column: value})
    for act in (
        lambda: workflow.approve(brief, by=team.publisher, seen=seen, names_seen=names),
        lambda: workflow.publish_urgently(brief, by=team.publisher, seen=seen, names_seen=names, reason="快"),
    ):
        with pytest.raises(workflow.Refused) as refusal:
            act()
        assert refusal.value.codes == ["seen-names"]
        assert told in str(refusal.value)
    factories.approve(brief, team.publisher)


def test_term_that_comes_to_stand_in_the_text_after_it_was_shown_is_refused(team: Team) -> None:
    brief = named_brief(team)
    seen, names = factories.content_hash(brief), PageNames.load(factories.load_content(brief))
    Term.make(zh="摘要", en="summary")
    with pytest.raises(workflow.Refused) as refusal:
        workflow.approve(brief, by=team.publisher, seen=seen, names_seen=names)
    assert "– → 摘要 · summary" in str(refusal.value)


@pytest.mark.parametrize(
    ("was", "typed", "stored"),
    [
        (("Ann Lee", "Lee", "Ann"), {"name": "Ann Lim"}, ("Lim", "Ann")),
        (("Kim Jong-un", "Kim", "Jong-un"), {"name": "Gim Jong-un"}, ("Gim", "Jong-un")),
        (("V. Chilukuri", "Chilukuri", "Vivek"), {"name": "V. R. Chilukuri"}, ("Chilukuri", "Vivek")),
        (("Ann Lee", "Lee", "Ann"), {"name": "Ann M. Lim", "given": "Anna M."}, ("Lee", "Anna M.")),
        (("NATO", "", ""), {"name": "Nato"}, ("", "")),
    ],
)
def test_parts_follow_a_changed_name_unless_somebody_typed_them(
    team: Team, was: tuple[str, str, str], typed: dict[str, str], stored: tuple[str, str]
) -> None:
    row = Author.make(name=was[0], family=was[1], given=was[2])
    for column, value in typed.items():
        setattr(row, column, value)
    workflow.save_vocabulary_row(row, by=team.writer)
    kept = Author.objects.get(pk=row.pk)
    assert (kept.family, kept.given) == stored


def test_merged_keyword_is_a_rename(team: Team) -> None:
    brief = named_brief(team)
    seen, names = factories.content_hash(brief), PageNames.load(factories.load_content(brief))
    other = Keyword.make(label_zh="技術", label_en="Tech")
    workflow.merge_vocabulary([Keyword.objects.get(label_zh="科技")], into=other, by=team.writer)
    with pytest.raises(workflow.Refused) as refusal:
        workflow.approve(brief, by=team.publisher, seen=seen, names_seen=names)
    assert "科技 · Technology → 技術 · Tech" in str(refusal.value)


def test_tick_lapses_when_the_name_of_the_fact_changes(team: Team) -> None:
    brief = factories.submitted_brief(team)
    other = Source.make(name="Lawfare")
    change_fact(brief, team.publisher, source=other.pk)
    factories.tick(brief, team.reviewer, "source")
    factories.edit(brief, team.writer, summary_zh="又改。")
    factories.sign_off(brief, team.reviewer)
    Source.objects.filter(pk=other.pk).update(name="Lawfare Daily")
    assert why_refused(brief, team.publisher) == ["facts-own"]


def test_names_that_a_page_sends_back_are_read_or_ignored(team: Team) -> None:
    names = PageNames.load(factories.load_content(named_brief(team)))
    assert PageNames.parse(names.as_text()) == names
    for text in ("", "[]", "[1]", '{"a": 1}', '{"a": {"b": 2}}', "[" * 99_999):
        assert PageNames.parse(text) == PageNames()


@pytest.mark.parametrize(("kind", "fact"), [(Keyword, "keywords"), (Source, "source"), (Term, "terms")])
def test_publisher_who_named_an_entry_of_drafts_waits_for_a_tick_by_somebody_else(
    team: Team, kind: type, fact: str
) -> None:
    brief = named_brief(team)
    row = kind.objects.get()
    setattr(row, {"keywords": "label_en", "source": "name_zh", "terms": "note"}[fact], "Renamed")
    if kind is Term:
        row.also_en = ["Indo-Pacific area"]
    workflow.save_vocabulary_row(row, by=team.publisher)
    assert why_refused(brief, team.publisher) == ["facts-own"]
    factories.approve(brief, team.other_publisher)


def test_name_counts_as_seen_once_ticked_or_published(team: Team) -> None:
    brief = named_brief(team)
    keyword = Keyword.objects.get()
    keyword.label_en = "Techno"
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    factories.tick(brief, team.reviewer, "keywords")
    factories.approve(brief, team.publisher)
    other = factories.signed_brief(team)  # the same keyword, which an edition uses now
    factories.approve(other, team.publisher)


def test_publisher_who_merged_the_entry_that_another_was_merged_into_waits_for_a_tick(team: Team) -> None:
    brief = factories.signed_brief(team)
    middle, last = Keyword.make(label_zh="中", label_en="Mid"), Keyword.make(label_zh="末", label_en="Last")
    workflow.merge_vocabulary([Keyword.objects.get(label_zh="科技")], into=middle, by=team.other_publisher)
    workflow.merge_vocabulary([middle], into=last, by=team.publisher)
    assert why_refused(brief, team.publisher) == ["facts-own"]


def test_name_in_an_unconfirmed_urgent_edition_was_seen_by_nobody_else(team: Team) -> None:
    brief = named_brief(team)
    keyword = Keyword.objects.get()
    keyword.label_en = "Techno"
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    seen = factories.content_hash(brief)
    workflow.publish_urgently(brief, by=team.publisher, seen=seen, reason="Now")
    other = factories.signed_brief(team)
    assert why_refused(other, team.publisher) == ["facts-own"]
    workflow.confirm(brief, by=team.other_publisher)
    factories.approve(other, team.publisher)


def test_merge_that_an_edition_of_the_brief_shows_was_seen_by_its_approver(team: Team) -> None:
    brief = factories.signed_brief(team)
    heir = Keyword.make(label_zh="末", label_en="Last")
    workflow.merge_vocabulary([Keyword.objects.get(label_zh="科技")], into=heir, by=team.publisher)
    factories.approve(brief, team.other_publisher)
    assert factories.publish_revision(team, brief, "二").approved_by == team.publisher
