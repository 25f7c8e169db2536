"""Checks of the brief as a whole: completeness, addresses, structure, length, pairing, quotations, and the form and spaces of both languages."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from statistics import median
from typing import Literal

from briefs.bilingual.checks.texts import (
    HAN_RANGES,
    INVISIBLE_CHARACTER,
    CheckContext,
    CheckedText,
    Edit,
    Finding,
    Repair,
    Span,
    TextPair,
    build_brief_finding,
    check,
    count_characters,
    count_words,
    describe_character,
    find_matches,
    find_urls,
    fold_characters,
    gettext_noop,
    has_words,
    iterate_text_pairs,
    list_side_texts,
    ngettext,
)
from briefs.bilingual.lexicon import DOUBTFUL_CONFIDENCE, JOIN_COST, PairScores, has_too_many_words
from briefs.bilingual.text.article_urls import find_lookalike_host
from briefs.bilingual.text.date_format import ENGLISH_MONTHS
from briefs.content import SIDES, Bullet, Content, Side


@check(
    messages={
        "source": gettext_noop("Choose a source."),
        "date": gettext_noop("Enter the date of the article."),
        "headline_zh": gettext_noop("The Chinese headline is empty."),
        "headline_en": gettext_noop("The English headline is empty."),
        "summary_zh": gettext_noop("The Chinese summary is empty."),
        "summary_en": gettext_noop("The English summary is empty."),
        "bullet_zh": gettext_noop(
            "Bullet %(n)s has no Chinese. Add it, or mark it as intentionally one-sided."
        ),
        "bullet_en": gettext_noop(
            "Bullet %(n)s has no English. Add it, or mark it as intentionally one-sided."
        ),
        "picture_alt": gettext_noop("Describe the picture in both languages."),
        "picture_credit": gettext_noop("Say whose picture it is."),
        "picture_licence": gettext_noop("Say under which licence the picture may be shown."),
    }
)
def check_completeness(content: Content, context: CheckContext) -> list[Finding]:
    """Check that a brief is complete enough to submit. The only check that blocks submission."""
    return [
        *_check_facts(content),
        *_check_leads(content),
        *_check_bullets(content),
        *_check_picture(content),
    ]


def _check_facts(content: Content) -> Iterator[Finding]:
    if content.facts.source is None:
        yield Finding("completeness.source", "source")
    if not content.facts.date:
        yield Finding("completeness.date", "date")


def _check_leads(content: Content) -> Iterator[Finding]:
    for side in SIDES:
        if not has_words(content.headline(side)):
            yield Finding(f"completeness.headline_{side}", "headline", side=side)
    for side in SIDES:
        if not has_words(content.summary(side)):
            yield Finding(f"completeness.summary_{side}", "summary", side=side)


def _check_bullets(content: Content) -> Iterator[Finding]:
    """Yield a finding for each bullet with one empty side and no reason for it.

    The message counts positions as the editor sees them; the finding holds the bullet number, for the link.
    """
    for position, bullet in enumerate(content.bullets, 1):
        empty = [side for side in SIDES if not has_words(bullet.text(side))]
        if len(empty) == 1 and not has_words(bullet.one_sided):
            code = f"completeness.bullet_{empty[0]}"
            yield Finding(code, "bullet", bullet.number, empty[0], values={"n": position})


def _check_picture(content: Content) -> Iterator[Finding]:
    """If there is a picture, require alt text in both languages, a credit and a licence."""
    if (picture := content.facts.picture) is None:
        return
    if not all(has_words(content.picture_alt(side)) for side in SIDES):
        yield Finding("completeness.picture_alt", "picture")
    if not has_words(picture.credit):
        yield Finding("completeness.picture_credit", "picture")
    if not has_words(picture.licence):
        yield Finding("completeness.picture_licence", "picture")


@check(
    messages={
        "lookalike": gettext_noop("%(host)s can be mistaken for another site. Check the address."),
        "known": gettext_noop(
            "%(host)s can be mistaken for %(known)s, the site of a source. Check the address."
        ),
        "invisible": gettext_noop("The address has a character that cannot be seen: %(a)s. Remove it."),
    }
)
def check_addresses(content: Content, context: CheckContext) -> list[Finding]:
    """Check addresses for hosts that can be mistaken for another site, and for invisible characters."""
    urls = content.facts.url, content.facts.archive_url
    return [finding for url in urls for finding in _check_address(url, context)]


def _check_address(url: str, context: CheckContext) -> Iterator[Finding]:
    for character in dict.fromkeys(INVISIBLE_CHARACTER.findall(url)):
        yield Finding("addresses.invisible", "url", values={"a": describe_character(character)})
    if not (lookalike := find_lookalike_host(url, context.source_addresses)):
        return
    if lookalike.imitated:
        yield Finding("addresses.known", "url", values={"host": lookalike.host, "known": lookalike.imitated})
    else:
        yield Finding("addresses.lookalike", "url", values={"host": lookalike.host})


@check(messages={"order": gettext_noop("%(a)s: is the family name first or last?")})
def check_authors(content: Content, context: CheckContext) -> Iterator[Finding]:
    """Ask about each author whose name may begin with the family name. Until then it is cited as printed."""
    authors = {line.author for line in content.facts.authors}
    for pk, name in context.undecided_authors:
        if pk in authors:
            values: dict[str, str | int] = {"a": name, "author": pk}
            yield Finding("authors.order", "authors", values=values, repair=Repair("authors.order", values))


@check(messages={"differs": gettext_noop("Structure differs: %(zh)s in Chinese, %(en)s in English.")})
def check_structure(content: Content, context: CheckContext) -> list[Finding]:
    """Report one finding per brief, at the first bullet that differs. The caller offers to copy either side."""
    both = (bullet for bullet in content.bullets if bullet.text_zh and bullet.text_en)
    first = next((bullet for bullet in both if _shape(bullet, "zh") != _shape(bullet, "en")), None)
    if first is None:
        return []
    values: dict[str, str | int] = {"zh": _describe_runs(content, "zh"), "en": _describe_runs(content, "en")}
    return [
        Finding("structure.differs", "bullet", first.number, values=values, repair=Repair("structure.copy"))
    ]


def _shape(bullet: Bullet, side: Side) -> tuple[int, str]:
    return bullet.level(side), bullet.marker(side)


def _describe_runs(content: Content, side: Side) -> str:
    """Return the lengths of the runs of bullets with one level and marker: "5 + 3"."""
    shapes = (_shape(bullet, side) for bullet in content.bullets if bullet.text(side))
    return " + ".join(str(len(list(run))) for _, run in groupby(shapes))


_MIN_WORDS, _MIN_CHARACTERS = 8, 10
_VARIANCE, _VARIANCE_OF_WORD, _DEVIATIONS = 0.012, 0.18, 3.2
"""Spread of the logarithm of the ratio around the median of its brief, learned from 1,000 pairs of news and manuals:
0.66 to 1.5 at 40 words, 0.57 to 1.75 at ten.
"""
_CHARACTERS_PER_WORD = 1.6
_MIN_SITE_PAIRS = 300
_MIN_BRIEF_PAIRS = 4
"""A brief with fewer pairs has no meaningful median."""


@check(
    rules="L",
    messages={
        "zh_short": gettext_noop(
            "The English is long for this Chinese (ratio %(r)s). Has something been left out?"
        ),
        "en_short": gettext_noop(
            "The Chinese is long for this English (ratio %(r)s). Has something been left out?"
        ),
    },
)
def check_length(content: Content, context: CheckContext) -> list[Finding]:
    """Report pairs whose length ratio is outside the site's band or far from the median of the brief."""
    ratios = [
        (pair, ratio) for pair in iterate_text_pairs(content) if (ratio := _compute_ratio(pair)) is not None
    ]
    low, high = context.ratio_band
    own = median(ratio for _, ratio in ratios) if len(ratios) >= _MIN_BRIEF_PAIRS else None
    findings = []
    for pair, ratio in ratios:
        deviation = math.log(ratio / own) / _compute_spread(pair) if own else 0.0
        if ratio < low or deviation < -_DEVIATIONS:
            findings.append(_build_length_finding("length.zh_short", pair, ratio))
        elif ratio > high or deviation > _DEVIATIONS:
            findings.append(_build_length_finding("length.en_short", pair, ratio))
    return findings


