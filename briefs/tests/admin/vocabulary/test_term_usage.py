"""Usage of a glossary term: which briefs use which rendering, and which need revision after a change."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.admin.vocabulary.term_usage import find_term_usage
from briefs.content import Bullet
from briefs.models import Author, Brief, Term
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def term() -> Term:
    return Term.make(
        zh="灰色地帶",
        en="gray zone",
        also_en=["gray-zone operation"],
        avoid_zh=["灰色區域"],
        avoid_en=["grey zone"],
    )


def create_draft(team: factories.Team, *bullets: Bullet, **values: Any) -> Brief:
    return factories.draft_brief(team, factories.content(bullets=bullets, **values))


def usage_by_brief(
    term: Term, **former: str
) -> dict[int, set[tuple[str, str, str, tuple[tuple[str, int], ...]]]]:
    return {
        use.brief: {
            (*rendering, tuple(sorted(places.items()))) for rendering, places in use.occurrences.items()
        }
        for use in find_term_usage(term, former)  # type: ignore[arg-type]
    }


def test_usage_lists_every_rendering_with_its_positions(team: factories.Team, term: Term) -> None:
    brief = create_draft(
        team,
        Bullet(0, "灰色地帶與灰色地帶。", "The gray zone."),
        Bullet(0, "灰色區域。", "Grey-zone tactics and Gray Zones."),
        summary_zh="灰色地帶。",
    )
    create_draft(team, Bullet(0, "別的。", "The gray area and zone."))
    assert usage_by_brief(term) == {
        brief.pk: {
            ("zh", "灰色地帶", "preferred", (("b1", 2), ("summary", 1))),
            ("zh", "灰色區域", "avoided", (("b2", 1),)),
            ("en", "gray zone", "preferred", (("b1", 1),)),
            ("en", "Grey-zone", "avoided", (("b2", 1),)),
            ("en", "Gray Zone", "preferred", (("b2", 1),)),
        }
    }


def test_term_inside_longer_term_or_name_is_not_counted(team: factories.Team) -> None:
    short = Term.make(zh="嚇阻", en="deterrence")
    Term.make(zh="延伸嚇阻", en="extended deterrence")
    Author.make(name="The Deterrence Group", name_zh="嚇阻社")
    create_draft(
        team, Bullet(0, "延伸嚇阻。", "Extended deterrence."), Bullet(0, "嚇阻社。", "The Deterrence Group.")
    )
    assert usage_by_brief(short) == {}
    brief = create_draft(team, Bullet(0, "嚇阻。", "Deterrence."))
    assert set(usage_by_brief(short)) == {brief.pk}


def test_variant_character_counts_as_same_term(team: factories.Team) -> None:
    strait = Term.make(zh="臺灣海峽", en="Taiwan Strait")
    briefs = [create_draft(team, Bullet(0, zh, "It.")) for zh in ("台灣海峽。", "臺灣海峽。")]
    assert set(usage_by_brief(strait)) == {brief.pk for brief in briefs}


def test_singular_hyphen_and_curly_apostrophe_still_match(team: factories.Team) -> None:
    controls = Term.make(zh="出口管制", en="export controls")
    act = Term.make(zh="人民權利法", en="people's rights act")
    brief = create_draft(team, Bullet(0, "一。", "An export-control list and the People’s Rights Act."))
    assert set(usage_by_brief(controls)) == set(usage_by_brief(act)) == {brief.pk}


def test_discarded_brief_is_not_listed(team: factories.Team, term: Term) -> None:
    brief = create_draft(team, Bullet(0, "灰色地帶。", "It."))
    workflow.discard(brief, by=team.writer, version=brief.version)
    assert usage_by_brief(term) == {}


def test_usage_page_shows_bullets_denies_outsider_and_escapes_query(
    client: Client, team: factories.Team, term: Term
) -> None:
    brief = create_draft(team, Bullet(0, "灰色區域與灰色區域。", "The gray zone."))
    sign_in(client, team.reviewer)
    page = client.get(f"/admin/briefs/term/{term.pk}/change/").content.decode()
    assert f'href="/admin/briefs/term/{term.pk}/uses/"' in page
    page = client.get(f"/admin/briefs/term/{term.pk}/uses/").content.decode()
    assert re.search(rf'href="{brief_url(brief)}#b1"\s*>\s*#b1\s+×2', page)
    assert "To avoid" in page
    sign_in(client, team.outsider)
    assert client.get(f"/admin/briefs/term/{term.pk}/uses/").status_code == 403
    sign_in(client, team.writer)
    assert client.get("/admin/briefs/term/99999/uses/").status_code == 404
    response = client.get(f"/admin/briefs/term/{term.pk}/uses/", {"was_zh": "<b>灰%_", "p": "x"})
    assert response.status_code == 200
    assert b"<b>\xe7\x81\xb0%_" not in response.content


def test_usage_page_shows_hundred_briefs_with_few_queries(
    client: Client, team: factories.Team, term: Term
) -> None:
    brief = create_draft(team, Bullet(0, "灰色地帶。", "It."))
    rows = [
        Brief(
            headline_zh=f"灰色地帶{n}",
            created_at=brief.created_at,
            updated_at=brief.updated_at,
            updated_by=team.writer,
        )
        for n in range(130)
    ]
    Brief.objects.bulk_create(rows)
    sign_in(client, team.writer)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"/admin/briefs/term/{term.pk}/uses/")
    assert page.content.decode().count('<p class="preferred">') == 100
    assert len(queries) < 25
    assert (
        client.get(f"/admin/briefs/term/{term.pk}/uses/?p=2").content.decode().count('<p class="preferred">')
        == 31
    )


def open_term_form(client: Client, term: Term) -> Form:
    page = client.get(f"/admin/briefs/term/{term.pk}/change/").content.decode()
    return Form(page, id="term_form")


def test_changing_preferred_rendering_lists_briefs_without_editing_them(
    client: Client, team: factories.Team, term: Term
) -> None:
    old_brief = create_draft(team, Bullet(0, "灰色地帶。", "The gray zone."))
    new_brief = create_draft(team, Bullet(0, "灰帶。", "The gray zone."))
    before = [(b.version, workflow.load_working_copy(b)) for b in Brief.objects.order_by("pk")]
    sign_in(client, team.writer)
    response = client.post(
        f"/admin/briefs/term/{term.pk}/change/",
        open_term_form(client, term).data_with(zh="灰帶"),
        follow=True,
    )
    assert response.redirect_chain[-1][0].startswith(f"/admin/briefs/term/{term.pk}/uses/?was_zh=")
    page = response.content.decode()
    assert f'href="{brief_url(old_brief)}#b1"' in page
    assert f'href="{brief_url(new_brief)}#b1"' not in page
    assert "Approved until now" in page
    assert [(b.version, workflow.load_working_copy(b)) for b in Brief.objects.order_by("pk")] == before
    saved_term = Term.objects.get(pk=term.pk)
    assert saved_term.zh == "灰帶"
    assert usage_by_brief(saved_term, zh="灰色地帶")[old_brief.pk] == {
        ("zh", "灰色地帶", "former", (("b1", 1),)),
        ("en", "gray zone", "preferred", (("b1", 1),)),
    }


def test_former_rendering_now_an_alternative_is_still_listed(team: factories.Team, term: Term) -> None:
    brief = create_draft(team, Bullet(0, "灰色地帶。", "It."))
    term.zh, term.also_zh = "灰帶", ["灰色地帶"]
    workflow.save_vocabulary_row(term, by=team.writer)
    assert {kind for _, _, kind, _ in usage_by_brief(term, zh="灰色地帶")[brief.pk]} == {"former"}


def test_changing_only_note_does_not_redirect_to_usage_page(
    client: Client, team: factories.Team, term: Term
) -> None:
    sign_in(client, team.writer)
    response = client.post(
        f"/admin/briefs/term/{term.pk}/change/", open_term_form(client, term).data_with(note="Seen")
    )
    assert response.status_code == 302
    assert "uses" not in response.url
