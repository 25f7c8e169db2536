"""Documents as people type them, written before the parser knew their layouts."""

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.tests.bilingual.documents.typed_texts import (
    HEADER,
    TEXTS,
    TypedDocument,
    find_faults,
    list_moved_documents,
    list_sides,
    read_kinds,
    read_typed_documents,
)

NOT_READ = {
    "pdf symbol font bullets": "indented lines without any sign",
    "ordinals 2": "First without a comma is a word of the sentence",
}
DOCUMENTS = [*read_typed_documents(), *read_kinds()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_typed_document_is_read(document: TypedDocument):
    faults = find_faults(document)
    assert bool(faults) is (document.name in NOT_READ), faults


@pytest.mark.parametrize("name", ["footnote marks", "footnote superscripts"])
def test_marks_of_notes_are_left_out_and_reported(name: str):
    document = next(document for document in DOCUMENTS if document.name == name)
    (result,) = read_document(document.text.encode(), "a.txt")
    assert result.parsed
    assert [c.values["n"] for c in result.parsed.cautions if c.code == "note-marks"] == [2]


def test_names_among_points_do_not_make_a_list_bilingual():
    (result,) = read_document(
        f"{HEADER}\n\n摘要:\n五人。\n• AI\n• 甲。\n• AI\n\nSummary:\nFive.\n".encode(), "a.txt"
    )
    assert result.parsed
    assert [point.text for point in result.parsed.sides["zh"].points] == ["AI", "甲。", "AI"]


def test_desk_reads_paragraphs_below_the_first_as_points():
    document = next(document for document in DOCUMENTS if "question" in document.differences)
    (result,) = read_document(document.text.encode(), "a.txt", without_labels=True)
    assert result.parsed
    assert list_sides(result.parsed) == document.pairs
    assert {side.summary for side in result.parsed.sides.values()} == document.summaries


def test_moved_points_are_found_and_none_is_wrong():
    moved = found = pairs = wrong = 0
    for document in list_moved_documents():
        (result,) = read_document(document.text.encode(), "a.txt")
        assert result.parsed
        read = set(list_sides(result.parsed))
        moved += len(document.moved)
        found += len(document.moved & read)
        pairs += len(document.pairs)
        wrong += len(read - document.pairs)
        reported = sum(caution.code == "pair-moved" for caution in result.parsed.cautions)
        assert reported >= len(document.moved & read)
    assert (moved, pairs, wrong) == (81, 373, 0)
    assert found >= 0.98 * moved


@pytest.mark.parametrize("position", [0, 3, 6])
def test_six_of_six_pairs_stand_beside_a_point_without_han_letters(position: int):
    pairs = TEXTS[0][1:7]
    lines = {side: [f"• {pair[side]}" for pair in pairs] for side in (0, 1)}
    for side in (0, 1):
        lines[side].insert(position, "• NATO")
    text = "\n".join(
        [HEADER, "", "摘要:", TEXTS[0][0][0], *lines[0], "", "Summary:", TEXTS[0][0][1], *lines[1]]
    )
    (result,) = read_document(text.encode(), "a.txt")
    assert result.parsed
    assert [pair for pair in list_sides(result.parsed) if pair[0] != "NATO"] == pairs
    assert ("NATO", "NATO") in list_sides(result.parsed)
