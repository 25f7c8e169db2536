"""EPUB and PDF of an issue: the same words as the page, valid, and harmless whatever the texts hold."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from fcntl import LOCK_EX, flock
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from briefs import images
from briefs.content import Bullet, Content, IssueContent, IssueText
from briefs.models import Brief, Edition, IssueEdition
from briefs.publications import mail_text, pdf
from briefs.publications.published import load_issue
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import (
    NO_STATIC,
    get_person,
    load_sample,
    publish,
    publish_editions,
    publish_next,
    withdraw,
)
from briefs.tests.support.factories import Team, change_note
from briefs.tests.support.published_issues import issue_content, publish_issue
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytestmark = [pytest.mark.django_db, NO_STATIC]

MARKUP = '#read("/etc/passwd") $x^2$ <w> @brief-1 *b* _i_ `c` \\ // /* = - + [ ] { } "q" ~ --- #import "x" &amp; </p><script>'
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(autouse=True)
def pdf_folder(settings: Any, tmp_path: Path) -> Path:
    settings.PDF_FOLDER = tmp_path / "pdf"
    return tmp_path / "pdf"


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


needs_typst = pytest.mark.skipif(not pdf.is_available(), reason="typst or a Chinese font is not installed")


def write_briefs(number: int, **values: Any) -> list[Brief]:
    """Publish briefs of the real document, each with its own headline."""
    text = load_sample()
    contents = []
    for n in range(1, number + 1):
        headlines = {"headline_zh": f"第{n}篇：{text.headline_zh}", "headline_en": f"{n}: {text.headline_en}"}
        contents.append((f"brief-{n}", replace(text, **headlines | values), {}))
    return [edition.brief for edition in publish_editions(contents)]


@pytest.fixture
def issue() -> IssueEdition:
    return publish_issue(12, write_briefs(3), by=get_person("editor"))


def fetch(client: Client, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return response.content


def read_epub(data: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[0] == "mimetype"
        return {
            name: ElementTree.fromstring(archive.read(name))
            for name in archive.namelist()[1:]
            if name[-3:] not in ("css", "png", "jpg")
        }


def list_epub_texts(data: bytes) -> Iterator[str]:
    """Yield title, preface, headlines, summaries and points in the order of reading."""
    pages = read_epub(data)
    order = [
        item.get("idref") for item in pages["E/content.opf"].iter("{http://www.idpf.org/2007/opf}itemref")
    ]
    for name in order:
        root = pages[f"E/{name}.xhtml"]
        if name == "preface":
            yield from ("".join(p.itertext()) for p in root.iter(f"{XHTML}p"))
        elif name != "nav":
            yield "".join(next(root.iter(f"{XHTML}h1")).itertext())
            for p in root.iter(f"{XHTML}p"):
                if p.get("class") == "summary":
                    yield "".join(p.itertext())
                elif p.get("class") == "text":
                    yield p[0].tail or ""


def list_texts(number: int, side: str) -> list[str]:
    """Return the texts of the issue as they are stored."""
    issue = load_issue(number, timezone.now())
    assert issue
    text, texts = issue.text(side), []
    for item in issue.listed_items:
        content = item.brief.content
        bullets = [b.text(side) for b in content.bullets if b.text(side)]
        texts += [content.headline(side), *content.summary(side).split("\n\n"), *bullets]
    return [text.title, *text.preface.split("\n\n"), *texts]


def hash_words(texts: list[str] | Iterator[str]) -> str:
    return sha256(re.sub(r"\s", "", "".join(texts)).encode()).hexdigest()


def read_pdf(data: bytes, *options: str) -> str:
    done = subprocess.run(["pdftotext", *options, "-", "-"], input=data, capture_output=True, check=True)
    return done.stdout.decode()


def find_in_order(texts: list[str], words: str) -> list[str]:
    """Return the texts that stand in the words, each after the one before, whatever the line ends."""
    flat, at, found = re.sub(r"\s", "", words), 0, []
    for text in texts:
        bare = re.sub(r"\s", "", text)
        if (place := flat.find(bare, at)) >= 0:
            at = place + len(bare)
            found.append(text)
    return found


class PageReader(HTMLParser):
    """Collect the texts of elements, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read_carriers(client: Client, code: str, side: str) -> dict[str, str]:
    """Return the words of issue 12 as each carrier has them. Web, feed and API give the text of a brief at its own place."""
    current = load_issue(12, timezone.now())
    assert current
    slugs = [item.brief.slug for item in current.items]
    pages = [f"/{code}/issues/12/", *(f"/{code}/briefs/{slug}/" for slug in slugs)]
    web = [PageReader(fetch(client, page).decode().partition("<main")[2]).texts for page in pages]
    feed = [
        entry.find(f"{ATOM}title").text
        + "".join(PageReader("".join(entry.find(f"{ATOM}content").itertext())).texts)
        for address in ("issues/feed.atom", "feed.atom")
        for entry in reversed(
            list(ElementTree.fromstring(fetch(client, f"/{code}/{address}")).iter(f"{ATOM}entry"))
        )
    ]
    (issue,) = json.loads(fetch(client, "/api/v1/issues"))["issues"]
    api = [issue["title"][side], issue["preface"][side]]
    for slug in (brief["slug"] for brief in issue["briefs"]):
        brief = json.loads(fetch(client, f"/api/v1/briefs/{slug}"))
        bullets = [bullet[side] or "" for bullet in brief["bullets"]]
        api += [brief["headline"][side], brief["summary"][side], *bullets]
    carriers = {
        "page": "".join(map("".join, web)),
        "feed": "".join(feed),
        "API": "".join(api),
        "EPUB": "".join(list_epub_texts(fetch(client, f"/{code}/issues/12/issue.epub"))),
        "mail": mail_text.build_issue_body(current, side)["text"],
    }
    if pdf.is_available() and shutil.which("pdftotext"):
        words = read_pdf(fetch(client, f"/{code}/issues/12/issue.pdf"), "-raw")
        carriers["PDF"] = re.sub(
            r"(?m)^.*(, edition 1,|第 ?1 ?版).*$", "", words
        )  # a foot may stand in a text
    return carriers


