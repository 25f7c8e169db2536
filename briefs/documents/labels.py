"""The labels a document may carry, in every form people type, and how to find one at the start of a line."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from briefs.content import SIDES, Side

FIELDS_OF_HEADER = ("title", "article_title", "authors", "source", "date", "url", "doi", "keywords")
FIELDS_OF_BODY = ("summary", "points")

# field → (Chinese, Traditional and Simplified; English). The first of each is the one we write.
_FORMS: dict[str, tuple[str, str]] = {
    "title": (
        "標題|题目|題目|标题|篇名|文摘標題|文摘标题|中文標題|中文标题",
        "Title|Headline|Heading|English title",
    ),
    "article_title": (
        "原文標題|原文标题|原標題|原题|原題|文章標題|文章标题|原文題目|原文题目",
        "Article title|Original title|Title of article|Title of the article",
    ),
    "authors": (
        "作者|原文作者|文章作者|原作者|作者群|作者姓名|著者|撰文|撰文者|撰稿人|撰寫人|撰写人",
        "Author(s)|Author|Authors|By|Written by|Byline|Author name|Author names",
    ),
    "source": (
        (
            "網站來源|网站来源|來源|来源|出處|出处|來源網站|来源网站|資料來源|资料来源|文章來源|文章来源|"
            "原文來源|原文来源|原文出處|原文出处|媒體|媒体|刊物|期刊|出版|刊登媒體|網站|网站"
        ),
        "Source|Sources|Website|Web site|Outlet|Publication|Published in|Publisher|Journal|Website source",
    ),
    "date": (
        (
            "日期|發布日期|發佈日期|发布日期|發表日期|发表日期|出版日期|刊登日期|刊出日期|原文日期|文章日期|"
            "發布時間|發佈時間|发布时间|發表時間|发表时间|出版時間|出版时间|時間|时间|原文發表日期|"
            "原文发表日期"
        ),
        (
            "Date|Dates|Published|Published on|Date published|Publication date|Date of publication|"
            "Publish date|Release date|Article date|Issue"
        ),
    ),
    "url": (
        (
            "連結|链接|鏈接|連接|连接|連結網址|網址|网址|原文連結|原文链接|原文鏈接|原文網址|原文网址|"
            "文章連結|文章链接|超連結|超链接|網頁連結|连结"
        ),
        "URL|Link|Links|Web address|Article link|Article URL|Original link|Link to article|Hyperlink",
    ),
    "doi": (
        "",
        "DOI",
    ),
    "keywords": (
        "關鍵字|关键字|關鍵詞|关键词|關鍵字詞|标签|標籤|主題詞|主题词",
        "Keywords|Keyword|Keyword(s)|Key words|Key word|Key terms|Tags|Tag",
    ),
    "summary": (
        (
            "摘要|內容摘要|内容摘要|文章摘要|中文摘要|摘要段落|摘要內容|重點摘要|重点摘要|概要|提要|內容提要|"
            "内容提要|總結|总结"
        ),
        "Summary|Abstract|English summary|Summary in English|Executive summary|Article summary|Overview",
    ),
    "points": (
        "要點|要点|重點|重点|重點整理|重点整理|主要論點|主要论点|條列重點|要點整理",
        (
            "Bullets|Bullet points|Key points|Main points|Points|Key takeaways|Takeaways|Highlights|"
            "Main arguments"
        ),
    ),
}


def _listed(names: str) -> tuple[str, ...]:
    return tuple(filter(None, names.split("|")))


TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    field: (_listed(chinese), _listed(english)) for field, (chinese, english) in _FORMS.items()
}

# Words that say in which language the following text is; with another label they decide its side.
SIDE_WORDS: dict[str, Side] = {
    **dict.fromkeys(_listed("中文|中文版|繁體中文|正體中文|繁体中文|chinese|traditional chinese"), "zh"),
    **dict.fromkeys(_listed("chinese version|chinese summary|summary in chinese"), "zh"),
    **dict.fromkeys(_listed("英文|英文版|英語|英语|英文摘要|english|english version"), "en"),
}
_SIDED_SUMMARIES = frozenset(
    _listed("chinese summary|summary in chinese|英文摘要|chinese version|english version|中文版|英文版")
)

_NAME_LIMIT = 48
_COLONS = ":：︰﹕"
_COLON = re.compile(f"[{_COLONS}]")
_EDGE = " *_#"
_BRACKETS = {
    "【": "】",
    "[": "]",
    "［": "］",
    "〔": "〕",
    "〖": "〗",
    "〈": "〉",
    "《": "》",
    "<": ">",
    "「": "」",
    "『": "』",
    "(": ")",
    "（": "）",
}
_LOOSE = re.compile(r"([^=＝–—:：]{1,40}?)(?: ?[=＝] ?| [-–—] |——)(.+)")
_SLASHED = re.compile(r"([㐀-鿿]{1,8}) ?[/／] ?(https?:.+|[^:：/／|｜][^:：|｜]*)")
_BY = re.compile(
    r"(By|Written by) ((?:[A-Z]\S*|and|&|of|the|de|van|von|der|den|al|bin)(?: |$))+", re.IGNORECASE
)
_HEADING = re.compile("# +(?=[^ #])")
_PARTS = re.compile(r"[/|&,、()\[\]]+")
_ROW_LIMIT = 600
_STRONG = ("|", "｜", ";", "；")
_BETWEEN = " |｜;；,，、"
_LATER = re.compile(f"[{_COLONS}]|[【［〔〖]([^【】［］〔〕〖〗]{{1,{_NAME_LIMIT}}})[】］〕〗]")
_PRIMARY = frozenset(names[0] for field in FIELDS_OF_BODY for names in TABLE[field])
_SCRIPTS = re.compile(r"[㐀-鿿]+|[^㐀-鿿]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A label found at the start of a line. `sides` holds the languages it is written in."""

    field: str
    sides: frozenset[Side]
    name: str
    value: str
    bare: bool = False
    """No colon, no bracket: the name stands alone on its line."""
    loose: bool = False
    """An equals sign or a dash instead of the colon: a label only in a header."""

    @property
    def side(self) -> Side | None:
        """The language of what follows, or None when the label is in both and the text must tell."""
        return next(iter(self.sides)) if len(self.sides) == 1 else None


