"""Citation files are read as article facts: real samples of each format, and hostile or damaged files."""

import contextlib
import json
from dataclasses import fields

import pytest

from briefs.bilingual.citations.citation_reader import (
    CITATION_SIZE_LIMIT,
    CitationRejected,
    CitedArticle,
    decode_citation,
    read_citation,
)
from briefs.bilingual.citations.cited_article import CitedName
from briefs.tests.support import limit_cpu_time

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


FILES: dict[str, tuple[str, str, int, dict[str, str], list[tuple[str, ...]]]] = {
    "Zotero's RIS": (ZOTERO_RIS, "ris", 1, {
        "title": "The Vanishing Middle Ground: Why “Neutrality” Fails", "source": "Foreign Policy", "date": "2025-06-09", "language": "en-US",
        "url": "https://foreignpolicy.com/2025/06/09/china-ai-export/", "accessed_on": "2025-06-10",
    }, [("Chilukuri", "Vivek"), ("O’Brien", "Mary-Kate"), ("王", "小明")]),
    "RIS of a journal": (FOREIGN_AFFAIRS_RIS, "ris", 1, {
        "title": "The World Order & Its Discontents", "source": "Foreign Affairs", "date": "2025-05", "date_label": "May/June 2025",
        "url": "http://www.jstor.org/stable/1234567",
    }, [("Kissinger", "Henry A. Jr.")]),
    "BibTeX of a publisher": (SPRINGER_BIBTEX, "bibtex", 1, {
        "title": "China's Öl-Politik: A 50% Rise & Its Costs — Some “Lessons”", "source": "Survival", "date": "2023-06", "accessed_on": "2025-06-10",
        "doi": "10.1080/00396338.2023.2239061", "url": "https://www.tandfonline.com/doi/full/10.1080/00396338.2023.2239061#abstract",
    }, [("Müller", "Jörg"), ("García Márquez", "José"), ("", "", "European Council")]),
    "BibLaTeX with a macro": (BIBLATEX, "bibtex", 2, {
        "title": "Trump Should Learn from Biden: And Fast", "source": "Foreign Policy Magazine", "date": "2025-06-09", "language": "en",
        "accessed_on": "2025-06-11", "url": "https://example.org/~user/a_b--c",
    }, [("Chilukuri", "Vivek"), ("van der Berg", "Anna"), ("Kołakowski", "Łukasz")]),
    "old BibTeX": (OLD_BIBTEX, "bibtex", 1, {
        "title": "On : État, naïve, Švejk, Straße, Århus, Erdős, façade", "source": "Brookings Institution", "kind": "report",
        "date": "2025-05", "date_label": "May/June 2025",
    }, [("Lee", "Ann"), ("de la Cruz", "Robert")]),
    "Zotero's CSL": (ZOTERO_CSL, "csl", 2, {
        "title": "Why Neutrality Fails", "source": "Foreign Policy", "date": "2025-06-09", "language": "en-US",
        "url": "https://foreignpolicy.com/2025/06/09/a/", "accessed_on": "2025-06-10",
    }, [("Chilukuri", "Vivek"), ("van der Berg", "Anna"), ("", "", "Human Rights Watch")]),
    "Crossref's CSL": (CROSSREF_CSL, "csl", 1, {
        "title": "A Report & More", "source": "CSIS", "kind": "report", "date": "2025-05", "doi": "10.1234/ABC.5", "language": "en",
    }, [("王", "小明"), ("", "", "Ministry of X")]),
    "CSL of literals": (LITERAL_CSL, "csl", 1, {"title": "論臺海", "kind": "interview", "date": "2025-06-09"}, [("王", "小明")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_file_is_read(name: str) -> None:
    text, file_format, count, values, authors = FILES[name]
    reading = read_citation(text)
    assert (reading.format, reading.entry_count) == (file_format, count)
    columns = {field.name for field in fields(CitedArticle)}
    expected = {name: value for name, value in values.items() if name in columns}
    facts = {name: value for name, value in values.items() if name not in columns}
    names = tuple(CitedName(*author) for author in authors)
    assert reading.article == CitedArticle(**expected, facts=facts, authors=names)


@pytest.mark.parametrize(
    ("written", "family", "given"),
    [
        ("林 宗弘", "林", "宗弘"), ("林, 宗弘", "林", "宗弘"), ("林，宗弘", "林", "宗弘"), ("林　宗弘", "林", "宗弘"),
        ("歐陽 靖", "歐陽", "靖"), ("歐陽, 靖", "歐陽", "靖"), ("歐陽靖", "歐陽", "靖"), ("安倍 晋三", "安倍", "晋三"),
        ("外交部 條約法律司", "", ""), ("外交部, 條約法律司", "", ""), ("外交 部", "", ""), ("外交部", "", ""), ("中央社 編輯部", "", ""),
    ],
)  # fmt: skip
def test_chinese_author_is_divided_at_space_or_comma(written: str, family: str, given: str) -> None:
    cited = read_citation(f"TY  - JOUR\nTI  - 論臺海\nAU  - {written}\nER  - ").article
    assert [(author.family, author.given) for author in cited.authors] == [(family, given)]
    assert cited.authors[0].display_name == (family + given or written)


@pytest.mark.parametrize(
    ("written", "date"),
    [("06/09/2025", "2025"), ("2025-02-31", "2025-02"), ("2025-13-01", "2025"), ("June 9, 2025", "2025-06-09"),
     ("2025/2026", "2025"), ("9999999", ""), ("", ""), ("2025-05/2025-06", "2025-05")],
)  # fmt: skip
def test_date_keeps_only_its_certain_parts(written: str, date: str) -> None:
    assert read_citation(f"TY  - JOUR\nTI  - T\nDA  - {written}\nER  - ").article.date == date


DOUBLED_MACROS = (
    '@string{a0="0123456789"}'
    + "".join(f"@string{{a{n + 1}=a{n}#a{n}}}" for n in range(25))
    + "@article{k, title=a25}"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), (" \n\ufeff", "empty"), ("just words", "unknown"), ("[1, 2", "broken"), ("[]", "broken"),
     ("{}", "no-facts"), ("@article{x}", "no-facts"), ("TY  - JOUR\nER  - ", "no-facts"), ("[" * 90_000, "broken"),
     ('{"a":' * 10_000 + "1" + "}" * 10_000, "broken"), ("@article{k, title={" + "{" * 10_000 + "x" + "}" * 10_000 + "}}", "broken"),
     (DOUBLED_MACROS, "too-large"), ("x" * (CITATION_SIZE_LIMIT + 1), "too-large"), ("@article", "unknown"), ("@comment{a}", "broken")],
)  # fmt: skip
def test_unreadable_citation_is_rejected_with_code(text: str, code: str) -> None:
    with pytest.raises(CitationRejected) as rejected:
        read_citation(text)
    assert rejected.value.code == code


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.org/b?utm_source=x&utm_medium=y", "https://a.org/b"),
        ("https://a.org/b?id=7&fbclid=Q&p=%7Eq&gclid=z#part", "https://a.org/b?id=7&p=%7Eq#part"),
        ("https://a.org/b?ref=7&src=utm_x&", "https://a.org/b?ref=7&src=utm_x&"),
        ("https://a.org/b?#utm_source=x", "https://a.org/b?#utm_source=x"),
    ],
)
def test_tracking_parameters_are_removed_from_url(url: str, expected: str) -> None:
    assert read_citation(f"TY  - JOUR\nTI  - T\nUR  - {url}\nER  - \n").article.get("url") == expected
    assert read_citation(f"@article{{a, title={{T}}, url={{{url}}}}}").article.get("url") == expected


