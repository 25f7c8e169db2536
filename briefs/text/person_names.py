"""Divide a person's name into family and given name. The order of the two is told from the name, or left for an editor to say."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .data_files import read_sections
from .similarity import fold_name, fold_name_parts


class NameOrder(StrEnum):
    GIVEN_FIRST = "given-first"
    FAMILY_FIRST = "family-first"
    UNDIVIDED = "undivided"
    """An organization, or a person without a family name."""
    UNKNOWN = "unknown"


class DividedName(NamedTuple):
    """A name in two parts. Both are empty if the order is undivided or unknown."""

    order: NameOrder
    family: str = ""
    given: str = ""


UNDIVIDED = DividedName(NameOrder.UNDIVIDED)
UNKNOWN = DividedName(NameOrder.UNKNOWN)

_SECTIONS = read_sections(Path(__file__).with_suffix(".txt"))


def _read_words(section: str) -> list[str]:
    return " ".join(_SECTIONS[section]).split()


ORGANIZATION = re.compile(rf"\b(?:{'|'.join(_read_words('organizations'))})\b\.?", re.IGNORECASE)
TOPIC = re.compile(rf"\b(?:{'|'.join(_read_words('topics'))})\b", re.IGNORECASE)
"""Words for the subject of an organization. They hardly occur in personal names."""
_CORPORATE = re.compile(r"\b(?:of|and|for|the|watch|press)\b|&", re.IGNORECASE)
_ORGANIZATION_OR_SURNAME = re.compile(r"\S+ (?:\S+ )?(?:House|Bank|School|Park|Union|Party|Trust)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_NAME = re.compile(r"[\u3005\u3400-\u9fff]{2,4}")
_DIVIDED_HAN_NAME = re.compile(r"([\u3005\u3400-\u9fff]{1,3})[, ，\u3000]+([\u3400-\u9fff]{1,3})")
_HAN_OFFICE = re.compile(r"[\u3400-\u9fff]+[部會院局署司處黨府社團報]")
_ALPHABETS = re.compile(r"(?:LATIN|CYRILLIC|GREEK|ARMENIAN|GEORGIAN)")
_GENERATION = re.compile(r",? (?:Jr|Sr|II|III|IV)\.?$")
_PARTICLES = {
    *("van", "von", "de", "der", "den", "da", "das", "di", "do", "dos", "del", "della", "du", "la", "las", "le", "los"),
    *("ter", "ten", "zu", "af", "al", "el", "ben", "st.", "mac"),
}  # fmt: skip
_CONNECTORS = {"y", "e", "i"}
_SYLLABLES = re.compile(r"[A-Z][a-z’'ʻ]{0,5}-[a-z][a-z’']{0,5}")
_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|ts|ph|th|kh|ngh?|nh|gw|kw|[bcdfghjklmnpqrstvwxyz])?w?[aeiouy]{1,3}(?:ng|nh|[nktpmhlrw])?"
)
_PINYIN = (
    r"(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])"
    r"(?:i?ang|i?ong|uang|eng|ing|i?ao|i?an|uai|uan|ai|ei|ui|ou|iu|ie|ue|en|in|un|ia|ua|uo|[aoeiu])"
    r"|a[in]?|ang|ao|en?|er|ou)"
)
_PINYIN_NAME = re.compile(rf"{_PINYIN} {_PINYIN}{{1,2}}")
_JAPANESE = re.compile(r"(?:(?:[kstnhmrgzbpdy]|[knhmrgbp]y|sh|ch|ts|f|j|w)?[aiueo]|[nkst](?=[^aiueoy]|$))+")
_JAPANESE_GIVEN_NAME = re.compile(
    r"(?:hiko|hiro|hide|hito|[ou]ichi|kazu|kio|masa|mio|nobu|nori|[^sz]aki|rio|shige|shio|suke|taka|taro|toshi|yoshi|yuki|[eu]zo)$"
)
_SPANISH_ACCENT = re.compile("[áéíóúñ]", re.IGNORECASE)
_PATRONYMIC = re.compile(r"\S+[oe]v(?:ich|na)$|\S+(?:ович|евич|овна|евна)$")
_MONGOLIAN_OR_ICELANDIC = re.compile(r"^\S+iin\b|dottir$|[ðþ]", re.IGNORECASE)
PATRONYMIC_PARTICLES = frozenset({"bin", "ibn", "bint", "binti", "binte", "anak", "ap", "bat"})
AMBIGUOUS_DOUBLE_SURNAMES = ("張簡", "范姜")
"""Their first character is a common surname too: with three characters, the length of the surname is not known."""

JAPANESE_HAN_SURNAMES = tuple(_read_words("japanese han surnames"))
UNDIVIDED_FIRST_NAMES = frozenset(_read_words("undivided first names"))
PINYIN_FIRST_NAMES = frozenset({"ben", "dan", "ken"})
"""English first names that are syllables of Chinese."""
HUNGARIAN_GIVEN_NAMES = frozenset(_read_words("hungarian given names"))
SWEDISH_SURNAMES = frozenset(_read_words("swedish surnames"))
SPANISH_SURNAMES = frozenset(_read_words("spanish surnames"))
_GIVEN_NAMES_TOO = frozenset(_read_words("spanish given names"))
_SPANISH_FIRST_NAMES = frozenset(_read_words("spanish first names"))
_SECOND_GIVEN_NAMES = _SPANISH_FIRST_NAMES | {*_read_words("second given names")}


def _read_surnames() -> tuple[tuple[str, ...], dict[str, frozenset[str]], frozenset[str]]:
    double = dict(line.split(" ", 1) for line in _SECTIONS["double surnames"])
    by_han: dict[str, set[str]] = {name: set(latin.split()) for name, latin in double.items()}
    for cell in "|".join(_SECTIONS["surnames"]).split("|"):
        forms, *latin = cell.split()
        for form in forms:
            by_han.setdefault(form, set()).update(latin)
    latin_names = {name for names in by_han.values() for name in names} | {*_read_words("more surnames")}
    return tuple(double), {form: frozenset(names) for form, names in by_han.items()}, frozenset(latin_names)


DOUBLE_SURNAMES, ROMANISATIONS, ROMANISED_SURNAMES = _read_surnames()
"""Chinese surnames of two characters; the romanisations of each Chinese surname; and every surname that may be printed
first, in Latin letters.
"""


def divide_person_name(name: str, own_chinese: str = "") -> DividedName:
    """Divide a printed name. `own_chinese`: the person's own Chinese name, which tells the order of a romanised one."""
    name = " ".join(name.split())
    if _HAN.search(name):
        return _divide_han_name(name)
    words = _GENERATION.sub("", name).split()
    if len(words) < 2:
        return UNDIVIDED if _is_alphabetic(name) else UNKNOWN
    cut = _find_own_surname(words, own_chinese) if own_chinese else 0
    if (
        not cut
        and len(words) == 2
        and fold_word(words[0]) in ROMANISED_SURNAMES
        and _SYLLABLES.fullmatch(words[1])
    ):
        cut = 1
    if cut:
        return divide_in_order(name, NameOrder.FAMILY_FIRST if cut > 0 else NameOrder.GIVEN_FIRST, abs(cut))
    if _ORGANIZATION_OR_SURNAME.fullmatch(name):
        return UNKNOWN
    if ORGANIZATION.search(name) or _CORPORATE.search(name):
        return UNDIVIDED
    return UNKNOWN if _is_doubtful(name, words) else divide_in_order(name, NameOrder.GIVEN_FIRST)


