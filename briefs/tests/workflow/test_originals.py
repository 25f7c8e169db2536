"""The original of a brief: stored for staff until its day, and the passages that its rows rest on."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.bilingual.lexicon.passages import find_altered_quotations, needs_passage
from briefs.content import Bullet
from briefs.models import Brief, Original
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, sign_in
from briefs.workflow import originals

pytestmark = pytest.mark.django_db
ARTICLE = """The Harbor

Most of the cargo that the port handled last year, about 40 million tons, came from three countries.

“We have no second crane,” the harbor master said when the storm had passed over the bay.

港口擴建的經費由市政府與中央各負擔一半，工程預計在2029年完工，屆時可停靠更大的貨輪。
"""


@pytest.fixture
def brief(team: Team) -> Brief:
    quotation = "“We do not have a second crane,” the harbor master said."
    rows = (
        Bullet(
            0,
            "去年港口的貨物約4,000萬公噸，多半來自三個國家。",
            "Three countries sent most of the 40 million tons.",
        ),
        Bullet(0, "港務長說：「我們沒有第二座起重機。」", quotation),
        Bullet(
            0, "擴建預計2029年完工。", "The expansion, paid half by the city, should be finished in 2029."
        ),
    )
    return factories.draft_brief(team, factories.content(bullets=rows))


def test_row_offers_its_likeliest_passage_first(client: Client, team: Team, brief: Brief) -> None:
    sign_in(client, team.writer)
    page, rail = brief_url(brief, "original"), brief_url(brief, "rail")
    for text, words in (("  \n", "Paste the text"), ("a" * 200_001, "200000 characters")):
        refused = client.post(page, {"text": text})
        assert refused.status_code == 409
        assert words in refused.text
    assert not Original.objects.exists()
    assert client.post(page, {"text": ARTICLE}).status_code == 302
    stored = client.get(page).text
    assert "40 million" in stored
    assert 'name="keep"' not in stored, "it stays for a year already"
    Original.objects.update(delete_on=timezone.localdate() + dt.timedelta(days=90))
    assert 'name="keep"' in client.get(page).text
    bullets = factories.load_content(brief).bullets
    for bullet, words in zip(bullets, ("40 million", "crane", "2029"), strict=True):
        texts = {"zh": bullet.text_zh, "en": bullet.text_en, "number": bullet.number}
        offers = client.post(rail, texts).json()["passages"]
        assert words in offers[0]["text"]
        assert not offers[0]["unsure"]
    assert ["2029", True] in offers[0]["marked"]
    elsewhere = {
        "zh": "作者認為央行應在秋季前升息。",
        "en": "The author thinks the central bank should raise rates.",
    }
    assert client.post(rail, texts | elsewhere).json()["passages"][0]["unsure"]
    assert client.get(brief_url(brief)).text.count("lacks-passage") == 3
    del texts["number"]
    assert client.post(rail, texts).json()["passages"] == []


def test_reviewer_sees_a_quotation_that_its_passage_lacks(client: Client, team: Team, brief: Brief) -> None:
    first, second, third = factories.load_content(brief).bullets
    told = ARTICLE.split("\n\n")[2]
    factories.edit(brief, team.writer, bullets=(first, replace(second, passage=told), third))
    sign_in(client, team.reviewer)
    page = client.get(brief_url(brief, "review"), follow=True).text
    assert "“We do not have a second crane,” is not in the passage word for word." in page
    assert not find_altered_quotations("“We have no second crane,” he said.", told)


def test_original_is_deleted_on_its_day_and_passages_stay(team: Team, brief: Brief) -> None:
    now = timezone.now()
    original = originals.paste_original(brief, ARTICLE, by=team.writer, now=now)
    assert originals.paste_original(brief, ARTICLE.replace("\n", "\r\n"), by=team.other_writer) == original
    assert original.delete_on == timezone.localdate(now + dt.timedelta(days=365))
    workflow.discard(brief, by=team.writer, version=brief.version, now=now)
    original.refresh_from_db()
    assert original.delete_on == timezone.localdate(now + dt.timedelta(days=90))
    originals.keep_original_longer(original, by=team.writer)
    assert original.delete_on == timezone.localdate(now + dt.timedelta(days=180))
    Original.objects.update(delete_on=timezone.localdate(now))
    assert originals.list_passages(brief) == []
    call_command("publish_due")
    assert not Original.objects.exists()


@pytest.mark.parametrize(
    ("zh", "en", "expected"),
    [
        ("出口下降 3%。", "Exports fell 3 percent.", True),
        ("他說：「我們絕不後退一步。」", "He refused.", True),
        ("日本同意。", "Japan agreed.", True),
        ("作者主張繼續等待。", "The author would rather wait.", False),
    ],
)
def test_figure_quotation_or_name_asks_for_a_passage(zh: str, en: str, expected: bool) -> None:
    assert needs_passage(Bullet(1, zh, en)) is expected


def test_publisher_reads_which_figures_have_no_passage(client: Client, team: Team) -> None:
    rows = (
        Bullet(0, "出口下降 3%。", "Exports fell 3 percent.", passage="Exports fell by 3 percent."),
        Bullet(0, "進口增加 7%。", "Imports rose 7 percent."),
        Bullet(0, "作者主張等待。", "The author would wait."),
    )
    brief = factories.signed_brief(team, factories.content(bullets=rows))
    sign_in(client, team.publisher)
    heading = "Without a passage of the original"
    assert heading not in client.get(brief_url(brief, "approve")).text, "nobody pasted an original"
    originals.paste_original(brief, ARTICLE, by=team.writer)
    listed = client.get(brief_url(brief, "approve")).text.partition(heading)[2]
    assert "<li>Imports rose 7 percent.</li>" in listed
    assert "<li>Exports" not in listed
