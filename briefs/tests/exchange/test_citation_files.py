"""Citations as people keep them → facts: each format by samples from life, and what is hostile or damaged."""

import contextlib
import json
import time

import pytest

from briefs.exchange.citation_files.citation_reader import (
    CITATION_SIZE_LIMIT,
    CitationRejected,
    CitedArticle,
    CitedName,
    decode_citation,
    read_citation,
)

ZOTERO_RIS = """TY  - MGZN
TI  - The Vanishing Middle Ground: Why “Neutrality” Fails
AU  - Chilukuri, Vivek
AU  - O’Brien, Mary-Kate
AU  - 王, 小明
T2  - Foreign Policy
AB  - A paragraph that
goes on in a second line - with TY in it.
DA  - 2025/06/09/
PY  - 2025
DP  - foreignpolicy.com
LA  - en-US
UR  - https://foreignpolicy.com/2025/06/09/china-ai-export/
Y2  - 2025/06/10/08:11:02
KW  - AI
ER  -
"""
FOREIGN_AFFAIRS_RIS = """TY  - JOUR
T1  - The World Order &amp; Its Discontents
A1  - Kissinger, Henry A., Jr.
JF  - Foreign Affairs
Y1  - 2025/05//May/June
VL  - 104
IS  - 3
SP  - 12
PB  - Council on Foreign Relations
SN  - 00157120
UR  - http://www.jstor.org/stable/1234567
ER  - """
RAND_RIS = """TY  - RPRT
AU  - Heath, Timothy R.
AU  - RAND Corporation
TI  - China's Quest
PB  - RAND Corporation
T3  - Research Report
CY  - Santa Monica, CA
DO  - https://doi.org/10.7249/RRA1234-1
PY  - 2024///
LA  - English
ER  -
"""
SPRINGER_BIBTEX = r"""@article{Muller2023,
  author  = {M{\"u}ller, J{\"o}rg and Garc\'{\i}a M\'arquez, Jos\'e and {European Council} and others},
  title   = {{China's} {\"O}l-Politik: A 50\% Rise \& Its Costs --- Some ``Lessons''},
  journal = {Survival},
  year    = {2023},
  month   = jun,
  volume  = 65,
  pages   = "12--34",
  doi     = {10.1080/00396338.2023.2239061},
  url     = {https://www.tandfonline.com/doi/full/10.1080/00396338.2023.2239061\#abstract},
  note    = {Accessed: 2025-06-10}
}"""
BIBLATEX = r"""% Zotero, Better BibLaTeX
@string{fp = "Foreign Policy"}
@comment{nothing here}
@online{chilukuri_2025,
  title = {Trump Should Learn from {{Biden}}},
  subtitle = {And Fast},
  author = {Chilukuri, Vivek and van der Berg, Anna and Łukasz Ko{\l}akowski},
  date = {2025-06-09},
  journaltitle = fp # " Magazine",
  url = {https://example.org/~user/a_b--c},
  urldate = {2025-06-11},
  langid = {english},
}

@book{other, title = {Second}}
"""
OLD_BIBTEX = r"""@techreport{x,
 Author = "Ann Lee and Robert de la Cruz",
 Title = "On {\LaTeX}: \'Etat, na\"\i ve, {\v S}vejk, Stra{\ss}e, \AA rhus, Erd\H{o}s, fa\c{c}ade",
 Institution = {Brookings Institution},
 Month = "May/June",
 Year = 2025
}"""
CHINESE_BIBTEX = "@article{w, author={王小明 and 歐陽菲菲}, title={論臺海情勢}, journal={遠景基金會季刊}, year={2024}, month={3}, day={5}, language={chinese}}"
ZOTERO_CSL = json.dumps([{
    "id": "chilukuri", "type": "article-magazine", "container-title": "Foreign Policy", "language": "en-US",
    "title": "Why <i>Neutrality</i> Fails", "URL": "https://foreignpolicy.com/2025/06/09/a/",
    "author": [{"family": "Chilukuri", "given": "Vivek"}, {"family": "Berg", "given": "Anna", "non-dropping-particle": "van der"}, {"literal": "Human Rights Watch"}],
    "issued": {"date-parts": [["2025", 6, 9]]}, "accessed": {"date-parts": [["2025", 6, 10]]},
}, {"title": "Second"}])  # fmt: skip
CROSSREF_CSL = json.dumps({
    "type": "report", "publisher": "CSIS", "title": ["A Report &amp; More"], "container-title": [], "DOI": "10.1234/ABC.5",
    "author": [{"family": "王", "given": "小明"}, {"name": "Ministry of X"}], "issued": {"date-parts": [[2025, 5]]}, "language": "en",
})  # fmt: skip
LITERAL_CSL = '{"title": "論臺海", "author": [{"literal": "王小明"}], "issued": {"literal": "9 June 2025"}, "type": "interview"}'