def _squeeze(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("(s)", "s").split())


def _names() -> dict[str, tuple[str, Side]]:
    names: dict[str, tuple[str, Side]] = {}
    for field, (chinese, english) in TABLE.items():
        names.update({_squeeze(name): (field, "zh") for name in chinese})
        names.update({_squeeze(name): (field, "en") for name in english})
    names.update(
        {name: ("summary" if name in _SIDED_SUMMARIES else "side", side) for name, side in SIDE_WORDS.items()}
    )
    return names


NAMES = _names()


@lru_cache(maxsize=4096)
def field_of(name: str) -> tuple[str, frozenset[Side]] | None:
    """Which field a name such as `作者/Author(s)` stands for, and in which languages it is written."""
    squeezed = _squeeze(name)
    if known := NAMES.get(squeezed):
        return ("summary" if known[0] == "side" else known[0]), frozenset((known[1],))
    found: list[tuple[str, Side]] = []
    for part in _PARTS.split(squeezed):
        if part.strip() and not _add_part(part.strip(), found):
            return None
    fields = {field for field, _ in found if field != "side"}
    if not found or len(fields) > 1:
        return None
    told = {side for field, side in found if field == "side"}
    sides = told or {side for _, side in found}
    return (fields.pop() if fields else "summary"), frozenset(sides)


def _add_part(part: str, found: list[tuple[str, Side]]) -> bool:
    if known := NAMES.get(part):
        found.append(known)
        return True
    for word, side in SIDE_WORDS.items():  # 英文重點, Chinese title
        known = NAMES.get(part.removeprefix(word).lstrip(" ")) if part.startswith(word) else None
        if known and known[0] != "side":
            found.extend((("side", side), known))
            return True
    pieces = [piece.strip() for piece in _SCRIPTS.findall(part) if piece.strip()]
    if len(pieces) < 2 or not all(piece in NAMES for piece in pieces):
        return False
    found.extend(NAMES[piece] for piece in pieces)
    return True


