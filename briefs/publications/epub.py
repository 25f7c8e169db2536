"""Write an issue as EPUB 3.3, with navigation by brief and point. The same document gives the same bytes."""

import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from typing import Final

from briefs.bilingual.rendering.title_card import draw_cover
from briefs.bilingual.text import cut_label
from briefs.content import LANGUAGE_TAGS

from .issue_document import DocumentItem, IssueDocument, Paragraph, Point, Words, read_pictures

CONTENT_TYPE: Final = "application/epub+zip"
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_SIDES_BY_TAG: Final = {tag: side for side, tag in LANGUAGE_TAGS.items()}
_CONTAINER: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="E/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_STYLE: Final = """body{line-height:1.6}
h1{line-height:1.3;hyphens:none;word-break:keep-all;overflow-wrap:break-word}
h1:lang(zh){font-weight:bold}
h1:lang(en){font-weight:normal}
em:lang(zh){font-style:normal;text-emphasis:filled dot;text-emphasis-position:under right}
:lang(zh){text-align:start;line-height:1.75}
ol,ul{list-style:none;margin:0;padding:0}
li ol,li ul{padding-inline-start:1.4em}
li{margin-block:.9em}
li p{margin-block:.25em}
.no{border:1px solid currentColor;display:inline-block;font-size:.8em;margin-inline-end:.6em;padding:0 .35em;text-decoration:none}
.twin{padding-inline-start:2.2em}
.by,.details{font-size:.85em}
.details{border-block-start:1px solid currentColor;margin-block-start:2em;overflow-wrap:anywhere}
figure{margin:1em 0}
img{max-width:100%;height:auto}
img.tall{max-width:50%}
.big{font-size:2.2em;margin-block:3em .2em}
.fix{border-inline-start:3px solid #a3271b;padding-inline-start:.8em}
nav li li{font-size:.9em;margin-block:.5em}
"""


def write_epub(document: IssueDocument) -> bytes:
    labels, title = document.labels, document.title[0]
    pictures = read_pictures(document)
    cover = draw_cover(
        *(_list_texts(words) for words in (document.site, document.kicker, _list_titles(document)))
    )
    pages = {
        "title": _render_page(document, title.text, _render_title_page(document)),
        "nav": _render_page(document, labels["contents"], _render_navigation(document)),
        "preface": _render_page(
            document,
            labels["preface"],
            f'<section epub:type="preface"><h1>{escape(labels["preface"])}</h1>'
            f"{_render_paragraphs(document.preface)}</section>",
        ),
        **{
            f"brief-{n}": _render_page(
                document, item.headline[0].text, _render_item(item, document, pictures)
            )
            for n, item in enumerate(document.items, start=1)
        },
    }
    if not document.preface:
        del pages["preface"]
    if document.corrections:
        heading = labels["corrections"]
        body = f'<section><h1>{escape(heading)}</h1><div class="fix">{_render_all(document.corrections)}</div></section>'
        pages["corrections"] = _render_page(document, heading, body)
    files: dict[str, str | bytes] = {f"E/{name}.xhtml": body for name, body in pages.items()}
    files |= {f"E/{name}": data for name, data in pictures.items()}
    files |= {
        "E/cover.png": cover,
        "E/content.opf": _render_package(document, list(pages), list(pictures)),
        "E/style.css": _STYLE,
        "META-INF/container.xml": _CONTAINER,
    }
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            _add(archive, "mimetype", CONTENT_TYPE, zipfile.ZIP_STORED)
            for name, data in sorted(files.items()):
                _add(archive, name, data, zipfile.ZIP_DEFLATED)
        return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, body: str | bytes, compression: int) -> None:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type, info.create_system, info.external_attr = compression, 3, 0o644 << 16
    archive.writestr(info, body.encode() if isinstance(body, str) else body)


def _list_titles(document: IssueDocument) -> list[Words]:
    return [*document.title, *document.twin_title]


def _list_texts(texts: Iterable[Words]) -> tuple[str, ...]:
    return tuple(words.text for words in texts)


def _render_page(document: IssueDocument, title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{document.lang}" xml:lang="{document.lang}"><head><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="style.css"/></head><body>{body}</body></html>'
    )


def _render_title_page(document: IssueDocument) -> str:
    first = document.title[0]
    notices = [f'<div class="fix">{_render_all(document.notices)}</div>'] if document.notices else []
    return "".join(
        [
            '<section epub:type="titlepage">',
            _render_all(document.site, "by"),
            _render_heading(first, document, "big"),
            _render_all(_list_titles(document)[1:]),
            _render_all(document.kicker, "by"),
            *notices,
            f'<p class="by">{escape(document.stamp)}<br/><a href="{escape(document.url)}">{escape(document.url)}</a></p>',
            "</section>",
        ]
    )


def _render_item(item: DocumentItem, document: IssueDocument, pictures: Collection[str]) -> str:
    first, *others = item.headline
    parts = [
        "<article>",
        _render_heading(first, document),
        _render_all([*others, *item.twin_headline], "by"),
        _render_all([*item.byline, *item.posted], "by"),
        f'<div class="fix">{_render_all(item.notices)}</div>' if item.notices else "",
    ]
    if item.picture and item.picture.name in pictures:
        name, alt, lang, is_tall, caption = item.picture
        size = ' class="tall"' if is_tall else ""
        picture = f'<img src="{name}" alt="{escape(alt)}" lang="{lang}" xml:lang="{lang}"{size}/>'
        parts.append(f"<figure>{picture}<figcaption>{_render_all(caption, 'by')}</figcaption></figure>")
    if item.summary:
        label = escape(document.labels["summary"])
        parts.append(
            f'<section id="summary" aria-label="{label}">{_render_all(item.summary, "summary")}</section>'
        )
    if item.points:
        parts += [*(_render_point(point, document) for point in item.points), item.closing]
    parts.append(f'<footer class="details">{_render_paragraphs(item.details)}</footer></article>')
    return "".join(parts)


def _render_point(point: Point, document: IssueDocument) -> str:
    first, *others = point.texts
    name = escape(document.labels["point"] % {"n": point.number})
    link = f'<a class="no" href="{escape(point.url)}" aria-label="{name}">{point.number}</a>'
    own = _render_text(first, "p", "text").replace(">", f">{link}", 1)
    return f'{point.markup}<li id="b{point.number}">{own}{_render_all(others, "text twin")}'


def _render_all(texts: Iterable[Words], css_class: str = "") -> str:
    return "".join(_render_text(words, "p", css_class) for words in texts)


def _render_heading(words: Words, document: IssueDocument, css_class: str = "") -> str:
    html = _render_text(words, "h1", css_class)
    units = document.title_words.get(words.text, [words.text])
    return html.replace(escape(words.text), "<wbr/>".join(map(escape, units)))


def _render_paragraphs(paragraphs: Iterable[Paragraph]) -> str:
    rows = []
    for runs in paragraphs:
        lang = runs[0].lang
        words = "".join(_render_run(run, lang) for run in runs)
        rows.append(f'<p lang="{lang}" xml:lang="{lang}">{words}</p>')
    return "".join(rows)


def _render_run(run: Words, lang: str) -> str:
    html = escape(run.text)
    if run.lang != lang:
        html = f'<span lang="{run.lang}" xml:lang="{run.lang}">{html}</span>'
    if run.style:
        html = f"<{run.style}>{html}</{run.style}>"
    return f'<a href="{escape(run.url)}">{html}</a>' if run.url else html


def _render_text(words: Words, tag: str, css_class: str = "") -> str:
    attributes = f' class="{css_class}"' if css_class else ""
    return f'<{tag}{attributes} lang="{words.lang}" xml:lang="{words.lang}">{escape(words.text)}</{tag}>'


def _render_navigation(document: IssueDocument) -> str:
    entries = [("title", document.title[0].text, "")]
    if document.preface:
        entries.append(("preface", document.labels["preface"], ""))
    for n, item in enumerate(document.items, start=1):
        points = "".join(
            f'<li><a href="brief-{n}.xhtml#b{point.number}"{_mark(words, document)}>'
            f"{point.number}\u3000{escape(cut_label(words.text, _SIDES_BY_TAG[words.lang]))}</a></li>"
            for point in item.points
            for words in point.texts[:1]
        )
        entries.append((f"brief-{n}", item.headline[0].text, f"<ol>{points}</ol>" if points else ""))
    if document.corrections:
        entries.append(("corrections", document.labels["corrections"], ""))
    lines = "".join(
        f'<li><a href="{name}.xhtml">{escape(text)}</a>{inner}</li>' for name, text, inner in entries
    )
    heading = escape(document.labels["contents"])
    return f'<nav epub:type="toc" role="doc-toc" id="toc"><h1>{heading}</h1><ol>{lines}</ol></nav>'


def _mark(words: Words, document: IssueDocument) -> str:
    return "" if words.lang == document.lang else f' lang="{words.lang}" xml:lang="{words.lang}"'


def _render_package(document: IssueDocument, pages: Sequence[str], pictures: Sequence[str]) -> str:
    manifest = (
        '<item id="style" href="style.css" media-type="text/css"/>'
        '<item id="cover" href="cover.png" media-type="image/png" properties="cover-image"/>'
    )
    manifest += "".join(
        f'<item id="picture-{n}" href="{name}" media-type="image/jpeg"/>'
        for n, name in enumerate(pictures, 1)
    )
    manifest += "".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"'
        f"{' properties="nav"' if name == 'nav' else ''}/>"
        for name in pages
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in pages)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        f'unique-identifier="id" xml:lang="{document.lang}">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{"".join(_list_metadata(document, has_pictures=bool(pictures)))}</metadata>'
        f"<manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )


def _list_metadata(document: IssueDocument, *, has_pictures: bool) -> Iterator[str]:
    """Yield the metadata, with what EPUB Accessibility 1.1 asks for discovery. No conformance is claimed (decision 35)."""
    site = escape(document.site[0].text)
    own = [runs for runs in document.preface if runs[0].lang == document.lang]
    description = " ".join("".join(run.text for run in runs) for runs in own)
    yield f'<dc:identifier id="id">{escape(document.file_url)}</dc:identifier>'
    yield f"<dc:title>{escape(document.title[0].text)}</dc:title>"
    yield f"<dc:creator>{site}</dc:creator><dc:publisher>{site}</dc:publisher>"
    yield from (f"<dc:language>{LANGUAGE_TAGS[side]}</dc:language>" for side in document.sides)
    yield f"<dc:date>{document.published}</dc:date><dc:source>{escape(document.url)}</dc:source>"
    if description:
        yield f"<dc:description>{escape(description)}</dc:description>"
    yield f'<meta property="dcterms:modified">{document.modified}</meta>'
    yield f'<meta property="belongs-to-collection" id="series">{site}</meta>'
    yield '<meta refines="#series" property="collection-type">series</meta>'
    yield f'<meta refines="#series" property="group-position">{document.number}</meta>'
    for name, value in (
        ("accessMode", "textual"),
        *((("accessMode", "visual"),) if has_pictures else ()),
        ("accessModeSufficient", "textual"),
        *(
            ("accessibilityFeature", feature)
            for feature in ("alternativeText", "readingOrder", "structuralNavigation", "tableOfContents")
        ),
        ("accessibilityHazard", "none"),
        ("accessibilitySummary", escape(document.labels["accessibility"])),
    ):
        yield f'<meta property="schema:{name}">{value}</meta>'
