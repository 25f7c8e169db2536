"""Recognize markers of list items, alone or in a sequence, and determine nesting by marker and indent."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from unicodedata import category

from briefs.bilingual.text import display_width, is_wider
from briefs.content import Marker

DEEPEST_LEVEL = 2
ORDINAL_STYLE = "ordinal"
"""Style of 第一、 其二， First, Two: which are markers only in sequence."""
LAST_ORDINAL = 100
"""Value of *Finally*, which follows any number."""

OUTLINE_STYLE_PREFIX = "outline "
"""Prefix of the style of `1.2`, which is an item only under `1.` and after `1.1`."""
INDENT_STEP = 2
"""Columns from which an indent counts as deeper. Typists miss by one."""

HAN_NUMERALS = "一二三四五六七八九十"
_BULLETS = "•‣⁃∙●○◦◉◎■□▪▫◆◇▶►▸➢➤➔✓✔❖★☆※\uf0b7\uf0a7\uf06c\uf0d8"
# Big5 has no U+2022; Windows writes U+2027 for it.
_DOTS = "·‧・･"
_DASHES = "-–—*+>»＊－＞→⇒"
# Chinese numbers: 一二三, the forms for sums of money (壹), and the heavenly stems (甲).
FORMAL_NUMERALS = "壹貳參肆伍陸柒捌玖拾"
HEAVENLY_STEMS = "甲乙丙丁戊己庚辛壬癸"
_SPELT = (
    "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth",
    "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Finally", "Lastly",
)  # fmt: skip
_SIGNS = "\u2600-\u27bf\U0001f300-\U0001faff"

UNIT_CHARACTERS = "倍億萬兆成個年月日號名人次元美歐公英國項家度秒分時小週周點噸千百多餘至到比級歲米克升"
"""Characters that may follow an amount: 1.5倍."""
PAGE_FURNITURE_PATTERN = r"[-–—－](?P<gap>\ *)[^\s\-–—－](?:[^\-–—－]{0,10}[^\s\-–—－])?(?P=gap)[-–—－]$"
"""A page number or an end sign between two dashes: - 1 -, －完－."""

_MARKER = re.compile(
    rf"""(?P<box>(?:[-*+]\ )?\[[xX\ ]?\])\ *
    |(?P<bullet>[{_BULLETS}])\ *
    |(?P<dot>[{_DOTS}]|[.．](?=\ [㐀-鿿A-Z「]))\ *
    |(?P<emoji>:[a-z][a-z0-9_]{{2,30}}:)(?:\ +|(?=[㐀-鿿A-Z]))
    |(?!{PAGE_FURNITURE_PATTERN})(?P<dash>[{_DASHES}])(?:\ +|(?=[㐀-鿿「《〈（])|$)
    |(?P<circled>[①-⑳⑴-⒛❶-❿➀-➉㈠-㈩])[.．、]?\ *
    |(?P<sign>[{_SIGNS}]\ufe0f?)(?:\ +|(?=[㐀-鿿A-Z]))
    |(?P<o>o)\ +
    |(?P<sum>[{FORMAL_NUMERALS}])[、．.](?![{FORMAL_NUMERALS}])\ *
    |(?P<stem>[{HEAVENLY_STEMS}])[、．.](?!(?!(?P=stem))[{HEAVENLY_STEMS}])\ *
    |(?P<keycap>\d)\ufe0f?\u20e3\ *
    |(?P<outline>\d{{1,2}}(?:[.．]\d{{1,2}}){{1,2}})(?:[.．)、]?\ +|[.．)、]?(?=[㐀-鿿])(?![{UNIT_CHARACTERS}]))
    |(?P<number>\d{{1,4}})(?:\\?\ ?[.．。](?!\d)[)）]?|[)）、]|[:：](?!\d))\ *
    |[(（](?P<inner>\d{{1,3}})[)）][.．、:：]?\ *
    |(?P<han>[{HAN_NUMERALS}]{{1,3}})(?:[、．.](?![{HAN_NUMERALS}])|[)）])\ *
    |[(（](?P<inner_han>[{HAN_NUMERALS}]{{1,3}})[)）][.．、:：]?\ *
    |(?:第(?=[{HAN_NUMERALS}]{{1,3}}點?[、：:，,．\ ])|其(?=[{HAN_NUMERALS}][、，]))(?P<ordinal>[{HAN_NUMERALS}]{{1,3}})點?[、：:，,．\ ](?![{HAN_NUMERALS}])\ *
    |(?P<spelt>{"|".join(_SPELT)})(?:ly)?[,:、]\ +
    |(?P<letter>[a-z])(?:[.)]\ +|\)(?=[A-Z㐀-鿿「《]))
    |[(（](?P<inner_letter>[a-zA-H])[)）][.．、:：]?\ *
    |(?P<roman>[ivx]{{2,4}})[.)]\ +
    |(?P<roman_sign>[Ⅰ-Ⅻⅰ-ⅻ])(?:[.．、)）]\ *|\ +)""",
    re.VERBOSE,
)
_SAME_STOPS = {"．": ".", "。": ".", "）": ")"}
_TEXT_AFTER_LETTER_O = re.compile("[A-Z0-9㐀-鿿「《〈（“]")
"""May follow Word's `o` bullet in an unindented line, where `o` could be a word of another language."""