def _compute_spread(pair: TextPair) -> float:
    """Return the usual spread of ratios at the length of the longer side, since the other may be cut off."""
    words = max(count_words(pair.en), count_characters(pair.zh) / _CHARACTERS_PER_WORD)
    return math.sqrt(_VARIANCE + _VARIANCE_OF_WORD / words)


def compute_ratio_band(texts: Iterable[tuple[str, str]]) -> tuple[float, float] | None:
    """Return the 1st and 99th percentile of the length ratios of (Chinese, English) pairs, or the usual band if wider.

    Return None below 300 usable pairs.
    """
    pairs = (TextPair("bullet", None, zh, en) for zh, en in texts)
    ratios = sorted(ratio for pair in pairs if (ratio := _compute_ratio(pair)) is not None)
    if len(ratios) < _MIN_SITE_PAIRS:
        return None
    low, high = CheckContext().ratio_band
    return min(low, ratios[len(ratios) // 100]), max(high, ratios[-1 - len(ratios) // 100])


def _compute_ratio(pair: TextPair) -> float | None:
    """Return Chinese characters per English word; None for a headline and for texts too short to compare."""
    zh, en = count_characters(pair.zh), count_words(pair.en)
    if pair.field == "headline" or en < _MIN_WORDS or zh < _MIN_CHARACTERS:
        return None
    return zh / en


def _build_length_finding(code: str, pair: TextPair, ratio: float) -> Finding:
    side: Side = "zh" if code == "length.zh_short" else "en"
    return Finding(code, pair.field, pair.bullet, side, values={"r": f"{ratio:.2f}"})


QUOTE_LIMIT = 300
"""Quoted words of a brief in English, and quoted characters in Chinese."""
_QUOTED: dict[Side, tuple[re.Pattern[str], Callable[[str], int]]] = {
    "zh": (re.compile("[「“](?P<words>[^「」“”]{1,2000})[」”]"), count_characters),
    "en": (re.compile('[“"](?P<words>[^“”"]{1,4000})[”"]'), count_words),
}


@check(messages={"long": gettext_noop("Quoted words add up to %(n)s; the limit is %(m)s.")})
def check_quotations(content: Content, context: CheckContext) -> list[Finding]:
    """Report one finding per language, at the quotation that exceeds the limit."""
    return [finding for side in SIDES if (finding := _check_quoted_words(content, side))]


def _check_quoted_words(content: Content, side: Side) -> Finding | None:
    pattern, count = _QUOTED[side]
    total, first_excess = 0, None
    for text in list_side_texts(content, side):
        for match in pattern.finditer(text.without_urls):
            total += count(match["words"])
            if total > QUOTE_LIMIT and first_excess is None:
                first_excess = text, match.span()
    if first_excess is None:
        return None
    return first_excess[0].build_finding("quotations.long", first_excess[1], {"n": total, "m": QUOTE_LIMIT})


_OPENING_BY_CLOSING = dict(zip("」』）》〉)]】", "「『（《〈([【", strict=True))
_MARK = re.compile("[「」『』（）《》〈〉()【】]|\\[|\\]")
_LIST_NUMBER = re.compile(r"(?<![A-Za-z0-9(（])[0-9A-Za-z一二三四五六七八九十]{1,3}[)）]")
_DOUBLED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(r"[，、；：。][，、；：。,;]+|[,;][，、；：。]+"),
    "en": re.compile(r"[,;:]{2,}|[,;:?!]\.(?![.\d])"),
}
_REPEATED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        "(?:(?<!目)的(?=的(?![確喀]))|了(?=了(?![解結卻然]))|(?P<word>[與和及為將被對於而但])(?=(?P=word))|(?!一|國家|使用|研究|人民|許可|軟體)(?P<words>[一-鿿]{2,6})(?=(?P=words)))"
    ),
    "en": re.compile(r"(?<![A-Za-z’'-])(?!(?:had|that) )(?P<word>[a-z]{2,30}) (?=(?-i:[a-z]))(?=(?P=word)(?![A-Za-z’'-]))", re.I),
}  # fmt: skip
_MARK_BEFORE_AND = re.compile("、(?=及(?![時格早])|[和與](?![平解談諧緩約睦氣善好會否眾]))")
_HAN, _LATIN = re.compile(f"[{HAN_RANGES}]+"), re.compile(r"[A-Za-z][A-Za-z’'-]+")
_ASIDE = re.compile(r"[(（][^()（）]{,200}[)）]|[“「\"][^“”「」\"]{,200}[”」\"]")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日[（(，, ]?(?P<weekday>(?:星期|禮拜|[週周])[一二三四五六日天])"
    ),
    "en": re.compile(
        rf"(?P<weekday>{'|'.join(_WEEKDAYS)}), (?P<month>{'|'.join(ENGLISH_MONTHS)}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})"
    ),
}


