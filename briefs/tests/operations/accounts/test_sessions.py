"""Sessions end: after hours without activity, on other devices, everywhere."""

import datetime as dt
import io
import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs.models import Person, bulk_writes
from briefs.models.bulk_writes import delete_in_batches
from briefs.tests.support import factories
from briefs.tests.support.sign_in_pages import ACCOUNT, enter_password, set_password

pytestmark = pytest.mark.django_db

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)


@pytest.fixture
def owner(time_machine) -> Person:
    time_machine.move_to(timezone.now(), tick=False)
    return set_password(factories.person("owner", "Writers"))


def signed_in(person: Person, user_agent: str = WINDOWS) -> Client:
    client = Client(headers={"user-agent": user_agent})
    enter_password(client, person)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/", headers={"x-background": "1"}).status_code == 200


def test_session_ends_after_twelve_hours_without_activity(owner: Person, time_machine) -> None:
    client = signed_in(owner)
    time_machine.shift(dt.timedelta(hours=11, minutes=59))
    assert is_signed_in(client)
    time_machine.shift(dt.timedelta(minutes=2))
    answer = client.get("/admin/", follow=True)
    assert "您已 12 小時沒有操作" in answer.content.decode()
    assert not is_signed_in(client)


def test_activity_keeps_a_session_and_polling_does_not(owner: Person, time_machine) -> None:
    client = signed_in(owner)
    time_machine.shift(dt.timedelta(hours=8))
    client.get("/admin/")
    time_machine.shift(dt.timedelta(hours=8))
    assert is_signed_in(client), "it was used eight hours ago"
    time_machine.shift(dt.timedelta(hours=8))
    assert not is_signed_in(client), "the request before came from a poll"


def test_list_shows_every_device_and_logs_out_the_others(owner: Person) -> None:
    desk, phone = signed_in(owner), signed_in(owner, IPHONE)
    page = desk.get(f"{ACCOUNT}sessions/").content.decode()
    assert page.index("Chrome, Windows") < page.index("Safari, iPhone")
    desk.post(f"{ACCOUNT}sessions/")
    assert is_signed_in(desk)
    assert not is_signed_in(phone)


def test_log_out_everywhere_ends_this_session_too(owner: Person) -> None:
    desk, phone = signed_in(owner), signed_in(owner, IPHONE)
    answer = desk.post(f"{ACCOUNT}sessions/end/", follow=True)
    assert "所有裝置都已登出" in answer.content.decode()
    assert not is_signed_in(desk)
    assert not is_signed_in(phone)


def test_publish_due_deletes_sessions_that_are_over(owner: Person, time_machine, settings) -> None:
    old = signed_in(owner, IPHONE)
    time_machine.shift(dt.timedelta(seconds=settings.SESSION_COOKIE_AGE + 1))
    client = signed_in(owner)
    UserSession.objects.create(user=owner, session_key="of a session that is gone", ip="127.0.0.1")
    time_machine.shift(dt.timedelta(hours=2))
    assert (Session.objects.count(), UserSession.objects.count()) == (2, 2)
    call_command("publish_due", stdout=io.StringIO())
    assert (Session.objects.count(), UserSession.objects.count()) == (1, 1)
    assert is_signed_in(client)
    assert not is_signed_in(old)


def test_rows_are_deleted_in_short_batches(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(bulk_writes, "let_other_writers_in", lambda: pauses.append(Session.objects.count()))
    Session.objects.bulk_create(
        Session(session_key=f"k{n}", session_data="", expire_date=timezone.now()) for n in range(7)
    )
    with CaptureQueriesContext(connection) as queries:
        assert delete_in_batches(Session.objects.all(), batch_size=2, max_rows=5) == 6
    assert sum("DELETE" in query["sql"] for query in queries) == 3
    assert pauses == [5, 3], "between the batches"
    assert Session.objects.count() == 1


def test_text_sent_after_the_session_ended_comes_back_to_send_again(owner: Person, time_machine) -> None:
    client = signed_in(owner)
    time_machine.shift(dt.timedelta(hours=13))
    typed = {"text": "還沒存的字 <b>"}
    answer = client.post("/admin/briefs/brief/upload/", typed, headers=SAME_ORIGIN)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "還沒存的字 &lt;b&gt;" in page
    assert 'href="/admin/login/"' in page
    script = client.post(
        "/admin/briefs/brief/upload/", typed, headers=SAME_ORIGIN | {"sec-fetch-mode": "cors"}
    )
    assert script.status_code == 302, "the scripts of the desk tell by it that the session ended"


def test_form_opened_before_a_sign_in_elsewhere_comes_back_with_a_new_token(owner: Person) -> None:
    owner.language = "en"
    owner.save()
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    client.get("/admin/briefs/brief/upload/")
    stale = {"text": "Kept & sent", "csrfmiddlewaretoken": "a" * 64}
    page = client.post("/admin/briefs/brief/upload/", stale, headers=SAME_ORIGIN).content.decode()
    assert "Kept &amp; sent" in page
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    fresh = stale | {"csrfmiddlewaretoken": token[0]}
    assert client.post("/admin/briefs/brief/upload/", fresh, headers=SAME_ORIGIN).status_code != 403
    forged = client.post("/admin/briefs/brief/upload/", stale, headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    assert "Kept" not in forged.content.decode()
    assert token[0][:8] not in forged.content.decode()


def test_second_tab_of_the_sign_in_leads_to_the_desk(owner: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(f"{ACCOUNT}login/")
    stale = {
        "login": owner.username,
        "password": "wrong",
        "csrfmiddlewaretoken": "a" * 64,
        "next": "/admin/inbox/",
    }
    again = client.post(f"{ACCOUNT}login/", stale, headers=SAME_ORIGIN, follow=True)
    assert "頁面開啟過久" in again.content.decode()
    client.force_login(owner)
    answer = client.post(f"{ACCOUNT}login/", stale, headers=SAME_ORIGIN, follow=True)
    assert answer.request["PATH_INFO"] == "/admin/inbox/"