_BULLET_KINDS = frozenset(("bullet", "dot", "dash", "sign", "o", "box", "emoji"))
_FIRST_NUMERAL_SIGNS = "①⑴⒈❶➀㈠Ⅰⅰ"
"""The first of each series of single-character numbers."""
_CAPITAL = re.compile(r"([A-Z]|[IVX]{2,4})([.)])\ +(?=\S)")
_HORIZONTAL_RULE = re.compile(r"[-=_*~–—─━＿＝·.•#＊－ ]{3,}|[|+:\-= ]{3,}")
_ITEM = re.compile(r"[-*–—·•] +[^ ]")
_ROMAN_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMANS = {numeral: value for value, numeral in enumerate(_ROMAN_NUMERALS, 1)}
_LETTERS_LIKE_ROMANS = {1: 9, 5: 22, 10: 24}


@dataclass(frozen=True, slots=True)
class ListMarker:
    """The marker of a line. `style` identifies the kind of list; `ordinal` is the value of a number."""

    kind: Marker
    style: str
    ordinal: int
    item_text: str


def find_marker(line: str, indent: int) -> ListMarker | None:
    """Return the marker at the start of a line without its indent."""
    match = _MARKER.match(line)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    text = line[match.end() :]
    if kind in _BULLET_KINDS:
        if kind == "o" and not indent and not _TEXT_AFTER_LETTER_O.match(text):
            return None
        return ListMarker("bullet", kind if kind in ("sign", "box", "emoji") else value, 0, text)
    if kind == "outline":
        above, _, last = value.replace("．", ".").rpartition(".")
        return ListMarker("number", OUTLINE_STYLE_PREFIX + above, int(last), text)
    if kind == "letter" and value in _ROMANS:
        kind = "roman"
    if kind in ("circled", "roman_sign"):
        first = max(first for first in _FIRST_NUMERAL_SIGNS if first <= value)
        return ListMarker("number", first, ord(value) - ord(first) + 1, text)
    if kind == "spelt":
        ordinal = _SPELT.index(value) % 8 + 1 if value in _SPELT[:-2] else LAST_ORDINAL
        return ListMarker("number", ORDINAL_STYLE, ordinal, text[:1].upper() + text[1:])
    return build_number_marker(kind, value, match[0], text)


def build_number_marker(kind: str, value: str, marker_text: str, text: str) -> ListMarker:
    """Build the marker of a numbered item. `marker_text` is the value with its punctuation."""
    style = (
        kind + _SAME_STOPS.get(stop := marker_text.rstrip(" ")[-1], stop)
        if kind in ("number", "letter", "roman")
        else kind
    )
    return ListMarker("number", style, _ordinal(kind, value), text)


def find_capital_sequences(lines: Iterable[str]) -> frozenset[str]:
    """Return the capitals that occur in sequence: A, B, C … or I, II, III …. A lone `A. Smith` is a name."""
    letters: set[str] = set()
    romans: dict[int, str] = {}
    for capitals in (match[1] for line in lines if (match := _CAPITAL.match(line))):
        if capitals == "A" or (len(capitals) == 1 and chr(ord(capitals) - 1) in letters):
            letters.add(capitals)
        number = 1 if capitals == "I" else _ROMANS.get(capitals.lower(), 0)
        if number == 1 or number - 1 in romans:
            romans[number] = capitals
    return frozenset((*(letters if len(letters) > 1 else ()), *(romans.values() if len(romans) > 1 else ())))


def find_capital_marker(line: str, capitals_in_sequence: Set[str]) -> ListMarker | None:
    match = _CAPITAL.match(line)
    if match is None or match[1] not in capitals_in_sequence:
        return None
    capitals, text = match[1], line[match.end() :]
    if len(capitals) == 1 and (capitals == "A" or chr(ord(capitals) - 1) in capitals_in_sequence):
        return ListMarker("number", f"capital{match[2]}", ord(capitals) - 64, text)
    return ListMarker("number", f"capital roman{match[2]}", _ROMANS[capitals.lower()], text)