def person(family: str, given: str) -> CitedName:
    return CitedName(family, given)


def test_ris_of_zotero() -> None:
    reading = read_citation(ZOTERO_RIS)
    assert (reading.format, reading.entry_count) == ("ris", 1)
    assert reading.article == CitedArticle(
        title="The Vanishing Middle Ground: Why “Neutrality” Fails",
        authors=(person("Chilukuri", "Vivek"), person("O’Brien", "Mary-Kate"), person("王", "小明")),
        source="Foreign Policy",
        date="2025-06-09",
        url="https://foreignpolicy.com/2025/06/09/china-ai-export/",
        language="en-US",
        accessed_on="2025-06-10",
    )
    assert [one.display_name for one in reading.article.authors] == [
        "Vivek Chilukuri",
        "Mary-Kate O’Brien",
        "王小明",
    ]


def test_ris_of_a_journal_with_its_issue() -> None:
    cited = read_citation(FOREIGN_AFFAIRS_RIS).article
    assert (cited.date, cited.date_label, cited.source) == ("2025-05", "May/June 2025", "Foreign Affairs")
    assert cited.title == "The World Order & Its Discontents"
    assert cited.authors == (person("Kissinger", "Henry A. Jr."),)


def test_a_day_has_no_label_of_an_issue() -> None:
    cited = read_citation("TY  - NEWS\nTI  - T\nDA  - 2025/06/09/Summer\nER  - ").article
    assert (cited.date, cited.date_label) == ("2025-06-09", "")


def test_ris_of_a_report() -> None:
    cited = read_citation(RAND_RIS).article
    assert (cited.kind, cited.source, cited.doi) == ("report", "RAND Corporation", "10.7249/RRA1234-1")
    assert (cited.date, cited.language) == ("2024", "en")
    assert cited.authors[1] == CitedName(literal="RAND Corporation")


def test_bibtex_of_a_publisher_with_latex() -> None:
    cited = read_citation(SPRINGER_BIBTEX).article
    assert cited.title == "China's Öl-Politik: A 50% Rise & Its Costs — Some “Lessons”"
    assert cited.authors == (
        person("Müller", "Jörg"),
        person("García Márquez", "José"),
        CitedName(literal="European Council"),
    )
    assert (cited.source, cited.date, cited.doi) == ("Survival", "2023-06", "10.1080/00396338.2023.2239061")
    assert cited.url.endswith("2239061#abstract")
    assert cited.accessed_on == "2025-06-10"


def test_biblatex_with_a_macro_and_several_entries() -> None:
    reading = read_citation(BIBLATEX)
    assert (reading.format, reading.entry_count) == ("bibtex", 2)
    cited = reading.article
    assert cited.title == "Trump Should Learn from Biden: And Fast"
    assert cited.authors == (
        person("Chilukuri", "Vivek"),
        person("van der Berg", "Anna"),
        person("Kołakowski", "Łukasz"),
    )
    assert (cited.source, cited.date, cited.accessed_on) == (
        "Foreign Policy Magazine",
        "2025-06-09",
        "2025-06-11",
    )
    assert (cited.url, cited.language) == ("https://example.org/~user/a_b--c", "en")


