"""Test the cover picture in the brief form: upload, description, removal, permissions; without JavaScript and as JSON."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefs import images, workflow
from briefs.content import Content
from briefs.models import Brief, Picture, Revision
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, load_content
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, save_brief_form, sign_in
from briefs.tests.support.picture_samples import photo
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ADD_URL = "/admin/briefs/brief/add/picture/"


def upload_file(data: bytes | None = None, name: str = "port.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or photo(), "image/jpeg")


def page_after_redirect(client: Client, response: Any) -> str:
    return client.get(response["Location"].partition("#")[0]).text


def post_picture(client: Client, brief: Brief, file: SimpleUploadedFile | None = None, **changes: Any) -> Any:
    data = get_brief_form(client, brief).data_with(**changes)
    return client.post(brief_url(brief, "picture"), data | ({"picture_file": file} if file else {}))


def test_cover_is_uploaded_replaced_and_removed_with_the_form(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    response = post_picture(writer_client, brief, upload_file(), headline_en="Typed")
    assert (response.status_code, response["Location"]) == (302, f"{brief_url(brief)}#picture")
    content = load_content(brief)
    assert content.headline_en == "Typed"
    assert content.facts.picture.key == Picture.objects.get().pk  # type: ignore[union-attr]
    assert Revision.objects.count() == 2
    described = replace(content.facts.picture, credit="CNA", focus="5,95")  # type: ignore[type-var]
    facts = replace(content.facts, picture=described)
    factories.edit(brief, team.writer, facts=facts, picture_alt_zh="港口", picture_alt_en="A port")
    assert post_picture(writer_client, brief, upload_file(photo(seed=3))).status_code == 302
    content = load_content(brief)
    picture = content.facts.picture
    assert picture is not None
    assert (picture.key, picture.focus) == (images.hash_picture(photo(seed=3)), "")
    assert (picture.credit, content.picture_alt_en) == ("CNA", "A port")
    assert post_picture(writer_client, brief, picture_remove="1", headline_en="Again").status_code == 302
    content = load_content(brief)
    assert (content.facts.picture, content.picture_alt_zh, content.headline_en) == (None, "", "Again")
    assert Content.from_json(Revision.objects.get(number=3).content).picture_alt_zh == "港口"
    assert Picture.objects.count() == 2


def test_cover_description_is_saved_and_unchanged_form_saves_nothing(
    writer_client: Client, team: Team
) -> None:
    brief = factories.draft_brief(team, with_picture(upload_picture(team), focus="5,95"))
    before = load_content(brief)
    form = get_brief_form(writer_client, brief)
    assert writer_client.post(brief_url(brief), form.data).status_code == 302
    assert load_content(brief) == before
    assert Revision.objects.count() == 1
    changes = {
        "picture_alt_zh": "碼頭", "picture_alt_en": "A pier", "picture_credit": "AP", "picture_licence": "CC0",
        "picture_x": "7", "picture_y": "100",
    }  # fmt: skip
    assert writer_client.post(brief_url(brief), form.data_with(**changes)).status_code == 302
    after = load_content(brief)
    assert after.facts.picture == replace(before.facts.picture, credit="AP", licence="CC0", focus="7,100")  # type: ignore[type-var]
    assert (after.picture_alt_zh, after.picture_alt_en) == ("碼頭", "A pier")
    again = get_brief_form(writer_client, brief)
    assert {name: again.data[name] for name in changes} == {name: [value] for name, value in changes.items()}


def test_invalid_or_central_focus_point_is_clamped_or_dropped(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, with_picture(upload_picture(team)))
    for x, y, focus in (("7", "", ""), ("", "", ""), ("a", "9", ""), ("500", "9", "100,9"), ("50", "50", "")):
        assert save_brief_form(writer_client, brief, picture_x=x, picture_y=y).status_code == 302
        assert load_content(brief).facts.picture.focus == focus  # type: ignore[union-attr]


def test_refused_cover_is_reported_and_form_is_saved(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    for file, sentence in (
        (None, "Choose a picture."),
        (upload_file(b"<svg/>"), "This is no JPEG, PNG or WebP picture."),
        (upload_file(bytes(15_000_001)), "The picture is too large (15.1 MB). The limit is 15 MB."),
    ):
        response = post_picture(writer_client, brief, file, headline_en=sentence)
        assert response.status_code == 302
        assert sentence in page_after_redirect(writer_client, response)
        assert (load_content(brief).headline_en, load_content(brief).facts.picture) == (sentence, None)
    assert not Picture.objects.exists()


def test_cover_upload_on_new_brief_page_creates_the_brief(writer_client: Client, team: Team) -> None:
    form = Form(writer_client.get("/admin/briefs/brief/add/").text)
    response = writer_client.post(
        ADD_URL, form.data_with(headline_en="New") | {"picture_file": upload_file()}
    )
    assert response.status_code == 302
    brief = Brief.objects.get()
    assert brief.headline_en == "New"
    assert brief.picture == Picture.objects.get()
    refused = writer_client.post(
        ADD_URL, form.data_with(client_key="0" * 32) | {"picture_file": upload_file(b"GIF89a")}
    )
    assert refused.status_code == 302
    assert "This is no JPEG" in page_after_redirect(writer_client, refused)


def test_cover_upload_from_stale_page_merges_or_shows_conflict(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    address, form = brief_url(brief, "picture"), get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    assert writer_client.post(address, form.data | {"picture_file": upload_file()}).status_code == 302
    assert (load_content(brief).summary_en, bool(load_content(brief).facts.picture)) == ("Theirs.", True)
    form = get_brief_form(writer_client, brief)
    factories.edit(brief, team.other_writer, summary_en="Theirs again.")
    other = {"picture_file": upload_file(photo(seed=4))}
    response = writer_client.post(address, form.data_with(summary_en="Mine.") | other)
    assert response.status_code == 409
    page = Form(response.text)
    assert page.data["summary_en"] == ["Mine."]
    assert page.data["picture"] == [images.hash_picture(photo(seed=4))], (
        "the uploaded picture stays in the form"
    )


def test_forged_picture_key_is_refused_with_the_form(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    for key in ("a/b", "x" * 64):
        response = save_brief_form(writer_client, brief, picture=key, headline_en="Typed")
        assert response.status_code == 409
        assert Form(response.text).data["headline_en"] == ["Typed"]
    assert load_content(brief).facts.picture is None


def test_concurrent_cover_changes_are_one_conflict(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, with_picture(upload_picture(team)))
    form = get_brief_form(writer_client, brief)
    theirs = with_picture(upload_picture(team, seed=1), load_content(brief))
    factories.edit(brief, team.other_writer, facts=theirs.facts)
    response = writer_client.post(brief_url(brief), form.data_with(picture_credit="AP"))
    assert response.status_code == 409
    assert response.text.count('name="take-picture"') == 2
    page = Form(response.text)
    response_to_choice = writer_client.post(brief_url(brief), page.data_with(take__picture="theirs"))
    assert response_to_choice.status_code == 302
    assert (
        load_content(brief).facts.picture
        == workflow.rules.working_copy.tidy_content(theirs, next_number=9)[0].facts.picture
    )


def test_cover_upload_to_closed_brief_is_refused_and_keeps_form(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    data = get_brief_form(writer_client, brief).data_with(headline_en="Typed")
    workflow.discard(brief, by=team.writer, version=brief.version)
    response = writer_client.post(brief_url(brief, "picture"), data | {"picture_file": upload_file()})
    assert response.status_code == 409
    assert Form(response.text).data["headline_en"] == ["Typed"]
    assert not Picture.objects.exists()


# JSON responses for the page's JavaScript


def test_json_cover_upload_returns_key_and_changes_no_brief(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    headers = {"accept": "application/json"}
    for address in (brief_url(brief, "picture"), ADD_URL):
        answer = writer_client.post(address, {"picture_file": upload_file()}, headers=headers)
        key = Picture.objects.get().pk
        assert answer.json() == {"picture": key, "url": f"/admin/briefs/brief/picture/{key}"}
        refused = writer_client.post(address, {"picture_file": upload_file(b"GIF89a")}, headers=headers)
        (reason,) = refused.json()["reasons"]
        assert (refused.status_code, reason["about"]) == (409, "picture")
        assert reason["text"].startswith("This is no JPEG")
    assert load_content(brief).facts.picture is None
    assert Brief.objects.get().version == brief.version


def test_autosave_stores_cover_and_other_pages_receive_it(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    address = brief_url(brief, "autosave")
    form = get_brief_form(writer_client, brief)
    cover = {"picture": upload_picture(team).pk, "picture_credit": "AP", "picture_alt_en": "A port"}
    data = form.data_with(**cover)
    assert writer_client.post(address, data).json()["changed"] is True
    other = form.data_with(headline_en="Typed", page="f" * 32)
    fields = writer_client.post(address, other).json()["content"]["fields"]
    assert fields == fields | cover
    assert load_content(brief).picture_alt_en == "A port"
    factories.edit(brief, team.other_writer, summary_en="Theirs.")
    again = writer_client.post(address, data | {"picture_credit": ["AP "]}).json()
    assert again["content"]["fields"]["picture_credit"] == "AP ", "own text stays as typed"


# Access to picture files


def test_cover_file_is_served_only_to_people_with_a_role(client: Client, team: Team) -> None:
    base, key = "/admin/briefs/brief/picture/", upload_picture(team).pk
    for name, type_ in ((key, "jpeg"), (f"{key}-320.jpg", "jpeg"), (f"{key}-320.webp", "webp")):
        assert Client().get(base + name).status_code == 302
        assert sign_in(client, team.outsider).get(base + name).status_code == 403
        answer = sign_in(client, team.reviewer).get(base + name)
        assert (answer.status_code, answer["Content-Type"]) == (200, f"image/{type_}")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    none = "0" * 64
    for name in ("x", none, f"{key}-640.jpg", f"{key}-320.png", f"{none}-320.jpg", "..%2F..%2Fsecret_key"):
        assert client.get(base + name).status_code == 404


def test_approve_change_and_review_pages_show_cover_and_description(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team, with_picture(upload_picture(team)))
    sign_in(client, team.publisher)
    for page in ("approve", "change", "review"):
        body = client.get(brief_url(brief, page), follow=True).text
        assert f"/admin/briefs/brief/picture/{load_content(brief).facts.picture.key}" in body, page  # type: ignore[union-attr]
        for word in ("港口", "A port", "Central News Agency", "CC BY 4.0"):
            assert word in body, (page, word)


def test_preview_serves_cover_from_the_admin_address(writer_client: Client, team: Team) -> None:
    brief = factories.draft_brief(team, with_picture(upload_picture(team)))
    for view in ("zh", "en"):
        body = writer_client.get(brief_url(brief, "preview") + f"?view={view}").text
        (link,) = set(re.findall(r'<img src="([^"]+)"', body))
        assert link.startswith("/admin/briefs/brief/picture/")
        assert writer_client.get(link).status_code == 200
        assert "/media/" not in body
    assert "<figure" not in writer_client.get(brief_url(brief, "preview") + "?view=parallel").text
