"""Results of reading a document: the parsed document, the cautions about it, or the reason for refusing it.

Every code of a caution or a refusal is listed in `MESSAGES_BY_CODE`, with its message in both languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from briefs.content import Marker, Side
from briefs.lexicon.pair_scores import DOUBTFUL_CONFIDENCE
from briefs.text.paths import LANGUAGE_CODES

MessageLanguage = Literal["en", "zh"]

LANGUAGE_NAMES: dict[Side, tuple[str, str]] = {"zh": ("Chinese", "中文"), "en": ("English", "英文")}

_STORED = ("Nothing of this document was stored.", "這份文件未存入任何內容。")
_SAVE_AS = ("Open it in Word, save it as .docx and upload it again.", "請另存為 .docx 後再上傳。")


def _build_refusal_message(en: str, zh: str) -> tuple[str, str]:
    return (
        f"“{{file}}”{{where}}: expected {en}. {_STORED[0]}",
        f"「{{file}}」{{where}}：此處應為{zh}。{_STORED[1]}",
    )


def _build_format_message(en: str, zh: str) -> tuple[str, str]:
    return (f"“{{file}}”: This is {en}. {_SAVE_AS[0]}", f"「{{file}}」：這是{zh}，{_SAVE_AS[1]}")


REFUSAL_MESSAGES: dict[str, tuple[str, str]] = {
    "empty": _build_refusal_message("a document with words in it", "有文字內容的文件"),
    "too-large": _build_refusal_message("a document of at most {limit}", "不超過 {limit} 的文件"),
    "too-many-lines": _build_refusal_message(
        "a document of at most {limit} lines", "不超過 {limit} 行的文件"
    ),
    "binary": _build_refusal_message("text or a Word file (.docx)", "文字檔或 Word 檔案（.docx）"),
    "undecodable": _build_refusal_message(
        "text in UTF-8, UTF-16, Big5 or GB18030", "以 UTF-8、UTF-16、Big5 或 GB18030 編碼的文字"
    ),
    "control-character": _build_refusal_message(
        "text without the control character {character}", "不含控制字元 {character} 的文字"
    ),
    "no-label": _build_refusal_message(
        "a label such as “作者/Author(s):” or “摘要:”", "「作者/Author(s):」或「摘要:」之類的欄位名稱"
    ),
    "no-body": _build_refusal_message(
        "a summary or a bullet under “摘要:” or “Summary:”", "「摘要:」或「Summary:」之下的摘要或要點"
    ),
    "word-old": _build_format_message("an older Word file (.doc)", "舊版 Word 檔案（.doc）"),
    "open-document": _build_format_message("an OpenDocument file (.odt)", " OpenDocument 檔案（.odt）"),
    "rich-text": _build_format_message("a rich text file (.rtf)", " RTF 檔案（.rtf）"),
    "spreadsheet": _build_format_message("a spreadsheet", "試算表"),
    "presentation": _build_format_message("a presentation", "簡報檔"),
    "ebook": _build_format_message("an e-book (.epub)", "電子書（.epub）"),
    "pages": _build_format_message("a Pages file", " Pages 檔案"),
    "markup": _build_format_message("a web page or an XML file", "網頁或 XML 檔案"),
    "archive": (
        f"“{{file}}”: This is a zip archive. Unpack it and upload the documents in it. {_STORED[0]}",
        f"「{{file}}」：這是 zip 壓縮檔，請解壓縮後再上傳其中的文件。{_STORED[1]}",
    ),
    "archive-too-large": _build_refusal_message(
        "a Word file that unpacks to at most {limit}", "解壓縮後不超過 {limit} 的 Word 檔案"
    ),
    "archive-too-many": _build_refusal_message(
        "a Word file of at most {limit} parts", "內含不超過 {limit} 個部分的 Word 檔案"
    ),
    "word-too-complex": _build_refusal_message("a simpler Word file", "結構較簡單的 Word 檔案"),
    "not-word": (
        f"“{{file}}”: The name ends in .docx, but this is not a Word file. {_SAVE_AS[0]}",
        f"「{{file}}」：檔名為 .docx，內容卻不是 Word 檔案，{_SAVE_AS[1]}",
    ),
    "word-damaged": (
        f"“{{file}}”: This Word file is damaged or incomplete. {_SAVE_AS[0]}",
        f"「{{file}}」：這個 Word 檔案已損壞或不完整，{_SAVE_AS[1]}",
    ),
    "word-encrypted": (
        f"“{{file}}”: This file is locked with a password. Save it without one and upload it again. {_STORED[0]}",
        f"「{{file}}」：這個檔案設有密碼，請取消密碼後再上傳。{_STORED[1]}",
    ),
    "word-doctype": _build_refusal_message(
        "a Word file without document type definitions", "不含文件類型定義（DTD）的 Word 檔案"
    ),
    "word-external": (
        (
            f"“{{file}}”: This Word file draws on something outside itself ({{kind}}). "
            f"Save a copy without such links. {_STORED[0]}"
        ),
        f"「{{file}}」：這個 Word 檔案連結了外部內容（{{kind}}），請另存一份不含此類連結的檔案。{_STORED[1]}",
    ),
    "unreadable": (
        f"“{{file}}” could not be read: {{why}}. {_STORED[0]}",
        f"無法讀取「{{file}}」：{{why}}。{_STORED[1]}",
    ),
    "not-storable": (f"“{{file}}”: {{why_en}} {_STORED[0]}", f"「{{file}}」：{{why_zh}}{_STORED[1]}"),
    "edited-since": (
        f"“{{file}}”: people have edited brief {{brief}}, “{{title}}”, since it was imported. {_STORED[0]}",
        f"「{{file}}」：文摘 {{brief}}〈{{title}}〉匯入後已有人編輯。{_STORED[1]}",
    ),
    "changed-meanwhile": (
        f"“{{file}}”: the brief has changed since the preview. Look at the preview again. {_STORED[0]}",
        f"「{{file}}」：預覽之後文摘已有變動，請重新檢視預覽。{_STORED[1]}",
    ),
}

CAUTION_MESSAGES: dict[str, tuple[str, str]] = {
    "date-ambiguous": (
        "{raw} can be read in two ways. Choose {first_en} or {second_en}.",
        "「{raw}」有兩種讀法，請選擇 {first_zh}或 {second_zh}。",
    ),
    "date-minguo": (
        "{raw} was read as a year of the Republic: {first_en}.",
        "「{raw}」以民國紀年解讀，即 {first_zh}。",
    ),
    "date-season": (
        "{raw} names a season; it is filed under {iso}.",
        "「{raw}」為季刊期別，暫以 {iso} 歸檔。",
    ),
    "date-numbered": (
        "{raw} names an issue without its month; it is filed under {iso}. Please check the month.",
        "「{raw}」只有期別，未註明月份，暫以 {iso} 歸檔，請確認月份。",
    ),
    "date-unreadable": (
        "The date “{text}” could not be read.{hint_en} Enter the date of the article.",
        "無法判讀日期「{text}」，{hint_zh}請填寫原文發表日期。",
    ),
    "structure-differs": (
        "Structure differs: {zh} in Chinese, {en} in English.",
        "兩欄層次不同：中文 {wide_zh} 點，英文 {wide_en} 點。",
    ),
    "markers-differ": (
        "Markers differ in {n} pairs: a bullet on one side, a number on the other.",
        "有 {n} 組要點的符號不同：一側為項目符號，一側為編號。",
    ),
    "one-sided": (
        "This point has no counterpart in {language_en}: “{text}”",
        "此要點沒有對應的{language_zh}：「{text}」",
    ),
    "pair-doubtful": (
        "This pair may not say the same: “{text}”{better_en}",
        "這兩段內容可能不一致：「{text}」{better_zh}",
    ),
    "pair-joined": (
        "This point and the {place_en} one say together what one point in {language_en} says: “{text}”",
        "此要點與{place_zh}一點合為{language_zh}的一點：「{text}」",
    ),
    "too-deep": (
        "This point is nested deeper than three levels and was put on the third: “{text}”",
        "此要點超過三層，已置於第三層：「{text}」",
    ),
    "empty-point": ("This marker has no text: “{text}”", "此項目符號之後沒有文字：「{text}」"),
    "unplaced": ("This line has no place in a brief: “{text}”", "這一行無法歸入任何欄位：「{text}」"),
    "repeated-label": (
        "{label} stands here a second time; compare the two.",
        "「{label}」在此重複出現，請比較兩處內容。",
    ),
    "language-missing": ("The document has no {language_en} text.", "文件沒有{language_zh}內容。"),
    "summary-missing": ("The {language_en} summary is empty.", "尚未填寫{language_zh}摘要。"),
    "field-missing": ("The document does not give {what_en}.", "文件未註明{what_zh}。"),
    "side-by-script": (
        "The text under “{label}” is {language_en} and was filed as {language_en}.",
        "「{label}」之下為{language_zh}內容，已歸入{language_zh}。",
    ),
    "part-by-script": (
        "Part of the text under “{label}” is {language_en} and was filed as {language_en}.",
        "「{label}」之下有部分為{language_zh}內容，已歸入{language_zh}。",
    ),
    "not-read": (
        "Something embedded in the Word file here was not read.",
        "此處嵌入 Word 檔案的內容未能讀取。",
    ),
    "source-is-link": (
        "The source is a link: {text}. It was filed as the link of the article.",
        "來源欄為連結：{text}，已歸入原文連結。",
    ),
    "authors-doubtful": (
        "The authors in “{text}” can be told apart in more than one way. Please check them.",
        "「{text}」的作者有多種切分方式，請確認。",
    ),
    "author-similar": (
        "“{text}” is a new author. Is it {near_en}? If so, choose that author, or merge the two.",
        "「{text}」是新的作者。是否就是{near_zh}？若是，請改選該作者，或將兩者合併。",
    ),
    "author-two-names": (
        "“{text}” was read as one author, {name}, whose Chinese name is {name_zh}. Say whether it is their own.",
        "「{text}」已視為同一位作者 {name}，中文姓名為{name_zh}。請註明是本名或譯名。",
    ),
    "author-other-name": (
        "{known} is called {text} here as well. Add that name to the author.",
        "此處{known}另有姓名「{text}」，請補入作者資料。",
    ),
    "url-doubtful": ("“{text}” does not look like a web address.", "「{text}」不像網址。"),
    "url-lookalike": (
        "{host} can be mistaken for {known_en}. Check the address.",
        "{host} 容易被誤認為{known_zh}，請確認網址。",
    ),
    "suspicious-character": (
        "A character here cannot be seen or was damaged: {character}.",
        "此行含有看不見或已損壞的字元：{character}。",
    ),
    "encoding-doubtful": (
        "The document is not in UTF-8; it was read as {encoding}. Please check a few words.",
        "文件並非 UTF-8 編碼，已依 {encoding} 讀取，請抽查文字是否正確。",
    ),
    "unknown-source": (
        "The source “{text}” is not known yet; the import adds it.{near_en}",
        "來源「{text}」尚未建檔，匯入時新增。{near_zh}",
    ),
    "unknown-keyword": (
        "The keyword “{text}” is not known yet; the import adds it. Give it its other label.{near_en}",
        "關鍵字「{text}」尚未建檔，匯入時新增，請補上另一語言的名稱。{near_zh}",
    ),
    "keyword-label": (
        "“{text}” was taken as the keyword “{label}”, whose other label is a different one. Please check it.",
        "「{text}」已歸入關鍵字「{label}」，但另一語言的名稱不同，請確認。",
    ),
    "same-article": (
        "This article has already been digested: {which_en}.",
        "這篇原文已有文摘：{which_zh}。",
    ),
    "same-name": (
        "A file of this name was imported before, with another article in it.",
        "先前曾匯入同名檔案，但所載原文不同。",
    ),
}

MESSAGES_BY_CODE: dict[str, tuple[str, str]] = {**REFUSAL_MESSAGES, **CAUTION_MESSAGES}


def describe_language(side: Side) -> dict[str, str]:
    """Return the placeholders of a message that name a language."""
    english, chinese = LANGUAGE_NAMES[side]
    return {"language_en": english, "language_zh": chinese}


def _format_message(code: str, language: str, values: Mapping[str, Any]) -> str:
    return MESSAGES_BY_CODE[code][0 if language == "en" else 1].format_map(values)


@dataclass(frozen=True, slots=True)
class Caution:
    """A problem for an editor to check. `line` counts from 1 in the file."""

    line: int | None
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, language: MessageLanguage = "en") -> str:
        return _format_message(self.code, language, self.values)


class DocumentRefused(ValueError):
    """Raised when a document cannot be read or stored. Nothing of it is stored."""

    def __init__(self, line: int | None, code: str, values: Mapping[str, Any] | None = None) -> None:
        self.line = line
        self.code = code
        self.values: dict[str, Any] = dict(values or {})
        super().__init__(line, code, self.values)

    def message(self, language: MessageLanguage = "en", file: str = "…") -> str:
        where = (
            "" if self.line is None else (f", line {self.line}" if language == "en" else f"第 {self.line} 行")
        )
        return _format_message(self.code, language, {**self.values, "file": file, "where": where})

    def __str__(self) -> str:
        return self.message()


@dataclass(frozen=True, slots=True)
class Point:
    """One bullet of one language. `line`, its position in the file, is ignored in comparisons."""

    text: str
    level: int = 0
    marker: Marker = "bullet"
    line: int = field(default=0, compare=False)


Joined = Literal["", "previous", "next"]
"""Of a one-sided point: it and the previous (next) point together have that pair's other side as translation."""


