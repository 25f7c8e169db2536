"""Rows for the permission matrix: everything that a request to any address of the desk needs to succeed."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.admin.common.findings import CheckedContent as Findings
from briefs.content import SIDES, hash_json
from briefs.exchange import intake
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.brief_sheets import build_brief_rows
from briefs.models import (
    Author,
    Brief,
    Keyword,
    Mailing,
    Outbox,
    Person,
    SiteText,
    Source,
    Subscriber,
    Suggestion,
    Term,
)
from briefs.publications import mailings
from briefs.tests.bilingual.documents.word_builder import edit_word_file
from briefs.tests.conftest import SEED
from briefs.workflow.review_comments import TextAnchor
from briefs.workflow.rules.leaves import LEAVES

from . import brief_states, factories, issue_factories, mailing_fixtures
from .form_client import Form
from .picture_samples import photo

VOCABULARY: dict[str, tuple[type[Any], dict[str, str]]] = {
    "author": (Author, {"name": "Ann"}),
    "source": (Source, {"name": "The Paper"}),
    "keyword": (Keyword, {"label_zh": "港口", "label_en": "Ports"}),
    "term": (Term, {"zh": "灰色地帶", "en": "gray zone"}),
}
PASSWORD = "Correct-horse-battery-1"


class PermissionScenario:
    """People by their letter in the matrix, a brief in every state, and rows of every kind that belong to the writer."""

    def __init__(self) -> None:
        self.requests: dict[str, Any] = {}  # cache of `permission_requests.build_request`, by row name
        team = self.team = factories.Team()
        self.people = {
            "n": team.outsider, "w": team.writer, "v": team.other_writer, "r": team.reviewer,
            "e": team.reviewer_en, "p": team.other_publisher,
            "s": Person.objects.create_superuser("root", "root@example.org", "pw", name="root"),
            "i": factories.person("leaver", "Writers", "Reviewers", "Publishers"),
        }  # fmt: skip
        self.briefs = {state: build(team) for state, build in BRIEF_BUILDERS.items()}
        self.brief_in_review = self.briefs["reworded"]
        self._add_review_comments()
        self._add_files_and_settings()
        self._add_vocabulary()
        self._add_drafts()
        self._add_issues()
        self.clients = {key: self._log_in(person) for key, person in self.people.items()}
        self.clients |= {"a": Client(), "t": Client()}
        Person.objects.filter(pk=self.people["i"].pk).update(is_active=False)

    def _log_in(self, person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    def note_activity(self) -> None:
        """Let everybody have been active just now, or their next requests write that to their sessions."""
        for key in self.people.keys() - {"i"}:
            session = self.clients[key].session
            session["seen_at"] = int(time.time())
            session.save()

    def _add_review_comments(self) -> None:
        """Add a suggestion, notes, marks, a dismissal, a link and a letter to the brief in review."""
        brief, reviewer = self.brief_in_review, self.team.reviewer
        content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
        place = TextAnchor("bullet", content.bullets[0].number)
        text = content.bullets[0].text_en
        self.suggestion: Suggestion = workflow.review_comments.suggest(
            brief, place, "en", "Another wording.", by=self.team.publisher, seen=hash_json(text)
        )
        self.note = workflow.reviewing.add_note(brief, "看", by=reviewer)
        self.resolved_note = workflow.reviewing.add_note(brief, "好了", by=reviewer)
        workflow.reviewing.resolve(self.resolved_note, by=reviewer)
        self.anchor, self.text = f"b{place.bullet}", text
        finding = next(
            f for f in Findings.check(brief.pk, content).open_findings if f.check_name != "completeness"
        )
        self.dismissal = workflow.findings.dismiss(brief, finding, by=reviewer, reason="x", seen=content)
        self.link = factories.preview_link(brief)
        self.letter = factories.guest_letter(brief)
        self.shared_link = workflow.sharing.share(self.briefs["draft"], by=self.team.writer)

    def _add_files_and_settings(self) -> None:
        """Add an imported file, a picture, a failed notice, an unread one for everybody, a site text."""
        writer = self.team.writer
        ((outcome),) = intake.import_documents(
            [("原稿.txt", SEED.read_bytes())], intake.create_import_job(actor=writer)
        )
        self.imported_brief = Brief.objects.get(pk=outcome.brief)
        self.document = self.imported_brief.revisions.get().document_id
        self.picture = workflow.editing.store_picture(photo((320, 200)), by=writer)
        now = timezone.now()
        self.subscriber = Subscriber.objects.create(
            address="ada@example.org", side="en", created_at=now, confirmed_at=now
        )
        self.notice = Outbox.objects.order_by("pk")[0]
        Outbox.objects.filter(pk=self.notice.pk).update(error="down", attempts=5)
        for key, person in self.people.items():
            Outbox.objects.create(
                key=f"matrix:{key}",
                kind="noted",
                to=person,
                brief=self.brief_in_review,
                due_at=timezone.now(),
            )
        factories.write_public_text("about", "關於", "About", team=self.team)
        self.site_text = SiteText.objects.get()
        self.group = Group.objects.get(name="Writers")

    def _add_drafts(self) -> None:
        """Add drafts of the publisher and of the writer about names that public pages show."""
        keyword, source = Keyword.objects.get(label_zh="科技"), Source.objects.get(name="Foreign Policy")
        keyword.label_en, source.name_zh = "Tech", "外交"
        self.publishers_draft = workflow.vocabulary.save_vocabulary_row(keyword, by=self.team.publisher)
        self.writers_draft = workflow.vocabulary.save_vocabulary_row(source, by=self.team.writer)

    def _add_issues(self) -> None:
        """Add an issue in every state: the writer's, with the English reworded by the reviewer who does that."""
        team, brief = self.team, self.briefs["live"]
        reworded = issue_factories.submitted_issue(team, brief)
        issue_factories.edit_issue(reworded, self.people["e"], preface_en="A preface, reworded.")
        ready = issue_factories.submitted_issue(team, brief)
        issue_factories.edit_issue(ready, self.people["e"], preface_en="A preface, reworded.")
        issue_factories.sign_issue(ready, team.reviewer)
        coming = issue_factories.published_issue(team, brief, at=factories.tomorrow())
        discarded = issue_factories.draft_issue(team, brief)
        self.issues = {
            "discarded": discarded,
            "draft": issue_factories.draft_issue(team, brief),
            "submitted": issue_factories.submitted_issue(team, brief),
            "reworded": reworded,
            "ready": ready,
            "scheduled": coming.issue,
            "live": issue_factories.published_issue(team, brief).issue,
        }
        workflow.discard(discarded, by=team.writer)
        mailing_fixtures.hold_by_mail(self.briefs["withdrawn"], team.publisher, 1)
        mailing_fixtures.subscribe(1, first=50)
        self.mailings = {}
        for state in ("mailed", "sent", "paused"):
            edition = issue_factories.published_issue(team, brief)
            mailing = mailings.queue_issue(edition, by=team.publisher, due_at=factories.tomorrow())
            self.issues[state], self.mailings[state] = edition.issue, mailing
        mailings.pause_mailing(mailing, by=team.publisher)
        Mailing.objects.filter(pk=self.mailings["sent"].pk).update(state=Mailing.Status.DONE)

    def _add_vocabulary(self) -> None:
        """Add two similar unused rows of each kind, and one that is merged into the first."""
        self.rows: dict[str, list[Any]] = {}
        for name, (kind, values) in VOCABULARY.items():
            made = [kind.make(**{k: f"{v} {n}" for k, v in values.items()}) for n in range(3)]
            factories.merge_public_names(made[2:], into=made[0], team=self.team)
            self.rows[name] = made
        writer = self.writer_client = self._log_in(self.team.writer)
        self.sheets = {
            name: _preview_sheet(writer, name, csv_table(values))
            for name, (_kind, values) in VOCABULARY.items()
        }
        self._upload_brief_sheet(writer)

    def _upload_brief_sheet(self, writer: Client) -> None:
        """Export the briefs, change the headline of a draft in the sheet, and upload it."""
        rows = build_brief_rows(Brief.objects.filter(pk=factories.draft_brief(self.team).pk))["briefs"]
        rows[1][rows[0].index("headline_en")] = "From the sheet"
        self.brief_sheet = sheet_files.write_sheet(rows, "csv", title="x")
        self.sheets["brief"] = _preview_sheet(writer, "brief", self.brief_sheet)

    def changed_table(self) -> bytes:
        """Return the parallel table of the brief in review, with another Chinese summary."""
        brief = Brief.objects.get(pk=self.brief_in_review.pk)
        (file,) = write_table_files([brief])
        return edit_word_file(file.data, (f">{brief.summary_zh}<", ">譯者的摘要。<"))

    def upload_form(self) -> dict[str, Any]:
        text = SEED.read_text(encoding="utf-8").replace("Vivek Chilukuri", "Somebody Else")
        return {"paste": text, "words_of": self.team.writer.pk}


