"""A deploy while somebody writes: the page is of the day before, and nothing on it or beside it is lost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from briefs import workflow
from briefs.admin.editor.draft_form import CHECKBOX_FIELDS, FORM_FIELDS, ROW_TYPES
from briefs.content import Byline, Content
from briefs.models import Author, Brief, Keyword, Revision, Source

from ...support import corpus_fixtures, factories
from ...support.form_client import Form, form_of, page_form, sign_in, url
from ...workflow.test_cover import uploaded, with_picture

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

CELLS = [
    (group, name)
    for group, kind in ROW_TYPES.items()
    for name in kind.__dataclass_fields__
    if name not in ("key", "deleted")
]
DOORS = ("change", "autosave", "submit", "share")
"""Each reads the whole form: a save, the page's own save, a verb with the form before it, a page of its own."""


@pytest.fixture
def team() -> factories.Team:
    return factories.Team()


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def full(team: factories.Team) -> Brief:
    """Every field of the form holds something."""
    content = with_picture(uploaded(team))
    author = Author.make(name="Jane Doe", family="Doe", given="Jane")
    picture = replace(content.facts.picture, focus="20,30")  # type: ignore[type-var]
    facts = replace(
        content.facts, picture=picture, authors=(Byline(author.pk, "新美國安全中心", "CNAS"),), title="The article", url="https://example.org/x", date_label="May/June 2025", doi="10.1000/x", language="en", kind="report",
        access="free", accessed_on="2025-06-10", archive_url="https://archive.example.org/x", source_withdrew=True,
        embargo_until="2025-06-11T00:00:00+00:00",
    )  # fmt: skip
    first = replace(
        content.bullets[0],
        passage="A passage",
        level_zh=1,
        marker_zh="number",
        level_en=1,
        marker_en="number",
    )
    alone = replace(content.bullets[1], text_en="", one_sided="Only for readers here")
    texts = {"picture_alt_zh": "圖", "picture_alt_en": "A picture"}
    return factories.draft(
        team, replace(content, **texts, facts=facts, bullets=(first, alone, *content.bullets[2:]))
    )


