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
_GENERATION = re.compile(r",? (?:Jr|Sr|Jnr|Snr|II|III|IV)\.?$")
_NOT_OF_A_NAME = re.compile(r"[\d()\[\]/@:]| (?:[A-Z]\.){1,3}$")
_PARTICLES = {
    *("van", "von", "vom", "de", "der", "den", "da", "das", "dal", "dalla", "di", "do", "dos", "dei", "degli", "del"),
    *("della", "delle", "dello", "du", "la", "las", "le", "los", "ter", "ten", "te", "het", "zu", "zum", "zur", "af", "av"),
    *("al", "el", "ben", "st.", "mac", "abu", "abou", "abd", "abdel", "abdul", "ould"),
}  # fmt: skip
_CONNECTORS = {"y", "e", "i"}
_ARTICLES = {"ur", "ul", "ud", "uz", "us", "un"}
_SYLLABLES = re.compile(r"[A-Z][a-z’'ʻ]{0,5}-[a-z][a-z’']{0,5}")
_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|hs|ts|ph|th|kh|ngh?|nh|gw|kw|[bcdfghjklmnpqrstvwxyz])?w?[aeiouy]{1,3}(?:ng|nh|[nktpmhlrw])?"
)
_TWO_SYLLABLES = re.compile(rf"(?:{_SYLLABLE.pattern}){{2}}")
_VIETNAMESE_SYLLABLE = re.compile(
    r"(?:ngh?|nh|ch|gh|kh|ph|qu|th|tr|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?"
)
_HARDLY_CHINESE = re.compile(r"(?:c|ch|nh)$|^(?:tr|nh|ngh)")
_PINYIN = (
    r"(?:[bpm](?:[aou]|[ae]i|ao|[ae]ng?|i(?:e|ao|an|ng?)?)|m(?:e|ou|iu)|pou|f(?:[aou]|ei|ou|[ae]ng?)"
    r"|[dt](?:[aeu]|ai|ao|ou|ang?|eng|ong|i(?:e|ao|an|ng)?|uo|ui|uan|un)|d(?:ei|en|iu)"
    r"|[nl](?:[aeu]|[ae]i|ao|ou|ang?|eng|ong|i(?:e|u|ao|ang?|ng?)?|uo|uan|ue)|l(?:ia|un)|nen"
    r"|[gkh](?:[aeu]|[ae]i|ao|ou|[ae]ng?|ong|u(?:a|o|i|n|ai|ang?))"
    r"|[jqx](?:i(?:a|e|u|ao|ang?|ng?|ong)?|u(?:e|n|an)?)"
    r"|[zcs]h(?:[aeiu]|[ae]i|ao|ou|[ae]ng?|ong|u(?:a|o|i|n|ai|ang?))"
    r"|[zcs](?:[aeiu]|[ae]i|ao|ou|[ae]ng?|ong|u(?:o|i|n|an))|r(?:[eiu]|ao|ou|ang?|eng?|ong|u(?:o|i|n|an))"
    r"|y(?:[aeiou]|ao|ou|ang?|ing?|ong|u(?:e|n|an))|w(?:[aou]|[ae]i|[ae]ng?)"
    r"|ang?|ai|ao|en?g?|er|ei|ou?)"
)
_PINYIN_NAME = re.compile(rf"{_PINYIN} {_PINYIN}{{1,2}}")
_HARDLY_WESTERN = re.compile("zh|[qx]|j[iu]|ng[b-df-hj-np-tv-z]|[aeo]ng$|iao|[iu]ang|uo|yu|wu|hui")
_TWO_PINYIN_SYLLABLES = re.compile(rf"(?!{_PINYIN}$){_PINYIN}{{2}}")
_JAPANESE = re.compile(
    r"(?:(?:[kstnhmrgzbpdy]|[knhmrgbp]y|sh|ch|ts|f|j|w)?[aiueo]|[nkst](?=[^aiueoy]|$)|m(?=[bmp]))+"
)
_JAPANESE_GIVEN_NAME = re.compile(
    r"(?:hiko|hiro|hide|hito|[ou]ichi|kazu|kio|masa|mio|nobu|nori|[^sz]aki|rio|shige|shio|suke|taka|taro|toshi|yoshi|yuki|[eu]zo)$"
)
_DOTLESS_I = re.compile("[Ğğİı]")
"""Letters of the languages in which the small letter of I is ı: Turkish, Azerbaijani, Tatar."""
_SPANISH_ACCENT = re.compile("[áéíóúñ]", re.IGNORECASE)
_PATRONYMIC = re.compile(r"\S+[oe]v(?:ich|na)$|\S+(?:ович|евич|овна|евна)$")
_MONGOLIAN_OR_ICELANDIC = re.compile(
    r"^\S+iin\b|dottir$|[ðþ]|baatar\b|bayar\b|jargal\b|tsetseg\b|\b(?:enkh|erdene|m[uo]nkh)", re.IGNORECASE
)
PATRONYMIC_PARTICLES = frozenset({"bin", "ibn", "bint", "binti", "binte", "anak", "ap", "bat"})
AMBIGUOUS_DOUBLE_SURNAMES = ("張簡", "范姜")
"""Their first character is a common surname too: with three characters, the length of the surname is not known."""

