"""The crawl for unapproved text detects what it looks for: broken rules, cookies, canaries however escaped."""

import datetime as dt
import html
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.db.models import F, Q
from django.db.utils import DatabaseError
from django.utils import timezone

from briefs.models import Brief, Edition, Person
from briefs.models.edition import EditionQuerySet
from briefs.public import editions, views

from ..support.crawler import (
    fetch,
    iter_crawl,
    problems,
    state_problems,
)
from ..support.database_firewall import public_access_only
from ..support.state_model import World

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
    pytest.mark.usefixtures("small_pages"),
]


@pytest.mark.parametrize(
    "query",
    [
        lambda: Brief.objects.count(),
        lambda: list(Person.objects.values_list("email")),
        lambda: list(Edition.objects.values_list("approved_by__email")),
        lambda: list(Edition.objects.values_list("urgent_reason")),
        lambda: list(Edition.objects.filter(brief__state="draft")),
        lambda: Edition.objects.filter(live_until=None).update(live_until=None),
    ],
)
def test_desk_query_under_denial_raises_database_error(world: World, query: Callable[[], object]) -> None:
    query()
    with public_access_only(), pytest.raises(DatabaseError), transaction.atomic():
        query()


def at_any_time(self: EditionQuerySet, now: dt.datetime, **unless: Any) -> Any:
    """Ignore the time, but keep `now` in the SQL so that the query has the same parameters."""
    return self.filter(Q(live_from__lte=now) | Q(live_from__gt=now), **unless)


HISTORY_FIELDS = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")


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
    "withdrawn: as if live": (views.brief_presenter, "build_withdrawn_context", lambda found, at, page, real=views.brief_presenter.build_withdrawn_context: real(found, at, page) | {"source_and_date": found.html}),
    "pictures: whoever's": (editions, "_listed_with_picture", lambda key, now: [(1,)]),
    "pictures: nobody's": (editions, "_listed_with_picture", lambda key, now: []),
    "clock: a hundred years fast": (views, "timezone", SimpleNamespace(now=lambda: timezone.now() + dt.timedelta(days=36500))),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", MUTANTS)
def test_crawl_detects_broken_visibility_rule(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(*MUTANTS[name])
    answers = {}
    for answer in iter_crawl(world.slugs()):
        answers[answer.address] = answer
        if problems([answer], world, world.now):
            return
    assert list(state_problems(answers, world, world.now))


def test_crawl_detects_cookie_vary_and_cache_control(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = views.page_frame.render
    monkeypatch.setattr(
        views.page_frame, "render", lambda *args, **values: with_cookie_and_vary(real(*args, **values))
    )
    found_problems = problems([fetch("/en/about/")], world, world.now)
    assert any("sets" in problem for problem in found_problems)
    assert any("varies" in problem for problem in found_problems)
    assert any("Cache-Control" in problem for problem in found_problems)


def with_cookie_and_vary(response: Any) -> Any:
    response.set_cookie("seen", "1")
    response.headers["Vary"], response.headers["Cache-Control"] = "Cookie", "private"
    return response


@pytest.mark.parametrize(
    "escape",
    [
        str,
        html.escape,
        quote,
        json.dumps,
        lambda s: html.escape(html.escape(f"<{s}>")),
        lambda s: json.dumps(quote(s)),
        lambda s: "".join(f"&#{ord(c)};" for c in s),
    ],
)
def test_leak_detector_finds_canary_in_every_escaping(world: World, escape: Callable[[str], str]) -> None:
    latin, han = (
        token for token, label in world.token_labels.items() if label in ("draft/note", "draft/note_zh")
    )
    assert len(world.find_leaks(f"…{escape(latin.upper())} {escape(han)}…", world.now)) == 2
