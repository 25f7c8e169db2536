"""Differences between two texts. No interface text.

Chinese is compared by character, text written with spaces by word; figures and punctuation are separate tokens. Time is
limited by `effort`, a number of steps. A comparison that needs more is made by sentence, or else replaces the whole text.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

type DiffKind = Literal["equal", "deleted", "inserted"]
type Tokens = Sequence[str]
type TokenMatch = tuple[int, int, int]
"""Start in the old tokens, start in the new tokens, length."""

EFFORT_LIMIT: Final = 400_000
"""Steps for one pair of texts, about a tenth of a second."""

_LETTER = r"(?:(?![\u2e80-\ufaff\ufe30-\uffef\U0001f000-\U0003ffff])[^\W_][\u0300-\u036f]*)"
_TOKEN = re.compile(
    rf"\s+|\d+(?:[.,]\d+)+{_LETTER}*|(?:[A-Za-z]\.){{2,}}|{_LETTER}+(?:['’]{_LETTER}+)*"
    r"|.[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]*",
    re.DOTALL,
)
_SENTENCE = re.compile(r"[^。！？；.!?;\n]*[。！？；.!?;\n]?", re.DOTALL)
_STOPS: Final = frozenset("。！？；.!?;\n」』”")
_PAUSES: Final = frozenset("，、：,:）)》〉")
_FARTHEST: Final = 60
"""Maximum number of tokens by which a change may slide to a better boundary."""


@dataclass(frozen=True, slots=True)
class DiffRun:
    """A run of text. Equal and deleted runs add up to the old text, equal and inserted runs to the new one."""

    kind: DiffKind
    text: str


def diff_texts(old: str, new: str, effort: int = EFFORT_LIMIT) -> list[DiffRun]:
    """Return both texts as one sequence of runs. In each change, the deletion precedes the insertion."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    changes = _absorb_accidental_matches(
        _slide_changes(_changes(a, b, _matches(a, b, effort) or _match_by_sentence(old, new, a, b, effort)))
    )
    return list(_build_runs(changes))


@dataclass(slots=True)
class _Change:
    """A stretch that both texts share (`shared`), then the differing tokens after it in the old and the new text."""

    shared: list[str]
    old: list[str]
    new: list[str]


def _matches(a: Tokens, b: Tokens, effort: int) -> list[TokenMatch] | None:
    """Return a longest common subsequence (Myers 1986), or None if the texts are too different for `effort`.
    Empty if they share nothing.
    """
    lead = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    n, m = len(a) - lead, len(b) - lead
    tail = next((i for i in range(min(n, m)) if a[-1 - i] != b[-1 - i]), min(n, m))
    rows = _search_edits(a[lead : len(a) - tail], b[lead : len(b) - tail], effort)
    if rows is None:
        return None
    middle = [(i + lead, j + lead, size) for i, j, size in _trace_matches(rows, n - tail, m - tail)]
    ends = [(0, 0, lead), *middle, (len(a) - tail, len(b) - tail, tail)]
    return [match for match in ends if match[2]]


def _search_edits(a: Tokens, b: Tokens, effort: int) -> list[list[int]] | None:
    """Return one list per number of edits: how far into `a` each diagonal reaches. None if `effort` runs
    out.
    """
    n, m = len(a), len(b)
    rows: list[list[int]] = []
    before = [0]
    for edits in range(n + m + 1):
        row = []
        for at in range(edits + 1):
            x = _find_diagonal_start(before, at, edits)
            start, y = x, x - (2 * at - edits)
            while x < n and y < m and a[x] == b[y]:
                x += 1
                y += 1
            row.append(x)
            effort -= 1 + x - start
            if x >= n and y >= m:
                return [*rows, row]
        if effort < 0:
            return None
        rows.append(row)
        before = row
    return rows


def _find_diagonal_start(before: Sequence[int], at: int, edits: int) -> int:
    """Return where the path enters a diagonal: by an insertion from the diagonal above, else by a deletion."""
    if at == 0 or (at < edits and before[at - 1] < before[at]):
        return before[at]
    return before[at - 1] + 1


