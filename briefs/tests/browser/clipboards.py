"""Clipboards as Word, Google Docs, mail and web pages fill them, with the rows that pasting makes of them.

The files in `browser/clipboards/` are Word documents, exported as HTML by LibreOffice. `Expected` has one row per
line: texts, then level and kind of marker (b, n) of the language that was pasted; a pair has both texts.
"""

from pathlib import Path
from typing import NamedTuple

FILES = Path(__file__).with_name("clipboards")


class Clipboard(NamedTuple):
    html: str
    plain: str
    expected: str


def _word_item(level: int, sign: str, text: str) -> str:
    """An item of Word for Windows, whose sign is a span of its own."""
    return (
        f"<p class=MsoListParagraphCxSpMiddle style='margin-left:{36 * level}.0pt;text-indent:-18.0pt;"
        f"mso-list:l0 level{level} lfo1'><![if !supportLists]><span style='font-family:Symbol'>"
        f"<span style='mso-list:Ignore'>{sign}<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; "
        f"</span></span></span><![endif]><span lang=ZH-TW>{text}</span><o:p></o:p></p>"
    )


def _word_online_item(level: int, text: str) -> str:
    return (
        f"<div class='ListContainerWrapper'><ul role='list'><li data-aria-level='{level}' "
        f"data-listid='1'><p><span>{text}</span></p></li></ul></div>"
    )


def _google_item(level: int, text: str) -> str:
    return (
        f'<li dir="ltr" style="list-style-type:disc" aria-level="{level}"><p dir="ltr" role="presentation">'
        f'<span style="font-size:11pt">{text}</span></p></li>'
    )


GOOGLE = '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1">{}</b>'
GOOGLE_CELL = '<td style="border:solid"><p dir="ltr"><span>{}</span></p></td>'


def _google_row(*cells: str) -> str:
    return f"<tr>{''.join(map(GOOGLE_CELL.format, cells))}</tr>"


CLIPBOARDS = {
    "Word: lists of three levels": Clipboard(
        (FILES / "word_lists.html").read_text(),
        "限制晶片出口\n先進製程",
        "限制晶片出口 0b\n先進製程 1b\n七奈米以下 2b\n設備 1b\n協調盟友 0b\n第一步 0n\n細項甲 1n\n細項乙 1n\n第二步 0n",
    ),
    "Word: a table of two languages": Clipboard(
        (FILES / "word_table.html").read_text(),
        "",
        "限制晶片出口 = Limit chip exports\n協調盟友 = Coordinate with allies\n培養人才 = Train people",
    ),
    "Word: list paragraphs": Clipboard(
        "".join(
            [
                _word_item(1, "·", "甲"),
                _word_item(2, "o", "乙"),
                _word_item(3, "§", "丙"),
                _word_item(1, "·", "丁"),
            ]
        ),
        "·\t甲\no\t乙\n§\t丙\n·\t丁",
        "甲 0b\n乙 1b\n丙 2b\n丁 0b",
    ),
    "Word: numbered paragraphs": Clipboard(
        "".join([_word_item(1, "1.", "甲"), _word_item(2, "(a)", "乙"), _word_item(1, "2.", "丙")]),
        "1.\t甲\n(a)\t乙\n2.\t丙",
        "甲 0n\n乙 1n\n丙 0n",
    ),
    "Word: text alone": Clipboard("", "·\t甲\no\t乙\n§\t丙\n·\t丁", "甲 0b\n乙 1b\n丙 2b\n丁 0b"),
    "Word: tracked deletions": Clipboard(
        "<p class=MsoNormal>限制<del cite='mailto:a' datetime='2026-01-02'>全部</del><ins>先進</ins>晶片</p>"
        "<p class=MsoNormal><s>劃掉的一段</s></p><p class=MsoNormal>協調<span style='text-decoration:line-through'>舊</span>盟友</p>",
        "限制全部先進晶片\n劃掉的一段\n協調舊盟友",
        "限制先進晶片 0b\n協調盟友 0b",
    ),
    "Word: a deletion in one line": Clipboard(
        "<p class=MsoNormal>限制<del>全部</del>晶片</p>", "限制全部晶片", "限制晶片 0b"
    ),
    "Word online": Clipboard(
        _word_online_item(1, "甲") + _word_online_item(2, "乙") + _word_online_item(1, "丙"),
        "",
        "甲 0b\n乙 1b\n丙 0b",
    ),
    "Google Docs: nested list": Clipboard(
        GOOGLE.format(
            f"<ul>{_google_item(1, '甲')}<ul>{_google_item(2, '乙')}</ul>{_google_item(1, '丙')}</ul>"
        ),
        "甲\n乙\n丙",
        "甲 0b\n乙 1b\n丙 0b",
    ),
    "Google Docs: numbers": Clipboard(
        GOOGLE.format(
            "<ol><li aria-level='1'><p><span>甲</span></p></li><li aria-level='1'><p>乙</p></li></ol><br>"
        ),
        "甲\n乙",
        "甲 0n\n乙 0n",
    ),
    "Google Docs: a table": Clipboard(
        GOOGLE.format(
            f"<div><table><tbody>{_google_row('Chips', '晶片')}{_google_row('Talent', '人才')}</tbody></table></div>"
        ),
        "",
        "晶片 = Chips\n人才 = Talent",
    ),
    "Google Docs: paragraphs": Clipboard(
        GOOGLE.format("<p dir='ltr'><span>第一段。</span></p><br><p dir='ltr'><span>第二段。</span></p>"),
        "第一段。\n\n第二段。",
        "第一段。 0b\n第二段。 0b",
    ),
    "web: list with links and line breaks": Clipboard(
        "<ul>\n  <li>甲<a href='https://example.org'>連結</a>\n  <ul>\n <li>乙<br>續</li></ul></li>\n<li><strong>丙</strong></li></ul>",
        "甲連結\n乙\n續\n丙",
        "甲連結 0b\n乙 續 1b\n丙 0b",
    ),
    "web: table with numbers and heads": Clipboard(
        "<table><thead><tr><th>#</th><th>中文</th><th>English</th></tr></thead><tbody><tr><td>1</td><td>晶片</td>"
        "<td>Chips</td></tr><tr><td>2</td><td>人才</td><td>Talent</td></tr></tbody></table>",
        "",
        "晶片 = Chips\n人才 = Talent",
    ),
    "web: two columns of lists in one row": Clipboard(
        "<table><tr><td><ul><li>甲<ul><li>乙</li></ul></li><li>丙</li></ul></td>"
        "<td><ul><li>One<ul><li>Two</li></ul></li><li>Three</li></ul></td></tr></table>",
        "",
        "甲 = One\n乙 = Two\n丙 = Three",
    ),
    "spreadsheet: tabs": Clipboard("", "晶片\tChips\n人才\tTalent\n", "晶片 = Chips\n人才 = Talent"),
    "spreadsheet: an empty cell": Clipboard(
        "", "晶片\tChips\n人才\t\n\tMoney", "晶片 = Chips\n人才 = \n = Money"
    ),
    "mail: dashes and indents": Clipboard(
        "<div>- 甲</div><div>&nbsp; - 乙</div>", "- 甲\n  - 乙\n- 丙", "甲 0b\n乙 1b\n丙 0b"
    ),
}
