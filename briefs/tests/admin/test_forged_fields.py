"""Forged fields decide nothing, rows of others are nobody's, and no address of the desk is an oracle."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import models, transaction
from django.utils import timezone

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Brief, Person, Revision
from briefs.workflow.review_comments import TextAnchor

from ..support import factories
from ..support.permission_fixtures import PermissionScenario
from ..support.permission_matrix import MatrixRow, matrix_rows
from ..support.permission_requests import PermissionRequest, valid_post_data, build_request
from ..support.query_recorder import database_checksum
from .test_permission_matrix import asked

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROWS = {row.name.removeprefix("admin/"): row for row in matrix_rows()}
RANDOM = ("import/", "share/", "upload/", "password_change/", "login/", "logout/")
"""What they store is random by its nature: names of uploads, tokens, salts."""
PEOPLE = (
    *("approved_by", "edited_by", "confirmed_by", "by", "actor", "user", "person", "owner", "updated_by"),
    *("author", "resolved_by", "answered_by", "handled_by", "revoked_by", "withdrawn_by", "removed_by"),
)


def forged(scenario: PermissionScenario) -> dict[str, Any]:
    """All that a person might wish to decide, beside a form that is right."""
    other, brief = scenario.team.publisher.pk, scenario.briefs["draft"]
    rows_of_a_formset = {
        f"{prefix}-{name}": value
        for prefix in ("form", "bullet_set", "bullets", "notes", "signoffs", "editions")
        for name, value in {
            "TOTAL_FORMS": 9, "INITIAL_FORMS": 1, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 999,
            "0-id": brief.bullets.all()[0].pk, "0-brief": brief.pk, "0-state": "approved", "0-text_zh": "偽",
            "1-id": "", "1-brief": brief.pk, "1-text_zh": "偽", "1-DELETE": "on", "0-yes": "on",
        }.items()
    }  # fmt: skip
    return dict.fromkeys(PEOPLE, other) | rows_of_a_formset | {
        "state": "approved", "from_state": "draft", "to_state": "approved", "verb": "approve", "slug": "forged",
        "four_eyes": "", "urgent": "on", "yes": "1", "superuser": "1", "changed_zh": "", "changed_en": "",
        "hash_zh": "0" * 64, "hash_en": "0" * 64, "live_from": "2001-01-01T00:00", "live_until": "",
        "published_at": "2001-01-01", "approved_at": "2001-01-01", "resolved_at": "2001-01-01", "sent_at": "x",
        "next_number": 99, "number": 99, "edition": 1, "brief": brief.pk, "brief_id": brief.pk, "pk": 1, "id": 1,
        "revision": 1, "merged_into": 1, "claimed_key": "x", "begun_as": "0" * 32, "article_date_confirmed": "on",
        "_saveasnew": "1", "_popup": "1", "_method": "DELETE", "select_across": "1",
        "index": "0", "now": "2001-01-01T00:00", "at_time": "2001-01-01", "is_active": "", "groups": [1, 2, 3],
        "user_permissions": [1, 2], "is_staff": "on", "due_at": "2001-01-01", "attempts": 0,
    }  # fmt: skip


def pressed_by(row: MatrixRow) -> str:
    """Whoever may press and is no superuser, if there is one: of those who may, the least."""
    return next(who for who in "vrwps" if who in row.may_post)


def effect(scenario: PermissionScenario, press: PermissionRequest, who: str) -> str:
    with transaction.atomic():
        press.prepare()
        asked(scenario.clients[who], press, "POST")
        after = database_checksum()
        transaction.set_rollback(True)
    return after


PRESSED = [
    name
    for name, row in ROWS.items()
    if row.changes_rows and row.may_post not in ("", "s") and not any(part in name for part in RANDOM)
]


@pytest.mark.heavy
def test_a_forged_field_decides_nothing(scenario: PermissionScenario) -> None:
    """Every press that moves a row moves the same rows to the same values with all of it as without."""
    wrong, claims = [], forged(scenario)
    with time_machine.travel(timezone.now(), tick=False):
        for name in PRESSED:
            press, who = build_request(scenario, ROWS[name]), pressed_by(ROWS[name])
            lying = replace(press, data=claims | press.data, query=press.query)
            if effect(scenario, press, who) != effect(scenario, lying, who):
                wrong.append((name, who))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(PRESSED) > 60


@pytest.mark.heavy
def test_rows_of_others_are_not_there(scenario: PermissionScenario) -> None:
    """What hangs on one brief is no part of another, whoever asks."""
    before, wrong = database_checksum(), []
    for name, press in _foreign(scenario):
        for who in ("w", "r", "p", "s"):
            with transaction.atomic():
                response = asked(scenario.clients[who], press, "POST" if press.data else "GET")
                if response.status_code not in (403, 404, 409) or database_checksum() != before:
                    wrong.append((name, who, response.status_code))
                transaction.set_rollback(True)
    assert not wrong, "\n".join(map(str, wrong))


def _foreign(scenario: PermissionScenario) -> Iterator[tuple[str, PermissionRequest]]:
    """Rows of the brief in review, asked of another brief in review."""
    other = scenario.briefs["submitted"]
    here = f"/admin/briefs/brief/{other.pk}/"
    plain = valid_post_data(other, "note")
    for act, pk in (
        *(("accept", scenario.suggestion.pk), ("decline", scenario.suggestion.pk), ("reply", scenario.note.pk)),
        *(("resolve", scenario.note.pk), ("reopen", scenario.resolved_note.pk)),
    ):
        said = {f"reply-{pk}": "好"}
        yield f"review {act}", PermissionRequest(f"{here}review/", {"do": f"{act}:{pk}", **said})
    for target in ("b77", "b0", "b99999999999", "nowhere", ""):
        for act in ("note", "suggest", "fine"):
            said = {f"{act}-{target}-en": "看", f"seen-{target}-en": hash_json("")}
            yield f"review {act} {target}", PermissionRequest(f"{here}review/", {"do": f"{act}:{target}:en", **said})
    yield "side", PermissionRequest(f"{here}review/", {"do": "fine:b1:fr"})
    yield "resolve", PermissionRequest(f"{here}resolve/", plain | {"note": scenario.note.pk})
    yield "note", PermissionRequest(f"{here}note/", plain | {"note_bullet": "77"})
    yield "note_letter", PermissionRequest(f"{here}note_letter/", plain | {"letter": scenario.letter.pk})
    yield "handle", PermissionRequest(f"{here}handle/", plain | {"letter": scenario.letter.pk})
    yield "unshare", PermissionRequest(f"{here}unshare/", {"link": scenario.link.pk})
    yield "dismiss", PermissionRequest(f"{here}dismiss/", {"undo": scenario.dismissal.pk})
    yield "restore", PermissionRequest(f"{here}restore/", plain | {"restore": "77"})
    yield "file", PermissionRequest(f"{here}file/{scenario.document}/")
    for kind in ("author", "source", "keyword"):
        yield f"{kind} import", PermissionRequest(scenario.sheets["term"].replace("/term/", f"/{kind}/"))
        yield f"{kind} upload", PermissionRequest(scenario.upload.replace("/brief/upload/", f"/{kind}/import/"))
    yield "upload of a sheet", PermissionRequest(scenario.sheets["term"].replace("/term/import/", "/brief/upload/"))


def test_a_bullet_that_never_was_gets_no_number_by_claiming_one(scenario: PermissionScenario) -> None:
    """A number is given once, from the brief's own counter; no page can take one."""
    press = build_request(scenario, ROWS["briefs/brief/<int:pk>/change/"])
    brief = scenario.brief_in_review
    for key in ("b77", "b999999999", "b0", f"b{Brief.objects.get(pk=brief.pk).next_number}"):
        rows_ = {"bullet": [*press.data["bullet"], key], f"text_zh-{key}": "偽", f"text_en-{key}": "Forged"}
        for path in ("change/", "autosave/"):
            with transaction.atomic():
                row = Brief.objects.get(pk=brief.pk)
                lying = replace(press, path=press.path.replace("change/", path), data=press.data | rows_)
                asked(scenario.clients["w"], lying, "POST")
                after = Brief.objects.get(pk=brief.pk)
                numbers = set(after.bullets.values_list("number", flat=True))
                assert max(numbers) < after.next_number <= row.next_number + 1, (key, path)
                transaction.set_rollback(True)


