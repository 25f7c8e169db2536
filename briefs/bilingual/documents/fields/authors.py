"""Split a line of names.

Most separators (comma, & and 與 和 及) also occur inside names. A semicolon or an enumeration comma 、 does not:
in a line that has one, a comma separates only names that cannot be `Lastname, Firstname`.
"""

import re

from briefs.bilingual.text.person_names import ORGANIZATION, ROMANISATIONS, TOPIC

AUTHORS_TEXT_LIMIT = 2000

_HAN = "㐀-鿿豈-﫿"
_SURE_SEPARATOR = re.compile(r"[;；、|｜]")
_SLASH = re.compile(rf" / | ?／ ?|(?<=[{_HAN}\x00])/(?=[{_HAN}])")
_COMMA = re.compile(r"[,，]")
_AND = re.compile(rf" (?:and|&) |(?<=[{_HAN}]) ?[&＆] ?|[＆]|, ?and (?=\S)", re.IGNORECASE)
_HAN_AND = re.compile(r"[與与和及]")
_HAN_LETTER = re.compile(f"[{_HAN}]")

HAN_ORGANIZATION = re.compile(
    "(?:部|院|會|会|中心|所|大學|大学|处|處|局|署|公司|組織|组织|智庫|智库|論壇|论坛|小組|小组|團隊|团队|社|室|"
    "計畫|计划|銀行|银行|聯盟|联盟|集團|集团|黨|系|報|报)$"
)
_ORGANIZATION_OF = re.compile(ORGANIZATION.pattern + r" (?:of|for|on|in|to)\b", re.IGNORECASE)
NOT_A_NAME = re.compile(
    r"^(?:the|national|international|american|european|asian|african|royal|federal|global|world|united|"
    r"central|u\.?s\.?|u\.?k\.?|eu|nato|atlantic|pacific|indo-pacific|house|senate|joint|strategic|public|"
    r"economic|social) ",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r" ?, ?(?=(?:jr|sr|ph\.? ?d|m\.?d|esq|ii|iii|iv)\.?(?:$|[ ,;，；、]))", re.IGNORECASE)
_BY = re.compile(r"(?:written )?by:? (?=[A-Z])", re.IGNORECASE)
_STOP = re.compile(r"。 *$|(?<=[a-z]{4})\. *$")
_HALF_OF_ORGANIZATION = re.compile(
    r" (?:commercial|cultural|defen[cs]e|democratic|digital|economic|education|environmental|financial|foreign|global|"
    r"health|human|industrial|international|legal|military|national|naval|peace|policy|political|public|regional|"
    r"research|science|scientific|security|social|strategic|technical|technology|trade)$",
    re.IGNORECASE,
)
"""The end of `U.S.-China Economic`, before its `and Security Review Commission`."""
JOB_TITLE = re.compile(
    r"\b(?:fellow|professor|director|analyst|researcher|editor|president|ambassador|chair|minister)\b",
    re.IGNORECASE,
)
_GIVEN_NAME = re.compile(r"(?:[^\W\d_]\. ){0,2}(?:[^\W\d_][\w'’.-]*)(?: [^\W\d_]\.?){0,2}")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[ -]?){1,3}")
_INITIAL = re.compile(r"(?:^| )[^\W\d_]\.")
_WORD_OF_NAME = re.compile(r"[^\W\d_][\w'’.\x01-]*")
HAN_TITLE = (
    "(?:前|資深|首席|客座|兼任|助理|副|特聘|榮譽|名譽)*(?:教授|研究[員员]|博士|主任|[執执]行[長长]|院[長长]|所[長长]|董事[長长]|理事[長长]|"
    "秘[書书][長长]|大使|部[長长]|次[長长]|局[長长]|[會会][長长]|上[將将]|中[將将]|少[將将]|上校|委[員员]|[議议][員员]|[總总][統统]|[總总]理|主席|"
    "[記记]者|主[編编]|分析[師师]|[學学]者|[講讲][師师]|[顧顾][問问]|律[師师]|院士|立委|[處处][長长]|司[長长]|[發发]言人)"
)
_LEADING_AND = re.compile(r"^(?:(?:and|&) |[與与和及](?: |(?=[a-z])))", re.IGNORECASE)
_PLACEHOLDER = re.compile("\x00[0-9]+\x00")
_LEADING_MARK = re.compile(r"[、,，;；&＆]")
_PARTICLES = re.compile("(?:van|von|der|den|de|da|di|la|le|du|del|dos|al|el|bin|ibn|ten|ter)", re.IGNORECASE)


