"""Match names in a document to vocabulary rows. Unknown names are added and reported."""

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from django.utils import timezone

from briefs.bilingual.documents import (
    HAN_ORGANIZATION,
    HAN_TITLE,
    JOB_TITLE,
    NOT_A_NAME,
    Caution,
    ParsedDocument,
    is_han_person,
    is_inverted,
    is_person,
)
from briefs.bilingual.text import are_similar_names, count_han
from briefs.bilingual.text.article_urls import find_lookalike_host
from briefs.bilingual.text.person_names import ORGANIZATION, build_author_columns
from briefs.content import Byline, Side
from briefs.facts import AFFILIATION_LIMIT
from briefs.models import Author, Keyword, Person, Source
from briefs.models.vocabulary import Vocabulary
from briefs.workflow.vocabulary import record_vocabulary_event

_PARENTHESES = re.compile(r" ?[(（]([^()（）]*)[)）] ?")
_COMMA = re.compile(r" ?[,，;；] ?")
_HAN_NAME = r"[㐀-鿿豈-﫿][㐀-鿿豈-﫿‧·．・•]+"
_BETWEEN_SCRIPTS = r" ?[/／]? ?"
_HAN_THEN_LATIN = re.compile(rf"(?P<zh>{_HAN_NAME}){_BETWEEN_SCRIPTS}(?P<en>[^㐀-鿿]+)")
_LATIN_THEN_HAN = re.compile(rf"(?P<en>[^㐀-鿿]+?){_BETWEEN_SCRIPTS}(?P<zh>{_HAN_NAME})")
_PLACE = re.compile(
    ".*[國国洲灣湾港]|日本|印度|越南|新加坡|菲律[賓宾]|俄[羅罗]斯|[烏乌]克[蘭兰]|華盛頓|倫敦|北京|東京|[台臺]北"
)
_LATIN_TITLE = re.compile(
    r"((?:Dr|Prof|Professor|Amb|Ambassador|Sen|Senator|Rep|Representative|Gov|Governor|Lt|Maj|Brig|Gen|General|"
    r"Col|Colonel|Capt|Captain|Adm|Admiral|Sir|Dame|Lord|Hon|Rev)\b\.?(?: (?=\S+ \S)))+"
)
_COURTESY = re.compile(r"^(?:Mr|Mrs|Ms|Mx)\.? (?=\S+ \S)|(?<=[㐀-鿿]{2})(?:先生|女士|小姐)$")
_TITLE_AFTER_NAME = re.compile(rf"(.+?) ?({HAN_TITLE})")
_TITLE_BEFORE_NAME = re.compile(rf"(.*{HAN_TITLE}|.+ ) ?(\S{{2,4}})")
_ACRONYM = re.compile("[A-Z]{3,8}")
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_OUTLET = re.compile(
    r"\b(?:times|post|journal|news|review|magazine|press|herald|tribune|daily|asia)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AuthorName:
    """An author in a document. `name`: in printed order, Latin if both scripts are given. Missing parts are empty."""

    name: str
    name_zh: str = ""
    affiliation_zh: str = ""
    affiliation_en: str = ""


def read_author(text: str) -> AuthorName:
    """Return the parts of `蕭良其（Russell Hsiao）`, `Doe, Jane` or `Jane Doe, Senior Fellow, CSIS`.

    A text of another form, such as an organization, is returned as the name.
    """
    outside, *rest = _COMMA.split(_PARENTHESES.sub(" ", text).strip(" ,，"))
    if rest and not count_han(outside) and is_inverted(outside, rest[0]) and not _is_affiliation(rest[0]):
        outside = f"{rest.pop(0)} {outside}"
    if rest and _GENERATION.fullmatch(rest[0]):
        outside = f"{outside}, {rest.pop(0)}"
    names, notes = _split_titles(outside)
    if not names or any(map(_may_be_name, rest)):
        return AuthorName(text)
    for inside in _PARENTHESES.findall(text):
        first, *more = _COMMA.split(inside.strip(" "))
        first_names, titles = _split_titles(first)
        if len(first_names) == 1 and not first_names.keys() & names.keys() and not _is_affiliation(first):
            names |= first_names
            notes += titles
        else:
            more = [first, *more]
        rest += more
    notes += filter(None, rest)
    sides: dict[Side, list[str]] = {"zh": [], "en": []}
    for note in notes:
        sides["zh" if count_han(note) else "en"].append(note)
    return AuthorName(
        names.get("en") or names["zh"],
        names["zh"] if "en" in names and "zh" in names else "",
        "，".join(sides["zh"]),
        ", ".join(sides["en"]),
    )


def _split_titles(text: str) -> tuple[dict[Side, str], list[str]]:
    """Return the person's names by script (empty if no part is a name), and the titles around them."""
    text = _COURTESY.sub("", text)
    if not count_han(text):
        title = _LATIN_TITLE.match(text)
        name = text[title.end() :] if title else text
        is_name = is_person(name.partition(",")[0]) and not NOT_A_NAME.match(name)
        return ({"en": name} if is_name else {}), [title[0].strip(" ")] if title else []
    if both := _HAN_THEN_LATIN.fullmatch(text) or _LATIN_THEN_HAN.fullmatch(text):
        chinese, titles = _split_titles(both["zh"])
        latin, more = _split_titles(both["en"])
        return ({**chinese, **latin} if chinese and latin else {}), titles + more
    if (after := _TITLE_AFTER_NAME.fullmatch(text)) and _is_han_name(after[1]):
        return {"zh": after[1]}, [after[2]]
    if (before := _TITLE_BEFORE_NAME.fullmatch(text)) and is_han_person(before[2]):
        return {"zh": before[2]}, [before[1].strip(" ")]
    return ({"zh": text} if _is_han_name(text) else {}), []


def _is_han_name(text: str) -> bool:
    is_short = 2 <= len(text) <= 4 or re.search("[‧·．・•]", text) is not None
    return is_short and re.fullmatch(_HAN_NAME, text) is not None and not _is_affiliation(text)


def _may_be_name(text: str) -> bool:
    """Return whether a text after a comma may be another person or a given name (`García Márquez, Gabriel`)."""
    return is_person(text) or (
        text.istitle() and text.isalpha() and not count_han(text) and not _is_affiliation(text)
    )


def _is_affiliation(text: str) -> bool:
    return any(
        pattern.search(text) for pattern in (ORGANIZATION, JOB_TITLE, _OUTLET, HAN_ORGANIZATION)
    ) or bool(_PLACE.fullmatch(text) or re.fullmatch(f"{HAN_TITLE}|[A-Z&]+", text))


MAX_SUGGESTIONS: Final = 3
NAME_POINTS: Final = "‧·．・•"
"""Signs between the parts of a foreign name in Chinese, which is then a transliteration."""


class KnownAuthor(NamedTuple):
    """An author's row with its name in Latin letters and its Chinese name, either of which may be empty."""

    pk: int
    latin: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.latin} {self.chinese}".strip()


