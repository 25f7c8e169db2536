"""Every screen of the desk in a browser: accessible and narrow enough, heard in order, and usable without JavaScript."""

import re
from dataclasses import replace

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.admin.issues.issue_pages import build_issue_url
from briefs.content import Bullet
from briefs.models import (
    Copy,
    Draft,
    IssueEdition,
    Keyword,
    Mailing,
    Person,
    PreviewLink,
    Search,
    Source,
    Subscriber,
    Term,
)
from briefs.publications import mailings
from briefs.tests.admin.lists.test_desk_list import list_desk_lists
from briefs.tests.support import browser_tabs, factories, mailing_fixtures
from briefs.tests.support import issue_factories as making
from briefs.tests.support.browser_tabs import expect
from briefs.tests.support.factories import load_content

from .editor_driver import Editor, OpenTab

pytestmark = browser_tabs.pytestmark


def build_world(team: factories.Team) -> tuple[Person, dict[str, str]]:
    """Make something for every screen. Return a superuser and the address of each screen."""
    root = Person.objects.create_superuser("root", password="pw", is_staff=True, name="Root")
    keyword = Keyword.make(label_zh="嚇阻", label_en="Deterence")
    live = factories.live_brief(team, factories.content("一", facts=factories.facts(keywords=(keyword.pk,))))
    keyword.label_en = "Deterrence"
    workflow.vocabulary.save_vocabulary_row(keyword, by=team.writer)
    workflow.vocabulary.merge_vocabulary(
        [Source.objects.get()], into=Source.make(name="FP Analytics"), by=team.writer
    )
    workflow.vocabulary.save_vocabulary_row(
        Term(zh="灰色地帶", en="gray zone", also_en=["grey zone"]), by=team.publisher
    )
    draft, review = factories.draft_brief(team), factories.signed_brief(team)
    workflow.reviewing.add_note(review, "看一下", by=team.reviewer, bullet=1)
    scheduled = factories.signed_brief(team)
    factories.approve(scheduled, team.publisher, at=factories.tomorrow())
    workflow.claim(
        "https://example.org/a-long-address/of-an-article", by=team.writer, due_on=timezone.localdate()
    )
    changed = factories.draft_brief(team)
    one, two, three = load_content(changed).bullets
    rows = (
        three,
        replace(one, text_zh="立即修復。", level_en=1),
        two,
        Bullet(0, "新的一點。", "A new point."),
    )
    factories.edit(changed, team.writer, bullets=rows, headline_en="Another", summary_zh="先改摘要。")
    workflow.sharing.share(changed, by=team.writer)
    factories.guest_letter(changed, name="王小明", bullet=2)
    Search.objects.create(words="半導體", day=timezone.localdate(), times=3, found=0)
    reader = Subscriber.objects.create(
        address="a-very-long-name-of-a-reader@mail.example.org", side="both", created_at=timezone.now(), confirmed_at=timezone.now()
    )  # fmt: skip
    screens = {
        **{path: path for path in list_desk_lists()},
        **{name: f"briefs/brief/{brief.pk}/change/" for name, brief in {"draft": draft, "review": review, "scheduled": scheduled, "live": live}.items()},
        **{f"{verb} {brief.pk}": f"briefs/brief/{brief.pk}/{verb}/" for brief, verbs in {
            review: ("approve", "send_back"), live: ("withdraw", "remove"), scheduled: ("cancel", "reschedule"), changed: ("share", "timeline", "discard"),
        }.items() for verb in verbs},
        **{str(waiting): f"briefs/draft/{waiting.pk}/change/" for waiting in Draft.objects.exclude(values={})},
        "comparison": f"briefs/brief/{changed.pk}/compare/?from=1&to=2",
        "home": "", "new brief": "briefs/brief/add/", "upload": "briefs/brief/upload/", "inbox": "inbox/", "mail": "mail/",
        "found": "find/?q=標題", "subscribers": "briefs/subscriber/import/", "subscriber": f"briefs/subscriber/{reader.pk}/change/",
        "keyword": f"briefs/keyword/{keyword.pk}/change/", "introduction": f"briefs/keyword/{keyword.pk}/page/",
        "history": f"briefs/keyword/{keyword.pk}/history/", "term": "briefs/term/add/", "text": "briefs/sitetext/about/change/",
        "source": "briefs/source/add/", "person": f"briefs/person/{root.pk}/change/", "password": f"briefs/person/{root.pk}/password/",
        "own password": "password_change/", "briefs": "briefs/",
    }  # fmt: skip
    return root, {name: f"/admin/{path}" for name, path in screens.items()} | build_issues(team)