@check(
    rules="F1 F2 F3 F4 F5 F6",
    messages={
        "unpaired": gettext_noop("“%(a)s” has no partner."),
        "doubled": gettext_noop("Doubled punctuation “%(a)s”. Change to “%(b)s”"),
        "before_and": gettext_noop("No 、 before 及, 和 and 與. Remove"),
        "repeated": gettext_noop("“%(a)s” is written twice. Remove one"),
        "invisible": gettext_noop("A character here cannot be seen: %(a)s. Remove"),
        "language_zh": gettext_noop("This Chinese text is mostly in English."),
        "language_en": gettext_noop("This English text is mostly in Chinese."),
        "chinese_left": gettext_noop(
            "“%(a)s” is Chinese. Translate it, or put it in brackets or quotation marks."
        ),
        "weekday": gettext_noop("The date was not a %(a)s. Change to %(b)s"),
        "addresses": gettext_noop("The two languages link to different addresses."),
        "same_point": gettext_noop("The same as point %(n)s."),
    },
)
def check_form(content: Content, context: CheckContext) -> list[Finding]:
    """Check form in both languages: marks, repeated words and points, language, addresses, weekdays."""
    findings: list[Finding] = []
    for pair in iterate_text_pairs(content):
        texts = [pair.read(side) for side in SIDES]
        for text in texts:
            findings += _check_text(text)
        findings += _check_pair(*texts)
    return [*findings, *_find_same_points(content.bullets)]


