"""Walk every declared fact through the program: save, limits, import, approval, card, export and citation.

A new fact is tested here without a line: samples follow from its kind.
"""

import dataclasses
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from briefs import workflow
from briefs.admin.common.fact_text import format_fact
from briefs.admin.common.name_fields import load_names_by_id
from briefs.bilingual.citations.bibtex import format_bibtex
from briefs.bilingual.citations.citation_reader import read_citation
from briefs.bilingual.citations.csl import format_csl
from briefs.bilingual.citations.ris import format_ris
from briefs.bilingual.citations.works import CitableWork, build_article_work
from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.writer import write
from briefs.bilingual.rendering import cards
from briefs.content import Content, Facts
from briefs.derived.public_brief import build_unpublished_brief
from briefs.exchange.brief_text import ExportNames, build_document
from briefs.exchange.intake.content_mapping import build_text_facts
from briefs.facts import CITED_FACTS, DOCUMENT_FACTS, FACTS, SCALAR_FACTS, FactKind
from briefs.models import Brief

from .support import factories
from .support.form_client import brief_url, get_brief_form, sign_in

FORM_INPUT = {"embargo_until": "2020-01-02T11:04", "source_withdrew": "on"}
"""What a person enters where the form's text differs from the stored value."""

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
every_scalar = pytest.mark.parametrize("name", SCALAR_FACTS)


def stored_facts(brief: Brief) -> Facts:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk)).facts


def content_with(name: str, value: Any) -> Content:
    return factories.content(facts=factories.facts(**{name: value}))


def test_declared_facts_are_the_fields_of_the_content() -> None:
    assert list(FACTS) == [field.name for field in dataclasses.fields(Facts)]
    columns = {field.attname for field in Brief._meta.concrete_fields}
    assert {fact.column for fact in FACTS.values()} - {""} <= columns


def test_form_saves_each_fact_and_shows_it_again(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    valid = {name: factories.valid_fact(name) for name in SCALAR_FACTS}
    typed = {name: FORM_INPUT.get(name, value) for name, value in valid.items()}
    before = dataclasses.asdict(stored_facts(brief))
    assert [name for name, value in valid.items() if before[name] == value] == []
    response = client.post(brief_url(brief), get_brief_form(client, brief).data_with(**typed))
    assert response.status_code == 302
    assert dataclasses.asdict(stored_facts(brief)) == before | valid
    form = get_brief_form(client, brief)
    assert {name: form.data[name] for name in typed} == {name: [value] for name, value in typed.items()}
    client.post(brief_url(brief), form.data)
    assert dataclasses.asdict(stored_facts(brief)) == before | valid, "an unchanged form must change nothing"


@pytest.mark.parametrize(
    "name", [n for n, f in FACTS.items() if f.kind in (FactKind.TEXT, FactKind.LINK, FactKind.DOI)]
)
def test_unfit_text_is_refused_by_the_label_of_the_fact(name: str, team: factories.Team) -> None:
    fact = FACTS[name]
    with pytest.raises(workflow.Refused) as refusal:
        workflow.editing.create(
            content_with(name, "https://example.org/".ljust(fact.limit + 1, "x")), by=team.writer
        )
    with translation.override("en"):
        assert f"{fact.label} is too long" in str(refusal.value)
    with pytest.raises(workflow.Refused) as refusal:
        workflow.editing.create(content_with(name, "https://example.org/\x07"), by=team.writer)
    assert refusal.value.codes[0] == "control-character"


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, f in FACTS.items()
        if f.kind in (FactKind.LINK, FactKind.CHOICE, FactKind.DAY, FactKind.MOMENT)
    ],
)
def test_invalid_fact_is_refused_beside_its_field(name: str, team: factories.Team) -> None:
    with pytest.raises(workflow.Refused) as refusal:
        workflow.editing.create(content_with(name, "javascript:alert(1)"), by=team.writer)
    assert [reason.about for reason in refusal.value.reasons] == [name]


@every_scalar
def test_fact_has_a_text_for_the_desk(name: str) -> None:
    facts = factories.facts(**{name: factories.valid_fact(name)})
    assert format_fact(facts, name, load_names_by_id([Content(facts=facts)])) not in ("", "–")


@every_scalar
def test_public_brief_states_public_facts_and_no_others(name: str) -> None:
    brief = build_unpublished_brief(content_with(name, factories.valid_fact(name)), "slug")
    assert (brief.shown_facts.get(name) == factories.valid_fact(name)) is FACTS[name].is_public


@pytest.mark.parametrize("name", [n for n, f in FACTS.items() if f.kind is FactKind.LINK])
def test_public_brief_leaves_out_an_unsafe_link(name: str) -> None:
    content = content_with(name, "javascript:alert(1)")
    assert build_unpublished_brief(content, "slug").shown_facts[name] == ""


@pytest.mark.parametrize("name", [n for n, f in FACTS.items() if f.kind is FactKind.LINK])
def test_public_brief_of_an_old_edition_shows_the_host_in_ascii(name: str) -> None:
    content = content_with(name, "https://chathаm.org/a")
    assert build_unpublished_brief(content, "slug").shown_facts[name] == "https://xn--chathm-7nf.org/a"


@pytest.mark.parametrize("name", DOCUMENT_FACTS)
def test_export_and_import_keep_the_fact(name: str) -> None:
    text = write(build_document(content_with(name, factories.valid_fact(name)), ExportNames()))
    (reading,) = read_document(text.encode(), "a.txt")
    assert getattr(build_text_facts(reading.parsed), name) == factories.valid_fact(name)


@pytest.mark.parametrize("name", CITED_FACTS)
@pytest.mark.parametrize(
    ("format_work", "file_format"), [(format_ris, "ris"), (format_bibtex, "bibtex"), (format_csl, "csl")]
)
def test_citation_files_state_the_fact_and_are_read_back(
    name: str, format_work: Callable[[CitableWork], str], file_format: str
) -> None:
    value = factories.valid_fact(name)
    work = build_article_work(build_unpublished_brief(content_with(name, value), "slug"))
    text = format_work(work)
    assert read_citation(text).article.get(name) == value
    written, *others = getattr(FACTS[name], file_format)
    for field in others:
        moved = re.sub(rf"(?m)^( *\"?){written}\b", rf"\g<1>{field}", text)
        assert moved != text
        assert read_citation(moved).article.get(name) == value, field


@pytest.mark.parametrize("name", [n for n, f in FACTS.items() if f.kind in (FactKind.LINK, FactKind.DOI)])
def test_public_source_box_links_the_fact(name: str) -> None:
    brief = build_unpublished_brief(content_with(name, factories.valid_fact(name)), "slug")
    shown = cards.render_source_box(brief, "en") + cards.render_credit(brief, "en", linked=False)
    assert factories.valid_fact(name) in html.unescape(shown)
