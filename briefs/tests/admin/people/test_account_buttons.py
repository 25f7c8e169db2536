"""What an administrator does to somebody's sign-in, on the person's page and in the list of people."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from briefs.models import Outbox, Person
from briefs.models.people import SignInEvent
from briefs.operations.accounts.account_actions import SignInSetup
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

from .people_pages import (
    add_factors,
    change_url,
    create_clerk,
    create_root,
    is_signed_in,
    open_form,
    open_session,
    person_url,
    without,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LIST = "/admin/briefs/person/"


def press(client: Client, person: Person, page: str) -> str:
    return client.post(person_url(person, page), follow=True).text


def last_change() -> SignInEvent:
    event = SignInEvent.objects.filter(kind=SignInEvent.Kind.ACCOUNT).first()
    assert event is not None
    return event


def test_page_shows_factors_and_sessions(root_client: Client, team: Team) -> None:
    open_session(team.writer)
    add_factors(team.writer)
    page = " ".join(root_client.get(change_url(team.writer)).text.split())
    for shown in ("Authenticator app", "1 passkey", "8 recovery codes left", "<dd>1</dd>"):
        assert shown in page


def test_session_is_counted_until_the_moment_it_expires(team: Team) -> None:
    end = open_session(team.writer).session.get_expiry_date()
    Session.objects.update(expire_date=end)
    moments = (end - dt.timedelta(seconds=1), end)
    assert [SignInSetup.load(team.writer, now=now).sessions for now in moments] == [1, 0]


def test_person_gets_a_link_to_a_new_password_or_the_invitation_again(
    root_client: Client, team: Team
) -> None:
    page = press(root_client, team.writer, "invite")
    assert "A link to a new password goes to writer@example.org; it works for 3 days." in page
    team.writer.set_unusable_password()
    team.writer.save()
    assert "Send the invitation again" in root_client.get(change_url(team.writer)).text
    page = press(root_client, team.writer, "invite")
    assert "An invitation goes to writer@example.org; the link works for 3 days." in page
    assert list(Outbox.objects.order_by("pk").values_list("to", "kind")) == [
        (team.writer.pk, "password_reset"),
        (team.writer.pk, "invitation"),
    ]
    assert (last_change().username, last_change().person.username) == ("writer", "root")


def test_link_that_would_not_help_is_refused(root_client: Client, team: Team) -> None:
    inactive = "The account of writer is not active, so no link is sent."
    for values, sentence in (
        ({"email": ""}, "Writer has no e-mail address. Enter one first."),
        ({"email": "a@example.org", "is_active": False}, inactive),
        ({"is_active": True, "is_staff": False}, inactive),
    ):
        Person.objects.filter(pk=team.writer.pk).update(**values)
        assert sentence in press(root_client, team.writer, "invite")
    assert not Outbox.objects.exists()


def test_sign_out_everywhere_asks_then_ends_sessions(root_client: Client, team: Team) -> None:
    browsers = [open_session(team.writer) for _ in range(2)]
    other = open_session(team.reviewer)
    assert root_client.get(person_url(team.writer, "sign-out")).status_code == 200
    assert all(map(is_signed_in, browsers)), "the question alone ends nothing"
    assert "Writer is signed out: 2 sessions ended." in press(root_client, team.writer, "sign-out")
    assert not any(map(is_signed_in, browsers))
    assert is_signed_in(other)
    assert (last_change().username, last_change().detail) == ("writer", "ended 2 sessions")


def test_superuser_removes_second_factors_of_lost_device(root_client: Client, team: Team) -> None:
    browser = open_session(team.writer)
    assert "Writer has no second factor." in press(root_client, team.writer, "second-factors")
    assert not SignInEvent.objects.filter(kind=SignInEvent.Kind.ACCOUNT).exists()
    for person in (team.writer, team.reviewer):
        add_factors(person)
    assert root_client.get(person_url(team.writer, "second-factors")).status_code == 200
    assert Authenticator.objects.filter(user=team.writer).count() == 3
    assert is_signed_in(browser)
    assert "are removed" in press(root_client, team.writer, "second-factors")
    assert not Authenticator.objects.filter(user=team.writer).exists()
    assert Authenticator.objects.filter(user=team.reviewer).count() == 3
    assert not is_signed_in(browser)
    notice = Outbox.objects.get()
    assert (notice.to, notice.values) == (team.writer, {"change": "second_factor_reset"})
    assert last_change().detail == "removed the second factors, ended 1 sessions"


def test_clerk_signs_out_but_removes_no_second_factor(client: Client, team: Team) -> None:
    add_factors(team.writer)
    sign_in(client, create_clerk())
    page = client.get(change_url(team.writer)).text
    assert person_url(team.writer, "sign-out") in page
    assert "second-factors" not in page
    assert "second_factor" not in client.get(LIST).text
    assert client.post(person_url(team.writer, "second-factors")).status_code == 403
    root = create_root()
    for name in ("invite", "sign-out", "second-factors"):
        for person in (root, team.publisher):
            assert client.post(person_url(person, name)).status_code == 403, "they have more rights"
    assert client.post("/admin/briefs/person/999999/invite/").status_code == 404
    assert Authenticator.objects.filter(user=team.writer).exists()


def test_own_page_leads_to_own_sign_in(root_client: Client) -> None:
    root = Person.objects.get(username="root")
    page = root_client.get(change_url(root)).text
    assert "/admin/account/" in page
    assert not [
        name for name in ("invite", "sign-out", "second-factors", "leave") if person_url(root, name) in page
    ]
    for name in ("sign-out", "second-factors"):
        assert root_client.post(person_url(root, name))["Location"] == "/admin/account/"


@pytest.mark.parametrize("name", ["is_active", "is_staff"])
def test_unticking_access_ends_sessions_but_a_new_name_does_not(
    root_client: Client, team: Team, name: str
) -> None:
    browser = open_session(team.writer)
    address = change_url(team.writer)
    root_client.post(address, open_form(root_client, address).data_with(name="Renamed"))
    assert is_signed_in(browser)
    key = browser.session.session_key
    root_client.post(address, without(open_form(root_client, address), name))
    assert not browser.session.exists(key)


# The list of people


def test_superuser_lists_people_without_second_factor(root_client: Client, team: Team) -> None:
    add_factors(team.writer)
    Authenticator.objects.create(user=team.reviewer, type=Authenticator.Type.RECOVERY_CODES, data={})

    def names(query: str) -> set[str]:
        return {row.username for row in root_client.get(f"{LIST}?{query}").context["cl"].result_list}

    assert names("second_factor=yes") == {"writer"}
    assert "reviewer" in names("second_factor=no"), "recovery codes alone are no second factor"
    assert "writer" not in names("second_factor=no")
