"""Authors of a document: names in one or both scripts, titles, affiliations, and existing authors in other spellings."""

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefs import workflow
from briefs.bilingual.documents.fields.authors import split_authors
from briefs.exchange.intake import ImportOutcome, create_import_job, import_documents
from briefs.exchange.intake.vocabulary_lookup import read_author
from briefs.models import Author, Brief

TEXT = (
    "作者: {authors}\n來源: Foreign Policy\n日期: 2025-06-09\n\n摘要:\n一段摘要。\n\nSummary:\nA paragraph.\n"
)


@pytest.mark.parametrize(
    ("text", "name", "name_zh", "affiliation_zh", "affiliation_en"),
    [
        ("Vivek Chilukuri", "Vivek Chilukuri", "", "", ""),
        ("Chilukuri, Vivek", "Vivek Chilukuri", "", "", ""),
        ("van der Berg, Jan", "Jan van der Berg", "", "", ""),
        ("Hsiao, L. C. Russell", "L. C. Russell Hsiao", "", "", ""),
        ("Doe, Jane (CSIS)", "Jane Doe", "", "", "CSIS"),
        ("Martin Luther King, Jr.", "Martin Luther King, Jr.", "", "", ""),
        ("馬克・史托克斯（Mark Stokes）", "Mark Stokes", "馬克・史托克斯", "", ""),
        ("Russell Hsiao (蕭良其)", "Russell Hsiao", "蕭良其", "", ""),
        ("蕭良其 Russell Hsiao", "Russell Hsiao", "蕭良其", "", ""),
        ("Ryan Hass / 何瑞恩", "Ryan Hass", "何瑞恩", "", ""),
        ("何瑞恩（Ryan Hass，布魯金斯研究院資深研究員）", "Ryan Hass", "何瑞恩", "布魯金斯研究院資深研究員", ""),
        ("Ryan Hass (何瑞恩), Brookings Institution", "Ryan Hass", "何瑞恩", "", "Brookings Institution"),
        ("Dr. Jane Doe", "Jane Doe", "", "", "Dr."),
        ("Lt. Gen. H. R. McMaster", "H. R. McMaster", "", "", "Lt. Gen."),
        ("Jane Doe, Ph.D.", "Jane Doe", "", "", "Ph.D."),
        ("Jane Doe (Center for Peace and War)", "Jane Doe", "", "", "Center for Peace and War"),
        ("Jane Doe（美國）", "Jane Doe", "", "美國", ""),
        ("王小明教授", "王小明", "", "教授", ""),
        ("王小明先生", "王小明", "", "", ""),
        ("王小明（中央研究院研究員）", "王小明", "", "中央研究院研究員", ""),
        ("王小明（Academia Sinica）", "王小明", "", "", "Academia Sinica"),
        ("葛來儀 (Bonnie Glaser), 印太計畫主任", "Bonnie Glaser", "葛來儀", "印太計畫主任", ""),
        ("國防安全研究院副研究員王小明", "王小明", "", "國防安全研究院副研究員", ""),
        ("國防安全研究院 王小明", "王小明", "", "國防安全研究院", ""),
    ],
)  # fmt: skip
def test_author_is_read_into_names_and_affiliations(
    text: str, name: str, name_zh: str, affiliation_zh: str, affiliation_en: str
) -> None:
    assert split_authors(text)[0] == (text,)
    assert astuple(read_author(text)) == (name, name_zh, affiliation_zh, affiliation_en)


@pytest.mark.parametrize(
    "text",
    [
        "國家安全局", "外交部（MOFA）", "The Editors", "Foreign Policy", "RAND Corporation (Santa Monica)", "García Márquez, Gabriel",
        "Jane Doe, Senior Fellow, John Roe", "Center for Strategic and International Studies", "和田一郎", "珍‧杜", "Madonna",
        "Council on Foreign Relations and Jane Doe", "王教授", "",
    ],
)  # fmt: skip
def test_other_text_stays_the_name(text: str) -> None:
    assert astuple(read_author(text)) == (text, "", "", "")


