"""Names in a document → rows of the vocabulary: both labels of one, and what may have been meant."""

import pytest

from briefs import workflow
from briefs.demo import load_missing_rows
from briefs.intake import ImportOutcome, create_import_job, import_bytes
from briefs.models import Brief, Keyword, Source

pytestmark = pytest.mark.django_db
TEXT = "作者: Jane Doe\n來源: {source}\n日期: 2025-06-09\n關鍵字: {keywords}\n\n摘要:\n一段摘要。\n\nSummary:\nA paragraph.\n"


def imported(keywords: str = "科技", source: str = "Foreign Policy") -> tuple[ImportOutcome, list[str]]:
    """The outcome, and the keywords that the brief has."""
    (outcome,) = import_bytes(
        "a.txt", TEXT.format(keywords=keywords, source=source).encode(), create_import_job()
    )
    facts = workflow.load_working_copy(Brief.objects.get(pk=outcome.brief)).facts
    rows = Keyword.objects.in_bulk(facts.keywords)
    return outcome, [str(rows[pk]) for pk in facts.keywords]


def said(outcome: ImportOutcome, code: str) -> list[str]:
    return [caution.message() for caution in outcome.cautions if caution.code == code]


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        ("科技/Technology", ["科技 · Technology"]),
        ("人工智慧／Artificial Intelligence", ["人工智慧 · Artificial Intelligence"]),
        ("artificial intelligence / 人工智慧", ["人工智慧 · Artificial Intelligence"]),
        ("科技(Technology)", ["科技 · Technology"]),
        ("Technology （科技）", ["科技 · Technology"]),
        ("全球 Global", ["全球 · Global"]),
        ("人工智慧 Artificial Intelligence", ["人工智慧 · Artificial Intelligence"]),
        ("科技/Technology、全球 Global、美國（United States）", ["科技 · Technology", "全球 · Global", "美國 · United States"]),
        ("科技／美國／全球", ["科技 · Technology", "美國 · United States", "全球 · Global"]),
        ("科技, Technology", ["科技 · Technology"]),
    ],
)  # fmt: skip
def test_both_labels_of_a_keyword_are_one(written: str, keywords: list[str]) -> None:
    load_missing_rows("vocabulary.json")
    before = Keyword.objects.count()
    outcome, found = imported(written)
    assert (found, Keyword.objects.count()) == (keywords, before)
    assert not said(outcome, "unknown-keyword")
    assert not said(outcome, "keyword-label")


def test_the_label_of_a_merged_keyword_is_another_name() -> None:
    heir = Keyword.make(label_zh="科技", label_en="Technology")
    Keyword.objects.create(label_zh="技術", label_en="Tech", slug="old", merged_into=heir)
    outcome, found = imported("技術/Technology")
    assert found == ["科技 · Technology"]
    assert not said(outcome, "keyword-label")


@pytest.mark.parametrize("written", ["科技/Tech", "高科技／Technology", "科技（Tech）", "High Tech（科技）"])
def test_one_label_of_a_keyword_is_enough_where_a_mark_parts_them(written: str) -> None:
    load_missing_rows("vocabulary.json")
    outcome, found = imported(written)
    assert found == ["科技 · Technology"]
    (sentence,) = said(outcome, "keyword-label")
    assert f"“{written}” was taken as the keyword “" in sentence


@pytest.mark.parametrize(
    "written",
    [
        "科技 Tech",
        "科技/United States",
        "AI 科技",
        "科技/5",
        "城市治理學／Urban Governance",
        "科技 United States",
    ],
)
def test_anything_else_stays_as_it_is_written(written: str) -> None:
    load_missing_rows("vocabulary.json")
    outcome, found = imported(written)
    assert found == [written]
    assert said(outcome, "unknown-keyword")


def test_what_may_have_been_meant_is_called_by_its_name() -> None:
    Source.make(name="Foreign Policy", name_zh="外交政策", aliases=["FP Magazine"])
    heir = Keyword.make(label_zh="半導體", label_en="Semiconductors")
    Keyword.objects.create(label_en="Computer Chips", slug="old", merged_into=heir)
    outcome, _ = imported("Computer Chip", source="Foreign Polici")
    assert "Did you mean Foreign Policy?" in said(outcome, "unknown-source")[0]
    assert "Did you mean Semiconductors?" in said(outcome, "unknown-keyword")[0]
    again, _ = imported("computer chipsy", source="FP Magazin")
    assert "Did you mean Foreign Policy" in said(again, "unknown-source")[0]
