"""A citation as a sentence: Chicago (bibliography), APA, and the form of Taiwan's journals of policy and history.

A sentence is a list of runs, some of them titles, so that a page can set titles upright, italic or in the script
of their language. Chicago and APA are English; the form used in Taiwan is Chinese, and cites what is in a Western
language in its own way.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..text import dates
from .works import Name, Work

MOST_IN_CHICAGO = 10
MOST_IN_APA = 20


@dataclass(frozen=True, slots=True)
class Run:
    text: str
    italic: bool = False


type Sentence = list[Run]


def plain(sentence: Sentence) -> str:
    return "".join(run.text for run in sentence)


def chicago(work: Work) -> Sentence:
    """Family, Given, and Given Family. “Title.” Outlet, June 9, 2025. Address."""
    authors = [name.printed for name in work.authors]
    if work.authors and not work.authors[0].is_chinese:
        authors[0] = work.authors[0].inverted
    if len(authors) > MOST_IN_CHICAGO:
        authors = [*authors[:7], "et al."]
        who = ", ".join(authors)
    else:
        who = _series(authors, ", and ", ", and ")
    digest = [Run("Digest of "), *_in_english(work.digests), Run(".")] if work.digests else []
    return _spaced(
        [Run(_stopped(who))] if who else [],
        [Run(f"“{_stopped(_inner(work.title))}”")] if work.title else [Run("Article.")],
        digest,
        _published(work),
        *_end(work),
    )


def apa(work: Work) -> Sentence:
    """Family, G., & Family, G. (2025, June 9). Title. Outlet. Address."""
    authors = [_initialled(name) for name in work.authors]
    if len(authors) > MOST_IN_APA:
        authors = [*authors[:19], f"… {authors[-1]}"]
        who = ", ".join(authors)
    else:
        who = _series(authors, ", & ", ", & ")
    when = [Run(f"({_year_first(work)}).")]
    title = [Run(_stopped(work.title or "[Article]"))]
    if work.digests:
        title = [Run(work.title, italic=True), Run(" [Digest of "), *_in_english(work.digests), Run("].")]
    outlet = [Run(work.outlet, italic=not work.digests), Run(".")] if work.outlet else []
    first = ([Run(_stopped(who))], when, title) if who else (title, when)
    return _spaced(*first, outlet, *_end(work))


def taiwan(work: Work) -> Sentence:
    """作者，〈篇名〉，《刊名》，2025年6月9日，網址。 What is not Chinese keeps its own marks."""
    if not work.is_chinese:
        who = _series([name.printed for name in work.authors], " and ", ", and ")
        return [
            *([Run(f"{who}, ")] if who else []),
            *_in_english(work, named=False),
            *([Run(f", {work.link}")] if work.link else []),
            Run("."),
        ]
    parts: list[Sentence] = []
    if work.authors:
        parts.append([Run("、".join(name.printed for name in work.authors))])
    parts.append([Run(f"〈{_nested(work.title)}〉" if work.title else "文章")])
    if work.digests:
        inner = _taiwan_short(work.digests)
        parts.append([Run("摘自"), *inner])
    if work.outlet:
        parts.append([Run(f"《{work.outlet}》")])
    if when := dates.format_article_date(work.date, work.label, "zh"):
        parts.append([Run(when)])
    if work.link:
        parts.append([Run(work.link)])
    return [run for part in _between(parts, Run("，")) for run in part] + [Run("。")]


def _taiwan_short(article: Work) -> Sentence:
    """The article inside a citation of its brief: no authors, who stand before it, and no address."""
    if not article.is_chinese:
        return _in_english(article, named=False)
    title = f"〈{_nested(article.title)}〉" if article.title else ""
    outlet = f"《{article.outlet}》" if article.outlet else ""
    return [
        Run(
            "，".join(
                filter(None, (title, outlet, dates.format_article_date(article.date, article.label, "zh")))
            )
        )
    ]


STYLES: dict[str, Callable[[Work], Sentence]] = {"Chicago": chicago, "APA": apa}
"""Those that are English."""


def _in_english(article: Work, *, named: bool = True) -> Sentence:
    """“Title,” Outlet, June 9, 2025: in a row, as in a note."""
    runs: Sentence = []
    if article.title:
        runs = [Run(f"“{_inner(article.title)}{'' if _ends(article.title) else ','}” ")]
    elif named:
        runs = [Run("an article in ")]
    parts = [[Run(article.outlet, italic=True)]] if article.outlet else []
    if when := _day(article):
        parts.append([Run(when)])
    return runs + [run for part in _between(parts, Run(", ")) for run in part]


def _published(work: Work) -> Sentence:
    when = _day(work)
    parts = [[Run(work.outlet, italic=True)]] if work.outlet else []
    if when:
        parts.append([Run(when)])
    runs = [run for part in _between(parts, Run(", ")) for run in part]
    return [*runs, Run(".")] if runs else []


def _end(work: Work) -> list[Sentence]:
    """The address; without a date of its own, the day it was read."""
    address = [[Run(f"{work.link}.")]] if work.link else []
    day = dates.parse_first_day(work.accessed) if address and not work.date else None
    return [[Run(f"Accessed {_american(day.isoformat())}.")], *address] if day else address


def _series(names: Sequence[str], two: str, more: str) -> str:
    if len(names) < 3:
        return two.join(names)
    return ", ".join(names[:-1]) + more + names[-1]


def _initialled(name: Name) -> str:
    """Chilukuri, V.; a corporate author and a Chinese name stay whole."""
    if name.literal or name.is_chinese or not name.given:
        return name.printed
    given, _, suffix = name.given.partition(", ")
    words = given.replace(".", ". ").split()
    initials = " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in words)
    return ", ".join(filter(None, (name.family, initials, suffix)))


def _year_first(work: Work) -> str:
    if not work.date:
        return "n.d."
    year = work.date[:4]
    if work.label:
        rest = work.label.removesuffix(year).strip()
        return f"{year}, {rest}" if rest else year
    day = _american(work.date)
    return f"{year}, {day.removesuffix(year).strip(', ')}" if day != year else year


def _day(work: Work) -> str:
    return work.label or (_american(work.date) if work.date else "")


def _american(iso: str) -> str:
    """June 9, 2025: what both styles ask for, whatever the site writes elsewhere."""
    year, month, day = (*iso.split("-"), "", "")[:3]
    if not month:
        return year
    return f"{dates.ENGLISH_MONTHS[int(month) - 1]} {f'{int(day)}, ' if day else ''}{year}"


def _inner(title: str) -> str:
    """A quotation inside a quotation."""
    return title.translate(str.maketrans("“”", "‘’"))


def _nested(title: str) -> str:
    return re.sub("〈([^〉]*)〉", "《\\1》", title)


def _ends(text: str) -> bool:
    return text.rstrip("”’」』）").endswith((".", "?", "!", "…", "。", "？", "！"))


def _stopped(text: str) -> str:
    return text if _ends(text) else f"{text}."


def _spaced(*parts: Sentence) -> Sentence:
    return [run for part in _between([part for part in parts if part], Run(" ")) for run in part]


def _between(parts: Sequence[Sentence], mark: Run) -> list[Sentence]:
    found: list[Sentence] = []
    for part in parts:
        found += [[mark], part] if found else [part]
    return found
