"""Forged fields have no effect, rows of another brief are refused, and no list reveals hidden columns."""

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
from briefs.tests.support import factories
from briefs.tests.support.permission_fixtures import PermissionScenario, valid_post_data
from briefs.tests.support.permission_matrix import MatrixRow, matrix_rows
from briefs.tests.support.permission_requests import PermissionRequest, build_request
from briefs.tests.support.query_recorder import database_checksum
from briefs.workflow.review_comments import TextAnchor

from .test_permission_matrix import send_request

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

ROWS = {row.name.removeprefix("admin/"): row for row in matrix_rows()}
RANDOM_ROUTES = ("import/", "share/", "upload/", "password_change/", "login/", "logout/", "account/")
"""Routes that store random values, such as tokens and salts, or keep in the session what was sent."""
UPLOADS = {"briefs/brief/<int:pk>/word/"}
"""Routes that store an upload under a random key. The routes that confirm it are tried."""
PEOPLE = (
    *("approved_by", "edited_by", "by", "actor", "user", "person", "owner", "updated_by"),
    *("author", "resolved_by", "answered_by", "handled_by", "revoked_by", "withdrawn_by", "removed_by"),
)


def forged_fields(scenario: PermissionScenario) -> dict[str, Any]:
    """Return every field that a person might want to set, to be added to a valid form."""
    publisher_pk, brief = scenario.team.publisher.pk, scenario.briefs["draft"]
    rows_of_a_formset = {
        f"{prefix}-{name}": value
        for prefix in ("form", "bullet_set", "bullets", "notes", "signoffs", "editions")
        for name, value in {
            "TOTAL_FORMS": 9, "INITIAL_FORMS": 1, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 999,
            "0-id": brief.bullets.all()[0].pk, "0-brief": brief.pk, "0-state": "approved", "0-text_zh": "偽",
            "1-id": "", "1-brief": brief.pk, "1-text_zh": "偽", "1-DELETE": "on", "0-yes": "on",
        }.items()
    }  # fmt: skip
    return dict.fromkeys(PEOPLE, publisher_pk) | rows_of_a_formset | {
        "state": "approved", "from_state": "draft", "to_state": "approved", "verb": "approve", "slug": "forged",
        "four_eyes": "", "yes": "1", "superuser": "1", "changed_zh": "", "changed_en": "",
        "hash_zh": "0" * 64, "hash_en": "0" * 64, "live_from": "2001-01-01T00:00", "live_until": "",
        "published_at": "2001-01-01", "approved_at": "2001-01-01", "resolved_at": "2001-01-01", "sent_at": "x",
        "next_number": 99, "number": 99, "edition": 1, "brief": brief.pk, "brief_id": brief.pk, "pk": 1, "id": 1,
        "revision": 1, "merged_into": 1, "claimed_key": "x", "begun_as": "0" * 32, "article_date_confirmed": "on",
        "_saveasnew": "1", "_popup": "1", "_method": "DELETE", "select_across": "1",
        "index": "0", "now": "2001-01-01T00:00", "at_time": "2001-01-01", "is_active": "", "groups": [1, 2, 3],
        "user_permissions": [1, 2], "is_staff": "on", "due_at": "2001-01-01", "attempts": 0,
    }  # fmt: skip


def least_privileged_person(row: MatrixRow) -> str:
    """Return the person with the fewest rights who may send this request. The superuser comes last."""
    return next(who for who in "vrweps" if who in row.may_post)


def database_after(scenario: PermissionScenario, press: PermissionRequest, who: str) -> str:
    with transaction.atomic():
        press.prepare()
        send_request(scenario.clients[who], press, "POST")
        after = database_checksum()
        transaction.set_rollback(True)
    return after


CHANGING_ROWS = [
    name
    for name, row in ROWS.items()
    if row.changes_rows
    and row.may_post not in ("", "s")
    and name not in UPLOADS
    and not any(part in name for part in RANDOM_ROUTES)
]


