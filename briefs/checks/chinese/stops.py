"""Check that the Chinese bullets of one list and level all end with or without a final stop (Z7)."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, build_brief_finding
from briefs.checks.texts import has_words
from briefs.content import Bullet, Content

_STOPS = "。！？；：…!?;:."
_CLOSING = '」』）》〉”’")］】 \u3000'
_COMMAS = "，、,､"


def check(content: Content, context: CheckContext) -> list[Finding]:
    return [found for bullets in _split_lists(content) for found in _check_list(bullets)]


def _split_lists(content: Content) -> Iterator[list[Bullet]]:
    """Yield lists of bullets on one level that no shallower bullet separates.

    Lead-ins that end in ： are left out.
    """
    written = [bullet for bullet in content.bullets if has_words(bullet.text_zh)]
    lists: dict[int, list[Bullet]] = {}
    for bullet, after in zip_longest(written, written[1:]):
        for level in [level for level in lists if level > bullet.level_zh]:
            yield lists.pop(level)
        leads = after is not None and after.level_zh > bullet.level_zh
        if not (leads and bullet.text_zh[-1] in "：:"):
            lists.setdefault(bullet.level_zh, []).append(bullet)
    yield from lists.values()


def _check_list(bullets: list[Bullet]) -> Iterator[Finding]:
    """Report missing stops if at least half of the bullets have one; otherwise report only trailing commas."""
    missing = [bullet for bullet in bullets if not _ends_with_stop(bullet.text_zh)]
    if 0 < len(missing) <= len(bullets) / 2:
        yield from _missing_stops_finding(bullets, missing)
        return
    for bullet in missing:
        if bullet.text_zh[-1] in _COMMAS:
            text = _read_text(bullet)
            span = (len(text.original) - 1, len(text.original))
            edit = text.build_edit(*span, "")
            yield text.build_finding("stops.comma", span, {"a": text.original[-1]}, [edit])


def _missing_stops_finding(bullets: list[Bullet], missing: list[Bullet]) -> list[Finding]:
    mark = _choose_stop(bullets)
    edits = []
    for bullet in missing:
        text = _read_text(bullet)
        end = len(text.original)
        start = end - 1 if text.original[-1] in _COMMAS else end
        edits.append(text.build_edit(start, end, "。" if bullet is bullets[-1] else mark))
    return build_brief_finding("stops.missing", edits, n=len(missing), m=len(bullets), mark=mark)


def _choose_stop(bullets: Iterable[Bullet]) -> str:
    """Return ； if the list uses it more often than 。, else 。."""
    ends = [bullet.text_zh.rstrip(_CLOSING)[-1:] for bullet in bullets]
    return "；" if ends.count("；") > ends.count("。") else "。"


def _ends_with_stop(text: str) -> bool:
    return text.rstrip(_CLOSING)[-1:] in _STOPS


def _read_text(bullet: Bullet) -> CheckedText:
    return CheckedText.from_text("bullet", bullet.number, "zh", bullet.text_zh)