@dataclass(frozen=True, slots=True)
class PointPair:
    zh: Point | None
    en: Point | None
    confidence: float = field(default=1.0, compare=False)
    joined: Joined = field(default="", compare=False)
    better_en: Point | None = field(default=None, compare=False)
    """Of a doubtful pair: another English point that is more likely to say the same."""


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """`iso` is `2025-06-09`, or `2025-06` for a month or an issue. `label` is the issue's own label."""

    iso: str
    label: str = ""
    raw: str = ""
    ambiguous: bool = False
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class ParsedSide:
    summary: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One digest. `unplaced_lines` are the lines without a place, as (line, text). Nothing is dropped.

    `facts`: those of `facts.DOCUMENT_FACTS` that the document states, by name.
    """

    title: dict[Side, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()
    source: str | None = None
    date: ParsedDate | None = None
    keywords: tuple[str, ...] = ()
    sides: dict[Side, ParsedSide] = field(default_factory=dict)
    pairs: tuple[PointPair, ...] = ()
    cautions: tuple[Caution, ...] = field(default=(), compare=False)
    unplaced_lines: tuple[tuple[int, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ParseResult:
    """One digest of a file. Exactly one of `parsed` and `refusal` is set."""

    index: int
    lines_sha256: str
    parsed: ParsedDocument | None
    refusal: DocumentRefused | None
    encoding: str


def serialize_parsed_document(parsed: ParsedDocument) -> dict[str, Any]:
    """Return the `parsed` object of `import_briefs --format json`."""
    date = parsed.date
    data: dict[str, Any] = {
        "title": {LANGUAGE_CODES[side]: text for side, text in parsed.title.items()} or None,
        "url": parsed.facts.get("url"),
        "authors": list(parsed.authors),
        "source": parsed.source,
        "date": date.iso if date else None,
        "date_ambiguous": bool(date and date.ambiguous),
        "keywords": list(parsed.keywords),
        "languages": {
            LANGUAGE_CODES[name]: {"summary": side.summary, "points": _nest_points(side.points)}
            for name, side in parsed.sides.items()
        },
        "bullets": [_serialize_pair(pair) for pair in parsed.pairs],
    }
    if date and date.label:
        data["date_label"] = date.label
    return data


def serialize_pairing(parsed: ParsedDocument) -> list[dict[str, Any]]:
    """Return the `pairing` list of `import_briefs --format json`: how certain each of the bullets is."""
    return [
        {
            "confidence": pair.confidence,
            "doubtful": bool(pair.zh and pair.en) and pair.confidence < DOUBTFUL_CONFIDENCE,
            "joined": pair.joined,
        }
        for pair in parsed.pairs
    ]


def _nest_points(points: Sequence[Point]) -> list[dict[str, Any]]:
    roots: list[dict[str, Any]] = []
    open_lists = [roots]
    for point in points:
        node: dict[str, Any] = {"text": point.text, "children": []}
        del open_lists[point.level + 1 :]
        open_lists[-1].append(node)
        open_lists.append(node["children"])
    return roots


def _serialize_pair(pair: PointPair) -> dict[str, Any]:
    zh, en = pair.zh or Point(""), pair.en or Point("")
    return {
        "zh": zh.text,
        "en": en.text,
        "level_zh": zh.level,
        "level_en": en.level,
        "marker_zh": zh.marker,
        "marker_en": en.marker,
    }
