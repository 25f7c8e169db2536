"""A team that works at the desk through its pages, verbs, forms and files. `team_steps.py` compares with a model after each act."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import urlencode

from briefs import workflow
from briefs.admin.common.brief_pages import get_brief_or_404
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.verbs.verb_views import DIRECT_VERBS
from briefs.content import hash_json
from briefs.models import (
    Brief,
    Keyword,
    Note,
    Person,
    Proposal,
    Suggestion,
)
from briefs.tests.documents.word_builder import edit_word_file

from .form_client import Form
from .second_person_model import NAMES_OF, SIDES, find_tokens
from .team_steps import IMPORTER, PHRASES, RETURNING_VERBS, SLOTS, Act, Page, TeamSteps


class TeamAtDesk(TeamSteps):
    """`roles` has a letter for each person: w, r or p. People are named `p1`, `w2` …"""

    # Pages

    def open_page(self, who: str, kind: str, pk: int) -> Page:
        """Open a page of a brief: `write` or `approve`. For the page for writing, only its fields are built."""
        if kind == "write":
            data = self.read_copy(pk).data | {"page": [f"{self.pks[who]:032x}"]}
            page = Page(data, self.read_desk(pk), frozenset(), "")
        else:
            page = self._open_verb(who, kind, pk)
        self.state.pages[who, kind, pk] = page
        return page

    def take_page(self, who: str, kind: str, pk: int, *, stale: bool) -> Page:
        """Return a page that shows the newest version, or what the person has open if `stale`."""
        mine = self.state.pages.get((who, kind, pk))
        return mine if stale and mine and mine.data else self.open_page(who, kind, pk)

    def post(self, who: str, address: str, data: Any, **files: Any) -> Any:
        response = self.clients[who].post(address, data, **files)
        assert response.status_code < 500, (address, response.status_code)
        return response

    # Acts on a brief

    def create(self, who: str) -> int:
        """Write a new brief on the desk."""
        form = Form(self.clients[who].get("/admin/briefs/brief/add/").content.decode())
        rows = {}
        for n in ("1", "2"):
            rows |= {f"text_zh-n{n}": self.write(n, "zh", who), f"text_en-n{n}": self.write(n, "en", who)}
        data = form.data | {
            **{f"{slot}_{side}": self.write(slot, side, who) for slot in ("headline", "summary") for side in SIDES},
            "bullet": ["n1", "n2"], **rows,
            "source_new": f"Outlet {self.new_token('n', who)}", "date": "2025-06-09", "title": f"Title {self.new_token('f', who)}",
            "author": ["w1"], "name-w1": f"Author {self.new_token('n', who)}",
            "keyword": ["x1"], "name-x1": self.new_keyword(who),
        }  # fmt: skip
        before = set(Brief.objects.values_list("pk", flat=True))

        def act() -> Act:
            assert self.post(who, "/admin/briefs/brief/add/", data).status_code == 302
            return Act(who)

        self.play(f"{who} writes a brief", act)
        (pk,) = set(Brief.objects.values_list("pk", flat=True)) - before
        return pk

    def new_keyword(self, who: str) -> str:
        return f"詞{self.new_token('n', who)} · Word {self.new_token('n', who)}"

    def edit(
        self,
        who: str,
        pk: int,
        change: Callable[[dict[str, list[str]]], dict[str, Any]],
        text: str,
        *,
        autosave: bool = False,
        stale: bool = False,
    ) -> None:
        """Change the form of a brief and save it."""

        def act() -> Act:
            page = self.take_page(who, "write", pk, stale=stale)
            changed = change(page.data)
            data = page.data | changed
            for name in changed:
                self.state.texts.setdefault((pk, name), []).extend(page.data.get(name, []))
            answer = self.post(who, brief_url_of(pk, "autosave" if autosave else "change"), data)
            self.note(f"{answer.status_code}")
            if autosave and answer.status_code == 200 and answer.json()["content"] is None:
                told = answer.json()
                self.state.pages[who, "write", pk] = Page(
                    data | {"version": [str(told["version"])], "base": [str(told["base"])]},
                    self.read_desk(pk),
                    page.names,
                    "",
                )
            else:
                self.state.pages.pop((who, "write", pk), None)
            return Act(who)

        self.play(f"{who} {text} of brief {pk}{' from an old page' if stale else ''}", act)

    def verb(
        self,
        who: str,
        pk: int,
        verb: str,
        *,
        stale: bool = False,
        data: dict[str, Any] | None = None,
        **values: Any,
    ) -> bool:
        """Press a button of the brief's page. Return whether the verb was done."""
        done = []

        def act() -> Act:
            is_signoff = verb.startswith("sign_off_")
            page = self.take_page(who, "write", pk, stale=stale)
            names = ("version", "base", "page", "seen_zh", "seen_en")
            sent = {name: page.data[name] for name in names if name in page.data}
            if refusal := self._press(who, pk, verb, sent | (data or {})):
                self.note(f"refused: {refusal}")
                return Act(who, **values)
            done.append(verb)
            if is_signoff:
                side = verb[-2:]
                self.model.record_vouch(pk, side, page.values[side], by=who)
            self.note("done")
            return Act(who, **values)

        what = f"{verb} {number}" if (number := (data or {}).get("restore")) else verb
        self.play(f"{who} {what} brief {pk}{' from an old page' if stale else ''}", act)
        return bool(done)

    def _press(self, who: str, pk: int, verb: str, data: dict[str, Any]) -> str:
        """Send a button of the brief's page, in process if it has no page of its own. Return why it was refused."""
        if verb not in DIRECT_VERBS:
            answer = self.post(who, brief_url_of(pk, verb), data)
            return "" if answer.status_code == 302 else _find_reasons(answer)
        try:
            sent = QueryDict(urlencode(data, doseq=True))
            DIRECT_VERBS[verb](Brief.objects.get(pk=pk), Person.objects.get(pk=self.pks[who]), sent)
        except workflow.Refused as refused:
            return str(refused)
        return ""

    def form_verb(self, who: str, pk: int, verb: str, *, stale: bool = False, **fields: Any) -> bool:
        """Open the page of a verb, fill in its form and send it. `approve` ticks every fact that the page lists."""
        done = []

        def act() -> Act:
            page = (
                self.take_page(who, "approve", pk, stale=stale)
                if verb == "approve"
                else self._open_verb(who, verb, pk)
            )
            if "seen" not in page.data:
                self.note("no form")
                return Act(who)
            ticks = re.findall(r'name="ticked"\s+value="(\w+)"', page.html)
            answer = self.post(who, brief_url_of(pk, verb), page.data | {"ticked": ticks} | fields)
            if answer.status_code == 302:
                done.append(verb)
            self.note("done" if done else f"refused: {_find_reasons(answer)}")
            self.state.pages.pop((who, "approve", pk), None)
            published = pk if done and verb in ("approve", "publish_urgently") else None
            is_scheduled = published is not None and fields["when"] == "later"
            if done and verb == "confirm":
                self.model.record_confirmation(pk)
            return Act(who, published=published, is_urgent=verb == "publish_urgently", seen=page,
                       is_scheduled=is_scheduled, is_discard=verb == "discard", may_return=verb in RETURNING_VERBS)  # fmt: skip

        self.play(f"{who} {verb} brief {pk}{' from an old page' if stale else ''}", act)
        return bool(done)

    def _open_verb(self, who: str, verb: str, pk: int) -> Page:
        response = self.clients[who].get(brief_url_of(pk, verb))
        html = response.content.decode() if response.status_code == 200 else ""
        return Page(Form(html, id=None).data, self.read_desk(pk), frozenset(find_tokens(html, "n")), html)

    def approve(self, who: str, pk: int, *, stale: bool = False, later: bool = False) -> bool:
        change = {"kind": "update", "note_zh": "改", "note_en": "Changed"}
        return self.form_verb(who, pk, "approve", stale=stale, **change, **_at(later=later))

    def reschedule(self, who: str, pk: int, *, later: bool) -> bool:
        return self.form_verb(who, pk, "reschedule", **_at(later=later))

    def wait(self) -> None:
        """Let the time of a scheduled edition come."""

        def act() -> Act:
            self.clock.shift(dt.timedelta(hours=2))
            return Act("the clock", may_return=True)

        self.play("two hours pass", act)

    def restore(self, who: str, pk: int, number: int) -> bool:
        return self.verb(who, pk, "restore", data={"restore": number})

    def sign(self, who: str, pk: int, *sides: str, stale: bool = False) -> bool:
        done = [self.verb(who, pk, f"sign_off_{side}", stale=stale) for side in sides or SIDES]
        return all(done)

    # Texts

    def slot_field(self, data: dict[str, list[str]], slot: str, side: str) -> str:
        """Return the form field of a slot: headline, summary, or the n-th bullet that the page shows."""
        if not slot.isdecimal():
            return f"{slot}_{side}"
        keys = [key for key in data["bullet"] if key.startswith("b")]
        return f"text_{side}-{keys[min(int(slot), len(keys)) - 1]}"

    def reword(self, who: str, pk: int, slot: str, side: str, text: str = "", **options: Any) -> None:
        new = text or self.write(slot, side, who)
        self.edit(
            who,
            pk,
            lambda data: {self.slot_field(data, slot, side): [new]},
            f"rewords the {slot} {side}",
            **options,
        )

    def type_letter(self, who: str, pk: int, slot: str, side: str, *, undo: bool = True) -> None:
        """Add a letter to a text and, unless told otherwise, delete it again."""
        kept: list[str] = []

        def add(data: dict[str, list[str]]) -> dict[str, Any]:
            name = self.slot_field(data, slot, side)
            kept[:] = data[name]
            return {name: [self.add_letter(data[name][0], who)]} if find_tokens(data[name][0], "ze") else {}

        self.edit(who, pk, add, f"adds a letter to the {slot} {side}", autosave=True)
        if undo and kept:
            self.edit(
                who,
                pk,
                lambda data: {self.slot_field(data, slot, side): kept},
                f"deletes the letter in the {slot} {side}",
                autosave=True,
            )

    def retype(self, who: str, pk: int, slot: str, side: str, pick: Callable[[list[str]], str]) -> None:
        """Type a text that the slot had before."""

        def back(data: dict[str, list[str]]) -> dict[str, Any]:
            name = self.slot_field(data, slot, side)
            former = self.state.texts.get((pk, name))
            return {name: [pick(former)]} if former else {}

        self.edit(who, pk, back, f"types an earlier {slot} {side}")

    def move_bullets(self, who: str, pk: int) -> None:
        self.edit(who, pk, lambda data: {"bullet": data["bullet"][::-1]}, "turns the order of the bullets")

    def change_fact(self, who: str, pk: int, name: str, value: str = "", **options: Any) -> None:
        if not value:
            token = self.new_token("f", who)
            value = {"title": f"Title {token}", "doi": f"10.1000/{token}"}.get(
                name
            ) or f"2025-06-{10 + self.state.counter % 20}"
        self.edit(who, pk, lambda data: {name: [value]}, f"changes the fact {name}", **options)

    def create_keyword(self, who: str) -> tuple[str, str]:
        """Create a keyword in the dialog of the page for writing. Return its id and its name."""
        typed = self.new_keyword(who)
        made: list[str] = []

        def act() -> Act:
            zh, en = typed.split(" · ")
            known = list(
                Keyword.objects.values_list("pk", flat=True)
            )  # shown as similar, and none of them meant
            data = {"kind": "keyword", "label_zh": zh, "label_en": en, "known": known}
            answer = self.post(who, "/admin/briefs/brief/names/create/", data)
            self.note(str(answer.status_code))
            if answer.status_code == 200:
                made[:] = [str(answer.json()["id"])]
            return Act(who, is_vocabulary=True)

        self.play(f"{who} creates the keyword {typed} in the dialog", act)
        return (made or [""])[0], typed

    def add_keyword(self, who: str, pk: int, typed: str = "", id: str = "") -> None:
        """Add a keyword, by default one that is new to the vocabulary."""
        typed = typed or self.new_keyword(who)
        self.model.record_name_vouch(find_tokens(typed, "n"), by=who)  # whoever types a name knows it
        self.edit(
            who,
            pk,
            lambda data: {
                "keyword": [*data["keyword"], "x9"],
                "name-x9": [typed],
                "deleted-x9": [""],
                "id-x9": [id],
                "was-x9": [typed if id else ""],
            },
            f"adds the keyword {typed}",
        )

    def resolve_notes(self, who: str, pk: int) -> None:
        for note in Note.objects.filter(brief=pk, resolved_at=None).values_list("pk", flat=True):
            self.verb(who, pk, "resolve", data={"note": note})

    def tick_facts(self, who: str, pk: int) -> None:
        """Tick every fact that the page of the brief offers to tick."""

        def act() -> Act:
            desk = BriefPageData(get_brief_or_404(pk), Person.objects.get(pk=self.pks[who]))
            shown = {
                "facts": desk.facts_to_tick,
                "may_tick": desk.may_tick_facts,
                "every": desk.every_fact_to_tick,
            }
            html, values = render_to_string("admin/briefs/common/_fact_ticks.html", shown), self.read_desk(pk)
            offered = re.findall(r'name="fact"\s+value="(\w+:\w+)"', html)
            if offered:
                refusal = self._press(who, pk, "tick_facts", {"fact": " ".join(offered)})
                self.note(f"refused: {refusal}" if refusal else "done")
                if not refusal:
                    self.model.record_name_vouch(find_tokens(html, "n"), by=who)
                    for name in (value.partition(":")[0] for value in offered):
                        for part in (name, f"{NAMES_OF}{name}"):
                            self.model.record_vouch(pk, part, values.get(part, ()), by=who)
            return Act(who)

        self.play(f"{who} ticks the facts of brief {pk}", act)

    # Suggestions

    def suggest(self, who: str, pk: int, slot: str, side: str) -> None:
        def act() -> Act:
            data = self.open_page(who, "write", pk).data
            name = self.slot_field(data, slot, side)
            anchor = name.partition("-")[2] or slot
            seen = hash_json(data[name][0])
            data = {
                "do": f"suggest:{anchor}:{side}",
                f"suggest-{anchor}-{side}": self.write(slot, side, who),
                f"seen-{anchor}-{side}": seen,
            }
            self.note(str(self.post(who, brief_url_of(pk, "review"), data).status_code))
            return Act(who)

        self.play(f"{who} suggests another {slot} {side} of brief {pk}", act)

    def accept_suggestion(self, who: str, pk: int) -> None:
        def act() -> Act:
            waiting = Suggestion.objects.filter(brief=pk, answer="").order_by("-pk").first()
            if waiting:
                self.note(
                    str(
                        self.post(who, brief_url_of(pk, "review"), {"do": f"accept:{waiting.pk}"}).status_code
                    )
                )
            return Act(who)

        self.play(f"{who} accepts a suggestion for brief {pk}", act)

    # Files

    def build_document(self, *authors: str, url: str) -> str:
        keyword = (
            Keyword.objects.filter(merged_into=None)
            .exclude(label_zh="")
            .exclude(label_en="")
            .order_by("pk")[0]
        )
        texts = {(slot, side): self.write(slot, side, *authors) for slot in SLOTS for side in SIDES}
        return "\n".join([
            f"標題: {texts['headline', 'zh']}", f"Title: {texts['headline', 'en']}", f"作者/Author(s): Author {self.new_token('n', *authors)}",
            f"網站來源/Source: Outlet {self.new_token('n', *authors)}", "日期/Date: 2025-05-19", f"連結/URL: {url}", f"關鍵字/Keywords: {keyword.label_zh}", "",
            "摘要:", texts["summary", "zh"], *(f"  • {texts[n, 'zh']}" for n in "12"), "",
            "Summary:", texts["summary", "en"], *(f"  • {texts[n, 'en']}" for n in "12"), "",
        ])  # fmt: skip

    def upload(self, who: str, written_by: str, text: str = "", *, as_file: bool = False) -> int | None:
        """Paste or upload a document under another's name and confirm the preview. Return the new brief."""
        self.state.counter += 1
        url = f"https://example.org/{self.state.counter}"
        text = text or self.build_document(who, written_by, url=url)
        before = set(Brief.objects.values_list("pk", flat=True))

        def act() -> Act:
            data: dict[str, Any] = {"words_of": self.pks[written_by], "date_order": "mdy"}
            file = SimpleUploadedFile("digest.txt", text.encode())
            data |= {"files": [file]} if as_file else {"paste": text}
            preview = self.post(who, "/admin/briefs/brief/upload/", data)["Location"]
            form = Form(self.clients[who].get(preview).content.decode(), id="confirm-form")
            self.note(str(self.post(who, preview, form.answer_questions()).status_code))
            return Act(who, editor=written_by)

        self.play(f"{who} uploads a document written by {written_by}", act)
        return self._find_new_brief(before, text)

    def import_documents(self, written_by: str | None, text: str = "") -> int | None:
        """Import a file on the command line."""
        self.state.counter += 1
        named = [written_by] if written_by else []
        text = text or self.build_document(IMPORTER, *named, url=f"https://example.org/{self.state.counter}")
        before = set(Brief.objects.values_list("pk", flat=True))

        def act() -> Act:
            with TemporaryDirectory() as folder:
                path = Path(folder, f"{self.state.counter}.txt")
                path.write_text(text, encoding="utf-8")
                options = {"written_by": written_by} if written_by else {}
                call_command(
                    "import_briefs", str(path), stdout=io.StringIO(), stderr=io.StringIO(), **options
                )
            return Act(IMPORTER, editor=written_by or IMPORTER)

        self.play(f"import_briefs, written by {written_by}", act)
        return self._find_new_brief(before, text)

    def change_document(self, text: str, *authors: str) -> str:
        """Return a document with another English summary."""
        start, end = text.index("Summary:\n") + 9, text.index("\n  •", text.index("Summary:\n"))
        return text[:start] + self.write("summary", "en", *authors) + text[end:]

    def _find_new_brief(self, before: set[int], text: str) -> int | None:
        new = set(Brief.objects.values_list("pk", flat=True)) - before
        for pk in new:
            self.state.documents[pk] = text
        return min(new, default=None)

    def import_sheet(self, who: str, pk: int) -> None:
        """Export a brief as a sheet, change its English headline, and bring the sheet back."""
        text = self.write("headline", "en", who)

        def act() -> Act:
            exported = self.post(who, "/admin/briefs/brief/export/", {"format": "briefs.csv"}).content
            new = _replace_sheet_cell(exported, pk, "headline_en", text)
            answer = self.post(
                who, "/admin/briefs/brief/sheet/", {"files": [SimpleUploadedFile("x.csv", new)]}
            )
            if answer.status_code == 302:
                self.note(str(self.post(who, answer["Location"], {}).status_code))
            return Act(who)

        self.play(f"{who} brings a sheet of brief {pk} back", act)

    def import_word_table(self, who: str, pk: int) -> None:
        """Change the English headline in the parallel table of a brief and upload it."""
        text = self.write("headline", "en", who)

        def act() -> Act:
            old = Brief.objects.get(pk=pk)
            answer = self.clients[who].get(brief_url_of(pk, "word") + "table/")
            new = edit_word_file(answer.content, (f">{old.headline_en}<", f">{text}<"))
            page = self.post(who, brief_url_of(pk, "word"), {"file": SimpleUploadedFile("x.docx", new)})
            if page.status_code == 302:
                form = Form(self.clients[who].get(page["Location"]).content.decode(), id="confirm-form")
                self.note(str(self.post(who, page["Location"], form.answer_questions()).status_code))
            return Act(who)

        self.play(f"{who} brings a Word table of brief {pk} back", act)

    # Vocabulary

    def save_name(self, who: str, kind: str, pk: int | None, values: dict[str, str], text: str) -> None:
        """Add or change a row of the vocabulary by its form."""

        def act() -> Act:
            address = f"/admin/briefs/{kind}/{f'{pk}/change' if pk else 'add'}/"
            response = self.clients[who].get(address)
            form = Form(response.content.decode(), id=f"{kind}_form")
            if not form.data:
                self.note(f"no form: {response.status_code}")
                return Act(who, is_vocabulary=True)
            self._post_names(who, address, form.data | values)
            return Act(who, is_vocabulary=True)

        self.play(f"{who} {text}", act)

    def rename(self, who: str, kind: str, pk: int) -> None:
        token = self.new_token("n", who)
        column, value = {
            "author": ("name", f"Author {token}"),
            "source": ("name_zh", f"媒體{token}"),
            "keyword": ("label_en", f"Word {token}"),
            "term": ("en", f"crimson {token}"),
        }[kind]
        self.save_name(who, kind, pk, {column: value}, f"renames {kind} {pk} to {value}")

    def add_term(self, who: str, slot: str) -> None:
        zh, en = PHRASES[slot]
        values = {
            "zh": f"{zh}{self.new_token('n', who)}",
            "en": f"crimson {self.new_token('n', who)}",
            "also_zh": zh,
            "also_en": en,
        }
        self.save_name(who, "term", None, values, f"adds the term {values['en']} for “{en}”")

    def merge(self, who: str, kind: str, loser: int, heir: int) -> None:
        def act() -> Act:
            address = f"/admin/briefs/{kind}/merge/?ids={loser},{heir}"
            html = self.clients[who].get(address).content.decode()
            seen = re.search(r'name="seen" value="(\w+)"', html)
            if seen:
                self.model.record_name_vouch(find_tokens(html, "n"), by=who)
                self._post_names(who, address, {"seen": seen[1], "keep": heir})
            return Act(who, is_vocabulary=True)

        self.play(f"{who} merges {kind} {loser} into {heir}", act)

    def import_names(self, who: str, pk: int) -> None:
        """Change the English label of a keyword by a sheet."""
        token = self.new_token("n", who)
        slug = Keyword.objects.values_list("slug", flat=True).get(pk=pk)

        def act() -> Act:
            sheet = f"slug,label_en\r\n{slug},Word {token}\r\n".encode()
            page = self.post(
                who, "/admin/briefs/keyword/import/", {"files": SimpleUploadedFile("x.csv", sheet)}
            )
            if page.status_code == 302:
                self._post_names(who, page["Location"], {})
            return Act(who, is_vocabulary=True)

        self.play(f"{who} renames keyword {pk} by a sheet", act)

    def introduce(self, who: str, kind: str, pk: int) -> None:
        """Write the introduction of a topic."""
        texts = {"text_zh": f"導言{self.new_token('i', who)}", "text_en": f"On {self.new_token('i', who)}"}

        def act() -> Act:
            address = f"/admin/briefs/{kind}/{pk}/page/"
            form = Form(self.clients[who].get(address).content.decode(), id=None)
            self._post_names(who, address, form.data | texts)
            return Act(who, is_vocabulary=True)

        self.play(f"{who} introduces {kind} {pk}", act)

    def _post_names(self, who: str, address: str, data: dict[str, Any]) -> None:
        """Post a change of the vocabulary, and remember whose proposal came of it."""
        self.note(str(self.post(who, address, data).status_code))
        for pk in Proposal.objects.exclude(pk__in=self.state.proposals).values_list("pk", flat=True):
            self.state.proposals[pk] = who
            self.note(f"proposal {pk}")

    def accept_proposal(self, who: str, pk: int) -> None:
        def act() -> Act:
            address = f"/admin/briefs/proposal/{pk}/change/"
            html = self.clients[who].get(address).content.decode()
            seen = re.search(r'name="seen" value="(\w+)"', html)
            answer = self.post(who, address, {"do": "accept", "seen": seen[1] if seen else ""})
            if answer.status_code != 302:
                self.note(f"refused: {_find_reasons(answer)}")
                return Act(who, is_vocabulary=True)
            self.model.record_name_vouch(find_tokens(html, "ni"), by=who)
            return Act(who, accepted=frozenset({self.state.proposals[pk]}), is_vocabulary=True)

        self.play(f"{who} accepts the proposal {pk} of {self.state.proposals[pk]}", act)


def _at(*, later: bool) -> dict[str, str]:
    """Return the fields of a form that publishes now or in an hour."""
    at = timezone.localtime() + dt.timedelta(hours=1)
    return {"when": "later", "at": f"{at:%Y-%m-%dT%H:%M}"} if later else {"when": "now", "at": ""}


def brief_url_of(pk: int, verb: str) -> str:
    return f"/admin/briefs/brief/{pk}/{verb}/"


def _find_reasons(answer: Any) -> str:
    """Return the sentences that the answer gives for refusing, in one line."""
    return f"{answer.status_code} {answer.content.decode()[:300]}"


def _replace_sheet_cell(data: bytes, pk: int, column: str, text: str) -> bytes:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    (row,) = (row for row in rows[1:] if row[0] == str(pk))
    row[rows[0].index(column)] = text
    out = io.StringIO()
    csv.writer(out).writerows([rows[0], row])
    return out.getvalue().encode("utf-8-sig")