def _preview_sheet(client: Client, kind: str, data: bytes) -> dict[str, list[str]]:
    """Upload a sheet and return what its preview sends to confirm the import."""
    file = SimpleUploadedFile("x.csv", data)
    page = client.post(f"/admin/briefs/{kind}/import/", {"files": file, "csrfmiddlewaretoken": "x"})
    return Form(page.content.decode(), id="confirm-form").data


def csv_table(values: dict[str, str]) -> bytes:
    rows = [["slug", *values], ["", *(f"{value} new" for value in values.values())]]
    return sheet_files.write_sheet(rows, "csv", title="x")


def reworded(team: factories.Team) -> Brief:
    """Return a second version in review: the writer changed the Chinese text, a reviewer the English."""
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = factories.edit(brief, team.writer, summary_zh="摘要在 2027 年。", **factories.change_note())
    workflow.submit(brief, by=team.writer, version=brief.version)
    return factories.edit(brief, team.reviewer_en, summary_en="A summary, reworded.")


def ready(team: factories.Team) -> Brief:
    brief = reworded(team)
    factories.sign_off(brief, team.reviewer, *SIDES)
    return brief


BRIEF_BUILDERS: dict[str, Callable[[factories.Team], Brief]] = {
    "draft": factories.draft_brief,
    "submitted": factories.submitted_brief,
    "reworded": reworded,
    "ready": ready,
    "scheduled": brief_states.scheduled,
    "live": factories.live_brief,
    "withdrawn": brief_states.withdrawn,
    "discarded": brief_states.discarded,
}
"""Briefs by state, the keys of `PermissionScenario.briefs`."""


def valid_post_data(brief: Brief) -> dict[str, Any]:
    """Return valid data for any verb of a brief."""
    row = Brief.objects.get(pk=brief.pk)
    content = workflow.load_working_copy(row)
    return {
        "version": row.version, "seen": workflow.publishing.hash_for_approval(row),
        **{f"seen_{leaf}": workflow.reviewing.hash_for_sign_off(row, leaf) for leaf in LEAVES},
        "when": "now", "kind": "other",
        "reason": "快",
        "note": "再看", "sides": ["zh", "en"], "note_text": "看",
        "restore": 0, "iso": content.facts.date,
    }  # fmt: skip
