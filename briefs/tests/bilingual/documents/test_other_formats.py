"""Documents as OpenDocument and web page: the same brief as from Word, and hostile files refused."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import DocumentRefused, ParsedDocument
from briefs.tests.bilingual.documents.test_parser import FIXTURES
from briefs.tests.support import limit_cpu_time

FORMATS = FIXTURES / "formats"
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "style")
)


def read(data: bytes, name: str) -> ParsedDocument:
    (result,) = read_document(data, name)
    assert result.parsed, result.refusal
    return result.parsed


def get_code(data: bytes, name: str) -> str:
    (result,) = read_document(data, name)
    assert isinstance(result.refusal, DocumentRefused)
    return result.refusal.code


def build_odt(body: str, *, content: str = "", method: int = zipfile.ZIP_STORED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            content
            or f"<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
    return output.getvalue()


WRITTEN_BY_LIBREOFFICE = sorted(path for path in FORMATS.iterdir() if path.suffix != ".docx")


@pytest.mark.parametrize("path", WRITTEN_BY_LIBREOFFICE, ids=lambda path: path.name)
def test_document_of_libreoffice_is_the_brief_of_its_word_file(path: Path):
    """The files were converted by LibreOffice from the Word file beside them, the team's own document first."""
    word = next(
        p for p in (path.with_suffix(".docx"), FIXTURES / "corpus" / f"{path.stem}.docx") if p.exists()
    )
    assert [r.parsed for r in read_document(path.read_bytes(), path.name)] == [
        r.parsed for r in read_document(word.read_bytes(), word.name)
    ]


_DELETED_IN_ODT = (
    "<text:tracked-changes><text:changed-region><text:deletion><text:p>不要公開。</text:p></text:deletion>"
    "</text:changed-region></text:tracked-changes>"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.odt", build_odt(f"{_DELETED_IN_ODT}<text:p>摘要:</text:p><text:p>摘要的文字。</text:p>")),
        ("a.odt", build_odt("<text:p>摘要:</text:p><text:p>摘要的文字。<office:annotation><text:p>不要公開。</text:p></office:annotation></text:p>")),
        *(
            ("a.html", f"<html><body><p>摘要:</p><p>摘要的文字。{hidden}</p></body></html>".encode())
            for hidden in (
                '<span style="display: none">不要公開。</span>',
                "<span style='mso-hide:all'>不要公開。</span>",
                "<span hidden>不要公開。</span>",
                "<del>不要公開。</del>",
                "<script>不要公開。</script>",
                "<!-- 不要公開。 -->",
            )
        ),
    ],
)  # fmt: skip
def test_deleted_and_hidden_text_is_not_read(name: str, data: bytes):
    parsed = read(data, name)
    assert parsed.sides["zh"].summary == "摘要的文字。"
    assert "不要公開" not in str(parsed)


def test_web_page_of_word_and_of_google_keep_their_lists():
    page = (
        "<html><body><p>作者: Jane Doe</p><p>來源: Foreign Policy</p><p>日期: 2025-06-09</p><p>摘要:</p><p>摘要的文字。</p>"
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·"
        "<span>&nbsp;&nbsp;</span></span><![endif]>第一點的文字。</p>"
        "<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o&nbsp;</span>下一層。</p>"
        '<ul class="lst-kix_a-0 start"><li>第二點的文字。</li></ul><ul class="lst-kix_a-1 start"><li>又下一層。</li></ul>'
        "</body></html>"
    )
    points = read(page.encode(), "a.html").sides["zh"].points
    assert [(point.text, point.level) for point in points] == [
        ("第一點的文字。", 0), ("下一層。", 1), ("第二點的文字。", 0), ("又下一層。", 1),
    ]  # fmt: skip


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "odt laughs": ("a.odt", lambda: build_odt("", content=f"{LAUGHS}<x>&b;</x>"), "word-doctype"),
    "odt deep": ("a.odt", lambda: build_odt("<text:span>" * 5_000 + "</text:span>" * 5_000), "word-too-complex"),
    "odt bomb": ("a.odt", lambda: build_odt("<text:p>" + " " * 30_000_000 + "</text:p>", method=zipfile.ZIP_DEFLATED), "archive-too-large"),
    "odt spaces": ("a.odt", lambda: build_odt('<text:p>作者<text:s text:c="999999999"/></text:p>'), "word-too-complex"),
    "odt many spaces": ("a.odt", lambda: build_odt('<text:p>作者<text:s text:c="100"/></text:p>' * 140_000), "too-many-lines"),
    "odt columns": ("a.odt", lambda: build_odt('<table:table><table:table-row><table:table-cell table:number-columns-repeated="999999999"/></table:table-row></table:table>'), "empty"),
    "odt spans": ("a.odt", lambda: build_odt("<text:p>" + "<text:span/>" * 400_000 + "</text:p>"), "word-too-complex"),
    "odt styles": ("a.odt", lambda: build_odt("", content=f"<office:document-content {ODF}><office:automatic-styles>{'<style:style style:name=\"a\" style:parent-style-name=\"a\" style:family=\"paragraph\"/>' * 100_000}</office:automatic-styles></office:document-content>"), "empty"),
    "odt text": ("a.odt", lambda: build_odt(f"<text:p>{'a' * 5_000_000}</text:p>"), "too-large"),
    "odt other drawing": ("a.odt", lambda: build_odt("").replace(b"opendocument.text", b"opendocument.image", 1), "archive"),
    "html deep": ("a.html", lambda: b"<html>" + b"<b>" * 50_000, "word-too-complex"),
    "html tags": ("a.html", lambda: b"<html>" + b"<br>" * 500_000, "word-too-complex"),
    "html lines": ("a.html", lambda: b"<html>" + b"<br>" * 50_000, "too-many-lines"),
    "html attributes": ("a.html", lambda: b"<html><a " + b"a=b " * 400_000 + b">", "word-too-complex"),
    "html quotes": ("a.html", lambda: b"<html><a x='" + b"<a x=\"" * 50_000, "empty"),
    "html references": ("a.html", lambda: b"<html>" + b"&#" * 900_000, "too-much-text"),
    "html declarations": ("a.html", lambda: b"<html>" + b"<![if " * 50_000, "empty"),
    "html lists": ("a.html", lambda: b"<html>" + b"<ul><li>" * 90 + b"<li>a" * 20_000, "too-much-text"),
    "html tables": ("a.html", lambda: b"<html>" + b"<table><tr><td>" * 50 + b"<td>a" * 18_000, "no-label"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_in_a_second(name: str):
    file_name, build, code = HOSTILE[name]
    data = build()
    with limit_cpu_time():
        assert get_code(data, file_name) == code