def test_old_bibtex_in_quotation_marks() -> None:
    cited = read_citation(OLD_BIBTEX).article
    assert cited.title == "On : État, naïve, Švejk, Straße, Århus, Erdős, façade"
    assert cited.authors == (person("Lee", "Ann"), person("de la Cruz", "Robert"))
    assert (cited.date, cited.date_label) == ("2025-05", "May/June 2025")
    assert (cited.source, cited.kind) == ("Brookings Institution", "report")


def test_chinese_bibtex() -> None:
    cited = read_citation(CHINESE_BIBTEX).article
    assert [a.display_name for a in cited.authors] == ["王小明", "歐陽菲菲"]
    assert cited.authors[1] == person("歐陽", "菲菲")
    assert (cited.title, cited.source, cited.date, cited.language) == (
        "論臺海情勢",
        "遠景基金會季刊",
        "2024-03-05",
        "zh",
    )


def test_csl_of_zotero() -> None:
    reading = read_citation(ZOTERO_CSL)
    assert (reading.format, reading.entry_count) == ("csl", 2)
    assert reading.article == CitedArticle(
        title="Why Neutrality Fails",
        authors=(
            person("Chilukuri", "Vivek"),
            person("van der Berg", "Anna"),
            CitedName(literal="Human Rights Watch"),
        ),
        source="Foreign Policy",
        date="2025-06-09",
        url="https://foreignpolicy.com/2025/06/09/a/",
        language="en-US",
        accessed_on="2025-06-10",
    )


def test_csl_of_crossref_and_with_literals() -> None:
    cited = read_citation(CROSSREF_CSL).article
    assert (cited.title, cited.source, cited.kind, cited.date) == (
        "A Report & More",
        "CSIS",
        "report",
        "2025-05",
    )
    assert cited.doi == "10.1234/ABC.5"
    assert [a.display_name for a in cited.authors] == ["王小明", "Ministry of X"]
    cited = read_citation(LITERAL_CSL).article
    assert (cited.authors, cited.date, cited.kind) == ((person("王", "小明"),), "2025-06-09", "interview")


@pytest.mark.parametrize(
    ("given", "date"),
    [("06/09/2025", "2025"), ("2025-02-31", "2025-02"), ("2025-13-01", "2025"), ("June 9, 2025", "2025-06-09"),
     ("2025/2026", "2025"), ("9999999", ""), ("", ""), ("2025-05/2025-06", "2025-05")],
)  # fmt: skip
def test_a_date_is_as_precise_as_it_is_certain(given: str, date: str) -> None:
    assert read_citation(f"TY  - JOUR\nTI  - T\nDA  - {given}\nER  - ").article.date == date


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), (" \n\ufeff", "empty"), ("just words", "unknown"), ("[1, 2", "broken"), ("[]", "broken"),
     ("{}", "no-facts"), ("@article{x}", "no-facts"), ("TY  - JOUR\nER  - ", "no-facts"), ("[" * 90_000, "broken"),
     ("x" * (CITATION_SIZE_LIMIT + 1), "too-large"), ("@article", "unknown"), ("@comment{a}", "broken")],
)  # fmt: skip
def test_what_cannot_be_taken_says_why(text: str, code: str) -> None:
    with pytest.raises(CitationRejected) as refused:
        read_citation(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cited", "kept"),
    [
        ("https://a.org/b?utm_source=x&utm_medium=y", "https://a.org/b"),
        ("https://a.org/b?id=7&fbclid=Q&p=%7Eq&gclid=z#part", "https://a.org/b?id=7&p=%7Eq#part"),
        ("https://a.org/b?ref=7&src=utm_x&", "https://a.org/b?ref=7&src=utm_x&"),
        ("https://a.org/b?#utm_source=x", "https://a.org/b?#utm_source=x"),
    ],
)
def test_an_address_loses_the_traces_of_a_campaign(cited: str, kept: str) -> None:
    assert read_citation(f"TY  - JOUR\nTI  - T\nUR  - {cited}\nER  - \n").article.url == kept
    assert read_citation(f"@article{{a, title={{T}}, url={{{cited}}}}}").article.url == kept


