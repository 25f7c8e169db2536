"""Documents without labels, as the desk reads them. The command refuses them."""

from pathlib import Path

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import ParsedDocument
from briefs.tests.bilingual.documents.typed_texts import TEXTS, TypedDocument, build, list_sides


def read_documents() -> list[TypedDocument]:
    parts = Path(__file__).with_name("unlabelled_documents.txt").read_text().split("\n=== ")[1:]
    documents = []
    for head, _, template in (part.partition("\n") for part in parts):
        name, number, *stated = head.split(" | ")
        documents.append(build(name, TEXTS[int(number) - 1], template, stated))
    return documents


def read(text: str) -> list[ParsedDocument]:
    readings = read_document(text.encode(), "a.txt", without_labels=True)
    return [reading.parsed for reading in readings if reading.parsed]


def list_stated(parsed: ParsedDocument) -> dict[str, str]:
    values = {
        **parsed.title,
        "author": "; ".join(parsed.authors),
        "source": parsed.source,
        "date": parsed.date and parsed.date.iso,
    }
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize("document", read_documents(), ids=lambda document: document.name)
def test_document_without_labels_is_read(document: TypedDocument):
    (parsed,) = read(document.text)
    assert list_stated(parsed) == document.differences
    assert list_sides(parsed) == document.pairs
    assert {side.summary for side in parsed.sides.values() if side.summary} == document.summaries
    assert parsed.unplaced_lines == ()


GAPS = {"wide gap": "\n\n\n\n", "page break": "\f", "rule": "\n\n----\n\n", "headline": "\n\n"}


@pytest.mark.parametrize("gap", GAPS.values(), ids=GAPS)
def test_two_texts_of_a_file_become_two_digests(gap: str):
    blocks = []
    for number in (0, 1):
        lines = ["\n\n".join(pair[side] for pair in TEXTS[number][:5]) for side in (0, 1)]
        blocks.append(
            f"第{number + 1}篇標題\n\n{lines[0]}\n\nThe Headline of Text {number + 1}\n\n{lines[1]}\n"
        )
    texts = read(gap.join(blocks))
    assert [parsed.title["zh"] for parsed in texts] == ["第1篇標題", "第2篇標題"]
    assert [list_sides(parsed) for parsed in texts] == [TEXTS[0][1:5], TEXTS[1][1:5]]


@pytest.mark.parametrize(
    "text", ["蘋果\n香蕉\n橘子\n", "apples\npears\nplums", "Dear all", "1. 蘋果\n2. 香蕉"]
)
def test_list_of_words_is_no_digest(text: str):
    assert read(text) == []