@pytest.mark.heavy
def test_forged_fields_have_no_effect(scenario: PermissionScenario) -> None:
    """Every request that changes rows leaves the same database with the forged fields as without."""
    failures, forged_data = [], forged_fields(scenario)
    with time_machine.travel(timezone.now(), tick=False):
        for name in CHANGING_ROWS:
            press, who = build_request(scenario, ROWS[name]), least_privileged_person(ROWS[name])
            forged_press = replace(press, data=forged_data | press.data, query=press.query)
            if database_after(scenario, press, who) != database_after(scenario, forged_press, who):
                failures.append((name, who))
    assert not failures, "\n".join(map(str, failures))
    assert len(CHANGING_ROWS) > 60


@pytest.mark.parametrize("who", ["w", *(pytest.param(who, marks=pytest.mark.heavy) for who in "rps")])
def test_row_of_another_brief_is_refused(scenario: PermissionScenario, who: str) -> None:
    """Nobody reaches rows of one brief through another."""
    before, failures = database_checksum(), []
    for name, press in _foreign_requests(scenario):
        with transaction.atomic():
            response = send_request(scenario.clients[who], press, "POST" if press.data else "GET")
            if response.status_code not in (403, 404, 409) or database_checksum() != before:
                failures.append((name, response.status_code))
            transaction.set_rollback(True)
    assert not failures, "\n".join(map(str, failures))


def _foreign_requests(scenario: PermissionScenario) -> Iterator[tuple[str, PermissionRequest]]:
    """Yield requests that name rows of the brief in review at the address of another brief."""
    brief = scenario.briefs["submitted"]
    base_url = f"/admin/briefs/brief/{brief.pk}/"
    data = valid_post_data(brief)
    for act, pk in (
        *(
            ("accept", scenario.suggestion.pk),
            ("decline", scenario.suggestion.pk),
            ("reply", scenario.note.pk),
        ),
        *(("resolve", scenario.note.pk), ("reopen", scenario.resolved_note.pk)),
    ):
        reply = {f"reply-{pk}": "好"}
        yield f"review {act}", PermissionRequest(f"{base_url}review/", {"do": f"{act}:{pk}", **reply})
    for target in ("b77", "b0", "b99999999999", "nowhere", ""):
        for act in ("note", "suggest"):
            reply = {f"{act}-{target}-en": "看", f"seen-{target}-en": hash_json("")}
            yield (
                f"review {act} {target}",
                PermissionRequest(f"{base_url}review/", {"do": f"{act}:{target}:en", **reply}),
            )
    yield "side", PermissionRequest(f"{base_url}review/", {"do": "suggest:b1:fr"})
    yield "resolve", PermissionRequest(f"{base_url}resolve/", data | {"note": scenario.note.pk})
    yield "note", PermissionRequest(f"{base_url}note/", data | {"note_bullet": "77"})
    yield "note_letter", PermissionRequest(f"{base_url}note_letter/", data | {"letter": scenario.letter.pk})
    yield "handle", PermissionRequest(f"{base_url}handle/", data | {"letter": scenario.letter.pk})
    yield "unshare", PermissionRequest(f"{base_url}unshare/", {"link": scenario.link.pk})
    yield "dismiss", PermissionRequest(f"{base_url}dismiss/", {"undo": scenario.dismissal.pk})
    yield "restore", PermissionRequest(f"{base_url}restore/", data | {"restore": "77"})
    yield "file", PermissionRequest(f"{base_url}file/{scenario.document}/")