def _ordinal(kind: str, value: str) -> int:
    if kind in ("number", "inner", "keycap"):
        return int(value)
    if kind in ("han", "inner_han", "ordinal"):
        # `parse_numeral` would reject 二三十、. In a wrapped line it must get a number that no list has reached.
        tens, ten, ones = value.rpartition("十")
        if not ten:
            return HAN_NUMERALS.find(value) + 1
        return (HAN_NUMERALS.find(tens) + 1) * 10 + (HAN_NUMERALS.find(ones) + 1 if ones else 0)
    if kind == "roman":
        return _ROMANS.get(value, 0)
    if kind in ("sum", "stem"):
        return (FORMAL_NUMERALS if kind == "sum" else HEAVENLY_STEMS).index(value) + 1
    return ord(value.lower()) - ord("a") + 1


def close_level_gaps(levels: Iterable[int]) -> list[int]:
    """Renumber levels so that none is skipped and siblings stay siblings."""
    closed: list[int] = []
    above: list[int] = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        closed.append(len(above))
        above.append(level)
    return closed


_END = re.compile(
    r"[（(【\[〔] ?(?:全文|本文)?(?:完|終|end) ?[）)】\]〕]|(?:全文|本文)完。?|第 ?\d{1,4} ?頁(?:.{0,3}共 ?\d{1,4} ?頁)?"
    r"|page \d{1,4}(?: of \d{1,4})?|\d{1,3}|\d{1,3} ?[/|] ?(?:\d{1,3}|page)|p\. ?\d{1,4}|頁 ?\d{1,4}",
    re.IGNORECASE,
)
_PAGE_FURNITURE = re.compile(PAGE_FURNITURE_PATTERN)
_PRINTED_ADDRESS = re.compile(r"https?://\S+ \d{1,3}/\d{1,3}")
"""The foot of a page that a browser printed."""


def is_page_furniture(line: str) -> bool:
    """Return whether a line is a page number or an end sign, and so not part of the text."""
    if len(line) < 20:
        return (_END.fullmatch(line) or _PAGE_FURNITURE.match(line)) is not None
    return line[-1].isdecimal() and _PRINTED_ADDRESS.fullmatch(line) is not None


def is_horizontal_rule(line: str) -> bool:
    """Return whether a line is a separator drawn with hyphens, stars or ◇◇◇."""
    if line[0] in "-=_*~–—─━＿＝·.•#＊－|+" and _HORIZONTAL_RULE.fullmatch(line):
        return len(set(line) - {" "}) == 1 or not _ITEM.match(line)
    if category(line[0])[0] != "S":
        return False
    signs = line.replace(" ", "")
    return len(signs) > 2 and len(set(signs)) <= 2 and all(category(sign)[0] == "S" for sign in signs)


@dataclass(slots=True)
class _OpenList:
    indent: int
    style: str
    ordinal: int


@dataclass(slots=True)
class ListNesting:
    """The lists that are open at a line, outermost first."""

    open_lists: list[_OpenList] = field(default_factory=list)

    def resolve_roman_or_letter(self, mark: ListMarker) -> ListMarker:
        """Treat `i.` as a Roman numeral, unless a list of letters has reached h. The same applies to `v.` and
        `x.`
        """
        letter = _LETTERS_LIKE_ROMANS.get(mark.ordinal) if mark.style.startswith("roman") else None
        style = mark.style.replace("roman", "letter")
        if letter and any(item.style == style and item.ordinal == letter - 1 for item in self.open_lists):
            return replace(mark, style=style, ordinal=letter)
        return mark

    def add_item(self, indent: int, mark: ListMarker, *, after_gap: bool = False) -> int:
        """Add the next item and return its depth, from 0. `after_gap` means at least two blank lines above.

        At the same indent, another marker nests under the item above (as in the original documents). After a
        gap it starts a new list on the same level.
        """
        lists = self.open_lists
        while lists and indent <= lists[-1].indent - INDENT_STEP:
            lists.pop()
        here = [n for n, item in enumerate(lists) if abs(item.indent - indent) < INDENT_STEP]
        same = [n for n in here if lists[n].style == mark.style]
        if same:
            del lists[same[-1] + 1 :]
            lists[-1].ordinal = mark.ordinal
        elif here and after_gap:
            lists[-1].style, lists[-1].ordinal = mark.style, mark.ordinal
        else:
            lists.append(_OpenList(indent, mark.style, mark.ordinal))
        return len(lists) - 1

    def expects(self, mark: ListMarker) -> bool:
        """Return whether a number can be an item here, rather than a wrapped line that begins with a figure."""
        if mark.style.startswith(OUTLINE_STYLE_PREFIX) and mark.ordinal == 1:
            above, _, last = mark.style.removeprefix(OUTLINE_STYLE_PREFIX).rpartition(".")
            style = OUTLINE_STYLE_PREFIX + above if above else "number"
            return any(item.style.startswith(style) and item.ordinal == int(last) for item in self.open_lists)
        if mark.ordinal <= 1 and not mark.style.startswith(OUTLINE_STYLE_PREFIX):
            return True
        return any(item.style == mark.style and mark.ordinal <= item.ordinal + 3 for item in self.open_lists)


