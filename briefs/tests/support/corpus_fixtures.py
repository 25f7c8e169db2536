"""Create public editions directly, without the verbs of the desk, for tests of public pages."""

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from briefs.content import Bullet, Byline, Content, Facts
from briefs.derived.build import build_derived_rows, rebuild_derived_rows
from briefs.derived.page_names import LoadedNames, PageNames
from briefs.derived.search import draft_index
from briefs.derived.translation_memory import rebuild_memory
from briefs.models.brief import Brief
from briefs.models.edition import Edition
from briefs.models.history import Revision
from briefs.models.people import Person
from briefs.models.vocabulary import Author, Keyword, Source
from briefs.public.list_pages import ListPosition
from briefs.workflow.rules.revisions import hash_leaves

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
NO_STATIC = pytest.mark.filterwarnings("ignore:No directory at")  # tests do not run collectstatic
SEED = "seeds/000_a01fbe574e0e12f3.txt"
DAY = dt.datetime(2026, 6, 12, 2, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)  # what `fixed_clock` of public pages shows
OLDEST_KEY = str(ListPosition(dt.datetime.min.replace(tzinfo=dt.UTC), 0))
"""Key of a list that precedes every row."""

_BULLET = re.compile(r"^(\s+)(•|\d+\.)\s+(.*)$")


