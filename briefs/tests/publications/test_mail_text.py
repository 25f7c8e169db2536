"""The mail of an issue: the same texts in HTML and plain text, in few enough bytes, with headers that mail clients read."""

import datetime as dt
import re
from dataclasses import replace
from email import message_from_bytes, policy
from html import unescape
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from briefs import workflow
from briefs.content import MAX_ISSUE_ITEMS, SIDES, Bullet, IssueContent
from briefs.models import MailSide
from briefs.publications import mail_text
from briefs.publications.mail_text import MailBody
from briefs.publications.published import PublicIssue, load_issue
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.factories import Team
from briefs.workflow.issues import TEXT_LIMITS

pytestmark = pytest.mark.django_db

TOKEN = "aB3-xyz_0123456789aBcd"
GMAIL_LIMIT = 102_000


def load(team: Team, *contents: Any) -> PublicIssue:
    briefs = [factories.live_brief(team, content) for content in contents or (None,)]
    mailing_fixtures.publish_issue(team, *briefs)
    issue = load_issue(12, timezone.now())
    assert issue
    return issue


def build_bytes(body: MailBody) -> bytes:
    moment = dt.datetime(2026, 5, 4, 6, tzinfo=dt.UTC)
    return mail_text.build_message(
        body, mail_text.Envelope("reader@example.org", "Ada 林", TOKEN, "<1@example.org>", moment)
    )


def count_html_bytes(body: MailBody) -> int:
    """Return the bytes of the HTML part of a copy, decoded, as Gmail counts them."""
    _text, html = message_from_bytes(build_bytes(body), policy=policy.default).iter_parts()
    payload = html.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return len(payload)


def squeeze(words: str) -> str:
    return re.sub(r"[\s\u200b]+", "", words)


@pytest.mark.parametrize("choice", ["en", "both"])
def test_html_and_plain_text_hold_every_word_of_the_issue(team: Team, choice: str) -> None:
    special = factories.content("<b>&amp;「」")
    issue = load(team, factories.content(), special)
    body = mail_text.build_issue_body(issue, choice)
    html = squeeze(unescape(strip_tags(body["html"].partition("</style>")[2])))
    text = squeeze(body["text"])
    for side in MailSide(choice).sides:
        words = [issue.text(side).title, *issue.text(side).preface.split("\n\n")]
        for item in issue.items:
            content = item.brief.content
            words += [content.headline(side), content.summary(side), *(b.text(side) for b in content.bullets)]
        for word in words:
            assert squeeze(word) in html
            assert squeeze(word) in text
    other = {"en": "第0點"}.get(choice, "<script")
    assert squeeze(other) not in text
    assert not re.search(r"^ ", body["text"], re.M)


def test_headers_of_unsubscription_are_whole_lines_on_the_wire(team: Team, settings: Any) -> None:
    settings.SITE_URL = "https://a-rather-long-name-of-a-host.publications.digest.example.org"
    head = (
        build_bytes(mail_text.build_issue_body(load(team), "both")).partition(b"\r\n\r\n")[0].split(b"\r\n")
    )
    address = f"<{settings.SITE_URL}/u/{TOKEN}/>".encode()
    assert len(address) > 78
    assert b"List-Unsubscribe: " + address in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert b"List-Id: <issues.a-rather-long-name-of-a-host.publications.digest.example.org>" in head
    assert all(len(line) <= 998 for line in head)


