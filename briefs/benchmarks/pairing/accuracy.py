"""Measure how many pairs of made documents are right, by kind, and how well doubtful pairs are told.

    uv run python -m briefs.benchmarks.pairing.accuracy FOLDER [--training] [--without-dictionary]

FOLDER takes the downloaded packages (60 MB). Weights were fitted on the documents for training alone; by default the
others are measured. The last table pairs documents that lack a point on each side in plain order, as a typist would:
it shows how many of such wrong pairs the flag tells.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from briefs.benchmarks.pairing.parallel_text import MadeDocument, download_packages, make_documents
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


def count_flags_in_plain_order(documents: Sequence[MadeDocument]) -> tuple[int, int, int, int]:
    """Return wrong pairs, those flagged, right pairs, and those flagged, of pairs in plain order."""
    wrong = wrong_flagged = right = right_flagged = 0
    for document in documents:
        if document.kind == "each":
            scores = PairScores([text for text, _ in document.zh], [text for text, _ in document.en])
            for n in range(len(document.zh)):
                flagged = scores.compute_confidence(scores.score(n, n)) < DOUBTFUL_CONFIDENCE
                if ([n], [n]) in document.groups:
                    right, right_flagged = right + 1, right_flagged + flagged
                else:
                    wrong, wrong_flagged = wrong + 1, wrong_flagged + flagged
    return wrong, wrong_flagged, right, right_flagged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--without-dictionary", action="store_true")
    options = parser.parse_args()
    download_packages(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dictionary")
        if not options.without_dictionary:
            build_dictionary_file(path)
        set_dictionary_path(path)
        load_dictionary()
    documents = [d for d in make_documents(options.folder) if d.is_for_training == options.training]
    tallies: dict[str, Tally] = defaultdict(Tally)
    seconds = sum(
        count_document(d, (tallies["all"], tallies[d.kind], tallies[f"from {d.source}"])) for d in documents
    )
    print(f"{'':20}{'docs':>6}{'precision':>10}{'recall':>9}{'whole':>8}{'joins':>10}{'false':>7}", end="")
    print(f"{'flagged: wrong':>16}{'right':>7}")
    for name, tally in sorted(tallies.items()):
        print(f"{name:20}{tally}")
    wrong, wrong_flagged, right, right_flagged = count_flags_in_plain_order(documents)
    print(
        f"\nin plain order: {wrong_flagged} of {wrong} wrong and {right_flagged} of {right} right pairs flagged"
    )
    print(f"{len(documents) / seconds:.0f} documents aligned a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
