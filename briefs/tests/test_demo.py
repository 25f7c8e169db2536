"""`manage.py demo`: it sets up a site from nothing and can be run again without harm."""

from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.bilingual import checks
from briefs.bilingual.text.article_urls import find_original
from briefs.models import Brief, Edition, Event, Keyword, Person, Revision, SiteText, State
from briefs.models.derived import EditionTerm
from briefs.operations import demo, sample_corpus
from briefs.operations.demo import ACCOUNTS
from briefs.operations.installation import load_missing_rows
from briefs.operations.sample_corpus import load_corpus
from briefs.publications.published import load_issue
from briefs.tests.exchange.intake.test_importer import checksum
from briefs.tests.support import factories
from briefs.tests.support.form_client import brief_url, sign_in

pytestmark = pytest.mark.django_db


def run_demo(*args: str) -> str:
    out = StringIO()
    call_command("demo", "--no-server", *args, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _folder_of_mail(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path


def test_demo_publishes_a_corrected_brief_under_four_eyes_and_a_second_run_changes_nothing(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.SITE_URL = "http://127.0.0.1:9001"
    out = run_demo("--port", "9002")
    assert "http://127.0.0.1:9002/en/" in out
    assert sorted(file.name for file in (tmp_path / "mail").iterdir()) == [
        f"reader-{side}@example.org.eml" for side in ("both", "en", "zh")
    ]
    mail = (tmp_path / "mail/reader-en@example.org.eml").read_text()
    assert "List-Unsubscribe: <http://127.0.0.1:9002/u/" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    corrected, *speeches = Edition.objects.listed(timezone.now()).order_by("-published_at")
    imported = Edition.objects.get(brief=corrected.brief_id, number=1)
    before, after = imported.frozen_content, corrected.frozen_content
    assert [b.level_zh for b in before.bullets] == [b.level_zh for b in after.bullets] == [0] * 5 + [1] * 3
    assert (str(before).count(","), before.bullets[0].text_zh.count("迅大多數")) > (str(after).count(","), 0)
    assert not checks.run_checks(after, checks.CheckContext(), only=("punctuation", "quotes", "stops"))
    assert (corrected.change_kind, corrected.four_eyes) == ("correction", True)
    assert corrected.change_note_zh and corrected.change_note_en  # noqa: PT018
    assert corrected.published_at == imported.live_from < corrected.live_from < timezone.now()
    assert (after.facts.title, after.facts.access) == (demo.ARTICLE["title"], "subscription")
    writers = set(Revision.objects.filter(brief=corrected.brief_id).values_list("by__username", flat=True))
    signers = set(corrected.brief.signoffs.exclude(leaf="common").values_list("leaf", "by__username"))
    assert writers == {"writer"}
    assert signers == {("zh", "reviewer-zh"), ("en", "reviewer-en"), ("zh", "publisher"), ("en", "publisher")}
    states = Brief.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == [*[State.APPROVED] * 6, State.DRAFT, State.IN_REVIEW]
    urls = [edition.frozen_content.facts.url for edition in (corrected, *speeches)]
    assert [url for url in urls if find_original(url, "") and "example.org" not in url] == urls
    for speech in speeches:
        assert speech.frozen_content.facts.access == "free"
        assert not checks.run_checks(
            speech.frozen_content, checks.CheckContext(), only=("numbers", "punctuation", "stops")
        )
    issue = load_issue(1, timezone.now())
    assert issue
    assert len(issue.items) == 6
    assert [item.brief_id for item in issue.items if item.corrected_at] == [corrected.brief_id]
    assert {"about", "keyword/technology"} == set(SiteText.objects.values_list("key", flat=True))
    assert EditionTerm.objects.filter(edition__in=[corrected, *speeches]).count() > 5
    for account in ACCOUNTS:
        line = next(line for line in out.splitlines() if line.split()[:1] == [account.username])
        assert Person.objects.get(username=account.username).check_password(line.split()[-1])
    brief = Brief.objects.get(state=State.IN_REVIEW)
    claire = Person.objects.get(username="reviewer-en")
    page = sign_in(client, claire).get(brief_url(brief)).content.decode()
    assert 'data-next="sign_off_en"' in page
    factories.sign_off(brief, claire, "en")
    assert 'data-next="next"' in client.get(brief_url(brief)).content.decode()

    seed = corrected.brief
    workflow.revise(seed, by=Person.objects.get(username="writer"), version=seed.version)
    Keyword.objects.filter(label_zh="科技").update(label_en="Tech")
    before, settings.SITE_URL = checksum(), "http://127.0.0.1:9001"
    out = run_demo()
    assert "http://127.0.0.1:9001/en/" in out
    assert (checksum(), "as before" in out) == (before, True), "people's changes are kept"
    assert len(list((tmp_path / "mail").iterdir())) == 3
    assert "as before" not in run_demo("--reset-passwords", "--briefs", "3")
    assert Edition.objects.listed(timezone.now()).count() == 6 + 3


def test_interrupted_demo_resumes_on_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    approve, calls = workflow.approve, iter(range(10))

    def interrupt(*args: Any, **values: Any) -> Edition:
        if next(calls) == 1:  # the correction of the seed document
            raise KeyboardInterrupt
        return approve(*args, **values)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(workflow, "approve", interrupt)
        run_demo()
    run_demo()
    assert Edition.objects.listed(timezone.now()).count() == 6
    assert Event.objects.filter(verb="submit").count() == 8


def test_demo_refuses_public_site_url(settings) -> None:
    settings.SITE_URL = "https://digest.example"
    with pytest.raises(CommandError):
        run_demo()
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("option", "number", "limit"),
    [
        *(("--port", number, 65535) for number in ("70000", "0", "-1", "x", "٣", "00008000")),
        *(("--briefs", number, 100000) for number in ("0", "100001", "x")),
    ],
)
def test_demo_rejects_number_out_of_range_as_usage_error(
    option: str, number: str, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        ManagementUtility(["manage.py", "demo", "--no-server", option, number]).execute()
    assert exit_info.value.code == 2
    assert f"a number from 1 to {limit}" in capsys.readouterr().err
    assert not Person.objects.exists()


def test_generated_briefs_are_complete_distinct_and_extendable() -> None:
    load_missing_rows("vocabulary.json")
    load_corpus(15)
    load_corpus(10)
    assert Edition.objects.listed(timezone.now()).count() == 25
    sentences = [b.text_zh for e in Edition.objects.all() for b in e.frozen_content.bullets]
    assert len(sentences) == len(set(sentences)) == 175
    for edition in Edition.objects.select_related("brief", "revision"):
        content = edition.frozen_content
        assert workflow.load_working_copy(edition.brief) == content
        assert edition.hash_zh == content.hash_side("zh")
    headlines = {(e.frozen_content.headline_zh, e.frozen_content.headline_en) for e in Edition.objects.all()}
    assert len(headlines) == 25
    assert max(len(zh) for zh, _ in headlines) <= 24
    assert max(len(en) for _, en in headlines) <= 70
    ages = [
        (timezone.now() - moment).days for moment in Edition.objects.values_list("published_at", flat=True)
    ]
    assert 0 < min(ages) < 60 < 600 < max(ages) < 731
    assert {sample_corpus.build_sentence(i) for i in (0, 1, 2)} == {
        sample_corpus.build_sentence(i) for i in (2, 1, 0)
    }
    call_command("rebuild_derived", "--check", stdout=StringIO())
