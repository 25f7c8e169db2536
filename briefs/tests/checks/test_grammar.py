"""English grammar and capitals: articles, verbs after modals, *be*, sentences and names."""

import pytest

from briefs.checks import CheckContext, run_checks
from briefs.content import Bullet, Content

WRONG = [
    ("Japan announced an new plan.", "a"),
    ("An unanimous vote for an UN envoy.", "A"),
    ("It had a LNG tanker and a F-16.", "an"),
    ("It was a honest answer.", "an"),
    ("Talks with an European envoy lasted a hour.", "a"),
    ("The EU is an union of states.", "a"),
    ("The government should increases the budget.", "government should increase"),
    ("Companies must complies with the rules.", "Companies must comply"),
    ("Beijing could also pushes for more talks.", "Beijing could also push"),
    ("These countries is allies.", "These countries are"),
    ("The officials was worried.", "The officials were"),
    ("The plan are important.", "The plan is"),
    ("They was right.", "They were"),
    ("the government increased the budget.", "The"),
    ("The budget rose. but it was not enough.", "But"),
    ("Officials in beijing opposed the plan.", "Beijing"),
    ("The talks begin in september.", "September"),
]  # fmt: skip
RIGHT = [
    "A European union of a dozen users is a one-time event in an urban area for an hour.",
    "A uniform rule, a unanimous vote, an NGO, a NATO ally, an F-35, an LNG ship, a UN seat, option A or type A influenza.",
    "A U.S. official, an unimportant one, has a unique use for a UN seat and an NPT review.",
    "Its political will depends on the voters, and its military might threatens the island.",
    "Only then can states agree; how will sanctions on oil work?",
    "Washington will process the requests and must focus on the region.",
    "The United States is an ally. The news is good. The series is over. The people are poor.",
    "The number of officials was small. The following are allies. Economics is a science.",
    "U.S. allies, e.g. Japan, agreed. Sales of china rose vs. last year.",
    "The company iRobot makes robots.",
    "NATO, the EU, etc. would follow.",
]


def list_repairs(text: str) -> list[str]:
    content = Content(bullets=(Bullet(1, "", text),))
    findings = run_checks(content, CheckContext(), only=("grammar", "capitals"))
    return [edit.replacement for finding in findings if finding.repair for edit in finding.repair.edits]


@pytest.mark.parametrize(("text", "right"), WRONG)
def test_grammar_mistake_is_found_with_its_repair(text: str, right: str):
    assert right in list_repairs(text)


@pytest.mark.parametrize("text", RIGHT)
def test_correct_english_has_no_finding(text: str):
    assert list_repairs(text) == []
