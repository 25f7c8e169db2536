"""Translations of Chinese and English words, from CC-CEDICT. They are looked up in a file, so that no process keeps them."""

import atexit
import os
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from itertools import filterfalse
from pathlib import Path
from typing import Any, Final, NamedTuple

import opencc

from . import dictionary
from .dictionary import LONGEST_WORD, WORD_EN, stem_english

_FORMAT: Final = 2
_NOT_MEANING: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_REFERENCES: Final = ("surname ", "variant of", "old variant", "CL:", "see ", "abbr. ", "also ", "Taiwan pr.")
_INITIAL_WORDS: Final = {"to", "a", "an", "the", "be", "sth", "sb"}
_MAX_WORDS: Final = 4
"""Most words of a meaning. Longer ones explain and do not translate."""
_MAX_TRANSLATIONS: Final = 10
_MAX_VALUES: Final = 900


class Translations(NamedTuple):
    """Translations of one word. `first`: by the first meaning."""

    first: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def find_english(words: Collection[str]) -> dict[str, Translations]:
    """Return the English meanings of the Chinese words that the dictionary has."""
    return {word: _split(first, others, "|") for word, first, others in _select("chinese", words)}


def find_chinese(words: Collection[str]) -> dict[str, Translations]:
    """Return the words in Chinese characters with these English meanings. The dictionary has *ins* for Instagram, too."""
    keys = {word: _stem_meaning(word.lower()) for word in words}
    rows = {
        key: Translations(*(tuple(filterfalse(str.isascii, some)) for some in _split(first, others, " ")))
        for key, first, others in _select("english", set(keys.values()))
    }
    return {word: rows[key] for word, key in keys.items() if key in rows}


def find_taiwan_form(word: str) -> str:
    """Return the form of a word that Taiwan uses, if it is another one: 軟體 for 软件 and 軟件."""
    return next((form for _, form in _select("taiwan", [word])), "")


def count_words(stems: Collection[str]) -> dict[str, int]:
    """Return how many Chinese words have each English stem among their meanings. A high number means a general word."""
    return dict(_select("stem", stems))


def _split(first: str, others: str, joint: str) -> Translations:
    return Translations(tuple(filter(None, first.split(joint))), tuple(filter(None, others.split(joint))))


def _select(table: str, keys: Collection[str]) -> list[Any]:
    path = get_translations_path()
    values = list(keys)[:_MAX_VALUES]
    if not values or path is None or not path.exists():
        return []
    sql = f"SELECT * FROM {table} WHERE key IN ({','.join('?' * len(values))})"  # noqa: S608 a constant
    try:
        return _file.connect(path).execute(sql, values).fetchall()
    except sqlite3.Error:  # damaged: as without a dictionary
        return []


class _File:
    """The open file. A fork opens it anew, because SQLite connections must not be used after one, and so does a new file."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._key: tuple[Path, int, int] | None = None

    def connect(self, path: Path) -> sqlite3.Connection:
        key = (path, path.stat().st_mtime_ns, os.getpid())
        if self._connection is None or key != self._key:
            self.close()
            address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self._connection, self._key = sqlite3.connect(address, uri=True, check_same_thread=False), key
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_file = _File()
atexit.register(_file.close)


def get_translations_path() -> Path | None:
    path = dictionary.get_dictionary_path()
    return path and path.with_name(f"{path.name}.translations")


# Build the file.


def build_translations_file() -> None:
    """Write the file beside the dictionary's if it is missing or of another version."""
    path, version = get_translations_path(), dictionary.describe_version(_FORMAT)
    if not path or not version or _read_version(path) == version:
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with closing(sqlite3.connect(unfinished)) as file:
        file.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE version (key TEXT)"
        )
        file.execute("INSERT INTO version VALUES (?)", [version])
        for table, rows in _build_tables(dictionary.read_entries()).items():
            columns = "value" if table in ("stem", "taiwan") else "first, others"
            file.execute(f"CREATE TABLE {table} (key PRIMARY KEY, {columns}) WITHOUT ROWID")
            marks = "?, ?" if columns == "value" else "?, ?, ?"
            file.executemany(f"INSERT INTO {table} VALUES ({marks})", sorted(rows))  # noqa: S608 constants
        file.commit()
    unfinished.replace(path)


def _read_version(path: Path) -> str:
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(path)) as file:
            return str(file.execute("SELECT key FROM version").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        path.unlink()
        return ""


def _build_tables(entries: Iterable[dict[str, Any]]) -> dict[str, Iterable[tuple[Any, ...]]]:
    meanings: dict[str, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    words: dict[str, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    stems: dict[str, set[str]] = {}
    taiwan: dict[str, str] = {}
    to_taiwan = opencc.OpenCC("s2twp")  # takes 44 MB, so only this command uses it
    for entry in entries:
        traditional, rank = str(entry["traditional"]), 0
        if (form := to_taiwan.convert(str(entry["simplified"]))) != traditional:
            taiwan |= dict.fromkeys((traditional, str(entry["simplified"])), form)
        for definition in entry["definitions"]:
            found = list(_read_meanings(definition))
            for meaning in found if 1 < len(traditional) <= LONGEST_WORD else ():
                for word in {traditional, str(entry["simplified"])}:
                    meanings[word][rank].setdefault(meaning)
                    stems.setdefault(word, set()).update(filter(None, map(stem_english, meaning.split())))
                words[_stem_meaning(meaning)][rank].setdefault(traditional)
            rank = 1 if found else rank
    counts = Counter(stem for of_word in stems.values() for stem in of_word)
    return {
        "chinese": [(word, *_join(*ranks, "|")) for word, ranks in meanings.items()],
        "english": [(key, *_join(*ranks, " ")) for key, ranks in words.items() if key],
        "stem": counts.items(),
        "taiwan": taiwan.items(),
    }


def _join(first: dict[str, None], others: dict[str, None], joint: str) -> tuple[str, str]:
    rest = [one for one in others if one not in first]
    return joint.join(list(first)[:_MAX_TRANSLATIONS]), joint.join(rest[:_MAX_TRANSLATIONS])


def _read_meanings(definition: str) -> Iterator[str]:
    """Yield the meanings in a definition: *to seal off; (fig.) to block* → seal off, block."""
    if definition.startswith(_REFERENCES):
        return
    for part in re.split("[;,/]", _NOT_MEANING.sub(" ", definition)):
        found = WORD_EN.findall(part.lower().replace("'", "")) if part.isascii() else []
        while found and found[0] in _INITIAL_WORDS:
            del found[0]
        if len(found) <= _MAX_WORDS and any(map(stem_english, found)):
            yield " ".join(found)


def _stem_meaning(meaning: str) -> str:
    return " ".join(filter(None, map(stem_english, WORD_EN.findall(meaning))))
