"""Test dismissing findings with a reason, and findings that block submission."""

import dataclasses
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from briefs import workflow
from briefs.admin.common import findings
from briefs.content import Bullet, Content
from briefs.models import Brief, Dismissal, Event, RowKey, Source
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


TEXT = Content(
    headline_zh="標題",
    headline_en="A Headline",
    summary_zh="摘要。",
    summary_en="A summary.",
    bullets=(Bullet(0, "芯片,也。", "A chip."), Bullet(0, "芯片,也好。", "A good chip.")),
)


@pytest.fixture
def brief(team: Team) -> Brief:
    return factories.draft_brief(team, dataclasses.replace(TEXT, facts=factories.facts()))


def findings_of(brief: Brief) -> list[dict[str, Any]]:
    with translation.override("en"):
        return findings.as_json(brief.pk, factories.load_content(brief), {})


def post_dismissal(client: Client, brief: Brief, **data: Any) -> Any:
    return client.post(brief_url(brief, "dismiss"), data, headers={"accept": "application/json"})


def summarise(reported: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(f["key"], f["code"], bool(f["dismissed"])) for f in reported]


def test_writer_dismisses_finding_with_reason_and_undoes_it(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    first = findings_of(brief)
    assert summarise(first) == [
        ("b1", "mainland.wording", False),
        ("b1", "punctuation.commas", False),
        ("b2", "mainland.wording", False),
    ]
    response = post_dismissal(client, brief, finding=first[0]["id"], reason=" A quotation ")
    assert response.status_code == 200
    assert summarise(response.json()["findings"]) == [
        ("b1", "punctuation.commas", False),
        ("b2", "mainland.wording", False),
        ("b1", "mainland.wording", True),
    ]
    dismissed = response.json()["findings"][-1]
    assert (dismissed["dismissed"]["by"], dismissed["dismissed"]["reason"]) == ("writer", "A quotation")
    assert (dismissed["repair"], dismissed["dismissable"]) == (None, False)
    assert Brief.objects.get(pk=brief.pk).version == brief.version
    event = Event.objects.filter(brief=brief).last()
    assert (event.verb, event.note) == ("dismiss", "mainland.wording #b1: A quotation")  # type: ignore[union-attr]
    response = post_dismissal(client, brief, undo=dismissed["dismissed"]["pk"])
    assert summarise(response.json()["findings"]) == summarise(first)
    row = Dismissal.objects.get()
    assert (row.undone_by, row.reason) == (team.writer, "A quotation")
    assert Event.objects.filter(brief=brief).last().verb == "undismiss"  # type: ignore[union-attr]


def test_dismissal_of_grouped_finding_covers_one_bullet_only(
    client: Client, team: Team, brief: Brief
) -> None:
    sign_in(client, team.writer)
    [commas] = [f for f in findings_of(brief) if f["code"] == "punctuation.commas"]
    reported = post_dismissal(client, brief, finding=commas["id"], reason="Set so").json()["findings"]
    assert [
        (f["key"], f["message"], bool(f["dismissed"])) for f in reported if f["code"] == "punctuation.commas"
    ] == [
        ("b2", "1 half-width comma between Chinese characters. Change to ，", False),
        ("b1", "1 half-width comma between Chinese characters. Change to ，", True),
    ]


def test_dismissal_of_lookalike_host_holds_only_for_that_address(
    client: Client, team: Team, brief: Brief
) -> None:
    def set_address(url: str, **facts: str) -> list[tuple[bool, str]]:
        factories.edit(brief, team.writer, facts=factories.facts(url=url, **facts))
        return [(bool(f["dismissed"]), f["message"]) for f in findings_of(brief) if f["key"] == "url"]

    sign_in(client, team.writer)
    assert set_address("https://例子.台灣/") == []
    message = "xn--chathm-7nf.org can be mistaken for another site. Check the address."
    assert set_address("https://chathаm.org/") == [(False, message)]
    assert Brief.objects.get().article_url == "https://xn--chathm-7nf.org/"
    [finding] = [f for f in findings_of(brief) if f["key"] == "url"]
    post_dismissal(client, brief, finding=finding["id"], reason="Theirs")
    assert set_address("https://chathаm.org/", title="Another") == [(True, message)]
    assert set_address("https://rаnd.org/") == [(False, message.replace("chathm-7nf", "rnd-6cd"))]
    Source.make(name="RAND", url="https://www.rand.org/")
    message = "xn--rnd-ela.org can be mistaken for rand.org, the site of a source. Check the address."
    assert set_address("https://ránd.org/a", archive_url="https://news.rand.org/") == [(False, message)]


def test_dismissal_without_reason_or_finding_is_refused(client: Client, team: Team) -> None:
    content = dataclasses.replace(TEXT, summary_en="", facts=factories.facts())
    brief = factories.draft_brief(team, content)
    found = findings_of(brief)
    [missing] = [f for f in found if f["check"] == "completeness"]
    assert [f for f in found if f["blocks"] or not f["dismissable"]] == [missing]
    other = next(f["id"] for f in found if f != missing)
    sign_in(client, team.writer)
    for finding, reason, message in (
        (other, " ", "Say why this finding does not apply; reviewers will see it."),
        (
            "0" * 16,
            "So",
            "The text changed while you were reading, so this finding no longer stands as shown.",
        ),
        (missing["id"], "So", ""),
    ):
        response = post_dismissal(client, brief, finding=finding, reason=reason)
        assert response.status_code == 409
        assert message in response.json()["reasons"][0]["text"]
    sign_in(client, team.reviewer)
    assert post_dismissal(client, brief, finding=other, reason="Not my draft").status_code == 409
    assert not Dismissal.objects.exists()


def test_repeated_dismissal_and_undo_are_recorded_once(client: Client, team: Team, brief: Brief) -> None:
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).open_findings[0]
    dismissal = workflow.findings.dismiss(brief, finding, by=team.writer, reason="So", seen=content)
    assert (
        workflow.findings.dismiss(brief, finding, by=team.writer, reason="Again", seen=content) == dismissal
    )
    assert Event.objects.filter(brief=brief, verb="dismiss").count() == 1
    other_brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert post_dismissal(client, other_brief, undo=dismissal.pk).status_code == 404
    for _ in range(2):
        workflow.findings.undo_dismissal(dismissal, by=team.writer)
    assert Event.objects.filter(brief=brief, verb="undismiss").count() == 1


