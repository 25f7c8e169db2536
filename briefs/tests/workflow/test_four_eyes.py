"""Nobody approves their own work: the four-eyes rule as a table of histories."""

from dataclasses import replace

import pytest

from briefs import workflow
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Edition, Person, SignOff, State
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, person
from briefs.workflow.review_comments import TextAnchor
from briefs.workflow.rules import four_eyes

pytestmark = pytest.mark.django_db

# W and V write, R and S review, P publishes; B and C are writer, reviewer and publisher at once.
# A move is `person:action`. `z`/`e` changes that side, `Z`/`E` says yes to it, `n` says no to Chinese,
# `r` repairs Chinese, `o` reorders the bullets, `l` changes a level in Chinese, `0` saves the same text,
# `<2` restores revision 2.
# Expected: which sides are signed at the end, or that the last move is refused.
HISTORIES = [
    # the first edition needs a yes for each side, whoever wrote it
    ("W:ze", "zh- en-"),
    ("W:ze R:Z", "zh+ en-"),
    ("W:ze R:Z S:E", "zh+ en+"),
    ("W:ze R:ZE", "zh+ en+"),
    # the only editor of a side cannot sign it
    ("B:ze B:Z", "refused"),
    ("B:ze B:E", "refused"),
    ("W:ze W:Z", "refused"),
    # a yes counts only for the text that it was given to
    ("W:ze R:ZE W:z", "zh- en+"),
    ("W:ze R:ZE W:z R:Z", "zh+ en+"),
    ("W:ze R:ZE W:e", "zh+ en-"),
    # a side that a writer and a reviewer changed needs a yes from both
    ("W:ze R:z R:Z", "zh- en-"),
    ("W:ze R:z W:Z", "zh- en-"),
    ("W:ze R:z R:Z W:Z", "zh+ en-"),
    ("W:ze R:z S:Z", "zh+ en-"),
    ("W:ze R:z R:Z W:Z R:E", "zh+ en+"),
    # a writer may sign only a side that a reviewer changed too
    ("W:ze R:z W:E", "refused"),
    ("W:ze V:z W:Z", "refused"),
    ("W:ze V:z R:Z", "zh+ en-"),
    # a no blocks its text, even if others say yes, until the same person says yes
    ("W:ze R:n S:ZE", "zh- en+"),
    ("W:ze R:n R:Z", "zh+ en-"),
    ("W:ze R:n W:z S:Z", "zh+ en-"),
    ("W:ze S:Z R:n", "zh- en-"),
    # two people suffice, even in all roles: each signs only what the other changed
    ("B:ze C:ZE", "zh+ en+"),
    ("B:z C:e B:Z", "refused"),
    ("B:z C:e C:E", "refused"),
    ("B:z C:e B:E C:Z", "zh+ en+"),
    ("B:ze C:z B:Z", "zh- en-"),
    ("B:ze C:z B:Z C:Z", "zh+ en-"),
    # saving the same text keeps every yes
    ("W:ze R:ZE W:0", "zh+ en+"),
    # a one-click repair counts as nobody's change, but the new text needs a yes
    # a publisher may sign, but not a side that only they wrote
    ("W:ze P:ZE", "zh+ en+"),
    ("P:ze P:Z", "refused"),
    # a new order changes both sides
    ("W:ze R:ZE R:o", "zh- en-"),
    ("W:ze R:ZE R:o R:ZE", "zh- en-"),
    ("W:ze R:ZE R:o R:ZE W:ZE", "zh+ en+"),
    # a level changes only its side
    ("W:ze R:ZE R:l", "zh- en+"),
    # what the same person changes and changes back leaves every yes, and is no change of theirs
    ("W:ze R:ZE P:z P:<1", "zh+ en+"),
    ("W:ze P:z P:<1 P:ZE", "zh+ en+"),
    ("B:ze C:ZE C:z C:<1", "zh+ en+"),
    # any other return to an earlier text is a change by whoever brings it back, to be signed anew
    ("W:ze R:ZE P:z V:<1", "zh- en+"),
    ("W:ze R:ZE P:z V:<1 R:Z", "zh+ en+"),
    ("W:ze R:ZE W:z R:<1", "zh- en+"),
    ("W:ze R:ZE W:z R:<1 R:Z", "zh- en+"),
    ("W:ze R:ZE W:z R:<1 R:Z W:Z", "zh+ en+"),
    ("W:ze R:n W:z V:<1 S:Z", "zh+ en-"),
]