def test_message_reads_back_with_subject_token_and_chinese_lines_unbroken(team: Team, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Digest <editors@digest.example>"
    long_line = "韌性的價格是誰付" * 300
    issue = load(team, factories.content(summary_zh=long_line))
    body = mail_text.build_issue_body(issue, "zh")
    data = build_bytes(body)
    assert max(len(line) for line in data.split(b"\r\n")) <= 78
    assert data.isascii()
    message = message_from_bytes(data, policy=policy.default)
    assert message["Subject"] == "第12期：韌性的價格"
    assert message["Reply-To"] == "editors@digest.example"
    assert str(message["To"]) == "Ada 林 <reader@example.org>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        content = part.get_content()
        assert long_line in content
        assert TOKEN in content
        assert mail_text.TOKEN_PLACEHOLDER not in content


def test_six_briefs_in_both_languages_keep_their_summaries(team: Team) -> None:
    """As it is sent, such a mail is longer than what Gmail shows, but Gmail counts only the HTML."""
    bullets = tuple(Bullet(n, f"第{n}點" + "長" * 40, f"Point {n} " + "long " * 20) for n in [0] * 12)
    issue = load(team, *(factories.content(f" {n}", bullets=bullets) for n in range(6)))
    body = mail_text.build_issue_body(issue, "both")
    assert len(build_bytes(body)) > GMAIL_LIMIT
    for item in issue.items:
        for side in SIDES:
            assert item.brief.content.summary(side) in body["text"]
        address = re.escape(f"/briefs/{item.brief.slug}/")
        assert (
            len(re.findall(address, body["text"]))
            == len(re.findall(f"{address}parallel/", body["text"]))
            == 1
        )
    assert re.search(r"^\[1\] 第0點.*\nPoint 0", body["text"], re.M), "pair under pair"
    assert "Forwarded to you? Subscribe: http" in body["text"]


@pytest.mark.parametrize(("choice", "times"), [("zh", 6), ("both", 3)])
def test_long_issue_shortens_its_last_briefs_alone_and_says_so(team: Team, choice: str, times: int) -> None:
    bullets = tuple(Bullet(n, f"第{n}點" + "長" * 60, f"Point {n} " + "long " * 30) for n in [0] * 8)
    issue = load(team, *(factories.content(f" {n}", bullets=bullets) for n in range(6)))
    body = mail_text.build_issue_body(issue, choice)
    assert (body["shortened"], body["text"].count("[8] ")) == (0, 6)
    body = mail_text.build_issue_body(replace(issue, items=issue.items * times), choice)
    assert 0.9 * GMAIL_LIMIT < count_html_bytes(body) <= GMAIL_LIMIT
    points = [part.count("\n[") for part in re.split(r"(?m)^\d+\. ", body["text"])[1:]]
    assert 0 < body["shortened"] < len(points)
    assert points == [8] * (6 * times - body["shortened"]) + [2] * body["shortened"]
    told = {"zh": "8點中的2點，讀其餘", "en": "2 of 8 points, read the rest"}
    for side in MailSide(choice).sides:
        assert body["text"].count(told[side]) == body["shortened"]


def test_longest_issue_keeps_the_headlines_of_its_last_briefs(team: Team) -> None:
    bullets = tuple(Bullet(n, f"第{n}點" + "長" * 60, f"Point {n} " + "long " * 30) for n in [0] * 20)
    issue = load(team, *(factories.content(f" {n}", bullets=bullets) for n in range(2)))
    limit = TEXT_LIMITS["preface"]
    zh, en = (issue.text(side) for side in SIDES)
    longest = IssueContent(
        replace(zh, preface="前言很長。" * (limit // 5)), replace(en, preface="A preface. " * (limit // 11))
    )
    most = replace(issue, items=issue.items * (MAX_ISSUE_ITEMS // 2), content=longest)
    body = mail_text.build_issue_body(most, "both")
    assert count_html_bytes(body) <= GMAIL_LIMIT
    for item in most.items:
        for side in SIDES:
            assert body["text"].count(item.brief.headline(side)) >= MAX_ISSUE_ITEMS // 2


def test_withdrawn_brief_is_a_notice_without_its_text(team: Team) -> None:
    brief = factories.live_brief(team, factories.content(" canary"))
    mailing_fixtures.publish_issue(team, brief)
    workflow.withdraw(brief, kind="our_error", by=team.publisher)
    issue = load_issue(12, timezone.now())
    assert issue
    text = mail_text.build_issue_body(issue, "both")["text"]
    assert "本站已撤回這篇文摘" in text
    assert "\n\nIssue 12, " in text, "a blank line between the languages"
    assert "\n-- \n您收到" in text, "mail programs fold a signature away by this line"
    assert re.search(r"^更改語言：http", text, re.M)
    assert re.search(r"^Change language: http", text, re.M)
    assert "We have withdrawn this brief" in text
    for side in SIDES:
        assert issue.items[0].brief.content.summary(side) not in text
