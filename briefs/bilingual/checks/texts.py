"""What checks read and return: settings and vocabulary of a run, texts, findings, repairs and edits; the declaration of a check.

Do not use `\\b` or `\\w` here: Python counts Han as word characters, so "AI技術" has no word boundary inside.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, Self

from briefs.bilingual.lexicon.figure import BLANK_CHARACTER, blank_out_matches
from briefs.content import INVISIBLE, Content, Side

FindingField = Literal["headline", "summary", "bullet", "source", "authors", "date", "url", "picture", "file"]
IMPORT_CHECK = "import"
"""Name of the check to which doubts about an imported file belong (`workflow/findings.py`)."""
Span = tuple[int, int]
MessageValues = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in one text.

    If the text differs from `expected`, the whole repair is refused.
    """

    bullet: int | None
    field: FindingField
    side: Side
    start: int
    end: int
    expected: str
    replacement: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Repair:
    """A one-click repair. Without edits, an offer of another action, such as adding a glossary term."""

    code: str
    values: MessageValues = dataclasses.field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark of a check on a text.

    `bullet`: the bullet's number, not its position; None for headline, summary and facts.
    `side`: empty if the finding is about both languages. `span`: start and end in the text of `side`.
    """

    code: str
    field: FindingField
    bullet: int | None = None
    side: Side | Literal[""] = ""
    span: Span | None = None
    values: MessageValues = dataclasses.field(default_factory=dict)
    repair: Repair | None = None

    @property
    def check_name(self) -> str:
        """Return the part of the code before the dot, which a dismissal may name."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _HashedOnce:
    """Keeps its hash. A glossary is the key of several caches, and to hash its terms took a third of their search."""

    _hash: int = dataclasses.field(default=0, init=False, repr=False, compare=False)

    def _compute_hash(self) -> int:
        if not self._hash:
            values = (getattr(self, f.name) for f in fields(self) if f.compare)
            object.__setattr__(self, "_hash", hash(tuple(values)))
        return self._hash


@dataclass(frozen=True, slots=True)
class TermData(_HashedOnce):
    """One glossary concept. An avoided rendering still counts as a mention of the concept."""

    zh: str = ""
    en: str = ""
    also_zh: tuple[str, ...] = ()
    also_en: tuple[str, ...] = ()
    avoid_zh: tuple[str, ...] = ()
    avoid_en: tuple[str, ...] = ()
    safe_zh: tuple[str, ...] = ()
    safe_en: tuple[str, ...] = ()

    __hash__ = _HashedOnce._compute_hash

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build from a mapping with the field names of `models.Term`, ignoring unknown keys."""
        values: dict[str, Any] = {}
        for name in (f.name for f in fields(cls) if f.name in data):
            values[name] = data[name] if isinstance(data[name], str) else tuple(data[name])
        return cls(**values)

    def approved(self, side: Side) -> tuple[str, ...]:
        """Return the preferred rendering (may be empty), followed by the accepted ones."""
        return (self.zh, *self.also_zh) if side == "zh" else (self.en, *self.also_en)

    def renderings(self, side: Side) -> tuple[str, ...]:
        """Return every rendering of the concept on one side. Chinese may also use the English ones."""
        forms = (*self.approved("en"), *self.avoid_en)
        if side == "zh":
            forms = (*self.approved("zh"), *self.avoid_zh, *forms)
        return tuple(form for form in forms if form)


@dataclass(frozen=True, slots=True)
class MainlandWording:
    """A mainland wording, its renderings in Taiwan, and safe words that contain the same characters."""

    avoid_zh: str
    use_zh: tuple[str, ...]
    safe: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build from a row of `mainland.json`."""
        return cls(data["avoid_zh"], tuple(data["use_zh"]), tuple(data.get("safe", ())))


