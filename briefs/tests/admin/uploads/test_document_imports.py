"""Documents uploaded or pasted on the desk: each text is a draft at once, and its doubts stand beside it."""

import json
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


def digest_text(n: int, **differences: str) -> str:
    fields = {
        "author": "Ann Lee",
        "date": "2025-05-19",
        "zh": f"第{n}篇。",
        "en": f"Number {n}.",
    } | differences
    more = fields.get("more", "")
    return (
        f"作者/Author(s): {fields['author']}\n網站來源/Source: Review\n日期/Date: {fields['date']}\n{more}"
        f"連結/URL: https://example.org/{n}\n\n摘要:\n{fields['zh']}\n\nSummary:\n{fields['en']}\n"
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
    page = writer_client.get(answer.url).text
    assert "date to confirm" in page
    assert (brief.state, brief.assigned_to, len(workflow.load_working_copy(brief).bullets)) == (
        State.DRAFT,
        team.writer,
        8,
    )


def test_several_documents_are_listed_and_a_refused_one_stores_nothing(writer_client: Client) -> None:
    files = {
        "words.txt": "蘋果\n香蕉\n橘子",
        "a.txt": digest_text(1),
        "picture.txt": b"\x89PNG",
        "bare.txt": "標題在此\n\n這一句話是沒有欄位名稱的摘要，長度足夠。\n\nThis is a summary that has no label at all.\n",
    }
    answer = import_files(writer_client, *(make_file(*file) for file in files.items()))
    page = answer.text
    assert list_results(answer) == ["Refused", "New", "Refused", "New"]
    assert "“words.txt”, line 1: expected a summary or points" in page
    assert f"“picture.txt”: expected {list_formats('en')}" in page
    assert sorted(Document.objects.values_list("name", flat=True)) == ["a.txt", "bare.txt"]


def test_page_with_script_gets_rows_and_addresses(writer_client: Client) -> None:
    fields = Form(writer_client.get(UPLOAD_URL).text, id="upload-form").data
    data = {
        "words_of": fields["words_of"][0],
        "files": [make_file("a.txt", digest_text(1)), make_file("b.txt", "x")],
    }
    answer = json.loads(writer_client.post(UPLOAD_URL, data, headers={"Accept": "application/json"}).content)
    assert answer["pages"] == [brief_url(Brief.objects.get()), ""]
    assert answer["rows"].count("<li>") == 2


def test_page_is_in_chinese_and_escapes_what_files_say(client: Client, team: Team) -> None:
    sign_in(client, team.writer, "zh-hant")
    text = digest_text(1, en="<script>alert(1)</script>", zh="")
    page = import_files(client, make_file("<b>.txt", text), make_file("壞.txt", "沒有欄位")).text
    assert "「壞.txt」第 1 行：此處應為" in page
    assert "<b>.txt" not in page
    assert "&lt;b&gt;.txt" in page


def test_uploaded_file_gives_same_brief_as_import_command(writer_client: Client, capsys: Any) -> None:
    brief = import_one(writer_client, SAMPLE)
    (line,), _code = run_import(capsys, FIXTURES / "samples" / "02-critical-minerals.txt")
    assert (line["status"], line["brief"]) == ("unchanged", brief.pk)


def test_pasted_text_is_read_as_a_page_is(writer_client: Client) -> None:
    answer = import_files(writer_client, paste=digest_text(1))
    assert answer.url == brief_url(Brief.objects.get())


def test_day_first_is_an_option_and_leaves_the_date_to_confirm(writer_client: Client) -> None:
    brief = import_one(writer_client, digest_text(1, date="06/09/2025"), day_first="on")
    assert (str(brief.article_date), brief.article_date_confirmed) == ("2025-09-06", False)


LIMITS = [
    ("MAX_FILE_SIZE", 100, "larger than"),
    ("MAX_FILES", 1, "files go at once"),
    ("MAX_TOTAL_SIZE", 300, "together"),
]


@pytest.mark.parametrize(("limit", "value", "sentence"), LIMITS)
def test_file_over_a_limit_is_refused_without_affecting_others(
    writer_client: Client, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, sentence: str
) -> None:
    monkeypatch.setattr(document_imports, limit, value)
    small = digest_text(1) if limit != "MAX_FILE_SIZE" else "Summary:\nA short one that is read."
    page = import_files(writer_client, make_file("a.txt", small), make_file("b.txt", digest_text(2))).text
    assert sentence in page
    assert list(Document.objects.values_list("name", flat=True)) == ["a.txt"]


def test_file_of_too_many_digests_is_refused(writer_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefs.exchange.intake.importer.DIGEST_LIMIT", 1)
    answer = import_files(writer_client, make_file("a.txt", digest_text(1) + "\n" + digest_text(2)))
    assert "holds 2 digests; at most 1 go at once" in answer.text
    assert not Brief.objects.exists()


# Doubts


def test_doubts_are_findings_that_are_dismissed_or_settled(writer_client: Client) -> None:
    text = digest_text(
        1, author="Jane Doe, John Smith Institute and Partners", more="Source: Other\nstray words\n"
    )
    brief = import_one(writer_client, text + "• 一。\n")
    assert "import.unplaced" not in list_codes(brief)
    note = brief.notes.get()
    assert "stray words" in note.text
    bare = import_one(
        writer_client,
        "標題在此\n\n這一句話是沒有欄位名稱的摘要，長度足夠。\n\nThis is a summary that has no label at all.\n",
        "b.txt",
    )
    assert list_codes(bare) == {"import.without-labels"}
    found = CheckedContent.check(bare.pk, workflow.load_working_copy(bare)).open_findings
    finding = next(f for f in found if f.check_name == "import")
    workflow.dismiss(bare, finding, by=bare.updated_by, reason="read", seen=workflow.load_working_copy(bare))
    assert list_codes(bare) == set()


def test_unplaced_line_alone_blocks_approval(writer_client: Client, team: Team) -> None:
    brief = import_one(writer_client, digest_text(1, more="stray words\n"))
    assert brief.notes.filter(resolved_at=None).count() == 1
    factories.edit(brief, team.writer, headline_zh="標題", headline_en="Headline")
    workflow.submit(brief, by=team.writer, version=Brief.objects.get().version)
    with pytest.raises(workflow.Refused) as refused:
        workflow.approve(brief, by=team.publisher, seen=workflow.hash_for_approval(Brief.objects.get()))
    assert "open-notes" in refused.value.codes


def test_known_name_is_used_instead_of_a_similar_new_one(writer_client: Client, team: Team) -> None:
    known = Author.make(name="Russell Hsiao", name_zh="蕭良其")
    keyword = Keyword.make(label_zh="台灣海峽", label_en="Taiwan Strait")
    brief = import_one(writer_client, digest_text(1, author="Russell Hsaio", more="關鍵字/Keywords: 台海\n"))
    assert list_codes(brief) == {"import.author-similar", "import.unknown-keyword"}
    for new, row in (
        (Author.objects.exclude(pk=known.pk).get(), known),
        (Keyword.objects.get(label_zh="台海"), keyword),
    ):
        kind = row._meta.model_name
        offer = f"use_known:{kind}-{new.pk}-{row.pk}"
        assert offer in writer_client.get(f"{brief_url(brief)}?findings=1").text
        assert act(writer_client, brief, offer).status_code == 302
        new.refresh_from_db()
        assert new.merged_into_id == row.pk
    assert list_codes(brief) == set()
    second = import_one(writer_client, digest_text(2, author="Russell Hsaio"), "b.txt")
    assert workflow.load_working_copy(second).facts.authors[0].author == known.pk
    assert act(writer_client, brief, "use_known:author-1-x").status_code == 404


# The one question: a new version of a brief, or another brief


def test_same_document_is_unchanged_also_under_another_name(writer_client: Client) -> None:
    import_one(writer_client, SAMPLE)
    before = Revision.objects.count()
    answer = import_files(writer_client, make_file("a.txt", SAMPLE), make_file("b.txt", SAMPLE))
    assert list_results(answer) == ["Unchanged", "Unchanged"]
    assert (Brief.objects.count(), Revision.objects.count()) == (1, before)


def test_changed_document_asks_on_its_draft(writer_client: Client) -> None:
    first = import_one(writer_client, SAMPLE)
    draft = import_one(writer_client, SAMPLE.replace(OLD, NEW), "renamed.txt")
    assert draft.version_of == first
    page = writer_client.get(brief_url(draft)).text
    assert f"Is this file a new version of brief {first.pk}, or another brief?" in " ".join(page.split())
    act(writer_client, draft, "other")
    draft.refresh_from_db()
    assert (draft.version_of, draft.state) == (None, State.DRAFT)
    assert not first.suggestions.exists()


def test_new_version_suggests_what_the_file_changed(writer_client: Client, team: Team) -> None:
    first = import_one(writer_client, SAMPLE)
    content = workflow.load_working_copy(first)
    desk = content.bullets[0]
    factories.edit(first, team.other_writer, summary_zh="桌上的新摘要。")
    new_point = "• A wholly new point about recycling, which the first version lacked.\n"
    text = SAMPLE.replace(OLD, NEW).rstrip() + "\n" + new_point
    draft = import_one(writer_client, text)
    answer = act(writer_client, draft, "version")
    assert answer.url == brief_url(first)
    draft.refresh_from_db()
    first.refresh_from_db()
    assert (draft.state, draft.version_of) == (State.DISCARDED, first)
    asked = list(first.suggestions.order_by("id"))
    assert [s.side for s in asked] == ["en", "en"]
    assert NEW in asked[0].text
    assert (asked[1].after, asked[1].was) == (content.bullets[-1].number, "")
    assert workflow.load_working_copy(first).summary_zh == "桌上的新摘要。", "only the desk changed it"
    page = writer_client.get(brief_url(first)).text
    assert "“a.txt” suggests 2 changes." in " ".join(page.split())
    act(writer_client, first, "accept_file:1", **{"file-1": "a.txt"})
    after = workflow.load_working_copy(first)
    assert NEW in " ".join(b.text_en for b in after.bullets)
    assert after.bullets[-1].text_en.startswith("A wholly new point")
    assert [b.number for b in after.bullets[:-1]] == [b.number for b in content.bullets]
    assert first.revisions.count() == 3, "one revision for all"
    assert after.bullets[0].text_zh == desk.text_zh
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


def test_discarded_brief_is_no_earlier_one(writer_client: Client, team: Team) -> None:
    first = import_one(writer_client, SAMPLE)
    workflow.discard(first, by=team.writer, version=first.version)
    assert import_one(writer_client, SAMPLE.replace(OLD, NEW)).version_of is None


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
    factories.load_vocabulary()
    sign_in(client, team.publisher)
    import_files(client, make_file("seed.txt", SEED.read_bytes()), words_of=str(team.writer.pk))
    brief = Brief.objects.get()
    Brief.objects.filter(pk=brief.pk).update(state="in_review")
    for reader, is_settled in ((team.publisher, False), (team.reviewer, True)):
        factories.sign_off(brief, reader)
        leaf = BriefFacts(brief, timezone.now()).leaves["zh"]
        assert leaf.changed_by == {team.writer.pk, team.publisher.pk}
        assert four_eyes.is_settled(leaf) == is_settled
    page = client.get(f"/admin/briefs/brief/{brief.pk}/timeline/").text
    assert "Written by writer" in page


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


@pytest.mark.parametrize("writer_named", [True, False])
def test_import_command_is_a_change_of_the_person_named_or_of_the_importer(
    team: Team, writer_named: bool
) -> None:
    factories.load_vocabulary()
    options = ["--written-by", team.writer.username] if writer_named else []
    call_command("import_briefs", str(SEED), *options, "--format", "json")
    revision = Revision.objects.get()
    assert (revision.by.username, revision.also_by) == ("writer" if writer_named else "importer", [])


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
