"""Citations of briefs and of the articles they digest: export files and citation styles."""

import dataclasses
import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from briefs.bilingual.citations import works
from briefs.bilingual.citations.bibtex import format_bibtex
from briefs.bilingual.citations.citation_reader import read_citation
from briefs.bilingual.citations.csl import format_csl
from briefs.bilingual.citations.ris import format_ris
from briefs.bilingual.citations.works import AuthorName, CitableWork
from briefs.bilingual.public_brief import PublicAuthor, PublicBrief, PublicNames, PublicSource
from briefs.content import Byline, Content, Facts, tidy_line
from briefs.models import Author
from briefs.tests.support.corpus_fixtures import DAY, NO_STATIC, load_sample, publish, withdraw

ARTICLE = CitableWork(
    citation_key="a-original",
    kind="magazine",
    title="Why “Neutrality” Fails",
    language="en",
    authors=(
        AuthorName("Chilukuri", "Vivek"),
        AuthorName("O’Brien", "Mary-Kate"),
        AuthorName(literal="Ministry of X and Y"),
    ),
    outlet="Foreign Policy",
    date="2025-06-09",
    facts={"url": "https://foreignpolicy.com/a_b?x=1&y=%20#z", "doi": "10.1000/a_b.c"},
    accessed_on="2025-06-10",
)
CHINESE = dataclasses.replace(
    ARTICLE, title="論臺海情勢", language="zh-TW", authors=(AuthorName("王", "小明"), AuthorName("歐陽", "菲菲")), outlet="遠景基金會季刊", facts={}
)  # fmt: skip
DIGEST = "Digest of an article by Vivek Chilukuri, Foreign Policy, June 9, 2025"
BRIEF = dataclasses.replace(ARTICLE, citation_key="a-en", kind="brief", authors=(AuthorName(literal="Think-Tank Digest"),), title="A Headline", facts={"url": "https://d.example/en/briefs/a/"}, digested_article=ARTICLE, genre=DIGEST, outlet="", date="2026-06-12")  # fmt: skip
FORMATS = {"ris": format_ris, "bibtex": format_bibtex, "csl": format_csl}


def to_plain_text(sentence: works.CitationSentence) -> str:
    return "".join(run.text for run in sentence)


@pytest.mark.parametrize("work", [ARTICLE, CHINESE, BRIEF], ids=["article", "chinese", "brief"])
@pytest.mark.parametrize("form", FORMATS)
def test_exported_citation_is_read_back_unchanged(form: str, work: CitableWork) -> None:
    reading = read_citation(FORMATS[form](work))
    assert (reading.format, reading.entry_count) == (form, 1)
    cited = reading.article
    title = work.title if form == "csl" else works.build_file_title(work)
    assert (cited.title, cited.source, cited.date) == (title, work.outlet, work.date)
    assert [(a.family, a.given, a.literal) for a in cited.authors] == [
        (a.family, a.given, a.literal) for a in work.authors
    ]
    assert (cited.facts, cited.accessed_on) == (work.facts, work.accessed_on)
    assert cited.language[:2] == work.language[:2]


WORDS = (
    st.text("aZ9 臺灣，。《》“”’\\{}&%$#_^~\"'`-–:,;@|=()<>", min_size=1, max_size=40)
    .map(tidy_line)
    .filter(bool)
)


@given(title=WORDS, outlet=WORDS)
def test_special_characters_keep_citation_formats_valid(title: str, outlet: str) -> None:
    work = dataclasses.replace(ARTICLE, title=title, outlet=outlet)
    (item,) = json.loads(format_csl(work))
    assert (item["title"], item["container-title"]) == (title, outlet)
    lines = format_ris(work).split("\r\n")
    assert f"TI  - {' '.join(title.split())}" in lines
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines if line)
    entry = format_bibtex(work)
    assert entry.count("{") == entry.count("}")
    assert not re.search(r"(?<!\\)[&%$#_^~]", entry.split("author =")[0])
    fields = read_citation(entry)
    assert (fields.entry_count, fields.article.date) == (1, ARTICLE.date)