def build_issues(team: factories.Team) -> dict[str, str]:
    briefs = [factories.live_brief(team, factories.content(tag)) for tag in "甲乙"]
    draft, review = making.draft_issue(team, briefs[0]), making.submitted_issue(team, *briefs)
    ready = making.signed_issue(team, *briefs)
    coming = making.published_issue(team, briefs[0], at=factories.tomorrow()).issue
    public = making.published_issue(team, *briefs).issue
    mailing_fixtures.subscribe(3)
    mailing = mailings.queue_issue(IssueEdition.objects.get(issue=public), by=team.publisher)
    Copy.objects.filter(mailing=mailing).update(stage="handed")
    mailings.pause_by_itself(Mailing.objects.all(), "interrupted", timezone.now())
    verbs = {
        "publish_issue": ready,
        "send_back_issue": review,
        "cancel_issue": coming,
        "withdraw_issue": public,
    }
    issues = {"draft": draft, "review": review, "ready": ready, "coming": coming, "public": public}
    return {
        **{f"{name} issue": build_issue_url(issue) for name, issue in issues.items()},
        **{verb: build_issue_url(issue, "verb", verb) for verb, issue in verbs.items()},
        "search of an issue": f"{build_issue_url(draft)}?q=標題",
        "preview of an issue": build_issue_url(public, "preview"),
        "mail of an issue": build_issue_url(public, "mail"),
    }


OPEN_FOLDS = "() => document.querySelectorAll('#content details').forEach((fold) => (fold.open = true))"


@pytest.mark.parametrize(("language", "schemes"), [("zh-hant", ("light", "dark")), ("en", ("dark", "light"))])
def test_every_screen_is_accessible_and_fits(
    open_tab: OpenTab, team: factories.Team, language: str, schemes: tuple[str, str]
) -> None:
    """At 1280 and 320 pixels, light and dark: each pair in one of the languages."""
    root, screens = build_world(team)
    tab = open_tab(root, language=language)
    tab.open("/admin/login/")
    faults = []
    for name, address in screens.items():
        tab.open(address)
        if "compare" in address or "timeline" in address:
            tab.page.evaluate(OPEN_FOLDS)
        if "compare" in address:  # not by colour alone
            expect(tab.page.locator("del").first).to_have_css("text-decoration-line", "line-through")
        for width, scheme in zip((1280, 320), schemes, strict=True):
            tab.page.set_viewport_size({"width": width, "height": 900})
            tab.page.emulate_media(color_scheme=scheme)
            faults += tab.faults((name, width, scheme))
    assert faults == []
    assert PreviewLink.objects.exists()


def test_csp_violations_are_recorded(open_tab: OpenTab, team: factories.Team) -> None:
    """The other tests rely on violations appearing in the messages of the console."""
    tab = open_tab(team.writer, "/admin/")
    tab.expected_messages = ("CSP", "Content Security Policy", "Refused")
    for script, kind in (
        ("Object.assign(document.createElement('style'), {textContent: 'p {}'})", "style-src"),
        ("Object.assign(document.createElement('img'), {src: 'https://elsewhere.example/x.png'})", "img-src"),
    ):
        with tab.page.expect_console_message(lambda message, kind=kind: f"CSP {kind}" in message.text):
            tab.page.evaluate(f"document.body.append({script})")
        assert any(f"CSP {kind}" in line for line in tab.console_messages)


def read_aloud(tab: Editor) -> list[tuple[str, str, str]]:
    """Return role, name and the rest of each part in the order in which a screen reader meets it."""
    tree = tab.page.locator("body").aria_snapshot()
    return re.findall(r"^ *- '?([a-z]+)(?: \"((?:[^\"\\]|\\.)*)\")?'?:?(.*)", tree, re.MULTILINE)


def test_screen_reader_hears_rows_margins_and_headings_in_order(
    open_tab: OpenTab, team: factories.Team
) -> None:
    texts = (Bullet(0, "限制,以晶片。", "A limit of 5 chips."), Bullet(0, "第二點。", "A second point."))
    brief = factories.submitted_brief(team, factories.content(bullets=texts))
    workflow.reviewing.add_note(brief, "看一下", by=team.reviewer, bullet=1)
    sides = ("Chinese", "English")
    leads = [f"{part}, {side}" for part in ("Headline", "Summary") for side in sides]
    for person, view, name in (
        (team.writer, "change", "{side} {n}"),
        (team.reviewer, "review", "Bullet {n}, {side}"),
    ):
        tab = open_tab(person, viewport={"width": 1440, "height": 900})
        tab.brief(brief, view)
        expect(tab.page.locator("#b1 .finding").first).to_be_attached()
        tab.page.locator("#b1 .cell :is(textarea, .words)").first.click()  # its margin shows everything
        expect(tab.page.locator("#b1 .finding").first).to_be_visible()
        tab.wait_for_layout()
        parts = read_aloud(tab)
        names = leads + [name.format(side=side, n=n) for n in (1, 2) for side in sides]
        assert [heard for role, heard, _ in parts if role in ("textbox", "group") and heard in names] == names
        margins = [heard for role, heard, _ in parts if role == "group" and heard.startswith("Margin")]
        assert margins == [f"Margin: {row}" for row in ("Headline", "Summary", "Bullet 1", "Bullet 2")]
        items = {heard for _, heard, _ in parts}
        assert {"Note: reviewer", "5 appears in the English only. Is it missing from the Chinese?"} <= items
