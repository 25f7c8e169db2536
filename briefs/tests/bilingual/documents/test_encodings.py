"""Decoding bytes into lines: encodings, line ends, white space and refusals."""

import codecs
import unicodedata

import pytest

from briefs.bilingual.documents.files.encodings import DOCUMENT_SIZE_LIMIT, decode_text_file
from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import DocumentRefused
from briefs.tests.bilingual.documents.test_parser import HEADER, SEED, get_refusal, parse

TEXT = SEED.read_text()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("5G\u00a0電信", "5G 電信"),
        ("科技\u3000美國", "科技 美國"),
        ("a\tb", "a b"),
        ("a  \u00a0 b", "a b"),
        ("訂\u200b定", "訂定"),
        ("\ufeff訂\u2060定\u00ad", "訂定"),
        ("  \u00a0• a ", "   • a"),
        ("\t• a", "    • a"),
        ("\u3000• a", "  • a"),
        ("e\u0301", "é"),
        ("中文,逗號;和 空格", "中文,逗號;和 空格"),
    ],
)
def test_white_space_is_normalized(raw, clean):
    assert decode_text_file(raw.encode()).lines == (clean,)


def test_suspicious_characters_are_kept_and_reported():
    document = parse(HEADER + "摘要:\n壞\ufffd字\ue123\u202e。\n")
    assert document.sides["zh"].summary == "壞\ufffd字\ue123。"
    caution = next(c for c in document.cautions if c.code == "suspicious-character")
    assert (caution.line, caution.values["character"]) == (5, "U+E123, U+FFFD")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * (DOCUMENT_SIZE_LIMIT + 1), "too-large"),
        (b"x\n" * 30_000, "too-many-lines"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (codecs.BOM_UTF16_LE + b"a", "undecodable"),
        (b"\xff" * 100, "undecodable"),
        (b"a\0b" * 100, "binary"),
        (b"%PDF-1.7\n", "binary"),
        (b"PK\x03\x04" + b"word/document.xml", "word-damaged"),
    ],
)
def test_unreadable_file_is_refused_with_its_code(data, code):
    reading = read_document(data, "a.txt")[0]
    assert get_refusal(reading).code == code
    assert reading.index == 0
    assert get_refusal(reading).message("zh", file="a.txt").startswith("「a.txt」")


def test_damaged_byte_is_refused_with_its_line():
    data = SEED.read_bytes()
    position = data.index("華盛頓".encode())
    with pytest.raises(DocumentRefused) as refusal:
        decode_text_file(data[: position + 1] + data[position + 2 :])
    assert (refusal.value.code, refusal.value.line) == ("undecodable", data[:position].count(b"\n") + 1)


def decodable_characters(encoding):
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                character = bytes((lead, trail)).decode(encoding)
            except UnicodeDecodeError:
                continue
            if not "\ue000" <= character <= "\uf8ff" and not character.isspace():
                yield character


def test_every_big5_character_is_kept():
    """Compared in NFC, which the product uses everywhere: it unifies the few characters that Big5 encodes twice."""
    characters = list(decodable_characters("cp950"))
    assert len(characters) > 13_000
    for start in range(0, len(characters), 400):
        words = f"的{''.join(characters[start : start + 400])}是"
        document = parse((HEADER + f"摘要:\n這是中文的內容。\n‧{words}\n").encode("cp950"))
        assert document.sides["zh"].points[0].text == unicodedata.normalize("NFC", words)