@pytest.mark.parametrize(
    ("date", "label", "tag", "month", "parts"),
    [
        ("2025-06-09", "", "2025/06/09/", "month = jun", [[2025, 6, 9]]),
        ("2025-05", "May/June 2025", "2025/05//May/June", "month = {May/June}", [[2025, 5], [2025, 6]]),
        ("2025-06", "", "2025/06//", "month = jun", [[2025, 6]]),
        ("2025", "", "2025///", "", [[2025]]),
    ],
)
def test_date_keeps_its_known_precision(
    date: str, label: str, tag: str, month: str, parts: list[list[int]]
) -> None:
    work = dataclasses.replace(ARTICLE, date=date, issue_label=label)
    assert f"DA  - {tag}\r\n" in format_ris(work)
    assert month in format_bibtex(work)
    assert ("month" in format_bibtex(work)) == bool(month)
    assert json.loads(format_csl(work))[0]["issued"]["date-parts"] == parts


def test_article_citation_follows_each_style() -> None:
    link = "https://doi.org/10.1000/a_b.c"
    assert to_plain_text(works.format_chicago(ARTICLE)) == (
        "Chilukuri, Vivek, Mary-Kate O’Brien, and Ministry of X and Y. “Why ‘Neutrality’ Fails.” "
        f"Foreign Policy, June 9, 2025. {link}."
    )
    assert to_plain_text(works.format_apa(ARTICLE)) == (
        "Chilukuri, V., O’Brien, M.-K., & Ministry of X and Y. (2025, June 9). Why “Neutrality” Fails. "
        f"Foreign Policy. {link}."
    )
    assert to_plain_text(works.format_taiwan(ARTICLE)) == (
        "Vivek Chilukuri, Mary-Kate O’Brien, and Ministry of X and Y, “Why ‘Neutrality’ Fails,” "
        f"Foreign Policy, 2025年6月9日, {link}."
    )
    assert to_plain_text(works.format_taiwan(CHINESE)) == (
        "王小明、歐陽菲菲，〈論臺海情勢〉，《遠景基金會季刊》，2025年6月9日。"
    )
    assert [run.text for run in works.format_chicago(ARTICLE) if run.italic] == ["Foreign Policy"]


RAND = PublicSource(1, "rand", "蘭德公司", "RAND Corporation", "think-tank")
HASS = PublicAuthor(1, "ryan-hass", "何瑞恩", "Ryan Hass", "Hass", "Ryan")
TSAI = PublicAuthor(2, "tsai", "蔡明彥", "Tsai Ming-yen", "Tsai", "Ming-yen", own="蔡明彥")


def build_conscription_brief(**changes: Any) -> PublicBrief:
    """Return the brief of which the design draws the citation files."""
    facts = Facts(date="2025-03-04", doi="10.7249/RRA1234-1", **changes)
    content = Content(
        "台灣把兵役延長為一年之後",
        "After Taiwan Extended Conscription to One Year",
        "台灣自2024年1月起……",
        "Taiwan restored …",
        facts=facts,
    )
    day = DAY.replace(year=2025, month=8, day=20)
    names = PublicNames(RAND, (HASS, TSAI))
    return PublicBrief("after-taiwan-extended-conscription-to-one-year", day, day, content, names)


