"""The two citable works of a public brief, and their citations as sentences: Chicago, APA, Taiwan's journals.

A brief is cited as a web page by the organization that runs the site: the article's author did not write it, and editors
are not named in public. Its genre, "Digest of “…” by …", names the article. Transliterated Chinese names are never cited.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from briefs.bilingual.public_brief import PublicAuthor, PublicBrief, PublicSource
from briefs.bilingual.text import date_format, detect_language_code, paths
from briefs.bilingual.text.person_names import NameOrder, divide_person_name
from briefs.content import Side
from briefs.facts import CITED_FACTS

type WorkKind = Literal[
    "brief", "article", "magazine", "newspaper", "journal", "report", "testimony", "interview"
]

_OUTLETS: dict[str, WorkKind] = {"magazine": "magazine", "newspaper": "newspaper", "journal": "journal"}
PUBLICATION_KINDS = (*_OUTLETS, "website")
"""Kinds of source whose names are put in 《》 in Chinese and in italics in English."""
INSTITUTE_KINDS = ("think-tank", "university", "government")
_INSTITUTE_NAME = re.compile(
    r"\b(Institut\w*|Cent(?:er|re)|Foundation|Council|Corporation|Endowment|Universit\w+|Ministry|Department|Association"
    r"|Society|School|College|Academy|Agency|Commission|Office|Committee|Organi[sz]ation|Fund|Bank|Library|Museum|Archives)\b|\bProject$"
    r"|(?:研究所|研究院|中心|基金會|協會|學會|大學|學院|委員會|智庫|公司|機構|組織|部|署|局|院|館)$",
    re.MULTILINE,
)
_KINDS: dict[str, WorkKind] = {"report": "report", "testimony": "testimony", "interview": "interview"}


FILE_TYPES_BY_KIND = {
    "brief": ("ELEC", "webpage"), "article": ("ELEC", "webpage"), "magazine": ("MGZN", "article-magazine"),
    "newspaper": ("NEWS", "article-newspaper"), "journal": ("JOUR", "article-journal"), "report": ("RPRT", "report"),
    "testimony": ("HEAR", "hearing"), "interview": ("MGZN", "interview"),
}  # fmt: skip
"""Types of RIS and of CSL."""


@dataclass(frozen=True, slots=True)
class AuthorName:
    """A person in two parts, or a corporate author or undivided name in `literal`."""

    family: str = ""
    given: str = ""
    literal: str = ""
    as_printed: str = ""
    """The printed form, which may have more than the parts: Martin Luther King, Jr."""
    is_family_first: bool = False
    """Whether the name is printed family name first: Liu He. Such a name is never inverted."""
    is_order_unknown: bool = False
    """Whether `literal` is a person's name of which nobody has said yet where the family name is."""

    @property
    def is_chinese(self) -> bool:
        return detect_language_code(self.family or self.literal) != "en"

    @property
    def display_name(self) -> str:
        """Return the name in printed order."""
        if said := self.literal or self.as_printed:
            return said
        if self.is_chinese:
            return f"{self.family}{self.given}"
        given, _, suffix = self.given.partition(", ")
        return " ".join(filter(None, (given, self.family, suffix)))

    @property
    def inverted(self) -> str:
        """Return "Family, Given", for sorted lists and for programs."""
        return self.literal or (f"{self.family}, {self.given}" if self.given else self.family)


