"""Fixtures of the desk's tests."""

import pytest
from django.test import Client

from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in


@pytest.fixture
def writer_client(client: Client, team: factories.Team) -> Client:
    return sign_in(client, team.writer)
