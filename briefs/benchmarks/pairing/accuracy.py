"""Measure how many pairs of made documents are right, by kind, and how well doubtful pairs are told.

    uv run python -m briefs.benchmarks.pairing.accuracy FOLDER [--part PART] [--seed N] [--without-dictionary]

FOLDER takes the downloaded packages (70 MB). The second table makes mistakes of an editor in documents whose pairs are
right: it shows how many of the wrong pairs, and how many of the right ones, the check of the desk tells.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from briefs.benchmarks.pairing.parallel_text import PARTS, MadeDocument, download_packages, make_documents
from briefs.documents.alignment import align
from briefs.documents.types import Point
from briefs.lexicon.dictionary import load_dictionary, set_dictionary_path
from briefs.lexicon.dictionary_file import build_dictionary_file
from briefs.lexicon.pair_scores import DOUBTFUL_CONFIDENCE, PairScores


class Tally:
    def __init__(self) -> None:
        self.documents = self.whole = self.pairs = self.right = self.expected = self.found = 0
        self.joins = self.joins_found = self.joins_false = 0
        self.flagged_right = self.flagged_wrong = 0

    def __str__(self) -> str:
        wrong = self.pairs - self.right
        return (
            f"{self.documents:>6}{100 * self.right / max(self.pairs, 1):>10.2f}"
            f"{100 * self.found / max(self.expected, 1):>9.2f}{100 * self.whole / self.documents:>8.1f}"
            f"{f'{self.joins_found}/{self.joins}':>10}{self.joins_false:>7}"
            f"{f'{self.flagged_wrong}/{wrong}':>9}{f'{self.flagged_right}/{self.right}':>10}"
        )


def count_document(document: MadeDocument, tallies: Iterable[Tally]) -> float:
    """Add the document to the tallies. Return the seconds that the alignment took."""
    zh, en = (
        [Point(text, level, line=n) for n, (text, level) in enumerate(side)]
        for side in (document.zh, document.en)
    )
    start = time.process_time()
    rows = align(zh, en)
    seconds = time.process_time() - start
    group_of = {(i, j): n for n, (a, b) in enumerate(document.groups) for i in a for j in b}
    pairs = [(row.zh.line, row.en.line, row.confidence) for row in rows if row.zh and row.en]
    right = [(i, j) for i, j, _ in pairs if (i, j) in group_of]
    found = {group_of[place] for place in right}
    joined_zh = {i for a, b in document.groups if len(a) > 1 for i in a}
    joined_en = {j for a, b in document.groups if len(b) > 1 for j in b}
    joined = [
        (row.zh and row.zh.line in joined_zh) or (row.en and row.en.line in joined_en)
        for row in rows
        if row.joined
    ]
    for tally in tallies:
        tally.documents += 1
        tally.pairs += len(pairs)
        tally.right += len(right)
        tally.expected += len(document.groups)
        tally.found += len(found)
        tally.whole += len(right) == len(pairs) and len(found) == len(document.groups)
        tally.joins += bool(joined_zh or joined_en)
        tally.joins_found += sum(map(bool, joined))
        tally.joins_false += len(joined) - sum(map(bool, joined))
        for i, j, confidence in pairs:
            if confidence < DOUBTFUL_CONFIDENCE:
                tally.flagged_right += (i, j) in group_of
                tally.flagged_wrong += (i, j) not in group_of
    return seconds


def make_mistakes(
    documents: Sequence[MadeDocument], dice: random.Random
) -> Iterator[tuple[str, list[str], list[str], set[int]]]:
    """Yield kinds of mistakes, the texts of both sides, and the places of the pairs that are still right."""
    whole = [document for document in documents if document.kind == "equal"]
    for document in whole:
        zh, en = ([text for text, _ in side] for side in (document.zh, document.en))
        places = set(range(len(zh)))
        yield "none", zh, en, places
        for kind, (one, other) in (
            ("two swapped", dice.sample(sorted(places), 2)),
            ("neighbours swapped", (n := dice.randrange(len(en) - 1), n + 1)),
        ):
            texts = en.copy()
            texts[one], texts[other] = en[other], en[one]
            yield kind, zh, texts, places - {one, other}
        first = dice.randrange(len(en) - 2)
        yield "shifted by one", zh, [*en[:first], *en[first + 1 :], en[first]], set(range(first))
        alike = [d for d in whole if d.source == document.source and d is not document] or whole
        foreign, place = dice.choice(dice.choice(alike).en)[0], dice.randrange(len(en))
        yield "of another document", zh, [*en[:place], foreign, *en[place + 1 :]], places - {place}
    for document in documents:
        if document.kind == "each":
            zh, en = ([text for text, _ in side] for side in (document.zh, document.en))
            yield "in plain order", zh, en, {a[0] for a, b in document.groups if a == b}


def print_flags(documents: Sequence[MadeDocument]) -> None:
    flags: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for kind, zh, en, right in make_mistakes(documents, random.Random(1)):
        scores = PairScores(zh, en)
        for n in range(len(zh)):
            told = scores.compute_confidence(scores.score(n, n)) < DOUBTFUL_CONFIDENCE
            flags[kind][n in right, told] += 1
            flags["all mistakes"][n in right, told] += 1
    print(f"\n{'mistake':20}{'wrong':>6}{'told':>8}{'right':>7}{'told':>8}")
    for kind, found in flags.items():
        print(f"{kind:20}", end="")
        for is_right in (False, True):
            pairs = found[is_right, True] + found[is_right, False]
            print(f"{pairs:>6}{100 * found[is_right, True] / max(pairs, 1):>7.2f}%", end=" ")
        print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=PARTS, default="held-out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without-dictionary", action="store_true")
    options = parser.parse_args()
    download_packages(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dictionary")
        if not options.without_dictionary:
            build_dictionary_file(path)
        set_dictionary_path(path)
        load_dictionary()
    documents = make_documents(options.folder, options.part, seed=options.seed)
    tallies: dict[str, Tally] = defaultdict(Tally)
    seconds = sum(
        count_document(d, (tallies["all"], tallies[d.kind], tallies[f"from {d.source}"])) for d in documents
    )
    print(f"{'':20}{'docs':>6}{'precision':>10}{'recall':>9}{'whole':>8}{'joins':>10}{'false':>7}", end="")
    print(f"{'flagged: wrong':>16}{'right':>7}")
    for name, tally in sorted(tallies.items()):
        print(f"{name:20}{tally}")
    print_flags(documents)
    print(f"{len(documents) / seconds:.0f} documents aligned a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
