"""Preview an import, digest by digest, with cautions beside their fields and the changes to a brief."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from briefs.admin.common.brief_pages import Badge, build_read_only_bullets
from briefs.admin.common.interface_labels import FIELD_LABELS, format_with_remark, interface_side
from briefs.admin.common.name_fields import NamesById, load_names_by_id
from briefs.content import SIDES
from briefs.documents.types import Caution, ParsedDocument, PointPair
from briefs.facts import DOCUMENT_FACTS
from briefs.intake import ImportOutcome, rehearse_import
from briefs.intake.content_mapping import build_content, build_text_facts
from briefs.models import Brief, Person, Upload, UploadFile

from .pending_files import (
    FILE_REFUSAL_MESSAGES,
    MAX_DIGESTS,
    UPLOAD_LIMITS,
    build_import_job,
    format_choice_token,
    get_digest_key_and_file_name,
    read_stored_files,
)
from .questions import (
    LEFT_OUT,
    SKIP,
    Question,
    ask_for_date,
    ask_for_name,
    ask_for_second,
    ask_for_target,
    ask_which_text,
    fill_answers,
)
from .table_things import build_table_thing, is_returned_table
from .things import (
    PairPreview,
    PreviewNote,
    Thing,
    build_change_rows,
    count_unchanged_bullets,
    describe_last_change,
    explain_locked,
)

# Preview an import, digest by digest, with each caution next to the field that it is about.

MAX_UNFOLDED_DIGESTS: Final = 6
"""Maximum number of digests for which the page opens with the text expanded."""

CAUTION_FIELDS: Final = {
    "date-ambiguous": "date",
    "date-minguo": "date",
    "date-numbered": "date",
    "date-season": "date",
    "date-short-year": "date",
    "date-unreadable": "date",
    "authors-doubtful": "authors",
    "author-similar": "authors",
    "author-two-names": "authors",
    "author-other-name": "authors",
    "source-is-link": "url",
    "url-doubtful": "url",
    "url-lookalike": "url",
    "unknown-source": "source",
    "unknown-keyword": "keywords",
    "keyword-label": "keywords",
    "language-missing": "summary",
    "summary-missing": "summary",
    "side-by-script": "summary",
    "structure-differs": "pairs",
    "markers-differ": "pairs",
    "unplaced": "unplaced",
}
"""Field of the preview for each caution code. Other cautions are placed by line, else at the top."""
NAME_CAUTIONS: Final = {"author-similar", "unknown-source", "unknown-keyword"}
ASKED_CAUTIONS: Final = {
    "target": {"same-article"},
    "date": {"date-ambiguous"},
    "name": NAME_CAUTIONS,
}
"""Cautions that a question of this kind repeats."""
MISSING_FACT_FIELDS: Final = {"an author": "authors", "a source": "source", "a date": "date"}


def build_things(upload: Upload, person: Person) -> list[Thing]:
    """Run the import as a dry run and describe its outcomes. Raises TooManyDigests."""
    job = build_import_job(upload)
    with rehearse_import(read_stored_files(upload), job, digest_limit=MAX_DIGESTS) as outcomes:
        made = {o.brief for o in outcomes if o.status == "created"}
        changes = [o.change for o in outcomes if o.change]
        names = load_names_by_id([content for c in changes for content in (c.before, c.after)])
        titles = {row.pk: str(row) for row in Brief.objects.filter(pk__in={o.brief for o in outcomes})}
        found = [_build_digest(outcome, made, names, titles) for outcome in outcomes]
    answers, asked = upload.results.get("answers", {}), set[str]()
    known = Brief.objects.select_related("updated_by").in_bulk(
        {o.change.brief for o in outcomes if o.change and (o.refusal or o.same_article)}
    )
    tables = _find_tables(upload, outcomes)
    for thing, outcome in zip(found, outcomes, strict=True):
        if thing.key in tables:
            continue
        questions = _list_questions(thing, outcome, known, person, asks_dates=job.asks_dates)
        thing.questions = fill_answers(questions, answers, asked)
        if thing.questions:
            _mark_as_question(thing)
        thing.is_optional &= thing.target_question is None
        thing.is_taken = answers.get(f"q-{thing.key}-target") != LEFT_OUT
    things = [thing for thing in found if thing.key not in tables]
    things += [
        build_table_thing(key, file.name, bytes(file.data), person, answers)
        for key, file in tables.items()
        if key not in upload.results
    ]
    return sorted([*things, *_refused_files(upload)], key=lambda thing: _digest_sort_key(thing.key))


def _find_tables(upload: Upload, outcomes: Iterable[ImportOutcome]) -> dict[str, UploadFile]:
    """Return the refused Word files that are tables for translators, by key of the thing."""
    refused = {
        int(key.partition("-")[0]): (key, outcome.refusal)
        for outcome in outcomes
        if outcome.refusal and outcome.index == 0 and outcome.file.lower().endswith(".docx")
        for key in [get_digest_key_and_file_name(outcome)[0]]
    }
    files = upload.files.filter(position__in=refused) if refused else []
    return {
        key: file
        for file in files
        for key, refusal in [refused[file.position]]
        if refusal.code == "parallel-table" or is_returned_table(bytes(file.data))
    }


def _list_questions(
    thing: Thing, outcome: ImportOutcome, known: Mapping[int, Brief], person: Person, *, asks_dates: bool
) -> Iterator[Question]:
    parsed, change = outcome.parsed_for_preview, outcome.change
    brief = known.get(change.brief) if change else None
    if brief and change and outcome.refusal:
        thing.status, thing.brief, thing.brief_title = "edited", brief.pk, str(brief)
        thing.why_not = explain_locked(person, brief)
        if thing.why_not:
            return
        text = gettext("%(name)s edited brief %(n)s since it was imported. Which text?")
        yield ask_which_text(
            thing.key,
            text % {"name": brief.updated_by or "", "n": brief.pk},
            over=f"{brief.pk}-{change.version}",
            remark=gettext("The file’s text becomes a new revision. Parts that the file lacks stay."),
        )
    elif brief and change and outcome.same_article:
        thing.brief, thing.brief_title = brief.pk, str(brief)
        why_not = explain_locked(person, brief)
        yield ask_for_target(
            thing.key,
            brief,
            change.version,
            remark=why_not or describe_last_change(brief),
            may_update=not why_not,
        )
    elif outcome.same_file:
        yield ask_for_second(thing.key, outcome.same_file)
    if parsed is None or (not thing.is_optional and thing.status != "edited"):
        return
    if asks_dates and parsed.date and parsed.date.ambiguous and parsed.date.alternative:
        yield ask_for_date(thing.key, parsed.date, change.before.facts.date if change else "")
    yield from map(ask_for_name, outcome.name_questions)


def _mark_as_question(thing: Thing) -> None:
    """Show what an answer makes of the thing, and leave out cautions that a question repeats."""
    if target := thing.target_question:
        verb = target.answer.partition("-")[0]
        thing.badge = {
            "over": Badge(gettext("Updates %(n)s") % {"n": thing.brief}, "going"),
            "second": Badge(gettext("New"), "good"),
            SKIP: Badge(gettext("Skipped")),
        }.get(verb, Badge(gettext("You decide"), "warn"))
    asked = {question.kind for question in thing.questions}
    if "date" in asked:
        thing.changes = [row for row in thing.changes if row.key != "date"]
    repeated = {code for kind in asked for code in ASKED_CAUTIONS[kind]}
    texts = {question.text for question in thing.questions}
    for notes in (thing.notes, *thing.field_notes.values()):
        notes[:] = [
            note
            for note in notes
            if note.code not in repeated
            or (note.code in NAME_CAUTIONS and not any(note.about in text for text in texts))
        ]


def _digest_sort_key(key: str) -> tuple[int, int]:
    position, _, index = key.partition("-")
    return int(position), int(index)


def _refused_files(upload: Upload) -> Iterator[Thing]:
    for file in upload.files.exclude(refused="").defer("data"):
        error = str(FILE_REFUSAL_MESSAGES[file.refused]) % UPLOAD_LIMITS
        yield Thing(
            f"{file.position}-0", file.name, 1, Badge(gettext("Refused"), "bad"), "refused", error=error
        )


def _build_digest(
    outcome: ImportOutcome, created_ids: set[int | None], names: NamesById, titles: dict[int, str]
) -> Thing:
    key, name = get_digest_key_and_file_name(outcome)
    own = outcome.brief in created_ids
    digest = Thing(key, name, outcome.index + 1, _badge(outcome), outcome.status)
    if outcome.brief and not (own or outcome.status == "created"):
        digest.brief, digest.brief_title = outcome.brief, titles.get(outcome.brief, "")
    if outcome.refusal:
        digest.error = outcome.refusal.message(interface_side(), name)
    if outcome.status == "created":
        digest.choice_token = format_choice_token("created")
    elif outcome.status == "updated" and outcome.change:
        brief = None if own else outcome.change.brief
        digest.choice_token = format_choice_token("updated", brief, outcome.change.version)
        digest.badge = digest.badge if own else Badge(gettext("Updates %(n)s") % {"n": brief}, "going")
    digest.is_optional = bool(digest.choice_token)
    if outcome.change:
        before, after = outcome.change.before, outcome.change.after
        digest.changes = build_change_rows(before, after, names)
        digest.unchanged_count = count_unchanged_bullets(before, after)
    if outcome.parsed_for_preview and (outcome.refusal is None or outcome.change):
        _fill_content(digest, outcome.parsed_for_preview, outcome.cautions)
    return digest


def _badge(outcome: ImportOutcome) -> Badge:
    if outcome.refusal:
        return Badge(gettext("Edited since"), "warn") if outcome.change else Badge(gettext("Refused"), "bad")
    text, tone = {
        "created": (gettext_lazy("New"), "good"),
        "updated": (gettext_lazy("Will be updated"), "going"),
        "unchanged": (gettext_lazy("Unchanged"), "plain"),
    }[outcome.status]
    return Badge(str(text), tone)


def _build_note(caution: Caution) -> PreviewNote:
    text = str(caution.values.get("text", ""))
    return PreviewNote(caution.message(interface_side()), caution.line, caution.code, text)


def _fill_content(digest: Thing, parsed: ParsedDocument, cautions: Iterable[Caution]) -> None:
    content = build_content(parsed, build_text_facts(parsed))
    bullets = tuple(replace(b, number=n) for n, b in enumerate(content.bullets, 1))
    digest.content = replace(content, bullets=bullets)
    side = interface_side()
    first, second = content.headline(side), content.headline("en" if side == "zh" else "zh")
    digest.title = first or second or content.facts.title or _fallback_title(parsed)
    digest.other_title = second if first else ""
    views = build_read_only_bullets(digest.content)
    digest.pairs = [PairPreview(n, view.bullet, view.zh, view.en) for n, view in enumerate(views, 1)]
    digest.field_notes = _assign_cautions(digest, parsed.pairs, cautions)
    digest.unplaced = [PreviewNote(text, line) for line, text in parsed.unplaced_lines]
    digest.fields = [
        {"label": label, "value": value, "notes": digest.field_notes.get(name, [])}
        for name, label, value in _fields(parsed)
    ]


def _fallback_title(parsed: ParsedDocument) -> str:
    parts = (gettext(", ").join(parsed.authors), parsed.source, parsed.date.iso if parsed.date else "")
    return " · ".join(filter(None, parts))


def _fields(parsed: ParsedDocument) -> Iterator[tuple[str, str | Promise, str]]:
    """Yield the facts as in the file. Title, URL and DOI are omitted if empty."""
    date = parsed.date
    values = {
        "source": parsed.source or "",
        "authors": gettext("; ").join(parsed.authors),
        "date": format_with_remark(date.iso, date.label) if date and date.label else date.iso if date else "",
        "keywords": gettext(", ").join(parsed.keywords),
        **{name: parsed.facts.get(name, "") for name in DOCUMENT_FACTS},
    }
    for name, value in values.items():
        if value or name in ("source", "authors", "date", "keywords"):
            yield name, FIELD_LABELS[name], value


def _assign_cautions(
    digest: Thing, pairs: Sequence[PointPair], cautions: Iterable[Caution]
) -> dict[str, list[PreviewNote]]:
    """Return cautions by field. Those about a pair or the whole digest are added to `digest` directly."""
    by_line = {
        point.line: n for n, pair in enumerate(pairs) for side in SIDES if (point := getattr(pair, side))
    }
    placed: dict[str, list[PreviewNote]] = {}
    for caution in cautions:
        about = CAUTION_FIELDS.get(caution.code) or MISSING_FACT_FIELDS.get(
            caution.values.get("what_en", ""), ""
        )
        row = by_line.get(caution.line or 0) if not about else None
        if row is not None:
            digest.pairs[row].notes.append(_build_note(caution))
            if caution.code == "pair-doubtful":
                digest.pairs[row].pairing_confidence = round(100 * pairs[row].confidence)
        elif about:
            placed.setdefault(about, []).append(_build_note(caution))
        else:
            digest.notes.append(_build_note(caution))
    return placed
