"""Whoever runs the server lets in a person who has lost the second factor."""

import io

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from briefs.models import Outbox
from briefs.models.people import SignInEvent
from briefs.tests.admin.people.people_pages import add_factors, create_root, is_signed_in, open_session

pytestmark = pytest.mark.django_db


def test_command_removes_second_factors_of_last_superuser() -> None:
    root = create_root()
    browser = open_session(root)
    add_factors(root)
    out = io.StringIO()
    call_command("reset_second_factor", "root", stdout=out)
    assert out.getvalue() == "The second factors of root are removed and all sessions ended.\n"
    assert not Authenticator.objects.exists()
    assert not is_signed_in(browser)
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.ACCOUNT)
    assert (event.username, event.person, event.address) == ("root", None, "")
    assert [row.kind for row in Outbox.objects.all()] == ["account_changed"]
    call_command("reset_second_factor", "root", stdout=out)
    assert out.getvalue().endswith("root has no second factor.\n")


def test_command_refuses_unknown_user_name() -> None:
    with pytest.raises(CommandError, match="Nobody has the user name 'nobody'") as refused:
        call_command("reset_second_factor", "nobody")
    assert refused.value.returncode == 1
