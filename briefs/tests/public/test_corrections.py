"""The log of corrections and withdrawals, and the changes of one brief."""

import dataclasses
import datetime as dt
import html
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Edition
from briefs.models.vocabulary import Source
from briefs.tests.support.corpus_fixtures import (
    DAY,
    NO_STATIC,
    OLDEST_KEY,
    get_or_make,
    load_sample,
    numbered_content,
    publish,
    publish_next,
    withdraw,
)
from briefs.tests.support.factories import Team, change_note

pytestmark = [pytest.mark.django_db, NO_STATIC]

LOG, CHANGES = "/en/corrections/", "/en/briefs/next-technology-race/changes/"


def publish_twice(**values: Any) -> tuple[Edition, Edition]:
    """Publish an edition and a day later one whose third point says lately instead of early, and the fifth ends in a dot."""
    content = load_sample()
    old = list(content.bullets)
    old[2] = dataclasses.replace(old[2], text_en="First movers win early.")
    first = publish(dataclasses.replace(content, bullets=tuple(old)))
    new = list(old)
    new[2] = dataclasses.replace(new[2], text_en="First movers win lately.")
    new[4] = dataclasses.replace(old[4], text_en=f"{old[4].text_en.rstrip('.')};")
    note = change_note("correction", "第三點有誤", "Point 3 was wrong") | values
    content = dataclasses.replace(content, bullets=tuple(new))
    return first, publish_next(first, content, at=DAY + dt.timedelta(days=1), **note)