JAPANESE_HAN_SURNAMES = tuple(_read_words("japanese han surnames"))
UNDIVIDED_FIRST_NAMES = frozenset(_read_words("undivided first names"))
PINYIN_FIRST_NAMES = frozenset({"ben", "dan", "ken"})
"""English first names that are syllables of Chinese."""
_ENGLISH_FIRST_NAMES = frozenset({"sam", "lou", "abe", "gil"})
"""English first names that are surnames of East Asia, but hardly of an author."""
_FIRST_NAMES_TOO = frozenset(_read_words("surnames that are first names"))
_CHINESE_GIVEN_NAMES_TOO = frozenset(_read_words("surnames that are chinese given names"))
_NEVER_GIVEN = frozenset(_read_words("surnames that are no given names"))
_VIETNAMESE_SURNAMES = frozenset(_read_words("vietnamese surnames"))
_VIETNAMESE_ALONE = frozenset(_read_words("surnames of vietnam alone"))
_KOREAN_SYLLABLES = frozenset(_read_words("syllables of korean given names"))
_KOREAN_OR_CHINESE_SYLLABLES = _KOREAN_SYLLABLES | {*_read_words("other syllables of korean given names")}
_KOREAN_SYLLABLE = f"(?:{'|'.join(sorted(_KOREAN_SYLLABLES))})"
_KOREAN_OR_CHINESE_SYLLABLE = f"(?:{'|'.join(sorted(_KOREAN_OR_CHINESE_SYLLABLES))})"
_KOREAN_GIVEN_NAME = re.compile(
    f"{_KOREAN_SYLLABLE}{_KOREAN_OR_CHINESE_SYLLABLE}|{_KOREAN_OR_CHINESE_SYLLABLE}{_KOREAN_SYLLABLE}"
)
_JAPANESE_GIVEN_NAMES = frozenset(_read_words("japanese given names"))
_KHMER_GIVEN_NAMES = frozenset(_read_words("khmer given names"))
_LETTERS_AFTER_A_NAME = frozenset(_read_words("letters after a name"))
_NAMES_WITHOUT_FAMILY = frozenset(_read_words("last words without a family name"))
_FIRST_OF_TWO = frozenset(_read_words("first of two surnames"))
_CHAINED_GIVEN_NAMES = frozenset(_read_words("chained given names"))
_DEVOTIONS = frozenset(_read_words("devotions"))
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
    cut = (_find_own_surname(words, own_chinese) if own_chinese else 0) or _find_told_surname(words)
    if cut:
        return divide_in_order(name, NameOrder.FAMILY_FIRST if cut > 0 else NameOrder.GIVEN_FIRST, abs(cut))
    if _ORGANIZATION_OR_SURNAME.fullmatch(name):
        return UNKNOWN
    if ORGANIZATION.search(name) or _CORPORATE.search(name):
        return UNDIVIDED
    return UNKNOWN if _is_doubtful(name, words) else divide_in_order(name, NameOrder.GIVEN_FIRST)