@dataclass(frozen=True, slots=True)
class CitableWork:
    """A work to cite.

    `date` and `accessed_on` are ISO, cut to their precision; `issue_label` is the issue's own ("May/June 2025").
    """

    citation_key: str
    kind: WorkKind
    title: str
    language: str
    authors: tuple[AuthorName, ...]
    outlet: str
    date: str
    is_in_publication: bool = True
    """Whether the outlet is a publication, not an institute."""
    issue_label: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """The facts in `CITED_FACTS`, by name."""
    accessed_on: str = ""
    abstract: str = ""
    digested_article: "CitableWork | None" = None
    """The article, if the work is a brief."""
    genre: str = ""
    """What a brief is: Digest of “The Title” by Ann Lee, RAND Corporation, March 4, 2025."""

    @property
    def url(self) -> str:
        return self.facts.get("url", "")

    @property
    def doi(self) -> str:
        return self.facts.get("doi", "")

    @property
    def link(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    @property
    def is_chinese(self) -> bool:
        return self.language.lower().startswith("zh")


def build_brief_work(brief: PublicBrief, side: Side, site_name: str) -> CitableWork:
    """Build the work for one language of a brief. The URL begins with `paths.SITE_PLACEHOLDER`."""
    title = brief.headline(side)
    if (
        title.casefold() == brief.facts.title.casefold()
    ):  # else a list of references would show two works as one
        title += "（文摘）" if side == "zh" else " (digest)"
    return CitableWork(
        citation_key=f"{brief.slug}-{side}",
        kind="brief",
        title=title,
        language="zh-TW" if side == "zh" else "en",
        authors=(AuthorName(literal=site_name),),
        outlet="",
        date=brief.published_day.isoformat(),
        facts={"url": f"{paths.SITE_PLACEHOLDER}{paths.brief(side, brief.slug)}"},
        abstract=brief.summary(side),
        digested_article=(article := build_article_work(brief, side)),
        genre=_describe_digest(brief, article, side),
    )


def mark_corrected(work: CitableWork, day: dt.date, side: Side) -> CitableWork:
    """Return the work of a corrected brief. The genre says so, and that it was the digest: the article's date is before it."""
    said = (
        f"；文摘於{date_format.format_day(day, 'zh')}更正"
        if side == "zh"
        else f"; digest corrected {_american_date(day.isoformat())}"
    )
    return replace(work, genre=work.genre + said)


def mark_withdrawn(work: CitableWork, day: dt.date, side: Side) -> CitableWork:
    """Return the work of a withdrawn brief: the title says so, and the text is gone."""
    said = (
        f"（{date_format.format_day(day, 'zh')}撤回）"
        if side == "zh"
        else f" (withdrawn {_american_date(day.isoformat())})"
    )
    return replace(work, title=work.title + said, abstract="")


def _describe_digest(brief: PublicBrief, article: CitableWork, side: Side) -> str:
    """Name the article. Without title and author its address does."""
    source = brief.source.label(side) if brief.source else ""
    if side == "zh" and brief.source and is_publication(brief.source):
        source = f"《{source}》"
    date = brief.facts.date if date_format.parse_first_day(brief.facts.date) else ""
    names = [_author(author, chinese=side == "zh").display_name for author in brief.authors]
    address = "" if article.title or names else article.link
    if side == "zh":
        who = "、".join(names)
        when = date_format.format_article_date(date, brief.facts.date_label, "zh")
        parts = filter(None, (who, _chinese_title(article), source, when, address))
        return "摘自" + ("，".join(parts) or "一篇文章")
    who = _join_names(names, " and ", ", and ")
    when = brief.facts.date_label or (_american_date(date) if date else "")
    what, rest = "an article", ", ".join(filter(None, (source, when, address)))
    if article.title:
        comma = "," if rest and not who and not _ends_sentence(article.title) else ""
        what = f"“{_nest_english_quotes(article.title)}{comma}”"
    first = f"Digest of {what}" + (f" by {who}" if who else "")
    return f"{first}{' ' if first.endswith('”') else ', '}{rest}" if rest else first


def build_article_work(brief: PublicBrief, side: Side = "en") -> CitableWork:
    """Build the work of the article. In Chinese the authors have their own Chinese names."""
    source = brief.source
    language = brief.facts.language or ("en" if detect_language_code(brief.facts.title) == "en" else "zh")
    chinese = language.lower().startswith("zh")
    return CitableWork(
        citation_key=f"{brief.slug}-original",
        kind=_KINDS.get(brief.facts.kind) or _OUTLETS.get(source.kind if source else "", "article"),
        title=brief.facts.title,
        language=language,
        authors=tuple(_author(author, chinese=chinese or side == "zh") for author in brief.authors),
        outlet=source.label("zh" if chinese else "en") if source else "",
        is_in_publication=source is None or is_publication(source),
        date=brief.facts.date if date_format.parse_first_day(brief.facts.date) else "",
        issue_label=brief.facts.date_label,
        facts={name: str(brief.shown_facts[name]) for name in CITED_FACTS},
        accessed_on=brief.facts.accessed_on if date_format.parse_first_day(brief.facts.accessed_on) else "",
    )


def is_publication(source: PublicSource) -> bool:
    """Return whether a source is a publication. Without a known kind its name decides."""
    if source.kind in (*PUBLICATION_KINDS, *INSTITUTE_KINDS):
        return source.kind in PUBLICATION_KINDS
    return not _INSTITUTE_NAME.search(f"{source.en}\n{source.zh}")


def _author(author: PublicAuthor, *, chinese: bool) -> AuthorName:
    if chinese and author.own:
        own = divide_person_name(author.own)
        return AuthorName(own.family, own.given) if own.family else AuthorName(literal=author.own)
    if author.family and author.given:
        is_family_first = author.order is NameOrder.FAMILY_FIRST
        return AuthorName(author.family, author.given, as_printed=author.en, is_family_first=is_family_first)
    return AuthorName(literal=author.en, is_order_unknown=author.order is NameOrder.UNKNOWN)


MAX_CHICAGO_AUTHORS = 10
MAX_APA_AUTHORS = 20


@dataclass(frozen=True, slots=True)
class StyledRun:
    text: str
    italic: bool = False


type CitationSentence = list[StyledRun]


def format_chicago(work: CitableWork) -> CitationSentence:
    """Format as: Family, Given, and Given Family. “Title.” Outlet, June 9, 2025. Address."""
    authors = [name.display_name for name in work.authors]
    if work.authors and not (work.authors[0].is_chinese or work.authors[0].is_family_first):
        authors[0] = work.authors[0].inverted
    if len(authors) > MAX_CHICAGO_AUTHORS:
        authors = [*authors[:7], "et al."]
        who = ", ".join(authors)
    else:
        who = _join_names(authors, ", and ", ", and ")
    where_and_when = _outlet_and_date(work)
    return _join(
        " ",
        [StyledRun(_with_final_stop(who))] if who else [],
        [StyledRun(f"“{_with_final_stop(_nest_english_quotes(work.title))}”")]
        if work.title
        else [StyledRun("Article.")],
        [*where_and_when, StyledRun(".")] if where_and_when else [],
        [StyledRun(f"{work.genre}.")] if work.genre else [],
        *_access_date_and_link(work),
    )


def format_apa(work: CitableWork) -> CitationSentence:
    """Format as: Family, G., & Family, G. (2025, June 9). Title. Outlet. Address."""
    authors = [_abbreviate_name(name) for name in work.authors]
    if len(authors) > MAX_APA_AUTHORS:
        authors = [*authors[:19], f"… {authors[-1]}"]
        who = ", ".join(authors)
    else:
        who = _join_names(authors, ", & ", ", & ")
    when = [StyledRun(f"({_apa_date(work)}).")]
    title = [StyledRun(_with_final_stop(work.title or "[Article]"))]
    if work.genre:
        title = [StyledRun(work.title, italic=True), StyledRun(f" [{work.genre}].")]
    outlet = [StyledRun(work.outlet, italic=work.is_in_publication), StyledRun(".")] if work.outlet else []
    first = ([StyledRun(_with_final_stop(who))], when, title) if who else (title, when)
    return _join(" ", *first, outlet, *_access_date_and_link(work))


def format_taiwan(work: CitableWork) -> CitationSentence:
    """Format as: 作者，〈篇名〉，《刊名》，2025年6月9日，網址。

    Works not in Chinese keep English punctuation, but have a Chinese date.
    """
    if not work.is_chinese:
        link = [StyledRun(f", {work.link}")] if work.link else []
        return [*_in_note(work, with_placeholder=False, date=_chinese_date(work)), *link, StyledRun(".")]
    return [*_join("，", _in_chinese_note(work), _run(work.link)), StyledRun("。")]


def format_attribution(work: CitableWork) -> str:
    """Return a brief's citation without its address. The page appends the address of the copied bullet."""
    if work.is_chinese:
        return f"{_to_text(_in_chinese_note(work))}，"
    return f"{_to_text(_in_note(work))}, {work.genre[:1].lower()}{work.genre[1:]}, "


def build_file_title(work: CitableWork) -> str:
    """Return the title for files of which programs print no genre. That of a brief says that it is a digest."""
    mark = "（文摘）" if work.is_chinese else " (digest)"
    return work.title + (mark if work.genre and work.title and mark not in work.title else "")


def describe_digested_article(work: CitableWork) -> str:
    """Name the article of a brief with its address, for the notes of reference managers. Empty for an article."""
    stop = "。" if work.is_chinese else ". "
    return stop.join(filter(None, (work.genre, work.digested_article.link if work.digested_article else "")))


def _in_chinese_note(work: CitableWork) -> CitationSentence:
    """Format as: 作者，〈篇名〉，《刊名》，2025年6月9日."""
    return _join(
        "，",
        _run("、".join(name.display_name for name in work.authors)),
        _run(_chinese_title(work) or "文章"),
        _run(_chinese_outlet(work)),
        _run(_chinese_date(work)),
        _run(work.genre),
    )


def _chinese_title(work: CitableWork) -> str:
    """Return the title in 〈〉, with titles inside it in 《》."""
    nested = re.sub("〈([^〉]*)〉", "《\\1》", work.title)
    return f"〈{nested}〉" if nested else ""


def _chinese_outlet(work: CitableWork) -> str:
    return f"《{work.outlet}》" if work.outlet and work.is_in_publication else work.outlet


ENGLISH_STYLES: dict[str, Callable[[CitableWork], CitationSentence]] = {
    "Chicago": format_chicago,
    "APA": format_apa,
}
"""The styles in English."""


def _chinese_date(work: CitableWork) -> str:
    return date_format.format_article_date(work.date, work.issue_label, "zh")


def _in_note(
    work: CitableWork, *, with_placeholder: bool = True, date: str | None = None
) -> CitationSentence:
    """Format as: Given Family, “Title,” Outlet, June 9, 2025. `date` replaces the date."""
    who = _join_names([name.display_name for name in work.authors], " and ", ", and ")
    where_and_when = _outlet_and_date(work, date)
    runs = [StyledRun(f"{who}, ")] if who else []
    if work.title:
        comma = "," if where_and_when and not _ends_sentence(work.title) else ""
        runs.append(StyledRun(f"“{_nest_english_quotes(work.title)}{comma}”{' ' if where_and_when else ''}"))
    elif with_placeholder:
        runs.append(StyledRun("article in " if who else "an article in "))
    return runs + where_and_when


def _outlet_and_date(work: CitableWork, date: str | None = None) -> CitationSentence:
    shown = _date_text(work) if date is None else date
    return _join(", ", _run(work.outlet, italic=work.is_in_publication), _run(shown))


def _access_date_and_link(work: CitableWork) -> list[CitationSentence]:
    """Return the link, preceded by the access date if the work has no date."""
    address = [[StyledRun(f"{work.link}.")]] if work.link else []
    day = date_format.parse_first_day(work.accessed_on) if address and not work.date else None
    return [[StyledRun(f"Accessed {_american_date(day.isoformat())}.")], *address] if day else address


def _join_names(names: Sequence[str], two: str, more: str) -> str:
    if len(names) < 3:
        return two.join(names)
    return ", ".join(names[:-1]) + more + names[-1]


def _abbreviate_name(name: AuthorName) -> str:
    """Abbreviate given names: Chilukuri, V. Corporate authors and Chinese names are kept whole."""
    if name.literal or name.is_chinese or not name.given:
        return name.display_name
    given, _, suffix = name.given.partition(", ")
    words = given.replace(".", ". ").split()
    initials = " ".join("-".join(f"{part[0].upper()}." for part in word.split("-") if part) for word in words)
    return ", ".join(filter(None, (name.family, initials, suffix)))


def _apa_date(work: CitableWork) -> str:
    if not work.date:
        return "n.d."
    year = work.date[:4]
    if work.issue_label:
        rest = work.issue_label.removesuffix(year).strip()
        return f"{year}, {rest}" if rest else year
    day = _american_date(work.date)
    return f"{year}, {day.removesuffix(year).strip(', ')}" if day != year else year


def _date_text(work: CitableWork) -> str:
    return work.issue_label or (_american_date(work.date) if work.date else "")


def _american_date(iso: str) -> str:
    """Format as June 9, 2025, which Chicago and APA require."""
    year, month, day = (*iso.split("-"), "", "")[:3]
    if not month:
        return year
    return f"{date_format.ENGLISH_MONTHS[int(month) - 1]} {f'{int(day)}, ' if day else ''}{year}"


def _nest_english_quotes(title: str) -> str:
    """Turn double quotation marks into single ones, for use inside a quotation."""
    return title.translate(str.maketrans("“”", "‘’"))


def _ends_sentence(text: str) -> bool:
    return text.rstrip("”’」』）").endswith((".", "?", "!", "…", "。", "？", "！"))


def _with_final_stop(text: str) -> str:
    return text if _ends_sentence(text) else f"{text}."


def _to_text(sentence: CitationSentence) -> str:
    return "".join(run.text for run in sentence)


def _run(text: str, *, italic: bool = False) -> CitationSentence:
    return [StyledRun(text, italic)] if text else []


def _join(mark: str, *parts: CitationSentence) -> CitationSentence:
    """Join the parts that are not empty."""
    sentence: CitationSentence = []
    for part in filter(None, parts):
        sentence += [StyledRun(mark), *part] if sentence else part
    return sentence
