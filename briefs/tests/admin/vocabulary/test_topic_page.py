"""The desk's page for the introduction of a topic and the briefs to begin with."""

import pytest
from django.test import Client

from briefs.models import Draft, Edition, Event, Keyword, SiteText
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

TEXTS = {"text_zh": "導言。", "text_en": "Introduction."}


def open_page(client: Client, row: object) -> tuple[str, Form]:
    address = f"/admin/briefs/{row._meta.model_name}/{row.pk}/page/"  # type: ignore[attr-defined]
    response = client.get(address)
    assert response.status_code == 200
    return address, Form(response.text, id=None)


@pytest.fixture
def topic(team: Team) -> Keyword:
    """A keyword of one public brief."""
    factories.live_brief(team)
    return Keyword.objects.get(label_zh="科技")


def settle_drafts(team: Team) -> None:
    factories.say_yes(*Draft.objects.waiting(), by=team.other_publisher)


def test_publisher_writes_introduction_that_readers_see_once_another_says_yes(
    client: Client, team: Team, topic: Keyword
) -> None:
    sign_in(client, team.publisher)
    public = f"/en/keywords/{topic.slug}/"
    (row,) = client.get(public).text.split('<article class="row')[1:]
    headline = row.partition("<h3")[2].split("</a>")[0].rpartition(">")[2]
    address, form = open_page(client, topic)
    chosen = {"brief_1": headline, "zh_1": "先讀這篇", "en_1": "Begin here, for the outline"}
    response = client.post(address, form.data_with(**TEXTS, **chosen), follow=True)
    assert "waits for a second person: " in response.text
    assert "Introduction." not in client.get(public).text
    assert "This is a draft by publisher" in client.get(address).text
    settle_drafts(team)
    page = client.get(f"{public}?show=both").text
    shown = [words in page for words in ("Introduction.", "導言。", "先讀這篇", "for the outline")]
    assert shown == [True, True, False, False], "a topic of one brief needs no place to start"
    events = Event.objects.filter(about=f"sitetext/keyword/{topic.slug}")
    assert list(events.values_list("verb", "by")) == [
        ("write_draft", team.publisher.pk),
        ("publish_draft", team.other_publisher.pk),
    ]
    address, form = open_page(client, topic)
    assert form.data["brief_1"] == [headline]
    client.post(address, form.data_with(text_en="Another.", brief_1="", zh_1="", en_1=""))
    settle_drafts(team)
    assert SiteText.objects.get().start_here == []
    assert "Earlier versions" in client.get(address).text
    first = client.get(f"/admin/briefs/draft/{Draft.objects.earliest('pk').pk}/change/").text
    assert [words in first for words in ("導言。", "for the outline", "This draft no longer waits.")] == [
        True
    ] * 3
    assert topic.slug not in client.get("/admin/briefs/sitetext/").text


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"text_zh": "只有中文"}, "Write the introduction in both languages, or leave both empty."),
        ({"brief_1": "no such brief", "zh_1": "甲", "en_1": "A"}, "Choose a published brief of this page."),
        ({"zh_2": "甲", "en_2": "A"}, "Choose a published brief of this page."),
        ({"brief_1": "SLUG", "zh_1": "甲"}, "Say in a few words why to begin with it."),
        ({"brief_1": "SLUG", "zh_1": "甲", "en_1": "A", "brief_3": "http://x/en/briefs/SLUG/#b2", "zh_3": "乙", "en_3": "B"}, "This brief is chosen already."),
        ({"brief_1": "SLUG", "zh_1": "甲" * 121, "en_1": "A"}, "at most 120 characters"),
        ({"text_zh": "甲" * 1501, "text_en": "A"}, "at most 1500 characters"),
        ({"text_zh": "甲\x07", "text_en": "A"}, "U+0007"),
    ],
)  # fmt: skip
def test_incomplete_page_is_refused_and_keeps_what_was_typed(
    client: Client, team: Team, topic: Keyword, values: dict[str, str], error: str
) -> None:
    slug = Edition.objects.get(in_keywords__keyword=topic).slug
    values = {name: value.replace("SLUG", slug) for name, value in values.items()}
    sign_in(client, team.publisher)
    address, form = open_page(client, topic)
    response = client.post(address, form.data_with(**values))
    page = response.text
    assert response.status_code == 200
    assert error in page
    assert {name: Form(page, id=None).data[name] for name in values} == {
        name: [v] for name, v in values.items()
    }
    assert not SiteText.objects.exists()


def test_stale_introduction_shows_the_stored_one_and_asks_again(
    client: Client, team: Team, topic: Keyword
) -> None:
    sign_in(client, team.publisher)
    address, form = open_page(client, topic)
    key = f"keyword/{topic.slug}"
    factories.write_public_text(key, "他們的", "Theirs", team=team)
    response = client.post(address, form.data_with(**TEXTS))
    page = response.text
    assert response.status_code == 409
    assert "Now: Theirs" in page
    assert SiteText.objects.get().text_en == "Theirs"
    assert client.post(address, Form(page, id=None).data).status_code == 302
    settle_drafts(team)
    assert SiteText.objects.get().text_en == "Introduction."


def test_only_publisher_is_offered_the_page(client: Client, team: Team, topic: Keyword) -> None:
    change = f"/admin/briefs/keyword/{topic.pk}/change/"
    for person, offered in ((team.writer, False), (team.reviewer, False), (team.publisher, True)):
        sign_in(client, person)
        page = client.get(change).text
        assert (f"/admin/briefs/keyword/{topic.pk}/page/" in page) is offered, person
