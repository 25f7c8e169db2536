"""Fixtures of the pages about people."""

import pytest
from django.test import Client

from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

from .people_pages import create_root


@pytest.fixture
def root_client(client: Client, team: Team) -> Client:
    return sign_in(client, create_root())