type RowsByName = dict[str, list[KnownAuthor]]


def _offer_known(kind: type[Vocabulary], new: int, known: Iterable[int]) -> dict[str, Any]:
    """Return the rows that a new one may be, as the desk offers them: *use the known one*."""
    return {"kind": kind._meta.model_name, "new": new, "known": list(known)}


class AuthorLookup:
    """Look up authors by name during an import. Rows are read once; new authors are added with `make`."""

    def __init__(self, make: Callable[..., Vocabulary]) -> None:
        self._make = make
        self._rows_by_name: RowsByName = {}
        self._undone_rows_by_name: RowsByName = {}

    def clear_cache(self, *, keep_reported: bool) -> None:
        """Drop the cached rows. With `keep_reported`, remember the names, so that a dry run reports a new name only once."""
        known = {**self._undone_rows_by_name, **self._rows_by_name}
        self._rows_by_name, self._undone_rows_by_name = {}, known if keep_reported else {}

    def find_or_create_bylines(self, texts: tuple[str, ...], cautions: list[Caution]) -> tuple[Byline, ...]:
        """Return an author with title and affiliation for each text, without duplicates."""
        if not self._rows_by_name:
            self._rows_by_name = _load_rows_by_name()
        bylines: dict[int, Byline] = {}
        for text in texts:
            author = read_author(text)
            row = _find(self._rows_by_name, text, author)
            known = row or _find(self._undone_rows_by_name, text, author)
            near = [] if known else self._find_similar(author)
            row = row or self._create(author)
            cautions += (
                _report_other_name(author, known) if known else _report_new(text, author, row.pk, near)
            )
            affiliations = (
                author.affiliation_zh[:AFFILIATION_LIMIT],
                author.affiliation_en[:AFFILIATION_LIMIT],
            )
            bylines.setdefault(row.pk, Byline(row.pk, *affiliations))
        return tuple(bylines.values())

    def _create(self, author: AuthorName) -> KnownAuthor:
        is_transliterated = _is_transliteration(author.name_zh)
        own = "" if is_transliterated else author.name_zh
        values: dict[str, Any] = {"name": author.name[:200], **build_author_columns(author.name, own)}
        if author.name_zh:
            kind = Author.ChineseName.TRANSLITERATION if is_transliterated else ""
            values |= {"name_zh": author.name_zh[:100], "name_zh_kind": kind}
        row = _describe(cast("Author", self._make(Author, **values)))
        for name in filter(None, (author.name, author.name_zh)):
            self._rows_by_name.setdefault(name.casefold(), []).append(row)
        return row

    def _find_similar(self, author: AuthorName) -> list[KnownAuthor]:
        """Return the authors with a similar name, or with an equal one but another name in the other script."""
        mine = [name for name in (author.name, author.name_zh) if name]
        every = {**self._undone_rows_by_name, **self._rows_by_name}
        similar = {
            str(row): row
            for key, rows in every.items()
            if any(are_similar_names(name, key) for name in mine)
            for row in rows
        }
        return list(similar.values())[:MAX_SUGGESTIONS]


