"""Words of a pair, each linked to at most one word of the other language, and the clauses that correspond."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import log
from pathlib import Path

from briefs.bilingual.lexicon import axes, concepts, dictionary
from briefs.bilingual.lexicon.axes import Sense
from briefs.bilingual.text import read_sections

_RUN_ZH = re.compile("[\u3400-\u9fff]+|[A-Za-z][A-Za-z0-9&.-]*|[0-9][0-9,.]*|[，；：。！？—（）]")
_WORD_EN = re.compile(
    r"[A-Z][A-Za-z]{0,4}-?\d{1,4}[A-Za-z]?(?![A-Za-z0-9])|[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ.’'-]*[A-Za-zÀ-ɏ]|[A-Za-z]|\d[\d,]*(?:\.\d+)?|[,;:—.?!()]"
)
_DESIGNATION = re.compile("[a-z]-?[0-9]")
_ABBREVIATION = re.compile(
    r"(?:^|\.)[A-Z]$|^(?:Mr|Mrs|Ms|Dr|St|Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec|Gen|Sen|Rep)$"
)
_CONJUNCTIONS = (
    "but while whereas because although though so whereupon therefore which if unless after before until"
)
_OPENS_CLAUSE = frozenset(_CONJUNCTIONS.split())
_NEGATIVE_PREFIX = re.compile("(?:un|dis|non|mis|in|im|il|ir)(?=[a-z])")
_SHORTEST_REST, _LONG_ENOUGH = 3, 8
_SINGLE, _KNOWN, _LISTED, _LONGER, _LONG_NAME, _LONG_NAME_BONUS = 3.0, 2.0, 0.3, 0.05, 4, 1.2
"""Costs of a division into words: fewest words win, then listed words, then longer ones. 對白俄羅斯 has the long name."""
_MOST_WORDS = 400
"""Words of one side that are linked. Limits the cost of hostile pastes."""
_NEAR, _SAME_CLAUSE, _LENGTH_BONUS = 1.5, 1.5, 0.3
_CONCEPT_WEIGHT, _POLE_WEIGHT, _POLE_SCORE = 4.0, 0.5, 0.8
_FARTHEST = 0.3
_GAP = 10
"""Words between the parts of a Chinese form such as 比…高."""
_OWN_PARTNER = 2.0
_USUAL, _RARE_COUNT = 4_000, 6
_COMPARABLE = 0.3
"""Share of the best affinity of a clause from which another clause can be its translation."""
_UNLINKED_DISTANCE = 0.35
NEGATION = "negation"


@dataclass(slots=True, eq=False)
class Word:
    """A word of one side. `end` is the end of its phrase: *more than half* is one word, linked as *more* is.

    `stems`: English stems that can translate it and keys of its concepts. `clause`, `index`: counted from 0 on its side.
    """

    start: int
    end: int
    text: str
    clause: int
    index: int
    stems: tuple[str, ...] = ()
    senses: tuple[Sense, ...] = ()
    link: "Word | None" = None
    weight: float = 0.0
    """Of its link."""
    is_inner: bool = False
    """Whether the word continues a phrase or a foreign name."""
    is_foreign: bool = False
    """Whether the characters seem to write a foreign name by sound."""
    lower: str = ""
    """An English word in small letters."""
    _poles: dict[str, set[str]] | None = None
    """Of the senses, by axis; grouped when first asked for, because to hash the senses takes longer than to ask."""

    @property
    def is_name(self) -> bool:
        return any(stem in concepts.NAME_KEYS for stem in self.stems)

    @property
    def is_han(self) -> bool:
        return self.text[0] >= "\u3400"

    def shares_stem(self, other: "Word") -> bool:
        return not set(self.stems).isdisjoint(other.stems)

    def expresses(self, axis: str, *names: str) -> bool:
        """Return whether the word has a sense of this axis: of one of these poles, or of any without names."""
        if not self.senses:
            return False
        if self._poles is None:
            self._poles = _group_by_axis(self.senses)
        poles = self._poles.get(axis)
        return poles is not None and (not names or not poles.isdisjoint(names))

    @property
    def negates(self) -> bool:
        return self.expresses(NEGATION, "no")


@lru_cache(5_000)
def _group_by_axis(senses: tuple[Sense, ...]) -> dict[str, set[str]]:
    poles: dict[str, set[str]] = defaultdict(set)
    for sense in senses:
        poles[sense.pole.axis].add(sense.pole.name)
    return dict(poles)


@dataclass(slots=True)
class LinkedPair:
    """Both sides of a pair. `affinity`: weight of the links between a Chinese and an English clause."""

    zh_text: str
    en_text: str
    zh: list[Word]
    en: list[Word]
    affinity: dict[tuple[int, int], float] = field(default_factory=dict)
    clauses_zh: int = 0
    clauses_en: int = 0
    _best_zh: list[float] = field(default_factory=list)
    _best_en: list[float] = field(default_factory=list)

    def links(self) -> Iterator[tuple[Word, Word]]:
        return ((word, word.link) for word in self.zh if word.link)

    def weigh(self, zh: int, en: int) -> float:
        """Return the weight of the links between two clauses."""
        return self.affinity.get((zh, en), 0.0)

    def are_comparable(self, zh: int, en: int) -> bool:
        """Return whether one clause can translate the other: by their links, else by their places."""
        best_zh, best_en = self._best_zh[zh], self._best_en[en]
        if not best_zh or not best_en:
            return abs((zh + 0.5) / self.clauses_zh - (en + 0.5) / self.clauses_en) < _UNLINKED_DISTANCE
        own = self.weigh(zh, en)
        return own >= _COMPARABLE * best_zh or own >= _COMPARABLE * best_en

    def is_stray(self, word: Word, share: float, *, is_zh: bool) -> bool:
        """Return whether the clause of a word's link is joined far more to another clause than to the word's."""
        if not word.link:
            return False
        zh, en = (word.clause, word.link.clause) if is_zh else (word.link.clause, word.clause)
        return self.weigh(zh, en) < share * (self._best_en[en] if is_zh else self._best_zh[zh])

    def english_for(self, clause: int) -> list[Word]:
        """Return the English words in the clauses that can translate a Chinese clause."""
        wanted = {c for c in range(self.clauses_en) if self.are_comparable(clause, c)}
        return [word for word in self.en if word.clause in wanted]

    def chinese_for(self, clause: int) -> list[Word]:
        wanted = {c for c in range(self.clauses_zh) if self.are_comparable(c, clause)}
        return [word for word in self.zh if word.clause in wanted]

    def distance(self, zh: Word, en: Word) -> float:
        return abs(zh.index / (len(self.zh) or 1) - en.index / (len(self.en) or 1))


def list_before(words: list[Word], word: Word, count: int = _MOST_WORDS) -> list[Word]:
    """Return up to `count` words before a word of the same side, those of its clause alone."""
    return [w for w in words[max(0, word.index - count) : word.index] if w.clause == word.clause]


def list_expressing(words: Iterable[Word], axis: str, *names: str) -> list[Word]:
    """Return the words with a sense of this axis and one of these poles. Most words have no sense."""
    return [word for word in words if word.senses and word.expresses(axis, *names)]


@lru_cache(256)
def link_words(zh: str, en: str) -> LinkedPair:
    pair = LinkedPair(zh, en, read_words_zh(zh)[:_MOST_WORDS], read_words_en(en)[:_MOST_WORDS])
    if pair.zh and pair.en:
        pair.clauses_zh, pair.clauses_en = pair.zh[-1].clause + 1, pair.en[-1].clause + 1
        _link(pair)
        _link_by_sound(pair)
    return pair


def read_words_zh(text: str) -> list[Word]:
    words: list[Word] = []
    clause = 0
    for match in _RUN_ZH.finditer(text):
        run, start = match[0], match.start()
        if run[0] >= "\u3400" and run[0] <= "\u9fff":
            for a, b in divide(run):
                word = run[a:b]
                words.append(
                    Word(
                        start + a, start + b, word, clause, len(words),
                        find_stems_zh(word), axes.find_senses_zh(word),
                    )
                )  # fmt: skip
        elif run[0].isascii():
            stems = (
                (run.replace(",", ""),)
                if run[0].isdigit()
                else (axes.stem(run), run.lower().replace("-", ""))
            )
            words.append(Word(start, match.end(), run, clause, len(words), stems))
        else:
            clause += 1
    for last in words:
        if not axes.ends_gapped_form_zh(last.text):
            continue
        parts = "".join(other.text for other in list_before(words, last, _GAP))
        if senses := axes.find_gapped_senses_zh(last.text, parts):
            last.senses += senses
    return words


@lru_cache(20_000)
def divide(run: str) -> tuple[tuple[int, int], ...]:
    """Divide a run of Han characters into the fewest words. Words of `axes.txt` and names come before others."""
    known, listed = dictionary.load_dictionary().stems, axes.list_words_zh()
    size = len(run)
    costs, back = [0.0] * (size + 1), [0] * (size + 1)
    for j in range(1, size + 1):
        best, came = costs[j - 1] + _SINGLE - _LONGER * (run[j - 1] in listed), j - 1
        for i in range(max(0, j - dictionary.LONGEST_WORD), j - 1):
            word = run[i:j]
            if word in listed or word in concepts.KEYS_ZH:
                cost = costs[i] + _KNOWN - _LISTED - _LONGER * (j - i)
                cost -= _LONG_NAME_BONUS * (j - i >= _LONG_NAME and word in concepts.KEYS_ZH)
            elif word in known:
                cost = costs[i] + _KNOWN - _LONGER * (j - i)
            else:
                continue
            if cost < best:
                best, came = cost, i
        costs[j], back[j] = best, came
    spans, end = [], size
    while end:
        spans.append((back[end], end))
        end = back[end]
    return tuple(reversed(spans))


@lru_cache(50_000)
def find_stems_zh(word: str) -> tuple[str, ...]:
    return tuple(dictionary.find_stems_of_word(word)) if word in dictionary.load_dictionary().stems else ()


def read_words_en(text: str) -> list[Word]:
    words: list[Word] = []
    clause = 0
    for match in _WORD_EN.finditer(text):
        written = match[0]
        if len(written) == 1 and written in ",;:—.?!()":
            if written != "." or not words or not _ABBREVIATION.search(words[-1].text):
                clause += 1
            continue
        lower = written.lower()
        if lower in _OPENS_CLAUSE and words and words[-1].clause == clause:
            clause += 1
        words.append(Word(match.start(), match.end(), written, clause, len(words), lower=lower))
    for word in words:
        word.stems = _find_stems_en(word.text)
    _add_concepts(words)
    texts, clauses = [word.text for word in words], [word.clause for word in words]
    for n, length, senses in axes.find_senses_en(texts, clauses):
        words[n].senses, words[n].end = senses, words[n + length - 1].end
        for inner in words[n + 1 : n + length]:
            inner.is_inner = True
            if not any(stem[0] == concepts.MARK for stem in inner.stems):
                words[n].stems, inner.stems = (*words[n].stems, *inner.stems), ()
    for word in words:
        is_open = not word.is_inner and _is_negative(word.lower)
        if is_open and all(sense.pole.axis != NEGATION for sense in word.senses):
            word.senses = (*word.senses, axes.SOFT_NEGATION)
    return words


@lru_cache(50_000)
def _is_negative(word: str) -> bool:
    """Return whether a word is the negative of another one: *unwilling*, *insufficient*, *nonexistent*."""
    if word.endswith(("less", "-free")) and len(word) > _LONG_ENOUGH:  # not unless, bless
        return True
    match = _NEGATIVE_PREFIX.match(word)
    if word.startswith("non-") or not match:
        return word.startswith("non-")
    known = dictionary.load_dictionary().counts
    return len(rest := word[match.end() :]) > _SHORTEST_REST and dictionary.stem_any(rest) in known


@lru_cache(50_000)
def _find_stems_en(word: str) -> tuple[str, ...]:
    low = word.lower()
    if low[0].isdigit():
        return (low.replace(",", ""),)
    if _DESIGNATION.search(low):
        return (low.removesuffix("s").replace("-", ""),)
    stem = dictionary.stem_english(low.replace("’s", "").replace("'s", "").replace(".", ""))
    return (stem,) if stem else ()


@lru_cache(50_000)
def _normalize_en(word: str) -> str:
    return concepts.normalize_english(word).strip().partition(" ")[0]


def _add_concepts(words: list[Word]) -> None:
    """Add the keys of names and things. A word inside a longer name has no name of its own: *South China Sea*."""
    plain = ["usa" if word.text == "US" else _normalize_en(word.text) for word in words]
    reached = 0
    for n, length, key in sorted(concepts.find_keyed_words(plain), key=lambda row: (row[0], -row[1])):
        if n >= reached or length > 1:
            words[n].stems = (*words[n].stems, key)
        if length > 1:
            reached = max(reached, n + length)


_Candidate = tuple[float, float, Word, Word]


def _link(pair: LinkedPair) -> None:
    """Link by rarity, relative place and pole; then once more with the affinity of the clauses that follows."""
    candidates = list(_list_candidates(pair))
    _choose(pair, candidates)
    first, best = pair.affinity, pair._best_zh
    rescored = []
    for score, weight, zh, en in candidates:
        if weight == _POLE_WEIGHT and not _stand_alike(pair, zh, en):
            continue
        shared = first.get((zh.clause, en.clause), 0.0) / (1 + best[zh.clause])
        rescored.append((score + _SAME_CLAUSE * shared, weight, zh, en))
    _choose(pair, rescored)
    _drop_stray_links(pair)


def _drop_stray_links(pair: LinkedPair) -> None:
    """Undo links of opposites between clauses that nothing else joins, if each has a partner of its own.

    肯定方向，但批評執行 against *criticizes the direction but praises the implementation*.
    """
    for zh, en in list(pair.links()):
        if not zh.senses or not en.senses or zh.is_name:
            continue
        clauses = zh.clause, en.clause
        if pair.weigh(*clauses) > zh.weight or not any(axes.can_link(sense.pole) for sense in zh.senses):
            continue
        others_zh = (pair.weigh(zh.clause, c) for c in range(pair.clauses_en) if c != en.clause)
        others_en = (pair.weigh(c, en.clause) for c in range(pair.clauses_zh) if c != zh.clause)
        if min(max(others_zh, default=0.0), max(others_en, default=0.0)) >= max(_OWN_PARTNER, zh.weight):
            zh.link = en.link = None
            pair.affinity.pop(clauses, None)


def _stand_alike(pair: LinkedPair, zh: Word, en: Word) -> bool:
    """Return whether two words of one pole stand in corresponding clauses, near what the words beside them translate."""
    if not pair.are_comparable(zh.clause, en.clause):
        return False
    beside = [
        word.link.index
        for word in pair.zh[max(0, zh.index - 3) : zh.index + 4]
        if word.link and word is not zh
    ]
    return not beside or min(abs(index - en.index) for index in beside) <= max(_FARTHEST * len(pair.en), 3)


def _list_candidates(pair: LinkedPair) -> Iterator[_Candidate]:
    by_stem: dict[str, list[Word]] = defaultdict(list)
    by_pole: dict[object, list[Word]] = defaultdict(list)
    for word in pair.en:
        for stem in word.stems:
            by_stem[stem].append(word)
        for sense in word.senses:
            if axes.can_link(sense.pole):
                by_pole[sense.pole].append(word)
    for zh in pair.zh:
        weights: dict[int, float] = {}
        for stem in zh.stems:
            for en in by_stem.get(stem, ()):
                weights[en.index] = max(weights.get(en.index, 0.0), weigh_stem(stem))
        bonus = _LENGTH_BONUS * (len(zh.text) - 1)
        for index, weight in weights.items():
            en = pair.en[index]
            if zh.senses and en.senses and _exclude_each_other(zh.senses, en.senses):
                continue
            yield weight - _NEAR * pair.distance(zh, en) + bonus, weight, zh, en
        for sense in zh.senses:
            for en in by_pole.get(sense.pole, ()):
                if en.index not in weights:
                    weights[en.index] = 0.0
                    yield _POLE_SCORE - _NEAR * pair.distance(zh, en), _POLE_WEIGHT, zh, en


@lru_cache(5_000)
def _exclude_each_other(zh: tuple[Sense, ...], en: tuple[Sense, ...]) -> bool:
    """Return whether words are opposed that share no pole: 去年 and *this year* share the stem of *year*."""
    pairs = [(one, other) for one in zh for other in en if not one.is_weak and not other.is_weak]
    return any(axes.are_opposed(one.pole, other.pole) for one, other in pairs) and not {
        sense.pole for sense in zh
    } & {sense.pole for sense in en}


@lru_cache(50_000)
def weigh_stem(stem: str) -> float:
    """Return how much it says that two words share a stem: the fewer words of the dictionary have it, the more."""
    if stem[0] == concepts.MARK or stem[0].isdigit():
        return _CONCEPT_WEIGHT
    return max(0.6, min(4.5, log(_USUAL / dictionary.load_dictionary().counts.get(stem, _RARE_COUNT))))


def _choose(pair: LinkedPair, candidates: Iterable[_Candidate]) -> None:
    """Link the candidates of the highest score first, and sum the weights by clause."""
    for word in (*pair.zh, *pair.en):
        word.link = None
    affinity: dict[tuple[int, int], float] = defaultdict(float)
    for _, weight, zh, en in sorted(candidates, key=lambda row: (-row[0], row[2].index, row[3].index)):
        if zh.link is None and en.link is None:
            zh.link, en.link = en, zh
            zh.weight = en.weight = weight
            affinity[zh.clause, en.clause] += weight
    pair.affinity = dict(affinity)
    pair._best_zh, pair._best_en = [0.0] * pair.clauses_zh, [0.0] * pair.clauses_en
    for (zh_clause, en_clause), weight in affinity.items():
        pair._best_zh[zh_clause] = max(pair._best_zh[zh_clause], weight)
        pair._best_en[en_clause] = max(pair._best_en[en_clause], weight)


_SOUNDS_ALIKE, _SHORTEST_NAME, _LONGEST_NAME = 0.6, 4, 8


def _link_by_sound(pair: LinkedPair) -> None:
    """Join single characters that write a name by sound into one word, and link it to the English name most like it."""
    names = list_unlinked_names(pair)
    for run in _list_sound_runs(pair.zh):
        first, written = run[0], pair.zh_text[run[0].start : run[-1].end]
        first.end, first.text, first.is_foreign = run[-1].end, written, True
        for inner in run[1:]:
            inner.is_inner = True
        likeness = [(compute_likeness(written, name.text), name) for name in names if not name.link]
        best = max(likeness, key=lambda row: row[0], default=None)
        if best and best[0] >= _SOUNDS_ALIKE:
            first.link, best[1].link = best[1], first


def list_unlinked_names(pair: LinkedPair) -> list[Word]:
    """Return the capitalized English words that are no common word and that nothing translates."""
    common = dictionary.load_dictionary().counts
    return [
        word
        for word in pair.en
        if not word.link
        and not word.is_inner
        and any(
            part[:1].isupper() and part[1:].islower() and len(part) >= _SHORTEST_NAME
            for part in word.text.partition("’")[0].split("-")
        )
        and not any(stem in common or stem[0] == concepts.MARK for stem in word.stems)
    ]


def _list_sound_runs(words: list[Word]) -> Iterator[list[Word]]:
    """Yield two or more adjacent unlinked characters that write names by sound."""
    run: list[Word] = []
    for word in words:
        fits = len(word.text) == 1 and not word.link and is_written_by_sound(word.text)
        if not fits or (run and run[-1].end != word.start):
            if len(run) > 1:
                yield run[:_LONGEST_NAME]
            run = []
        if fits:
            run.append(word)
    if len(run) > 1:
        yield run[:_LONGEST_NAME]


_CLASSES = {
    letter: group[0].upper()
    for group in ("pb", "td", "kqh", "szx", "lr", "fvw", "j", "m", "n")
    for letter in group
}
_SPELLINGS = (
    ("sch|sh|ch|tch|cz|zh", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("gu", "g"), ("c(?=[ei])", "s"), ("c", "k"),
    ("g(?=[ei])", "j"), ("g", "k"),
)  # fmt: skip
_ALIKE = {frozenset("JS"), frozenset("JK"), frozenset("NM"), frozenset("TS")}
_PARTLY, _OPTIONAL, _SKIPPED = 0.7, 0.25, 0.03
"""What similar consonants count; what an L or N, often left out, is discounted; what an unused character costs."""


@cache
def load_sounds() -> dict[str, str]:
    """Return the consonants of each character, possibly none."""
    lines = read_sections(Path(__file__).with_name("sounds.txt"))["sounds"]
    rows = (line.split(": ") for line in lines)
    return {character: sound.strip("-") for sound, characters in rows for character in characters}


def is_written_by_sound(word: str) -> bool:
    return all(character in load_sounds() for character in word)


@lru_cache(10_000)
def _sound_en(word: str) -> str:
    word = max(word.partition("’")[0].lower().split("-"), key=len)
    for spelling, plain in _SPELLINGS:
        word = re.sub(spelling, plain, word)
    sounds = ""
    for before, letter in zip(" " + word, word, strict=False):
        sound = _CLASSES.get(letter, "")
        if sound and not (sounds and sounds[-1] == sound and before not in "aeiouy"):
            sounds += sound
    return sounds


@lru_cache(10_000)
def compute_likeness(zh: str, en: str) -> float:
    """Return from 0 to 1 how alike an English name and the best part of a Chinese one sound."""
    size, sounds = len(zh), load_sounds()
    return max(
        (
            _compare("".join(sounds[c] for c in zh[a:b]), _sound_en(en)) - _SKIPPED * (size - b + a)
            for a in range(size - 1)
            for b in range(a + 2, size + 1)
        ),
        default=0.0,
    )


def _compare(one: str, other: str) -> float:
    """Return the share of consonants in a common order."""
    if not one or not other:
        return 0.0
    row = [0.0] * (len(other) + 1)
    for mine in one:
        above = row[:]
        for j, theirs in enumerate(other):
            value = 1.0 if mine == theirs else _PARTLY if frozenset((mine, theirs)) in _ALIKE else 0.0
            row[j + 1] = max(above[j + 1], row[j], above[j] + value)
    longest = max(len(text) - _OPTIONAL * sum(c in "LN" for c in text[1:]) for text in (one, other))
    return min(row[-1] / max(longest, 1.0), 1.0)