def parse_sample(name: str = SEED) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the header of a plain document, and for each side its summary and (level, marker, text) rows."""
    header: dict[str, str] = {}
    sides: dict[str, Any] = {}
    side: dict[str, Any] | None = None
    for raw in (FIXTURES / name).read_text(encoding="utf-8").replace("\u00a0", " ").splitlines():
        line = raw.rstrip()
        if re.match(r"^(摘要|Summary):", line.strip()):
            side = sides["zh" if line.startswith("摘") else "en"] = {"summary": "", "rows": []}
        elif side is None and ":" in line:
            label, _, value = line.partition(":")
            header[label.split("/")[-1].strip().removesuffix("(s)").lower()] = value.strip()
        elif side is not None and (bullet := _BULLET.match(line)):
            numbered = bullet[2] != "•"
            side["rows"].append((1 if numbered else 0, "number" if numbered else "bullet", bullet[3].strip()))
        elif side is not None and line.strip():
            side["summary"] = line.strip()
    return header, sides


def load_sample(name: str = SEED, **values: Any) -> Content:
    """Return a sample document as content. Its rows are paired in order."""
    header, sides = parse_sample(name)
    rows = itertools.zip_longest(sides["zh"]["rows"], sides["en"]["rows"], fillvalue=(0, "bullet", ""))
    bullets = tuple(
        Bullet(n, zh[2], en[2], zh[0], en[0], zh[1], en[1]) for n, (zh, en) in enumerate(rows, start=1)
    )
    facts = Facts(
        source=get_or_make(Source, name=header["source"]).pk,
        authors=(Byline(get_or_make(Author, name=header["author"]).pk),),
        keywords=tuple(
            get_or_make(Keyword, label_zh=k, label_en=ENGLISH_LABELS.get(k, f"{k} (en)")).pk
            for k in header["keywords"].split("、")
        ),
        date="2025-06-09",
    )
    fields: dict[str, Any] = {
        "headline_zh": header.get("標題", "美國如何贏得下一場科技競賽"),
        "headline_en": header.get("title", "How the U.S. Can Win the Next Technology Race"),
        "summary_zh": sides["zh"]["summary"],
        "summary_en": sides["en"]["summary"],
        "bullets": bullets,
        "facts": facts,
    }
    return Content(**(fields | values))


ENGLISH_LABELS = {"科技": "Technology", "美國": "United States", "全球": "Global"}


def get_or_make(kind: Any, **values: str) -> Any:
    return kind.objects.filter(**values).first() or kind.make(**values)


def get_person(name: str) -> Person:
    return Person.objects.get_or_create(username=name)[0]


def publish(
    content: Content, slug: str = "next-technology-race", *, derived: bool = True, **values: Any
) -> Edition:
    """Create an edition as approval would: of a new brief, or the next edition of `brief`."""
    (edition,) = _store_editions([(slug, content, values)])
    if derived:
        with transaction.atomic():
            build_derived_rows(edition, LoadedNames(content))
        rebuild_memory([edition.brief_id])
    return edition


def publish_next(
    edition: Edition, content: Content | None = None, *, at: dt.datetime, **values: Any
) -> Edition:
    """End an edition and publish the next one of its brief."""
    Edition.objects.filter(pk=edition.pk).update(live_until=at)
    same = {"brief": edition.brief, "published_at": edition.published_at}
    return publish(content or edition.frozen_content, edition.slug, live_from=at, **same | values)


def withdraw(
    edition: Edition, at: dt.datetime = DAY, kind: str = "rights", zh: str = "權", en: str = "R"
) -> None:
    reasons = {"withdrawn_reason_zh": zh, "withdrawn_reason_en": en}
    Edition.objects.filter(pk=edition.pk).update(withdrawn_at=at, withdrawn_kind=kind, **reasons)


def publish_editions(contents: Iterable[tuple[str, Content, dict[str, Any]]]) -> list[Edition]:
    """Publish each content under its slug. All rows are stored at once, in a fraction of the time."""
    editions = _store_editions(list(contents))
    rebuild_derived_rows(editions)
    rebuild_memory([edition.brief_id for edition in editions])
    return editions


def _store_editions(contents: Sequence[tuple[str, Content, dict[str, Any]]]) -> list[Edition]:
    """Store briefs, revisions and editions, and the texts that the desk searches."""
    people = Person.objects.in_bulk(["writer", "editor"], field_name="username")
    writer, editor = (
        people.get(name) or Person.objects.create(username=name) for name in ("writer", "editor")
    )
    briefs = [
        values.get("brief")
        or Brief(created_at=DAY, updated_at=DAY, updated_by=writer, slug=slug, state="approved")
        for slug, _, values in contents
    ]
    numbers = [Edition.objects.filter(brief=brief).count() + 1 if brief.pk else 1 for brief in briefs]
    Brief.objects.bulk_create(brief for brief in briefs if not brief.pk)
    names = PageNames.load_many([content for _, content, _ in contents])
    hashes = [
        {f"hash_{leaf}": value for leaf, value in hash_leaves(content, printed).items()}
        for (_, content, _), printed in zip(contents, names, strict=True)
    ]
    everything = dict.fromkeys(("changed_zh", "changed_en", "changed_facts"), True)
    revisions = Revision.objects.bulk_create(
        Revision(
            brief=brief, number=number, content=content.as_json(), by=writer, at=DAY, **everything | of_parts
        )
        for (_, content, _), brief, number, of_parts in zip(contents, briefs, numbers, hashes, strict=True)
    )
    editions = []
    for (slug, content, values), revision, of_parts in zip(contents, revisions, hashes, strict=True):
        live_from = values.get("live_from", DAY)
        row: dict[str, Any] = {
            "brief": revision.brief,
            "number": revision.number,
            "slug": slug,
            "revision": revision,
            "content": content.without_staff_fields().as_json(),
            "live_from": live_from,
            "published_at": live_from,
            "four_eyes": True,
            "approved_at": DAY,
            "approved_by": editor,
            "edited_by": writer,
        }
        editions.append(Edition(**(row | of_parts | values)))
    draft_index.put([(brief.pk, content) for brief, (_, content, _) in zip(briefs, contents, strict=True)])
    return Edition.objects.bulk_create(editions)


def numbered_content(n: int, **values: Any) -> Content:
    """Return a small content whose texts contain the number."""
    return Content(
        **{
            "headline_zh": f"標題{n}", "headline_en": f"Headline {n}", "summary_zh": f"第{n}篇的摘要。", "summary_en": f"Summary of no. {n}.",
            "bullets": (Bullet(1, f"要點{n}", f"Bullet of {n}"),), "facts": Facts(source=get_or_make(Source, name="Sample Review").pk, date="2025-06-09"),
            **values,
        }
    )  # fmt: skip
