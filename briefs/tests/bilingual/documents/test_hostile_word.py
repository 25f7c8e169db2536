"""Malicious and damaged Word files: refused quickly, with a message, in little memory, without opening anything."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefs.bilingual.documents.parser import read_document
from briefs.tests.bilingual.documents.test_parser import BODY, FIXTURES, HEADER
from briefs.tests.bilingual.documents.test_writer import assert_consistent
from briefs.tests.bilingual.documents.word_builder import (
    CONTENT_TYPES,
    NAMESPACES,
    RELATIONSHIP_TYPE,
    RELATIONSHIPS,
    build_word_file,
    list_item,
    paragraph,
    plain_paragraphs,
    run,
)
from briefs.tests.support import limit_cpu_time

GOOD = build_word_file(plain_paragraphs(HEADER + BODY))
OFFICE = (FIXTURES / "corpus/office-levels.docx").read_bytes()


def build_with_document_xml(text: str) -> bytes:
    return build_word_file(parts={"word/document.xml": text})


def get_refusal(data: bytes, name: str = "a.docx"):
    readings = read_document(data, name)
    assert len(readings) == 1
    assert readings[0].refusal
    return readings[0].refusal


def build_zip(files, method=zipfile.ZIP_DEFLATED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return output.getvalue()


def deflate_zeros(size: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(compressor.compress(b"\0" * 2**20) for _ in range(size // 2**20)) + compressor.flush()


def build_overlapping_zip(copies: int) -> bytes:
    """Build a zip whose entries all point to the same compressed bytes (David Fifield's zip bomb)."""
    data, size = deflate_zeros(2**20), 2**20
    checked = (0, 8, 0, 0, zlib.crc32(b"\0" * size), len(data), size)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, *checked, 1, 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *checked, 5, *[0] * 6)
    central = b"".join(entry + f"{n:05}".encode() for n in range(copies))
    body = local + b"x" + data
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, copies, copies, len(central), len(body), 0)
    return body + central + end


def build_zip_with_false_size(size: int) -> bytes:
    """Build a zip whose directory declares 100 bytes for a large entry; most programs trust the directory."""
    data = bytearray(build_zip([("[Content_Types].xml", CONTENT_TYPES), ("word/document.xml", b"\0" * size)]))
    position = data.rindex(b"PK\1\2")
    data[position + 24 : position + 28] = struct.pack("<L", 100)
    return bytes(data)


def nested_boxes(depth: int) -> str:
    text = paragraph("x")
    for _ in range(depth):
        text = f"<w:p><w:r><w:pict><w:txbxContent>{text}</w:txbxContent></w:pict></w:r></w:p>"
    return text


EXTERNAL_RELATIONSHIP = '<Relationship Id="x" Type="{}" Target="http://127.0.0.1:9/x" TargetMode="{}"/>'
DOCTYPES = [
    '<!DOCTYPE x [<!ENTITY a "b">]>', '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', '<!DOCTYPE x PUBLIC "a" "file:///etc/passwd">',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', "<!DOCTYPE x>", '<!-- a --><?b c?> <!DOCTYPE x [<!ENTITY a "b">]>',
]  # fmt: skip