def _find(rows_by_name: RowsByName, text: str, author: AuthorName) -> KnownAuthor | None:
    """Return the oldest row with this name. If row and author also have a name in the other script, they must be equal."""
    for key, other in ((author.name, author.name_zh), (author.name_zh, author.name), (text, "")):
        for row in rows_by_name.get(key.casefold(), ()):
            known = row.latin if count_han(key) else row.chinese
            if not (other and known) or known.casefold() == other.casefold():
                return row
    return None


def _report_new(text: str, author: AuthorName, new: int, similar: Sequence[KnownAuthor]) -> Iterator[Caution]:
    if author.name_zh and not _is_transliteration(author.name_zh):
        values = {"text": text, "name": author.name, "name_zh": author.name_zh}
        yield Caution(None, "author-two-names", values)
    if similar:
        near = list(map(str, similar))
        values = {"text": author.name, "near_en": ", ".join(near), "near_zh": "、".join(near)}
        names = _offer_known(Author, new, (row.pk for row in similar))
        yield Caution(None, "author-similar", {**values, "names": names})


def _report_other_name(author: AuthorName, row: KnownAuthor) -> Iterator[Caution]:
    if author.name_zh and not (row.latin and row.chinese):
        missing = author.name if row.chinese else author.name_zh
        yield Caution(None, "author-other-name", {"text": missing, "known": str(row)})


def _is_transliteration(name_zh: str) -> bool:
    return any(point in name_zh for point in NAME_POINTS)


def _load_rows_by_name() -> RowsByName:
    """Map every name of every author to the rows that have it, the oldest first, merged ones last."""
    rows = Author.objects.in_bulk()
    rows_by_name: RowsByName = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: (row.merged_into_id is not None, row.pk)):
        heir = row
        while heir.merged_into_id:
            heir = rows[heir.merged_into_id]
        for name in {row.name.casefold(), row.name_zh.casefold()} - {""}:
            rows_by_name[name].append(_describe(heir))
    return dict(rows_by_name)