def split_authors(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the names in order, and whether the line is ambiguous."""
    if len(text) > AUTHORS_TEXT_LIMIT:
        return (text,), True
    hidden, parenthesized = _hide_parentheses(
        _BY.sub("", text.strip(" "), count=1) if _BY.match(text) else text.strip(" ")
    )
    names, doubtful = _split(_SUFFIX.sub("\x01", hidden))
    doubtful = doubtful or (hidden[-1:] not in (";", "；") and any(map(_may_contain_person, names)))
    restored = (_restore(name.replace("\x01", ", "), parenthesized) for name in names)
    return tuple(dict.fromkeys(name for name in restored if name)), doubtful


def _hide_parentheses(text: str) -> tuple[str, list[str]]:
    """Replace text in parentheses (an affiliation) with placeholders, so that it is not split."""
    parenthesized: list[str] = []

    def keep(match: re.Match[str]) -> str:
        parenthesized.append(match[0])
        return f"\x00{len(parenthesized) - 1}\x00"

    return re.sub(r"\([^()]*\)|（[^（）]*）", keep, text), parenthesized


def _restore(name: str, parenthesized: list[str]) -> str:
    return re.sub("\x00([0-9]+)\x00", lambda match: parenthesized[int(match[1])], name).strip(" ,，")


def _split(text: str) -> tuple[list[str], bool]:
    parts = _SURE_SEPARATOR.split(text)
    if len(parts) == 1 and len(halves := _SLASH.split(text)) > 1:
        is_one = len({bool(_HAN_LETTER.search(half)) for half in halves}) > 1  # one person, in both scripts
        return ([text], True) if is_one else (halves, False)
    if len(parts) > 1:
        return _split_on_sure_separators(parts, split_at_and=not re.search("[;；|｜]", text))
    return _split_commas(text)


def _split_on_sure_separators(parts: list[str], *, split_at_and: bool) -> tuple[list[str], bool]:
    """Split at separators that never occur inside names.

    A separator after the last name marks the names as final; `writer` adds one for this reason.
    """
    if not split_at_and and not parts[-1]:
        return parts, False
    names: list[str] = []
    doubtful = False
    for part in (_LEADING_AND.sub("", part.strip(" ")) for part in parts):
        pieces = [piece.strip(" ") for piece in _COMMA.split(part)]
        is_han = all(map(is_han_person, pieces))
        if len(pieces) > 1 and (is_han or (_INITIAL.search(pieces[0]) and all(map(is_person, pieces)))):
            names += pieces
            doubtful |= is_han
        else:
            split_names = _split_ands(part)
            if not split_at_and and len(split_names) == 1 and len(pieces) > 1 and all(map(is_person, pieces)):
                split_names, doubtful = pieces, True
            names += split_names if split_at_and or all(map(_is_surely_person, split_names)) else [part]
    return names, doubtful


def _is_surely_person(text: str) -> bool:
    family, comma, given = text.partition(", ")
    bare = re.sub(f"{HAN_TITLE}$", "", _PLACEHOLDER.sub("", text).strip(" "))
    if re.search("[‧·．・•]", bare):
        return True
    return is_person(text) or is_han_person(bare) or (bool(comma) and is_inverted(family, given))


def _split_commas(text: str) -> tuple[list[str], bool]:
    if _is_one_organization(text):
        return [text], False
    halves = [half.strip(" ,") for half in _AND.split(text)]
    if len(halves) > 1 and all(", " in half and is_inverted(*half.split(", ", 1)) for half in halves):
        return halves, True
    parts = [re.sub(r"^(?:and|&) ", "", part.strip(" "), flags=re.IGNORECASE) for part in _COMMA.split(text)]
    parts = [part for part in parts if part]
    if len(parts) == 2 and _is_affiliation(*parts):
        return [text], True
    if len(parts) < 2 or _HAN_LETTER.search(text):
        names = [name for part in parts for name in _split_ands(part)]
        return _split_spaces(names)
    if any(JOB_TITLE.search(part) for part in parts[1:]):
        return [text], True
    if len(parts) == 2 and is_inverted(*parts):
        return [", ".join(parts)], False
    last = _split_ands(parts[-1])
    if len(parts) == 2 and len(last) == 2 and is_inverted(parts[0], last[0]):
        return [f"{parts[0]}, {last[0]}", last[1]], True
    flat = [name for part in parts for name in _split_ands(part)]
    if len(flat) % 2 == 0 and all(is_inverted(*flat[n : n + 2]) for n in range(0, len(flat), 2)):
        return [", ".join(flat[n : n + 2]) for n in range(0, len(flat), 2)], True
    if is_inverted(*flat[:2]) and all(" " in name for name in flat[2:]):  # `Doe, Jane, and John Smith`
        return [", ".join(flat[:2]), *flat[2:]], True
    return flat, False


def _is_affiliation(name: str, text: str) -> bool:
    """Return whether the text after a comma is a title or an affiliation."""
    bare = _PLACEHOLDER.sub("", name).strip(" ")
    if is_han_person(bare) or (bare != name and _HAN_LETTER.match(bare) and _is_han_name(bare)):
        rest = re.sub(f"{HAN_TITLE}$", "", text)
        return rest != text and (not rest or bool(HAN_ORGANIZATION.search(rest)))
    return is_person(name) and bool(ORGANIZATION.search(text)) and not _AND.search(text)


def _split_spaces(names: list[str]) -> tuple[list[str], bool]:
    """Split `王小明 李大華` in two if each part begins with a family name."""
    words = names[0].split(" ") if len(names) == 1 else []
    if len(words) > 1 and all(2 <= len(word) <= 3 and word[0] in ROMANISATIONS for word in words):
        return words, True
    return names, False


def is_inverted(family: str, given: str) -> bool:
    """Return whether two parts of a line are one name, `Lastname, Firstname`.

    The family name must be one word besides particles, the given name one word besides initials.
    """
    words = [word for word in family.split(" ") if not _PARTICLES.fullmatch(word)]
    given = _PLACEHOLDER.sub("", given).rstrip(" ")
    return len(words) == 1 and bool(_GIVEN_NAME.fullmatch(given) or _INITIALS.fullmatch(given))


def _split_ands(text: str) -> list[str]:
    names: list[str] = []
    rest = text
    while True:
        for match in (*_AND.finditer(rest), *_HAN_AND.finditer(rest)):
            left, right = rest[: match.start()].strip(" "), rest[match.end() :].strip(" ")
            if _separates_names(left, match[0], right):
                names.append(left)
                rest = right
                break
        else:
            return [*names, rest]


def _separates_names(left: str, word: str, right: str) -> bool:
    if not left or not right:
        return False
    if word in "與与和及":
        return _separates_han_names(left, right)
    if _HAN_LETTER.search(left) or _HAN_LETTER.search(right):
        return True
    return _separates_latin_names(left, right)


def _separates_latin_names(left: str, right: str) -> bool:
    if _HALF_OF_ORGANIZATION.search(left) and not ORGANIZATION.search(left) and ORGANIZATION.search(right):
        return False
    if ORGANIZATION.search(_AND.split(right)[0]):
        return bool(ORGANIZATION.search(left)) or (len(left.split(" ")) > 1 and not NOT_A_NAME.match(left))
    if _ORGANIZATION_OF.search(left):
        first = _AND.split(right)[0]
        is_complete = bool(_INITIAL.search(first)) or bool(_AND.search(left))
        return is_complete and is_person(first)
    return not (ORGANIZATION.search(left) and len(right.split(" ")) < 2)


def _may_contain_person(name: str) -> bool:
    """Return whether a name may contain a person: `Council on Foreign Relations and Jane Doe`."""
    *left, last = _AND.split(name)
    return bool(left) and bool(_ORGANIZATION_OF.search(name)) and is_person(last)


def is_person(text: str) -> bool:
    """Return whether the text has the form of a full name: capitalized words, the last no initial, none about
    a topic.
    """
    words = [word for word in _PLACEHOLDER.sub("", text).split(" ") if word]
    if not 2 <= len(words) <= 5 or re.fullmatch(r"[^\W\d_]\.?", words[-1]):
        return False
    if ORGANIZATION.search(text) or JOB_TITLE.search(text) or TOPIC.search(text) or _HAN_LETTER.search(text):
        return False
    return all(
        _PARTICLES.fullmatch(word) or (word[0].isupper() and _WORD_OF_NAME.fullmatch(word)) for word in words
    )


def is_han_person(text: str) -> bool:
    return 2 <= len(text) <= 4 and text[0] in ROMANISATIONS and bool(re.fullmatch(f"[{_HAN}]+", text))


def _separates_han_names(left: str, right: str) -> bool:
    if left.endswith(" ") or not (_HAN_LETTER.match(left[-1]) and _HAN_LETTER.match(right[0])):
        return True
    if HAN_ORGANIZATION.search(right) and not re.search("[與与和及]", right):
        return bool(HAN_ORGANIZATION.search(left)) or (len(left) in (3, 4) and left[0] in ROMANISATIONS)
    first = re.split("[與与和及]", right[1:])[0]
    if HAN_ORGANIZATION.search(left) and right[0] in ROMANISATIONS and _is_han_name(right[0] + first):
        return True
    return _is_han_name(left) and _is_han_name(right[0] + first)


def _is_han_name(name: str) -> bool:
    if re.search("[‧·．・•]", name):
        return True
    return 2 <= len(name) <= 4 and not HAN_ORGANIZATION.search(name)


def _is_one_organization(text: str) -> bool:
    """Return whether the text is one organization with commas: `National Academies of Sciences, Engineering,
    and Medicine`.
    """
    body = _ORGANIZATION_OF.search(text)
    if not body:
        return False
    head, *tail = [re.sub(r"^and ", "", part.strip(" ")) for part in _COMMA.split(text)]
    tail = [word for part in tail for word in part.split(" and ")]
    return (
        bool(tail) and bool(_ORGANIZATION_OF.search(head)) and all(len(part.split(" ")) == 1 for part in tail)
    )


def find_joint_with_more_names(value: str, below: str, *, is_indented: bool) -> str:
    """Return the separator that joins a line of names to names on the line below. Empty if that line has
    none.
    """
    if _LEADING_MARK.match(below):
        return " " if below[1:] else ""
    mark = _LEADING_AND.match(below)
    joint = "; " if re.search("[;；|｜]", value) else " "
    if mark and not below[mark.end() :][:1].islower():
        return joint
    if below[0] in "與与和及" and is_han_person(below[1:]):
        return joint
    if is_indented and all(is_person(name) or is_han_person(name) for name in split_authors(below)[0]):
        return "; " if _SURE_SEPARATOR.search(value) else ", "
    return ""


def split_keywords(text: str) -> tuple[str, ...]:
    """Return the keywords in order, without duplicates.

    A space separates them only between Han words, a slash only if there is no other separator and it does not
    separate two languages.
    """
    if text[:1] in ("#", "＃"):
        text = re.sub("[#＃]", "、", text)
    parts = re.split(r"[、,，;；|｜]", text)
    words = text.split(" ")
    if len(parts) == 1 and len(words) > 1 and all(re.fullmatch(f"[{_HAN}]+", word) for word in words):
        parts = words
    elif len(parts) == 1 and len({bool(_HAN_LETTER.search(part)) for part in _SLASH.split(text)}) == 1:
        parts = _SLASH.split(text)
    parts[-1] = _STOP.sub("", parts[-1])
    return tuple(dict.fromkeys(part for part in (part.strip(" ") for part in parts) if part))
