"""Findings of a brief: doubts about an imported document, and dismissing. A finding lapses when its text changes."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from briefs.bilingual import checks
from briefs.bilingual.checks import IMPORT_CHECK, Finding, MessageValues, Repair
from briefs.content import Content, hash_json
from briefs.models import Author, Brief, Dismissal, Keyword, Person, Revision, Source
from briefs.models.vocabulary import Vocabulary

from .rules.gaps import COMPLETENESS_CHECK
from .rules.refusals import build_refusal
from .rules.transitions import run_verb
from .rules.working_copy import load_working_copy

SETTLED_ELSEWHERE: Final = frozenset({
    "date-ambiguous", "date-minguo", "date-numbered", "date-season", "date-short-year", "date-unreadable",
    "field-missing", "language-missing", "summary-missing", "one-sided", "structure-differs", "markers-differ",
    "same-article", "unplaced",
})  # fmt: skip
"""Cautions for which the brief has a control of its own: a gap, a check, the question of an earlier brief, a note."""
_NAME_CODES: Final = ("author-similar", "unknown-source", "unknown-keyword")
_KINDS: Final[dict[str, type[Vocabulary]]] = {
    str(kind._meta.model_name): kind for kind in (Author, Keyword, Source)
}


def load_import_findings(brief: int, content: Content) -> list[Finding]:
    """Return what is doubtful in the newest import. One query, and one more if a name is like a known one."""
    rows = Revision.objects.filter(brief=brief).exclude(document=None).order_by("-number")
    last = rows.values_list("content", "document_notes").first()
    if last is None:
        return []
    imported, notes = {b.number: b for b in Content.from_json(last[0]).bullets}, last[1]
    numbers = {b.number for b in content.bullets if b == imported.get(b.number)}
    findings = []
    for note in notes:
        number = note.get("bullet")
        if note["code"] in SETTLED_ELSEWHERE or (number and number not in numbers):
            continue
        repair = _offer_known_names(note, content) if note["code"] in _NAME_CODES else None
        if note["code"] in _NAME_CODES and repair is None:
            continue
        values = {"en": note["message"], "zh": note["message_zh"]}
        code = f"{IMPORT_CHECK}.{note['code']}-{hash_json(note['message'])[:8]}"
        findings.append(Finding(code, "bullet" if number else "file", number, values=values, repair=repair))
    return findings


def _offer_known_names(note: Mapping[str, Any], content: Content) -> Repair | None:
    """Offer the known entries that a name of the file may mean, while the brief has the new entry."""
    if not (names := note.get("names")):
        return None
    kind, facts = _KINDS[names["kind"]], content.facts
    used = {facts.source, *facts.keywords, *(byline.author for byline in facts.authors)}
    rows = kind._default_manager.in_bulk([names["new"], *names["known"]])
    new = rows.pop(names["new"], None)
    if new is None or new.pk not in used or new.merged_into_id:
        return None
    offers: MessageValues = {f"{names['kind']}-{new.pk}-{pk}": str(row) for pk, row in rows.items()}
    return Repair("use-known", offers) if offers else None


def find_named_rows(offer: str) -> tuple[Vocabulary, Vocabulary] | None:
    """Return the new and the known entry of an offer of `load_import_findings`."""
    kind, new, known = [*offer.split("-"), "", ""][:3]
    if kind not in _KINDS or not (new.isdecimal() and known.isdecimal()):
        return None
    rows = _KINDS[kind]._default_manager.in_bulk([int(new), int(known)])
    return (rows[int(new)], rows[int(known)]) if len(rows) == 2 else None


def load_dismissals(brief: int) -> list[Dismissal]:
    """Return the dismissals that are not undone, with their authors. The caller checks whether the text changed since."""
    return list(Dismissal.objects.filter(brief=brief, undone_at=None).select_related("by"))


def to_check_dismissal(dismissal: Dismissal) -> checks.Dismissal:
    """Convert the row for `checks`, which does not use the database."""
    return checks.Dismissal(dismissal.code, dismissal.bullet, dismissal.text, dismissal.field)  # type: ignore[arg-type]


def dismiss(
    brief: Brief | int,
    finding: checks.Finding,
    *,
    by: Person,
    reason: str,
    seen: Content,
    now: dt.datetime | None = None,
) -> Dismissal:
    """Dismiss one check code on the bullet or field of the finding, until that text changes.

    `seen` is the content in which the finding was found. A repeated call returns the existing dismissal.
    Findings of the completeness check cannot be dismissed.
    """
    with run_verb("dismiss", brief, by=by, now=now) as run:
        row = run.row
        if finding.check_name == COMPLETENESS_CHECK:
            raise build_refusal("finding-refuses", about="findings")
        if not (reason := reason.strip()):
            raise build_refusal("dismissal-reason", about="findings")
        text = checks.hash_text_pair(load_working_copy(row), finding.bullet, finding.field)
        if not text or text != checks.hash_text_pair(seen, finding.bullet, finding.field):
            raise build_refusal("finding-gone", about="findings")
        place = {"code": finding.code, "field": finding.field, "bullet": finding.bullet, "text": text}
        if same := row.dismissals.filter(undone_at=None, **place).first():
            return same
        made = Dismissal.objects.create(brief=row, reason=reason, by=by, at=run.now, **place)
        run.record_event(note=_describe_dismissal(made))
        return made


def undo_dismissal(dismissal: Dismissal, *, by: Person, now: dt.datetime | None = None) -> None:
    """Show the finding again. Do nothing when the dismissal is already undone."""
    with run_verb("dismiss", dismissal, by=by, now=now) as run:
        if Dismissal.objects.filter(pk=dismissal.pk, undone_at=None).update(undone_at=run.now, undone_by=by):
            run.record_event("undismiss", note=_describe_dismissal(Dismissal.objects.get(pk=dismissal.pk)))


def _describe_dismissal(dismissal: Dismissal) -> str:
    place = f"#b{dismissal.bullet}" if dismissal.bullet else dismissal.field
    return f"{dismissal.code} {place}: {dismissal.reason}"
