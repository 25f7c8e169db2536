"""Open the pages of people, as whoever manages the accounts."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.test import Client

from briefs.models import Person
from briefs.operations.accounts.second_factor import encrypt
from briefs.tests.support import factories
from briefs.tests.support.form_client import Form

ADD = "/admin/briefs/person/add/"


def change_url(row: object) -> str:
    return f"/admin/briefs/{row._meta.model_name}/{row.pk}/change/"  # type: ignore[attr-defined]


def person_url(person: Person, page: str) -> str:
    return f"/admin/briefs/person/{person.pk}/{page}/"


def open_form(client: Client, address: str) -> Form:
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return Form(response.text, id=f"{address.split('/')[3]}_form")


def create_clerk(*codenames: str) -> Person:
    person = factories.person("clerk", "Writers")
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["add_person", "change_person", "view_person", *codenames])
    )
    return person


def create_root(**values: object) -> Person:
    return Person.objects.create_superuser("root", "root@example.org", "pw", name="Root", **values)


def without(form: Form, name: str) -> dict[str, list[str]]:
    """Return the data of the form with a box not ticked."""
    return {key: value for key, value in form.data.items() if key != name}


def open_session(person: Person) -> Client:
    """Sign in by the form, in a browser of the person's own."""
    client = Client()
    response = client.post("/admin/account/login/", {"login": person.username, "password": "pw"})
    assert response.status_code == 302, response.text
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def add_factors(person: Person) -> None:
    """Give the person an app, a passkey, and recovery codes of which two are used."""
    rows = {
        Authenticator.Type.TOTP: {"secret": encrypt("secret")},
        Authenticator.Type.WEBAUTHN: {"name": "Key"},
        Authenticator.Type.RECOVERY_CODES: {"seed": encrypt("seed"), "used_mask": 0b11},
    }
    for kind, data in rows.items():
        Authenticator.objects.create(user=person, type=kind, data=data)