def divide_in_order(name: str, order: NameOrder, size: int = 1) -> DividedName:
    """Divide a name whose order is known. `size`: number of words of a family name that stands first."""
    if order in (NameOrder.UNDIVIDED, NameOrder.UNKNOWN):
        return DividedName(order)
    if _HAN.search(name) and " " not in name:
        divided = _divide_han_name(name)
        size = len(divided.family) or 1
        return DividedName(NameOrder.FAMILY_FIRST, name[:size], name[size:])
    words = _GENERATION.sub("", name).split()
    if order is NameOrder.FAMILY_FIRST:
        family = _lower_capitals(" ".join(words[:size]).rstrip(","), name)
        return DividedName(order, family[:100], " ".join(words[size:])[:100])
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES and fold_word(words[-1]) not in ROMANISED_SURNAMES:
        cut -= 1
    if cut > 2 and words[cut - 1] in _CONNECTORS:
        cut -= 2
    elif 1 < cut == len(words) - 1 and {*map(fold_word, words[cut - 1 :])} <= SPANISH_SURNAMES:
        cut -= 1
    return DividedName(order, _lower_capitals(" ".join(words[cut:]), name)[:100], " ".join(words[:cut])[:100])


def find_name_order(name: str, family: str, given: str, stored: str) -> NameOrder:
    """Return the order in which a printed name has these parts. `stored`: `Author.name_order`."""
    if not (family and given):
        return NameOrder.UNKNOWN if stored == NameOrder.UNKNOWN else NameOrder.UNDIVIDED
    whole, family_first = fold_name(name), fold_name(family) + fold_name(given)
    if whole in (family_first, fold_name(given) + fold_name(family)):
        return NameOrder.FAMILY_FIRST if whole == family_first else NameOrder.GIVEN_FIRST
    begins = fold_name_parts(name)[:1] == fold_name_parts(family)[:1]
    return NameOrder.FAMILY_FIRST if begins else NameOrder.GIVEN_FIRST


