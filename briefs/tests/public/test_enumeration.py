"""Guessing: nothing tells what is hidden from what never was, neither by what is asked of the database nor by a file."""

import itertools
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs import images
from briefs.models import Picture
from briefs.rendering.cover import PICTURE_TYPES

from ..support import corpus_fixtures
from ..support.crawler import PublicResponse, fetch
from ..support.state_model import World
from .test_leaks import DOORS

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOBODY = "no-such-brief"


# By time: the same questions are asked, and as many


def questions(address: str, *parts: str) -> list[str]:
    """What an answer asks of the database, without the words that the address brought."""
    with CaptureQueriesContext(connection) as asked:
        fetch(address)
    said = [query["sql"] for query in asked.captured_queries]
    for part in parts:
        said = [one.replace(part, "…") for one in said]
    return said


def test_hidden_and_never_written_ask_the_same_questions(world: World, clock: Any) -> None:
    """Time follows them: `briefs.benchmarks.hidden` measures it, and no test here does, since clocks are moody."""
    doors = [
        *DOORS,
        *(f"/en/briefs/{{}}/{end}" for end in ("card.png", "report/", "original.bib", "cite.json")),
    ]
    differing = []
    for item, door in itertools.product(world.hidden(world.now), doors):
        fetch(door.format(NOBODY))  # what is prepared once is prepared
        there, nowhere = (questions(door.format(slug), slug) for slug in (item.slug, NOBODY))
        if there != nowhere:
            differing.append((item.name, door, there, nowhere))
    assert differing == []
    assert questions(f"/en/briefs/{NOBODY}/", NOBODY) != [], "the questions are seen"
    assert len(questions(f"/en/briefs/{world.sample_briefs[0].slug}/")) > 0


def test_a_hidden_picture_and_none_ask_the_same_questions(world: World, clock: Any) -> None:
    for key in hidden_pictures(world):
        name, none = f"{key}-320.jpg", f"{'0' * 64}-320.jpg"
        there, nowhere = (
            questions(f"/media/pictures/{one}", one, one.partition("-")[0]) for one in (name, none)
        )
        assert there == nowhere


def test_a_subject_of_drafts_alone_asks_what_an_unknown_one_does(world: World, clock: Any) -> None:
    from ..support import route_registry

    found = 0
    for kind, slugs in route_registry.SUBJECT_SLUGS.items():
        for slug, end in itertools.product(sorted(slugs), ("", "feed.atom")):
            address = f"/en/{kind}/{{}}/{end}"
            if fetch(address.format(slug)).status == 404:
                found += 1
                there, nowhere = (questions(address.format(one), one) for one in (slug, "no-such-row"))
                assert there == nowhere, address.format(slug)
    assert found > 10


# By a file's name


def hidden_pictures(world: World) -> list[str]:
    shown = {key for key in world.picture_credits if fetch(f"/media/pictures/{key}-320.jpg").status == 200}
    hidden = sorted(set(world.picture_credits) - shown)
    assert len(shown) >= 3
    assert len(hidden) >= 10
    return hidden


def guesses(world: World, n: int) -> Iterator[str]:
    """Of files and cards of what is hidden: by its key and slug at every place where something might lie, then blindly."""
    keys, slugs = hidden_pictures(world), [item.slug for item in world.hidden(world.now)]
    widths = [*images.PICTURE_WIDTHS, 0, 1, 321, 99999]
    places = ["/media/pictures/", "/media/", "/static/", "/static/pictures/", "/media/originals/", "/var/media/pictures/",
              "/admin/briefs/picture/", "/media/pictures/../pictures/", "/media/pictures/%2e%2e/pictures/", "//media/pictures/"]  # fmt: skip
    ends = [*PICTURE_TYPES, "png", "jpeg", "gif", "avif", "svg", "jpg.gz", "JPG", "jpg%00", "jpg/"]
    ways = [f"{place}{{}}-{width}.{end}" for place in places for width in widths for end in ends]
    ways += [f"{place}{{}}" for place in places]
    yield from (way.format(key) for way, key in zip(ways, itertools.cycle(keys)))
    ends = ["card.png", "card.jpg", "card", "cover.jpg", "og.png", "cite.ris", "cite.pdf", "original.json", "print/", "feed.atom",
            "index.json", "amp/", "embed/", "picture.jpg", "report.pdf", "download/", "export.csv", "edit/", "1/", "draft/", "r1/"]  # fmt: skip
    for slug, code in itertools.product(slugs, ("en", "zh-hant", "zh")):
        yield from (f"/{code}/briefs/{slug}/{end}" for end in ends)
        yield from (
            f"/{code}/briefs/{slug}{end}" for end in (".pdf", ".json", ".png", "-320.jpg", "%2Fcard.png")
        )
    names = [
        "report-2026-11.pdf",
        "digest-2026-11-25.docx",
        "000_a01fbe574e0e12f3.txt",
        "secret_key",
        "db.sqlite3",
        "backup.zip",
    ]
    yield from (f"{place}{name}" for place in places for name in names)
    for k in range(n):
        near = keys[k % len(keys)]
        key = (
            secrets.token_hex(32) if k % 2 else near[:-1] + format((int(near[-1], 16) + 1 + k % 15) % 16, "x")
        )
        yield f"/media/pictures/{key}-320.{('jpg', 'webp')[k % 2]}"


def test_no_guess_in_seven_finds_a_file_or_card_of_what_is_hidden(world: World, clock: Any) -> None:
    assert tried_in_vain(itertools.islice(guesses(world, 200), 0, None, 7)) > 150


@pytest.mark.heavy
@pytest.mark.parametrize("n", [200, 8_000])
def test_no_guessed_file_or_card_of_what_is_hidden_is_there(world: World, clock: Any, n: int) -> None:
    assert tried_in_vain(guesses(world, n)) > 1_000 + n


def tried_in_vain(addresses: Iterator[str]) -> int:
    """Return how many addresses were tried."""
    hits, tried = [], 0
    for address in addresses:
        tried += 1
        answer = fetch(address)
        if not nothing(answer):
            hits.append((address, answer.status, answer.headers.get("Location")))
    assert hits == []
    return tried


def nothing(answer: PublicResponse) -> bool:
    """Not there; or sent to another spelling of the address or to sign in, which is the same for every address."""
    if answer.status in (301, 302):
        return not answer.body and answer.headers["Location"].startswith(
            ("/en/", "/zh-hant/", "/admin/login/", "/media/")
        )
    return answer.status in (404, 405) and answer.headers.get("Cache-Control", "no-store").endswith(
        "no-store"
    )


def test_what_lies_in_the_storage_is_under_no_other_address(world: World, clock: Any) -> None:
    """The files are in one folder that no server is told of: the proxy's configuration names none."""
    proxy = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    assert not re.search(r"^\s*(root|alias|try_files|autoindex|sendfile|internal)\b", proxy, re.M)
    assert Picture.objects.filter(key__in=hidden_pictures(world)).count() == len(hidden_pictures(world))
    for key in hidden_pictures(world):
        assert images.read(images.picture_file_name(key, 320, "jpg")), "it is there, and nobody gets it"


@pytest.mark.parametrize("hole", ["_listed_with_picture"])
def test_a_hole_is_noticed(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch, hole: str) -> None:
    from briefs.public import editions

    hidden = hidden_pictures(world)
    monkeypatch.setattr(editions, hole, lambda key, now: [(1,)])
    assert not nothing(fetch(f"/media/pictures/{hidden[0]}-320.jpg"))
    assert questions(f"/media/pictures/{hidden[0]}-320.jpg") == []