@pytest.mark.parametrize(("code", "side"), [("zh-hant", "zh"), ("en", "en")])
def test_every_carrier_has_the_words_of_the_issue(
    client: Client, issue: IssueEdition, code: str, side: str
) -> None:
    stored, carriers = list_texts(12, side), read_carriers(client, code, side)
    assert {name: hash_words(find_in_order(stored, words)) for name, words in carriers.items()} == (
        dict.fromkeys(carriers, hash_words(stored))
    )
    assert (
        re.sub(r"\s", "", carriers["EPUB"])
        == re.sub(r"\s", "", carriers["API"])
        == "".join(re.sub(r"\s", "", text) for text in stored)
    ), "these two have nothing else"


def test_links_and_emphasis_of_a_preface_are_the_same_everywhere(client: Client) -> None:
    briefs, content = write_briefs(1), issue_content(12)
    preface = "See [the *report*](https://example.org/a_(b)?c=1&d) *and* **now**, 2 * 3 * 4, [x](javascript:1), <b>."
    content = replace(content, en=replace(content.en, preface=preface), items=(briefs[0].pk,))
    publish_issue(12, briefs, by=get_person("editor"), content=content)
    current = load_issue(12, timezone.now())
    assert current
    body = mail_text.build_issue_body(current, "en")
    feed = ElementTree.fromstring(fetch(client, "/en/issues/feed.atom"))
    epub = zipfile.ZipFile(io.BytesIO(fetch(client, "/en/issues/12/issue.epub")))
    for html in (
        fetch(client, "/en/issues/12/").decode(),
        str(feed.findtext(f"{ATOM}entry/{ATOM}content")),
        body["html"],
        epub.read("E/preface.xhtml").decode(),
    ):
        assert (
            'See <a href="https://example.org/a_(b)?c=1&amp;d">the report</a> <em>and</em> <strong>now</strong>,'
            " 2 * 3 * 4, [x](javascript:1), &lt;b&gt;."
        ) in html.replace(' rel="external"', "")
    assert "See the report <https://example.org/a_(b)?c=1&d> and now, 2 * 3 * 4," in body["text"]


def test_picture_and_its_words_are_in_mail_and_files(client: Client, team: Team) -> None:
    brief = factories.live_brief(team, with_picture(upload_picture(team, size=(1600, 1000))))
    publish_issue(12, [brief], by=team.publisher)
    current = load_issue(12, timezone.now())
    assert current
    picture = current.items[0].brief.facts.picture
    assert picture
    name = f"{picture.key}-1280.jpg"
    mail = mail_text.build_issue_body(current, "both")
    (tag,) = re.findall(r"<img[^>]*>", mail["html"])
    assert f'/media/pictures/{name}"' in tag
    assert 'alt="港口 / A port"' in tag
    assert 'width="600"' in tag
    assert "loading" not in tag
    assert "Central News Agency" in mail["html"]
    data = fetch(client, "/en/issues/12/issue.epub")
    pages = read_epub(data)
    (image,) = pages["E/brief-1.xhtml"].iter(f"{XHTML}img")
    assert (image.get("src"), image.get("alt")) == (name, "A port")
    assert "Picture: Central News Agency / CC BY 4.0" in "".join(pages["E/brief-1.xhtml"].itertext())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read(f"E/{name}") == images.read(name)
        with Image.open(io.BytesIO(archive.read("E/cover.png"))) as cover:
            assert cover.size == (1200, 1800)
    if pdf.is_available():
        file = fetch(client, "/en/issues/12/issue.pdf")
        assert b"/Subtype /Image" in file or b"/Subtype/Image" in file
        assert b"pdfuaid" in file, "every picture has an alternative text"


