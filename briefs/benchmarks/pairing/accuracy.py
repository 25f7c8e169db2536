"""Measure how many pairs of made documents are right, by kind, and how well doubtful pairs are told.

    uv run python -m briefs.benchmarks.pairing.accuracy FOLDER [--part PART] [--seed N]

FOLDER takes the downloaded packages (70 MB). The second table makes mistakes of an editor in right documents: it shows
how many of the wrong pairs, and how many of the right ones, the check of the desk tells.
"""

import argparse
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from briefs.benchmarks.pairing.parallel_text import PARTS, MadeDocument, download_packages, make_documents
from briefs.documents.alignment import align
from briefs.documents.types import Point
from briefs.lexicon.dictionary import build_dictionary_file, load_dictionary, set_dictionary_path
from briefs.lexicon.pair_scores import DOUBTFUL_CONFIDENCE, PairScores


def count_document(document: MadeDocument) -> Counter[str]:
    """Align the document and count what is right. `seconds` is the time that it took."""
    zh, en = ([Point(*point, line=n) for n, point in enumerate(side)] for side in (document.zh, document.en))
    start = time.process_time()
    rows = align(zh, en)
    seconds = time.process_time() - start
    group_of = {(i, j): n for n, (a, b) in enumerate(document.groups) for i in a for j in b}
    pairs = [(row.zh.line, row.en.line, row.confidence) for row in rows if row.zh and row.en]
    right = [(i, j) for i, j, _ in pairs if (i, j) in group_of]
    flagged = Counter((i, j) in group_of for i, j, sure in pairs if sure < DOUBTFUL_CONFIDENCE)
    found = {group_of[place] for place in right}
    joined_zh = {i for a, b in document.groups if len(a) > 1 for i in a}
    joined_en = {j for a, b in document.groups if len(b) > 1 for j in b}
    ends = [
        (row.zh and row.zh.line in joined_zh, row.en and row.en.line in joined_en)
        for row in rows
        if row.joined
    ]
    joins = Counter(any(places) for places in ends)
    is_whole = len(right) == len(pairs) and len(found) == len(document.groups)
    return Counter(
        documents=1, pairs=len(pairs), right=len(right), expected=len(document.groups), found=len(found), whole=is_whole,
        joins=bool(joined_zh or joined_en), joins_found=joins[True], joins_false=joins[False], seconds=seconds,
        flagged_right=flagged[True], flagged_wrong=flagged[False],
    )  # fmt: skip


def format_counts(n: Counter[str]) -> str:
    precision, recall = n["right"] / max(n["pairs"], 1), n["found"] / max(n["expected"], 1)
    joins, flagged = f"{n['joins_found']}/{n['joins']}", f"{n['flagged_wrong']}/{n['pairs'] - n['right']}"
    shares = f"{100 * precision:>10.2f}{100 * recall:>9.2f}{100 * n['whole'] / n['documents']:>8.1f}"
    right = f"{n['flagged_right']}/{n['right']}"
    return f"{n['documents']:>6}{shares}{joins:>10}{n['joins_false']:>7}{flagged:>9}{right:>10}"


def make_mistakes(documents: Sequence[MadeDocument], dice: random.Random) -> Iterator[Any]:
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
        sums = [(found[right, True], found[right, True] + found[right, False]) for right in (False, True)]
        print(f"{kind:20}", *(f"{pairs:>6}{100 * told / max(pairs, 1):>7.2f}%" for told, pairs in sums))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=PARTS, default="held-out")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    download_packages(options.folder)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "dictionary")
        build_dictionary_file(path)
        set_dictionary_path(path)
        load_dictionary()
    documents = make_documents(options.folder, options.part, seed=options.seed)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        counted = count_document(document)
        for name in ("all", document.kind, f"from {document.source}"):
            counts[name] += counted
    columns = f"{'docs':>6}{'precision':>10}{'recall':>9}{'whole':>8}{'joins':>10}{'false':>7}{'flagged: wrong':>16}"
    print(f"{'':20}{columns}{'right':>7}")
    for name, counted in sorted(counts.items()):
        print(f"{name:20}{format_counts(counted)}")
    print_flags(documents)
    print(f"{len(documents) / counts['all']['seconds']:.0f} documents aligned a second")


if __name__ == "__main__":
    main()
