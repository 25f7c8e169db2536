"""Nobody approves their own work: the four-eyes rule as a table of histories."""

from dataclasses import replace

import pytest

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Brief, Edition, Person, Revision, SignOff, State
from briefs.workflow.rules import four_eyes

from ..support import factories
from ..support.factories import Team, person

pytestmark = pytest.mark.django_db

# W writes, R and S review, P publishes; B and C are writer, reviewer and publisher at once.
# A move: who + what. `z`/`e` changes that side, `Z`/`E` says yes to it, `n` says no to Chinese, `r` repairs it.
# Expected: is each side signed at the end, and is the last move refused?
HISTORIES = [
    # the first edition needs a yes for each language, whoever wrote
    ("W:ze", "zh- en-"),
    ("W:ze R:Z", "zh+ en-"),
    ("W:ze R:Z S:E", "zh+ en+"),
    ("W:ze R:ZE", "zh+ en+"),
    # a sole editor's own yes is refused
    ("B:ze B:Z", "refused"),
    ("B:ze B:E", "refused"),
    ("W:ze W:Z", "refused"),
    # a yes is bound to its text
    ("W:ze R:ZE W:z", "zh- en+"),
    ("W:ze R:ZE W:z R:Z", "zh+ en+"),
    ("W:ze R:ZE W:e", "zh+ en-"),
    # a reviewer who rewords needs the writer's yes beside their own
    ("W:ze R:z R:Z", "zh- en-"),
    ("W:ze R:z W:Z", "zh- en-"),
    ("W:ze R:z R:Z W:Z", "zh+ en-"),
    ("W:ze R:z S:Z", "zh+ en-"),
    ("W:ze R:z R:Z W:Z R:E", "zh+ en+"),
    # the writer signs only a side that a reviewer changed too
    ("W:ze R:z W:E", "refused"),
    ("W:ze V:z W:Z", "refused"),
    ("W:ze V:z R:Z", "zh+ en-"),
    # a no blocks, whoever else says yes, until the same person says yes
    ("W:ze R:n S:ZE", "zh- en+"),
    ("W:ze R:n R:Z", "zh+ en-"),
    ("W:ze R:n W:z S:Z", "zh+ en-"),
    ("W:ze S:Z R:n", "zh- en-"),
    # two people suffice, one may sign both, each other's work only
    ("B:ze C:ZE", "zh+ en+"),
    ("B:z C:e B:Z", "refused"),
    ("B:z C:e C:E", "refused"),
    ("B:z C:e B:E C:Z", "zh+ en+"),
    ("B:ze C:z B:Z", "zh- en-"),
    ("B:ze C:z B:Z C:Z", "zh+ en-"),
    # an edit of the same words changes nothing and drops no yes
    ("W:ze R:ZE W:0", "zh+ en+"),
    # a repair by one click is no one's change, but its text wants a yes
    ("W:ze R:ZE R:r", "zh- en+"),
    ("W:ze R:ZE R:r R:Z", "zh+ en+"),
    # the publisher may sign, but not what the publisher wrote alone
    ("W:ze P:ZE", "zh+ en+"),
    ("P:ze P:Z", "refused"),
    # order is a change of both languages
    ("W:ze R:ZE R:o", "zh- en-"),
    ("W:ze R:ZE R:o R:ZE", "zh- en-"),
    ("W:ze R:ZE R:o R:ZE W:ZE", "zh+ en+"),
    # a level belongs to its side
    ("W:ze R:ZE R:l", "zh- en+"),
]


class Play:
    def __init__(self) -> None:
        every = ("Writers", "Reviewers", "Publishers")
        groups = {
            "W": ["Writers"],
            "V": ["Writers"],
            "R": ["Reviewers"],
            "S": ["Reviewers"],
            "P": ["Publishers"],
            "B": every,
            "C": every,
        }
        self.people = {key: person(f"p{key}", *names) for key, names in groups.items()}
        self.brief: Brief | None = None
        self.count = 0

    def row(self) -> Brief:
        return Brief.objects.get(pk=self.brief.pk)

    def move(self, who: Person, what: str) -> None:
        self.count += 1
        if what in ("ze", "z", "e", "0") or what[0] in "rol":
            self.change(who, what)
        elif what == "n":
            workflow.send_back(self.brief, by=who, note="再看", sides=["zh"])
            Brief.objects.filter(pk=self.brief.pk).update(state=State.IN_REVIEW)
        else:
            for side in what:
                factories.sign_off(self.brief, who, "zh" if side == "Z" else "en")

    def change(self, who: Person, what: str) -> None:
        if self.brief is None:
            text = factories.content()
            if what != "ze":
                other = "en" if what == "z" else "zh"
                text = replace(text, **{f"headline_{other}": "", f"summary_{other}": ""}, bullets=())
            self.brief = workflow.create(text, by=who)
            Brief.objects.filter(pk=self.brief.pk).update(state=State.IN_REVIEW)
            return
        text = workflow.load_working_copy(self.row())
        if what == "0":
            new = text
        elif what == "o":
            new = replace(text, bullets=tuple(reversed(text.bullets)))
        elif what == "l":
            new = replace(
                text, bullets=(*text.bullets[:1], replace(text.bullets[1], level_zh=1), *text.bullets[2:])
            )
        else:
            sides = {"z": ["zh"], "e": ["en"], "ze": ["zh", "en"], "r": ["zh"]}[what]
            new = replace(text, **{f"summary_{side}": f"摘要 {self.count}" for side in sides})
        kind = Revision.Kind.REPAIR if what == "r" else Revision.Kind.SAVE
        workflow.save(self.brief, new, by=who, version=self.row().version, kind=kind)

    def outcome(self) -> str:
        standing = four_eyes.load_statuses_by_side(self.row(), workflow.load_working_copy(self.row()))
        return " ".join(f"{side}{'+' if answer.is_signed else '-'}" for side, answer in standing.items())