def test_brief_files_have_the_fields_of_the_design() -> None:
    work = works.build_brief_work(build_conscription_brief(), "en", "Think-Tank Digest")
    genre = "Digest of an article by Ryan Hass and Tsai Ming-yen, RAND Corporation, March 4, 2025"
    key, address = f"{build_conscription_brief().slug}-en", work.url
    assert format_ris(work).split("\r\n") == [
        "TY  - ELEC",
        f"ID  - {key}",
        "AU  - Think-Tank Digest,",
        "TI  - After Taiwan Extended Conscription to One Year (digest)",
        f"M3  - {genre}",
        "PY  - 2025",
        "DA  - 2025/08/20/",
        "LA  - en",
        f"UR  - {address}",
        "AB  - Taiwan restored …",
        f"N1  - {genre}. https://doi.org/10.7249/RRA1234-1",
        "ER  - ",
        "",
    ]
    assert list(json.loads(format_csl(work))[0].items()) == [
        ("id", key),
        ("type", "webpage"),
        ("author", [{"literal": "Think-Tank Digest"}]),
        ("title", work.title),
        ("genre", genre),
        ("issued", {"date-parts": [[2025, 8, 20]]}),
        ("URL", address),
        ("language", "en"),
        ("abstract", "Taiwan restored …"),
        ("note", f"{genre}. https://doi.org/10.7249/RRA1234-1"),
    ]
    chinese = works.build_brief_work(build_conscription_brief(), "zh", "智庫文摘")
    assert format_bibtex(chinese) == (
        "@online{after-taiwan-extended-conscription-to-one-year-zh,\n"
        "  author = {{智庫文摘}},\n"
        "  title = {{台灣把兵役延長為一年之後（文摘）}},\n"
        "  type = {摘自Ryan Hass、蔡明彥，蘭德公司，2025年3月4日},\n"
        "  note = {摘自Ryan Hass、蔡明彥，蘭德公司，2025年3月4日。https://doi.org/10.7249/RRA1234-1},\n"
        "  year = {2025},\n"
        "  month = aug,\n"
        "  day = {20},\n"
        "  date = {2025-08-20},\n"
        f"  url = {{{chinese.url}}},\n"
        "  langid = {chinese},\n"
        "  abstract = {台灣自2024年1月起……}\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("After Taiwan Extended Conscription To One Year", "… (digest)"),
        ("台灣把兵役延長為一年之後", "…（文摘）"),
        ("Another Title", "…"),
        ("", "…"),
    ],
)
def test_title_says_digest_only_if_the_article_has_the_same(title: str, expected: str) -> None:
    side: Any = "zh" if "文摘" in expected else "en"
    brief = build_conscription_brief(title=title)
    assert works.build_brief_work(brief, side, "S").title == expected.replace("…", brief.headline(side))
    other: Any = "en" if side == "zh" else "zh"
    assert works.build_brief_work(brief, other, "S").title == brief.headline(other)


def test_digest_of_a_publication_without_author_names_it_in_marks() -> None:
    brief = build_conscription_brief()
    names = PublicNames(PublicSource(1, "fp", "外交政策", "Foreign Policy", "magazine"))
    bare, address = dataclasses.replace(brief, names=names), "https://doi.org/10.7249/RRA1234-1"
    assert works.build_brief_work(bare, "zh", "S").genre == f"摘自《外交政策》，2025年3月4日，{address}"
    assert works.build_brief_work(bare, "en", "S").genre == (
        f"Digest of an article, Foreign Policy, March 4, 2025, {address}"
    )


FAN = PublicAuthor(3, "fan", "范世平", "Fan Shih-ping", "Fan", "Shih-ping", own="范世平")
HO = PublicAuthor(4, "ho", "何澄輝", "Ho Cheng-hui", "Ho", "Cheng-hui", own="何澄輝")
LEE = PublicAuthor(5, "lee", "Ann Lee", "Ann Lee", "Lee", "Ann")
MINISTRY = PublicAuthor(6, "x", "Ministry of X", "Ministry of X")


@pytest.mark.parametrize(
    ("title", "authors", "zh", "en"),
    [
        ("", (LEE,), "Ann Lee，《Foreign Policy》", "an article by Ann Lee"),
        ("Rust Never Sleeps", (), "〈Rust Never Sleeps〉，《Foreign Policy》", "“Rust Never Sleeps,” Foreign Policy"),
        ("The “Rust” Belt", (MINISTRY,), "Ministry of X，〈The “Rust” Belt〉", "“The ‘Rust’ Belt” by Ministry of X"),
        ("Rust Never Sleeps", (FAN, HO), "范世平、何澄輝，〈Rust Never Sleeps〉", "“Rust Never Sleeps” by Fan Shih-ping and Ho Cheng-hui"),
    ],
)  # fmt: skip
def test_genre_names_article_and_authors(
    title: str, authors: tuple[PublicAuthor, ...], zh: str, en: str
) -> None:
    names = PublicNames(PublicSource(1, "fp", "Foreign Policy", "Foreign Policy"), authors)
    brief = dataclasses.replace(build_conscription_brief(title=title), names=names)
    assert works.build_brief_work(brief, "zh", "S").genre.startswith(f"摘自{zh}")
    assert works.build_brief_work(brief, "en", "S").genre.startswith(f"Digest of {en}")


