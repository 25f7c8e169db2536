"""Several digests in one file: where each ends, and that a refused one does not affect the others."""

from briefs.bilingual.documents.parser import read_document
from briefs.tests.bilingual.documents.test_parser import BODY, HEADER, get_refusal

TWO_DIGESTS = HEADER + BODY + "\n" + HEADER.replace("Jane", "John") + BODY.replace("第一點", "另一點")


def test_file_with_two_digests_gives_two_readings():
    first, second = read_document(TWO_DIGESTS.encode(), "a.txt")
    assert (first.index, second.index) == (0, 1)
    assert first.parsed.authors == ("Jane Doe",)
    assert second.parsed.authors == ("John Doe",)
    assert second.parsed.sides["zh"].points[0].text == "另一點"
    assert second.parsed.sides["zh"].points[0].line == 17
    assert first.lines_sha256 != second.lines_sha256


def test_title_above_a_repeated_label_belongs_to_the_next_digest():
    first, second = read_document(
        (HEADER + BODY + "\n標題:\n新的\nTitle: New\n" + HEADER + BODY).encode(), "a.txt"
    )
    assert first.parsed.title == {}
    assert second.parsed.title == {"zh": "新的", "en": "New"}


def test_keywords_at_the_end_stay_with_their_digest():
    digest = HEADER + BODY + "關鍵字: 科技\n"
    readings = read_document((digest + digest.replace("科技", "美國")).encode(), "a.txt")
    assert [reading.parsed.keywords for reading in readings] == [("科技",), ("美國",)]


def test_digest_without_text_is_refused_with_its_line():
    first, second = read_document(
        (HEADER + BODY + "\n作者: 王小明\n來源: FP\n日期: 2025-06-19\n").encode(), "a.txt"
    )
    assert first.parsed
    assert get_refusal(second).code == "no-body"
    assert get_refusal(second).message("en", file="a.txt") == (
        "“a.txt”, line 14: expected a summary or a bullet under “摘要:” or “Summary:”. "
        "Nothing of this document was stored."
    )
