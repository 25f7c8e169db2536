"""Words of meaning in a text, and renderings of one name or thing in both languages."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from briefs.bilingual.lexicon.word_links import divide
from briefs.bilingual.text import read_sections

Language = Literal["zh", "en"]

_WORD_START = re.compile(r"(?<![A-Za-z0-9À-ɏ])(?=[A-Za-z0-9€£¥$])")
_KEY_SIZES: dict[Language, tuple[int, ...]] = {"zh": (2, 1), "en": (4, 3, 2, 1)}
"""How many characters of a form it is looked up by. A shorter form is looked up whole."""
_ENDING = re.compile("(?:s|’s?|'s?|s’)?(?![A-Za-z0-9À-ɏ])")
_ANY_ENDING = re.compile("[A-Za-zÀ-ɏ-]*")
NAME_SECTIONS = ("countries", "regions", "cities", "waters", "people", "organizations")
# Characters that mean a country only beside another one (美中, 日韓) or in words such as 駐日 and 德方.
_SHORT_FORMS = (
    "美美國 中中國 日日本 韓南韓 台台灣 俄俄羅斯 烏烏克蘭 英英國 法法國 德德國 義義大利 印印度 澳澳洲 歐歐洲"
)
_MORE_SHORT_FORMS = "陸中國 臺台灣 以以色列 伊伊朗 菲菲律賓 越越南 加加拿大 港香港"
SHORT_NAMES = {form[0]: form[1:] for form in f"{_SHORT_FORMS} {_MORE_SHORT_FORMS}".split()}
_ANY_SHORT = "".join(SHORT_NAMES)
_SHORT_NAME = re.compile(
    f"(?<=[{_ANY_SHORT}駐訪對赴反抗親援離返])[{_ANY_SHORT}]|[{_ANY_SHORT}](?=[{_ANY_SHORT}方軍國商企資籍裔僑])"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A meaning that a text expresses.

    `key`: its first Chinese form. If `raises` is false, it answers the same meaning in the other language but needs none.
    """

    section: str
    key: str
    raises: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Form:
    """A written form. `is_exact`: with the capitals as written. `ending`: what may follow, None for Chinese."""

    written: str
    is_exact: bool
    ending: re.Pattern[str] | None
    section: str
    key: str
    raises: bool

    def find_end(self, text: str, at: int) -> int:
        """Return the end of the form that begins at `at`, or 0 if the form is only part of a longer word."""
        end = at + len(self.written)
        if self.ending is None or not self.written[-1].isalnum():
            return end
        ending = self.ending.match(text, end)
        return ending.end() if ending else 0


@cache
def _load_forms(language: Language) -> dict[str, list[_Form]]:
    """Return the forms by their first characters in lower case, longest first."""
    here = Path(__file__).parent
    tables = [read_sections(here / name) for name in ("concepts.txt", "meanings.txt")]
    forms: dict[str, list[_Form]] = defaultdict(list)
    for section, lines in (section for table in tables for section in table.items()):
        if section in ("names", "things", "checked"):
            continue
        for line in lines:
            chinese, _, english = line.partition(" = ")
            key = chinese.split(", ")[0]
            for form in (chinese if language == "zh" else english).split(", "):
                if written := form.lstrip("+-").removesuffix("*"):
                    ending = None if language == "zh" else _ANY_ENDING if form[-1] == "*" else _ENDING
                    exact = written != written.lower()
                    parsed_form = _Form(written, exact, ending, section, key, form[0] != "+")
                    forms[written[: _KEY_SIZES[language][0]].lower()].append(parsed_form)
    for some in forms.values():
        some.sort(key=lambda form: -len(form.written))
    return forms


