"""Word files in the digest's layout: the reader sees the lines of the text file, so the import reads the same brief."""

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest
from django.core.management import CommandError, call_command
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs import workflow
from briefs.bilingual.documents.files.encodings import split_clean_lines
from briefs.bilingual.documents.files.word import decode_word
from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import ParsedDocument
from briefs.bilingual.documents.writer import write
from briefs.content import Bullet, Content
from briefs.exchange.brief_text import BriefFile, build_document
from briefs.exchange.word_file import write_digest_file
from briefs.models import Brief
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.exchange.intake.test_importer import run_import
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

from .test_brief_text import texts

NASTY = [
    "007",
    "1E5",
    "=1+1",
    "0001,5",
    "甲，乙、丙",
    "長" * 1000,
    "摘要:",
    "---",
    "• 點",
    "1. One",
    "-NATO",
    "“a” — b",
    "a  b",
]
LINE = st.sampled_from(NASTY) | st.text("Aa1 甲，、.:-•<&\u00a0", min_size=1, max_size=12).map(
    str.strip
).filter(bool)
BULLETS = st.lists(
    st.builds(
        Bullet,
        number=st.just(0),
        text_zh=LINE,
        text_en=LINE,
        level_zh=st.sampled_from([0, 1, 2]),
        level_en=st.sampled_from([0, 1, 2]),
        marker_zh=st.sampled_from(["bullet", "number"]),
        marker_en=st.sampled_from(["bullet", "number"]),
    ),
    max_size=5,
)
CONTENTS = st.builds(
    Content,
    headline_zh=LINE | st.just(""),
    headline_en=LINE | st.just(""),
    summary_zh=st.lists(LINE, min_size=1, max_size=3).map("\n\n".join),
    summary_en=st.lists(LINE, min_size=1, max_size=3).map("\n".join),
    bullets=BULLETS.map(tuple),
)
needs_libreoffice = pytest.mark.skipif(
    not shutil.which("soffice"),
    reason="needs LibreOffice: apt-get install libreoffice-writer-nogui libreoffice-uiconfig-writer",
)


def save_with_libreoffice(data: bytes, folder: Path, target: str = "docx") -> bytes:
    """Open the file in LibreOffice and save it."""
    (folder / "a.docx").write_bytes(data)
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to",
        target,
    ]
    command += ["--outdir", str(folder / "out"), str(folder / "a.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (folder / "out" / f"a.{target}").read_bytes()


def sample_documents() -> list[ParsedDocument]:
    paths = [SEED, *sorted((FIXTURES / "samples").glob("*.txt"))]
    return [reading.parsed for path in paths for reading in read_document(path.read_bytes(), path.name)]


@settings(max_examples=15, deadline=None)
@given(CONTENTS)
def test_reader_sees_lines_of_the_text_file(content: Content) -> None:
    document = build_document(content, labels=None)
    lines = decode_word(write_digest_file([document], "t"), has_word_extension=True).lines
    assert list(lines) == list(split_clean_lines(write(document).rstrip("\n")))
    word = BriefFile("a.docx", write_digest_file([document], "t"), (document,))
    text = BriefFile("a.txt", write(document).encode(), (document,))
    assert set(word.find_lost_parts()) <= set(text.find_lost_parts())


def test_file_has_real_lists_headings_fonts_and_languages() -> None:
    data = write_digest_file(sample_documents()[1:2], "標題 & more")
    opened = docx.Document(io.BytesIO(data))
    assert opened.core_properties.title == "標題 & more"
    assert (opened.sections[0].page_width.mm, opened.sections[0].page_height.mm) == pytest.approx(
        (210, 297), abs=1
    )
    assert [p.text for p in opened.paragraphs if p.style.name == "Heading 1"] == ["摘要:", "Summary:"]
    numbered = [p for p in opened.paragraphs if p._p.pPr.numPr is not None]
    assert {(p.style.name, p._p.pPr.numPr.ilvl.val) for p in numbered} == {
        ("List Bullet", 0),
        ("List Number", 1),
    }
    markup = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    assert set(re.findall(r'w:lang w:val="([^"]+)"', markup)) == {"zh-TW", "en-US"}
    fonts = opened.styles.element.find(".//" + qn("w:rFonts"))
    assert fonts.get(qn("w:eastAsia")) == "Microsoft JhengHei"
    assert data == write_digest_file(sample_documents()[1:2], "標題 & more")


@pytest.mark.django_db
def test_exported_word_files_are_imported_as_the_same_briefs(capsys, tmp_path: Path) -> None:
    run_import(capsys, str(SEED), str(FIXTURES / "samples"))
    before = {b.pk: workflow.load_working_copy(b) for b in Brief.objects.all()}
    call_command("export_briefs", "--format", "docx", "--output", str(tmp_path / "out"))
    assert capsys.readouterr().err == "4 briefs written.\n"
    lines, code = run_import(capsys, str(tmp_path / "out"))
    assert (code, lines[0]["status"], lines[0]["brief"]) == (
        0,
        "unchanged",
        min(before),
    )  # the seed is in the layout already
    again = [workflow.load_working_copy(Brief.objects.get(pk=line["brief"])) for line in lines]
    assert [texts(c) for c in again] == [texts(c) for _, c in sorted(before.items())]
    assert [c.facts for c in again] == [c.facts for _, c in sorted(before.items())]
    repeated, _ = run_import(capsys, str(tmp_path / "out"))
    assert {line["status"] for line in repeated} == {"unchanged"}
    Brief.objects.filter(pk__gt=max(before)).update(state="discarded")
    brief = factories.edit(
        Brief.objects.get(pk=min(before)), factories.Team().writer, headline_en="Written on the Desk"
    )
    call_command("export_briefs", "--format", "docx", "--output", str(tmp_path / "edited"))
    (line, *_), _code = run_import(capsys, str(tmp_path / "edited"))
    assert (line["status"], line["brief"]) == ("unchanged", brief.pk)


@pytest.mark.django_db
def test_word_export_needs_a_folder_and_writes_tables(tmp_path: Path) -> None:
    brief = factories.draft_brief(Team())
    with pytest.raises(CommandError, match="--output"):
        call_command("export_briefs", "--format", "docx")
    with pytest.raises(CommandError, match="--layout needs --format docx"):
        call_command("export_briefs", "--layout", "table", "--output", str(tmp_path))
    call_command("export_briefs", "--format", "docx", "--layout", "table", "--output", str(tmp_path))
    (file,) = tmp_path.iterdir()
    assert file.name == f"{brief.pk:05}-2025-06-09-table.docx"


@pytest.mark.heavy
@needs_libreoffice
def test_digest_saved_by_libreoffice_is_read_back(tmp_path: Path) -> None:
    documents = sample_documents()
    saved = save_with_libreoffice(write_digest_file(documents, "t"), tmp_path)
    assert BriefFile("a.docx", saved, tuple(documents)).find_lost_parts() == []