class HistoryPlayer:
    def __init__(self) -> None:
        all_groups = ("Writers", "Reviewers", "Publishers")
        groups = {
            "W": ["Writers"],
            "V": ["Writers"],
            "R": ["Reviewers"],
            "S": ["Reviewers"],
            "P": ["Publishers"],
            "B": all_groups,
            "C": all_groups,
        }
        self.people = {key: person(f"p{key}", *names) for key, names in groups.items()}
        self.brief: Brief | None = None
        self.count = 0

    def reload(self) -> Brief:
        return Brief.objects.get(pk=self.brief.pk)

    def perform(self, by: Person, action: str) -> None:
        self.count += 1
        if action[0] == "<":
            workflow.restore(self.brief, int(action[1:]), by=by, version=self.reload().version)
        elif action in ("ze", "z", "e", "0") or action[0] in "rol":
            self.edit(by, action)
        elif action == "n":
            workflow.send_back(self.brief, by=by, note="再看", sides=["zh"])
            Brief.objects.filter(pk=self.brief.pk).update(state=State.IN_REVIEW)
        else:
            for side in action:
                factories.sign_off(self.brief, by, "zh" if side == "Z" else "en")

    def edit(self, by: Person, action: str) -> None:
        if self.brief is None:
            text = factories.content()
            if action != "ze":
                other = "en" if action == "z" else "zh"
                text = replace(text, **{f"headline_{other}": "", f"summary_{other}": ""}, bullets=())
            self.brief = workflow.create(text, by=by)
            Brief.objects.filter(pk=self.brief.pk).update(state=State.IN_REVIEW)
            return
        text = workflow.load_working_copy(self.reload())
        if action == "0":
            new = text
        elif action == "o":
            new = replace(text, bullets=tuple(reversed(text.bullets)))
        elif action == "l":
            new = replace(
                text, bullets=(*text.bullets[:1], replace(text.bullets[1], level_zh=1), *text.bullets[2:])
            )
        else:
            sides = {"z": ["zh"], "e": ["en"], "ze": ["zh", "en"]}[action]
            new = replace(text, **{f"summary_{side}": f"摘要 {self.count}" for side in sides})
        workflow.save(self.brief, new, by=by, version=self.reload().version)

    def describe_signoffs(self) -> str:
        statuses = four_eyes.load_statuses_by_side(self.reload(), workflow.load_working_copy(self.reload()))
        return " ".join(f"{side}{'+' if status.is_signed else '-'}" for side, status in statuses.items())


@pytest.mark.parametrize(("history", "expected"), HISTORIES, ids=[h for h, _ in HISTORIES])
def test_history_ends_with_expected_signoffs(history: str, expected: str) -> None:
    player = HistoryPlayer()
    moves = [move.split(":") for move in history.split()]
    for person_key, action in moves[:-1]:
        player.perform(player.people[person_key], action)
    before = SignOff.objects.count()
    person_key, action = moves[-1]
    if expected == "refused":
        with pytest.raises(workflow.Refused):
            player.perform(player.people[person_key], action)
        assert SignOff.objects.count() == before
        return
    player.perform(player.people[person_key], action)
    assert player.describe_signoffs() == expected


def test_second_edition_needs_signoff_only_for_the_changed_side() -> None:
    team = Team()
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    row = factories.edit(brief, team.writer, summary_zh="新的摘要。")
    statuses = four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))
    assert not statuses["zh"].is_signed
    assert statuses["en"].is_signed
    assert not statuses["en"].signed_by or statuses["en"].signed_by == {team.reviewer.pk}


def test_restored_text_of_the_first_edition_needs_new_signatures() -> None:
    team = Team()
    brief = factories.live_brief(team)
    factories.publish_revision(team, brief, "二")
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    version = Brief.objects.get(pk=brief.pk).version
    workflow.restore(brief, 1, by=team.writer, version=version)
    row = Brief.objects.get(pk=brief.pk)
    workflow.submit(row, by=team.writer, version=row.version)
    change = workflow.ChangeNote("update", "改回", "Changed back")
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(row, team.publisher, change=change)
    assert refusal.value.codes == ["unsigned-zh", "unsigned-en"]
    factories.sign_off(row, team.reviewer)
    assert factories.approve(row, team.publisher, change=change).number == 3


def test_outdated_sign_off_is_told_how_many_texts_changed() -> None:
    team = Team()
    brief = factories.submitted_brief(team)
    before = factories.load_content(brief)
    first, second, third = before.bullets
    bullets = (replace(first, text_en="A"), replace(second, text_zh="乙"), third, Bullet(0, "丁", "D"))
    factories.edit(brief, team.writer, bullets=bullets, headline_en="Another")
    with pytest.raises(workflow.Refused) as refusal:
        workflow.sign_off(brief, "en", by=team.reviewer, seen=before.hash_side("en"))
    (reason,) = refusal.value.reasons
    assert (reason.code, reason.values["n"]) == ("seen-en", 3)


