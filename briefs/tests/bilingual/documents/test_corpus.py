"""Read the documents in `fixtures/corpus/` and compare them with their expected results.

`NAME.expected.json` holds one object for each digest of the file: `parsed` (from `serialize_parsed_document`),
the codes of its warnings in alphabetical order, and its error if it is refused.
"""

import json

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import ParseResult, serialize_parsed_document
from briefs.bilingual.documents.writer import write
from briefs.tests.bilingual.documents.test_parser import FIXTURES

CORPUS = sorted(path for path in (FIXTURES / "corpus").iterdir() if path.suffix != ".json")


def read_expected(path):
    return json.loads(path.with_name(f"{path.stem}.expected.json").read_text())


def summarize(reading: ParseResult, name: str):
    if reading.parsed:
        codes = sorted(caution.code for caution in reading.parsed.cautions)
        return {"parsed": serialize_parsed_document(reading.parsed), "warnings": codes}
    assert reading.refusal
    message = reading.refusal.message("en", file=name)
    error = {"line": reading.refusal.line, "code": reading.refusal.code, "message": message}
    return {"parsed": None, "error": error}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus_file_is_read_as_expected(path):
    readings = read_document(path.read_bytes(), path.name)
    assert [summarize(reading, path.name) for reading in readings] == read_expected(path)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus_document_is_written_and_read_back_equal(path):
    for reading in read_document(path.read_bytes(), path.name):
        if reading.parsed:
            reread = read_document(write(reading.parsed).encode(), "again.txt")
            assert [r.parsed for r in reread] == [reading.parsed]
