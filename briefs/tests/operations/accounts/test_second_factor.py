"""With a second factor required, only a session that proved one opens the desk."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from briefs.models import Outbox, Person
from briefs.models.people import EncryptionKey, SignInEvent
from briefs.operations import notifications
from briefs.operations.accounts import second_factor
from briefs.tests.support import factories
from briefs.tests.support.sign_in_pages import (
    ACCOUNT,
    PASSWORD,
    add_app,
    app_code,
    enter_code,
    enter_password,
    find_link_in_mail,
    read_recovery_codes,
    set_password,
)

pytestmark = pytest.mark.django_db

NEXT_CODE = dt.timedelta(seconds=31)


@pytest.fixture(autouse=True)
def second_factor_required(settings) -> None:
    settings.DIGEST_REQUIRE_MFA = True


@pytest.fixture
def owner(time_machine) -> Person:
    time_machine.move_to(timezone.now(), tick=False)
    return set_password(factories.person("owner", "Writers"))


@pytest.fixture
def secret(owner: Person, time_machine) -> str:
    """The secret of the owner's app, whose current code has been used."""
    client = Client()
    enter_password(client, owner)
    secret = add_app(client)
    time_machine.shift(NEXT_CODE)
    return secret


def opens_desk(client: Client) -> bool:
    return client.get("/admin/briefs/brief/").status_code == 200


# Setting up


