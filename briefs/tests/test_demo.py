"""`manage.py demo` and `load_sample_corpus`: they set up a site from nothing and can be run again without harm."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from django.utils import timezone

from briefs import sample_corpus, workflow
from briefs.demo import ACCOUNTS
from briefs.derived import label_propagation
from briefs.installation import load_missing_rows
from briefs.models import Brief, Edition, Event, Keyword, Person, Revision, State

from .intake.test_importer import checksum

pytestmark = pytest.mark.django_db


def run_demo(*args: str) -> str:
    out = StringIO()
    call_command("demo", "--no-server", *args, stdout=out)
    return out.getvalue()


def test_demo_publishes_seed_document_under_four_eyes() -> None:
    out = run_demo()
    edition = Edition.objects.listed(timezone.now()).get()
    content = edition.frozen_content
    assert len(content.bullets) == 8
    assert [b.level_zh for b in content.bullets] == [0] * 5 + [1] * 3
    assert edition.four_eyes
    assert not edition.urgent
    writers = set(Revision.objects.filter(brief=edition.brief_id).values_list("by__username", flat=True))
    signers = set(edition.brief.signoffs.values_list("side", "by__username"))
    assert writers == {"writer"}
    assert signers == {("zh", "reviewer-zh"), ("en", "reviewer-en")}
    states = Brief.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == [State.APPROVED, State.APPROVED, State.DRAFT, State.IN_REVIEW]
    scheduled = Edition.objects.scheduled(timezone.now()).get()
    assert abs(scheduled.live_from - timezone.now() - dt.timedelta(days=1)) < dt.timedelta(minutes=5)
    for account in ACCOUNTS:
        line = next(line for line in out.splitlines() if line.split()[:1] == [account.username])
        assert Person.objects.get(username=account.username).check_password(line.split()[-1])


def test_second_demo_changes_nothing_and_keeps_edits() -> None:
    run_demo()
    seed = Edition.objects.listed(timezone.now()).get().brief
    writer = Person.objects.get(username="writer")
    workflow.revise(seed, by=writer, version=seed.version)
    Keyword.objects.filter(label_zh="科技").update(label_en="Tech")
    label_propagation.relabel(Keyword.objects.get(label_zh="科技"))
    before = checksum()
    out = run_demo()
    assert checksum() == before
    assert "as before" in out
    assert "as before" not in run_demo("--reset-passwords")
    with time_machine.travel(timezone.now() + dt.timedelta(days=30)):
        run_demo()
        assert Edition.objects.listed(timezone.now()).count() == 2


def test_interrupted_demo_resumes_on_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **values: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(workflow, "approve", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_demo()
    run_demo()
    assert Edition.objects.listed(timezone.now()).count() == 1
    assert Event.objects.filter(verb="submit").count() == 3


def test_demo_refuses_public_site_url(settings) -> None:
    settings.SITE_URL = "https://digest.example"
    with pytest.raises(CommandError):
        run_demo()
    assert not Person.objects.exists()


@pytest.mark.parametrize("port", ["70000", "0", "-1", "x", "٣", "00008000"])
def test_demo_rejects_invalid_port_as_usage_error(port: str, capsys) -> None:
    with pytest.raises(SystemExit) as exit_info:
        ManagementUtility(["manage.py", "demo", "--no-server", "--port", port]).execute()
    assert exit_info.value.code == 2
    assert "a number from 1 to 65535" in capsys.readouterr().err
    assert not Person.objects.exists()


def test_sample_corpus_is_complete_distinct_and_extendable() -> None:
    load_missing_rows("vocabulary.json")
    call_command("load_sample_corpus", 30, stdout=StringIO(), stderr=StringIO())
    call_command("load_sample_corpus", 20, stdout=StringIO(), stderr=StringIO())
    assert Edition.objects.listed(timezone.now()).count() == 50
    sentences = [b.text_zh for e in Edition.objects.all() for b in e.frozen_content.bullets]
    assert len(sentences) == len(set(sentences)) == 350
    for edition in Edition.objects.select_related("brief", "revision"):
        content = edition.frozen_content
        assert workflow.load_working_copy(edition.brief) == content
        assert (edition.hash_zh, edition.hash_facts) == (content.hash_side("zh"), content.hash_facts())
    assert {sample_corpus.build_sentence(i) for i in (0, 1, 2)} == {
        sample_corpus.build_sentence(i) for i in (2, 1, 0)
    }
    call_command("rebuild_derived", "--check", stdout=StringIO())


@pytest.mark.parametrize("n", ["0", "100001"])
def test_sample_corpus_rejects_size_out_of_range(n: str) -> None:
    with pytest.raises(CommandError):
        call_command("load_sample_corpus", n)
