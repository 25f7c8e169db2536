"""The desk's list of drafts that wait, the page of one, and the forms that lead there."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from briefs import workflow
from briefs.models import Draft, Keyword, Source, Term
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LIST = "/admin/briefs/draft/"


def draft_url(draft: Draft | None = None) -> str:
    return f"{LIST}{(draft or Draft.objects.waiting().get()).pk}/change/"


def squeeze(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.text.split())


def get_text(client: Client, path: str) -> str:
    return squeeze(client.get(path))


def list_buttons(page: str) -> list[str]:
    return re.findall(r'name="do" value="(\w+)"', page)


def save_form(client: Client, path: str, name: str, **changes: str) -> Any:
    data = Form(client.get(path).text, id=f"{name}_form").data_with(**changes)
    return client.post(path, {n: v for n, v in data.items() if n != "_addanother"}, follow=True)


def test_changed_name_goes_public_by_a_yes_to_each_language(client: Client, team: Team) -> None:
    factories.live_brief(team)
    form = f"/admin/briefs/keyword/{Keyword.objects.get().pk}/change/"
    sign_in(client, team.writer)
    page = squeeze(save_form(client, form, "keyword", label_zh="科技業", label_en="Tech"))
    assert "waits for a second person: " in page
    assert list_buttons(page) == ["take_back"]
    assert f'href="{form}"' in page  # Change it
    assert not LogEntry.objects.exists()
    path = draft_url()
    for act in ("both", "en", "common"):
        assert client.post(path, {"do": act}).status_code == 409, "forged"
    sign_in(client, team.other_writer)
    assert list_buttons(get_text(client, path)) == []
    assert client.post(path, {"do": "take_back"}).status_code == 409
    assert client.post(path, {"do": "erase"}).status_code == 200
    sign_in(client, team.reviewer)
    listed = get_text(client, LIST)
    assert "科技 · Technology" in listed
    assert re.search(r"<del>[^<]*nology</del>", listed)
    page = get_text(client, path)
    assert "科技<mark>業</mark>" in page
    assert list_buttons(page) == ["both", "zh", "en", "take_back"]
    page = squeeze(client.post(path, {"do": "zh"}, follow=True))
    assert "Yes to the Chinese: reviewer" in page
    assert list_buttons(page) == ["en", "take_back"]
    assert Keyword.objects.get().label_en == "Technology"
    client.post(path, {"do": "en"})
    assert Keyword.objects.get().label_en == "Tech"
    assert LogEntry.objects.get().change_message == "Published a draft of writer"
    assert "No drafts wait." in get_text(client, LIST)
    page = get_text(client, path)
    assert "This draft no longer waits." in page
    assert list_buttons(page) == []


def test_form_of_a_row_shows_its_draft_and_stores_the_next_one(client: Client, team: Team) -> None:
    factories.live_brief(team)
    form = f"/admin/briefs/keyword/{Keyword.objects.get().pk}/change/"
    sign_in(client, team.writer)
    save_form(client, form, "keyword", label_en="Tech")
    first = draft_url()
    sign_in(client, team.publisher)
    page = client.get(form).text
    assert "This is a draft by writer" in page
    assert Form(page, id="keyword_form").data["label_en"] == ["Tech"]
    save_form(client, form, "keyword", kind="topic")
    draft = Draft.objects.waiting().get()
    assert (draft.values["label_en"], draft.values["kind"], draft.number) == ("Tech", "topic", 2)
    page = get_text(client, draft_url())
    assert "Written by publisher, writer" in page
    assert client.post(first, {"do": "common"}).status_code == 409  # a draft that was changed
    sign_in(client, team.other_publisher)
    client.post(draft_url(), {"do": "en"})
    assert (Keyword.objects.get().label_en, Keyword.objects.get().kind) == ("Tech", "topic")


def test_yes_to_words_that_were_changed_since_is_not_shown(client: Client, team: Team) -> None:
    factories.live_brief(team)
    form = f"/admin/briefs/keyword/{Keyword.objects.get().pk}/change/"
    sign_in(client, team.writer)
    save_form(client, form, "keyword", label_zh="科技業", label_en="Tech")
    workflow.drafts.sign_draft(Draft.objects.get(), ["zh"], by=team.reviewer)
    save_form(client, form, "keyword", label_zh="科技產業")
    assert "Yes to the Chinese: reviewer" not in get_text(client, draft_url())
    save_form(client, form, "keyword", label_zh="科技業")
    assert "Yes to the Chinese: reviewer" in get_text(client, draft_url())


def test_stale_form_of_a_row_does_not_replace_a_draft_unseen(client: Client, team: Team) -> None:
    factories.live_brief(team)
    row = Keyword.objects.get()
    form = f"/admin/briefs/keyword/{row.pk}/change/"
    sign_in(client, team.publisher)
    stale = Form(client.get(form).text, id="keyword_form").data_with(label_en="Technics")
    row.label_en = "Tech"
    workflow.vocabulary.save_vocabulary_row(row, by=team.writer)
    page = client.post(form, stale).text
    assert "The entry changed while you were reading." in page
    assert "Now: Tech" in page
    assert Draft.objects.get().values["label_en"] == "Tech"


def test_new_term_is_changed_on_its_form_before_it_is_public(
    client: Client, team: Team, settings: Any
) -> None:
    sign_in(client, team.writer)
    save_form(
        client, "/admin/briefs/term/add/", "term", zh="灰色地帶", en="gray zone", avoid_zh="灰區", note="注"
    )
    page = get_text(client, draft_url())
    assert "灰區" in page
    assert "Safe contexts" not in page  # empty
    (form,) = re.findall(r'href="(/admin/briefs/term/add/\?draft=\d+)"', page)
    save_form(client, form, "term", en="grey zone")
    draft = Draft.objects.waiting().get()
    assert (draft.page, draft.number, draft.values["note"]) == ("term/gray-zone", 2, "注")
    sign_in(client, team.reviewer)
    client.post(draft_url(), {"do": "both"})
    term = Term.objects.get()
    assert (term.slug, term.en, term.avoid_zh, term.note) == ("gray-zone", "grey zone", ["灰區"], "注")
    assert LogEntry.objects.get().is_addition()
    settings.DIGEST_FOUR_EYES = False
    save_form(sign_in(client, team.publisher), "/admin/briefs/term/add/", "term", zh="晶片", en="chip")
    assert Term.objects.get(zh="晶片").slug == "chip", "public from its form"


def test_decision_leads_to_the_next_draft_that_needs_the_persons_yes(client: Client, team: Team) -> None:
    factories.live_brief(team)
    keyword, source = Keyword.objects.get(), Source.objects.get()
    keyword.label_en, source.name_zh = "Tech", "外交"
    first = workflow.vocabulary.save_vocabulary_row(keyword, by=team.writer)
    workflow.vocabulary.save_vocabulary_row(source, by=team.publisher)
    heir, loser = (Keyword.make(label_zh=f"詞{n}", label_en=f"Word {n}") for n in range(2))
    factories.live_brief(team, factories.content("二", facts=factories.facts(keywords=(loser.pk,))))
    (last,) = workflow.vocabulary.merge_vocabulary([loser], into=heir, by=team.other_publisher)
    sign_in(client, team.publisher)
    page = get_text(client, draft_url(last))
    assert "詞0 · Word 0" in page, "what readers would see"
    assert "Change it" not in page
    assert list_buttons(page) == ["common", "take_back"]
    after = client.post(draft_url(last), {"do": "common"}, follow=True)
    assert after.redirect_chain == [(draft_url(first), 302)]
    assert Keyword.objects.get(pk=loser.pk).merged_into == heir
    after = client.post(draft_url(first), {"do": "take_back"}, follow=True)
    assert after.redirect_chain == [(LIST, 302)]
    assert Keyword.objects.get(pk=keyword.pk).label_en == "Technology"


def test_outdated_draft_is_shown_as_such_and_written_anew(client: Client, team: Team) -> None:
    factories.live_brief(team)
    source = Source.objects.get()
    source.name_zh = "外交"
    workflow.vocabulary.save_vocabulary_row(source, by=team.writer)
    Source.objects.update(kind="think-tank")
    sign_in(client, team.publisher)
    page = get_text(client, draft_url())
    assert "The entry changed after this draft was written." in page
    assert "Write it anew" in page
    assert list_buttons(page) == ["take_back"]
    assert client.post(draft_url(), {"do": "zh"}).status_code == 409
    form = f"/admin/briefs/source/{source.pk}/change/"
    assert Form(client.get(form).text, id="source_form").data["name_zh"] == ["外交政策"]
    save_form(client, form, "source", name_zh="外交")
    assert list_buttons(get_text(client, draft_url())) == ["take_back"]
    factories.say_yes(Draft.objects.waiting().get(), by=team.reviewer)
    assert (Source.objects.get().name_zh, Source.objects.get().kind) == ("外交", "think-tank")