def test_response_uses_the_page_key_of_a_new_bullet(client: Client, team: Team, brief: Brief) -> None:
    key = "n" + "a" * 32
    RowKey.objects.create(brief=brief, key=key, number=2)
    sign_in(client, team.writer)
    data = {"finding": findings_of(brief)[0]["id"], "reason": "So", "bullet": ["b1", key]}
    assert {f["key"] for f in post_dismissal(client, brief, **data).json()["findings"]} == {"b1", key}


def test_writer_dismisses_finding_without_javascript(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    assert "Check this brief" in client.get(brief_url(brief)).text
    address, dismiss = f"{brief_url(brief)}?findings=1", brief_url(brief, "dismiss")
    form = Form(client.get(address).text)
    first, *others = [b["value"] for b in form.buttons if b.get("formaction") == dismiss]
    assert len(others) == 2
    typed = {f"reason__{first}": "A quotation", "finding": first, "headline_en": "Another Headline"}
    response = client.post(dismiss, form.data_with(**typed))
    assert (response.status_code, response.url) == (302, f"{address}#findings")
    assert Dismissal.objects.get().reason == "A quotation"
    assert Brief.objects.get().headline_en == "Another Headline"
    page = client.get(address).text
    assert "Dismissed by writer: A quotation" in page
    [undo] = [b for b in Form(page).buttons if b.get("name") == "undo"]
    client.post(dismiss, Form(page).data_with(undo=undo["value"]))
    assert not Dismissal.objects.filter(undone_at=None).exists()