def find(line: str) -> Label | None:
    """The label at the start of a line without its indent, if there is one."""
    start = line.lstrip(_EDGE)
    if not start:
        return None
    edge = line[: len(line) - len(start)].strip(" #")
    if start[0] in _BRACKETS and (label := _bracketed(start, edge)):
        return label
    colon = _COLON.search(start, 0, _NAME_LIMIT)
    if colon:
        name = start[: colon.start()].rstrip(_EDGE)
        if label := _label(name, _unbolded(start[colon.end() :], edge)):
            return label
    if not colon and len(start) <= _NAME_LIMIT:
        name = start.rstrip(_EDGE)
        if label := _label(name, "", bare=True) or _label(name.rstrip("=＝/／ "), "", bare=True):
            return label
    return _loose(line, start)


def _loose(line: str, start: str) -> Label | None:
    """What is a label only in a header: `作者＝…`, `作者／…`, `By …`, and a title as Markdown has it."""
    if match := _LOOSE.match(start) or _SLASHED.fullmatch(start):
        label = _label("撰文" if match[1] == "文" else match[1], match[2])
        return replace(label, loose=True) if label and label.field in FIELDS_OF_HEADER else None
    if match := _BY.fullmatch(start):
        return Label("authors", frozenset(("en",)), match[1], start[len(match[1]) + 1 :], loose=True)
    if _HEADING.match(line):
        return Label("title", frozenset(SIDES), "#", start, loose=True)
    return None


def _bracketed(start: str, edge: str) -> Label | None:
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
    return _label(name, _unbolded(rest, edge))


def _unbolded(value: str, edge: str) -> str:
    """The bold that opened before the label closes after its colon, or at the end of the line."""
    value = value.strip(" ")
    if edge and value.startswith(edge):
        value = value[len(edge) :].lstrip(" ")
    elif edge and value.endswith(edge):
        value = value[: -len(edge)].rstrip(" ")
    return value


def split_labels(line: str, first: Label) -> list[str]:
    """A line that gives several fields, cut before each label after the first one.

    A later label has a colon or stands in brackets, is another field, and begins a word; after a title, where
    colons are common, it must stand behind a bar or a semicolon.
    """
    if len(line) > _ROW_LIMIT or first.bare or first.loose:
        return [line]
    seen = {first.field}
    cuts = [0]
    for match in _LATER.finditer(line, 1):
        if match.start() <= cuts[-1] or len(cuts) > len(FIELDS_OF_HEADER):
            continue
        place, known = _name_before(line, match, cuts[-1])
        if known is None or known[0] in seen:
            continue
        is_strong = line[:place].rstrip(" ")[-1:] in _STRONG
        if known[0] in FIELDS_OF_BODY and not (is_strong or line[place : match.start()] in _PRIMARY):
            continue
        if is_strong or not seen & {"title", "article_title"}:
            cuts.append(place)
            seen.add(known[0])
        if known[0] in FIELDS_OF_BODY:
            break
    return [
        line[start:end].rstrip(_BETWEEN) if end else line[start:]
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    ]


def _name_before(
    line: str, match: re.Match[str], floor: int
) -> tuple[int, tuple[str, frozenset[Side]] | None]:
    """The longest name of a label that ends here, and where it begins."""
    if match[1]:
        return match.start(), field_of(match[1].strip(_EDGE + _COLONS))
    end = match.start()
    starts = [n + 1 for n in range(max(floor + 1, end - _NAME_LIMIT), end) if line[n] in _BETWEEN]
    for start in starts:
        if line[start] not in _BETWEEN and (known := field_of(line[start:end].rstrip(_EDGE))):
            return start, known
    return end, None


def _label(name: str, value: str, *, bare: bool = False) -> Label | None:
    known = field_of(name) if name else None
    return Label(known[0], known[1], name, value, bare) if known else None


def written(field: str) -> str:
    """A header's label as the real document has it: `作者/Author(s)`."""
    chinese, english = TABLE[field]
    return "/".join((*chinese[:1], english[0]))