def test_lines_of_a_title_end_between_words_in_mail_and_epub(client: Client) -> None:
    briefs, content = write_briefs(1), issue_content(12)
    content = replace(content, zh=replace(content.zh, title="美國延長<出口>管制"), items=(briefs[0].pk,))
    publish_issue(12, briefs, by=get_person("editor"), content=content)
    current = load_issue(12, timezone.now())
    assert current
    body = mail_text.build_issue_body(current, "zh")
    assert ">美國<wbr>延長<wbr>&lt;<wbr>出口<wbr>&gt;<wbr>管制</h1>" in body["html"]
    assert "\n美國延長<出口>管制\n" in body["text"]
    title = read_epub(fetch(client, "/zh-hant/issues/12/issue.epub"))["E/title.xhtml"]
    (heading,) = title.iter(f"{XHTML}h1")
    assert list(heading.itertext()) == ["美國", "延長", "<", "出口", ">", "管制"]


def test_epub_in_both_languages_has_each_pair_together(client: Client, issue: IssueEdition) -> None:
    pages = read_epub(fetch(client, "/zh-hant/issues/12/issue.epub?side=both"))

    content = load_sample()
    points = list(pages["E/brief-1.xhtml"].iter(f"{XHTML}li"))
    assert [li.get("id") for li in points] == [f"b{bullet.number}" for bullet in content.bullets]
    for li, bullet in zip(points, content.bullets, strict=True):
        own, other = li.findall(f"{XHTML}p")
        assert own[0].get("href", "").endswith(f"/zh-hant/briefs/brief-1/parallel/#b{bullet.number}")
        assert (own[0].text, own[0].tail, other.text) == (str(bullet.number), bullet.text_zh, bullet.text_en)
    languages = [e.text for e in pages["E/content.opf"].iter("{http://purl.org/dc/elements/1.1/}language")]
    assert languages == ["zh-Hant-TW", "en"]


