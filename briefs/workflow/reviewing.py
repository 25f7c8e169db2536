"""Acts of review on briefs and issues: submit, take back, sign off, send back, and notes."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from briefs.content import SIDES, Content, Side
from briefs.derived import PageNames
from briefs.models import Brief, Event, Issue, Note, Person, SignOff, State
from briefs.models.people import IMPORTER
from briefs.workflow import policy

from .assignments import AssignmentPlan, build_review_request_values
from .rules import four_eyes
from .rules.histories import BriefHistory
from .rules.leaves import LeafName
from .rules.refusals import Reason, Refused, build_refusal, tidy_or_refuse
from .rules.revisions import add_revisions_of_names, hash_leaves
from .rules.standing import build_facts
from .rules.transitions import IssueRun, Target, VerbRun, find_people_for_verb, notify, run_act, run_verb
from .rules.working_copy import load_working_copy


def submit(row: Target, *, by: Person, version: int | None = None, now: dt.datetime | None = None) -> None:
    """Ask for the sign-offs. Raise Refused with everything that is missing."""
    with run_act("submit", row, by=by, now=now, version=version) as run:
        if isinstance(run, IssueRun):
            run.update(to=State.IN_REVIEW)
            event, signing = run.record_event(), run.facts.signing
            asked = [p for name in signing.open_leaves for p in signing.find_named_signers(name)]
            run.notify(event, "review", dict.fromkeys(asked))
            _announce_if_settled(run, event, signing)
        else:
            run.update(to=State.IN_REVIEW, returned_at=None, returned_by=None)
            _notify_reviewers(run.row, run.record_event())


def _notify_reviewers(row: Brief, event: Event) -> None:
    """Notify the assigned reviewers. If a language has none, notify the other reviewers who read it too, or all of them."""
    plan = AssignmentPlan.load(row)
    asked: dict[Person, list[Side]] = {}
    for side in SIDES:
        person = plan.reviewers[side].person
        if person and policy.get_roles(person) & policy.REVIEWER_ROLES:
            asked.setdefault(person, []).append(side)
    for person, sides in asked.items():
        notify(event, "review", [person], **build_review_request_values(plan, sides))
    if missing := {*SIDES}.difference(*asked.values()):
        others = [person for person in find_people_for_verb("send_back") if person not in asked]
        notify(event, "review", [p for p in others if missing & {*p.reviewed_sides}] or others)


def _announce_if_settled(run: VerbRun | IssueRun, event: Event, signing: four_eyes.Signing) -> None:
    """Notify the publishers whose press would settle every leaf."""
    people = [p for p in signing.people if p.pk in signing.publisher_ids and signing.settles_all(p.pk)]
    run.notify(event, "ready", people)


def take_back(row: Target, *, by: Person, version: int | None = None, now: dt.datetime | None = None) -> None:
    """Return one's own text from review to draft, until the first sign-off."""
    with run_act("take_back", row, by=by, now=now, version=version) as run:
        run.update(to=State.DRAFT)
        run.record_event()


def sign_off(
    row: Target,
    name: LeafName,
    *,
    by: Person,
    seen: str,
    now: dt.datetime | None = None,
    note: str = "",
) -> SignOff:
    """Say yes to one language and to the `common` leaf beside it, or to `common` alone.

    `seen`: `four_eyes.format_seen` of the leaf that the page showed.
    """
    with run_act(f"sign_off_{name}", row, by=by, now=now, checks_conditions=False) as run:
        if isinstance(run.row, Brief):  # there is none but after a change past the verbs
            add_revisions_of_names([run.row], by=None, now=run.now)
        history, leaves = run.facts.history, run.facts.signing.leaves
        if own := four_eyes.find_own_yes(history, name, by.pk):
            return own
        run.require_conditions()
        if seen != four_eyes.format_seen(name, four_eyes.get_hashes(leaves)):
            raise _build_seen_refusal(run.row, name, seen, leaves)
        signoff = run.store_answers([name], SignOff.Answer.YES, note=note)[0]
        event = run.record_event(note=note, revision=history.revisions[0])
        _announce_if_settled(run, event, build_facts(run.row, run.now, people=run.facts.people).signing)
        submission = run.facts.submission
        if isinstance(run, VerbRun) and name != "common" and submission and submission.by_id != by.pk:
            run.notify(event, f"signed_{name}", [submission.by])
        return signoff


def hash_for_sign_off(row: Brief, name: LeafName) -> str:
    """Return what a page that shows the brief as it is now sends back as `seen`."""
    content = load_working_copy(row)
    return four_eyes.format_seen(name, hash_leaves(content, PageNames.load(content)))


