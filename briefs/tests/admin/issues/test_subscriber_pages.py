"""Subscribers on the desk: addresses for administrators alone, import by rows, export, erasure of one."""

import datetime as dt
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from briefs.models import Event, Person, SheetFile, Subscriber
from briefs.publications import subscribers
from briefs.tests.support import factories

pytestmark = pytest.mark.django_db

LIST = "/admin/briefs/subscriber/"
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _departures_file(settings: Any, tmp_path: Path) -> None:
    settings.DEPARTURES_FILE = tmp_path / "departures.txt"


@pytest.fixture
def administrator(client: Client) -> Client:
    root = Person.objects.create_superuser("root", name="Root", email="root@digest.example", language="en")
    client.force_login(root)
    return client


def make_reader(name: str, **columns: Any) -> Subscriber:
    values = {"address": f"{name}@example.org", "side": "en", "created_at": NOW, "confirmed_at": NOW}
    return Subscriber.objects.create(**values | columns)


def list_events() -> list[tuple[str, str]]:
    """Return what administrators did with addresses. No event holds one."""
    events = Event.objects.order_by("pk")
    assert not events.filter(note__contains="@").exists()
    return list(events.values_list("verb", "note"))


def upload(client: Client, text: str) -> Any:
    return client.post(f"{LIST}import/", {"file": SimpleUploadedFile("list.csv", text.encode())})


def read_form(page: str) -> dict[str, str]:
    """Return what the page sends when its rows are imported."""
    form = page.rpartition('<form class="bar confirm"')[2].partition("</form>")[0]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def test_others_see_numbers_and_no_address(client: Client, team: factories.Team) -> None:
    make_reader("canary")
    make_reader("canary-left", left_at=NOW)
    make_reader("canary-zh", side="zh")
    client.force_login(team.publisher)
    page = client.get(LIST).content.decode()
    assert page.count("<b>1</b>") == 2
    assert "canary" not in page
    assert "canary@" not in client.get(f"{LIST}?q=canary").content.decode()
    for path in ("import/", "export/", f"{Subscriber.objects.get(side='zh').pk}/change/"):
        assert client.get(f"{LIST}{path}").status_code == 403


def test_administrator_lists_searches_and_erases(administrator: Client) -> None:
    make_reader("bob")
    reader = make_reader("ada", address="ada@xn--fsqu00a.xn--kpr")
    assert "ada@例子.台" in administrator.get(LIST).content.decode()
    assert "bob@" not in administrator.get(f"{LIST}?q=ada").content.decode()
    assert "bob@" not in administrator.get(f"{LIST}?state=left").content.decode()
    page = f"{LIST}{reader.pk}/change/"
    assert "ada@例子.台" in administrator.get(page).content.decode()
    assert Subscriber.objects.count() == 2
    assert administrator.post(page).status_code == 302
    assert Subscriber.objects.get().address == "bob@example.org"
    assert list_events() == [("erase_subscriber", "1")]
    assert "erased a subscriber" in administrator.get(LIST).content.decode()


def test_import_says_what_becomes_of_each_row_and_stores_new_ones(administrator: Client) -> None:
    known = make_reader("known", side="zh")
    subscribers.leave(make_reader("left"), NOW)
    subscribers.erase(make_reader("erased"), NOW)
    make_reader("waiting", confirmed_at=None, asked_at=NOW)
    tomorrow = (timezone.localdate() + dt.timedelta(days=1)).isoformat()
    answer = upload(
        administrator,
        "語言,電子郵件,同意日期,note\r\n"
        "both,New@Example.org,2025-06-09,x\n中文,waiting@example.org,2025-06-09\n"
        "en,known@example.org,2025-06-09\nen,left@example.org,2025-06-09\nen,erased@example.org,2025-06-09\n"
        "en,no address,2025-06-09\nfr,fr@example.org,2025-06-09\nen,day@example.org,09/06/2025\n"
        f"en,future@example.org,{tomorrow}\nen,new@example.org,2025-06-09\nen,=cmd@example.org,2025-06-09\n"
        "en,day@example.org,2025-06-09\n",
    )
    page = answer.content.decode()
    for words in ("New: 4", "Known: stays as it is: 1", "Has left: stays so: 1", "Was erased: not taken: 1"):
        assert words in page
    assert "Wrong: not taken: 5" in page
    assert "This address stands in the list twice." in page
    assert Subscriber.objects.count() == 3
    assert not SheetFile.objects.exists()
    posted = read_form(page)
    for _again in range(2):
        assert administrator.post(f"{LIST}import/", posted).status_code == 302
    reading = dict(Subscriber.objects.reading().values_list("address", "side"))
    assert reading == {
        "known@example.org": "zh",
        "new@example.org": "both",
        "waiting@example.org": "zh",
        "=cmd@example.org": "en",
        "day@example.org": "en",
    }
    assert list_events() == [("import_subscribers", "4"), ("import_subscribers", "0")]
    new = Subscriber.objects.get(address="new@example.org")
    assert timezone.localtime(new.confirmed_at).date() == dt.date(2025, 6, 9)
    subscribers.delete_expired(NOW)
    assert Subscriber.objects.filter(pk__in=(new.pk, known.pk)).count() == 2