def test_invalid_links_and_control_characters_are_dropped() -> None:
    for url in ("javascript:alert(1)", "ftp://a.example/x", "https://user:pw@a.example/", "//a.example"):
        assert read_citation(f"TY  - JOUR\nTI  - T\nUR  - {url}\nER  - ").article.get("url") == ""
    assert read_citation('{"title": "A\\u0000B\\u202eC\\ud800 <script>x</script>"}').article.title.startswith(
        "A B"
    )
    assert len(read_citation('{"title": "' + "長" * 9_000 + '"}').article.title) == 500


HOSTILE_FRAGMENTS = [
    "@a{", "@a{x=", "@a{x={", "@article{k, title={" + "{" * 40, "@string{a=b#", "@a{k,x=\"", "{", "\\'{", "\\c ",
    "TY  - \n", "TY  - J\nAU  - a, b, ", "AU  - x\n", '{"a":', "[[", "@a{k, author={a and ", " and ", "<i ", "&amp;", "\\",
    "@a{k, month=\"", "10.1234/", "# ", "@a{k,title=\"{", "=" , ",", "a=",
]  # fmt: skip


@pytest.mark.parametrize("fragment", HOSTILE_FRAGMENTS)
@pytest.mark.parametrize("prefix", ["", "TY  - JOUR\nTI  - ", "@article{k, title={"])
def test_reading_of_hostile_text_ends(prefix: str, fragment: str) -> None:
    text = (prefix + fragment * (CITATION_SIZE_LIMIT // len(fragment)))[:CITATION_SIZE_LIMIT]
    with limit_cpu_time(), contextlib.suppress(CitationRejected):
        read_citation(text)


@pytest.mark.parametrize(
    "text",
    [
        "@article{k, title={Unbalanced, year={2025}",
        "@article{k,\n  title = {The {NATO Alliance},\n  year = 2025\n}\n@article{l, title={Other}}",
        '@article{k, title="Unbalanced, year="2025"}',
    ],
)
def test_unbalanced_field_is_rejected_as_broken(text: str) -> None:
    with pytest.raises(CitationRejected) as rejected:
        read_citation(text)
    assert rejected.value.code == "broken"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("@article{k, title={A Title}, year={2025}", "A Title"),
        ("@article{k, title={A Title}, abstract={cut off he", "A Title"),
        ("@article{k, title={If, x = 3}, year={2025}}", "If, x = 3"),
    ],
)
def test_fields_before_truncation_are_read(text: str, title: str) -> None:
    assert read_citation(text).article.title == title