def build_author_columns(name: str, chinese: str = "") -> dict[str, str]:
    """Return the values of a new author's columns that follow from the name. `chinese`: a Chinese name, own as far as known."""
    divided = divide_person_name(name, chinese)
    columns: dict[str, str] = {"family": divided.family, "given": divided.given}
    if divided.order is NameOrder.UNKNOWN:
        columns["name_order"] = NameOrder.UNKNOWN
    if divided.family and _HAN.search(name):
        columns |= {"name_zh": divided.family + divided.given, "name_zh_kind": "own"}
    return columns


def is_han_organization(name: str) -> bool:
    """Return whether a Chinese name, or a part of it between commas or spaces, ends like an organization's (部, 大學)."""
    return any(len(part) > 2 and _HAN_OFFICE.fullmatch(part) for part in re.split("[,， ]+", name))


def fold_word(word: str) -> str:
    """Fold a word of a name as the romanisations are written: `Lǚ`, `LU` and `lu` are one, `Ou-yang` keeps its hyphen."""
    plain = unicodedata.normalize("NFKD", word.replace("đ", "d").replace("Đ", "D")).casefold()
    return "".join(c for c in plain if c.isalpha() or c == "-")


def _lower_capitals(family: str, name: str) -> str:
    """Return the family name Nishida of `Tatsuya NISHIDA`: capitals only mark it. `MCCARTHY` may be McCarthy, and stays."""
    is_marked = len(family) > 2 and family.isupper() and not name.isupper() and not family.startswith("MC")
    return family.title() if is_marked else family


def _divide_han_name(name: str) -> DividedName:
    if match := _DIVIDED_HAN_NAME.fullmatch(name):
        family, given = match.groups()
        is_office = len(family) > 1 and family not in DOUBLE_SURNAMES and is_han_organization(family + given)
        return UNDIVIDED if is_office else DividedName(NameOrder.FAMILY_FIRST, family, given)
    if is_han_organization(name) or not _HAN_NAME.fullmatch(name):
        return UNDIVIDED
    size = _find_han_surname(name)
    return DividedName(NameOrder.FAMILY_FIRST, name[:size], name[size:]) if size else UNKNOWN


def _find_han_surname(name: str) -> int:
    """Return the length of the surname; 0 if it is not known."""
    is_surname = name[0] in ROMANISATIONS
    if name.startswith(DOUBLE_SURNAMES) and len(name) > 2:
        return 0 if name.startswith(AMBIGUOUS_DOUBLE_SURNAMES) and len(name) == 3 else 2
    if japanese := max((len(one) for one in JAPANESE_HAN_SURNAMES if name.startswith(one)), default=0):
        return 0 if len(name) <= japanese or (len(name) == 3 and is_surname) else japanese
    return 1 if is_surname and len(name) < 4 else 0


def _find_own_surname(words: Sequence[str], own_chinese: str) -> int:
    """Return the number of words of the surname that the Chinese name has: positive if they stand first, negative if last."""
    own = _divide_han_name(own_chinese)
    romanised = ROMANISATIONS.get(own.family, frozenset())
    for size in (1, 2):
        first, last = ("".join(map(fold_word, part)) in romanised for part in (words[:size], words[-size:]))
        if size < len(words) and first != last:
            return size if first else -size
    return 0


