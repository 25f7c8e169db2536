"""The desk's list of proposals, and the page of one with public pages before and after."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from briefs import workflow
from briefs.content import Bullet
from briefs.models import Keyword, Person, Proposal, Source, Term
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LIST = "/admin/briefs/proposal/"
GRAY = Bullet(0, "這是灰色地帶的脅迫。", "This is coercion in the gray zone.")


def proposal_url(proposal: Proposal | None) -> str:
    assert proposal
    return f"{LIST}{proposal.pk}/change/"


def get_text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def press(client: Client, path: str, act: str, **values: str) -> Any:
    """Press a button of the page, with what its form sends."""
    match = re.search(r'name="seen" value="(\w+)"', get_text(client, path))
    return client.post(path, {"do": act, "seen": match[1] if match else "", **values}, follow=True)


def save_form(client: Client, row: Any, **changes: str) -> Any:
    name = row._meta.model_name
    path = f"/admin/briefs/{name}/{f'{row.pk}/change' if row.pk else 'add'}/"
    form = Form(client.get(path).content.decode(), id=f"{name}_form")
    data = form.data_with(**changes)
    return client.post(path, {n: v for n, v in data.items() if n != "_addanother"}, follow=True)


def test_changed_name_is_proposed_from_its_form_and_accepted_from_its_page(
    client: Client, team: factories.Team
) -> None:
    factories.live_brief(team)
    row = Keyword.objects.get()
    sign_in(client, team.writer)
    page = " ".join(save_form(client, row, label_en="Tech").content.decode().split())
    assert "waits for a second person: other-publisher, publisher." in page
    assert "Take back" in page
    assert 'value="accept"' not in page
    assert not LogEntry.objects.exists()
    assert "writer proposed a change" in get_text(client, f"/admin/briefs/keyword/{row.pk}/change/")
    sign_in(client, team.publisher)
    listed = get_text(client, LIST)
    assert "科技 · Technology" in listed
    assert re.search(r"<del>[^<]*nology</del>", listed)
    path = proposal_url(Proposal.objects.get())
    page = get_text(client, path)
    assert "1 brief reads differently." in page
    assert "A Headline" in page
    assert re.search(r"<mark>Technology</mark>.*<mark>Tech</mark>", page)
    assert "accepted a proposal." in press(client, path, "accept").content.decode().lower()
    assert Keyword.objects.get().label_en == "Tech"
    assert LogEntry.objects.get().change_message == "Accepted a proposal of writer"
    assert "No proposals." in get_text(client, LIST)
    assert "科技 · Tech" in get_text(client, f"{LIST}?state=all")
    assert "Accepted" in get_text(client, path)


def test_new_term_shows_the_sentences_that_it_would_mark(client: Client, team: factories.Team) -> None:
    factories.live_brief(team, factories.content(bullets=(GRAY,)))
    sign_in(client, team.publisher)
    save_form(client, Term(), zh="灰色地帶", en="gray zone")
    page = get_text(client, proposal_url(Proposal.objects.get()))
    assert "這是灰色地帶的脅迫。" in page
    assert "這是<mark>灰色地帶</mark> <small>[gray zone]</small>的脅迫。" in page
    assert "in the <mark>gray zone</mark> <small>[灰色地帶]</small>." in page
    assert "Renderings to avoid" not in page  # empty before and after
    assert not Term.objects.exists()


def test_decision_leads_to_the_next_proposal_to_decide(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    keyword, source = Keyword.objects.get(), Source.objects.get()
    keyword.label_en, source.name = "Tech", "FP"
    first = workflow.save_vocabulary_row(keyword, by=team.writer)
    own = workflow.save_vocabulary_row(source, by=team.publisher)
    key = f"keyword/{keyword.slug}"
    last = workflow.revise_site_text(key, "甲", "A", by=team.other_publisher, version=0)
    sign_in(client, team.publisher)
    assert own
    assert press(client, proposal_url(last), "accept").redirect_chain == [(proposal_url(first), 302)]
    assert press(client, proposal_url(first), "accept").redirect_chain == [(LIST, 302)]


def test_merge_and_introduction_show_what_readers_would_see(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    source = Source.objects.get()
    (merge,) = workflow.merge_vocabulary([source], into=Source.make(name="FP Analytics", kind="think-tank"), by=team.writer)  # fmt: skip
    sign_in(client, team.publisher)
    page = get_text(client, proposal_url(merge))
    assert re.search(r"Foreign Policy.*FP Analytics", page)
    assert "《" in page
    key = f"keyword/{Keyword.objects.get().slug}"
    intro = workflow.revise_site_text(key, "導言。", "<b>Introduction.", by=team.other_publisher, version=0)
    page = get_text(client, proposal_url(intro))
    assert "&lt;b&gt;Introduction." in page
    assert "導言。" in page
    assert "科技 · Technology" in page


def test_rejection_needs_a_reason_that_the_author_reads(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    sign_in(client, team.writer)
    save_form(client, Keyword.objects.get(), label_en="Tech")
    path = proposal_url(Proposal.objects.get())
    sign_in(client, team.publisher)
    response = press(client, path, "reject", reason=" ")
    assert response.status_code == 409
    assert "Give a reason." in response.content.decode()
    press(client, path, "reject", reason="太短了")
    sign_in(client, team.writer)
    assert "太短了" in get_text(client, path)
    assert "Your proposal was rejected: 科技 · Technology" in get_text(client, "/admin/inbox/")
    assert Keyword.objects.get().label_en == "Technology"


def test_outdated_proposal_offers_its_author_to_renew_it(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    source = Source.objects.get()
    source.name_zh = "外交"
    path = proposal_url(workflow.save_vocabulary_row(source, by=team.writer))
    Source.objects.update(country="US")
    sign_in(client, team.publisher)
    page = get_text(client, path)
    assert "The entry changed since this was proposed" in page
    assert 'value="accept"' not in page
    assert 'value="renew"' not in page
    assert client.post(path, {"do": "accept", "seen": "x"}).status_code == 409
    sign_in(client, team.writer)
    assert press(client, path, "renew").status_code == 200
    renewed = Proposal.objects.get(outcome="")
    factories.accept(renewed, by=team.publisher)
    assert (Source.objects.get().name_zh, Source.objects.get().country) == ("外交", "US")


def test_forged_acceptance_is_refused(client: Client, team: factories.Team) -> None:
    factories.live_brief(team)
    row = Keyword.objects.get()
    row.label_en = "Tech"
    path = proposal_url(workflow.save_vocabulary_row(row, by=team.publisher))
    for person in (team.publisher, team.writer, team.reviewer):
        sign_in(client, person)
        assert 'value="accept"' not in get_text(client, path)
        assert client.post(path, {"do": "accept", "seen": "x"}).status_code == 409
    sign_in(client, team.other_publisher)
    assert client.post(path, {"do": "accept"}).status_code == 409  # without what the page showed
    assert client.post(path, {"do": "erase"}).status_code == 200
    assert Proposal.objects.get().outcome == ""
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    sign_in(client, team.reviewer)
    press(client, path, "accept")
    assert Keyword.objects.get().label_en == "Tech"