EXPORTS = {
    "mailchimp-subscribed": (
        "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
        "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
        'ada@example.org,Ada,Lin,"1 Road",2,,,"2023-05-04 08:30:11",192.0.2.1,,,,,,,,"2024-01-01 00:00:00",1,x,,"""a"""\n'
    ),
    "mailchimp-unsubscribed": (
        "Email Address,First Name,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON\n"
        "left@example.org,Bo,2023-05-04 08:30:11,2024-02-02 10:00:00,Issue 3,N/A\n"
    ),
    "mailchimp-cleaned": (
        "Email Address,First Name,CONFIRM_TIME,CLEAN_TIME\nleft@example.org,Bo,2023-05-04 08:30:11,2024-02-02 10:00:00\n"
    ),
    "ghost": (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
        "1,ada@example.org,Ada,,true,false,,2023-05-03T23:10:00.000Z,,,\n"
        "2,left@example.org,Bo,,false,false,,2023-05-04T01:00:00.000Z,,,\n"
        "3,left@example.net,Cy,,true,false,,2023-05-04T01:00:00.000Z,2024-01-01T01:00:00.000Z,,\n"
    ),
    "substack": (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ada@example.org,false,,other,false,2023-05-03T23:10:00.000Z,\n"
        "left@example.org,false,,other,true,2023-05-03T23:10:00.000Z,\n"
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_list_of_another_program_is_taken_in_without_those_who_left(administrator: Client, name: str) -> None:
    page = upload(administrator, EXPORTS[name]).content.decode()
    assert administrator.post(f"{LIST}import/", read_form(page) | {"side": "both"}).status_code == 302
    rows = [(row.address, row.side, timezone.localdate(row.confirmed_at)) for row in Subscriber.objects.all()]
    expected = [("ada@example.org", "both", dt.date(2023, 5, 4))]
    assert rows == ([] if name in ("mailchimp-unsubscribed", "mailchimp-cleaned") else expected)


def test_columns_of_a_workbook_are_chosen_on_the_page(administrator: Client) -> None:
    book = Workbook()
    for row in (
        ("Kontakt", "Wer", "seit", "同意"),
        ("ada@example.org", "Ada 林", "en", dt.date(2025, 1, 5)),
        ("bob@example.org", "Bob", "", "2025/1/5"),
        ("cyd@example.org", "", "zh", "2025年1月5日"),
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    uploaded = SimpleUploadedFile("list.xlsx", file.getvalue())
    answer = administrator.post(f"{LIST}import/", {"file": uploaded})
    assert "Choose the columns" in answer.content.decode()
    rows = unescape(answer.content.decode().split('name="rows" value="')[1].split('"')[0])
    columns = {"address": "0", "name": "1", "language": "2", "consent": "3", "side": "both"}
    page = administrator.post(f"{LIST}import/", {"rows": rows, "do": "preview", **columns}).content.decode()
    assert "New: 3" in page
    assert not Subscriber.objects.exists()
    administrator.post(f"{LIST}import/", read_form(page))
    readers = Subscriber.objects.order_by("pk")
    assert [(reader.name, reader.side) for reader in readers] == [
        ("Ada 林", "en"),
        ("Bob", "both"),
        ("", "zh"),
    ]
    assert {timezone.localdate(reader.confirmed_at) for reader in readers} == {dt.date(2025, 1, 5)}
    assert administrator.post(f"{LIST}import/", {"rows": rows, **columns, "address": "9"}).status_code == 409


@pytest.mark.parametrize(
    "text", ["", "address,language\na@example.org,en\n", "a@example.org,en,2025-06-09\n", '"a', "\x00\x01"]
)
def test_unreadable_list_is_refused(administrator: Client, text: str) -> None:
    assert upload(administrator, text).status_code == 409
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("rows", ["", "x", "[[1, 2]]", "{}"])
def test_forged_rows_are_refused(administrator: Client, rows: str) -> None:
    assert administrator.post(f"{LIST}import/", {"rows": rows}).status_code in (302, 400)
    assert not Subscriber.objects.exists()


def test_export_can_be_imported_again(administrator: Client) -> None:
    make_reader("ada", address="=ada@xn--fsqu00a.xn--kpr", side="both")
    make_reader("bob", left_at=NOW)
    data = administrator.get(f"{LIST}export/?state=reading").content.decode("utf-8-sig")
    assert "'=ada@例子.台" in data
    assert "bob" not in data
    assert list_events() == [("export_subscribers", "1")]
    assert administrator.get(f"{LIST}export/?p=x&nothing=1").status_code == 400
    Subscriber.objects.all().delete()
    page = upload(administrator, data).content.decode()
    assert "New: 1" in page
    administrator.post(f"{LIST}import/", read_form(page))
    assert administrator.get(f"{LIST}export/").content.decode("utf-8-sig") == data


def test_who_left_or_bounced_by_an_exported_list_is_not_taken_elsewhere(administrator: Client) -> None:
    make_reader("ada")
    make_reader("bob", left_at=NOW)
    make_reader("cyd", bounced_at=NOW)
    data = administrator.get(f"{LIST}export/").content.decode("utf-8-sig")
    Subscriber.objects.all().delete()  # the list of a site goes to a new one
    page = upload(administrator, data).content.decode()
    assert "New: 1" in page
    assert "Has left: stays so: 2" in page
    assert administrator.post(f"{LIST}import/", read_form(page)).status_code == 302
    assert Subscriber.objects.get().address == "ada@example.org"


def test_logs_and_messages_show_no_address() -> None:
    assert "@" not in f"{make_reader('ada')} {make_reader('bob')!r}"
