"""Write the documents of `typed_documents.txt` and `typed_kinds.txt`, and compare what is read from them.

Also documents with points that are missing, swapped or moved in one language, by a fixed random sequence.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import ParsedDocument
from briefs.bilingual.text.scripts import display_width

HERE = Path(__file__).parent
HEADER = (
    "作者/Author(s): Vivek Chilukuri\n\n網站來源/Source: Foreign Policy\n\n日期/Date: 06/09/2025\n\n"
    "關鍵字/Keywords: 科技、美國"
)
NUMERALS = "〇一二三四五六七八九"


def read_texts() -> list[list[tuple[str, str]]]:
    """Return the ten briefs of the checks: pairs of texts, the summary first."""
    text = (HERE.parent / "checks" / "clean_briefs.txt").read_text()
    briefs = [part.split("\n")[1:] for part in re.split(r"^\[\d+\]", text, flags=re.MULTILINE)[1:]]
    return [
        list(zip(*[iter([line for line in lines if line.strip() and line[0] != "#"])] * 2, strict=False))
        for lines in briefs
    ]


TEXTS = read_texts()


@dataclass
class TypedDocument:
    name: str
    text: str
    summaries: set[str] = field(default_factory=set)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    differences: dict[str, str] = field(default_factory=dict)


def wrap(text: str, width: int, indent: str = "") -> str:
    lines, line = [], ""
    for word in re.findall(r"[!-~’“”—–]+ ?|.", text):
        if line and display_width((line + word).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
    return f"\n{indent}".join([*lines, line])


def shape(text: str, filters: str) -> str:
    for name in filter(None, filters.split("~")):
        kind, width = re.fullmatch(r"([a-z]+)(\d*)", name).groups()
        if kind == "spaced":
            text = re.sub(r"(?<=[㐀-鿿，。、；])(?=[㐀-鿿，。、；])", " ", text)
        elif kind == "page":
            words = wrap(text, int(width)).split("\n")
            text = "\n".join([words[0], "", "2", "", *words[1:]]) if len(words) > 1 else text
        else:
            text = wrap(text, int(width), "  " if kind == "hang" else "")
    return text


class Writer:
    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self.texts, self.summaries = texts, set[str]()
        self.zh: dict[int, str] = {}
        self.en: dict[int, str] = {}

    def write(self, template: str) -> str:
        text = re.sub(r"\{insert (\d) after-([ze]): (.) (.*?)\}", self._insert, template)
        text = re.sub(r"\{(\d)(?:-(\d))?:((?:[^{}]|\{\})*)\}", self._repeat, text)
        text = text.replace("$H", HEADER)
        return re.sub(r"\$([ZE])((?:~[a-z]+\d*)*)", self._summary, text)

    def _summary(self, match: re.Match[str]) -> str:
        text = self.texts[0][match[1] == "E"]
        self.summaries.add(text)
        return shape(text, match[2])

    def _repeat(self, match: re.Match[str]) -> str:
        return "\n".join(self._fill(match[3], n) for n in range(int(match[1]), int(match[2] or match[1]) + 1))

    def _fill(self, pattern: str, n: int) -> str:
        text = pattern.replace("\\n", "\n").replace("#", str(n)).replace("@", NUMERALS[n])

        def fill(match: re.Match[str]) -> str:
            side = self.zh if match[1] == "z" else self.en
            side[n] = self.texts[n][match[1] == "e"]
            return shape(side[n], match[2])

        return re.sub(r"\$([ze])((?:~[a-z]+\d*)*)", fill, text)

    def _insert(self, match: re.Match[str]) -> str:
        """Write four points with one more after point n, or before all if n is 4."""
        at = int(match[1]) % 4
        side = "z" if match[2] == "z" else "e"
        texts = dict.fromkeys(range(1, 5), f"{match[3]} ${side}")
        extra = f"{match[3]} {match[4]}"
        (self.zh if side == "z" else self.en)[9] = match[4]
        lines = [extra] if not at else []
        for n in texts:
            lines += [self._fill(texts[n], n), *([extra] if n == at else [])]
        return "\n".join(lines)

    def list_pairs(self) -> list[tuple[str, str]]:
        return [(self.zh.get(n, ""), self.en.get(n, "")) for n in sorted({*self.zh, *self.en})]


def read_typed_documents() -> Iterator[TypedDocument]:
    for part in (HERE / "typed_documents.txt").read_text().split("\n=== ")[1:]:
        head, _, template = part.partition("\n")
        name, number, *differences = head.split(" | ")
        yield build(name, TEXTS[int(number) - 1], template, differences)


def read_kinds() -> Iterator[TypedDocument]:
    for part in (HERE / "typed_kinds.txt").read_text().split("\n+++ ")[1:]:
        head, *lines = part.split("\n")
        name, *differences = head.split(" | ")
        variations = [line[2:].split(" ¦ ") for line in lines if line.startswith("% ")]
        template = "\n".join(line for line in lines if not line.startswith("% "))
        for number, values in enumerate(variations):
            text = template
            for place, value in enumerate(values, 1):
                for cell, word in enumerate(value.split("|"), 1):
                    text = text.replace(f"${place}.{cell}", word)
                text = text.replace(
                    f"${place}", value.replace("\\n", "\n") if name.startswith("para") else value
                )
            yield build(f"{name} {number + 1}", TEXTS[number % 10], text, differences)


def build(
    name: str, texts: Sequence[tuple[str, str]], template: str, differences: list[str]
) -> TypedDocument:
    writer = Writer(texts)
    text = writer.write(template)
    stated = dict(difference.split("=") for difference in differences)
    return TypedDocument(name, text, writer.summaries, writer.list_pairs(), stated)


def find_faults(document: TypedDocument) -> list[str]:
    """Return what was read otherwise than it was typed."""
    results = read_document(document.text.encode(), "a.txt")
    if len(results) != 1 or results[0].parsed is None:
        return [f"{len(results)} digests, {results[0].refusal and results[0].refusal.code}"]
    parsed = results[0].parsed
    faults = list(compare_facts(parsed, document.differences))
    summaries = {side.summary for side in parsed.sides.values() if side.summary}
    pairs = [(pair.zh.text if pair.zh else "", pair.en.text if pair.en else "") for pair in parsed.pairs]
    expected = document.summaries, document.pairs
    if "question" in document.differences:
        questions = [c for c in parsed.cautions if c.code == "paragraphs-as-points"]
        if [c.values["n"] for c in questions] != [int(document.differences["question"])]:
            faults.append("no question")
        if pairs:
            faults.append("paragraphs became points unasked")
        return faults
    if summaries != expected[0]:
        faults.append(f"summaries {[text[:40] + '…' + text[-40:] for text in summaries ^ expected[0]]}")
    if sorted(pairs) != sorted(expected[1]):
        wrong = [pair for pair in pairs if pair not in expected[1]]
        missing = [pair for pair in expected[1] if pair not in pairs]
        faults.append(f"pairs read {cut(wrong)} for {cut(missing)}")
    return faults


def cut(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{a[:30]}…{a[-6:]} = {b[:40]}…{b[-8:]}" for a, b in pairs]


def compare_facts(parsed: ParsedDocument, differences: dict[str, str]) -> Iterator[str]:
    if parsed.authors != ("Vivek Chilukuri",):
        yield f"authors {parsed.authors}"
    if parsed.source != "Foreign Policy":
        yield f"source {parsed.source}"
    if differences.get("date") == "ambiguous":
        if not parsed.date or not parsed.date.ambiguous:
            yield "date is not reported as ambiguous"
    elif parsed.date is None or parsed.date.iso != "2025-06-09":
        yield f"date {parsed.date}"
    if "url" in differences and parsed.facts.get("url"):
        yield f"url {parsed.facts['url']}"


@dataclass
class MovedDocument:
    text: str
    pairs: set[tuple[str, str]]
    moved: set[tuple[str, str]]


def list_moved_documents(count: int = 50) -> Iterator[MovedDocument]:
    """Yield documents whose English points lack some, are swapped, moved or shuffled."""
    draw = random.Random(33)
    for number in range(count):
        texts = TEXTS[number % len(TEXTS)]
        summary, *points = texts
        english = list(points)
        kind = ("swap", "move", "shuffle", "lack and move", "lack on both sides")[number % 5]
        if kind == "swap":
            a, b = draw.sample(range(len(english)), 2)
            english[a], english[b] = english[b], english[a]
        elif kind == "shuffle":
            draw.shuffle(english)
        elif kind != "lack on both sides":
            point = english.pop(draw.randrange(len(english)))
            english.insert(draw.randrange(len(english) + 1), point)
        chinese = list(points)
        if kind.startswith("lack"):
            english.remove(draw.choice(english))
        if kind == "lack on both sides":
            chinese.remove(draw.choice(chinese))
            point = english.pop(0)
            english.append(point)
        lines = [HEADER, "", "摘要:", summary[0], *(f"• {zh}" for zh, _ in chinese)]
        lines += ["", "Summary:", summary[1], *(f"• {en}" for _, en in english)]
        shared = [pair for pair in chinese if pair in english]
        order = [english.index(pair) for pair in shared]
        kept = set(find_rising(order))
        yield MovedDocument(
            "\n".join(lines), set(shared), {pair for n, pair in enumerate(shared) if n not in kept}
        )


def find_rising(order: Sequence[int]) -> list[int]:
    """Return the places of a longest rising sequence."""
    best: list[list[int]] = []
    for n, value in enumerate(order):
        above = max((run for run in best if order[run[-1]] < value), key=len, default=[])
        best.append([*above, n])
    return max(best, key=len, default=[])


def list_sides(parsed: ParsedDocument) -> list[tuple[str, str]]:
    return [(pair.zh.text, pair.en.text) for pair in parsed.pairs if pair.zh and pair.en]