# Oracles

RENEWED = r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"'
"""What differs from answer to answer."""


def guesses() -> Iterator[tuple[str, str, str]]:
    """Screen, and two addresses of which one would be true if the address could ask."""
    for model in admin.site._registry:
        screen = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        paths = ["password"] if model is Person else []
        for field in model._meta.get_fields():
            if field.is_relation and field.related_model is Person:
                paths.append(f"{field.name}__password")
            if isinstance(field, models.ForeignKey) and field.related_model is Brief:
                paths.append(f"{field.name}__updated_by__password")
        paths += ["updated_by__password", "by__password", "logentry__user__password", "brief__notes__text"]
        for path in paths:
            for lookup in ("startswith", "regex"):
                yield screen, f"?{path}__{lookup}=md5", f"?{path}__{lookup}=zzz"


@pytest.mark.heavy
def test_no_list_answers_about_columns_that_it_does_not_show(scenario: PermissionScenario) -> None:
    """A right guess and a wrong one get one answer."""
    found = []
    for screen, right, wrong in guesses():
        for who in "rp":
            answers = [
                (response.status_code, re.sub(rf"{re.escape(query[1:])}|{RENEWED}", "", response.text))
                for query in (right, wrong)
                for response in [scenario.clients[who].get(screen + query)]
            ]
            if answers[0] != answers[1]:
                found.append((screen, right, who))
    assert not found, "\n".join(map(str, found))


