"""Match names in a document to vocabulary rows. Unknown names are added and reported."""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, cast

from ..documents.types import Caution, ParsedDocument
from ..models import Keyword, Source
from ..models.vocabulary import Vocabulary
from ..text.lookalike_hosts import find_lookalike_host
from .author_lookup import AuthorLookup


class VocabularyMatch(NamedTuple):
    """The row that a name refers to, and that row's name in the language of the name."""

    pk: int
    name: str


type NameIndex = dict[str, VocabularyMatch]

_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LETTER: Final = re.compile("[^\\W\\d_]")
_SLASH: Final = re.compile(" ?[/／] ?")
_IN_PARENTHESES: Final = re.compile("(.+?) ?[(（]([^()（）]+)[)）]")


class VocabularyLookup:
    """Look up vocabulary rows during an import. Read once, then extended as documents bring new names.

    Call `clear_cache` after a rollback, since added rows are gone.
    """

    def __init__(self) -> None:
        self._authors = AuthorLookup()
        self._indexes: dict[type[Vocabulary], NameIndex] = {}
        self._source_addresses: tuple[str, ...] | None = None
        self._reported_names: set[tuple[type[Vocabulary], str]] = set()

    def clear_cache(self, *, keep_reported: bool = False) -> None:
        """Drop the cached rows. `keep_reported` prevents reporting a name twice, as in an import whose rows
        remain.
        """
        self._authors.clear_cache(keep_reported=keep_reported)
        self._indexes.clear()
        if not keep_reported:
            self._reported_names.clear()

    def find_or_create_rows(self, parsed: ParsedDocument, cautions: list[Caution]) -> dict[str, Any]:
        """Return the source, authors and keywords of a document as `Facts` values. Warn of a look-alike address."""
        self._warn_of_lookalike(parsed.facts.get("url", ""), cautions)
        return {
            "source": self._find_or_create_source(parsed.source, cautions) if parsed.source else None,
            "authors": self._authors.find_or_create_bylines(parsed.authors, cautions),
            "keywords": tuple(
                dict.fromkeys(self._find_or_create_keyword(label, cautions) for label in parsed.keywords)
            ),
        }

    def _warn_of_lookalike(self, url: str, cautions: list[Caution]) -> None:
        if url and self._source_addresses is None:
            self._source_addresses = tuple(Source.objects.exclude(url="").values_list("url", flat=True))
        if url and (found := find_lookalike_host(url, self._source_addresses or ())):
            known = {
                "known_en": found.imitated or "another site",
                "known_zh": f" {found.imitated}" if found.imitated else "其他網站",
            }
            cautions.append(Caution(None, "url-lookalike", {"host": found.host, **known}))

    def _find_or_create_source(self, name: str, cautions: list[Caution]) -> int:
        return self._find_or_create(
            Source, name, "unknown-source", cautions, lambda: Source.make(name=name[:200])
        )

    def _find_or_create_keyword(self, label: str, cautions: list[Caution]) -> int:
        index = self._index(Keyword)
        if label.casefold() not in index and (known := _find_bilingual_keyword(label, index, cautions)):
            return known.pk
        column = "label_en" if label.isascii() else "label_zh"
        return self._find_or_create(
            Keyword, label, "unknown-keyword", cautions, lambda: Keyword.make(**{column: label[:80]})
        )

    def _find_or_create(
        self,
        kind: type[Vocabulary],
        name: str,
        code: str,
        cautions: list[Caution],
        make: Callable[[], Vocabulary],
    ) -> int:
        index = self._index(kind)
        key = name.casefold()
        if key not in index:
            if (kind, key) not in self._reported_names:
                cautions.append(Caution(None, code, {"text": name, **_suggest_similar_names(key, index)}))
                self._reported_names.add((kind, key))
            index[key] = VocabularyMatch(make().pk, name)
        return index[key].pk

    def _index(self, kind: type[Vocabulary]) -> NameIndex:
        if kind not in self._indexes:
            self._indexes[kind] = _build_index(kind)
        return self._indexes[kind]


def _build_index(kind: type[Vocabulary]) -> NameIndex:
    """Map every name of every row to the row that it was merged into. An older row wins a shared name."""
    rows = {row.pk: row for row in kind._default_manager.order_by("-pk")}
    index: NameIndex = {}
    for row in sorted(rows.values(), key=lambda row: (row.merged_into_id is None, -row.pk)):
        heir = row
        while heir.merged_into_id:
            heir = rows[heir.merged_into_id]
        labels = {"zh": heir.label("zh"), "en": heir.label("en")}
        for name in filter(None, _list_names(row)):
            called = name if name in labels.values() else labels["en" if name.isascii() else "zh"]
            index[name.casefold()] = VocabularyMatch(heir.pk, called)
    return index


def _list_names(row: Vocabulary) -> list[str]:
    if isinstance(row, Keyword):
        return [row.label_zh, row.label_en]
    source = cast(Source, row)
    return [*source.aliases, source.name_zh, source.name]


def _find_bilingual_keyword(label: str, index: NameIndex, cautions: list[Caution]) -> VocabularyMatch | None:
    """Find the keyword of `科技/Technology`, `科技（Technology）` or, with both labels its own, `科技 Technology`."""
    for left, right, is_marked in _split_bilingual_label(label):
        found = [index.get(half.casefold()) for half in (left, right)]
        rows = {known.pk: known for known in found if known}
        if len(rows) != 1 or not (is_marked or all(found)):
            continue
        (known,) = rows.values()
        if not all(found):
            cautions.append(Caution(None, "keyword-label", {"text": label, "label": known.name}))
        return known
    return None


def _split_bilingual_label(label: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each split of a label into a Chinese and a Latin half, and whether a sign marks the split."""
    cuts = [(label[: cut.start()], label[cut.end() :], True) for cut in _SLASH.finditer(label)]
    if match := _IN_PARENTHESES.fullmatch(label):
        cuts.append((match[1], match[2], True))
    cuts += [(label[: cut.start()], label[cut.end() :], False) for cut in re.finditer(" ", label)]
    for left, right, is_marked in cuts:
        if (
            bool(_HAN.search(left)) != bool(_HAN.search(right))
            and _LETTER.search(left)
            and _LETTER.search(right)
        ):
            yield left, right, is_marked


def _suggest_similar_names(name: str, index: NameIndex) -> dict[str, str]:
    """Suggest up to three similar names, as half a sentence in each language."""
    keys = difflib.get_close_matches(name, list(index), n=3, cutoff=0.6)
    near = list(dict.fromkeys(index[key].name for key in keys))
    return {
        "near_en": f" Did you mean {', '.join(near)}?" if near else "",
        "near_zh": f"您要找的是不是：{'、'.join(near)}？" if near else "",
    }
