"""docs/style-rules.md and the checks name the same rules."""

import re
from pathlib import Path

from briefs.bilingual.checks import (
    ALL_CHECKS,
    PLAIN_CHECKS,
    CheckContext,
    apply_edits,
    collect_plain_repairs,
    run_checks,
)
from briefs.content import Content

DOCUMENT = (Path(__file__).resolve().parents[4] / "docs/style-rules.md").read_text(encoding="utf-8")
RULE = re.compile(
    r"^\| (?P<code>[ZENMF]\d{1,2}|L) \|.*\| (?:`(?P<check>[a-z_]+)`|no check) \|$", re.MULTILINE
)
ENFORCED_BY = {match["code"]: match["check"] for match in RULE.finditer(DOCUMENT)}


def test_document_and_checks_name_the_same_rules():
    declared = {(code, name) for name, check in ALL_CHECKS.items() for code in check.rules}
    assert declared == {(code, name) for code, name in ENFORCED_BY.items() if name}


def test_document_names_the_checks_that_are_fixed_directly():
    paragraph = DOCUMENT.partition("*Fix directly*")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", paragraph)) == PLAIN_CHECKS
    assert ALL_CHECKS.keys() > PLAIN_CHECKS


def test_plain_repair_leaves_figures_alone():
    content = Content(
        headline_zh="芯片,人工智能",
        headline_en="The defence of 10-15 programmes",
        summary_zh="產业",
        summary_en='A "test" of  5 km',
    )
    findings = run_checks(content, CheckContext())
    repair = collect_plain_repairs(findings, content, PLAIN_CHECKS)
    new = apply_edits(content, repair.edits)
    assert new is not None
    assert (new.headline_zh, new.summary_zh) == ("芯片，人工智能", "產業")
    assert "10-15" in new.headline_en
    assert "defense" in new.headline_en
    assert repair.values["n"] >= 4
