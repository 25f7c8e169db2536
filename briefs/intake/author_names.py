"""Read one item of a line of authors: the name in one or both scripts, and titles and affiliations."""

import re
from dataclasses import dataclass

from ..content import Side
from ..documents.fields.authors import (
    HAN_ORGANIZATION,
    HAN_TITLE,
    JOB_TITLE,
    NOT_A_NAME,
    ORGANIZATION,
    is_han_person,
    is_inverted,
    is_person,
)
from ..text.scripts import count_han

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
_GENERATION = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_OUTLET = re.compile(
    r"\b(?:times|post|journal|news|review|magazine|press|herald|tribune|daily|asia)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AuthorName:
    """`name` is in the printed order, in Latin letters if both scripts are given. Missing parts are empty."""

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
        found, titles = _split_titles(first)
        if len(found) == 1 and not found.keys() & names.keys() and not _is_affiliation(first):
            names |= found
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
    """Return the person's name in each script, empty if there is none, and the titles around it."""
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
    """Return whether a text after a comma may be another person, or the given name of `García Márquez, Gabriel`."""
    return is_person(text) or (
        text.istitle() and text.isalpha() and not count_han(text) and not _is_affiliation(text)
    )


def _is_affiliation(text: str) -> bool:
    return any(
        pattern.search(text) for pattern in (ORGANIZATION, JOB_TITLE, _OUTLET, HAN_ORGANIZATION)
    ) or bool(_PLACE.fullmatch(text) or re.fullmatch(f"{HAN_TITLE}|[A-Z&]+", text))
