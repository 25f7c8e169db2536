"""Check addresses for hosts that can be mistaken for another site, and for characters that cannot be seen."""

from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.texts import INVISIBLE_CHARACTER, describe_character
from briefs.content import Content
from briefs.text.lookalike_hosts import find_lookalike_host


def check(content: Content, context: CheckContext) -> list[Finding]:
    urls = content.facts.url, content.facts.archive_url
    return [finding for url in urls for finding in _check_address(url, context)]


def _check_address(url: str, context: CheckContext) -> Iterator[Finding]:
    for character in dict.fromkeys(INVISIBLE_CHARACTER.findall(url)):
        yield Finding("addresses.invisible", "url", values={"a": describe_character(character)})
    if not (lookalike := find_lookalike_host(url, context.source_addresses)):
        return
    if lookalike.imitated:
        yield Finding("addresses.known", "url", values={"host": lookalike.host, "known": lookalike.imitated})
    else:
        yield Finding("addresses.lookalike", "url", values={"host": lookalike.host})
