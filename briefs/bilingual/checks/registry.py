"""The order of all checks, functions to run them, and to resolve their findings: one per span, without dismissed ones."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from briefs.bilingual.checks import (
    chinese,
    english,
    glossary,
    grammar,
    meaning,
    numbers,
    punctuation,
    whole_brief,
)
from briefs.bilingual.checks.texts import (
    Check,
    CheckContext,
    Edit,
    Finding,
    FindingField,
    Repair,
    TextPair,
    claim_span,
    index_text_pairs,
    list_side_texts,
)
from briefs.content import SIDES, Content, hash_json

# In this order: missing content, disagreement of the two sides, wording, punctuation, spaces. The first finding on
# a span is shown, so the glossary wins over the mainland list and over a name without a counterpart.
_CHECKS: tuple[Check, ...] = (
    whole_brief.check_completeness,
    whole_brief.check_addresses,
    whole_brief.check_authors,
    whole_brief.check_structure,
    whole_brief.check_pairing,
    glossary.check_glossary,
    meaning.check_homophones,
    meaning.check_meaning,
    numbers.check_numbers,
    whole_brief.check_length,
    chinese.check_mainland,
    chinese.check_simplified,
    chinese.check_typos,
    chinese.check_variants,
    chinese.check_persons,
    punctuation.check_punctuation,
    punctuation.check_stops,
    chinese.check_numerals,
    english.check_spelling,
    english.check_misspellings,
    grammar.check_grammar,
    grammar.check_capitals,
    english.check_abbreviations,
    english.check_taiwan,
    english.check_headline,
    punctuation.check_serial,
    punctuation.check_dashes,
    punctuation.check_quotes,
    english.check_amounts,
    whole_brief.check_quotations,
    whole_brief.check_form,
    whole_brief.check_spaces,
)
ALL_CHECKS = {check.name: check for check in _CHECKS}
PLAIN_CHECKS = frozenset(check.name for check in _CHECKS if check.is_plain)
_STYLE_CHECKS = PLAIN_CHECKS | {"numerals", "amounts", "headline", "persons"}
_PAIRED_MARK_CODES = {check.code(reason) for check in _CHECKS for reason in check.pairs}
_INDIVISIBLE_CODES = {check.code(reason) for check in _CHECKS for reason in check.indivisible}
FINDING_MESSAGES = {
    check.code(reason): message for check in _CHECKS for reason, message in check.messages.items()
}
"""English msgids by code, to be translated and filled with the values of a finding. A pair is singular and plural."""


def run_checks(
    content: Content, context: CheckContext, *, only: Collection[str] = tuple(ALL_CHECKS)
) -> list[Finding]:
    """Return the resolved findings of the named checks, in the order of `ALL_CHECKS`.

    Raise KeyError for an unknown name.
    """
    if unknown := set(only) - set(ALL_CHECKS):
        raise KeyError(", ".join(sorted(unknown)))
    texts = {side: list_side_texts(content, side) for side in SIDES}
    return resolve_findings(
        finding
        for name, check in ALL_CHECKS.items()
        if name in only
        for finding in check(content, context, texts)
    )


_SWAP_CODE = "pairing.swap"
"""Its repair exchanges whole texts, in which other findings keep their places."""
_TextLocation = tuple[FindingField, int | None]
_TextKey = tuple[FindingField, int | None, str]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """An editor's dismissal of one rule on one text, with a reason, valid until the text changes.

    `code`: of a finding, or a whole check ("punctuation"). `bullet`: None for the summary or the headline.
    """

    code: str
    bullet: int | None
    text_hash: str
    field: FindingField = "bullet"


def hash_text_pair(content: Content, bullet: int | None, field: FindingField = "bullet") -> str:
    """Hash both languages of a text, since a finding may concern either, or hash the addresses. Return "" if the
    text is gone.
    """
    return _hash_pair(content, index_text_pairs(content).get((field, bullet)), field)


def _hash_pair(content: Content, pair: TextPair | None, field: FindingField) -> str:
    if field == "url":
        return hash_json([content.facts.url, content.facts.archive_url])
    if field == "file":
        return hash_json([])  # its findings name the line, and have no text that could change
    if field == "authors":
        return hash_json([line.author for line in content.facts.authors])
    return hash_json([pair.zh, pair.en]) if pair else ""


def resolve_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding per span, the first that claims it, and merge equal messages of one text.

    A finding whose repair has several edits keeps the edits whose spans no earlier finding claimed.
    """
    claimed: dict[_TextKey, set[int]] = defaultdict(set)
    kept = (free for finding in findings if (free := _claim_free_edits(finding, claimed)))
    alike: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in kept:
        alike[_message_key(finding)].append(finding)
    return [_merge_repairs(findings) for findings in alike.values()]