def _is_doubtful(name: str, words: Sequence[str]) -> bool:
    """Return whether the family name may stand first, or there may be none."""
    folded = [fold_word(word) for word in words]
    return (
        not 2 <= len(words) <= 5
        or not _is_alphabetic(name)
        or "," in _GENERATION.sub("", name)
        or bool(TOPIC.search(name))
        or folded[0] in ROMANISED_SURNAMES | UNDIVIDED_FIRST_NAMES
        or len(folded[-1]) < 2
        or (words[0].isupper() and len(folded[0]) > 2 and not words[-1].isupper())
        or not PATRONYMIC_PARTICLES.isdisjoint(folded)
        or bool(
            _MONGOLIAN_OR_ICELANDIC.search(" ".join(folded))
            or (_PATRONYMIC.fullmatch(words[-1].lower()) and len(words) > 2)
            or (words[-1].endswith("sson") and words[-1].lower() not in SWEDISH_SURNAMES)
        )
        or _has_surname_before_particle(words, folded)
        or _may_be_family_first(words, folded)
        or _has_surname_inside(words, folded)
        or _may_have_two_surnames(name, folded)
    )


def _may_be_family_first(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether the last word is a given name of East Asia or Hungary: Men Honghua, Funabashi Yoichi, Semjén Zsolt."""
    if len(words) != 2:
        return False
    is_pinyin = bool(_PINYIN_NAME.fullmatch(" ".join(folded))) and folded[1] not in ROMANISED_SURNAMES
    is_japanese = all(map(_JAPANESE.fullmatch, folded)) and folded[1] not in ROMANISED_SURNAMES
    is_pair = folded[1].count("-") == 1 and all(map(_SYLLABLE.fullmatch, folded[1].split("-")))  # Chow-Bing
    first, last = (word.lower() for word in words)
    return (
        bool(_SYLLABLE.fullmatch(folded[0]) and (_SYLLABLES.fullmatch(words[1]) or is_pair))
        or (is_pinyin and folded[0] not in PINYIN_FIRST_NAMES)
        or (is_japanese and bool(_JAPANESE_GIVEN_NAME.search(folded[1])))
        or (last in HUNGARIAN_GIVEN_NAMES and first not in HUNGARIAN_GIVEN_NAMES)
    )


def _has_surname_inside(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether a surname stands before an East Asian given name: Carrie Lam Cheng Yuet-ngor, Joshua Wong Chi Fung."""
    is_given = bool(_SYLLABLE.fullmatch(folded[-1]) or _SYLLABLES.fullmatch(words[-1]))
    return (
        is_given
        and any(
            word in ROMANISED_SURNAMES
            and not printed.islower()
            and "." not in printed  # van: a particle. S.Y.: initials
            for word, printed in zip(folded[1:-1], words[1:-1], strict=True)
        )
    )


def _has_surname_before_particle(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether a family name may begin before a particle, or go on after it: Sáenz de Santamaría, de Hoop Scheffer."""
    at = next((n for n, word in enumerate(words) if n and word in _PARTICLES), 0)
    after = next((n for n in range(at, len(words)) if words[n] not in _PARTICLES), 0)
    return bool(at) and (
        after < len(words) - 1
        or (at > 1 and (folded[at - 1] in SPANISH_SURNAMES or _may_be_first_of_two(folded, at - 1)))
    )


def _may_have_two_surnames(name: str, folded: Sequence[str]) -> bool:
    """Return whether it is open if the last but one word is a surname. An accent shows that the name is Spanish."""
    if len(folded) < 3 or folded[-2] not in SPANISH_SURNAMES:
        return len(folded) == 3 and _may_be_first_of_two(
            folded, 1, has_accent=bool(_SPANISH_ACCENT.search(name.split()[1]))
        )
    is_spanish = folded[-1] in SPANISH_SURNAMES
    if folded[-2] in _GIVEN_NAMES_TOO:
        return is_spanish
    return not is_spanish or name.isascii()


def _may_be_first_of_two(folded: Sequence[str], position: int, *, has_accent: bool = False) -> bool:
    """Return whether a word of a Spanish name may be the first of two surnames: it is no known given name and no initial."""
    is_spanish = has_accent or folded[0] in _SPANISH_FIRST_NAMES or folded[-1] in SPANISH_SURNAMES
    word = folded[position]
    return is_spanish and len(word) > 1 and word not in _SECOND_GIVEN_NAMES | _PARTICLES | _CONNECTORS


def _is_alphabetic(name: str) -> bool:
    return name.isprintable() and all(_ALPHABETS.match(unicodedata.name(c, "")) for c in name if c.isalpha())