@given(st.text(alphabet="AaBb .,;、()（）/-王小明教授部・", max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    names, _ = split_authors(text)
    for name in names:
        assert read_author(name).name


def import_authors(*lines: str, dry_run: bool = False) -> list[ImportOutcome]:
    """Import one document for each line of authors, in one import."""
    files = [(f"{n}.txt", TEXT.format(authors=line).encode()) for n, line in enumerate(lines)]
    return list(import_documents(files, create_import_job(dry_run=dry_run)))


def messages(outcome: ImportOutcome, language: str = "en") -> list[str]:
    return [c.message(language) for c in outcome.cautions if c.code.startswith("author-")]


@pytest.mark.django_db
def test_person_with_two_names_is_one_author() -> None:
    (outcome,) = import_authors("蕭良其（Russell Hsiao）、馬克・史托克斯（Mark Stokes，2049計畫室執行長）")
    rows = Author.objects.order_by("pk").values_list("name", "family", "given", "name_zh", "name_zh_kind")
    assert list(rows) == [
        ("Russell Hsiao", "Hsiao", "Russell", "蕭良其", ""),
        ("Mark Stokes", "Stokes", "Mark", "馬克・史托克斯", "transliteration"),
    ]
    facts = workflow.load_working_copy(Brief.objects.get(pk=outcome.brief)).facts
    assert [byline.affiliation_zh for byline in facts.authors] == ["", "2049計畫室執行長"]
    (message,) = messages(outcome)
    assert message.startswith(
        "“蕭良其（Russell Hsiao）” was read as one author, Russell Hsiao, whose Chinese name is 蕭良其."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "family", "given"),
    [
        ("Martin Luther King, Jr.", "King", "Martin Luther"),
        ("van der Berg, Jan", "van der Berg", "Jan"),
        ("王小明教授", "王", "小明"),
        ("Ministry of Trade and Industry", "", ""),
    ],
)
def test_new_author_gets_the_parts_that_citations_need(line: str, family: str, given: str) -> None:
    import_authors(line)
    author = Author.objects.get()
    assert (author.family, author.given) == (family, given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "line",
    [
        "Vivek Chilukuri", "Vivek Chilukuri, Senior Fellow, CNAS", "奇魯庫里", "奇魯庫里（Vivek Chilukuri）",
        "Viv Chilukuri",
    ],
)  # fmt: skip
def test_existing_author_in_another_form_is_used(line: str) -> None:
    author = Author.make(name="Vivek Chilukuri", name_zh="奇魯庫里")
    Author.objects.create(name="Viv Chilukuri", slug="viv", merged_into=author)
    (outcome,) = import_authors(line)
    facts = workflow.load_working_copy(Brief.objects.get(pk=outcome.brief)).facts
    assert [byline.author for byline in facts.authors] == [author.pk]
    assert messages(outcome) == []


@pytest.mark.django_db
@pytest.mark.parametrize("line", ["V. Chilukuri", "Vivek Chilukury", "Vívek Chilukuri", "Chilukuri Vivek"])
def test_existing_author_in_another_spelling_is_offered(line: str) -> None:
    Author.make(name="Vivek Chilukuri")
    (outcome,) = import_authors(line)
    name = read_author(line).name
    assert messages(outcome) == [
        f"“{name}” is a new author. Is it Vivek Chilukuri? If so, choose that author, or merge the two."
    ]
    assert messages(outcome, "zh") == [
        f"「{name}」是新的作者。是否就是Vivek Chilukuri？若是，請改選該作者，或將兩者合併。"
    ]


@pytest.mark.django_db
def test_second_name_of_an_existing_author_is_offered_and_not_stored() -> None:
    Author.make(name="Russell Hsiao")
    (outcome,) = import_authors("蕭良其（Russell Hsiao）")
    assert list(Author.objects.values_list("name", "name_zh")) == [("Russell Hsiao", "")]
    assert messages(outcome) == ["Russell Hsiao is called 蕭良其 here as well. Add that name to the author."]
