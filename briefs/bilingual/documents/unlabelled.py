"""Label the lines of a text that has no labels, so that the parser can read it. For the desk; the command needs labels.

A short line above a text is its headline. By-line, outlet and date stand near it. All else is text, by the script of each
paragraph.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Final

from briefs.bilingual.documents.fields.authors import is_han_person, is_person, split_authors
from briefs.bilingual.documents.fields.date_reader import read_date
from briefs.bilingual.documents.fields.labels import FieldLabel, find_label, is_web_address
from briefs.bilingual.documents.line_classifier import DocumentLine
from briefs.bilingual.documents.markers import ends_sentence
from briefs.bilingual.documents.types import ParsedSide
from briefs.bilingual.text import count_han, detect_side, is_wider, split_bilingual
from briefs.bilingual.text.paths import OTHER_SIDE
from briefs.content import SIDES, Side

_SHORTEST_SENTENCE: Final = 24
_SHORTEST_WRAPPED: Final = 56
_WIDEST_HEADLINE: Final = 110
"""Columns."""
_WIDEST_QUESTION: Final = 70
_WIDEST_NUMBERED: Final = 40
_WIDE_GAP: Final = 3
"""Blank lines between two texts of a file."""
_LEAST_TEXT: Final = 3
"""Lines in each language after which another headline begins another text, even without a wide gap."""
_MOST_HEADS: Final = 4
"""Short lines above a text. More are text themselves."""
_LONGEST_NAME: Final = 6
_LONGEST_OUTLET: Final = {"zh": 10, "en": 4}
"""Han characters and words."""

_SIGNS = re.compile(r"^[^\w\s「『《（(【\[“\"'#*-]+ ?")
_BY = re.compile(r"(?:written )?by:? +(?=\S)|(?:撰?文|作者|記者|撰稿)(?: ?[/／|｜:：] ?| +)", re.IGNORECASE)
_GAPS = re.compile(r" ?[(（|｜,，、;；·•／] ?| [-–—/] |——| |(?<=》)|(?=《)")
_SEPARATORS = re.compile(r" ?[|｜,，、;；·•／] ?| [-–—/] |——")
_ENCLOSED = re.compile(r"[（(【\[—–-]+ ?(.*?) ?[）)】\]—–-]+")
_ADDRESS = re.compile(r".{0,60}?(https?://[^\s()（）<>]+)[>)）]?", re.IGNORECASE)
_AUTHOR_AFTER = re.compile(r"(.+?) ?(?:撰文?|著|報導|[／/]文)")
_HAN_OR_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60]")
_LEAST_TITLE: Final = 12
_LEAST_HALF: Final = 24
"""Characters of the English half of a title, and of a paragraph, in both languages."""
_GREETING = re.compile(
    r"(?:(?:hi|hello|dear|hey|good (?:morning|afternoon))\b|各位|大家|您好|你好|早安|午安|晚安|哈囉|嗨|親愛的).{0,30}[，,：:！!。.]|(?:hi|hello)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:best|thanks|thank you|many thanks|cheers|regards|sincerely|best regards|kind regards|謝謝|感謝|敬上|敬祝|祝好|順頌.*|以上)"
    r"[!！,，.。~～ ]*|sent from my .*|從我的 ?.*傳送|--",
    re.IGNORECASE,
)
_SUBJECTS: Final = ("subject", "主旨", "主題", "主题")
_REPLY = re.compile(r"^(?:(?:re|fwd?|轉寄|回覆|转发)[:：] ?)+", re.IGNORECASE)


@dataclass(slots=True)
class LabelledText:
    """The lines of one text with labels, and lines that say nothing of its article."""

    lines: list[DocumentLine] = field(default_factory=list)
    left_out: list[DocumentLine] = field(default_factory=list)


def has_text(lines: Sequence[DocumentLine]) -> bool:
    """Return whether a line is a sentence. A list of words is no digest."""
    return any(is_sentence(_get_words(line)) for line in lines)


def split_texts(lines: Sequence[DocumentLine]) -> list[list[DocumentLine]]:
    """Split where a wide gap, a page break or a second headline parts two texts. The two languages of one text stay together."""
    texts: list[list[DocumentLine]] = []
    for part in _cut(lines):
        sides = [_list_languages(lines) for lines in (texts[-1] if texts else [], part)]
        if texts and (not all(sides) or (len(sides[0]) == len(sides[1]) == 1 and sides[0] != sides[1])):
            texts[-1] += part
        else:
            texts.append(list(part))
    return texts


def _cut(lines: Sequence[DocumentLine]) -> Iterator[Sequence[DocumentLine]]:
    cuts = [0]
    counts: dict[Side, int] = {}
    for at, line in enumerate(lines):
        is_apart = line.blank_lines_above >= _WIDE_GAP or line.new_page
        if at and (is_apart or _begins_another(lines, at, counts)):
            cuts.append(at)
            counts = {}
        if side := detect_side(_get_words(line)):
            counts[side] = counts.get(side, 0) + (not _is_head(lines, at))
    yield from (lines[start:end] for start, end in pairwise([*cuts, len(lines)]))


def _begins_another(lines: Sequence[DocumentLine], at: int, counts: Mapping[Side, int]) -> bool:
    """Return whether a headline stands below a text in both languages, in the language that came first."""
    side, above = detect_side(lines[at].text), detect_side(_get_words(lines[at - 1]))
    if side is None or side != next(iter(counts), None) or above != OTHER_SIDE[side]:
        return False
    if min(counts.get(s, 0) for s in SIDES) < _LEAST_TEXT:
        return False
    below = next((n for n in range(at, len(lines)) if not _is_head(lines, n)), at)
    return below > at and detect_side(_get_words(lines[below])) == side


def _list_languages(lines: Sequence[DocumentLine]) -> set[Side]:
    return {s for line in lines if is_sentence(_get_words(line)) and (s := detect_side(_get_words(line)))}


def label_lines(lines: Sequence[DocumentLine], *, with_text: bool) -> LabelledText:
    """Label headlines, by-lines, outlets and dates, and the text below them. Labels that stand there are kept.

    Without `with_text` only lines above the first label get one.
    """
    return _Labeller(lines, with_text=with_text).label()


class _Labeller:
    """Label the lines of one text, from top to bottom."""

    def __init__(self, lines: Sequence[DocumentLine], *, with_text: bool) -> None:
        lines = [_find_label_after_sign(line) for line in lines]
        is_body = [line.label is not None and line.is_body for line in lines]
        end = is_body.index(True) if True in is_body else len(lines)
        self.lines, self.end = lines, len(lines) if with_text else end
        self.with_text = with_text
        self.text = LabelledText()
        self.given = {
            line.label.field
            for line in lines
            if line.label and not line.label.is_header_only and line.label.field != "title"
        }
        self.titles: set[Side | None] = set()
        self.begun: set[Side | None] = set()
        """The languages whose text has begun."""
        self.open_side: Side | None = None
        self.is_open = False
        """The last label announces text."""

    def label(self) -> LabelledText:
        last = max((n for n, line in enumerate(self.lines) if is_sentence(_get_words(line))), default=0)
        at = 0
        while at < self.end:
            if at > last and _CLOSING.fullmatch(self.lines[at].text):
                self.text.left_out += self.lines[at : self.end]
                break
            at += self._label_next(at)
        self.text.lines += [] if self.with_text else self.lines[self.end :]
        if not self.titles and (subject := _read_subject(self.lines)):
            self.text.lines.insert(0, _set_label(self.lines[0], "title", subject))
        return self.text

    def _label_next(self, at: int) -> int:
        """Label a line, with the other short lines below a headline. Return how many."""
        line = self.lines[at]
        is_number = not detect_side(_get_words(line)) and not _read_facts(line.text) and not line.label
        if line.is_mail_header or is_number or self._is_greeting(line) or self._is_heading(at):
            self.text.left_out.append(line)
        elif line.label and not (line.label.is_header_only and self.begun):
            self.is_open, self.open_side = line.is_body, line.label.side
            self.titles |= line.label.sides if line.label.field == "title" else set()
            self.text.lines.append(line)
        elif (address := _ADDRESS.fullmatch(line.text)) and "url" not in self.given:
            self._add_label(line, "url", address[1], None)
        elif self._is_plain(line) and "date" in (facts := _read_facts(_get_words(line))):
            self._add_facts(line, facts)
        elif self._is_head(at):
            heads = self._take_heads(at)
            below = (detect_side(_get_words(line)) for line in self.lines[at + len(heads) :])
            self._label_heads(heads, next(filter(None, below), None))
            return len(heads)
        else:
            self._add_text(line)
        return 1

    def _is_plain(self, line: DocumentLine) -> bool:
        """Return whether a line is no item of a list; a sign may stand before a fact."""
        return line.list_marker is None or line.list_marker.style in ("sign", "emoji")

    def _is_greeting(self, line: DocumentLine) -> bool:
        if self.begun or line.label:
            return False
        is_open = line.text[-1] in "：:" and not is_wider(line.text, _WIDEST_QUESTION) and not self.titles
        return is_open or _GREETING.fullmatch(line.text) is not None

    def _is_heading(self, at: int) -> bool:
        """Return whether a line with a sign is a heading: its language has a headline already."""
        mark, side = self.lines[at].list_marker, detect_side(_get_words(self.lines[at]))
        return mark is not None and mark.kind == "bullet" and side in self.titles and _is_head(self.lines, at)

    def _is_head(self, at: int) -> bool:
        """Return whether a line may stand above the text of its language."""
        return detect_side(_get_words(self.lines[at])) not in self.begun and _is_head(self.lines, at)

    def _take_heads(self, at: int) -> list[DocumentLine]:
        end = at + 1
        while end < min(self.end, at + 2 * _MOST_HEADS) and not self.lines[end].label and self._is_head(end):
            end += 1
        heads = list(self.lines[at:end])
        is_list = sum(not _read_facts(line.text) for line in heads) > _MOST_HEADS
        return heads[:1] if is_list else heads

    def _label_heads(self, heads: Sequence[DocumentLine], below: Side | None) -> None:
        """Label the lines above a text. `below`: the language of that text."""
        plain = [line for line in heads if not self._add_facts(line, _read_facts(_get_words(line)))]
        for line in plain:
            words, side = _get_words(line), detect_side(_get_words(line))
            is_outlet = _is_outlet(words, side)
            is_first = side not in self.titles
            if is_first and side and not (is_outlet and side != below and self._has_own_headline(line, side)):
                self.titles |= (
                    set(SIDES) if _split_where_script_changes(words, least=_LEAST_TITLE) else {side}
                )
                self._add_label(
                    line, "title", match[1] if (match := _ENCLOSED.fullmatch(words)) else words, side
                )
            elif "authors" not in self.given and _is_author(words):
                self._add_label(line, "authors", words, side)
            elif "source" not in self.given and is_outlet:
                self._add_label(line, "source", words, side)
            elif line.list_marker or is_outlet:  # a heading, or the outlet's name in the other language
                self.text.left_out.append(line)
            else:
                self._add_text(line)

    def _has_own_headline(self, line: DocumentLine, side: Side) -> bool:
        """Return whether a later line is the headline in this language, or no text in it follows."""
        at = self.lines.index(line)
        first = next((n for n in range(at, len(self.lines)) if self._begins_text(n, side)), 0)
        return not first or any(
            _is_head(self.lines, n) and detect_side(_get_words(self.lines[n])) == side and not _read_facts(self.lines[n].text)
            for n in range(at + 1, first)
        )  # fmt: skip

    def _begins_text(self, at: int, side: Side) -> bool:
        return not _is_head(self.lines, at) and detect_side(_get_words(self.lines[at])) == side

    def _add_facts(self, line: DocumentLine, facts: Mapping[str, str]) -> bool:
        """Label the facts of a line that no other line states. Return whether it states any."""
        new = {name: value for name, value in facts.items() if name not in self.given}
        for name, value in new.items():
            self._add_label(line, name, value, detect_side(line.text))
        if facts and not new:
            self.text.left_out.append(line)
        return bool(facts)

    def _is_summary(self, line: DocumentLine) -> bool:
        """Return whether the first text of its language has another sign than the points below it."""
        words, mark = _get_words(line), line.list_marker
        if mark is None or not self._is_plain(line) or detect_side(words) in self.begun:
            return False
        below = next((other for other in self.lines if other.index > line.index), None)
        return bool(below and below.list_marker and below.text[0] != line.text[0] and is_sentence(words))

    def _add_label(self, line: DocumentLine, name: str, value: str, side: Side | None) -> None:
        self.given |= {name} - {"title"}
        self.is_open = False
        self.text.lines.append(_set_label(line, name, value, side))

    def _add_text(self, line: DocumentLine) -> None:
        line = replace(line, label=None)
        if not self.with_text:
            self.text.lines.append(line)
            return
        if self._is_summary(line):
            line = replace(line, text=_get_words(line), list_marker=None)
        for half in _split_languages(line):
            side = detect_side(_get_words(half))
            if not self.is_open or (self.open_side and side == OTHER_SIDE[self.open_side]):
                self.text.lines.append(_set_label(line, "summary", ""))
                self.is_open, self.open_side = True, None
            self.begun.add(side)
            self.text.lines.append(half)


def _find_label_after_sign(line: DocumentLine) -> DocumentLine:
    """Return the line with its label, if signs that are no marker stand before it, such as a flag."""
    words = _SIGNS.sub("", line.text)
    label = find_label(words) if words != line.text and not (line.label or line.list_marker) else None
    return replace(line, text=words, label=label) if label and label.stands_alone else line


def _split_languages(line: DocumentLine) -> list[DocumentLine]:
    """Split a paragraph or point that stands in both languages, one after the other."""
    halves = _split_where_script_changes(_get_words(line), least=_LEAST_HALF)
    if not halves or not ends_sentence(halves[0]):
        return [line]
    mark = line.list_marker
    return [replace(line, text=half, list_marker=mark and replace(mark, item_text=half)) for half in halves]


def _set_label(line: DocumentLine, name: str, value: str, side: Side | None = None) -> DocumentLine:
    label = FieldLabel(name, frozenset((side,) if side else SIDES), "", value)
    return replace(line, text=value, label=label, list_marker=None)


def _get_words(line: DocumentLine) -> str:
    return line.list_marker.item_text if line.list_marker else line.text


def is_sentence(words: str) -> bool:
    """Return whether a line is a whole sentence, not a name or a heading."""
    return ends_sentence(words) and is_wider(words, _SHORTEST_SENTENCE)


def _is_outlet(words: str, side: Side | None) -> bool:
    return bool(side) and (count_han(words) or len(words.split())) <= _LONGEST_OUTLET[side or "en"]


def _is_head(lines: Sequence[DocumentLine], at: int) -> bool:
    """Return whether a line may be a headline, a by-line or an outlet: short, no item of a list, no part of a sentence."""
    line, below = lines[at], lines[at + 1] if at + 1 < len(lines) else None
    if line.label or is_web_address(line.text) or (not detect_side(line.text) and not _read_facts(line.text)):
        return False
    if line.list_marker:
        near = [lines[n] for n in (at - 1, at + 1) if 0 <= n < len(lines)]
        side = detect_side(_get_words(line))
        is_alone = all(o.text[0] != line.text[0] or detect_side(_get_words(o)) != side for o in near)
        if line.list_marker.kind == "number":
            is_alone = (
                is_alone
                and not is_wider(line.text, _WIDEST_NUMBERED)
                and bool(below and is_sentence(below.text))
            )
        elif line.list_marker.style not in ("sign", "emoji"):
            return False
        if not is_alone:
            return False
    words = _get_words(line)
    if is_wider(words, _WIDEST_HEADLINE) or _is_closed(words):
        return _is_short_fact(words)
    is_same_block = below and not (below.blank_lines_above or below.starts_paragraph or below.list_marker)
    if below and is_same_block and not below.label:
        is_alike = detect_side(below.text) == detect_side(words) and is_wider(words, _SHORTEST_WRAPPED)
        return not (below.text[0].islower() or (is_alike and not _read_facts(below.text)))
    return True


def _is_closed(words: str) -> bool:
    """Return whether a line ends like a sentence or goes on below. A headline may be a short question."""
    if words[-1:] in "！？!?" and not is_wider(words, _WIDEST_QUESTION):
        return any(stop in words[:-1] for stop in "。！？!?")
    return words[-1:] in "。；;，,：:" or ends_sentence(words)


def _is_short_fact(words: str) -> bool:
    return not is_wider(words, _WIDEST_HEADLINE) and bool(_read_facts(words))


@lru_cache(maxsize=512)
def _read_facts(text: str) -> dict[str, str]:
    """Return authors, source and date of a line such as `By Jane Doe | Foreign Policy, June 9, 2025`, by label field."""
    match = _ENCLOSED.fullmatch(text)
    words = (match[1] if match else text).strip(" 。.")
    by = _BY.match(words)
    words = words[by.end() :] if by else words
    if is_wider(words, _WIDEST_HEADLINE) or not words or split_bilingual(words):
        return {}
    date, names = _find_date(words)
    if not (by or date) and not (("|" in words or "｜" in words) and any(map(_is_author, names))):
        return {}
    if len(names) > 3 or any(max(len(name.split()), count_han(name) / 3) > _LONGEST_NAME for name in names):
        return {}
    facts = {"date": date} if date else {}
    for name in names:
        author = _AUTHOR_AFTER.fullmatch(name)
        is_name = author or _is_author(name) or (by and name == names[0])
        value = author[1] if author else name.strip("《》〈〉")
        facts.setdefault("authors" if is_name and "authors" not in facts else "source", value)
    return facts


def _is_author(words: str) -> bool:
    """Return whether a text is the names of persons."""
    return bool(words) and all(is_person(name) or is_han_person(name) for name in split_authors(words)[0])


def _find_date(words: str) -> tuple[str, list[str]]:
    """Return the date in a line, and the names before and after it."""
    cuts = [(0, 0), *(match.span() for match in _GAPS.finditer(words)), (len(words), len(words))]
    is_dated = any(character.isdecimal() for character in words)
    for first, last in sorted(combinations(range(len(cuts)), 2), key=lambda cut: cut[0] - cut[1]):
        part = words[cuts[first][1] : cuts[last][0]].rstrip(" )）")
        if is_dated and read_date(part):
            halves = (words[: cuts[first][0]], words[cuts[last][1] :])
            return part, [
                name for half in halves for name in _SEPARATORS.split(half.strip(" ()（）")) if name
            ]
    return "", [name for name in _SEPARATORS.split(words) if name]


def _read_subject(lines: Sequence[DocumentLine]) -> str:
    """Return the subject of a mail, which is its headline if no line is."""
    headers = (line.text.replace("：", ":", 1).partition(":") for line in lines if line.is_mail_header)
    subjects = {name.strip(" *").casefold(): value.strip() for name, _colon, value in headers}
    return next((_REPLY.sub("", subjects[name]) for name in _SUBJECTS if name in subjects), "")


def find_headlines(
    titles: dict[Side, str], sides: dict[Side, ParsedSide], unplaced: Sequence[tuple[int, str]]
) -> None:
    """Find headlines in the title of the other language, as the first paragraph of a summary, or on a line without a place."""
    for side, title in [*titles.items()]:
        halves = _split_where_script_changes(title, least=_LEAST_TITLE)
        if halves and OTHER_SIDE[side] not in titles:
            titles.update({detect_side(half) or side: half for half in halves})
    for side, text in sides.items():
        first, *more = text.summary.split("\n\n")
        if side in titles or not first or is_wider(first, _WIDEST_HEADLINE) or _is_closed(first):
            continue
        if more:
            sides[side] = replace(text, summary="\n\n".join(more))
        elif text.points and is_sentence(text.points[0].text):
            sides[side] = ParsedSide(text.points[0].text, text.points[1:])
        else:
            continue
        titles[side] = first
    for _line, words in unplaced if len(titles) == 1 else ():
        is_long = len(words.split()) > 2 or count_han(words) > _LONGEST_NAME
        if (found := detect_side(words)) and found not in titles and is_long and not _is_closed(words):
            titles[found] = words


def _split_where_script_changes(words: str, *, least: int) -> list[str]:
    """Split a text in both languages, one after the other. `least`: characters of the English half."""
    wide = [match.start() for match in _HAN_OR_WIDE.finditer(words)]
    if not wide or wide[0] < least > len(words) - wide[-1] - 1:
        return []
    cut = wide[0] if wide[0] >= least else wide[-1] + 1
    halves = [words[:cut].rstrip(" /／"), words[cut:].lstrip(" /／")]
    return halves if {detect_side(half) for half in halves} == set(SIDES) else []