def content_of(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def older(data: dict[str, list[str]], *lacking: str) -> dict[str, list[str]]:
    """The form of a page that had no such field, or none such in any row."""
    return {name: value for name, value in data.items() if name.partition("-")[0] not in lacking}


def lost(brief: Brief, before: Content, **typed: Any) -> bool:
    return content_of(brief) != replace(before, **typed)


def test_the_brief_fills_the_form(mine: Client, team: factories.Team) -> None:
    """Or leaving a field out would say nothing."""
    data = form_of(mine, full(team)).data
    blank = [name for name in FORM_FIELDS if not data.get(name, [""])[0]]
    assert blank == ["source_new"]
    for group, name in CELLS:
        assert data[group]
        assert any(data[f"{name}-{key}"][0] for key in data[group]), name


def test_a_page_from_before_some_fields_leaves_them_alone(mine: Client, team: factories.Team) -> None:
    leaves_each_field_alone(mine, team, step=5)


@pytest.mark.heavy
def test_a_page_from_before_a_field_leaves_the_field_alone(mine: Client, team: factories.Team) -> None:
    """Each field in turn, by the button and by the page itself; the words that were typed are saved all the same."""
    leaves_each_field_alone(mine, team)


def leaves_each_field_alone(mine: Client, team: factories.Team, *, step: int = 1) -> None:
    brief = full(team)
    rows = [kind.objects.count() for kind in (Source, Author, Keyword)]
    fields = [*(name for name in FORM_FIELDS if name not in CHECKBOX_FIELDS), *{name for _, name in CELLS}][
        ::step
    ]
    wrong = []
    for n, field in enumerate(fields):
        before = content_of(brief)
        typed = f"summary_{'zh' if field == 'summary_en' else 'en'}"
        data = older(form_of(mine, brief).with_(**{typed: f"Typed {n}"}), field)
        answer = mine.post(url(brief, DOORS[n % 2]), data)
        if answer.status_code not in (200, 302) or lost(brief, before, **{typed: f"Typed {n}"}):
            wrong.append((field, answer.status_code))
    assert wrong == []
    assert Revision.objects.filter(brief=brief).count() == 1 + len(fields)
    assert [kind.objects.count() for kind in (Source, Author, Keyword)] == rows, "a name became another row"


@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_a_page_without_the_newest_fields(
    mine: Client, team: factories.Team, door: str
) -> None:
    brief = full(team)
    before = content_of(brief)
    gone = ("picture", "picture_x", "picture_alt_en", "archive_url", "passage", "affiliation_en", "one_sided")
    data = older(form_of(mine, brief).with_(headline_en="Typed before the deploy"), *gone)
    answer = mine.post(url(brief, door), data)
    assert answer.status_code in (200, 302, 409), answer.content.decode()[:300]
    assert not lost(brief, before, headline_en="Typed before the deploy")


def test_what_cannot_be_saved_comes_back_whole(mine: Client, team: factories.Team) -> None:
    """The page that says why has today's fields: with what stands, not empty, or its next save would empty them."""
    brief = full(team)
    before = content_of(brief)
    typed = form_of(mine, brief).with_(headline_en="Typed", summary_en="Ctrl \x01 in it")
    answer = mine.post(url(brief), older(typed, "archive_url", "passage", "picture_alt_zh"))
    assert answer.status_code == 409
    form = Form(answer.content.decode())
    assert form.data["headline_en"] == ["Typed"]
    assert mine.post(url(brief), form.with_(summary_en="Mended")).status_code == 302
    assert not lost(brief, before, headline_en="Typed", summary_en="Mended")


def test_others_words_in_a_field_that_the_page_lacks_stay_theirs(mine: Client, team: factories.Team) -> None:
    brief = full(team)
    form = form_of(mine, brief)
    facts = replace(content_of(brief).facts, archive_url="https://archive.example.org/theirs")
    factories.edit(brief, team.other_writer, facts=facts, picture_alt_en="Theirs")
    between = content_of(brief)
    data = older(form.with_(headline_en="Typed before the deploy"), "archive_url", "picture_alt_en")
    assert mine.post(url(brief), data).status_code == 302
    assert not lost(brief, between, headline_en="Typed before the deploy")


def test_a_field_that_is_no_more_is_passed_over(mine: Client, team: factories.Team) -> None:
    brief = full(team)
    before = content_of(brief)
    data = form_of(mine, brief).with_(headline_en="Typed", subtitle_en="Of old", rating__b1="5", colour="red")
    data["footnote"] = ["f1"]
    for door in DOORS[:2]:
        assert mine.post(url(brief, door), data).status_code in (200, 302)
    assert not lost(brief, before, headline_en="Typed")


def test_an_emptied_field_is_emptied(mine: Client, team: factories.Team) -> None:
    """An empty field was there to be emptied; only one that was not sent says nothing."""
    brief = full(team)
    data = form_of(mine, brief).with_(archive_url="", picture_alt_en="", passage__b1="")
    assert mine.post(url(brief), data).status_code == 302
    found = content_of(brief)
    assert (found.facts.archive_url, found.picture_alt_en, found.bullets[0].passage) == ("", "", "")


@pytest.mark.parametrize("lacking", ["seen", "version", "note_zh", "minor"])
def test_an_approval_from_before_the_deploy_approves_nothing_unseen(
    client: Client, team: factories.Team, lacking: str
) -> None:
    """What binds it to the text must be there; another field that is missing is asked for or left out."""
    brief = factories.signed(team)
    sign_in(client, team.publisher)
    data = older(page_form(client, brief, "approve").data, lacking)
    answer = client.post(url(brief, "approve"), data)
    state = Brief.objects.get(pk=brief.pk).state
    assert (answer.status_code, state) == ((302, "in_review") if lacking == "seen" else (302, "approved"))


def test_the_scripts_of_a_page_from_before_the_deploy_are_still_there(tmp_path: Path, settings: Any) -> None:
    """A file is named by its content, and by that of what it imports; a deploy adds names and takes none away."""
    source, root = tmp_path / "source", tmp_path / "root"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], root
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "digest.static.HashedStaticFilesStorage"}
    }
    pages = []
    for words in ("before", "after"):
        source.mkdir(exist_ok=True)
        (source / "editor.js").write_text('import { say } from "./words.js";\nsay();\n')
        (source / "words.js").write_text(f'export const say = () => "{words}";\n')
        call_command("collectstatic", interactive=False, verbosity=0)
        pages.append([staticfiles_storage.stored_name(name) for name in ("editor.js", "words.js")])
    assert not {*pages[0]} & {*pages[1]}
    for (editor, words), said in zip(pages, ("before", "after"), strict=True):
        assert words in (root / editor).read_text()
        assert said in (root / words).read_text()
