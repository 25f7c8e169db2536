"""Several digests in one file: where one ends, and that none costs another."""

from briefs.documents.reader import read_document
from briefs.tests.documents.test_parser import BODY, HEADER, refused

TWO = HEADER + BODY + "\n" + HEADER.replace("Jane", "John") + BODY.replace("第一點", "另一點")


def test_two_digests():
    first, second = read_document(TWO.encode(), "a.txt")
    assert (first.index, second.index) == (0, 1)
    assert first.parsed.authors == ("Jane Doe",)
    assert second.parsed.authors == ("John Doe",)
    assert second.parsed.sides["zh"].points[0].text == "另一點"
    assert second.parsed.sides["zh"].points[0].line == 17
    assert first.lines_sha256 != second.lines_sha256


def test_a_digest_has_the_same_hash_alone_and_beside_others():
    alone = read_document((HEADER + BODY).encode(), "a.txt")[0]
    assert read_document(TWO.encode(), "a.txt")[0].lines_sha256 == alone.lines_sha256


def test_a_title_above_the_repeated_label_belongs_to_the_new_digest():
    first, second = read_document(
        (HEADER + BODY + "\n標題:\n新的\nTitle: New\n" + HEADER + BODY).encode(), "a.txt"
    )
    assert first.parsed.title == {}
    assert second.parsed.title == {"zh": "新的", "en": "New"}


def test_keywords_at_the_end_stay_with_their_digest():
    one = HEADER + BODY + "關鍵字: 科技\n"
    readings = read_document((one + one.replace("科技", "美國")).encode(), "a.txt")
    assert [reading.parsed.keywords for reading in readings] == [("科技",), ("美國",)]


def test_a_digest_without_text_beside_one_with():
    first, second = read_document(
        (HEADER + BODY + "\n作者: 王小明\n來源: FP\n日期: 2025-06-19\n").encode(), "a.txt"
    )
    assert first.parsed
    assert refused(second).code == "no-body"
    assert refused(second).message("en", file="a.txt") == (
        "“a.txt”, line 14: expected a summary or a bullet under “摘要:” or “Summary:”. "
        "Nothing of this document was stored."
    )


def test_a_digest_without_text_between_others():
    other = HEADER.replace("Jane", "John")
    readings = read_document((HEADER + BODY + "\n" + HEADER + "\n" + other + BODY).encode(), "a.txt")
    assert [bool(reading.parsed) for reading in readings] == [True, False, True]
    assert readings[2].parsed.authors == ("John Doe",)
