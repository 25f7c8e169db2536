"""Facts from a citation on a brief's page: shown as differences, taken one by one, and nothing else moves."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief, Revision, Source

from ...exchange.test_citation_files import CHINESE_BIBTEX, RAND_RIS, SPRINGER_BIBTEX, ZOTERO_CSL, ZOTERO_RIS
from ...intake.test_importer import checksum
from ...support import factories
from ...support.form_client import Form, form_of, sign_in, url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def page(client: Client, brief: Brief, text: str, status: int = 200, **values: Any) -> tuple[Form, str]:
    response = client.post(url(brief, "citation"), {"citation": text, **values})
    assert response.status_code == status
    html = response.content.decode()
    return Form(html, id="facts-form"), html


def offered(html: str) -> list[str]:
    return re.findall(r'name="take"\s+value="(\w+)"', html)


def facts_of(brief: Brief) -> Any:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts


def test_each_fact_is_a_difference_and_nothing_is_stored(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    before = checksum()
    form, html = page(mine, brief, ZOTERO_RIS)
    assert checksum() == before
    assert offered(html) == [
        "authors",
        "title",
        "url",
        "language",
        "accessed_on",
    ]  # source and date are so already
    assert form.data["take"] == offered(html)
    assert "Will be added to the vocabulary:" in html
    assert "Vivek Chilukuri; Mary-Kate O’Brien; 王小明" in html


def test_what_the_brief_has_already_is_not_preset(mine: Client, team: factories.Team) -> None:
    author = Author.make(name="Vivek Chilukuri", given="Vivek", family="Chilukuri")
    facts = factories.facts(
        authors=(Byline(author.pk, "研究員", "Fellow"),), title="Old title", date="2025-06-08"
    )
    brief = factories.draft(team, factories.content(facts=facts))
    form, html = page(mine, brief, ZOTERO_RIS)
    assert offered(html) == ["authors", "date", "title", "url", "language", "accessed_on"]
    assert form.data["take"] == ["url", "language", "accessed_on"]
    assert "<mark>Old title</mark>" in html
    assert "Will be added to the vocabulary: Mary-Kate O’Brien, 王小明" in " ".join(html.split())


def test_facts_are_taken_one_by_one(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    before = workflow.load_working_copy(brief)
    form, _ = page(mine, brief, ZOTERO_RIS)
    response = mine.post(url(brief, "citation"), form.with_(take=["url"]))
    assert response.url == url(brief)
    after = workflow.load_working_copy(Brief.objects.get())
    assert after.facts.url == "https://foreignpolicy.com/2025/06/09/china-ai-export/"
    assert (after.facts.title, after.facts.authors, Author.objects.count()) == ("", (), 0)
    assert (after.bullets, after.headline_zh, after.facts.source) == (
        before.bullets,
        before.headline_zh,
        before.facts.source,
    )
    revision = Revision.objects.filter(brief=brief).latest("number")
    assert (revision.number, revision.by, revision.changed_facts, revision.changed_zh) == (
        2,
        team.writer,
        True,
        False,
    )


def test_authors_are_matched_or_added_and_keep_their_affiliation(mine: Client, team: factories.Team) -> None:
    known = Author.make(name="V. Chilukuri", given="Vivek", family="Chilukuri")
    merged = Author.make(name="王小明", merged_into=Author.make(name="Wang Xiaoming", name_zh="王曉明"))
    facts = factories.facts(authors=(Byline(known.pk, "研究員", "Fellow"),))
    brief = factories.draft(team, factories.content(facts=facts))
    form, _ = page(mine, brief, ZOTERO_RIS)
    mine.post(url(brief, "citation"), form.with_(take=["authors"]))
    authors = facts_of(brief).authors
    made = Author.objects.get(name="Mary-Kate O’Brien")
    assert authors == (Byline(known.pk, "研究員", "Fellow"), Byline(made.pk), Byline(merged.merged_into_id))
    assert (made.family, made.given) == ("O’Brien", "Mary-Kate")


def test_a_chinese_author_is_added_under_their_own_name(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form, _ = page(mine, brief, CHINESE_BIBTEX)
    mine.post(url(brief, "citation"), form.with_(take=["authors", "source", "date"]))
    row = Author.objects.get(name="歐陽菲菲")
    assert (row.family, row.given, row.name_zh, row.name_zh_kind) == ("歐陽", "菲菲", "歐陽菲菲", "own")
    facts = facts_of(brief)
    assert Source.objects.get(pk=facts.source).name == "遠景基金會季刊"
    assert facts.date == "2024-03-05"
    assert Brief.objects.get().article_date_confirmed


def test_a_source_is_found_by_its_other_names(mine: Client, team: factories.Team) -> None:
    source = Source.make(name="Survival: Global Politics", aliases=["The Survival"])
    brief = factories.draft(team)
    form, html = page(mine, brief, SPRINGER_BIBTEX)
    assert "Survival: Global Politics" in re.sub("</?mark>", "", html)
    mine.post(url(brief, "citation"), form.with_(take=["source"]))
    assert facts_of(brief).source == source.pk
    assert not Source.objects.filter(name="Survival").exists()


def test_a_year_alone_is_no_date(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form, html = page(mine, brief, RAND_RIS)
    assert "date" not in offered(html)
    assert "gives only the year 2024" in " ".join(html.split())
    mine.post(url(brief, "citation"), form.with_(take=["date", "kind"]))
    assert (facts_of(brief).date, facts_of(brief).kind) == ("2025-06-09", "report")


def test_several_entries_and_nothing_new_are_said(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form, html = page(mine, brief, ZOTERO_CSL)
    assert "There are 2 entries; only the first is shown." in " ".join(html.split())
    mine.post(url(brief, "citation"), form.with_(take=offered(html)))
    form, html = page(mine, brief, ZOTERO_CSL)
    assert offered(html) == []
    assert "The brief has all of this already." in html


def test_a_file_is_read_and_what_is_none_is_refused(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    before = checksum()
    _, html = page(mine, brief, "", citation_file=SimpleUploadedFile("x.ris", ZOTERO_RIS.encode()))
    assert "url" in offered(html)
    _, html = page(mine, brief, "just words <b>", status=409)
    assert "This is not a citation in RIS, BibTeX or CSL-JSON." in html
    assert "just words &lt;b&gt;" in html
    _, html = page(mine, brief, "", status=409)
    assert "Paste a citation" in html
    assert checksum() == before


def test_what_was_typed_is_saved_first(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(headline_en="Typed", citation=ZOTERO_RIS)
    assert "citation-panel" in mine.get(url(brief)).content.decode()
    response = mine.post(url(brief, "citation"), data)
    form = Form(response.content.decode(), id="facts-form")
    row = Brief.objects.get()
    assert (row.headline_en, form.data["version"]) == ("Typed", [str(row.version)])
    mine.post(url(brief, "citation"), form.with_(take=["doi", "title"]))
    assert facts_of(brief).title.startswith("The Vanishing")
    bad = form_of(mine, brief).with_(date="yesterday", citation=ZOTERO_RIS)
    response = mine.post(url(brief, "citation"), bad)
    assert response.status_code == 409
    assert "is not a date" in response.content.decode()


def test_a_stale_page_is_shown_again_with_its_ticks(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form, _ = page(mine, brief, ZOTERO_RIS)
    factories.edit(brief, team.publisher, headline_en="Meanwhile", facts=factories.facts(title="Theirs"))
    before = checksum()
    response = mine.post(url(brief, "citation"), form.with_(take=["title", "authors"]))
    html = response.content.decode()
    assert response.status_code == 409
    assert "publisher saved a newer version" in html
    assert "<mark>Theirs</mark>" in html
    assert checksum() == before  # not even a new author
    again = Form(html, id="facts-form")
    assert again.data["take"] == ["authors", "title"]
    mine.post(url(brief, "citation"), again.data)
    assert facts_of(brief).title.startswith("The Vanishing")
    assert Brief.objects.get().headline_en == "Meanwhile"


def test_forged_facts_have_no_effect(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    form, _ = page(mine, brief, ZOTERO_RIS)
    forged = {
        "take": ["state", "source_withdrew", "keywords", "embargo_until", "doi", "kind"], "doi": "10.1/forged", "title": "Forged",
        "state": "approved", "keywords": "99", "embargo_until": "2030-01-01",
    }  # fmt: skip
    before = checksum()
    mine.post(url(brief, "citation"), {**form.data, **forged})
    assert checksum() == before


def test_only_who_may_edit_now(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    for person, status in ((team.outsider, 403), (team.reviewer, 409)):
        other = sign_in(Client(), person)
        assert other.get(url(brief, "citation")).status_code == status
        assert other.post(url(brief, "citation"), {"citation": ZOTERO_RIS}).status_code == status
    assert mine.get("/admin/briefs/brief/99/citation/").status_code == 404
    live = factories.live(team, factories.content("x"))
    before = checksum()
    response = mine.post(
        url(live, "citation"), {"citation": ZOTERO_RIS, "apply": "1", "take": "url", "version": live.version}
    )
    assert response.status_code == 409
    assert "This brief is live." in response.content.decode()
    assert "citation-panel" not in mine.get(url(live)).content.decode()
    assert checksum() == before


def test_a_page_to_paste_into(mine: Client, team: factories.Team) -> None:
    html = mine.get(url(factories.draft(team), "citation")).content.decode()
    assert 'name="citation"' in html
    assert "facts-form" not in html
