"""Check whether the host of an address can be mistaken for another site."""

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.content import Content
from briefs.text.lookalike_hosts import find_lookalike_host


def check(content: Content, context: CheckContext) -> list[Finding]:
    facts = content.facts
    found = [find_lookalike_host(url, context.source_addresses) for url in (facts.url, facts.archive_url)]
    return [
        Finding("addresses.known", "url", values={"host": one.host, "known": one.imitated})
        if one.imitated
        else Finding("addresses.lookalike", "url", values={"host": one.host})
        for one in found
        if one
    ]
