"""Split a person's name into parts by its form alone. An editor corrects the rest."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]{2,4}")
_DIVIDED_HAN = re.compile(r"([\u3400-\u9fff]{1,2})[, ，\u3000]+([\u3400-\u9fff]{1,3})")
_HAN_OFFICE = re.compile(r"[\u3400-\u9fff]+[部會院局署司處黨府社團報]")
_DOUBLE = ("歐陽", "司馬", "諸葛", "上官", "司徒", "夏侯", "張簡", "范姜")
_CORPORATE = re.compile(
    r"\b(of|and|for|the|Ministry|Institute|Council|Center|Centre|Committee|University|Bank|Group)\b|&",
    re.IGNORECASE,
)
_GENERATION = re.compile(r",? (?:Jr|Sr|II|III|IV)\.?$")
_PARTICLES = {"van", "von", "de", "der", "den", "da", "di", "del", "du", "la", "le", "ter", "bin", "al"}


def split_person_name(name: str) -> dict[str, str]:
    """Return `family` and `given`, or nothing for a corporate author or a single word."""
    if parts := _DIVIDED_HAN.fullmatch(name):
        return _build_han_name(*parts.groups())
    if is_han_organization(name):
        return {}
    if _HAN.fullmatch(name):
        cut = 2 if name.startswith(_DOUBLE) and len(name) > 2 else 1
        return _build_han_name(name[:cut], name[cut:])
    words = _GENERATION.sub("", name).split()
    if not 2 <= len(words) <= 5 or _CORPORATE.search(name) or not name.isprintable():
        return {}
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return {"given": " ".join(words[:cut])[:100], "family": " ".join(words[cut:])[:100]}


def _build_han_name(family: str, given: str) -> dict[str, str]:
    """Return nothing for an organization such as 外交 部."""
    if len(family) > 1 and family not in _DOUBLE and is_han_organization(family + given):
        return {}
    return {"family": family, "given": given, "name_zh": family + given, "name_zh_kind": "own"}


def is_han_organization(name: str) -> bool:
    """Return whether a Chinese name, or a part of it beside a comma or space, ends like that of an organization."""
    return any(len(part) > 2 and _HAN_OFFICE.fullmatch(part) for part in re.split("[,， ]+", name))
