"""A new person is staff with a role, invited or with a password set by hand."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from briefs.models import Outbox, Person
from briefs.models.people import SignInEvent
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in

from .people_pages import ADD, change_url, create_clerk, open_form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

PASSWORD = "a-long-passphrase"


def role(name: str) -> list[str]:
    return [str(Group.objects.get(name=name).pk)]


def add_person(client: Client, *, invite: bool = True, **changes: object) -> tuple[str, Person | None]:
    """Send the form of a new person. Return the page that follows, and the person if there is one."""
    new = {
        "username": "new",
        "name": "新人",
        "language": "en",
        "email": "new@example.org",
        "groups": role("Writers"),
    }
    data = open_form(client, ADD).data_with(**(new | changes))
    if not invite:
        del data["send_invitation"]
    page = client.post(ADD, data, follow=True).text
    return page, Person.objects.filter(username="new").first()


def test_invited_person_is_staff_with_role_and_gets_mail(root_client: Client) -> None:
    page, person = add_person(root_client)
    assert person is not None
    assert (person.is_staff, person.is_active, person.is_superuser) == (True, True, False)
    assert [group.name for group in person.groups.all()] == ["Writers"]
    assert not person.has_usable_password()
    assert [(row.kind, row.to) for row in Outbox.objects.all()] == [("invitation", person)]
    assert "An invitation goes to new@example.org; the link works for 3 days." in page
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.ACCOUNT)
    assert (event.username, event.person.username) == ("new", "root")
    assert "Writers" in event.detail


def test_password_set_by_hand_sends_no_mail(root_client: Client) -> None:
    """A superuser needs no role, and an address of nobody who is active is free."""
    Person.objects.filter(username="writer").update(is_active=False)
    page, person = add_person(
        root_client,
        invite=False,
        groups=[],
        is_superuser="on",
        email="writer@example.org",
        password1=PASSWORD,
        password2=PASSWORD,
    )
    assert person is not None
    assert person.check_password(PASSWORD)
    assert (person.is_staff, person.is_superuser) == (True, True)
    assert not Outbox.objects.exists()
    assert "An invitation goes" not in page


@pytest.mark.parametrize(
    ("invite", "changes", "sentence"),
    [
        (True, {"groups": []}, "Choose at least one role."),
        (True, {"email": ""}, "An invitation needs an e-mail address."),
        (True, {"password1": PASSWORD, "password2": PASSWORD}, "Whoever is invited chooses the password."),
        (False, {}, "Set a password, or send an invitation."),
        (False, {"password1": PASSWORD}, "Repeat the password."),
        (False, {"password1": PASSWORD, "password2": "another-one-here"}, "didn’t match"),
        (False, {"password1": "short", "password2": "short"}, "too short"),
        (True, {"email": "WRITER@example.org"}, "writer already has this address."),
    ],
)
def test_incomplete_person_is_refused_with_sentence(
    root_client: Client, invite: bool, changes: dict[str, object], sentence: str
) -> None:
    page, person = add_person(root_client, invite=invite, **changes)
    assert sentence in page
    assert person is None
    assert not Outbox.objects.exists()


def test_changed_address_of_somebody_else_is_refused(root_client: Client, team: Team) -> None:
    address = change_url(team.writer)
    form = open_form(root_client, address)
    refused = root_client.post(address, form.data_with(email="Reviewer@example.org"))
    assert "reviewer already has this address." in refused.text
    assert root_client.post(address, form.data_with(email="Writer@example.org")).status_code == 302
    Person.objects.filter(pk=team.reviewer.pk).update(email="writer@example.org")
    shared = open_form(root_client, address)
    assert root_client.post(address, shared.data_with(name="Renamed")).status_code == 302, (
        "shared from of old"
    )


def test_clerk_creates_person_with_language_but_not_superuser(client: Client, team: Team) -> None:
    clerk = create_clerk()
    page = sign_in(client, clerk).get(ADD).text
    assert "is_superuser" not in page
    assert "Writers" in page
    assert "Publishers" not in page, "a clerk grants only roles whose permissions the clerk has"
    assert add_person(client, groups=role("Publishers"))[1] is None
    _page, person = add_person(client, is_superuser="on")
    assert person is not None
    assert (person.name, person.language, person.is_superuser) == ("新人", "en", False)
    clerk.groups.clear()
    assert "You may grant none of the roles." in add_person(client, username="other", groups=[])[0]