_AMBIGUOUS_MARKER = re.compile(
    rf"""(?P<han>[{HAN_NUMERALS}]{{1,3}})[、．.](?=[{HAN_NUMERALS}])
    |(?P<sum>[{FORMAL_NUMERALS}])[、．.](?=[{FORMAL_NUMERALS}])
    |(?P<stem>[{HEAVENLY_STEMS}])[、．.](?=[{HEAVENLY_STEMS}])
    |第(?P<ordinal>[{HAN_NUMERALS}]{{1,3}})[、：:](?=[{HAN_NUMERALS}])
    |(?P<number>\d{{1,2}})[.．](?=\d)
    |(?!{PAGE_FURNITURE_PATTERN})(?P<dash>[-–—－]|[*＊](?!.*[*＊]))(?=[A-Za-z“"‘]|\d{{1,2}}[A-Z]|\d{{4}}年|\d{{1,3}}(?=[㐀-鿿])(?![{UNIT_CHARACTERS}]))""",
    re.VERBOSE,
)
_AMOUNT = re.compile(r"\d+(?:\.\d+)? ?(?:[%％倍成億萬兆]|percent|[mbtr]+illion)")
_STOPS = "。！？.!?"
_PAUSES = "；;：:"
_QUOTED_SENTENCE_END = re.compile('[。！？.!?][」』”"’)）]$')
_INITIAL = re.compile(r"\b[A-Z]\.$")
"""U.S. at the end of a line does not end a sentence."""
_WORD = re.compile("[!-~]+|.")
_NARROWEST_WRAP = 40
"""Columns. No mail program wraps this early, so the writer ended a shorter line."""
WRAP_TOLERANCE = 8
"""Columns by which lines wrapped at one width may differ, besides the word that did not fit."""
_FARTHEST_DASH = 12
"""Maximum number of lines from one dash to the next in one list."""
_SHORTEST_RUN = 3
"""Adjacent lines that all begin like items. Wrapping does not produce that many."""
REMARK_SIGN = "※"


@dataclass(frozen=True, slots=True)
class SequenceLine:
    """A line as needed for sequences. `own_marker` counts without a sequence.

    `starts_paragraph` is true also after a blank line; `after_hard_break` if the line above was not wrapped.
    """

    text: str
    indent: int
    own_marker: ListMarker | None
    starts_paragraph: bool
    after_hard_break: bool


def ends_sentence(text: str) -> bool:
    """Return whether the text ends like a sentence."""
    return (text[-1:] in _STOPS and not _INITIAL.search(text)) or _QUOTED_SENTENCE_END.search(
        text[-2:]
    ) is not None


def ends_at_hard_break(above: str, below: str = "", widest: int = 0) -> bool:
    """Return whether the writer ended the line: the next word would have fitted."""
    if not is_wider(above, _NARROWEST_WRAP) or ends_sentence(above) or above[-1] in _PAUSES:
        return True
    word = _WORD.match(below)
    return word is not None and display_width(above) + display_width(word[0]) + WRAP_TOLERANCE <= widest


def are_remarks(marks: Sequence[ListMarker | None]) -> bool:
    """Return whether ※ lines of a section are remarks: another marker comes first, or ※ occurs only once."""
    made = [mark for mark in marks if mark and mark.ordinal <= 1]
    return bool(made) and (made[0].style != REMARK_SIGN or len(made) == 1)


def find_sequence_markers(lines: Sequence[SequenceLine]) -> dict[int, ListMarker]:
    """Return the markers of one section that only the sequence reveals, by line index."""
    rows: dict[str, list[_SequenceItem]] = {}
    for at, line in enumerate(lines):
        mark = line.own_marker or find_ambiguous_marker(line.text)
        if mark is not None:
            rows.setdefault(mark.style, []).append(_SequenceItem(at, mark, line))
    return {item.index: item.marker for row in rows.values() for item in _select_items(row)}