@pytest.mark.parametrize(("history", "expected"), HISTORIES, ids=[h for h, _ in HISTORIES])
def test_history_ends_with_expected_signoffs(history: str, expected: str) -> None:
    play = Play()
    moves = [move.split(":") for move in history.split()]
    for who, what in moves[:-1]:
        play.move(play.people[who], what)
    before = SignOff.objects.count()
    who, what = moves[-1]
    if expected == "refused":
        with pytest.raises(workflow.Refused):
            play.move(play.people[who], what)
        assert SignOff.objects.count() == before
        return
    play.move(play.people[who], what)
    assert play.outcome() == expected


def test_second_edition_needs_signoff_only_for_the_changed_side() -> None:
    team = Team()
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    row = factories.edit(brief, team.writer, summary_zh="新的摘要。")
    standing = four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))
    assert not standing["zh"].is_signed
    assert standing["en"].is_signed
    assert not standing["en"].signed_by or standing["en"].signed_by == {team.reviewer.pk}


def test_urgent_edition_counts_as_reviewed_only_once_confirmed() -> None:
    team = Team()
    brief = factories.draft_brief(team)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="快")
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    row = Brief.objects.get(pk=brief.pk)
    assert not four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))["zh"].is_signed
    workflow.confirm(brief, by=team.reviewer)
    assert four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))["zh"].is_signed


def test_discarded_edit_is_attributed_to_nobody() -> None:
    team = Team()
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    row = factories.edit(brief, team.other_writer, summary_zh="不要的。")
    workflow.discard(row, by=team.writer, version=row.version)
    row = Brief.objects.get(pk=brief.pk)
    assert row.state == State.APPROVED
    assert workflow.load_working_copy(row).summary_zh == "摘要。"
    assert (
        four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))["zh"].changed_by == frozenset()
    )


@pytest.mark.parametrize("who", ["last_editor", "facts_editor"])
def test_last_editor_and_last_facts_editor_cannot_approve(who: str) -> None:
    team = Team()
    brief = factories.submitted_brief(team)
    row = Brief.objects.get(pk=brief.pk)
    if who == "last_editor":
        factories.edit(brief, team.publisher, summary_zh="發行人改的。")
    else:
        factories.edit(brief, team.publisher, facts=factories.facts(title="The Article"))
        factories.edit(brief, team.writer, summary_zh="又改。")
    factories.sign_off(brief, team.reviewer)
    if who == "last_editor":
        factories.sign_off(brief, team.reviewer_en, "zh")
    with pytest.raises(workflow.Refused) as refused:
        factories.approve(brief, team.publisher)
    assert ("last-editor" if who == "last_editor" else "facts-own") in refused.value.codes
    assert not Edition.objects.exists()
    factories.approve(brief, team.other_publisher)
    assert Edition.objects.get().approved_by == team.other_publisher
    assert row.pk == brief.pk


def test_two_people_can_publish_but_the_writer_cannot_approve() -> None:
    every = ("Writers", "Reviewers", "Publishers")
    one, two = person("one", *every), person("two", *every)
    brief = workflow.create(factories.content(), by=one)
    workflow.submit(brief, by=one, version=brief.version)
    factories.sign_off(brief, two)
    with pytest.raises(workflow.Refused):
        factories.approve(brief, one)
    assert factories.approve(brief, two).four_eyes


def test_superuser_cannot_sign_or_approve_own_brief() -> None:
    root = Person.objects.create_superuser("root", "root@example.org", "pw")
    brief = workflow.create(factories.content(), by=root)
    workflow.submit(brief, by=root, version=brief.version)
    with pytest.raises(workflow.Refused) as refused:
        factories.sign_off(brief, root, "zh")
    assert refused.value.codes == ["own-zh"]
    with pytest.raises(workflow.Refused):
        factories.approve(brief, root)


def test_approver_must_tick_each_fact_changed_since_signoff() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    factories.edit(brief, team.writer, facts=factories.facts(title="The Article", doi="10.1/x"))
    with pytest.raises(workflow.Refused) as refused:
        factories.approve(brief, team.publisher, ticked=["title"])
    assert refused.value.codes == ["facts-unticked"]
    assert "DOI" in str(refused.value)
    factories.approve(brief, team.publisher, ticked=["title", "doi"])


def test_edition_records_that_four_eyes_was_off(settings) -> None:
    settings.DIGEST_FOUR_EYES = False
    alone = person("alone", "Writers", "Reviewers", "Publishers")
    brief = workflow.create(factories.content(bullets=(Bullet(0, "點。", "Point."),)), by=alone)
    workflow.submit(brief, by=alone, version=brief.version)
    factories.sign_off(brief, alone)
    edition = factories.approve(brief, alone)
    assert not edition.four_eyes
    assert edition.approved_by == edition.edited_by
