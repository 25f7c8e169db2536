"""The cover on the desk, without JavaScript: uploaded with the words, described, removed, and shown to the desk alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import images, workflow
from briefs.content import Content
from briefs.models import Brief, Picture, Revision

from ...support import factories
from ...support.form_client import Form, form_of, sign_in, url
from ...support.picture_samples import photo, plain
from ...workflow.test_cover import uploaded, with_picture

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ADD = "/admin/briefs/brief/add/picture/"


@pytest.fixture
def mine(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)


def content_of(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def chosen(data: bytes | None = None, name: str = "port.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or photo(), "image/jpeg")


def said(client: Client, response: Any) -> str:
    return client.get(response["Location"].partition("#")[0]).content.decode()


def test_an_upload_saves_the_words_and_the_picture_in_one_revision(
    mine: Client, team: factories.Team
) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    response = mine.post(url(brief, "picture"), form.with_(headline_en="Typed") | {"picture_file": chosen()})
    assert response.status_code == 302
    assert response["Location"] == f"{url(brief)}#picture"
    content = content_of(brief)
    assert content.headline_en == "Typed"
    assert content.facts.picture is not None
    assert content.facts.picture.key == Picture.objects.get().pk
    assert Revision.objects.filter(brief=brief).count() == 2


def test_the_button_posts_to_where_the_upload_is(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    (button,) = [
        b
        for b in form_of(mine, brief).buttons
        if b.get("formaction") == url(brief, "picture") and "data-send" in b
    ]
    assert button["formenctype"] == "multipart/form-data"
    (new,) = [
        b for b in Form(mine.get("/admin/briefs/brief/add/").content.decode()).buttons if "data-send" in b
    ]
    assert new["formaction"] == ADD


def test_what_is_said_of_it_is_saved_with_the_form_and_an_untouched_form_changes_nothing(
    mine: Client, team: factories.Team
) -> None:
    brief = factories.draft(team, with_picture(uploaded(team), focus="5,95"))
    before = content_of(brief)
    form = form_of(mine, brief)
    assert mine.post(url(brief), form.data).status_code == 302
    assert content_of(brief) == before
    assert Revision.objects.count() == 1
    changes = {
        "picture_alt_zh": "碼頭", "picture_alt_en": "A pier", "picture_credit": "AP", "picture_licence": "CC0",
        "picture_x": "7", "picture_y": "100",
    }  # fmt: skip
    assert mine.post(url(brief), form.with_(**changes)).status_code == 302
    after = content_of(brief)
    assert after.facts.picture == replace(before.facts.picture, credit="AP", licence="CC0", focus="7,100")  # type: ignore[type-var]
    assert (after.picture_alt_zh, after.picture_alt_en) == ("碼頭", "A pier")
    again = form_of(mine, brief)
    assert {name: again.data[name] for name in changes} == {name: [value] for name, value in changes.items()}


@pytest.mark.parametrize(
    ("x", "y", "focus"),
    [("7", "", ""), ("", "", ""), ("a", "9", ""), ("500", "9", "100,9"), ("50", "50", "")],
)
def test_a_point_that_is_none_says_nothing(
    mine: Client, team: factories.Team, x: str, y: str, focus: str
) -> None:
    brief = factories.draft(team, with_picture(uploaded(team)))
    assert mine.post(url(brief), form_of(mine, brief).with_(picture_x=x, picture_y=y)).status_code == 302
    assert content_of(brief).facts.picture.focus == focus  # type: ignore[union-attr]


def test_another_picture_keeps_the_words_and_forgets_the_point(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team, with_picture(uploaded(team), focus="5,95"))
    data = form_of(mine, brief).data | {"picture_file": chosen(photo(seed=3))}
    assert mine.post(url(brief, "picture"), data).status_code == 302
    content = content_of(brief)
    picture = content.facts.picture
    assert picture is not None
    assert (picture.key, picture.focus) == (images.hash_picture(photo(seed=3)), "")
    assert (picture.credit, content.picture_alt_en) == ("Central News Agency", "A port")


def test_a_picture_is_removed_and_the_revision_keeps_it(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team, with_picture(uploaded(team)))
    data = form_of(mine, brief).with_(headline_en="Typed") | {"picture_remove": "1"}
    assert mine.post(url(brief, "picture"), data).status_code == 302
    content = content_of(brief)
    assert (content.facts.picture, content.picture_alt_zh, content.headline_en) == (None, "", "Typed")
    first = Revision.objects.get(number=1)
    assert Content.from_json(first.content).picture_alt_zh == "港口"
    assert Picture.objects.count() == 1


BAD = [
    (lambda: b"<svg/>", "This is no JPEG, PNG or WebP picture."),
    (lambda: photo()[:-3000], "The picture is damaged"),
    (lambda: plain((100, 100)), "The picture is too small (100 × 100). It must be 320 pixels wide."),
    (lambda: b"\0" * 15_000_001, "The picture is too large (15.1 MB). The limit is 15 MB."),
]


@pytest.mark.parametrize(("data", "sentence"), BAD)
def test_a_refused_picture_is_said_and_the_words_are_saved(
    mine: Client, team: factories.Team, data: Any, sentence: str
) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief).with_(headline_en="Typed")
    response = mine.post(url(brief, "picture"), form | {"picture_file": chosen(data())})
    assert response.status_code == 302
    assert sentence in said(mine, response)
    assert content_of(brief).headline_en == "Typed"
    assert content_of(brief).facts.picture is None
    assert not Picture.objects.exists()


def test_no_picture_chosen_is_said(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    assert "Choose a picture." in said(mine, mine.post(url(brief, "picture"), form_of(mine, brief).data))


def test_the_page_of_a_new_brief_takes_one_too(mine: Client, team: factories.Team) -> None:
    form = Form(mine.get("/admin/briefs/brief/add/").content.decode())
    response = mine.post(ADD, form.with_(headline_en="New") | {"picture_file": chosen()})
    assert response.status_code == 302
    brief = Brief.objects.get()
    assert brief.headline_en == "New"
    assert brief.picture == Picture.objects.get()
    refused = mine.post(ADD, form.with_(client_key="0" * 32) | {"picture_file": chosen(b"GIF89a")})
    assert refused.status_code == 302
    assert "This is no JPEG" in said(mine, refused)


def test_an_old_page_uploads_beside_what_others_wrote_and_words_at_one_place_clash(
    mine: Client, team: factories.Team
) -> None:
    brief = factories.draft(team)
    form = form_of(mine, brief)
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    assert mine.post(url(brief, "picture"), form.data | {"picture_file": chosen()}).status_code == 302
    assert (content_of(brief).summary_en, bool(content_of(brief).facts.picture)) == ("Theirs.", True)
    form = form_of(mine, brief)
    factories.edit(brief, team.other_writer, summary_en="Theirs again.")
    response = mine.post(
        url(brief, "picture"), form.with_(summary_en="Mine.") | {"picture_file": chosen(photo(seed=4))}
    )
    assert response.status_code == 409
    page = Form(response.content.decode())
    assert page.data["summary_en"] == ["Mine."]
    assert page.data["picture"] == [images.hash_picture(photo(seed=4))], "the picture waits in the form"


def test_two_pictures_at_one_time_are_a_clash_of_one_place(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team, with_picture(uploaded(team)))
    form = form_of(mine, brief)
    other = with_picture(uploaded(team, seed=1), content_of(brief))
    factories.edit(brief, team.other_writer, facts=other.facts)
    response = mine.post(url(brief), form.with_(picture_credit="AP"))
    assert response.status_code == 409
    assert response.content.decode().count('name="take-picture"') == 2
    page = Form(response.content.decode())
    settled = mine.post(url(brief), page.with_(take__picture="theirs"))
    assert settled.status_code == 302
    assert (
        content_of(brief).facts.picture
        == workflow.rules.working_copy.tidy_content(other, next_number=9)[0].facts.picture
    )


@pytest.mark.parametrize("state", ["approved", "discarded"])
def test_a_closed_brief_takes_none_and_keeps_what_was_typed(
    mine: Client, team: factories.Team, state: str
) -> None:
    brief = factories.draft(team)
    data = form_of(mine, brief).with_(headline_en="Typed") | {"picture_file": chosen()}
    if state == "approved":
        Brief.objects.filter(pk=brief.pk).update(state="approved")
    else:
        workflow.discard(brief, by=team.writer, version=brief.version)
    response = mine.post(url(brief, "picture"), data)
    assert response.status_code == 409
    assert Form(response.content.decode()).data["headline_en"] == ["Typed"]
    assert not Picture.objects.exists()
    assert content_of(brief).headline_en == "A Headline"


# To the page's module


def test_the_module_is_given_the_key_and_no_brief_is_touched(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    for address in (url(brief, "picture"), ADD):
        answer = mine.post(address, {"picture_file": chosen()}, headers={"accept": "application/json"})
        key = Picture.objects.get().pk
        assert answer.json() == {"picture": key, "url": f"/admin/briefs/brief/picture/{key}"}
        refused = mine.post(
            address, {"picture_file": chosen(b"GIF89a")}, headers={"accept": "application/json"}
        )
        assert refused.status_code == 409
        assert refused.json()["reasons"][0]["about"] == "picture"
        assert refused.json()["reasons"][0]["text"].startswith("This is no JPEG")
    assert content_of(brief).facts.picture is None
    assert Brief.objects.get().version == brief.version


def test_an_autosave_takes_the_key_and_gives_it_to_the_others(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team)
    theirs = form_of(mine, brief)
    data = form_of(mine, brief).with_(picture=uploaded(team).pk, picture_credit="AP", picture_alt_en="A port")
    assert mine.post(url(brief, "autosave"), data).json()["changed"] is True
    got = mine.post(url(brief, "autosave"), theirs.with_(headline_en="Typed")).json()
    fields = got["content"]["fields"]
    assert (fields["picture"], fields["picture_credit"], fields["picture_alt_en"]) == (
        Picture.objects.get().pk,
        "AP",
        "A port",
    )
    assert content_of(brief).picture_alt_en == "A port"
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    again = mine.post(url(brief, "autosave"), data | {"picture_credit": ["AP "]}).json()
    assert again["content"]["fields"]["picture_credit"] == "AP ", "one's own stands as typed"


# Seen by the desk alone


def files(row: Picture) -> Iterator[tuple[str, str]]:
    yield f"/admin/briefs/brief/picture/{row.pk}", "image/jpeg"
    for kind, type_ in (("jpg", "image/jpeg"), ("webp", "image/webp")):
        yield f"/admin/briefs/brief/picture/{row.pk}-320.{kind}", type_


def test_whoever_has_a_role_sees_it_and_nobody_else(client: Client, team: factories.Team) -> None:
    row = uploaded(team)
    for address, type_ in files(row):
        client.logout()
        assert client.get(address).status_code == 302
        assert sign_in(client, team.outsider).get(address).status_code == 403
        for person in (team.writer, team.reviewer, team.publisher):
            answer = sign_in(client, person).get(address)
            assert (answer.status_code, answer["Content-Type"]) == (200, type_)
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "no-store" in answer["Cache-Control"]
    for name in (
        "x",
        "0" * 64,
        f"{row.pk}-640.jpg",
        f"{row.pk}-320.png",
        f"{'0' * 64}-320.jpg",
        "..%2F..%2Fsecret_key",
    ):
        assert client.get(f"/admin/briefs/brief/picture/{name}").status_code == 404


def test_a_reviewer_uploads_in_review_and_no_reader_of_the_desk_otherwise(
    client: Client, team: factories.Team
) -> None:
    brief = factories.draft(team)
    sign_in(client, team.reviewer)
    workflow.submit(brief, by=team.writer, version=brief.version)
    data = form_of(client, brief).data | {"picture_file": chosen()}
    assert client.post(url(brief, "picture"), data).status_code == 302
    assert content_of(brief).facts.picture
    assert sign_in(client, team.outsider).post(url(brief, "picture"), data).status_code == 403
    assert client.get(url(brief, "picture")).status_code == 403
    assert sign_in(client, team.writer).get(url(brief, "picture")).status_code == 405


def test_who_reads_or_approves_sees_picture_and_words(client: Client, team: factories.Team) -> None:
    brief = factories.signed(team, with_picture(uploaded(team)))
    sign_in(client, team.publisher)
    for page in ("approve", "change", "review"):
        body = client.get(url(brief, page)).content.decode()
        assert f"/admin/briefs/brief/picture/{content_of(brief).facts.picture.key}" in body, page  # type: ignore[union-attr]
        for word in ("港口", "A port", "Central News Agency", "CC BY 4.0"):
            assert word in body, (page, word)


def test_the_preview_shows_it_from_the_desk_s_own_place(mine: Client, team: factories.Team) -> None:
    brief = factories.draft(team, with_picture(uploaded(team)))
    for view in ("zh", "en"):
        body = mine.get(url(brief, "preview") + f"?view={view}").content.decode()
        (link,) = set(re.findall(r'<img src="([^"]+)"', body))
        assert link.startswith("/admin/briefs/brief/picture/")
        assert mine.get(link).status_code == 200
        assert "/media/" not in body
    assert "<figure" not in mine.get(url(brief, "preview") + "?view=parallel").content.decode()


def test_one_picture_asks_the_page_no_more_than_one_query(
    mine: Client, team: factories.Team, django_assert_max_num_queries: Any
) -> None:
    brief = factories.draft(team, with_picture(uploaded(team)))
    mine.get(url(brief))
    with django_assert_max_num_queries(25):
        mine.get(url(brief))