def _find_same_points(bullets: Iterable[Bullet]) -> Iterator[Finding]:
    """Yield a finding for each bullet that repeats an earlier one, in one language or in all that it has.

    The message counts positions as the editor sees them.
    """
    positions: dict[tuple[Side, str], int] = {}
    for position, bullet in enumerate(bullets, 1):
        keys = [
            (side, bullet.text(side).casefold().strip()) for side in SIDES if has_words(bullet.text(side))
        ]
        repeated = [(side, positions[side, text]) for side, text in keys if (side, text) in positions]
        if repeated:
            side: Side | Literal[""] = "" if len(repeated) == len(SIDES) else repeated[0][0]
            yield Finding("form.same_point", "bullet", bullet.number, side, values={"n": repeated[0][1]})
        for key in keys:
            positions.setdefault(key, position)


def _check_text(text: CheckedText) -> Iterator[Finding]:
    plain = text.without_urls
    if (at := _find_unpaired(plain)) is not None:
        yield text.build_finding("form.unpaired", (at, at + 1), {"a": plain[at]})
    yield from text.replace_matches("form.doubled", _DOUBLED[text.side], _choose_mark)
    if text.side == "zh":
        yield from text.replace_matches("form.before_and", _MARK_BEFORE_AND, "")
    for match in _REPEATED[text.side].finditer(plain):
        word = match[0].strip()
        edit = text.build_edit(*match.span(), "")
        yield text.build_finding("form.repeated", match.span(), {"a": word}, [edit])
    for character, spans in _group_invisible(text.original).items():
        edits = [text.build_edit(*span, "") for span in spans]
        yield text.build_finding("form.invisible", spans[0], {"a": describe_character(character)}, edits)
    han, latin = len("".join(_HAN.findall(plain))), len(_LATIN.findall(plain))
    if (han > latin + 3) if text.side == "en" else (latin > han + 3):
        yield text.build_finding(f"form.language_{text.side}", (0, len(plain)))
    elif text.side == "en" and (left := _HAN.search(_ASIDE.sub(lambda aside: " " * len(aside[0]), plain))):
        yield text.build_finding("form.chinese_left", left.span(), {"a": left[0]})
    for match in _DATE[text.side].finditer(fold_characters(plain)):
        if (right := _find_weekday(match, text.side)) and right != match["weekday"]:
            yield text.build_replacement_finding("form.weekday", match.span("weekday"), right)


