"""Names of labels: a table of fixed names, and patterns for names composed of parts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from briefs.content import SIDES, Side
from briefs.facts import DOCUMENT_FACTS

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
    """Return the field and language of a composed name, which must be normalized by `labels`."""
    if not 1 < len(name) <= _LONGEST or _ANY.fullmatch(name) is None:
        return None
    return next(
        ((field, side) for field, side, pattern in _COMPOSED_NAME_PATTERNS if pattern.fullmatch(name)), None
    )
