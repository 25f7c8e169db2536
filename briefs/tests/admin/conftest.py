"""Fixtures of the desk's tests."""

import pytest
from django.test import Client

from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in


@pytest.fixture
def writer_client(client: Client, team: Team) -> Client:
    return sign_in(client, team.writer)
