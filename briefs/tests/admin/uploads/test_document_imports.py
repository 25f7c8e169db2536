"""Documents uploaded or pasted on the desk: each text is a draft at once, and its doubts stand beside it."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.findings import CheckedContent
from briefs.admin.uploads import document_imports
from briefs.bilingual.documents.files.formats import list_formats
from briefs.models import Author, Brief, Document, Event, Keyword, Revision, State
from briefs.tests.conftest import FIXTURES, SEED
from briefs.tests.exchange.intake.test_importer import run_import
from briefs.tests.support import factories
from briefs.tests.support.concurrency import racers
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, sign_in
from briefs.workflow.rules import four_eyes
from briefs.workflow.rules.standing import BriefFacts

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
UPLOAD_URL = "/admin/briefs/brief/upload/"
SAMPLE = (FIXTURES / "samples" / "02-critical-minerals.txt").read_text(encoding="utf-8")
OLD, NEW = "The real bottleneck is refining", "The true bottleneck lies in refining"


def make_file(name: str, text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


BARE = "標題在此\n\n這一句話是沒有欄位名稱的摘要，長度足夠。\n\nThis is a summary that has no label at all.\n"


def digest_text(n: int, *, author: str = "Ann Lee", date: str = "2025-05-19", more: str = "") -> str:
    return (
        f"作者/Author(s): {author}\n網站來源/Source: Review\n日期/Date: {date}\n{more}"
        f"連結/URL: https://example.org/{n}\n\n摘要:\n第{n}篇。\n\nSummary:\nNumber {n}.\n"
    )


def import_files(client: Client, *files: SimpleUploadedFile, **fields: Any) -> Any:
    """Send the form of the page, as without JavaScript. Return the answer."""
    form = Form(client.get(UPLOAD_URL).text, id="upload-form")
    data = {name: values[-1] for name, values in form.data.items() if name != "files"}
    return client.post(UPLOAD_URL, {**data, **fields, "files": list(files)})


def list_results(answer: Any) -> list[str]:
    """Return the badge of each row of the list."""
    rows = answer.text.partition('id="imported"')[2].partition("</ul>")[0]
    return re.findall(r'class="badge [a-z]*"\s*>\s*([^<]+?)\s*<', rows)


def list_codes(brief: Brief) -> set[str]:
    content = workflow.load_working_copy(brief)
    found = CheckedContent.check(brief.pk, content).open_findings
    return {re.sub("-[0-9a-f]{8}$", "", f.code) for f in found if f.check_name == "import"}


def act(client: Client, brief: Brief, do: str, **fields: Any) -> Any:
    return client.post(f"/admin/briefs/brief/{brief.pk}/review/", {"do": do, **fields})


def import_one(client: Client, text: str, name: str = "a.txt", **fields: Any) -> Brief:
    before = set(Brief.objects.values_list("pk", flat=True))
    answer = import_files(client, make_file(name, text), **fields)
    assert answer.status_code == 302, answer.text[-3000:]
    return Brief.objects.exclude(pk__in=before).get()


def test_one_document_leads_to_its_draft_with_its_doubts(writer_client: Client, team: Team) -> None:
    factories.load_vocabulary()
    answer = import_files(writer_client, make_file("seed.txt", SEED.read_bytes()))
    brief = Brief.objects.get()
    assert answer.url == brief_url(brief)
    assert "date to confirm" in writer_client.get(answer.url).text
    assert (brief.state, brief.assigned_to, brief.bullets.count()) == (State.DRAFT, team.writer, 8)
    answer = import_files(writer_client, paste=digest_text(1, date="06/09/2025"), day_first="on")
    pasted = Brief.objects.latest("pk")
    assert answer.url == brief_url(pasted)
    assert (str(pasted.article_date), pasted.article_date_confirmed) == ("2025-09-06", False)


def test_several_documents_are_listed_and_a_refused_one_stores_nothing(
    client: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, team.writer, "zh-hant")
    monkeypatch.setattr("briefs.exchange.intake.importer.DIGEST_LIMIT", 1)
    files = {
        "<b>.txt": "蘋果\n香蕉\n橘子",
        "a.txt": digest_text(1),
        "picture.txt": b"\x89PNG",
        "two.txt": digest_text(2) + "\n" + digest_text(3),
        "bare.txt": BARE,
    }
    answer = import_files(client, *(make_file(*file) for file in files.items()))
    assert list_results(answer) == ["無法接受", "新增", "無法接受", "無法接受", "新增"]
    for words in (
        "「&lt;b&gt;.txt」第 1 行：此處應為",
        f"「picture.txt」：此處應為{list_formats('zh')}",
        "「two.txt」",
    ):
        assert words in answer.text
    assert "<b>.txt" not in answer.text
    assert sorted(Document.objects.values_list("name", flat=True)) == ["a.txt", "bare.txt"]


def test_page_with_script_gets_rows_and_addresses(writer_client: Client) -> None:
    fields = Form(writer_client.get(UPLOAD_URL).text, id="upload-form").data
    files = [make_file("a.txt", digest_text(1)), make_file("b.txt", "x")]
    data = {"words_of": fields["words_of"][0], "files": files}
    answer = writer_client.post(UPLOAD_URL, data, headers={"Accept": "application/json"}).json()
    assert answer["pages"] == [brief_url(Brief.objects.get()), ""]
    assert answer["rows"].count("<li>") == 2


def test_same_document_is_unchanged_by_page_and_command(writer_client: Client, capsys: Any) -> None:
    brief = import_one(writer_client, SAMPLE)
    before = Revision.objects.count()
    answer = import_files(writer_client, make_file("a.txt", SAMPLE), make_file("b.txt", SAMPLE))
    assert list_results(answer) == ["Unchanged", "Unchanged"]
    (line,), _code = run_import(capsys, FIXTURES / "samples" / "02-critical-minerals.txt")
    assert (line["status"], line["brief"]) == ("unchanged", brief.pk)
    assert (Brief.objects.count(), Revision.objects.count()) == (1, before)


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("MAX_FILE_SIZE", 100, "larger than"),
        ("MAX_FILES", 1, "files go at once"),
        ("MAX_TOTAL_SIZE", 300, "together"),
    ],
)
def test_file_over_a_limit_is_refused_without_affecting_others(
    writer_client: Client, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, sentence: str
) -> None:
    monkeypatch.setattr(document_imports, limit, value)
    small = make_file("a.txt", "Summary:\nA short one that is read.")
    assert sentence in import_files(writer_client, small, make_file("b.txt", digest_text(2) * 2)).text
    assert list(Document.objects.values_list("name", flat=True)) == ["a.txt"]


# Doubts


def test_doubts_are_findings_that_are_dismissed_or_notes_that_keep_back(
    writer_client: Client, team: Team
) -> None:
    brief = import_one(writer_client, digest_text(1, more="stray words\n"))
    assert "import.unplaced" not in list_codes(brief)
    assert "stray words" in brief.notes.get(resolved_at=None).text
    brief = factories.edit(brief, team.writer, headline_zh="標題", headline_en="Headline")
    workflow.submit(brief, by=team.writer, version=brief.version)
    with pytest.raises(workflow.Refused) as refused:
        factories.approve(brief, team.publisher)
    assert "open-notes" in refused.value.codes
    bare = import_one(writer_client, BARE, "b.txt")
    assert list_codes(bare) == {"import.without-labels"}
    content = workflow.load_working_copy(bare)
    found = CheckedContent.check(bare.pk, content).open_findings
    finding = next(f for f in found if f.check_name == "import")
    workflow.findings.dismiss(bare, finding, by=bare.updated_by, reason="read", seen=content)
    assert list_codes(bare) == set()


def test_known_name_is_used_instead_of_a_similar_new_one(writer_client: Client, team: Team) -> None:
    known = Author.make(name="Russell Hsiao", name_zh="蕭良其")
    keyword = Keyword.make(label_zh="台灣海峽", label_en="Taiwan Strait")
    brief = import_one(writer_client, digest_text(1, author="Russell Hsaio", more="關鍵字/Keywords: 台海\n"))
    assert list_codes(brief) == {"import.author-similar", "import.unknown-keyword"}
    for new, row in (
        (Author.objects.exclude(pk=known.pk).get(), known),
        (Keyword.objects.get(label_zh="台海"), keyword),
    ):
        offer = f"use_known:{row._meta.model_name}-{new.pk}-{row.pk}"
        assert offer in writer_client.get(f"{brief_url(brief)}?findings=1").text
        assert act(writer_client, brief, offer).status_code == 302
        new.refresh_from_db()
        assert new.merged_into_id == row.pk
    assert list_codes(brief) == set()
    second = import_one(writer_client, digest_text(2, author="Russell Hsaio"), "b.txt")
    assert factories.load_content(second).facts.authors[0].author == known.pk
    assert act(writer_client, brief, "use_known:author-1-x").status_code == 404


# The one question: a new version of a brief, or another brief


def test_changed_document_asks_on_its_draft(writer_client: Client, team: Team) -> None:
    first = import_one(writer_client, SAMPLE)
    draft = import_one(writer_client, SAMPLE.replace(OLD, NEW), "renamed.txt")
    assert draft.version_of == first
    page = " ".join(writer_client.get(brief_url(draft)).text.split())
    assert f"Is this file a new version of brief {first.pk}, or another brief?" in page
    act(writer_client, draft, "other")
    draft.refresh_from_db()
    assert (draft.version_of, draft.state) == (None, State.DRAFT)
    assert not first.suggestions.exists()
    for brief in (first, draft):
        workflow.discard(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    third = import_one(writer_client, SAMPLE.replace(OLD, "Refining is it"))
    assert third.version_of is None, "a discarded brief is no earlier one"


def test_new_version_suggests_what_the_file_changed(writer_client: Client, team: Team) -> None:
    first = import_one(writer_client, SAMPLE)
    before = workflow.load_working_copy(first)
    factories.edit(first, team.other_writer, summary_zh="桌上的新摘要。")
    new_point = "• A wholly new point about recycling, which the first version lacked.\n"
    text = SAMPLE.replace(OLD, NEW).rstrip() + "\n" + new_point
    draft = import_one(writer_client, text)
    assert act(writer_client, draft, "version").url == brief_url(first)
    draft.refresh_from_db()
    assert (draft.state, draft.version_of) == (State.DISCARDED, first)
    reworded, added = first.suggestions.order_by("id")
    assert NEW in reworded.text
    assert (reworded.side, added.side, added.after, added.was) == ("en", "en", before.bullets[-1].number, "")
    assert factories.load_content(first).summary_zh == "桌上的新摘要。", "only the desk changed it"
    page = " ".join(writer_client.get(brief_url(first)).text.split())
    assert "“a.txt” suggests 2 changes." in page
    act(writer_client, first, "accept_file:1", **{"file-1": "a.txt"})
    *bullets, last = factories.load_content(first).bullets
    assert NEW in " ".join(b.text_en for b in bullets)
    assert last.text_en.startswith("A wholly new point")
    assert [(b.number, b.text_zh) for b in bullets] == [(b.number, b.text_zh) for b in before.bullets]
    assert first.revisions.count() == 3, "one revision for all"
    answer = import_files(writer_client, make_file("a.txt", text))
    assert answer.url == brief_url(first), "the version is known"


def test_live_brief_gets_its_next_version(writer_client: Client, team: Team) -> None:
    live = factories.live_brief(team, factories.content(facts=factories.facts(url="https://example.org/1")))
    newer = import_one(writer_client, digest_text(1))
    act(writer_client, newer, "version")
    live.refresh_from_db()
    assert (live.state, live.suggestions.count()) == (State.DRAFT, 2)
    assert "Ann Lee" in live.notes.get().text, "a fact that differs"


def test_claim_takes_the_text_directly(writer_client: Client, team: Team) -> None:
    claim = workflow.claim("https://example.org/1", by=team.other_writer)
    answer = import_files(writer_client, make_file("a.txt", digest_text(1)))
    assert answer.url == brief_url(claim)
    claim.refresh_from_db()
    assert (claim.summary_en, claim.assigned_to, Brief.objects.count()) == ("Number 1.", team.other_writer, 1)


def test_names_of_a_discarded_import_are_hidden_until_it_is_recovered(
    writer_client: Client, team: Team
) -> None:
    brief = import_one(writer_client, digest_text(1, author="Zoe Newname", more="關鍵字/Keywords: 新詞\n"))
    addresses = {
        "Zoe Newname": "/admin/briefs/author/",
        "新詞": "/admin/briefs/keyword/",
        '"Zoe Newname"': "/admin/briefs/brief/names/?kind=author&q=Zoe",
    }

    def list_shown() -> list[bool]:
        return [name in writer_client.get(address).text for name, address in addresses.items()]

    assert list_shown() == [True] * 3
    workflow.discard(brief, by=team.writer, version=brief.version)
    assert list_shown() == [False] * 3
    workflow.recover(brief, by=team.writer, version=Brief.objects.get().version)
    assert list_shown() == [True] * 3


# Four eyes


def test_uploader_under_another_name_is_an_editor_beside_the_person_named(client: Client, team: Team) -> None:
    sign_in(client, team.publisher)
    brief = import_one(client, SAMPLE, words_of=str(team.writer.pk))
    Brief.objects.update(state="in_review")
    for reader, is_settled in ((team.publisher, False), (team.reviewer, True)):
        factories.sign_off(brief, reader)
        leaf = BriefFacts(Brief.objects.get(), timezone.now()).leaves["zh"]
        assert leaf.changed_by == {team.writer.pk, team.publisher.pk}
        assert four_eyes.is_settled(leaf) == is_settled
    assert "Written by writer" in client.get(brief_url(brief, "timeline")).text
    call_command("import_briefs", str(SEED), "--format", "json")
    revision = Revision.objects.latest("pk")
    assert (revision.by.username, revision.also_by) == ("importer", []), "whom the command imports for"


@pytest.mark.parametrize("is_together", [True, False])
def test_uploader_and_editors_of_the_draft_change_every_accepted_word(
    client: Client, team: Team, *, is_together: bool
) -> None:
    brief = factories.draft_brief(team, factories.content(facts=factories.facts(url="https://example.org/1")))
    sign_in(client, team.publisher)
    draft = import_one(client, digest_text(1), words_of=str(team.other_writer.pk))
    assert draft.version_of == brief
    factories.edit(draft, team.writer, summary_en="Edited on the draft.")
    act(sign_in(client, team.other_writer), draft, "version")
    accepting = sign_in(Client(), team.writer)
    if is_together:
        act(accepting, brief, "accept_file:1", **{"file-1": "a.txt"})
    else:
        asked = brief.suggestions.get(field="summary", side="en")
        act(accepting, brief, f"accept:{asked.pk}")
    revision = brief.revisions.first()
    assert revision is not None
    people = {team.publisher.pk, team.other_writer.pk, team.writer.pk}
    assert set(revision.list_people_ids()) == people
    assert BriefFacts(brief, timezone.now()).leaves["en"].changed_by >= people


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_killed_import_is_whole_and_all_sent_again_is_once(writer_client: Client, team: Team) -> None:
    count = 45
    texts = {f"{n}.txt": digest_text(n) for n in range(count)}
    values = {"texts": texts, "by": team.writer.pk}
    with racers(2) as workers:
        for at in (3, 20, 35) if connection.vendor == "sqlite" else ():  # a thread's fork hangs
            (killed,) = workers.race(("killed", {"at": at, "act": "import_texts", "values": values}))
            assert killed == {"did": False}
            events = Event.objects.filter(verb="import").count()
            assert Brief.objects.count() == Revision.objects.count() == events
        workers.race(("import_texts", values), ("import_texts", values))
    assert Brief.objects.count() == count
