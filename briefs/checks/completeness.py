"""Check that a brief is complete enough to submit. The only check that blocks submission."""

from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.texts import has_words
from briefs.content import SIDES, Content


def check(content: Content, context: CheckContext) -> list[Finding]:
    return [*_facts(content), *_texts(content), *_bullets(content), *_picture(content)]


def _facts(content: Content) -> Iterator[Finding]:
    if content.facts.source is None:
        yield Finding("completeness.source", "source")
    if not content.facts.date:
        yield Finding("completeness.date", "date")


def _texts(content: Content) -> Iterator[Finding]:
    """Yield one finding even if both headlines are missing, since the message names both."""
    if side := next((side for side in SIDES if not has_words(content.headline(side))), None):
        yield Finding("completeness.headline", "headline", side=side)
    for side in SIDES:
        if not has_words(content.summary(side)):
            yield Finding(f"completeness.summary_{side}", "summary", side=side)


def _bullets(content: Content) -> Iterator[Finding]:
    """Yield a finding for each bullet with one empty side and no reason for it.

    The message counts positions as the editor sees them; the finding holds the bullet number, for the link.
    """
    for position, bullet in enumerate(content.bullets, 1):
        empty = [side for side in SIDES if not has_words(bullet.text(side))]
        if len(empty) == 1 and not has_words(bullet.one_sided):
            code = f"completeness.bullet_{empty[0]}"
            yield Finding(code, "bullet", bullet.number, empty[0], values={"n": position})


def _picture(content: Content) -> Iterator[Finding]:
    """If there is a picture, require alt text in both languages, a credit and a licence."""
    if (picture := content.facts.picture) is None:
        return
    if not all(has_words(content.picture_alt(side)) for side in SIDES):
        yield Finding("completeness.picture_alt", "picture")
    if not has_words(picture.credit):
        yield Finding("completeness.picture_credit", "picture")
    if not has_words(picture.licence):
        yield Finding("completeness.picture_licence", "picture")