@dataclass(frozen=True, slots=True)
class _SequenceItem:
    index: int
    marker: ListMarker
    line: SequenceLine

    @property
    def has_own_marker(self) -> bool:
        return self.line.own_marker is not None

    def is_aligned_with(self, other: "_SequenceItem | None") -> bool:
        return other is not None and abs(self.line.indent - other.line.indent) < INDENT_STEP

    def directly_follows(self, other: "_SequenceItem") -> bool:
        """Return whether this is the very next line with the next number."""
        step = 1 if self.marker.ordinal else 0
        is_next = self.index == other.index + 1 and self.marker.ordinal == other.marker.ordinal + step
        return (
            is_next
            and self.is_aligned_with(other)
            and (bool(step) or self.has_own_marker == other.has_own_marker)
        )


def find_ambiguous_marker(text: str) -> ListMarker | None:
    """Return the marker of a line that could be an item in a sequence of similar lines."""
    match = _AMBIGUOUS_MARKER.match(text)
    if match is None:
        return None
    kind, value = str(match.lastgroup), match[str(match.lastgroup)]
    rest = text[match.end() :]
    return (
        ListMarker("bullet", value, 0, rest)
        if kind == "dash"
        else build_number_marker(kind, value, match[0], rest)
    )


def _select_items(row: Sequence[_SequenceItem]) -> Iterator[_SequenceItem]:
    runs = _find_runs(row)
    last: _SequenceItem | None = None
    for n, item in enumerate(row):
        if not item.has_own_marker:
            fits = _fits_numbering if item.marker.ordinal else _fits_bullet_list
            if n not in runs and not fits(item, last, row, n):
                continue
            yield item
        last = item


def _find_runs(row: Sequence[_SequenceItem]) -> set[int]:
    """Return the indexes of items in runs of adjacent lines."""
    indexes: set[int] = set()
    start = 0
    for n in range(1, len(row) + 1):
        if n == len(row) or not row[n].directly_follows(row[n - 1]):
            if n - start >= _SHORTEST_RUN:
                is_wrapped = row[n - 2].has_own_marker  # only the last may be wrapped: nothing follows it
                indexes.update(range(start, n - is_wrapped))
            start = n
    return indexes


def _fits_numbering(
    item: _SequenceItem, last: _SequenceItem | None, row: Sequence[_SequenceItem], n: int
) -> bool:
    """Return whether the preceding and following numbers fit. At the start or end of a list, one of them
    suffices.
    """
    number = item.marker.ordinal
    following = row[n + 1] if n + 1 < len(row) else None
    goes_on = (
        following is not None and following.marker.ordinal == number + 1 and item.is_aligned_with(following)
    )
    is_between = goes_on and (item.line.after_hard_break or _is_certain(following))
    if number == 1:
        return is_between and (last is None or last.marker.ordinal != 1)
    if last is None or last.marker.ordinal != number - 1 or not item.is_aligned_with(last):
        return False
    if goes_on:
        return is_between
    is_amount = item.marker.style.startswith("number") and _AMOUNT.match(item.marker.item_text)
    is_last = following is None or following.marker.ordinal == 1
    return is_last and item.line.after_hard_break and not is_amount


def _is_certain(item: _SequenceItem | None) -> bool:
    return item is not None and item.has_own_marker


def _fits_bullet_list(
    item: _SequenceItem, last: _SequenceItem | None, row: Sequence[_SequenceItem], n: int
) -> bool:
    """Return whether another item of the list is near. A signature below a list does not count."""
    if not item.line.after_hard_break:
        return False
    after = [
        other
        for other in row[n + 1 : n + 1 + _FARTHEST_DASH]
        if other.index - item.index <= _FARTHEST_DASH and item.is_aligned_with(other)
    ]
    if any(other.has_own_marker or other.line.after_hard_break for other in after):
        return True
    if item.line.starts_paragraph and not (last and last.line.starts_paragraph):
        return False
    before = [
        other for other in row[max(n - _FARTHEST_DASH, 0) : n] if item.index - other.index <= _FARTHEST_DASH
    ]
    is_below = (
        bool(before)
        and before[-1].marker.item_text[-1:] in ":："
        and item.line.indent > before[-1].line.indent
    )
    return is_below or any(
        item.is_aligned_with(other) and (other.has_own_marker or other.line.after_hard_break)
        for other in before
    )
