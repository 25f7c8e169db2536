"""Publish the ten briefs of `fixtures/search/`, and read the queries of researchers who look for them."""

import datetime as dt
import json

from briefs.content import Bullet, Byline, Content, Facts
from briefs.models import Author, Keyword, Source, Term

from . import corpus_fixtures
from .corpus_fixtures import FIXTURES, get_or_make

FOLDER = FIXTURES / "search"


def load_queries() -> list[tuple[str, str]]:
    """Return the slug of the brief that each query is for, and the query."""
    lines = (FOLDER / "queries.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and line[0] != "#")
    return [(slug, typed) for slug, typed in pairs]


def publish_briefs() -> None:
    """Publish the briefs, the glossary as the demo has it, and the briefs' terms."""
    for row in json.loads((FIXTURES / "vocabulary.json").read_text(encoding="utf-8")):
        if row["model"] == "briefs.term":
            Term.objects.create(**row["fields"])
    rows = json.loads((FOLDER / "briefs.json").read_text(encoding="utf-8"))
    moments = (corpus_fixtures.DAY + dt.timedelta(days=n) for n in range(len(rows)))
    corpus_fixtures.publish_editions(
        (row["slug"], _build_content(row), {"live_from": moment})
        for row, moment in zip(rows, moments, strict=True)
    )


def _build_content(row: dict[str, object]) -> Content:
    facts = Facts(
        source=get_or_make(Source, name=str(row["source"])).pk,
        authors=tuple(Byline(get_or_make(Author, name=name, name_zh=zh).pk) for name, zh in row["authors"]),  # type: ignore[attr-defined]
        keywords=tuple(get_or_make(Keyword, label_zh=zh, label_en=en).pk for zh, en in row["keywords"]),  # type: ignore[attr-defined]
        date=str(row["date"]),
    )
    bullets = tuple(Bullet(n, zh, en) for n, (zh, en) in enumerate(row["bullets"], start=1))  # type: ignore[arg-type, var-annotated]
    texts = {name: str(row[name]) for name in ("headline_zh", "headline_en", "summary_zh", "summary_en")}
    return Content(**texts, bullets=bullets, facts=facts)
