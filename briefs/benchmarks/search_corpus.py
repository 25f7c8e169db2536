"""Fill an empty database with generated editions that hold what search reads."""

import sys
from dataclasses import replace
from itertools import batched
from typing import Any

RARE_PHRASES = {
    2_500: ("拉美毒梟勢力與貪腐", "Cartels and kleptocracy in Latin America"),
    700: ("以AI5G推動的對策", "Steps driven by AI 5G, restricting exports"),
}


def fill_database(n: int) -> None:
    """Short of what search does not read: no bullets' rows, no renderings, no memory, one revision for all."""
    from django.db import transaction

    from briefs import sample_corpus as corpus
    from briefs.derived import build as derive
    from briefs.models import Brief, Edition, Person, Revision

    person, other = (Person.objects.create(username=f"bench-{k}") for k in "ab")
    rows = corpus._ensure_vocabulary()
    revision = None
    for numbers in batched(range(n), 1_000):
        moments = {i: corpus.FIRST_MOMENT.timestamp() + 25 * 60 * i for i in numbers}
        texts = {i: build_content_with_rare_phrases(i, rows) for i in numbers}
        with transaction.atomic():
            common = {
                "created_at": corpus.FIRST_MOMENT,
                "updated_at": corpus.FIRST_MOMENT,
                "updated_by": person,
                "state": "approved",
            }
            made = Brief.objects.bulk_create(Brief(slug=f"brief-{i}", **common) for i in numbers)
            if revision is None:
                revision = Revision.objects.create(
                    brief=made[0], number=1, content={}, changed_zh=True, changed_en=True, changed_facts=True,
                    by=person, at=corpus.FIRST_MOMENT, hash_zh="", hash_en="", hash_facts="",
                )  # fmt: skip
            editions = Edition.objects.bulk_create(
                Edition(
                    brief=brief, number=1, slug=brief.slug or "", revision=revision, content=texts[i].as_json(),
                    hash_zh=str(i), hash_en=str(i), hash_facts=str(i), published_at=to_datetime(moments[i]),
                    live_from=to_datetime(moments[i]), approved_at=corpus.FIRST_MOMENT, approved_by=other, edited_by=person, four_eyes=True,
                )
                for brief, i in zip(made, numbers, strict=True)
            )  # fmt: skip
            faces = derive.cards.build_faces
            derive.cards.build_faces = lambda *_, **__: {}
            try:
                derive._rebuild_cards(editions)
            finally:
                derive.cards.build_faces = faces
        print(f"\r{numbers[-1] + 1} of {n}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    from briefs.search import get_store

    get_store().optimise()


def to_datetime(seconds: float) -> Any:
    import datetime as dt

    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def build_content_with_rare_phrases(i: int, rows: dict[str, list[int]]) -> Any:
    from briefs import sample_corpus as corpus

    content = corpus.build_content(i, **rows)
    for every, (zh, en) in RARE_PHRASES.items():
        if i % every == every - 1:
            last = content.bullets[-1]
            bullets = (
                *content.bullets[:-1],
                replace(last, text_zh=last.text_zh + zh, text_en=f"{last.text_en} {en}"),
            )
            content = replace(content, bullets=bullets)
    return content
