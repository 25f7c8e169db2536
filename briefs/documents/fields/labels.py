"""Find a label at the start of a line, in every form people type."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from briefs.content import SIDES, Side
from briefs.facts import DOCUMENT_FACTS

# Names of labels: a table of fixed names, and patterns for names composed of parts.

_FACT_FIELDS = [field for field in DOCUMENT_FACTS.values() if field != "article_title"]
FIELDS_OF_HEADER = ("title", "article_title", "authors", "source", "date", *_FACT_FIELDS, "keywords")
FIELDS_OF_BODY = ("summary", "points")
LIST_FIELDS = ("authors", "keywords")

# Field, language, names; Chinese names in Traditional and Simplified. The first name of each is used in
# output. `side` stands for words such as "Chinese": alone they announce a text in that language, beside
# another label they give that label's language.
_LABEL_FORMS = """
title zh 標題|题目|題目|标题|篇名|文摘標題|文摘标题|中文標題|中文标题
title en Title|Headline|Heading|English title
article_title zh 原文標題|原文标题|原標題|原题|原題|文章標題|文章标题|原文題目|原文题目
article_title en Article title|Original title|Title of article|Title of the article
authors zh 作者|原文作者|文章作者|原作者|作者群|作者姓名|著者|撰文|撰文者|撰稿人|撰寫人|撰写人
authors en Author(s)|Author|Authors|By|Written by|Byline|Author name|Author names
source zh 網站來源|网站来源|來源|来源|出處|出处|來源網站|来源网站|資料來源|资料来源|文章來源|文章来源
source zh 原文來源|原文来源|原文出處|原文出处|媒體|媒体|刊物|期刊|出版|刊登媒體|網站|网站
source en Source|Sources|Website|Web site|Outlet|Publication|Published in|Publisher|Journal|Website source
date zh 日期|發布日期|發佈日期|发布日期|發表日期|发表日期|出版日期|刊登日期|刊出日期|原文日期|文章日期
date zh 發布時間|發佈時間|发布时间|發表時間|发表时间|出版時間|出版时间|時間|时间|原文發表日期|原文发表日期
date en Date|Dates|Published|Published on|Date published|Publication date|Date of publication
date en Publish date|Release date|Article date|Issue
url zh 連結|链接|鏈接|連接|连接|連結網址|網址|网址|原文連結|原文链接|原文鏈接|原文網址|原文网址
url zh 文章連結|文章链接|超連結|超链接|網頁連結|连结
url en URL|Link|Links|Web address|Article link|Article URL|Original link|Link to article|Hyperlink
doi en DOI
keywords zh 關鍵字|关键字|關鍵詞|关键词|關鍵字詞|标签|標籤|主題詞|主题词
keywords en Keywords|Keyword|Keyword(s)|Key words|Key word|Key terms|Tags|Tag
summary zh 摘要|內容摘要|内容摘要|文章摘要|中文摘要|摘要段落|摘要內容|重點摘要|重点摘要|概要|提要|內容提要|内容提要|總結|总结
summary en Summary|Abstract|English summary|Summary in English|Executive summary|Article summary|Overview
points zh 要點|要点|重點|重点|重點整理|重点整理|主要論點|主要论点|條列重點|要點整理
points en Bullets|Bullet points|Key points|Main points|Points|Key takeaways|Takeaways|Highlights
points en Main arguments
side zh 中文|中文版|繁體中文|正體中文|繁体中文|chinese|traditional chinese
side zh chinese version|chinese summary|summary in chinese
side zh 中|中譯|中文翻譯|中文內容|中文部分|chinese translation|chinese text|zh
side en 英文|英文版|英語|英语|英文摘要|english|english version
side en 英|英譯|英文翻譯|英文內容|英文部分|english translation|english text|en
"""


def _parse_table(table: str) -> Iterator[tuple[str, Side, str]]:
    for line in table.strip().splitlines():
        field, side, names = line.split(" ", 2)
        yield field, "zh" if side == "zh" else "en", names


def _collect_names(field: str, side: Side) -> tuple[str, ...]:
    rows = _parse_table(_LABEL_FORMS)
    return tuple(name for f, s, names in rows if (f, s) == (field, side) for name in names.split("|"))


LABEL_NAMES = {
    field: (_collect_names(field, "zh"), _collect_names(field, "en"))
    for field in (*FIELDS_OF_HEADER, *FIELDS_OF_BODY)
}
SIDE_WORDS: dict[str, Side] = {name: side for side in SIDES for name in _collect_names("side", side)}
LANGUAGE_SUMMARY_NAMES = frozenset(
    (
        "chinese summary",
        "summary in chinese",
        "英文摘要",
        "chinese version",
        "english version",
        "中文版",
        "英文版",
    )
)

SIMPLIFIED_TO_TRADITIONAL = str.maketrans(
    "题标网来处发关键词链连结时间体点论总内译报导载语条归纳录观页资讯闻执类传机构单单摘简译撰写数评举彙",
    "題標網來處發關鍵詞鏈連結時間體點論總內譯報導載語條歸納錄觀頁資訊聞執類傳機構單單摘簡譯撰寫數評舉彙",
)
"""Covers the characters that occur in label names."""

# Names that are not in the table: a word for the field with words before and after it. None of the patterns
# matches 更新日期, 查閱日期, 作者單位 or 相關連結, which are different fields.
_OF_ARTICLE = "原文|原始|文章|本文|全文|新聞|報導|報告|論文|期刊"
_OF_MEDIUM = "資料|資訊|訊息|消息|網站|媒體|引用|刊物"
_PUBLISHED = "發布|發佈|發表|發行|出版|刊登|刊載|刊出|公布|出刊"
_OF_SUMMARY = "內容|內文|重點|精華|中文內容"
_SUMMARY = "摘要|概要|提要|摘錄|大意|概述|綜述|簡述|總結|摘譯"
_AFTER_POINTS = "整理|摘要|條列|歸納|列舉|說明|如下|內容|提要|摘錄"
_BEFORE_SUMMARY = "(?:brief |short |article |executive |overall |main )?"
_AFTER_SUMMARY = "(?: paragraph| of (?:the )?article)?"
_BEFORE_POINTS = "(?:key |main |core |major |summary |bullet |important )?"
_COMPOSED_NAMES = rf"""
title zh (?:文摘|摘要|本文|主)?(?:標題|題目|篇名|題名)(?:名稱)?
article_title zh (?:{_OF_ARTICLE}|原|外文)(?:標題|題目|篇名|題名|名稱)
authors zh (?:{_OF_ARTICLE}|原|主要)?(?:作|撰文|撰寫|執筆|發表)[者人](?:姓名|名稱|名|群)?
source zh (?:{_OF_ARTICLE}|{_OF_MEDIUM})?(?:來源|出處)(?:網站|媒體|名稱|刊物|期刊|機構|單位)?
source zh (?:原文)?(?:刊登|刊載|發表|出版|發布|發佈)(?:媒體|刊物|期刊|單位|機構|處|社|於)
date zh (?:{_OF_ARTICLE}|首次|上線|網路)?(?:{_PUBLISHED}|刊行|公佈|上線|上架|撰寫)?(?:日期|時間)
date zh (?:{_PUBLISHED})日
keywords zh (?:文章|本文|內容)?關鍵(?:字|詞|字詞|詞彙|詞語|用語)
keywords zh 主題詞彙?
url zh (?:{_OF_ARTICLE}|來源|網頁|網站|資料|閱讀原文)?(?:超?(?:連結|鏈接|連接)|網址|網路位址)(?:網址|位址)?
summary zh (?:{_OF_ARTICLE}|{_OF_SUMMARY})?(?:{_SUMMARY})(?:內容|段落|說明|如下)?
points zh (?:{_OF_ARTICLE}|內容|主要|核心|重要|關鍵|摘要)?(?:重點|要點|論點|觀點)(?:{_AFTER_POINTS})?
authors en (?:article |original )?(?:author|writer|byline)s?(?: names?)?
authors en posted by
source en (?:original |media |news |article )?(?:source|outlet|publication)s?(?: name)?
source en (?:original |media |news |article )?(?:magazine|newspaper|periodical)s?(?: name)?
source en published (?:by|at)|website name
date en (?:original |article )?(?:publication |published |publish(?:ing)? |release |issue |posting )?dates?
date en (?:date )?(?:posted|released|issued)(?: on)?|date of (?:issue|release|publishing)|dated
keywords en key ?(?:words?|terms?|phrases?)(?: list)?|topics?|(?:subject|index) terms
url en (?:article |original |source |web(?:site)? |full )?(?:url|link|web address|permalink)s?
url en link to (?:the )?(?:original|article|source)(?: article)?
title en (?:brief |main )?(?:title|headline)
article_title en (?:article|original)(?: article)? (?:title|headline)
summary en {_BEFORE_SUMMARY}(?:summary|abstract|synopsis|overview|précis){_AFTER_SUMMARY}
points en {_BEFORE_POINTS}(?:points|takeaways?|arguments|messages|bullets|ideas)
points en bulleted summary|key findings
"""
_LONGEST = 40
_ANY = re.compile("|".join(pattern for _, _, pattern in _parse_table(_COMPOSED_NAMES)))
_COMPOSED_NAME_PATTERNS = [
    (field, side, re.compile(pattern)) for field, side, pattern in _parse_table(_COMPOSED_NAMES)
]


@lru_cache(maxsize=4096)
def find_composed_name(name: str) -> tuple[str, Side] | None:
    """Return the field and language of a composed name. `name` must come from `_normalize_name`."""
    if not 1 < len(name) <= _LONGEST or _ANY.fullmatch(name) is None:
        return None
    return next(
        ((field, side) for field, side, pattern in _COMPOSED_NAME_PATTERNS if pattern.fullmatch(name)), None
    )


_NAME_LIMIT = 48
_COLONS = ":：︰﹕∶"
_COLON = re.compile(f"[{_COLONS}]")
_EDGE = " *_#"
_BRACKETS = dict(zip("【[［〔〖〈《<「『(（", "】]］〕〗〉》>」』)）", strict=True))
_HEADER_ONLY_LABEL = re.compile(r"([^=＝–—:：]{1,40}?)(?: ?[=＝] ?| [-–—] |——)(.+)")
_SLASHED = re.compile(r"([㐀-鿿]{1,8}) ?[/／] ?(https?:.+|[^:：/／|｜][^:：|｜]*)")
_BY = re.compile(
    r"(By|Written by) ((?:[A-Z]\S*|and|&|of|the|de|van|von|der|den|al|bin)(?: |$))+", re.IGNORECASE
)
_HEADING = re.compile("# +(?=[^ #])")
_PARTS = re.compile(r"[/|&,、()\[\]]+")
_ROW_LIMIT = 600
_STRONG = ("|", "｜", ";", "；")
_LABEL_SEPARATORS = " |｜;；,，、"
_LATER = re.compile(f"[{_COLONS}]|[【［〔〖]([^【】［］〔〕〖〗]{{1,{_NAME_LIMIT}}})[】］〕〗]")
PRIMARY_BODY_LABELS = frozenset(names[0] for field in FIELDS_OF_BODY for names in LABEL_NAMES[field])
_SCRIPTS = re.compile(r"[㐀-鿿]+|[^㐀-鿿]+")
_BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿]) (?=[㐀-鿿])")
_PLURAL = re.compile(r" ?\(s\)")
_BOLD = re.compile(r"(\*\*|__)(?!\1)(.+?)\1")
WEB_ADDRESS_PATTERN = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LINK = re.compile(r"\[[^\[\]]*\]\((\S+)\)|<(\S+)>")
_SPACED = re.compile(r"([㐀-鿿]{2,6}) (?=[^ |｜])(.+)")


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """A label at the start of a line. `sides` are the languages in which the label is written."""

    field: str
    sides: frozenset[Side]
    name: str
    value: str
    stands_alone: bool = False
    """The name is alone on its line, without colon or bracket."""
    is_header_only: bool = False
    """The label has an equals sign or a dash instead of a colon. It counts only in a header."""
    is_language: bool = False
    """The name is a word for a language, without one for a field."""
    is_in_series: bool = False
    """The line is one of many such as `中：…` and `英：…`, whose names only give their language."""

    @property
    def side(self) -> Side | None:
        """The language of the text below, or None if the label is bilingual and the text must decide."""
        return next(iter(self.sides)) if len(self.sides) == 1 else None


def _normalize_name(name: str) -> str:
    """Normalize a name: `作　者` is 作者, `Author (s)` is authors, Simplified characters become Traditional ones."""
    words = unicodedata.normalize("NFKC", name).casefold().split()
    return _BETWEEN_HAN.sub("", _PLURAL.sub("s", " ".join(words))).translate(SIMPLIFIED_TO_TRADITIONAL)


def _build_fields_by_name() -> dict[str, tuple[str, Side]]:
    names: dict[str, tuple[str, Side]] = {}
    for field, (chinese, english) in LABEL_NAMES.items():
        names.update({_normalize_name(name): (field, "zh") for name in chinese})
        names.update({_normalize_name(name): (field, "en") for name in english})
    names.update(
        {
            _normalize_name(name): ("summary" if name in LANGUAGE_SUMMARY_NAMES else "side", side)
            for name, side in SIDE_WORDS.items()
        }
    )
    return names


_LANGUAGES = frozenset(map(_normalize_name, SIDE_WORDS))
FIELDS_BY_NAME = _build_fields_by_name()


@lru_cache(maxsize=4096)
def find_field(name: str) -> tuple[str, frozenset[Side]] | None:
    """Return the field of a name such as `作者/Author(s)`, and the languages in which the name is written."""
    squeezed = _normalize_name(name)
    if known := FIELDS_BY_NAME.get(squeezed) or find_composed_name(squeezed):
        return ("summary" if known[0] == "side" else known[0]), frozenset((known[1],))
    matches: list[tuple[str, Side]] = []
    for part in _PARTS.split(squeezed):
        if part.strip() and not _add_part(part.strip(), matches):
            return None
    fields = {field for field, _ in matches if field != "side"}
    if not matches or len(fields) > 1:
        return None
    language_words = {side for field, side in matches if field == "side"}
    sides = language_words or {side for _, side in matches}
    return (fields.pop() if fields else "summary"), frozenset(sides)


def _add_part(part: str, labels: list[tuple[str, Side]]) -> bool:
    if known := FIELDS_BY_NAME.get(part) or find_composed_name(part):
        labels.append(known)
        return True
    for word, side in SIDE_WORDS.items():  # 英文重點, Chinese title
        name = part.removeprefix(word).lstrip(" ") if part.startswith(word) else ""
        known = FIELDS_BY_NAME.get(name) or find_composed_name(name)
        if known and known[0] != "side":
            labels.extend((("side", side), known))
            return True
    pieces = [piece.strip() for piece in _SCRIPTS.findall(part) if piece.strip()]
    both = [known for piece in pieces if (known := FIELDS_BY_NAME.get(piece) or find_composed_name(piece))]
    if len(pieces) < 2 or len(both) < len(pieces):
        return False
    labels.extend(both)
    return True


def find_label(line: str) -> FieldLabel | None:
    """Return the label at the start of a line, if there is one. The line must be without its indent."""
    start = line.lstrip(_EDGE)
    if not start:
        return None
    edge = line[: len(line) - len(start)].strip(" #")
    if start[0] in _BRACKETS and (label := _find_bracketed_label(start, edge)):
        return label
    colon = _COLON.search(start, 0, _NAME_LIMIT)
    if colon:
        name = start[: colon.start()].rstrip(_EDGE)
        if label := _build_label(name, _strip_bold(start[colon.end() :], edge)):
            return label
    if not colon and len(start) <= _NAME_LIMIT:
        name = start.rstrip(_EDGE)
        if label := _build_label(name, "", stands_alone=True) or _build_label(
            name.rstrip("=＝/／ "), "", stands_alone=True
        ):
            return label
    return _find_header_only_label(line, start)


def _find_header_only_label(line: str, start: str) -> FieldLabel | None:
    """Find a form that is a label only in a header: `作者＝…`, `作者／…`, `作者　…`, `By …`, or a Markdown title."""
    if match := _HEADER_ONLY_LABEL.match(start) or _SLASHED.fullmatch(start):
        label = _build_label("撰文" if match[1] == "文" else match[1], match[2])
        return replace(label, is_header_only=True) if label and label.field in FIELDS_OF_HEADER else None
    if (
        (match := _SPACED.fullmatch(start))
        and (known := find_field(match[1]))
        and known[0] in FIELDS_OF_HEADER
    ):
        return FieldLabel(known[0], known[1], match[1], match[2], is_header_only=True)
    if match := _BY.fullmatch(start):
        return FieldLabel(
            "authors", frozenset(("en",)), match[1], start[len(match[1]) + 1 :], is_header_only=True
        )
    if _HEADING.match(line):
        return FieldLabel("title", frozenset(SIDES), "#", start, is_header_only=True)
    return None


def _find_bracketed_label(start: str, edge: str) -> FieldLabel | None:
    closing = start.find(_BRACKETS[start[0]], 1, _NAME_LIMIT)
    if closing < 0:
        return None
    name = start[1:closing].strip(_EDGE + _COLONS)
    rest = start[closing + 1 :].lstrip(" ")
    if edge and rest.startswith(edge):
        rest = rest[len(edge) :].lstrip(" ")
        edge = ""
    if rest[:1] and rest[0] in _COLONS:
        rest = rest[1:]
    return _build_label(name, _strip_bold(rest, edge))


def is_bold(value: str) -> bool:
    return _BOLD.fullmatch(value) is not None


def _strip_bold(value: str, edge: str) -> str:
    """Remove the closing bold sign of a label, after its colon or at the end of the line."""
    value = value.strip(" ")
    if match := _BOLD.fullmatch(value):
        return match[2].strip(" ")
    if edge and value.startswith(edge):
        value = value[len(edge) :].lstrip(" ")
        edge = edge if value.count(edge) == 1 else ""
    if edge and value.endswith(edge):
        value = value[: -len(edge)].rstrip(" ")
    return value


def split_at_labels(line: str, first: FieldLabel) -> list[str]:
    """Cut a line with several fields before each label after the first.

    A later label has a colon or brackets, is another field and begins a word. After a title, where colons are
    common, it must follow a bar or a semicolon.
    """
    if len(line) > _ROW_LIMIT or first.stands_alone or first.is_header_only:
        return [line]
    seen = {first.field}
    cuts = [0]
    begin = line.find(first.name) + len(first.name) + 1
    for match in _LATER.finditer(line, begin):
        if match.start() <= cuts[-1] or len(cuts) > len(FIELDS_OF_HEADER):
            continue
        label_start, known = _name_before(line, match, max(cuts[-1], begin - 1))
        if known is None or known[0] in seen:
            continue
        is_strong = line[:label_start].rstrip(" ")[-1:] in _STRONG
        if known[0] in FIELDS_OF_BODY and not (
            is_strong or line[label_start : match.start()] in PRIMARY_BODY_LABELS
        ):
            continue
        if is_strong or not seen & {"title", "article_title"}:
            cuts.append(label_start)
            seen.add(known[0])
        if known[0] in FIELDS_OF_BODY:
            break
    return [
        line[start:end].rstrip(_LABEL_SEPARATORS) if end else line[start:]
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    ]


def _name_before(
    line: str, match: re.Match[str], floor: int
) -> tuple[int, tuple[str, frozenset[Side]] | None]:
    """Return the start and the field of the longest label name that ends at the match."""
    if match[1]:
        return match.start(), find_field(match[1].strip(_EDGE + _COLONS))
    end = match.start()
    starts = [n + 1 for n in range(max(floor + 1, end - _NAME_LIMIT), end) if line[n] in _LABEL_SEPARATORS]
    for start in starts:
        if line[start] not in _LABEL_SEPARATORS and (known := find_field(line[start:end].rstrip(_EDGE))):
            return start, known
    return end, None


def _build_label(name: str, value: str, *, stands_alone: bool = False) -> FieldLabel | None:
    known = find_field(name) if name else None
    if known is None:
        return None
    return FieldLabel(
        known[0], known[1], name, value, stands_alone, is_language=_normalize_name(name) in _LANGUAGES
    )


def format_header_label(field: str) -> str:
    """Return a header label in the layout of the original documents: `作者/Author(s)`."""
    chinese, english = LABEL_NAMES[field]
    return "/".join((*chinese[:1], english[0]))


def is_web_address(text: str) -> bool:
    """Return whether a line is a web address and nothing else."""
    return WEB_ADDRESS_PATTERN.fullmatch(text) is not None or find_linked_address(text) is not None


def find_linked_address(text: str) -> str | None:
    """Return the address in `<https://…>` or `[words](https://…)`."""
    match = _LINK.fullmatch(text)
    address = (match[1] or match[2]) if match else ""
    return address if WEB_ADDRESS_PATTERN.fullmatch(address) else None