def _build_seen_refusal(row: Brief | Issue, name: LeafName, seen: str, leaves: four_eyes.Leaves) -> Refused:
    if isinstance(row, Issue):
        return build_refusal("issue-seen", about=f"signoff-{name}")
    text = seen.partition(".")[0]
    if name == "common" or text == leaves[name].hash:
        return build_refusal("seen-common", about=f"signoff-{name}")
    return build_refusal(f"seen-{name}", about=f"signoff-{name}", n=_count_differences(row, name, text))


def take_back_sign_off(row: Target, name: LeafName, *, by: Person, now: dt.datetime | None = None) -> SignOff:
    """End the person's own standing yes or no to one leaf. The text stays as it is."""
    with run_act(f"take_back_sign_off_{name}", row, by=by, now=now) as run:
        signoff = run.store_answers([name], SignOff.Answer.TAKEN_BACK)[0]
        run.record_event(revision=run.facts.history.revisions[0])
        return signoff


def _count_differences(row: Brief, side: Side, seen: str) -> int:
    """Count the texts of one side that differ from the revision with hash `seen`. At least 1."""
    content = load_working_copy(row)
    old = row.revisions.filter(**{f"hash_{side}": seen}).first()
    was = Content.from_json(old.content) if old else Content()
    texts = [
        {b.number: (b.text(side), b.level(side), b.marker(side)) for b in c.bullets if b.text(side)}
        for c in (was, content)
    ]
    changed = sum(texts[0].get(n) != texts[1].get(n) for n in texts[0].keys() | texts[1].keys())
    changed += was.headline(side) != content.headline(side)
    changed += was.summary(side) != content.summary(side)
    return max(1, changed)


def send_back(
    row: Target,
    *,
    by: Person,
    note: str,
    sides: Collection[Side] = SIDES,
    now: dt.datetime | None = None,
) -> None:
    """Say no to the given languages with a note to the writers, and return the brief or issue to draft."""
    note = tidy_or_refuse(note, about="note").strip()
    with run_act("send_back", row, by=by, now=now) as run:
        missing = [] if note else [Reason("note-needed", about="note")]
        missing += [] if sides else [Reason("side-needed", about="sides")]
        if missing:
            raise Refused(*missing)
        run.store_answers(sides, SignOff.Answer.NO, note=note)
        if isinstance(run, IssueRun):
            run.update(to=State.DRAFT)
            submission = run.facts.submission
            run.notify(run.record_event(note=note), "sent_back", [submission.by] if submission else [])
            return
        run.update(to=State.DRAFT, returned_at=run.now, returned_by=by)
        event = run.record_event(note=note)
        only = next(iter(sides)) if len(set(sides)) == 1 else ""
        Note.objects.create(brief=run.row, side=only, text=note, by=by, at=run.now)
        open_notes = run.row.notes.filter(resolved_at=None).count()
        run.notify(event, "sent_back", find_writers(run.row), n=open_notes)


def find_writers(row: Brief) -> QuerySet[Person]:
    """Return the people who changed or submitted this version, without the importer."""
    history, last = BriefHistory.load(row), row.events.filter(verb="submit").last()
    since = four_eyes.find_baseline_number(history)
    later = [r for r in history.revisions if r.number > since]
    ids = {pk for r in later for pk in four_eyes.find_people(r)} | ({last.by_id} if last else set())
    return Person.objects.filter(pk__in=ids).exclude(username=IMPORTER)


def add_note(
    brief: Brief | int,
    text: str,
    *,
    by: Person,
    bullet: int | None = None,
    field: str = "",
    side: Side | None = None,
    now: dt.datetime | None = None,
) -> Note:
    """Add a note to the brief, a bullet, or the headline or summary (`field`). A `side` of None means both."""
    note = Note(bullet=bullet, field=field, side=side or "", text=text)
    return add_notes_together(brief, [note], by=by, now=now)[0]


def add_notes_together(
    brief: Brief | int, notes: Iterable[Note], *, by: Person, now: dt.datetime | None = None
) -> list[Note]:
    """Add all notes or none, with one notice for each writer. Brief, person and time are set here."""
    with run_verb("note", brief, by=by, now=now) as run:
        notes = list(notes)
        for note in notes:
            note.brief, note.by, note.at = run.row, by, run.now
            note.text = tidy_or_refuse(note.text, about="note")
            if not note.text:
                raise build_refusal("note-needed", about="note")
        stored = Note.objects.bulk_create(notes)
        events = run.record_events("", (note.text for note in stored))
        if events:
            notify(events[0], "noted", find_writers(run.row), by_mail=False)
        return stored


def resolve(note: Note, *, by: Person, now: dt.datetime | None = None) -> None:
    """Resolve a note and notify its author, if another person resolves it. Do nothing when it is resolved."""
    with run_verb("resolve", note, by=by, now=now) as run:
        if Note.objects.filter(pk=note.pk, resolved_at=None).update(resolved_at=run.now, resolved_by=by):
            raised = Note.objects.select_related("by").get(pk=note.pk)
            notify(run.record_event(note=raised.text), "answered", [raised.by])