def _trace_matches(rows: Sequence[Sequence[int]], x: int, y: int) -> list[TokenMatch]:
    """Follow the path back from the end of both sequences and return its matches in order."""
    matches: list[TokenMatch] = []
    diagonal = x - y
    for edits in range(len(rows) - 1, 0, -1):
        at = (diagonal + edits) // 2
        start = _find_diagonal_start(rows[edits - 1], at, edits)
        matches.append((start, start - diagonal, x - start))
        inserted = at == 0 or (at < edits and rows[edits - 1][at - 1] < rows[edits - 1][at])
        x = start if inserted else start - 1
        diagonal += 1 if inserted else -1
    matches.append((0, 0, x))
    return [match for match in reversed(matches) if match[2]]


def _match_by_sentence(old: str, new: str, a: Tokens, b: Tokens, effort: int) -> list[TokenMatch]:
    """Match the sentences that both texts share, then the text between them where `effort` allows."""
    left, right = ([s for s in _SENTENCE.findall(text) if s] for text in (old, new))
    shared = _find_shared_sentences(left, right)
    ends = [_find_sentence_ends(sentences, tokens) for sentences, tokens in ((left, a), (right, b))]
    matches: list[TokenMatch] = []
    i = j = 0
    for x, y, size in [*shared, (len(left), len(right), 0)]:
        begin, end = (ends[0][x], ends[1][y]), (ends[0][x + size], ends[1][y + size])
        within = _matches(a[i : begin[0]], b[j : begin[1]], effort // (1 + len(shared)))
        matches += [(i + u, j + v, length) for u, v, length in within or ()]
        if end[0] - begin[0] == end[1] - begin[1] and end[0] > begin[0]:
            matches.append((*begin, end[0] - begin[0]))
            i, j = end
        else:
            i, j = begin
    return [m for m in matches if a[m[0] : m[0] + m[2]] == b[m[1] : m[1] + m[2]]]


def _find_shared_sentences(left: Tokens, right: Tokens) -> list[TokenMatch]:
    """Match sentences that occur once in each text, where they come in the same order."""
    counts = Counter(left), Counter(right)
    there = {s: at for at, s in enumerate(right)}
    both = [(at, there[s]) for at, s in enumerate(left) if counts[0][s] == counts[1][s] == 1]
    return [(*both[at], 1) for at in find_longest_rising([y for _, y in both])]


def _find_sentence_ends(sentences: Tokens, tokens: Tokens) -> list[int]:
    """Return after how many tokens each sentence ends. A sentence that ends within a token ends after that
    token.
    """
    ends, at, length, target_length = [0], 0, 0, 0
    for sentence in sentences:
        target_length += len(sentence)
        while length < target_length:
            length += len(tokens[at])
            at += 1
        ends.append(at)
    return ends


def _changes(a: Tokens, b: Tokens, matches: Sequence[TokenMatch]) -> list[_Change]:
    changes: list[_Change] = []
    shared: list[str] = []
    i = j = 0
    for x, y, size in [*matches, (len(a), len(b), 0)]:
        if x > i or y > j:
            changes.append(_Change(shared, [*a[i:x]], [*b[j:y]]))
            shared = []
        shared += a[x : x + size]
        i, j = x + size, y + size
    return [*changes, _Change(shared, [], [])]


def _slide_changes(changes: list[_Change]) -> list[_Change]:
    """Move each pure insertion or deletion to the boundary that a reader expects: "with " rather than "
    with".
    """
    for here, after in pairwise(changes):
        block = here.old or here.new
        if not (here.old and here.new) and block:
            _slide(here.shared, block, after.shared)
    return changes


def _slide(before: list[str], block: list[str], after: list[str]) -> None:
    """Move tokens between the three lists in place, to shift the change.

    The texts with and without the block stay the same.
    """
    size, reach = len(block), _FARTHEST
    back = 0
    line = [*before[-reach:], *block, *after[:reach]]
    start = min(len(before), reach)
    while back < start and line[start - back - 1] == line[start + size - back - 1]:
        back += 1
    ahead = 0
    while start + size + ahead < len(line) and line[start + ahead] == line[start + size + ahead]:
        ahead += 1
    best = max(
        range(-back, ahead + 1),
        key=lambda by: (_rate_boundary(line, start + by) + _rate_boundary(line, start + size + by), -abs(by)),
    )
    begin = start + best
    before[len(before) - start :] = line[:begin]
    block[:] = line[begin : begin + size]
    after[: len(line) - start - size] = line[begin + size :]


def _rate_boundary(line: Tokens, at: int) -> int:
    """Rate a position as the beginning or end of a change, 0 (worst) to 4."""
    if at in (0, len(line)):
        return 4
    last = line[at - 1]
    if last.isspace():
        return 3 if "\n" in last or (at > 1 and line[at - 2] in _STOPS) else 1
    if last in _STOPS:
        return 0 if line[at].isspace() else 3
    return 2 if last in _PAUSES and not line[at].isspace() else 0


def _absorb_accidental_matches(changes: Sequence[_Change]) -> list[_Change]:
    """Merge changes that are separated only by a short accidental match, which would make the diff
    unreadable.
    """
    merged: list[_Change] = []
    sizes: list[tuple[int, int]] = []
    for change in changes:
        merged.append(change)
        sizes.append((_count_visible_tokens(change.old), _count_visible_tokens(change.new)))
        while len(merged) > 1 and _is_accidental_match(merged[-2], merged[-1], sizes[-2], sizes[-1]):
            right, (went, came) = merged.pop(), sizes.pop()
            shared = _count_visible_tokens(right.shared)
            merged[-1].old += [*right.shared, *right.old]
            merged[-1].new += [*right.shared, *right.new]
            sizes[-1] = (sizes[-1][0] + went + shared, sizes[-1][1] + came + shared)
    return merged


def _is_accidental_match(
    left: _Change, right: _Change, left_sizes: tuple[int, int], right_sizes: tuple[int, int]
) -> bool:
    """Return whether a match between two changes is accidental.

    Small corrections stay separate: a visible match between changes of up to two tokens never counts as
    accidental.
    """
    if not ((left.old or left.new) and (right.old or right.new)):
        return False
    if not right.shared:
        return True
    shared = _count_visible_tokens(right.shared)
    if not shared:
        return _is_word((left.new or left.old)[-1]) and _is_word((right.new or right.old)[0])
    least, most = sorted((max(left_sizes), max(right_sizes)))
    return least >= 2 and 4 * shared < least + most


def _count_visible_tokens(tokens: Tokens) -> int:
    return sum(not token.isspace() for token in tokens)


def _is_word(token: str) -> bool:
    return token[0] < "\u2e80" and token[0].isalnum()


def _build_runs(changes: Sequence[_Change]) -> Iterator[DiffRun]:
    shared = ""
    for change in changes:
        shared += "".join(change.shared)
        if change.old or change.new:
            parts: tuple[tuple[DiffKind, str], ...] = (
                ("equal", shared), ("deleted", "".join(change.old)), ("inserted", "".join(change.new)),
            )  # fmt: skip
            yield from (DiffRun(kind, text) for kind, text in parts if text)
            shared = ""
    if shared:
        yield DiffRun("equal", shared)


def find_longest_rising(values: Sequence[int]) -> list[int]:
    """Return the positions of a longest rising subsequence. The remaining positions are the fewest that can
    have moved.
    """
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, value in enumerate(values):
        size = bisect_left(tails, value)
        before.append(ends[size - 1] if size else -1)
        tails[size : size + 1] = [value]
        ends[size : size + 1] = [at]
    positions = [ends[-1]] if ends else []
    while positions and before[positions[-1]] >= 0:
        positions.append(before[positions[-1]])
    return positions[::-1]
