"""Doubts about an imported document, as findings of its brief: each can be dismissed, and lapses when it is settled."""

from collections.abc import Mapping
from typing import Any, Final

from briefs.bilingual.checks import IMPORT_CHECK, Finding, MessageValues, Repair
from briefs.content import Content, hash_json
from briefs.models import Author, Keyword, Revision, Source
from briefs.models.vocabulary import Vocabulary

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