@pytest.mark.parametrize(
    ("kind", "en", "zh", "expected"),
    [
        ("think-tank", "Lawfare", "", False),
        ("journal", "Journal of the Institute of X", "遠景基金會", True),
        ("", "Institute for the Study of War (ISW)", "", False),
        ("", "Chatham", "皇家國際事務研究所", False),
        ("", "The Avalon Project", "", False),
        ("", "Project Syndicate", "", True),
        ("broadcaster", "Radio Free Asia", "自由亞洲電台", True),
    ],
)
def test_publications_are_told_from_institutes(kind: str, en: str, zh: str, expected: bool) -> None:
    assert works.is_publication(PublicSource(1, "x", zh, en, kind)) is expected
    outlet = dataclasses.replace(CHINESE, outlet="外交", is_in_publication=expected)
    assert ("《外交》" in to_plain_text(works.format_taiwan(outlet))) == expected
    english = dataclasses.replace(ARTICLE, is_in_publication=expected)
    assert [run.text for run in works.format_apa(english) if run.italic] == ["Foreign Policy"][:expected]


def test_bibtex_is_right_for_programs_that_read_latex_in_part() -> None:
    article = dataclasses.replace(ARTICLE, title="How U.S. AI & McKinsey Win")
    assert "  title = {How {U.S.} {AI} \\& {McKinsey} Win},\n" in format_bibtex(article)
    for genre, written in {
        "Digest of “A & B_C”": "Digest of “A & B_C”",
        "Digest of “5%”": "Digest of “5\\%”",
    }.items():
        entry = format_bibtex(dataclasses.replace(BRIEF, genre=genre))
        assert f"  type = {{{written}}},\n" in entry  # pandoc prints it as it is
        assert read_citation(entry).article.title == "A Headline (digest)"


@pytest.mark.parametrize("author_count", [0, 2, 23])
def test_citation_with_missing_fields_is_well_punctuated(author_count: int) -> None:
    authors = tuple(AuthorName(f"Family{n}", "Henry A., Jr.") for n in range(author_count))
    for missing_fields in ({}, {"title": ""}, {"outlet": ""}, {"date": ""}, {"facts": {}}):
        for work in (ARTICLE, CHINESE, *([] if "title" in missing_fields else [BRIEF])):
            work = dataclasses.replace(work, authors=authors, **missing_fields)
            for style in (*works.ENGLISH_STYLES.values(), works.format_taiwan):
                citation = to_plain_text(style(work))
                assert not re.search(r"  | ,|\.\.|,,|^\W*[,.]|\s$|，，", citation), citation
                assert citation.endswith((".", "。", "?"))


def test_family_name_printed_first_stays_first() -> None:
    author = PublicAuthor(1, "liu-he", "劉鶴", "Liu He", "Liu", "He")
    name = works._author(author, chinese=False)
    assert (name.display_name, name.inverted) == ("Liu He", "Liu, He")
    work = dataclasses.replace(ARTICLE, authors=(name,))
    assert to_plain_text(works.format_chicago(work)).startswith("Liu He. “")
    assert to_plain_text(works.format_apa(work)).startswith("Liu, H. (")
    expected = [{"family": "Liu", "given": "He", "static-ordering": True}]
    assert json.loads(format_csl(work))[0]["author"] == expected


