"""Covers in public: shown above the summary, and their files served only while a listed edition shows them."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from briefs import images, workflow
from briefs.bilingual import rendering
from briefs.models import Brief, Edition
from briefs.models import Picture as PictureRow
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import NO_STATIC
from briefs.tests.support.database_firewall import public_access_only
from briefs.tests.support.factories import Team
from briefs.tests.workflow.test_cover import upload_picture, with_picture

from .test_pages import Tree

pytestmark = [pytest.mark.django_db, NO_STATIC]

FRESH = "public, max-age=60"


def picture_address(row: PictureRow, width: int = 320, kind: str = "jpg") -> str:
    return f"/media/pictures/{row.key}-{width}.{kind}"


def picture_status(client: Client, row: PictureRow) -> int:
    """Return the status, which must be equal for both formats. Assert that a refusal is not cacheable."""
    answers = [client.get(picture_address(row, kind=kind)) for kind in ("jpg", "webp")]
    for answer in answers:
        assert answer["Cache-Control"] == (FRESH if answer.status_code == 200 else "no-store")
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers
    assert len({answer.status_code for answer in answers}) == 1
    return answers[0].status_code


# Files


@pytest.mark.parametrize(("kind", "type_"), [("jpg", "image/jpeg"), ("webp", "image/webp")])
def test_picture_file_is_served_with_its_type_and_etag(
    client: Client, team: Team, kind: str, type_: str
) -> None:
    row = upload_picture(team)
    factories.live_brief(team, with_picture(row))
    with public_access_only():
        answer = client.get(picture_address(row, kind=kind))
        again = client.get(picture_address(row, kind=kind), headers={"if-none-match": answer["ETag"]})
    assert answer.status_code == 200
    assert answer.content == images.read(images.picture_file_name(row.key, 320, kind))
    assert answer["Content-Type"] == type_
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == FRESH
    assert (again.status_code, again.content) == (304, b"")


def test_picture_answers_503_while_its_folder_cannot_be_read(
    client: Client, team: Team, settings: Any, tmp_path: Path
) -> None:
    row = upload_picture(team)
    factories.live_brief(team, with_picture(row))
    (tmp_path / "pictures").touch()  # a file, so that nothing below it can be opened
    storage = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    answer = client.get(picture_address(row))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_picture_missing_from_storage_gets_404(client: Client, team: Team) -> None:
    row = upload_picture(team, seed=9)
    factories.live_brief(team, with_picture(row))
    images.default_storage.delete(f"pictures/{images.picture_file_name(row.key, 320, 'jpg')}")
    assert client.get(picture_address(row)).status_code == 404


def test_picture_is_served_only_while_a_listed_edition_shows_it(client: Client, team: Team) -> None:
    row, second = upload_picture(team), upload_picture(team, seed=1)
    brief = factories.draft_brief(team, with_picture(row))
    assert picture_status(client, row) == 404, "draft"
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    assert picture_status(client, row) == 404, "signed"
    factories.approve(brief, team.publisher, at=timezone.now() + dt.timedelta(days=1))
    assert picture_status(client, row) == 404, "scheduled"
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, seconds=1), tick=False) as clock:
        assert picture_status(client, row) == 200, "live"
        workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
        text = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
        changed = factories.edit(
            brief, team.writer, facts=with_picture(second, text).facts, **factories.change_note()
        )
        assert (picture_status(client, row), picture_status(client, second)) == (200, 404), (
            "a newer draft has another"
        )
        workflow.submit(changed, by=team.writer, version=changed.version)
        factories.sign_off(changed, team.reviewer)
        clock.shift(1)
        factories.approve(changed, team.publisher)
        assert (picture_status(client, row), picture_status(client, second)) == (404, 200), "superseded"
        clock.shift(1)
        workflow.withdraw(brief, by=team.publisher, kind="rights")
        assert picture_status(client, second) == 404, "withdrawn"
        clock.shift(1)
        workflow.reinstate(brief, by=team.publisher)
        assert picture_status(client, second) == 200, "reinstated"
        workflow.remove(brief, by=team.publisher, reason="r")
        assert picture_status(client, second) == 404, "removed"


def test_hidden_and_unknown_picture_names_get_same_404(client: Client, team: Team) -> None:
    hidden, shown = upload_picture(team), upload_picture(team, seed=1)
    factories.draft_brief(team, with_picture(hidden))
    factories.live_brief(team, with_picture(shown))
    names = [
        f"{hidden.key}-320.jpg", f"{'0' * 64}-320.jpg", f"{shown.key}-640.jpg", f"{shown.key}-321.webp", f"{shown.key}-320.png",
        f"{shown.key}", f"{shown.key}-0320.jpg", "x", "..%2F..%2Fsecret_key", f"..%2Fpictures%2F{shown.key}-320.jpg", "%00", "CON",
    ]  # fmt: skip
    answers = [client.get(f"/media/pictures/{name}") for name in names]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.content, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    for path in ("/media/", "/media/pictures/", f"/media/{shown.key}-320.jpg"):
        assert client.get(path).status_code == 404


# Pages


@pytest.mark.parametrize(
    ("code", "alt", "caption"),
    [
        ("zh-hant", "港口 &lt;&quot;夜&quot;&gt;", '<span lang="en">Central News Agency</span>'),
        ("en", "A port &amp; a ship", "Central News Agency"),
    ],
)
def test_cover_is_above_summary_with_text_of_page_language(
    client: Client, team: Team, code: str, alt: str, caption: str
) -> None:
    row = upload_picture(team, size=(1400, 700))
    text = replace(with_picture(row), picture_alt_zh='港口 <"夜">', picture_alt_en="A port & a ship")
    brief = factories.live_brief(team, text)
    html = client.get(f"/{code}/briefs/{brief.slug}/").content.decode()
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert html.index("</header>") < html.index("<figure") < html.index('id="summary"')
    assert f'alt="{alt}"' in figure
    assert 'width="1400" height="700"' in figure
    assert caption in figure
    assert "CC BY 4.0" in figure
    assert "style=" not in figure
    for kind, type_ in (("webp", "image/webp"), ("jpg", "image/jpeg")):
        files = ", ".join(f"{picture_address(row, width, kind)} {width}w" for width in (640, 1280, 1400))
        assert re.search(f'<source\\s+type="{type_}"\\s+srcset="{re.escape(files)}"', figure), kind
    for link in re.findall(r"/media/pictures/[^\s\"]+", figure):
        assert client.get(link).status_code == 200
    Tree(rendering.render_fragment(Edition.objects.get().frozen_content, "zh", "zh", "slug"))


def test_cover_is_not_in_list_feed_parallel_view_or_print(client: Client, team: Team) -> None:
    row = upload_picture(team)
    brief = factories.live_brief(team, with_picture(row))
    for code in ("zh-hant", "en"):
        for page in ("", "feed.atom", f"briefs/{brief.slug}/parallel/"):
            answer = client.get(f"/{code}/{page}").content.decode()
            assert brief.slug in answer
            body = answer.partition("</head>")[2] or answer  # the head names it for link previews
            for word in (row.key, "<figure", "Central News Agency", "港口", "A port"):
                assert word not in body, (page, word)
    css = Path(settings.BASE_DIR, "briefs/static/briefs/digest.css").read_text()
    assert re.search(r"@media print \{[^@]*@page[^@]*\.cover\b[^{}]*\{ display: none; \}", css)


def test_caption_shows_credit_and_licence_if_present(team: Team) -> None:
    """Only a preview can lack credit or licence; a published cover has both."""
    row = upload_picture(team)
    for values, expected in (
        ({"licence": ""}, "Picture: Central News Agency<"),
        (
            {"credit": "甲 %(x)s <b>"},
            'Picture: <span lang="zh-Hant-TW">甲 %(x)s &lt;b&gt;</span> / CC BY 4.0<',
        ),
        ({"credit": ""}, ">CC BY 4.0<"),
    ):
        assert expected in rendering.render_fragment(with_picture(row, **values), "en", "en", "slug")
    assert "<figcaption" not in rendering.render_fragment(
        with_picture(row, credit="", licence=""), "en", "en", "slug"
    )