def get(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    text = html.unescape(html.unescape(response.content.decode()))
    return re.sub(r"</?(?:del|ins)>", "", text)


@pytest.mark.parametrize("address", [LOG, CHANGES, f"{LOG}feed.atom"])
def test_correction_shows_what_was_what_is_and_why(client: Client, address: str) -> None:
    publish_twice()
    page = get(client, address)
    assert "Point 3 was wrong" in page
    assert page.index("First movers win early.") < page.index("First movers win lately.")
    assert "Point 4" not in page, "an unchanged text is not listed"
    assert "Point 5" not in page, "punctuation is not listed"
    if address != f"{LOG}feed.atom":
        assert "<del>early</del>" in client.get(address).content.decode()


@pytest.mark.parametrize("kind", ["small_repair", "correction"])
def test_minor_or_scheduled_change_is_not_listed(client: Client, kind: str) -> None:
    first, second = publish_twice(change_kind=kind)
    if kind == "correction":
        Edition.objects.filter(pk=second.pk).update(live_until=second.live_from)
        Edition.objects.filter(pk=first.pk).update(live_until=timezone.now() + dt.timedelta(days=3))
    for address in (LOG, CHANGES):
        assert "First movers" not in get(client, address)
    assert client.get("/en/briefs/no-such-brief/changes/").status_code == 404


@pytest.mark.parametrize("which", [0, 1])
def test_withdrawn_text_leaves_the_log_and_the_reason_stays(client: Client, which: int) -> None:
    editions = publish_twice()
    withdraw(editions[which], timezone.now(), "our_error", "數字有誤", "The figures are wrong")
    for address in (LOG, CHANGES, f"{LOG}feed.atom"):
        page = get(client, address)
        assert "First movers" not in page
        assert page.count("Point 3 was wrong") >= 1
        assert page.count("The figures are wrong") >= 1


@pytest.mark.parametrize("address", [LOG, CHANGES, f"{LOG}feed.atom"])
def test_log_keeps_both_dates_of_a_brief_that_is_public_again(client: Client, address: str) -> None:
    team = Team()
    _first, edition = publish_twice()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        workflow.withdraw(edition.brief, by=team.publisher, kind="our_error")
        clock.shift(dt.timedelta(days=3))
        workflow.reinstate(edition.brief, by=team.publisher)
        clock.shift(60)
        page = get(client, address)
    for words in ("Withdrawn", "Public again"):
        assert words in page
    assert page.count("We found an error and took this brief down while we correct it.") >= 1


def test_removed_brief_leaves_kind_and_date(client: Client) -> None:
    _, second = publish_twice()
    Edition.objects.filter(pk=second.pk).update(removed_at=timezone.now(), removed_reason="Secret")
    assert client.get(CHANGES).status_code == 410
    page = get(client, LOG)
    assert "Removed" in page
    for words in ("First movers", "Point 3", "Secret", second.frozen_content.headline_en, second.slug):
        assert words not in page


@pytest.mark.parametrize("column", ["withdrawn_at", "removed_at"])
def test_text_from_before_a_withdrawal_stays_out_after_the_next_approval(client: Client, column: str) -> None:
    _, edition = publish_twice()
    taken_down = {column: timezone.now(), "withdrawn_kind": "rights"}
    for day, values in ((2, taken_down), (3, {}), (4, {})):
        content = dataclasses.replace(edition.frozen_content, summary_en=f"Summary {day}.")
        start = DAY + dt.timedelta(days=day)
        edition = publish_next(edition, content, at=start, change_kind="update", **values)
    for address in (LOG, CHANGES, f"{LOG}feed.atom"):
        page = get(client, address)
        assert "First movers" not in page
        assert "Summary 2" not in page
        assert "Summary 3" in page
        assert "Point 3 was wrong" in page


def test_changed_facts_are_shown_as_pages_word_them(client: Client) -> None:
    first = publish(load_sample(), "facts")
    facts, content = first.frozen_content.facts, first.frozen_content
    other = get_or_make(Source, name="Foreign Affairs")
    changed = dataclasses.replace(
        facts,
        source=other.pk,
        authors=(dataclasses.replace(facts.authors[0], affiliation_en="CNAS"),),
        date="2025-06-10",
        title="The Next <Race>",
        access="free",
        source_withdrew=True,
        embargo_until="2025-06-01T00:00:00+00:00",
    )
    content, note = (
        dataclasses.replace(content, facts=changed),
        change_note("correction", "更正。", "Corrected."),
    )
    publish_next(first, content, at=DAY + dt.timedelta(days=1), **note)
    shown = client.get("/en/briefs/facts/changes/").content.decode()
    assert list_changes(shown) == [
        ("Source", "Foreign Policy", "Foreign Affairs"),
        ("Authors", "Vivek Chilukuri", "Vivek Chilukuri (CNAS)"),
        ("Article date", "9 June 2025", "10 June 2025"),
        ("Article title", "–", "The Next <Race>"),
        ("Access", "–", "Free"),
        ("Withdrawn by its source", "–", "Yes"),
    ]
    shown = client.get("/zh-hant/briefs/facts/changes/").content.decode()
    assert ("原文發表日期", "2025年6月9日", "2025年6月10日") in list_changes(shown)
    assert ("Authors", "Vivek Chilukuri", "Vivek Chilukuri (CNAS)") in list_changes(shown, "far"), (
        "only English has it"
    )


def list_changes(page: str, side: str = "near") -> list[tuple[str, str, str]]:
    """Return place, old and new words of each change on a page, in its own language or across the fold."""
    near, _, far = page.partition('<ol class="log">')[2].partition('<div class="far"')
    page = far if side == "far" else near
    rows = re.findall(r'class="place">(.*?)</p>.*?<dd[^>]*>(.*?)</dd>.*?<dd[^>]*>(.*?)</dd>', page, re.DOTALL)
    return [tuple(html.unescape(re.sub(r"<[^>]+>", "", part)).strip() for part in row) for row in rows]


def test_texts_are_escaped(client: Client) -> None:
    words = "<script>alert(1)</script> & </dd>"
    first, second = publish_twice(change_note_en=words)
    changed = dataclasses.replace(first.frozen_content, headline_en=words)
    publish_next(second, changed, at=DAY + dt.timedelta(days=2), change_kind="update")
    for address in (LOG, CHANGES):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page
    feed = ElementTree.fromstring(client.get(f"{LOG}feed.atom").content)
    contents = [element.text or "" for element in feed.iterfind(".//{*}content")]
    assert ["&lt;script&gt;alert(1)" in content for content in contents] == [True, True]
    assert ["<script>" in content for content in contents] == [False, False]


def read_notes(client: Client, address: str) -> tuple[list[int], dict[str, str]]:
    page = get(client, address)
    links = dict(re.findall(r'<a rel="(prev|next)" href="([^"]+)"', page))
    return [int(note) for note in re.findall(r"Note (\d+)\.", page)], links


def test_log_pages_by_key(client: Client) -> None:
    for n in range(25):
        first, note = (
            publish(numbered_content(n), f"n{n}"),
            change_note("correction", f"第{n}則", f"Note {n}."),
        )
        publish_next(first, numbered_content(n + 100), at=DAY + dt.timedelta(hours=n + 1), **note)
    notes, links = read_notes(client, LOG)
    assert (notes, links.keys()) == ([*range(24, 4, -1)], {"next"})
    notes, links = read_notes(client, links["next"])
    assert (notes, links.keys()) == ([4, 3, 2, 1, 0], {"prev"})
    assert read_notes(client, links["prev"])[0] == [*range(24, 4, -1)]
    assert client.get(f"{LOG}?before=x").status_code == 404
    notes, links = read_notes(client, f"{LOG}?after={OLDEST_KEY}")
    assert notes == [*range(19, -1, -1)], "the static site is written from the oldest page on"
    assert read_notes(client, links["prev"])[0] == [*range(24, 19, -1)]