def divide_in_order(name: str, order: NameOrder, size: int = 1) -> DividedName:
    """Divide a name whose order is known. `size`: number of words of the family name; particles before the last are added."""
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
    cut = max(len(words) - size, 1)
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
    is_word = len(family) > 2 or fold_word(family) in ROMANISED_SURNAMES
    is_marked = is_word and family.isupper() and not name.isupper() and not family.startswith("MC")
    if not is_marked:
        return family
    word = family.replace("I", "ı") if _DOTLESS_I.search(name) else family
    return word.title().replace("i\u0307", "i")  # Python lowers İ to two characters


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


def _find_told_surname(words: Sequence[str]) -> int:
    """Return the number of words of the surname that the printed name tells, as `_find_own_surname` does; 0 if it does not."""
    folded = [fold_word(word) for word in words]
    capital = [len(word) > 1 and word.isupper() and "." not in word for word in words]
    has_east_asian_rest = all(
        _SYLLABLE.fullmatch(word)
        or _SYLLABLES.fullmatch(printed)
        or _is_pair(word)
        or _JAPANESE.fullmatch(word)
        for word, printed in zip(folded[1:], words[1:], strict=True)
    ) or bool(_TWO_PINYIN_SYLLABLES.fullmatch(folded[1]) and len(words) == 2)
    is_surname = folded[0] in ROMANISED_SURNAMES or (_is_japanese_given(folded[-1]) and len(words) == 2)
    if is_surname and capital[0] and not any(capital[1:]) and has_east_asian_rest:
        is_certain = len(folded[0]) > 2 or bool(
            _PINYIN_NAME.fullmatch(" ".join(folded)) or _is_pair(folded[-1])
        )
        return 1 if is_certain else 0
    if capital[-1] and not any(capital[:-1]) and folded[-1] in ROMANISED_SURNAMES:
        return 0 if _may_be_degree(words, folded) else -1
    return (
        _find_surname_of_pair(words, folded) if len(words) == 2 else _find_surname_of_syllables(words, folded)
    )


def _find_surname_of_pair(words: Sequence[str], folded: Sequence[str]) -> int:
    """Return 1 for Tsai Ming-yen, Hsiao Hsiu-An and Jia Qingguo, whose given names are no surnames."""
    first, last = folded
    if first not in ROMANISED_SURNAMES:
        return -1 if _SYLLABLES.fullmatch(words[0]) and last in ROMANISED_SURNAMES else 0
    if _SYLLABLES.fullmatch(words[1]):
        return 1
    if first in _FIRST_NAMES_TOO or last in ROMANISED_SURNAMES:
        return 0
    if _is_pair(last):
        return 1 if words[0].endswith(",") or not ROMANISED_SURNAMES.issuperset(last.split("-")) else 0
    is_pinyin = bool(re.fullmatch(_PINYIN, first) and _TWO_PINYIN_SYLLABLES.fullmatch(last))
    return 1 if is_pinyin and (first not in _CHINESE_GIVEN_NAMES_TOO or _HARDLY_WESTERN.search(last)) else 0


def _find_surname_of_syllables(words: Sequence[str], folded: Sequence[str]) -> int:
    """Return 1 for Nguyen Vu Tung and Tan Chin Tiong, -1 for Sang Hyun Lee; 0 if a surname may stand at either end."""
    first, last = folded[0], folded[-1]
    if not all(word.isalpha() and not word.islower() for word in words) or len(words) > 5:
        return 0
    if (
        first in _VIETNAMESE_SURNAMES
        and all(map(_VIETNAMESE_SYLLABLE.fullmatch, folded))
        and last not in _VIETNAMESE_SURNAMES | _NEVER_GIVEN
        and _VIETNAMESE_ALONE.isdisjoint(folded[1:])
    ):
        is_vietnamese = first in _VIETNAMESE_ALONE or any(map(_HARDLY_CHINESE.search, folded[1:]))
        return 1 if is_vietnamese or last not in ROMANISED_SURNAMES else 0
    if len(words) != 3 or not all(map(_SYLLABLE.fullmatch, folded)):
        return 0
    if first in _NEVER_GIVEN:
        return 0 if last in ROMANISED_SURNAMES | _FIRST_NAMES_TOO or folded[1] in _FIRST_NAMES_TOO else 1
    given = {*folded[:2]}
    is_korean = given <= _KOREAN_OR_CHINESE_SYLLABLES and not given.isdisjoint(_KOREAN_SYLLABLES)
    if is_korean and last in ROMANISED_SURNAMES and first not in ROMANISED_SURNAMES:
        return -1
    return -1 if is_korean and last in ("kim", "park", "choi") else 0