def test_autocomplete_of_some_relations_shows_only_what_its_list_would(scenario: PermissionScenario) -> None:
    autocomplete_shows_only_what_its_list_would(scenario, step=5)


@pytest.mark.heavy
def test_autocomplete_shows_only_what_its_list_would(scenario: PermissionScenario) -> None:
    """Of every relation of every model: rows of what the person may see, and never a person's."""
    autocomplete_shows_only_what_its_list_would(scenario)


def autocomplete_shows_only_what_its_list_would(scenario: PermissionScenario, *, step: int = 1) -> None:
    from django.apps import apps

    relations = [
        (model, field)
        for model in apps.get_app_config("briefs").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    ]
    for model, field in relations[::step]:
        query = f"?term=&app_label=briefs&model_name={model._meta.model_name}&field_name={field.name}"
        for who in "nr":
            response = scenario.clients[who].get(f"/admin/autocomplete/{query}")
            shown = response.status_code == 200
            screen = admin.site._registry.get(field.related_model)  # type: ignore[arg-type]
            seen = ROWS.get(f"briefs/{field.related_model._meta.model_name}/")
            assert not shown or (screen and seen and who in seen.may_get), (query, who)
    assert "password" not in scenario.clients["r"].get("/admin/jsi18n/").text


# Four eyes by side doors


def test_words_of_ones_own_are_not_signed_by_any_side_door(scenario: PermissionScenario) -> None:
    """An accepted suggestion, a restored revision, a forged repair: each is the change of whoever did it."""
    team = scenario.team
    with transaction.atomic():
        brief = factories.signed_brief(team)
        client = scenario.clients["p"]
        page = f"/admin/briefs/brief/{brief.pk}/"
        content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
        wording = workflow.suggest(
            brief,
            TextAnchor("summary"),
            "en",
            "By two.",
            by=team.reviewer,
            seen=hash_json(content.summary_en),
        )
        client.post(f"{page}review/", {"do": f"accept:{wording.pk}"})
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert (newest.by, newest.changed_en, newest.kind) == (scenario.people["p"], True, "save")
        typed = valid_post_data(brief, "edit") | {"repair": "all:spaces.double", "draft": "1", "base": newest.number}
        client.post(f"{page}autosave/", typed | {"summary_en": "By me alone.", "headline_en": "Mine"})
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert (newest.kind, newest.changed_en) == ("save", True)
        factories.sign_off(brief, team.reviewer, "en")
        response = client.post(f"{page}approve/", valid_post_data(brief, "approve"))
        assert response.status_code == 409
        transaction.set_rollback(True)
