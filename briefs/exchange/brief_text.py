"""Export briefs as documents in the team's layout, which the parser reads back as the same briefs, and as tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from briefs.bilingual.documents import (
    ParsedDate,
    ParsedDocument,
    ParsedSide,
    Point,
    PointPair,
    close_level_gaps,
    read_document,
    split_keywords,
)
from briefs.bilingual.documents.writer import write
from briefs.content import SIDES, Byline, Content, Side
from briefs.derived import build
from briefs.facts import DOCUMENT_FACTS, FACTS
from briefs.models import Author, Brief, Keyword, Source, State
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import load_working_copy

from .word_file import write_digest_file
from .word_table import write_table_file


class ExportNames:
    """Names of all authors, sources and keywords, read once per export.

    A merged entry has the name of the entry it was merged into.
    """

    def __init__(self) -> None:
        self.authors = {pk: row.name for pk, row in load_rows_by_id(Author).items()}
        self.sources = {pk: row.name for pk, row in load_rows_by_id(Source).items()}
        self.keywords = {pk: _label(row) for pk, row in load_rows_by_id(Keyword).items()}


def _label(keyword: Keyword) -> str:
    """Return the Chinese label, or the English one if only the Chinese contains a keyword separator."""
    labels = (keyword.label("zh"), keyword.label("en"))
    return next((label for label in labels if split_keywords(label) == (label,)), labels[0])


def load_rows_by_id[Row: Vocabulary](kind: type[Row]) -> dict[int, Row]:
    return build.resolve_merged(kind, set(kind._default_manager.values_list("pk", flat=True)))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class BriefFile:
    """A brief as a file. `documents`: what an import must read from it; empty for a table."""

    name: str
    data: bytes
    documents: tuple[ParsedDocument, ...] = ()

    @property
    def text(self) -> str:
        return self.data.decode()

    def find_lost_parts(self) -> list[str]:
        """Return the names of the parts that do not read back the same."""
        if not self.documents:
            return []
        read = [reading.parsed for reading in read_document(self.data, self.name)]
        if len(read) != len(self.documents) or None in read:
            return ["everything"]
        pairs = zip(self.documents, filter(None, read), strict=True)
        return list(
            dict.fromkeys(part for before, after in pairs for part in _find_differences(before, after))
        )


def _find_differences(before: ParsedDocument, after: ParsedDocument) -> list[str]:
    was, now = _comparable_parts(before), _comparable_parts(after)
    if before.date and before.date.raw:  # the date is unconfirmed in both, so do not compare it
        was["date"] = now["date"]
    return [part for part in was if was[part] != now[part]]


def write_brief_files(briefs: Iterable[Brief]) -> Iterator[BriefFile]:
    for brief, document in _build_documents(briefs):
        yield BriefFile(file_name(brief), write(document).encode(), (document,))


def write_word_files(briefs: Iterable[Brief]) -> Iterator[BriefFile]:
    """Write each brief as a Word file in the digest's layout."""
    for brief, document in _build_documents(briefs):
        yield BriefFile(file_name(brief, ".docx"), write_digest_file([document], str(brief)), (document,))


def write_word_collection(briefs: Iterable[Brief], title: str) -> BriefFile:
    """Write the briefs as one Word file, each on a new page."""
    documents = tuple(document for _, document in _build_documents(briefs))
    return BriefFile("briefs.docx", write_digest_file(documents, title), documents)


def write_table_files(briefs: Iterable[Brief]) -> Iterator[BriefFile]:
    """Write each brief as a parallel table in Word."""
    for brief in briefs:
        number = brief.revisions.order_by("-number").values_list("number", flat=True)[0]
        data = write_table_file(brief, load_working_copy(brief), number)
        yield BriefFile(file_name(brief, "-table.docx"), data)


def _build_documents(briefs: Iterable[Brief]) -> Iterator[tuple[Brief, ParsedDocument]]:
    labels = ExportNames()
    for brief in briefs:
        yield brief, build_document(load_working_copy(brief), labels, raw_date=_unconfirmed_date(brief))


def _comparable_parts(document: ParsedDocument) -> dict[str, object]:
    """Return the parts that must read back the same, by name, with gaps in bullet levels closed."""
    parts: dict[str, object] = {
        "headline": document.title,
        "authors": document.authors,
        "source": document.source,
        "date": document.date and document.date.iso,
        "issue": document.date and document.date.label,
        "keywords": document.keywords,
        **{FACTS[name].label: document.facts.get(name) for name in DOCUMENT_FACTS},
    }
    for side, name in zip(SIDES, ("Chinese", "English"), strict=True):
        read_as = document.sides.get(side, ParsedSide("", ()))
        levels = close_level_gaps(point.level for point in read_as.points)
        parts[f"{name} summary"] = read_as.summary
        parts[f"{name} bullets"] = [
            (p.text, level, p.marker) for p, level in zip(read_as.points, levels, strict=True)
        ]
    parts["pairs"] = [(pair.zh and pair.zh.text, pair.en and pair.en.text) for pair in document.pairs]
    return parts


def _unconfirmed_date(brief: Brief) -> str:
    """Return the raw text of an unconfirmed ambiguous date, so that the import asks about it again."""
    is_open = brief.article_date_alternative and not brief.article_date_confirmed
    return brief.article_date_raw if is_open else ""


def find_exportable_briefs() -> Iterable[Brief]:
    """Return every working copy that was not discarded, oldest first."""
    briefs = Brief.objects.exclude(state=State.DISCARDED).order_by("pk")
    return briefs.prefetch_related("bullets", "bylines", "labels").iterator(chunk_size=500)


def file_name(brief: Brief, ending: str = ".txt") -> str:
    """Return a name that starts with the id, so that names are unique and sort by creation."""
    date = brief.article_date.isoformat() if brief.article_date else "undated"
    return f"{brief.pk:05}-{brief.slug or date}{ending}"


def build_document(content: Content, labels: ExportNames, *, raw_date: str = "") -> ParsedDocument:
    """Build the document that the parser would return for this content."""
    facts = content.facts
    return ParsedDocument(
        title={side: content.headline(side) for side in SIDES if content.headline(side)},
        facts={name: value for name in DOCUMENT_FACTS if (value := getattr(facts, name))},
        authors=tuple(dict.fromkeys(_format_author(labels, byline) for byline in facts.authors)),
        source=labels.sources[facts.source] if facts.source else None,
        date=ParsedDate(facts.date, label=facts.date_label, raw=raw_date) if facts.date else None,
        keywords=tuple(dict.fromkeys(labels.keywords[pk] for pk in facts.keywords)),
        sides={side: parsed for side in SIDES if (parsed := _side(content, side))},
        pairs=tuple(
            PointPair(_point(content, i, "zh"), _point(content, i, "en")) for i in range(len(content.bullets))
        ),
    )


def _format_author(labels: ExportNames, byline: Byline) -> str:
    """Return the name with title and affiliation as `intake.read_author` parses them."""
    notes = "，".join(filter(None, (byline.affiliation_zh, byline.affiliation_en)))
    name = labels.authors[byline.author]
    return f"{name}（{notes}）" if notes and not set(notes) & set("()（）") else name


def _point(content: Content, i: int, side: Side) -> Point | None:
    bullet = content.bullets[i]
    text = bullet.text(side)
    return Point(text, bullet.level(side), bullet.marker(side)) if text else None


def _side(content: Content, side: Side) -> ParsedSide | None:
    points = tuple(p for i in range(len(content.bullets)) if (p := _point(content, i, side)))
    summary = content.summary(side)
    return ParsedSide(summary, points) if summary or points else None