def _group_invisible(text: str) -> dict[str, list[Span]]:
    """Return the spans of each invisible character."""
    spans: dict[str, list[Span]] = {}
    for match in find_matches(INVISIBLE_CHARACTER, text):
        spans.setdefault(match[0], []).append(match.span())
    return spans


def _find_unpaired(plain: str) -> int | None:
    """Return the position of the first bracket or quotation mark without its partner."""
    numbers = {match.end() - 1 for match in _LIST_NUMBER.finditer(plain)}
    opened: list[int] = []
    for match in _MARK.finditer(plain):
        at, mark = match.start(), match[0]
        if mark not in _OPENING_BY_CLOSING:
            opened.append(at)
        elif opened and _fold_bracket(plain[opened[-1]]) == _fold_bracket(_OPENING_BY_CLOSING[mark]):
            opened.pop()
        elif at not in numbers:
            return at
    return opened[0] if opened else None


def _fold_bracket(mark: str) -> str:
    return "(" if mark == "（" else mark


def _choose_mark(match: re.Match[str]) -> str:
    """Return the mark to keep of several: a full stop, else the first."""
    return next((mark for mark in match[0] if mark in "。.?!"), match[0][0])


def _find_weekday(match: re.Match[str], side: Side) -> str:
    """Return the weekday of a written date, in the words that the text uses."""
    month = match["month"] if side == "zh" else ENGLISH_MONTHS.index(match["month"]) + 1
    try:
        number = date(int(match["year"]), int(month), int(match["day"])).weekday()
    except ValueError:
        return ""
    written = match["weekday"]
    if side == "en":
        return _WEEKDAYS[number]
    return written if number == 6 and written[-1] in "日天" else written[:-1] + "一二三四五六日"[number]


def _check_pair(zh: CheckedText, en: CheckedText) -> Iterator[Finding]:
    one, other = set(find_urls(zh.original)), set(find_urls(en.original))
    if one and other and one != other:
        at = zh.original.find(min(one - other or one))
        yield zh.build_finding("form.addresses", (at, at + 4))


_INVISIBLE = "\u180e\u200b\u200e\u200f\u2028\u2029\u2060\ufeff"
_STRAY_SPACE = re.compile(f"[{_INVISIBLE}]+|[ \u00a0\u2007\u202f]{{2,}}|[\u00a0\u2007\u202f]")
_CJK = f"{HAN_RANGES}，。、；：！？「」『』《》〈〉（）"
_SPACE_BETWEEN_CJK = re.compile(f"(?<=[{_CJK}])[ \u00a0\u3000]+(?=[{_CJK}])")
_MISPLACED_EN = re.compile(
    r"(?<=[A-Za-z0-9”’)])(?P<before> +[,;:?!.](?=\s|$)| +,(?=[a-z]))|(?<=[a-z”’)])(?P<after>[,;](?=[A-Za-z“‘(])|(?<=[a-z]{3})[.](?=[A-Z][a-z]* ))|(?P<inside>\( +|(?<! ) +\))"
)
_IS_CJK, _IS_LATIN = re.compile(f"[{_CJK}]"), re.compile("[A-Za-z0-9%]")


@check(
    is_plain=True,
    messages={
        "han": ngettext(
            "%(n)s space between Chinese characters. Remove",
            "%(n)s spaces between Chinese characters. Remove",
        ),
        "stray": ngettext(
            "%(n)s double or invisible space. Clean up", "%(n)s double or invisible spaces. Clean up"
        ),
        "marks": ngettext(
            "%(n)s space too many or too few beside a punctuation mark. Clean up",
            "%(n)s spaces too many or too few beside punctuation marks. Clean up",
        ),
    },
)
def check_spaces(content: Content, context: CheckContext) -> list[Finding]:
    """Find double, zero-width, non-breaking and other stray spaces, and spaces between Chinese characters."""
    chinese = list_side_texts(content, "zh")
    between = [edit for text in chinese for edit in text.build_edits(_SPACE_BETWEEN_CJK, "")]
    stray = [
        edit for side in SIDES for text in list_side_texts(content, side) for edit in _stray_space_edits(text)
    ]
    marks = [edit for text in list_side_texts(content, "en") for edit in _misplaced_space_edits(text)]
    return [
        *build_brief_finding("spaces.han", between, n=len(between)),
        *build_brief_finding("spaces.marks", marks, n=len(marks)),
        *build_brief_finding("spaces.stray", stray, n=len(stray)),
    ]