def test_letter_added_and_deleted_by_another_lets_no_publisher_approve_own_text() -> None:
    team = Team()
    brief = workflow.create(factories.content(), by=team.publisher)
    workflow.submit(brief, by=team.publisher, version=brief.version)
    factories.edit(brief, team.writer, summary_zh="摘要。X")
    factories.edit(brief, team.writer, summary_zh="摘要。")
    factories.sign_off(brief, team.reviewer)
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher)
    assert refusal.value.codes == ["last-editor", "facts-own"]


def test_accepted_suggestion_needs_a_yes_for_who_accepted_and_for_who_worded_it() -> None:
    team = Team()
    brief = factories.submitted_brief(team)
    suggestion = workflow.suggest(
        brief,
        TextAnchor("headline"),
        "en",
        "A Better Headline",
        by=team.publisher,
        seen=hash_json("A Headline"),
    )
    revision = workflow.accept(suggestion, by=team.writer)
    assert revision is not None
    assert (revision.by, revision.also_by) == (team.writer, team.publisher)
    factories.sign_off(brief, team.reviewer, "zh")
    factories.sign_off(brief, team.publisher, "en")
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.other_publisher)
    assert refusal.value.codes == ["unsigned-en"]
    factories.sign_off(brief, team.writer, "en")
    assert factories.approve(brief, team.publisher).edited_by == team.writer


def test_urgent_edition_counts_as_reviewed_only_once_confirmed() -> None:
    team = Team()
    brief = factories.draft_brief(team)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="快")
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    row = Brief.objects.get(pk=brief.pk)
    assert not four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))["zh"].is_signed
    workflow.confirm(brief, by=team.reviewer)
    assert four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))["zh"].is_signed


def test_marker_of_a_bullet_is_signed_with_its_side() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    first, *others = factories.load_content(brief).bullets
    row = factories.edit(brief, team.writer, bullets=(replace(first, marker_zh="number"), *others))
    statuses = four_eyes.load_statuses_by_side(row, workflow.load_working_copy(row))
    assert [statuses["zh"].is_signed, statuses["en"].is_signed] == [False, True]


def test_signing_the_same_text_twice_stores_one_answer() -> None:
    team = Team()
    brief = factories.submitted_brief(team)
    factories.sign_off(brief, team.reviewer, "zh")
    factories.sign_off(brief, team.reviewer, "zh")
    assert SignOff.objects.filter(side="zh").count() == 1


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
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher)
    assert ("last-editor" if who == "last_editor" else "facts-own") in refusal.value.codes
    assert not Edition.objects.exists()
    factories.approve(brief, team.other_publisher)
    assert Edition.objects.get().approved_by == team.other_publisher
    assert row.pk == brief.pk


def test_publisher_may_approve_after_another_person_changed_a_fact_last() -> None:
    team = Team()
    brief = factories.draft_brief(team)
    factories.edit(brief, team.publisher, summary_zh="摘要，改。")
    brief = factories.edit(brief, team.other_writer, facts=factories.facts(title="A title"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    assert factories.approve(brief, team.publisher).number == 1


def test_two_people_can_publish_but_the_writer_cannot_approve() -> None:
    all_groups = ("Writers", "Reviewers", "Publishers")
    writer, reviewer = person("one", *all_groups), person("two", *all_groups)
    brief = workflow.create(factories.content(), by=writer)
    workflow.submit(brief, by=writer, version=brief.version)
    factories.sign_off(brief, reviewer)
    with pytest.raises(workflow.Refused):
        factories.approve(brief, writer)
    assert factories.approve(brief, reviewer).four_eyes


def test_superuser_cannot_sign_or_approve_own_brief() -> None:
    root = Person.objects.create_superuser("root", "root@example.org", "pw")
    brief = workflow.create(factories.content(), by=root)
    workflow.submit(brief, by=root, version=brief.version)
    with pytest.raises(workflow.Refused) as refusal:
        factories.sign_off(brief, root, "zh")
    assert refusal.value.codes == ["own-zh"]
    with pytest.raises(workflow.Refused):
        factories.approve(brief, root)


def test_approver_must_tick_each_fact_changed_since_signoff() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    factories.edit(brief, team.writer, facts=factories.facts(title="The Article", doi="10.1/x"))
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher, ticked=["title"])
    assert refusal.value.codes == ["facts-unticked"]
    assert "DOI" in str(refusal.value)
    factories.approve(brief, team.publisher, ticked=["title", "doi"])


def test_edition_records_that_four_eyes_was_off(settings) -> None:
    settings.DIGEST_FOUR_EYES = False
    sole_editor = person("alone", "Writers", "Reviewers", "Publishers")
    brief = workflow.create(factories.content(bullets=(Bullet(0, "點。", "Point."),)), by=sole_editor)
    workflow.submit(brief, by=sole_editor, version=brief.version)
    factories.sign_off(brief, sole_editor)
    edition = factories.approve(brief, sole_editor)
    assert not edition.four_eyes
    assert edition.approved_by == edition.edited_by
