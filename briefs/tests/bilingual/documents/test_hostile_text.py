"""Texts of two megabytes, built to be slow to read."""

import pytest

from briefs.bilingual.documents.parser import read_document
from briefs.tests.bilingual.documents.test_parser import HEADER
from briefs.tests.support import limit_cpu_time

pytestmark = pytest.mark.heavy  # megabytes of text each

HEAVY_TEXT = {
    "bullets": lambda: "摘要:\n" + "".join(f"• 第{n}點\n" for n in range(9_900)) + "Summary:\n" + "".join(f"• Point {n}\n" for n in range(9_800)),
    "the same bullet": lambda: "摘要:\n" + "• 點\n" * 9_900 + "Summary:\n" + "• One\n" * 9_800,
    "long bullets": lambda: "摘要:\n" + ("• " + "字" * 150 + "\n") * 1_900 + "Summary:\n" + ("• " + "word " * 100 + "\n") * 1_600,
    "one line": lambda: "摘要:\n" + "字" * 690_000,
    "wrapped": lambda: "Summary:\n" + "word word word\n" * 19_900,
    "nested": lambda: "摘要:\n" + "".join(" " * (n % 40) + "• 點\n" for n in range(19_900)),
    "names": lambda: "".join(f"作者: a{n}\n" for n in range(19_900)),
    "names below": lambda: "作者:\n" + "".join(f"a{n}\n" for n in range(19_900)),
    "wrapped value": lambda: "來源: " + ("word " * 19 + "\n") * 19_900,
    "wrapped wide": lambda: "Summary:\n" + ("word " * 20 + "\n") * 19_900,
    "wrapped, both": lambda: "摘要/Summary:\n" + ("word " * 20 + "\n") * 19_900,
    "wrapped item": lambda: "Summary:\n• x\n" + ("  " + "word " * 19 + "\n") * 19_900,
    "labels of bodies": lambda: "摘要: x\n" * 19_900,
    "labels in the other language": lambda: "摘要:\nSome words are here.\n" * 9_900,
    "labels on both sides": lambda: "作者: a\n" * 9_000 + "摘要: x\n" + "Author: b\n" * 9_000,
    "addresses": lambda: "作者: a\n" * 9_000 + "https://a.org/x\n" * 9_000,
    "list without markers": lambda: "要點:\n" + "第一點。\n" * 19_900,
    "rows": lambda: "作者 | a\n" + "x | y\n" * 19_900,
    "rows of labels": lambda: "作者 | a | 來源 | b\n" * 19_900 + "摘要:\n文字。",
    "quoted": lambda: "> 作者: a\n" + "> • b\n" * 19_900,
    "mail": lambda: "From: a\n" + "Date: b\n" * 19_900,
    "labels in a line": lambda: ("作者: a 來源: b 日期: c " * 20 + "\n") * 4_000,
    "tabs": lambda: ("作者\ta\t" * 100 + "\n") * 2_000,
    "alternating": lambda: "摘要/Summary:\n" + "• 點點點\n  one two three\n" * 9_900,
    "capitals": lambda: "作者: a\n摘要:\n" + "".join(f"{chr(65 + n % 26)}. b\n" for n in range(19_900)),
    "escapes": lambda: "作者: a\n摘要:\n" + "\\" * 600_000,
    "tokens, uneven": lambda: "摘要:\n" + ("• 點 " + " ".join(f"A{k}" for k in range(200)) + "\n") * 1_180 + "Summary:\n" + ("• B " + " ".join(f"A{k}" for k in range(200)) + "\n") * 590,
    "tokens": lambda: "摘要:\n" + "".join(f"• 點 {' '.join(f'A{k}' for k in range(60))}\n" for n in range(2_500)) + "Summary:\n" + "".join(f"• B {' '.join(f'A{k}' for k in range(60))}\n" for n in range(2_400)),
}  # fmt: skip


def build_heavy_text(name: str) -> bytes:
    return (HEADER + HEAVY_TEXT[name]()).encode()[: 2 * 1024 * 1024]


@pytest.mark.parametrize("name", HEAVY_TEXT)
def test_reading_of_two_megabytes_of_text_ends(name):
    data = build_heavy_text(name)
    with limit_cpu_time(30):
        read_document(data, "a.txt")
