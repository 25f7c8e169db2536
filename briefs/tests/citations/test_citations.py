"""Citations of briefs and of the articles they digest: export files and citation styles."""

import dataclasses
import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from briefs.citations import works
from briefs.citations.bibtex import format_bibtex
from briefs.citations.citation_reader import read_citation
from briefs.citations.csl import format_csl
from briefs.citations.ris import format_ris
from briefs.citations.works import AuthorName, CitableWork
from briefs.content import Byline, Content, Facts, tidy_line
from briefs.models import Author, Edition
from briefs.public_brief import PublicAuthor, PublicBrief, PublicNames, PublicSource
from briefs.tests.support import corpus_fixtures

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
BRIEF = dataclasses.replace(ARTICLE, citation_key="a", kind="brief", authors=(), title="A Headline", facts={"url": "https://d.example/en/briefs/a/"}, digested_article=ARTICLE, outlet="Think-Tank Digest", date="2026-06-12")  # fmt: skip
FORMATS = {"ris": format_ris, "bibtex": format_bibtex, "csl": format_csl}


def to_plain_text(sentence: works.CitationSentence) -> str:
    return "".join(run.text for run in sentence)


@pytest.mark.parametrize("work", [ARTICLE, CHINESE, BRIEF], ids=["article", "chinese", "brief"])
@pytest.mark.parametrize("form", FORMATS)
def test_exported_citation_is_read_back_unchanged(form: str, work: CitableWork) -> None:
    reading = read_citation(FORMATS[form](work))
    assert (reading.format, reading.entry_count) == (form, 1)
    cited = reading.article
    assert (cited.title, cited.source, cited.date) == (work.title, work.outlet, work.date)
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


def test_brief_citation_names_the_article() -> None:
    article = dataclasses.replace(ARTICLE, authors=ARTICLE.authors[:1])
    brief = dataclasses.replace(BRIEF, digested_article=article)
    digest = "Digest of Vivek Chilukuri, “Why ‘Neutrality’ Fails,” Foreign Policy, June 9, 2025"
    assert to_plain_text(works.format_chicago(brief)) == (
        f"“A Headline.” Think-Tank Digest, June 12, 2026. {digest}. https://d.example/en/briefs/a/."
    )
    assert works.describe_digested_article(brief) == f"{digest}, https://doi.org/10.1000/a_b.c"
    bare = dataclasses.replace(brief, digested_article=dataclasses.replace(article, title="", authors=()))
    assert "Digest of an article in Foreign Policy, June 9, 2025." in to_plain_text(
        works.format_chicago(bare)
    )
    chinese = dataclasses.replace(brief, title="標題", language="zh-TW", outlet="智庫文摘")
    assert to_plain_text(works.format_taiwan(chinese)) == (
        "〈標題〉，《智庫文摘》，2026年6月12日，摘自Vivek Chilukuri, “Why ‘Neutrality’ Fails,” Foreign Policy, "
        "2025年6月9日，https://d.example/en/briefs/a/。"
    )
    of_chinese = dataclasses.replace(chinese, digested_article=CHINESE)
    assert works.format_attribution(of_chinese) == (
        "〈標題〉，《智庫文摘》，2026年6月12日，摘自王小明、歐陽菲菲，〈論臺海情勢〉，《遠景基金會季刊》，2025年6月9日，"
    )


@pytest.mark.parametrize(
    ("kind", "en", "zh", "expected"),
    [
        ("magazine", "Foreign Policy", "外交政策", True),
        ("website", "War on the Rocks", "", True),
        ("think-tank", "Lawfare", "", False),
        ("journal", "Journal of the Institute of X", "遠景基金會", True),
        ("", "Foreign Affairs", "外交事務", True),
        ("", "Institute for the Study of War (ISW)", "", False),
        ("", "Chatham", "皇家國際事務研究所", False),
        ("broadcaster", "Radio Free Asia", "自由亞洲電台", True),
    ],
)
def test_publications_are_told_from_institutes(kind: str, en: str, zh: str, expected: bool) -> None:
    assert works.is_publication(PublicSource(1, "x", zh, en, kind)) is expected
    outlet = dataclasses.replace(CHINESE, outlet="外交", is_in_publication=expected)
    assert ("《外交》" in to_plain_text(works.format_taiwan(outlet))) == expected
    english = dataclasses.replace(ARTICLE, is_in_publication=expected)
    assert [run.text for run in works.format_apa(english) if run.italic] == ["Foreign Policy"][:expected]


def test_date_of_an_issue_is_chinese_in_chinese() -> None:
    for label, words in {
        "May/June 2025": "2025年5／6月號",
        "May 2025": "2025年5月號",
        "Spring 2025": "2025年春季號",
        "Winter/Spring 2025": "2025年冬／春季號",
        "Vol. 3": "Vol. 3",
    }.items():
        work = dataclasses.replace(ARTICLE, date="2025-05", issue_label=label)
        assert to_plain_text(works.format_taiwan(work)).endswith(f", {words}, {work.link}.")
        assert label in to_plain_text(works.format_chicago(work))


