"""Names in a document are matched to vocabulary rows: pairs of labels, merged rows, and suggestions for misspelt names."""

import pytest

from briefs import workflow
from briefs.exchange.intake import ImportOutcome, create_import_job, import_documents
from briefs.models import Brief, Keyword, Source
from briefs.tests.support import factories

pytestmark = pytest.mark.django_db
TEXT = "作者: Jane Doe\n來源: {source}\n日期: 2025-06-09\n關鍵字: {keywords}\n\n摘要:\n一段摘要。\n\nSummary:\nA paragraph.\n"


def import_with(keywords: str = "科技", source: str = "Foreign Policy") -> tuple[ImportOutcome, list[str]]:
    """Import a document with these names. Return the outcome and the keywords of the brief."""
    data = TEXT.format(keywords=keywords, source=source).encode()
    (outcome,) = import_documents([("a.txt", data)], create_import_job())
    facts = workflow.load_working_copy(Brief.objects.get(pk=outcome.brief)).facts
    rows = Keyword.objects.in_bulk(facts.keywords)
    return outcome, [str(rows[pk]) for pk in facts.keywords]


def caution_messages(outcome: ImportOutcome, code: str) -> list[str]:
    return [caution.message() for caution in outcome.cautions if caution.code == code]


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        ("科技/Technology", ["科技 · Technology"]),
        ("artificial intelligence / 人工智慧", ["人工智慧 · Artificial Intelligence"]),
        ("科技(Technology)", ["科技 · Technology"]),
        ("全球 Global", ["全球 · Global"]),
        ("科技/Technology、全球 Global、美國（United States）", ["科技 · Technology", "全球 · Global", "美國 · United States"]),
        ("科技／美國／全球", ["科技 · Technology", "美國 · United States", "全球 · Global"]),
        ("科技, Technology", ["科技 · Technology"]),
    ],
)  # fmt: skip
def test_two_labels_of_one_keyword_match_one_row(written: str, keywords: list[str]) -> None:
    factories.load_vocabulary()
    before = Keyword.objects.count()
    outcome, matched = import_with(written)
    assert (matched, Keyword.objects.count()) == (keywords, before)
    assert not caution_messages(outcome, "unknown-keyword")
    assert not caution_messages(outcome, "keyword-label")


@pytest.mark.parametrize("written", ["科技/Tech", "High Tech（科技）"])
def test_one_known_label_of_separated_pair_is_enough(written: str) -> None:
    factories.load_vocabulary()
    outcome, matched = import_with(written)
    assert matched == ["科技 · Technology"]
    (message,) = caution_messages(outcome, "keyword-label")
    assert f"“{written}” was taken as the keyword “" in message


@pytest.mark.parametrize(
    "written",
    [
        "科技 Tech", "科技/United States", "AI 科技", "科技/5", "城市治理學／Urban Governance",
        "科技 United States",
    ],
)  # fmt: skip
def test_other_text_becomes_keyword_as_written(written: str) -> None:
    factories.load_vocabulary()
    outcome, matched = import_with(written)
    assert matched == [written]
    assert caution_messages(outcome, "unknown-keyword")


@pytest.mark.parametrize(
    ("url", "stored", "warnings"),
    [
        ("https://例子.台灣/a", "https://xn--fsqu00a.xn--kpry57d/a", []),
        ("https://chathаm.org/a", "https://xn--chathm-7nf.org/a", ["xn--chathm-7nf.org can be mistaken for another site. Check the address."]),
        ("https://ránd.org/a", "https://xn--rnd-ela.org/a", ["xn--rnd-ela.org can be mistaken for rand.org. Check the address."]),
    ],
)  # fmt: skip
def test_lookalike_address_is_imported_with_a_warning(url: str, stored: str, warnings: list[str]) -> None:
    Source.make(name="RAND", url="https://www.rand.org/")
    data = f"URL: {url}\n{TEXT.format(keywords='科技', source='RAND')}".encode()
    (outcome,) = import_documents([("a.txt", data)], create_import_job())
    assert Brief.objects.get(pk=outcome.brief).article_url == stored
    assert outcome.parsed is not None
    assert outcome.parsed.facts["url"] == stored
    assert caution_messages(outcome, "url-lookalike") == warnings


def test_misspelt_name_gets_suggestion_by_current_name() -> None:
    Source.make(name="Foreign Policy", name_zh="外交政策", aliases=["FP Magazine"])
    successor = Keyword.make(label_zh="半導體", label_en="Semiconductors")
    Keyword.objects.create(label_en="Computer Chips", slug="old", merged_into=successor)
    outcome, _ = import_with("Computer Chip", source="Foreign Polici")
    assert "Did you mean Foreign Policy?" in caution_messages(outcome, "unknown-source")[0]
    assert "Did you mean Semiconductors?" in caution_messages(outcome, "unknown-keyword")[0]
    second_outcome, _ = import_with("computer chipsy", source="FP Magazin")
    assert "Did you mean Foreign Policy" in caution_messages(second_outcome, "unknown-source")[0]
