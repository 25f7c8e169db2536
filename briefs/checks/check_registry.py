"""The registry of all checks by name, and functions to run them."""

from collections.abc import Collection

from briefs.checks import addresses, completeness, length, quotations, structure
from briefs.checks.bilingual import form, glossary_agreement, meaning_agreement, number_agreement, pairing
from briefs.checks.chinese import (
    mainland,
    numerals,
    persons,
    punctuation,
    simplified,
    spaces,
    stops,
    typos,
    variants,
)
from briefs.checks.context import CheckContext
from briefs.checks.english import (
    abbreviations,
    amounts,
    dashes,
    headline,
    misspellings,
    quotes,
    serial_comma,
    spelling,
    taiwan,
)
from briefs.checks.finding import Finding
from briefs.checks.repairs import Check
from briefs.checks.resolution import resolve_findings
from briefs.content import Content

# Order: missing content, disagreement of the two sides, wording, punctuation, spaces. The first finding on a
# span is shown, so the glossary wins over the mainland list and over a name without a counterpart.
ALL_CHECKS: dict[str, Check] = {
    "completeness": completeness.check,
    "addresses": addresses.check,
    "structure": structure.check,
    "pairing": pairing.check,
    "glossary": glossary_agreement.check,
    "meaning": meaning_agreement.check,
    "numbers": number_agreement.check,
    "length": length.check,
    "mainland": mainland.check,
    "simplified": simplified.check,
    "typos": typos.check,
    "variants": variants.check,
    "persons": persons.check,
    "punctuation": punctuation.check,
    "stops": stops.check,
    "numerals": numerals.check,
    "spelling": spelling.check,
    "misspellings": misspellings.check,
    "abbreviations": abbreviations.check,
    "taiwan": taiwan.check,
    "headline": headline.check,
    "serial": serial_comma.check,
    "dashes": dashes.check,
    "quotes": quotes.check,
    "amounts": amounts.check,
    "quotations": quotations.check,
    "form": form.check,
    "spaces": spaces.check,
}

PLAIN_CHECKS = frozenset(
    {
        *("glossary", "mainland", "simplified", "variants", "punctuation", "stops"),
        *("spelling", "abbreviations", "serial", "dashes", "quotes", "spaces"),
    }
)
"""Checks whose repairs need no judgement, so that *Fix directly* applies them all. None is about figures or names."""


def run_checks(
    content: Content, context: CheckContext, *, only: Collection[str] = tuple(ALL_CHECKS)
) -> list[Finding]:
    """Return the resolved findings of the named checks, in the order of `ALL_CHECKS`.

    Raise KeyError for an unknown name.
    """
    if unknown := set(only) - set(ALL_CHECKS):
        raise KeyError(", ".join(sorted(unknown)))
    return resolve_findings(
        found for name, check in ALL_CHECKS.items() if name in only for found in check(content, context)
    )