@pytest.mark.parametrize("encoding", ["big5", "gb18030"])
@pytest.mark.parametrize(
    "form", ["TY  - JOUR\nTI  - {}\nAU  - {}\nER  - \n", "@article{{k, title={{{}}}, author={{{}}}}}"]
)
def test_chinese_file_is_decoded_in_its_encoding(form: str, encoding: str) -> None:
    text = form.format("美國對中國的科技政策與台灣的選擇", "王小明")
    cited = read_citation(decode_citation(text.encode(encoding))).article
    assert (cited.title, cited.authors[0].display_name) == ("美國對中國的科技政策與台灣的選擇", "王小明")


def test_western_file_is_decoded_as_cp1252() -> None:
    for text in (
        "stratégie",
        "Brückner",
        "à l’étranger",
        "“État” — naïveté",
        "Œuvres",
        "«Égalité»",
        "Ákos Nagy",
    ):
        file = f"TY  - JOUR\nTI  - {text}\n"
        assert decode_citation(file.encode("cp1252")) == file


def test_other_encodings_are_decoded_and_size_is_limited() -> None:
    assert decode_citation("Müller".encode("cp1252")) == "Müller"
    assert decode_citation("\ufeffMüller".encode()) == "Müller"
    assert decode_citation("Müller".encode("utf-16")).strip("\ufeff") == "Müller"
    for beginning in (b"TY  - JOUR\n", b"@article{k, title={", b'[{"title": "', b"\xff\xfe"):
        with pytest.raises(CitationRejected) as rejected:
            decode_citation(beginning + b"x" * 10_000_000)
        assert rejected.value.code == "too-large"
    with pytest.raises(CitationRejected):
        decode_citation(b"x" * (4 * CITATION_SIZE_LIMIT + 1))