def test_password_alone_leads_to_adding_a_factor(client: Client, owner: Person) -> None:
    enter_password(client, owner)
    answer = client.get("/admin/briefs/brief/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(ACCOUNT)
    assert "請新增通行金鑰或驗證器應用程式" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_adding_an_app_opens_the_desk_and_shows_recovery_codes(client: Client, owner: Person) -> None:
    enter_password(client, owner)
    assert not opens_desk(client)
    add_app(client)
    assert opens_desk(client)
    assert len(read_recovery_codes(client)) == 10
    kinds = set(SignInEvent.objects.filter(kind=SignInEvent.Kind.ACCOUNT).values_list("detail", flat=True))
    assert kinds == {"added totp", "added recovery_codes"}
    assert Outbox.objects.filter(to=owner, kind="account_changed").count() == 1


def test_changing_factors_asks_again_after_a_quarter_of_an_hour(
    client: Client, owner: Person, time_machine
) -> None:
    enter_password(client, owner)
    time_machine.shift(dt.timedelta(minutes=16))
    answer = client.get(f"{ACCOUNT}app/add/")
    assert answer["Location"].startswith(f"{ACCOUNT}confirm/")
    client.post(answer["Location"], {"password": PASSWORD})
    assert client.get(f"{ACCOUNT}app/add/").status_code == 200


# Signing in


def test_code_of_the_app_opens_the_requested_page(client: Client, owner: Person, secret: str) -> None:
    answer = enter_password(client, owner, back="/admin/briefs/letter/")
    assert answer["Location"] == f"{ACCOUNT}login/code/"
    assert not opens_desk(client)
    assert enter_code(client, app_code(secret))["Location"] == "/admin/briefs/letter/"
    assert opens_desk(client)
    assert SignInEvent.objects.filter(kind=SignInEvent.Kind.SIGNED_IN).first().detail == "password, totp"


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_is_accepted_once(client: Client, owner: Person, kind: str, time_machine) -> None:
    enter_password(client, owner)
    secret = add_app(client)
    time_machine.shift(NEXT_CODE)
    code = app_code(secret) if kind == "app" else read_recovery_codes(client)[0]
    first, second = Client(), Client()
    for browser in (first, second):
        enter_password(browser, owner)
        enter_code(browser, code)
    assert (opens_desk(first), opens_desk(second)) == (True, False)


def test_code_that_added_the_app_does_not_sign_in(client: Client, owner: Person) -> None:
    enter_password(client, owner)
    secret = add_app(client)
    other = Client()
    enter_password(other, owner)
    enter_code(other, app_code(secret))
    assert not opens_desk(other)


def test_guessed_codes_are_paused_and_logged(client: Client, owner: Person, secret: str) -> None:
    enter_password(client, owner)
    for guess in range(5):
        enter_code(client, f"{guess:06}")
    answer = enter_code(client, app_code(secret))
    assert "嘗試次數過多" in answer.content.decode()
    refused = SignInEvent.objects.filter(kind=SignInEvent.Kind.REFUSED, detail="second factor")
    assert refused.count() == 5


def test_session_from_before_the_factor_is_led_to_the_code(owner: Person, secret: str) -> None:
    client = Client()
    client.force_login(owner)
    answer = client.get("/admin/briefs/letter/", follow=True)
    page = answer.redirect_chain[-1][0]
    assert page.startswith(f"{ACCOUNT}confirm/code/")
    assert client.post(page, {"code": app_code(secret)})["Location"] == "/admin/briefs/letter/"
    assert opens_desk(client)


def test_new_password_by_mail_does_not_replace_the_factor(owner: Person, secret: str, client: Client) -> None:
    owner.email = "owner@example.org"
    owner.save()
    client.post(f"{ACCOUNT}password/reset/", {"email": owner.email})
    notifications.send_due()
    page = client.get(find_link_in_mail())["Location"]
    new = "another passphrase, longer"
    client.post(page, {"password1": new, "password2": new})
    assert not opens_desk(client)
    assert enter_password(client, owner, new)["Location"] == f"{ACCOUNT}login/code/"
    assert not opens_desk(client)


# Secrets


def test_publish_due_encrypts_secrets_with_the_new_key(
    client: Client, owner: Person, secret: str, settings
) -> None:
    enter_password(client, owner)
    enter_code(client, app_code(secret))
    codes = read_recovery_codes(client)
    assert secret not in Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    enter_password(client := Client(), owner)
    enter_code(client, codes[1])
    assert opens_desk(client), "the earlier key still reads them"
    assert second_factor.renew_encryption() == 2
    assert second_factor.renew_encryption() == 0
    settings.SECRET_KEY_FALLBACKS = []
    enter_password(client := Client(), owner)
    enter_code(client, codes[0])
    assert opens_desk(client)


def test_sign_in_and_doctor_name_the_key_that_is_missing(owner: Person, secret: str, settings) -> None:
    second_factor.note_keys(timezone.now())
    key, fingerprint = settings.SECRET_KEY, second_factor.make_fingerprint(settings.SECRET_KEY)
    settings.SECRET_KEY = "another key"
    second_factor.note_keys(timezone.now())
    client = Client()
    enter_password(client, owner)
    assert fingerprint in enter_code(client, app_code(secret)).content.decode()
    assert f"encrypted with the secret key {fingerprint}" in second_factor.describe_missing_keys()

    settings.SECRET_KEY_FALLBACKS = [key]
    assert second_factor.describe_missing_keys() == ""
    enter_code(client, app_code(secret))
    assert opens_desk(client)
    second_factor.renew_encryption()
    second_factor.note_keys(timezone.now())
    assert EncryptionKey.objects.get().pk == second_factor.make_fingerprint("another key")


# Who may sign in at all


@pytest.mark.parametrize("flag", ["is_staff", "is_active"])
def test_person_without_access_is_refused_like_a_wrong_password(
    client: Client, owner: Person, flag: str
) -> None:
    setattr(owner, flag, False)
    owner.save()
    answer = enter_password(client, owner)
    assert "使用者名稱或密碼不正確" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_person_who_loses_access_is_logged_out_with_a_sentence(
    client: Client, owner: Person, settings
) -> None:
    settings.DIGEST_REQUIRE_MFA = False
    enter_password(client, owner)
    Person.objects.filter(pk=owner.pk).update(is_staff=False)
    answer = client.get("/admin/", follow=True)
    assert "此帳號無權進入編輯台" in answer.content.decode()
    assert "_auth_user_id" not in client.session
