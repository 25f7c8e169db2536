"""Convert a parsed document into brief content, keeping the numbers of bullets that were imported before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from rapidfuzz.distance import Indel, LCSseq

from briefs.bilingual.documents import ParsedDocument, PointPair
from briefs.bilingual.text.article_urls import is_safe_link
from briefs.content import ALT_TEXT_FIELDS, CHANGE_FIELDS, LEAD_FIELDS, SIDES, Bullet, Content, Facts, Side
from briefs.facts import DOCUMENT_FACTS, FACTS, FactKind

SAME_BULLET_SIMILARITY: Final = 0.5
"""Minimum similarity at which a changed pair of a re-imported document counts as the same bullet."""
COMPARISON_LIMIT: Final = 2_500
COMPARED_LENGTH: Final = 2_000
"""Characters of a text that are compared."""


def build_content(parsed: ParsedDocument, facts: Facts, old: Sequence[Bullet] = ()) -> Content:
    title = parsed.title or {}
    sides = parsed.sides
    return Content(
        headline_zh=title.get("zh", ""),
        headline_en=title.get("en", ""),
        summary_zh=sides["zh"].summary if "zh" in sides else "",
        summary_en=sides["en"].summary if "en" in sides else "",
        bullets=carry_numbers_over([_bullet(pair) for pair in parsed.pairs], old),
        facts=facts,
    )


def preserve_missing_parts(content: Content, old: Content, parsed: ParsedDocument) -> Content:
    """Keep the stored value of every part that the document lacks: a headline, an address, a language."""
    new, old_facts = content.facts, old.facts
    titles = {byline.author: byline for byline in old_facts.authors}
    facts = {name: getattr(new, name) or getattr(old_facts, name) for name in Facts.__dataclass_fields__}
    facts["authors"] = tuple(titles.get(b.author, b) for b in new.authors) or old_facts.authors
    facts["date_label"] = new.date_label if new.date else old_facts.date_label
    numbers = {bullet.number: bullet for bullet in old.bullets}
    absent = {side: side not in parsed.sides for side in SIDES}
    return replace(
        content,
        **{name: getattr(content, name) or getattr(old, name) for name in LEAD_FIELDS + ALT_TEXT_FIELDS},
        bullets=tuple(_restore_absent_languages(b, numbers.get(b.number), absent) for b in content.bullets),
        facts=Facts(**facts),
        key_point=old.key_point,
        **{name: getattr(old, name) for name in CHANGE_FIELDS},
    )


def states_the_same(document: Content, brief: Content) -> bool:
    """Return whether a document says the same as the brief. Parts that documents never contain are not compared."""
    unstated = FACTS.keys() - DOCUMENT_FACTS.keys() - {"source", "authors", "keywords", "date", "date_label"}
    changes: dict[str, Any] = {name: getattr(brief.facts, name) for name in unstated}
    alone = replace(document, facts=replace(document.facts, **changes))
    no_texts: dict[str, Any] = dict.fromkeys(ALT_TEXT_FIELDS + CHANGE_FIELDS, "")
    alone, other = (
        replace(
            content,
            bullets=tuple(replace(b, number=0, passage="", one_sided="") for b in content.bullets),
            key_point=0,
            **no_texts,
        )
        for content in (alone, brief)
    )
    return alone == other


def _restore_absent_languages(
    bullet: Bullet, old_bullet: Bullet | None, absent: Mapping[Side, bool]
) -> Bullet:
    """Restore the texts of a language that the document lacks."""
    if old_bullet is None:
        return bullet
    columns = [f"{name}_{side}" for side in SIDES if absent[side] for name in ("text", "level", "marker")]
    kept: dict[str, Any] = {column: getattr(old_bullet, column) for column in columns}
    return replace(bullet, **kept)


def build_text_facts(parsed: ParsedDocument) -> Facts:
    """Return the facts that are plain text. Source, authors and keywords are rows (see `vocabulary_lookup`)."""
    stated: dict[str, Any] = {
        name: value
        for name, value in parsed.facts.items()
        if FACTS[name].kind is not FactKind.LINK or is_safe_link(value)
    }
    return Facts(
        date=parsed.date.iso if parsed.date else "",
        date_label=parsed.date.label if parsed.date else "",
        **stated,
    )


def build_date_columns(parsed: ParsedDocument) -> dict[str, Any]:
    """Return the brief's columns for the date as the document writes it, used until an editor confirms the
    date.
    """
    date = parsed.date
    return {
        "article_date_confirmed": date is not None and not date.ambiguous,
        "article_date_raw": date.raw[:60] if date else "",
        "article_date_alternative": date.alternative if date else "",
    }


def _bullet(pair: PointPair) -> Bullet:
    points = {"zh": pair.zh, "en": pair.en}
    columns: dict[str, Any] = {
        f"{name}_{side}": getattr(point, name)
        for side, point in points.items()
        if point
        for name in ("text", "level", "marker")
    }
    return Bullet(number=0, **columns)


def carry_numbers_over(new: Sequence[Bullet], old: Sequence[Bullet]) -> tuple[Bullet, ...]:
    if not old:
        return tuple(new)
    texts = [[(b.text_zh, b.text_en) for b in bullets] for bullets in (old, new)]
    numbered = list(new)
    i = j = 0
    for x, y, size in LCSseq.opcodes(*texts).as_matching_blocks():  # ends with an empty block
        between = _match_bullets(old[i:x], new[j:y], i, j)
        i, j = x + size, y + size
        for a, b in (*between, *zip(range(x, i), range(y, j), strict=True)):
            was = old[a]
            numbered[b] = replace(new[b], number=was.number, passage=was.passage, one_sided=was.one_sided)
    return tuple(numbered)


def restore_earlier_numbers(content: Content, earlier_revisions: Iterable[Sequence[Bullet]]) -> Content:
    """Give unnumbered bullets the number that they had in an earlier revision, newest first.

    Two bullets are the same if both languages are equal; if either is one-sided, the shared language decides.
    """
    restored = list(content.bullets)
    used_numbers = {bullet.number for bullet in restored}
    for bullets in earlier_revisions:
        free = {
            (side, was.text(side)): was for was in bullets if was.number not in used_numbers for side in SIDES
        }
        for j, bullet in enumerate(restored):
            if bullet.number:
                continue
            for side in SIDES:
                was = free.get((side, bullet.text(side)))
                if was and was.number not in used_numbers and _is_same(was, bullet):
                    restored[j] = replace(
                        bullet, number=was.number, passage=was.passage, one_sided=was.one_sided
                    )
                    used_numbers.add(was.number)
                    break
    return replace(content, bullets=tuple(restored))


def _is_same(old_bullet: Bullet, new_bullet: Bullet) -> bool:
    both = [side for side in SIDES if old_bullet.text(side) and new_bullet.text(side)]
    return bool(both) and all(old_bullet.text(side) == new_bullet.text(side) for side in both)


def _match_bullets(old: Sequence[Bullet], new: Sequence[Bullet], i0: int, j0: int) -> list[tuple[int, int]]:
    """Return the pairs of indexes, rising in both lists, with the highest total similarity. Empty if more than
    `COMPARISON_LIMIT` comparisons are needed.
    """
    if not old or not new or len(old) * len(new) > COMPARISON_LIMIT:
        return []
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    score = [[_measure_similarity(a, b) for b in new] for a in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            taken = score[i][j] + best[i + 1][j + 1] if score[i][j] >= SAME_BULLET_SIMILARITY else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], taken)
    pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i0 + i, j0 + j))
            i, j = i + 1, j + 1
    return pairs


def _measure_similarity(old_bullet: Bullet, new_bullet: Bullet) -> float:
    """Return the similarity of the more similar language, 0 to 1."""
    pairs = [(old_bullet.text_zh, new_bullet.text_zh), (old_bullet.text_en, new_bullet.text_en)]
    ratios = [
        Indel.normalized_similarity(a[:COMPARED_LENGTH], b[:COMPARED_LENGTH]) for a, b in pairs if a and b
    ]
    return max(ratios, default=0.0)