def _describe(row: Author) -> KnownAuthor:
    latin = "" if count_han(row.name) else row.name
    return KnownAuthor(row.pk, latin, row.name_zh or ("" if latin else row.name))


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
    """Look up vocabulary rows during an import. Rows are read once; new names are added.

    `named_by`: who is recorded as having named new rows, so that none of them brings a name to readers alone.
    Call `clear_cache` after a rollback, since added rows are gone.
    """

    def __init__(
        self,
        named_by: Collection[Person],
        now: dt.datetime | None = None,
    ) -> None:
        self._named_by, self._now = named_by, now
        self._authors = AuthorLookup(self._make)
        self._indexes: dict[type[Vocabulary], NameIndex] = {}
        self._source_addresses: tuple[str, ...] | None = None
        self._reported_names: set[tuple[type[Vocabulary], str]] = set()

    def clear_cache(self, *, keep_reported: bool = False) -> None:
        """Drop the cached rows. With `keep_reported`, a name is reported only once, as in an import whose rows
        remain.
        """
        self._authors.clear_cache(keep_reported=keep_reported)
        self._indexes.clear()
        if not keep_reported:
            self._reported_names.clear()

    def find_or_create_rows(self, parsed: ParsedDocument, cautions: list[Caution]) -> dict[str, Any]:
        """Return source, authors and keywords of a document as values of `Facts`. Add a caution for a look-alike address."""
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
        if url and (lookalike := find_lookalike_host(url, self._source_addresses or ())):
            known = {
                "known_en": lookalike.imitated or "another site",
                "known_zh": f" {lookalike.imitated}" if lookalike.imitated else "其他網站",
            }
            cautions.append(Caution(None, "url-lookalike", {"host": lookalike.host, **known}))

    def _find_or_create_source(self, name: str, cautions: list[Caution]) -> int:
        carriers = _find_carriers(name, self._index(Source)) if _ACRONYM.fullmatch(name) else set()
        if len(carriers) == 1:
            return carriers.pop()
        return self._find_or_create(Source, name, "unknown-source", cautions, {"name": name[:200]})

    def _find_or_create_keyword(self, label: str, cautions: list[Caution]) -> int:
        index = self._index(Keyword)
        if label.casefold() not in index and (known := _find_bilingual_keyword(label, index, cautions)):
            return known.pk
        column = "label_en" if label.isascii() else "label_zh"
        return self._find_or_create(Keyword, label, "unknown-keyword", cautions, {column: label[:80]})

    def _find_or_create(
        self,
        kind: type[Vocabulary],
        name: str,
        code: str,
        cautions: list[Caution],
        values: dict[str, str],
    ) -> int:
        index = self._index(kind)
        key = name.casefold()
        if key not in index:
            is_reported = (kind, key) in self._reported_names
            near = [] if is_reported else [index[other] for other in _find_similar_keys(key, index)]
            index[key] = VocabularyMatch(self._make(kind, **values).pk, name)
            if not is_reported:
                names = _offer_known(kind, index[key].pk, dict.fromkeys(match.pk for match in near))
                offer = {"names": names} if near else {}
                cautions.append(Caution(None, code, {"text": name, **_list_near_names(near), **offer}))
                self._reported_names.add((kind, key))
        return index[key].pk

    def _make(self, kind: type[Vocabulary], **values: str) -> Vocabulary:
        row = kind.make(**values)
        for person in self._named_by:
            record_vocabulary_event(
                row, "name_entry", by=person, now=self._now or timezone.now(), note=str(row)
            )
        return row

    def _index(self, kind: type[Vocabulary]) -> NameIndex:
        if kind not in self._indexes:
            self._indexes[kind] = _build_index(kind)
        return self._indexes[kind]


def _build_index(kind: type[Vocabulary]) -> NameIndex:
    """Map every name to its row, or to the row that it was merged into. The oldest row gets a shared name."""
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


def _find_carriers(acronym: str, index: NameIndex) -> set[int]:
    """Return the rows that have a name, or whose names carry it as a word: the Center for a New American Security (CNAS)."""
    key = acronym.casefold()
    if key in index:
        return {index[key].pk}
    word = re.compile(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])")
    return {match.pk for name, match in index.items() if word.search(name)}


def _list_names(row: Vocabulary) -> list[str]:
    if isinstance(row, Keyword):
        return [row.label_zh, row.label_en]
    source = cast(Source, row)
    return [*source.aliases, source.name_zh, source.name]


def _find_bilingual_keyword(label: str, index: NameIndex, cautions: list[Caution]) -> VocabularyMatch | None:
    """Find the keyword of `科技/Technology`, `科技（Technology）`, or `科技 Technology` if both are labels of one row."""
    for left, right, is_marked in _split_bilingual_label(label):
        matches = [index.get(half.casefold()) for half in (left, right)]
        rows = {known.pk: known for known in matches if known}
        if len(rows) != 1 or not (is_marked or all(matches)):
            continue
        (known,) = rows.values()
        if not all(matches):
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


def _list_near_names(matches: Iterable[VocabularyMatch]) -> dict[str, str]:
    """Return up to three similar names, as a clause in each language for a caution."""
    near = list(dict.fromkeys(match.name for match in matches))
    return {
        "near_en": f" Did you mean {', '.join(near)}?" if near else "",
        "near_zh": f"您要找的是不是：{'、'.join(near)}？" if near else "",
    }


def _find_similar_keys(name: str, index: NameIndex) -> list[str]:
    return difflib.get_close_matches(name, list(index), n=3, cutoff=0.6)