BOMBS = {
    "ratio": (lambda: build_word_file(parts={"word/media/a.bin": b"\0" * 20_000_000}), "archive-too-large"),
    "in the document": (lambda: build_with_document_xml("<x>" + " " * 20_000_000 + "</x>"), "archive-too-large"),
    "declared size": (lambda: build_zip([("[Content_Types].xml", CONTENT_TYPES)] + [(f"{n}.bin", os.urandom(2**12) * 1000) for n in range(14)]), "archive-too-large"),
    "overlapping": (lambda: build_overlapping_zip(1500), "archive-too-large"),
    "overlapping, few": (lambda: build_overlapping_zip(40), "word-damaged"),
    "false size": (lambda: build_zip_with_false_size(30_000_000), "archive-too-large"),
    "many entries": (lambda: build_zip((f"{n}.xml", "") for n in range(2_001)), "archive-too-many"),
    "twice": (lambda: build_word_file(parts={"WORD/document.xml": "<x/>"}), "word-damaged"),
    "deep": (lambda: build_with_document_xml("<x>" * 100_000 + "</x>" * 100_000), "word-too-complex"),
    "elements": (lambda: build_with_document_xml("<x>" + "".join(f"<y a=\"{n}\"/>" for n in range(300_000)) + "</x>"), "word-too-complex"),
    "attributes": (lambda: build_with_document_xml("<x>" + "".join("<y " + " ".join(f'a{k}="{n}"' for k in range(20)) + "/>" for n in range(60_000)) + "</x>"), "word-too-complex"),
    "elements that differ": (lambda: build_with_document_xml("<x>" + "".join(f"<y{n}/>" for n in range(300_000)) + "</x>"), "word-too-complex"),
    "lines": (lambda: build_word_file("".join(paragraph(f"{n}") for n in range(21_000))), "too-many-lines"),
    "breaks": (lambda: build_word_file(paragraph("<w:r>" + "<w:br/>" * 30_000 + "</w:r>")), "too-many-lines"),
    "letters": (lambda: build_word_file("".join(paragraph(os.urandom(2**15).hex()) for _ in range(40))), "too-large"),
    "size": (lambda: b"PK\3\4" + b"\0" * 11_000_000, "too-large"),
    "symlink": (lambda: build_word_file(parts={"../../etc/passwd": "x", "/etc/passwd": "y"}, body=""), "empty"),
    "encoding": (lambda: build_with_document_xml('<?xml version="1.0" encoding="utf-7"?><x/>'), "word-damaged"),
    "encoding by table": (lambda: build_with_document_xml('<?xml version="1.0" encoding="cp037"?><x/>'), "word-damaged"),
    "no body": (lambda: build_with_document_xml("<x/>"), "empty"),
    "empty zip": (lambda: b"PK\5\6" + b"\0" * 18, "not-word"),
    "text": (lambda: (HEADER + BODY).encode(), "not-word"),
    "text in Big5": (lambda: (HEADER + BODY).replace("•", "‧").encode("cp950"), "not-word"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not-word"),
    "nothing": (lambda: b"", "empty"),
    "numbering": (lambda: build_word_file(plain_paragraphs(HEADER + BODY), {"word/numbering.xml": "<x>"}, f'<Relationship Id="n" Type="{RELATIONSHIP_TYPE}/numbering" Target="numbering.xml"/>'), "word-damaged"),
    **{f"doctype {n}": (lambda doctype=doctype: build_with_document_xml(f"{doctype}<w:document {NAMESPACES}/>"), "word-doctype") for n, doctype in enumerate(DOCTYPES)},
    "doctype in UTF-16": (lambda: build_with_document_xml(f"{DOCTYPES[0]}<x/>".encode("utf-16")), "word-doctype"),
    **{f"doctype in {part}": (lambda part=part: build_word_file(parts={part: DOCTYPES[0] + "<x/>"}), "word-doctype")
       for part in ("docProps/core.xml", "word/_rels/x.rels", "customXml/item1.xml", "word/theme/theme1.xml", "[Content_Types].xml")},
    "billion laughs": (lambda: build_with_document_xml('<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + f"]><w:document {NAMESPACES}><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"), "word-doctype"),
    **{f"outside {kind}": (lambda kind=kind, mode=mode: build_word_file(parts={"word/_rels/settings.xml.rels": RELATIONSHIPS.format(EXTERNAL_RELATIONSHIP.format(f"{RELATIONSHIP_TYPE}/{kind}", mode))}), "word-external")
       for kind, mode in (("attachedTemplate", "External"), ("image", "External"), ("oleObject", "external"), ("frame", "EXTERNAL"), ("aFChunk", "External"), ("subDocument", "External"), ("", "External"))},
    "entity undefined": (lambda: build_with_document_xml(f"<w:document {NAMESPACES}><w:body>&x;</w:body></w:document>"), "word-damaged"),
    "truncated": (lambda: GOOD[: len(GOOD) // 2], "word-damaged"),
    "directory cut": (lambda: GOOD[:-30], "word-damaged"),
    "locked": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "word-encrypted"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_malicious_file_is_refused(name):
    build, code = BOMBS[name]
    data = build()
    with limit_cpu_time():
        assert get_refusal(data).code == code


MEASURE = """
import sys
from briefs.bilingual.documents.parser import read_document
from briefs.tests.bilingual.documents.test_hostile_word import BOMBS, GOOD
from briefs.tests.bilingual.documents.test_other_formats import FORMATS, HOSTILE
read_document(GOOD, "a.docx")
read_document((FORMATS / "seed.odt").read_bytes(), "a.odt")
build, _ = BOMBS.get(sys.argv[1], (None, ""))
name, build, _ = HOSTILE.get(sys.argv[1], ("a.docx", build, ""))
data = build()
def peak():  # of this process only: getrusage starts with the peak of the parent process
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
open("/proc/self/clear_refs", "w").write("5")
before = peak()
read_document(data, name)
print(peak() - before)
"""


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "megabytes"),
    [
        *((n, 50) for n in ("elements", "attributes", "in the document", "overlapping", "false size", "billion laughs")),
        *((n, 150) for n in ("odt bomb", "odt spans", "odt text", "html tags", "html references", "html lists")),
    ],
)  # fmt: skip
def test_hostile_file_takes_little_memory(name, megabytes):
    process = subprocess.run(
        [sys.executable, "-c", MEASURE, name], capture_output=True, text=True, cwd=FIXTURES.parent, check=True
    )
    assert int(process.stdout) * 1024 < megabytes * 2**20


def test_malicious_file_opens_no_file_and_no_connection():
    """Watched by an audit hook in a new process."""
    code = (
        "import sys\nfrom briefs.bilingual.documents.parser import read_document\n"
        "from briefs.tests.bilingual.documents.test_hostile_word import BOMBS, GOOD\nread_document(GOOD, 'a.docx')\n"
        "seen = []\n"
        "sys.addaudithook(lambda name, args: seen.append((name, args)) if name.split('.')[0] in "
        "('open', 'socket', 'subprocess', 'os', 'urllib', 'exec', 'import') else None)\n"
        "asks = ('doctype', 'outside', 'billion', 'encoding', 'symlink', 'entity')\n"
        "data = [build() for name, (build, _) in BOMBS.items() if name.startswith(asks)]\nseen.clear()\n"
        "for content in data: read_document(content, 'a.docx')\n"
        "print([s for s in seen if s[0] != 'import' and not str(s[1][0]).endswith(('.py', '.pyc'))])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=FIXTURES.parent, check=True
    )
    assert process.stdout.strip() == "[]"


# Accepted files that are slow to read

SLOW_BODIES = {
    "nested tables": lambda: "<w:tbl><w:tr><w:tc>" * 60 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 60,
    "nested boxes": lambda: nested_boxes(45),
    "wide table": lambda: f"<w:tbl><w:tr>{''.join(f'<w:tc>{paragraph(chr(0x4E00 + n))}</w:tc>' for n in range(9_000))}</w:tr></w:tbl>",
    "long table": lambda: f"<w:tbl>{'<w:tr><w:tc><w:p/></w:tc><w:tc><w:p/></w:tc></w:tr>' * 9_000}</w:tbl>",
    "table of labels": lambda: f"<w:tbl>{''.join(f'<w:tr><w:tc>{paragraph("作者")}</w:tc><w:tc>{paragraph(str(n))}</w:tc></w:tr>' for n in range(6_000))}</w:tbl>",
    "columns": lambda: f"<w:tbl>{''.join(f'<w:tr><w:tc>{paragraph("摘要")}</w:tc><w:tc>{paragraph("Summary")}</w:tc></w:tr>' for n in range(6_000))}</w:tbl>",
    "titles": lambda: "".join(paragraph(f"T{n}", '<w:outlineLvl w:val="0"/>') for n in range(15_000)),
    "titles and labels": lambda: "".join(paragraph(f"T{n}", '<w:outlineLvl w:val="0"/>') + paragraph("作者: a") for n in range(9_000)),
    "links": lambda: "".join(paragraph(f'<w:hyperlink r:id="l">{run("x")}</w:hyperlink>') for _ in range(15_000)),
    "lists": lambda: "".join(list_item(f"Point {n}.", num=n) for n in range(12_000)),
    "levels": lambda: "".join(list_item(f"Point {n}.", level=n % 9) for n in range(12_000)),
    "pages": lambda: "".join(paragraph('<w:r><w:br w:type="page"/></w:r>') + paragraph("作者: a") for _ in range(6_000)),
    "fields": lambda: paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * 40_000),
    "deleted ends": lambda: "".join(paragraph(f"x{n}", '<w:rPr><w:del w:id="1"/></w:rPr>') for n in range(15_000)),
    "one long run": lambda: paragraph("字" * 600_000),
    "runs": lambda: paragraph("".join(run("字") for _ in range(40_000))),
    "breaks": lambda: paragraph("".join(run("字") + "<w:br/>" for _ in range(15_000))),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", SLOW_BODIES)
def test_reading_of_slow_word_file_ends(name):
    relations = EXTERNAL_RELATIONSHIP.format(f"{RELATIONSHIP_TYPE}/hyperlink", "External")
    data = build_word_file(
        plain_paragraphs("作者: a\n摘要:\n文字。")
        + SLOW_BODIES[name]()
        + plain_paragraphs("Summary:\nText."),
        relations=relations,
    )
    with limit_cpu_time():
        readings = read_document(data, "a.docx")
    for reading in readings:
        assert (reading.parsed is None) is not (reading.refusal is None)


# Random damage


def damage(data: bytes, changes) -> bytes:
    output = bytearray(data)
    for position, byte in changes:
        output[position % len(output)] = byte
    return bytes(output)


CHANGES = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=6)


PARTS = {
    name: zipfile.ZipFile(io.BytesIO(OFFICE)).read(name)
    for name in zipfile.ZipFile(io.BytesIO(OFFICE)).namelist()
}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["word/document.xml", "word/numbering.xml", "word/styles.xml", "word/_rels/document.xml.rels"]
    ),
    CHANGES,
)
def test_damaged_parts_never_crash(part, changes):
    assert_consistent(
        read_document(build_zip([*{**PARTS, part: damage(PARTS[part], changes)}.items()]), "a.docx")
    )


TAGS = st.sampled_from(
    ["w:p", "w:r", "w:t", "w:tbl", "w:tr", "w:tc", "w:ins", "w:del", "w:sdt", "w:sdtContent", "w:hyperlink", "w:fldSimple",
     "w:pPr", "w:numPr", "w:txbxContent", "mc:AlternateContent", "mc:Choice", "w:br", "w:sym", "w:sectPr", "w:altChunk", "w:vMerge"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["", "0", "1", "-1", "99999999999", "x", "page", "begin", "end", "separate", "4E2D", "d800", "true", "작"]
)
WORDS = st.sampled_from(
    ["作者: a", "摘要:", "Summary:", "• b", "1. c", "中文", "text", "標題", "日期", "連結/URL: x"]
)


@st.composite
def elements(draw, depth=3):
    tag, value = draw(TAGS), draw(VALUES)
    inner = "".join(draw(st.lists(elements(depth=depth - 1), max_size=3))) if depth else draw(WORDS)
    names = " ".join(
        f'{name}="{value}"'
        for name in draw(
            st.lists(
                st.sampled_from(
                    ["w:val", "w:type", "w:char", "w:id", "r:id", "w:instr", "w:fldCharType", "w:left"]
                ),
                max_size=2,
                unique=True,
            )
        )
    )
    return f"<{tag} {names}>{draw(WORDS) if tag == 'w:t' else inner}</{tag}>"


@pytest.mark.heavy
@settings(max_examples=60, deadline=None)
@given(st.lists(elements(), max_size=6).map("".join))
def test_random_elements_never_crash(body):
    assert_consistent(read_document(build_word_file(body), "a.docx"))
    assert_consistent(
        read_document(build_word_file(plain_paragraphs("作者: a\n摘要:\n文字。") + body), "a.docx")
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([GOOD, OFFICE]), CHANGES)
def test_damaged_zips_never_crash(data, changes):
    assert_consistent(read_document(damage(data, changes), "a.docx"))
