"""docs/style-rules.md and the checks name the same rules."""

import re
from pathlib import Path

import pytest

from briefs.checks import (
    ALL_CHECKS,
    PLAIN_CHECKS,
    CheckContext,
    apply_edits,
    collect_plain_repairs,
    run_checks,
)
from briefs.content import Content

CHECKS = Path(__file__).resolve().parents[2] / "checks"
DOCUMENT = (CHECKS.parents[1] / "docs/style-rules.md").read_text(encoding="utf-8")
RULE = re.compile(
    r"^\| (?P<code>[ZENMF]\d{1,2}|L) \|.*\| (?:`(?P<module>[a-z_/]+\.py)`|no check) \|$", re.MULTILINE
)
CITATION = re.compile(r"\(((?:[ZENMF]\d{1,2}|L)(?:(?:–|, )[ZENMF]\d{1,2})*)\)")

ENFORCED_BY = {match["code"]: match["module"] for match in RULE.finditer(DOCUMENT)}


def list_cited_codes(source: str) -> set[str]:
    """Return the codes cited in brackets, such as (Z1–Z4, Z6)."""
    codes: set[str] = set()
    for citation in CITATION.findall(source):
        for part in citation.split(", "):
            first, _, last = part.partition("–")
            numbers = range(int(first[1:] or 0), int(last[1:] or first[1:] or 0) + 1) if last else ()
            codes |= {f"{first[0]}{number}" for number in numbers} or {first}
    return codes


CITED_CODES = {
    path.relative_to(CHECKS).as_posix(): list_cited_codes(path.read_text(encoding="utf-8"))
    for path in CHECKS.rglob("*.py")
}


def test_citations_are_read():
    assert list_cited_codes("Check (Z1–Z4, Z6), (L) and (N3, N5), not N4.") == {
        *("Z1", "Z2", "Z3", "Z4", "Z6", "L", "N3", "N5"),
    }


def test_every_row_of_the_document_is_a_rule():
    codes = re.findall(r"^\| ([ZENMFL]\d*) \|", DOCUMENT, re.MULTILINE)
    assert codes == list(ENFORCED_BY)
    assert codes == [
        *(f"Z{n}" for n in range(1, 13)),
        *(f"E{n}" for n in range(1, 10)),
        *(f"N{n}" for n in range(1, 8)),
        "L",
        *(f"M{n}" for n in range(1, 8)),
        *(f"F{n}" for n in range(1, 6)),
    ]


def test_every_cited_code_is_defined_in_the_document():
    assert set().union(*CITED_CODES.values()) <= set(ENFORCED_BY)


@pytest.mark.parametrize(("code", "module"), [pair for pair in ENFORCED_BY.items() if pair[1]])
def test_module_cites_the_rule_that_the_document_says_it_enforces(code, module):
    assert code in CITED_CODES[module]


def test_document_names_every_check():
    modules = {name for name in CITED_CODES if "\ndef check(" in (CHECKS / name).read_text(encoding="utf-8")}
    assert modules <= set(re.findall(r"`([a-z_/]+\.py)`", DOCUMENT))


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