def test_links_that_are_none_and_control_characters_are_left_out() -> None:
    for url in ("javascript:alert(1)", "ftp://a.example/x", "https://user:pw@a.example/", "//a.example"):
        assert read_citation(f"TY  - JOUR\nTI  - T\nUR  - {url}\nER  - ").article.url == ""
    assert read_citation('{"title": "A\\u0000B\\u202eC\\ud800 <script>x</script>"}').article.title.startswith(
        "A B"
    )
    assert len(read_citation('{"title": "' + "長" * 9_000 + '"}').article.title) == 500


HOSTILE = [
    "@a{", "@a{x=", "@a{x={", "@article{k, title={" + "{" * 40, "@string{a=b#", "@a{k,x=\"", "{", "\\'{", "\\c ",
    "TY  - \n", "TY  - J\nAU  - a, b, ", "AU  - x\n", '{"a":', "[[", "@a{k, author={a and ", " and ", "<i ", "&amp;", "\\",
    "@a{k, month=\"", "10.1234/", "# ", "@a{k,title=\"{", "=" , ",", "a=",
]  # fmt: skip


@pytest.mark.parametrize("seed", HOSTILE)
@pytest.mark.parametrize("before", ["", "TY  - JOUR\nTI  - ", "@article{k, title={", '{"title": "'])
def test_hostile_text_ends_soon(before: str, seed: str) -> None:
    text = (before + seed * (CITATION_SIZE_LIMIT // len(seed)))[:CITATION_SIZE_LIMIT]
    began = time.process_time()
    with contextlib.suppress(CitationRejected):
        read_citation(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "@article{k, title={Unbalanced, year={2025}",
        "@article{k, title={Unbalanced, year={2025}}",
        "@article{k,\n  title = {The {NATO Alliance},\n  year = 2025\n}\n@article{l, title={Other}}",
        '@article{k, title="Unbalanced, year="2025"}',
    ],
)
def test_a_brace_short_is_said_and_no_title_holds_another_field(text: str) -> None:
    with pytest.raises(CitationRejected) as refused:
        read_citation(text)
    assert refused.value.code == "broken"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("@article{k, title={A Title}, year={2025}", "A Title"),
        ("@article{k, title={A Title}, abstract={cut off he", "A Title"),
        ("@article{k, title={If, x = 3}, year={2025}}", "If, x = 3"),
    ],
)
def test_what_stands_before_the_cut_is_taken(text: str, title: str) -> None:
    assert read_citation(text).article.title == title


@pytest.mark.parametrize("encoding", ["big5", "big5hkscs", "gb18030", "utf-8"])
@pytest.mark.parametrize(
    "form", ["TY  - JOUR\nTI  - {}\nAU  - {}\nER  - \n", "@article{{k, title={{{}}}, author={{{}}}}}"]
)
def test_chinese_files_are_read_in_their_encoding(form: str, encoding: str) -> None:
    text = form.format("美國對中國的科技政策與台灣的選擇", "王小明")
    cited = read_citation(decode_citation(text.encode(encoding))).article
    assert (cited.title, cited.authors[0].display_name) == ("美國對中國的科技政策與台灣的選擇", "王小明")


@pytest.mark.parametrize(
    "text",
    [
        "stratégie",
        "Brückner",
        "Réginald Müller",
        "à l’étranger",
        "“État” — naïveté",
        "Œuvres",
        "«Égalité»",
        "Ákos Nagy",
    ],
)
def test_western_files_stay_western(text: str) -> None:
    assert decode_citation(f"TY  - JOUR\nTI  - {text}\n".encode("cp1252")) == f"TY  - JOUR\nTI  - {text}\n"


def test_files_of_older_publishers() -> None:
    assert decode_citation("Müller".encode("cp1252")) == "Müller"
    assert decode_citation("\ufeffMüller".encode()) == "Müller"
    assert decode_citation("Müller".encode("utf-16")).strip("\ufeff") == "Müller"
    with pytest.raises(CitationRejected):
        decode_citation(b"x" * (4 * CITATION_SIZE_LIMIT + 1))