@pytest.mark.parametrize("author_count", [0, 1, 2, 3, 11, 23])
def test_citation_with_missing_fields_is_well_punctuated(author_count: int) -> None:
    authors = tuple(AuthorName(f"Family{n}", "Henry A., Jr.") for n in range(author_count))
    for missing_fields in ({}, {"title": ""}, {"outlet": ""}, {"date": ""}, {"facts": {}}):
        for work in (ARTICLE, CHINESE, *([] if "title" in missing_fields else [BRIEF])):
            work = dataclasses.replace(work, authors=authors, **missing_fields)
            for style in (*works.ENGLISH_STYLES.values(), works.format_taiwan):
                citation = to_plain_text(style(work))
                assert not re.search(r"  | ,|\.\.|,,|^\W*[,.]|\s$|，，", citation), citation
                assert citation.endswith((".", "。", "?"))


@pytest.mark.django_db
@corpus_fixtures.NO_STATIC
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
        corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
        content_types = {
            "ris": "application/x-research-info-systems; charset=utf-8",
            "bib": "application/x-bibtex; charset=utf-8",
            "json": "application/vnd.citationstyles.csl+json; charset=utf-8",
        }
        for name, response in self.fetch_files(client, "zh-hant").items():
            subject, extension = name.split(".")
            key = "next-technology-race" + ("-original" if subject == "original" else "")
            assert response.status_code == 200
            assert response.headers["Content-Type"] == content_types[extension]
            assert response.headers["Content-Disposition"] == f'attachment; filename="{key}.{extension}"'
            cited = read_citation(response.content.decode()).article
            assert cited.source == ("智庫文摘" if subject == "cite" else "Foreign Policy")
            assert cited.title == ("美國如何贏得下一場科技競賽" if subject == "cite" else "")

    @pytest.mark.parametrize(
        ("kind", "chinese", "english"), [("own", "林孝庭", "林孝庭"), ("transliteration", "Lin, Hsiao-ting", "Lin, Hsiao-ting")]
    )  # fmt: skip
    def test_transliterated_name_is_not_cited(
        self, client: Client, kind: str, chinese: str, english: str
    ) -> None:
        author = Author.make(
            name="Hsiao-ting Lin", family="Lin", given="Hsiao-ting", name_zh="林孝庭", name_zh_kind=kind
        )
        content = corpus_fixtures.load_sample(corpus_fixtures.SEED)
        language = "zh" if kind == "own" else "en"
        facts = dataclasses.replace(
            content.facts, authors=(Byline(author.pk),), title="On It", language=language
        )
        corpus_fixtures.publish(dataclasses.replace(content, facts=facts))
        for lang, name in (("zh-hant", chinese), ("en", english)):
            files = self.fetch_files(client, lang)
            expected = name.replace("林孝庭", "林, 孝庭")
            assert "AU  - " not in files["cite.ris"].content.decode()
            assert f"AU  - {expected}\r\n" in files["original.ris"].content.decode()
            page = client.get(f"/{lang}/briefs/next-technology-race/").content.decode()
            if kind == "transliteration":
                citation_box = re.search(r'<section class="cite".*?</section>', page, re.DOTALL)
                assert citation_box
                assert "林孝庭" not in citation_box[0] + "".join(f.content.decode() for f in files.values())

    def test_withdrawn_brief_has_no_citation_files(self, client: Client) -> None:
        edition = corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED))
        Edition.objects.filter(pk=edition.pk).update(
            withdrawn_at=corpus_fixtures.DAY,
            withdrawn_kind="rights",
            withdrawn_reason_zh="權",
            withdrawn_reason_en="R",
        )
        unknown_brief_page = client.get("/en/briefs/no-such-brief/cite.ris").content
        for response in self.fetch_files(client, "en").values():
            assert (response.status_code, response.content) == (404, unknown_brief_page)


def test_family_name_printed_first_stays_first() -> None:
    author = PublicAuthor(1, "liu-he", "劉鶴", "Liu He", "Liu", "He")
    name = works._author(author, chinese=False)
    assert (name.display_name, name.inverted) == ("Liu He", "Liu, He")


def test_unsplit_author_name_is_cited_whole() -> None:
    names = PublicNames(authors=(PublicAuthor(1, "x", "外交部", "Ministry of X"),))
    content = Content("題", "H", facts=Facts(date="soon"))
    brief = PublicBrief("x", corpus_fixtures.DAY, corpus_fixtures.DAY, content, names)
    article = works.build_article_work(brief)
    assert (article.authors, article.date) == ((AuthorName(literal="Ministry of X"),), "")
    assert works.build_brief_work(brief, "zh", "S").authors == ()
