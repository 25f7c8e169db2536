"""Test dismissing findings with a reason, and findings that block submission."""

import dataclasses
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from briefs import workflow
from briefs.admin.common import findings
from briefs.content import Bullet, Content
from briefs.models import Brief, Dismissal, Event, Source
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, sign_in
from briefs.workflow import reviewing

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


def test_dismissal_holds_only_for_the_dismissed_text(team: Team, brief: Brief) -> None:
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).open_findings[0]
    workflow.dismiss(brief, finding, by=team.writer, reason="So", seen=content)
    bullets = (dataclasses.replace(content.bullets[0], text_en="The chip."), content.bullets[1])
    brief = factories.edit(brief, team.writer, bullets=bullets)
    assert ("b1", "mainland.wording", False) in summarise(findings_of(brief))
    brief = factories.edit(brief, team.writer, bullets=content.bullets)
    assert ("b1", "mainland.wording", True) in summarise(findings_of(brief))


LOOKALIKE = [("url", "addresses.lookalike", False)]


def test_dismissal_of_lookalike_host_holds_only_for_that_address(
    client: Client, team: Team, brief: Brief
) -> None:
    def set_address(url: str) -> list[tuple[str, str, bool]]:
        stored = factories.load_content(brief).facts
        factories.edit(
            Brief.objects.get(pk=brief.pk), team.writer, facts=dataclasses.replace(stored, url=url)
        )
        return [found for found in summarise(findings_of(brief)) if found[0] == "url"]

    sign_in(client, team.writer)
    assert set_address("https://例子.台灣/") == []
    assert set_address("https://chathаm.org/") == LOOKALIKE
    assert Brief.objects.get(pk=brief.pk).article_url == "https://xn--chathm-7nf.org/"
    [finding] = [f for f in findings_of(brief) if f["key"] == "url"]
    assert finding["message"] == "xn--chathm-7nf.org can be mistaken for another site. Check the address."
    reported = post_dismissal(client, brief, finding=finding["id"], reason="Theirs").json()["findings"]
    assert ("url", "addresses.lookalike", True) in summarise(reported)
    assert set_address("https://rаnd.org/") == LOOKALIKE


def test_host_like_that_of_a_source_is_found(team: Team, brief: Brief) -> None:
    Source.make(name="RAND", url="https://www.rand.org/")
    content = workflow.load_working_copy(brief)
    facts = dataclasses.replace(content.facts, url="https://ránd.org/a", archive_url="https://news.rand.org/")
    factories.edit(brief, team.writer, facts=facts)
    [finding] = [f for f in findings_of(brief) if f["key"] == "url"]
    assert finding["message"] == (
        "xn--rnd-ela.org can be mistaken for rand.org, the site of a source. Check the address."
    )


REFUSED = [
    ("no reason", {"reason": " "}, "Say why this finding does not apply; reviewers will see it."),
    (
        "gone",
        {"finding": "0" * 16},
        "The text changed while you were reading, so this finding no longer stands as shown.",
    ),
]


@pytest.mark.parametrize(("change", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_dismissal_without_reason_or_finding_is_refused(
    client: Client, team: Team, brief: Brief, change: dict[str, str], message: str
) -> None:
    sign_in(client, team.writer)
    data = {"finding": findings_of(brief)[0]["id"], "reason": "So", **change}
    response = post_dismissal(client, brief, **data)
    assert response.status_code == 409
    assert [reason["text"] for reason in response.json()["reasons"]] == [message]
    assert not Dismissal.objects.exists()


def test_completeness_finding_cannot_be_dismissed(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, dataclasses.replace(TEXT, summary_en="", facts=factories.facts()))
    sign_in(client, team.writer)
    [missing] = [f for f in findings_of(brief) if f["check"] == "completeness"]
    assert (missing["blocks"], missing["dismissable"]) == (True, False)
    response = post_dismissal(client, brief, finding=missing["id"], reason="So")
    assert response.status_code == 409
    assert not Dismissal.objects.exists()


def test_people_who_may_edit_may_dismiss(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, dataclasses.replace(TEXT, facts=factories.facts()))
    sign_in(client, team.reviewer)
    assert post_dismissal(client, brief, finding=findings_of(brief)[0]["id"], reason="So").status_code == 409
    workflow.submit(brief, by=team.writer, version=brief.version)
    assert post_dismissal(client, brief, finding=findings_of(brief)[0]["id"], reason="So").status_code == 200
    sign_in(client, team.outsider)
    assert post_dismissal(client, brief, finding=findings_of(brief)[0]["id"], reason="So").status_code == 403


def test_repeated_dismissal_and_undo_are_recorded_once(client: Client, team: Team, brief: Brief) -> None:
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).open_findings[0]
    dismissal = workflow.dismiss(brief, finding, by=team.writer, reason="So", seen=content)
    assert workflow.dismiss(brief, finding, by=team.writer, reason="Again", seen=content) == dismissal
    assert Event.objects.filter(brief=brief, verb="dismiss").count() == 1
    other_brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert post_dismissal(client, other_brief, undo=dismissal.pk).status_code == 404
    for _ in range(2):
        reviewing.undo_dismissal(dismissal, by=team.writer)
    assert Event.objects.filter(brief=brief, verb="undismiss").count() == 1


def test_response_uses_the_page_key_of_a_new_bullet(client: Client, team: Team, brief: Brief) -> None:
    from briefs.models import RowKey

    key = "n" + "a" * 32
    RowKey.objects.create(brief=brief, key=key, number=2)
    sign_in(client, team.writer)
    reported = post_dismissal(
        client, brief, finding=findings_of(brief)[0]["id"], reason="So", bullet=["b1", key]
    ).json()["findings"]
    assert {f["key"] for f in reported} == {"b1", key}


def test_writer_dismisses_finding_without_javascript(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    page = client.get(brief_url(brief)).text
    assert "Check this brief" in page
    address = f"{brief_url(brief)}?findings=1"
    form = Form(client.get(address).text)
    buttons = [b for b in form.buttons if b.get("formaction") == brief_url(brief, "dismiss")]
    assert len(buttons) == 3
    id = buttons[0]["value"]
    data = form.data_with(
        **{f"reason__{id}": "A quotation", "finding": id, "headline_en": "Another Headline"}
    )
    response = client.post(brief_url(brief, "dismiss"), data)
    assert (response.status_code, response.url) == (302, f"{address}#findings")
    assert Dismissal.objects.get().reason == "A quotation"
    assert Brief.objects.get(pk=brief.pk).headline_en == "Another Headline"
    page = client.get(address).text
    assert "Dismissed by writer: A quotation" in page
    [undo] = [b for b in Form(page).buttons if b.get("name") == "undo"]
    client.post(brief_url(brief, "dismiss"), Form(page).data_with(undo=undo["value"]))
    assert not Dismissal.objects.filter(undone_at=None).exists()


# Blocking findings


def test_only_completeness_findings_block(team: Team, brief: Brief) -> None:
    assert not any(f["blocks"] for f in findings_of(brief))
    workflow.submit(brief, by=team.writer, version=brief.version)
