"""Admin forms for vocabulary and site texts. The workflow saves them."""

import re
from html import unescape

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Author, Draft, Keyword, SiteText, Source
from briefs.tests.admin.people.people_pages import change_url, open_form
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_writer_adds_and_changes_keyword(client: Client, team: Team) -> None:
    factories.facts()
    add = "/admin/briefs/keyword/add/"
    form = open_form(sign_in(client, team.writer), add)
    for label, error in (("科技", "errorlist"), ("半\x07導體", "U+0007")):
        refused = client.post(add, form.data_with(label_zh=label, label_en="Other"))
        assert refused.status_code == 200
        assert error in refused.text
    forged = form.data_with(label_zh="半導體 ", slug="forged", merged_into="1")
    assert client.post(add, forged).status_code == 302
    row = Keyword.objects.exclude(label_zh="科技").get()
    assert (row.label_zh, row.slug[:8], row.merged_into) == ("半導體", "keyword-", None)
    client.post(change_url(row), open_form(client, change_url(row)).data_with(label_en="Semiconductors"))
    assert Keyword.objects.get(pk=row.pk).label_en == "Semiconductors"


@pytest.mark.parametrize(("back", "is_followed"), [("", True), ("https://elsewhere.example/", False)])
def test_keyword_filled_from_a_gap_leads_back_to_the_brief(
    client: Client, team: Team, back: str, is_followed: bool
) -> None:
    keyword = Keyword.objects.create(label_zh="半導體", slug="chips")
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(keywords=(keyword.pk,))))
    page = sign_in(client, team.writer).get(brief_url(brief, "change")).text
    link = unescape(re.findall(rf'href="({change_url(keyword)}[^"]*)"', page)[0])
    address = link.partition("next=")[0] + f"next={back}" if back else link
    data = open_form(client, address).data_with(label_en="Semiconductors")
    went = client.post(address, data).url
    assert went.startswith(brief_url(brief, "change")) == is_followed
    assert went.startswith("/admin/")


def test_stale_entry_shows_stored_value_and_saves_on_second_post(client: Client, team: Team) -> None:
    row = Author.make(name="Vivek Chilukuri")
    sign_in(client, team.writer)
    stale_form = open_form(client, change_url(row))
    row.name_zh = "奇魯庫里"
    workflow.save_vocabulary_row(row, by=team.other_writer)
    response = client.post(change_url(row), stale_form.data_with(name_zh="齊魯庫里"))
    page = response.text
    assert response.status_code == 200
    assert "The entry changed while you were reading." in page
    assert "奇魯庫里" in page
    assert 'value="齊魯庫里"' in page
    assert Author.objects.get().name_zh == "奇魯庫里"
    conflict_form = Form(page, id="author_form")
    assert client.post(change_url(row), conflict_form.data).status_code == 302
    assert Author.objects.get().name_zh == "齊魯庫里"


def test_list_field_is_edited_one_item_per_line(client: Client, team: Team) -> None:
    row = Source.make(name="Foreign Policy", aliases=["FP"])
    sign_in(client, team.writer)
    opened = open_form(client, change_url(row))
    assert opened.data["aliases"] == ["FP"]
    client.post(change_url(row), opened.data_with(aliases="FP\r\n\r\n F. P. \r\nFP"))
    assert Source.objects.get().aliases == ["FP", "F. P."]


def test_keyword_filter_lists_expected_rows(client: Client, team: Team) -> None:
    factories.facts()
    Keyword.make(label_zh="全球", listed=False)
    Keyword.make(label_en="Deterrence")
    sign_in(client, team.writer)
    for query, expected in (
        ("missing=en", "全球"),
        ("missing=zh", ""),
        ("listed__exact=0", "全球"),
        ("q=tech", "科技"),
    ):
        (row,) = client.get(f"/admin/briefs/keyword/?{query}").context["cl"].result_list
        assert row.label_zh == expected


def test_only_publisher_edits_site_text_and_stale_save_asks_again(client: Client, team: Team) -> None:
    address = "/admin/briefs/sitetext/about/change/"
    data = {"text_zh": "關於", "text_en": "About"}
    sign_in(client, team.writer)
    assert client.post(address, data).status_code == 403
    sign_in(client, team.publisher)
    assert address in client.get("/admin/briefs/sitetext/").text
    assert client.post(address, open_form(client, address).data_with(**data)).status_code == 302
    assert not SiteText.objects.exists()
    factories.say_yes(Draft.objects.get(), by=team.reviewer)
    text = SiteText.objects.get()
    assert (text.text_zh, text.updated_by) == ("關於", team.publisher)
    stale_form = open_form(client, address)
    factories.write_public_text("about", "他們的", "Theirs", team=team)
    page = client.post(address, stale_form.data_with(text_en="Mine")).text
    assert "changed while you were reading" in page
    assert "Theirs" in page
    assert ">\nMine</textarea>" in page
    assert client.post(address, Form(page, id="sitetext_form").data).status_code == 302
    factories.say_yes(Draft.objects.waiting().get(), by=team.reviewer)
    assert SiteText.objects.get().text_en == "Mine"


@pytest.mark.parametrize(
    ("kind", "column", "expected_label", "wrong_label"),
    [("source", "name", "名稱", "姓名"), ("term", "note", "備註", "審稿意見")],
)
def test_source_name_and_term_note_have_own_chinese_labels(
    client: Client, team: Team, kind: str, column: str, expected_label: str, wrong_label: str
) -> None:
    sign_in(client, team.writer, "zh-hant")
    page = client.get(f"/admin/briefs/{kind}/add/").text
    assert re.search(rf'<label[^>]*for="id_{column}"[^>]*>\s*{expected_label}[:：]?\s*</label>', page)
    for address in (f"/admin/briefs/{kind}/add/", f"/admin/briefs/{kind}/import/"):
        page = client.get(address).text
        assert expected_label in page
        assert wrong_label not in page


@pytest.mark.parametrize("kind", ["source", "keyword"])
def test_kind_is_shown_in_language_of_person(client: Client, team: Team, kind: str) -> None:
    model, stored = (Source, "think-tank") if kind == "source" else (Keyword, "region")
    names = {"name": "CSIS"} if kind == "source" else {"label_zh": "亞洲", "label_en": "Asia"}
    other_names = {"name": "Blog"} if kind == "source" else {"label_zh": "歐洲", "label_en": "Europe"}
    model.make(**names, kind=stored)
    model.make(**other_names, kind="ours")
    html = sign_in(client, team.publisher, "zh-hant").get(f"/admin/briefs/{kind}/").text
    assert html.count("智庫" if kind == "source" else "區域") == 2  # the column and the filter
    assert ">ours<" in html
    assert f">{stored}<" not in html
