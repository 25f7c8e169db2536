"""English grammar and capitals: articles, verbs after modals, *be*, sentences and names."""

import pytest

from briefs.bilingual.checks import CheckContext, run_checks
from briefs.content import Bullet, Content

WRONG = [
    ("Japan announced an new plan.", "a"),
    ("An unanimous vote for an UN envoy.", "A"),
    ("It had a LNG tanker and a F-16.", "an"),
    ("Talks with an European envoy lasted a hour.", "a"),
    ("The government should increases the budget.", "increase"),
    ("These countries is allies.", "are"),
    ("The plan are important.", "is"),
    ("China have increased its budget.", "has"),
    ("The number of ships have grown.", "has"),
    ("It is a country that have nuclear weapons.", "has"),
    ("Japan and Korea has signed a deal.", "have"),
    ("There is many reasons.", "are"),
    ("One of the reasons are money.", "is"),
    ("The country has went through a crisis.", "gone"),
    ("It did not took part.", "take"),
    ("It could affecting trade.", "affect"),
    ("This countries must act.", "country"),
    ("It gave many informations.", "information"),
    ("There were less countries.", "fewer"),
    ("Exports rose sharp in May.", "sharply"),
    ("They discussed about trade.", "discussed"),
    ("Although it is hard, but they try.", ""),
    ("Neither China or Japan agreed.", "nor"),
    ("Between 2020 to 2024 it grew.", "and"),
    ("Each of the member states have a vote.", "has"),
    ("If the talks fails, tariffs will return.", "fail"),
    ("Turkey refused allow the ships through.", "to allow"),
    ("They were able to entering the city.", "enter"),
    ("He suggested to hold a second round.", "holding"),
    ("The company denied have sold chips.", "having"),
    ("The vaccine must be keep below zero.", "kept"),
    ("Three oil refinery have closed.", "refineries"),
    ("Lagos is one of the fastest-growing city in the world.", "cities"),
    ("It draws on interviews with dozens officials.", "of officials"),
    ("It cost about US$300 millions.", "million"),
    ("She has worked there since ten years.", "for"),
    ("It depends the cooperation of others.", "depends on"),
    ("European Union should speed up.", "The European Union"),
    ("The navy lacks of divers.", "lacks"),
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
    "He recommends that the EU relax its rules and that the plan for recovery be drawn up.",
    "This may include two servers; drones have become cheap, and the locks below remain. Some argue that allies act.",
    "The queries of a page that is rendered are kept. A leaf may go. The government plans to bring peace.",
    "They need more water and less time than many a research group. If it were so, few would agree.",
    "NATO, the EU, etc. would follow.",
    "Shipyards could deliver 20 a year from 2028 on, or 12 per country in all.",
    "It took three and a half years, is renewed every six months, and every ten years a 40 percent tariff is due.",
    "The aircraft were late, and the hardest hit are small firms. There are no more ships. If there are no next steps, the union may refuse to.",
    "Neither of the two is a risk to others, and few agreed to cut, to lay down or to bring more.",
    "Hundreds of thousands have fled since two years ago; the details of the government plans are known.",
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