def test_forged_bullet_key_cannot_claim_a_number(scenario: PermissionScenario) -> None:
    """Bullet numbers come only from the brief's own counter."""
    press = build_request(scenario, ROWS["briefs/brief/<int:pk>/change/"])
    brief = scenario.brief_in_review
    for key in ("b77", "b999999999", "b0", f"b{Brief.objects.get(pk=brief.pk).next_number}"):
        forged_rows = {
            "bullet": [*press.data["bullet"], key],
            f"text_zh-{key}": "偽",
            f"text_en-{key}": "Forged",
        }
        for path in ("change/", "autosave/"):
            with transaction.atomic():
                before = Brief.objects.get(pk=brief.pk)
                forged_press = replace(
                    press, path=press.path.replace("change/", path), data=press.data | forged_rows
                )
                send_request(scenario.clients["w"], forged_press, "POST")
                after = Brief.objects.get(pk=brief.pk)
                numbers = set(after.bullets.values_list("number", flat=True))
                assert max(numbers) < after.next_number <= before.next_number + 1, (key, path)
                transaction.set_rollback(True)


# Hidden columns

PER_RESPONSE_VALUES = r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"'
"""Values that differ from response to response."""


def lookup_guesses() -> Iterator[tuple[str, str, str]]:
    """Yield a list's address and two queries. Only the first would match if the lookup were possible."""
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
def test_list_lookup_on_hidden_column_reveals_nothing(scenario: PermissionScenario) -> None:
    """A right and a wrong guess get the same response."""
    leaks = []
    for screen, right, wrong in lookup_guesses():
        for who in "rp":
            answers = [
                (
                    response.status_code,
                    re.sub(rf"{re.escape(query[1:])}|{PER_RESPONSE_VALUES}", "", response.text),
                )
                for query in (right, wrong)
                for response in [scenario.clients[who].get(screen + query)]
            ]
            if answers[0] != answers[1]:
                leaks.append((screen, right, who))
    assert not leaks, "\n".join(map(str, leaks))


def test_autocomplete_of_every_fifth_relation_follows_list_rights(scenario: PermissionScenario) -> None:
    check_autocomplete_rights(scenario, step=5)


@pytest.mark.heavy
def test_autocomplete_of_every_relation_follows_list_rights(scenario: PermissionScenario) -> None:
    """Autocomplete answers only people who may open the list of the related model."""
    check_autocomplete_rights(scenario)


def check_autocomplete_rights(scenario: PermissionScenario, *, step: int = 1) -> None:
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
            is_answered = response.status_code == 200
            screen = admin.site._registry.get(field.related_model)  # type: ignore[arg-type]
            list_row = ROWS.get(f"briefs/{field.related_model._meta.model_name}/")
            assert not is_answered or (screen and list_row and who in list_row.may_get), (query, who)
    assert "password" not in scenario.clients["r"].get("/admin/jsi18n/").text


# Four eyes after indirect edits


def test_publisher_with_indirect_edit_cannot_approve_own_text(scenario: PermissionScenario) -> None:
    """An accepted suggestion and a forged repair count as edits by the person who posted them."""
    team = scenario.team
    with transaction.atomic():
        brief = factories.signed_brief(team)
        client = scenario.clients["p"]
        brief_url = f"/admin/briefs/brief/{brief.pk}/"
        content = factories.load_content(brief)
        suggestion = workflow.review_comments.suggest(
            brief,
            TextAnchor("summary"),
            "en",
            "By two.",
            by=team.reviewer,
            seen=hash_json(content.summary_en),
        )
        client.post(f"{brief_url}review/", {"do": f"accept:{suggestion.pk}"})
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert (newest.by, newest.changed_en, newest.kind) == (scenario.people["p"], True, "save")
        typed = valid_post_data(brief) | {"draft": "1", "base": newest.number}
        client.post(f"{brief_url}autosave/", typed | {"summary_en": "By me alone.", "headline_en": "Mine"})
        newest = Revision.objects.filter(brief=brief).latest("number")
        assert (newest.kind, newest.changed_en) == ("save", True)
        factories.sign_off(brief, team.reviewer, "en")
        response = client.post(f"{brief_url}approve/", valid_post_data(brief))
        assert response.status_code == 409
        transaction.set_rollback(True)
