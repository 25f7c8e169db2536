"""An invalid preview token opens nothing. `public/test_leaks.py` tests what a valid one reveals."""

import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from briefs.models import Letter, PreviewLink
from briefs.publications import preview_links
from briefs.tests.support import factories, route_registry
from briefs.tests.support.crawler import PublicResponse, fetch
from briefs.tests.support.factories import Team

from .test_preview_pages import ENDS, NOW, share_token

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def without_token(answer: PublicResponse, token: str) -> Any:
    """Return the answer without the token of its request."""
    headers = {name: value.replace(token, "…") for name, value in answer.headers.items()}
    return answer.status, headers, answer.body.replace(token.encode(), b"..."), answer.cookies


# Invalid tokens


def test_forged_token_finds_no_link(clock: Any) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    real = [share_token(brief, team.writer) for _ in range(3)]
    forged = [
        change
        for token in real
        for change in (
            token.lower(), token.upper(), token[:-1], token + "A", token + "=", f" {token}", f"{token}%00",
            PreviewLink.hash_token(token), token[::-1], f"{token}\u200b", token.replace(token[0], "Ａ", 1),
            *(token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :] for at in range(len(token))),
        )
    ]  # fmt: skip
    assert [token for token in forged if preview_links.find(token, NOW)] == []
    assert all(preview_links.find(token, NOW) for token in real)
    assert PreviewLink.objects.filter(opened__gt=0).count() == 0


def test_ended_token_answers_like_unknown_token(clock: Any) -> None:
    team = Team()
    ended = {}
    for name, end in ENDS.items():
        brief = factories.draft_brief(team, factories.content(name))
        PreviewLink.objects.all().delete()
        ended[name] = share_token(brief, team.writer)
        end(team, brief)
    ended["expired"] = share_token(
        factories.draft_brief(team, factories.content("old")), team.writer, hours=1
    )
    clock.shift(3600)
    unknown = secrets.token_urlsafe(32)
    for name, token in ended.items():
        for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT"):
            pairs = zip(
                route_registry.token_addresses(token), route_registry.token_addresses(unknown), strict=True
            )
            for ended_address, unknown_address in pairs:
                assert without_token(fetch(ended_address, method), token) == without_token(
                    fetch(unknown_address, method), unknown
                ), (name, method)
    text = fetch(f"/preview/{unknown}/en/").text
    assert "The link has expired or was revoked. Ask the editor for a new one." in text
    assert '<section lang="zh-Hant-TW">' in text
    assert '<section lang="en">' in text


def test_invalid_token_runs_one_query(clock: Any, django_assert_num_queries: Any) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    token = share_token(brief, team.writer)
    ENDS["discarded"](team, brief)
    for invalid in (token, secrets.token_urlsafe(32), "x"):
        with django_assert_num_queries(1):
            fetch(f"/preview/{invalid}/en/")


# Valid tokens


def test_link_is_deleted_long_after_its_end_unless_a_guest_wrote(clock: Any) -> None:
    team = Team()
    brief = factories.draft_brief(team)
    for _ in range(3):
        share_token(brief, team.writer)
    answered, expired, active = PreviewLink.objects.order_by("pk")
    Letter.objects.create(key="k", brief=brief, link=answered, kind="remark", text="x", at=NOW)
    past = NOW - preview_links.RETENTION - preview_links.MAX_LIFETIME
    PreviewLink.objects.exclude(pk=active.pk).update(at=past, expires_at=past + preview_links.MAX_LIFETIME)
    preview_links.delete_expired(NOW)
    assert expired in PreviewLink.objects.all(), "it expired just ninety days ago"
    preview_links.delete_expired(NOW + dt.timedelta(seconds=1))
    assert list(PreviewLink.objects.order_by("pk")) == [answered, active]