@dataclass(frozen=True, slots=True)
class CheckContext(_HashedOnce):
    """Settings and vocabulary for a run of the checks.

    `names`: names of authors and sources, in either script. `source_addresses`: the sites of the sources.
    `undecided_authors`: ids and names of authors of whom it is not known whether the family name stands first.
    `ratio_band`: range of Chinese characters per English word; the site's own from 300 pairs on.
    """

    terms: tuple[TermData, ...] = ()
    mainland_wordings: tuple[MainlandWording, ...] = ()
    names: tuple[str, ...] = ()
    source_addresses: tuple[str, ...] = ()
    undecided_authors: tuple[tuple[int, str], ...] = ()
    ratio_band: tuple[float, float] = (1.0, 2.45)

    __hash__ = _HashedOnce._compute_hash


HAN_RANGES = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Full-width letters, digits and ％＄．＋－／＆ fold to ASCII; ，：； do not, since they end a figure.
_FULL_WIDTH = {code + 0xFEE0: code for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
_FOLD = _FULL_WIDTH | {
    ord(wide): ord(narrow) for wide, narrow in zip("％＄．＋－／＆‐‑’", "%$.+-/&--'", strict=True)
}
_EQUIVALENT = {ord("臺"): "台", ord("-"): " ", 0xA0: " "}
_WIDE_THOUSANDS = re.compile("(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_URL = re.compile(f'(?:https?://|www\\.)[^\\s<>"“”「」『』《》（），。；、{HAN_RANGES}]+', re.IGNORECASE)
_COUNTED_UNIT = re.compile(f"[{HAN_RANGES}]|[A-Za-z0-9]+(?:[-.,][A-Za-z0-9]+)*")
_WORD = re.compile(r"[A-Za-z0-9]\S*")
_TRAILING = ".,;:!?)]}'"
INVISIBLE_CHARACTER = re.compile(f"[{INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class TextPair:
    """One text in both languages."""

    field: FindingField
    bullet: int | None
    zh: str
    en: str

    def text(self, side: Side) -> str:
        return self.zh if side == "zh" else self.en

    def read(self, side: Side) -> "CheckedText":
        return CheckedText.from_text(self.field, self.bullet, side, self.text(side))


def iterate_text_pairs(content: Content) -> Iterator[TextPair]:
    """Yield headline, summary, then the bullets in order."""
    yield TextPair("headline", None, content.headline_zh, content.headline_en)
    yield TextPair("summary", None, content.summary_zh, content.summary_en)
    for bullet in content.bullets:
        yield TextPair("bullet", bullet.number, bullet.text_zh, bullet.text_en)


def iterate_translated_pairs(content: Content) -> Iterator[TextPair]:
    """Yield the pairs with words in both languages."""
    return (pair for pair in iterate_text_pairs(content) if has_words(pair.zh) and has_words(pair.en))


def describe_character(character: str) -> str:
    """Return the code and the Unicode name: `U+00AD SOFT HYPHEN`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def index_text_pairs(content: Content) -> dict[tuple[FindingField, int | None], TextPair]:
    return {(pair.field, pair.bullet): pair for pair in iterate_text_pairs(content)}


def has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


@lru_cache(256)
def fold_characters(text: str) -> str:
    """Fold width of letters and digits, hyphens and apostrophes. Length and positions are kept."""
    return _WIDE_THOUSANDS.sub(",", text).translate(_FOLD)


def fold_for_names(text: str) -> str:
    """Fold characters, and also 臺, hyphens and non-breaking spaces, which vary in names."""
    return fold_characters(text).translate(_EQUIVALENT)


def find_urls(text: str) -> list[str]:
    return [match[0].rstrip(_TRAILING) for match in _URL.finditer(text)]


@lru_cache(256)
def fold_and_mask_urls(text: str) -> str:
    """Fold the text and blank out URLs, for the checks of figures and names."""
    return mask_urls(fold_characters(text))


def mask_urls(text: str) -> str:
    """Blank out URLs without folding."""
    if "://" not in text and "www." not in text.lower():
        return text
    return blank_out_matches(_URL, text)


def count_characters(text: str) -> int:
    """Count Han characters and Latin runs, without punctuation (字)."""
    return len(_COUNTED_UNIT.findall(text))


def count_words(text: str) -> int:
    """Count English words: tokens with a letter or a digit."""
    return len(_WORD.findall(text))


def find_word_spans(word: str, text: str) -> Iterator[Span]:
    at = text.find(word) if word else -1
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + len(word))


def mask_words(text: str, words: Iterable[str]) -> str:
    """Blank out the words. Length and positions are kept."""
    for word in words:
        if word and word in text:
            text = text.replace(word, BLANK_CHARACTER * len(word))
    return text


def claim_span(claimed: set[int], span: Span) -> bool:
    """Claim the characters of the span and return True, or return False if one is already claimed."""
    free = claimed.isdisjoint(range(*span))
    if free:
        claimed.update(range(*span))
    return free


MAX_FINDINGS = 1500
"""Maximum findings of one rule, usually in one text. Limits the cost of hostile pastes."""

_QUOTATION: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        "「[^「」]{0,2000}」|『[^『』]{0,2000}』|《[^《》]{0,200}》|〈[^〈〉]{0,200}〉|“[^“”]{0,2000}”"
    ),
    "en": re.compile('[“"][^“”"]{0,2000}[”"]'),
}
_SENTENCE_BREAK = re.compile("[.?!:;\u2014\n]")
_INTRODUCTORY_WORD = re.compile(
    r"[“‘\"'(\s]*(?:in|on|at|for|with|without|from|since|after|before|during|under|by|of|to|beyond|unlike|like|"
    r"despite|among|amid|across|through|throughout|within|outside|against|if|when|whenever|while|although|though|"
    r"because|as|once|unless|until|where|whereas|given|regarding|inside|alongside|besides|along|following|due)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_LOOK_BACK = 160


@dataclass(frozen=True, slots=True)
class CheckedText:
    """One text of one side.

    `without_urls` and `without_quotations` blank out the parts not to be checked; all positions are kept.
    """

    field: FindingField
    bullet: int | None
    side: Side
    original: str
    without_urls: str

    @classmethod
    def from_text(cls, field: FindingField, bullet: int | None, side: Side, text: str) -> Self:
        return cls(field, bullet, side, text, mask_urls(text))

    @property
    def without_quotations(self) -> str:
        return blank_out_matches(_QUOTATION[self.side], self.without_urls)

    def build_edit(self, start: int, end: int, replacement: str) -> Edit:
        return Edit(self.bullet, self.field, self.side, start, end, self.original[start:end], replacement)

    def build_edits(self, pattern: re.Pattern[str], replacement: str) -> list[Edit]:
        """Return an edit for each match in the text without URLs."""
        return [
            self.build_edit(*match.span(), replacement) for match in find_matches(pattern, self.without_urls)
        ]

    def build_finding(
        self, code: str, span: Span, values: Mapping[str, str | int] | None = None, edits: Iterable[Edit] = ()
    ) -> Finding:
        message_values, edits = dict(values or {}), tuple(edits)
        repair = Repair(code, message_values, edits) if edits else None
        return Finding(code, self.field, self.bullet, self.side, span, message_values, repair)

    def build_replacement_finding(self, code: str, span: Span, replacement: str) -> Finding:
        """Build a finding with values `a` (original) and `b` (replacement), and the repair."""
        values = {"a": self.original[slice(*span)], "b": replacement}
        return self.build_finding(code, span, values, [self.build_edit(*span, replacement)])

    def replace_matches(
        self,
        code: str,
        pattern: re.Pattern[str],
        replacement: str | Callable[[re.Match[str]], str],
        *,
        within: str | None = None,
        group: str | int = 0,
    ) -> Iterator[Finding]:
        """Yield a finding with a repair for each match that differs from its replacement.

        `within`: the text to search, by default the one without URLs. `group`: the part to replace.
        """
        for match in find_matches(pattern, self.without_urls if within is None else within):
            to = replacement if isinstance(replacement, str) else replacement(match)
            if to != match[group]:
                yield self.build_replacement_finding(code, match.span(group), to)


def find_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield at most `MAX_FINDINGS` matches."""
    return islice(pattern.finditer(text), MAX_FINDINGS)


def list_side_texts(content: Content, side: Side) -> list[CheckedText]:
    """Return the non-empty headline, summary and bullets of one side."""
    return [pair.read(side) for pair in iterate_text_pairs(content) if pair.text(side)]


def gettext_noop(message: str) -> str:
    """Mark a message for `makemessages`: this package does not import Django."""
    return message


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Mark a message with an English plural, chosen by the value `n`."""
    return one, many


@dataclass(frozen=True, slots=True)
class Check:
    """A check, as its function declares it. The code of a finding is `name.reason`, its message `messages[reason]`.

    `rules`: codes of docs/style-rules.md. `is_plain`: the repairs need no judgement and touch neither figures nor names,
    so that *Fix directly* applies them all. `pairs`: reasons whose edits come in pairs, such as both marks of a quotation. `indivisible`: reasons whose edits belong together.
    """

    name: str
    find: Callable[..., Iterable[Finding]]
    messages: Mapping[str, str | tuple[str, str]]
    each: Side | None = None
    rules: frozenset[str] = frozenset()
    is_plain: bool = False
    pairs: frozenset[str] = frozenset()
    indivisible: frozenset[str] = frozenset()

    def __call__(
        self,
        content: Content,
        context: CheckContext,
        texts: Mapping[Side, Sequence[CheckedText]] | None = None,
    ) -> Iterator[Finding]:
        """Yield the findings. `texts`: `list_side_texts` of each side, shared by all checks of one content."""
        if not self.each:
            yield from self.find(content, context)
            return
        for text in texts[self.each] if texts else list_side_texts(content, self.each):
            yield from self.find(text, context)

    def code(self, reason: str) -> str:
        return reason if "." in reason else f"{self.name}.{reason}"


def check(
    *,
    messages: Mapping[str, str | tuple[str, str]],
    each: Side | None = None,
    rules: str = "",
    is_plain: bool = False,
    pairs: str = "",
    indivisible: str = "",
) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """Declare a function `check_NAME(content, context)`, or `(text, context)` for each text of a side, as a check."""

    def declare(find: Callable[..., Iterable[Finding]]) -> Check:
        name = find.__name__.removeprefix("check_")
        codes = (frozenset(listed.split()) for listed in (rules, pairs, indivisible))
        rule_codes, paired, whole = codes
        return Check(name, find, messages, each, rule_codes, is_plain, paired, paired | whole)

    return declare


def build_brief_finding(code: str, edits: Iterable[Edit], **values: str | int) -> list[Finding]:
    """Return one finding with one repair for the whole brief, shown at the first edit."""
    edits = tuple(edits)
    if not edits:
        return []
    at = edits[0]
    return [Finding(code, at.field, at.bullet, at.side, at.span, values, Repair(code, values, edits))]


def match_case(original: str, replacement: str) -> str:
    """Apply the capitals of the original: Grey Zone becomes Gray Zone, GREY becomes GRAY."""
    if len(original) > 1 and original.isupper():
        return replacement.upper()
    words = original.split()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return " ".join(word[:1].upper() + word[1:] for word in replacement.split(" "))
    return replacement[:1].upper() + replacement[1:] if original[:1].isupper() else replacement


def _find_sentence_start(text: str, position: int) -> int:
    """Return the start of the sentence around a position, looking back at most 160 characters."""
    window = max(position - _LOOK_BACK, 0)
    ends = [match.end() for match in _SENTENCE_BREAK.finditer(text, window, position)]
    return next(
        (end for end in reversed(ends) if text[end - 1] != "." or _is_sentence_end(text, end)), window
    )


def _is_sentence_end(text: str, end: int) -> bool:
    """Return whether the point before `end` closes a sentence, unlike the last point of U.S."""
    return text[end : end + 1].isspace() and text[max(end - 3, 0) : end][:1] != "."


def opens_sentence(text: str, position: int) -> bool:
    """Return whether only quotation marks and brackets precede the position in its sentence."""
    return not text[_find_sentence_start(text, position) : position].strip(" “‘\"'(")


def is_in_introductory_phrase(text: str, position: int) -> bool:
    """Return whether a comma at `position` only ends an introduction: "In Taiwan, Japan and Korea are…"."""
    start = _find_sentence_start(text, position)
    return "," not in text[start:position] and bool(_INTRODUCTORY_WORD.match(text, start))
