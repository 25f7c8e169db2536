"""Test citation import on a brief: facts are shown as differences and stored only when selected."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs.content import Byline
from briefs.models import Author, Brief, Revision, Source
from briefs.tests.bilingual.citations.test_citation_files import SPRINGER_BIBTEX, ZOTERO_CSL, ZOTERO_RIS
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, save_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

RAND_RIS = "TY  - RPRT\nTI  - China's Quest\nPY  - 2024///\nER  -\n"
SIMILAR_RIS = (
    "TY  - JOUR\nAU  - Glaser, Bonnie S.\nTI  - The Strait\nUR  - https://example.org/strait\nER  - \n"
)


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


def take_facts(client: Client, brief: Brief, form: Form, *names: str, **forged: Any) -> Any:
    return client.post(brief_url(brief, "citation"), form.data_with(take=[*names], **forged))


def test_citation_page_lists_differences_and_stores_nothing(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)  # its source and date are those of the citation
    before = checksum()
    form, html = show_differences(writer_client, brief, ZOTERO_RIS)
    assert checksum() == before
    assert form.data["take"] == offered_facts(html) == ["authors", "title", "url", "language", "accessed_on"]
    assert "Vivek Chilukuri; Mary-Kate O’Brien; 王小明" in html
    take_facts(
        writer_client,
        brief,
        form,
        "state",
        "source_withdrew",
        "keywords",
        "doi",
        doi="10.1/f",
        state="approved",
    )
    assert checksum() == before


def test_facts_the_brief_already_has_are_not_preselected(writer_client: Client, team: Team) -> None:
    author = Author.make(name="Vivek Chilukuri", given="Vivek", family="Chilukuri")
    bylines = (Byline(author.pk, "研究員", "Fellow"),)
    facts = factories.facts(authors=bylines, title="Old title", date="2025-06-08")
    brief = factories.draft_brief(team, factories.content(facts=facts))
    form, html = show_differences(writer_client, brief, ZOTERO_RIS)
    assert offered_facts(html) == ["authors", "date", "title", "url", "language", "accessed_on"]
    assert form.data["take"] == ["url", "language", "accessed_on"]
    assert "<mark>Old title</mark>" in html
    assert "Will be added to the vocabulary: Mary-Kate O’Brien, 王小明" in " ".join(html.split())


def test_writer_takes_one_fact_and_others_stay_unchanged(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    before = factories.load_content(brief)
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    assert take_facts(writer_client, brief, form, "url").url == brief_url(brief)
    url = "https://foreignpolicy.com/2025/06/09/china-ai-export/"
    assert factories.load_content(brief) == replace(before, facts=replace(before.facts, url=url))
    assert not Author.objects.exists()
    newest = Revision.objects.filter(brief=brief).latest("number")
    assert (newest.number, newest.by, newest.changed_facts, newest.changed_zh) == (
        2,
        team.writer,
        True,
        False,
    )


def test_citation_authors_are_matched_or_added_and_keep_affiliation(
    writer_client: Client, team: Team
) -> None:
    known = Author.make(name="V. Chilukuri", given="Vivek", family="Chilukuri")
    heir = Author.make(name="Wang Xiaoming", name_zh="王曉明")
    Author.make(name="王小明", merged_into=heir)
    facts = factories.facts(authors=(Byline(known.pk, "研究員", "Fellow"),))
    brief = factories.draft_brief(team, factories.content(facts=facts))
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    take_facts(writer_client, brief, form, "authors")
    added = Author.objects.get(name="Mary-Kate O’Brien")
    assert facts_of(brief).authors == (*facts.authors, Byline(added.pk), Byline(heir.pk))
    assert (added.family, added.given) == ("O’Brien", "Mary-Kate")


@pytest.mark.parametrize("is_same_person", [True, False])
def test_citation_asks_whether_an_author_is_a_similar_known_one(
    writer_client: Client, team: Team, is_same_person: bool
) -> None:
    known = Author.make(name="Bonnie Glaser", given="Bonnie", family="Glaser")
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, SIMILAR_RIS)
    assert "Will be added to the vocabulary" not in html
    before = checksum()
    refused = writer_client.post(brief_url(brief, "citation"), form.data)
    assert refused.status_code == 409
    assert "Choose who is meant by Bonnie S. Glaser." in refused.text
    assert 'href="#author-0"' in refused.text
    assert checksum() == before
    answer = {"author-0": str(known.pk) if is_same_person else "new"}
    data = Form(refused.text, id="facts-form").data_with(**answer)
    assert writer_client.post(brief_url(brief, "citation"), data).status_code == 302
    (author,) = (Author.objects.get(pk=byline.author) for byline in facts_of(brief).authors)
    assert author.name == ("Bonnie Glaser" if is_same_person else "Bonnie S. Glaser")
    assert facts_of(brief).title == "The Strait"


def test_claimed_citation_makes_no_author_beside_a_similar_one(writer_client: Client, team: Team) -> None:
    Author.make(name="Bonnie Glaser", given="Bonnie", family="Glaser")
    page = writer_client.post("/admin/briefs/brief/upload/", {"paste": SIMILAR_RIS}, follow=True).text
    assert "Bonnie S. Glaser may be Bonnie Glaser" in page
    assert [author.name for author in Author.objects.all()] == ["Bonnie Glaser"]
    assert facts_of(Brief.objects.get()).title == "The Strait"


def test_citation_with_year_only_offers_no_date(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, RAND_RIS)
    assert "date" not in offered_facts(html)
    assert "gives only the year 2024" in " ".join(html.split())
    take_facts(writer_client, brief, form, "date", "kind")
    assert (facts_of(brief).date, facts_of(brief).kind) == ("2025-06-09", "report")


def test_citation_page_reports_further_entries_and_no_differences(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, ZOTERO_CSL)
    assert "There are 2 entries; only the first is shown." in " ".join(html.split())
    take_facts(writer_client, brief, form, *offered_facts(html))
    form, html = show_differences(writer_client, brief, ZOTERO_CSL)
    assert offered_facts(html) == []
    assert "The brief has all of this already." in html


def test_citation_file_is_read_and_non_citation_is_refused(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    before = checksum()
    file = SimpleUploadedFile("x.ris", ZOTERO_RIS.encode())
    assert "url" in offered_facts(show_differences(writer_client, brief, "", citation_file=file)[1])
    _, html = show_differences(writer_client, brief, "just words <b>", status=409)
    assert "This is not an address, nor a citation in RIS, BibTeX or CSL-JSON." in html
    assert "just words &lt;b&gt;" in html
    assert "Paste a citation" in show_differences(writer_client, brief, "", status=409)[1]
    assert checksum() == before


def test_citation_post_saves_the_brief_form_first(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    cite = {"citation": ZOTERO_RIS, "cite": "1"}
    assert "citation-panel" in writer_client.get(brief_url(brief)).text
    form = Form(save_brief_form(writer_client, brief, headline_en="Typed", **cite).text, id="facts-form")
    row = Brief.objects.get()
    assert (row.headline_en, form.data["version"]) == ("Typed", [str(row.version)])
    take_facts(writer_client, brief, form, "doi", "title")
    assert facts_of(brief).title.startswith("The Vanishing")
    refused = save_brief_form(writer_client, brief, date="yesterday", **cite)
    assert refused.status_code == 409
    assert "is not a date" in refused.text


def test_stale_citation_page_is_shown_again_with_selection(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    form, _ = show_differences(writer_client, brief, ZOTERO_RIS)
    factories.edit(brief, team.publisher, headline_en="Meanwhile", facts=factories.facts(title="Theirs"))
    before = checksum()
    response = take_facts(writer_client, brief, form, "title", "authors")
    assert response.status_code == 409
    assert "publisher saved a newer version" in response.text
    assert "<mark>Theirs</mark>" in response.text
    assert checksum() == before, "not even a new author"
    again = Form(response.text, id="facts-form")
    assert again.data["take"] == ["authors", "title"]
    writer_client.post(brief_url(brief, "citation"), again.data)
    assert facts_of(brief).title.startswith("The Vanishing")
    assert Brief.objects.get().headline_en == "Meanwhile"


def test_citation_import_is_refused_without_edit_permission(writer_client: Client, team: Team) -> None:
    brief, live = factories.draft_brief(team), factories.live_brief(team, factories.content("x"))
    reviewer = sign_in(Client(), team.reviewer)
    before = checksum()
    take = {"citation": ZOTERO_RIS, "apply": "1", "take": "url", "version": live.version}
    for client, row in ((reviewer, brief), (writer_client, live)):
        assert client.get(brief_url(row, "citation")).status_code == 409
        assert client.post(brief_url(row, "citation"), take).status_code == 409
    assert writer_client.get("/admin/briefs/brief/99/citation/").status_code == 404
    assert "citation-panel" not in writer_client.get(brief_url(live)).text
    assert checksum() == before


def test_citation_source_is_matched_by_alias(writer_client: Client, team: Team) -> None:
    source = Source.make(name="Survival: Global Politics", aliases=["The Survival"])
    brief = factories.draft_brief(team)
    form, html = show_differences(writer_client, brief, SPRINGER_BIBTEX)
    assert "Survival: Global Politics" in re.sub("</?mark>", "", html)
    writer_client.post(brief_url(brief, "citation"), form.data_with(take=["source"]))
    assert facts_of(brief).source == source.pk
    assert not Source.objects.filter(name="Survival").exists()
