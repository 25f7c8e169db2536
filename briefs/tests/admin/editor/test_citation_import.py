"""Test citation import on a brief: facts are shown as differences and stored only when selected."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import workflow
from briefs.content import Byline
from briefs.models import Author, Brief, Revision, Source
from briefs.tests.bilingual.citations.test_citation_files import SPRINGER_BIBTEX, ZOTERO_CSL, ZOTERO_RIS
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

RAND_RIS = """TY  - RPRT
AU  - RAND Corporation
TI  - China's Quest
PB  - RAND Corporation
DO  - https://doi.org/10.7249/RRA1234-1
PY  - 2024///
ER  -
"""
CHINESE_BIBTEX = "@article{w, author={王小明 and 歐陽菲菲}, title={論臺海情勢}, journal={遠景基金會季刊}, year={2024}, month={3}, day={5}}"


def show_differences(
    client: Client, brief: Brief, text: str, status: int = 200, **values: Any
) -> tuple[Form, str]:
    response = client.post(brief_url(brief, "citation"), {"citation": text, **values})
    assert response.status_code == status
    html = response.text
    return Form(html, id="facts-form"), html


def offered_facts(html: str) -> list[str]:
    return re.findall(r'name="take"\s+value="(\w+)"', html)


def facts_of(brief: Brief) -> Any:
    return factories.load_content(brief).facts


def test_citation_page_lists_differences_and_stores_nothing(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    before = checksum()
    form, html = show_differences(writer_client, brief, ZOTERO_RIS)
    assert checksum() == before
    assert offered_facts(html) == [
        "authors",
        "title",
        "url",
        "language",
        "accessed_on",
    ]  # source and date are equal already
    assert form.data["take"] == offered_facts(html)
    assert "Will be added to the vocabulary:" in html
    assert "Vivek Chilukuri; Mary-Kate O’Brien; 王小明" in html


def test_facts_the_brief_already_has_are_not_preselected(writer_client: Client, team: Team) -> None:
    author = Author.make(name="Vivek Chilukuri", given="Vivek", family="Chilukuri")
    facts = factories.facts(
        authors=(Byline(author.pk, "研究員", "Fellow"),), title="Old title", date="2025-06-08"
    )
    brief = factories.draft_brief(team, factories.content(facts=facts))
    form, html = show_differences(writer_client, brief, ZOTERO_RIS)
    assert offered_facts(html) == ["authors", "date", "title", "url", "language", "accessed_on"]
    assert form.data["take"] == ["url", "language", "accessed_on"]
    assert "<mark>Old title</mark>" in html
    assert "Will be added to the vocabulary: Mary-Kate O’Brien, 王小明" in " ".join(html.split())


def test_writer_takes_one_fact_and_others_stay_unchanged(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    before = workflow.load_working_copy(brief)
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    response = writer_client.post(brief_url(brief, "citation"), form.data_with(take=["url"]))
    assert response.url == brief_url(brief)
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


def test_citation_authors_are_matched_or_added_and_keep_affiliation(
    writer_client: Client, team: Team
) -> None:
    known = Author.make(name="V. Chilukuri", given="Vivek", family="Chilukuri")
    merged = Author.make(name="王小明", merged_into=Author.make(name="Wang Xiaoming", name_zh="王曉明"))
    facts = factories.facts(authors=(Byline(known.pk, "研究員", "Fellow"),))
    brief = factories.draft_brief(team, factories.content(facts=facts))
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["authors"]))
    authors = facts_of(brief).authors
    added = Author.objects.get(name="Mary-Kate O’Brien")
    assert authors == (Byline(known.pk, "研究員", "Fellow"), Byline(added.pk), Byline(merged.merged_into_id))
    assert (added.family, added.given) == ("O’Brien", "Mary-Kate")


@pytest.mark.parametrize("is_same_person", [True, False])
def test_citation_asks_whether_an_author_is_a_similar_known_one(
    writer_client: Client, team: Team, is_same_person: bool
) -> None:
    known = Author.make(name="Bonnie Glaser", given="Bonnie", family="Glaser")
    brief = factories.draft_brief(team)
    citation = "TY  - JOUR\nAU  - Glaser, Bonnie S.\nTI  - The Strait\nER  - \n"
    form, html = show_differences(writer_client, brief, citation)
    assert "Will be added to the vocabulary" not in html
    before = checksum()
    response = writer_client.post(brief_url(brief, "citation"), form.data)
    assert response.status_code == 409
    html = response.text
    assert "Choose who is meant by Bonnie S. Glaser." in html
    assert 'href="#author-0"' in html
    assert checksum() == before
    form = Form(html, id="facts-form")
    answer = str(known.pk) if is_same_person else "new"
    assert (
        writer_client.post(brief_url(brief, "citation"), form.data_with(**{"author-0": answer})).status_code
        == 302
    )
    (author,) = (Author.objects.get(pk=byline.author) for byline in facts_of(brief).authors)
    assert author.name == ("Bonnie Glaser" if is_same_person else "Bonnie S. Glaser")
    assert facts_of(brief).title == "The Strait"


def test_claimed_citation_makes_no_author_beside_a_similar_one(writer_client: Client, team: Team) -> None:
    Author.make(name="Bonnie Glaser", given="Bonnie", family="Glaser")
    citation = (
        "TY  - JOUR\nAU  - Glaser, Bonnie S.\nTI  - The Strait\nUR  - https://example.org/strait\nER  - \n"
    )
    page = writer_client.post("/admin/briefs/brief/upload/", {"paste": citation}, follow=True).text
    assert "Bonnie S. Glaser may be Bonnie Glaser" in page
    assert [author.name for author in Author.objects.all()] == ["Bonnie Glaser"]
    assert facts_of(Brief.objects.get()).title == "The Strait"


def test_chinese_author_is_added_with_own_chinese_name(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, _ = show_differences(writer_client, brief, CHINESE_BIBTEX)
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["authors", "source", "date"]))
    row = Author.objects.get(name="歐陽菲菲")
    assert (row.family, row.given, row.name_zh, row.name_zh_kind) == ("歐陽", "菲菲", "歐陽菲菲", "own")
    facts = facts_of(brief)
    assert Source.objects.get(pk=facts.source).name == "遠景基金會季刊"
    assert facts.date == "2024-03-05"
    assert Brief.objects.get().article_date_confirmed


def test_citation_source_is_matched_by_alias(writer_client: Client, team: Team) -> None:
    source = Source.make(name="Survival: Global Politics", aliases=["The Survival"])
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, SPRINGER_BIBTEX)
    assert "Survival: Global Politics" in re.sub("</?mark>", "", html)
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["source"]))
    assert facts_of(brief).source == source.pk
    assert not Source.objects.filter(name="Survival").exists()


def test_citation_with_year_only_offers_no_date(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, RAND_RIS)
    assert "date" not in offered_facts(html)
    assert "gives only the year 2024" in " ".join(html.split())
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["date", "kind"]))
    assert (facts_of(brief).date, facts_of(brief).kind) == ("2025-06-09", "report")


def test_citation_page_reports_further_entries_and_no_differences(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, ZOTERO_CSL)
    assert "There are 2 entries; only the first is shown." in " ".join(html.split())
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=offered_facts(html)))
    form, html = show_differences(writer_client, brief, ZOTERO_CSL)
    assert offered_facts(html) == []
    assert "The brief has all of this already." in html


def test_citation_file_is_read_and_non_citation_is_refused(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    before = checksum()
    _, html = show_differences(
        writer_client, brief, "", citation_file=SimpleUploadedFile("x.ris", ZOTERO_RIS.encode())
    )
    assert "url" in offered_facts(html)
    _, html = show_differences(writer_client, brief, "just words <b>", status=409)
    assert "This is not an address, nor a citation in RIS, BibTeX or CSL-JSON." in html
    assert "just words &lt;b&gt;" in html
    _, html = show_differences(writer_client, brief, "", status=409)
    assert "Paste a citation" in html
    assert checksum() == before


def test_citation_post_saves_the_brief_form_first(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(headline_en="Typed", citation=ZOTERO_RIS, cite="1")
    assert "citation-panel" in writer_client.get(brief_url(brief)).text
    response = writer_client.post(brief_url(brief), data)
    form = Form(response.text, id="facts-form")
    row = Brief.objects.get()
    assert (row.headline_en, form.data["version"]) == ("Typed", [str(row.version)])
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["doi", "title"]))
    assert facts_of(brief).title.startswith("The Vanishing")
    invalid = get_brief_form(writer_client, brief).data_with(date="yesterday", citation=ZOTERO_RIS, cite="1")
    response = writer_client.post(brief_url(brief), invalid)
    assert response.status_code == 409
    assert "is not a date" in response.text


def test_stale_citation_page_is_shown_again_with_selection(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    factories.edit(brief, team.publisher, headline_en="Meanwhile", facts=factories.facts(title="Theirs"))
    before = checksum()
    response = writer_client.post(brief_url(brief, "citation"), form.data_with(take=["title", "authors"]))
    html = response.text
    assert response.status_code == 409
    assert "publisher saved a newer version" in html
    assert "<mark>Theirs</mark>" in html
    assert checksum() == before  # not even a new author
    again = Form(html, id="facts-form")
    assert again.data["take"] == ["authors", "title"]
    writer_client.post(brief_url(brief, "citation"), again.data)
    assert facts_of(brief).title.startswith("The Vanishing")
    assert Brief.objects.get().headline_en == "Meanwhile"


def test_forged_citation_facts_have_no_effect(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    forged = {
        "take": ["state", "source_withdrew", "keywords", "embargo_until", "doi", "kind"], "doi": "10.1/forged", "title": "Forged",
        "state": "approved", "keywords": "99", "embargo_until": "2030-01-01",
    }  # fmt: skip
    before = checksum()
    writer_client.post(brief_url(brief, "citation"), {**form.data, **forged})
    assert checksum() == before


def test_citation_import_is_refused_without_edit_permission(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    for person, status in ((team.outsider, 403), (team.reviewer, 409)):
        client = sign_in(Client(), person)
        assert client.get(brief_url(brief, "citation")).status_code == status
        assert client.post(brief_url(brief, "citation"), {"citation": ZOTERO_RIS}).status_code == status
    assert writer_client.get("/admin/briefs/brief/99/citation/").status_code == 404
    live = factories.live_brief(team, factories.content("x"))
    before = checksum()
    response = writer_client.post(
        brief_url(live, "citation"),
        {"citation": ZOTERO_RIS, "apply": "1", "take": "url", "version": live.version},
    )
    assert response.status_code == 409
    assert "This brief is live." in response.text
    assert "citation-panel" not in writer_client.get(brief_url(live)).text
    assert checksum() == before