def _claim_free_edits(finding: Finding, claimed: dict[_TextKey, set[int]]) -> Finding | None:
    """Return the finding with its unclaimed edits, and claim them. None if all are claimed."""
    if finding.repair and finding.repair.edits and finding.code != _SWAP_CODE:
        edits = finding.repair.edits
        free = [edit for edit in edits if claimed[_text_key(edit)].isdisjoint(range(*edit.span))]
        if free and finding.code in _INDIVISIBLE_CODES:
            free = list(edits)
        for edit in free:
            claimed[_text_key(edit)].update(range(*edit.span))
        return _with_edits(finding, free)
    claims = claimed[finding.field, finding.bullet, finding.side]
    return finding if finding.span is None or claim_span(claims, finding.span) else None


def _text_key(edit: Edit) -> _TextKey:
    return edit.field, edit.bullet, edit.side


def _with_edits(finding: Finding, edits: Sequence[Edit]) -> Finding | None:
    """Return the finding limited to these edits, with an updated count, or None without edits.

    A reduced finding is shown at its first edit.
    """
    repair = finding.repair
    if not edits or repair is None or len(edits) == len(repair.edits):
        return finding if edits else None
    values = finding.values
    if isinstance(n := values.get("n"), int):
        values = {**values, "n": n * len(edits) // len(repair.edits)}
    first = edits[0]
    return replace(
        finding,
        field=first.field,
        bullet=first.bullet,
        side=first.side,
        span=first.span,
        values=values,
        repair=Repair(repair.code, values, tuple(edits)),
    )


def _message_key(finding: Finding) -> tuple[object, ...]:
    """Return a key shared by findings of one text with the same message."""
    return finding.code, finding.field, finding.bullet, finding.side, tuple(sorted(finding.values.items()))


def _merge_repairs(findings: Sequence[Finding]) -> Finding:
    """Return the first finding with the edits of all repairs. All edits are joined at once: one by one is quadratic."""
    first = findings[0]
    if first.repair is None or len(findings) == 1:
        return first
    edits = tuple(edit for finding in findings if finding.repair for edit in finding.repair.edits)
    return replace(first, repair=replace(first.repair, edits=edits))


def is_house_style(finding: Finding) -> bool:
    """Return whether a finding is about form alone and brings its repair. Others ask what the text means."""
    return finding.check_name in _STYLE_CHECKS and bool(finding.repair and finding.repair.edits)


def combine_repairs(findings: Iterable[Finding]) -> dict[str, Repair]:
    """Return one repair ("Apply all 27") for each code with more than one repaired place."""
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.repair and finding.repair.edits and finding.code != _SWAP_CODE:
            by_code[finding.code].append(finding)
    return {
        code: Repair("apply_all", {"n": sum(map(count_repaired_places, some))}, _collect_edits(some))
        for code, some in by_code.items()
        if sum(map(count_repaired_places, some)) > 1
    }


def collect_plain_repairs(findings: Iterable[Finding], content: Content, checks: Collection[str]) -> Repair:
    """Return one repair for all findings of these checks. `n` is their number.

    Repairs that touch a figure (so also a date or a measure) or overlap an earlier repair are left out.
    """
    pairs = index_text_pairs(content)
    edits: list[Edit] = []
    taken: dict[_TextKey, _TakenPlaces] = defaultdict(_TakenPlaces)
    n = 0
    for finding in findings:
        own = finding.repair.edits if finding.repair and finding.check_name in checks else ()
        if own and not any(
            _touches_figure(edit, pairs) or taken[_text_key(edit)].overlap(edit) for edit in own
        ):
            for edit in own:
                taken[_text_key(edit)].add(edit)
            edits += own
            n += 1
    return Repair("plain", {"n": n}, tuple(edits))


def _touches_figure(edit: Edit, pairs: Mapping[_TextLocation, TextPair]) -> bool:
    pair = pairs.get((edit.field, edit.bullet))
    text = pair.text(edit.side) if pair else ""
    changed = text[edit.start : edit.end] + edit.replacement
    isolated = text[max(edit.start - 1, 0) : edit.start] + text[edit.end : edit.end + 1]
    return any(map(str.isdigit, changed)) or (len(isolated) == 2 and isolated.isdigit())


@dataclass(slots=True)
class _TakenPlaces:
    """Positions of one text that edits replace. Comparing an edit with all others takes time in proportion to its length."""

    characters: set[int] = field(default_factory=set)
    starts: set[int] = field(default_factory=set)

    def overlap(self, edit: Edit) -> bool:
        """Return whether the edit shares a character or its start with an earlier one, or inserts inside it or vice versa."""
        if edit.start in self.starts:
            return True
        if edit.start == edit.end:
            return edit.start - 1 in self.characters and edit.start in self.characters
        return not (
            self.characters.isdisjoint(range(*edit.span)) and self.starts.isdisjoint(range(*edit.span))
        )

    def add(self, edit: Edit) -> None:
        self.characters.update(range(*edit.span))
        self.starts.add(edit.start)


def _collect_edits(findings: Iterable[Finding]) -> tuple[Edit, ...]:
    return tuple(edit for finding in findings if finding.repair for edit in finding.repair.edits)


def count_repaired_places(finding: Finding) -> int:
    """Return the number of repaired places: the finding's `n`, else its edits, counting a pair of marks once."""
    n = finding.values.get("n")
    if isinstance(n, int):
        return n
    edits = len(_collect_edits([finding]))
    return max(edits // 2, 1) if finding.code in _PAIRED_MARK_CODES else edits


def remove_dismissed(
    findings: Iterable[Finding], dismissals: Iterable[Dismissal], content: Content
) -> list[Finding]:
    """Return the findings that are not dismissed. A dismissal is void once its text has changed.

    A repair for the whole brief loses only its edits in that text. Blocking findings cannot be dismissed.
    """
    silent: dict[_TextLocation, set[str]] = defaultdict(set)
    for dismissal in _list_in_force(dismissals, content):
        silent[dismissal.field, dismissal.bullet].add(dismissal.code)
    kept = (_remaining_part(finding, silent) for finding in findings)
    return [finding for finding in kept if finding]


def find_dismissed(
    findings: Sequence[Finding], dismissals: Iterable[Dismissal], content: Content
) -> list[tuple[Finding, Dismissal]]:
    """Return the findings or partial findings that `remove_dismissed` removes, each with its dismissal."""
    by_location: dict[_TextLocation, dict[int, Finding]] = defaultdict(dict)
    for at, finding in enumerate(findings):
        for location in _list_locations(finding):
            by_location[location][at] = finding
    parts: dict[tuple[object, ...], tuple[Finding, Dismissal]] = {}
    for dismissal in _list_in_force(dismissals, content):
        for finding in by_location[dismissal.field, dismissal.bullet].values():
            if part := _dismissed_part(finding, dismissal):
                parts.setdefault(_message_key(part), (part, dismissal))
    return list(parts.values())


def _list_locations(finding: Finding) -> Iterable[_TextLocation]:
    if finding.repair and finding.repair.edits:
        return {(edit.field, edit.bullet) for edit in finding.repair.edits}
    return [(finding.field, finding.bullet)]


def _list_in_force(dismissals: Iterable[Dismissal], content: Content) -> list[Dismissal]:
    pairs = index_text_pairs(content)
    return [
        dismissal
        for dismissal in dismissals
        if dismissal.text_hash
        and dismissal.text_hash
        == _hash_pair(content, pairs.get((dismissal.field, dismissal.bullet)), dismissal.field)
    ]


def _dismissed_part(finding: Finding, dismissal: Dismissal) -> Finding | None:
    if finding.check_name == "completeness" or dismissal.code not in (finding.code, finding.check_name):
        return None
    return _limit_to_locations(finding, lambda location: location == (dismissal.field, dismissal.bullet))


def _remaining_part(finding: Finding, silent: dict[_TextLocation, set[str]]) -> Finding | None:
    if finding.check_name == "completeness":
        return finding
    rules = {finding.code, finding.check_name}
    return _limit_to_locations(finding, lambda location: not rules & silent.get(location, set()))


def _limit_to_locations(finding: Finding, keeps: Callable[[_TextLocation], bool]) -> Finding | None:
    """Return the part of the finding in the texts that `keeps` accepts, or None."""
    if finding.repair and finding.repair.edits:
        return _with_edits(
            finding, [edit for edit in finding.repair.edits if keeps((edit.field, edit.bullet))]
        )
    return finding if keeps((finding.field, finding.bullet)) else None
