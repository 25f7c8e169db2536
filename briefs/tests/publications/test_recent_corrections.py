"""An issue reports the corrections and withdrawals of earlier issues since the one before it."""

import datetime as dt
import io
import zipfile
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from briefs.models import Edition
from briefs.publications import mail_text
from briefs.publications.published import load_issue
from briefs.tests.support.corpus_fixtures import (
    NO_STATIC,
    get_person,
    numbered_content,
    publish,
    publish_next,
    withdraw,
)
from briefs.tests.support.factories import change_note
from briefs.tests.support.published_issues import publish_issue

pytestmark = [pytest.mark.django_db, NO_STATIC]


def correct(edition: Edition, at: dt.datetime, *note: str) -> Edition:
    content = replace(edition.frozen_content, summary_en=f"{edition.frozen_content.summary_en} More.")
    return publish_next(
        edition, content, at=at, **change_note(*note or ("correction", "誤作「所有」。", "Said “all”."))
    )


@pytest.fixture
def issues() -> None:
    """Issues 1 to 3. Brief 1 was corrected and brief 2 withdrawn between the first two; brief 3 was corrected later."""
    editor, now = get_person("editor"), timezone.now()
    start = now - dt.timedelta(days=20)
    editions = [
        publish(numbered_content(n), f"brief-{n}", live_from=start - dt.timedelta(days=n))
        for n in range(1, 7)
    ]
    publish_issue(1, [edition.brief for edition in editions[:4]], by=editor, live_from=start)
    correct(editions[0], start + dt.timedelta(days=2))
    withdraw(editions[1], start + dt.timedelta(days=3))
    correct(editions[3], start + dt.timedelta(days=3), "update", "新。", "New.")
    correct(editions[5], start + dt.timedelta(days=3))  # in no issue
    publish_issue(2, [editions[4].brief], by=editor, live_from=start + dt.timedelta(days=7))
    correct(editions[2], start + dt.timedelta(days=9))
    publish_issue(3, [editions[4].brief], by=editor, live_from=start + dt.timedelta(days=14))


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    if address.endswith(".epub"):
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            pages = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".xhtml")]
            return unescape(" ".join(pages))
    return unescape(response.content.decode())


def test_reader_of_an_issue_finds_what_was_corrected_since_the_last(client: Client, issues: None) -> None:
    first, second, third = (read(client, f"/en/issues/{n}/") for n in (1, 2, 3))
    corrected = "Issue 1, “Headline 1”: Said “all”."
    withdrawn = "Issue 1, “Headline 2”: This brief was withdrawn on"

    assert corrected in second
    assert withdrawn in second
    assert second.index(corrected) < second.index(withdrawn)
    assert "Headline 3" not in second
    assert "Headline 4" not in second
    assert "Headline 6" not in second
    assert "Issue 1, “Headline 3”: Said “all”." in third
    assert "Headline 1”" not in third
    assert "Issue 1, “" not in first
    assert "第1期〈標題1〉：誤作「所有」。" in read(client, "/zh-hant/issues/2/issue.epub")


def test_mail_of_an_issue_reports_them_too(issues: None) -> None:
    second = load_issue(2, timezone.now())
    assert second

    text = mail_text.build_issue_body(second, "both")["text"]

    assert "Issue 1, “Headline 1”: Said “all”." in text
    assert "第1期〈標題1〉：誤作「所有」。" in text


def test_correction_of_a_brief_withdrawn_since_is_not_told_again(client: Client, issues: None) -> None:
    withdraw(Edition.objects.get(slug="brief-1", live_until=None), timezone.now())

    assert "Headline 1" not in read(client, "/en/issues/2/")