def _is_pair(word: str) -> bool:
    return word.count("-") == 1 and all(map(_SYLLABLE.fullmatch, word.split("-")))


def _is_japanese_given(word: str) -> bool:
    return word in _JAPANESE_GIVEN_NAMES or bool(
        _JAPANESE.fullmatch(word) and _JAPANESE_GIVEN_NAME.search(word)
    )


def _may_be_degree(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether the last word is two capitals that are no surname, or may be none after two words: John Smith MA."""
    is_surname = folded[-1] in ROMANISED_SURNAMES and (
        len(words) == 2 or all(map(_SYLLABLE.fullmatch, folded))
    )
    return len(words[-1]) == 2 and words[-1].isupper() and not words[0].isupper() and not is_surname


def _is_doubtful(name: str, words: Sequence[str]) -> bool:
    """Return whether the family name may stand first, or there may be none."""
    folded = [fold_word(word) for word in words]
    is_western_first = not _SYLLABLE.fullmatch(folded[-1]) and (
        folded[0] in _SPANISH_FIRST_NAMES
        or (folded[0] in _ENGLISH_FIRST_NAMES and not _TWO_SYLLABLES.fullmatch(folded[-1]))
    )
    return (
        not 2 <= len(words) <= 5
        or not _is_alphabetic(name)
        or "," in _GENERATION.sub("", name)
        or bool(TOPIC.search(name) or _NOT_OF_A_NAME.search(name))
        or (folded[0] in ROMANISED_SURNAMES | UNDIVIDED_FIRST_NAMES and not is_western_first)
        or len(folded[-1]) < 2
        or _may_be_degree(words, folded)
        or folded[-1] in _LETTERS_AFTER_A_NAME | _NAMES_WITHOUT_FAMILY
        or (words[0].isupper() and len(folded[0]) > 2 and not words[-1].isupper())
        or not PATRONYMIC_PARTICLES.isdisjoint(folded)
        or bool(
            _MONGOLIAN_OR_ICELANDIC.search(" ".join(folded))
            or (_PATRONYMIC.fullmatch(words[-1].lower()) and len(words) > 2)
            or (
                words[-1].endswith("sson")
                and words[-1].lower() not in SWEDISH_SURNAMES
                and not re.search("[åø]", name, re.IGNORECASE)
            )
        )
        or _has_unknown_particle(name, words)
        or _has_surname_before_particle(words, folded)
        or _may_be_family_first(words, folded)
        or _has_surname_inside(words, folded)
        or _may_have_two_surnames(name, folded)
        or _may_have_two_rare_surnames(words, folded)
    )


def _may_be_family_first(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether the last word is a given name of East Asia or Hungary: Men Honghua, Funabashi Yoichi, Semjén Zsolt."""
    if len(words) != 2:
        is_korean = len(words) == 3 and _KOREAN_OR_CHINESE_SYLLABLES.issuperset(folded)
        return is_korean and folded[-1] not in ROMANISED_SURNAMES
    is_pinyin = bool(_PINYIN_NAME.fullmatch(" ".join(folded))) and folded[1] not in ROMANISED_SURNAMES
    is_japanese = all(map(_JAPANESE.fullmatch, folded)) and folded[1] not in ROMANISED_SURNAMES
    first_is_given, last_is_given = map(_is_japanese_given, folded)
    is_given = bool(
        _SYLLABLES.fullmatch(words[1]) or _is_pair(folded[1]) or _KOREAN_GIVEN_NAME.fullmatch(folded[1])
    )
    return (
        bool(_SYLLABLE.fullmatch(folded[0]) and is_given)
        or (is_pinyin and folded[0] not in PINYIN_FIRST_NAMES)
        or (is_japanese and last_is_given and not (first_is_given and folded[1] not in _JAPANESE_GIVEN_NAMES))
        or words[1].lower() in HUNGARIAN_GIVEN_NAMES
        or folded[1] in _KHMER_GIVEN_NAMES
    )


def _has_surname_inside(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether a surname stands before an East Asian given name: Joshua Wong Chi Fung, Iris Chen Xuechen."""
    is_syllable = bool(_SYLLABLE.fullmatch(folded[-1]) or _SYLLABLES.fullmatch(words[-1]))
    if not is_syllable and (not _TWO_SYLLABLES.fullmatch(folded[-1]) or folded[-1] in ROMANISED_SURNAMES):
        return False
    return any(
        word in ROMANISED_SURNAMES
        and not (printed.islower() if is_syllable else printed.lower() in _PARTICLES)
        and "." not in printed  # van: a particle. S.Y.: initials
        for word, printed in zip(folded[1:-1], words[1:-1], strict=True)
    )


def _has_surname_before_particle(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether a family name may begin before a particle, or go on after it: Sáenz de Santamaría, de Hoop Scheffer."""
    at = next((n for n, word in enumerate(words) if n and word in _PARTICLES), 0)
    after = next((n for n in range(at, len(words)) if words[n] not in _PARTICLES), 0)
    if at == 1 and folded[0] == "maria" and folded[after] in _DEVOTIONS and after == len(words) - 2:
        return False
    return bool(at) and (
        after < len(words) - 1
        or (at > 1 and (folded[at - 1] in SPANISH_SURNAMES or _may_be_first_of_two(folded, at - 1)))
    )


def _has_unknown_particle(name: str, words: Sequence[str]) -> bool:
    """Return whether a word in lower case inside the name is no known particle: Amanda tho Seeth. Saif ur Rehman is given."""
    known = _PARTICLES | _CONNECTORS
    return not name.islower() and any(
        word.islower() and word not in known | (_ARTICLES if n < len(words) - 2 else set())
        for n, word in enumerate(words[1:-1], 1)
    )


def _may_have_two_rare_surnames(words: Sequence[str], folded: Sequence[str]) -> bool:
    """Return whether the last but one word may belong to the surname in Bengal, Hungary or Turkey, or no word be a surname."""
    if len(words) < 3:
        return False
    printed, inside = words[-2].lower(), folded[-2]
    is_hungarian = words[0].lower() in HUNGARIAN_GIVEN_NAMES and printed not in HUNGARIAN_GIVEN_NAMES
    return (
        bool({inside, printed} & _FIRST_OF_TWO)
        or {inside, folded[-1]} <= _CHAINED_GIVEN_NAMES
        or (is_hungarian and len(inside) > 1 and "." not in words[-2])
        or _has_compound_first_name(words, inside)
    )


def _has_compound_first_name(words: Sequence[str], inside: str) -> bool:
    """Return whether a first name of two leaves no place for a middle name: Jean-Christophe Boungou Bazika."""
    is_compound = words[0].count("-") == 1 and not _is_pair(fold_word(words[0]))
    is_name = len(inside) > 1 and words[-2].lower() not in _PARTICLES and inside not in _SECOND_GIVEN_NAMES
    return is_compound and is_name


def _may_have_two_surnames(name: str, folded: Sequence[str]) -> bool:
    """Return whether it is open if the last but one word is a surname. An accent shows that the name is Spanish."""
    if len(folded) < 3 or folded[-2] not in SPANISH_SURNAMES:
        inside = name.split()[1]
        has_accent = bool(_SPANISH_ACCENT.search(inside)) and inside.lower() not in HUNGARIAN_GIVEN_NAMES
        return len(folded) == 3 and _may_be_first_of_two(folded, 1, has_accent=has_accent)
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