def find_meanings(text: str, language: Language) -> Iterator[Meaning]:
    """Yield the meanings in text order, short names last.

    The longest form at a position counts. A shorter one in another section raises no finding. Words of [ignored]
    have no meaning.
    """
    forms, lower, reached = _load_forms(language), text.lower(), 0
    starts = range(len(text)) if language == "zh" else map(re.Match.start, _WORD_START.finditer(text))
    for at in starts:
        if at < reached:
            continue
        longest: _Form | None = None
        for form in [form for n in _KEY_SIZES[language] for form in forms.get(lower[at : at + n], ())]:
            is_here = (text if form.is_exact else lower).startswith(form.written, at)
            if is_here and (end := form.find_end(text, at)):
                if language == "zh" and form.section in NAME_SECTIONS and _cuts_word(text, at, end):
                    continue
                longest, reached = longest or form, max(reached, end)
                whole = len(form.written) == len(longest.written)
                if whole or form.section != longest.section != "ignored":
                    yield Meaning(form.section, form.key, form.raises and whole, at, end)
    if language == "zh":
        for match in _SHORT_NAME.finditer(text):
            yield Meaning("countries", SHORT_NAMES[match[0]], False, *match.span())


_HAN_RUN = re.compile("[㐀-鿿]+")
_LONGEST_RUN = 12
"""Characters on each side of a name that decide whether it is one: 習 in 演習 is none."""


def _cuts_word(text: str, start: int, end: int) -> bool:
    """Return whether a Chinese name is only part of other words: 習 of 演習, 中國 of 開發中國家, but not 美國 of 美國人."""
    for run in _HAN_RUN.finditer(text, max(0, start - _LONGEST_RUN), end + _LONGEST_RUN):
        if run.start() <= start < run.end():
            spans = [(run.start() + a, run.start() + b) for a, b in divide(run[0])]
            return any(
                (a < start < b < end) or (start < a < end < b) or (a < start and end < b)
                or (end - start == 1 and a <= start and end <= b and b - a > 1)
                for a, b in spans
            )  # fmt: skip
    return False


_SHORT = 2


class Renderings(NamedTuple):
    """Forms of one concept, from `renderings.txt` and `concepts.txt`: Chinese then English, house style first.

    `lookup_only`: recognized in a query, but not searched for. Forms with ! count only in capitals: *who* is not WHO.
    """

    forms: tuple[str, ...]
    lookup_only: tuple[str, ...] = ()


@cache
def load_renderings() -> tuple[Renderings, ...]:
    here = Path(__file__).parent
    own = {zh[0]: (zh, en) for zh, en in _read_lines(here / "renderings.txt")}
    claimed = {form.lstrip("!") for zh, en in own.values() for form in (*zh, *en)}
    forms_by_first = {first: (list(zh), list(en), list[str]()) for first, (zh, en) in own.items()}
    for zh, en in _read_lines(here / "concepts.txt", NAME_SECTIONS):
        first = zh[0] if zh else ""
        forms = forms_by_first.setdefault(first, ([], [], []))
        for form in zh:
            if form not in claimed or form == first:
                # 以軍 also stands in 以軍事手段
                forms[2 if len(form) <= _SHORT and form != first else 0].append(form)
        forms[1].extend(form for form in en if form not in claimed)
    for zh, en in _read_lines(here / "concepts.txt", ("checked",)):
        if min(map(len, (*zh, *en))) > _SHORT and en[0].isupper() and not claimed.intersection(en):
            forms_by_first.setdefault(zh[0], (zh, [], []))[1].extend(en)
    return tuple(_build(*forms) for forms in forms_by_first.values())


def _build(zh: Iterable[str], en: Iterable[str], lookup_only: Iterable[str]) -> Renderings:
    forms = tuple(dict.fromkeys([*zh, *en]))
    return Renderings(
        tuple(form for form in forms if form[0] != "!"),
        (*lookup_only, *(form for form in forms if form[0] == "!")),
    )


def _read_lines(path: Path, sections: Iterable[str] = ()) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the Chinese and English forms of each line, without those with a mark that keeps them from search."""
    table = read_sections(path)
    for section in sections or table:
        for line in table[section]:
            zh, en = (
                [form.removeprefix("*") for form in forms.split(", ") if form[0] not in "+-"]
                for forms in line.split(" = ")
            )
            yield zh, en