@pytest.mark.heavy
@needs("epubcheck")
@pytest.mark.parametrize("address", ["/zh-hant/issues/12/issue.epub", "/en/issues/12/issue.epub?side=both"])
def test_epubcheck_has_nothing_to_say(client: Client, tmp_path: Path, address: str) -> None:
    briefs = write_briefs(
        2,
        bullets=(
            Bullet(4, MARKUP, MARKUP),
            Bullet(2, "下層", "Nested", 1, 0),
            Bullet(9, "", "English alone", 0, 2),
        ),
    )
    content = issue_content(12, briefs)
    text = IssueText(MARKUP, f"{MARKUP}\n\n{MARKUP}")
    publish_issue(12, briefs, by=get_person("editor"), content=replace(content, zh=text, en=text))
    file = tmp_path / "issue.epub"
    file.write_bytes(fetch(client, address))

    command = ["java", "-jar", str(shutil.which("epubcheck")), "--failonwarnings", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file_format", ["epub", "pdf"])
def test_corrected_and_withdrawn_briefs_are_marked_in_the_files(
    client: Client, issue: IssueEdition, file_format: str
) -> None:
    if file_format == "pdf" and not (pdf.is_available() and shutil.which("pdftotext")):
        pytest.skip("typst or pdftotext is not installed")
    corrected, withdrawn, _ = (Edition.objects.get(slug=f"brief-{n}") for n in (1, 2, 3))
    now = timezone.now()
    text = replace(corrected.frozen_content, summary_en="The corrected summary.")
    publish_next(corrected, text, at=now, **change_note("correction", "誤。", "Wrong."))
    withdraw(withdrawn, now, "rights", "權利問題。", "A question of rights.")

    data = fetch(client, f"/en/issues/12/issue.{file_format}")
    if file_format == "pdf":
        words = " ".join(read_pdf(data, "-raw").split())
    else:
        words = " ".join(" ".join(root.itertext()) for root in read_epub(data).values())

    assert words.count("Corrected on") == (2 if file_format == "epub" else 3)
    assert "The corrected summary." in words
    assert "A question of rights." in words
    point = load_sample().bullets[-1].text_en
    assert words.count(point) == 2  # of the three briefs


def test_issue_whose_briefs_were_all_removed_keeps_its_pages_and_files(
    client: Client, issue: IssueEdition
) -> None:
    removed = {"removed_at": timezone.now(), "removed_by": get_person("editor")}
    Edition.objects.update(**removed, removed_reason="Rights.")
    for path in (
        "",
        "issues/",
        "issues/12/",
        "issues/12/parallel/",
        "issues/feed.atom",
        "issues/12/issue.epub",
    ):
        assert client.get(f"/en/{path}").status_code == 200, path


def test_file_of_a_withdrawn_issue_is_gone(client: Client, issue: IssueEdition) -> None:
    IssueEdition.objects.update(
        withdrawn_at=timezone.now(), withdrawn_by=get_person("editor"), withdrawn_kind="rights"
    )

    assert client.get("/en/issues/12/issue.epub").status_code == 410
    assert client.get("/en/issues/12/issue.pdf").status_code == 410
    assert client.get("/en/issues/13/issue.epub").status_code == 404


def test_reader_gets_a_sentence_where_no_pdf_can_be_made(
    client: Client, issue: IssueEdition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "FONTS", ("No Such Font",))
    pdf.find_font.cache_clear()
    try:
        response = client.get("/en/issues/12/issue.pdf")
    finally:
        pdf.find_font.cache_clear()

    assert response.status_code == 404
    assert "This site makes no PDF." in response.content.decode()


def test_headers_name_file_and_page(client: Client, issue: IssueEdition, settings: Any) -> None:
    response = client.get("/en/issues/12/issue.epub?side=both")

    assert response.headers["Content-Disposition"] == 'attachment; filename="issue-12-en-zh.epub"'
    assert response.headers["Link"] == f'<{settings.SITE_URL}/en/issues/12/>; rel="canonical"'
    again = client.get(
        "/en/issues/12/issue.epub?side=both", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304
    assert client.get("/en/issues/12/issue.epub?side=zh").headers["Location"] == "/en/issues/12/issue.epub"


@needs_typst
@needs("pdftotext")
@pytest.mark.parametrize("side", ["", "?side=both"])
def test_texts_are_never_read_as_markup(client: Client, side: str) -> None:
    content = Content(MARKUP, MARKUP, MARKUP, MARKUP, (Bullet(1, MARKUP, MARKUP),))
    briefs = [publish(content, "markup").brief]
    text = IssueText(MARKUP, MARKUP)
    publish_issue(1, briefs, by=get_person("editor"), content=IssueContent(text, text, (briefs[0].pk,)))

    words = re.sub(r"\s", "", read_pdf(fetch(client, f"/en/issues/1/issue.pdf{side}"), "-raw"))

    assert "root:" not in words
    assert words.count(re.sub(r"\s", "", MARKUP)) >= 5


@needs_typst
@needs("pdftotext")
def test_pdf_has_no_kangxi_radicals_and_says_what_it_is(
    client: Client, issue: IssueEdition, caplog: pytest.LogCaptureFixture
) -> None:
    data = fetch(client, "/zh-hant/issues/12/issue.pdf")

    words = read_pdf(data)
    assert not re.findall("[\u2e80-\u2fdf]", words)
    assert "第12期，第1版" in re.sub(r"\s", "", words)
    assert b"pdfuaid" in data
    assert not caplog.records


@needs_typst
@needs("pdftotext")
def test_contents_of_the_pdf_keep_both_languages_of_an_entry_on_a_page(client: Client) -> None:
    publish_issue(12, write_briefs(14), by=get_person("editor"))
    pages = read_pdf(fetch(client, "/en/issues/12/issue.pdf?side=both"), "-layout").split("\f")
    contents = [page for page in pages if re.search(r"p\. \d", page)]
    assert len(contents) > 2
    for page in contents:
        english, chinese = (re.findall(p, page, re.MULTILINE) for p in (r"^ *(\d+): ", r"^ *第 ?(\d+) ?篇："))
        assert english == chinese


@needs_typst
def test_pdf_is_made_once_for_a_version(
    client: Client, issue: IssueEdition, pdf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch(client, "/en/issues/12/issue.pdf")
    monkeypatch.setattr(pdf, "_run_typst", None)

    assert fetch(Client(), "/en/issues/12/issue.pdf") == first
    assert len(list(pdf_folder.glob("*.pdf"))) == 1


@needs_typst
def test_reader_is_told_to_come_back_while_another_waits(
    client: Client, issue: IssueEdition, pdf_folder: Path
) -> None:
    pdf_folder.mkdir()
    with (pdf_folder / "waiting.lock").open("a") as waiting:
        flock(waiting, LOCK_EX)
        response = client.get("/en/issues/12/issue.pdf")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.get("/en/issues/12/issue.pdf").status_code == 200


@needs_typst
def test_failure_is_not_tried_again_with_each_request(
    client: Client, issue: IssueEdition, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf.find_font()
    monkeypatch.setattr(pdf, "MAX_SECONDS", 0.001)
    assert client.get("/en/issues/12/issue.pdf").status_code == 500
    monkeypatch.undo()

    assert client.get("/en/issues/12/issue.pdf").status_code == 500