def _misplaced_space_edits(text: CheckedText) -> Iterator[Edit]:
    """Yield edits of English marks: a space before a comma or full stop, none after a comma or full stop, one inside a bracket."""
    for match in find_matches(_MISPLACED_EN, text.without_urls):
        is_close = bool(match["after"]) or text.without_urls[match.end() :][:1].isalpha()
        to = match[0].strip() + " " * (is_close and not match["inside"])
        yield text.build_edit(*match.span(), to)


def _stray_space_edits(text: CheckedText) -> Iterator[Edit]:
    """Yield edits for stray spaces, except those beside Chinese that another rule covers."""
    for match in find_matches(_STRAY_SPACE, text.original):
        start, end = match.span()
        before, after = text.original[max(start - 1, 0) : start], text.original[end : end + 1]
        if match[0][0] in _INVISIBLE:
            yield text.build_edit(start, end, "")
        elif not _is_covered_by_another_rule(before, after):
            yield text.build_edit(start, end, " ")


def _is_covered_by_another_rule(before: str, after: str) -> bool:
    """Return whether both characters are Chinese, or one is Chinese and the other Latin."""
    cjk = bool(_IS_CJK.match(before)), bool(_IS_CJK.match(after))
    if all(cjk):
        return True
    return any(cjk) and bool(_IS_LATIN.match(after if cjk[0] else before))


_FEWEST_PAIRS = 3
"""In a shorter list there are too few other texts to compare with."""


@check(
    messages={
        "doubtful": gettext_noop("This pair may not say the same."),
        "swap": gettext_noop("This pair may not say the same. The English of bullet %(n)s fits better."),
        "joined": gettext_noop(
            "This bullet and %(n)s say together what one text says. Join or split (Esc M, Enter)."
        ),
    }
)
def check_pairing(content: Content, context: CheckContext) -> list[Finding]:
    places = [(n, b) for n, b in enumerate(content.bullets) if b.text_zh and b.text_en]
    zh, en = ([bullet.text(side) for bullet in content.bullets] for side in SIDES)
    if len(places) < _FEWEST_PAIRS or has_too_many_words(zh, en):
        return []
    scores = PairScores(zh, en, terms=[(term.zh, term.en) for term in context.terms])
    if not scores.has_words:
        return []
    doubtful = [n for n, _ in places if scores.compute_confidence(scores.score(n, n)) < DOUBTFUL_CONFIDENCE]
    partners = {n: scores.find_better_partner(n, n) for n in doubtful}
    return [
        _build_doubtful_finding(content, n, partner)
        for n, partner in partners.items()
        if partner is None
        or partner > n
        or partners.get(partner) != n  # offer a swap once, not from both pairs
    ] + _find_joined(content, scores)


def _build_doubtful_finding(content: Content, n: int, partner: int | None) -> Finding:
    bullet = content.bullets[n]
    if partner is None:
        return Finding("pairing.doubtful", "bullet", bullet.number)
    other = content.bullets[partner]
    swap = Repair(
        "pairing.swap",
        edits=tuple(
            Edit(row.number, "bullet", "en", 0, len(row.text_en), row.text_en, text)
            for row, text in ((bullet, other.text_en), (other, bullet.text_en))
        ),
    )
    return Finding("pairing.swap", "bullet", bullet.number, values={"n": partner + 1}, repair=swap)


def _find_joined(content: Content, scores: PairScores) -> list[Finding]:
    """Report a one-sided bullet that, joined with the bullet above or below, fits its other side better."""
    findings = []
    for n, bullet in enumerate(content.bullets):
        if bool(bullet.text_zh) == bool(bullet.text_en):
            continue
        for other in (n - 1, n + 1):
            if not 0 <= other < len(content.bullets):
                continue
            pair = content.bullets[other]
            if not (pair.text_zh and pair.text_en):
                continue
            both, one = sorted((n, other)), [other]
            joined = scores.score_joined(both, one) if bullet.text_zh else scores.score_joined(one, both)
            if joined is not None and joined - JOIN_COST > scores.score(other, other):
                findings.append(Finding("pairing.joined", "bullet", bullet.number, values={"n": other + 1}))
                break
    return findings
