"""Public pages change exactly when an edition is due, and the crawl detects each broken rule of visibility. All heavy."""

import datetime as dt
import random
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import F, Q
from django.utils import timezone

from briefs import workflow
from briefs.content import SIDES
from briefs.models import Brief, Edition
from briefs.models.edition import EditionQuerySet
from briefs.public import editions, views
from briefs.tests.support import factories, route_registry
from briefs.tests.support.crawler import (
    crawl,
    fetch,
    list_examples,
    page_addresses,
    page_problems,
    picture_addresses,
    picture_problems,
    problems,
    state_problems,
)
from briefs.tests.support.state_model import World

from .test_leaks import SECOND

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
    pytest.mark.usefixtures("small_pages"),
]


def at_any_time(self: EditionQuerySet, now: dt.datetime, **unless: Any) -> Any:
    """Ignore the time, but keep `now` in the SQL so that the query has the same parameters."""
    return self.filter(Q(live_from__lte=now) | Q(live_from__gt=now), **unless)


HISTORY_FIELDS = ("live_from", "change_kind", "change_note_zh", "change_note_en")


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "listed: everything": (EditionQuerySet, "listed", at_any_time),
    "listed: withdrawn too": (EditionQuerySet, "listed", lambda self, now: self.public(now).filter(removed_at=None)),
    "listed: removed too": (EditionQuerySet, "listed", lambda self, now: self.public(now).filter(withdrawn_at=None)),
    "found: everything": (EditionQuerySet, "found", at_any_time),
    "found: removed too": (EditionQuerySet, "found", lambda self, now: self.public(now)),
    "gone: nothing": (EditionQuerySet, "gone", lambda self, now: self.none()),
    "gone: everything": (EditionQuerySet, "gone", at_any_time),
    "public: scheduled too": (EditionQuerySet, "public", lambda self, now: self.filter(Q(live_until=None) | Q(live_until__gt=now))),
    "public: superseded too": (EditionQuerySet, "public", lambda self, now: self.filter(live_from__lte=now)),
    "public: nothing": (EditionQuerySet, "public", lambda self, now: self.filter(live_from__lte=now, pk__lt=0)),
    "history: every edition": (editions, "_history", lambda brief, now: list(Edition.objects.filter(brief_id=brief).order_by("-live_from").values_list(*HISTORY_FIELDS))),
    "history: removed too": (editions, "_history", lambda brief, now: list(Edition.objects.filter(brief_id=brief, live_from__lte=now).exclude(live_until=F("live_from")).order_by("-live_from").values_list(*HISTORY_FIELDS))),
    "withdrawn: as if live": (views.brief_answers, "build_withdrawn_context", lambda found, at, page, real=views.brief_answers.build_withdrawn_context: real(found, at, page) | {"byline": found.brief.summary(page)}),
    "pictures: whoever's": (editions, "_listed_with_picture", lambda key, now: [(1,)]),
    "pictures: nobody's": (editions, "_listed_with_picture", lambda key, now: []),
    "clock: a hundred years fast": (views, "timezone", SimpleNamespace(now=lambda: timezone.now() + dt.timedelta(days=36500))),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", MUTANTS)
def test_crawl_detects_broken_visibility_rule(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Try the pages of one brief after the other, then the pictures, and the rest only if nothing was found."""
    monkeypatch.setattr(*MUTANTS[name])
    rng, phases = random.Random(name), world.phases(world.now)
    for item, phase in rng.sample(phases, len(phases)):
        pages = {address: fetch(address) for address in page_addresses(item)}
        if problems(pages.values(), world, world.now) or any(page_problems(pages, world, item, phase)):
            return
    addresses = list_examples(world.slugs())
    rng.shuffle(addresses)  # else one kind of page would come last
    answers = {}
    for address in [*picture_addresses(world), *addresses]:
        answers[address] = fetch(address)
        if problems([answers[address]], world, world.now):
            return
        if len(answers) == len(picture_addresses(world)) and any(picture_problems(answers, world, world.now)):
            return
    assert list(state_problems(answers, world, world.now))


@pytest.fixture
def one_page(monkeypatch: pytest.MonkeyPatch, small_pages: None) -> None:
    """Every listed brief is on the first page and in the feed."""
    monkeypatch.setattr(editions, "PAGE_SIZE", 200)


@pytest.mark.heavy
def test_two_hundred_draft_edits_change_no_public_page(world: World, clock: Any) -> None:
    addresses = list_examples(world.slugs())
    before = {address: fetch(address) for address in addresses}
    drafts = [
        item
        for item in world.sample_briefs
        if Brief.objects.get(pk=item.brief.pk).state in ("draft", "in_review")
    ]
    assert {"draft", "live, newer draft", "scheduled, edited since", "withdrawn, newer draft"} <= {
        item.name for item in drafts
    }
    for n in range(200):
        clock.shift(1)
        item = drafts[n % len(drafts)]
        row = factories.edit(
            item.brief, world.team.publisher, headline_en=f"Edit {n}", summary_zh=f"第{n}次。"
        )
        if n % 10 == 0:
            workflow.add_note(row, f"Note {n}", by=world.team.reviewer)
    clock.move_to(world.now)
    after = {address: fetch(address) for address in addresses}
    assert [a for a in before if before[a].comparable != after[a].comparable] == []


@pytest.mark.heavy
def test_scheduled_edition_appears_exactly_at_its_time(world: World, clock: Any, one_page: None) -> None:
    assert len(world.moments()) >= 6
    for moment in world.moments():
        begun = [(item, phase) for item, phase in world.phases(moment) if phase.start == moment]
        if not begun:  # the moment of an issue
            continue
        ((item, phase),) = begun
        words = {
            side: Edition.objects.listed(moment).get(slug=item.slug).frozen_content.summary(side).split()[0]
            for side in SIDES
        }
        for now, expected in ((moment - SECOND, False), (moment, True), (moment + SECOND, True)):
            clock.move_to(now)
            if not expected:  # what was published stays the same until a second before the next moment
                _, addresses = zip(*route_registry.some_public_addresses([item.slug]), strict=True)
                assert problems(map(fetch, addresses), world, now) == []
            for side, code in (("zh", "zh-hant"), ("en", "en")):
                for surface in ("feed.atom", f"briefs/{item.slug}/", f"briefs/{item.slug}/parallel/"):
                    answer = fetch(f"/{code}/{surface}")
                    assert problems([answer], world, now) == []
                    assert (words[side] in answer.text) == expected, (item.name, surface, now)
            if item.phase(moment - SECOND).status == 404:
                listed = [
                    item.slug in fetch(address).text for address in ("/sitemap.xml", "/en/", "/zh-hant/")
                ]
                assert listed == [expected] * 3, item.name
    assert phase.listed


@pytest.mark.heavy
def test_public_pages_show_due_editions_only_as_time_passes(world: World, clock: Any) -> None:
    middle, end = world.moments()[3] + SECOND, world.moments()[-1] + SECOND
    for now in (middle, end):
        clock.move_to(now)
        answers = crawl(world.slugs())
        assert problems(answers.values(), world, now) == []
        assert list(state_problems(answers, world, now)) == []