@pytest.mark.django_db
@NO_STATIC
class TestCitationFiles:
    def fetch_files(self, client: Client, lang: str) -> dict[str, Any]:
        names = [
            f"{subject}.{extension}"
            for subject in ("cite", "original")
            for extension in ("ris", "bib", "json")
        ]
        return {
            extension: client.get(f"/{lang}/briefs/next-technology-race/{extension}") for extension in names
        }

    def test_file_has_content_type_filename_and_source(self, client: Client) -> None:
        publish(load_sample())
        content_types = {
            "ris": "application/x-research-info-systems; charset=utf-8",
            "bib": "application/x-bibtex; charset=utf-8",
            "json": "application/vnd.citationstyles.csl+json; charset=utf-8",
        }
        for name, response in self.fetch_files(client, "zh-hant").items():
            subject, extension = name.split(".")
            key = "next-technology-race" + ("-original" if subject == "original" else "-zh")
            assert response.status_code == 200
            assert response.headers["Content-Type"] == content_types[extension]
            assert response.headers["Content-Disposition"] == f'attachment; filename="{key}.{extension}"'
            cited = read_citation(response.content.decode()).article
            assert cited.source == ("" if subject == "cite" else "Foreign Policy")
            assert [name.literal for name in cited.authors][:1] == [
                "智庫文摘" if subject == "cite" else "Vivek Chilukuri"
            ]
            mark = "（文摘）" if extension != "json" else ""
            headline = "美國如何贏得下一場科技競賽"
            assert cited.title == (f"{headline}{mark}" if subject == "cite" else f"[{headline}]")

    @pytest.mark.parametrize(
        ("kind", "chinese", "english"), [("own", "林孝庭", "林孝庭"), ("transliteration", "Lin, Hsiao-ting", "Lin, Hsiao-ting")]
    )  # fmt: skip
    def test_transliterated_name_is_not_cited(
        self, client: Client, kind: str, chinese: str, english: str
    ) -> None:
        author = Author.make(
            name="Hsiao-ting Lin", family="Lin", given="Hsiao-ting", name_zh="林孝庭", name_zh_kind=kind
        )
        content = load_sample()
        language = "zh" if kind == "own" else "en"
        facts = dataclasses.replace(
            content.facts, authors=(Byline(author.pk),), title="On It", language=language
        )
        publish(dataclasses.replace(content, facts=facts))
        for lang, name in (("zh-hant", chinese), ("en", english)):
            files = self.fetch_files(client, lang)
            expected = name.replace("林孝庭", "林, 孝庭")
            assert f"AU  - {expected}\r\n" in files["original.ris"].content.decode()
            page = client.get(f"/{lang}/briefs/next-technology-race/").content.decode()
            if kind == "transliteration":
                citation_box = re.search(r'<section class="cite".*?</section>', page, re.DOTALL)
                assert citation_box
                assert "林孝庭" not in citation_box[0] + "".join(f.content.decode() for f in files.values())

    def test_files_of_withdrawn_brief_say_so_and_have_no_text(self, client: Client) -> None:
        edition = publish(load_sample())
        withdraw(edition)
        for lang, said in (("en", " (withdrawn June 12, 2026)"), ("zh-hant", "（2026年6月12日撤回）")):
            for name, response in self.fetch_files(client, lang).items():
                file = response.content.decode()
                assert (response.status_code, response.headers["X-Robots-Tag"]) == (200, "noindex")
                assert (said in file) == name.startswith("cite")
                assert edition.frozen_content.summary("en")[:20] not in file
                assert edition.frozen_content.summary("zh")[:20] not in file


def test_name_of_unknown_order_is_never_inverted() -> None:
    author = PublicAuthor(1, "kim-song", "", "Kim Song", name_order="unknown")
    work = dataclasses.replace(ARTICLE, authors=(works._author(author, chinese=False),))
    assert to_plain_text(works.format_chicago(work)).startswith("Kim Song. “")
    assert to_plain_text(works.format_apa(work)).startswith("Kim Song. (")
    assert "AU  - Kim Song,\r\n" in format_ris(work)
    assert json.loads(format_csl(work))[0]["author"] == [{"literal": "Kim Song"}]
    assert "author = {{Kim Song}}" in format_bibtex(work)
