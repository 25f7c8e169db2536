"""Restore the archive of an earlier version with today's code, and go on working."""

import json
from functools import partial
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import Client

from briefs.admin.common.task_list import TaskList
from briefs.models import Brief, Note, Person, State, Subscriber, Suggestion
from briefs.operations import health
from briefs.operations.accounts import second_factor
from briefs.operations.backup import restoration
from briefs.tests.support import factories, upgrade_site
from briefs.tests.support.filled_rows import open_database

from .conftest import MakeSite

ARCHIVE = Path(django_settings.BASE_DIR, "briefs/tests/upgrades/1.0.zip")

pytestmark = [pytest.mark.heavy, pytest.mark.django_db(transaction=True)]


def list_tasks(username: str) -> set[tuple[int, str]]:
    tasks = TaskList(Person.objects.get(username=username), upgrade_site.MADE_AT)
    return {
        (pk, turn.find_main_act()) for pk, turn in tasks.turns.items() if turn.is_mine(turn.find_main_act())
    }


def check_site() -> None:
    call_command("rebuild_derived", "--check")
    with time_machine.travel(upgrade_site.MADE_AT, tick=False):
        assert not {part: fault for part, fault in health.check_now().faults.items() if fault}
        assert upgrade_site.read_pages() == json.loads(ARCHIVE.with_suffix(".json").read_text())
        assert [Client().get(path).status_code for path in upgrade_site.SCHEDULED] == [404, 404]
        assert second_factor.decrypt(Authenticator.objects.get().data["secret"]) == "a secret"
        assert (Subscriber.objects.count(), Note.objects.count(), Suggestion.objects.count()) == (3, 1, 1)
        brief = Brief.objects.get(state=State.IN_REVIEW)
        reviewer = Person.objects.get(username="reviewer-en")
        assert (brief.pk, "sign_off_en") in list_tasks("reviewer-en")
        factories.sign_off(brief, reviewer, "en")
        assert (brief.pk, "sign_off_en") not in list_tasks("reviewer-en")
    with time_machine.travel(upgrade_site.DUE_AT, tick=False):
        call_command("publish_due")
        assert [Client().get(path).status_code for path in upgrade_site.SCHEDULED] == [200, 200]


def test_site_of_version_1_0_goes_on_with_this_version(make_site: MakeSite, tmp_path: Path, settings) -> None:
    site = make_site(connection.vendor)
    settings.SECRET_KEY = upgrade_site.KEY
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(site.media)},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}

    def restore_and_check() -> None:
        restoration.fill(ARCHIVE, site.media)
        check_site()

    restoration.run_on_database(partial(open_database, site.url, DEFAULT_DB_ALIAS), restore_and_check)
